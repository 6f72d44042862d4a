/* The columns that an answer of rows tells before its rows. As long as they are those of the answer before, this is a hash. */
#include <string.h>

#include "flow/ingest/page/page_int.h"
#include "state/store/drift.h"

static bool find_unknown(const struct page *p, struct columns_told *t)
{
    struct str rest = buf_str(&t->names), name;
    if (plan_is_of_nothing(p->plan)) return true; /* the table itself is unknown */
    while (columns_next(&rest, &name)) {
        if (plan_knows(p->plan, name)) continue;
        if ((t->unknown.n && !buf_add_char(&t->unknown, '\n')) || !buf_add_str(&t->unknown, name)) return false;
    }
    return true;
}

/* Names in `old` that are not told any more and that make a row itself. */
static bool find_lost(const struct page *p, struct str old, struct buf *lost)
{
    struct str names = buf_str(&p->job->staged.columns.names), name;
    while (columns_next(&old, &name)) {
        if (columns_has(names, name) || !plan_identifies(p->plan, name)) continue;
        if ((lost->n && !buf_add_char(lost, '\n')) || !buf_add_str(lost, name)) return false;
    }
    return true;
}

static bool know_without(struct page *p, struct str lost)
{
    struct page_job *j = p->job;
    struct columns_lost q = {.store = j->store,
                             .log = j->log,
                             .plan = p->plan,
                             .tenant_id = j->tenant_id,
                             .source = j->row->source,
                             .feed_id = j->feed_id,
                             .is_timeless = j->row->kind == FEED_TABLE,
                             .lost = lost};
    if (j->horizon_hour > 0) q.from.ticks = j->horizon_hour * WALL_TICKS_PER_HOUR;
    return lost.n == 0 || columns_forget(&q, &j->err);
}

static bool compare(struct page *p, struct columns_told *t)
{
    struct buf old, lost;
    buf_init(&old, 0);
    buf_init(&lost, 0);
    bool ok = store_columns_get(p->job->store, p->job->feed_id, &old, &p->job->err);
    if (ok && str_eq(buf_str(&old), buf_str(&t->names)))
        buf_reset(&t->names);
    else if (ok)
        ok = ((find_unknown(p, t) && find_lost(p, buf_str(&old), &lost)) ||
              err_set(&p->job->err, &base_causes[BASE_NO_MEMORY], "%s: columns", p->job->row->name)) &&
             know_without(p, buf_str(&lost));
    buf_done(&old);
    buf_done(&lost);
    return ok;
}

void page_columns(struct page *p, struct str schema)
{
    struct page_job *j = p->job;
    struct columns_told *t = &j->staged.columns;
    bool is_rows = j->fetch.ask == ASK_ROWS && (j->row->kind == FEED_HUNTING || j->row->kind == FEED_TABLE);
    if (!is_rows || p->has_failed || t->hash) return;
    if (!columns_read(schema, &t->names)) {
        buf_reset(&t->names);
        return;
    }
    t->hash = hash64_of(t->names.p, t->names.n) | 1; /* 0: not told */
    t->at = j->received;
    if (t->hash == j->columns_hash)
        buf_reset(&t->names);
    else
        p->has_failed = !compare(p, t);
    j->columns_hash = t->hash;
}
