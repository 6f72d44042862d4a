/* The rows of apps and their credentials. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"

#define THE_APP                                                                 \
    {                                                                           \
        "app", PARAM_TEXT, true, true, false, "the app's name or its client id" \
    }

/* clang-format off */
static const struct param app_one_params[] = {THE_APP, PARAMS_END};
static const struct param app_add_params[] = {
    {"app", PARAM_TEXT, true, true, false, "a name for people, e.g. reader"},
    {"client-id", PARAM_TEXT, false, true, false, "the application (client) id"},
    {"home-tenant", PARAM_TEXT, false, false, false, "the id of the tenant it is registered in, to read there when its secrets end"},
    {"bundles", PARAM_TEXT, false, false, false, "what it is for, e.g. read,hunt; default: everything (docs/credentials.md)"},
    CREDENTIAL_PARAMS,
    PARAMS_END};
static const struct param app_set_params[] = {
    THE_APP,
    {"name", PARAM_TEXT, false, false, false, "another name for people", .is_account = true},
    {"client-id", PARAM_TEXT, false, false, false, "another application (client) id", .is_account = true},
    {"home-tenant", PARAM_TEXT, false, false, false, "the id of the tenant it is registered in", .is_account = true},
    {"bundles", PARAM_TEXT, false, false, false, "what it is for; \"\": everything"},
    {"expires", PARAM_TEXT, false, false, false, "when Entra lets the secret in force end: 2027-03-31, or 180d from now"},
    {"secret-id", PARAM_TEXT, false, false, false, "the id of the secret in force as Entra lists it (not its value)"},
    PARAMS_END};
static const struct param app_rotate_params[] = {
    THE_APP, CREDENTIAL_PARAMS,
    {"retire", PARAM_FLAG, false, false, false, "instead: delete what was replaced, once Entra does not know it any more"},
    PARAMS_END};
static const struct param tenant_rotate_params[] = {
    THE_TENANT, CREDENTIAL_PARAMS,
    {"retire", PARAM_FLAG, false, false, false, "instead: delete what was replaced, once Entra does not know it any more"},
    PARAMS_END};
static const struct column app_columns[] = {
    {"name", "NAME", TEXT}, {"client_id", "CLIENT ID", TEXT}, {"kind", "KIND", TEXT}, {"home_tenant", NULL, TEXT | OR_NULL},
    {"bundles", "FOR", TEXT}, {"created", NULL, TIME}, {"tenants", "TENANTS", COUNT}, {"credential", "CREDENTIAL", TEXT | OR_NULL},
    {"health", "HEALTH", TEXT | OR_NULL | LIVE}, {"expires", "ENDS", TIME | OR_NULL}, {0}};
/* clang-format on */

static const char rotate_more[] =
    "The new credential is tried first: real tokens for Graph and Defender for Endpoint, of up to five of the app's "
    "tenants. Only "
    "if it holds it is put in force; else the old one stays and the message says why. The old one is kept, to fall "
    "back "
    "to, until "
    "--retire. A certificate made here is put in force by a second call, once its public part is in Entra.";

static const struct column app_shape[] = {{"name", NULL, TEXT},
                                          {"client_id", NULL, TEXT},
                                          {"kind", NULL, TEXT},
                                          {"home_tenant", NULL, TEXT | OR_NULL},
                                          {"bundles", NULL, TEXT},
                                          {"created", NULL, TIME},
                                          {"credentials", NULL, LIST},
                                          {"tenants", NULL, TEXTS},
                                          {0}};
const struct operation credential_operations[] = {
    {.name = "app add",
     .shape = app_shape,
     .rest = "POST /api/v1/apps",
     .help = "add an app of the account: a multi-tenant registration that several tenants use",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = app_add_params,
     .run = op_app_add},
    {.name = "app list",
     .reach = REACH_SEEN,
     .rest = "GET /api/v1/apps",
     .help = "list the apps: the account's, and those that tenants have of their own",
     .role = ROLE_VIEWER,
     .is_read = true,
     .place = OP_INSTALLATION,
     .run = op_app_list,
     .list = "apps",
     .columns = app_columns,
     .empty = "no apps yet: portcullis app add --help, or portcullis tenant add --help"},
    {.name = "app show",
     .reach = REACH_SEEN,
     .shape = app_shape,
     .rest = "GET /api/v1/apps/{app}",
     .help = "show an app: its credentials and who uses it",
     .role = ROLE_VIEWER,
     .is_read = true,
     .place = OP_INSTALLATION,
     .params = app_one_params,
     .run = op_app_show},
    {.name = "app certificate",
     .reach = REACH_SEEN,
     .rest = "GET /api/v1/apps/{app}/certificate",
     .help = "show the public part of an app's certificate, PEM, with its thumbprints",
     .role = ROLE_VIEWER,
     .is_read = true,
     .place = OP_INSTALLATION,
     .params = app_one_params,
     .run = op_app_certificate},
    {.name = "app set",
     .reach = REACH_SEEN,
     .shape = app_shape,
     .rest = "PATCH /api/v1/apps/{app}",
     .help = "change an app: its name, ids, what it is for, or when its secret ends",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = app_set_params,
     .run = op_app_set},
    {.name = "app rotate",
     .reach = REACH_SEEN,
     .rest = "POST /api/v1/apps/{app}/rotate",
     .help = "change an app's secret or certificate, after the new one has proved itself",
     .more = rotate_more,
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .params = app_rotate_params,
     .run = op_app_rotate},
    {.name = "app remove",
     .reach = REACH_SEEN,
     .rest = "DELETE /api/v1/apps/{app}",
     .help = "remove an app that no tenant uses, with its secrets",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = app_one_params,
     .run = op_app_remove},
    {.name = "tenant rotate",
     .reach = REACH_NAMED,
     .rest = "POST /api/v1/tenants/{tenant}/rotate",
     .help = "change the secret or certificate of a tenant's own app, after the new one has proved itself",
     .more = rotate_more,
     .role = ROLE_ADMIN,
     .place = OP_ENGINE,
     .params = tenant_rotate_params,
     .run = op_tenant_rotate},
    ROWS_END};
