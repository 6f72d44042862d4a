#include "cloud/tenant/permissions.h"

enum {
    MAN = GUIDE_MANDIANT,
    HUN = GUIDE_HUNTRESS,
    DAT = GUIDE_DATABEE,
    RES = GUIDE_RESPONSE,
    MUL = GUIDE_MULTI_TENANT
};

const char *const bundle_names[BUNDLE_COUNT] = {
    [BUNDLE_NONE] = "none",
    [BUNDLE_READ] = "read",
    [BUNDLE_READ_ENDPOINT] = "read-endpoint",
    [BUNDLE_SYNC] = "sync",
    [BUNDLE_SYNC_ENDPOINT] = "sync-endpoint",
    [BUNDLE_HUNT] = "hunt",
    [BUNDLE_HUNT_ENDPOINT] = "hunt-endpoint",
    [BUNDLE_DEVICES] = "devices",
    [BUNDLE_CONTAIN] = "contain",
    [BUNDLE_FORENSICS] = "forensics",
    [BUNDLE_LIVE_RESPONSE] = "live-response",
    [BUNDLE_OFFBOARD] = "offboard",
    [BUNDLE_INDICATORS] = "indicators",
    [BUNDLE_CONTAIN_USER] = "contain-user",
    [BUNDLE_IDENTIFY] = "identify",
    [BUNDLE_USERS] = "users",
    [BUNDLE_CREDENTIAL_EXPIRY] = "credential-expiry",
    [BUNDLE_ENRICH] = "enrich",
    [BUNDLE_POSTURE] = "posture",
    [BUNDLE_LEGACY_READ] = "legacy-read",
    [BUNDLE_LEGACY_SYNC] = "legacy-sync",
};
const char *const guide_names[GUIDE_COUNT] = {"mandiant", "huntress", "databee", "barracuda-response",
                                              "barracuda-multi-tenant"};

/* clang-format off */
const struct permission_row permission_rows[PERM_COUNT] = {
    [PERM_NONE] = {AUD_GRAPH, "", PERM_NONE, BUNDLE_NONE, "", 0, false},
    [PERM_GRAPH_ALERT_READ] = {AUD_GRAPH, "SecurityAlert.Read.All", PERM_NONE, BUNDLE_READ, "read alerts of all Defender products", MAN, false},
    [PERM_GRAPH_ALERT_WRITE] = {AUD_GRAPH, "SecurityAlert.ReadWrite.All", PERM_GRAPH_ALERT_READ, BUNDLE_SYNC, "resolve, classify and comment alerts", HUN, false},
    [PERM_GRAPH_INCIDENT_READ] = {AUD_GRAPH, "SecurityIncident.Read.All", PERM_NONE, BUNDLE_READ, "read incidents and what belongs together", MAN, false},
    [PERM_GRAPH_INCIDENT_WRITE] = {AUD_GRAPH, "SecurityIncident.ReadWrite.All", PERM_GRAPH_INCIDENT_READ, BUNDLE_SYNC, "resolve, classify and comment incidents", HUN, false},
    [PERM_GRAPH_EVENTS_READ] = {AUD_GRAPH, "SecurityEvents.Read.All", PERM_NONE, BUNDLE_LEGACY_READ, "the older security API: alerts and secure score", MAN, false},
    [PERM_GRAPH_EVENTS_WRITE] = {AUD_GRAPH, "SecurityEvents.ReadWrite.All", PERM_GRAPH_EVENTS_READ, BUNDLE_LEGACY_SYNC, "the older security API, writing", HUN, false},
    [PERM_GRAPH_ACTIONS_READ] = {AUD_GRAPH, "SecurityActions.Read.All", PERM_NONE, BUNDLE_LEGACY_READ, "the older security API: actions", MAN, false},
    [PERM_GRAPH_HUNTING] = {AUD_GRAPH, "ThreatHunting.Read.All", PERM_NONE, BUNDLE_HUNT, "run advanced hunting queries: all event feeds", DAT, false},
    [PERM_GRAPH_ORGANIZATION] = {AUD_GRAPH, "Organization.Read.All", PERM_NONE, BUNDLE_IDENTIFY, "name and verified domains of the tenant", HUN, false},
    [PERM_GRAPH_USER_READ_ALL] = {AUD_GRAPH, "User.Read.All", PERM_NONE, BUNDLE_USERS, "resolve users named in alerts", HUN, false},
    [PERM_GRAPH_USER_READ] = {AUD_GRAPH, "User.Read", PERM_NONE, BUNDLE_NONE, "delegated, there by default: not needed, remove it", RES | MAN, true},
    [PERM_GRAPH_USER_DISABLE] = {AUD_GRAPH, "User.EnableDisableAccount.All", PERM_NONE, BUNDLE_CONTAIN_USER, "disable and enable a user", 0, false},
    [PERM_GRAPH_USER_SESSIONS] = {AUD_GRAPH, "User.RevokeSessions.All", PERM_NONE, BUNDLE_CONTAIN_USER, "end a user's sessions", 0, false},
    [PERM_GRAPH_APPLICATION] = {AUD_GRAPH, "Application.Read.All", PERM_NONE, BUNDLE_CREDENTIAL_EXPIRY, "read when our own secrets and certificates expire", 0, false},
    [PERM_ALERT_READ] = {AUD_ENDPOINT, "Alert.Read.All", PERM_NONE, BUNDLE_READ_ENDPOINT, "read alerts of Defender for Endpoint", RES | MUL | MAN, false},
    [PERM_ALERT_WRITE] = {AUD_ENDPOINT, "Alert.ReadWrite.All", PERM_ALERT_READ, BUNDLE_SYNC_ENDPOINT, "update and comment those alerts", HUN, false},
    [PERM_MACHINE_READ] = {AUD_ENDPOINT, "Machine.Read.All", PERM_NONE, BUNDLE_DEVICES, "find devices and read their actions; needed beside Machine.Isolate", RES | MAN, false},
    [PERM_MACHINE_WRITE] = {AUD_ENDPOINT, "Machine.ReadWrite.All", PERM_MACHINE_READ, BUNDLE_DEVICES, "tags and device value besides", HUN, false},
    [PERM_ISOLATE] = {AUD_ENDPOINT, "Machine.Isolate", PERM_NONE, BUNDLE_CONTAIN, "isolate and release devices", RES | HUN, false},
    [PERM_RESTRICT] = {AUD_ENDPOINT, "Machine.RestrictExecution", PERM_NONE, BUNDLE_CONTAIN, "restrict what runs on a device, and allow it again", HUN, false},
    [PERM_SCAN] = {AUD_ENDPOINT, "Machine.Scan", PERM_NONE, BUNDLE_CONTAIN, "antivirus scan", HUN, false},
    [PERM_QUARANTINE] = {AUD_ENDPOINT, "Machine.StopAndQuarantine", PERM_NONE, BUNDLE_CONTAIN, "stop a process and quarantine its file", 0, false},
    [PERM_FORENSICS] = {AUD_ENDPOINT, "Machine.CollectForensics", PERM_NONE, BUNDLE_FORENSICS, "collect investigation packages", HUN, false},
    [PERM_LIVE_RESPONSE] = {AUD_ENDPOINT, "Machine.LiveResponse", PERM_NONE, BUNDLE_LIVE_RESPONSE, "run scripts, get files", 0, false},
    [PERM_OFFBOARD] = {AUD_ENDPOINT, "Machine.Offboard", PERM_NONE, BUNDLE_OFFBOARD, "take a device out of Defender", 0, false},
    [PERM_LIBRARY] = {AUD_ENDPOINT, "Library.Manage", PERM_NONE, BUNDLE_LIVE_RESPONSE, "manage live response scripts", HUN, false},
    [PERM_HUNTING] = {AUD_ENDPOINT, "AdvancedQuery.Read.All", PERM_NONE, BUNDLE_HUNT_ENDPOINT, "hunting through Defender for Endpoint (being retired)", HUN, false},
    [PERM_INDICATORS_ALL] = {AUD_ENDPOINT, "Ti.ReadWrite.All", PERM_INDICATORS, BUNDLE_INDICATORS, "all indicators of compromise", HUN, false},
    [PERM_INDICATORS] = {AUD_ENDPOINT, "Ti.ReadWrite", PERM_NONE, BUNDLE_INDICATORS, "indicators of our own", 0, false},
    [PERM_EVENT_WRITE] = {AUD_ENDPOINT, "Event.Write", PERM_NONE, BUNDLE_NONE, "write timeline events", HUN, false},
    [PERM_FILE_READ] = {AUD_ENDPOINT, "File.Read.All", PERM_NONE, BUNDLE_ENRICH, "file profiles", HUN, false},
    [PERM_IP_READ] = {AUD_ENDPOINT, "Ip.Read.All", PERM_NONE, BUNDLE_ENRICH, "address profiles", HUN, false},
    [PERM_URL_READ] = {AUD_ENDPOINT, "Url.Read.All", PERM_NONE, BUNDLE_ENRICH, "URL profiles", HUN, false},
    [PERM_USER_READ] = {AUD_ENDPOINT, "User.Read.All", PERM_NONE, BUNDLE_ENRICH, "user profiles in Defender for Endpoint", HUN, false},
    [PERM_INTEGRATION] = {AUD_ENDPOINT, "IntegrationConfiguration.ReadWrite.All", PERM_NONE, BUNDLE_NONE, "integration settings", HUN, false},
    [PERM_REMEDIATION] = {AUD_ENDPOINT, "RemediationTasks.Read.All", PERM_NONE, BUNDLE_POSTURE, "remediation tasks", HUN, false},
    [PERM_SCORE] = {AUD_ENDPOINT, "Score.Read.All", PERM_NONE, BUNDLE_POSTURE, "exposure score", HUN, false},
    [PERM_BASELINES] = {AUD_ENDPOINT, "SecurityBaselinesAssessment.Read.All", PERM_NONE, BUNDLE_POSTURE, "baseline assessments", HUN, false},
    [PERM_CONFIGURATION] = {AUD_ENDPOINT, "SecurityConfiguration.ReadWrite.All", PERM_NONE, BUNDLE_NONE, "security configurations", HUN, false},
    [PERM_RECOMMENDATIONS] = {AUD_ENDPOINT, "SecurityRecommendations.Read.All", PERM_NONE, BUNDLE_POSTURE, "recommendations", HUN, false},
    [PERM_SOFTWARE] = {AUD_ENDPOINT, "Software.Read.All", PERM_NONE, BUNDLE_POSTURE, "software inventory", HUN, false},
    [PERM_VULNERABILITY] = {AUD_ENDPOINT, "Vulnerability.Read.All", PERM_NONE, BUNDLE_POSTURE, "vulnerabilities", HUN, false},
};

const struct feature_row feature_rows[FEATURE_COUNT] = {
    [FEATURE_ALERTS] = {"alerts", "read alerts", {{PERM_GRAPH_ALERT_READ, PERM_ALERT_READ}}, false},
    [FEATURE_INCIDENTS] = {"incidents", "read incidents", {{PERM_GRAPH_INCIDENT_READ}}, false},
    [FEATURE_HUNTING] = {"hunting", "read events by hunting", {{PERM_GRAPH_HUNTING, PERM_HUNTING}}, false},
    [FEATURE_MACHINES] = {"machines", "read machines and their actions", {{PERM_MACHINE_READ}}, false},
    [FEATURE_ISOLATE] = {"isolate", "isolate and release machines", {{PERM_ISOLATE}, {PERM_MACHINE_READ}, {PERM_GRAPH_ALERT_READ, PERM_ALERT_READ}}, true},
    [FEATURE_RESTRICT] = {"restrict", "restrict what machines execute", {{PERM_RESTRICT}, {PERM_MACHINE_READ}}, true},
    [FEATURE_SCAN] = {"scan", "run antivirus scans", {{PERM_SCAN}, {PERM_MACHINE_READ}}, true},
    [FEATURE_COLLECT] = {"collect", "collect investigation packages", {{PERM_FORENSICS}, {PERM_MACHINE_READ}}, true},
    [FEATURE_QUARANTINE] = {"quarantine", "stop and quarantine files", {{PERM_QUARANTINE}, {PERM_MACHINE_READ}}, true},
    [FEATURE_SYNC] = {"sync", "resolve and comment alerts", {{PERM_GRAPH_ALERT_WRITE, PERM_ALERT_WRITE}}, false},
    [FEATURE_EXPIRY] = {"expiry", "read when the app's credentials expire", {{PERM_GRAPH_APPLICATION}}, true},
};
/* clang-format on */

/* ---- permissions ------------------------------------------------------------------------------------------------------------ */

bool bundle_find(struct str name, enum bundle *out)
{
    for (unsigned b = 0; b < BUNDLE_COUNT; b++) {
        if (!str_eq_nocase(name, str_of(bundle_names[b]))) continue;
        *out = (enum bundle)b;
        return true;
    }
    return false;
}

enum permission perm_find(enum audience audience, struct str role)
{
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (permission_rows[p].audience == audience && str_eq_nocase(role, str_of(permission_rows[p].role)))
            return (enum permission)p;
    return PERM_NONE;
}

/* Itself, then what implies it. */
static enum permission granted_as(perm_set granted, enum permission p)
{
    if (p == PERM_NONE || granted & perm_bit(p)) return p;
    for (unsigned q = 1; q < PERM_COUNT; q++)
        if (permission_rows[q].implies == p && granted & perm_bit((enum permission)q)) return (enum permission)q;
    return PERM_NONE;
}

bool perm_has(perm_set granted, enum permission p)
{
    return granted_as(granted, p) != PERM_NONE;
}

perm_set perm_of_guide(unsigned guide)
{
    perm_set set = 0;
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (permission_rows[p].guides & guide) set |= perm_bit((enum permission)p);
    return set;
}

perm_set perm_of_bundle(enum bundle b)
{
    perm_set set = 0;
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (permission_rows[p].bundle == b) set |= perm_bit((enum permission)p);
    return set;
}

perm_set perm_of_bundles(struct str names)
{
    perm_set set = 0;
    while (names.n > 0) {
        enum bundle b = BUNDLE_NONE;
        if (bundle_find(str_trim(str_cut(&names, ',')), &b) && b != BUNDLE_NONE) set |= perm_of_bundle(b);
    }
    return set;
}

perm_set perm_lacking(perm_set wanted, perm_set granted)
{
    perm_set lacking = 0;
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (wanted & perm_bit((enum permission)p) && !perm_has(granted, (enum permission)p))
            lacking |= perm_bit((enum permission)p);
    return lacking;
}

enum bundle perm_bundle(enum audience audience, struct str role)
{
    return permission_rows[perm_find(audience, role)].bundle;
}

/* ---- consent ---------------------------------------------------------------------------------------------------------------- */

const char *const consent_by_names[] = {
    [CONSENT_NOBODY] = "nobody",
    [CONSENT_APPLICATION_ADMIN] = "an Application Administrator or Cloud Application Administrator",
    [CONSENT_GLOBAL_ADMIN] = "a Privileged Role Administrator or Global Administrator",
};

enum consent_by perm_consent_by(perm_set wanted)
{
    enum consent_by by = CONSENT_NOBODY;
    for (unsigned p = 1; p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        if (!(wanted & perm_bit((enum permission)p)) || row->is_delegated) continue;
        if (row->audience == AUD_GRAPH) return CONSENT_GLOBAL_ADMIN;
        by = CONSENT_APPLICATION_ADMIN;
    }
    return by;
}

const char *perm_api_name(enum audience audience)
{
    static const char *const names[AUD_COUNT] = {
        [AUD_GRAPH] = "Microsoft Graph", [AUD_ENDPOINT] = "WindowsDefenderATP", [AUD_SIEM] = "the SIEM API"};
    return names[audience];
}

/* ---- features --------------------------------------------------------------------------------------------------------------- */

static perm_set wanted_by(const struct feature_row *row)
{
    perm_set wanted = 0;
    for (unsigned n = 0; n < FEATURE_NEEDS; n++) wanted |= perm_bit(row->needs[n][0]);
    return wanted;
}

perm_set feature_wants(feature_set features)
{
    perm_set wanted = 0;
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        if (features & feature_bit((enum feature)f)) wanted |= wanted_by(&feature_rows[f]);
    return wanted;
}

/* By which way a need is met: its number; FEATURE_WAYS: by none. */
static unsigned way_of(const enum permission need[FEATURE_WAYS], perm_set granted)
{
    unsigned way = 0;
    while (way < FEATURE_WAYS && !perm_has(granted, need[way])) way++;
    return way;
}

perm_set feature_lacks(enum feature feature, perm_set granted)
{
    const struct feature_row *row = &feature_rows[feature];
    perm_set lacking = 0;
    for (unsigned n = 0; n < FEATURE_NEEDS; n++)
        if (way_of(row->needs[n], granted) == FEATURE_WAYS) lacking |= perm_bit(row->needs[n][0]);
    return lacking;
}

static bool is_second_best(const struct feature_row *row, perm_set granted)
{
    for (unsigned n = 0; n < FEATURE_NEEDS && row->needs[n][0]; n++)
        if (way_of(row->needs[n], granted) != 0) return true;
    return false;
}

/* Which of the granted a feature works by, as far as it does. */
static void add_needed(const struct feature_row *row, struct capabilities *c, perm_set *exact)
{
    for (unsigned n = 0; n < FEATURE_NEEDS && row->needs[n][0]; n++) {
        unsigned way = way_of(row->needs[n], c->granted);
        if (way == FEATURE_WAYS) continue;
        enum permission by = granted_as(c->granted, row->needs[n][way]);
        c->needed |= perm_bit(by);
        if (by == row->needs[n][way]) *exact |= perm_bit(by);
    }
}

void capabilities_judge(perm_set granted, feature_set enabled, struct capabilities *out)
{
    perm_set exact = 0;
    *out = (struct capabilities){.granted = granted, .enabled = enabled};
    for (unsigned f = 0; f < FEATURE_COUNT; f++) {
        feature_set bit = feature_bit((enum feature)f);
        perm_set lacking = feature_lacks((enum feature)f, granted);
        if (!lacking) out->usable |= bit;
        if (!lacking && is_second_best(&feature_rows[f], granted)) out->second |= bit;
        if (enabled & bit && lacking) out->blocked |= bit;
        if (enabled & bit) out->missing |= lacking;
        if (enabled & bit || (feature_rows[f].is_offered && !lacking)) add_needed(&feature_rows[f], out, &exact);
    }
    out->not_needed = granted & ~out->needed;
    out->wider = out->needed & ~exact;
}

feature_set capabilities_blocked_by(const struct capabilities *c, enum permission missing)
{
    feature_set blocked = 0;
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        if (c->blocked & feature_bit((enum feature)f) && feature_lacks((enum feature)f, c->granted) & perm_bit(missing))
            blocked |= feature_bit((enum feature)f);
    return blocked;
}

/* ---- words ------------------------------------------------------------------------------------------------------------------ */

static bool add_of_api(perm_set set, enum audience audience, struct buf *out, unsigned *count)
{
    bool ok = true;
    unsigned here = 0;
    for (unsigned p = 1; p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        if (!(set & perm_bit((enum permission)p)) || row->audience != audience) continue;
        ok = ok && buf_addf(out, "%s%s", *count ? ", " : "", row->role);
        ++*count;
        here++;
    }
    return ok && (here == 0 || buf_addf(out, " of %s", perm_api_name(audience)));
}

bool perm_list(perm_set set, struct buf *out)
{
    unsigned count = 0;
    return add_of_api(set, AUD_GRAPH, out, &count) && add_of_api(set, AUD_ENDPOINT, out, &count);
}

bool perm_remedy(perm_set missing, struct buf *out)
{
    return buf_add_str(out, STR("Grant ")) && perm_list(missing, out) &&
           buf_addf(out,
                    " as application permissions: in Entra under App registrations, the app, API permissions, Add a "
                    "permission. Then have %s of the tenant consent.",
                    consent_by_names[perm_consent_by(missing)]);
}
