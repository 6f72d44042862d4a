/* A tenant's tables as the source of a query. */
#include <stdlib.h>

#include "twin/cloud_int.h"
#include "twin/render.h"

/* ---- the schema as it is by now ------------------------------------------------------------------------------------- */
/* Has this event of the scenario happened to the tenant by then? `late`: and how much later. */
static bool has_happened(const struct hunt_source *s, const struct scenario_event *e, int64_t late_ms)
{
    int64_t at = wall_add(s->cloud->opts.start, (e->at_ms + late_ms) * WALL_TICKS_PER_MS).ticks;
    return at <= s->as_of.ticks && tenant_range_has(&e->tenants, s->tenant->world.index);
}

/* What `name` is called: a table is known by its new name from the change on (not before, should the schema know that name
 * already), by its old one for a while. */
static bool table_called(const struct hunt_source *s, struct str name, enum table_id *out)
{
    const struct scenario *sc = s->cloud->opts.scenario;
    bool is_table = table_by_name(name, out);
    for (unsigned i = 0; i < sc->event_count; i++) {
        const struct scenario_event *e = &sc->events[i];
        if (e->what != EVENT_RENAME_TABLE || !tenant_range_has(&e->tenants, s->tenant->world.index)) continue;
        if (!has_happened(s, e, 0)) {
            is_table = is_table && (s->is_dump || !str_eq(name, str_of(e->name)));
            continue;
        }
        if (str_eq(name, str_of(e->name))) {
            *out = (enum table_id)e->table;
            is_table = true;
        } else if (is_table && *out == (enum table_id)e->table && !s->is_dump && has_happened(s, e, e->for_ms)) {
            is_table = false;
        }
    }
    return is_table;
}

/* ---- views: a table's columns as this tenant sees them now ----------------------------------------------------------- */
static void add_column(struct hunt_view *v, struct table_column column, const char *name, int64_t since)
{
    INVARIANT(v->count < TABLE_COLUMNS_MAX);
    v->cells[v->count] = column;
    v->since[v->count] = since;
    v->columns[v->count++] = (struct kql_column){name, (enum kql_type)column.type};
}

static const struct table_column new_column = {COL_ProcessFutureSignal, KQL_STRING};

static bool is_dropped(const struct hunt_source *s, enum table_id id, const char *name)
{
    const struct scenario *sc = s->cloud->opts.scenario;
    for (unsigned i = 0; i < sc->event_count; i++) {
        const struct scenario_event *e = &sc->events[i];
        if (e->what == EVENT_DROP_COLUMN && e->table == (unsigned)id && str_eq(str_of(e->name), str_of(name)) &&
            has_happened(s, e, 0))
            return true;
    }
    return false;
}

/* A column that came in mid-run is empty in the rows before it. */
static void add_new_columns(const struct hunt_source *s, struct hunt_view *v)
{
    const struct scenario *sc = s->cloud->opts.scenario;
    for (unsigned i = 0; i < sc->event_count; i++) {
        const struct scenario_event *e = &sc->events[i];
        if (e->what == EVENT_ADD_COLUMN && e->table == (unsigned)v->table->id && has_happened(s, e, 0))
            add_column(v, new_column, e->name, wall_add(s->cloud->opts.start, e->at_ms * WALL_TICKS_PER_MS).ticks);
    }
    if (v->table->id == TABLE_DeviceProcessEvents && s->tenant->world.has_new_column)
        add_column(v, new_column, column_names[COL_ProcessFutureSignal], INT64_MIN);
}

/* Where dynamics come as objects, what is JSON inside a text column elsewhere is one too. */
static struct table_column as_seen(const struct hunt_source *s, struct table_column c)
{
    if (c.column == COL_AdditionalFields && s->objects) c.type = KQL_DYNAMIC;
    return c;
}

static struct hunt_view *view_new(struct hunt_source *s, enum table_id id)
{
    const struct table_schema *schema = &table_schemas[id];
    struct hunt_view *v = calloc(1, sizeof *v);
    if (v == NULL) return NULL;
    v->table = &s->tenant->tables[id];
    v->time_column = UINT_MAX;
    for (unsigned i = 0; i < schema->count; i++) {
        const char *name = column_names[schema->columns[i].column];
        if (is_dropped(s, id, name)) continue;
        if ((int)i == schema->time_column) v->time_column = v->count;
        add_column(v, as_seen(s, schema->columns[i]), name, INT64_MIN);
    }
    add_new_columns(s, v);
    v->next = s->views;
    s->views = v;
    return v;
}

static struct hunt_view *view_of(struct hunt_source *s, enum table_id id)
{
    for (struct hunt_view *v = s->views; v; v = v->next)
        if (v->table->id == id) return v;
    return view_new(s, id);
}

static bool find(void *ctx, struct str name, struct kql_table *out)
{
    struct hunt_source *s = ctx;
    enum table_id id;
    if (!table_called(s, name, &id) || !(s->is_dump || tenant_has_table(s->tenant, id))) return false;
    if (s->of_endpoint && !table_is_of_endpoint(name)) return false;
    struct hunt_view *v = view_of(s, id);
    if (v == NULL) return false;
    *out = (struct kql_table){v->columns, v->count, v->time_column, v};
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------------------------------ */
struct hunt_scan {
    struct hunt_source *source;
    struct table_scan *rows;
};

static void *open_scan(void *ctx, void *handle, int64_t from, int64_t to, bool descending)
{
    struct hunt_source *s = ctx;
    const struct hunt_view *v = handle;
    bool has_time = v->time_column != UINT_MAX; /* else no window can be asked for */
    struct hunt_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL) return NULL;
    table_advance(v->table, s->as_of);
    *scan = (struct hunt_scan){
        s, table_scan_new(v->table, has_time ? from : INT64_MIN, has_time ? to : INT64_MAX, descending, s->as_of)};
    if (scan->rows) return scan;
    free(scan);
    return NULL;
}

/* A query that reads more rows than the tenant may is broken off. */
static bool next(void *ctx, struct kql_row_ref *out)
{
    struct hunt_scan *scan = ctx;
    struct hunt_source *s = scan->source;
    if (s->tenant->preempt_above && s->scanned >= s->tenant->preempt_above && !s->is_dump) s->is_preempted = true;
    if (s->is_preempted || !table_scan_next(scan->rows, out)) return false;
    s->scanned++;
    return true;
}

static void close_scan(void *ctx)
{
    struct hunt_scan *scan = ctx;
    table_scan_free(scan->rows);
    free(scan);
}

static const struct row *row_at(struct hunt_source *s, const struct table *t, struct kql_row_ref ref)
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
    const struct hunt_view *v = handle;
    if (column == v->time_column) return kql_int(KQL_DATETIME, ref.ticks); /* the commonest by far: nothing is drawn */
    if (ref.ticks < v->since[column]) return kql_null((enum kql_type)v->cells[column].type);
    return row_cell(row_at(ctx, v->table, ref), v->cells[column], a);
}

/* A row is ingested when it becomes visible. */
static struct kql_value ingested(void *ctx, void *handle, struct kql_row_ref ref)
{
    const struct hunt_view *v = handle;
    (void)ctx;
    int64_t at = table_visible_at(v->table, ref.id).ticks;
    return kql_int(KQL_DATETIME, at > ref.ticks ? at : ref.ticks);
}

void hunt_source_init(struct hunt_source *s, struct cloud *c, struct twin_tenant *t, struct wall as_of)
{
    static const struct {
        enum variant variant;
        const char *choice;
        unsigned adds, takes;
    } styles[] = {
        {VARIANT_HUNTING_DYNAMIC, "text", DIRT_JSON_TEXT, 0},
        {VARIANT_HUNTING_NULL_TIME, "object", DIRT_EMPTY, 0},
        {VARIANT_HUNTING_NULL_TIME, "null", 0, DIRT_EMPTY},
        {VARIANT_HUNTING_INT64, "number", 0, DIRT_LONG_TEXT},
        {VARIANT_HUNTING_INT64, "string", DIRT_LONG_TEXT, 0},
        {VARIANT_HUNTING_INT64, "sidecar", DIRT_LONG_SIDECAR, DIRT_LONG_TEXT},
    };
    const struct variants *v = &t->variants;
    *s = (struct hunt_source){
        .source = {s, find, open_scan, next, close_scan, cell, NULL}, .cloud = c, .tenant = t, .as_of = as_of};
    if (variant_is(v, VARIANT_HUNTING_INGESTION_TIME, "known")) s->source.ingested = ingested;
    s->objects = variant_is(v, VARIANT_HUNTING_DYNAMIC, "object");
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
        if (!variant_is(v, styles[i].variant, styles[i].choice)) continue;
        s->style |= styles[i].adds;
        s->cleans |= styles[i].takes;
    }
    bool is_drawn = variant_is(v, VARIANT_HUNTING_DYNAMIC, "drawn");
    if (is_drawn && t->world.index % 2) s->style |= DIRT_JSON_TEXT; /* every other tenant */
}

void hunt_source_done(struct hunt_source *s)
{
    while (s->views) {
        struct hunt_view *v = s->views;
        s->views = v->next;
        free(v);
    }
}

void hunt_write_row(struct hunt_source *s, const struct hunt_view *view, struct kql_row_ref ref,
                    const struct kql_query *q, const struct kql_value *values, struct buf *out)
{
    bool is_row = view && ref.id != KQL_NO_ROW && s->tenant->world.has_dirt;
    unsigned dirt = is_row ? dirt_of(row_at(s, view->table, ref)->seed) & ~s->cleans : 0;
    unsigned n = kql_output_count(q);
    buf_add_char(out, '{');
    for (unsigned i = 0; i < n; i++) {
        const struct kql_output *o = kql_output_at(q, i);
        render_member(out, o->name, values[i], (o->source_column >= 0 ? dirt : 0) | s->style, i == 0);
    }
    buf_add_char(out, '}');
}
