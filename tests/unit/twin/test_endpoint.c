/* The rest of the twin's Defender for Endpoint API (sections 9, 10, 11, 14 and 15 of the reference). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"

#define ROOMY "machines: 8\ndirt: no\nendpoint_per_minute: 100000\nendpoint_per_hour: 100000\n"

static int post(struct client *c, const char *path, const char *body)
{
    return client_call(c, "POST", path, c->endpoint, body);
}

static void assert_member(struct client *c, const char *path, const char *value)
{
    struct str own = json_str(json_path(c->json, path), STR("(none)"));
    if (!str_eq(own, str_of(value))) fail_msg("%s is %.*s, not %s", path, STR_ARG(own), value);
}

static const struct json *item(struct client *c, size_t index)
{
    const struct json *list = json_get(c->json, "value");
    assert_non_null(list);
    assert_true(index < list->count);
    return &list->items[index];
}

/* ---- indicators ------------------------------------------------------------------------------------------------------ */
#define HASH "0123456789012345678901234567890123456789"
static const char good_indicator[] =
    "{\"indicatorValue\":\"" HASH "\",\"indicatorType\":\"FileSha1\",\"action\":\"Block\",\"title\":\"t\","
    "\"description\":\"d\",\"severity\":\"High\",\"rbacGroupNames\":\"A, B\"}";

static void indicators_are_made_changed_and_deleted(void **state)
{
    struct client c;
    char path[100];
    (void)state;
    client_open(&c, ROOMY, 1, 7);
    assert_int_equal(client_get(&c, "/api/indicators"), 200);
    assert_int_equal(client_count(&c, "value"), 0);
    assert_int_equal(post(&c, "/api/indicators", good_indicator), 200);
    assert_member(&c, "severity", "High");
    assert_member(&c, "createdBy", c.tenant.client_id);
    assert_int_equal(json_get(c.json, "rbacGroupNames")->count, 2);
    (void)snprintf(path, sizeof path, "/api/indicators/%.*s", STR_ARG(json_str(json_get(c.json, "id"), STR_NONE)));
    assert_int_equal(post(&c, "/api/indicators",
                          "{\"indicatorValue\":\"" HASH "\",\"indicatorType\":\"FileSha1\",\"action\":\"Audit\","
                          "\"generateAlert\":true,\"title\":\"t2\",\"description\":\"d\"}"),
                     200);
    assert_int_equal(client_get(&c, "/api/indicators?$filter=indicatorType+eq+'FileSha1'+and+action+eq+'Audit'"), 200);
    assert_int_equal(client_count(&c, "value"), 1);
    assert_true(str_eq(json_str(json_get(item(&c, 0), "title"), STR_NONE), STR("t2")));
    assert_int_equal(client_get(&c, "/api/indicators?$filter=title+eq+'t2'"), 400);
    assert_int_equal(client_call(&c, "DELETE", path, c.endpoint, ""), 204);
    assert_int_equal(c.body.n, 0);
    assert_int_equal(client_call(&c, "DELETE", path, c.endpoint, ""), 404);
    assert_int_equal(client_get(&c, "/api/indicators"), 200);
    assert_int_equal(client_count(&c, "value"), 0);
    client_close(&c);
}

static void bad_indicators_say_what_is_wrong(void **state)
{
    static const struct {
        const char *value, *type, *action, *code;
    } rows[] = {
        {"12", "FileSha1", "Block", "InvalidHashValue"},
        {HASH, "FileSha256", "Block", "InvalidHashValue"},
        {"xy", "FileMd5", "Block", "InvalidHashValue"},
        {"10.0.0.0/8", "IpAddress", "Block", "InvalidIpAddress"},
        {"a b.example", "DomainName", "Block", "InvalidDomainName"},
        {"http:// x", "Url", "Block", "InvalidUrl"},
        {HASH, "FileSha3", "Block", "InvalidInput"},
        {HASH, "FileSha1", "Kill", "InvalidInput"},
        {HASH, "FileSha1", "Audit", "InvalidInput"}, /* generateAlert must be true */
        {"", "FileSha1", "Block", "MissingRequiredParameter"},
    };
    struct client c;
    char body[300];
    (void)state;
    client_open(&c, ROOMY, 1, 7);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(body, sizeof body,
                       "{\"indicatorValue\":\"%s\",\"indicatorType\":\"%s\",\"action\":\"%s\",\"title\":\"t\","
                       "\"description\":\"d\"}",
                       rows[i].value, rows[i].type, rows[i].action);
        print_message("# %s\n", body);
        assert_int_equal(post(&c, "/api/indicators", body), 400);
        assert_string_equal(client_error(&c), rows[i].code);
    }
    assert_int_equal(post(&c, "/api/indicators", "{\"IndicatorValue\":\"x\"}"), 400);
    assert_string_equal(client_error(&c), "MissingRequiredParameter");
    client_close(&c);
}

static void indicators_come_in_batches(void **state)
{
    struct client c;
    struct buf body;
    (void)state;
    client_open(&c, ROOMY, 1, 7);
    buf_init(&body, 1 << 20);
    buf_addf(&body, "{\"Indicators\":[%s,{\"indicatorValue\":\"1.2.3.4\",\"indicatorType\":\"IpAddress\"}]}",
             good_indicator);
    assert_int_equal(post(&c, "/api/indicators/import", buf_cstr(&body)), 200);
    assert_int_equal(client_count(&c, "value"), 2);
    assert_false(json_bool(json_get(item(&c, 0), "isFailed"), true));
    assert_true(json_bool(json_get(item(&c, 1), "isFailed"), false));
    assert_true(json_str(json_get(item(&c, 1), "failureReason"), STR_NONE).n > 0);
    struct str id = json_str(json_get(item(&c, 0), "id"), STR_NONE);
    struct buf ids;
    buf_init(&ids, 200);
    buf_addf(&ids, "{\"IndicatorIds\":[\"%.*s\"]}", STR_ARG(id));
    assert_int_equal(post(&c, "/api/indicators/BatchDelete", buf_cstr(&ids)), 204);
    assert_int_equal(client_get(&c, "/api/indicators"), 200);
    assert_int_equal(client_count(&c, "value"), 0);
    buf_reset(&body);
    buf_add_str(&body, STR("{\"Indicators\":["));
    for (unsigned i = 0; i < 501; i++) buf_addf(&body, "%s{}", i ? "," : "");
    buf_add_str(&body, STR("]}"));
    assert_int_equal(post(&c, "/api/indicators/import", buf_cstr(&body)), 400);
    assert_string_equal(client_error(&c), "MaximumBatchSizeExceeded");
    assert_non_null(strstr(client_message(&c), "501"));
    for (unsigned i = 0; i < 28; i++) (void)post(&c, "/api/indicators/import", "{\"Indicators\":[]}");
    assert_int_equal(post(&c, "/api/indicators/import", "{\"Indicators\":[]}"), 429); /* 30 a minute */
    buf_done(&ids);
    buf_done(&body);
    client_close(&c);
}

/* ---- hunting through the older APIs (sections 14 and 16) --------------------------------------------------------------- */
#define HUNTING ROOMY "history: 2h\nrows_per_second: {DeviceProcessEvents: 0.1, AlertInfo: 0.01, EmailEvents: 0.1}\n"
#define RUN "/api/advancedqueries/run"

static void older_hunting_speaks_in_capitals(void **state)
{
    struct client c;
    char xdr[4096];
    (void)state;
    client_open(&c, HUNTING, 1, 7);
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceProcessEvents | project Timestamp, DeviceId | take 3\"}"), 200);
    assert_int_equal(client_count(&c, "Results"), 3);
    assert_true(str_eq(json_str(json_get(&json_get(c.json, "Schema")->items[0], "Name"), STR_NONE), STR("Timestamp")));
    assert_true(str_eq(json_str(json_get(&json_get(c.json, "Schema")->items[0], "Type"), STR_NONE), STR("DateTime")));
    assert_null(json_get(c.json, "@odata.context"));
    assert_int_equal(post(&c, RUN, "{\"Query\":\"EmailEvents | take 3\"}"), 400);
    assert_non_null(strstr(client_message(&c), "Failed to resolve table or column expression named 'EmailEvents'"));
    assert_int_equal(post(&c, RUN, "{\"query\":\"DeviceInfo\"}"), 400);
    assert_string_equal(client_error(&c), "BadRequest");
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceProcessEvents | where\"}"), 400);
    assert_int_equal(client_call(&c, "POST", RUN, c.graph, "{\"Query\":\"DeviceInfo\"}"), 401);

    client_token(&c, "https://api.security.microsoft.com", xdr, sizeof xdr);
    assert_int_equal(client_call(&c, "POST", "/api/advancedhunting/run", xdr, "{\"Query\":\"EmailEvents | count\"}"),
                     200);
    assert_int_equal(client_count(&c, "Results"), 1);
    assert_non_null(json_path(c.json, "Stats.ExecutionTime"));
    assert_non_null(json_path(c.json, "Stats.resource_usage"));
    assert_non_null(json_path(c.json, "Stats.dataset_statistics"));
    assert_int_equal(client_call(&c, "POST", "/api/advancedhunting/run", c.endpoint, "{\"Query\":\"DeviceInfo\"}"),
                     401);
    client_close(&c);
}

static void older_hunting_has_quotas_of_its_own(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, HUNTING, 1, 7);
    for (unsigned i = 0; i < 45; i++) assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceInfo\"}"), 200);
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceInfo\"}"), 429);
    assert_string_equal(client_message(&c), "API calls quota exceeded! maximum allowed 45 per 00:01:00");
    assert_int_equal(client_get(&c, "/api/machines"), 200); /* another family */
    client_close(&c);

    client_open(&c, HUNTING "hunting_run_time: 60s\n", 1, 7);
    unsigned served = 0;
    while (served < 30 && post(&c, RUN, "{\"Query\":\"DeviceInfo\"}") == 200) served++;
    assert_in_range(served, 7, 13); /* ten minutes an hour */
    assert_int_equal(c.status, 429);
    assert_non_null(strstr(client_message(&c), "Run time quota"));
    assert_non_null(cloud_response_header(&c.response, "Retry-After"));
    client_wait(&c, 3600000);
    client_become(&c, 0);
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceInfo\"}"), 200);
    client_close(&c);
}

static void a_result_too_big_is_refused(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, HUNTING "rules: [{tenants: all, byte_cap: 20000}]\n", 1, 7);
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceProcessEvents\"}"), 400);
    assert_non_null(strstr(client_message(&c), "allowed result size"));
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceProcessEvents | take 3\"}"), 200);
    assert_int_equal(client_count(&c, "Results"), 3);
    assert_int_equal(client_hunt(&c, "DeviceProcessEvents"), 200); /* Graph cuts instead */
    client_close(&c);
}

static void older_hunting_may_be_retired(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, HUNTING "variants: {endpoint.hunting: retired}\n", 1, 7);
    assert_int_equal(post(&c, RUN, "{\"Query\":\"DeviceInfo\"}"), 410);
    assert_int_equal(client_hunt(&c, "DeviceInfo"), 200);
    client_close(&c);
}

/* ---- alerts (sections 10 and 22) --------------------------------------------------------------------------------------- */
#define ALERTS ROOMY "history: 6h\nalerts_before: 40\nalert_revision_time: 1h\n"

/* Each alert of this API is Graph's of the same id, in other words; none of Defender for Endpoint is missing. */
static void both_apis_show_the_same_alerts(void **state)
{
    static const char *const pairs[][2] = {
        {"title", "title"},
        {"createdDateTime", "alertCreationTime"},
        {"lastUpdateDateTime", "lastUpdateTime"},
        {"category", "category"},
        {"assignedTo", "assignedTo"},
        {"incidentId", "incidentId"},
        {"detectorId", "detectorId"},
        {"resolvedDateTime", "resolvedTime"},
        {"firstActivityDateTime", "firstEventTime"},
    };
    struct client c, g;
    size_t own = 0;
    (void)state;
    client_open(&c, ALERTS, 1, 7);
    client_open(&g, ALERTS, 1, 7);
    assert_int_equal(client_get(&c, "/api/alerts"), 200);
    assert_int_equal(client_get(&g, "/v1.0/security/alerts_v2"), 200);
    for (size_t i = 0; i < client_count(&g, "value"); i++) {
        const struct json *theirs = item(&g, i), *ours = NULL;
        bool is_endpoint =
            str_eq(json_str(json_get(theirs, "serviceSource"), STR_NONE), STR("microsoftDefenderForEndpoint"));
        for (size_t k = 0; k < client_count(&c, "value"); k++)
            if (str_eq(json_str(json_get(item(&c, k), "id"), STR_NONE), json_str(json_get(theirs, "id"), STR_NONE)))
                ours = item(&c, k);
        assert_int_equal(ours != NULL, is_endpoint);
        if (ours == NULL) continue;
        own++;
        for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++)
            assert_true(str_eq(json_str(json_get(theirs, pairs[p][0]), STR("null")),
                               json_str(json_get(ours, pairs[p][1]), STR("null"))));
        assert_true(str_eq_nocase(json_str(json_get(theirs, "severity"), STR_NONE),
                                  json_str(json_get(ours, "severity"), STR("-"))));
        assert_true(str_eq_nocase(json_str(json_get(theirs, "status"), STR_NONE),
                                  json_str(json_get(ours, "status"), STR("-"))));
        assert_int_equal(json_get(theirs, "comments")->count, json_get(ours, "comments")->count);
        assert_int_equal(json_get(ours, "evidence")->count, 0);
    }
    assert_true(own > 10 && own == client_count(&c, "value"));
    client_close(&g);
    client_close(&c);
}

static void a_machines_alerts_are_a_part_of_all(void **state)
{
    struct client c;
    char path[120];
    unsigned total = 0;
    (void)state;
    client_open(&c, ALERTS, 1, 7);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    char ids[8][41];
    for (unsigned i = 0; i < 8; i++) (void)str_copy(json_str(json_get(item(&c, i), "id"), STR_NONE), ids[i], 41);
    for (unsigned i = 0; i < 8; i++) {
        (void)snprintf(path, sizeof path, "/api/machines/%.40s/alerts", ids[i]);
        assert_int_equal(client_get(&c, path), 200);
        size_t count = client_count(&c, "value");
        for (size_t k = 0; k < count; k++)
            assert_true(str_eq(json_str(json_get(item(&c, k), "machineId"), STR_NONE), str_of(ids[i])));
        (void)snprintf(path, sizeof path, "/api/machines/%.40s/alerts/$count", ids[i]);
        assert_int_equal(client_get(&c, path), 200);
        assert_int_equal(strtoul(buf_cstr(&c.body), NULL, 10), count);
        total += (unsigned)count;
    }
    assert_int_equal(client_get(&c, "/api/alerts/$count"), 200);
    assert_int_equal(strtoul(buf_cstr(&c.body), NULL, 10), total);
    client_close(&c);
}

/* An alert can be made out of a row; Graph shows it too, in an incident of its own. */
static void alerts_are_made_of_rows(void **state)
{
    static const char body[] = "{\"machineId\":\"%.*s\",\"severity\":\"%s\",\"title\":\"Ours\",\"description\":\"d\","
                               "\"recommendedAction\":\"look\",\"eventTime\":\"2026-06-01T11:00:00Z\","
                               "\"reportId\":\"20776\",\"category\":\"Malware\"}";
    struct client c;
    char text[500], machine[41];
    (void)state;
    client_open(&c, ALERTS, 1, 7);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    (void)str_copy(json_str(json_get(item(&c, 3), "id"), STR_NONE), machine, sizeof machine);
    assert_int_equal(client_get(&c, "/api/alerts/$count"), 200);
    unsigned long before = strtoul(buf_cstr(&c.body), NULL, 10);
    (void)snprintf(text, sizeof text, body, 40, machine, "Low");
    assert_int_equal(post(&c, "/api/alerts/CreateAlertByReference", text), 200);
    assert_member(&c, "title", "Ours");
    assert_member(&c, "machineId", machine);
    assert_member(&c, "status", "New");
    assert_member(&c, "firstEventTime", "2026-06-01T11:00:00Z");
    char path[200], id[100];
    (void)str_copy(json_str(json_get(c.json, "id"), STR_NONE), id, sizeof id);
    (void)snprintf(path, sizeof path, "/v1.0/security/alerts_v2/%s", id);
    assert_int_equal(client_get(&c, path), 200);
    assert_member(&c, "recommendedActions", "look");
    assert_member(&c, "severity", "low");
    (void)snprintf(path, sizeof path, "/v1.0/security/incidents/%.*s?$expand=alerts",
                   STR_ARG(json_str(json_get(c.json, "incidentId"), STR_NONE)));
    assert_int_equal(client_get(&c, path), 200);
    assert_int_equal(client_count(&c, "alerts"), 1);
    (void)snprintf(path, sizeof path, "/api/alerts/%s", id);
    assert_int_equal(client_call(&c, "PATCH", path, c.endpoint, "{\"status\":\"Resolved\"}"), 200);
    assert_member(&c, "status", "Resolved");
    assert_int_equal(client_get(&c, "/api/alerts/$count"), 200);
    assert_int_equal(strtoul(buf_cstr(&c.body), NULL, 10), before + 1);
    (void)snprintf(text, sizeof text, body, 40, machine, "Huge");
    assert_int_equal(post(&c, "/api/alerts/CreateAlertByReference", text), 400);
    assert_string_equal(client_error(&c), "InvalidInput");
    (void)snprintf(text, sizeof text, body, 2, "00", "Low");
    assert_int_equal(post(&c, "/api/alerts/CreateAlertByReference", text), 404);
    client_close(&c);
}

/* Without $top the listing has pages of 10,000 and links; with it there is no link. */
static void long_lists_have_links(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "machines: 10003\ndirt: no\n", 1, 7);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    assert_int_equal(client_count(&c, "value"), 10000);
    char link[400];
    struct str next = json_str(json_get(c.json, "@odata.nextLink"), STR_NONE);
    assert_true(str_starts(next, STR("http://twin/api/machines?")));
    assert_true(str_copy(str_sub(next, 11, next.n), link, sizeof link));
    assert_int_equal(client_get(&c, link), 200);
    assert_int_equal(client_count(&c, "value"), 3);
    assert_null(json_get(c.json, "@odata.nextLink"));
    assert_int_equal(client_get(&c, "/api/machines?$top=10000"), 200);
    assert_null(json_get(c.json, "@odata.nextLink"));
    assert_int_equal(client_get(&c, "/api/machines?$orderby=lastSeen"), 400);
    assert_string_equal(client_error(&c), "ODataError");
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indicators_are_made_changed_and_deleted),
        cmocka_unit_test(bad_indicators_say_what_is_wrong),
        cmocka_unit_test(indicators_come_in_batches),
        cmocka_unit_test(older_hunting_speaks_in_capitals),
        cmocka_unit_test(older_hunting_has_quotas_of_its_own),
        cmocka_unit_test(a_result_too_big_is_refused),
        cmocka_unit_test(older_hunting_may_be_retired),
        cmocka_unit_test(both_apis_show_the_same_alerts),
        cmocka_unit_test(a_machines_alerts_are_a_part_of_all),
        cmocka_unit_test(alerts_are_made_of_rows),
        cmocka_unit_test(long_lists_have_links),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
