/* What each tenant's tokens allow, against what is switched on there. It is looked at whenever a token comes or is refused:
 * what has been lost since (consent, a role, the secret, a licence) becomes a condition in the store and a notice, one a cause
 * and not one a tenant; what comes back takes the condition away and is told once too. */
#ifndef FACE_HEALTH_CAPABILITY_H
#define FACE_HEALTH_CAPABILITY_H

#include "cloud/defender/defender.h"
#include "cloud/tenant/feed_settings.h"
#include "cloud/tenant/permissions.h"
#include "cloud/tenant/settings.h"
#include "flow/ingest/ingest.h"
#include "state/store/apps.h"
#include "state/store/store.h"

struct capability_view {
    struct capabilities c;
    bool is_known[AUD_COUNT];    /* a token of that API was seen; of the others nothing counts as missing */
    struct wall seen;            /* the newest of those tokens */
    char others[AUD_COUNT][400]; /* granted roles that no row of permission_rows names, parted by commas */
};
/* What settings switch on, and feeds that are not switched off. */
feature_set capability_features(const struct settings *s, const struct feed_sets *feeds);
bool capability_switched_on(struct store *s, const char *tenant_id, feature_set *out, struct err *e);
bool capability_look(struct store *s, const char *tenant_id, struct capability_view *out, struct err *e);
/* What one of its apps is to have there (its bundles; without any, what is switched on) and its tokens do not hold: the tenant
 * has to consent again. 0: nothing, or no token of it was seen yet. */
bool capability_consent_needed(struct store *s, const char *tenant_id, const struct app_record *app, perm_set *out,
                               struct err *e);
/* May the feature be switched on? Not known yet counts as yes. CAPABILITY_ROLE_NEEDED names role, place and administrator. */
bool capability_allows(struct store *s, const char *tenant_id, enum feature feature, struct err *e);
/* Likewise of a setting's new value; those that switch nothing on may always. */
bool capability_allows_setting(struct store *s, const char *tenant_id, enum setting_id id, int64_t value,
                               struct err *e);
/* Of a feed, by the end-point it is read from. */
bool capability_allows_feed(struct store *s, const char *tenant_id, enum endpoint endpoint, struct err *e);

/* States, as conditions and `tenant show` name them. */
enum capability_state {
    STATE_CONSENT_LOST,
    STATE_ROLE_REMOVED,
    STATE_SECRET_REFUSED,
    STATE_LOGIN_REFUSED,
    STATE_LICENCE_MISSING,
    CAPABILITY_STATES
};
extern const char *const capability_state_names[CAPABILITY_STATES];

/* A login ended; a feed changed. Blocking, workers; *told_out: notices were put into the outbox. */
bool capability_login(struct store *s, const struct login_news *n, bool *told_out, struct err *e);
struct feed_news {
    const char *tenant_id, *feed;
    bool is_licensed; /* it is read; else: not any more */
    const char *text; /* of the error; NULL: none */
};
bool capability_feed(struct store *s, const struct feed_news *n, bool *told_out, struct err *e);
/* For any other condition of a tenant that is one cause (state, subject) for several: puts it and, when it is new, a notice. */
struct condition_change {
    const char *tenant_id, *state, *subject;
    const char *group; /* what makes two tenants' the same cause; NULL: subject */
    const struct cause *cause;
    const char *detail, *remedy; /* remedy NULL: the cause's */
    bool is_quiet;               /* no notice: the tenant has been told of its like */
};
bool condition_begin(struct store *s, const struct condition_change *c, bool *told_out, struct err *e);
/* subject NULL: all of that state. `again` is said when one was there: "consent is there again"; NULL: nothing is said. */
bool condition_end(struct store *s, const struct condition_change *c, const char *again, bool *told_out, struct err *e);

enum {
    CAPABILITY_ROLE_NEEDED,
    CAPABILITY_NO_ROLES,
    CAPABILITY_CONSENT_LOST,
    CAPABILITY_ROLE_REMOVED,
    CAPABILITY_SECRET_REFUSED,
    CAPABILITY_LOGIN_REFUSED,
    CAPABILITY_LICENCE_MISSING,
    CAPABILITY_AGAIN,
    CAPABILITY_CAUSE_COUNT
};
extern const struct cause capability_causes[CAPABILITY_CAUSE_COUNT];

#endif
