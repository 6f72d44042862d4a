#include "sim_install.h"
#include "state/store/lake.h"
#include "state/store/tenants.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static void must(bool ok, const struct err *e)
{
    if (ok) return;
    (void)fprintf(stderr, "%s: %s\n", e->cause ? e->cause->code : "?", e->text);
    INVARIANT(ok);
}

/* ---- an installation -------------------------------------------------------------------------------------------------------- */

static bool open_store(struct sim_install *s, bool create, struct err *e)
{
    struct store_opts o = {
        .fs = s->fs, .path = "/d/store.db", .key = s->key, .clock = clock_virtual(&s->time->clock), .create = create};
    return store_open(&o, &s->store, e);
}

struct founding {
    struct sim_install *s;
    int64_t org_id;
};

static bool found_tenant(void *arg, struct tenant *t)
{
    struct founding *f = arg;
    struct err e = {0};
    atomic_init(&t->refs, 1);
    t->record.org_id = f->org_id;
    must(store_tenant_put(f->s->store, &t->record, true, &e), &e);
    return true;
}

static void found(struct sim_install *s)
{
    struct err e = {0};
    struct buf key;
    struct org_record org = {.name = "sim"};
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &s->key, &e), &e);
    buf_done(&key);
    must(s->fs.ops->make_dirs(s->fs.ctx, "/d", &e) && s->fs.ops->sync_dir(s->fs.ctx, "/", &e), &e);
    must(open_store(s, true, &e) && store_org_put(s->store, &org, &e), &e);
    struct founding f = {s, org.id};
    must(s->world.each_tenant(s->world.ctx, found_tenant, &f, &e), &e);
    must(s->fs.ops->sync_dir(s->fs.ctx, "/d", &e), &e);
    store_close(s->store);
    s->store = NULL;
}

static void started(void *ctx, const struct err *e)
{
    struct sim_install *s = ctx;
    if (e && !fake_disk_has_failed(s->disk)) must(false, e);
    s->has_started = e == NULL;
    s->start_is_over = true;
}

static void stopped(void *ctx)
{
    ((struct sim_install *)ctx)->has_stopped = true;
}

static void drained(void *ctx, const struct ingest_outcome *o)
{
    struct sim_install *s = ctx;
    s->is_drained = true;
    s->outcome = *o;
}

void sim_install_open(struct sim_install *s)
{
    struct err e = {0};
    uint64_t end = 0;
    must(open_store(s, false, &e) && store_log_end_get(s->store, &end, &e), &e);
    must(log_open(s->fs, "/d/log", "/d/spool", end, &s->log, &e), &e);
    struct ingest_opts o = {
        .runtime = sim_time_runtime(s->time),
        .clock = clock_virtual(&s->time->clock),
        .store = s->store,
        .log = s->log,
        .ocsf = s->ocsf,
        .conf = &s->conf,
        .fs = s->fs,
        .spool_dir = "/d/spool",
        .dead_dir = "/d/dead",
        .fetcher = s->world.fetcher,
        .each_tenant = s->world.each_tenant,
        .tenants_ctx = s->world.ctx,
        .seed = rng_u64(s->rng),
    };
    s->ingest = ingest_new(&o);
    INVARIANT(s->ingest);
    s->has_started = s->start_is_over = false;
    ingest_start(s->ingest, started, s);
}

static void note_known(struct sim_install *s)
{
    struct ingest_counters counters;
    ingest_counters_get(s->ingest, &counters);
    s->known += counters.known;
}

void sim_install_close(struct sim_install *s)
{
    note_known(s);
    s->has_stopped = false;
    INVARIANT(sim_time_until(s->time, &s->start_is_over, HOUR_MS));
    if (s->has_started) {
        ingest_stop(s->ingest, stopped, s);
        INVARIANT(sim_time_until(s->time, &s->has_stopped, HOUR_MS));
    }
    ingest_free(s->ingest);
    log_close(s->log);
    store_close(s->store);
    s->ingest = NULL;
    s->log = NULL;
    s->store = NULL;
}

static void restart(struct sim_install *s)
{
    sim_install_close(s);
    fake_disk_restart(s->disk);
    s->restarts++;
    sim_install_open(s);
}

/* With files: now and then several within the time that one answer takes, so that they meet. */
static void pass(struct sim_install *s, int64_t ms)
{
    if (s->has_files && rng_chance(s->rng, 0.3)) {
        for (int64_t part = ms / 2; ms > part;) {
            if (s->has_started) sim_install_import(s, rng_chance(s->rng, 0.1) ? 1 : 0.02);
            int64_t step = 20 + (int64_t)rng_below(s->rng, 6000);
            sim_time_run(s->time, step);
            ms -= step;
        }
    }
    if (ms > 0) sim_time_run(s->time, ms);
}

void sim_install_run(struct sim_install *s, int64_t ms, bool has_cuts)
{
    bool is_armed = false;
    for (int64_t done = 0; done < ms; done += 5 * MIN_MS) {
        if (has_cuts && !is_armed && rng_chance(s->rng, 0.5)) {
            enum fake_fault fault = rng_chance(s->rng, 0.7)   ? FAKE_POWER
                                    : rng_chance(s->rng, 0.5) ? FAKE_IO
                                                              : FAKE_FULL;
            fake_disk_fail_at(s->disk, 1 + rng_below(s->rng, 1500), fault);
            is_armed = true;
        }
        pass(s, 5 * MIN_MS);
        if (!is_armed || !fake_disk_has_failed(s->disk)) continue;
        is_armed = false;
        restart(s);
    }
    if (!is_armed) return;
    fake_disk_fail_at(s->disk, 0, FAKE_NONE);
    restart(s);
}

void sim_install_drain(struct sim_install *s)
{
    s->is_drained = false;
    ingest_drain(s->ingest, drained, s);
    INVARIANT(sim_time_until(s->time, &s->is_drained, 24 * HOUR_MS));
}

/* ---- what must hold --------------------------------------------------------------------------------------------------------- */

struct identities {
    struct hash128 *p;
    size_t n, cap;
};
struct collecting {
    struct sim_install *s;
    struct identities tables, objects;
    struct map_scratch *scratch;
    const struct identities *rows, *have; /* what is in the log, to tell the lost by feed */
    size_t lost_of[FEED_ROW_COUNT];
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

static bool is_hunted(const struct feed_row *feed)
{
    return feed && (feed->kind == FEED_HUNTING || feed->kind == FEED_TABLE);
}

static struct hash128 identity_of(const struct collecting *c, const char *tenant_id, const struct feed_row *feed,
                                  struct str json)
{
    struct row_facts facts;
    const struct plan *plan = ocsf_plan(c->s->ocsf, str_of(feed->source));
    if (!plan) plan = ocsf_plan_base(c->s->ocsf);
    plan_facts(plan, c->scratch, str_of(tenant_id), str_of(feed->source), json, &facts);
    return facts.identity;
}

static void expect_row(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct collecting *c = arg;
    add_identity(is_hunted(feed) ? &c->tables : &c->objects, identity_of(c, tenant_id, feed, json));
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

/* A row that came under its table's old name counts as what it would be under the new one. */
static void add_frame(const struct collecting *c, const struct log_frame *frame, struct identities *out)
{
    const struct sim_world *w = &c->s->world;
    const struct feed_row *feed = feed_row_find(frame->origin.source);
    const struct feed_row *named = feed && w->renamed ? w->renamed(feed) : feed;
    for (size_t i = 0; i < frame->row_count; i++) {
        bool is_old = named != feed;
        add_identity(out, is_old ? identity_of(c, frame->origin.tenant_id, named, frame->rows[i].bytes)
                                 : frame->rows[i].identity);
    }
}

static bool read_log(struct collecting *c, struct identities *tables, struct identities *objects, struct err *e)
{
    struct sim_install *s = c->s;
    struct log_reader *reader;
    struct log_frame frame;
    uint64_t end;
    bool has_frame = true;
    if (!store_log_end_get(s->store, &end, e) || !log_reader_new(s->log, 0, &reader, e)) return false;
    bool ok = true;
    while (ok && (ok = log_reader_next(reader, end, &frame, &has_frame, e)) && has_frame) {
        bool is_table = is_hunted(feed_row_find(frame.origin.source));
        add_frame(c, &frame, is_table ? tables : objects);
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

static void look_for_row(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json)
{
    struct collecting *c = arg;
    struct hash128 id = identity_of(c, tenant_id, feed, json);
    const struct identities *have = is_hunted(feed) ? c->rows : c->have;
    bool is_there = have->n && bsearch(&id, have->p, have->n, sizeof *have->p, by_hash);
    c->lost_of[feed - feed_rows] += !is_there;
}

static void tell_lost(struct collecting *c)
{
    c->s->world.each_row(c->s->world.ctx, look_for_row, c);
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        if (c->lost_of[i]) printf("# lost of %s: %zu\n", feed_rows[i].name, c->lost_of[i]);
}

static void expect_all(struct collecting *c)
{
    c->s->world.each_row(c->s->world.ctx, expect_row, c);
    sort_unique(&c->tables);
    sort_unique(&c->objects);
}

bool sim_install_check(struct sim_install *s, struct sim_verdict *out)
{
    struct identities rows = {0}, objects = {0};
    struct collecting want = {.s = s, .scratch = map_scratch_new(), .rows = &rows, .have = &objects};
    struct err e = {0};
    note_known(s);
    expect_all(&want);
    must(read_log(&want, &rows, &objects, &e), &e);
    *out = (struct sim_verdict){.rows = want.tables.n, .objects = want.objects.n, .in_log = rows.n + objects.n};
    sort_unique(&rows);
    sort_unique(&objects);
    out->doubled = out->in_log - rows.n - objects.n;
    out->lost = count_missing(&want.tables, &rows) + count_missing(&want.objects, &objects);
    out->strange = count_missing(&rows, &want.tables);
    if (out->lost) tell_lost(&want);
    map_scratch_free(want.scratch);
    free(want.tables.p);
    free(want.objects.p);
    free(rows.p);
    free(objects.p);
    bool ok = sim_install_check_verdicts(s, out);
    return ok && !out->lost && !out->doubled && !out->strange && s->outcome.failed_feeds <= s->world.withholding;
}

void sim_install_tell(const struct sim_install *s, const struct sim_verdict *v, bool ok, uint64_t seed,
                      const char *what)
{
    printf("%s - seed %" PRIu64 ": %s, %zu rows, %zu objects' last revisions, %zu in the log; lost %zu, doubled %zu, "
           "strange %zu; %" PRIu64 " known again, %" PRIu64
           " by files, %zu spans repaired, %zu differing, %zu wrongly judged, %u restarts\n",
           ok ? "ok" : "not ok", seed, what, v->rows, v->objects, v->in_log, v->lost, v->doubled, v->strange, s->known,
           s->from_files, v->repaired_spans, v->differing_spans, v->wrong_verdicts, s->restarts);
    if (s->outcome.failed_feeds > s->world.withholding)
        printf("# %" PRIu64 " feeds failed to drain: %s\n", s->outcome.failed_feeds, s->outcome.first_error.text);
    (void)fflush(stdout);
}

/* ---- from beginning to end -------------------------------------------------------------------------------------------------- */

void sim_install_init(struct sim_install *s, struct sim_time *time, struct rng *rng, const struct sim_world *world)
{
    struct ocsf_opts ocsf = {0};
    struct err e = {0};
    *s = (struct sim_install){.time = time, .rng = rng, .world = *world, .disk = fake_disk_new(rng_u64(rng))};
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

void sim_install_done(struct sim_install *s)
{
    ocsf_free(s->ocsf);
    fake_disk_free(s->disk);
    seal_key_free(s->key);
}

int sim_main(int argc, char **argv, uint64_t default_seeds, bool (*run_seed)(uint64_t seed))
{
    uint64_t first = 1, seeds = default_seeds, failed = 0;
    if (argc > 1) INVARIANT(str_to_u64(str_of(argv[1]), &first));
    if (argc > 2) INVARIANT(str_to_u64(str_of(argv[2]), &seeds));
    printf("1..%" PRIu64 "\n", seeds);
    for (uint64_t i = 0; i < seeds; i++) failed += !run_seed(first + i);
    return failed ? 1 : 0;
}
