/* The rows of how Microsoft is reached: clouds and their addresses, proxy rules. */
#include "face/api/ops/ops.h"
#include "face/api/ops/ops_rows.h"
#include "state/conf/proxy.h"

/* clang-format off */
#define PATTERN {"pattern", PARAM_TEXT, true, true, false, "which destinations: a host, *.domain, or * for all but this machine; perhaps with a port"}
#define OF_WHOM {"tenant", PARAM_TENANT, false, false, false, "of this tenant alone (id or name)"}, \
                {"org", PARAM_ORG, false, false, false, "of this organization's tenants; without either: of all"}
static const struct param set_params[] = {
    PATTERN,
    {"proxy", PARAM_TEXT, true, true, false, "http://host:port, https://host:port, socks5h://host:port, or direct"},
    {"user", PARAM_TEXT, false, false, false, "the name to log in to the proxy with"},
    {"password-file", PARAM_SECRET_FILE, false, false, false, "a file with the password, or - for standard input"},
    {"ca-file", PARAM_SECRET_FILE, false, false, false, "PEM of a CA that is trusted besides, on this way alone: of a proxy that opens TLS"},
    OF_WHOM, PARAMS_END};
static const struct param list_params[] = {OF_WHOM, PARAMS_END};
static const struct param remove_params[] = {PATTERN, OF_WHOM, PARAMS_END};
static const struct param which_params[] = {
    {"url", PARAM_TEXT, true, false, false, "an address; without it: all that the tenant is asked at"},
    {"tenant", PARAM_TENANT, false, false, false, "as this tenant's requests go (id or name)"}, PARAMS_END};
static const struct column rule_columns[] = {
    {"pattern", "DESTINATION", TEXT}, {"proxy", "PROXY", TEXT}, {"user", "USER", TEXT}, {"level", "LEVEL", TEXT, WORDS(proxy_level_names)},
    {"of", "OF", TEXT}, {"has_ca", "CA", FLAG}, {0}};
static const struct column way_columns[] = {
    {"url", "ADDRESS", TEXT}, {"proxy", "PROXY", TEXT}, {"pattern", "BECAUSE OF", TEXT}, {"level", "LEVEL", TEXT, WORDS(proxy_level_names)},
    {"user", NULL, TEXT}, {0}};

static const struct column cloud_columns[] = {
    {"cloud", "CLOUD", TEXT}, {"what", "FOR", TEXT}, {"url", "ADDRESS", TEXT}, {"audience", "AUDIENCE", TEXT}, {0}};

/* Who says which way requests go, and which CA is trusted on it, can be shown every credential that goes there: that of an app that
 * many customers share, too. So proxies are for those who see all organizations. */
const struct operation reach_operations[] = {
    {.name = "cloud list", .is_read = true, .reach = REACH_ALL, .help = "list Microsoft's clouds, their addresses, and the regions of Defender for Endpoint", .role = ROLE_VIEWER,
     .place = OP_LOCAL, .run = op_cloud_list, .list = "addresses", .columns = cloud_columns, .empty = "no clouds",
     .more = "tenant add --cloud NAME takes a cloud; --endpoint-url takes a region's name (eu) or any address."},
    {.name = "proxy set", .readies = true, .rest = "PUT /api/v1/proxies/{pattern}", .help = "reach destinations through a proxy, or directly", .role = ROLE_ADMIN, .place = OP_INSTALLATION,
     .params = set_params, .run = op_proxy_set,
     .more = "The nearest level with a rule that matches decides (tenant, organization, account), within it the closest pattern. "
             "Requests go through the proxy as a tunnel (CONNECT), so it sees no token. A rule for the same pattern at the same "
             "place is replaced."},
    {.name = "proxy list", .one = {.rest = "/api/v1/proxies/{pattern}", .key = "pattern", .level = "level"}, .rest = "GET /api/v1/proxies", .is_read = true, .reach = REACH_SEEN, .help = "list the proxy rules; with --tenant or --org those that count there", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .params = list_params, .run = op_proxy_list, .list = "rules", .columns = rule_columns,
     .empty = "no proxy rules: the environment of the service decides (https_proxy, no_proxy)"},
    {.name = "proxy remove", .readies = true, .rest = "DELETE /api/v1/proxies/{pattern}", .help = "remove a proxy rule", .role = ROLE_ADMIN, .place = OP_INSTALLATION, .params = remove_params,
     .run = op_proxy_remove},
    {.name = "proxy which", .rest = "GET /api/v1/ways", .is_read = true, .reach = REACH_NAMED, .help = "say which way an address, or all of a tenant's, is reached and why", .role = ROLE_VIEWER,
     .place = OP_INSTALLATION, .params = which_params, .run = op_proxy_which, .list = "ways", .columns = way_columns,
     .empty = "no address"},
    ROWS_END};
/* clang-format on */
