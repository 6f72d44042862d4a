/* What the engine's files share: the live state, and the few ways to change it or to ask for something.
 *
 *   ledger.c   the state, records applied to it, what is forgotten     tenants.c  settings and exclusions
 *   state.c    all of it: made, freed, compared
 *   emit.c     records, looks, posts, cancels of a step                tell.c     what people read
 *   decide.c   a revision becomes decisions                            gates.c    may this be done by itself?
 *   check.c    a look becomes a question, an action, or nothing        limits.c   how much, how often; the breaker
 *   action.c   from intent to what became of it                        outcome.c  how it ends, and what follows
 *   remote.c   what a device's list of actions says
 *   hold.c     isolated devices and their leases                       release.c  letting go, and watching
 *   orders.c   what people say                                         step.c     events in, time, what is due */
#ifndef LOGIC_RESPOND_ENGINE_INT_H
#define LOGIC_RESPOND_ENGINE_INT_H

#include "logic/respond/respond.h"

/* Faults built in on purpose, in a copy of this room that only tests link: each must be noticed by the simulation. */
enum mutant {
    MUTANT_NONE,
    MUTANT_RESEND_BLINDLY, /* a lost isolate is posted again without looking */
    MUTANT_NO_HOUR_LIMIT,  /* the tenant's hour is not counted */
    MUTANT_NO_SHARE_LIMIT,
    MUTANT_NO_ACCOUNT_LIMIT,
    MUTANT_IGNORE_RELEASE, /* a person's release does not turn the incident into questions */
    MUTANT_ACT_ON_LOOK_BACK,
    MUTANT_NO_FRESH_READ, /* an alert closed meanwhile is acted on */
    MUTANT_NO_GUARD,      /* servers are workstations */
    MUTANT_NO_EXCLUSION,
    MUTANT_OWN_ALL,         /* what others did counts as ours */
    MUTANT_NO_WATCH,        /* nothing is watched after a release */
    MUTANT_RELEASE_AT_ONCE, /* a release does not wait for attempts */
    MUTANT_FORGET_MERGE,
    MUTANT_NO_BREAKER,
    MUTANT_STOP_FORGOTTEN,
    MUTANT_TRUST_ANSWER,  /* "succeeded" is taken for isolated without the pair */
    MUTANT_SECRET_CHANGE, /* a change that no record tells of */
    MUTANT_COUNT
};
#ifdef RESPOND_MUTANTS
extern enum mutant respond_mutant;
#define MUTANT(m) (respond_mutant == MUTANT_##m)
#else
#define MUTANT(m) false
#endif

extern const char *const act_kind_words[ACT_KINDS];
extern const char *const act_scope_words[SCOPE_KINDS];
extern const char *const came_words[CAME_KINDS];
extern const char *const decision_state_words[DECISION_STATES];
extern const char *const action_state_words[ACTION_STATES];
extern const char *const hold_state_words[HOLD_STATES];
extern const char *const stop_state_words[STOP_STATES];
extern const char *const record_kind_words[RECORD_KINDS];

/* ---- state ---------------------------------------------------------------------------------------------------------- */
/* What is not in the ledger: which question to Defender is on its way, and when to ask next. Lost with the process, and made
 * anew by responder_resume. */
struct pending {
    uint64_t effect; /* awaited; 0: none */
    enum effect_kind kind;
    struct wall since; /* when it was asked */
    struct wall next;  /* look again then; 0: not by time */
    uint32_t tries;    /* looks since the state changed, or that failed in a row */
};
struct decision_slot {
    struct decision d; /* its id comes first in each slot: pool_find */
    struct pending p;
};
struct action_slot {
    struct action a;
    struct pending p;
};
struct hold_slot {
    struct hold h;
    struct pending p;
};
struct pool { /* by id, dense */
    unsigned char *items;
    size_t item, count, max;
};
enum { NOTED_WAYS = 16, STOPS_MAX = RESPOND_TENANTS_MAX + 1 };
struct noted_slot {
    struct noted noted;
    uint64_t key; /* hash of tenant and alert; 0: free */
    struct wall at;
};
struct tenant_slot {
    struct respond_tenant t;
    struct respond_exclusion *exclusions; /* owned */
};
struct responder {
    char installation[R_NAME];
    uint32_t account_limit;
    uint64_t last_id, last_effect;
    struct pool decisions, actions, holds;
    struct noted_slot *noted; /* sets of NOTED_WAYS: the oldest of a set makes way */
    uint64_t noted_sum;       /* of all of them: what responder_equal compares */
    struct merge *merges;     /* the newest so many, as of orders */
    size_t merge_count, merge_next;
    struct order_done *orders;
    size_t order_count, order_next;
    struct stop *stops; /* one a tenant that ever had one, and one for everywhere */
    size_t stop_count;
    struct tenant_slot *tenants; /* sorted by id */
    size_t tenant_count, tenant_cap;
    /* of the step under way */
    struct respond_out *out;
    struct wall now;
};

/* ledger.c */
struct decision_slot *slot_decision(const struct responder *r, uint64_t id); /* NULL: none */
struct action_slot *slot_action(const struct responder *r, uint64_t id);
struct hold_slot *slot_hold(const struct responder *r, uint64_t id);
struct hold_slot *slot_hold_of(const struct responder *r, const char *tenant, const char *device);
static inline struct decision_slot *decision_at(const struct responder *r, size_t i)
{
    return (struct decision_slot *)(r->decisions.items + i * r->decisions.item);
}
static inline struct action_slot *action_at(const struct responder *r, size_t i)
{
    return (struct action_slot *)(r->actions.items + i * r->actions.item);
}
static inline struct hold_slot *hold_at(const struct responder *r, size_t i)
{
    return (struct hold_slot *)(r->holds.items + i * r->holds.item);
}
bool has_room(struct responder *r, enum record_kind kind); /* for one more; forgets what may be forgotten */
const struct noted *find_noted(const struct responder *r, const char *tenant, const char *alert);
const char *surviving(const struct responder *r, const char *tenant, const char *incident);
const struct order_done *order_of(const struct responder *r, const char *id); /* NULL: not given yet */
/* An open action of a device; NULL: none. */
struct action_slot *open_action(const struct responder *r, const char *tenant, const char *device);
/* The same, of isolations and releases alone: what a release waits for. A scan that hangs does not hold it up. */
struct action_slot *open_of_pair(const struct responder *r, const char *tenant, const char *device);

/* tenants.c */
const struct respond_tenant *find_tenant(const struct responder *r, const char *tenant); /* NULL: not set */
/* As find_tenant; everything off when it is not set. */
const struct respond_tenant *tenant_or_off(const struct responder *r, const char *tenant);
const struct respond_exclusion *find_exclusion(const struct respond_tenant *t, enum exclusion_kind from,
                                               enum exclusion_kind to, const struct respond_machine *m,
                                               const char *user);

/* ---- a step's output (emit.c) ----------------------------------------------------------------------------------------- */
/* Records: the thing as it is now. A copy goes out and is applied; slots may move when a thing is new. */
void put_decision(struct responder *r, const struct decision *d, const char *step, const char *by, const char *note);
void put_action(struct responder *r, const struct action *a, const char *step, const char *by, const char *note);
void put_hold(struct responder *r, const struct hold *h, const char *step, const char *by, const char *note);
void put_stop(struct responder *r, const struct stop *s, const char *step, const char *note);
void put_noted(struct responder *r, const char *tenant, const char *alert, enum fact_severity severity, bool is_closed);
void put_merge(struct responder *r, const struct merge *m);
void put_order(struct responder *r, const char *id, uint64_t ref, const char *by);
uint64_t new_id(struct responder *r);
bool has_out(const struct responder *r); /* room for what one thing may give in one step */

struct effect *ask(struct responder *r, struct pending *p, enum effect_kind kind, uint64_t ref, const char *tenant,
                   const char *device);
void look_decision(struct responder *r, struct decision_slot *s);
void look_action(struct responder *r, struct action_slot *s);
void look_hold(struct responder *r, struct hold_slot *s);
void post_action(struct responder *r, struct action_slot *s);
void cancel_action(struct responder *r, struct action_slot *s, const char *remote);
/* "Portcullis <installation>/<action> " */
void marker(const struct responder *r, uint64_t action, char *out, size_t size);
bool is_marked(const struct responder *r, const char *comment, uint64_t *action_out); /* by this installation */
/* The effect of the pending question was answered: true when it was this one. */
bool take_answer(struct pending *p, const struct respond_event *ev);
void again_in(struct responder *r, struct pending *p, int64_t ms);
bool is_due(struct wall at, struct wall now); /* 0 never is */
struct wall later(struct wall at, int64_t ms);
bool is_within(struct wall at, struct wall now, int64_t ms); /* at is set, and not longer ago */
void copy_str(char *out, size_t size, struct str s);
#define COPY(to, from) copy_str((to), sizeof(to), str_of(from))
#define COPY_STR(to, s) copy_str((to), sizeof(to), (s))
/* `cause`: RESPOND_... */
void set_error(struct respond_error *error, int cause, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- notices (tell.c) --------------------------------------------------------------------------------------------------- */
struct respond_notice *tell_decision(struct responder *r, const struct decision *d, enum tell_kind kind,
                                     const char *title, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
struct respond_notice *tell_action(struct responder *r, const struct action *a, enum tell_kind kind, const char *title,
                                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
struct respond_notice *tell_hold(struct responder *r, const struct hold *h, enum tell_kind kind, const char *title,
                                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void tell_alert(struct responder *r, const struct respond_event *ev, enum fact_severity severity, uint64_t decision,
                const char *does, bool is_update);
void tell_digest(struct responder *r, const struct respond_event *ev);
void tell_alarm(struct responder *r, const char *tenant, const char *title, const char *text);
void tell_error(struct respond_notice *n, const struct respond_error *error);
void write_reasons(uint32_t why, char *out, size_t size); /* clauses, joined by "; " */
const char *doing(enum act_kind k, enum act_scope s);     /* "isolate (full)" */

/* ---- gates, limits -------------------------------------------------------------------------------------------------------- */
struct case_now { /* what is known at the moment of the decision */
    const struct responder *r;
    const struct decision *d;
    const struct respond_tenant *t;
    const struct respond_machine *m; /* NULL: not looked at */
    const struct alert_facts *alert; /* fresh; NULL: a person's order */
    uint64_t own;                    /* the decision's action that is to be posted again; 0: none yet */
    const struct remote_action *remotes;
    size_t remote_count;
    struct wall now;
};
bool contains_threat(enum act_kind k);        /* isolate, restrict, quarantine: what guards and limits are for */
uint32_t gates_why(const struct case_now *c); /* every reason to ask */
struct usage {
    uint32_t hour, share, account;
};
struct usage limits_usage(const struct responder *r, const char *tenant, const char *but_device, struct wall now);
uint32_t limit_share(const struct respond_tenant *t);
uint32_t limits_why(const struct case_now *c);
void breaker_look(struct responder *r, const struct decision *d); /* trips when it must */

/* ---- parts ------------------------------------------------------------------------------------------------------------------ */
void decide_alert(struct responder *r, const struct respond_event *ev);
void decide_incident(struct responder *r, const struct respond_event *ev);
void wish_of(enum policy_wish w, enum act_kind *kind_out, enum act_scope *scope_out);
enum policy_mode mode_of(const struct respond_tenant *t, enum policy_mode rule);
void take_rule(struct decision *d, const struct policy *p, const struct policy_verdict *v);
bool is_closed_alert(const struct alert_facts *f);

void check_answer(struct responder *r, struct decision_slot *s, const struct respond_event *ev);
void check_tick(struct responder *r, struct decision_slot *s);
struct wall check_due(const struct responder *r, const struct decision_slot *s);
void begin_check(struct responder *r, const struct decision *d, const char *step, const char *by, const char *note);
void settle_decision(struct responder *r, uint64_t id, enum decision_state state, const char *step, const char *by,
                     const char *note);
/* The gates at this moment, minus what people have approved. */
uint32_t why_now(const struct responder *r, const struct decision *d, const struct look *look, uint64_t own);
void ask_people(struct responder *r, const struct decision *d, uint32_t why);
/* Is what the alert's fresh read says still a reason to act on this device? NULL: yes; else why not. Takes over the rule that
 * now holds. */
const char *no_longer(const struct responder *r, struct decision *d, const struct respond_event *ev);
const struct decision *find_key(const struct responder *r, const struct decision *like); /* the newest with its key */

void action_begin(struct responder *r, const struct action *a, const char *note); /* INTENT and post */
void action_answer(struct responder *r, struct action_slot *s, const struct respond_event *ev);
void action_tick(struct responder *r, struct action_slot *s);
struct wall action_due(const struct responder *r, const struct action_slot *s);
void action_cancel(struct responder *r, uint64_t action, const char *by); /* asks for it; the looks tell */
/* outcome.c */
enum action_state unsent(const struct action *a, enum action_state state);
void decision_done(struct responder *r, const struct action *a);
struct respond_notice *tell_failed(struct responder *r, const struct action *a, bool is_shared, const char *next);
/* Settles it and tells; the decision falls back, or is done. */
void action_fail(struct responder *r, struct action *a, enum action_state state, enum policy_failure failure,
                 const char *step, const char *note);
void action_settle(struct responder *r, struct action *a, enum action_state state, const char *step, const char *note);
int64_t backoff_ms(uint32_t tries, int64_t first_ms, int64_t most_ms);

struct pair {                         /* newest final isolate or release of a device, and what is still open */
    const struct remote_action *last; /* succeeded; NULL: neither, ever */
    const struct remote_action *open_isolate, *open_release;
    bool has_isolate; /* in whatever state: then the list reaches back far enough to know */
};
struct pair read_pair(const struct remote_action *list, size_t count);
bool stands_for_others(const struct responder *r, const struct remote_action *list, size_t count);
const struct remote_action *find_remote(const struct remote_action *list, size_t count, const char *id);
bool is_final(enum remote_state s);

void hold_isolated(struct responder *r, const struct action *a); /* a confirmed isolation */
void hold_seen_released(struct responder *r, const struct hold *h, const struct remote_action *by);
void hold_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev);
void hold_tick(struct responder *r, struct hold_slot *s);
struct wall hold_due(const struct responder *r, const struct hold_slot *s);
bool release_order(struct responder *r, const char *tenant, const char *device, const char *host, const char *by,
                   bool by_person, const char *reason, uint64_t *ref_out);
void release_go(struct responder *r, uint64_t hold); /* on with it, if nothing is in the way any more */
void release_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev);
void release_ended(struct responder *r, const struct action *a);
bool stray_instead(struct responder *r, const struct hold *h, const struct look *look);
void watch_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev);

void drop_for_release(struct responder *r, const char *tenant, const char *device, const char *by);

void take_order(struct responder *r, const struct respond_order *o);

#endif
