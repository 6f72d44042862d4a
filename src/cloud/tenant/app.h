/* Apps: the registrations in Entra that tokens are asked for with, and the credentials that prove us to be one.
 *
 * An app is a tenant's own (single-tenant), or one of the account's for several tenants (say a reader and a responder). A
 * tenant has one or more; which of them a call goes out with follows from what the call's permission is for. Each app has one
 * active credential, a client secret or a certificate, and may have further ones: the next, which waits for its test and the
 * switch, and old ones to fall back to until they are retired.
 *
 * Secrets are sealed in the store; of a certificate that is its private key. No error holds any of it. Blocking: workers only;
 * adding makes a transaction of its own, so not within one. */
#ifndef CLOUD_TENANT_APP_H
#define CLOUD_TENANT_APP_H

#include <stdbool.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "state/conf/secret.h"
#include "state/store/apps.h"
#include "state/store/store.h"

/* ---- as the cloud rooms need it: immutable, shared by reference count (begins at 1) ---------------------------------- */
struct app_credential {
    struct credential_record record;
    struct secret *secret; /* the client secret, or the private key as PEM; never NULL; empty: it cannot be opened */
};
enum { APP_CREDENTIALS_MAX = 4 };
struct app {
    _Atomic unsigned refs;
    struct app_record record;
    /* The active one first, if there is one (`has_active`); behind it those one may fall over to: tested, and not over when
     * the app was read. */
    struct app_credential credentials[APP_CREDENTIALS_MAX];
    unsigned credential_count;
    bool has_active;
};
struct app *app_ref(struct app *a);
void app_unref(struct app *a); /* accepts NULL */
/* One with a client secret that is in no store: for tests and for trying one out. NULL: no memory. */
struct app *app_of_secret(const char *client_id, struct str secret);

/* ---- what people do ---------------------------------------------------------------------------------------------------- */
/* Exactly one of secret, pem, make_certificate. */
struct credential_input {
    struct str secret;     /* a client secret's value */
    struct str pem;        /* a private key and its certificate, in one PEM text */
    bool make_certificate; /* of a key made here */
    const char *expires;   /* a secret's end: a date, or a duration from now ("180d"); NULL, "": not known */
    const char *key_id;    /* the secret's id as Entra lists it; NULL, "": not known */
    bool is_old_form;      /* a certificate's assertions: RS256 with x5t */
};
static inline bool credential_is_given(const struct credential_input *in)
{
    return in->secret.p != NULL || in->pem.p != NULL || in->make_certificate;
}
struct app_input {
    const char *name, *client_id;
    const char *home_tenant; /* a GUID; NULL, "": not known */
    const char *bundles;     /* "read,hunt"; NULL, "": for everything */
    bool is_multi_tenant;
    struct credential_input credential; /* none: it comes later */
};
/* Errors: APP_BAD_NAME, APP_BAD_BUNDLE, APP_EXISTS, those of input. */
bool app_add(struct store *s, const struct app_input *in, struct app_record *out, struct err *e);
struct app_change { /* NULL: stays */
    const char *name, *client_id, *home_tenant, *bundles;
};
bool app_set(struct store *s, const struct app_record *app, const struct app_change *c, struct err *e);
/* By its name, or by its client id if no other has that. APP_NO_SUCH, APP_AMBIGUOUS. */
bool app_record_find(struct store *s, const char *name_or_client_id, struct app_record *out, struct err *e);
/* The same for use with this tenant: a single-tenant app of another one is not there, word for word. */
bool app_record_find_for(struct store *s, const char *name_or_client_id, const char *tenant_id, struct app_record *out,
                         struct err *e);
/* With its secrets; one that cannot be opened is empty here, see credential_check. */
bool app_open(struct store *s, int64_t id, struct app **out, struct err *e);
/* APP_IN_USE while tenants have it. */
bool app_remove(struct store *s, int64_t id, struct err *e);
/* Which tenants use which: APP_NOT_THERE when the tenant does not have it, APP_LAST when it has no other. */
bool app_give(struct store *s, const char *tenant_id, int64_t app_id, struct err *e);
bool app_take(struct store *s, const char *tenant_id, int64_t app_id, struct err *e);

/* ---- credentials -------------------------------------------------------------------------------------------------------- */
/* Becomes the active one if the app has none or `at_once` (the one before is then retired), else the next one in the place of
 * one that waited already. */
bool credential_add(struct store *s, const struct app_record *app, const struct credential_input *in, bool at_once,
                    struct credential_record *out, struct err *e);
bool credential_find(struct store *s, int64_t app_id, enum credential_state state, struct credential_record *out,
                     bool *found_out, struct err *e); /* the newest in that state */
/* NULL: its secret can be opened. Else which one and what is wrong. */
bool credential_check(struct store *s, const struct credential_record *r, struct err *e);
/* When a secret ends, and its id in Entra, as a person tells; NULL: stays. */
bool credential_describe(struct store *s, const struct credential_record *r, const char *expires, const char *key_id,
                         struct err *e);
/* The app with this one alone, as if it were active: to try it out. */
bool app_open_with(struct store *s, int64_t app_id, int64_t credential_id, struct app **out, struct err *e);
/* A token came with it: it is the active one from now on, the one before is old. */
bool credential_switch(struct store *s, const struct credential_record *r, struct err *e);
/* What a login said of it: NULL: it is taken (again). *is_new_out: it said something else before. STORE_GONE. */
bool credential_judged(struct store *s, int64_t app_id, int64_t id, const struct err *refused, bool *is_new_out,
                       struct err *e);
/* How long it holds, as a word: "unknown", "ok", "expiring" (60 days and less), "expired", "refused" (by the last login). */
const char *credential_health(const struct credential_record *r, struct wall now);
/* Tells of credentials that end in 60, 30, 14, 7 days, in one, or have ended: one notice each, that names the app's tenants, and
 * takes back what is not so any more. Of all whose end nobody knows a day after they came: one notice. Run again and again.
 * *told_out: notices have become durable. */
bool credentials_warn(struct store *s, bool *told_out, struct err *e);
/* The end of the secret in force from what Graph tells of the registration (GET applications(appId='…')): found by its id, else
 * by its first letters. One that Entra does not list stays as it was. */
bool credential_read(struct store *s, const struct app_record *app, struct str registration_json, struct err *e);
/* One notice that the app goes on with another credential than the one that was refused. */
bool credentials_tell_switch(struct store *s, int64_t app_id, const struct err *why, struct err *e);
/* A login of the app was refused for its credential (`why`), or taken again (NULL), at one of its tenants. *is_shared_out: others have it
 * too, so that one notice at the first word names them all, and no further one follows until it changes. */
bool credentials_tell_shared(struct store *s, const char *client_id, const struct err *why, bool *is_shared_out,
                             bool *told_out, struct err *e);
extern const char *const credential_kind_names[CREDENTIAL_KINDS];   /* "secret", "certificate" */
extern const char *const credential_state_names[CREDENTIAL_STATES]; /* "active", … */
extern const char *const expiry_source_names[EXPIRY_SOURCES];       /* "unknown", "entered", "read", "certificate" */

#endif
