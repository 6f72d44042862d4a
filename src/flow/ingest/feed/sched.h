/* Whose turn it is, pure. Every feed has a time when it is due; every tenant has budgets of calls per API family; in all no
 * more than so many transfers run at once, and no tenant holds more than a few of them (one, while its calls fail), so
 * tenants that hang never delay the others. Tenants take turns; within a tenant alerts go first, then who has waited
 * longest. What an application may ask of Graph in all is a budget too: when it is used up, all wait the few milliseconds.
 *
 * With thousands of tenants and dozens of feeds each, a step must not look at them all: tenants stand in a heap by the time
 * from which on one of their feeds may start (never later than that; when a tenant comes up too early it is put back). Only
 * the feeds of the tenant that came up are looked through. */
#ifndef FLOW_INGEST_SCHED_H
#define FLOW_INGEST_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/defender/defender.h"
#include "cloud/net/budget.h"
#include "kit/base/err.h"
#include "kit/base/wall.h"
#include "kit/sys/random.h"

struct sched_limits {
    unsigned in_flight_max; /* all tenants */
    unsigned tenant_in_flight_max;
    unsigned hunting_calls_per_minute; /* what Microsoft grants a tenant */
    unsigned hunting_share_percent;    /* how much of it is ours */
};
struct sched_feed {
    enum api_family family;
    uint32_t patience_ms; /* lets others of its tenant go first that fell due so much later */
    bool is_waiting;      /* wants to fetch, from `due` on */
    bool is_in_flight;
    struct mono due;
};
struct sched_tenant {
    struct budget budgets[API_FAMILY_COUNT];
    struct sched_feed *feeds;
    size_t feed_count;
    unsigned in_flight;
    unsigned failures;        /* in a row, of any of its feeds */
    struct mono parked_until; /* its credentials do not work: nothing is tried before */
    unsigned parkings;        /* in a row */
    int64_t wake_ms;          /* nothing of it may start before */
    uint64_t turn;            /* of those that may start at once: who had none the longest */
    size_t place;             /* in the heap */
};
struct sched {
    struct sched_limits limits;
    struct sched_tenant **heap;
    size_t count, cap;
    uint64_t turn;
    int64_t now_ms; /* as last told */
    unsigned in_flight;
    struct budget graph; /* of the application: Graph's ceiling over all tenants */
};
void sched_init(struct sched *s, const struct sched_limits *limits);
void sched_done(struct sched *s);                        /* tenants stay the caller's */
bool sched_add(struct sched *s, struct sched_tenant *t); /* false: no memory */
void sched_remove(struct sched *s, struct sched_tenant *t);
void sched_tenant_init(struct sched_tenant *t, const struct sched_limits *limits, struct sched_feed *feeds,
                       size_t count, struct mono now);

/* A feed wants to fetch, from `due` on; or does not any more. */
void sched_wait(struct sched *s, struct sched_tenant *t, size_t feed, struct mono due);
void sched_forget(struct sched_tenant *t, size_t feed);

/* The next feed to start now: its tenant and index. false: none; *wait_ms_out then tells when to look again (-1: only after
 * something changed). */
bool sched_pick(struct sched *s, struct mono now, struct sched_tenant **tenant_out, size_t *feed_out,
                int64_t *wait_ms_out);
void sched_started(struct sched *s, struct sched_tenant *t, size_t feed, struct mono now); /* spends one call */
void sched_ended(struct sched *s, struct sched_tenant *t, size_t feed, bool ok);

void sched_pause(struct sched_tenant *t, enum api_family family, struct mono now, int64_t ms); /* Retry-After */
void sched_park(struct sched_tenant *t, struct mono now, struct rng *rng); /* a person must act: 15 to 60 minutes */
void sched_unpark(struct sched *s, struct sched_tenant *t);

/* When a feed polls: always at the same place in the interval (by `phase`), so that many feeds spread evenly, give or take
 * some jitter. At least half an interval after `now`. */
struct mono sched_next_due(struct mono now, int64_t interval_ms, uint64_t phase, struct rng *rng);
/* Exponential, with jitter: 2 s after the first failure, up to five minutes. */
int64_t sched_backoff_ms(unsigned failures, struct rng *rng);
int64_t sched_spread_ms(int64_t ms, struct rng *rng); /* give or take a tenth */
enum { PROBE_MIN_MS = 15 * 60000, PROBE_MAX_MS = 60 * 60000 };
int64_t sched_probe_ms(unsigned failures, struct rng *rng); /* rare tries of what only a person can mend */

#endif
