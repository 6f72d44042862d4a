/* Admin consent (section 4): the ways back, who may grant, and what tokens say before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"

#define BACK "&redirect_uri=http://localhost:4711/consent"
#define ENDPOINT_SCOPE "https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"
#define GRAPH_SCOPE "https%3A%2F%2Fgraph.microsoft.com%2F.default"

static char shared_id[40], shared_secret[60];

static void learn_shared(struct client *c)
{
    assert_int_equal(client_call(c, "GET", "/twin/tenants", "", ""), 200);
    assert_true(str_copy(json_str(json_path(c->json, "multi_tenant_app.client_id"), STR_NONE), shared_id, 40));
    assert_true(str_copy(json_str(json_path(c->json, "multi_tenant_app.client_secret"), STR_NONE), shared_secret, 60));
}

/* From here on the client is the multi-tenant application. */
static void be_shared(struct client *c, unsigned tenant)
{
    cloud_tenant_get(c->cloud, tenant, &c->tenant);
    c->tenant.client_id = shared_id;
    c->tenant.client_secret = shared_secret;
}

/* Opens the link; where it leads, or the page it shows. */
static const char *consent(struct client *c, const char *path, const char *query)
{
    char target[800];
    const char *app = strstr(query, "client_id=") ? "" : c->tenant.client_id;
    (void)snprintf(target, sizeof target, "/%s%s?%s%s%s%s", path[0] == '!' ? "" : c->tenant.id,
                   path[0] == '!' ? path + 1 : path, app[0] ? "client_id=" : "", app, app[0] && query[0] ? "&" : "",
                   query);
    int status = client_call(c, "GET", target, "", "");
    const char *location = cloud_response_header(&c->response, "Location");
    assert_int_equal(status == 302, location != NULL);
    return location ? location : buf_cstr(&c->body);
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* Status of a Graph and an Endpoint call with fresh tokens; 0: no token. */
static int door(struct client *c, const char *resource, const char *target)
{
    char token[4096];
    client_token(c, resource, token, sizeof token);
    return token[0] ? client_call(c, "GET", target, token, "") : 0;
}

static int graph(struct client *c)
{
    return door(c, "https://graph.microsoft.com", "/v1.0/security/alerts_v2");
}

static int endpoint(struct client *c)
{
    return door(c, "https://api.securitycenter.microsoft.com", "/api/machines");
}

/* What the twin says can be read of tenant 0. */
static bool reads_alerts(struct client *c)
{
    unsigned feed;
    assert_true(cloud_feed_find(STR("alerts"), &feed));
    return cloud_feed_readable(c->cloud, 0, feed);
}

static const char calm[] = "alerts_before: 2\nmachines: 2\nlogins_per_minute: 1000\n";

static void v1_grants_everything(void **state)
{
    struct client c;
    char expected[200];
    (void)state;
    client_open(&c, calm, 1, 1);
    learn_shared(&c);
    be_shared(&c, 0);
    assert_int_equal(graph(&c), 0); /* 7000229: no service principal */
    assert_int_equal(json_i64(&json_get(c.json, "error_codes")->items[0], 0), 7000229);
    const char *back = consent(&c, "/adminconsent", "state=a%26b" BACK);
    (void)snprintf(expected, sizeof expected, "http://localhost:4711/consent?tenant=%s&state=a%%26b&admin_consent=True",
                   c.tenant.id);
    assert_string_equal(back, expected);
    assert_int_equal(graph(&c), 200);
    assert_int_equal(endpoint(&c), 200);
    client_close(&c);
}

static void v2_grants_one_resource(void **state)
{
    struct client c;
    (void)state;
    client_open(&c, "alerts_before: 2\nmachines: 2\nrules:\n  - {tenants: 1, variants: {login.consent_v2: all}}\n", 2,
                1);
    learn_shared(&c);
    be_shared(&c, 0);
    const char *back = consent(&c, "/v2.0/adminconsent", "state=7&scope=" GRAPH_SCOPE BACK);
    assert_true(has(back, "?admin_consent=True&tenant="));
    assert_true(has(back, "&scope=https%3a%2f%2fgraph.microsoft.com%2f.default&state=7"));
    assert_int_equal(graph(&c), 200);
    assert_int_equal(endpoint(&c), 403); /* a token without roles */
    consent(&c, "/v2.0/adminconsent", "scope=" ENDPOINT_SCOPE BACK);
    assert_int_equal(graph(&c), 200);
    assert_int_equal(endpoint(&c), 200);
    be_shared(&c, 1);
    consent(&c, "/v2.0/adminconsent", "scope=openid" BACK); /* no application permission at all */
    assert_int_equal(graph(&c), 403);
    consent(&c, "/v2.0/adminconsent", "scope=" GRAPH_SCOPE BACK);
    assert_int_equal(endpoint(&c), 200);
    assert_true(has(consent(&c, "/v2.0/adminconsent", "state=1" BACK), "AADSTS900144"));
    assert_true(has(consent(&c, "!common/v2.0/adminconsent", "scope=" GRAPH_SCOPE BACK), "AADSTS50059"));
    client_close(&c);
}

static void roles_decide_who_may_grant(void **state)
{
    static const struct {
        const char *as, *scope;
        bool may;
    } rows[] = {
        {"global_admin", GRAPH_SCOPE, true},
        {"privileged_role_admin", GRAPH_SCOPE, true},
        {"application_admin", GRAPH_SCOPE, false},
        {"application_admin", ENDPOINT_SCOPE, true},
        {"cloud_application_admin", GRAPH_SCOPE "+" ENDPOINT_SCOPE, false},
        {"cloud_application_admin", ENDPOINT_SCOPE, true},
        {"user", ENDPOINT_SCOPE, false},
    };
    struct client c;
    char query[400];
    (void)state;
    client_open(&c, calm, 1, 1);
    learn_shared(&c);
    be_shared(&c, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(query, sizeof query, "as=%s&state=s&scope=%s" BACK, rows[i].as, rows[i].scope);
        const char *back = consent(&c, "/v2.0/adminconsent", query);
        assert_true(has(back, "admin_consent=True")); /* on failure too */
        assert_true(has(back, "&state=s"));
        assert_int_equal(!has(back, "&error=consent_required&error_description=AADSTS90094%3a+"), rows[i].may);
    }
    assert_true(has(consent(&c, "/adminconsent", "as=application_admin" BACK), "?error=permission_denied&"));
    assert_true(has(consent(&c, "/adminconsent", "as=nobody" BACK), "as= is one of"));
    client_close(&c);
}

static void redirects_must_be_registered(void **state)
{
    static const struct {
        const char *uri;
        bool is_fine;
    } rows[] = {
        {"https://localhost/consent", true},
        {"http://127.0.0.1:8123/consent", true},
        {"http://localhost:1/consent/", false},
        {"http://localhost:1%0d%0aX:2/consent", false},
        {"https://localhost:1/consent", false}, /* ports are free with http alone */
        {"http://localhost.evil.example/consent", false},
        {"https://portcullis.example/consent", false},
        {"https://own.example/back?x=1", true},
    };
    struct client c;
    char query[300], target[100];
    (void)state;
    client_open(&c, calm, 1, 1);
    (void)snprintf(target, sizeof target, "/twin/redirects?tenant=%s", c.tenant.id);
    assert_int_equal(client_call(&c, "POST", target, "", "https://own.example/back?x=1\n"), 200);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(query, sizeof query, "redirect_uri=%s", rows[i].uri);
        const char *back = consent(&c, "/adminconsent", query);
        if (rows[i].is_fine != str_starts(str_of(back), str_of(rows[i].uri))) fail_msg("%s: %s", rows[i].uri, back);
        assert_int_equal(has(back, "AADSTS50011"), !rows[i].is_fine);
    }
    assert_true(has(consent(&c, "/adminconsent", "redirect_uri=https://own.example/back?x=1"), "?x=1&tenant="));
    assert_true(
        has(consent(&c, "/adminconsent", "client_id=11111111-1111-1111-1111-111111111111" BACK), "AADSTS700016"));
    assert_true(has(consent(&c, "!nobody.example/adminconsent", BACK), "AADSTS90002"));
    client_close(&c);
}

static void the_old_form_answers_with_a_code(void **state)
{
    struct client c;
    char query[300];
    (void)state;
    client_open(&c, calm, 2, 1);
    learn_shared(&c);
    be_shared(&c, 1);
    (void)snprintf(query, sizeof query, "prompt=consent&response_type=code&sso_reload=true&as=global_admin@%s" BACK,
                   c.tenant.id);
    const char *back = consent(&c, "!common/oauth2/authorize", query);
    assert_true(has(back, "http://localhost:4711/consent?code="));
    assert_false(has(back, "tenant="));
    assert_int_equal(graph(&c), 200);
    be_shared(&c, 0);
    assert_int_equal(graph(&c), 0); /* the other tenant's administrator did it */
    assert_true(has(consent(&c, "!common/oauth2/authorize", "prompt=consent"), "AADSTS50059"));
    (void)snprintf(query, sizeof query, "prompt=consent&as=global_admin@%s", c.tenant.id);
    assert_true(has(consent(&c, "!common/oauth2/authorize", query), "https://portal.azure.com/?code="));
    client_close(&c);
}

static void consent_takes_its_ways(void **state)
{
    struct client c;
    (void)state;
    client_open(
        &c,
        "alerts_before: 2\nmachines: 2\nrules:\n  - {tenants: 0, consent: none}\n"
        "  - {tenants: 1, consent: delayed 5m}\n  - {tenants: 2, consent: refused}\n  - {tenants: 3, consent: "
        "partial}\n"
        "  - {tenants: 4, consent: delayed 5m, variants: {login.before_consent: \"7000229\"}}\n"
        "  - {tenants: 5, consent: none, variants: {login.before_consent: \"700016\", login.consent_state: absent}}\n",
        6, 1);
    assert_int_equal(graph(&c), 403); /* none: a token without roles */
    assert_false(reads_alerts(&c));
    assert_true(has(consent(&c, "/adminconsent", BACK), "tenant="));
    assert_int_equal(graph(&c), 200);
    client_become(&c, 0);
    assert_true(reads_alerts(&c));

    client_become(&c, 1);
    consent(&c, "/adminconsent", BACK);
    assert_int_equal(graph(&c), 403);
    client_wait(&c, 299000);
    assert_int_equal(graph(&c), 403);
    client_wait(&c, 1000);
    assert_int_equal(graph(&c), 200);

    client_become(&c, 2);
    const char *back = consent(&c, "/adminconsent", "state=q" BACK);
    assert_true(has(back, "?error=permission_denied&error_description=AADSTS65004%3a+"));
    assert_true(has(back, "&state=q"));
    assert_false(has(back, "admin_consent"));
    assert_int_equal(graph(&c), 403);

    client_become(&c, 3);
    consent(&c, "/adminconsent", BACK);
    assert_int_equal(graph(&c), 200);
    assert_int_equal(door(&c, "https://graph.microsoft.com", "/v1.0/security/incidents"), 403);

    client_become(&c, 4);
    assert_int_equal(graph(&c), 0);
    consent(&c, "/adminconsent", BACK);
    assert_int_equal(graph(&c), 0);
    client_wait(&c, 300000);
    assert_int_equal(graph(&c), 200);

    client_become(&c, 5);
    assert_int_equal(graph(&c), 0);
    assert_int_equal(json_i64(&json_get(c.json, "error_codes")->items[0], 0), 700016);
    assert_false(has(consent(&c, "/adminconsent", "as=user&state=q" BACK), "state="));
    client_close(&c);
}

static void a_browser_is_shown_pages(void **state)
{
    struct client c;
    char query[300], shown[1000];
    (void)state;
    client_open(
        &c,
        "alerts_before: 2\nrules:\n  - {permissions: barracuda-response}\n  - {tenants: 1, permissions: mandiant}\n", 2,
        1);
    learn_shared(&c);
    be_shared(&c, 0);
    c.accept = "text/html,application/xhtml+xml";
    (void)snprintf(query, sizeof query, "state=%%22%%3Cx%%3E" BACK);
    (void)snprintf(shown, sizeof shown, "%s", consent(&c, "!common/adminconsent", query));
    assert_true(has(shown, "Sign in to your account"));
    assert_true(has(buf_cstr(&c.body), "name=\"state\" value=\"&quot;&lt;x&gt;\""));
    assert_int_equal(graph(&c), 0); /* nobody has said yes */
    (void)snprintf(query, sizeof query, "state=s&as=application_admin@%s" BACK, c.tenant.domain);
    assert_true(has(consent(&c, "!common/adminconsent", query), "Permissions requested"));
    assert_true(has(buf_cstr(&c.body), "Machine.Isolate (WindowsDefenderATP)"));
    (void)snprintf(query, sizeof query, "state=s&answer=cancel&as=application_admin@%s" BACK, c.tenant.domain);
    const char *back = consent(&c, "!common/adminconsent", query);
    assert_true(has(back, "error=permission_denied&") && has(back, "&error_subcode=cancel&state=s"));
    assert_int_equal(endpoint(&c), 0);
    (void)snprintf(query, sizeof query, "state=s&answer=accept&as=application_admin@%s" BACK, c.tenant.domain);
    assert_true(has(consent(&c, "!common/adminconsent", query), "&state=s&admin_consent=True"));
    assert_int_equal(endpoint(&c), 200);
    be_shared(&c, 1);
    (void)snprintf(query, sizeof query, "state=s&as=application_admin@%s" BACK, c.tenant.domain);
    assert_true(has(consent(&c, "!common/adminconsent", query), "Need admin approval"));
    (void)snprintf(query, sizeof query, "state=s&answer=accept&as=application_admin@%s" BACK, c.tenant.domain);
    assert_true(has(consent(&c, "!common/adminconsent", query), "error_description=AADSTS90094"));
    (void)snprintf(query, sizeof query, "as=global_admin@%s" BACK, c.tenant.domain);
    be_shared(&c, 0); /* her link names another tenant than hers */
    assert_true(has(consent(&c, "/adminconsent", query), "AADSTS50020"));
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v1_grants_everything),
        cmocka_unit_test(v2_grants_one_resource),
        cmocka_unit_test(roles_decide_who_may_grant),
        cmocka_unit_test(redirects_must_be_registered),
        cmocka_unit_test(the_old_form_answers_with_a_code),
        cmocka_unit_test(consent_takes_its_ways),
        cmocka_unit_test(a_browser_is_shown_pages),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
