/* Defender as ingest meets it, small and quick: it answers exactly the questions that ingest asks, from histories drawn by
 * seed, and goes wrong in every way the reference knows of. The twin is the faithful one; this one is for many histories. */
#ifndef TESTS_SIM_CLOUD_H
#define TESTS_SIM_CLOUD_H

#include "flow/ingest/feed/feed.h"
#include "flow/ingest/ingest.h"
#include "sim_install.h"
#include "sim_time.h"

enum sim_behaviour { SIM_WELL, SIM_HANGS, SIM_THROTTLES, SIM_DOWN, SIM_LOCKED_OUT };
enum { SIM_TABLES = FEED_ROW_COUNT - FEED_FIRST_TABLE, SIM_OBJECT_FEEDS = 3 };
enum sim_objects { SIM_ALERTS, SIM_INCIDENTS, SIM_ACTIONS };
enum sim_alerts { SIM_BY_GRAPH, SIM_BY_ENDPOINT, SIM_BY_SIEM }; /* the best API whose roles the tenant gave */

struct sim_row {         /* of a table */
    int64_t at, visible; /* ticks */
    uint32_t id;         /* equal: byte-equal */
};
enum { SIM_WITHHELD = 1 }; /* the id of rows that are counted and never given */
struct sim_revision {      /* of an alert, incident or action */
    int64_t updated, visible;
    uint32_t object, number;
    int64_t created; /* set by sim_cloud_ready: of the object's first revision */
};
struct sim_rows {
    struct sim_row *p;
    size_t n, cap;
};
struct sim_revisions {
    struct sim_revision *p;
    size_t n, cap;
};
struct sim_tenant {
    struct tenant tenant;
    enum sim_behaviour behaviour;
    struct sim_rows tables[SIM_TABLES];
    struct sim_revisions objects[SIM_OBJECT_FEEDS];
    uint32_t machines;
    enum sim_alerts alerts;
    int64_t renamed, gone; /* ticks: tables have their new names from then on; and their old ones until then */
    bool has_links, sorts;
    struct buf last_body[FEED_ROW_COUNT];
    uint64_t calls;
};
struct sim_faults { /* chance per answer */
    double throttle, error, stall, break_off, cut_short, repeat, partial, silent_cut;
};
struct sim_cloud {
    struct sim_time *time;
    struct rng rng;
    struct sim_tenant *tenants;
    size_t tenant_count;
    struct sim_faults faults;
    uint32_t row_cap;    /* of a hunting answer, silent */
    uint32_t row_filler; /* bytes that make a row longer */
    int64_t latency_ms_max;
    struct wall frozen; /* nothing new becomes visible after it; 0: not frozen */
    size_t in_flight;
};
void sim_cloud_init(struct sim_cloud *c, struct sim_time *time, size_t tenants, uint64_t seed);
void sim_cloud_done(struct sim_cloud *c);
void sim_cloud_add_row(struct sim_cloud *c, size_t tenant, size_t table, int64_t at, int64_t visible, uint32_t id);
void sim_cloud_add_revision(struct sim_cloud *c, size_t tenant, size_t feed, struct sim_revision r);
void sim_cloud_ready(struct sim_cloud *c); /* sorts; before the first question */
struct fetcher sim_cloud_fetcher(struct sim_cloud *c);
bool sim_cloud_each_tenant(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e);

/* From now on nothing new becomes visible. */
void sim_cloud_freeze(struct sim_cloud *c);
/* What exists now: rows visible, of objects the last revision. */
void sim_cloud_each(struct sim_cloud *c, size_t tenant, size_t feed, void (*each)(void *arg, struct str json),
                    void *arg);
/* A table's new name if `source` is an old one, else itself: both show the same rows. */
const struct feed_row *sim_renamed(const struct feed_row *feed);
struct sim_world sim_cloud_world(struct sim_cloud *c);

#endif
