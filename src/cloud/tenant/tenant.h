/* Organizations (customers), their Entra tenants, and the credentials that open them: the operator's view of the store's
 * records, with every input checked and named when it is wrong (blanks around a secret, the secret's id instead of its
 * value, a tenant id that is no GUID, a placeholder left in). No error holds a secret. Blocking: workers only; the calls that
 * change something make a transaction of their own, so not within one. */
#ifndef CLOUD_TENANT_TENANT_H
#define CLOUD_TENANT_TENANT_H

#include <stdbool.h>

#include "cloud/tenant/app.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "state/conf/conf.h"
#include "state/conf/proxy.h"
#include "state/conf/secret.h"
#include "state/store/apps.h"
#include "state/store/store.h"
#include "state/store/tenants.h"

#define TENANT_IN_URL "{tenant}" /* in a tenant's token address: its id */

/* Whose token: each of Microsoft's APIs wants one of its own. */
enum audience { AUD_GRAPH, AUD_ENDPOINT, AUD_SIEM, AUD_COUNT };
struct api_row {
    const char *name; /* "Microsoft Graph" */
    enum tenant_override url, audience,
        version; /* which setting of a tenant overrides what; version: TENANT_OVERRIDES: none */
    const char *versions
        [3]; /* what may stand between host and path ("v1.0"); the first unless overridden; NULL behind the last */
    bool is_v1_only; /* its tokens come from the old token end-point alone */
};
extern const struct api_row api_rows[AUD_COUNT];

/* A tenant as the cloud rooms need it: immutable, shared by reference count (begins at 1). Addresses are resolved (override,
 * else portcullis.yaml's, else the cloud's), without a slash at the end; empty: none. */
struct tenant_api {
    char url[HOST_BYTES];
    char audience[HOST_BYTES]; /* "https://graph.microsoft.com" */
    const char *version;       /* of api_rows; never NULL */
};
enum { TENANT_APPS_MAX = 4 };
struct tenant {
    _Atomic unsigned refs;
    struct tenant_record record;
    char org_name[NAME_BYTES];
    char login_url[HOST_BYTES];
    char token_url[HOST_BYTES]; /* the whole address, "{tenant}" in it stands for the tenant's id; empty: login_url's */
    struct tenant_api apis[AUD_COUNT];
    struct app *apps[TENANT_APPS_MAX]; /* in the order they were given */
    unsigned app_count;
    struct proxy_rules *proxies; /* which count for it; NULL: none */
    bool is_endpoint_off;        /* the setting `endpoint`: no call goes to Defender for Endpoint */
    uint64_t reading; /* which reading of the store it comes from: what changed before it is in it; 0: none */
};
struct tenant *tenant_ref(struct tenant *t);
void tenant_unref(struct tenant *t); /* accepts NULL */

/* Which of its apps asks for what needs this role ("" for anything): the first that is for the role's bundle, else the first
 * that is for everything, else the first: its token then says whether it may. NULL: it has none. */
struct app *tenant_app(const struct tenant *t, enum audience audience, const char *role);

struct tenant_input {
    const char *org, *name, *tenant_id, *client_id,
        *cloud; /* org NULL: one of the tenant's name; name NULL: the tenant id; cloud NULL: "global" */
    const char *overrides[TENANT_OVERRIDES]; /* NULL, "": not overridden */
    /* An app of its own (client_id and a credential), or apps of the account's by their names, parted by commas, or both. */
    struct credential_input credential;
    const char *apps;
    bool is_limited; /* whoever adds it is limited to organizations, or nobody is known to: see tenant_former */
};
/* TENANT_BAD_NAME, TENANT_PLACEHOLDER, STORE_EXISTS. */
bool org_add(struct store *s, const char *name, struct org_record *out, struct err *e);
/* Blanks at both ends of every text are trimmed, ids stored in lower case. Makes the organization too if `make_org`, else
 * TENANT_NO_ORG; the organization, tenant and secret come in one transaction. */
bool tenant_add(struct store *s, const struct conf *c, const struct tenant_input *in, bool make_org,
                char tenant_id_out[GUID_BYTES] /* as stored; may be NULL */, struct err *e);
/* A tenant that was removed may still consent to our apps: its id is all that is needed to have it back. So it stays with the organization
 * it was last in (TENANT_FORMER), until somebody who is not limited to organizations brings it into another one. */
bool tenant_former(struct store *s, const char *tenant_id, int64_t org_id, bool is_limited, struct err *e);
/* NULL: stays as it is. An empty override is taken back, an empty name becomes the id. */
struct tenant_change {
    const char *name, *client_id, *cloud;
    const char *overrides[TENANT_OVERRIDES];
    const bool *is_enabled;
    struct credential_input credential; /* of its own app, at once and untested; none: stays */
    const char *apps;                   /* the account's apps it has from now on, beside its own; "": none */
};
/* All of it or nothing. Errors as tenant_find's and tenant_add's; a secret that cannot be opened is no hindrance. */
bool tenant_set(struct store *s, const char *id_or_name, const struct tenant_change *c, char tenant_id_out[GUID_BYTES],
                struct err *e);
/* By GUID, or by its name (without regard to ASCII case; TENANT_AMBIGUOUS when several have it). */
bool tenant_find(struct store *s, const struct conf *c, const char *id_or_name, struct tenant **out, struct err *e);
/* The same, but an app whose secret cannot be opened has an empty one, as in tenant_each. */
bool tenant_read(struct store *s, const struct conf *c, const char *id_or_name, struct tenant **out, struct err *e);
/* The record alone, without its secret; errors as above. */
bool tenant_record_find(struct store *s, const char *id_or_name, struct tenant_record *out, struct err *e);
/* By name. An app whose secret cannot be opened has an empty one here, so that it fails alone, at its login. */
bool tenant_each(struct store *s, const struct conf *c, bool (*each)(void *arg, struct tenant *t), void *arg,
                 struct err *e);
/* Its ids and its secret once more, as they are checked when they are given: what came in by another way, or before a check
 * was there. */
bool tenant_check_input(const struct tenant *t, struct err *e);
/* The app that is its own alone; APP_NOT_OWN. */
bool tenant_own_app(struct store *s, const struct tenant_record *t, struct app_record *out, struct err *e);
/* For lists: by name, behind this one ("": from the beginning), quickly, since no secret is opened: their apps have none. */
bool tenant_list(struct store *s, const struct conf *c, const char *after_name, const char *after_id,
                 bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e);
/* To another organization, which is there already (TENANT_NO_ORG); already its own: nothing changes. What the new one sets holds
 * from now on, and remediation, if that is on there, only for alerts seen from now on. */
struct tenant_moved {
    char tenant_id[GUID_BYTES], name[NAME_BYTES], from[NAME_BYTES], to[NAME_BYTES];
};
bool tenant_move(struct store *s, const char *id_or_name, const char *org, const char *actor, struct wall now,
                 struct tenant_moved *out, struct err *e);
/* TENANT_NO_ORG, TENANT_ORG_IN_USE. */
bool org_remove(struct store *s, const char *name, struct org_record *out, struct err *e);
bool tenant_remove(struct store *s, const char *id_or_name, struct err *e);

/* The overrides, for fronts: the member's name (an option is called the same with "-"). */
struct override_row {
    const char *name, *what;
    enum { OVERRIDE_URL, OVERRIDE_TOKEN_URL, OVERRIDE_AUDIENCE, OVERRIDE_VERSION } kind;
};
extern const struct override_row override_rows[TENANT_OVERRIDES];

/* Cloud profiles, as data. Host and audience are different questions: a sovereign audience follows its host, the global one
 * keeps the older name. */
struct cloud_profile {
    const char *name, *login_url;
    struct {
        const char *url, *audience; /* "": that cloud has none */
    } apis[AUD_COUNT];
};
extern const struct cloud_profile cloud_profiles[];
extern const unsigned cloud_profile_count;
/* Front ends of Defender for Endpoint nearer to a tenant's data, of the global cloud: what `endpoint_url` may be called. */
struct endpoint_region {
    const char *name, *url;
};
extern const struct endpoint_region endpoint_regions[]; /* ends with a row without name */

enum {
    TENANT_BAD_ID,
    TENANT_BAD_CLIENT_ID,
    TENANT_BAD_SECRET,
    TENANT_SECRET_IS_ID,
    TENANT_PLACEHOLDER,
    TENANT_BAD_NAME,
    TENANT_NO_SUCH,
    TENANT_NO_ORG,
    TENANT_EXISTS,
    TENANT_AMBIGUOUS,
    TENANT_NO_CLOUD,
    TENANT_BAD_URL,
    TENANT_BAD_VERSION,
    TENANT_IDS_SWAPPED,
    APP_BAD_NAME, /* of app.h */
    APP_BAD_BUNDLE,
    APP_EXISTS,
    APP_NO_SUCH,
    APP_AMBIGUOUS,
    APP_IN_USE,
    APP_NOT_THERE,
    APP_LAST,
    APP_NOT_OWN,
    APP_NO_APP,
    APP_BAD_EXPIRY,
    APP_BAD_CERTIFICATE,
    APP_CERTIFICATE_OVER,
    APP_EXPIRING,
    APP_EXPIRED,
    APP_END_UNKNOWN,
    APP_SWITCHED,
    APP_REFUSED,
    APP_ACCEPTED,
    APP_NOTHING_NEXT,
    APP_NOT_PROVED,
    PROXY_BAD_PATTERN, /* of proxies.h */
    PROXY_BAD_ADDRESS,
    PROXY_BAD_LOGIN,
    PROXY_NO_RULE,
    SETTING_UNKNOWN, /* of settings.h */
    SETTING_BAD_VALUE,
    SETTING_BAD_LEVEL,
    SETTING_NOT_SET,
    SETTING_NEEDS_ENDPOINT,
    TENANT_HAS_OPEN,        /* isolations or actions */
    TENANT_ENDPOINT_NEEDED, /* for the same */
    TENANT_ORG_IN_USE,
    TENANT_FORMER,
    TENANT_CAUSE_COUNT
};
extern const struct cause tenant_causes[TENANT_CAUSE_COUNT];

#endif
