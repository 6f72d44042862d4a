/* The twin's login and doors: permissions, audiences, token errors, assertions, consent. Section numbers are the
 * reference's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "client.h"
#include "kit/seal/seal.h"
#include "twin/login/permissions.h"

static unsigned bits(role_set set)
{
    return (unsigned)__builtin_popcountll(set);
}

/* ---- permissions: section 2.6 and the guides ------------------------------------------------------------------------- */
static void guides_ask_for_what_they_print(void **state)
{
    static const struct {
        const char *set;
        unsigned graph, endpoint;
    } rows[] = {{"mandiant", 4, 2},
                {"huntress", 5, 22},
                {"databee", 1, 0},
                {"barracuda-response", 0, 3},
                {"barracuda-multi-tenant", 0, 1},
                {"none", 0, 0}};
    role_set set;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(permission_set_by_name(str_of(rows[i].set), &set));
        print_message("# %s\n", rows[i].set);
        assert_int_equal(bits(set & roles_of_api(API_GRAPH)), rows[i].graph);
        assert_int_equal(bits(set & roles_of_api(API_ENDPOINT)), rows[i].endpoint);
    }
    assert_true(permission_set_by_name(STR("all"), &set));
    assert_int_equal(bits(set), role_count);
    assert_false(permission_set_by_name(STR("some"), &set));
    assert_int_equal(bits(roles_by_name(STR("User.Read.All"))), 2); /* one word, two APIs */
}

/* What each set of permissions opens: the status of an answer per door. */
static void sets_open_their_doors(void **state)
{
    static const struct {
        const char *set;
        int alerts, incidents, hunting, machines;
    } rows[] = {
        {"mandiant", 200, 200, 403, 200},
        {"huntress", 200, 200, 403, 200},
        {"databee", 403, 403, 200, 403},
        {"barracuda-response", 403, 403, 403, 200},
        {"barracuda-multi-tenant", 403, 403, 403, 403},
        {"all", 200, 200, 200, 200},
        {"none", 403, 403, 403, 403},
    };
    struct client c;
    struct buf yaml;
    (void)state;
    buf_init(&yaml, 4096);
    buf_addf(&yaml, "machines: 3\nalerts_before: 2\nrules:\n");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_addf(&yaml, "  - {tenants: %u, permissions: %s}\n", i, rows[i].set);
    client_open(&c, buf_cstr(&yaml), sizeof rows / sizeof rows[0], 1);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_become(&c, i);
        assert_int_equal(c.status, 200); /* a token there always is */
        assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), rows[i].alerts);
        assert_int_equal(cloud_feed_readable(c.cloud, i, TABLE_COUNT), rows[i].alerts == 200);
        assert_int_equal(client_get(&c, "/v1.0/security/incidents"), rows[i].incidents);
        assert_int_equal(client_hunt(&c, "DeviceInfo | count"), rows[i].hunting);
        assert_int_equal(client_get(&c, "/api/machines"), rows[i].machines);
    }
    client_close(&c);
    buf_done(&yaml);
}

static void roles_can_be_listed_and_taken_away(void **state)
{
    struct client c;
    (void)state;
    client_open(&c,
                "alerts_before: 2\nmachines: 2\nrules:\n  - {tenants: 0, roles: [SecurityAlert.ReadWrite.All, "
                "Machine.Read.All]}\n"
                "  - {tenants: 1, permissions: databee, roles: [Machine.ReadWrite.All]}\n"
                "  - {tenants: 2, lacks: [machines, alerts]}\n"
                "  - {tenants: 3, permissions: mandiant, refusal: af10001}\n",
                4, 1);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200); /* writing implies reading */
    assert_int_equal(client_get(&c, "/v1.0/security/incidents"), 403);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    client_become(&c, 1);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 200);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 403);
    client_become(&c, 2);
    assert_int_equal(client_get(&c, "/api/machines"), 403);
    assert_string_equal(client_message(&c),
                        "Missing application roles. API required roles: Machine.Read.All,Machine.ReadWrite.All");
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 403);
    client_become(&c, 3);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 401); /* section 23.12 */
    assert_string_equal(client_error(&c), "AF10001");
    client_close(&c);
}

static void scenarios_say_what_is_wrong_with_permissions(void **state)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"rules:\n  - {permissions: some}\n", "test:2:19: a set of permissions is one of mandiant"},
        {"rules:\n  - {roles: [Alert.Read.Some]}\n", "test:2:14: not a role the twin knows"},
        {"rules:\n  - {roles: siem}\n", "roles is a list"},
        {"rules:\n  - {refusal: politely}\n", "a refusal is forbidden or af10001"},
    };
    struct scenario s;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(scenario_parse(str_of(rows[i].yaml), "test", &s, &e));
        if (strstr(e.text, rows[i].says) == NULL) fail_msg("%s", e.text);
    }
}

/* A token opens the API it was asked for, and no other. */
static void audiences_are_kept_apart(void **state)
{
    struct client c;
    char xdr[4096];
    (void)state;
    client_open(&c, "machines: 2\n", 1, 1);
    client_token(&c, "https://api.security.microsoft.com", xdr, sizeof xdr);
    assert_int_equal(c.status, 200);
    assert_int_equal(client_call(&c, "GET", "/api/machines", xdr, ""), 401);
    assert_int_equal(client_call(&c, "GET", "/v1.0/security/alerts_v2", xdr, ""), 401);
    client_token(&c, "https://securitycenter.onmicrosoft.com/windowsatpservice", xdr, sizeof xdr);
    assert_int_equal(client_call(&c, "GET", "/api/machines", xdr, ""), 200);
    client_close(&c);
}

/* ---- token requests: sections 2.1, 2.2, 3 ---------------------------------------------------------------------------- */
static const struct json *client_code(struct client *c)
{
    const struct json *codes = json_get(c->json, "error_codes");
    return codes && codes->count ? &codes->items[0] : NULL;
}

/* %t tenant, %d domain, %i client id, %w secret, %o expired secret, %s the multi-tenant application, %x the disabled one,
 * %n another tenant's application, %f a tenant of another cloud. */
struct words {
    struct cloud_tenant me, other;
    char shared[40], disabled[40], foreign[40];
};

static void fill(const struct words *w, const char *text, bool encodes, struct buf *out)
{
    for (const char *p = text; *p; p++) {
        const char *word = NULL;
        if (*p == '%') {
            p++;
            word = *p == '%'   ? "%"
                   : *p == 't' ? w->me.id
                   : *p == 'd' ? w->me.domain
                   : *p == 'i' ? w->me.client_id
                   : *p == 'w' ? w->me.client_secret
                   : *p == 'o' ? w->me.expired_secret
                   : *p == 's' ? w->shared
                   : *p == 'x' ? w->disabled
                   : *p == 'n' ? w->other.client_id
                   : *p == 'f' ? w->foreign
                               : NULL;
            assert_non_null(word);
        }
        if (word == NULL || *word == '%')
            buf_add_char(out, *p);
        else
            for (; *word; word++) buf_addf(out, encodes ? "%%%02x" : "%c", (unsigned char)*word);
    }
}

static void words_init(struct words *w, struct client *c)
{
    cloud_tenant_get(c->cloud, 0, &w->me);
    cloud_tenant_get(c->cloud, 1, &w->other);
    assert_int_equal(client_call(c, "GET", "/twin/tenants", "", ""), 200);
    assert_true(str_copy(json_str(json_path(c->json, "multi_tenant_app.client_id"), STR_NONE), w->shared, 40));
    assert_true(str_copy(json_str(json_path(c->json, "disabled_app.client_id"), STR_NONE), w->disabled, 40));
    assert_true(str_copy(json_str(json_get(c->json, "other_cloud_tenant_id"), STR_NONE), w->foreign, 40));
}

#define CC "grant_type=client_credentials&"
#define GOOD CC "client_id=%i&client_secret=%w&"
#define GRAPH "scope=https://graph.microsoft.com/.default"
#define GRAPH_V1 "resource=https://graph.microsoft.com"

static void inputs_cause_their_codes(void **state)
{
    static const struct {
        const char *target, *body;
        int status, code; /* code 0: a token */
        const char *says;
    } rows[] = {
        {"/%t/oauth2/v2.0/token", GOOD GRAPH, 200, 0, NULL},
        {"/%d/oauth2/v2.0/token", GOOD GRAPH, 200, 0, NULL},
        {"/%t/oauth2/token", GOOD GRAPH_V1, 200, 0, NULL},
        {"/%t/oauth2/token", GOOD "resource=https://graph.windows.net/", 200, 0, NULL},
        {"/%t/oauth2/v2.0/token", GOOD "scope=00000003-0000-0000-c000-000000000000/.default", 200, 0, NULL},
        {"/%t/oauth2/token", GOOD "resource=fc780465-2017-40d4-a0c5-307022471b92", 200, 0, NULL},
        {"/%t/oauth2/v2.0/token", GOOD "scope=11111111-2222-4333-8444-555555555555/.default", 400, 500011, NULL},
        {"/%t/oauth2/token", GOOD GRAPH, 400, 900144, "'resource'"},
        {"/%t/oauth2/v2.0/token", GOOD GRAPH_V1, 400, 901002, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%i&client_secret=%o&" GRAPH, 401, 7000222, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%i&client_secret=%i&" GRAPH, 401, 7000215, "not the client secret ID"},
        {"/%t/oauth2/v2.0/token", CC "client_id=%i&client_secret=+%w&" GRAPH, 401, 7000215, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%i&" GRAPH, 401, 7000218, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%i&client_assertion_type=x&" GRAPH, 401, 7000216, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%i&client_assertion=x&" GRAPH, 400, 900144, "client_assertion_type"},
        {"/%t/oauth2/v2.0/token", CC "client_id=%n&client_secret=x&" GRAPH, 401, 7000229, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%x&client_secret=x&" GRAPH, 400, 7000112, NULL},
        {"/%t/oauth2/v2.0/token", CC "client_id=%%3Capplication_id%%3E&client_secret=x&" GRAPH, 400, 700016,
         "'<application_id>'"},
        {"/%t/oauth2/v2.0/token", GOOD "scope=https://api.securitycenter.microsoft.com%%2F.default", 200, 0, NULL},
        {"/%t/oauth2/v2.0/token", GOOD "scope=https://graph.microsoft.us/.default", 400, 500011, "graph.microsoft.us"},
        {"/%t/oauth2/v2.0/token", GOOD "scope=https://outlook.office365.com/.default", 400, 650057, NULL},
        {"/%t/oauth2/token", GOOD "resource=https://outlook.office365.com", 400, 650057, NULL},
        {"/{tenant}/oauth2/v2.0/token", GOOD GRAPH, 400, 900023, "'{tenant}'"},
        {"/<application_id>/oauth2/token", GOOD GRAPH_V1, 400, 900023, "'<application_id>'"},
        {"/common/oauth2/v2.0/token", GOOD GRAPH, 400, 50194, NULL},
        {"/common/oauth2/v2.0/token", CC "client_id=%s&client_secret=x&" GRAPH, 400, 9001023, NULL},
        {"/consumers/oauth2/token", GOOD GRAPH_V1, 400, 9001023, NULL},
        {"/organizations/oauth2/v2.0/token", GOOD GRAPH, 400, 50059, NULL},
        {"//oauth2/v2.0/token", GOOD GRAPH, 400, 50059, NULL},
        {"/%f/oauth2/v2.0/token", GOOD GRAPH, 400, 900382, NULL},
        {"/contoso.onmicrosoft.us/oauth2/v2.0/token", GOOD GRAPH, 400, 90038, "contoso.onmicrosoft.us"},
        {"/contoso.partner.onmschina.cn/oauth2/v2.0/token", GOOD GRAPH, 400, 900432, NULL},
        {"/nobody.example/oauth2/token", GOOD GRAPH_V1, 400, 90002, "'nobody.example'"},
    };
    struct client c;
    struct words w;
    (void)state;
    client_open(&c, "logins_per_minute: 1000\n", 2, 1);
    words_init(&w, &c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf target, body;
        buf_init(&target, 4096);
        buf_init(&body, 4096);
        fill(&w, rows[i].target, false, &target);
        fill(&w, rows[i].body, true, &body);
        int status = client_call(&c, "POST", buf_cstr(&target), "", buf_cstr(&body));
        int64_t code = json_i64(client_code(&c), 0);
        struct str text = json_str(json_get(c.json, "error_description"), STR_NONE);
        if (status != rows[i].status || code != rows[i].code ||
            (rows[i].says && str_find(text, str_of(rows[i].says), 0) == SIZE_MAX))
            fail_msg("%s %s: %d %lld %.*s", rows[i].target, rows[i].body, status, (long long)code, STR_ARG(text));
        buf_done(&target);
        buf_done(&body);
    }
    client_close(&c);
}

/* Every code of section 3, by a rule: the answer names it, and no place in its text is left unfilled. */
static void rules_ask_for_any_code(void **state)
{
    static const unsigned codes[] = {7000215, 7000222, 7000218, 7000216, 700027, 700030, 50012,  500133, 50013,
                                     50048,   700016,  7000229, 7000112, 70001,  65001,  650052, 650057, 500011,
                                     70011,   1002012, 700022,  90002,   900023, 90038,  900382, 900432, 9001023,
                                     50194,   50059,   900144,  901002,  50196,  53003,  530032, 90055,  50000,
                                     50033,   90006,   90012,   90024,   90033,  90090,  900561};
    enum { COUNT = sizeof codes / sizeof codes[0] };
    char target[100], head[32];
    struct client c;
    struct buf yaml;
    struct scenario s;
    struct err e;
    (void)state;
    buf_init(&yaml, 8192);
    /* No more rules than a scenario holds: in two halves. */
    for (unsigned half = 0; half < 2; half++) {
        unsigned first = half * (COUNT / 2), last = half ? COUNT : COUNT / 2;
        buf_reset(&yaml);
        buf_addf(&yaml, "rules:\n");
        for (unsigned i = first; i < last; i++)
            buf_addf(&yaml, "  - {tenants: %u, token_error: %u}\n", i - first, codes[i]);
        client_open(&c, buf_cstr(&yaml), last - first, 1);
        for (unsigned i = first; i < last; i++) {
            cloud_tenant_get(c.cloud, i - first, &c.tenant);
            (void)snprintf(target, sizeof target, "/%s/oauth2/v2.0/token", c.tenant.id);
            int status = client_call(&c, "POST", target, "", GOOD GRAPH);
            assert_true(status >= 400 && status < 600);
            assert_int_equal(json_i64(client_code(&c), 0), codes[i]);
            (void)snprintf(head, sizeof head, "AADSTS%u: ", codes[i]);
            struct str text = json_str(json_get(c.json, "error_description"), STR_NONE);
            if (!str_starts(text, str_of(head)) || str_find(text, STR("%s"), 0) != SIZE_MAX ||
                str_find(text, STR("''"), 0) != SIZE_MAX || str_find(text, STR("@"), 0) != SIZE_MAX)
                fail_msg("%.*s", STR_ARG(text));
            assert_null(json_get(c.json, "access_token"));
        }
        client_close(&c);
    }
    assert_false(scenario_parse(STR("rules:\n  - {token_error: 12345}\n"), "test", &s, &e));
    buf_done(&yaml);
}

static struct str claim_text(struct client *c, const char *bearer, const char *name, struct arena *a)
{
    struct buf payload;
    struct err e;
    buf_init(&payload, 1 << 16);
    struct str token = str_of(bearer), rest = str_sub(token, 7, token.n);
    (void)c;
    (void)str_cut(&rest, '.');
    assert_true(base64url_decode(str_cut(&rest, '.'), &payload));
    const struct json *claims = json_parse(a, arena_str(a, buf_str(&payload)), &e);
    buf_done(&payload);
    return json_str(json_get(claims, name), STR_NONE);
}

/* Without a licence there is no service to have a token for; Graph is always there. */
static void unlicensed_services_are_named(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "rules:\n  - {licence: none}\n", 1, 1); /* logs in to Graph, then to the Endpoint API */
    assert_int_equal(json_i64(client_code(&c), 0), 650052);
    assert_true(c.graph[0] != '\0');
    client_close(&c);
}

static void tokens_of_both_versions(void **state)
{
    struct client c;
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    client_open(&c, "alerts_before: 1\nrules:\n  - {tenants: 1, variants: {login.token_version: \"2.0\"}}\n", 2, 1);
    assert_true(str_eq(claim_text(&c, c.graph, "ver", &a), STR("1.0")));
    assert_true(str_eq(claim_text(&c, c.graph, "appidacr", &a), STR("1")));
    assert_true(str_starts(claim_text(&c, c.graph, "iss", &a), STR("https://sts.windows.net/")));
    client_become(&c, 1);
    assert_true(str_eq(claim_text(&c, c.graph, "ver", &a), STR("2.0")));
    assert_true(str_eq(claim_text(&c, c.graph, "aud", &a), STR("00000003-0000-0000-c000-000000000000")));
    assert_true(str_eq(claim_text(&c, c.graph, "azp", &a), str_of(c.tenant.client_id)));
    assert_true(str_eq(claim_text(&c, c.graph, "azpacr", &a), STR("1")));
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    client_close(&c);
    arena_done(&a);
}

/* The login's clock runs differently: its Date and its tokens say so, what exists does not. */
static void clocks_can_differ(void **state)
{
    struct client c;
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    client_open(&c, "clock_skew: -10m\nalerts_before: 1\n", 1, 1); /* ours: 2026-06-01T12:00:00Z */
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200);
    assert_string_equal(cloud_response_header(&c.response, "Date"), "Mon, 01 Jun 2026 11:50:00 GMT");
    assert_true(str_eq(claim_text(&c, c.graph, "iat", &a), STR("1780314600")));
    client_call(&c, "POST", "/common/oauth2/v2.0/token", "", "");
    assert_true(str_eq(json_str(json_get(c.json, "timestamp"), STR_NONE), STR("2026-06-01 11:50:00Z")));
    client_close(&c);
    arena_done(&a);
}

static void metadata_is_of_the_host_asked(void **state)
{
    static const struct {
        const char *path, *issuer, *keys;
    } rows[] = {
        {"/%t/v2.0/.well-known/openid-configuration", "http://twin/%t/v2.0", "http://twin/%t/discovery/v2.0/keys"},
        {"/%d/.well-known/openid-configuration", "https://sts.windows.net/%t/", "http://twin/%t/discovery/keys"},
        {"/common/v2.0/.well-known/openid-configuration", "http://twin/{tenantid}/v2.0",
         "http://twin/{tenantid}/discovery/v2.0/keys"},
    };
    struct client c;
    struct words w;
    (void)state;
    client_open(&c, "", 2, 1);
    words_init(&w, &c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf path, issuer, keys;
        buf_init(&path, 400);
        buf_init(&issuer, 400);
        buf_init(&keys, 400);
        fill(&w, rows[i].path, false, &path);
        fill(&w, rows[i].issuer, false, &issuer);
        fill(&w, rows[i].keys, false, &keys);
        assert_int_equal(client_call(&c, "GET", buf_cstr(&path), "", ""), 200);
        assert_true(str_eq(json_str(json_get(c.json, "issuer"), STR_NONE), buf_str(&issuer)));
        assert_true(str_eq(json_str(json_get(c.json, "jwks_uri"), STR_NONE), buf_str(&keys)));
        assert_non_null(json_get(c.json, "authorization_endpoint"));
        buf_done(&path);
        buf_done(&issuer);
        buf_done(&keys);
    }
    client_close(&c);
}

/* In another of Microsoft's clouds the same calls need other audiences; China has no Defender API at all. */
static void clouds_have_audiences_of_their_own(void **state)
{
    static const struct {
        const char *cloud, *graph, *endpoint;
        int alerts, machines;
    } rows[] = {
        {"global", "https://graph.microsoft.com", "https://api.securitycenter.microsoft.com", 200, 200},
        {"gcc", "https://graph.microsoft.com", "https://api-gcc.securitycenter.microsoft.us", 200, 200},
        {"gcc-high", "https://graph.microsoft.us", "https://api-gov.securitycenter.microsoft.us", 200, 200},
        {"dod", "https://dod-graph.microsoft.us", "https://api-gov.securitycenter.microsoft.us", 200, 200},
        {"china", "https://microsoftgraph.chinacloudapi.cn", "", 404, 404},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char yaml[80], token[4096];
        struct client c;
        (void)snprintf(yaml, sizeof yaml, "cloud: %s\nmachines: 2\nalerts_before: 2\n", rows[i].cloud);
        client_open(&c, yaml, 1, 1);
        client_token(&c, rows[i].graph, token, sizeof token);
        assert_int_equal(c.status, 200);
        assert_int_equal(client_call(&c, "GET", "/v1.0/security/alerts_v2", token, ""), rows[i].alerts);
        client_token(&c, rows[i].endpoint, token, sizeof token);
        assert_int_equal(client_call(&c, "GET", "/api/machines", token, ""), rows[i].machines);
        client_token(&c, i == 0 ? "https://graph.microsoft.us" : "https://api.securitycenter.microsoft.com", token,
                     sizeof token);
        assert_int_equal(json_i64(client_code(&c), 0), 500011);
        client_close(&c);
    }
}

static void xdr_tokens_may_open_the_endpoint_api(void **state)
{
    struct client c;
    char xdr[4096];
    (void)state;
    client_open(&c, "machines: 2\nvariants: {endpoint.audience: xdr}\n", 1, 1);
    client_token(&c, "https://api.security.microsoft.com", xdr, sizeof xdr);
    assert_int_equal(client_call(&c, "GET", "/api/machines", xdr, ""), 403); /* taken, but its roles are others */
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guides_ask_for_what_they_print),
        cmocka_unit_test(sets_open_their_doors),
        cmocka_unit_test(roles_can_be_listed_and_taken_away),
        cmocka_unit_test(scenarios_say_what_is_wrong_with_permissions),
        cmocka_unit_test(audiences_are_kept_apart),
        cmocka_unit_test(clouds_have_audiences_of_their_own),
        cmocka_unit_test(xdr_tokens_may_open_the_endpoint_api),
        cmocka_unit_test(inputs_cause_their_codes),
        cmocka_unit_test(rules_ask_for_any_code),
        cmocka_unit_test(unlicensed_services_are_named),
        cmocka_unit_test(tokens_of_both_versions),
        cmocka_unit_test(clocks_can_differ),
        cmocka_unit_test(metadata_is_of_the_host_asked),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
