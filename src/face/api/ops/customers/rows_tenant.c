/* The rows of organizations and tenants. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"
#include "face/health/tenant_test.h"

/* As override_rows of cloud/tenant has them. */
/* clang-format off */
/* Whoever says where a login goes is sent the app's credential, which may be that of every customer. */
#define OVERRIDE(name, help) {name, PARAM_TEXT, false, false, false, help, .is_account = true}
#define OVERRIDE_PARAMS \
    OVERRIDE("login-url", "instead of the cloud's login host"), \
    OVERRIDE("token-url", "where tokens come from, the whole address, v1 or v2; {tenant} in it is the tenant's id"), \
    OVERRIDE("graph-url", "instead of the cloud's Graph host"), \
    OVERRIDE("graph-audience", "whom tokens for Graph are for"), \
    {"graph-version", PARAM_TEXT, false, false, false, "v1.0 (default) or beta"}, \
    OVERRIDE("endpoint-url", "instead of the cloud's Defender for Endpoint host"), \
    OVERRIDE("endpoint-audience", "whom tokens for Defender for Endpoint are for"), \
    {"endpoint-version", PARAM_TEXT, false, false, false, "api (default) or api/v1.0"}, \
    OVERRIDE("siem-url", "the legacy SIEM API's host; no cloud has a default"), \
    OVERRIDE("siem-audience", "whom tokens for the SIEM API are for")
/* clang-format on */

static const struct param org_add_params[] = {{"name", PARAM_TEXT, true, true, false, "the customer's name"},
                                              PARAMS_END};
static const struct param tenant_add_params[] = {
    {"tenant-id", PARAM_TEXT, true, true, false, "the Entra tenant's id (a GUID)"},
    {"org", PARAM_ORG, false, true, false, "the organization (customer) it belongs to; made if new"},
    {"client-id", PARAM_TEXT, false, false, false, "of an app of its own: the application (client) id"},
    CREDENTIAL_PARAMS,
    {"apps", PARAM_TEXT, false, false, false,
     "instead, or besides: the account's apps it uses, by name, parted by commas"},
    {"name", PARAM_TEXT, false, false, false, "a name for people; default: the tenant id"},
    {"cloud", PARAM_TEXT, false, false, false, "global (default), gcc, gcc-high, dod, china"},
    OVERRIDE_PARAMS,
    PARAMS_END};
static const struct param tenant_set_params[] = {
    THE_TENANT,
    {"name", PARAM_TEXT, false, false, false, "another name for people"},
    {"client-id", PARAM_TEXT, false, false, false, "another application (client) id of its own app"},
    CREDENTIAL_PARAMS,
    {"apps", PARAM_TEXT, false, false, false, "the account's apps it uses from now on, parted by commas; \"\": none"},
    {"enabled", PARAM_TEXT, false, false, false, "yes, or no: nothing is asked of this tenant any more"},
    {"cloud", PARAM_TEXT, false, false, false, "global, gcc, gcc-high, dod, china"},
    OVERRIDE_PARAMS,
    PARAMS_END};
static const struct param tenant_one_params[] = {THE_TENANT, PARAMS_END};
static const struct param org_remove_params[] = {{"org", PARAM_ORG, true, true, false, "the organization"}, PARAMS_END};
static const struct param tenant_move_params[] = {
    THE_TENANT, {"org", PARAM_ORG, false, true, false, "the organization it goes to; it must be there"}, PARAMS_END};
static const struct param tenant_remove_params[] = {
    THE_TENANT,
    {"list", PARAM_FLAG, false, false, false, "only tell what is held there"},
    {"abandon", PARAM_FLAG, false, false, false,
     "although devices are isolated or actions open: they stay as they are, and nobody here watches them any more"},
    PARAMS_END};
static const struct param tenant_test_params[] = {
    {"tenant", PARAM_TENANT, true, false, false, "the tenant's id or its name"},
    {"all", PARAM_FLAG, false, false, false, "every tenant that is enabled"},
    {"full", PARAM_FLAG, false, false, false, "one question a source, not only one an API"},
    {"history", PARAM_FLAG, false, false, false, "the Tests so far: of the tenant, or the last of each"},
    PARAMS_END};
static const struct column test_columns[] = {{"tenant_id", NULL, TEXT},
                                             {"name", "NAME", TEXT},
                                             {"organization", NULL, TEXT | OR_NULL},
                                             {"at", NULL, TIME | OR_NULL},
                                             {"kind", NULL, TEXT},
                                             {"verdict", "VERDICT", TEXT, WORDS(test_verdict_names)},
                                             {"passed", "PASSED", COUNT},
                                             {"failed", "FAILED", COUNT},
                                             {"skipped", "SKIPPED", COUNT},
                                             {"off", NULL, COUNT},
                                             {"code", "CODE", TEXT | OR_NULL},
                                             {"reason", "REASON", TEXT | OR_NULL},
                                             {"remedy", NULL, TEXT | OR_NULL},
                                             {"findings", NULL, LIST},
                                             {"devices", NULL, LIST},
                                             {0}};
static const struct column tested_columns[] = {{"at", "AT", TIME},
                                               {"tenant_id", "TENANT", TEXT},
                                               {"kind", "KIND", TEXT},
                                               {"verdict", "VERDICT", TEXT, WORDS(test_verdict_names)},
                                               {"passed", "PASSED", COUNT},
                                               {"failed", "FAILED", COUNT},
                                               {"skipped", "SKIPPED", COUNT},
                                               {"report", NULL, ANY},
                                               {0}};
static const struct param consent_needed_params[] = {
    {"app", PARAM_TEXT, false, false, false, "only this app, by its name or client id"}, PARAMS_END};
static const struct column consent_needed_columns[] = {{"tenant_id", NULL, TEXT},    {"name", "NAME", TEXT},
                                                       {"organization", NULL, TEXT}, {"app", "APP", TEXT},
                                                       {"lacks", "LACKS", TEXT},     {"consent_by", "CONSENT BY", TEXT},
                                                       {"link", "LINK", TEXT},       {0}};
static const struct op_view tested_view = {"history", tested_columns, "no Test was made yet"};
static const struct column org_columns[] = {
    {"id", "ID", COUNT}, {"name", "NAME", TEXT}, {"created", "CREATED", TIME}, {0}};
static const struct column tenant_columns[] = {{"name", "NAME", TEXT},
                                               {"tenant_id", "TENANT", TEXT},
                                               {"organization", "ORGANIZATION", TEXT},
                                               {"client_id", NULL, TEXT},
                                               {"cloud", "CLOUD", TEXT},
                                               {"login_url", NULL, TEXT},
                                               {"token_url", NULL, TEXT},
                                               {"graph_url", NULL, TEXT},
                                               {"graph_audience", NULL, TEXT},
                                               {"graph_version", NULL, TEXT},
                                               {"endpoint_url", NULL, TEXT},
                                               {"endpoint_audience", NULL, TEXT},
                                               {"endpoint_version", NULL, TEXT},
                                               {"siem_url", NULL, TEXT},
                                               {"siem_audience", NULL, TEXT},
                                               {"has_secret", NULL, FLAG},
                                               {"apps", NULL, TEXTS},
                                               {"enabled", NULL, FLAG},
                                               {"created", "CREATED", TIME},
                                               {0}};

static const struct column tenant_shape[] = {{"name", NULL, TEXT},
                                             {"tenant_id", NULL, TEXT},
                                             {"organization", NULL, TEXT},
                                             {"client_id", NULL, TEXT},
                                             {"cloud", NULL, TEXT},
                                             {"login_url", NULL, TEXT},
                                             {"token_url", NULL, TEXT},
                                             {"graph_url", NULL, TEXT},
                                             {"graph_audience", NULL, TEXT},
                                             {"graph_version", NULL, TEXT},
                                             {"endpoint_url", NULL, TEXT},
                                             {"endpoint_audience", NULL, TEXT},
                                             {"endpoint_version", NULL, TEXT},
                                             {"siem_url", NULL, TEXT},
                                             {"siem_audience", NULL, TEXT},
                                             {"has_secret", NULL, FLAG},
                                             {"apps", NULL, TEXTS},
                                             {"enabled", NULL, FLAG},
                                             {"created", NULL, TIME},
                                             {"conditions", NULL, LIST | LIVE},
                                             {"roles_seen", NULL, TIME | OR_NULL | LIVE},
                                             {"missing", NULL, TEXT | OR_NULL | LIVE},
                                             {"features", NULL, LIST | LIVE},
                                             {"permissions", NULL, LIST | LIVE},
                                             {0}};
const struct operation tenant_operations[] = {
    {.name = "org add",
     .rest = "POST /api/v1/organizations",
     .help = "add an organization (a customer)",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = org_add_params,
     .run = op_org_add},
    {.name = "org list",
     .one = {.rest = "/api/v1/organizations/{org}", .key = "name"},
     .rest = "GET /api/v1/organizations",
     .help = "list the organizations",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .reach = REACH_SEEN,
     .run = op_org_list,
     .list = "organizations",
     .columns = org_columns,
     .empty = "no organizations yet: portcullis org add NAME"},
    {.name = "org remove",
     .rest = "DELETE /api/v1/organizations/{org}",
     .help = "remove an organization that has no tenants, with what was set for it",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = org_remove_params,
     .run = op_org_remove},
    {.name = "tenant add",
     .shape = tenant_columns,
     .rest = "POST /api/v1/tenants",
     .help = "add a tenant and the credential that opens it",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = tenant_add_params,
     .run = op_tenant_add,
     .more = "The secret is read from a file or from standard input, never from the command line; blanks around it are "
             "cut off. It is "
             "sealed under the key file and never shown again."},
    {.name = "tenant list",
     .rest = "GET /api/v1/tenants",
     .help = "list the tenants",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .reach = REACH_SEEN,
     .run = op_tenant_list,
     .list = "tenants",
     .columns = tenant_columns,
     .empty = "no tenants yet: portcullis tenant add --help"},
    {.name = "tenant show",
     .shape = tenant_shape,
     .rest = "GET /api/v1/tenants/{tenant}",
     .help = "show one tenant",
     .role = ROLE_VIEWER,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = tenant_one_params,
     .run = op_tenant_show},
    {.rest = "GET /api/v1/consents-needed",
     .reach = REACH_SEEN,
     READS("tenant consent-needed", "tenants that have to consent to an app again, with links", consent_needed_params,
           op_consent_needed),
     .list = "tenants",
     .columns = consent_needed_columns,
     .empty = "nowhere: every app holds what it is to have, as far as its tokens were seen",
     .more =
         "An app is to have what its bundles name; without bundles, what is switched on in the tenant. What its last "
         "token there does not hold is listed. The links are plain ones: whoever opens one and consents grants all "
         "that "
         "the registration asks for by then, and the next token shows it. tenant consent-url makes signed ones."},
    {.name = "tenant test",
     .shape = test_columns,
     .rest = "POST /api/v1/tenants/{tenant}/test",
     .help = "how far does a tenant's connection come: entries, network, token, roles, reading, acting",
     .role = ROLE_ANALYST,
     .place = OP_ENGINE,
     .reach = REACH_SEEN,
     .is_read = true,
     .params = tenant_test_params,
     .run = op_tenant_test,
     .list = "tenants",
     .columns = test_columns,
     .empty = "no tenants yet: portcullis tenant add --help",
     .other = &tested_view,
     .more = "Asks for new tokens and reads; nothing is changed at Microsoft: whether we may act is judged by roles, "
             "licence, quota and the systems of the devices that are known. Each step has a verdict: ok, failed (with "
             "code, cause and what to do), skipped (something "
             "before it "
             "failed), off (not wanted, or not granted where nothing needs it). The service makes the light Test every "
             "interval.test, a full one each 24th time. Exit 0: passed; 3: not every tenant; 1: none."},
    {.name = "tenant set",
     .shape = tenant_columns,
     .rest = "PATCH /api/v1/tenants/{tenant}",
     .help =
         "change a tenant: its name, app, secret, cloud, addresses, audiences, versions, or whether it is asked at all",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = tenant_set_params,
     .run = op_tenant_set,
     .more =
         "What is not named stays as it is; an address, audience or version given as \"\" becomes that of the tenant's "
         "cloud again. A service that runs goes on with the change at once. A token is sent only to the hosts set here "
         "(or those of the cloud)."},
    {.name = "tenant move",
     .rest = "POST /api/v1/tenants/{tenant}/move",
     .help = "move a tenant to another organization",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .params = tenant_move_params,
     .run = op_tenant_move,
     .more =
         "What the new organization sets holds from now on, unless the tenant sets it itself. Where remediation comes "
         "to be on by that, alerts first seen before the move only ask. The audit trail has both organizations."},
    {.name = "tenant remove",
     .rest = "DELETE /api/v1/tenants/{tenant}",
     .help = "remove a tenant, its own apps with their secrets and its feeds' state; its events stay in the lake",
     .role = ROLE_ADMIN,
     .place = OP_INSTALLATION,
     .reach = REACH_NAMED,
     .params = tenant_remove_params,
     .run = op_tenant_remove,
     .more = "Tells what was held there. While devices of it are isolated by us or actions are open it is refused: "
             "release them first, or say --abandon."},
    ROWS_END};
