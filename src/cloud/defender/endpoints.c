#include <string.h>

#include "cloud/defender/defender_int.h"

#define MIB(n) ((uint64_t)(n) << 20)

const struct family_row family_rows[API_FAMILY_COUNT] = {
    [API_LOGIN] = {"login", {{30, 60000}}, 1, 0}, /* not documented; far below its loop protection */
    [API_GRAPH_SECURITY] = {"Graph security", {{150, 60000}}, 1, 30},
    [API_GRAPH_HUNTING] = {"Graph hunting", {{45, 60000}}, 1, 10},
    [API_ENDPOINT] = {"Defender for Endpoint", {{100, 60000}, {1500, 3600000}}, 2, 50},
    [API_ENDPOINT_HUNTING] = {"Defender for Endpoint hunting", {{45, 60000}, {1500, 3600000}}, 2, 0},
    [API_ENDPOINT_BATCH] = {"Defender for Endpoint batch update", {{10, 60000}, {500, 3600000}}, 2, 100},
    [API_LIVE_RESPONSE] = {"live response", {{10, 60000}}, 1, 100},
    [API_PACKAGE] = {"investigation packages", {{2, 60000}, {120, 3600000}}, 2, 100},
    [API_INDICATORS] = {"indicators", {{30, 60000}}, 1, 0},
    [API_XDR] = {"Defender XDR", {{50, 60000}, {1500, 3600000}}, 2, 0},
    [API_SIEM] = {"SIEM", {{100, 60000}, {1500, 3600000}}, 2, 0}, /* not documented; as its neighbours */
};

/* Newer text of Microsoft's allows more; the older, lower bound holds in any case. Logins do not count. */
const struct rate graph_app_rate = {2000, 1000};

/* A hunting query may run for three minutes before its first byte, and answers up to 50 MB; a share of tenants is served
 * without compression, hence room to spare. */
enum { HUNTING_MS = 200 * 1000 };
/* clang-format off */
const struct endpoint_row endpoint_rows[EP_COUNT] = {
    [EP_HUNTING] = {"hunting", "POST", "/security/runHuntingQuery", API_GRAPH_HUNTING, AUD_GRAPH, "ThreatHunting.Read.All", MIB(128), HUNTING_MS},
    [EP_ALERTS] = {"alerts", "GET", "/security/alerts_v2", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityAlert.Read.All", MIB(64), 0},
    [EP_INCIDENTS] = {"incidents", "GET", "/security/incidents", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityIncident.Read.All", MIB(64), 0},
    [EP_INCIDENT] = {"incident", "GET", "/security/incidents/{id}", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityIncident.Read.All", MIB(64), 0},
    [EP_MACHINES] = {"machines", "GET", "/machines", API_ENDPOINT, AUD_ENDPOINT, "Machine.Read.All", MIB(64), 0},
    [EP_MACHINE_ACTIONS] = {"machine actions", "GET", "/machineactions", API_ENDPOINT, AUD_ENDPOINT, "Machine.Read.All", MIB(64), 0},
    [EP_ALERTS_ENDPOINT] = {"Endpoint alerts", "GET", "/alerts", API_ENDPOINT, AUD_ENDPOINT, "Alert.Read.All", MIB(128), 0},
    [EP_HUNTING_ENDPOINT] = {"Endpoint hunting", "POST", "/advancedqueries/run", API_ENDPOINT_HUNTING, AUD_ENDPOINT, "AdvancedQuery.Read.All", MIB(160), HUNTING_MS},
    [EP_ALERTS_SIEM] = {"SIEM alerts", "GET", "/alerts", API_SIEM, AUD_SIEM, "", MIB(64), 0},
    [EP_ALERT] = {"alert", "GET", "/security/alerts_v2/{id}", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityAlert.Read.All", MIB(4), 0},
    [EP_ALERT_ENDPOINT] = {"Endpoint alert", "GET", "/alerts/{id}", API_ENDPOINT, AUD_ENDPOINT, "Alert.Read.All", MIB(4), 0},
    [EP_MACHINE] = {"machine", "GET", "/machines/{id}", API_ENDPOINT, AUD_ENDPOINT, "Machine.Read.All", MIB(4), 0},
    [EP_MACHINE_ACTION] = {"machine action", "GET", "/machineactions/{id}", API_ENDPOINT, AUD_ENDPOINT, "Machine.Read.All", MIB(4), 0},
    [EP_ISOLATE] = {"isolate", "POST", "/machines/{id}/isolate", API_ENDPOINT, AUD_ENDPOINT, "Machine.Isolate", MIB(1), 0},
    [EP_RELEASE] = {"release", "POST", "/machines/{id}/unisolate", API_ENDPOINT, AUD_ENDPOINT, "Machine.Isolate", MIB(1), 0},
    [EP_RESTRICT] = {"restrict", "POST", "/machines/{id}/restrictCodeExecution", API_ENDPOINT, AUD_ENDPOINT, "Machine.RestrictExecution", MIB(1), 0},
    [EP_UNRESTRICT] = {"unrestrict", "POST", "/machines/{id}/unrestrictCodeExecution", API_ENDPOINT, AUD_ENDPOINT, "Machine.RestrictExecution", MIB(1), 0},
    [EP_SCAN] = {"scan", "POST", "/machines/{id}/runAntiVirusScan", API_ENDPOINT, AUD_ENDPOINT, "Machine.Scan", MIB(1), 0},
    [EP_COLLECT] = {"collect", "POST", "/machines/{id}/collectInvestigationPackage", API_ENDPOINT, AUD_ENDPOINT, "Machine.CollectForensics", MIB(1), 0},
    [EP_QUARANTINE] = {"quarantine file", "POST", "/machines/{id}/StopAndQuarantineFile", API_ENDPOINT, AUD_ENDPOINT, "Machine.StopAndQuarantine", MIB(1), 0},
    [EP_CANCEL] = {"cancel", "POST", "/machineactions/{id}/cancel", API_ENDPOINT, AUD_ENDPOINT, "", MIB(1), 0},
    [EP_PACKAGE] = {"package link", "GET", "/machineactions/{id}/getPackageUri", API_PACKAGE, AUD_ENDPOINT, "Machine.CollectForensics", MIB(1), 0},
    [EP_ALERT_UPDATE] = {"alert update", "PATCH", "/security/alerts_v2/{id}", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityAlert.ReadWrite.All", MIB(4), 0},
    [EP_ALERT_COMMENT] = {"alert comment", "POST", "/security/alerts_v2/{id}/comments", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityAlert.ReadWrite.All", MIB(4), 0},
    [EP_INCIDENT_UPDATE] = {"incident update", "PATCH", "/security/incidents/{id}", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityIncident.ReadWrite.All", MIB(4), 0},
    [EP_INCIDENT_COMMENT] = {"incident comment", "POST", "/security/incidents/{id}/comments", API_GRAPH_SECURITY, AUD_GRAPH, "SecurityIncident.ReadWrite.All", MIB(4), 0},
    [EP_ALERT_ENDPOINT_UPDATE] = {"Endpoint alert update", "PATCH", "/alerts/{id}", API_ENDPOINT, AUD_ENDPOINT, "Alert.ReadWrite.All", MIB(4), 0},
    [EP_ALERTS_ENDPOINT_UPDATE] = {"Endpoint alerts update", "POST", "/alerts/batchUpdate", API_ENDPOINT_BATCH, AUD_ENDPOINT, "Alert.ReadWrite.All", MIB(1), 0},
    [EP_APPLICATION] = {"application", "GET", "/applications(appId='{id}')", API_GRAPH_SECURITY, AUD_GRAPH, "Application.Read.All", MIB(4), 0},
};
/* clang-format on */

bool endpoint_changes(const struct endpoint_row *row)
{
    return strcmp(row->method, "GET") != 0 && !endpoint_is_hunting(row);
}

/* Cancelling needs the role of what is cancelled, which is one of containing. */
struct app *endpoint_app(const struct tenant *t, const struct endpoint_row *row)
{
    bool is_cancel = row == &endpoint_rows[EP_CANCEL];
    return tenant_app(t, row->audience, is_cancel ? endpoint_rows[EP_ISOLATE].role : row->role);
}

void family_rates(enum api_family family, bool for_response, struct rate out[BUDGET_RATES_MAX])
{
    const struct family_row *row = &family_rows[family];
    for (unsigned i = 0; i < row->rate_count; i++) {
        uint32_t reserved = (uint32_t)((uint64_t)row->rates[i].calls * row->response_percent / 100);
        out[i] = row->rates[i];
        out[i].calls = for_response ? reserved : out[i].calls - reserved;
        if (out[i].calls == 0) out[i].calls = 1; /* a budget of nothing would never end its wait */
    }
}
