#include "cloud/tenant/tenant_int.h"

/* Source: Microsoft's pages on national clouds and on Defender for Endpoint for US government customers. GCC has the
 * worldwide login and Graph, but Defender hosts of its own; GCC High and DoD differ in the Graph host alone; no Defender for
 * Endpoint API is published for China. */
const struct cloud_profile cloud_profiles[] = {
    {"global", "https://login.microsoftonline.com", "https://graph.microsoft.com", "https://api.security.microsoft.com",
     "https://graph.microsoft.com", "https://api.securitycenter.microsoft.com"},
    {"gcc", "https://login.microsoftonline.com", "https://graph.microsoft.com",
     "https://api-gcc.securitycenter.microsoft.us", "https://graph.microsoft.com",
     "https://api-gcc.securitycenter.microsoft.us"},
    {"gcc-high", "https://login.microsoftonline.us", "https://graph.microsoft.us",
     "https://api-gov.securitycenter.microsoft.us", "https://graph.microsoft.us",
     "https://api-gov.securitycenter.microsoft.us"},
    {"dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us",
     "https://api-gov.securitycenter.microsoft.us", "https://dod-graph.microsoft.us",
     "https://api-gov.securitycenter.microsoft.us"},
    {"china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn", "",
     "https://microsoftgraph.chinacloudapi.cn", ""},
};
const unsigned cloud_profile_count = sizeof cloud_profiles / sizeof cloud_profiles[0];

const struct cloud_profile *cloud_find(struct str name)
{
    for (unsigned i = 0; i < cloud_profile_count; i++)
        if (str_eq_nocase(name, str_of(cloud_profiles[i].name))) return &cloud_profiles[i];
    return NULL;
}
