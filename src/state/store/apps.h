/* Apps and their credentials. An app is a registration in Entra: a tenant's own one, or one of the account's for several tenants. */
#ifndef STATE_STORE_APPS_H
#define STATE_STORE_APPS_H

#include "state/store/store.h"

struct app_record {
    int64_t id; /* 0 when new */
    char client_id[GUID_BYTES];
    char name[NAME_BYTES];        /* unique without regard to ASCII case */
    char home_tenant[GUID_BYTES]; /* where it is registered; empty: not known */
    bool is_multi_tenant;
    char bundles[NAME_BYTES]; /* what it is for ("read,hunt"); empty: for everything */
    struct wall created;
};
enum credential_kind { CREDENTIAL_SECRET, CREDENTIAL_CERTIFICATE, CREDENTIAL_KINDS };
enum credential_state {
    CREDENTIAL_ACTIVE,  /* tokens are asked for with it; one of an app */
    CREDENTIAL_NEXT,    /* waits for its test and the switch */
    CREDENTIAL_OLD,     /* was active; still held, so that one can fall back to it */
    CREDENTIAL_RETIRED, /* its secret is gone; the row tells that there was one */
    CREDENTIAL_STATES
};
enum expiry_source { EXPIRY_UNKNOWN, EXPIRY_ENTERED, EXPIRY_READ /* in Entra */, EXPIRY_CERTIFICATE, EXPIRY_SOURCES };
enum { CREDENTIAL_LABEL_BYTES = 64, THUMBPRINT_BYTES = 48 };
struct credential_record {
    int64_t id, app_id; /* id 0 when new */
    enum credential_kind kind;
    enum credential_state state;
    struct wall added, expires; /* expires 0: not known */
    enum expiry_source expires_from;
    struct wall tested;                      /* a token was got with it, last; 0: never */
    char sealed_as[CREDENTIAL_LABEL_BYTES];  /* the name of its secret; given by store_credential_put when empty */
    char key_id[GUID_BYTES];                 /* of a secret, as Entra lists it; empty: not known */
    char sha256[THUMBPRINT_BYTES], sha1[32]; /* of a certificate, base64url without padding */
    bool is_old_form;                        /* assertions in RS256 with x5t instead of PS256 with x5t#S256 */
    int64_t warned;                          /* days before the end that were told last; 0: none, see credentials.h */
    char error_code[64];                     /* why it was refused, last; empty: it was not */
    char error_text[400];
    struct wall error_since;
};
/* STORE_EXISTS: the name is another's, or the client id is another app's of the same home tenant. */
bool store_app_put(struct store *s, struct app_record *r, struct err *e); /* sets r->id when new; STORE_GONE */
bool store_app_list(struct store *s, bool (*each)(void *arg, const struct app_record *r), void *arg, struct err *e);
bool store_app_remove(struct store *s, int64_t id, struct err *e); /* with its credentials and their secrets */
/* Sets r->id and r->sealed_as when new; STORE_GONE without its app. A new active one is refused (STORE_EXISTS) while there is
 * another; see store_credential_promote. */
bool store_credential_put(struct store *s, struct credential_record *r, struct err *e);
/* This one is active from now on, the active one old. */
bool store_credential_promote(struct store *s, int64_t app_id, int64_t id, struct err *e);
bool store_credential_retire(struct store *s, int64_t id, struct err *e); /* its secret is deleted */
/* By app and id; app_id 0: of all apps. */
bool store_credential_list(struct store *s, int64_t app_id, bool (*each)(void *arg, const struct credential_record *r),
                           void *arg, struct err *e);
/* A certificate's public part, PEM. */
bool store_certificate_put(struct store *s, int64_t credential_id, struct str pem, struct err *e);
bool store_certificate_get(struct store *s, int64_t credential_id, struct buf *pem_out, bool *found_out, struct err *e);

/* Which apps a tenant uses, and the other way round; each in the order they were given. */
bool store_tenant_app_add(struct store *s, const char *tenant_id, int64_t app_id, struct err *e); /* STORE_GONE */
bool store_tenant_app_remove(struct store *s, const char *tenant_id, int64_t app_id, struct err *e);
bool store_tenant_app_list(struct store *s, const char *tenant_id /* NULL: all */, int64_t app_id /* 0: all */,
                           bool (*each)(void *arg, const char *tenant_id, int64_t app_id), void *arg, struct err *e);

#endif
