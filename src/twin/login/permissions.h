/* Microsoft's clouds, the APIs a token can be for, their application permissions, and the sets of permissions that products' guides ask for.
 *
 * An API is a row of api_rows; what its tokens are for is said per cloud, in nation_rows. A permission
 * is a row of role_rows; a set of them is a bit mask over that table. To add an end-point, write its route (cloud.c) with
 * its api and, NULL-terminated, the roles of which it wants any; a role not yet in role_rows gets a row there. */
#ifndef TWIN_PERMISSIONS_H
#define TWIN_PERMISSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/str.h"

enum cloud_api { API_GRAPH, API_ENDPOINT, API_XDR, API_SIEM, API_COUNT };
struct api_row {
    const char *name;
    const char *app_id; /* `aud` of its v2 tokens */
};
extern const struct api_row api_rows[API_COUNT];

/* Sovereign audiences follow the API's host (unconfirmed); one cloud's resources are unknown in another. */
enum nation { NATION_GLOBAL, NATION_GCC, NATION_GCC_HIGH, NATION_DOD, NATION_CHINA, NATION_COUNT };
struct nation_row {
    const char *name;
    const char *audiences[API_COUNT]; /* `aud` of v1 tokens, and what resource= and scope= call an API; NULL: none */
    const char *older_audiences[API_COUNT]; /* another name of it */
    bool has_security;                      /* Graph's alerts, incidents and hunting are published there */
};
extern const struct nation_row nation_rows[NATION_COUNT];
bool nation_serves(enum nation n, enum cloud_api api); /* what Defender has to say, at all */
bool nation_by_name(struct str name, enum nation *out);
/* By its audience in that cloud, or its app id; last slashes do not count. */
bool api_by_identifier(enum nation n, struct str identifier, enum cloud_api *out);

/* One bit per row of role_rows. */
typedef uint64_t role_set;
enum { ROLES_MAX = 64 };
struct role_row {
    enum cloud_api api;
    const char *name;
    unsigned guides; /* of enum guide, one bit each */
};
extern const struct role_row role_rows[];
extern const unsigned role_count;
role_set role_by_name(enum cloud_api api, struct str name); /* 0: no such role */
role_set roles_by_name(struct str name);                    /* in whichever API it occurs */

/* "mandiant", "huntress", "databee", "barracuda-response", "barracuda-multi-tenant", "all", "none". */
bool permission_set_by_name(struct str name, role_set *out);
extern const char permission_set_names[]; /* for messages */

role_set roles_of_api(enum cloud_api api);

/* What a rule's `lacks` takes away: every role by which that could be read, through whichever API. */
enum role_group { ROLES_HUNTING, ROLES_ALERTS, ROLES_INCIDENTS, ROLES_MACHINES, ROLE_GROUPS };
role_set role_group(enum role_group group);

#endif
