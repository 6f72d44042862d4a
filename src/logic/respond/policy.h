/* The policy: a YAML file of rules (docs/policy.md is the language), compiled once, judged per alert or incident revision.
 *
 * Rules are tried in order, per device of the alert (and once for an alert without any); the first that matches decides. What
 * no rule takes is told by its severity. A policy only says what is *wished*: whether it may be done now (freshness, guards,
 * limits, once …) is for the engine's gates (respond.h).
 *
 * Some conditions ask for what an alert does not tell (a device's value, all of its tags). Until its machine has been read
 * (fact_device.is_read) they are undecided, so is a rule that hangs on them: the judgement then has `needs_machine`, and names
 * the first later rule that matches for certain, as a makeshift for the first notice only. Read the machine, fill in the
 * device, judge again: with is_read nothing is undecided.
 *
 * A compiled policy is immutable and may be shared by threads; a judge's only memory is the counter, handed in. */
#ifndef LOGIC_RESPOND_POLICY_H
#define LOGIC_RESPOND_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "logic/respond/facts.h"

/* In order of strength: of a rule's and its tenant's the weaker one holds. */
enum policy_mode { MODE_OFF, MODE_SHADOW, MODE_APPROVE, MODE_AUTO, MODE_COUNT };
enum policy_wish {
    WISH_NOTICE, /* tell a person, nothing else */
    WISH_ISOLATE_FULL,
    WISH_ISOLATE_SELECTIVE,
    WISH_ISOLATE_UNMANAGED,
    WISH_RESTRICT,
    WISH_SCAN_QUICK,
    WISH_SCAN_FULL,
    WISH_COLLECT,
    WISH_QUARANTINE_FILE,
    WISH_COUNT
};
/* Why an action did not come about, as far as what to do instead hangs on it. */
enum policy_failure {
    FAILURE_OFFLINE,     /* the device does not answer: still pending when its time was over */
    FAILURE_UNSUPPORTED, /* this device cannot do that: its OS, its version, not onboarded */
    FAILURE_FORBIDDEN,   /* we may not: a role is missing, the licence lacks it */
    FAILURE_BUSY,        /* another action of that kind is in the way */
    FAILURE_TIMED_OUT,   /* the action timed out at Defender */
    FAILURE_FAILED,      /* the action failed, or was cancelled, at Defender */
    FAILURE_UNKNOWN,     /* sent, and nobody can say what became of it */
    FAILURE_COUNT
};
const char *mode_name(enum policy_mode m);       /* "off", "shadow", "approve", "auto" */
const char *wish_name(enum policy_wish w);       /* as `then:` has it: "isolate full", "quarantine file", "notice" */
const char *failure_name(enum policy_failure f); /* as `fallback:` has it: "offline", "timed out" */
bool mode_read(struct str s, enum policy_mode *out);
bool wish_read(struct str s, enum policy_wish *out); /* "isolate" alone is "isolate full" */
bool wish_is_isolation(enum policy_wish w);

enum { POLICY_FALLBACKS_MAX = 4, POLICY_RULES_MAX = 500, POLICY_NAME_MAX = 100 };
struct policy_rule {         /* what a rule orders; its conditions stay inside */
    struct str name;         /* unique in its policy; part of the decision key, so it should outlive edits */
    unsigned line;           /* in the file */
    enum fact_object object; /* what it looks at; both: is_both */
    bool is_both;
    enum policy_wish wish;
    bool is_tenants_isolation;   /* `then: isolate`: full or selective as the tenant's setting has it */
    enum policy_mode mode;       /* AUTO unless set: as strong as the tenant allows */
    bool servers;                /* may act on servers whose role is established; never on domain controllers */
    enum fact_severity severity; /* of the notice; UNKNOWN: the alert's own */
    struct str route;            /* ladder by name, "digest" or "store"; empty: the tenant's for that severity */
    bool phone;                  /* the phone follows; by default where the rule acts */
    int64_t lease_ms;            /* 0: the tenant's */
    enum policy_wish fallback[FAILURE_COUNT][POLICY_FALLBACKS_MAX]; /* tried in order ... */
    uint8_t fallback_count[FAILURE_COUNT];                          /* ... and then a person alone */
};

/* ---- compiling ----------------------------------------------------------------------------------------------------- */
struct policy;
/* Bytes that a policy names, handed in. Both false with *e for "there is none". */
struct policy_files {
    void *ctx;
    bool (*list)(void *ctx, struct str file, struct buf *out, struct err *e); /* `lists: {x: {file: F}}`, as written */
    bool (*zone)(void *ctx, struct str name, struct buf *out, struct err *e); /* TZif bytes of "Europe/Berlin" */
};
/* `name` is for messages. `files` may be NULL: a policy that names some is then refused. Errors: POLICY_BAD and POLICY_UNKNOWN_WORD
 * ("name:line:column: what"), POLICY_LIST, POLICY_ZONE, YAML_BAD, YAML_TOO_LARGE, BASE_NO_MEMORY. */
struct policy *policy_compile(struct str yaml, const char *name, const struct policy_files *files, struct err *e);
/* The built-in one, compiled; an error is a bug of ours (tested). Its text, for `policy check` and docs. */
struct policy *policy_default(struct err *e);
struct str policy_default_text(void);
void policy_free(struct policy *p); /* accepts NULL */
size_t policy_rule_count(const struct policy *p);
const struct policy_rule *policy_rule(const struct policy *p, size_t i);
const struct policy_rule *policy_rule_by_name(const struct policy *p, struct str name); /* NULL: none */
struct hash128 policy_digest(const struct policy *p); /* of text and lists: which policy was it that decided */

/* ---- judging ------------------------------------------------------------------------------------------------------- */
struct zone;
struct policy_counter;
struct policy_context {
    enum policy_mode mode;          /* the tenant's `remediation` */
    enum policy_wish isolation;     /* its `isolation`: WISH_ISOLATE_FULL or _SELECTIVE */
    const struct zone *zone;        /* its `time_zone`; NULL: UTC */
    struct wall now;                /* for time of day and day of week */
    struct policy_counter *counter; /* NULL: rules with `count:` never match */
};
enum { POLICY_NO_RULE = -1, POLICY_DEVICES_MAX = 64 /* further devices of one alert are not judged, and said */ };
struct policy_verdict {
    int16_t rule; /* POLICY_NO_RULE: none took it */
    enum policy_wish wish;
    enum policy_mode
        mode; /* what holds: the weaker of the rule's and the tenant's. With OFF the wish is what would have been */
    bool needs_machine; /* see above */
    bool is_eligible;   /* the device plays a part that may be acted on: device_is_eligible */
};
struct judgement {
    struct policy_verdict alert; /* the strongest of the devices' (wish, then mode), or that of an alert without one */
    struct policy_verdict devices[POLICY_DEVICES_MAX]; /* parallel to facts.devices */
    size_t device_count;
    bool is_cut;                 /* there were more devices */
    enum fact_severity severity; /* of the notice */
    struct str route;            /* of the rule; empty: the tenant's for that severity. Lives with the policy */
    bool phone;
};
/* Errors: none. Changes nothing but the counter (an alert counts once, however often it is judged). */
void policy_judge(const struct policy *p, const struct alert_facts *f, const struct policy_context *c,
                  struct judgement *out);
/* In words, a line each: why the rule that took it did, why each rule before it did not. */
void policy_explain(const struct policy *p, const struct alert_facts *f, const struct policy_context *c,
                    struct buf *out);
/* One sentence for ledger and notice: rule and the facts that it looked at: "rule Severe: severity is high; service is endpoint". */
void policy_reason(const struct policy *p, const struct alert_facts *f, const struct policy_context *c, size_t device,
                   struct buf *out);

/* Alerts seen lately, for `count:`, of all tenants. After a start it is filled by judging what is stored of the last
 * policy_memory_ms; without that, a count begins at nothing. Bounded: past its bound the oldest are forgotten. */
struct policy_counter *policy_counter_new(void); /* NULL: no memory */
void policy_counter_free(struct policy_counter *c);
int64_t policy_memory_ms(const struct policy *p); /* the longest window; 0: no rule counts */

/* ---- examples in the file --------------------------------------------------------------------------------------------- */
struct policy_example {
    struct str name;
    unsigned line;
    bool is_fine;
    char text[400]; /* what was expected and what came instead */
};
/* `row`: reads a row of Defender's (JSON) into facts; false: it is none of an alert. NULL: such examples fail. */
struct policy_test {
    void *ctx;
    bool (*row)(void *ctx, struct arena *a, struct str json, struct alert_facts *out);
    void (*each)(void *ctx, const struct policy_example *x);
};
/* Runs them. False: no memory. */
bool policy_run_examples(const struct policy *p, const struct policy_test *t, size_t *count_out, size_t *failed_out,
                         struct err *e);

void policy_describe(struct buf *markdown_out); /* the words of conditions, for docs/policy-words.md */

enum { POLICY_BAD, POLICY_UNKNOWN_WORD, POLICY_LIST, POLICY_ZONE, POLICY_CAUSE_COUNT };
extern const struct cause policy_causes[POLICY_CAUSE_COUNT];

#endif
