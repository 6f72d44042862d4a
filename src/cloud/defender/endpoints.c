#include "cloud/defender/defender.h"

#define MIB(n) ((uint64_t)(n) << 20)

const struct family_row family_rows[API_FAMILY_COUNT] = {
    [API_LOGIN] = {"login", {{30, 60000}}, 1}, /* not documented; far below its loop protection */
    [API_GRAPH_SECURITY] = {"Graph security", {{150, 60000}}, 1},
    [API_GRAPH_HUNTING] = {"Graph hunting", {{45, 60000}}, 1},
    [API_ENDPOINT] = {"Defender for Endpoint", {{100, 60000}, {1500, 3600000}}, 2},
    [API_ENDPOINT_HUNTING] = {"Defender for Endpoint hunting", {{45, 60000}, {1500, 3600000}}, 2},
    [API_ENDPOINT_BATCH] = {"Defender for Endpoint batch update", {{10, 60000}, {500, 3600000}}, 2},
    [API_LIVE_RESPONSE] = {"live response", {{10, 60000}}, 1},
    [API_PACKAGE] = {"investigation packages", {{2, 60000}, {120, 3600000}}, 2},
    [API_INDICATORS] = {"indicators", {{30, 60000}}, 1},
    [API_XDR] = {"Defender XDR", {{50, 60000}, {1500, 3600000}}, 2},
    [API_SIEM] = {"SIEM", {{100, 60000}, {1500, 3600000}}, 2}, /* not documented; as its neighbours */
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
};
/* clang-format on */
