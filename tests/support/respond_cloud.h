/* Defender as the response meets it: small, quick, and lying in every way the reference knows of. It keeps the truth (which
 * device is isolated, what was done by whom), so that a test can compare. Nothing of the engine is used here but its words. */
#ifndef TESTS_RESPOND_CLOUD_H
#define TESTS_RESPOND_CLOUD_H

#include "kit/sys/random.h"
#include "logic/respond/respond.h"

enum { RC_TENANTS = 48, RC_DEVICES = 128, RC_ALERTS = 320, RC_ACTIONS = 512, RC_ALERT_DEVICES = 6 };

struct rc_tenant {
    char id[R_GUID];
    bool is_forbidden; /* the role to isolate is missing */
};
struct rc_device {
    char id[R_ID], host[R_NAME], os[R_ID], tag[R_ID], group[R_ID];
    enum machine_role role;
    enum fact_worth worth;
    size_t tenant;
    bool is_tunnelled, can_selective, is_unsupported, is_offline, is_hidden; /* hidden: of two with one name */
    bool is_isolated;                                                        /* the truth */
    struct wall changed;                                                     /* when that last changed */
    char by[R_NAME], comment[R_TEXT];                                        /* who did it */
};
struct rc_action {
    struct remote_action x;
    size_t device;
    struct wall visible, runs, ends;
    enum remote_state fate;
    bool cannot_be_cancelled;
};
struct rc_alert {
    char id[R_ID], incident[R_ID], title[R_TITLE], detector[R_ID], category[R_ID], user[R_NAME], hash[R_ID];
    size_t tenant;
    enum fact_severity severity;
    enum fact_status status;
    enum fact_class classification;
    enum fact_service service;
    enum fact_handled handled;
    struct wall created, closed, lowered; /* when it was, for checks */
    struct {
        size_t device;
        uint32_t roles;
        bool has_no_id;
    } devices[RC_ALERT_DEVICES];
    size_t device_count;
    bool is_gone;
};
struct rc_faults { /* chance per call */
    double lost_before, lost_after, throttle, duplicate, active, stuck, slow, fails, unseen, look_fails, bare,
        uncancellable;
};
struct rc_snapshot { /* facts that stay as they were when they were read */
    struct rc_alert alert;
    struct alert_facts facts;
    struct fact_device devices[RC_ALERT_DEVICES];
    struct str tags[RC_ALERT_DEVICES];
    struct fact_user user;
    struct fact_value value;
    struct str category;
    struct judgement judgement;
};
struct rc_answer {
    struct respond_event ev;
    struct rc_snapshot alert;
    struct respond_machine machines[4];
    struct remote_action actions[24];
};
struct rc_cloud {
    struct rng rng;
    struct wall now;
    struct rc_faults faults;
    const struct policy *policy;
    enum policy_mode modes[RC_TENANTS]; /* what policy_judge is told */
    struct rc_tenant tenants[RC_TENANTS];
    struct rc_device devices[RC_DEVICES];
    struct rc_alert alerts[RC_ALERTS];
    struct rc_action actions[RC_ACTIONS];
    size_t tenant_count, device_count, alert_count, action_count;
    void (*changed)(void *ctx, const struct rc_device *d,
                    const struct rc_action *by); /* a device was isolated or let go */
    void *ctx;
};
void rc_init(struct rc_cloud *c, struct wall now, uint64_t seed, const struct policy *policy);
size_t rc_add_tenant(struct rc_cloud *c, enum policy_mode mode);
size_t rc_add_device(struct rc_cloud *c, size_t tenant, const char *host, const char *os);
struct rc_alert *rc_add_alert(struct rc_cloud *c, size_t tenant, const char *incident, enum fact_severity severity);
void rc_name_device(struct rc_alert *a, size_t device, uint32_t roles);
void rc_advance(struct rc_cloud *c, struct wall now);
bool rc_next(const struct rc_cloud *c, struct wall *at); /* when something happens there by itself */
void rc_snap(const struct rc_cloud *c, const struct rc_alert *a, bool is_read, struct rc_snapshot *out);
/* What the cloud does and answers; out->ev is ready for responder_step. */
void rc_call(struct rc_cloud *c, const struct effect *e, struct rc_answer *out);
/* Somebody else acts. */
void rc_act(struct rc_cloud *c, size_t device, enum act_kind kind, const char *by, const char *comment);
size_t rc_find_device(const struct rc_cloud *c, const char *tenant, const char *id);
size_t rc_find_tenant(const struct rc_cloud *c, const char *tenant);

#endif
