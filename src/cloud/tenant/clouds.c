#include "cloud/tenant/tenant_int.h"
#include "state/store/tenants.h"

/* Source: Microsoft's pages on national clouds and on Defender for Endpoint for US government customers. GCC has the
 * worldwide login and Graph, but Defender hosts of its own; GCC High and DoD differ in the Graph host alone; no Defender for
 * Endpoint API is published for China. The SIEM API's host depends on where a tenant's data lives, which no profile knows. */
/* clang-format off */
const struct cloud_profile cloud_profiles[] = {
    {"global", "https://login.microsoftonline.com",
     {[AUD_GRAPH] = {"https://graph.microsoft.com", "https://graph.microsoft.com"},
      [AUD_ENDPOINT] = {"https://api.security.microsoft.com", "https://api.securitycenter.microsoft.com"},
      [AUD_SIEM] = {"", "https://graph.windows.net"}}},
    {"gcc", "https://login.microsoftonline.com",
     {[AUD_GRAPH] = {"https://graph.microsoft.com", "https://graph.microsoft.com"},
      [AUD_ENDPOINT] = {"https://api-gcc.securitycenter.microsoft.us", "https://api-gcc.securitycenter.microsoft.us"},
      [AUD_SIEM] = {"", "https://graph.windows.net"}}},
    {"gcc-high", "https://login.microsoftonline.us",
     {[AUD_GRAPH] = {"https://graph.microsoft.us", "https://graph.microsoft.us"},
      [AUD_ENDPOINT] = {"https://api-gov.securitycenter.microsoft.us", "https://api-gov.securitycenter.microsoft.us"},
      [AUD_SIEM] = {"", "https://graph.windows.net"}}},
    {"dod", "https://login.microsoftonline.us",
     {[AUD_GRAPH] = {"https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us"},
      [AUD_ENDPOINT] = {"https://api-gov.securitycenter.microsoft.us", "https://api-gov.securitycenter.microsoft.us"},
      [AUD_SIEM] = {"", "https://graph.windows.net"}}},
    {"china", "https://login.partner.microsoftonline.cn",
     {[AUD_GRAPH] = {"https://microsoftgraph.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"},
      [AUD_ENDPOINT] = {"", ""},
      [AUD_SIEM] = {"", ""}}},
};
/* clang-format on */
const unsigned cloud_profile_count = sizeof cloud_profiles / sizeof cloud_profiles[0];

/* Source: Microsoft's page on improving request performance; the last two stand in newer pages alone. */
const struct endpoint_region endpoint_regions[] = {
    {"us", "https://us.api.security.microsoft.com"},   {"eu", "https://eu.api.security.microsoft.com"},
    {"uk", "https://uk.api.security.microsoft.com"},   {"au", "https://au.api.security.microsoft.com"},
    {"swa", "https://swa.api.security.microsoft.com"}, {"ina", "https://ina.api.security.microsoft.com"},
    {"aea", "https://aea.api.security.microsoft.com"}, {0}};

const struct cloud_profile *cloud_find(struct str name)
{
    for (unsigned i = 0; i < cloud_profile_count; i++)
        if (str_eq_nocase(name, str_of(cloud_profiles[i].name))) return &cloud_profiles[i];
    return NULL;
}

const struct api_row api_rows[AUD_COUNT] = {
    [AUD_GRAPH] = {"Microsoft Graph", OVER_GRAPH_URL, OVER_GRAPH_AUDIENCE, OVER_GRAPH_VERSION, {"v1.0", "beta"}, false},
    [AUD_ENDPOINT] = {"Defender for Endpoint",
                      OVER_ENDPOINT_URL,
                      OVER_ENDPOINT_AUDIENCE,
                      OVER_ENDPOINT_VERSION,
                      {"api", "api/v1.0"},
                      false},
    [AUD_SIEM] = {"the SIEM API", OVER_SIEM_URL, OVER_SIEM_AUDIENCE, TENANT_OVERRIDES, {"api"}, true},
};
