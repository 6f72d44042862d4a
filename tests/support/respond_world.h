/* A driver for the engine on virtual time, with a ledger that is durable or lost, requests on their way, and power that is
 * cut; and the checks of everything that must hold after each step (respond_check.c). The cloud behind it is
 * respond_cloud.h's; tests of single cases use the same world without faults. */
#ifndef TESTS_RESPOND_WORLD_H
#define TESTS_RESPOND_WORLD_H

#include "respond_cloud.h"

struct world;
struct world_item { /* something that will happen */
    struct wall at;
    uint64_t order;
    enum { ITEM_REQUEST, ITEM_ANSWER, ITEM_ALERT, ITEM_EVENT, ITEM_ORDER, ITEM_SCRIPT } kind;
    void *payload; /* owned */
    void (*script)(struct world *w, uint64_t arg);
    uint64_t arg;
};
struct world_post {
    uint64_t action;
    char tenant[R_GUID], device[R_ID];
    struct wall at;
    uint32_t looks;            /* answered since */
    bool is_refused;           /* certainly without effect: 429, or for good */
    bool is_release, is_again; /* what limits do not count */
};
struct world {
    struct wall now;
    struct rng rng;
    struct rc_cloud cloud;
    struct policy *policy;
    struct responder *r, *shadow; /* the shadow is made of the ledger's text alone */
    struct respond_out *out;
    struct respond_tenant settings[RC_TENANTS];
    struct respond_exclusion exclusions[8];
    size_t exclusion_count;
    uint32_t account_limit;
    struct world_item *items; /* a heap */
    size_t item_count, item_cap;
    uint64_t order;
    struct respond_record *ledger; /* what is durable */
    size_t record_count, record_cap;
    struct respond_notice *notices;
    size_t notice_count, notice_cap;
    struct world_post *posts;
    size_t post_count, post_cap;
    struct {
        bool is_seen;
        enum respond_came came;
        struct wall at;
    } first[RC_ALERTS];
    double cut_chance; /* per step */
    int64_t down_most_ms;
    bool effects_before_commit; /* a driver with a fault: what is sent is not durable yet */
    bool is_down;
    struct wall up_since;
    uint64_t steps, cuts;
    char broken[300]; /* the first invariant that did not hold */
};
void world_init(struct world *w, uint64_t seed);
void world_done(struct world *w);
/* The usual case, begun: one tenant with remediation on, a PC, and a high alert of an endpoint about it. */
struct rc_alert *world_usual(struct world *w);
void world_start(struct world *w); /* after tenants and devices are there: the process begins */
void world_run(struct world *w, int64_t ms);
/* An alert's state as it is now is delivered after `delay_ms`. */
void world_deliver(struct world *w, const struct rc_alert *a, enum respond_came came, int64_t delay_ms);
void world_merge(struct world *w, size_t tenant, const char *from, const char *to, int64_t delay_ms);
void world_order(struct world *w, const struct respond_order *o, int64_t delay_ms);
void world_script(struct world *w, int64_t delay_ms, void (*script)(struct world *w, uint64_t arg), uint64_t arg);
void world_settings(struct world *w); /* hands settings to the engine again */
void world_cut(struct world *w, int64_t down_ms);
void world_step(struct world *w, const struct respond_event *ev); /* what a test gives directly */

unsigned world_unattended(const struct world *w); /* isolations that were posted without a person */
unsigned world_told(const struct world *w, enum tell_kind kind, const char *part_of_title);
const struct decision *world_decision(const struct world *w, size_t nth); /* in order of their ids */

/* respond_check.c */
void check_post(struct world *w, const struct effect *e);
void check_step(struct world *w, size_t first_record);
void check_released(struct world *w);
void check_end(struct world *w);
void check_isolated(void *ctx, const struct rc_device *d, const struct rc_action *by);
void broken(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
