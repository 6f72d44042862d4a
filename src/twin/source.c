/* A tenant's tables as the source of a query. */
#include "twin/cloud_int.h"
#include "twin/render.h"

static bool find(void *ctx, struct str name, struct kql_table *out)
{
    struct hunt_source *s = ctx;
    enum table_id id;
    if (!table_by_name(name, &id) || (s->tenant->lacks & LACK_TABLES && !s->ignores_licence)) return false;
    unsigned count = table_schemas[id].count;
    bool has_new = id == TABLE_PROCESS && s->tenant->world.has_new_column;
    *out = (struct kql_table){s->cloud->columns[id], count + has_new, 0, &s->tenant->tables[id]};
    return true;
}

static void *open_scan(void *ctx, void *handle, int64_t from, int64_t to, bool descending)
{
    struct hunt_source *s = ctx;
    struct table *t = handle;
    table_advance(t, s->as_of);
    return table_scan_new(t, from, to, descending, s->as_of);
}

static bool next(void *scan, struct kql_row_ref *out)
{
    return table_scan_next(scan, out);
}

static void close_scan(void *scan)
{
    table_scan_free(scan);
}

const struct row *hunt_source_row(struct hunt_source *s, const struct table *t, struct kql_row_ref ref)
{
    if (s->row_table != t || s->row_id != ref.id) {
        table_row(t, ref, &s->row);
        s->row_table = t;
        s->row_id = ref.id;
    }
    return &s->row;
}

static struct kql_value cell(void *ctx, void *handle, struct kql_row_ref ref, unsigned column, struct arena *a)
{
    const struct table *t = handle;
    if (column == 0) return kql_int(KQL_DATETIME, ref.ticks); /* the commonest by far: no need to draw the row */
    const struct table_schema *schema = &table_schemas[t->id];
    return row_cell(hunt_source_row(ctx, t, ref),
                    column < schema->count ? schema->columns[column] : COL_ProcessFutureSignal, a);
}

void hunt_source_init(struct hunt_source *s, struct cloud *c, struct twin_tenant *t, struct wall as_of)
{
    *s = (struct hunt_source){
        .source = {s, find, open_scan, next, close_scan, cell}, .cloud = c, .tenant = t, .as_of = as_of};
}

void hunt_write_row(struct hunt_source *s, const struct table *table, struct kql_row_ref ref, const struct kql_query *q,
                    const struct kql_value *values, struct buf *out)
{
    bool is_row = table && ref.id != KQL_NO_ROW && s->tenant->world.has_dirt;
    unsigned dirt = is_row ? dirt_of(hunt_source_row(s, table, ref)->seed) : 0;
    unsigned n = kql_output_count(q);
    buf_add_char(out, '{');
    for (unsigned i = 0; i < n; i++) {
        const struct kql_output *o = kql_output_at(q, i);
        render_member(out, o->name, values[i], o->source_column >= 0 ? dirt : 0, i == 0);
    }
    buf_add_char(out, '}');
}
