/* The schedule of ten thousand tenants on a virtual clock: the real sched.c and budget.c with every feed of every tenant, no
 * bodies and no sockets. A call takes a while and ends well, or is throttled, or hangs, by the tenant's kind. TAP:
 *
 *   1  no quota of Microsoft's is ever exceeded, whichever window one looks at: per tenant and family in a minute and an hour,
 *      and of the application over all tenants in a second
 *   2  hunting keeps to its share of the tenant's
 *   3  tenants without a quota left, tenants that hang, and tenants with far too much to read delay nobody else's polls
 *   4  ... and their own alerts go on
 *
 * Then the lag of each feed: how long after the poll before the next one was done, of the healthy, after the first quarter
 * of an hour, in which everybody reads everything for the first time.
 *
 *   schedule_sim [HOURS [TENANTS [SEED]]] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow/ingest/feed/feed.h"
#include "flow/ingest/feed/sched.h"
#include "kit/base/hash.h"
#include "state/conf/conf.h"

#define MIN_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
enum {
    RING_MS = 65536, /* a call ends within that */
    SETTLE_MIN = 15,
    AT_ONCE = 2048,
    LAG_S_MAX = 4 * 3600,
    HANG_MS = 30000,
    GRAPH_CALLS_PER_S = 2000, /* of one application, all tenants together */
    LARGE_CALLS = 30,
    CALM_PATIENCE_MS = 600000,
};

enum class { ALERTS, WITH_ROWS, CALM, CLASSES };

enum kind { NORMAL, NO_QUOTA, HANGS, LARGE, KINDS };
static const char *const kind_names[] = {"normal", "without quota", "hanging", "large"};

struct sim_feed {
    int64_t polled_ms;           /* when the last poll was done; 0: never */
    uint16_t calls_left, failed; /* of this poll; in a row */
    uint16_t calm;               /* polls in a row without rows */
    bool has_rows;
};
/* Calls in any window: when the last so many were. */
struct meter {
    uint32_t *ms; /* a ring of `calls` */
    uint32_t at, calls;
    int64_t per_ms;
};
enum { METERS = 2 };
struct sim_tenant {
    struct sched_tenant sched; /* first */
    enum kind kind;
    uint64_t phase;
    struct meter meters[API_FAMILY_COUNT][METERS];
    struct sched_feed sched_feeds[FEED_ROW_COUNT];
    struct sim_feed feeds[FEED_ROW_COUNT];
};
struct call {
    struct call *next;
    struct sim_tenant *tenant;
    uint32_t feed;
};
struct sim {
    struct sched sched;
    struct conf conf;
    struct rng rng;
    struct sim_tenant *tenants;
    size_t count;
    int64_t now_ms;
    struct call *ring[RING_MS], *idle;
    struct meter graph;
    struct hunting_room room;
    uint64_t calls, exceeded, unshared, family_calls[API_FAMILY_COUNT];
    uint32_t *lags[FEED_ROW_COUNT];    /* how often a lag of so many seconds; of normal tenants */
    int64_t late_most[KINDS][CLASSES]; /* longest lag beyond the interval */
};

/* ---- what must hold --------------------------------------------------------------------------------------------------------- */

static struct meter meter_of(uint32_t calls, int64_t per_ms)
{
    struct meter m = {.ms = calloc(calls, sizeof *m.ms), .calls = calls, .per_ms = per_ms};
    INVARIANT(m.ms);
    return m;
}

/* false: one call more in the window than allowed. */
static bool meter_call(struct meter *m, int64_t now_ms)
{
    uint32_t before = m->ms[m->at];
    m->ms[m->at] = (uint32_t)now_ms;
    m->at = (m->at + 1) % m->calls;
    return before == 0 || now_ms - before >= m->per_ms;
}

/* What Microsoft documents, and for hunting our share of it; from the reference, not from the table that is tested. */
static void init_meters(struct sim *s, struct sim_tenant *t)
{
    uint32_t share = (uint32_t)(s->conf.hunting_calls_per_minute * s->conf.hunting_share_percent / 100);
    t->meters[API_GRAPH_SECURITY][0] = meter_of(150, MIN_MS);
    t->meters[API_GRAPH_HUNTING][0] = meter_of(45, MIN_MS);
    t->meters[API_GRAPH_HUNTING][1] = meter_of(share, MIN_MS);
    t->meters[API_ENDPOINT][0] = meter_of(100, MIN_MS);
    t->meters[API_ENDPOINT][1] = meter_of(1500, HOUR_MS);
}

static void measure_call(struct sim *s, struct sim_tenant *t, enum api_family family)
{
    bool is_graph = family == API_GRAPH_SECURITY || family == API_GRAPH_HUNTING;
    for (unsigned i = 0; i < METERS; i++) {
        struct meter *m = &t->meters[family][i];
        if (!m->calls || meter_call(m, s->now_ms)) continue;
        if (family == API_GRAPH_HUNTING && i == 1)
            s->unshared++;
        else
            s->exceeded++;
    }
    if (is_graph && !meter_call(&s->graph, s->now_ms)) s->exceeded++;
    s->family_calls[family]++;
    s->calls++;
}

/* ---- feeds ------------------------------------------------------------------------------------------------------------------ */

static int64_t interval_ms(const struct sim *s, const struct sim_feed *f, size_t feed)
{
    struct feed_state state = {.calm = f->calm};
    switch (feed_rows[feed].pace) {
    case PACE_ALERTS: return s->conf.interval_alerts_ms;
    case PACE_HUNTING: return feed_hunting_interval_ms(&state, s->conf.interval_hunting_ms, &s->room);
    case PACE_MACHINES: return s->conf.interval_machines_ms;
    case PACE_DAILY: break;
    }
    return 24 * HOUR_MS;
}

static void wait_ms(struct sim *s, struct sim_tenant *t, size_t feed, int64_t ms)
{
    sched_wait(&s->sched, &t->sched, feed, (struct mono){s->now_ms + ms});
}

/* Rows, and the count that follows them, once an hour of empty tables; large tenants have many pages. */
static uint16_t calls_of_poll(struct sim *s, const struct sim_tenant *t, size_t feed)
{
    const struct sim_feed *f = &t->feeds[feed];
    if (feed_rows[feed].pace != PACE_HUNTING) return t->kind == LARGE ? 3 : 1;
    if (!f->has_rows) return rng_chance(&s->rng, (double)interval_ms(s, f, feed) / (double)HOUR_MS) ? 2 : 1;
    return t->kind == LARGE ? LARGE_CALLS : 2;
}

static void note_lag(struct sim *s, struct sim_tenant *t, size_t feed)
{
    struct sim_feed *f = &t->feeds[feed];
    int64_t lag_ms = s->now_ms - f->polled_ms, late_ms = lag_ms - interval_ms(s, f, feed);
    bool is_calm = feed_rows[feed].pace == PACE_HUNTING && !f->has_rows;
    enum class class = feed_rows[feed].pace == PACE_ALERTS ? ALERTS : is_calm ? CALM : WITH_ROWS;
    if (f->polled_ms >= SETTLE_MIN * MIN_MS) {
        int64_t lag_s = lag_ms / 1000 < LAG_S_MAX ? lag_ms / 1000 : LAG_S_MAX - 1;
        if (t->kind == NORMAL) s->lags[feed][lag_s]++;
        if (late_ms > s->late_most[t->kind][class]) s->late_most[t->kind][class] = late_ms;
    }
    f->polled_ms = s->now_ms;
}

static void poll_done(struct sim *s, struct sim_tenant *t, size_t feed)
{
    struct sim_feed *f = &t->feeds[feed];
    uint64_t phase = t->phase + feed * UINT64_C(0x9e3779b97f4a7c15);
    note_lag(s, t, feed);
    if (feed_rows[feed].pace == PACE_HUNTING) f->calm = f->has_rows ? 0 : f->calm < 100 ? (uint16_t)(f->calm + 1) : 100;
    struct feed_state state = {.calm = f->calm};
    t->sched_feeds[feed].patience_ms = feed_calm_factor(&state) > 1 ? CALM_PATIENCE_MS : 0;
    f->calls_left = calls_of_poll(s, t, feed);
    struct mono now = {s->now_ms};
    wait_ms(s, t, feed, sched_next_due(now, interval_ms(s, f, feed), phase, &s->rng).ms - s->now_ms);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------------ */

static void begin_call(struct sim *s, struct sim_tenant *t, size_t feed)
{
    struct call *c = s->idle;
    int64_t took_ms = 80 + (int64_t)rng_below(&s->rng, 1000) + (rng_chance(&s->rng, 0.01) ? 8000 : 0);
    if (c)
        s->idle = c->next;
    else
        INVARIANT((c = malloc(sizeof *c)) != NULL);
    if (t->kind == HANGS) took_ms = HANG_MS;
    struct call **slot = &s->ring[(s->now_ms + took_ms) % RING_MS];
    *c = (struct call){*slot, t, (uint32_t)feed};
    *slot = c;
    sched_started(&s->sched, &t->sched, feed, (struct mono){s->now_ms});
    measure_call(s, t, t->sched_feeds[feed].family);
}

static void end_call(struct sim *s, struct sim_tenant *t, size_t feed)
{
    struct sim_feed *f = &t->feeds[feed];
    enum api_family family = t->sched_feeds[feed].family;
    bool is_refused = t->kind == NO_QUOTA && family == API_GRAPH_HUNTING;
    sched_ended(&s->sched, &t->sched, feed, t->kind != HANGS);
    if (is_refused) { /* its analysts use it all up */
        int64_t ms = 10000 + (int64_t)rng_below(&s->rng, 50000);
        sched_pause(&t->sched, family, (struct mono){s->now_ms}, ms);
        wait_ms(s, t, feed, ms);
    } else if (t->kind == HANGS) {
        wait_ms(s, t, feed, sched_backoff_ms(++f->failed, &s->rng));
    } else if (--f->calls_left > 0) {
        wait_ms(s, t, feed, 0);
    } else {
        poll_done(s, t, feed);
    }
}

static void end_calls(struct sim *s)
{
    struct call *c = s->ring[s->now_ms % RING_MS];
    s->ring[s->now_ms % RING_MS] = NULL;
    while (c) {
        struct call *next = c->next;
        end_call(s, c->tenant, c->feed);
        c->next = s->idle;
        s->idle = c;
        c = next;
    }
}

static int64_t begin_calls(struct sim *s)
{
    struct sched_tenant *t;
    size_t feed;
    int64_t wait;
    while (sched_pick(&s->sched, (struct mono){s->now_ms}, &t, &feed, &wait))
        begin_call(s, (struct sim_tenant *)(void *)t, feed);
    return wait;
}

/* Millisecond by millisecond: with thousands of calls a second, in most of them something happens. */
static void run(struct sim *s, int64_t ms)
{
    int64_t end = s->now_ms + ms, look_at = s->now_ms;
    for (; s->now_ms < end; s->now_ms++) {
        bool has_ended = s->ring[s->now_ms % RING_MS] != NULL;
        if (has_ended) end_calls(s);
        if (!has_ended && s->now_ms < look_at) continue;
        int64_t wait = begin_calls(s);
        look_at = wait < 0 ? end : s->now_ms + (wait > 0 ? wait : 1);
    }
}

/* ---- from beginning to end -------------------------------------------------------------------------------------------------- */

static enum kind draw_kind(struct sim *s)
{
    double x = rng_unit(&s->rng);
    return x < 0.05 ? NO_QUOTA : x < 0.07 ? HANGS : x < 0.08 ? LARGE : NORMAL;
}

static void init_tenant(struct sim *s, struct sim_tenant *t)
{
    struct mono now = {s->now_ms};
    double busy = t->kind == LARGE ? 0.3 : 0.07; /* share of tables that have rows */
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        t->sched_feeds[i].family = endpoint_rows[feed_rows[i].endpoint].family;
        t->feeds[i].has_rows = rng_chance(&s->rng, busy);
        t->feeds[i].calls_left = calls_of_poll(s, t, i);
    }
    sched_tenant_init(&t->sched, &s->sched.limits, t->sched_feeds, FEED_ROW_COUNT, now);
    init_meters(s, t);
    INVARIANT(sched_add(&s->sched, &t->sched));
    int64_t ramp_ms = (int64_t)(t->phase % 30000);
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) wait_ms(s, t, i, ramp_ms);
}

static void sim_init(struct sim *s, size_t tenants, uint64_t seed)
{
    *s = (struct sim){.count = tenants, .now_ms = 1, .graph = meter_of(GRAPH_CALLS_PER_S, 1000)};
    rng_seed(&s->rng, seed);
    conf_defaults(&s->conf);
    s->room = (struct hunting_room){
        .tenants = tenants,
        .calls_per_minute = (uint64_t)(s->conf.hunting_calls_per_minute * s->conf.hunting_share_percent / 100)};
    struct sched_limits limits = {.in_flight_max = AT_ONCE,
                                  .tenant_in_flight_max = 3,
                                  .hunting_calls_per_minute = (unsigned)s->conf.hunting_calls_per_minute,
                                  .hunting_share_percent = (unsigned)s->conf.hunting_share_percent};
    sched_init(&s->sched, &limits);
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) INVARIANT((s->lags[i] = calloc(LAG_S_MAX, sizeof **s->lags)) != NULL);
    s->tenants = calloc(tenants, sizeof *s->tenants);
    INVARIANT(s->tenants);
    for (size_t i = 0; i < tenants; i++) {
        s->tenants[i].kind = draw_kind(s);
        s->tenants[i].phase = hash64_of(&i, sizeof i);
        init_tenant(s, &s->tenants[i]);
    }
}

static void sim_done(struct sim *s)
{
    for (size_t i = 0; i < RING_MS; i++)
        while (s->ring[i]) {
            struct call *next = s->ring[i]->next;
            free(s->ring[i]);
            s->ring[i] = next;
        }
    for (struct call *next; s->idle; s->idle = next) {
        next = s->idle->next;
        free(s->idle);
    }
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < API_FAMILY_COUNT; k++)
            for (unsigned m = 0; m < METERS; m++) free(s->tenants[i].meters[k][m].ms);
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) free(s->lags[i]);
    free(s->graph.ms);
    free(s->tenants);
    sched_done(&s->sched);
}

/* The lag that `share` of the polls did not exceed; -1: none were done. */
static int64_t percentile(const uint32_t *lags, double share)
{
    uint64_t all = 0, seen = 0;
    for (int64_t i = 0; i < LAG_S_MAX; i++) all += lags[i];
    for (int64_t i = 0; i < LAG_S_MAX; i++) {
        seen += lags[i];
        if (all && (double)seen >= share * (double)all) return i;
    }
    return -1;
}

static size_t never_polled(const struct sim *s, enum kind kind)
{
    size_t never = 0;
    for (size_t t = 0; t < s->count; t++)
        for (size_t i = 0; s->tenants[t].kind == kind && i < FEED_ROW_COUNT; i++)
            never += s->tenants[t].feeds[i].polled_ms == 0;
    return never;
}

static bool say(bool ok, unsigned number, const char *what)
{
    printf("%s %u - %s\n", ok ? "ok" : "not ok", number, what);
    return ok;
}

/* A minute where there is room for all. Else empty tables let the others of their tenant go first, up to ten minutes; and when their interval
 * grows, its place may lie up to half a new one further on. */
static int64_t calm_bound_ms(const struct sim *s)
{
    const struct feed_state calm = {.calm = 100};
    int64_t ms = feed_hunting_interval_ms(&calm, s->conf.interval_hunting_ms, &s->room);
    return ms == s->conf.interval_hunting_ms ? MIN_MS : ms / 2 + CALM_PATIENCE_MS;
}

static bool judge(const struct sim *s)
{
    size_t never = never_polled(s, NORMAL);
    const int64_t *normal = s->late_most[NORMAL];
    bool is_normal = never == 0 && normal[ALERTS] <= s->conf.interval_alerts_ms &&
                     normal[WITH_ROWS] <= s->conf.interval_hunting_ms && normal[CALM] <= calm_bound_ms(s);
    bool has_alerts = s->late_most[NO_QUOTA][ALERTS] <= s->conf.interval_alerts_ms &&
                      s->late_most[LARGE][ALERTS] <= s->conf.interval_alerts_ms;
    printf("1..4\n");
    bool ok = say(s->exceeded == 0, 1, "no quota is exceeded in any window");
    ok &= say(s->unshared == 0, 2, "hunting keeps to its share");
    ok &= say(is_normal, 3, "no poll of a healthy tenant is missed");
    ok &= say(has_alerts, 4, "alerts go on where hunting has no quota left, or far too much to read");
    printf("# %" PRIu64 " calls exceeded a quota, %" PRIu64 " the share; %zu feeds of healthy tenants never polled\n",
           s->exceeded, s->unshared, never);
    for (unsigned k = 0; k < KINDS; k++)
        printf("# %s: latest beyond the interval: alerts %" PRId64 " ms, tables with rows %" PRId64
               " ms, empty ones %" PRId64 " ms\n",
               kind_names[k], s->late_most[k][ALERTS], s->late_most[k][WITH_ROWS], s->late_most[k][CALM]);
    return ok;
}

static void print_lags(const struct sim *s)
{
    printf("# %-42s %9s %9s %9s\n", "lag of healthy tenants, s", "p50", "p99", "max");
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        printf("# %-42s %9" PRId64 " %9" PRId64 " %9" PRId64 "\n", feed_rows[i].name, percentile(s->lags[i], 0.5),
               percentile(s->lags[i], 0.99), percentile(s->lags[i], 1));
}

int main(int argc, char **argv)
{
    static struct sim s;
    uint64_t hours = 1, tenants = 10000, seed = 1;
    if (argc > 1) INVARIANT(str_to_u64(str_of(argv[1]), &hours) && hours > 0 && hours <= 24 * 40);
    if (argc > 2) INVARIANT(str_to_u64(str_of(argv[2]), &tenants) && tenants > 0);
    if (argc > 3) INVARIANT(str_to_u64(str_of(argv[3]), &seed));
    sim_init(&s, tenants, seed);
    run(&s, (int64_t)hours * HOUR_MS);
    bool ok = judge(&s);
    printf("# %" PRIu64 " tenants, %" PRIu64 " hours, %" PRIu64 " calls (%.0f a second)\n", tenants, hours, s.calls,
           (double)s.calls / ((double)hours * 3600));
    print_lags(&s);
    sim_done(&s);
    return ok ? 0 : 1;
}
