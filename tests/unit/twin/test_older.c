/* The twin's older APIs: Defender XDR's incidents and the legacy SIEM API (sections 16 and 17 of the reference), and which feed
 * alerts come by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"

#define ALERTS "machines: 8\ndirt: no\nhistory: 6h\nalerts_before: 60\nalert_revision_time: 1h\n"

static struct str text_at(const struct json *v, const char *path)
{
    return json_str(json_path(v, path), STR(""));
}

/* ---- XDR ---------------------------------------------------------------------------------------------------------------- */
static void xdr_incidents_are_graphs(void **state)
{
    struct client c, g;
    char xdr[4096];
    unsigned redirected = 0;
    (void)state;
    client_open(&c, ALERTS "merged_share: 0.5\n", 1, 7);
    client_open(&g, ALERTS "merged_share: 0.5\n", 1, 7);
    client_wait(&c, 7200000);
    client_wait(&g, 7200000);
    client_become(&c, 0);
    client_become(&g, 0);
    client_token(&c, "https://api.security.microsoft.com", xdr, sizeof xdr);
    assert_int_equal(client_call(&c, "GET", "/api/incidents", xdr, ""), 200);
    assert_int_equal(client_get(&g, "/v1.0/security/incidents?$expand=alerts"), 200);
    assert_int_equal(client_count(&c, "value"), client_count(&g, "value"));
    for (size_t i = 0; i < client_count(&g, "value"); i++) {
        const struct json *ours = &json_get(c.json, "value")->items[i], *theirs = &json_get(g.json, "value")->items[i];
        assert_true(str_eq(text_at(ours, "incidentId"), text_at(theirs, "id")));
        assert_int_equal(json_get(ours, "incidentId")->type, JSON_NUMBER);
        assert_true(str_eq(text_at(ours, "incidentName"), text_at(theirs, "displayName")));
        assert_true(str_eq_nocase(text_at(ours, "status"), text_at(theirs, "status")));
        assert_true(str_eq(text_at(ours, "redirectIncidentId"), text_at(theirs, "redirectIncidentId")));
        assert_int_equal(json_get(ours, "alerts")->count, json_get(theirs, "alerts")->count);
        redirected += str_eq(text_at(ours, "status"), STR("Redirected"));
        for (size_t k = 0; k < json_get(ours, "alerts")->count; k++) {
            const struct json *alert = &json_get(ours, "alerts")->items[k];
            assert_true(str_eq(text_at(alert, "alertId"), text_at(&json_get(theirs, "alerts")->items[k], "id")));
            for (size_t e = 0; e < json_get(alert, "entities")->count; e++)
                assert_int_equal(json_get(alert, "entities")->items[e].count, 31); /* flat */
        }
    }
    assert_true(redirected > 0);
    assert_int_equal(client_call(&c, "GET", "/api/incidents?$filter=status+eq+'Redirected'", xdr, ""), 200);
    assert_int_equal(client_count(&c, "value"), redirected);
    assert_int_equal(client_call(&c, "GET", "/api/incidents?$filter=severity+eq+'High'", xdr, ""), 400);
    client_close(&g);
    client_close(&c);
}

/* ---- SIEM --------------------------------------------------------------------------------------------------------------- */
static int pull(struct client *c, const char *token, const char *query)
{
    char target[400];
    (void)snprintf(target, sizeof target, "/siem/api/alerts%s", query);
    return client_call(c, "GET", target, token, "");
}

static size_t lines_of(struct client *c, const char *feed)
{
    char target[200];
    size_t lines = 0;
    (void)snprintf(target, sizeof target, "/twin/rows?tenant=%s&feed=%s", c->tenant.id, feed);
    assert_int_equal(client_call(c, "GET", target, "", ""), 200);
    for (size_t i = 0; i < c->body.n; i++) lines += c->body.p[i] == '\n';
    return lines;
}

static void siem_tells_each_detection_once(void **state)
{
    struct client c;
    char siem[4096];
    unsigned parts = 0;
    (void)state;
    client_open(&c, ALERTS "rules: [{tenants: all, roles: [siem]}]\n", 1, 7);
    client_token(&c, "https://graph.windows.net", siem, sizeof siem);
    assert_int_equal(pull(&c, siem, "?ago=PT7H"), 200);
    assert_int_equal(c.json->type, JSON_ARRAY);
    size_t total = c.json->count;
    assert_true(total > 10);
    struct str last = STR("");
    for (size_t i = 0; i < total; i++) {
        const struct json *d = &c.json->items[i];
        assert_int_equal(d->count, 50); /* every key, always */
        assert_true(str_starts(text_at(d, "FullId"), text_at(d, "AlertId")));
        for (size_t k = 0; k < i; k++) assert_false(str_eq(text_at(&c.json->items[k], "FullId"), text_at(d, "FullId")));
        parts += str_eq(text_at(d, "AlertPart"), STR("1"));
        assert_int_equal(json_get(d, "Actor")->type, JSON_STRING); /* missing is empty, not null */
        last = text_at(d, "LastProcessedTimeUtc");
    }
    assert_true(parts > 0 && last.n > 0); /* an alert can give several */
    assert_int_equal(lines_of(&c, "alerts_siem"), total);
    client_close(&c);
}

static void siem_windows_and_limits(void **state)
{
    struct client c;
    char siem[4096], group[200], both[300];
    (void)state;
    client_open(&c, ALERTS, 1, 7);
    client_token(&c, "https://graph.windows.net", siem, sizeof siem);
    assert_int_equal(pull(&c, siem, "?ago=PT7H"), 200);
    size_t total = c.json->count;
    assert_int_equal(pull(&c, siem, ""), 200); /* two hours back */
    assert_true(c.json->count > 0 && c.json->count < total);
    assert_int_equal(pull(&c, siem, "?ago=PT7H&limit=3"), 200);
    assert_int_equal(c.json->count, 3);
    assert_int_equal(pull(&c, siem, "?sinceTimeUtc=2026-06-01T05:00:00Z&untilTimeUtc=2026-06-01T09:00:00Z"), 200);
    size_t before = c.json->count;
    assert_int_equal(pull(&c, siem, "?sinceTimeUtc=2026-06-01T09:00:00.0000001Z"), 200);
    assert_int_equal(before + c.json->count, total);
    (void)snprintf(group, sizeof group, "?ago=PT7H&machinegroups=UnassignedGroup");
    assert_int_equal(pull(&c, siem, group), 200);
    size_t unassigned = c.json->count;
    assert_true(unassigned > 0 && unassigned < total);
    (void)snprintf(both, sizeof both, "%s&machinegroups=Windows+11+-+remediate+threats+automatically", group);
    assert_int_equal(pull(&c, siem, both), 200);
    assert_int_equal(c.json->count, total);
    assert_int_equal(pull(&c, siem, "?limit=none"), 401); /* malformed, in its own way */
    assert_int_equal(pull(&c, siem, "?ago=yesterday"), 401);
    assert_int_equal(pull(&c, c.endpoint, ""), 401);
    client_close(&c);
}

/* On its own hosts the path is /api/alerts; there it is not the Endpoint API's. */
static void siem_has_hosts_of_its_own(void **state)
{
    struct client c;
    struct cloud_response r;
    char siem[4096];
    (void)state;
    client_open(&c, ALERTS, 1, 7);
    client_token(&c, "https://graph.windows.net", siem, sizeof siem);
    struct cloud_request q = {.method = STR("GET"),
                              .path = STR("/api/alerts"),
                              .base_url = STR("http://wdatp-alertexporter-eu.securitycenter.windows.com"),
                              .authorization = str_of(siem)};
    cloud_handle(c.cloud, &q, c.now, &r);
    assert_int_equal(r.status, 200);
    cloud_body_free(r.body);
    q.base_url = STR("http://twin");
    cloud_handle(c.cloud, &q, c.now, &r);
    assert_int_equal(r.status, 401);
    cloud_body_free(r.body);
    client_close(&c);
}

/* ---- feeds --------------------------------------------------------------------------------------------------------------- */
static bool has_feed(struct client *c, const char *feed)
{
    unsigned index;
    assert_true(cloud_feed_find(str_of(feed), &index));
    return cloud_feed_readable(c->cloud, 0, index);
}

static void alerts_are_read_by_one_feed(void **state)
{
    static const struct {
        const char *roles, *feed;
    } rows[] = {
        {"SecurityAlert.Read.All, Alert.Read.All, siem", "alerts"},
        {"Alert.ReadWrite.All, siem", "alerts_endpoint"},
        {"siem", "alerts_siem"},
        {"Machine.Read.All", NULL},
    };
    static const char *const feeds[] = {"alerts", "alerts_endpoint", "alerts_siem"};
    struct client c;
    char yaml[300];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("# %s\n", rows[i].roles);
        (void)snprintf(yaml, sizeof yaml, ALERTS "rules: [{tenants: all, roles: [%s]}]\n", rows[i].roles);
        client_open(&c, yaml, 1, 7);
        for (size_t f = 0; f < 3; f++)
            assert_int_equal(has_feed(&c, feeds[f]), rows[i].feed && strcmp(feeds[f], rows[i].feed) == 0);
        if (rows[i].feed) assert_true(lines_of(&c, rows[i].feed) > 10);
        client_close(&c);
    }
}

/* Tables of Defender for Endpoint can be hunted through its own API too. */
static void tables_are_read_through_either_api(void **state)
{
    static const struct {
        const char *rule;
        bool device, alert_info, email;
    } rows[] = {
        {"roles: [ThreatHunting.Read.All]", true, true, true},
        {"roles: [AdvancedQuery.Read.All]", true, true, false},
        {"roles: [AdvancedQuery.Read.All], licence: business", false, false, false},
        {"roles: [AdvancedQuery.Read.All], variants: {endpoint.hunting: retired}", false, false, false},
        {"roles: [AdvancedHunting.Read.All]", false, false, false},
    };
    struct client c;
    char yaml[300];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("# %s\n", rows[i].rule);
        (void)snprintf(yaml, sizeof yaml, "machines: 2\nrules: [{tenants: all, %s}]\n", rows[i].rule);
        client_open(&c, yaml, 1, 7);
        assert_int_equal(has_feed(&c, "DeviceProcessEvents"), rows[i].device);
        assert_int_equal(has_feed(&c, "AlertInfo"), rows[i].alert_info);
        assert_int_equal(has_feed(&c, "EmailEvents"), rows[i].email);
        client_close(&c);
    }
}

/* What the feed's rows say is what the API says. */
static void a_feed_is_as_the_api_serves_it(void **state)
{
    struct client c;
    char target[200];
    (void)state;
    client_open(&c, ALERTS "actions_before: 20\nrules: [{tenants: all, roles: [Alert.Read.All, Machine.Read.All]}]\n",
                1, 7);
    static const struct {
        const char *feed, *path;
    } rows[] = {{"alerts_endpoint", "/api/alerts?$expand=evidence"}, {"machine_actions", "/api/machineactions"}};
    for (size_t i = 0; i < 2; i++) {
        struct buf listed;
        size_t found = 0;
        buf_init(&listed, 64 << 20);
        assert_int_equal(client_get(&c, rows[i].path), 200);
        size_t total = client_count(&c, "value");
        buf_add_str(&listed, buf_str(&c.body));
        (void)snprintf(target, sizeof target, "/twin/rows?tenant=%s&feed=%s", c.tenant.id, rows[i].feed);
        assert_int_equal(client_call(&c, "GET", target, "", ""), 200);
        for (struct str rest = buf_str(&c.body); rest.n;) {
            struct str line = str_cut(&rest, '\n');
            if (line.n == 0) continue;
            assert_true(str_find(buf_str(&listed), line, 0) != SIZE_MAX);
            found++;
        }
        assert_int_equal(found, total);
        buf_done(&listed);
    }
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xdr_incidents_are_graphs),       cmocka_unit_test(siem_tells_each_detection_once),
        cmocka_unit_test(siem_windows_and_limits),        cmocka_unit_test(siem_has_hosts_of_its_own),
        cmocka_unit_test(alerts_are_read_by_one_feed),    cmocka_unit_test(tables_are_read_through_either_api),
        cmocka_unit_test(a_feed_is_as_the_api_serves_it),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
