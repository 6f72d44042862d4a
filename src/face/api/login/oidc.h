/* Single sign-on by OpenID Connect: authorization code with PKCE, state and nonce. What the provider says of a person counts
 * only from an id token whose signature, issuer, audience, times and nonce hold. Provider and keys are asked anew at each
 * sign-in, so keys that were rotated are the right ones at once. */
#ifndef FACE_API_OIDC_H
#define FACE_API_OIDC_H

#include "face/api/login/auth.h"
#include "kit/json/json.h"
#include "state/store/people.h"

struct oidc_provider {
    const char *authorization_url, *token_url, *jwks_url; /* in the arena */
    bool takes_basic;  /* how the client secret is sent: as HTTP Basic, else in the form */
    bool names_itself; /* in its answers (RFC 9207): one that does not is not its own */
};
/* What the issuer publishes. Errors: AUTH_OIDC_PROVIDER. */
bool oidc_discover(struct installation *i, const struct oidc_record *o, struct arena *a, struct oidc_provider *out,
                   struct err *e);

/* One sign-in on its way; kept sealed in the browser's own cookie. */
struct oidc_flow {
    char state[SECRET_TEXT_BYTES], nonce[SECRET_TEXT_BYTES], verifier[SECRET_TEXT_BYTES];
    struct wall until;
    uint8_t asked[32]; /* a hash of whom it went to, for which application */
    bool names_itself;
};
void oidc_flow_make(const struct oidc_record *o, const struct oidc_provider *p, struct wall now, struct oidc_flow *out);
bool oidc_flow_is_of(const struct oidc_flow *f, const struct oidc_record *o); /* not of one that was set before */
bool oidc_flow_seal(struct installation *i, const struct oidc_flow *f, struct buf *out, struct err *e);
bool oidc_flow_open(struct installation *i, struct str cookie, struct oidc_flow *out); /* false: not ours, or too old */
void oidc_authorize_url(const struct oidc_provider *p, const struct oidc_record *o, const struct oidc_flow *f,
                        struct buf *out);

/* The code for the claims of a verified id token. Errors: AUTH_OIDC_PROVIDER, AUTH_OIDC_TOKEN. */
bool oidc_redeem(struct installation *i, const struct oidc_record *o, const struct oidc_flow *f, struct str code,
                 struct arena *a, const struct json **claims_out, struct err *e);

/* The id token alone, with the provider's keys; pure. */
struct oidc_expect {
    const char *issuer, *client_id, *nonce;
    struct wall now;
};
bool oidc_verify(struct str token, const struct json *jwks, const struct oidc_expect *x, struct arena *a,
                 const struct json **claims_out, struct err *e);

/* Who it is here, by the rules: found by his subject, or made; role and organizations as the rules have them now. Of several rules
 * that fit the highest role counts, and the organizations of those that give it.
 * Errors: AUTH_OIDC_NO_ROLE, AUTH_OIDC_NAME_TAKEN, AUTH_NEEDED (switched off), AUTH_LAST_OWNER. */
bool oidc_person(struct installation *i, const struct oidc_record *o, const struct json *claims, struct arena *a,
                 struct person_record *out, struct err *e);

#endif
