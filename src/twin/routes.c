/* Which part of the model answers which request: one row a call, with the API it belongs to, the limits it counts against
 * and the roles that may make it (section 2.6 of the reference). */
#include "twin/calls.h"

#define INDICATORS "Ti.ReadWrite", "Ti.ReadWrite.All"
#define READ_ALERTS "Alert.Read.All", "Alert.ReadWrite.All"
#define READ_MACHINES "Machine.Read.All", "Machine.ReadWrite.All"
/* clang-format off */
static const struct route {
    const char *method;
    const char *path; /* behind the prefix; "*" is one segment, "(*)" an argument list, a last "/?" one that may be absent */
    enum cloud_api api;
    enum cloud_family family;
    const char *roles[4]; /* any of them will do; NULL-terminated */
    void (*answer)(struct exchange *x, struct str id);
    int what; /* to x->what */
} routes[] = {
    {"POST", "security/runHuntingQuery", API_GRAPH, FAMILY_HUNTING, {"ThreatHunting.Read.All"}, hunting_handle, 0},
    {"GET", "security/alerts_v2/?", API_GRAPH, FAMILY_SECURITY, {"SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"}, collection_handle, OBJECT_ALERT},
    {"GET", "security/incidents/?", API_GRAPH, FAMILY_SECURITY, {"SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"}, collection_handle, OBJECT_INCIDENT},
    {"GET", "applications(*)", API_GRAPH, FAMILY_SECURITY, {"Application.Read.All"}, registration_handle, 0},
    {"POST", "$batch", API_GRAPH, FAMILY_BATCH, {NULL}, batch_handle, 0},
    {"PATCH", "security/alerts_v2/*", API_GRAPH, FAMILY_SECURITY, {"SecurityAlert.ReadWrite.All"}, patch_handle, OBJECT_ALERT},
    {"PATCH", "security/incidents/*", API_GRAPH, FAMILY_SECURITY, {"SecurityIncident.ReadWrite.All"}, patch_handle, OBJECT_INCIDENT},
    {"POST", "security/alerts_v2/*/comments", API_GRAPH, FAMILY_SECURITY, {"SecurityAlert.ReadWrite.All"}, comment_handle, OBJECT_ALERT},
    {"POST", "security/incidents/*/comments", API_GRAPH, FAMILY_SECURITY, {"SecurityIncident.ReadWrite.All"}, comment_handle, OBJECT_INCIDENT},
    {"GET", "alerts/?", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {READ_ALERTS}, collection_handle, OBJECT_ENDPOINT_ALERT},
    {"PATCH", "alerts/*", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {"Alert.ReadWrite.All"}, alert_patch_handle, 0},
    {"POST", "alerts/CreateAlertByReference", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {"Alert.ReadWrite.All"}, alert_create_handle, 0},
    {"POST", "alerts/batchUpdate", API_ENDPOINT, FAMILY_BATCH_UPDATE, {"Alert.ReadWrite.All"}, alert_batch_handle, 0},
    {"GET", "alerts/*/domains", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {"Url.Read.All"}, alert_related_handle, RELATED_DOMAINS},
    {"GET", "alerts/*/files", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {"File.Read.All"}, alert_related_handle, RELATED_FILES},
    {"GET", "alerts/*/ips", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {"Ip.Read.All"}, alert_related_handle, RELATED_IPS},
    {"GET", "alerts/*/machine", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {READ_MACHINES}, alert_machine_handle, 0},
    {"GET", "alerts/*/user", API_ENDPOINT, FAMILY_ENDPOINT_ALERTS, {"User.Read.All"}, alert_user_handle, 0},
    {"GET", "machines/findbyip(*)", API_ENDPOINT, FAMILY_ENDPOINT, {READ_MACHINES}, machine_by_ip_handle, 0},
    {"GET", "machines/findbytag", API_ENDPOINT, FAMILY_ENDPOINT, {READ_MACHINES}, machine_by_tag_handle, 0},
    {"POST", "machines/*/tags", API_ENDPOINT, FAMILY_ENDPOINT, {"Machine.ReadWrite.All"}, machine_tag_handle, 0},
    {"GET", "machines/*/alerts", API_ENDPOINT, FAMILY_ENDPOINT, {READ_ALERTS}, machine_alerts_handle, OBJECT_ENDPOINT_ALERT},
    {"GET", "machines/*/alerts/$count", API_ENDPOINT, FAMILY_ENDPOINT, {READ_ALERTS}, machine_alert_count_handle, OBJECT_ENDPOINT_ALERT},
    {"GET", "machines/*/logonusers", API_ENDPOINT, FAMILY_ENDPOINT, {"User.Read.All"}, machine_users_handle, 0},
    {"GET", "machines/*/software", API_ENDPOINT, FAMILY_ENDPOINT, {"Software.Read.All"}, machine_inventory_handle, INVENTORY_SOFTWARE},
    {"GET", "machines/*/vulnerabilities", API_ENDPOINT, FAMILY_ENDPOINT, {"Vulnerability.Read.All"}, machine_inventory_handle, INVENTORY_VULNERABILITIES},
    {"GET", "machines/*/recommendations", API_ENDPOINT, FAMILY_ENDPOINT, {"SecurityRecommendations.Read.All"}, machine_inventory_handle, INVENTORY_RECOMMENDATIONS},
    {"GET", "machines/?", API_ENDPOINT, FAMILY_ENDPOINT, {READ_MACHINES}, collection_handle, OBJECT_MACHINE},
    {"GET", "machineactions/?", API_ENDPOINT, FAMILY_ENDPOINT, {READ_MACHINES}, collection_handle, OBJECT_ACTION},
    {"POST", "machines/*/isolate", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_ISOLATE},
    {"POST", "machines/*/unisolate", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_UNISOLATE},
    {"POST", "machines/*/restrictCodeExecution", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_RESTRICT},
    {"POST", "machines/*/unrestrictCodeExecution", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_UNRESTRICT},
    {"POST", "machines/*/runAntiVirusScan", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_SCAN},
    {"POST", "machines/*/collectInvestigationPackage", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_COLLECT},
    {"POST", "machines/*/StopAndQuarantineFile", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_QUARANTINE},
    {"POST", "machines/*/offboard", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_order_handle, ACTION_OFFBOARD},
    {"POST", "machines/*/runliveresponse", API_ENDPOINT, FAMILY_LIVE_RESPONSE, {NULL}, action_order_handle, ACTION_LIVE_RESPONSE},
    {"POST", "machineactions/*/cancel", API_ENDPOINT, FAMILY_ENDPOINT, {NULL}, action_cancel_handle, 0},
    {"GET", "machineactions/*/getPackageUri", API_ENDPOINT, FAMILY_PACKAGE, {READ_MACHINES, "Machine.CollectForensics"}, action_package_handle, 0},
    {"GET", "machineactions/*/GetLiveResponseResultDownloadLink(*)", API_ENDPOINT, FAMILY_ENDPOINT, {READ_MACHINES, "Machine.LiveResponse"}, action_result_handle, 0},
    {"POST", "advancedqueries/run", API_ENDPOINT, FAMILY_ENDPOINT_HUNTING, {"AdvancedQuery.Read.All"}, hunting_handle, 0},
    {"GET", "incidents/?", API_XDR, FAMILY_XDR, {"Incident.Read.All", "Incident.ReadWrite.All"}, collection_handle, OBJECT_XDR_INCIDENT},
    {"GET", "alerts", API_SIEM, FAMILY_SIEM, {NULL}, siem_handle, 0},
    {"POST", "advancedhunting/run", API_XDR, FAMILY_XDR_HUNTING, {"AdvancedHunting.Read.All"}, hunting_handle, 0},
    {"GET", "indicators", API_ENDPOINT, FAMILY_ENDPOINT, {INDICATORS}, collection_handle, OBJECT_INDICATOR},
    {"POST", "indicators", API_ENDPOINT, FAMILY_ENDPOINT, {INDICATORS}, indicator_post_handle, 0},
    {"POST", "indicators/import", API_ENDPOINT, FAMILY_IMPORT, {INDICATORS}, indicator_import_handle, 0},
    {"POST", "indicators/BatchDelete", API_ENDPOINT, FAMILY_ENDPOINT, {INDICATORS}, indicator_batch_delete_handle, 0},
    {"DELETE", "indicators/*", API_ENDPOINT, FAMILY_ENDPOINT, {INDICATORS}, indicator_delete_handle, 0},
};

static const struct prefix {
    const char *text;
    bool serves[API_COUNT];
    bool is_beta;
} prefixes[] = {
    {"/v1.0/", {[API_GRAPH] = true}, false},
    {"/beta/", {[API_GRAPH] = true}, true},
    {"/siem/api/", {[API_SIEM] = true}, false},
    {"/api/v1.0/", {[API_ENDPOINT] = true, [API_XDR] = true}, false}, /* the longer one first */
    {"/api/", {[API_ENDPOINT] = true, [API_XDR] = true}, false},
};
/* clang-format on */

/* One segment of a path against one of a pattern; what stands for the star goes to id or args. */
static bool segment_matches(struct exchange *x, struct str pattern, struct str own, struct str *id_out)
{
    if (str_eq(pattern, STR("*"))) {
        *id_out = own;
        return own.n > 0;
    }
    if (!str_ends(pattern, STR("(*)"))) return str_eq_nocase(pattern, own);
    size_t head = pattern.n - 2; /* with its opening parenthesis */
    if (own.n <= head || own.p[own.n - 1] != ')' || !str_eq_nocase(str_sub(own, 0, head), str_sub(pattern, 0, head)))
        return false;
    x->args = str_sub(own, head, own.n - head - 1);
    return true;
}

static bool route_matches(struct exchange *x, const struct route *r, struct str path, struct str *id_out)
{
    struct str pattern = str_of(r->path);
    *id_out = STR("");
    while (pattern.n && path.n) {
        struct str wanted = str_cut(&pattern, '/'), own = str_cut(&path, '/');
        if (str_eq(wanted, STR("?"))) wanted = STR("*");
        if (!segment_matches(x, wanted, own, id_out)) return false;
    }
    return path.n == 0 && (pattern.n == 0 || str_eq(pattern, STR("?")));
}

static void graph_headers(struct exchange *x)
{
    struct str client = x->q->client_request_id;
    answer_header(x, "request-id", "%s", x->request_id);
    answer_header(x, "client-request-id", "%.*s", STR_ARG(client.n && client.n < 100 ? client : str_of(x->request_id)));
}

static void api_handle(struct exchange *x, const struct prefix *p, struct str path)
{
    struct str id;
    bool is_known = false, is_graph = p->serves[API_GRAPH];
    enum nation nation = x->cloud->opts.scenario->nation;
    x->is_beta = p->is_beta;
    x->family = is_graph ? FAMILY_SECURITY : FAMILY_ENDPOINT;
    if (is_graph) graph_headers(x);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        const struct route *r = &routes[i];
        if (!p->serves[r->api] || !nation_serves(nation, r->api) || !route_matches(x, r, path, &id)) continue;
        is_known = true;
        if (!str_eq(x->q->method, str_of(r->method))) continue;
        x->family = r->family;
        x->api = r->api;
        x->what = r->what;
        bool may = access_check(x, r->roles);
        if (x->tenant && !str_eq(x->q->method, STR("GET"))) x->tenant->stats[x->family].posts++;
        if (may && throttle_check(x)) r->answer(x, id);
        return;
    }
    if (is_known)
        answer_error(x, 405, is_graph ? "Request_BadRequest" : "BadRequest",
                     "Specified HTTP method is not allowed for the request target.");
    else
        answer_error(x, 404, is_graph ? "ResourceNotFound" : "NotFound", "Resource not found for the segment.");
}

static bool take_prefix(struct str *path, const char *prefix)
{
    if (!str_starts(*path, str_of(prefix))) return false;
    *path = str_sub(*path, str_of(prefix).n, path->n);
    return true;
}

/* The SIEM API lives under the same paths as the Endpoint API, on hosts of its own; in the twin, behind a prefix of its own. */
static struct str siem_path(const struct exchange *x, struct str path)
{
    bool is_siem = str_find(x->q->base_url, STR("wdatp-alertexporter-"), 0) != SIZE_MAX;
    return is_siem && str_eq_nocase(str_sub(path, 0, 11), STR("/api/alerts")) ? STR("/siem/api/alerts") : path;
}

void route_handle(struct exchange *x)
{
    struct str path = siem_path(x, x->q->path);
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (!take_prefix(&path, prefixes[i].text)) continue;
        api_handle(x, &prefixes[i], path);
        return;
    }
    if (take_prefix(&path, "/twin/")) {
        admin_handle(x, path);
    } else if (take_prefix(&path, "/")) {
        struct str tenant = str_cut(&path, '/');
        if (!login_handle(x, tenant, path))
            answer_graph_error(x, 404, "ResourceNotFound", "Resource not found for the segment.");
    } else {
        answer_graph_error(x, 400, "BadRequest", "The path is not absolute.");
    }
}
