/* One tenant never hurts another: 200 tenants on a virtual clock, once undisturbed, once with some that hang in mid-body, are
 * throttled, are down, or whose secret is wrong. Every healthy tenant must finish every poll, and their lag (time between
 * completed polls, seen once a second) must stay within 1.2 times of the undisturbed run. A table that stays empty is asked
 * less often; it counts as missed when twice that time is over. TAP.
 *
 *   isolation_sim [SEED [TENANTS [MINUTES]]] */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_disk.h"
#include "kit/seal/seal.h"
#include "sim_cloud.h"
#include "state/store/tenants.h"

/* A new tenant's tables are all asked for the first time, and fall due in waves for an hour: within half of its quota. */
enum { SICK_OF_TEN = 1, SETTLE_MINUTES = 12, WAVE_MS = 180000 };
enum { MEND_MINUTES = 8, MEND_READ_MINUTES = 6, MEND_LATENCY_MS = 8000, MEND_STEP_MS = 1500, MEND_MOST_MS = 30000 };

struct fleet {
    struct sim_time time;
    struct sim_cloud cloud;
    struct conf conf;
    struct fake_disk *disk;
    struct seal_key *key;
    struct ocsf *ocsf;
    struct store *store;
    struct log *log;
    struct ingest *ingest;
    bool is_up, is_down;
    size_t sick; /* the first tenants */
};
struct figures { /* of the healthy tenants' feeds */
    double lag_sum_ms;
    uint64_t looks;
    int64_t lag_max_ms[FEED_ROW_COUNT];
    uint64_t never, rows, missed;
};

static void must(bool ok, const struct err *e)
{
    if (ok) return;
    (void)fprintf(stderr, "%s\n", e->text);
    INVARIANT(ok);
}

static void started(void *ctx, const struct err *e)
{
    must(e == NULL, e);
    ((struct fleet *)ctx)->is_up = true;
}

static void stopped(void *ctx)
{
    ((struct fleet *)ctx)->is_down = true;
}

static void open_store(struct fleet *f)
{
    struct err e = {0};
    struct buf key;
    struct org_record org = {.name = "sim"};
    struct fs fs = fake_disk_fs(f->disk);
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &f->key, &e), &e);
    buf_done(&key);
    must(fs.ops->make_dirs(fs.ctx, "/d", &e), &e);
    struct store_opts o = {
        .fs = fs, .path = "/d/store.db", .key = f->key, .clock = clock_virtual(&f->time.clock), .create = true};
    must(store_open(&o, &f->store, &e) && store_org_put(f->store, &org, &e), &e);
    for (size_t i = 0; i < f->cloud.tenant_count; i++) {
        struct tenant_record *r = &f->cloud.tenants[i].tenant.record;
        atomic_init(&f->cloud.tenants[i].tenant.refs, 1);
        r->org_id = org.id;
        must(store_tenant_put(f->store, r, true, &e), &e);
    }
    must(log_open(fs, "/d/log", "/d/spool", 0, &f->log, &e), &e);
}

/* A few rows and alerts a minute for everybody. */
static void draw(struct fleet *f, int64_t minutes, struct rng *rng)
{
    uint32_t id = 0;
    for (size_t t = 0; t < f->cloud.tenant_count; t++) {
        for (int64_t m = 0; m < minutes; m++) {
            int64_t at =
                sim_time_now(&f->time).ticks + m * WALL_TICKS_PER_MIN + (int64_t)rng_below(rng, WALL_TICKS_PER_MIN);
            sim_cloud_add_row(&f->cloud, t, rng_below(rng, SIM_TABLES), at, at + WALL_TICKS_PER_MIN, id += 2);
            if (m % 10 == 0)
                sim_cloud_add_revision(&f->cloud, t, 0,
                                       (struct sim_revision){.updated = at, .visible = at, .object = id});
        }
        f->cloud.tenants[t].machines = 3;
    }
    sim_cloud_ready(&f->cloud);
}

static void begin(struct fleet *f, uint64_t seed, size_t tenants, int64_t minutes, size_t sick)
{
    struct wall start;
    struct rng rng;
    struct ocsf_opts ocsf = {0};
    struct err e = {0};
    *f = (struct fleet){.sick = sick};
    INVARIANT(wall_parse(STR("2026-11-20T00:00:00Z"), &start));
    rng_seed(&rng, seed);
    sim_time_init(&f->time, start, seed);
    sim_cloud_init(&f->cloud, &f->time, tenants, seed);
    f->disk = fake_disk_new(seed);
    must(ocsf_new(&ocsf, &f->ocsf, &e), &e);
    conf_defaults(&f->conf);
    f->conf.lookback_alerts_ms = f->conf.lookback_hunting_ms = 3600000;
    draw(f, minutes, &rng);
    for (size_t i = 0; i < sick; i++) /* half of them hang */
        f->cloud.tenants[i].behaviour = i % 2 == 0 ? SIM_HANGS : (enum sim_behaviour)(SIM_THROTTLES + i / 2 % 3);
    open_store(f);
    struct ingest_opts o = {
        .runtime = sim_time_runtime(&f->time),
        .clock = clock_virtual(&f->time.clock),
        .store = f->store,
        .log = f->log,
        .ocsf = f->ocsf,
        .conf = &f->conf,
        .fs = fake_disk_fs(f->disk),
        .spool_dir = "/d/spool",
        .dead_dir = "/d/dead",
        .fetcher = sim_cloud_fetcher(&f->cloud),
        .each_tenant = sim_cloud_each_tenant,
        .tenants_ctx = &f->cloud,
        .seed = seed,
    };
    f->ingest = ingest_new(&o);
    INVARIANT(f->ingest);
    ingest_start(f->ingest, started, f);
    INVARIANT(sim_time_until(&f->time, &f->is_up, MIN_MS));
}

static void end(struct fleet *f)
{
    ingest_stop(f->ingest, stopped, f);
    INVARIANT(sim_time_until(&f->time, &f->is_down, 10 * MIN_MS));
    ingest_free(f->ingest);
    sim_time_run(&f->time, 10 * MIN_MS);
    log_close(f->log);
    store_close(f->store);
    ocsf_free(f->ocsf);
    fake_disk_free(f->disk);
    sim_cloud_done(&f->cloud);
    sim_time_done(&f->time);
    seal_key_free(f->key);
}

static int64_t interval_ms(const struct conf *c, size_t feed)
{
    switch (feed_rows[feed].pace) {
    case PACE_ALERTS: return c->interval_alerts_ms;
    case PACE_HUNTING: return c->interval_hunting_ms;
    case PACE_MACHINES: return c->interval_machines_ms;
    case PACE_DAILY: break;
    }
    return 24 * 60 * MIN_MS;
}

struct look {
    struct fleet *f;
    struct figures *out;
};

static bool look_at(void *arg, const struct ingest_feed_status *s)
{
    struct look *l = arg;
    uint64_t number = 0;
    for (size_t i = 0; i < l->f->sick; i++)
        if (strcmp(s->tenant_id, l->f->cloud.tenants[i].tenant.record.tenant_id) == 0) return true;
    while (strcmp(feed_rows[number].name, s->feed) != 0) number++;
    l->out->missed += s->lag_ms > 2 * s->calm * interval_ms(&l->f->conf, number) + WAVE_MS;
    if (s->state == INGEST_UNUSED) return true;
    if (s->lag_ms < 0) {
        l->out->never++;
        return true;
    }
    l->out->lag_sum_ms += (double)s->lag_ms;
    l->out->looks++;
    if (s->lag_ms > l->out->lag_max_ms[number]) l->out->lag_max_ms[number] = s->lag_ms;
    return true;
}

static struct figures measure(uint64_t seed, size_t tenants, int64_t minutes, size_t sick, size_t excluded)
{
    struct fleet f;
    struct figures out = {0};
    struct look l = {&f, &out};
    struct ingest_counters counters;
    begin(&f, seed, tenants, minutes, sick);
    f.sick = excluded;
    sim_time_run(&f.time, SETTLE_MINUTES * MIN_MS);
    for (int64_t s = 0; s < (minutes - SETTLE_MINUTES) * 60; s++) {
        sim_time_run(&f.time, 1000);
        ingest_each_feed(f.ingest, look_at, &l);
    }
    ingest_counters_get(f.ingest, &counters);
    out.rows = counters.rows;
    end(&f);
    return out;
}

/* ---- a new secret ----------------------------------------------------------------------------------------------------------- */

struct standing {
    size_t refused, asked;
};

static bool look_standing(void *arg, const struct ingest_feed_status *s)
{
    struct standing *out = arg;
    out->refused += s->state == INGEST_BLIND;
    out->asked += s->state == INGEST_OK;
    return true;
}

/* The secret is wrong; after so long it is another, while refusals of the old one may still be on their way. As many minutes
 * later as the share of the hunting budget takes for all tables. */
static struct standing mend(uint64_t seed, int64_t after_ms)
{
    struct fleet f;
    struct standing out = {0};
    begin(&f, seed, 1, MEND_MINUTES, 0);
    f.cloud.latency_ms_max = MEND_LATENCY_MS;
    f.cloud.tenants[0].behaviour = SIM_LOCKED_OUT;
    sim_time_run(&f.time, after_ms);
    f.cloud.tenants[0].behaviour = SIM_WELL;
    f.cloud.tenants[0].tenant.reading = 2;
    ingest_tenants_changed(f.ingest);
    sim_time_run(&f.time, MEND_READ_MINUTES * MIN_MS);
    ingest_each_feed(f.ingest, look_standing, &out);
    end(&f);
    return out;
}

static bool all_mended(uint64_t seed)
{
    bool ok = true;
    for (int64_t ms = MEND_STEP_MS; ms <= MEND_MOST_MS; ms += MEND_STEP_MS) {
        struct standing s = mend(seed, ms);
        if (s.refused == 0 && s.asked > 0) continue;
        printf("# changed after %" PRId64 " ms: %zu feeds refused still, %zu read\n", ms, s.refused, s.asked);
        ok = false;
    }
    return ok;
}

static void print_lag(size_t i, const struct conf *conf, const struct figures *calm, const struct figures *sore)
{
    printf("# %-22s interval %7" PRId64 " ms, longest lag %7" PRId64 " ms undisturbed, %7" PRId64 " ms disturbed\n",
           feed_rows[i].name, interval_ms(conf, i), calm->lag_max_ms[i], sore->lag_max_ms[i]);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, tenants = 200, minutes = 40, failed = 0;
    struct conf conf;
    if (argc > 1) INVARIANT(str_to_u64(str_of(argv[1]), &seed));
    if (argc > 2) INVARIANT(str_to_u64(str_of(argv[2]), &tenants));
    if (argc > 3) INVARIANT(str_to_u64(str_of(argv[3]), &minutes) && minutes > SETTLE_MINUTES);
    size_t sick = tenants * SICK_OF_TEN / 10;
    conf_defaults(&conf);
    struct figures calm = measure(seed, tenants, (int64_t)minutes, 0, sick);
    struct figures sore = measure(seed, tenants, (int64_t)minutes, sick, sick);
    double calm_ms = calm.lag_sum_ms / (double)calm.looks, sore_ms = sore.lag_sum_ms / (double)sore.looks;
    printf("1..4\n");
    bool ok = calm.never == 0 && sore.never == 0;
    failed += !ok;
    printf("%s 1 - every healthy feed has polled (%" PRIu64 " tenants, %zu of them sick)\n", ok ? "ok" : "not ok",
           tenants, sick);
    ok = sore_ms <= calm_ms * 1.2;
    failed += !ok;
    printf("%s 2 - mean lag of the healthy: %.0f ms undisturbed, %.0f ms disturbed, %.3f times\n", ok ? "ok" : "not ok",
           calm_ms, sore_ms, sore_ms / calm_ms);
    ok = sore.missed == 0;
    failed += !ok;
    printf("%s 3 - no healthy feed missed a poll\n", ok ? "ok" : "not ok");
    ok = all_mended(seed);
    failed += !ok;
    printf("%s 4 - a new secret is tried at once, whatever is still said of the old one\n", ok ? "ok" : "not ok");
    size_t slowest = FEED_FIRST_TABLE;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        bool is_table = i >= FEED_FIRST_TABLE;
        if (is_table && feed_rows[i].pace == PACE_HUNTING && sore.lag_max_ms[i] > sore.lag_max_ms[slowest]) slowest = i;
        if (!is_table) print_lag(i, &conf, &calm, &sore);
    }
    print_lag(slowest, &conf, &calm, &sore);
    return failed ? 1 : 0;
}
