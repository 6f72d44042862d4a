#include "twin/world/generate.h"

#include <string.h>

#include "twin/causes.h"
#include "twin/render.h"
#include "twin/world/row.h"

enum { PIECE_BYTES = 256 << 10, MACHINES = 50, ANSWER_ROWS = 10000, BATCH_RECORDS = 100 };
enum { LOT_KEYS = 4096, LOT_FUTURE = 999, LOT_TABLE = 998 }; /* LOT_KEYS: and on */

/* How rows are handed over: bare, in a document of many, as a record of streaming, or as many of them. */
enum shape { SHAPE_ROWS, SHAPE_GRAPH, SHAPE_ENDPOINT, SHAPE_RECORDS, SHAPE_EVENTHUB, SHAPE_COUNT };
static const struct {
    const char *name;
    unsigned rows; /* of one document */
    bool is_of_one_table, is_streamed;
    const char *head, *name_key, *type_key, *schema_end, *tail;
} shapes[SHAPE_COUNT] = {
    [SHAPE_ROWS] = {"rows", 1, false, false, "", NULL, NULL, NULL, "\n"},
    [SHAPE_GRAPH] = {"graph", ANSWER_ROWS, true, false,
                     "{\"@odata.context\":\"https://graph.microsoft.com/v1.0/"
                     "$metadata#microsoft.graph.security.huntingQueryResults\",\"schema\":[",
                     "name", "type", "],\"results\":[", "]}\n"},
    [SHAPE_ENDPOINT] = {"endpoint", ANSWER_ROWS, true, false, "{\"Schema\":[", "Name", "Type", "],\"Results\":[",
                        "]}\n"},
    [SHAPE_RECORDS] = {"records", 1, false, true, "", NULL, NULL, NULL, "\n"},
    [SHAPE_EVENTHUB] = {"eventhub", BATCH_RECORDS, false, true, "{\"records\":[", NULL, NULL, NULL, "]}\n"},
};

/* Of a hundred rows of the mix so many are of each table. */
static const struct {
    enum table_id table;
    unsigned share;
} mix[] = {
    {TABLE_DeviceProcessEvents, 35},
    {TABLE_DeviceNetworkEvents, 22},
    {TABLE_DeviceFileEvents, 18},
    {TABLE_DeviceRegistryEvents, 10},
    {TABLE_DeviceImageLoadEvents, 10},
    {TABLE_DeviceLogonEvents, 4},
    {TABLE_DeviceInfo, 1},
};

struct making {
    const struct generate_opts *o;
    enum shape shape;
    bool is_mix;
    enum table_id table; /* of all rows; of a mix: of this document's */
    struct world w;
    struct arena a;
    struct buf piece;
    uint64_t made, rows;
};

/* ---- one row -------------------------------------------------------------------------------------------------------- */
static unsigned dirt_of_row(const struct making *m, const struct row *r)
{
    unsigned dirt = dirt_of(r->seed);
    if (!shapes[m->shape].is_streamed) return dirt;
    return (dirt & (DIRT_SLASH | DIRT_UNICODE)) | DIRT_NULL | DIRT_NATIVE; /* streaming exports plain JSON */
}

static void shuffle(uint64_t seed, unsigned *order, unsigned n)
{
    for (unsigned i = n; i > 1; i--) {
        unsigned k = (unsigned)draw_below(seed, LOT_KEYS + i, i), kept = order[k];
        order[k] = order[i - 1];
        order[i - 1] = kept;
    }
}

static void write_row(struct making *m, const struct row *r)
{
    const struct table_schema *s = &table_schemas[r->table];
    unsigned order[TABLE_COLUMNS_MAX] = {0}, dirt = dirt_of_row(m, r);
    for (unsigned i = 0; i < s->count; i++) order[i] = i;
    if (m->o->shuffles_keys) shuffle(r->seed, order, s->count);
    buf_add_char(&m->piece, '{');
    for (unsigned i = 0; i < s->count; i++) {
        struct table_column column = s->columns[order[i]];
        render_member(&m->piece, column_names[column.column], row_cell(r, column, &m->a), dirt, i == 0);
    }
    if (draw(r->seed, LOT_FUTURE) % 200 == 0)
        render_member(&m->piece, "ProcessFutureSignal",
                      row_cell(r, (struct table_column){COL_ProcessFutureSignal, KQL_STRING}, &m->a), dirt, false);
    buf_add_char(&m->piece, '}');
}

static void write_record(struct making *m, const struct row *r)
{
    struct wall arrived = wall_add(r->time, 40 * WALL_TICKS_PER_S + (int64_t)(r->seed % (20 * WALL_TICKS_PER_S)));
    buf_add_str(&m->piece, STR("{\"time\":"));
    render_time(&m->piece, arrived);
    buf_addf(&m->piece, ",\"tenantId\":\"%s\",\"operationName\":\"Publish\",\"category\":\"AdvancedHunting-%s\"",
             m->w.tenant_id, table_schemas[r->table].name);
    buf_add_str(&m->piece, STR(",\"_TimeReceivedBySvc\":"));
    render_time(&m->piece, wall_add(r->time, 8 * WALL_TICKS_PER_S));
    buf_add_str(&m->piece, STR(",\"properties\":"));
    write_row(m, r);
    buf_add_str(&m->piece, STR(",\"Tenant\":\"DefaultTenant\"}"));
}

static enum table_id mixed_table(uint64_t seed)
{
    uint64_t lot = draw_below(seed, LOT_TABLE, 100);
    size_t i = 0;
    while (lot >= mix[i].share) lot -= mix[i++].share;
    return mix[i].table;
}

static void make_row(struct making *m)
{
    struct row r;
    uint64_t seed = draw(draw(m->w.seed, 31), m->rows++);
    struct wall time = wall_add(m->o->until, -(int64_t)(seed % (uint64_t)WALL_TICKS_PER_DAY));
    bool is_any = m->is_mix && !shapes[m->shape].is_of_one_table;
    row_init(&r, &m->w, is_any ? mixed_table(seed) : m->table, time, seed, false);
    if (shapes[m->shape].is_streamed)
        write_record(m, &r);
    else
        write_row(m, &r);
    arena_reset(&m->a);
}

/* ---- documents ------------------------------------------------------------------------------------------------------ */
static void write_head(struct making *m)
{
    const struct table_schema *s = &table_schemas[m->table];
    buf_add_str(&m->piece, str_of(shapes[m->shape].head));
    if (!shapes[m->shape].is_of_one_table) return;
    for (unsigned i = 0; i < s->count; i++)
        buf_addf(&m->piece, "%s{\"%s\":\"%s\",\"%s\":\"%s\"}", i ? "," : "", shapes[m->shape].name_key,
                 column_names[s->columns[i].column], shapes[m->shape].type_key,
                 kql_type_name((enum kql_type)s->columns[i].type));
    buf_add_str(&m->piece, str_of(shapes[m->shape].schema_end));
}

static bool flush(struct making *m, bool (*write)(void *ctx, struct str piece), void *ctx)
{
    m->made += m->piece.n;
    bool more = m->piece.n == 0 || write(ctx, buf_str(&m->piece));
    buf_reset(&m->piece);
    return more;
}

/* Ends early when there are bytes enough. */
static bool make_document(struct making *m, bool (*write)(void *ctx, struct str piece), void *ctx)
{
    bool more = true;
    write_head(m);
    for (unsigned i = 0; more && i < shapes[m->shape].rows && m->made + m->piece.n < m->o->bytes; i++) {
        if (i > 0) buf_add_char(&m->piece, ',');
        make_row(m);
        if (m->piece.n >= PIECE_BYTES) more = flush(m, write, ctx);
    }
    buf_add_str(&m->piece, str_of(shapes[m->shape].tail));
    return more;
}

static bool read_opts(struct making *m, const struct generate_opts *o, struct err *e)
{
    const char *shape = o->shape ? o->shape : shapes[SHAPE_ROWS].name;
    unsigned i = 0;
    while (i < SHAPE_COUNT && strcmp(shapes[i].name, shape) != 0) i++;
    if (i == SHAPE_COUNT)
        return err_set(e, &twin_causes[TWIN_BAD_OPTION],
                       "--shape \"%s\": rows, graph, endpoint, records or eventhub is possible", shape);
    *m = (struct making){.o = o, .shape = (enum shape)i, .is_mix = strcmp(o->table, "mix") == 0};
    if (m->is_mix && m->shape == SHAPE_ROWS)
        return err_set(e, &twin_causes[TWIN_BAD_OPTION],
                       "--table mix: bare rows do not say which table they are of; take another --shape");
    return m->is_mix || table_by_name(str_of(o->table), &m->table) ||
           err_set(e, &twin_causes[TWIN_BAD_OPTION], "the twin has no table \"%s\"", o->table);
}

bool generate(const struct generate_opts *o, bool (*write)(void *ctx, struct str piece), void *ctx, struct err *e)
{
    struct making m;
    bool more = true;
    if (!read_opts(&m, o, e)) return false;
    world_init(&m.w, o->seed, 0, MACHINES, o->until);
    arena_init(&m.a, 4 << 20);
    buf_init(&m.piece, 8 << 20);
    for (uint64_t n = 0; more && m.made + m.piece.n < o->bytes; n++) {
        if (m.is_mix) m.table = mix[n % (sizeof mix / sizeof *mix)].table;
        more = make_document(&m, write, ctx);
    }
    if (more) (void)flush(&m, write, ctx);
    buf_done(&m.piece);
    arena_done(&m.a);
    return true;
}
