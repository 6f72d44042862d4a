#include "flow/ingest/sched.h"

#include <stdlib.h>

enum { BACKOFF_FIRST_MS = 2000, BACKOFF_MAX_MS = 300000, ALERTS_FIRST_MS = 3600000 };

void sched_init(struct sched *s, const struct sched_limits *limits)
{
    *s = (struct sched){.limits = *limits};
}

void sched_done(struct sched *s)
{
    free(s->tenants);
    *s = (struct sched){0};
}

bool sched_add(struct sched *s, struct sched_tenant *t)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct sched_tenant **bigger = realloc(s->tenants, cap * sizeof *bigger);
        if (!bigger) return false;
        s->tenants = bigger;
        s->cap = cap;
    }
    s->tenants[s->count++] = t;
    return true;
}

void sched_remove(struct sched *s, struct sched_tenant *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->tenants[i] != t) s->tenants[kept++] = s->tenants[i];
    s->count = kept;
    s->turn = 0;
}

/* Hunting is shared with the tenant's analysts: ours is a part of each rate, never nothing. Large tenants are allowed more
 * than the documented minimum; all rates grow with the one that was set. */
static void scale(struct rate *rates, unsigned count, const struct sched_limits *limits)
{
    uint64_t documented = rates[0].calls;
    for (unsigned i = 0; i < count; i++) {
        uint64_t calls = (uint64_t)rates[i].calls * limits->hunting_calls_per_minute * limits->hunting_share_percent /
                         100 / documented;
        rates[i].calls = calls ? (uint32_t)calls : 1;
    }
}

void sched_tenant_init(struct sched_tenant *t, const struct sched_limits *limits, struct sched_feed *feeds,
                       size_t count, struct mono now)
{
    *t = (struct sched_tenant){.feeds = feeds, .feed_count = count};
    for (unsigned i = 0; i < API_FAMILY_COUNT; i++) {
        struct family_row row = family_rows[i];
        if (i == API_GRAPH_HUNTING) scale(row.rates, row.rate_count, limits);
        budget_init(&t->budgets[i], row.rates, row.rate_count, now);
    }
}

static void note_wait(int64_t *wait_ms, int64_t ms)
{
    if (ms > 0 && (*wait_ms < 0 || ms < *wait_ms)) *wait_ms = ms;
}

/* Alerts and incidents first; else who has waited longest, so that no feed lives on its neighbours' share of the budget. */
static int64_t precedence(const struct sched_feed *f)
{
    return f->due.ms - (f->family == API_GRAPH_SECURITY ? ALERTS_FIRST_MS : 0);
}

static int64_t feed_wait_ms(struct sched_tenant *t, const struct sched_feed *f, struct mono now)
{
    int64_t wait = t->parked_until.ms > now.ms ? t->parked_until.ms - now.ms : 0;
    if (f->due.ms - now.ms > wait) wait = f->due.ms - now.ms;
    return wait > 0 ? wait : budget_wait_ms(&t->budgets[f->family], now);
}

static bool pick_feed(struct sched_tenant *t, struct mono now, size_t *feed_out, int64_t *wait_ms)
{
    const struct sched_feed *best = NULL;
    for (size_t i = 0; i < t->feed_count; i++) {
        const struct sched_feed *f = &t->feeds[i];
        if (!f->is_waiting || f->is_in_flight) continue;
        int64_t wait = feed_wait_ms(t, f, now);
        note_wait(wait_ms, wait);
        if (wait <= 0 && (!best || precedence(f) < precedence(best))) best = f;
    }
    if (best) *feed_out = (size_t)(best - t->feeds);
    return best != NULL;
}

bool sched_pick(struct sched *s, struct mono now, struct sched_tenant **tenant_out, size_t *feed_out,
                int64_t *wait_ms_out)
{
    int64_t wait_ms = -1;
    *wait_ms_out = -1;
    if (s->in_flight >= s->limits.in_flight_max) return false; /* the next end will ask again */
    for (size_t i = 0; i < s->count; i++) {
        size_t at = (s->turn + i) % s->count;
        struct sched_tenant *t = s->tenants[at];
        if (t->in_flight >= (t->failures ? 1 : s->limits.tenant_in_flight_max)) continue;
        if (!pick_feed(t, now, feed_out, &wait_ms)) continue;
        s->turn = (at + 1) % s->count;
        *tenant_out = t;
        return true;
    }
    *wait_ms_out = wait_ms;
    return false;
}

void sched_started(struct sched *s, struct sched_tenant *t, size_t feed, struct mono now)
{
    struct sched_feed *f = &t->feeds[feed];
    INVARIANT(f->is_waiting && !f->is_in_flight);
    f->is_waiting = false;
    f->is_in_flight = true;
    t->in_flight++;
    s->in_flight++;
    budget_spend(&t->budgets[f->family], now);
}

void sched_ended(struct sched *s, struct sched_tenant *t, size_t feed, bool ok)
{
    INVARIANT(t->feeds[feed].is_in_flight && t->in_flight > 0 && s->in_flight > 0);
    t->feeds[feed].is_in_flight = false;
    t->in_flight--;
    s->in_flight--;
    t->failures = ok ? 0 : t->failures + 1;
    if (ok) t->parkings = 0;
}

void sched_pause(struct sched_tenant *t, enum api_family family, struct mono now, int64_t ms)
{
    budget_pause(&t->budgets[family], now, ms);
}

void sched_park(struct sched_tenant *t, struct mono now, struct rng *rng)
{
    if (t->parked_until.ms > now.ms) return; /* answers to calls that were out already */
    t->parked_until.ms = now.ms + sched_probe_ms(t->parkings++, rng);
}

void sched_unpark(struct sched_tenant *t)
{
    t->parked_until.ms = 0;
    t->parkings = 0;
}

static int64_t jitter(int64_t ms, double share, struct rng *rng)
{
    return ms + (int64_t)((double)ms * share * (rng_unit(rng) - 0.5));
}

struct mono sched_next_due(struct mono now, int64_t interval_ms, uint64_t phase, struct rng *rng)
{
    int64_t earliest = now.ms + interval_ms / 2;
    int64_t place = (int64_t)(phase % (uint64_t)interval_ms);
    int64_t due = earliest - (earliest % interval_ms + interval_ms) % interval_ms + place;
    if (due < earliest) due += interval_ms;
    return (struct mono){due + jitter(interval_ms, 0.04, rng) - interval_ms};
}

int64_t sched_backoff_ms(unsigned failures, struct rng *rng)
{
    int64_t ms = BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < failures && ms < BACKOFF_MAX_MS; i++) ms *= 2;
    return jitter(ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS, 0.5, rng);
}

int64_t sched_probe_ms(unsigned failures, struct rng *rng)
{
    int64_t ms = PROBE_MIN_MS;
    for (unsigned i = 0; i < failures && ms < PROBE_MAX_MS; i++) ms *= 2;
    return jitter(ms < PROBE_MAX_MS ? ms : PROBE_MAX_MS, 0.1, rng);
}
