#include "twin/login/permissions.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Sections 1 and 2.2. */
const struct api_row api_rows[API_COUNT] = {
    [API_GRAPH] = {"Microsoft Graph", "00000003-0000-0000-c000-000000000000"},
    [API_ENDPOINT] = {"WindowsDefenderATP", "fc780465-2017-40d4-a0c5-307022471b92"},
    [API_XDR] = {"Microsoft Threat Protection", "8ee8fdad-f234-4243-8f3b-15c294843740"},
    [API_SIEM] = {"Windows Azure Active Directory", "00000002-0000-0000-c000-000000000000"},
};

/* clang-format off */
const struct nation_row nation_rows[NATION_COUNT] = {
    [NATION_GLOBAL] = {"global",
        {"https://graph.microsoft.com", "https://api.securitycenter.microsoft.com", "https://api.security.microsoft.com", "https://graph.windows.net"},
        {[API_ENDPOINT] = "https://securitycenter.onmicrosoft.com/windowsatpservice"}, true},
    [NATION_GCC] = {"gcc",
        {"https://graph.microsoft.com", "https://api-gcc.securitycenter.microsoft.us", "https://api-gcc.security.microsoft.us", "https://graph.windows.net"},
        {NULL}, true},
    [NATION_GCC_HIGH] = {"gcc-high",
        {"https://graph.microsoft.us", "https://api-gov.securitycenter.microsoft.us", "https://api-gov.security.microsoft.us", "https://graph.windows.net"},
        {NULL}, true},
    [NATION_DOD] = {"dod",
        {"https://dod-graph.microsoft.us", "https://api-gov.securitycenter.microsoft.us", "https://api-gov.security.microsoft.us", "https://graph.windows.net"},
        {NULL}, true},
    [NATION_CHINA] = {"china",
        {"https://microsoftgraph.chinacloudapi.cn"}, {NULL}, false},
};

/* The permission table of five products' guides, and what section 2.6 needs besides. Delegated ones (User.Read) are left
 * out: an application's token never holds them. */
enum guide { MANDIANT = 1, HUNTRESS = 2, DATABEE = 4, RESPONSE = 8, MULTI_TENANT = 16 };
const struct role_row role_rows[] = {
    {API_GRAPH, "SecurityAlert.Read.All", MANDIANT},
    {API_GRAPH, "SecurityAlert.ReadWrite.All", HUNTRESS},
    {API_GRAPH, "SecurityIncident.Read.All", MANDIANT},
    {API_GRAPH, "SecurityIncident.ReadWrite.All", HUNTRESS},
    {API_GRAPH, "SecurityEvents.Read.All", MANDIANT},
    {API_GRAPH, "SecurityEvents.ReadWrite.All", HUNTRESS},
    {API_GRAPH, "SecurityActions.Read.All", MANDIANT},
    {API_GRAPH, "ThreatHunting.Read.All", DATABEE},
    {API_GRAPH, "Organization.Read.All", HUNTRESS},
    {API_GRAPH, "User.Read.All", HUNTRESS},
    {API_GRAPH, "User.EnableDisableAccount.All", 0},
    {API_GRAPH, "User.RevokeSessions.All", 0},
    {API_GRAPH, "Application.Read.All", 0},
    {API_ENDPOINT, "Alert.Read.All", RESPONSE | MULTI_TENANT | MANDIANT},
    {API_ENDPOINT, "Alert.ReadWrite.All", HUNTRESS},
    {API_ENDPOINT, "Machine.Read.All", RESPONSE | MANDIANT},
    {API_ENDPOINT, "Machine.ReadWrite.All", HUNTRESS},
    {API_ENDPOINT, "Machine.Isolate", RESPONSE | HUNTRESS},
    {API_ENDPOINT, "Machine.RestrictExecution", HUNTRESS},
    {API_ENDPOINT, "Machine.Scan", HUNTRESS},
    {API_ENDPOINT, "Machine.StopAndQuarantine", 0},
    {API_ENDPOINT, "Machine.CollectForensics", HUNTRESS},
    {API_ENDPOINT, "Machine.LiveResponse", 0},
    {API_ENDPOINT, "Machine.Offboard", 0},
    {API_ENDPOINT, "Library.Manage", HUNTRESS},
    {API_ENDPOINT, "AdvancedQuery.Read.All", HUNTRESS},
    {API_ENDPOINT, "Ti.ReadWrite.All", HUNTRESS},
    {API_ENDPOINT, "Ti.ReadWrite", 0},
    {API_ENDPOINT, "Event.Write", HUNTRESS},
    {API_ENDPOINT, "File.Read.All", HUNTRESS},
    {API_ENDPOINT, "Ip.Read.All", HUNTRESS},
    {API_ENDPOINT, "Url.Read.All", HUNTRESS},
    {API_ENDPOINT, "User.Read.All", HUNTRESS},
    {API_ENDPOINT, "IntegrationConfiguration.ReadWrite.All", HUNTRESS},
    {API_ENDPOINT, "RemediationTasks.Read.All", HUNTRESS},
    {API_ENDPOINT, "Score.Read.All", HUNTRESS},
    {API_ENDPOINT, "SecurityBaselinesAssessment.Read.All", HUNTRESS},
    {API_ENDPOINT, "SecurityConfiguration.ReadWrite.All", HUNTRESS},
    {API_ENDPOINT, "SecurityRecommendations.Read.All", HUNTRESS},
    {API_ENDPOINT, "Software.Read.All", HUNTRESS},
    {API_ENDPOINT, "Vulnerability.Read.All", HUNTRESS},
    {API_XDR, "AdvancedHunting.Read.All", 0},
    {API_XDR, "Incident.Read.All", 0},
    {API_XDR, "Incident.ReadWrite.All", 0},
    /* No claim of a token: the integration with SIEM systems is switched on in the tenant's portal. */
    {API_SIEM, "siem", 0},
};
/* clang-format on */
const unsigned role_count = COUNT(role_rows);
_Static_assert(COUNT(role_rows) <= ROLES_MAX, "a bit for each");

bool nation_serves(enum nation n, enum cloud_api api)
{
    return api == API_GRAPH ? nation_rows[n].has_security : nation_rows[n].audiences[api] != NULL;
}

bool nation_by_name(struct str name, enum nation *out)
{
    for (unsigned i = 0; i < NATION_COUNT; i++) {
        if (!str_eq(name, str_of(nation_rows[i].name))) continue;
        *out = (enum nation)i;
        return true;
    }
    return false;
}

static bool is_named(struct str identifier, const char *name)
{
    return name && str_eq_nocase(identifier, str_of(name));
}

bool api_by_identifier(enum nation n, struct str identifier, enum cloud_api *out)
{
    while (str_ends(identifier, STR("/"))) identifier.n--;
    for (unsigned a = 0; a < API_COUNT; a++) {
        if (nation_rows[n].audiences[a] == NULL) continue;
        if (!is_named(identifier, nation_rows[n].audiences[a]) &&
            !is_named(identifier, nation_rows[n].older_audiences[a]) && !is_named(identifier, api_rows[a].app_id))
            continue;
        *out = (enum cloud_api)a;
        return true;
    }
    return false;
}

role_set role_by_name(enum cloud_api api, struct str name)
{
    for (unsigned i = 0; i < role_count; i++)
        if (role_rows[i].api == api && str_eq(name, str_of(role_rows[i].name))) return UINT64_C(1) << i;
    return 0;
}

role_set roles_by_name(struct str name)
{
    role_set all = 0;
    for (unsigned a = 0; a < API_COUNT; a++) all |= role_by_name((enum cloud_api)a, name);
    return all;
}

role_set roles_of_api(enum cloud_api api)
{
    role_set all = 0;
    for (unsigned i = 0; i < role_count; i++)
        if (role_rows[i].api == api) all |= UINT64_C(1) << i;
    return all;
}

const char permission_set_names[] =
    "mandiant, huntress, databee, barracuda-response, barracuda-multi-tenant, all, none";

bool permission_set_by_name(struct str name, role_set *out)
{
    static const struct {
        const char *name;
        unsigned guides;
    } sets[] = {{"mandiant", MANDIANT},
                {"huntress", HUNTRESS},
                {"databee", DATABEE},
                {"barracuda-response", RESPONSE},
                {"barracuda-multi-tenant", MULTI_TENANT},
                {"none", 0}};
    role_set roles = 0;
    if (str_eq(name, STR("all"))) {
        *out = UINT64_MAX >> (ROLES_MAX - COUNT(role_rows));
        return true;
    }
    for (size_t s = 0; s < COUNT(sets); s++) {
        if (!str_eq(name, str_of(sets[s].name))) continue;
        for (unsigned i = 0; i < role_count; i++)
            if (role_rows[i].guides & sets[s].guides) roles |= UINT64_C(1) << i;
        *out = roles;
        return true;
    }
    return false;
}

role_set role_group(enum role_group group)
{
    static const char *const names[ROLE_GROUPS][6] = {
        [ROLES_HUNTING] = {"ThreatHunting.Read.All", "AdvancedQuery.Read.All", "AdvancedHunting.Read.All"},
        [ROLES_ALERTS] = {"SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All", "Alert.Read.All",
                          "Alert.ReadWrite.All", "siem"},
        [ROLES_INCIDENTS] = {"SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All", "Incident.Read.All",
                             "Incident.ReadWrite.All"},
        [ROLES_MACHINES] = {"Machine.Read.All", "Machine.ReadWrite.All"},
    };
    role_set all = 0;
    for (unsigned i = 0; i < COUNT(names[group]) && names[group][i]; i++) all |= roles_by_name(str_of(names[group][i]));
    return all;
}
