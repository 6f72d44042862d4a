/* What decisions are made with: tenants, their settings and exclusions, the policy in force. Worker alone, but for
 * context_tenant, which the loop may ask while no turn runs. */
#ifndef FLOW_ACT_CONTEXT_H
#define FLOW_ACT_CONTEXT_H

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "flow/act/act.h"
#include "flow/act/policy_file.h"
#include "kit/sys/zones.h"
#include "logic/respond/policy.h"
#include "logic/respond/respond.h"

struct context_tenant {
    struct tenant *tenant;
    bool has_hunting; /* the loop's word */
    enum policy_mode mode;
    enum policy_wish isolation;
    const struct zone *zone;
    uint32_t device_count;
    struct wall counted; /* the devices; 0: never */
};
struct context {
    struct context_tenant *tenants; /* by id */
    size_t tenant_count;
    struct policy *policy;
    struct policy_counter *counter;
    struct policy_watch watch; /* empty: the built-in one */
    uint64_t applied, seen;    /* stamps of its files: when it was loaded, as last looked at */
    struct wall looked;
    struct zones *zones;
    struct hash128 recalled; /* digest of the policy that the counter was filled for */
};

bool context_open(struct context *c, const struct act_opts *o, struct err *e); /* the policy; an error is of the file */
void context_close(struct context *c);
bool context_load_tenants(struct context *c, const struct act_opts *o, struct err *e);
struct context_tenant *context_tenant(const struct context *c, const char *tenant_id); /* NULL: none */
/* Settings and exclusions of one tenant as they are now, into the engine. */
bool context_refresh(struct context *c, const struct act_opts *o, struct responder *r, struct context_tenant *t,
                     struct wall now, struct err *e);
bool context_refresh_account(const struct act_opts *o, struct responder *r, struct err *e);
/* Looks whether the policy file has changed, at most every two seconds. False: it has, and is wrong (the old one stays). */
bool context_look_at_policy(struct context *c, const struct act_opts *o, struct wall now, struct err *e);
/* Whose alert it is: tenant and organization by name. */
void context_tell_whose(const struct context_tenant *t, struct alert_facts *f);
/* What the policy counts (`count:`) begins at what is stored of its longest window: after a start, and for another policy.
 * Nothing to do otherwise. Tenants are loaded. */
bool context_recall(struct context *c, const struct act_opts *o, struct wall now, struct err *e);
void context_judge(const struct context *c, const struct context_tenant *t, const struct alert_facts *f,
                   struct wall now, struct judgement *out);

#endif
