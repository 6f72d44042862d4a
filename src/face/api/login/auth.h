/* Who stands behind a request over HTTP: logins, sessions, API tokens.
 *
 * A session's id and a token are 256 random bits; the store has their hashes. Against forged requests from other pages: the
 * cookie is SameSite=Strict, a change needs the session's own token in the header X-CSRF-Token, and where the browser says
 * which page asks (Origin, Sec-Fetch-Site), that has to be ours. */
#ifndef FACE_API_AUTH_H
#define FACE_API_AUTH_H

#include "face/api/principal.h"
#include "state/store/access.h"
#include "state/store/people.h"

struct installation;

enum { SECRET_TEXT_BYTES = 44 /* 32 bytes in base64url, and a NUL */, TOKEN_TEXT_BYTES = 56 };

/* ---- people and what they may -------------------------------------------------------------------------------------------- */
/* The principal that a person is now; orgs lie in `a`. AUTH_NEEDED for one who is switched off. */
bool auth_principal(struct installation *i, const struct person_record *p, const struct login_record *l,
                    struct arena *a, struct principal *out, struct err *e);
/* Must he have a second factor, and has none (setting `second_factor`)? */
bool auth_must_enrol(struct installation *i, const struct person_record *p, const struct login_record *l, bool *out,
                     struct err *e);
/* The last person who may do everything stays: AUTH_LAST_OWNER if `p` is he. Inside the transaction that changes him. */
bool auth_leaves_owner(struct store *s, int64_t person_id, struct err *e);

/* ---- sessions -------------------------------------------------------------------------------------------------------------- */
struct session {
    char id[SECRET_TEXT_BYTES];   /* the cookie's value */
    char csrf[SECRET_TEXT_BYTES]; /* for the header X-CSRF-Token; made from the id */
};
/* A new one, always with a fresh id. `old`: the value of the cookie that came along, whose session ends (NULL: none). */
bool session_begin(struct installation *i, int64_t person_id, const char *how, const char *address, const char *old,
                   struct session *out, struct err *e);
bool session_end(struct installation *i, const char *id, struct err *e);
void session_csrf(const char *id, char out[SECRET_TEXT_BYTES]);

/* ---- logging in ------------------------------------------------------------------------------------------------------------ */
struct login_try {
    const char *name, *address;
    struct str password, code; /* code: of the app, or a recovery code; empty: none */
    const char *old_session;
};
/* Errors: AUTH_WRONG (whatever of it was wrong), AUTH_CODE_NEEDED (only when the password was right), AUTH_THROTTLED, AUTH_BUSY. */
bool auth_login(struct installation *i, const struct login_try *t, struct person_record *who_out, struct session *out,
                struct err *e);
/* The password of somebody who is logged in, asked for again, and unless NULL a code; throttled as a login is. */
bool auth_prove(struct installation *i, const struct principal *by, struct str password, const struct str *code,
                struct err *e);

/* A code of the app or a recovery code; each is used once. Not throttled. */
bool auth_use_code(struct installation *i, int64_t person_id, struct str code, bool *fits_out, struct err *e);
void recovery_hash(struct str code, uint8_t out[ACCESS_HASH_BYTES]); /* blanks, lines and case do not count */

/* ---- requests --------------------------------------------------------------------------------------------------------------- */
struct web_sender {
    const char *session;                                    /* of our cookie; NULL: none */
    const char *authorization, *csrf, *origin, *fetch_site; /* headers; NULL: not there */
    const char *own_origin[2];                              /* "https://portcullis.example"; NULL: none */
    const char *address;
    bool is_change; /* not GET or HEAD */
};
bool auth_check_origin(const struct web_sender *w, struct err *e); /* AUTH_ORIGIN: a page of another site asks */
/* *is_absent_out: no API token and no session that counts. Errors: AUTH_NEEDED, AUTH_BAD_TOKEN, AUTH_CSRF, AUTH_ORIGIN. */
bool auth_who(struct installation *i, const struct web_sender *w, struct arena *a, struct principal *out,
              bool *is_absent_out, struct err *e);

/* ---- API tokens -------------------------------------------------------------------------------------------------------------- */
/* "pct_", 43 characters of secret, 6 of checksum: a scanner finds it, and a cut one is known without the store. */
void token_make(char out[TOKEN_TEXT_BYTES], uint8_t hash_out[ACCESS_HASH_BYTES]);
bool token_hash(struct str text, uint8_t hash_out[ACCESS_HASH_BYTES]); /* false: no token of ours */

/* ---- refusals ----------------------------------------------------------------------------------------------------------------- */
/* An entry "refused" in the audit trail. So many a minute at most, whoever refused: what was left out is counted in the next. */
enum { REFUSALS_A_MINUTE = 30 };
void audit_refusal(struct installation *i, const char *who, const char *address, const char *what,
                   const struct err *why);

enum {
    AUTH_NEEDED,
    AUTH_WRONG,
    AUTH_CODE_NEEDED,
    AUTH_THROTTLED,
    AUTH_BUSY,
    AUTH_BAD_TOKEN,
    AUTH_CSRF,
    AUTH_ORIGIN,
    AUTH_ENROL_FIRST,
    AUTH_WEAK_PASSWORD,
    AUTH_LAST_OWNER,
    AUTH_NO_PERSON,
    AUTH_NOT_ENROLLING,
    AUTH_WRONG_CODE,
    AUTH_TOKEN_TOO_MUCH,
    AUTH_OIDC_OFF,
    AUTH_OIDC_PROVIDER,
    AUTH_OIDC_STATE,
    AUTH_OIDC_TOKEN,
    AUTH_OIDC_NO_ROLE,
    AUTH_OIDC_NAME_TAKEN,
    AUTH_CAUSE_COUNT
};
extern const struct cause auth_causes[AUTH_CAUSE_COUNT];
int auth_status(const struct cause *c); /* the HTTP status of one of these; 0: not one of these */

#endif
