/* Could we isolate a device of this tenant right now, and would a person hear of it? If not: why, and what to do. Asked of what
 * is there (tokens' roles, reading calls, settings, limits, on-call lists), never by trying: nothing is posted. */
#ifndef FACE_HEALTH_READINESS_H
#define FACE_HEALTH_READINESS_H

#include "cloud/defender/defender.h"
#include "cloud/tenant/settings.h"
#include "flow/notify/notify.h"
#include "logic/respond/respond.h"

enum readiness_check {
    /* what isolating needs */
    CHECK_LOGIN,
    CHECK_MACHINES, /* reading machines and their actions */
    CHECK_ISOLATE,  /* the role */
    CHECK_ALERTS,   /* reading alerts, through either API */
    CHECK_QUOTA,
    CHECK_REMEDIATION, /* the setting */
    CHECK_STOP,
    CHECK_LIMITS,
    /* what telling needs */
    CHECK_CHANNEL,
    CHECK_PHONE,
    CHECK_DUTY,
    /* what else there could be */
    CHECK_PROOF, /* a second proof by hunting */
    CHECK_SYNC,  /* resolving and commenting alerts */
    CHECK_RESTRICT,
    CHECK_SCAN,
    CHECK_COLLECT,
    CHECK_QUARANTINE,
    CHECK_COUNT
};
enum readiness_state {
    READY_OK,
    READY_LIMITED, /* works, with less: reason says what */
    READY_OFF,     /* so wanted */
    READY_MISSING,
    READY_STATES
};
enum readiness_need { NEED_ISOLATE, NEED_TELL, NEED_EXTRA };
struct readiness_row {
    const char *name;
    enum readiness_need need;
    const char *what; /* for people: "isolate and release devices" */
};
extern const struct readiness_row readiness_rows[CHECK_COUNT];
extern const char *const readiness_state_names[READY_STATES];

/* What was found out of one tenant. */
struct readiness_facts {
    struct err login;    /* cause NULL: its tokens come */
    struct err machines; /* of reading one machine; cause NULL: it works */
    struct err alerts;
    enum access access[EP_COUNT];
    int64_t quota_wait_ms; /* before the response may call Defender for Endpoint; 0: now */
    struct respond_readiness engine;
    bool is_stopped;
    char stopped_by[R_NAME];
    enum policy_mode mode; /* the setting */
    struct notify_state telling;
};
struct readiness_finding {
    enum readiness_state state;
    const struct cause *cause; /* NULL: nothing to tell */
    char reason[400];
};
struct readiness {
    struct readiness_finding checks[CHECK_COUNT];
    enum readiness_answer { ISOLATES_NO, ISOLATES_OFF, ISOLATES_ASKS, ISOLATES_YES } isolates;
    bool is_heard;              /* telling works */
    enum readiness_check first; /* what stands in the way first; CHECK_COUNT: nothing */
    struct wall asked;          /* when it was found out; 0: not yet */
    bool is_brief;              /* of the checks, only `first` is known here */
};
extern const char *const readiness_answer_names[]; /* "no", "off", "asks", "yes" */
/* Pure. */
void readiness_judge(const struct readiness_facts *f, struct readiness *out);

/* Finds it out. All may be asked from any thread but the loop's, and block. */
struct readiness_ops {
    void *ctx;
    /* GET, as a feed would; its answer is not looked at. False: e says why. */
    bool (*ask)(void *ctx, struct tenant *t, enum endpoint endpoint, const char *query, struct err *e);
    enum access (*access)(void *ctx, const char *tenant_id, enum endpoint endpoint);
    int64_t (*quota_wait_ms)(void *ctx, const char *tenant_id, enum api_family family);
    /* Of the response engine. False: it cannot be asked. */
    bool (*engine)(void *ctx, const char *tenant_id, struct readiness_facts *out);
    const struct zone *(*zone)(void *ctx, const char *name);
};
bool readiness_find_out(const struct readiness_ops *ops, struct store *s, struct tenant *t, struct wall now,
                        struct readiness_facts *out, struct err *e);
/* Puts a notice for each cause that is new to the tenant since the last time and stands in the way of what it wants; remembers
 * them. Equal causes of several tenants become one notice (notify joins them). */
bool readiness_tell(struct store *s, const struct tenant *t, const struct readiness *r, bool *told_out, struct err *e);

enum {
    READINESS_ROLE_ISOLATE,
    READINESS_ROLE_MACHINES,
    READINESS_ROLE_ALERTS,
    READINESS_QUOTA,
    READINESS_OFF,
    READINESS_SHADOW,
    READINESS_ASKS,
    READINESS_STOPPED,
    READINESS_LIMIT,
    READINESS_ENGINE,
    READINESS_NO_CHANNEL,
    READINESS_NO_PHONE,
    READINESS_CALL_ONLY,
    READINESS_NOBODY,
    READINESS_NO_NUMBER,
    READINESS_NO_PROOF,
    READINESS_NO_SYNC,
    READINESS_NO_ROLE,
    READINESS_NOT_ASKED,
    READINESS_CAUSE_COUNT
};
extern const struct cause readiness_causes[READINESS_CAUSE_COUNT];

#endif
