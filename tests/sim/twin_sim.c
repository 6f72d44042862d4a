/* Ingest against the twin's pure model on a virtual clock: the KQL and OData that the service sends, the answers and errors
 * that Microsoft's end-points give, with faults, storms and outages, late rows, bursts on one tick, rows that are equal or
 * nearly, alerts that change within a second, and an installation whose disk loses its power. In the end log and model must
 * be equal as sets, and nothing in the log twice. Each seed draws a scenario of its own.
 *
 *   twin_sim [SEED [SEEDS]]    TAP, one line a seed; a failing seed can be run again alone (its scenario is printed) */
#include <inttypes.h>
#include <stdio.h>

#include "sim_install.h"
#include "twin_cloud.h"

enum { DEFAULT_SEEDS = 6, TENANTS_MAX = 3 };

struct sim {
    struct rng rng;
    struct sim_time time;
    struct twin_cloud *cloud;
    struct sim_install install;
    unsigned tenants;
    int64_t hours;
    struct buf scenario;
};

static unsigned draw(struct sim *s, unsigned least, unsigned most)
{
    return least + (unsigned)rng_below(&s->rng, most - least + 1);
}

/* ---- the scenario ----------------------------------------------------------------------------------------------------------- */

static void draw_tables(struct sim *s)
{
    bool is_first = true;
    (void)buf_addf(&s->scenario, "rows_per_second: {");
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        if (feed_rows[i].kind != FEED_HUNTING || !str_starts(str_of(feed_rows[i].name), STR("Device"))) continue;
        if (rng_chance(&s->rng, 0.3)) continue;
        (void)buf_addf(&s->scenario, "%s%s: 0.%03u", is_first ? "" : ", ", feed_rows[i].name, draw(s, 1, 60));
        is_first = false;
    }
    (void)buf_addf(&s->scenario, "}\n");
}

/* The least caps are those that leave room for the counts of three days. */
static void draw_faults(struct sim *s)
{
    if (rng_chance(&s->rng, 0.3)) return;
    (void)buf_addf(&s->scenario, "faults: 429=0.03,500=0.02,503=0.01,504=0.01,cut=0.02,hang=0.005,slow=0.01\n");
    if (rng_chance(&s->rng, 0.5)) (void)buf_addf(&s->scenario, "row_cap: %u\n", draw(s, 900, 3000));
    if (rng_chance(&s->rng, 0.5)) (void)buf_addf(&s->scenario, "byte_cap: %u\n", draw(s, 150000, 900000));
}

static void draw_events(struct sim *s)
{
    static const char *const tables[] = {"DeviceProcessEvents", "DeviceFileEvents", "DeviceLogonEvents"};
    static const char *const kinds[] = {"throttle", "outage", "hang"};
    unsigned minutes = (unsigned)s->hours * 60;
    (void)buf_addf(&s->scenario, "events:\n  - {what: flurry, at: %um, changes: 5}\n", draw(s, 1, minutes));
    for (unsigned n = draw(s, 0, 2); n > 0; n--)
        (void)buf_addf(&s->scenario, "  - {what: burst, at: %um, table: %s, rows: %u, tenants: 0}\n",
                       draw(s, 1, minutes), tables[draw(s, 0, 2)], draw(s, 100, 6000));
    for (unsigned n = draw(s, 0, 2); n > 0; n--)
        (void)buf_addf(&s->scenario, "  - {what: late, at: %um, table: %s, rows: %u, up_to: %uh}\n",
                       draw(s, 1, minutes), tables[draw(s, 0, 2)], draw(s, 1, 60), draw(s, 1, 47));
    for (unsigned n = draw(s, 0, 2); n > 0; n--)
        (void)buf_addf(&s->scenario, "  - {what: %s, at: %um, for: %um, tenants: every 2}\n", kinds[draw(s, 0, 2)],
                       draw(s, 1, minutes), draw(s, 1, 20));
}

static void draw_scenario(struct sim *s)
{
    buf_init(&s->scenario, 64 << 10);
    (void)buf_addf(&s->scenario, "name: drawn\nhistory: 2h\nlate_share: 0.0%02u\nlate_up_to: 47h\nequal_share: 0.02\n",
                   draw(s, 0, 30));
    (void)buf_addf(&s->scenario, "twin_share: 0.02\nmachines: %u\nmachine_change: 50m\nalerts_before: %u\n",
                   draw(s, 0, 9), draw(s, 0, 20));
    (void)buf_addf(&s->scenario, "alerts_per_hour: %u\nalert_revisions: 4\nalert_revision_time: %um\n", draw(s, 0, 12),
                   draw(s, 1, 90));
    draw_tables(s);
    draw_faults(s);
    draw_events(s);
    INVARIANT(!s->scenario.failed);
}

/* ---- one seed --------------------------------------------------------------------------------------------------------------- */

static void sim_begin(struct sim *s, uint64_t seed)
{
    struct wall start;
    *s = (struct sim){0};
    INVARIANT(wall_parse(STR("2026-11-20T00:00:00Z"), &start));
    rng_seed(&s->rng, seed);
    sim_time_init(&s->time, start, rng_u64(&s->rng));
    s->tenants = draw(s, 1, TENANTS_MAX);
    s->hours = draw(s, 1, 3);
    draw_scenario(s);
    struct twin_cloud_opts o = {.time = &s->time,
                                .seed = rng_u64(&s->rng),
                                .tenants = s->tenants,
                                .scenario = buf_cstr(&s->scenario),
                                .latency_ms_max = 400};
    s->cloud = twin_cloud_new(&o);
    struct sim_world world = twin_cloud_world(s->cloud);
    sim_install_init(&s->install, &s->time, &s->rng, &world);
    s->install.conf.lookback_alerts_ms = s->install.conf.lookback_hunting_ms =
        72 * HOUR_MS; /* late rows reach far back */
}

static void sim_end(struct sim *s)
{
    sim_install_close(&s->install);
    sim_time_run(&s->time, HOUR_MS); /* what was cancelled comes to its end */
    sim_install_done(&s->install);
    twin_cloud_free(s->cloud);
    sim_time_done(&s->time);
    buf_done(&s->scenario);
}

/* Some read on through the time in which rows come late, some are asked at once for what can be seen by then. */
static void live(struct sim *s)
{
    sim_install_open(&s->install);
    sim_install_run(&s->install, s->hours * HOUR_MS, rng_chance(&s->rng, 0.7));
    if (rng_chance(&s->rng, 0.3)) sim_install_run(&s->install, draw(s, 5, 49) * HOUR_MS, false);
    twin_cloud_freeze(s->cloud);
    sim_time_run(&s->time, 30 * MIN_MS); /* storms and outages pass */
    sim_install_drain(&s->install);
}

static bool run_seed(uint64_t seed)
{
    struct sim s;
    struct sim_verdict v;
    char what[64];
    sim_begin(&s, seed);
    live(&s);
    (void)snprintf(what, sizeof what, "%u tenants, %" PRIu64 " calls", s.tenants, twin_cloud_calls(s.cloud));
    bool ok = sim_install_check(&s.install, &v);
    sim_install_tell(&s.install, &v, ok, seed, what);
    if (!ok) printf("# the scenario:\n%s", buf_cstr(&s.scenario));
    sim_end(&s);
    return ok;
}

int main(int argc, char **argv)
{
    return sim_main(argc, argv, DEFAULT_SEEDS, run_seed);
}
