/* Alerts and incidents: what can be asked of a listing, what can be written, merges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"

static const char calm[] = "history: 2h\nalerts_before: 12\nsecurity_per_minute: 1000\nalert_revisions: 0\n";

static struct str text(struct client *c, const char *path)
{
    return json_str(json_path(c->json, path), STR("(null)"));
}

#define ASSERT_TEXT(c, path, wanted) \
    if (!str_eq(text(c, path), str_of(wanted))) fail_msg("%s is %.*s", path, STR_ARG(text(c, path)))

static void first_id(struct client *c, const char *list, char *out, size_t size)
{
    char target[200];
    (void)snprintf(target, sizeof target, "/v1.0/security/%s?$top=1", list);
    assert_int_equal(client_get(c, target), 200);
    struct str id = json_str(json_get(&json_get(c->json, "value")->items[0], "id"), STR_NONE);
    (void)snprintf(out, size, "/v1.0/security/%s/%.*s", list, STR_ARG(id));
}

static void alerts_are_patched(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *path, *wanted; /* of the answer; NULL: do not look */
    } rows[] = {
        {"{\"status\":\"inProgress\"}", 200, "status", "inProgress"},
        {"{\"assignedTo\":\"a@b.example\",\"classification\":\"truePositive\"}", 200, "assignedTo", "a@b.example"},
        {"{\"determination\":\"malware\"}", 200, "classification", "truePositive"}, /* what was set stays */
        {"{\"determination\":\"clean\"}", 200, "determination", "notMalicious"},
        {"{\"determination\":\"confirmedUserActivity\"}", 200, "determination", "confirmedActivity"},
        {"{\"determination\":\"compromisedAccount\"}", 200, "determination", "compromisedAccount"},
        {"{\"assignedTo\":null}", 200, "assignedTo", "(null)"},
        {"{\"@odata.type\":\"#microsoft.graph.security.alert\",\"status\":\"resolved\"}", 200, "status", "resolved"},
        {"{}", 200, "status", "resolved"},
        {"{\"status\":\"closed\"}", 400, NULL, NULL},
        {"{\"status\":7}", 400, NULL, NULL},
        {"{\"title\":\"x\"}", 400, NULL, NULL},
        {"{\"comments\":[]}", 400, NULL, NULL}, /* comments are no part of PATCH */
        {"{\"customDetails\":{}}", 400, NULL, NULL},
        {"[]", 400, NULL, NULL},
        {"", 400, NULL, NULL},
    };
    struct client c;
    char target[200];
    (void)state;
    client_open(&c, calm, 1, 1);
    first_id(&c, "alerts_v2", target, sizeof target);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_wait(&c, 1000);
        int status = client_call(&c, "PATCH", target, c.graph, rows[i].body);
        if (status != rows[i].status) fail_msg("%s: %d %s", rows[i].body, status, client_message(&c));
        if (rows[i].path) ASSERT_TEXT(&c, rows[i].path, rows[i].wanted);
    }
    assert_int_equal(client_get(&c, target), 200);
    ASSERT_TEXT(&c, "determination", "compromisedAccount");
    ASSERT_TEXT(&c, "lastUpdateDateTime", "2026-06-01T12:00:08Z"); /* the last one that wrote something */
    ASSERT_TEXT(&c, "resolvedDateTime", "2026-06-01T12:00:08Z");
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2?$filter=determination+eq+'compromisedAccount'"), 200);
    assert_int_equal(client_count(&c, "value"), 1);
    assert_int_equal(client_call(&c, "PATCH", "/v1.0/security/alerts_v2/nosuch", c.graph, "{}"), 404);
    client_close(&c);
}

static void comments_are_added(void **state)
{
    struct client c;
    char target[200], comments[220];
    static const char body[] =
        "{\"@odata.type\":\"microsoft.graph.security.alertComment\",\"comment\":\"isolated – \\\"ok\\\"\"}";
    (void)state;
    client_open(&c,
                "history: 2h\nalerts_before: 12\nalert_revisions: 0\nrules:\n"
                "  - {tenants: 1, variants: {alerts.comment_touches: 'no', alerts.comment_author: app_id}}\n"
                "  - {tenants: 2, permissions: mandiant}\n",
                3, 1);
    for (unsigned tenant = 0; tenant < 2; tenant++) {
        client_become(&c, tenant);
        for (int kind = 0; kind < 2; kind++) {
            first_id(&c, kind ? "incidents" : "alerts_v2", target, sizeof target);
            client_get(&c, target);
            size_t before = json_get(c.json, "comments")->count;
            struct buf updated;
            buf_init(&updated, 100);
            buf_add_str(&updated, text(&c, "lastUpdateDateTime"));
            client_wait(&c, 1000);
            (void)snprintf(comments, sizeof comments, "%s/comments", target);
            assert_int_equal(client_call(&c, "POST", comments, c.graph, body), 200);
            assert_int_equal(client_count(&c, "value"), before + 1);
            assert_int_equal(client_call(&c, "POST", comments, c.graph, "{\"comment\":\" \"}"), 400);
            client_get(&c, target);
            const struct json *list = json_get(c.json, "comments");
            assert_int_equal(list->count, before + 1);
            assert_true(
                str_eq(json_str(json_get(&list->items[before], "comment"), STR_NONE), STR("isolated – \"ok\"")));
            struct str author = json_str(json_get(&list->items[before], "createdByDisplayName"), STR_NONE);
            assert_int_equal(str_eq(author, str_of(c.tenant.client_id)), tenant == 1);
            assert_int_equal(str_eq(text(&c, "lastUpdateDateTime"), buf_str(&updated)), tenant == 1);
            buf_done(&updated);
        }
    }
    client_become(&c, 2); /* may read only */
    first_id(&c, "alerts_v2", target, sizeof target);
    assert_int_equal(client_call(&c, "PATCH", target, c.graph, "{\"status\":\"resolved\"}"), 403);
    assert_non_null(strstr(client_message(&c), "SecurityAlert.ReadWrite.All"));
    client_close(&c);
}

static void incidents_take_their_alerts_along(void **state)
{
    struct client c;
    char target[200], expanded[220];
    (void)state;
    client_open(&c,
                "history: 2h\nalerts_before: 12\nalert_revisions: 0\nrules:\n"
                "  - {tenants: 1, variants: {incidents.resolve: 'no', incidents.patch_more: refuse}}\n",
                2, 1);
    for (unsigned tenant = 0; tenant < 2; tenant++) {
        client_become(&c, tenant);
        first_id(&c, "incidents", target, sizeof target);
        assert_int_equal(
            client_call(&c, "PATCH", target, c.graph, "{\"status\":\"resolved\",\"customTags\":[\"a\",\"b\"]}"), 200);
        ASSERT_TEXT(&c, "status", "resolved");
        assert_int_equal(json_get(c.json, "customTags")->count, 2);
        (void)snprintf(expanded, sizeof expanded, "%s?$expand=alerts", target);
        assert_int_equal(client_get(&c, expanded), 200);
        const struct json *alerts = json_get(c.json, "alerts");
        assert_true(alerts->count > 1);
        for (size_t i = 0; i < alerts->count; i++)
            assert_int_equal(str_eq(json_str(json_get(&alerts->items[i], "status"), STR_NONE), STR("resolved")),
                             tenant == 0);
        assert_int_equal(client_call(&c, "PATCH", target, c.graph, "{\"summary\":\"x\"}"), tenant ? 400 : 200);
    }
    client_close(&c);
}

static void merged_incidents_point_on(void **state)
{
    struct client c;
    (void)state;
    client_open(&c,
                "history: 2h\nalerts_before: 12\nalert_revisions: 0\nevents:\n"
                "  - {what: merge, at: 10s, incident: 2, into: 1}\n  - {what: merge, at: 20s, incident: 1, into: 0}\n",
                1, 1);
    static const struct {
        int64_t wait;
        unsigned redirected, alerts_of_first;
    } rows[] = {{0, 0, 3}, {11000, 1, 3}, {10000, 2, 9}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned redirected = 0, of_first = 0;
        client_wait(&c, rows[i].wait);
        assert_int_equal(client_get(&c, "/v1.0/security/incidents?$orderby=createdDateTime"), 200);
        const struct json *list = json_get(c.json, "value");
        assert_int_equal(list->count, 4);
        char first[40];
        assert_true(str_copy(json_str(json_get(&list->items[0], "id"), STR_NONE), first, sizeof first));
        for (size_t k = 0; k < list->count; k++) {
            bool is_redirected = str_eq(json_str(json_get(&list->items[k], "status"), STR_NONE), STR("redirected"));
            assert_int_equal(json_get(&list->items[k], "redirectIncidentId")->type == JSON_STRING, is_redirected);
            redirected += is_redirected;
        }
        assert_int_equal(redirected, rows[i].redirected);
        client_get(&c, "/v1.0/security/alerts_v2");
        list = json_get(c.json, "value");
        for (size_t k = 0; k < list->count; k++)
            of_first += str_eq(json_str(json_get(&list->items[k], "incidentId"), STR_NONE), str_of(first));
        assert_int_equal(of_first, rows[i].alerts_of_first);
    }
    /* the alerts that moved were changed by it */
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2?$filter=lastUpdateDateTime+ge+2026-06-01T12:00:20Z"),
                     200);
    assert_true(client_count(&c, "value") >= 6);
    client_close(&c);
}

/* By lot, too: who follows the id always finds the survivor, whatever the licence, and every alert's incident is there. */
static void survivors_can_be_followed(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "history: 20d\nalerts_before: 90\nmerged_share: 0.5\nrules:\n  - {tenants: 1, licence: endpoint}\n",
                2, 1);
    for (unsigned tenant = 0; tenant < 2; tenant++) {
        char ids[40][24], target[120];
        size_t n = 0, redirected = 0;
        client_become(&c, tenant);
        assert_int_equal(client_get(&c, "/v1.0/security/incidents?$top=50"), 200);
        const struct json *list = json_get(c.json, "value");
        for (size_t i = 0; i < list->count; i++) {
            struct str to = json_str(json_get(&list->items[i], "redirectIncidentId"), STR_NONE);
            redirected += to.n > 0;
            if (to.n) assert_true(n < 40 && str_copy(to, ids[n++], sizeof ids[0]));
        }
        assert_int_equal(redirected > 0, tenant == 0);
        for (size_t i = 0; i < n; i++) {
            (void)snprintf(target, sizeof target, "/v1.0/security/incidents/%s?$expand=alerts", ids[i]);
            assert_int_equal(client_get(&c, target), 200);
            assert_true(json_get(c.json, "alerts")->count > 0);
            ASSERT_TEXT(&c, "redirectIncidentId", "(null)");
        }
    }
    client_close(&c);
}

static void listings_have_their_traps(void **state)
{
    static const struct {
        unsigned tenant;
        const char *target;
        int status;
        int members; /* of the first object; -1: do not look */
    } rows[] = {
        {0, "alerts_v2?$select=title,severity", 200, 3},
        {0, "alerts_v2?$select=nonsense", 400, -1},
        {0, "alerts_v2?$expand=comments", 400, -1},
        {0, "alerts_v2?$top=5000", 200, -1},
        {0, "alerts_v2?$filter=investigationState+eq+'running'", 400, -1},
        {0, "alerts_v2?$orderby=lastUpdateDateTime+asc", 200, -1},
        {0, "incidents?$expand=alerts&$select=id", 200, 2},
        {0, "incidents?$expand=alerts&$top=51", 400, -1},
        {0, "incidents?$expand=alerts&$filter=status+ne+'x'", 200, -1},
        {1, "incidents?$expand=alerts&$filter=status+ne+'x'", 500, -1},
        {1, "incidents?$expand=alerts", 200, -1},
        {1, "incidents?$filter=status+ne+'x'", 200, -1},
        {1, "alerts_v2?$top=5000", 400, -1},
        {1, "alerts_v2?$orderby=lastUpdateDateTime+asc", 400, -1},
        {1, "alerts_v2?$skip=600", 200, -1},
        {1, "incidents?$expand=alerts&$top=51", 200, -1},
        {2, "alerts_v2", 206, -1},
        {2, "incidents", 206, -1},
    };
    struct client c;
    char target[200];
    (void)state;
    client_open(&c,
                "history: 2h\nalerts_before: 12\nrules:\n  - tenants: 1\n    expand_fails: yes\n    variants: "
                "{alerts.top: refuse, "
                "alerts.order: refuse, alerts.skip: empty, incidents.expand_top: clamp}\n"
                "  - {tenants: 2, partial: yes}\n",
                3, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_become(&c, rows[i].tenant);
        (void)snprintf(target, sizeof target, "/v1.0/security/%s", rows[i].target);
        if (client_get(&c, target) != rows[i].status) fail_msg("%s: %d", target, c.status);
        if (rows[i].members >= 0) assert_int_equal(json_get(c.json, "value")->items[0].count, rows[i].members);
        assert_int_equal(cloud_response_header(&c.response, "Warning") != NULL, rows[i].status == 206);
    }
    client_close(&c);
}

/* All 48 kinds of the metadata are drawn, and one that nobody knows; nested ones are whole. */
static void every_kind_of_evidence_is_drawn(void **state)
{
    struct client c;
    char seen[64][48];
    size_t kinds = 0;
    (void)state;
    client_open(&c, "history: 20d\nalerts_before: 1000\n", 1, 1);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2?$top=1000"), 200);
    const struct json *alerts = json_get(c.json, "value");
    for (size_t i = 0; i < alerts->count; i++) {
        const struct json *evidence = json_get(&alerts->items[i], "evidence");
        for (size_t k = 0; k < evidence->count; k++) {
            char type[100];
            const char *kind = type + sizeof "#microsoft.graph.security." - 1;
            assert_true(str_copy(json_str(json_get(&evidence->items[k], "@odata.type"), STR_NONE), type, sizeof type));
            assert_non_null(json_get(&evidence->items[k], "verdict"));
            size_t at = 0;
            while (at < kinds && strcmp(seen[at], kind) != 0) at++;
            if (at < kinds) continue;
            assert_true(kinds < 64 && str_copy(str_of(kind), seen[kinds++], sizeof seen[0]));
        }
    }
    assert_int_equal(kinds, 49);
    client_close(&c);
}

/* Made to order under /twin/: what was ordered is what the APIs say; two incidents become one at once. */
static void alerts_are_made_to_order(void **state)
{
    struct client c;
    char first[64], target[300], body[200];
    (void)state;
    client_open(&c, "history: 1h\nsecurity_per_minute: 1000\n", 1, 1);
    const char *tenant = c.tenant.id;
    (void)snprintf(target, sizeof target, "/twin/alerts?tenant=%s", tenant);
    assert_int_equal(client_call(&c, "POST", target, "", "{\"device\":1}"), 200);
    assert_true(str_copy(text(&c, "incident"), first, sizeof first));
    (void)snprintf(body, sizeof body,
                   "{\"severity\":\"low\",\"remediation\":\"blocked\",\"role\":\"contextual\",\"incident\":\"%s\"}",
                   first);
    assert_int_equal(client_call(&c, "POST", target, "", body), 200);
    ASSERT_TEXT(&c, "incident", first);
    assert_int_equal(client_call(&c, "POST", target, "", "{\"incident\":\"7\"}"), 400);
    assert_int_equal(client_call(&c, "POST", target, "", "{\"device\":4000}"), 400);
    assert_int_equal(client_call(&c, "POST", target, "", "{\"detection\":\"customDetection\"}"), 200);
    (void)snprintf(body, sizeof body, "{\"incident\":\"%.*s\",\"into\":\"%s\"}", STR_ARG(text(&c, "incident")), first);
    client_wait(&c, 1000);
    assert_int_equal(client_get(&c, "/v1.0/security/incidents"), 200);
    assert_int_equal(client_count(&c, "value"), 2);
    (void)snprintf(target, sizeof target, "/twin/merge?tenant=%s", tenant);
    assert_int_equal(client_call(&c, "POST", target, "", body), 200);
    assert_int_equal(client_call(&c, "POST", target, "", "{\"incident\":\"7\",\"into\":\"8\"}"), 400);
    client_wait(&c, 1000);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2?$orderby=createdDateTime"), 200);
    const struct json *all = json_get(c.json, "value");
    assert_int_equal(all->count, 3);
    for (size_t i = 0; i < all->count; i++)
        assert_true(str_eq(json_str(json_get(&all->items[i], "incidentId"), STR_NONE), str_of(first)));
    unsigned blocked = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct json *evidence = &json_get(&all->items[i], "evidence")->items[0];
        blocked += str_eq(json_str(json_get(evidence, "remediationStatus"), STR_NONE), STR("blocked"));
    }
    assert_int_equal(blocked, 1);
    assert_int_equal(client_get(&c, "/v1.0/security/incidents?$filter=status+eq+'redirected'"), 200);
    assert_int_equal(client_count(&c, "value"), 1);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_are_patched),
        cmocka_unit_test(comments_are_added),
        cmocka_unit_test(incidents_take_their_alerts_along),
        cmocka_unit_test(merged_incidents_point_on),
        cmocka_unit_test(survivors_can_be_followed),
        cmocka_unit_test(listings_have_their_traps),
        cmocka_unit_test(every_kind_of_evidence_is_drawn),
        cmocka_unit_test(alerts_are_made_to_order),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
