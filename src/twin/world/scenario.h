/* What happens when, as data: rates, back-history, dirt, limits and timed events, read from YAML (docs/twin.md describes
 * the format). Pure: bytes in, struct out. */
#ifndef TWIN_SCENARIO_H
#define TWIN_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "twin/faults.h"
#include "twin/login/permissions.h"
#include "twin/variants.h"
#include "twin/world/schema.h"

enum { SCENARIO_EVENTS_MAX = 64, SCENARIO_RULES_MAX = 256 };

/* Which tenants an event or rule is about: indexes first..last, every `step`-th of them. */
struct tenant_range {
    unsigned first, last, step;
};
bool tenant_range_has(const struct tenant_range *r, unsigned index);

enum event_what {
    EVENT_BURST,    /* `rows` rows of `table`, all with one Timestamp, that of `at` */
    EVENT_THROTTLE, /* every call is answered 429 */
    EVENT_OUTAGE,   /* every call is answered 503 */
    EVENT_PARTIAL,  /* lists of alerts and incidents are answered 206, without those of one provider */
    EVENT_HANG,     /* answers stop in mid-body and stay open */
    EVENT_FLURRY, /* an alert is made and changed `changes` times within one second; its last two changes share one time */
    EVENT_REPLAY, /* the rows of `file` become visible, the newest with the Timestamp of `at` */
    EVENT_MERGE,  /* `incident` is merged into `into`, both by their place in time */
    /* from `at` on the schema is another: a column `name` more or less in `table`, the table called `name` (its old name is
     * known for another `for`), the enum `field` of alerts has a member `name` never seen before */
    EVENT_ADD_COLUMN,
    EVENT_DROP_COLUMN,
    EVENT_RENAME_TABLE,
    EVENT_EXTEND_ENUM,
    EVENT_LATE, /* `rows` rows of `table` become visible whose Timestamps lie up to `up_to_ms` earlier */
};
enum extended_enum { EXTENDS_SEVERITY, EXTENDS_STATUS, EXTENDS_SERVICE, EXTENDS_EVIDENCE };
struct scenario_event {
    enum event_what what;
    int64_t at_ms;  /* after the start; may be negative */
    int64_t for_ms; /* THROTTLE, OUTAGE, HANG, PARTIAL, RENAME_TABLE */
    struct tenant_range tenants;
    unsigned table; /* of events about one: index in table_schemas */
    char file[256]; /* REPLAY: read by whoever runs the model */
    uint64_t rows;
    unsigned changes;
    int64_t up_to_ms;
    unsigned incident, into; /* MERGE */
    char name[64];
    enum extended_enum field;
};

/* What a tenant has bought: all of Defender XDR, Defender for Endpoint alone, Business Premium, nothing. */
enum licence { LICENCE_UNSAID, LICENCE_XDR, LICENCE_ENDPOINT, LICENCE_BUSINESS, LICENCE_NONE };

/* How tenants differ from the usual one: roles they lack, how their login fails, caps of their own. */
enum tenant_lack {
    LACK_HUNTING = 1,
    LACK_ALERTS = 2,
    LACK_INCIDENTS = 4,
    LACK_MACHINES = 8,
    LACK_CONSENT = 16,
    LACK_TABLES = 32,
    LACK_LIVE_RESPONSE = 64 /* the feature is switched off */
};
/* How a missing hunting role shows: 403, or 401 with a code of its own. */
enum refusal { REFUSAL_FORBIDDEN, REFUSAL_AF10001 };
/* How devices deal with the actions ordered on them (actions.h). */
enum temper {
    TEMPER_DRAWN,       /* by lot: most are fast */
    TEMPER_FAST,        /* seconds */
    TEMPER_SLOW,        /* minutes */
    TEMPER_OFFLINE,     /* an action stays pending and times out */
    TEMPER_FAILING,     /* an action fails with an HRESULT */
    TEMPER_STUCK,       /* an isolation ordered twice hangs, and completes after a later release */
    TEMPER_UNSUPPORTED, /* OsPlatformNotSupported */
    TEMPER_OLD_CLIENT,  /* ClientVersionNotSupported */
    TEMPER_COUNT
};
/* What happens when an administrator opens the consent link. All but GIVEN: there is no consent before that. */
enum tenant_consent {
    TENANT_CONSENT_GIVEN,
    TENANT_CONSENT_NONE,    /* not yet */
    TENANT_CONSENT_DELAYED, /* it shows only after consent_delay_ms */
    TENANT_CONSENT_REFUSED,
    TENANT_CONSENT_PARTIAL /* alerts and machines alone */
};
struct scenario_rule {
    struct tenant_range tenants;
    unsigned lacks; /* of enum tenant_lack */
    bool has_roles; /* the tenant has these roles, instead of all */
    role_set roles;
    enum refusal refusal;
    enum licence licence;
    enum tenant_consent consent;
    int64_t consent_delay_ms;
    unsigned token_error;   /* AADSTS number; 0: none */
    uint64_t byte_cap;      /* of a hunting answer; 0: the scenario's */
    bool expand_fails;      /* $expand with $filter is 500, always */
    bool is_partial;        /* lists are 206, always */
    uint64_t preempt_above; /* rows a hunting query may read */
    double hunting_cpu;     /* seconds a quarter of an hour; < 0: unsaid */
    struct variants variants;
    struct tenant_range devices; /* of those tenants, which `temper` is about */
    enum temper temper;
};

struct scenario {
    char name[32];
    enum nation nation;             /* which of Microsoft's clouds the twin is */
    unsigned tenants;               /* a suggestion: the command line's --tenants wins */
    int64_t history_ms;             /* how far back rows reach when the scenario starts */
    double history_rate;            /* history's rows a second, relative to the rate from the start on */
    double rows_per_s[TABLE_COUNT]; /* over all tenants */
    double late_share;              /* of rows that come late, by up to late_up_to_ms */
    int64_t late_up_to_ms;
    double equal_share;        /* of pairs of rows that are byte-equal */
    double twin_share;         /* of pairs that differ in AdditionalFields alone */
    bool has_dirt;             /* odd escapes, numbers as strings, {} for null */
    double alerts_per_hour;    /* per tenant, after the start */
    unsigned alerts_before;    /* per tenant, in the back-history */
    unsigned alert_revisions;  /* at most that many changes after creation */
    int64_t alert_revision_ms; /* the changes lie within that time */
    unsigned actions_before;   /* machine actions by people in the portal, per tenant, in the back-history */
    double actions_per_hour;   /* after the start */
    double merged_share;       /* of incidents that are merged into the one before */
    unsigned machines;         /* per tenant */
    int64_t machine_change_ms; /* the risk of a machine is drawn anew that often */
    unsigned logins_per_min;   /* of one tenant; more look like a loop */
    unsigned security_per_min, hunting_per_min, endpoint_per_min, endpoint_per_hour;
    uint64_t row_cap, byte_cap; /* of a hunting answer: cut silently */
    int64_t token_life_ms;
    int64_t clock_skew_ms;  /* of the login's and the APIs' clock against ours; may be negative */
    int64_t hunting_run_ms; /* a query takes about that long, against the Endpoint API's quota of run time */
    int64_t think_ms;       /* before each answer */
    struct fault_rates faults;
    struct variants variants;
    struct scenario_event events[SCENARIO_EVENTS_MAX];
    unsigned event_count;
    struct scenario_rule rules[SCENARIO_RULES_MAX];
    unsigned rule_count;
};

/* Errors: yaml's YAML_BAD, TWIN_BAD_SCENARIO with "name:line:column: what". */
bool scenario_parse(struct str yaml, const char *name, struct scenario *out, struct err *e);
/* The ones built in, by name ("lively", "quiet", "flood", ...). Error: TWIN_NO_SCENARIO. */
bool scenario_builtin(struct str name, struct scenario *out, struct err *e);
const char *scenario_builtin_name(unsigned index); /* NULL past the last */

#endif
