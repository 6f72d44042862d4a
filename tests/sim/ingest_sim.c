/* Ingest on a virtual day: the real machine (ingest, journal, SQLite) on a virtual clock and a disk that loses its power,
 * against a cloud that is late, cuts, repeats, throttles and lies. After the dust has settled, log and cloud must be equal
 * as sets, and nothing may be in the log twice. Each seed draws another history.
 *
 *   ingest_sim [SEED [SEEDS]]    TAP, one line a seed; a failing seed can be run again alone */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_disk.h"
#include "kit/seal/seal.h"
#include "sim_cloud.h"

#define HOUR WALL_TICKS_PER_HOUR
#define HOUR_MS INT64_C(3600000)
#define MIN_MS INT64_C(60000)
enum { DEFAULT_SEEDS = 12, TENANTS_MAX = 3 };

struct sim {
    uint64_t seed;
    struct rng rng;
    struct sim_time time;
    struct sim_cloud cloud;
    struct conf conf;
    struct fake_disk *disk;
    struct fs fs;
    struct seal_key *key;
    struct ocsf *ocsf;
    struct store *store;
    struct log *log;
    struct ingest *ingest;
    uint32_t next_id;
    unsigned restarts;
    bool start_is_over, has_started, has_stopped, is_drained;
    struct ingest_outcome outcome;
    uint64_t known; /* rows received again and dropped */
};

static void must(bool ok, const struct err *e)
{
    if (ok) return;
    (void)fprintf(stderr, "%s: %s\n", e->cause ? e->cause->code : "?", e->text);
    INVARIANT(ok);
}

/* ---- the history ------------------------------------------------------------------------------------------------------------ */

static int64_t draw_lateness(struct sim *s)
{
    if (rng_chance(&s->rng, 0.08)) return (int64_t)rng_below(&s->rng, (uint64_t)(47 * HOUR));
    return (int64_t)rng_below(&s->rng, (uint64_t)(8 * WALL_TICKS_PER_MIN));
}

static void draw_row(struct sim *s, size_t tenant, size_t table, int64_t at)
{
    uint32_t id = s->next_id += 2;
    int64_t visible = at + draw_lateness(s);
    sim_cloud_add_row(&s->cloud, tenant, table, at, visible, id);
    if (rng_chance(&s->rng, 0.03))
        sim_cloud_add_row(&s->cloud, tenant, table, at, at + draw_lateness(s), id); /* byte-equal */
    if (rng_chance(&s->rng, 0.03))
        sim_cloud_add_row(&s->cloud, tenant, table, at, at + draw_lateness(s), id + 1); /* nearly */
}

static void draw_tables(struct sim *s, size_t tenant, int64_t begin, int64_t length)
{
    for (size_t table = 0; table < SIM_TABLES; table++) {
        uint64_t rows = rng_chance(&s->rng, 0.3) ? 0 : rng_below(&s->rng, 500);
        for (uint64_t i = 0; i < rows; i++) {
            int64_t at = begin + (int64_t)rng_below(&s->rng, (uint64_t)length);
            draw_row(s, tenant, table, rng_chance(&s->rng, 0.2) ? at - at % WALL_TICKS_PER_MIN : at);
        }
        if (!rng_chance(&s->rng, 0.15)) continue;
        int64_t tick = begin + (int64_t)rng_below(&s->rng, (uint64_t)length);
        uint64_t burst = 200 + rng_below(&s->rng, 3000);
        for (uint64_t i = 0; i < burst; i++) sim_cloud_add_row(&s->cloud, tenant, table, tick, tick, s->next_id += 2);
    }
}

static void draw_object(struct sim *s, size_t tenant, size_t feed, uint32_t object, int64_t begin, int64_t length)
{
    int64_t updated = begin + (int64_t)rng_below(&s->rng, (uint64_t)length);
    unsigned revisions = 1 + (unsigned)rng_below(&s->rng, 5);
    uint64_t step = rng_chance(&s->rng, 0.3) ? (uint64_t)WALL_TICKS_PER_S / 5 : (uint64_t)HOUR / 2;
    for (uint32_t n = 0; n < revisions; n++) {
        int64_t visible =
            updated + (rng_chance(&s->rng, 0.05) ? (int64_t)rng_below(&s->rng, (uint64_t)(40 * HOUR)) : 0);
        sim_cloud_add_revision(&s->cloud, tenant, feed, (struct sim_revision){updated, visible, object, n});
        if (!rng_chance(&s->rng, 0.1)) updated += (int64_t)rng_below(&s->rng, step); /* else: changed within one tick */
    }
}

static void draw_objects(struct sim *s, size_t tenant, int64_t begin, int64_t length)
{
    uint32_t object = 0;
    for (size_t feed = 0; feed < SIM_OBJECT_FEEDS; feed++) {
        uint64_t objects = rng_below(&s->rng, 120);
        for (uint64_t i = 0; i < objects; i++) draw_object(s, tenant, feed, ++object, begin, length);
        if (!rng_chance(&s->rng, 0.3)) continue;
        int64_t tick = begin + (int64_t)rng_below(&s->rng, (uint64_t)length);
        for (unsigned i = 0; i < 130; i++)
            sim_cloud_add_revision(&s->cloud, tenant, feed, (struct sim_revision){tick, tick, ++object, 0});
    }
    s->cloud.tenants[tenant].machines = (uint32_t)rng_below(&s->rng, 20);
}

static void draw_faults(struct sim *s)
{
    if (rng_chance(&s->rng, 0.3)) return;
    s->cloud.faults = (struct sim_faults){.throttle = 0.02,
                                          .error = 0.02,
                                          .stall = 0.01,
                                          .break_off = 0.02,
                                          .cut_short = 0.02,
                                          .repeat = 0.03,
                                          .partial = 0.03};
    s->cloud.faults.silent_cut = rng_chance(&s->rng, 0.5) ? 0.05 : 0;
    if (rng_chance(&s->rng, 0.4)) s->cloud.row_cap = 150 + (uint32_t)rng_below(&s->rng, 1000);
    if (rng_chance(&s->rng, 0.1)) s->cloud.row_filler = 3000;
}

/* ---- an installation -------------------------------------------------------------------------------------------------------- */

static bool open_store(struct sim *s, bool create, struct err *e)
{
    struct store_opts o = {
        .fs = s->fs, .path = "/d/store.db", .key = s->key, .clock = clock_virtual(&s->time.clock), .create = create};
    return store_open(&o, &s->store, e);
}

static void found(struct sim *s)
{
    struct err e = {0};
    struct buf key;
    struct org_record org = {.name = "sim"};
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &s->key, &e), &e);
    buf_done(&key);
    must(s->fs.ops->make_dirs(s->fs.ctx, "/d", &e) && s->fs.ops->sync_dir(s->fs.ctx, "/", &e), &e);
    must(open_store(s, true, &e) && store_org_put(s->store, &org, &e), &e);
    for (size_t i = 0; i < s->cloud.tenant_count; i++) {
        struct tenant_record *r = &s->cloud.tenants[i].tenant.record;
        atomic_init(&s->cloud.tenants[i].tenant.refs, 1);
        r->org_id = org.id;
        must(store_tenant_put(s->store, r, true, &e), &e);
    }
    must(s->fs.ops->sync_dir(s->fs.ctx, "/d", &e), &e);
    store_close(s->store);
    s->store = NULL;
}

static void started(void *ctx, const struct err *e)
{
    struct sim *s = ctx;
    if (e && !fake_disk_has_failed(s->disk)) must(false, e);
    s->has_started = e == NULL;
    s->start_is_over = true;
}

static void stopped(void *ctx)
{
    ((struct sim *)ctx)->has_stopped = true;
}

static void drained(void *ctx, const struct ingest_outcome *o)
{
    struct sim *s = ctx;
    s->is_drained = true;
    s->outcome = *o;
}

static void open_all(struct sim *s)
{
    struct err e = {0};
    uint64_t end = 0;
    must(open_store(s, false, &e) && store_log_end_get(s->store, &end, &e), &e);
    must(log_open(s->fs, "/d/log", "/d/spool", end, &s->log, &e), &e);
    struct ingest_opts o = {
        .runtime = sim_time_runtime(&s->time),
        .clock = clock_virtual(&s->time.clock),
        .store = s->store,
        .log = s->log,
        .ocsf = s->ocsf,
        .conf = &s->conf,
        .fs = s->fs,
        .spool_dir = "/d/spool",
        .dead_dir = "/d/dead",
        .fetcher = sim_cloud_fetcher(&s->cloud),
        .each_tenant = sim_cloud_each_tenant,
        .tenants_ctx = &s->cloud,
        .seed = rng_u64(&s->rng),
    };
    s->ingest = ingest_new(&o);
    INVARIANT(s->ingest);
    s->has_started = s->start_is_over = false;
    ingest_start(s->ingest, started, s);
}

static void note_known(struct sim *s)
{
    struct ingest_counters counters;
    ingest_counters_get(s->ingest, &counters);
    s->known += counters.known;
}

static void close_all(struct sim *s)
{
    note_known(s);
    s->has_stopped = false;
    INVARIANT(sim_time_until(&s->time, &s->start_is_over, HOUR_MS));
    if (s->has_started) {
        ingest_stop(s->ingest, stopped, s);
        INVARIANT(sim_time_until(&s->time, &s->has_stopped, HOUR_MS));
    }
    ingest_free(s->ingest);
    log_close(s->log);
    store_close(s->store);
    s->ingest = NULL;
    s->log = NULL;
    s->store = NULL;
}

static void restart(struct sim *s)
{
    close_all(s);
    fake_disk_restart(s->disk);
    s->restarts++;
    open_all(s);
}

/* Power cuts and failing operations, one after another, at operations drawn by the seed. */
static void run_with_cuts(struct sim *s, int64_t ms, bool has_cuts)
{
    bool is_armed = false;
    for (int64_t done = 0; done < ms; done += 5 * MIN_MS) {
        if (has_cuts && !is_armed && rng_chance(&s->rng, 0.5)) {
            enum fake_fault fault = rng_chance(&s->rng, 0.7)   ? FAKE_POWER
                                    : rng_chance(&s->rng, 0.5) ? FAKE_IO
                                                               : FAKE_FULL;
            fake_disk_fail_at(s->disk, 1 + rng_below(&s->rng, 1500), fault);
            is_armed = true;
        }
        sim_time_run(&s->time, 5 * MIN_MS);
        if (!is_armed || !fake_disk_has_failed(s->disk)) continue;
        is_armed = false;
        restart(s);
    }
    if (!is_armed) return;
    fake_disk_fail_at(s->disk, 0, FAKE_NONE);
    restart(s);
}

static void drain(struct sim *s)
{
    s->is_drained = false;
    ingest_drain(s->ingest, drained, s);
    INVARIANT(sim_time_until(&s->time, &s->is_drained, 24 * HOUR_MS));
}

/* ---- what must hold --------------------------------------------------------------------------------------------------------- */

struct identities {
    struct hash128 *p;
    size_t n, cap;
};
struct collecting {
    struct sim *s;
    struct identities *out;
    struct map_scratch *scratch;
    const struct plan *plan;
    const char *tenant_id, *source;
};

static void add_identity(struct identities *list, struct hash128 h)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 1024;
        list->p = realloc(list->p, list->cap * sizeof *list->p);
        INVARIANT(list->p);
    }
    list->p[list->n++] = h;
}

static void expect_row(void *arg, struct str json)
{
    struct collecting *c = arg;
    struct row_facts facts;
    plan_facts(c->plan, c->scratch, str_of(c->tenant_id), str_of(c->source), json, &facts);
    add_identity(c->out, facts.identity);
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

static void sort_unique(struct identities *list)
{
    size_t n = 0;
    if (list->n) qsort(list->p, list->n, sizeof *list->p, by_hash);
    for (size_t i = 0; i < list->n; i++)
        if (n == 0 || !hash128_eq(list->p[n - 1], list->p[i])) list->p[n++] = list->p[i];
    list->n = n;
}

static bool read_log(struct sim *s, struct identities *tables, struct identities *objects, struct err *e)
{
    struct log_reader *reader;
    struct log_frame frame;
    uint64_t end;
    bool has_frame = true;
    if (!store_log_end_get(s->store, &end, e) || !log_reader_new(s->log, 0, &reader, e)) return false;
    bool ok = true;
    while (ok && (ok = log_reader_next(reader, end, &frame, &has_frame, e)) && has_frame) {
        bool is_table = str_starts(str_of(frame.origin.source), STR("Device"));
        for (size_t i = 0; i < frame.row_count; i++) add_identity(is_table ? tables : objects, frame.rows[i].identity);
    }
    log_reader_free(reader);
    return ok;
}

static size_t count_missing(const struct identities *wanted, const struct identities *have)
{
    size_t missing = 0;
    for (size_t i = 0; i < wanted->n; i++)
        missing += !have->n || !bsearch(&wanted->p[i], have->p, have->n, sizeof *have->p, by_hash);
    return missing;
}

static void expect_all(struct sim *s, struct identities *tables, struct identities *objects)
{
    struct collecting c = {.s = s, .scratch = map_scratch_new()};
    for (size_t t = 0; t < s->cloud.tenant_count; t++) {
        for (size_t feed = 0; feed < FEED_ROW_COUNT; feed++) {
            c.source = feed_rows[feed].source;
            c.plan = ocsf_plan(s->ocsf, str_of(c.source));
            if (!c.plan) c.plan = ocsf_plan_base(s->ocsf);
            c.tenant_id = s->cloud.tenants[t].tenant.record.tenant_id;
            c.out = feed_rows[feed].kind == FEED_HUNTING ? tables : objects;
            sim_cloud_each(&s->cloud, t, feed, expect_row, &c);
        }
    }
    map_scratch_free(c.scratch);
    sort_unique(tables);
    sort_unique(objects);
}

static bool check(struct sim *s)
{
    struct identities want_rows = {0}, want_objects = {0}, rows = {0}, objects = {0};
    struct err e = {0};
    note_known(s);
    expect_all(s, &want_rows, &want_objects);
    must(read_log(s, &rows, &objects, &e), &e);
    size_t in_log = rows.n + objects.n;
    sort_unique(&rows);
    sort_unique(&objects);
    size_t doubled = in_log - rows.n - objects.n;
    size_t lost = count_missing(&want_rows, &rows) + count_missing(&want_objects, &objects);
    size_t strange = count_missing(&rows, &want_rows);
    bool ok = !lost && !doubled && !strange && !s->outcome.failed_feeds;
    printf("%s - seed %" PRIu64
           ": %zu tenants, %zu rows, %zu objects' last revisions, %zu in the log; lost %zu, doubled %zu, "
           "strange %zu; %" PRIu64 " known again, %u restarts\n",
           ok ? "ok" : "not ok", s->seed, s->cloud.tenant_count, want_rows.n, want_objects.n, in_log, lost, doubled,
           strange, s->known, s->restarts);
    if (s->outcome.failed_feeds)
        printf("# %" PRIu64 " feeds failed to drain: %s\n", s->outcome.failed_feeds, s->outcome.first_error.text);
    free(want_rows.p);
    free(want_objects.p);
    free(rows.p);
    free(objects.p);
    (void)fflush(stdout);
    return ok;
}

/* ---- one seed --------------------------------------------------------------------------------------------------------------- */

static void sim_begin(struct sim *s, uint64_t seed)
{
    struct wall start;
    struct ocsf_opts ocsf = {0};
    struct err e = {0};
    *s = (struct sim){.seed = seed};
    INVARIANT(wall_parse(STR("2026-11-20T00:00:00Z"), &start));
    rng_seed(&s->rng, seed);
    sim_time_init(&s->time, start, rng_u64(&s->rng));
    sim_cloud_init(&s->cloud, &s->time, 1 + rng_below(&s->rng, TENANTS_MAX), rng_u64(&s->rng));
    s->disk = fake_disk_new(rng_u64(&s->rng));
    s->fs = fake_disk_fs(s->disk);
    must(ocsf_new(&ocsf, &s->ocsf, &e), &e);
    conf_defaults(&s->conf);
    s->conf.interval_alerts_ms = 5 * MIN_MS;
    s->conf.interval_hunting_ms = 15 * MIN_MS;
    s->conf.interval_machines_ms = HOUR_MS;
    s->conf.lookback_alerts_ms = s->conf.lookback_hunting_ms = 3 * HOUR_MS;
    s->conf.hunting_share_percent = 100;
    found(s);
}

static void sim_end(struct sim *s)
{
    close_all(s);
    sim_time_run(&s->time, HOUR_MS); /* what was cancelled comes to its end */
    INVARIANT(s->cloud.in_flight == 0);
    ocsf_free(s->ocsf);
    fake_disk_free(s->disk);
    sim_cloud_done(&s->cloud);
    sim_time_done(&s->time);
    seal_key_free(s->key);
}

/* How the day ends: read on through the two days in which rows come late; or be switched off for them; or be asked at once,
 * with late rows yet to come, whatever can be seen by then. */
static void live(struct sim *s, int64_t hours)
{
    uint64_t ending = rng_below(&s->rng, 3);
    open_all(s);
    run_with_cuts(s, hours * HOUR_MS, rng_chance(&s->rng, 0.7));
    if (ending == 0) {
        run_with_cuts(s, 49 * HOUR_MS, false);
    } else if (ending == 1) {
        close_all(s);
        sim_time_run(&s->time, 49 * HOUR_MS);
        open_all(s);
    }
    s->cloud.faults = (struct sim_faults){0};
    sim_time_run(&s->time, MIN_MS);
    for (size_t i = 0; i < s->cloud.tenant_count; i++) s->cloud.tenants[i].behaviour = SIM_WELL;
    sim_cloud_freeze(&s->cloud);
    drain(s);
}

static bool run_seed(uint64_t seed)
{
    struct sim s;
    sim_begin(&s, seed);
    int64_t hours = 1 + (int64_t)rng_below(&s.rng, 4), begin = sim_time_now(&s.time).ticks - 2 * HOUR,
            length = (hours + 2) * HOUR;
    for (size_t i = 0; i < s.cloud.tenant_count; i++) {
        draw_tables(&s, i, begin, length);
        draw_objects(&s, i, begin, length);
        if (i > 0 && rng_chance(&s.rng, 0.3))
            s.cloud.tenants[i].behaviour = (enum sim_behaviour)(1 + rng_below(&s.rng, 4));
    }
    draw_faults(&s);
    sim_cloud_ready(&s.cloud);
    live(&s, hours);
    bool ok = check(&s);
    sim_end(&s);
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, seeds = DEFAULT_SEEDS, failed = 0;
    if (argc > 1) INVARIANT(str_to_u64(str_of(argv[1]), &first));
    if (argc > 2) INVARIANT(str_to_u64(str_of(argv[2]), &seeds));
    printf("1..%" PRIu64 "\n", seeds);
    for (uint64_t i = 0; i < seeds; i++) failed += !run_seed(first + i);
    return failed ? 1 : 0;
}
