/* Who may come in: logins of people, sessions, API tokens, single sign-on, and how often somebody guessed wrong. What could
 * open a door is here as a hash alone (store.h's secrets hold what must be read again: TOTP keys, the client secret). */
#ifndef STATE_STORE_ACCESS_H
#define STATE_STORE_ACCESS_H

#include "state/store/people.h"
#include "state/store/store.h"

enum { ACCESS_HASH_BYTES = 32, ACCESS_ADDRESS_BYTES = 64, SUBJECT_BYTES = 384 };

/* How a person may log in; one without a row cannot. Goes with the person. */
enum totp_state { TOTP_OFF, TOTP_PENDING /* shown, not confirmed */, TOTP_ON };
struct login_record {
    int64_t person_id;
    char password_hash[PIN_HASH_BYTES]; /* empty: no password */
    bool is_disabled;
    bool is_scoped;              /* to the organizations of store_scope_list; none of them: sees nothing */
    char subject[SUBJECT_BYTES]; /* who he is at the identity provider ("issuer subject"); empty: logs in here */
    enum totp_state totp;
    int64_t totp_step; /* the last one used: none is taken twice */
    struct wall password_set;
};
/* All zero for a person who has none yet. */
bool store_login_find(struct store *s, int64_t person_id, struct login_record *out, struct err *e);
bool store_login_put(struct store *s, const struct login_record *r,
                     struct err *e); /* STORE_EXISTS by subject, STORE_GONE */
bool store_person_by_subject(struct store *s, const char *subject, struct person_record *out, bool *found_out,
                             struct err *e);
bool store_person_by_id(struct store *s, int64_t id, struct person_record *out, bool *found_out, struct err *e);

/* Organizations that somebody or something is confined to. One that is removed drops out of all of them. */
enum scope_owner { SCOPE_PERSON, SCOPE_TOKEN, SCOPE_RULE };
bool store_scope_set(struct store *s, enum scope_owner kind, int64_t id, const int64_t *orgs, size_t count,
                     struct err *e);
bool store_scope_list(struct store *s, enum scope_owner kind, int64_t id,
                      bool (*each)(void *arg, int64_t org_id, const char *org_name), void *arg, struct err *e);

/* Codes for who has lost his second factor; each works once. */
bool store_recovery_set(struct store *s, int64_t person_id, const uint8_t (*hashes)[ACCESS_HASH_BYTES], size_t count,
                        struct err *e);
bool store_recovery_use(struct store *s, int64_t person_id, const uint8_t hash[ACCESS_HASH_BYTES], bool *was_there_out,
                        struct err *e);
bool store_recovery_count(struct store *s, int64_t person_id, uint64_t *out, struct err *e);

struct session_record {
    uint8_t hash[ACCESS_HASH_BYTES];
    int64_t person_id;
    char how[12]; /* "password", "oidc" */
    char address[ACCESS_ADDRESS_BYTES];
    struct wall created, seen, until;
};
bool store_session_add(struct store *s, const struct session_record *r, struct err *e); /* STORE_GONE: no such person */
bool store_session_find(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct session_record *out,
                        bool *found_out, struct err *e);
bool store_session_seen(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct wall at, struct err *e);
bool store_session_remove(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct err *e);
/* All of a person's but `keep` (NULL: all). */
bool store_sessions_remove_of(struct store *s, int64_t person_id, const uint8_t *keep, struct err *e);
bool store_sessions_drop(struct store *s, struct wall now, struct wall seen_before, struct err *e); /* the expired */
bool store_sessions_count(struct store *s, int64_t person_id, uint64_t *out, struct err *e);

struct api_token_record {
    int64_t id;        /* 0 when new */
    int64_t person_id; /* whose it is; 0: the installation's own */
    char person[NAME_BYTES];
    char name[NAME_BYTES];
    uint8_t hash[ACCESS_HASH_BYTES];
    char role[16];
    bool is_scoped;
    struct wall created, expires, used; /* used 0: never */
    char used_from[ACCESS_ADDRESS_BYTES];
};
bool store_api_token_add(struct store *s, struct api_token_record *r,
                         struct err *e); /* sets r->id; STORE_EXISTS by name, STORE_GONE */
bool store_api_token_find(struct store *s, const uint8_t hash[ACCESS_HASH_BYTES], struct api_token_record *out,
                          bool *found_out, struct err *e);
bool store_api_token_list(struct store *s, bool (*each)(void *arg, const struct api_token_record *r), void *arg,
                          struct err *e);
bool store_api_token_used(struct store *s, int64_t id, struct wall at, const char *address, struct err *e);
bool store_api_token_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);

/* Wrong guesses, by what they were made against or where they came from. Of the keys the KEPT newest are kept. */
enum { THROTTLE_KEY_BYTES = 96, THROTTLE_KEPT = 20000 };
struct throttle_record {
    char key[THROTTLE_KEY_BYTES];
    int64_t failures;
    struct wall last, until; /* nothing is looked at before `until` */
};
bool store_throttle_find(struct store *s, const char *key, struct throttle_record *out, bool *found_out, struct err *e);
bool store_throttle_put(struct store *s, const struct throttle_record *r, struct err *e);
bool store_throttle_remove(struct store *s, const char *key, struct err *e);
bool store_throttle_drop(struct store *s, struct wall before, struct err *e);

/* Single sign-on; its client secret: store_secret_get "oidc.client_secret". */
struct oidc_record {
    char issuer[HOST_BYTES], client_id[NAME_BYTES], scopes[NAME_BYTES], name_claim[64];
    char redirect_url[HOST_BYTES];
};
bool store_oidc_get(struct store *s, struct oidc_record *out, bool *found_out, struct err *e);
bool store_oidc_set(struct store *s, const struct oidc_record *r, struct err *e);
bool store_oidc_remove(struct store *s, struct err *e); /* with its secret; the rules stay */
/* Who has `value` in `claim` gets this role, in these organizations or all. */
struct oidc_rule_record {
    int64_t id;
    char claim[64], value[HOST_BYTES], role[16];
    bool is_scoped;
};
bool store_oidc_rule_add(struct store *s, struct oidc_rule_record *r, struct err *e); /* sets r->id */
bool store_oidc_rule_list(struct store *s, bool (*each)(void *arg, const struct oidc_rule_record *r), void *arg,
                          struct err *e);
bool store_oidc_rule_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);

#endif
