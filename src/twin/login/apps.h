/* The applications that ask for tokens, and what tenants have granted them.
 *
 * Each tenant has an application of its own; besides there is one multi-tenant application, the same in all tenants, to
 * which a tenant must consent first, and one that is disabled everywhere. */
#ifndef TWIN_APPS_H
#define TWIN_APPS_H

#include "kit/base/err.h"
#include "kit/base/wall.h"
#include "kit/seal/seal.h"
#include "twin/login/permissions.h"

enum { APP_CERTIFICATES_MAX = 8, APP_REDIRECTS_MAX = 4, APP_REDIRECT_BYTES = 256 };
struct app_certificate {
    struct cert *cert;
    struct cert_facts facts;
};
struct twin_app {
    char client_id[37];
    char client_secret[48];
    char second_secret[48];               /* beside it while it is changed; empty: none */
    char expired_secret[48];              /* of last year: 7000222 */
    struct wall secret_ends, second_ends; /* as the registration says; 0: half a year from now */
    struct app_certificate certificates[APP_CERTIFICATES_MAX];
    unsigned certificate_count;
    char *redirects[APP_REDIRECTS_MAX]; /* beside the ones every application has (consent.c) */
    unsigned redirect_count;
};
void app_init(struct twin_app *a, uint64_t seed);
void app_done(struct twin_app *a);
/* Errors: SEAL_BAD_PEM; TWIN_FULL. The new one is certificates[certificate_count - 1]. */
bool app_add_certificate(struct twin_app *a, struct str pem, struct err *e);
bool app_add_redirect(struct twin_app *a, struct str uri, struct err *e); /* TWIN_FULL: too many, or too long */

/* Consent of one tenant to one application; a new one holds from `since` on, until then what was before. */
struct grant {
    bool was_given, is_given; /* is_given without roles: there is a service principal, and no more */
    role_set before, roles;
    struct wall since;
};
void grant_give(struct grant *g, role_set roles, struct wall now, struct wall since);
bool grant_holds(const struct grant *g, struct wall now);
role_set grant_roles(const struct grant *g, struct wall now);

#endif
