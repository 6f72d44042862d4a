/* Application permissions ("roles" of a token): what each is for, what our features need of them, and so what is granted,
 * missing or not needed where. Pure, and data alone: a permission is a row of permission_rows, a feature one of feature_rows.
 *
 * A role's name is compared without regard to case (guides print several), and X.ReadWrite.All gives what X.Read.All does. */
#ifndef CLOUD_TENANT_PERMISSIONS_H
#define CLOUD_TENANT_PERMISSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/tenant/tenant.h"

/* What a permission is for. An app registration is made for some of these; all it asks for is consented to as a whole. */
enum bundle {
    BUNDLE_NONE, /* nothing of ours */
    BUNDLE_READ,
    BUNDLE_READ_ENDPOINT,
    BUNDLE_SYNC,
    BUNDLE_SYNC_ENDPOINT,
    BUNDLE_HUNT,
    BUNDLE_HUNT_ENDPOINT,
    BUNDLE_DEVICES,
    BUNDLE_CONTAIN,
    BUNDLE_FORENSICS,
    BUNDLE_LIVE_RESPONSE,
    BUNDLE_OFFBOARD,
    BUNDLE_INDICATORS,
    BUNDLE_CONTAIN_USER,
    BUNDLE_IDENTIFY,
    BUNDLE_USERS,
    BUNDLE_CREDENTIAL_EXPIRY,
    BUNDLE_ENRICH,
    BUNDLE_POSTURE,
    BUNDLE_LEGACY_READ,
    BUNDLE_LEGACY_SYNC,
    BUNDLE_COUNT
};
extern const char *const bundle_names[BUNDLE_COUNT]; /* "read-endpoint" */
bool bundle_find(struct str name, enum bundle *out);

enum permission {
    PERM_NONE,
    PERM_GRAPH_ALERT_READ,
    PERM_GRAPH_ALERT_WRITE,
    PERM_GRAPH_INCIDENT_READ,
    PERM_GRAPH_INCIDENT_WRITE,
    PERM_GRAPH_EVENTS_READ,
    PERM_GRAPH_EVENTS_WRITE,
    PERM_GRAPH_ACTIONS_READ,
    PERM_GRAPH_HUNTING,
    PERM_GRAPH_ORGANIZATION,
    PERM_GRAPH_USER_READ_ALL,
    PERM_GRAPH_USER_READ,
    PERM_GRAPH_USER_DISABLE,
    PERM_GRAPH_USER_SESSIONS,
    PERM_GRAPH_APPLICATION,
    PERM_ALERT_READ,
    PERM_ALERT_WRITE,
    PERM_MACHINE_READ,
    PERM_MACHINE_WRITE,
    PERM_ISOLATE,
    PERM_RESTRICT,
    PERM_SCAN,
    PERM_QUARANTINE,
    PERM_FORENSICS,
    PERM_LIVE_RESPONSE,
    PERM_OFFBOARD,
    PERM_LIBRARY,
    PERM_HUNTING,
    PERM_INDICATORS_ALL,
    PERM_INDICATORS,
    PERM_EVENT_WRITE,
    PERM_FILE_READ,
    PERM_IP_READ,
    PERM_URL_READ,
    PERM_USER_READ,
    PERM_INTEGRATION,
    PERM_REMEDIATION,
    PERM_SCORE,
    PERM_BASELINES,
    PERM_CONFIGURATION,
    PERM_RECOMMENDATIONS,
    PERM_SOFTWARE,
    PERM_VULNERABILITY,
    PERM_COUNT
};
/* Guides of products that ask for permissions, as customers have followed them: one bit each. */
enum guide {
    GUIDE_MANDIANT = 1,
    GUIDE_HUNTRESS = 2,
    GUIDE_DATABEE = 4,
    GUIDE_RESPONSE = 8,      /* Barracuda's for one tenant */
    GUIDE_MULTI_TENANT = 16, /* Barracuda's for several */
    GUIDE_COUNT = 5
};
struct permission_row {
    enum audience audience; /* AUD_GRAPH or AUD_ENDPOINT */
    const char *role;
    enum permission implies; /* PERM_NONE: nothing else */
    enum bundle bundle;
    const char *reason;
    unsigned guides;   /* that print it */
    bool is_delegated; /* a person's, not an application's: of no use to us, never in a token of ours */
};
extern const struct permission_row permission_rows[PERM_COUNT]; /* the first is none */
extern const char *const guide_names[GUIDE_COUNT];              /* of the bit's place */

typedef uint64_t perm_set; /* one bit per permission */
_Static_assert(PERM_COUNT <= 64, "a bit for each");
static inline perm_set perm_bit(enum permission p)
{
    return p == PERM_NONE ? 0 : UINT64_C(1) << p;
}
enum permission perm_find(enum audience audience, struct str role); /* PERM_NONE: no such */
bool perm_has(perm_set granted, enum permission p);                 /* itself, or what implies it */
perm_set perm_of_guide(unsigned guide);
perm_set perm_of_bundle(enum bundle b);
perm_set perm_of_bundles(struct str names); /* "read,hunt", without delegated ones; unknown names count for nothing */
perm_set perm_lacking(perm_set wanted, perm_set granted); /* of the wanted */
/* Of an end-point's role (endpoint_rows): what it is for. "" or unknown: BUNDLE_NONE. */
enum bundle perm_bundle(enum audience audience, struct str role);

/* Who in the customer's tenant may consent to this. */
enum consent_by { CONSENT_NOBODY /* nothing to consent to */, CONSENT_APPLICATION_ADMIN, CONSENT_GLOBAL_ADMIN };
enum consent_by perm_consent_by(perm_set wanted);
/* What portals call the API in their list, under which its permissions are. */
const char *perm_api_name(enum audience audience);
extern const char *const consent_by_names[]; /* "a Privileged Role Administrator or Global Administrator" */

/* What we do with them. A feature is usable when each of its needs is met, by whichever way. */
enum feature {
    FEATURE_ALERTS,
    FEATURE_INCIDENTS,
    FEATURE_HUNTING,
    FEATURE_MACHINES,
    FEATURE_ISOLATE, /* and release; by hand or by itself */
    FEATURE_RESTRICT,
    FEATURE_SCAN,
    FEATURE_COLLECT,
    FEATURE_QUARANTINE,
    FEATURE_SYNC, /* resolve and comment alerts */
    FEATURE_EXPIRY,
    FEATURE_COUNT
};
typedef uint32_t feature_set;
static inline feature_set feature_bit(enum feature f)
{
    return UINT32_C(1) << f;
}
enum { FEATURE_NEEDS = 3, FEATURE_WAYS = 2 };
struct feature_row {
    const char *name, *what;
    /* Needs end with an empty one; of its ways the first is the best, and what is asked for when none is granted. */
    enum permission needs[FEATURE_NEEDS][FEATURE_WAYS];
    bool is_offered; /* at hand whenever the roles allow it: no setting switches it on */
};
extern const struct feature_row feature_rows[FEATURE_COUNT];
perm_set feature_wants(feature_set features);                   /* the best way of each need */
perm_set feature_lacks(enum feature feature, perm_set granted); /* of what it wants; 0: usable */

/* What the granted roles come to. */
struct capabilities {
    perm_set granted;
    perm_set needed;              /* of the granted: a feature that is enabled, or offered and usable, works by it */
    perm_set not_needed;          /* of the granted: none does */
    perm_set wider;               /* of the needed: something smaller would do as well */
    perm_set missing;             /* an enabled feature waits for it */
    feature_set usable;           /* by the roles, enabled or not */
    feature_set second;           /* of the usable: by a second-best way */
    feature_set enabled, blocked; /* blocked: enabled, not usable */
};
void capabilities_judge(perm_set granted, feature_set enabled, struct capabilities *out);
feature_set capabilities_blocked_by(const struct capabilities *c, enum permission missing); /* the enabled ones */

/* "Machine.Isolate of WindowsDefenderATP" and so on, parted by commas; appended. */
bool perm_list(perm_set set, struct buf *out);
/* What to do about what is missing: which role, where in the portal, and who can. Appended, whole sentences. */
bool perm_remedy(perm_set missing, struct buf *out);

#endif
