/* Bringing a customer's tenant in: consent is asked for by a link, an administrator answers (or not), and what counts is the proof: a
 * token of that very tenant, for each API the application is for.
 *
 * The link's `state` is opaque, signed (HMAC under a key that is sealed in the store) and expires; it names one onboarding and is used up
 * by the first consent that comes back with it. Opening the link uses nothing up, nor does a refusal: the next administrator may try
 * it again. What the browser brings (the tenant's id above all) is a claim that anybody can make; it decides whom to ask a token for,
 * and nothing else. A tenant known beforehand is asked for by itself too, so that no call-back need ever reach us.
 *
 *   waiting ──consent came──► checking ──both APIs' tokens have roles──► active
 *      │ ▲                       │  └─ an hour, one API only ─► partial
 *      │ └─ next try ─ refused   └─ an hour, none ─► failed
 *      └─ the link's end ─► expired          quarantined ──accepted──► checking
 *                                                 └──rejected──► rejected
 *
 * The pure part decides, (record, event, now) → record; the store part keeps the records. The store part blocks: workers only. */
#ifndef CLOUD_TENANT_ONBOARDING_H
#define CLOUD_TENANT_ONBOARDING_H

#include <stdbool.h>

#include "cloud/tenant/permissions.h"
#include "cloud/tenant/tenant.h"
#include "kit/base/err.h"
#include "kit/base/wall.h"
#include "state/store/apps.h"
#include "state/store/onboardings.h"
#include "state/store/store.h"

enum onboarding_state {
    ONBOARDING_WAITING,  /* for an administrator */
    ONBOARDING_CHECKING, /* consent was reported, or accepted by the operator: tokens are asked for */
    ONBOARDING_ACTIVE,   /* proved for every API it is for */
    ONBOARDING_PARTIAL,  /* proved for one API; the other's permissions never showed */
    ONBOARDING_REFUSED,  /* an administrator said no, or could not; the link still works */
    ONBOARDING_FAILED,
    ONBOARDING_EXPIRED,
    ONBOARDING_QUARANTINED, /* another tenant answered than was expected: a person accepts or rejects it */
    ONBOARDING_REJECTED,
    ONBOARDING_STATES
};
extern const char *const onboarding_state_names[ONBOARDING_STATES];
enum onboarding_form { FORM_V1, FORM_V2, FORM_AUTHORIZE, ONBOARDING_FORMS };
extern const char *const onboarding_form_names[ONBOARDING_FORMS]; /* "v1", "v2", "authorize" */

/* ---- the link (pure) ----------------------------------------------------------------------------------------------------- */
enum { ONBOARDING_STATE_BYTES = 96, ONBOARDING_KEY_BYTES = 32 };
void onboarding_sign(struct str key, const char *nonce, struct wall expires, char out[ONBOARDING_STATE_BYTES]);
/* Ours and not over: its nonce. ONBOARDING_STATE_MISSING, _FORGED, _OVER. */
bool onboarding_verify(struct str key, struct str state, struct wall now, char nonce_out[ONBOARDING_NONCE_BYTES],
                       struct err *e);
struct onboarding_link {
    const char *login_url;      /* https://login.microsoftonline.com */
    const char *graph_audience; /* of the v2 form's scope: one API alone can be asked for */
    const char *client_id;
    const char *tenant_id; /* empty: whichever signs in */
    const char *redirect;  /* empty: the registration's own first one, which does not reach us */
    const char *state;
    enum onboarding_form form;
};
bool onboarding_link_write(const struct onboarding_link *l, struct buf *out);

/* ---- steps (pure) --------------------------------------------------------------------------------------------------------- */
/* What came back with the browser; all of it is unproved. */
struct onboarding_answer {
    struct str error, description, subcode, state, tenant, admin_consent;
};
/* `error` decides before anything else. False: what it means. */
bool onboarding_answer_check(const struct onboarding_answer *a, struct err *e);
/* The AADSTS number in a description; 0: none. */
unsigned onboarding_code(struct str description);

/* Consent came back for this record. False: it is refused (replayed, expired, another tenant's), and why; the record stays as it is.
 * ONBOARDING_OTHER_TENANT: the other one is to be quarantined (onboarding_quarantine). */
bool onboarding_consented(struct onboarding_record *r, struct str tenant, struct wall now, struct err *e);
/* A refusal came back: noted, the link still works. */
void onboarding_refused(struct onboarding_record *r, const struct err *why, struct wall now);
/* The record of another tenant that answered this one's link. */
void onboarding_quarantine(const struct onboarding_record *of, struct str tenant, struct wall now,
                           struct onboarding_record *out);
/* A person's word on a quarantined one. ONBOARDING_NOT_QUARANTINED. */
bool onboarding_judge(struct onboarding_record *r, bool accepts, struct wall now, struct err *e);
/* "Ask now": the tokens are due at once; a failed or partial one has another hour. ONBOARDING_NO_TENANT, ONBOARDING_OVER. */
bool onboarding_retry(struct onboarding_record *r, struct wall now, struct err *e);

/* What one API's login said of the tenant. */
enum onboarding_proof {
    PROOF_NONE,     /* not asked */
    PROOF_ROLES,    /* a token of this tenant, with roles */
    PROOF_NO_ROLES, /* a token of this tenant without any */
    PROOF_PENDING,  /* the application is not known there (yet) */
    PROOF_ABSENT,   /* the tenant has no such service: no licence */
    PROOF_PASSING,  /* not reached, throttled: says nothing */
    PROOF_REFUSED,  /* a person must act: a wrong secret, a disabled application, a policy */
    PROOF_COUNT
};
extern const char *const onboarding_proof_names[PROOF_COUNT];
enum { PROOF_BITS = 4 }; /* in record.proofs, by audience */
enum onboarding_proof onboarding_proof_of(const struct onboarding_record *r, enum audience a);
struct onboarding_proved {
    enum onboarding_proof proof;
    const struct err *why; /* NULL: nothing is wrong */
};
/* Both were asked (an audience that the record does not want is PROOF_NONE). *adds_out: the tenant comes in now. */
void onboarding_step(struct onboarding_record *r, const struct onboarding_proved proved[AUD_COUNT], struct wall now,
                     bool *adds_out);
static inline int64_t onboarding_bit(enum audience a)
{
    return INT64_C(1) << a;
}
/* Whose tokens are asked for: the tenant that answered, else the expected one; empty: not known. */
const char *onboarding_tenant(const struct onboarding_record *r);

/* It cannot go on: the tenant cannot be brought in. */
void onboarding_fail(struct onboarding_record *r, const struct err *why, struct wall now);

/* ---- in the store ------------------------------------------------------------------------------------------------------------ */
struct onboarding_input {
    const char *org, *tenant_id, *name; /* tenant_id NULL: whichever signs in; name NULL: the id, once known */
    const char *client_id, *cloud, *asked_by, *mail, *redirect;
    enum onboarding_form form;
    int64_t wants; /* onboarding_bit's, at least one */
    int64_t lookback_ms, lookback_hunting_ms;
    int64_t valid_ms; /* of the link */
    struct wall now;
    bool is_limited; /* as of tenant_input */
};
/* Makes the organization if it is new. Gives the record and the link's address. */
bool onboarding_begin(struct store *s, const struct conf *c, const struct onboarding_input *in,
                      struct onboarding_record *out, struct buf *link_out, struct err *e);
/* Does this link come from us, and is it still good? Changes nothing. */
bool onboarding_is_signed(struct store *s, struct str state, struct wall now);
/* A browser came back. True: consent was taken, *out is being checked. False: `e` says why not; what was refused is in the audit trail
 * either way, and *is_known_out whether `out` was found at all. */
bool onboarding_take(struct store *s, const struct onboarding_answer *a, struct wall now, struct onboarding_record *out,
                     bool *is_known_out, struct err *e);
bool onboarding_find(struct store *s, const char *id, struct onboarding_record *out, struct err *e);
/* Whose tokens are to be asked for, and with which application; the tenant need not be in the store. */
bool onboarding_suspect(struct store *s, const struct conf *c, const struct onboarding_record *r, struct tenant **out,
                        struct app **app_out, struct err *e);
/* It is proved: the tenant comes in with its organization, name, first look back and app; one that is here gets the app. */
bool onboarding_adopt(struct store *s, const struct conf *c, const struct onboarding_record *r, const struct app *app,
                      struct wall now, struct err *e);
/* A tenant as tenant_add would make it of this, checked and not stored, with the app that its tokens would be asked for with: its own
 * one, else the first of the account's. *app_out NULL: a certificate of its own, which cannot be tried before it is stored. */
bool onboarding_trial(struct store *s, const struct conf *c, const struct tenant_input *in, struct tenant **out,
                      struct app **app_out, struct err *e);
/* What an app asks for: the permissions of its bundles; of one for everything, those that our features want. */
perm_set onboarding_wanted(const struct app_record *app);
int64_t onboarding_audiences(perm_set set); /* onboarding_bit's; never 0 */
/* A tenant's first look back, before it is there, so that its feeds begin with it; < 0: not said. */
bool onboarding_lookback(struct store *s, const char *tenant_id, int64_t org_id, int64_t lookback_ms,
                         int64_t lookback_hunting_ms, const char *actor, struct wall now, struct err *e);

enum {
    ONBOARDING_STATE_MISSING,
    ONBOARDING_STATE_FORGED,
    ONBOARDING_OVER,
    ONBOARDING_REPLAYED,
    ONBOARDING_UNKNOWN,
    ONBOARDING_OTHER_TENANT,
    ONBOARDING_NO_TENANT,
    ONBOARDING_NO_CONSENT,
    ONBOARDING_DECLINED,
    ONBOARDING_ROLE,
    ONBOARDING_NO_SERVICE,
    ONBOARDING_APP_UNKNOWN,
    ONBOARDING_REDIRECT,
    ONBOARDING_POLICY,
    ONBOARDING_TEMPORARY,
    ONBOARDING_ERROR,
    ONBOARDING_NEVER_SHOWN,
    ONBOARDING_HALF_SHOWN,
    ONBOARDING_NOT_QUARANTINED,
    ONBOARDING_NO_SUCH,
    ONBOARDING_ELSEWHERE,
    ONBOARDING_CAUSE_COUNT
};
extern const struct cause onboarding_causes[ONBOARDING_CAUSE_COUNT];

#endif
