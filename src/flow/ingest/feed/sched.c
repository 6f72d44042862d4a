#include "flow/ingest/feed/sched.h"

#include <stdlib.h>

enum { BACKOFF_FIRST_MS = 2000, BACKOFF_MAX_MS = 300000, ALERTS_FIRST_MS = 3600000 };

void sched_init(struct sched *s, const struct sched_limits *limits)
{
    *s = (struct sched){.limits = *limits};
    budget_init(&s->graph, &graph_app_rate, 1, (struct mono){0});
}

void sched_done(struct sched *s)
{
    free(s->heap);
    *s = (struct sched){0};
}

/* ---- the heap -------------------------------------------------------------------------------------------------------------- */

static bool is_before(const struct sched_tenant *a, const struct sched_tenant *b)
{
    return a->wake_ms != b->wake_ms ? a->wake_ms < b->wake_ms : a->turn < b->turn;
}

static void put(struct sched *s, struct sched_tenant *t, size_t place)
{
    s->heap[place] = t;
    t->place = place;
}

static void sift_up(struct sched *s, struct sched_tenant *t)
{
    size_t at = t->place;
    for (; at > 0 && is_before(t, s->heap[(at - 1) / 2]); at = (at - 1) / 2) put(s, s->heap[(at - 1) / 2], at);
    put(s, t, at);
}

static void sift_down(struct sched *s, struct sched_tenant *t)
{
    size_t at = t->place;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < s->count && is_before(s->heap[child + 1], s->heap[child])) child++;
        if (child >= s->count || !is_before(s->heap[child], t)) break;
        put(s, s->heap[child], at);
        at = child;
    }
    put(s, t, at);
}

static void wake_at(struct sched *s, struct sched_tenant *t, int64_t ms)
{
    t->wake_ms = ms;
    sift_up(s, t);
    sift_down(s, t);
}

bool sched_add(struct sched *s, struct sched_tenant *t)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct sched_tenant **bigger = realloc(s->heap, cap * sizeof *bigger);
        if (!bigger) return false;
        s->heap = bigger;
        s->cap = cap;
    }
    t->wake_ms = INT64_MAX;
    t->turn = ++s->turn;
    put(s, t, s->count++);
    for (size_t i = 0; i < t->feed_count; i++)
        if (t->feeds[i].is_waiting) sched_wait(s, t, i, t->feeds[i].due);
    return true;
}

void sched_remove(struct sched *s, struct sched_tenant *t)
{
    INVARIANT(t->place < s->count && s->heap[t->place] == t);
    struct sched_tenant *last = s->heap[--s->count];
    if (last == t) return;
    put(s, last, t->place);
    sift_up(s, last);
    sift_down(s, last);
}

void sched_wait(struct sched *s, struct sched_tenant *t, size_t feed, struct mono due)
{
    t->feeds[feed].is_waiting = true;
    t->feeds[feed].due = due;
    if (due.ms < t->wake_ms) wake_at(s, t, due.ms);
}

void sched_forget(struct sched_tenant *t, size_t feed)
{
    t->feeds[feed].is_waiting = false;
}

/* ---- tenants --------------------------------------------------------------------------------------------------------------- */

/* Hunting is shared with the tenant's analysts: ours is a part of each rate, never nothing. Through Graph large tenants are
 * allowed more than the documented minimum: all rates grow with the one that was set. The Endpoint API's are fixed. */
static void scale(struct family_row *row, const struct sched_limits *limits, bool may_grow)
{
    uint64_t documented = row->rates[0].calls, granted = limits->hunting_calls_per_minute;
    unsigned share = limits->hunting_share_percent, most = 100 - row->response_percent;
    if (!may_grow && granted > documented) granted = documented;
    for (unsigned i = 0; i < row->rate_count; i++) {
        uint64_t calls = (uint64_t)row->rates[i].calls * granted * (share < most ? share : most) / 100 / documented;
        row->rates[i].calls = calls ? (uint32_t)calls : 1;
    }
}

void sched_tenant_init(struct sched_tenant *t, const struct sched_limits *limits, struct sched_feed *feeds,
                       size_t count, struct mono now)
{
    *t = (struct sched_tenant){.feeds = feeds, .feed_count = count};
    for (unsigned i = 0; i < API_FAMILY_COUNT; i++) {
        struct family_row row = family_rows[i];
        if (i == API_GRAPH_HUNTING || i == API_ENDPOINT_HUNTING)
            scale(&row, limits, i == API_GRAPH_HUNTING);
        else
            family_rates((enum api_family)i, false, row.rates);
        budget_init(&t->budgets[i], row.rates, row.rate_count, now);
    }
}

/* Alerts and incidents first; else who has waited longest, so that no feed lives on its neighbours' share of the budget. */
static int64_t precedence(const struct sched_feed *f)
{
    return f->due.ms + f->patience_ms - (f->family == API_GRAPH_SECURITY ? ALERTS_FIRST_MS : 0);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The feed to start now, or NULL and when the next one may. */
static struct sched_feed *find_feed(struct sched_tenant *t, struct mono now, int64_t *wake_ms_out)
{
    struct sched_feed *best = NULL;
    int64_t family_ms[API_FAMILY_COUNT], wake_ms = INT64_MAX;
    for (unsigned k = 0; k < API_FAMILY_COUNT; k++) {
        int64_t wait = budget_wait_ms(&t->budgets[k], now);
        family_ms[k] = later(wait > 0 ? now.ms + wait : INT64_MIN, t->parked_until.ms);
    }
    for (size_t i = 0; i < t->feed_count; i++) {
        struct sched_feed *f = &t->feeds[i];
        if (!f->is_waiting || f->is_in_flight) continue;
        int64_t ms = later(f->due.ms, family_ms[f->family]);
        if (ms > now.ms)
            wake_ms = ms < wake_ms ? ms : wake_ms;
        else if (!best || precedence(f) < precedence(best))
            best = f;
    }
    *wake_ms_out = wake_ms;
    return best;
}

/* A tenant that holds all it may is woken when one of its transfers ends. */
static bool is_full(const struct sched *s, const struct sched_tenant *t)
{
    return t->in_flight >= (t->failures ? 1 : s->limits.tenant_in_flight_max);
}

bool sched_pick(struct sched *s, struct mono now, struct sched_tenant **tenant_out, size_t *feed_out,
                int64_t *wait_ms_out)
{
    *wait_ms_out = -1;
    s->now_ms = now.ms;
    if (s->in_flight >= s->limits.in_flight_max) return false; /* the next end will ask again */
    int64_t graph_ms = budget_wait_ms(&s->graph, now);
    if (graph_ms > 0 && s->count && s->heap[0]->wake_ms <= now.ms) {
        *wait_ms_out = graph_ms;
        return false;
    }
    while (s->count && s->heap[0]->wake_ms <= now.ms) {
        struct sched_tenant *t = s->heap[0];
        int64_t wake_ms = INT64_MAX;
        struct sched_feed *f = is_full(s, t) ? NULL : find_feed(t, now, &wake_ms);
        t->turn = ++s->turn;
        wake_at(s, t, f ? now.ms : wake_ms);
        if (!f) continue;
        *tenant_out = t;
        *feed_out = (size_t)(f - t->feeds);
        return true;
    }
    if (s->count && s->heap[0]->wake_ms < INT64_MAX) *wait_ms_out = s->heap[0]->wake_ms - now.ms;
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
    if (family_is_graph(f->family)) budget_spend(&s->graph, now);
}

void sched_ended(struct sched *s, struct sched_tenant *t, size_t feed, bool ok)
{
    INVARIANT(t->feeds[feed].is_in_flight && t->in_flight > 0 && s->in_flight > 0);
    t->feeds[feed].is_in_flight = false;
    t->in_flight--;
    s->in_flight--;
    t->failures = ok ? 0 : t->failures + 1;
    if (ok) t->parkings = 0;
    if (s->now_ms < t->wake_ms) wake_at(s, t, s->now_ms);
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

void sched_unpark(struct sched *s, struct sched_tenant *t)
{
    t->parked_until.ms = 0;
    t->parkings = 0;
    if (s->now_ms < t->wake_ms) wake_at(s, t, s->now_ms);
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

int64_t sched_spread_ms(int64_t ms, struct rng *rng)
{
    return jitter(ms, 0.2, rng);
}
