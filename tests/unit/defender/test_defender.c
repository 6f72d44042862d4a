/* cloud/defender against a small Microsoft of its own: one login and one API on a loopback server. Time is virtual, so that
 * a token's hour passes at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/net/server.h"
#include "kit/seal/seal.h"

#define TENANT_A "11111111-1111-4111-8111-111111111111"
#define TENANT_B "22222222-2222-4222-8222-222222222222"
#define CLIENT "33333333-3333-4333-8333-333333333333"
#define AWKWARD_SECRET "a+b/c=d~e %&f"

/* ---- Microsoft */

static struct {
    pthread_mutex_t lock;
    unsigned logins, logins_of_endpoint, calls;
    /* what it does */
    int login_status;
    const char *login_body; /* of an error */
    const char *tid;        /* in tokens; NULL: the one asked for */
    const char *roles;      /* JSON array */
    uint32_t login_delay_ms;
    int expires_in;
    int api_status;
    const char *api_body;
    unsigned refuse_tokens_below; /* tokens with a lower number get 401 */
    /* what it saw */
    char form[1024], login_path[128], authorization[4096], path[128], query[512], body[1024], prefer[64], method[16],
        request_id[64];
    char login_request_id[64];
} ms = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void add_part(struct buf *token, const char *json)
{
    base64url_encode(json, strlen(json), token);
    (void)buf_add_char(token, '.');
}

static void reply_token(struct http_exchange *x, const char *tenant_id, unsigned number)
{
    struct buf token, json;
    char claims[512];
    buf_init(&token, 0);
    buf_init(&json, 0);
    (void)snprintf(claims, sizeof claims, "{\"tid\":\"%s\",\"number\":%u,\"roles\":%s}", ms.tid ? ms.tid : tenant_id,
                   number, ms.roles);
    add_part(&token, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    add_part(&token, claims);
    (void)buf_addf(&token, "c2lnbmF0dXJl%u", number);                 /* the number tells tokens apart */
    const char *quote = strstr(exchange_path(x), "v2.0") ? "" : "\""; /* the old end-point's numbers are texts */
    (void)buf_addf(&json, "{\"token_type\":\"Bearer\",\"expires_in\":%s%d%s,\"access_token\":\"%s\"}", quote,
                   ms.expires_in, quote, buf_cstr(&token));
    reply_body(x, buf_str(&json), "application/json");
    buf_done(&token);
    buf_done(&json);
}

static void keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text ? text : "");
}

static void login(struct http_exchange *x)
{
    char tenant_id[37];
    const char *path = exchange_path(x), *at = strstr(path, "/x/");
    (void)snprintf(tenant_id, sizeof tenant_id, "%.36s", (at ? at + 3 : path + 1));
    if (ms.login_delay_ms) (void)exchange_wait(x, ms.login_delay_ms);
    (void)pthread_mutex_lock(&ms.lock);
    (void)snprintf(ms.form, sizeof ms.form, "%.*s", STR_ARG(exchange_body(x)));
    keep(ms.login_path, sizeof ms.login_path, exchange_path(x));
    keep(ms.login_request_id, sizeof ms.login_request_id, exchange_header(x, "client-request-id"));
    if (strstr(ms.form, "securitycenter")) ms.logins_of_endpoint++;
    unsigned number = ++ms.logins;
    if (ms.login_status == 200) {
        reply_token(x, tenant_id, number);
    } else {
        reply_status(x, ms.login_status);
        reply_body(x, str_of(ms.login_body), "application/json");
    }
    (void)pthread_mutex_unlock(&ms.lock);
}

static unsigned token_number(const char *authorization)
{
    const char *at = authorization ? strstr(authorization, "c2lnbmF0dXJl") : NULL;
    uint64_t n = 0;
    if (at) (void)str_to_u64(str_of(at + 12), &n);
    return (unsigned)n;
}

static void api(struct http_exchange *x)
{
    (void)pthread_mutex_lock(&ms.lock);
    ms.calls++;
    keep(ms.authorization, sizeof ms.authorization, exchange_header(x, "Authorization"));
    keep(ms.method, sizeof ms.method, exchange_method(x));
    keep(ms.path, sizeof ms.path, exchange_path(x));
    keep(ms.query, sizeof ms.query, exchange_query(x, "$top"));
    keep(ms.prefer, sizeof ms.prefer, exchange_header(x, "Prefer"));
    keep(ms.request_id, sizeof ms.request_id, exchange_header(x, "client-request-id"));
    (void)snprintf(ms.body, sizeof ms.body, "%.*s", STR_ARG(exchange_body(x)));
    if (token_number(exchange_header(x, "Authorization")) < ms.refuse_tokens_below) {
        reply_status(x, 401);
    } else {
        reply_status(x, ms.api_status);
        reply_body(x, str_of(ms.api_body), "application/json");
    }
    (void)pthread_mutex_unlock(&ms.lock);
}

static void handle(void *ctx, struct http_exchange *x)
{
    (void)ctx;
    if (str_ends(str_of(exchange_path(x)), STR("/token")))
        login(x);
    else
        api(x);
}

/* ---- us */

static struct virtual_clock now;
static struct loop *loop;
static struct http_client *http;
static struct http_server *server;
static struct defender *defender;
static struct tenant *tenants[2];

struct got {
    struct http_response r;
    struct buf body;
    struct err e;
    bool is_gzip;
    unsigned done_calls;
    struct fetch_call *call;
};
static unsigned running;

static bool on_body(void *ctx, const void *p, size_t n, bool is_gzip)
{
    struct got *g = ctx;
    g->is_gzip = is_gzip;
    return buf_add(&g->body, p, n);
}

static void on_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct got *g = ctx;
    g->r = *r;
    g->done_calls++;
    if (e) g->e = *e;
    if (--running == 0) loop_stop(loop);
}

static void begin(struct got *g, struct tenant *t, enum endpoint endpoint, const char *query, const char *kql)
{
    struct fetch_handler h = {g, on_body, on_done};
    struct fetch f = {.endpoint = endpoint, .query = str_of(query), .kql = str_of(kql), .id = STR("a/b?")};
    if (endpoint_changes(&endpoint_rows[endpoint])) f.body = STR("{\"Comment\":\"c\"}");
    buf_init(&g->body, 0);
    running++;
    g->call = defender_fetch(defender, t, &f, &h);
}

static const struct got *fetch(struct tenant *t, enum endpoint endpoint, const char *query)
{
    static struct got g;
    buf_done(&g.body);
    g = (struct got){0};
    begin(&g, t, endpoint, query, endpoint == EP_HUNTING ? "DeviceInfo | take 1" : "");
    loop_run(loop);
    assert_int_equal(g.done_calls, 1);
    return &g;
}

#define ASSERT_CAUSE(got, which) \
    assert_string_equal((got)->e.cause ? (got)->e.cause->code : "none", defender_causes[which].code)

static void pass(int64_t s)
{
    virtual_clock_advance(&now, s * 1000);
}

static struct tenant *make_tenant(const char *id, const char *secret)
{
    struct tenant *t = calloc(1, sizeof *t);
    assert_non_null(t);
    *t = (struct tenant){.refs = 1,
                         .apis = {[AUD_GRAPH] = {.audience = "https://graph.microsoft.com"},
                                  [AUD_ENDPOINT] = {.audience = "https://api.securitycenter.microsoft.com"},
                                  [AUD_SIEM] = {.audience = "https://graph.windows.net"}}};
    (void)snprintf(t->record.tenant_id, sizeof t->record.tenant_id, "%s", id);
    (void)snprintf(t->login_url, sizeof t->login_url, "http://127.0.0.1:%u", http_server_port(server));
    for (int i = 0; i < AUD_COUNT; i++) {
        (void)snprintf(t->apis[i].url, sizeof t->apis[i].url, "%s", t->login_url);
        t->apis[i].version = api_rows[i].versions[0];
    }
    t->apps[t->app_count++] = app_of_secret(CLIENT, str_of(secret));
    assert_non_null(t->apps[0]);
    return t;
}

static int setup(void **state)
{
    struct http_server_opts so = {.address = "127.0.0.1:0", .body_max = 65536, .handle = handle};
    struct http_client_opts ho = {0};
    struct err e;
    (void)state;
    if (!http_server_start(&so, &server, &e)) return -1;
    tenants[0] = make_tenant(TENANT_A, AWKWARD_SECRET);
    tenants[1] = make_tenant(TENANT_B, AWKWARD_SECRET);
    return loop_new(clock_virtual(&now), &loop, &e) && http_client_new(loop, &ho, &http, &e) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    http_client_free(http);
    loop_free(loop);
    http_server_stop(server);
    for (int i = 0; i < 2; i++) tenant_unref(tenants[i]);
    return 0;
}

/* Each test begins with a Microsoft in good health and no token. */
static int fresh(void **state)
{
    struct defender_opts o = {.http = http};
    struct err e;
    (void)state;
    ms.logins = ms.logins_of_endpoint = ms.calls = ms.refuse_tokens_below = 0;
    ms.login_status = ms.api_status = 200;
    ms.tid = NULL;
    ms.roles = "[\"SecurityAlert.ReadWrite.All\",\"ThreatHunting.Read.All\",\"SecurityIncident.Read.All\","
               "\"Machine.Read.All\",\"AdvancedQuery.Read.All\"]";
    ms.login_delay_ms = 0;
    ms.expires_in = 3600;
    ms.api_body = "{\"value\":[]}";
    assert_true(wall_parse(STR("2026-01-02T03:04:05Z"), &now.wall));
    return defender_new(loop, &o, &defender, &e) ? 0 : -1;
}

static int stale(void **state)
{
    (void)state;
    defender_free(defender);
    return 0;
}

static void a_fetch_logs_in_and_hands_the_body_over(void **state)
{
    char expected[400];
    (void)state;
    const struct got *g = fetch(tenants[0], EP_ALERTS, "$top=7");
    assert_null(g->e.cause);
    assert_string_equal(buf_cstr(&((struct got *)(uintptr_t)g)->body), "{\"value\":[]}");
    assert_string_equal(ms.query, "7");
    assert_string_equal(ms.prefer, "include-unknown-enum-members");
    assert_true(str_is_guid(str_of(ms.request_id)));
    (void)snprintf(expected, sizeof expected,
                   "grant_type=client_credentials&client_id=%s&scope=https%%3A%%2F%%2Fgraph.microsoft.com%%2F.default"
                   "&client_secret=a%%2Bb%%2Fc%%3Dd~e%%20%%25%%26f",
                   CLIENT);
    assert_string_equal(ms.form, expected);

    (void)fetch(tenants[0], EP_HUNTING, "");
    assert_string_equal(ms.body, "{\"Query\":\"DeviceInfo | take 1\"}");
    assert_int_equal(ms.logins, 1); /* the same audience, the same token */
    (void)fetch(tenants[0], EP_MACHINES, "");
    assert_int_equal(ms.logins, 2);
    assert_int_equal(ms.logins_of_endpoint, 1);
    assert_string_equal(ms.prefer, "");
}

/* Each API has its token, its version of the address, and, some, the old way to log in. */
static void each_api_is_asked_in_its_own_way(void **state)
{
    static const struct {
        enum endpoint endpoint;
        const char *login_path, *target, *path;
    } rows[] = {
        {EP_ALERTS, "/" TENANT_A "/oauth2/v2.0/token", "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&",
         "/v1.0/security/alerts_v2"},
        {EP_INCIDENT, "", "", "/v1.0/security/incidents/a/b?"},
        {EP_ALERT, "", "", "/v1.0/security/alerts_v2/a/b?"},
        {EP_MACHINE_ACTIONS, "/" TENANT_A "/oauth2/v2.0/token",
         "scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default&", "/api/machineactions"},
        {EP_MACHINE, "", "", "/api/machines/a/b?"},
        {EP_MACHINE_ACTION, "", "", "/api/machineactions/a/b?"},
        {EP_HUNTING_ENDPOINT, "", "", "/api/advancedqueries/run"},
        {EP_ALERTS_SIEM, "/" TENANT_A "/oauth2/token", "resource=https%3A%2F%2Fgraph.windows.net&", "/api/alerts"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned before = ms.logins;
        const struct got *g = fetch(tenants[0], rows[i].endpoint, "");
        assert_null(g->e.cause);
        assert_string_equal(ms.path, rows[i].path);
        assert_int_equal(ms.logins - before, rows[i].login_path[0] != '\0');
        if (rows[i].login_path[0] == '\0') continue;
        assert_string_equal(ms.login_path, rows[i].login_path);
        assert_non_null(strstr(ms.form, rows[i].target));
        assert_true(str_is_guid(str_of(ms.login_request_id)));
    }
    assert_string_equal(ms.body, "");
}

static void overrides_are_followed(void **state)
{
    struct tenant *t = make_tenant(TENANT_A, "s");
    (void)state;
    t->apis[AUD_GRAPH].version = "beta";
    t->apis[AUD_ENDPOINT].version = "api/v1.0";
    (void)snprintf(t->token_url, sizeof t->token_url, "%.99s/x/{tenant}/oauth2/v2.0/token", t->login_url);
    (void)fetch(t, EP_ALERTS_SIEM, ""); /* its tokens never come from the new end-point */
    assert_string_equal(ms.login_path, "/x/" TENANT_A "/oauth2/token");
    (void)fetch(t, EP_MACHINES, "");
    assert_string_equal(ms.login_path, "/x/" TENANT_A "/oauth2/v2.0/token");
    assert_string_equal(ms.path, "/api/v1.0/machines");
    (void)fetch(t, EP_INCIDENTS, "");
    assert_string_equal(ms.path, "/beta/security/incidents");
    tenant_unref(t);

    t = make_tenant(TENANT_A, "s");
    (void)snprintf(t->token_url, sizeof t->token_url, "%.99s/" TENANT_A "/oauth2/token", t->login_url);
    assert_null(fetch(t, EP_ALERTS, "")->e.cause); /* another way to log in: another token */
    assert_string_equal(ms.login_path, "/" TENANT_A "/oauth2/token");
    assert_non_null(strstr(ms.form, "resource=https%3A%2F%2Fgraph.microsoft.com&"));
    tenant_unref(t);
}

static void many_at_once_log_in_once_a_tenant(void **state)
{
    static struct got g[40];
    (void)state;
    memset(g, 0, sizeof g);
    ms.login_delay_ms = 100;
    for (int i = 0; i < 40; i++) begin(&g[i], tenants[i % 2], EP_ALERTS, "", "");
    fetch_cancel(g[0].call); /* one that waits goes away */
    running--;
    loop_run(loop);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(g[i].done_calls, i == 0 ? 0 : 1);
        assert_null(g[i].e.cause);
        buf_done(&g[i].body);
    }
    assert_int_equal(ms.logins, 2);
    assert_int_equal(ms.calls, 39);
}

static void settle(void *arg)
{
    loop_stop(arg);
}

static void let_pass_ms(uint64_t ms_real)
{
    struct timer *t = timer_new(loop, settle, loop);
    timer_arm(t, ms_real);
    loop_run(loop);
    timer_free(t);
}

static void a_token_is_renewed_in_time_and_in_the_background(void **state)
{
    (void)state;
    (void)fetch(tenants[0], EP_ALERTS, "");
    pass(3600 * 79 / 100);
    (void)fetch(tenants[0], EP_ALERTS, "");
    assert_int_equal(ms.logins, 1);
    pass(3600 * 12 / 100); /* 91 %: renewed, while the old one still serves */
    ms.login_delay_ms = 150;
    const struct got *g = fetch(tenants[0], EP_ALERTS, "");
    assert_null(g->e.cause);
    assert_int_equal(token_number(ms.authorization), 1);
    let_pass_ms(400);
    assert_int_equal(ms.logins, 2);
    (void)fetch(tenants[0], EP_ALERTS, "");
    assert_int_equal(token_number(ms.authorization), 2);
    pass(3600 * 96 / 100); /* too old to be used at all: waits for the next */
    (void)fetch(tenants[0], EP_ALERTS, "");
    assert_int_equal(token_number(ms.authorization), 3);
}

static void a_refused_token_is_renewed_once(void **state)
{
    (void)state;
    (void)fetch(tenants[0], EP_ALERTS, "");
    pass(600);
    ms.refuse_tokens_below = 2; /* revoked at their side */
    const struct got *g = fetch(tenants[0], EP_ALERTS, "");
    assert_null(g->e.cause);
    assert_int_equal(ms.logins, 2);
    assert_int_equal(ms.calls, 3);

    ms.refuse_tokens_below = 1000; /* whatever we bring */
    pass(600);
    g = fetch(tenants[0], EP_ALERTS, "");
    ASSERT_CAUSE(g, DEFENDER_TOKEN_REFUSED);
    assert_int_equal(ms.logins, 3);
    for (int i = 0; i < 5; i++) (void)fetch(tenants[0], EP_ALERTS, "");
    assert_int_equal(ms.logins, 3); /* a young token is not made anew again and again */
}

static void a_bad_secret_is_not_hammered(void **state)
{
    (void)state;
    ms.login_status = 401;
    ms.login_body = "{\"error\":\"invalid_client\",\"error_codes\":[7000215]}";
    const struct got *g = fetch(tenants[0], EP_ALERTS, "");
    ASSERT_CAUSE(g, DEFENDER_SECRET_WRONG);
    assert_null(strstr(g->e.text, AWKWARD_SECRET));
    for (int i = 0; i < 5; i++) {
        pass(100);
        g = fetch(tenants[0], i % 2 ? EP_MACHINES : EP_ALERTS, "");
        ASSERT_CAUSE(g, DEFENDER_SECRET_WRONG);
    }
    assert_int_equal(g->e.retry_after_ms, (900 - 500) * 1000);
    assert_int_equal(ms.logins, 1);
    assert_int_equal(ms.calls, 0);
    pass(401);
    (void)fetch(tenants[0], EP_ALERTS, "");
    assert_int_equal(ms.logins, 2);
    pass(901);
    g = fetch(tenants[0], EP_ALERTS, ""); /* doubled */
    assert_int_equal(ms.logins, 2);
    for (int i = 0; i < 6; i++) {
        pass(3601); /* at most an hour */
        (void)fetch(tenants[0], EP_ALERTS, "");
    }
    assert_int_equal(ms.logins, 8);

    ms.login_status = 200;
    assert_null(fetch(tenants[1], EP_ALERTS, "")->e.cause); /* another tenant is not concerned */
    assert_non_null(fetch(tenants[0], EP_ALERTS, "")->e.cause);
    defender_forget_tenant(defender, TENANT_A);
    assert_null(fetch(tenants[0], EP_ALERTS, "")->e.cause);
}

static void a_new_secret_starts_afresh(void **state)
{
    struct tenant *mended = make_tenant(TENANT_A, "new");
    (void)state;
    ms.login_status = 401;
    ms.login_body = "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}";
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, ""), DEFENDER_SECRET_EXPIRED);
    ms.login_status = 200;
    assert_null(fetch(mended, EP_ALERTS, "")->e.cause);
    assert_non_null(strstr(ms.form, "client_secret=new"));
    tenant_unref(mended); /* the room keeps its own */
    assert_null(fetch(tenants[1], EP_ALERTS, "")->e.cause);
}

/* While it is changed some calls still hold what was: they end, and those that hold what is get their token. */
static void what_was_changed_is_not_turned_back(void **state)
{
    struct tenant *changed = make_tenant(TENANT_A, "new");
    struct got old[3], new[3];
    (void)state;
    memset(old, 0, sizeof old);
    memset(new, 0, sizeof new);
    changed->reading = 2;
    tenants[0]->reading = 1;
    ms.login_delay_ms = 50;
    for (int i = 0; i < 3; i++) {
        begin(&old[i], tenants[0], EP_ALERTS, "", "");
        begin(&new[i], changed, EP_ALERTS, "", "");
    }
    loop_run(loop);
    for (int i = 0; i < 3; i++) {
        assert_null(new[i].e.cause);
        assert_true(old[i].done_calls == 1 && new[i].done_calls == 1);
        ASSERT_CAUSE(&old[i], DEFENDER_OUTDATED);
        buf_done(&old[i].body);
        buf_done(&new[i].body);
    }
    assert_true(ms.logins <= 2);
    assert_non_null(strstr(ms.form, "client_secret=new"));
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, ""), DEFENDER_OUTDATED);
    tenants[0]->reading = 0;
    tenant_unref(changed);
}

/* The first to ask after "forget" holds what is: one held up since before comes later, and does not turn it back either. */
static void what_was_forgotten_is_not_turned_back(void **state)
{
    struct tenant *changed = make_tenant(TENANT_A, "new");
    (void)state;
    changed->reading = 2;
    tenants[0]->reading = 1;
    pass(3600);
    assert_null(fetch(tenants[0], EP_ALERTS, "")->e.cause);
    defender_forget_tenant(defender, TENANT_A);
    assert_null(fetch(changed, EP_ALERTS, "")->e.cause);
    ms.login_status = 401;
    ms.login_body = "{\"error\":\"invalid_client\",\"error_codes\":[7000215]}";
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, ""), DEFENDER_OUTDATED);
    assert_null(fetch(changed, EP_ALERTS, "")->e.cause);
    assert_int_equal(ms.logins, 2);
    tenants[0]->reading = 0;
    tenant_unref(changed);
}

static void a_service_that_is_missing_blocks_only_itself(void **state)
{
    (void)state;
    ms.login_status = 400;
    ms.login_body = "{\"error\":\"invalid_resource\",\"error_codes\":[500011]}";
    ASSERT_CAUSE(fetch(tenants[0], EP_MACHINES, ""), DEFENDER_NO_SERVICE);
    ms.login_status = 200;
    assert_null(fetch(tenants[0], EP_ALERTS, "")->e.cause);
    ASSERT_CAUSE(fetch(tenants[0], EP_MACHINES, ""), DEFENDER_NO_SERVICE);
}

static void a_login_that_is_down_is_tried_again_soon(void **state)
{
    (void)state;
    ms.login_status = 503;
    ms.login_body = "";
    const struct got *g = fetch(tenants[0], EP_ALERTS, "");
    ASSERT_CAUSE(g, DEFENDER_LOGIN_DOWN);
    assert_int_equal(ms.logins, 1);
    ms.login_status = 200;
    g = fetch(tenants[0], EP_ALERTS, "");
    ASSERT_CAUSE(g, DEFENDER_LOGIN_DOWN);
    assert_in_range(g->e.retry_after_ms, 1, 5000);
    pass(5);
    assert_null(fetch(tenants[0], EP_ALERTS, "")->e.cause);
}

static void a_token_of_another_tenant_is_never_used(void **state)
{
    (void)state;
    ms.tid = TENANT_B;
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, ""), DEFENDER_WRONG_TENANT);
    assert_int_equal(ms.calls, 0);
}

static void a_link_elsewhere_gets_no_token(void **state)
{
    char own[300];
    static const char *const foreign[] = {
        "https://evil.example/v1.0/x",        "http://127.0.0.1:1/v1.0/x",
        "https://graph.microsoft.com/v1.0/x", "https://api.securitycenter.microsoft.com/x",
        "http://127.0.0.1@evil.example/",     "http://127.0.0.1.evil.example/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, foreign[i]), DEFENDER_FOREIGN_LINK);
        assert_int_equal(ms.logins + ms.calls, 0);
    }
    (void)snprintf(own, sizeof own, "%s1/x", tenants[0]->apis[AUD_GRAPH].url); /* another port */
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, own), DEFENDER_FOREIGN_LINK);
    (void)snprintf(own, sizeof own, "%s@evil.example/x", tenants[0]->apis[AUD_GRAPH].url);
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, own), DEFENDER_FOREIGN_LINK);
    (void)snprintf(own, sizeof own, "%s/v1.0/security/alerts_v2?$top=9&$skiptoken=x", tenants[0]->apis[AUD_GRAPH].url);
    assert_null(fetch(tenants[0], EP_ALERTS, own)->e.cause);
    assert_string_equal(ms.query, "9");
}

static void a_cloud_without_the_service_is_told(void **state)
{
    struct tenant *china = make_tenant(TENANT_A, "s");
    (void)state;
    china->apis[AUD_ENDPOINT].url[0] = china->apis[AUD_ENDPOINT].audience[0] = '\0';
    ASSERT_CAUSE(fetch(china, EP_MACHINES, ""), DEFENDER_NO_HOST);
    ASSERT_CAUSE(fetch(china, EP_MACHINES, "https://x/"), DEFENDER_FOREIGN_LINK);
    assert_int_equal(ms.logins, 0);
    assert_null(fetch(china, EP_ALERTS, "")->e.cause);
    tenant_unref(china);
}

/* What the token does not allow is not asked; a token from before the consent is renewed first, once. */
static void a_missing_role_is_named_and_seen_when_granted(void **state)
{
    (void)state;
    ms.roles = "[\"SecurityAlert.ReadWrite.All\"]";
    assert_int_equal(defender_access(defender, TENANT_A, EP_INCIDENTS), ACCESS_UNKNOWN);
    const struct got *g = fetch(tenants[0], EP_INCIDENTS, "");
    ASSERT_CAUSE(g, DEFENDER_ROLE_MISSING);
    assert_non_null(strstr(g->e.text, "SecurityIncident.Read.All"));
    assert_int_equal(g->body.n, 0);
    assert_int_equal(ms.calls, 0);
    assert_int_equal(defender_access(defender, TENANT_A, EP_INCIDENTS), ACCESS_MISSING);
    assert_int_equal(defender_access(defender, TENANT_A, EP_ALERTS), ACCESS_GRANTED);
    ms.api_status = 403;
    ms.api_body = "{\"error\":{\"code\":\"Forbidden\",\"message\":\"no\"}}";
    ASSERT_CAUSE(fetch(tenants[0], EP_ALERTS, ""), DEFENDER_FORBIDDEN); /* its ReadWrite form is in the token */
    assert_int_equal(ms.logins, 1);
    pass(900);
    ms.api_status = 200;
    ASSERT_CAUSE(fetch(tenants[0], EP_INCIDENTS, ""), DEFENDER_ROLE_MISSING);
    assert_int_equal(ms.logins, 2);
    ms.roles = "[\"SecurityIncident.Read.All\"]";
    pass(900);
    assert_null(fetch(tenants[0], EP_INCIDENTS, "")->e.cause);
    assert_int_equal(ms.logins, 3);
    ms.roles = "[]";
    (void)fetch(tenants[1], EP_INCIDENTS, "");
    assert_int_equal(defender_access(defender, tenants[1]->record.tenant_id, EP_INCIDENTS), ACCESS_NO_ROLES);
}

static void throttling_says_when(void **state)
{
    (void)state;
    ms.api_status = 429;
    ms.api_body = "{\"error\":{\"code\":\"TooManyRequests\",\"message\":\"You have exceeded your CPU quota\"}}";
    const struct got *g = fetch(tenants[0], EP_HUNTING, "");
    ASSERT_CAUSE(g, DEFENDER_CPU_QUOTA);
    assert_int_equal(g->e.retry_after_ms, (10 * 60 + 55) * 1000); /* 03:04:05 to 03:15 */
    g = fetch(tenants[0], EP_ALERTS, "");
    assert_int_equal(g->e.retry_after_ms, 0);
}

static void a_compressed_error_is_read(void **state)
{
    static char body[4000];
    (void)state;
    (void)snprintf(
        body, sizeof body,
        "{\"error\":{\"code\":\"BadRequest\",\"message\":\"Failed to resolve table 'X'\"},\"pad\":\"%03000d\"}", 0);
    ms.api_status = 400;
    ms.api_body = body;
    ASSERT_CAUSE(fetch(tenants[0], EP_HUNTING, ""), DEFENDER_NO_TABLE);
}

static bool count_role(void *arg, struct str role)
{
    unsigned *n = arg;
    assert_true(role.n > 0);
    ++*n;
    return true;
}

static void roles_are_told(void **state)
{
    unsigned n = 0;
    (void)state;
    assert_false(defender_roles(defender, TENANT_A, AUD_GRAPH, count_role, &n));
    (void)fetch(tenants[0], EP_ALERTS, "");
    assert_true(defender_roles(defender, TENANT_A, AUD_GRAPH, count_role, &n));
    assert_int_equal(n, 5);
    assert_false(defender_roles(defender, TENANT_A, AUD_ENDPOINT, count_role, &n));
}

/* What changes something: path, method and body of each, and the role without which it is not even asked. */
static void what_changes_something_is_sent_as_it_should_be(void **state)
{
    static const struct {
        enum endpoint endpoint;
        const char *method, *path, *role;
    } rows[] = {
        {EP_ISOLATE, "POST", "/api/machines/a/b?/isolate", "Machine.Isolate"},
        {EP_RELEASE, "POST", "/api/machines/a/b?/unisolate", "Machine.Isolate"},
        {EP_RESTRICT, "POST", "/api/machines/a/b?/restrictCodeExecution", "Machine.RestrictExecution"},
        {EP_UNRESTRICT, "POST", "/api/machines/a/b?/unrestrictCodeExecution", "Machine.RestrictExecution"},
        {EP_SCAN, "POST", "/api/machines/a/b?/runAntiVirusScan", "Machine.Scan"},
        {EP_COLLECT, "POST", "/api/machines/a/b?/collectInvestigationPackage", "Machine.CollectForensics"},
        {EP_QUARANTINE, "POST", "/api/machines/a/b?/StopAndQuarantineFile", "Machine.StopAndQuarantine"},
        {EP_CANCEL, "POST", "/api/machineactions/a/b?/cancel", ""},
        {EP_ALERT_UPDATE, "PATCH", "/v1.0/security/alerts_v2/a/b?", "SecurityAlert.ReadWrite.All"},
        {EP_ALERT_COMMENT, "POST", "/v1.0/security/alerts_v2/a/b?/comments", "SecurityAlert.ReadWrite.All"},
        {EP_INCIDENT_UPDATE, "PATCH", "/v1.0/security/incidents/a/b?", "SecurityIncident.ReadWrite.All"},
        {EP_INCIDENT_COMMENT, "POST", "/v1.0/security/incidents/a/b?/comments", "SecurityIncident.ReadWrite.All"},
        {EP_ALERT_ENDPOINT_UPDATE, "PATCH", "/api/alerts/a/b?", "Alert.ReadWrite.All"},
        {EP_ALERTS_ENDPOINT_UPDATE, "POST", "/api/alerts/batchUpdate", "Alert.ReadWrite.All"},
    };
    char roles[80];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned before = ms.calls;
        assert_string_equal(endpoint_rows[rows[i].endpoint].role, rows[i].role);
        (void)snprintf(roles, sizeof roles, "[\"Else\",\"%s\"]", rows[i].role);
        for (char *c = roles; *c; c++) *c = (char)tolower(*c); /* guides print them in several cases */
        ms.roles = roles;
        defender_forget_tenant(defender, TENANT_A);
        ms.api_status = 201; /* the answer to an action */
        const struct got *g = fetch(tenants[0], rows[i].endpoint, "");
        assert_null(g->e.cause);
        assert_int_equal(g->r.status, 201);
        assert_string_equal(ms.path, rows[i].path);
        assert_string_equal(ms.method, rows[i].method);
        assert_string_equal(ms.body, "{\"Comment\":\"c\"}");
        if (rows[i].role[0] == '\0') continue;
        ms.roles = "[\"Machine.Read.All\"]";
        defender_forget_tenant(defender, TENANT_A);
        ASSERT_CAUSE(fetch(tenants[0], rows[i].endpoint, ""), DEFENDER_ROLE_MISSING);
        assert_int_equal(ms.calls, before + 1);
    }
}

static struct {
    unsigned off, right;
    char text[400];
} clock_said;

static void on_clock(void *ctx, const struct err *e)
{
    (void)ctx;
    if (e) assert_ptr_equal(e->cause, &defender_causes[DEFENDER_CLOCK]);
    (void)snprintf(clock_said.text, sizeof clock_said.text, "%s", e ? e->text : "right");
    e ? clock_said.off++ : clock_said.right++;
}

/* The server dates its answers by the real clock; ours is the virtual one. */
static void a_wrong_clock_is_told_once(void **state)
{
    const struct defender_opts o = {.http = http, .on_clock = on_clock};
    const struct clock real = clock_real();
    struct err e;
    (void)state;
    defender_free(defender);
    assert_true(defender_new(loop, &o, &defender, &e));
    memset(&clock_said, 0, sizeof clock_said);
    now.wall = clock_wall(&real);
    pass(-7 * 60);
    (void)fetch(tenants[0], EP_ALERTS, "");
    (void)fetch(tenants[1], EP_ALERTS, "");
    assert_int_equal(clock_said.off, 1);
    assert_non_null(strstr(clock_said.text, "clock is "));
    assert_non_null(strstr(clock_said.text, "minutes behind Microsoft's"));
    ms.login_status = 401;
    ms.login_body = "{\"error\":\"invalid_client\",\"error_codes\":[500133]}";
    const struct got *g = fetch(tenants[0], EP_MACHINES, "");
    ASSERT_CAUSE(g, DEFENDER_ASSERTION_TIME);
    assert_non_null(strstr(g->e.text, "minutes behind Microsoft's"));
    pass(7 * 60);
    g = fetch(tenants[1], EP_MACHINES, "");
    assert_null(strstr(g->e.text, "minutes"));
    assert_int_equal(clock_said.right, 1);
    assert_string_equal(clock_said.text, "right");
    pass(7 * 60);
    (void)fetch(tenants[1], EP_ALERTS_SIEM, "");
    assert_int_equal(clock_said.off, 1); /* the tenant waits after its refusal: nothing was asked */
}

static void freeing_in_the_middle_is_silent(void **state)
{
    struct got g[3] = {0};
    (void)state;
    ms.login_delay_ms = 200;
    for (int i = 0; i < 3; i++) begin(&g[i], tenants[i % 2], EP_ALERTS, "", "");
    let_pass_ms(50);
    running = 0;
    /* stale() frees the room with a login under way and fetches that wait for it */
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, fresh, stale)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_fetch_logs_in_and_hands_the_body_over),
        EACH(each_api_is_asked_in_its_own_way),
        EACH(overrides_are_followed),
        EACH(many_at_once_log_in_once_a_tenant),
        EACH(a_token_is_renewed_in_time_and_in_the_background),
        EACH(a_refused_token_is_renewed_once),
        EACH(a_bad_secret_is_not_hammered),
        EACH(a_new_secret_starts_afresh),
        EACH(what_was_forgotten_is_not_turned_back),
        EACH(what_was_changed_is_not_turned_back),
        EACH(a_service_that_is_missing_blocks_only_itself),
        EACH(a_login_that_is_down_is_tried_again_soon),
        EACH(a_token_of_another_tenant_is_never_used),
        EACH(a_link_elsewhere_gets_no_token),
        EACH(a_cloud_without_the_service_is_told),
        EACH(a_missing_role_is_named_and_seen_when_granted),
        EACH(throttling_says_when),
        EACH(a_compressed_error_is_read),
        EACH(roles_are_told),
        EACH(what_changes_something_is_sent_as_it_should_be),
        EACH(a_wrong_clock_is_told_once),
        EACH(freeing_in_the_middle_is_silent),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
