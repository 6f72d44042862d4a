/* When a feed's turn comes. */
#include <string.h>

#include "flow/ingest/ingest_int.h"

enum { DAY_MS = 24 * 3600000, CALM_PATIENCE_MS = 600000 };

static const struct feed_state *feed_now(const struct ing_feed *f)
{
    return f->active ? &f->active->mind.state : &f->durable;
}

static int64_t hunting_interval_ms(const struct ing_feed *f, int64_t ms)
{
    const struct ingest *in = ing_in(f);
    const struct conf *c = in->o.conf;
    const struct hunting_room room = {.tenants = in->tenant_count,
                                      .calls_per_minute =
                                          (uint64_t)(c->hunting_calls_per_minute * c->hunting_share_percent / 100)};
    return feed_hunting_interval_ms(feed_now(f), ms, &room);
}

int64_t feed_interval_ms(const struct ing_feed *f)
{
    const int64_t *set_ms = f->tenant->set.interval_ms;
    enum feed_pace pace = ing_row(f)->pace;
    if (pace == PACE_DAILY) return DAY_MS;
    return pace == PACE_HUNTING ? hunting_interval_ms(f, set_ms[pace]) : set_ms[pace];
}

uint64_t ing_feed_phase(const struct ing_feed *f)
{
    const char *id = f->tenant->tenant->record.tenant_id;
    return hash64_of(id, strlen(id)) + f->index * UINT64_C(0x9e3779b97f4a7c15);
}

/* Empty tables fall due in swarms; those that have rows go before them. */
static uint32_t patience_ms(const struct ing_feed *f)
{
    return feed_calm_factor(feed_now(f)) > 1 ? CALM_PATIENCE_MS : 0;
}

void ing_feed_wait(struct ing_feed *f, int64_t ms)
{
    struct ingest *in = ing_in(f);
    struct mono due = {clock_mono(&in->o.clock).ms + ms};
    ing_sched(f)->patience_ms = patience_ms(f);
    if (f->is_broken || f->is_stale || f->tenant->is_removed)
        sched_forget(&f->tenant->sched, f->index);
    else
        sched_wait(&in->sched, &f->tenant->sched, f->index, due);
}
