/* twin's cloud model: what each API answers, row by row as the reference has it. Section numbers are the reference's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "client.h"

/* clang-format off */
static const char calm[] =
    "history: 2h\nhistory_rate: 1\n"
    "rows_per_second: {DeviceProcessEvents: 1, DeviceNetworkEvents: 1, DeviceInfo: 0.1}\n"
    "alerts_before: 30\nalerts_per_hour: 60\nmachines: 6\nhunting_per_minute: 100000\nsecurity_per_minute: 100000\nendpoint_per_minute: 100000\n";

static unsigned feed(const char *name)
{
    unsigned i;
    assert_true(cloud_feed_find(str_of(name), &i));
    return i;
}

/* clang-format on */
/* ---- login: sections 2 and 3 ---------------------------------------------------------------------------------------- */
static void login_errors(void **state)
{
    static const struct {
        const char *tenant, *body; /* %s: tenant id; %i: client id; %w: secret */
        int status;
        const char *error;
        int code;
    } rows[] = {
        {"%s",
         "grant_type=client_credentials&client_id=%i&client_secret=wrong&scope=https://graph.microsoft.com/.default",
         401, "invalid_client", 7000215},
        {"%s", "grant_type=client_credentials&client_id=%i&scope=https://graph.microsoft.com/.default", 401,
         "invalid_client", 7000218},
        {"%s",
         "grant_type=client_credentials&client_id=11111111-1111-1111-1111-111111111111&client_secret=x&scope=https://"
         "graph.microsoft.com/.default",
         400, "unauthorized_client", 700016},
        {"22222222-2222-2222-2222-222222222222", "grant_type=client_credentials", 400, "invalid_tenant", 90002},
        {"nonsense", "grant_type=client_credentials", 400, "invalid_request", 900023},
        {"common", "grant_type=client_credentials", 400, "invalid_request", 9001023},
        {"%s", "client_id=%i", 400, "invalid_request", 900144},
        {"%s", "grant_type=client_credentials&client_id=%i&client_secret=%w", 400, "invalid_request", 900144},
        {"%s", "grant_type=password&client_id=%i&client_secret=%w", 400, "unsupported_grant_type", 70003},
        {"%s", "grant_type=client_credentials&client_id=%i&client_secret=%w&scope=nonsense", 400, "invalid_scope",
         70011},
        {"%s",
         "grant_type=client_credentials&client_id=%i&client_secret=%w&scope=https://graph.microsoft.com/User.Read", 400,
         "invalid_scope", 1002012},
        {"%s",
         "grant_type=client_credentials&client_id=%i&client_secret=%w&scope=https://a/.default+https://b/.default", 400,
         "invalid_scope", 700022},
        {"%s", "grant_type=client_credentials&client_id=%i&client_secret=%w&scope=https://other.example/.default", 400,
         "invalid_resource", 500011},
        {"%s", "grant_type=client_credentials&client_id=%i&resource=https://graph.microsoft.com", 400,
         "invalid_request", 901002},
    };
    struct client c;
    (void)state;
    client_open(&c, calm, 2, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf body, target;
        buf_init(&body, 4096);
        buf_init(&target, 4096);
        buf_addf(&target, "/%s/oauth2/v2.0/token", rows[i].tenant[0] == '%' ? c.tenant.id : rows[i].tenant);
        for (const char *p = rows[i].body; *p; p++) {
            if (*p != '%')
                buf_add_char(&body, *p);
            else if (*++p == 'i')
                buf_add_str(&body, str_of(c.tenant.client_id));
            else
                for (const char *s = c.tenant.client_secret; *s; s++) buf_addf(&body, "%%%02X", (unsigned char)*s);
        }
        assert_int_equal(client_call(&c, "POST", buf_cstr(&target), "", buf_cstr(&body)), rows[i].status);
        assert_true(str_eq(json_str(json_get(c.json, "error"), STR_NONE), str_of(rows[i].error)));
        const struct json *codes = json_get(c.json, "error_codes");
        assert_int_equal(json_i64(&codes->items[0], 0), rows[i].code);
        char head[40];
        (void)snprintf(head, sizeof head, "AADSTS%d: ", rows[i].code);
        assert_true(str_starts(json_str(json_get(c.json, "error_description"), STR_NONE), str_of(head)));
        assert_true(str_eq(json_str(json_get(c.json, "timestamp"), STR_NONE), STR("2026-06-01 12:00:00Z")));
        assert_string_equal(cloud_response_header(&c.response, "Cache-Control"), "no-store, no-cache");
        buf_done(&body);
        buf_done(&target);
    }
    client_close(&c);
}

static void login_takes_basic_and_domain(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    assert_int_equal(client_call(&c, "GET", "/contoso0.example/v2.0/.well-known/openid-configuration", "", ""), 200);
    assert_non_null(json_get(c.json, "token_endpoint"));
    assert_int_equal(client_call(&c, "GET", "/contoso0.example/discovery/v2.0/keys", "", ""), 200);
    assert_int_equal(client_call(&c, "POST", "/contoso0.example/oauth2/v2.0/token", "Basic eDp5", /* x:y */
                                 "grant_type=client_credentials&scope=https://graph.microsoft.com/.default"),
                     400);
    assert_int_equal(json_i64(&json_get(c.json, "error_codes")->items[0], 0), 700016);
    assert_int_equal(client_call(&c, "GET", "/contoso0.example/oauth2/v2.0/token", "", ""), 400);
    client_close(&c);
}

static void login_loop_is_stopped(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, calm, 2, 1);
    for (int i = 0; i < 40; i++) client_become(&c, 0);
    assert_int_equal(json_i64(&json_get(c.json, "error_codes")->items[0], 0), 50196);
    client_become(&c, 1); /* another tenant's logins are its own */
    assert_int_equal(c.status, 200);
    client_wait(&c, 61000);
    client_become(&c, 0);
    assert_int_equal(c.status, 200);
    client_close(&c);
}

/* ---- access: sections 2.5, 2.6, 22, 23.2, 23.3 ----------------------------------------------------------------------- */
static void tokens_are_looked_at(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    assert_int_equal(client_call(&c, "GET", "/v1.0/security/alerts_v2", "", ""), 401);
    assert_string_equal(client_error(&c), "InvalidAuthenticationToken");
    assert_int_equal(client_call(&c, "GET", "/v1.0/security/alerts_v2", c.endpoint, ""), 401);
    assert_non_null(strstr(client_message(&c), "audience"));
    assert_int_equal(client_call(&c, "GET", "/api/machines", c.graph, ""), 401);
    assert_string_equal(client_error(&c), "Unauthorized");
    assert_non_null(json_path(c.json, "error.target"));
    char changed[4096];
    (void)snprintf(changed, sizeof changed, "%s", c.graph);
    changed[60] ^= 1;
    assert_int_equal(client_call(&c, "GET", "/v1.0/security/alerts_v2", changed, ""), 401);
    client_wait(&c, 3598000);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    client_wait(&c, 2000); /* past the token's life */
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 401);
    client_close(&c);
}

static void roles_and_licences(void **state)
{
    struct client c;
    struct buf yaml;
    (void)state;
    buf_init(&yaml, 4096);
    buf_addf(&yaml,
             "%srules:\n  - {tenants: 1, lacks: [hunting]}\n  - {tenants: 2, lacks: [consent]}\n  - {tenants: 3, "
             "lacks: [tables, alerts]}\n"
             "  - {tenants: 4, token_error: 7000222}\n",
             calm);
    client_open(&c, buf_cstr(&yaml), 5, 1);
    client_become(&c, 1);
    assert_int_equal(client_hunt(&c, "DeviceInfo | take 1"), 403);
    assert_string_equal(client_error(&c), "Forbidden");
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    client_become(&c, 2); /* a good token without roles */
    assert_int_equal(c.status, 200);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 403);
    assert_int_equal(client_get(&c, "/api/machines"), 403);
    assert_non_null(strstr(client_message(&c), "Machine.Read.All"));
    client_become(&c, 3);
    assert_int_equal(client_hunt(&c, "DeviceInfo | take 1"), 400);
    assert_non_null(strstr(client_message(&c), "Failed to resolve table or column expression named 'DeviceInfo'"));
    assert_int_equal(client_get(&c, "/v1.0/security/incidents"), 200);
    assert_false(cloud_feed_readable(c.cloud, 3, feed("DeviceInfo")));
    assert_false(cloud_feed_readable(c.cloud, 3, feed("alerts")));
    assert_true(cloud_feed_readable(c.cloud, 3, feed("incidents")));
    client_become(&c, 4);
    assert_int_equal(c.status, 401);
    client_close(&c);
    buf_done(&yaml);
}

/* ---- collections: sections 5, 7.1, 8, 9, 11 ------------------------------------------------------------------------- */
static void collections_answer(void **state)
{
    static const struct {
        const char *target;
        int status;
        const char *code; /* of an error */
        int count;        /* of values; -1: do not look */
    } rows[] = {
        {"/v1.0/security/alerts_v2?$top=5", 200, NULL, 5},
        {"/v1.0/security/alerts_v2?$top=100000", 200, NULL, 31}, /* clamped, not refused */
        {"/v1.0/security/alerts_v2?$skip=10&$top=100", 200, NULL, 21},
        {"/v1.0/security/alerts_v2?$skip=501", 400, "BadRequest", -1},
        {"/beta/security/alerts_v2?$top=1", 200, NULL, 1},
        {"/v1.0/security/alerts_v2?$filter=severity%20eq%20'nosuch'", 200, NULL, 0},
        {"/v1.0/security/alerts_v2?$filter=investigationState%20eq%20'running'", 400, "BadRequest", -1},
        {"/v1.0/security/alerts_v2?$filter=severity%20eq%20high", 400, "BadRequest", -1},
        {"/v1.0/security/alerts_v2?$filter=createdDateTime%20gt%20'2026-01-01'", 400, "BadRequest", -1},
        {"/v1.0/security/alerts_v2?$filter=createdDateTime%20lt%202020-01-01T00:00:00Z", 200, NULL, 0},
        {"/v1.0/security/"
         "alerts_v2?$filter=createdDateTime%20ge%202020-01-01T00:00:00Z%20and%20(status%20eq%20'new'%20or%20not%"
         "20status%20eq%20'new')",
         200, NULL, 31},
        {"/v1.0/security/alerts_v2?$orderby=title", 400, "BadRequest", -1},
        {"/v1.0/security/alerts_v2?$top=x", 400, "BadRequest", -1},
        {"/v1.0/security/alerts_v2?$search=x", 400, "BadRequest", -1},
        {"/v1.0/security/alerts_v2/nosuch", 404, "ResourceNotFound", -1},
        {"/v1.0/security/incidents?$top=50", 200, NULL, 11},
        {"/v1.0/security/incidents?$top=51", 400, "", -1},
        {"/v1.0/security/nosuch", 404, "ResourceNotFound", -1},
        {"/api/machines", 200, NULL, 6},
        {"/api/v1.0/machines?$top=2&$skip=5", 200, NULL, 1},
        {"/api/machines?$filter=osPlatform%20eq%20'Linux'", 200, NULL, 1},
        {"/api/machines?$filter=startswith(computerDnsName,'PC-')", 200, NULL, 4},
        {"/api/machines?$filter=healthstatus%20ne%20'Active'", 200, NULL, -1}, /* names in any case */
        {"/api/machines?$filter=riskScore%20eq%20'Nosuch'", 404, "ResourceNotFound", -1},
        {"/api/machines?$top=10001", 400, "ODataError", -1},
        {"/api/machines?$filter=nosuch%20eq%201", 400, "ODataError", -1},
        {"/api/machines/0000000000000000000000000000000000000000", 404, "ResourceNotFound", -1},
        {"/api/nosuch", 404, "NotFound", -1},
    };
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    client_wait(&c, 60000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_get(&c, rows[i].target);
        if (c.status != rows[i].status)
            fail_msg("%s: %d, not %d: %s", rows[i].target, c.status, rows[i].status, buf_cstr(&c.body));
        if (rows[i].code) assert_string_equal(client_error(&c), rows[i].code);
        if (rows[i].count >= 0 && client_count(&c, "value") != (size_t)rows[i].count)
            fail_msg("%s: %zu values, not %d", rows[i].target, client_count(&c, "value"), rows[i].count);
    }
    client_close(&c);
}

static void refused_top_says_the_limit(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    client_get(&c, "/v1.0/security/incidents?$top=100");
    assert_string_equal(
        client_message(&c),
        "The limit of '50' for Top query has been exceeded. The value from the incoming request is '100'.");
    assert_non_null(json_path(c.json, "error.innerError.request-id"));
    assert_true(str_eq(json_str(json_path(c.json, "error.innerError.date"), STR_NONE), STR("2026-06-01T12:00:00")));
    client_close(&c);
}

/* Following nextLinks gives each alert once, in order, even though new ones come meanwhile. */
static void next_links_lead_through(void **state)
{
    struct client c;
    char target[512] = "/v1.0/security/alerts_v2?$orderby=lastUpdateDateTime%20asc&$top=7&$count=true";
    char last[64] = "";
    size_t seen = 0;
    (void)state;
    client_open(&c, calm, 1, 1);
    for (int page = 0; target[0]; page++) {
        assert_true(page < 20);
        assert_int_equal(client_get(&c, target), 200);
        if (page == 0) assert_int_equal(json_i64(json_get(c.json, "@odata.count"), 0), 30);
        const struct json *values = json_get(c.json, "value");
        for (size_t i = 0; i < values->count; i++, seen++) {
            struct wall before, now;
            char text[64];
            assert_true(
                str_copy(json_str(json_get(&values->items[i], "lastUpdateDateTime"), STR_NONE), text, sizeof text));
            assert_true(wall_parse(str_of(text), &now));
            if (last[0]) assert_true(wall_parse(str_of(last), &before) && before.ticks <= now.ticks);
            memcpy(last, text, sizeof last);
        }
        struct str link = json_str(json_get(c.json, "@odata.nextLink"), STR_NONE);
        assert_true(link.n == 0 || str_starts(link, STR("http://twin/v1.0/security/alerts_v2?")));
        assert_true(str_copy(str_sub(link, link.n ? 11 : 0, link.n), target, sizeof target));
        client_wait(&c, 90000);
    }
    assert_int_equal(seen, 30);
    client_close(&c);
}

static void one_object_by_id(void **state)
{
    struct client c;
    char id[128], target[256];
    (void)state;
    client_open(&c, calm, 1, 1);
    client_get(&c, "/v1.0/security/alerts_v2?$top=1");
    assert_true(str_copy(json_str(json_get(&json_get(c.json, "value")->items[0], "id"), STR_NONE), id, sizeof id));
    (void)snprintf(target, sizeof target, "/v1.0/security/alerts_v2/%s", id);
    assert_int_equal(client_get(&c, target), 200);
    assert_true(str_eq(json_str(json_get(c.json, "id"), STR_NONE), str_of(id)));
    for (size_t i = 1; i < c.json->count; i++) /* every property is there, in alphabetical order */
        assert_true(str_cmp(c.json->members[i - 1].key, c.json->members[i].key) < 0);
    assert_int_equal(c.json->count, 36);
    client_get(&c, "/api/machines/pc-0000.contoso0.example");
    assert_int_equal(c.status, 200);
    client_close(&c);
}

/* ---- hunting: section 6 --------------------------------------------------------------------------------------------- */
static void hunting_answers(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    assert_int_equal(client_hunt(&c, "DeviceProcessEvents | count"), 200);
    assert_int_equal(json_i64(json_get(&json_get(c.json, "results")->items[0], "Count"), 0), 7200);
    assert_int_equal(cloud_count(c.cloud, 0, feed("DeviceProcessEvents"), c.now), 7200);
    assert_int_equal(client_hunt(&c, "DeviceInfo | take 3"), 200);
    assert_int_equal(client_count(&c, "results"), 3);
    assert_int_equal(client_count(&c, "schema"), 47);
    assert_int_equal(
        client_hunt(
            &c,
            "DeviceProcessEvents | where isnotnull(IsProcessRemoteSession) | take 1 | project IsProcessRemoteSession"),
        200);
    const struct json *row = &json_get(c.json, "results")->items[0];
    assert_true(str_eq(json_str(json_get(row, "IsProcessRemoteSession@odata.type"), STR_NONE), STR("#SByte")));
    assert_int_equal(json_get(row, "IsProcessRemoteSession")->type, JSON_NUMBER);
    assert_int_equal(client_hunt(&c, "Nope | take 1"), 400);
    assert_string_equal(client_message(&c),
                        "'' operator: Failed to resolve table or column expression named 'Nope' [line:position=1:0]");
    client_close(&c);
}

static void hunting_bodies(void **state)
{
    static const struct {
        const char *body;
        int status, count;
    } rows[] = {
        {"{\"Query\":\"DeviceInfo | count\"}", 200, 1},
        {"{\"query\":\"DeviceInfo | count\",\"timespan\":\"PT1H\"}", 200, 1},
        {"{\"Query\":\"DeviceInfo\",\"Timespan\":\"2020-01-01/2020-01-02\"}", 200, 0},
        {"{\"Query\":\"DeviceInfo\",\"Timespan\":\"P1D/2020-01-02\"}", 200, 0},
        {"{\"Query\":\"DeviceInfo\",\"Timespan\":\"2020-01-02/P1D\"}", 200, 0},
        {"{\"Query\":\"DeviceInfo | take 2\",\"Timespan\":\"2026-05-01\"}", 200, 2},
        {"{\"Query\":\"DeviceInfo\",\"Timespan\":\"yesterday\"}", 400, 0},
        {"{\"Query\":\"\"}", 400, 0},
        {"{}", 400, 0},
        {"[]", 400, 0},
        {"nonsense", 400, 0},
        {"", 400, 0},
    };
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = client_call(&c, "POST", "/v1.0/security/runHuntingQuery", c.graph, rows[i].body);
        if (status != rows[i].status) fail_msg("%s: %d", rows[i].body, status);
        if (status == 200)
            assert_int_equal(client_count(&c, "results"), rows[i].count);
        else
            assert_string_equal(client_error(&c), "BadRequest");
    }
    assert_int_equal(client_call(&c, "GET", "/v1.0/security/runHuntingQuery", c.graph, ""), 405);
    client_close(&c);
}

/* Rows older than 30 days are not served, whatever the query says. */
static void hunting_reaches_back_thirty_days(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "history: 40d\nrows_per_second: {DeviceInfo: 0.001}\n", 1, 1);
    client_hunt(&c, "DeviceInfo | where Timestamp > datetime(2020-01-01) | count");
    int64_t seen = json_i64(json_get(&json_get(c.json, "results")->items[0], "Count"), 0);
    assert_in_range(seen, 2590, 2594);
    assert_in_range(cloud_count(c.cloud, 0, feed("DeviceInfo"), c.now), 3455, 3457);
    client_close(&c);
}

static void caps_cut_silently(void **state)
{
    struct client c;
    struct buf yaml;
    (void)state;
    buf_init(&yaml, 4096);
    buf_addf(&yaml, "%srow_cap: 500\nrules:\n  - {tenants: 1, byte_cap: 100000}\n", calm);
    client_open(&c, buf_cstr(&yaml), 2, 1);
    assert_int_equal(client_hunt(&c, "DeviceProcessEvents | order by Timestamp asc"), 200);
    assert_int_equal(client_count(&c, "results"), 500);
    client_become(&c, 1);
    assert_int_equal(client_hunt(&c, "DeviceProcessEvents | order by Timestamp asc | take 300"), 200);
    size_t rows = client_count(&c, "results"); /* still whole JSON, and not a word about it */
    assert_true(rows > 5 && rows < 100);
    assert_true(c.body.n < 110000);
    assert_null(json_get(c.json, "error"));
    client_close(&c);
    buf_done(&yaml);
}

/* ---- throttling: sections 5.1, 9.2, 21 ------------------------------------------------------------------------------ */
static void limits_are_per_tenant_and_family(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "rows_per_second: {DeviceInfo: 1}\nalerts_before: 1\nmachines: 2\n", 2, 1);
    for (int i = 0; i < 45; i++) assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 200);
    client_wait(&c, 1500);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 429);
    assert_string_equal(client_error(&c), "TooManyRequests");
    assert_string_equal(client_message(&c), "API calls quota exceeded! maximum allowed 45 per 00:01:00");
    assert_string_equal(cloud_response_header(&c.response, "Retry-After"), "58.500");
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200); /* another family */
    client_become(&c, 1);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 200); /* another tenant */
    for (int i = 0; i < 100; i++) assert_int_equal(client_get(&c, "/api/machines"), 200);
    assert_int_equal(client_get(&c, "/api/machines"), 429);
    assert_string_equal(client_error(&c), "429");
    client_become(&c, 0);
    client_wait(&c, 58500);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 200);
    struct cloud_stats s;
    cloud_stats_get(c.cloud, 0, FAMILY_HUNTING, &s);
    assert_int_equal(s.throttled, 1);
    assert_int_equal(s.calls, 47);
    client_close(&c);
}

static void storms_and_outages_pass(void **state)
{
    struct client c;
    (void)state;
    client_open(&c,
                "alerts_before: 1\nsecurity_per_minute: 1000\nevents:\n  - {what: throttle, at: 5s, for: 10s, tenants: "
                "0}\n  - {what: outage, at: 20s, for: 2s}\n",
                2, 1);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    client_wait(&c, 6000);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 429);
    assert_non_null(strchr(cloud_response_header(&c.response, "Retry-After"), '.'));
    client_become(&c, 1);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    client_wait(&c, 15000);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 503);
    client_wait(&c, 2000);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    client_close(&c);
}

static void faults_can_be_set(void **state)
{
    static const struct {
        const char *spec;
        int status;
        bool is_whole;
    } rows[] = {{"429=1", 429, true},  {"500=1", 500, true},   {"503=1", 503, true}, {"504=1", 504, true},
                {"cut=1", 200, false}, {"hang=1", 200, false}, {"", 200, true}};
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(client_call(&c, "POST", "/twin/faults", "", rows[i].spec), 200);
        assert_int_equal(client_hunt(&c, "DeviceProcessEvents | take 100"), rows[i].status);
        assert_int_equal(c.is_whole, rows[i].is_whole);
        assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), rows[i].status);
        assert_int_equal(c.is_whole, rows[i].is_whole);
    }
    assert_int_equal(client_call(&c, "POST", "/twin/faults", "", "429=2"), 400);
    client_close(&c);
}

/* ---- the twin's own ------------------------------------------------------------------------------------------------- */
static void admin_tells_what_exists(void **state)
{
    struct client c;
    char target[200];
    (void)state;
    client_open(&c, calm, 2, 1);
    assert_int_equal(client_call(&c, "GET", "/twin/healthz", "", ""), 200);
    assert_int_equal(client_call(&c, "GET", "/twin/tenants", "", ""), 200);
    assert_int_equal(client_count(&c, "tenants"), 2);
    assert_int_equal(json_get(&json_get(c.json, "tenants")->items[0], "feeds")->count,
                     cloud_feed_count() - 5); /* alerts and renamed tables once */
    (void)snprintf(target, sizeof target, "/twin/rows?tenant=%s&feed=DeviceInfo", c.tenant.id);
    assert_int_equal(client_call(&c, "GET", target, "", ""), 200);
    size_t lines = 0;
    for (size_t i = 0; i < c.body.n; i++) lines += c.body.p[i] == '\n';
    assert_int_equal(lines, cloud_count(c.cloud, 0, feed("DeviceInfo"), c.now));
    assert_int_equal(client_call(&c, "GET", "/twin/rows?tenant=x&feed=DeviceInfo", "", ""), 404);
    assert_int_equal(client_call(&c, "GET", "/twin/stats", "", ""), 200);
    client_close(&c);
}

static void freeze_stops_what_comes(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, calm, 1, 1);
    client_wait(&c, 10000);
    uint64_t rows = cloud_count(c.cloud, 0, feed("DeviceProcessEvents"), c.now),
             alerts = cloud_count(c.cloud, 0, feed("alerts"), c.now);
    assert_int_equal(client_call(&c, "POST", "/twin/freeze", "", ""), 200);
    assert_true(str_eq(json_str(json_get(c.json, "frozen_at"), STR_NONE), STR("2026-06-01T12:00:10.0000000Z")));
    client_wait(&c, 600000);
    assert_int_equal(client_call(&c, "POST", "/twin/freeze", "", ""), 200);
    assert_true(str_eq(json_str(json_get(c.json, "frozen_at"), STR_NONE), STR("2026-06-01T12:00:10.0000000Z")));
    assert_int_equal(cloud_count(c.cloud, 0, feed("DeviceProcessEvents"), c.now), rows);
    assert_int_equal(cloud_count(c.cloud, 0, feed("alerts"), c.now), alerts);
    client_become(&c, 0);
    client_hunt(&c, "DeviceProcessEvents | count");
    assert_int_equal(json_i64(json_get(&json_get(c.json, "results")->items[0], "Count"), 0), rows);
    client_close(&c);
}

static bool add_hash(void *arg, struct str json)
{
    struct buf *all = arg;
    return buf_add_str(all, json) && buf_add_char(all, '\n');
}

/* The same seed, scenario and time give the same bytes, in whatever order they are asked for; another seed others. */
static void seeds_decide_everything(void **state)
{
    struct client a, b, other;
    struct buf x, y;
    (void)state;
    client_open(&a, calm, 2, 7);
    client_open(&b, calm, 2, 7);
    client_open(&other, calm, 2, 8);
    client_wait(&a, 120000);
    client_wait(&b, 60000);
    buf_init(&x, 256 << 20);
    buf_init(&y, 256 << 20);
    for (unsigned i = cloud_feed_count(); i-- > 0;) (void)cloud_count(b.cloud, 1, i, b.now);
    client_wait(&b, 60000);
    for (unsigned i = 0; i < cloud_feed_count(); i++) {
        cloud_each(a.cloud, 1, i, a.now, add_hash, &x);
        cloud_each(b.cloud, 1, i, b.now, add_hash, &y);
    }
    assert_int_equal(x.n, y.n);
    assert_memory_equal(x.p, y.p, x.n);
    buf_reset(&y);
    for (unsigned i = 0; i < cloud_feed_count(); i++) cloud_each(other.cloud, 1, i, a.now, add_hash, &y);
    assert_true(memcmp(x.p, y.p, 1000) != 0);
    buf_done(&x);
    buf_done(&y);
    client_close(&a);
    client_close(&b);
    client_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_errors),
        cmocka_unit_test(login_takes_basic_and_domain),
        cmocka_unit_test(login_loop_is_stopped),
        cmocka_unit_test(tokens_are_looked_at),
        cmocka_unit_test(roles_and_licences),
        cmocka_unit_test(collections_answer),
        cmocka_unit_test(refused_top_says_the_limit),
        cmocka_unit_test(next_links_lead_through),
        cmocka_unit_test(one_object_by_id),
        cmocka_unit_test(hunting_answers),
        cmocka_unit_test(hunting_bodies),
        cmocka_unit_test(hunting_reaches_back_thirty_days),
        cmocka_unit_test(caps_cut_silently),
        cmocka_unit_test(limits_are_per_tenant_and_family),
        cmocka_unit_test(storms_and_outages_pass),
        cmocka_unit_test(faults_can_be_set),
        cmocka_unit_test(admin_tells_what_exists),
        cmocka_unit_test(freeze_stops_what_comes),
        cmocka_unit_test(seeds_decide_everything),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
