#include "cloud/defender/defender.h"

#define MIB(n) ((uint64_t)(n) << 20)

const struct family_row family_rows[API_FAMILY_COUNT] = {
    [API_LOGIN] = {"login", {{30, 60000}}, 1}, /* not documented; far below its loop protection */
    [API_GRAPH_SECURITY] = {"Graph security", {{150, 60000}}, 1},
    [API_GRAPH_HUNTING] = {"Graph hunting", {{45, 60000}, {1500, 3600000}}, 2},
    [API_ENDPOINT] = {"Defender for Endpoint", {{100, 60000}, {1500, 3600000}}, 2},
};

/* A hunting query may run for three minutes before its first byte, and answers up to 50 MB; a share of tenants is served
 * without compression, hence room to spare. */
const struct endpoint_row endpoint_rows[EP_COUNT] = {
    [EP_HUNTING] = {"hunting", "POST", "/v1.0/security/runHuntingQuery", API_GRAPH_HUNTING, true,
                    "ThreatHunting.Read.All", MIB(128), 200 * 1000},
    [EP_ALERTS] = {"alerts", "GET", "/v1.0/security/alerts_v2", API_GRAPH_SECURITY, true, "SecurityAlert.Read.All",
                   MIB(64), 0},
    [EP_INCIDENTS] = {"incidents", "GET", "/v1.0/security/incidents", API_GRAPH_SECURITY, true,
                      "SecurityIncident.Read.All", MIB(64), 0},
    [EP_MACHINES] = {"machines", "GET", "/api/machines", API_ENDPOINT, false, "Machine.Read.All", MIB(64), 0},
};
