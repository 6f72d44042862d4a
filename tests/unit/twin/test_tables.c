/* Every hunting table, licences, snapshots, and a schema that changes while the twin runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"
#include "twin/world/schema.h"

static const char all_tables[] =
    "history: 1h\nalerts_before: 5\nhunting_per_minute: 1000\nrows_per_second: {DeviceInfo: 0.01, others: 3}\n";

static int64_t count_of(struct client *c, const char *query)
{
    if (client_hunt(c, query) != 200) fail_msg("%s: %s", query, client_message(c));
    return json_i64(json_get(&json_get(c->json, "results")->items[0], "Count"), -1);
}

static unsigned feed(const char *name)
{
    unsigned i;
    assert_true(cloud_feed_find(str_of(name), &i));
    return i;
}

/* What a query counts is what the model says exists; a column of each type says its .NET name. */
static void every_table_answers(void **state)
{
    struct client c;
    char query[120];
    (void)state;
    client_open(&c, all_tables, 2, 5);
    for (unsigned t = 0; t < TABLE_COUNT; t++) {
        (void)snprintf(query, sizeof query, "%s | count", table_schemas[t].name);
        int64_t n = count_of(&c, query);
        assert_true(n > 0);
        assert_int_equal(n, cloud_count(c.cloud, 0, feed(table_schemas[t].name), c.now));
    }
    static const struct {
        const char *table, *column, *type;
    } rows[] = {
        {"EmailEvents", "ReportId", "String"},
        {"DeviceEvents", "ReportId", "Int64"},
        {"CloudAppEvents", "RawEventData", "Object"},
        {"DataSecurityEvents", "AadDeviceId", "Guid"},
        {"EmailEvents", "AttachmentCount", "Int32"},
        {"DeviceTvmSecureConfigurationAssessmentKB", "ConfigurationImpact", "Double"},
        {"CloudAppEvents", "IsAdminOperation", "SByte"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(query, sizeof query, "%s | project %s | take 1", rows[i].table, rows[i].column);
        assert_int_equal(client_hunt(&c, query), 200);
        struct str type = json_str(json_get(&json_get(c.json, "schema")->items[0], "type"), STR_NONE);
        assert_true(str_eq(type, str_of(rows[i].type)));
    }
    client_close(&c);
}

/* A dynamic column is JSON in one tenant, JSON inside a string in another. */
static void dynamics_come_both_ways(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, all_tables, 2, 5);
    for (unsigned tenant = 0; tenant < 2; tenant++) {
        client_become(&c, tenant);
        assert_int_equal(client_hunt(&c, "CloudAppEvents | where isnotempty(RawEventData) | project RawEventData"),
                         200);
        const struct json *rows = json_get(c.json, "results");
        assert_true(rows->count > 0);
        assert_int_equal(json_get(&rows->items[0], "RawEventData")->type, tenant ? JSON_STRING : JSON_OBJECT);
    }
    client_close(&c);
}

/* A row of DeviceEvents has what its action tells of: JSON that can be read, and no columns of other things. */
static void device_events_fit_their_action(void **state)
{
    static const char many[] =
        "history: 1h\nhunting_per_minute: 1000\nrows_per_second: {DeviceEvents: 1, others: 0.01}\n";
    struct client c;
    size_t filled = 0, blocked = 0;
    (void)state;
    client_open(&c, many, 1, 5);
    assert_int_equal(client_hunt(&c, "DeviceEvents | project ActionType, AdditionalFields, RemoteIP, RegistryKey"),
                     200);
    const struct json *rows = json_get(c.json, "results");
    assert_true(rows->count > 500);
    for (size_t i = 0; i < rows->count; i++) {
        struct str action = json_str(json_get(&rows->items[i], "ActionType"), STR_NONE);
        struct str fields = json_str(json_get(&rows->items[i], "AdditionalFields"), STR_NONE);
        bool is_network = str_starts(action, STR("Firewall")) || str_starts(action, STR("Remote")) ||
                          str_starts(action, STR("UntrustedWifi"));
        if (fields.n && !json_check(fields, NULL)) fail_msg("%.*s: %.*s", STR_ARG(action), STR_ARG(fields));
        filled += fields.n > 0;
        if (!is_network && json_str(json_get(&rows->items[i], "RemoteIP"), STR_NONE).n)
            fail_msg("%.*s has an address", STR_ARG(action));
        blocked += str_starts(action, STR("FirewallOut")) && json_get(&rows->items[i], "RemoteIP") != NULL;
    }
    assert_true(filled > rows->count / 2);
    assert_true(blocked > 0);
    client_close(&c);
}

/* Without a Timestamp there is one row a thing, at any time; now and then one of them is another. */
static void snapshots_show_what_is(void **state)
{
    struct client c;
    struct buf before, after;
    (void)state;
    client_open(&c, "machines: 4\nrows_per_second: {DeviceTvmSoftwareInventory: 0.001, IdentityInfo: 0.01}\n", 1, 5);
    assert_int_equal(client_hunt(&c, "DeviceTvmSoftwareInventory | order by Timestamp asc"), 400);
    assert_non_null(strstr(client_message(&c), "'Timestamp'"));
    buf_init(&before, 1 << 20);
    buf_init(&after, 1 << 20);
    assert_int_equal(client_hunt(&c, "DeviceTvmSoftwareInventory"), 200);
    assert_int_equal(client_count(&c, "results"), 12);
    buf_add_str(&before, buf_str(&c.body));
    client_wait(&c, 1000);
    client_hunt(&c, "DeviceTvmSoftwareInventory");
    assert_true(str_eq(buf_str(&before), buf_str(&c.body)));
    client_wait(&c, 3600 * 3 * 1000);
    client_become(&c, 0);
    client_hunt(&c, "DeviceTvmSoftwareInventory");
    assert_int_equal(client_count(&c, "results"), 12);
    assert_false(str_eq(buf_str(&before), buf_str(&c.body)));
    assert_int_equal(cloud_count(c.cloud, 0, feed("DeviceTvmSoftwareInventory"), c.now), 12);
    /* with one, the old rows stay: one more for each change */
    assert_true(count_of(&c, "IdentityInfo | count") > 100);
    assert_int_equal(count_of(&c, "IdentityInfo | distinct AccountUpn | count"), 13);
    buf_done(&before);
    buf_done(&after);
    client_close(&c);
}

static void licences_decide(void **state)
{
    struct client c;
    static const char scenario[] = "history: 1h\nalerts_before: 30\nrows_per_second: {others: 3}\nrules:\n"
                                   "  - {tenants: 1, licence: endpoint}\n  - {tenants: 2, licence: business}\n"
                                   "  - {tenants: 3, licence: none}\n";
    static const struct {
        unsigned tenant;
        const char *feed;
        bool readable;
    } rows[] = {
        {0, "EmailEvents", true}, {0, "DeviceInfo", true}, {0, "alerts", true},    {1, "EmailEvents", false},
        {1, "DeviceInfo", true},  {1, "alerts", true},     {1, "AlertInfo", true}, {1, "machines", true},
        {2, "DeviceInfo", false}, {2, "alerts", true},     {2, "incidents", true}, {2, "machines", true},
        {3, "DeviceInfo", false}, {3, "alerts", false},    {3, "machines", false}, {1, "IdentityInfo", false},
    };
    (void)state;
    client_open(&c, scenario, 4, 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(cloud_feed_readable(c.cloud, rows[i].tenant, feed(rows[i].feed)), rows[i].readable);
    client_become(&c, 1);
    assert_int_equal(client_hunt(&c, "EmailEvents | take 1"), 400);
    assert_non_null(strstr(client_message(&c), "Failed to resolve table or column expression named 'EmailEvents'"));
    assert_int_equal(client_hunt(&c, "DeviceInfo | take 1"), 200);
    client_close(&c);
}

/* AlertInfo and AlertEvidence tell the tenant's alerts, by the same ids. */
static void alerts_are_hunted(void **state)
{
    struct client c;
    char query[200];
    (void)state;
    client_open(&c,
                "history: 2h\nalerts_before: 12\nrules:\n  - {tenants: 1, variants: {alerts.info_rows: two}}\n"
                "  - {tenants: 2, licence: endpoint}\n",
                3, 1);
    for (unsigned tenant = 0; tenant < 3; tenant++) {
        client_become(&c, tenant);
        assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
        size_t alerts = client_count(&c, "value");
        assert_true(tenant == 2 ? alerts < 12 : alerts == 12);
        struct str id = json_str(json_get(&json_get(c.json, "value")->items[0], "id"), STR_NONE);
        (void)snprintf(query, sizeof query, "AlertInfo | where AlertId == '%.*s' | count", STR_ARG(id));
        assert_int_equal(count_of(&c, query), tenant == 1 ? 2 : 1);
        assert_int_equal(count_of(&c, "AlertInfo | distinct AlertId | count"), alerts);
        assert_int_equal(count_of(&c, "AlertEvidence | count"), alerts * 3);
        assert_int_equal(count_of(&c, "AlertInfo | where Severity in ('Low','Medium','High','Informational') | count"),
                         tenant == 1 ? alerts * 2 : alerts);
    }
    client_close(&c);
}

/* What is too much for the service is a 400 that says which: the same window again never helps, a smaller one does. */
static void heavy_queries_are_refused(void **state)
{
    static const struct {
        unsigned tenant;
        const char *query;
        int status;
        const char *says;
    } rows[] = {
        {0, "DeviceInfo | count", 200, NULL},
        {1, "DeviceInfo | count", 400, "preempted"},
        {1, "DeviceInfo | project Timestamp", 400, "preempted"},
        {1, "DeviceInfo | where Timestamp > ago(1m) | count", 200, NULL},
        {1, "DeviceInfo | take 5", 200, NULL},
        {2, "DeviceInfo", 400, "result size"},
        {2, "DeviceInfo | take 5", 200, NULL},
        {3, "DeviceInfo | take 5", 200, NULL},
        {3, "DeviceInfo | take 5", 429, "CPU"},
    };
    struct client c;
    (void)state;
    client_open(&c,
                "history: 1h\nrows_per_second: {DeviceInfo: 4}\nrules:\n  - {tenants: 1, preempt_above: 500}\n"
                "  - {tenants: 2, byte_cap: 20000, variants: {hunting.too_big: refuse}}\n"
                "  - {tenants: 3, hunting_cpu: 0.04}\n",
                4, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_become(&c, rows[i].tenant);
        if (client_hunt(&c, rows[i].query) != rows[i].status) fail_msg("%s: %d", rows[i].query, c.status);
        if (rows[i].says) assert_non_null(strstr(client_message(&c), rows[i].says));
    }
    assert_non_null(cloud_response_header(&c.response, "Retry-After"));
    client_wait(&c, 15 * 60000); /* the next quarter of an hour */
    client_become(&c, 3);
    assert_int_equal(client_hunt(&c, "DeviceInfo | take 5"), 200);
    client_close(&c);
}

/* ---- the schema changes while we look ---------------------------------------------------------------------------------- */
static size_t columns_of(struct client *c, const char *query, const char *name, bool *has)
{
    if (client_hunt(c, query) != 200) fail_msg("%s: %s", query, client_message(c));
    const struct json *schema = json_get(c->json, "schema");
    *has = false;
    for (size_t i = 0; i < schema->count; i++)
        *has |= str_eq(json_str(json_get(&schema->items[i], "name"), STR_NONE), str_of(name));
    return schema->count;
}

static void columns_come_and_go(void **state)
{
    struct client c;
    bool has;
    (void)state;
    client_open(&c,
                "history: 10m\nrows_per_second: {DeviceInfo: 1}\nevents:\n"
                "  - {what: add_column, at: 60s, table: DeviceInfo, name: Mood}\n"
                "  - {what: drop_column, at: 120s, table: DeviceInfo, name: OSPlatform, tenants: 0}\n",
                2, 1);
    size_t before = columns_of(&c, "DeviceInfo", "Mood", &has);
    assert_false(has);
    assert_int_equal(client_hunt(&c, "DeviceInfo | where Mood == 'x'"), 400);
    client_wait(&c, 110000);
    assert_int_equal(columns_of(&c, "DeviceInfo", "Mood", &has), before + 1);
    assert_true(has);
    assert_true(count_of(&c, "DeviceInfo | where isnotempty(Mood) | count") > 0);
    assert_int_equal(
        count_of(&c, "DeviceInfo | where Timestamp < datetime(2026-06-01T12:01:00Z) and isnotempty(Mood) | count"), 0);
    client_wait(&c, 20000);
    assert_int_equal(columns_of(&c, "DeviceInfo", "OSPlatform", &has), before);
    assert_false(has);
    assert_int_equal(client_hunt(&c, "DeviceInfo | project Timestamp, OSPlatform"), 400);
    assert_non_null(strstr(client_message(&c), "'OSPlatform'"));
    client_become(&c, 1);
    (void)columns_of(&c, "DeviceInfo", "OSPlatform", &has);
    assert_true(has);
    client_close(&c);
}

static void tables_are_renamed(void **state)
{
    static const struct {
        int64_t wait;
        int old, new;
    } rows[] = {{0, 200, 400}, {70000, 200, 200}, {60000, 400, 200}};
    struct client c;
    (void)state;
    client_open(&c,
                "history: 10m\nrows_per_second: {DeviceInfo: 1}\nevents:\n"
                "  - {what: rename_table, at: 60s, for: 60s, table: DeviceInfo, name: DeviceFacts}\n",
                1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_wait(&c, rows[i].wait);
        assert_int_equal(client_hunt(&c, "DeviceInfo | count"), rows[i].old);
        assert_int_equal(client_hunt(&c, "DeviceFacts | count"), rows[i].new);
    }
    assert_int_equal(count_of(&c, "DeviceFacts | count"), cloud_count(c.cloud, 0, feed("DeviceInfo"), c.now));
    client_close(&c);
}

static void enums_grow(void **state)
{
    static const struct {
        const char *field, *name;
    } rows[] = {{"severity", "apocalyptic"}, {"status", "onHold"}, {"serviceSource", "microsoftDefenderForMars"}};
    struct client c;
    char target[200];
    (void)state;
    client_open(&c,
                "history: 2h\nalerts_before: 6\nalerts_per_hour: 600\nalert_revisions: 0\nevents:\n"
                "  - {what: extend_enum, at: 30s, field: severity, name: apocalyptic}\n"
                "  - {what: extend_enum, at: 30s, field: status, name: onHold}\n"
                "  - {what: extend_enum, at: 30s, field: serviceSource, name: microsoftDefenderForMars}\n"
                "  - {what: extend_enum, at: 30s, field: evidence, name: hologramEvidence}\n",
                1, 1);
    for (int after = 0; after < 2; after++, client_wait(&c, 90000))
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            (void)snprintf(target, sizeof target, "/v1.0/security/alerts_v2?$top=1000&$filter=%s+eq+'%s'",
                           rows[i].field, rows[i].name);
            assert_int_equal(client_get(&c, target), 200);
            assert_int_equal(client_count(&c, "value") > 0, after);
            if (after) assert_non_null(strstr(buf_cstr(&c.body), "#microsoft.graph.security.hologramEvidence"));
        }
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_answers),
        cmocka_unit_test(dynamics_come_both_ways),
        cmocka_unit_test(device_events_fit_their_action),
        cmocka_unit_test(snapshots_show_what_is),
        cmocka_unit_test(licences_decide),
        cmocka_unit_test(alerts_are_hunted),
        cmocka_unit_test(heavy_queries_are_refused),
        cmocka_unit_test(columns_come_and_go),
        cmocka_unit_test(tables_are_renamed),
        cmocka_unit_test(enums_grow),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
