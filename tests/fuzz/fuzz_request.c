/* Any bytes as a conversation with the twin: requests behind each other, split by a line "%%". A request is whose token it
 * brings ('g' Graph's, 'e' the Endpoint API's, 'x' the XDR API's, 's' the SIEM API's, each with every role; else its body is
 * the Authorization), method, path?query, body, one a line. Always an answer whose body ends; what says it is JSON is. */
#include "kit/base/arena.h"
#include "kit/json/json.h"
#include "twin/cloud.h"
#include "twin/login/permissions.h"
#include "twin/world/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUESTS_MAX = 6, ANSWER_BYTES_MAX = 8 << 20 };
static const char token_names[] = {[API_GRAPH] = 'g', [API_ENDPOINT] = 'e', [API_XDR] = 'x', [API_SIEM] = 's'};
static struct cloud *cloud;
static bool is_changed; /* something may have been written: the next input gets a cloud of its own */
static struct scenario scenario;
static struct buf tokens[API_COUNT];
static const struct wall start = {INT64_C(17800000000000000)};

static void make_token(enum cloud_api api, struct buf *out)
{
    struct cloud_tenant t;
    struct buf claims;
    const char *comma = "";
    cloud_tenant_get(cloud, 0, &t);
    buf_init(&claims, 8192);
    buf_init(out, 16384);
    buf_addf(&claims, "{\"aud\":\"%s\",\"tid\":\"%s\",\"exp\":99999999999,\"roles\":[",
             nation_rows[NATION_GLOBAL].audiences[api], t.id);
    for (unsigned i = 0; i < role_count; i++) {
        if (role_rows[i].api != api) continue;
        buf_addf(&claims, "%s\"%s\"", comma, role_rows[i].name);
        comma = ",";
    }
    buf_add_str(&claims, STR("]}"));
    buf_add_str(out, STR("Bearer "));
    INVARIANT(token_signer_plain().sign(NULL, true, buf_str(&claims), out));
    buf_done(&claims);
}

static void open_cloud(void)
{
    struct err e;
    struct cloud_opts o = {.seed = 1, .tenants = 1, .scenario = &scenario, .start = start};
    cloud_free(cloud);
    INVARIANT(cloud_new(&o, &cloud, &e));
    is_changed = false;
}

static void prepare(void)
{
    struct err e;
    static const char yaml[] =
        "history: 10m\nrows_per_second: {DeviceProcessEvents: 0.5, DeviceInfo: 0.1}\nalerts_before: 5\nmachines: 3\n"
        "actions_before: 3\nrules: [{tenants: all, temper: fast}]\nsecurity_per_minute: 1000000000\n"
        "hunting_per_minute: 1000000000\nendpoint_per_minute: 1000000000\nendpoint_per_hour: 1000000000\n";
    INVARIANT(scenario_parse(str_of(yaml), "fuzz", &scenario, &e));
    open_cloud();
    for (unsigned api = 0; api < API_COUNT; api++) make_token((enum cloud_api)api, &tokens[api]);
}

static bool is_reading(const struct cloud_request *q)
{
    bool is_query = str_ends(q->path, STR("/runHuntingQuery")) || str_ends(q->path, STR("/run"));
    return is_query || (str_eq(q->method, STR("GET")) && str_find(q->path, STR("consent"), 0) == SIZE_MAX);
}

static void check_answer(const struct cloud_response *r)
{
    struct buf body;
    INVARIANT(r->status >= 200 && r->status < 600 && r->content_type != NULL);
    buf_init(&body, ANSWER_BYTES_MAX);
    bool is_json = str_starts(str_of(r->content_type), STR("application/json"));
    if (cloud_body_all(r->body, &body) && is_json && body.n) INVARIANT(json_check(buf_str(&body), NULL));
    buf_done(&body);
    cloud_body_free(r->body);
}

static struct str authorization_of(char whose, struct str body)
{
    for (unsigned api = 0; api < API_COUNT; api++)
        if (token_names[api] == whose) return buf_str(&tokens[api]);
    return body;
}

static void ask(struct str text, struct wall now, struct arena *a)
{
    struct cloud_request q = {.base_url = STR("http://twin")};
    struct cloud_response r;
    struct str rest = str_sub(text, 1, text.n);
    q.method = str_cut(&rest, '\n');
    struct str query = str_cut(&rest, '\n');
    q.path = str_cut(&query, '?');
    q.body = rest;
    q.authorization = authorization_of(text.p[0], rest);
    if (!cloud_query_parse(a, query, &q)) return;
    cloud_handle(cloud, &q, now, &r);
    /* of a full quota too: between inputs no time passes */
    is_changed = is_changed || !is_reading(&q) || now.ticks != start.ticks || r.status == 429;
    check_answer(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, mark = STR("\n%%\n");
    struct arena a;
    if (size > 8192) return 0;
    if (tokens[0].n == 0) prepare();
    if (is_changed) open_cloud();
    arena_init(&a, 1 << 20);
    for (unsigned n = 0; n < REQUESTS_MAX && rest.n > 0; n++) {
        size_t at = str_find(rest, mark, 0);
        struct str one = str_sub(rest, 0, at == SIZE_MAX ? rest.n : at);
        rest = at == SIZE_MAX ? STR("") : str_sub(rest, at + mark.n, rest.n);
        if (one.n) ask(one, wall_add(start, n * WALL_TICKS_PER_MIN), &a); /* so that actions go on */
    }
    arena_done(&a);
    return 0;
}
