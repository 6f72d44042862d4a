/* The twin over sockets: answers whole and compressed, cut and hanging ones, TLS left to the integration tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "cloud/net/http.h"
#include "kit/json/json.h"
#include "twin/front.h"
#include "twin/world/scenario.h"

struct running {
    struct scenario scenario;
    struct front_opts front_opts;
    struct front *front;
    struct cloud_tenant tenant;
    char authorization[4096], url[64];
    struct buf body;
    int status;
    struct err e;
};

static bool fetch(struct running *r, const char *method, const char *path, const char *body)
{
    char url[256];
    const struct http_client_opts o = {.ca_file = NULL};
    (void)snprintf(url, sizeof url, "%s%s", r->url, path);
    const struct http_request q = {.method = method,
                                   .url = url,
                                   .bearer = str_of(r->authorization),
                                   .body = str_of(body),
                                   .stall_timeout_ms = 2000,
                                   .body_max = 64 << 20};
    buf_reset(&r->body);
    return http_fetch(&o, &q, &r->status, &r->body, &r->e);
}

static void start(struct running *r, const char *faults)
{
    static const char yaml[] = "history: 1h\nrows_per_second: {DeviceProcessEvents: 1}\nhunting_per_minute: 1000\n";
    char path[128], form[512];
    struct arena a;
    *r = (struct running){.status = 0};
    assert_true(scenario_parse(STR(yaml), "test", &r->scenario, &r->e));
    r->front_opts = (struct front_opts){.clock = clock_real(), .address = "127.0.0.1:0"};
    struct cloud_opts o = {
        .seed = 1, .tenants = 1, .scenario = &r->scenario, .start = clock_wall(&r->front_opts.clock)};
    assert_true(cloud_new(&o, &r->front_opts.cloud, &r->e));
    if (!front_start(&r->front_opts, &r->front, &r->e)) fail_msg("%s", r->e.text);
    (void)snprintf(r->url, sizeof r->url, "http://127.0.0.1:%u", front_port(r->front));
    cloud_tenant_get(r->front_opts.cloud, 0, &r->tenant);
    buf_init(&r->body, 64 << 20);
    (void)snprintf(path, sizeof path, "/%s/oauth2/v2.0/token", r->tenant.id);
    int n =
        snprintf(form, sizeof form,
                 "grant_type=client_credentials&client_id=%s&scope=" CLOUD_GRAPH_AUDIENCE "/.default&client_secret=",
                 r->tenant.client_id);
    for (const char *p = r->tenant.client_secret; *p; p++)
        n += snprintf(form + n, sizeof form - (size_t)n, "%%%02x", (unsigned char)*p);
    assert_true(fetch(r, "POST", path, form));
    assert_int_equal(r->status, 200);
    arena_init(&a, 1 << 20);
    const struct json *token = json_parse(&a, buf_str(&r->body), &r->e);
    assert_true(
        str_copy(json_str(json_get(token, "access_token"), STR_NONE), r->authorization, sizeof r->authorization));
    arena_done(&a);
    assert_true(fetch(r, "POST", "/twin/faults", faults));
}

static void stop(struct running *r)
{
    front_stop(r->front);
    cloud_free(r->front_opts.cloud);
    buf_done(&r->body);
}

static const char hunt_path[] = "/v1.0/security/runHuntingQuery", hunt_all[] = "{\"Query\":\"DeviceProcessEvents\"}";

static void answers_arrive_whole(void **state)
{
    struct running r;
    struct arena a;
    (void)state;
    start(&r, "");
    assert_true(fetch(&r, "POST", hunt_path, hunt_all)); /* several megabytes, gzip on the way */
    assert_int_equal(r.status, 200);
    arena_init(&a, 512 << 20);
    const struct json *answer = json_parse(&a, buf_str(&r.body), &r.e);
    assert_non_null(answer);
    assert_true(json_get(answer, "results")->count >= 3600);
    assert_true(r.body.n > 4 << 20);
    arena_done(&a);
    assert_true(fetch(&r, "GET", "/v1.0/security/alerts_v2?$filter=severity%20eq%20'high'&$top=3", ""));
    assert_int_equal(r.status, 200);
    assert_true(fetch(&r, "GET", "/v1.0/security/alerts_v2?$search=x", ""));
    assert_int_equal(r.status, 400);
    stop(&r);
}

static void cut_answers_break(void **state)
{
    struct running r;
    (void)state;
    start(&r, "cut=1");
    assert_false(fetch(&r, "POST", hunt_path, hunt_all));
    assert_true(fetch(&r, "GET", "/twin/healthz", "")); /* the twin's own are never spoilt */
    stop(&r);
}

static void hanging_answers_hang_and_the_front_stops(void **state)
{
    struct running r;
    struct clock clock = clock_real();
    (void)state;
    start(&r, "hang=1");
    int64_t before = clock_mono(&clock).ms;
    assert_false(fetch(&r, "POST", hunt_path, hunt_all));
    assert_ptr_equal(r.e.cause, &net_causes[NET_STALLED]);
    assert_true(clock_mono(&clock).ms - before >= 1900);
    before = clock_mono(&clock).ms;
    stop(&r);
    assert_true(clock_mono(&clock).ms - before < 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_arrive_whole),
        cmocka_unit_test(cut_answers_break),
        cmocka_unit_test(hanging_answers_hang_and_the_front_stops),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
