/* What people set about response, notices and managed alerts, with inheritance: a tenant's own value, else its organization's,
 * else the account's, else the default. One table of rows (settings.c); every text a person gives is checked against its
 * row, and a wrong one is answered with what would be right. Blocking: workers only; setting makes a transaction of its own. */
#ifndef CLOUD_TENANT_SETTINGS_H
#define CLOUD_TENANT_SETTINGS_H

#include <stdbool.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "state/store/settings.h"
#include "state/store/store.h"

enum setting_id {
    /* response */
    SET_REMEDIATION,
    SET_ISOLATION,
    SET_MAX_ALERT_AGE,
    SET_LIMIT_TENANT_HOUR,
    SET_LIMIT_TENANT_SHARE,
    SET_LIMIT_ACCOUNT_HOUR,
    SET_APPROVAL_PEOPLE,
    SET_APPROVAL_TIMEOUT,
    SET_APPROVAL_AFTER,
    SET_LEASE,
    SET_AUTO_RELEASE,
    SET_GUARD_SERVERS,
    SET_OWN_HOSTS,
    SET_VPN_TAGS,
    SET_CONFIRM_AFTER,
    /* notices */
    SET_ROUTE_HIGH,
    SET_ROUTE_MEDIUM,
    SET_ROUTE_LOW,
    SET_ROUTE_INFORMATIONAL,
    SET_LADDER_HIGH,
    SET_LADDER_MEDIUM,
    SET_LADDER_LOW,
    SET_LADDER_INFORMATIONAL,
    SET_DIGEST_AT,
    SET_TIME_ZONE,
    SET_CONTACT_NAME,
    SET_CONTACT_MAIL,
    SET_CONTACT_PHONE,
    /* managed alerts */
    SET_ENDPOINT,
    SET_RESOLVE,
    SET_COMMENT,
    SET_RESOLVE_AFTER,
    SET_RESOLVE_CLASSIFICATION,
    SET_RESOLVE_DETERMINATION,
    /* the first look back of a new tenant; where nobody has set it, portcullis.yaml's holds */
    SET_LOOKBACK,
    SET_LOOKBACK_HUNTING,
    /* people */
    SET_SESSION_IDLE,
    SET_SESSION_LIFE,
    SET_TOKEN_LIFE,
    SET_SECOND_FACTOR,
    /* reading */
    SET_INTERVAL_ALERTS,
    SET_INTERVAL_HUNTING,
    SET_INTERVAL_MACHINES,
    SETTING_COUNT
};
/* A choice's number is its place in the row's bounds. */
enum { SETTING_OFF, SETTING_ON };
enum { REMEDIATION_OFF, REMEDIATION_SHADOW, REMEDIATION_APPROVE, REMEDIATION_AUTO };
enum { ISOLATION_FULL, ISOLATION_SELECTIVE };
enum { APPROVAL_DENY, APPROVAL_ESCALATE };
enum { ROUTE_LADDER, ROUTE_DIGEST, ROUTE_STORE };
enum {
    SECOND_FACTOR_NOBODY,
    SECOND_FACTOR_OWNER,
    SECOND_FACTOR_ADMIN,
    SECOND_FACTOR_RESPONDER,
    SECOND_FACTOR_ANALYST,
    SECOND_FACTOR_VIEWER
};
enum { CLASSIFY_NONE, CLASSIFY_TRUE_POSITIVE, CLASSIFY_EXPECTED, CLASSIFY_FALSE_POSITIVE };

enum setting_type {
    SETTING_CHOICE,
    SETTING_NUMBER,
    SETTING_PERCENT,
    SETTING_DURATION, /* in ms */
    SETTING_TIME,     /* of day: minutes since midnight */
    SETTING_ZONE,     /* "UTC", "+02:00", "Europe/Berlin" */
    SETTING_LIST,     /* words, parted by commas */
    SETTING_NAME,     /* one word: a name given elsewhere, as a ladder's; may be empty */
    SETTING_LINE,     /* one line of text; may be empty */
    SETTING_MAIL,
    SETTING_PHONE, /* "+49301234567" */
    SETTING_TYPES
};
struct setting_row {
    const char *name;
    enum setting_type type;
    const char *fallback; /* the default, as text */
    const char *bounds;   /* choice: "off|on"; number, percent, duration: "1..24"; else NULL */
    bool is_account_only;
    const char *help;
};
extern const struct setting_row setting_rows[SETTING_COUNT];
extern const char *const setting_level_names[SETTING_LEVELS]; /* "default", "account", "organization", "tenant" */

struct setting_value {
    enum setting_level from;
    int64_t number;                 /* of what counts: choice, number, percent, duration, time */
    char text[SETTING_VALUE_BYTES]; /* as it was set, tidied */
    /* Since when it holds for certain: the last change at its level or nearer to the tenant, where something may have been
     * taken back; never earlier than it really began to hold. 0: the default, never changed. */
    struct wall since;
    char actor[64]; /* who set it; empty: the default */
};
struct settings {
    struct setting_value values[SETTING_COUNT];
};
/* Whose: all zero is the account. */
struct setting_scope {
    int64_t org_id;             /* 0: not an organization */
    char tenant_id[GUID_BYTES]; /* then org_id is its organization's */
};
/* "": NULL. Errors: TENANT_NO_SUCH, TENANT_AMBIGUOUS, TENANT_NO_ORG; API fronts refuse both at once. */
bool settings_scope(struct store *s, const char *tenant /* id or name */, const char *org, struct setting_scope *out,
                    struct err *e);
/* All values that hold there, each with where it comes from. A stored value that the row refuses (of another version) counts
 * as not set, but for `remediation`, which is then off. */
bool settings_resolve(struct store *s, const struct setting_scope *scope, struct settings *out, struct err *e);
/* The same for a tenant by its id; one that is not there: TENANT_NO_SUCH. */
bool settings_of_tenant(struct store *s, const char *tenant_id, struct settings *out, struct err *e);
/* Sets and takes back, with an entry in the audit trail, in one transaction. What is set already stays, with its time.
 * Errors: SETTING_UNKNOWN, SETTING_BAD_VALUE, SETTING_BAD_LEVEL, SETTING_NOT_SET. */
bool settings_set(struct store *s, const struct setting_scope *scope, const char *name, struct str value,
                  const char *actor, struct wall now, struct err *e);
bool settings_unset(struct store *s, const struct setting_scope *scope, const char *name, const char *actor,
                    struct wall now, struct err *e);

/* Pure parts. */
const struct setting_row *setting_find(struct str name); /* NULL: none */
/* The text as the row takes it; otherwise false, and `why` says what is expected without quoting the text. */
enum { SETTING_WHY_BYTES = 240 };
bool setting_check(const struct setting_row *row, struct str text, struct setting_value *out,
                   char why[SETTING_WHY_BYTES]);
void settings_defaults(struct settings *out);
void settings_describe(struct buf *markdown_out); /* for docs/settings.md */

static inline int64_t setting_number(const struct settings *s, enum setting_id id)
{
    return s->values[id].number;
}
static inline bool setting_is_on(const struct settings *s, enum setting_id id)
{
    return s->values[id].number == SETTING_ON;
}
static inline struct str setting_text(const struct settings *s, enum setting_id id)
{
    return str_of(s->values[id].text);
}

#endif
