/* flow/act: rows of Defender's APIs to facts. What each API calls a thing, the rules for "handled" as a table, and odd types,
 * which are absent and said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow/act/alert_facts.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct alert_facts read_row(const char *row)
{
    struct alert_facts f;
    if (!alert_facts_read_any(&arena, str_of(row), &f)) fail_msg("not read: %.80s", row);
    return f;
}

#define EQUAL(s, literal) assert_true(str_eq((s), STR(literal)))

static void a_graph_alert(void **state)
{
    (void)state;
    struct alert_facts f = read_row(
        "{\"id\":\"da1_1\",\"incidentId\":\"924565\",\"title\":\"Suspicious \\\"x\\\"\",\"category\":\"Execution\","
        "\"categories\":[\"execution\",\"Ransomware\"],\"severity\":\"high\",\"status\":\"inProgress\","
        "\"classification\":null,"
        "\"determination\":\"unknown\",\"serviceSource\":\"microsoftDefenderForEndpoint\",\"detectionSource\":"
        "\"customDetection\","
        "\"detectorId\":\"e0da400f\",\"mitreTechniques\":[\"T1003.001\",\"Valid Accounts "
        "(T1078)\"],\"assignedTo\":\"ann\","
        "\"createdDateTime\":\"2026-04-27T12:19:27.7211305Z\",\"lastUpdateDateTime\":\"2026-05-02T14:19:01.3266667Z\","
        "\"firstActivityDateTime\":\"2026-04-26T07:45:50.1Z\",\"evidence\":["
        "{\"@odata.type\":\"#microsoft.graph.security.deviceEvidence\",\"verdict\":\"unknown\",\"remediationStatus\":"
        "\"none\","
        "\"roles\":[\"compromised\"],\"detailedRoles\":[\"PrimaryDevice\"],\"tags\":[\"Test "
        "Machine\"],\"mdeDeviceId\":\"73e7e2de70\","
        "\"azureAdDeviceId\":null,\"deviceDnsName\":\"tempdc\",\"osPlatform\":\"WindowsServer2016\",\"rbacGroupName\":"
        "\"Unassigned\"},"
        "{\"@odata.type\":\"#microsoft.graph.security.deviceEvidence\",\"roles\":[\"destination\",\"someday\"],"
        "\"mdeDeviceId\":\"99\","
        "\"hostName\":\"srv\"},"
        "{\"@odata.type\":\"#microsoft.graph.security.fileEvidence\",\"verdict\":\"malicious\",\"remediationStatus\":"
        "\"none\","
        "\"detectionStatus\":\"prevented\",\"mdeDeviceId\":\"73e7e2de70\",\"fileDetails\":{\"fileName\":\"a.exe\","
        "\"sha1\":\"5F1E8ACEDC065031AAD553B710838EB366CFEE9A\",\"sha256\":"
        "\"8963a19FB992ad9A76576c5638fd68292cffb9aaac29eb8285f9abf6196a7dec\","
        "\"md5\":null}},"
        "{\"@odata.type\":\"#microsoft.graph.security.processEvidence\",\"verdict\":\"suspicious\","
        "\"remediationStatus\":\"active\","
        "\"imageFile\":{\"fileName\":\"b.exe\",\"sha1\":\"5f1e8acedc065031aad553b710838eb366cfee9b\"},\"mdeDeviceId\":"
        "\"73e7e2de70\"},"
        "{\"@odata.type\":\"#microsoft.graph.security.userEvidence\",\"roles\":[\"compromised\"],\"userAccount\":{"
        "\"accountName\":\"eve\","
        "\"domainName\":\"corp\",\"userSid\":\"S-1-5-21\",\"userPrincipalName\":null}},"
        "{\"@odata.type\":\"#microsoft.graph.security.ipEvidence\",\"roles\":[\"contextual\"],\"ipAddress\":\"198.51."
        "100.7\"},"
        "{\"@odata.type\":\"#microsoft.graph.security.urlEvidence\",\"verdict\":\"noThreatsFound\",\"url\":\"https://"
        "a.example/\"},"
        "{\"@odata.type\":\"#microsoft.graph.security.dnsEvidence\",\"remediationStatus\":\"blocked\",\"domainName\":"
        "\"bad.example\","
        "\"ipAddresses\":[{\"ipAddress\":\"203.0.113.9\"}]},"
        "{\"@odata.type\":\"#microsoft.graph.security.whateverEvidence\",\"roles\":[\"contextual\"]}]}");
    EQUAL(f.id, "da1_1");
    EQUAL(f.incident, "924565");
    EQUAL(f.title, "Suspicious \"x\"");
    assert_int_equal(f.categories.count, 2);
    EQUAL(f.categories.items[1], "Ransomware");
    assert_int_equal(f.severity, SEVERITY_HIGH);
    assert_int_equal(f.status, STATUS_IN_PROGRESS);
    assert_int_equal(f.classification, CLASS_UNKNOWN);
    assert_int_equal(f.service, SERVICE_ENDPOINT);
    assert_true(f.is_custom_detection);
    EQUAL(f.techniques.items[1], "T1078");
    EQUAL(f.assigned, "ann");
    assert_true(f.created.ticks > 0 && f.updated.ticks > f.created.ticks && f.first_activity.ticks < f.created.ticks);
    assert_int_equal(f.device_count, 2);
    EQUAL(f.devices[0].id, "73e7e2de70");
    EQUAL(f.devices[0].name, "tempdc");
    EQUAL(f.devices[0].os, "WindowsServer2016");
    EQUAL(f.devices[0].tags.items[0], "Test Machine");
    assert_int_equal(f.devices[0].roles, ROLE_PRIMARY | ROLE_COMPROMISED);
    assert_int_equal(f.devices[1].roles, ROLE_DESTINATION | ROLE_OTHER);
    EQUAL(f.devices[1].name, "srv");
    EQUAL(f.users[0].name, "corp\\eve");
    assert_int_equal(f.users[0].roles, ROLE_COMPROMISED);
    assert_int_equal(f.value_count, 7);
    EQUAL(f.values[1].text, "5f1e8acedc065031aad553b710838eb366cfee9a");
    assert_int_equal(f.handled, HANDLED_PARTLY); /* the process is active */
    EQUAL(facts_quarantine_sha1(&f, &f.devices[0]),
          "5f1e8acedc065031aad553b710838eb366cfee9b"); /* the other is prevented */
    assert_int_equal(facts_quarantine_sha1(&f, &f.devices[1]).n, 0);
    assert_int_equal(f.unread_count, 0);
}

/* The evidence of one alert, and what "handled" it makes. */
static void handled(void **state)
{
    (void)state;
#define ITEM(kind, verdict, status, more)                                                    \
    "{\"@odata.type\":\"#microsoft.graph.security." kind "Evidence\",\"verdict\":\"" verdict \
    "\",\"remediationStatus\":\"" status "\"" more "}"
    static const struct {
        const char *evidence;
        enum fact_handled handled;
    } rows[] = {
        {"", HANDLED_UNKNOWN},
        {ITEM("device", "unknown", "none", ""), HANDLED_UNKNOWN},
        {ITEM("file", "malicious", "prevented", ""), HANDLED_WHOLLY},
        {ITEM("file", "malicious", "blocked", "") "," ITEM("process", "suspicious", "remediated", ""), HANDLED_WHOLLY},
        {ITEM("file", "malicious", "none", ""), HANDLED_NO},
        {ITEM("file", "unknown", "none", ""), HANDLED_NO},
        {ITEM("file", "malicious", "notFound", ""), HANDLED_NO},
        {ITEM("file", "malicious", "partiallyRemediated", ""), HANDLED_NO},
        {ITEM("file", "malicious", "none", ",\"detectionStatus\":\"blocked\""), HANDLED_WHOLLY},
        {ITEM("file", "malicious", "active", ",\"detectionStatus\":\"blocked\""), HANDLED_NO},
        {ITEM("file", "malicious", "prevented", "") "," ITEM("device", "unknown", "none", ""), HANDLED_WHOLLY},
        {ITEM("file", "malicious", "prevented", "") "," ITEM("user", "suspicious", "none", ""), HANDLED_PARTLY},
        {ITEM("file", "malicious", "prevented", "") "," ITEM("process", "unknown", "none",
                                                             ",\"roles\":[\"contextual\"]"),
         HANDLED_WHOLLY},
        {ITEM("file", "malicious", "prevented", "") "," ITEM("process", "unknown", "none",
                                                             ",\"roles\":[\"contextual\",\"source\"]"),
         HANDLED_PARTLY},
        {ITEM("file", "malicious", "prevented", "") "," ITEM("url", "noThreatsFound", "none", ""), HANDLED_WHOLLY},
        {ITEM("file", "malicious", "prevented", "") "," ITEM("brandNew", "malicious", "none", ""), HANDLED_PARTLY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char row[2000];
        (void)snprintf(row, sizeof row, "{\"id\":\"1\",\"serviceSource\":\"x\",\"evidence\":[%s]}", rows[i].evidence);
        if (read_row(row).handled != rows[i].handled) fail_msg("%s", rows[i].evidence);
    }
}

static void an_endpoint_alert(void **state)
{
    (void)state;
    static const char format[] = "{\"id\":\"da2\",\"incidentId\":1126093,\"severity\":\"Medium\",\"status\":\"New\","
                                 "\"classification\":\"FalsePositive\","
                                 "\"investigationState\":\"%s\",\"detectionSource\":\"WindowsDefenderAv\",\"category\":"
                                 "\"Ransomware\",\"title\":\"t\","
                                 "\"threatFamilyName\":\"Ryuk\",\"alertCreationTime\":\"2026-01-26T20:33:57.7220239Z\","
                                 "\"machineId\":\"111e6dd8c8\","
                                 "\"computerDnsName\":\"pc2\",\"rbacGroupName\":\"A\",\"mitreTechniques\":[\"T1486\"],"
                                 "\"relatedUser\":{\"userName\":\"ann\","
                                 "\"domainName\":\"corp\"},\"evidence\":[{\"entityType\":\"File\",\"sha1\":"
                                 "\"aabbccddee1122334455aabbccddee1122334455\","
                                 "\"sha256\":null,\"fileName\":\"x.exe\",\"detectionStatus\":\"%s\"},{\"entityType\":"
                                 "\"User\",\"accountName\":\"ann\","
                                 "\"domainName\":\"corp\",\"userSid\":null,\"detectionStatus\":null},{\"entityType\":"
                                 "\"Ip\",\"ipAddress\":\"198.51.100.8\","
                                 "\"detectionStatus\":\"%s\"}]}";
    static const struct {
        const char *investigation, *file, *ip;
        enum fact_handled handled;
    } rows[] = {{"Running", "Prevented", "Blocked", HANDLED_WHOLLY},
                {"Running", "Prevented", "Detected", HANDLED_PARTLY},
                {"Running", "Detected", "Detected", HANDLED_NO},
                {"SuccessfullyRemediated", "Detected", "Detected", HANDLED_WHOLLY}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char row[2000];
        (void)snprintf(row, sizeof row, format, rows[i].investigation, rows[i].file, rows[i].ip);
        struct alert_facts f = read_row(row);
        EQUAL(f.incident, "1126093");
        assert_int_equal(f.severity, SEVERITY_MEDIUM);
        assert_int_equal(f.classification, CLASS_FALSE_POSITIVE);
        assert_int_equal(f.service, SERVICE_ENDPOINT);
        EQUAL(f.detection, "antivirus");
        assert_int_equal(f.device_count, 1);
        EQUAL(f.devices[0].id, "111e6dd8c8");
        assert_true(device_is_eligible(&f.devices[0]));
        assert_int_equal(f.user_count, 1);
        EQUAL(f.users[0].name, "corp\\ann");
        assert_int_equal(f.value_count, 2);
        assert_int_equal(f.handled, rows[i].handled);
        assert_int_equal(f.unread_count, 0);
    }
}

static void a_siem_detection(void **state)
{
    (void)state;
    struct alert_facts f = read_row("{\"AlertTime\":\"2026-09-30T14:09:20.35743Z\",\"ComputerDnsName\":\"pc1.contoso."
                                    "example\",\"AlertTitle\":\"Suspicious\","
                                    "\"Category\":\"Malware\",\"ThreatCategory\":\"Ransomware\",\"Severity\":\"High\","
                                    "\"AlertId\":\"da6_1\",\"Sha1\":\"\","
                                    "\"Sha256\":\"\",\"Md5\":\"\",\"FileName\":\"\",\"IpAddress\":\"192.0.2.9\","
                                    "\"Url\":\"\",\"IoaDefinitionId\":\"b20a\","
                                    "\"UserName\":\"ann\",\"UserDomain\":\"CORP\",\"FullId\":\"da6_1:x\","
                                    "\"RemediationIsSuccess\":true,\"Source\":\"EDR\","
                                    "\"DeviceID\":\"73e7\",\"MachineGroup\":\"G\",\"DeviceCreatedMachineTags\":"
                                    "\"kiosk\",\"CloudCreatedMachineTags\":\"a;b\","
                                    "\"IncidentLinkToMTP\":\"https://security.example/incidents/924521?tid=5\"}");
    EQUAL(f.id, "da6_1");
    EQUAL(f.incident, "924521");
    assert_int_equal(f.categories.count, 2);
    EQUAL(f.detection, "microsoftDefenderForEndpoint");
    assert_int_equal(f.devices[0].tags.count, 3);
    EQUAL(f.devices[0].tags.items[2], "b");
    assert_int_equal(f.devices[0].roles, ROLE_PRIMARY);
    EQUAL(f.users[0].name, "CORP\\ann");
    assert_int_equal(f.value_count, 1);
    assert_int_equal(f.handled, HANDLED_WHOLLY);
}

static void incidents(void **state)
{
    (void)state;
    struct alert_facts f =
        read_row("{\"id\":\"7\",\"displayName\":\"Multi-stage\",\"severity\":\"medium\",\"status\":\"redirected\","
                 "\"redirectIncidentId\":\"9\",\"classification\":\"informationalExpectedActivity\"}");
    assert_int_equal(f.object, FACT_INCIDENT);
    EQUAL(f.incident, "7");
    EQUAL(f.redirected, "9");
    assert_int_equal(f.status, STATUS_REDIRECTED);
    assert_int_equal(f.classification, CLASS_EXPECTED);
    f = read_row("{\"incidentId\":924565,\"redirectIncidentId\":null,\"incidentName\":\"x\",\"severity\":\"High\","
                 "\"status\":\"Active\"}");
    EQUAL(f.id, "924565");
    assert_int_equal(f.redirected.n, 0);
    assert_int_equal(f.status, STATUS_NEW);
}

static void a_machine_fills_in_what_it_tells(void **state)
{
    (void)state;
    struct fact_device d = {.name = STR("old"), .group = STR("A"), .roles = ROLE_PRIMARY};
    machine_facts_read(
        &arena,
        STR("{\"id\":\"1e5b\",\"computerDnsName\":\"pc1\",\"osPlatform\":\"Windows11\",\"rbacGroupName\":null,"
            "\"deviceValue\":\"High\",\"machineTags\":[\"vip\"]}"),
        &d);
    EQUAL(d.id, "1e5b");
    EQUAL(d.name, "pc1");
    EQUAL(d.group, "A");
    assert_int_equal(d.worth, WORTH_HIGH);
    EQUAL(d.tags.items[0], "vip");
    assert_true(d.is_read);
    assert_int_equal(d.roles, ROLE_PRIMARY);
}

static void odd_types_are_absent_and_said(void **state)
{
    (void)state;
    static const struct {
        const char *row, *said;
    } rows[] = {
        {"{\"id\":\"1\",\"serviceSource\":\"x\",\"severity\":[\"high\"]}", "severity is an array"},
        {"{\"id\":\"1\",\"serviceSource\":\"x\",\"createdDateTime\":\"soon\"}", "createdDateTime is a text"},
        {"{\"id\":\"1\",\"serviceSource\":\"x\",\"evidence\":{}}", "evidence is an object"},
        {"{\"id\":\"1\",\"serviceSource\":\"x\",\"evidence\":[{},5]}", "evidence[1].itself is a number"},
        {"{\"id\":\"1\",\"serviceSource\":\"x\",\"evidence\":[{\"roles\":5}]}", "evidence[0].roles is a number"},
        {"{\"id\":\"1\",\"serviceSource\":\"x\",\"evidence\":[{\"@odata.type\":\"#microsoft.graph.security."
         "fileEvidence\","
         "\"fileDetails\":true}]}",
         "evidence[0].fileDetails is true"},
        {"{\"id\":{},\"serviceSource\":\"x\"}", "id is an object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alert_facts f = read_row(rows[i].row);
        assert_int_equal(f.unread_count, 1);
        assert_string_equal(f.unread, rows[i].said);
    }
    struct alert_facts f;
    assert_false(alert_facts_read_any(&arena, STR("[]"), &f));
    assert_false(alert_facts_read_any(&arena, STR("{}"), &f));
    assert_false(alert_facts_read_any(&arena, STR("{\"id\":\"1\",\"serviceSource\":"), &f));
    assert_false(alert_facts_read_any(&arena, STR(""), &f));
}

static void feeds(void **state)
{
    (void)state;
    enum facts_source s;
    assert_true(facts_source_of("alerts_siem", &s) && s == FACTS_SIEM_ALERT);
    assert_false(facts_source_of("machines", &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_alert),
        cmocka_unit_test(handled),
        cmocka_unit_test(an_endpoint_alert),
        cmocka_unit_test(a_siem_detection),
        cmocka_unit_test(incidents),
        cmocka_unit_test(a_machine_fills_in_what_it_tells),
        cmocka_unit_test(odd_types_are_absent_and_said),
        cmocka_unit_test(feeds),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
