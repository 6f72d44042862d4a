#include "twin/generate.h"

#include "twin/causes.h"
#include "twin/render.h"
#include "twin/row.h"

enum { PIECE_BYTES = 256 << 10, MACHINES = 50 };

static void write_row(const struct row *r, struct arena *a, struct buf *out)
{
    const struct table_schema *s = &table_schemas[r->table];
    unsigned dirt = dirt_of(r->seed);
    buf_add_char(out, '{');
    for (unsigned i = 0; i < s->count; i++)
        render_member(out, column_names[s->columns[i].column], row_cell(r, s->columns[i], a), dirt, i == 0);
    if (draw(r->seed, 999) % 200 == 0)
        render_member(out, "ProcessFutureSignal",
                      row_cell(r, (struct table_column){COL_ProcessFutureSignal, KQL_STRING}, a), dirt, false);
    buf_add_str(out, STR("}\n"));
}

bool generate(const struct generate_opts *o, bool (*write)(void *ctx, struct str piece), void *ctx, struct err *e)
{
    enum table_id table;
    struct world w;
    struct arena a;
    struct buf piece;
    if (!table_by_name(str_of(o->table), &table))
        return err_set(e, &twin_causes[TWIN_BAD_OPTION], "the twin has no table \"%s\"", o->table);
    world_init(&w, o->seed, 0, MACHINES, o->until);
    arena_init(&a, 4 << 20);
    buf_init(&piece, 8 << 20);
    bool more = true;
    for (uint64_t n = 0, made = 0; more && made < o->bytes; n++, arena_reset(&a)) {
        struct row r;
        uint64_t seed = draw(draw(w.seed, 31), n);
        size_t before = piece.n;
        row_init(&r, &w, table, wall_add(o->until, -(int64_t)(seed % (uint64_t)WALL_TICKS_PER_DAY)), seed, false);
        write_row(&r, &a, &piece);
        made += piece.n - before;
        if (piece.n < PIECE_BYTES && made < o->bytes) continue;
        more = write(ctx, buf_str(&piece));
        buf_reset(&piece);
    }
    buf_done(&piece);
    arena_done(&a);
    return true;
}
