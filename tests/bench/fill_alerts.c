/* Fills an installation's store with alerts as Graph gives them, quickly and the same each time: fill_alerts CONFIG TENANTS
 * ALERTS. Per tenant 200 machines, of which every tenth is a server, and its part of the alerts, spread over 90 days; every
 * tenth alert comes a second time, closed: half of these as false positives. About 5 KB an alert, five pieces of evidence. */
#include <stdlib.h>

#include "face/api/installation.h"
#include "state/store/feeds.h"
#include "state/store/revisions.h"
#include "state/store/store.h"
#include "state/store/tenants.h"

enum { MACHINES = 200, ALERTS_A_COMMIT = 20000, DAYS = 90 };

static uint64_t lot(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static const struct {
    const char *title, *category, *technique, *service, *severity;
} kinds[] = {
    {"Ransomware behavior detected in the file system", "Ransomware", "T1486", "microsoftDefenderForEndpoint",
     "medium"},
    {"Suspicious PowerShell command line", "Execution", "T1059.001", "microsoftDefenderForEndpoint", "medium"},
    {"Credential theft from the LSASS process memory", "CredentialAccess", "T1003.001", "microsoftDefenderForEndpoint",
     "high"},
    {"An uncommon file was created and added to a run key", "Persistence", "T1547.001", "microsoftDefenderForEndpoint",
     "low"},
    {"Malware was prevented", "Malware", "T1204", "microsoftDefenderForEndpoint", "informational"},
    {"Email messages containing malicious URL removed after delivery", "InitialAccess", "T1566",
     "microsoftDefenderForOffice365", "informational"},
    {"Unfamiliar sign-in properties", "InitialAccess", "T1078", "azureAdIdentityProtection", "low"},
    {"Suspected brute-force attack (Kerberos, NTLM)", "CredentialAccess", "T1110", "microsoftDefenderForIdentity",
     "medium"},
    {"Multiple threat families detected", "Malware", "T1204", "microsoftDefenderForEndpoint", "low"},
    {"Anomalous access to other devices", "LateralMovement", "T1021", "microsoftDefenderForEndpoint", "medium"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct filling {
    struct store *store;
    struct buf row;
    uint64_t state;
    int64_t feed, machines;
    unsigned tenant;
    struct err err;
};

static void die(const struct filling *f)
{
    (void)fprintf(stderr, "fill_alerts: %s\n", f->err.text);
    exit(1);
}

static void write_common(struct buf *b, const char *kind, const char *verdict, const char *remedy, const char *roles)
{
    (void)buf_addf(
        b,
        "{\"@odata.type\":\"#microsoft.graph.security.%s\",\"createdDateTime\":\"2026-09-01T10:20:30.1234567Z\","
        "\"verdict\":\"%s\",\"remediationStatus\":\"%s\",\"remediationStatusDetails\":null,\"roles\":[%s],"
        "\"detailedRoles\":[],\"tags\":[],",
        kind, verdict, remedy, roles);
}

static void write_file(struct buf *b, const char *key, unsigned long long n)
{
    (void)buf_addf(
        b,
        "\"%s\":{\"sha1\":\"%016llx%016llx%08x\",\"sha256\":\"%016llx%016llx%016llx%016llx\",\"md5\":null,"
        "\"sha256Ac\":null,\"fileName\":\"update-%llu.exe\",\"filePath\":\"C:\\\\Users\\\\Public\\\\Downloads\","
        "\"fileSize\":%llu,\"filePublisher\":null,\"signer\":null,\"issuer\":null}",
        key, n, ~n, (unsigned)n, n, (n * 3), (n * 5), (n * 7), (n % 1000), (n % 10000000));
}

static void write_evidence(struct filling *f, unsigned device, bool is_handled)
{
    struct buf *b = &f->row;
    uint64_t n = lot(&f->state);
    const char *remedy = is_handled ? "prevented" : "none";
    write_common(b, "deviceEvidence", "unknown", "none", "\"compromised\"");
    (void)buf_addf(
        b,
        "\"firstSeenDateTime\":\"2025-02-03T04:05:06Z\",\"mdeDeviceId\":\"%04x%036x\",\"azureAdDeviceId\":"
        "\"a7e6b7d0-4c5f-4c6b-9a7e-%012x\",\"deviceDnsName\":\"pc-%u.tenant%u.example\",\"hostName\":\"pc-%u\","
        "\"ntDomain\":null,\"dnsDomain\":\"tenant%u.example\",\"osPlatform\":\"%s\",\"osBuild\":22631,"
        "\"version\":\"23H2\",\"healthStatus\":\"active\",\"riskScore\":\"medium\",\"rbacGroupId\":75,"
        "\"rbacGroupName\":\"UnassignedGroup\",\"onboardingStatus\":\"onboarded\",\"defenderAvStatus\":\"updated\","
        "\"ipInterfaces\":[\"192.0.2.%u\",\"fe80::1\"],\"lastIpAddress\":\"192.0.2.%u\","
        "\"lastExternalIpAddress\":\"198.51.100.%u\",\"loggedOnUsers\":[{\"accountName\":\"user%u\","
        "\"domainName\":\"tenant%u\"}],\"vmMetadata\":null,\"resourceAccessEvents\":[]},",
        f->tenant, device, device, device, f->tenant, device, f->tenant,
        device % 10 ? "Windows11" : "WindowsServer2022", device % 250, device % 250, device % 250, device, f->tenant);
    write_common(b, "fileEvidence", "malicious", remedy, "");
    (void)buf_addf(b, "\"detectionStatus\":\"detected\",\"mdeDeviceId\":\"%04x%036x\",", f->tenant, device);
    write_file(b, "fileDetails", n % 5000);
    (void)buf_add_str(b, STR("},"));
    write_common(b, "processEvidence", "suspicious", remedy, "");
    (void)buf_addf(
        b,
        "\"processId\":%llu,\"parentProcessId\":668,\"processCommandLine\":\"\\\"C:\\\\Users\\\\Public\\\\Downloads\\\\"
        "update.exe\\\" --quiet --token=%016llx --endpoint "
        "https:\\/\\/cdn.example\\/%llu\",\"processCreationDateTime\":"
        "\"2026-09-01T10:20:29Z\",\"parentProcessCreationDateTime\":\"2026-09-01T09:00:00Z\",\"detectionStatus\":"
        "\"detected\",\"mdeDeviceId\":\"%04x%036x\",\"parentProcessImageFile\":null,",
        (unsigned long long)(n % 40000), (unsigned long long)n, (unsigned long long)(n % 977), f->tenant, device);
    write_file(b, "imageFile", n % 5000);
    (void)buf_add_str(b, STR("},"));
    write_common(b, "userEvidence", "unknown", "none", "\"contextual\"");
    (void)buf_addf(
        b,
        "\"stream\":null,\"userAccount\":{\"accountName\":\"user%u\",\"domainName\":\"tenant%u\",\"userSid\":"
        "\"S-1-5-21-1004336348-1177238915-682003330-%u\",\"azureAdUserId\":\"0f7a6b3c-5d4e-4f3a-8b2c-%012x\","
        "\"userPrincipalName\":\"user%u@tenant%u.example\",\"displayName\":\"User %u\",\"tenantId\":null,"
        "\"activeDirectoryObjectGuid\":null,\"resourceAccessEvents\":[]}},",
        device, f->tenant, device + 1000, device, device, f->tenant, device);
    write_common(b, "ipEvidence", "suspicious", remedy, "");
    (void)buf_addf(b,
                   "\"ipAddress\":\"203.0.113.%llu\",\"countryLetterCode\":\"NL\",\"location\":null,\"stream\":null}",
                   (unsigned long long)(n % 254));
}

static void write_alert(struct filling *f, unsigned number, const char *created, const char *updated,
                        const char *closed_as)
{
    struct buf *b = &f->row;
    unsigned kind = (unsigned)(lot(&f->state) % KINDS), device = (unsigned)(lot(&f->state) % MACHINES);
    buf_reset(b);
    (void)buf_addf(
        b,
        "{\"id\":\"da%08x-%04x_1\",\"providerAlertId\":\"%08x-%04x_1\",\"incidentId\":\"%u\",\"status\":\"%s\","
        "\"severity\":"
        "\"%s\",\"classification\":%s%s%s,\"determination\":null,\"serviceSource\":\"%s\",\"detectionSource\":"
        "\"microsoftDefenderForEndpoint\",\"productName\":\"Microsoft Defender for Endpoint\",\"detectorId\":"
        "\"e0da400f-affd-43ef-b1d5-%012x\",\"tenantId\":\"00000000-0000-4000-8000-%012x\",\"title\":\"%s\","
        "\"description\":"
        "\"A process that is not commonly seen in your organization did something that attackers do as well. This may "
        "be "
        "part of an attack in progress: look at the device's timeline, at what started the process and at what it "
        "wrote, and "
        "at other devices on which the same file was seen.\",\"recommendedActions\":\"1. Validate the alert.\\n2. "
        "Scope the "
        "incident: find related machines, network addresses and files in the incident graph.\\n3. Contain and "
        "mitigate: stop "
        "suspicious processes, isolate affected machines, decommission compromised accounts.\\n4. Contact your "
        "incident "
        "response team.\",\"category\":\"%s\",\"categories\":[\"%s\"],\"assignedTo\":null,\"alertWebUrl\":"
        "\"https://security.example/alerts/da%08x-%04x_1?tid=00000000-0000-4000-8000-%012x\",\"incidentWebUrl\":"
        "\"https://security.example/incidents/"
        "%u\",\"actorDisplayName\":null,\"threatDisplayName\":null,\"threatFamilyName\":"
        "null,\"mitreTechniques\":[\"%s\"],\"createdDateTime\":\"%s\",\"lastUpdateDateTime\":\"%s\","
        "\"resolvedDateTime\":null,"
        "\"firstActivityDateTime\":\"%s\",\"lastActivityDateTime\":\"%s\",\"investigationState\":"
        "\"unsupportedAlertType\","
        "\"alertPolicyId\":null,\"comments\":[],\"systemTags\":[],\"additionalData\":null,\"customDetails\":{},"
        "\"evidence\":[",
        number, f->tenant, number, f->tenant, number / 3 + 1, closed_as ? "resolved" : "new", kinds[kind].severity,
        closed_as ? "\"" : "", closed_as ? closed_as : "null", closed_as ? "\"" : "", kinds[kind].service, number % 300,
        f->tenant, kinds[kind].title, kinds[kind].category, kinds[kind].category, number, f->tenant, f->tenant,
        number / 3 + 1, kinds[kind].technique, created, updated, created, updated);
    write_evidence(f, device, lot(&f->state) % 3 == 0);
    (void)buf_add_str(b, STR("]}"));
}

static void put(struct filling *f, int64_t feed, const char *id, struct wall updated)
{
    struct str row = buf_str(&f->row);
    struct revision_record r = {
        .feed_id = feed, .updated = updated, .identity = hash128_of(row.p, row.n), .how = "live", .row = row};
    (void)snprintf(r.object_id, sizeof r.object_id, "%s", id);
    if (f->row.failed || !store_revision_put(f->store, &r, false, &f->err)) die(f);
}

static void put_alert(struct filling *f, unsigned number, struct wall start, unsigned alerts)
{
    char id[64], created[WALL_TEXT_BYTES], updated[WALL_TEXT_BYTES];
    uint64_t before = f->state;
    struct wall at = wall_add(start, WALL_TICKS_PER_DAY / alerts * DAYS * number),
                later = wall_add(at, WALL_TICKS_PER_HOUR);
    (void)snprintf(id, sizeof id, "da%08x-%04x_1", number, f->tenant);
    (void)wall_format(at, created);
    (void)wall_format(later, updated);
    bool comes_twice = number % 10 == 0;
    write_alert(f, number, created, created, NULL);
    put(f, f->feed, id, at);
    if (!comes_twice) return;
    f->state = before; /* the same alert */
    write_alert(f, number, created, updated, number % 20 ? "truePositive" : "falsePositive");
    put(f, f->feed, id, later);
}

static void put_machines(struct filling *f, struct wall at)
{
    char id[64];
    for (unsigned m = 0; m < MACHINES; m++) {
        buf_reset(&f->row);
        (void)snprintf(id, sizeof id, "%04x%036x", f->tenant, m);
        (void)buf_addf(
            &f->row,
            "{\"id\":\"%s\",\"computerDnsName\":\"pc-%u.tenant%u.example\",\"osPlatform\":\"%s\",\"rbacGroupName\":"
            "null,\"deviceValue\":\"Normal\",\"machineTags\":[]}",
            id, m, f->tenant, m % 10 ? "Windows11" : "WindowsServer2022");
        put(f, f->machines, id, at);
    }
}

static int64_t make_feed(struct filling *f, const char *tenant_id, const char *name)
{
    struct feed_record r = {.status = "ok"};
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", tenant_id);
    (void)snprintf(r.feed, sizeof r.feed, "%s", name);
    if (!store_feed_put(f->store, &r, &f->err)) die(f);
    return r.id;
}

static void make_tenant(struct filling *f, const struct org_record *org)
{
    struct tenant_record t = {
        .org_id = org->id, .is_enabled = true, .cloud = "global", .client_id = "00000000-0000-4000-8000-00000000abcd"};
    (void)snprintf(t.tenant_id, sizeof t.tenant_id, "00000000-0000-4000-8000-%012x", f->tenant);
    (void)snprintf(t.name, sizeof t.name, "tenant%u", f->tenant);
    if (!store_tenant_put(f->store, &t, true, &f->err)) die(f);
    f->feed = make_feed(f, t.tenant_id, "alerts");
    f->machines = make_feed(f, t.tenant_id, "machines");
}

int main(int argc, char **argv)
{
    struct installation i;
    struct org_record org = {.name = "filled"};
    uint64_t tenants, alerts;
    struct wall start;
    struct filling f = {.state = 7};
    if (argc != 4 || !str_to_u64(str_of(argv[2]), &tenants) || !str_to_u64(str_of(argv[3]), &alerts) || tenants == 0)
        return fprintf(stderr, "fill_alerts CONFIG TENANTS ALERTS\n"), 2;
    (void)wall_parse(STR("2026-07-01T00:00:00Z"), &start);
    buf_init(&f.row, 1 << 20);
    if (!installation_open(argv[1], &i, &f.err)) die(&f);
    f.store = i.store;
    if (!store_begin(f.store, &f.err) || !store_org_put(f.store, &org, &f.err)) die(&f);
    unsigned each = (unsigned)(alerts / tenants);
    for (f.tenant = 0; f.tenant < tenants; f.tenant++) {
        make_tenant(&f, &org);
        put_machines(&f, start);
        for (unsigned n = 0; n < each; n++) put_alert(&f, n, start, each);
        bool is_due = f.tenant % (1 + ALERTS_A_COMMIT / (each + 1)) == 0;
        if (is_due && (!store_commit(f.store, &f.err) || !store_begin(f.store, &f.err))) die(&f);
    }
    if (!store_commit(f.store, &f.err)) die(&f);
    buf_done(&f.row);
    installation_close(&i);
    return 0;
}
