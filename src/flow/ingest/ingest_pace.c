/* When a feed's turn comes. */
#include <string.h>

#include "flow/ingest/ingest_int.h"

enum { DAY_MS = 24 * 3600000, CALM_INTERVAL_MAX_MS = 3600000, CALM_PATIENCE_MS = 600000 };

static const struct feed_state *feed_now(const struct ing_feed *f)
{
    return f->active ? &f->active->mind.state : &f->durable;
}

/* Tables that stay empty are asked less often, but never less than once an hour. */
static int64_t hunting_interval_ms(const struct ing_feed *f, int64_t ms)
{
    int64_t calm_ms = ms * feed_calm_factor(feed_now(f));
    if (calm_ms > CALM_INTERVAL_MAX_MS) calm_ms = CALM_INTERVAL_MAX_MS;
    return calm_ms > ms ? calm_ms : ms;
}

int64_t feed_interval_ms(const struct ing_feed *f)
{
    const struct conf *c = ing_in(f)->o.conf;
    switch (ing_row(f)->pace) {
    case PACE_ALERTS: return c->interval_alerts_ms;
    case PACE_HUNTING: return hunting_interval_ms(f, c->interval_hunting_ms);
    case PACE_MACHINES: return c->interval_machines_ms;
    case PACE_DAILY: break;
    }
    return DAY_MS;
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
