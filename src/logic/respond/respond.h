/* The response engine: from a revision of an alert to a device that is isolated, known to be isolated, and let go again.
 *
 * Pure: no clock, no I/O. `responder_step(r, event, now, out)` reads the state and gives
 *   records  what is now true: each holds one thing whole (a decision, an action, a hold, ...) as it is after the step;
 *   notices  what people are told;
 *   effects  what the driver asks of Defender: look, post, cancel;
 *   reply    what the person who gave an order is told.
 * The state changes by records alone: step applies each one as it makes it (responder_apply), so that a replay of the same
 * records, in order, gives the same memory. The driver's order is: step; records and notices into the store in one
 * transaction (synchronous=FULL); only then the effects. A driver whose commit fails frees the responder and loads it again.
 * After a start: responder_new, responder_apply for every record kept, responder_set_tenant for every tenant,
 * responder_resume: it gives the looks and cancellations that open things need, and never a post that may have been sent.
 * Every effect is answered by an event, be it RESULT_LOST; one that is not within two minutes counts as lost.
 *
 * The way of a case (docs/response.md tells it to people):
 *   revision -> policy's judgement -> decision CHECKING, first notice -> look (alert, machine, machine's actions) -> gates
 *     -> action INTENT -> post -> PENDING -> looks -> read back -> CONFIRMED -> hold (lease)
 *     -> ASKING -> a person -> look again -> gates ...
 * Every other way ends in a state that a person is told of.
 *
 * Memory is bounded and taken once, in responder_new: RESPOND_*_MAX of each kind. What is open is never dropped: when there
 * is no room the new thing is refused, and told. What is settled stays for RESPOND_KEEP_DAYS or until its room is needed,
 * oldest first, but at least RESPOND_KEEP_DAYS_MIN: longer than any limit, watch or ban looks back. A store may forget a
 * record when a newer one of the same kind and id exists, or when responder_knows() says no. */
#ifndef LOGIC_RESPOND_RESPOND_H
#define LOGIC_RESPOND_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "logic/respond/facts.h"
#include "logic/respond/policy.h"

struct responder;

enum { /* bytes, with the NUL */
       R_GUID = 37,
       R_ID = 64,   /* of an alert, incident, device, action: Microsoft's */
       R_NAME = 96, /* of a person, rule, host */
       R_TITLE = 160,
       R_TEXT = 320,
};
enum {
    RESPOND_TENANTS_MAX = 20000,
    RESPOND_ALERTS_MAX = 65536,
    RESPOND_DECISIONS_MAX = 16384,
    RESPOND_ACTIONS_MAX = 16384,
    RESPOND_HOLDS_MAX = 16384,
    RESPOND_MERGES_MAX = 16384,
    RESPOND_ORDERS_MAX = 4096,
    RESPOND_ASKING_MAX = 64,  /* open questions of one tenant; more go into the digest */
    RESPOND_DEVICES_MAX = 16, /* of one alert that are decided one by one; the rest is told */
    RESPOND_KEEP_DAYS = 90,
    RESPOND_KEEP_DAYS_MIN = 8,
    RESPOND_WATCH_DAYS = 3, /* after a release */
    RESPOND_BAN_HOURS = 24, /* after a person's release an incident can only ask */
};

/* ---- words ------------------------------------------------------------------------------------------------------------ */
enum act_kind {
    ACT_NONE,
    ACT_ISOLATE,
    ACT_RELEASE,
    ACT_RESTRICT,
    ACT_UNRESTRICT,
    ACT_SCAN,
    ACT_COLLECT,
    ACT_QUARANTINE,
    ACT_KINDS
};
enum act_scope { SCOPE_NONE, SCOPE_FULL, SCOPE_SELECTIVE, SCOPE_UNMANAGED, SCOPE_QUICK, SCOPE_KINDS };
/* How a revision came. Only CAME_LIVE is firm ground; CAME_CATCH_UP (after an outage) asks; the rest goes into one digest. */
enum respond_came { CAME_LIVE, CAME_CATCH_UP, CAME_LOOK_BACK, CAME_PULL, CAME_FILE, CAME_REPLAY, CAME_KINDS };
/* Why a decision is not carried out by itself; a set of them is a mask of 1u << reason. The table is in gates.c. */
enum respond_reason {
    WHY_MODE,      /* tenant or rule says: approve */
    WHY_CAME,      /* not seen live */
    WHY_BEFORE_ON, /* first seen before automatic remediation was switched on */
    WHY_OLD,       /* older than max_alert_age */
    WHY_DEVICES,   /* more than three devices of one incident */
    WHY_SERVER,
    WHY_CONTROLLER, /* a domain controller, or a server of unknown role */
    WHY_OS_UNKNOWN,
    WHY_VALUE, /* a device of high value */
    WHY_OWN,   /* our own host, or a proxy of ours */
    WHY_EXCLUDED,
    WHY_EXPIRED,     /* its exclusion has expired */
    WHY_TUNNEL,      /* full-tunnel VPN: could not be released again */
    WHY_TENANT_HOUR, /* limits */
    WHY_TENANT_SHARE,
    WHY_ACCOUNT_HOUR,
    WHY_BREAKER,
    WHY_STOPPED,
    WHY_AGAIN,    /* acted once already for this incident and device */
    WHY_RELEASED, /* a person released a device of this incident within a day */
    WHY_KINDS
};
const char *act_kind_name(enum act_kind k);
const char *act_scope_name(enum act_scope s);
const char *respond_came_name(enum respond_came c);
const char *respond_reason_name(enum respond_reason w); /* a word: "server" */
const char *respond_reason_text(enum respond_reason w); /* a clause for people */

/* What went wrong, as the room cloud/defender tells it. Empty code: nothing. */
struct respond_error {
    char code[R_ID];
    char text[R_TEXT];
    char remedy[R_TEXT];
};

/* ---- what lasts: things, and records of them ------------------------------------------------------------------------------ */
enum decision_state {
    DECISION_CHECKING = 1, /* a look is under way, or the device is busy with another action */
    DECISION_ASKING,       /* a person must say */
    DECISION_ACTING,       /* its action is open */
    /* settled: */
    DECISION_DONE,   /* see the action for how it ended */
    DECISION_SHADOW, /* would have acted */
    DECISION_DENIED,
    DECISION_EXPIRED, /* nobody answered */
    DECISION_DROPPED, /* the alert was lowered, closed or no longer matches; or a release came first */
    DECISION_REFUSED, /* cannot be carried out: error says why */
    DECISION_STATES
};
enum { SIGNATURES_MAX = 8, APPROVERS_MAX = 2 };
struct decision {
    uint64_t id; /* decisions, actions and holds are numbered from one counter */
    enum decision_state state;
    /* its key, with the round: after a settled one only a new alert or a risen severity asks again */
    char tenant[R_GUID], incident[R_ID], device[R_ID] /* empty: still to be found by host */, rule[R_NAME];
    uint32_t round;
    char alert[R_ID], title[R_TITLE], host[R_NAME], user[R_NAME];
    bool is_incident; /* `alert` is an incident's id: a rule about incidents took it */
    enum fact_severity severity;
    enum respond_came came;
    enum policy_mode mode; /* the stricter of rule and tenant */
    enum act_kind wish;
    enum act_scope scope;
    char sha1[41];          /* of the file to quarantine */
    bool allows_servers;    /* the rule says so */
    uint32_t why, approved; /* reasons to ask; of them those that people have approved */
    uint32_t people;        /* needed */
    char by[APPROVERS_MAX][R_NAME];
    uint32_t escalations;
    struct wall created, first_seen, decided, asked, settled; /* created: the alert, by Defender's clock */
    uint64_t signatures[SIGNATURES_MAX];                      /* detector, title, hashes: what the breaker compares */
    uint8_t fallback[FAILURE_COUNT]
                    [POLICY_FALLBACKS_MAX]; /* enum policy_wish, as the rule orders; WISH_NOTICE: no more */
    uint8_t fallen[FAILURE_COUNT];          /* of them tried */
    char route[R_NAME];                     /* of its notices, as the rule has it; may be empty */
    bool phone;
    uint64_t lease_ms;    /* of the rule; 0: the tenant's */
    uint64_t action;      /* the newest of its actions */
    struct wall released; /* by a person; 0: not */
    char acked_by[R_NAME];
    struct respond_error error;
};

enum action_state {
    ACTION_INTENT = 1, /* durable; the post may be on its way. After a crash: may have been sent */
    ACTION_WAITING,    /* refused for now (429): the same intent is posted again later */
    ACTION_LOST,       /* no answer: three looks within 120 s */
    ACTION_PENDING,    /* Defender has it */
    ACTION_RUNNING,
    /* settled: */
    ACTION_CONFIRMED, /* succeeded and read back */
    ACTION_FAILED,
    ACTION_TIMED_OUT,
    ACTION_CANCELLED,
    ACTION_REFUSED, /* by Defender's answer to the post */
    ACTION_UNKNOWN, /* lost and not found; still looked for while its device is watched */
    ACTION_STATES
};
enum action_proof { PROOF_STATUS = 1, PROOF_PAIR = 2, PROOF_MITIGATION = 4 }; /* what a confirmation rests on */
struct action {
    uint64_t id;
    uint64_t decision; /* 0: a person's order, or a lease's end */
    enum action_state state;
    enum act_kind kind;
    enum act_scope scope;
    char tenant[R_GUID], device[R_ID], host[R_NAME], sha1[41];
    char by[R_NAME], reason[R_TEXT]; /* "policy", or a person */
    bool is_unattended;              /* no person said yes to this one: what limits count and gates guard */
    char remote[R_ID];               /* Microsoft's id of it; empty: not known */
    char remote_by[R_NAME];
    bool is_adopted;          /* it is not ours: no lease, no automatic release */
    bool is_cancelling;       /* a release waits for it */
    uint32_t attempts, looks; /* posts made; looks since the answer was lost */
    uint32_t proof;
    bool is_late; /* NOT CONFIRMED has been told */
    struct wall intent, sent, changed, settled;
    struct respond_error error;
};

enum hold_state {
    HOLD_HELD = 1,
    HOLD_RELEASING, /* a release is ordered: attempts are cancelled or awaited, then it is posted */
    HOLD_WATCHED,   /* released; a stray of ours may still come */
    HOLD_ENDED,
    HOLD_STATES
};
struct hold { /* a device that is isolated, or was within three days; one a device */
    uint64_t id;
    enum hold_state state;
    char tenant[R_GUID], device[R_ID], host[R_NAME], incident[R_ID];
    bool is_owned;             /* we isolated it */
    uint64_t decision, action; /* that isolated it */
    uint64_t release;          /* the action that releases it; 0: none yet */
    char owner[R_NAME], reason[R_TEXT];
    struct wall since, until; /* the lease; until 0: none */
    uint32_t reminders;
    char released_by[R_NAME];
    bool by_person;
    struct wall ordered, released, watch_until;
    uint32_t strays; /* isolations of ours that came after the release */
};

enum stop_state { STOP_ON = 1, STOP_TRIPPED /* by the breaker */, STOP_OFF, STOP_STATES };
struct stop {
    char tenant[R_GUID]; /* empty: everywhere */
    enum stop_state state;
    char by[R_NAME], reason[R_TEXT];
    struct wall at;
};
struct noted { /* an alert that people were told of, or that went into a digest */
    char tenant[R_GUID], alert[R_ID];
    enum fact_severity severity;
    bool is_closed;
};
struct merge { /* Defender moved an incident's alerts to another */
    char tenant[R_GUID], from[R_ID], to[R_ID];
};
struct order_done { /* an order's id, so that a repeated one changes nothing */
    char id[R_NAME];
    uint64_t ref; /* what it made or changed */
};

enum record_kind {
    RECORD_DECISION = 1,
    RECORD_ACTION,
    RECORD_HOLD,
    RECORD_STOP,
    RECORD_NOTED,
    RECORD_MERGE,
    RECORD_ORDER,
    RECORD_KINDS
};
struct respond_record {
    enum record_kind kind;
    struct wall at;
    char step[32];     /* what happened: "decided", "asked", "intent", "accepted", "confirmed", ... */
    char by[R_NAME];   /* who: "policy", "defender", a person */
    char note[R_TEXT]; /* a sentence for people; may be empty */
    union {
        struct decision decision;
        struct action action;
        struct hold hold;
        struct stop stop;
        struct noted noted;
        struct merge merge;
        struct order_done order;
    };
};
/* "kind=action when=2026-... step=intent who=policy id=18 tenant=... ": name=value, blanks and controls in values as %xx; empty
 * and zero fields are left out. Parsing takes the names in any order and passes over those it does not know (a newer version's). */
bool respond_record_format(const struct respond_record *record, struct buf *out);
bool respond_record_parse(struct str text, struct respond_record *out, struct err *e); /* RESPOND_RECORD */
/* The thing's own id within its kind ("18", "<tenant>/<alert>"): of two records with the same kind and id the newer holds. */
enum { RECORD_ID_BYTES = 256 };
void respond_record_id(const struct respond_record *record, char out[RECORD_ID_BYTES]);

/* ---- what comes in ------------------------------------------------------------------------------------------------------- */
struct respond_machine {
    char id[R_ID], host[R_NAME], os[R_NAME] /* osPlatform */, group[R_NAME];
    char tags[8][R_ID];
    uint32_t tag_count;
    /* Established by a tag, by a person, by the directory. A server whose role is unknown counts as a domain controller. */
    enum machine_role { MACHINE_ROLE_UNKNOWN, MACHINE_ROLE_MEMBER, MACHINE_ROLE_CONTROLLER } role;
    enum fact_worth worth;
    bool is_tunnelled; /* a full-tunnel VPN is known */
    bool is_onboarded;
    bool can_selective; /* its OS and version know selective isolation */
    struct wall last_seen;
};
struct remote_action { /* as GET machineactions has it */
    char id[R_ID];
    enum act_kind kind;
    enum act_scope scope;
    enum remote_state {
        REMOTE_PENDING = 1,
        REMOTE_RUNNING,
        REMOTE_SUCCEEDED,
        REMOTE_FAILED,
        REMOTE_TIMED_OUT,
        REMOTE_CANCELLED
    } state;
    char by[R_NAME], comment[R_TEXT];
    struct wall created, updated;
    struct respond_error error;
};
enum {                   /* what a look looks at */
       LOOK_ALERT = 1,   /* fresh, by id; with policy's judgement of it */
       LOOK_HOST = 2,    /* recent machines (last 12 h) of that host name or FQDN */
       LOOK_MACHINE = 4, /* by id */
       LOOK_ACTIONS =
           8, /* of the machine, newest first; the one named in `remote` must be among them (read by id if need be) */
       LOOK_MITIGATION = 16, /* DeviceInfo.MitigationStatus, where hunting exists */
};
struct look {                      /* everything borrowed for the step */
    uint32_t has;                  /* of the parts above: those that were answered */
    bool alert_gone, machine_gone; /* 404: answered, and not there */
    const struct alert_facts *alert;
    const struct judgement *judgement;
    const struct respond_machine *machines;
    size_t machine_count;
    const struct remote_action *actions;
    size_t action_count;
    bool is_isolated; /* by MitigationStatus */
};
enum order_kind {
    ORDER_APPROVE = 1,
    ORDER_DENY,
    ORDER_ACK,
    ORDER_RETRY,
    ORDER_STOP,
    ORDER_RESUME,
    ORDER_ACT /* isolate, release, scan, ... */,
    ORDER_EXTEND,
    ORDER_CANCEL,
    ORDER_KINDS
};
struct respond_order {
    char id[R_NAME]; /* of the order itself; empty: one that cannot repeat */
    enum order_kind kind;
    char by[R_NAME]; /* who gave it, already proved (login, PIN) */
    uint64_t ref;    /* decision, action or hold; approve, deny, ack, retry, extend, cancel, release */
    char tenant[R_GUID], device[R_ID], host[R_NAME]; /* ORDER_ACT without ref; ORDER_STOP (tenant empty: everywhere) */
    enum act_kind act;
    enum act_scope scope;
    char sha1[41], reason[R_TEXT];
    bool anyway;       /* knows that the device is guarded */
    struct wall until; /* of a lease; 0: as the tenant's settings say */
};
enum respond_result {
    RESULT_OK = 1,
    RESULT_RETRY,   /* certainly without effect; may work later */
    RESULT_LOST,    /* no answer, or one that proves nothing (5xx, broken off) */
    RESULT_ACTIVE,  /* ActiveRequestAlreadyExists */
    RESULT_REFUSED, /* will not work: error says why */
};
enum event_kind { EVENT_ALERT = 1, EVENT_INCIDENT, EVENT_ANSWER, EVENT_ORDER, EVENT_TICK };
struct respond_event {
    enum event_kind kind;
    char tenant[R_GUID];
    /* EVENT_ALERT */
    const struct alert_facts *alert;
    const struct judgement *judgement;
    const struct policy *policy;        /* that judged; of EVENT_ANSWER to a look at an alert too */
    enum respond_came came, first_came; /* this revision; the alert's first one */
    struct wall first_seen;
    /* EVENT_INCIDENT: one that was merged into another */
    char from[R_ID], to[R_ID];
    /* EVENT_ANSWER: to the effect of this number */
    uint64_t effect, ref;
    enum respond_result result;
    struct respond_error error;
    uint32_t retry_after_ms;
    struct look look; /* of EFFECT_LOOK */
    struct remote_action
        posted; /* of EFFECT_POST, EFFECT_CANCEL: what Defender answered with; id empty: nothing readable */
    enum policy_failure failure; /* with RESULT_REFUSED: UNSUPPORTED, FORBIDDEN, BUSY, FAILED */
    /* EVENT_ORDER */
    const struct respond_order *order;
};

/* ---- what goes out --------------------------------------------------------------------------------------------------------- */
enum effect_kind { EFFECT_LOOK = 1, EFFECT_POST, EFFECT_CANCEL };
struct effect {
    enum effect_kind kind;
    uint64_t number; /* the answer carries it back; an answer to an effect that is no longer awaited changes nothing */
    uint64_t ref;    /* decision, action or hold */
    char tenant[R_GUID], device[R_ID];
    uint32_t look; /* mask */
    char alert[R_ID], host[R_NAME], remote[R_ID];
    bool is_incident; /* `alert` names an incident */
    enum act_kind act;
    enum act_scope scope;
    char sha1[41];
    char comment[R_TEXT]; /* begins with our marker: "Portcullis <installation>/<action id> " */
};
enum tell_kind {                 /* as the store's notices have them */
                 TELL_ALERT = 1, /* the first word */
                 TELL_APPROVAL,
                 TELL_UPDATE,
                 TELL_OUTCOME, /* an action ended as wanted */
                 TELL_FAILURE, /* an action did not, or is not confirmed */
                 TELL_ALARM,   /* automatic action has stopped */
                 TELL_DIGEST
};
enum tell_wants { TELL_NOTHING, TELL_ACK, TELL_ANSWER /* approve or deny */ };
struct respond_notice {
    enum tell_kind kind;
    enum fact_severity severity;
    bool phone; /* a person must hear it now: critical, whatever the severity */
    char tenant[R_GUID], incident[R_ID], alert[R_ID], device[R_ID];
    uint64_t decision, action;
    char title[R_TITLE], body[1200];
    char code[R_ID], remedy[R_TEXT];
    char group[R_TITLE]; /* "<tenant>/<incident>", or "cause:<code>" when one cause is shared */
    char route[R_NAME];  /* a ladder's name, "digest" or "store"; empty: by severity and settings */
    enum tell_wants wants;
    struct wall expires; /* of a question; 0: never */
};
enum { OUT_MAX = 64 };
struct respond_out { /* large: keep one, on the heap. responder_step empties it first */
    size_t record_count, notice_count, effect_count;
    struct respond_record records[OUT_MAX];
    struct respond_notice notices[OUT_MAX];
    struct effect effects[OUT_MAX];
    bool order_ok, order_known; /* known: of an earlier order with its id; it changed nothing */
    uint64_t order_ref;         /* what the order made or changed */
    struct err order_error;     /* when not ok: RESPOND_* */
};

/* ---- settings: not in the ledger ---------------------------------------------------------------------------------------------- */
enum exclusion_kind {
    EXCLUDE_DEVICE = 1 /* id or host */,
    EXCLUDE_TAG,
    EXCLUDE_GROUP,
    EXCLUDE_USER,
    EXCLUDE_OWN /* our host, our proxies: id, host or address */,
    EXCLUDE_TUNNEL_TAG /* devices behind a full-tunnel VPN */,
    EXCLUSION_KINDS
};
struct respond_exclusion {
    enum exclusion_kind kind;
    char value[R_NAME], owner[R_NAME], reason[R_NAME];
    struct wall expires; /* 0: never */
};
struct respond_tenant {
    char tenant[R_GUID], name[R_NAME], org[R_NAME];
    enum policy_mode mode;
    struct wall on_since;     /* since when `mode` has been approve or auto without a break */
    enum act_scope isolation; /* full or selective */
    int64_t max_age_ms, approval_ms, lease_ms, confirm_ms;
    uint32_t limit_hour, limit_share_percent, device_count;
    uint32_t approval_people;
    bool escalates; /* at a question's timeout: tell the next, ask again; else deny */
    bool auto_release;
    bool guard_servers;
    bool has_hunting;
    const struct respond_exclusion *exclusions; /* copied */
    size_t exclusion_count;
};
/* The defaults of the settings table, for tests and for a tenant that has none: everything off. */
void respond_tenant_defaults(struct respond_tenant *t, const char *tenant);

/* ---- the engine ------------------------------------------------------------------------------------------------------------------ */
struct responder_opts {
    const char
        *installation; /* of the store: our marker names it, so that two of us in one tenant do not take each other's */
    uint32_t limit_account_hour; /* 0: 20 */
};
bool responder_new(const struct responder_opts *o, struct responder **out, struct err *e);
void responder_free(struct responder *r);
void responder_set_account_limit(struct responder *r, uint32_t limit_account_hour);
bool responder_set_tenant(struct responder *r, const struct respond_tenant *t,
                          struct err *e); /* RESPOND_FULL, memory */
void responder_remove_tenant(struct responder *r,
                             const char *tenant); /* its things stay; nothing more is done unattended */
/* RESPOND_FULL: more things are open than there is room for (a ledger of a larger installation). */
bool responder_apply(struct responder *r, const struct respond_record *record, struct err *e);
bool responder_knows(const struct responder *r, const struct respond_record *record); /* false: forgotten */
void responder_step(struct responder *r, const struct respond_event *event, struct wall now, struct respond_out *out);
/* A step, the first after a start: every effect that was on its way is forgotten, and what is open is looked at. */
void responder_resume(struct responder *r, struct wall now, struct respond_out *out);
/* When EVENT_TICK is due next; false: never. One tick does a bounded part of what is due: ask again. */
bool responder_next(const struct responder *r, struct wall *at_out);
/* Equal in everything that records carry; a test's question. */
bool responder_equal(const struct responder *a, const struct responder *b);

/* ---- readers: pointers are good until the next step or apply --------------------------------------------------------------------- */
const struct decision *responder_decision(const struct responder *r, uint64_t id);
const struct action *responder_action(const struct responder *r, uint64_t id);
const struct hold *responder_hold(const struct responder *r, uint64_t id);
const struct hold *responder_hold_of(const struct responder *r, const char *tenant, const char *device);
/* Each in order of id, from the first after `*cursor` (begin with 0); NULL: no more. */
const struct decision *responder_decisions(const struct responder *r, uint64_t *cursor);
const struct action *responder_actions(const struct responder *r, uint64_t *cursor);
const struct hold *responder_holds(const struct responder *r, uint64_t *cursor);
const struct stop *responder_stop_of(const struct responder *r,
                                     const char *tenant /* NULL: everywhere */); /* NULL: none */
bool decision_is_settled(const struct decision *d);
bool action_is_settled(const struct action *a);
const char *decision_state_name(enum decision_state s);
const char *action_state_name(enum action_state s);
const char *hold_state_name(enum hold_state s);
/* "confirmed", "pending", "failed", "adopted", "unknown", "refused"; for what never became an action also "asking",
 * "checking", "shadow", "denied", "expired", "dropped". */
const char *responder_outcome(const struct responder *r, const struct decision *d);
const char *action_outcome(const struct action *a);

/* Could an unattended isolation start in this tenant now, as far as the engine goes? */
struct respond_readiness {
    uint32_t
        why; /* mask of reasons: WHY_MODE, WHY_STOPPED, WHY_BREAKER, WHY_TENANT_HOUR, WHY_TENANT_SHARE, WHY_ACCOUNT_HOUR */
    bool is_known; /* its settings were set */
    enum policy_mode mode;
    uint32_t hour_used, hour_limit, share_used, share_limit, account_used, account_limit;
};
void responder_readiness(const struct responder *r, const char *tenant, struct wall now, struct respond_readiness *out);

extern const struct cause respond_causes[];
enum {
    RESPOND_RECORD,    /* a record of the ledger cannot be read */
    RESPOND_FULL,      /* no room */
    RESPOND_NOT_FOUND, /* an order names nothing that is there */
    RESPOND_NOT_OPEN,  /* approve or deny: nobody is asking (any more) */
    RESPOND_TWICE,     /* two different people must approve */
    RESPOND_BUSY,      /* the same action is open on the device */
    RESPOND_NOTHING,   /* nothing to do: not isolated, not stopped, already so */
    RESPOND_AMBIGUOUS, /* several devices answer to the name, or none */
    RESPOND_ORDER,     /* the order itself is incomplete */
    /* of decisions and actions */
    RESPOND_NO_DEVICE,
    RESPOND_NOT_APPLICABLE,
    RESPOND_DEVICE_GONE,
    RESPOND_UNREAD,
    RESPOND_NOT_CONFIRMED,
    RESPOND_UNKNOWN,
    RESPOND_UNDONE,
    RESPOND_FAILED,
    RESPOND_TIMED_OUT,
    RESPOND_CANCELLED,
    RESPOND_STRAY,
    RESPOND_CAUSE_COUNT
};

#endif
