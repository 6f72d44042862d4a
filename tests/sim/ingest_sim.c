/* Ingest on a virtual day: the real machine (ingest, journal, SQLite) on a virtual clock and a disk that loses its power,
 * against a cloud that is late, cuts, repeats, throttles and lies. After the dust has settled, log and cloud must be equal
 * as sets, and nothing may be in the log twice. Each seed draws another history.
 *
 *   ingest_sim [SEED [SEEDS]]    TAP, one line a seed; a failing seed can be run again alone */
#include <inttypes.h>
#include <stdio.h>

#include "sim_cloud.h"
#include "sim_install.h"

enum { DEFAULT_SEEDS = 12, TENANTS_MAX = 3 };

struct sim {
    struct rng rng;
    struct sim_time time;
    struct sim_cloud cloud;
    struct sim_install install;
    uint32_t next_id;
};

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
    for (size_t table = 0; table < SIM_TABLES; table++) { /* most stay empty, as in life */
        const struct feed_row *feed = &feed_rows[FEED_FIRST_TABLE + table];
        if (sim_renamed(feed) != feed || !rng_chance(&s->rng, 0.12)) continue;
        uint64_t rows = rng_chance(&s->rng, 0.1) ? 0 : rng_below(&s->rng, 500);
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

/* Now and then rows that are counted and never given: what nobody can repair must be told. */
static void draw_withheld(struct sim *s, int64_t begin)
{
    if (!rng_chance(&s->rng, 0.2)) return;
    size_t table = FEED_OF_DeviceEvents - FEED_FIRST_TABLE;
    int64_t at = begin + (int64_t)rng_below(&s->rng, (uint64_t)(2 * HOUR));
    for (uint64_t n = 1 + rng_below(&s->rng, 5); n > 0; n--)
        sim_cloud_add_row(&s->cloud, 0, table, at, at, SIM_WITHHELD);
    s->install.world.withholding = 1;
}

static void draw_object(struct sim *s, size_t tenant, size_t feed, uint32_t object, int64_t begin, int64_t length)
{
    int64_t updated = begin + (int64_t)rng_below(&s->rng, (uint64_t)length);
    unsigned revisions = 1 + (unsigned)rng_below(&s->rng, 5);
    uint64_t step = rng_chance(&s->rng, 0.3) ? (uint64_t)WALL_TICKS_PER_S / 5 : (uint64_t)HOUR / 2;
    for (uint32_t n = 0; n < revisions; n++) {
        int64_t visible =
            updated + (rng_chance(&s->rng, 0.05) ? (int64_t)rng_below(&s->rng, (uint64_t)(40 * HOUR)) : 0);
        sim_cloud_add_revision(
            &s->cloud, tenant, feed,
            (struct sim_revision){.updated = updated, .visible = visible, .object = object, .number = n});
        if (!rng_chance(&s->rng, 0.1)) updated += (int64_t)rng_below(&s->rng, step); /* else: changed within one tick */
    }
}

/* Always the new names, or both, or the old ones until some hour and for a while: two days, as Microsoft does it, an hour,
 * or not at all. */
static void draw_names(struct sim *s, size_t tenant, int64_t begin, int64_t length)
{
    struct sim_tenant *t = &s->cloud.tenants[tenant];
    const int64_t overlap[] = {52 * HOUR, (int64_t)rng_below(&s->rng, (uint64_t)HOUR), 0};
    bool is_renamed = rng_chance(&s->rng, 0.5), has_both = rng_chance(&s->rng, 0.5);
    t->renamed = is_renamed ? begin + (int64_t)rng_below(&s->rng, (uint64_t)length) : 0;
    t->gone = has_both ? INT64_MAX : is_renamed ? t->renamed + overlap[rng_below(&s->rng, 3)] : 0;
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
            sim_cloud_add_revision(&s->cloud, tenant, feed,
                                   (struct sim_revision){.updated = tick, .visible = tick, .object = ++object});
    }
    s->cloud.tenants[tenant].alerts = rng_chance(&s->rng, 0.6) ? SIM_BY_GRAPH : (enum sim_alerts)(1 + tenant % 2);
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

/* ---- one seed --------------------------------------------------------------------------------------------------------------- */

static void sim_begin(struct sim *s, uint64_t seed)
{
    struct wall start;
    *s = (struct sim){0};
    INVARIANT(wall_parse(STR("2026-11-20T00:00:00Z"), &start));
    rng_seed(&s->rng, seed);
    sim_time_init(&s->time, start, rng_u64(&s->rng));
    s->time.slow_worker = rng_chance(&s->rng, 0.5) ? 0.05 : 0;
    sim_cloud_init(&s->cloud, &s->time, 1 + rng_below(&s->rng, TENANTS_MAX), rng_u64(&s->rng));
    struct sim_world world = sim_cloud_world(&s->cloud);
    sim_install_init(&s->install, &s->time, &s->rng, &world);
}

static void sim_end(struct sim *s)
{
    sim_install_close(&s->install);
    sim_time_run(&s->time, HOUR_MS); /* what was cancelled comes to its end */
    INVARIANT(s->cloud.in_flight == 0);
    sim_install_done(&s->install);
    sim_cloud_done(&s->cloud);
    sim_time_done(&s->time);
}

/* How the day ends: read on through the two days in which rows come late; or be switched off for them; or be asked at once,
 * with late rows yet to come, whatever can be seen by then. */
static void live(struct sim *s, int64_t hours)
{
    uint64_t ending = rng_below(&s->rng, 3);
    sim_install_open(&s->install);
    s->install.has_files = rng_chance(&s->rng, 0.5);
    sim_install_run(&s->install, hours * HOUR_MS, rng_chance(&s->rng, 0.7));
    s->install.has_files = false;
    if (ending == 0) {
        sim_install_run(&s->install, 49 * HOUR_MS, false);
    } else if (ending == 1) {
        sim_install_close(&s->install);
        sim_time_run(&s->time, 49 * HOUR_MS);
        sim_install_open(&s->install);
    }
    s->cloud.faults = (struct sim_faults){0};
    sim_time_run(&s->time, MIN_MS);
    for (size_t i = 0; i < s->cloud.tenant_count; i++) s->cloud.tenants[i].behaviour = SIM_WELL;
    sim_cloud_freeze(&s->cloud);
    sim_install_drain(&s->install);
}

static bool run_seed(uint64_t seed)
{
    struct sim s;
    sim_begin(&s, seed);
    int64_t hours = 1 + (int64_t)rng_below(&s.rng, 4), begin = sim_time_now(&s.time).ticks - 2 * HOUR,
            length = (hours + 2) * HOUR;
    for (size_t i = 0; i < s.cloud.tenant_count; i++) {
        draw_tables(&s, i, begin, length);
        draw_names(&s, i, begin, length);
        draw_objects(&s, i, begin, length);
        if (i > 0 && rng_chance(&s.rng, 0.3))
            s.cloud.tenants[i].behaviour = (enum sim_behaviour)(1 + rng_below(&s.rng, 4));
    }
    draw_withheld(&s, begin);
    draw_faults(&s);
    sim_cloud_ready(&s.cloud);
    live(&s, hours);
    struct sim_verdict v;
    char what[32];
    (void)snprintf(what, sizeof what, "%zu tenants", s.cloud.tenant_count);
    bool ok = sim_install_check(&s.install, &v);
    sim_install_tell(&s.install, &v, ok, seed, what);
    sim_end(&s);
    return ok;
}

int main(int argc, char **argv)
{
    return sim_main(argc, argv, DEFAULT_SEEDS, run_seed);
}
