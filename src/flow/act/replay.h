/* What would a policy have done to stored history? Goes through the stored revisions of alerts and incidents in the order they came,
 * judges each as if it had just been seen live, and keeps the decisions that would have been made, once per tenant, incident,
 * device and rule. Devices are filled in with what their machines said last, where that is stored. Nothing is changed.
 * Blocking and long: workers only; the store is read in pieces, so a running service goes on. */
#ifndef FLOW_ACT_REPLAY_H
#define FLOW_ACT_REPLAY_H

#include "kit/base/err.h"
#include "logic/respond/policy.h"
#include "state/store/store.h"

enum replay_fate {
    REPLAY_ACTS,   /* would have been done without asking */
    REPLAY_ASKS,   /* a person would have been asked: `why` */
    REPLAY_SHADOW, /* would have been written down only */
    REPLAY_FATES
};
enum replay_why {
    REPLAY_WHY_NONE,
    REPLAY_WHY_MODE,
    REPLAY_WHY_SERVER,
    REPLAY_WHY_OS,
    REPLAY_WHY_VALUE,
    REPLAY_WHY_LIMIT,
    REPLAY_WHYS
};
const char *replay_fate_name(enum replay_fate f); /* "acts", "asks", "shadow" */
const char *replay_why_name(enum replay_why w);   /* "mode", "server", ... ; "" */

struct replay_decision { /* in the order they would have been made */
    char tenant_id[GUID_BYTES];
    char device_id[64], device[96], os[40]; /* device_id empty: the alert names the device only */
    char alert[128], incident[64], title[160];
    struct wall at; /* the revision that brought it */
    int rule;
    enum policy_wish wish;
    enum replay_fate fate;
    enum replay_why why;
    enum fact_class closed_as; /* how the alert was classified in the end */
};
struct replay_rule {    /* counts per rule; behind the policy's rules one more: what no rule took */
    uint64_t alerts;    /* taken by it at any time */
    uint64_t decisions; /* of them acts, asks, shadow */
    uint64_t fates[REPLAY_FATES];
    uint64_t devices, servers; /* different ones it decided about; servers: also those of unknown OS */
    uint64_t closed_false,
        closed_expected; /* decisions whose alert was later closed as false positive, as expected activity */
};
struct replay_opts {
    struct store *store;
    const struct policy *policy;
    struct wall from, to;
    const char *tenant_id; /* NULL: all */
    /* Mode, isolation and zone of a tenant; false: stop. */
    bool (*tenant)(void *ctx, const char *tenant_id, struct policy_context *out, struct err *e);
    void *ctx;
    uint32_t limit_tenant_hour; /* 0: none */
    size_t decisions_max;       /* further ones are counted, not kept */
};
struct replay_result {
    uint64_t revisions, alerts, tenants, unread; /* unread: rows in which something could not be read */
    uint64_t undecided; /* alerts of which a machine that is not stored would have had to be asked */
    struct replay_rule *rules;
    size_t rule_count; /* policy's + 1 */
    struct replay_decision *decisions;
    size_t decision_count;
    uint64_t decisions_total;
};
/* Errors: those of the store, of `tenant`, BASE_NO_MEMORY. */
bool replay_run(const struct replay_opts *o, struct replay_result *out, struct err *e);
void replay_done(struct replay_result *r); /* accepts a zeroed one */

#endif
