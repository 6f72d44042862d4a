/* Tokens at the door of an API: signature, audience, time, tenant, roles (sections 2.5, 2.6, 9.1).
 *
 * A route names its API and the roles of which it wants any; the router calls access_check before the handler. A call
 * whose role depends on what it is about (cancelling an action, say) gives access_check no roles and calls
 * access_require once it knows. */
#ifndef TWIN_ACCESS_H
#define TWIN_ACCESS_H

#include "twin/login/permissions.h"

struct exchange;
/* A token of x->api, which the router has set. Sets x->tenant and x->roles. `roles` is NULL-terminated; NULL or empty: any token of that audience will do. */
bool access_check(struct exchange *x, const char *const *roles);
/* After access_check: any of these, else the 403 of that API. */
bool access_require(struct exchange *x, const char *const *roles);

#endif
