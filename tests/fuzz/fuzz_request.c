/* Any bytes as a whole request (whose token, method, path?query, body; the first is one byte, the next two a line each): always
 * an answer whose body ends. g, e, x and s bring a good token of Graph, the Endpoint API, the XDR API and the SIEM API; with any
 * other byte the rest is the token too. What was posted stays for a while, so that later requests meet it. */
#include <string.h>

#include "kit/base/arena.h"
#include "twin/cloud.h"
#include "twin/permissions.h"
#include "twin/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUESTS_A_CLOUD = 200 };
static struct cloud *cloud;
static struct scenario scenario;
static struct buf tokens[API_COUNT];
static unsigned requests;
static const struct wall start = {INT64_C(17800000000000000)};

static void make_token(enum cloud_api api, struct buf *out)
{
    struct cloud_tenant t;
    struct buf claims;
    cloud_tenant_get(cloud, 0, &t);
    buf_init(&claims, 16384);
    buf_init(out, 32768);
    buf_addf(&claims, "{\"aud\":\"%s\",\"tid\":\"%s\",\"exp\":99999999999,\"roles\":[\"\"", api_rows[api].app_id, t.id);
    for (unsigned i = 0; i < role_count; i++)
        if (role_rows[i].api == api) buf_addf(&claims, ",\"%s\"", role_rows[i].name);
    buf_add_str(&claims, STR("]}"));
    buf_add_str(out, STR("Bearer "));
    INVARIANT(token_signer_plain().sign(NULL, true, buf_str(&claims), out));
    buf_done(&claims);
}

static void prepare(void)
{
    struct err e;
    static const char yaml[] =
        "history: 10m\nrows_per_second: {DeviceProcessEvents: 0.5, DeviceInfo: 0.1}\nalerts_before: 5\nmachines: 3\n"
        "actions_before: 3\nrules: [{tenants: all, temper: fast}]\nsecurity_per_minute: 1000000000\n"
        "hunting_per_minute: 1000000000\nendpoint_per_minute: 1000000000\nendpoint_per_hour: 1000000000\n";
    INVARIANT(scenario_parse(str_of(yaml), "fuzz", &scenario, &e));
    struct cloud_opts o = {.seed = 1, .tenants = 1, .scenario = &scenario, .start = start};
    cloud_free(cloud);
    INVARIANT(cloud_new(&o, &cloud, &e));
    for (unsigned i = 0; i < API_COUNT; i++) {
        buf_done(&tokens[i]);
        make_token((enum cloud_api)i, &tokens[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char letters[API_COUNT + 1] = {
        [API_GRAPH] = 'g', [API_ENDPOINT] = 'e', [API_XDR] = 'x', [API_SIEM] = 's'};
    struct cloud_request q = {.base_url = STR("http://twin")};
    struct cloud_response r;
    struct arena a;
    char piece[4096];
    if (size < 1 || size > 8192) return 0;
    if (requests++ % REQUESTS_A_CLOUD == 0) prepare();
    arena_init(&a, 1 << 20);
    struct str rest = {(const char *)data + 1, size - 1};
    q.method = str_cut(&rest, '\n');
    struct str query = str_cut(&rest, '\n');
    q.path = str_cut(&query, '?');
    q.body = rest;
    const char *api = data[0] ? strchr(letters, data[0]) : NULL;
    q.authorization = api ? buf_str(&tokens[api - letters]) : rest;
    if (cloud_query_parse(&a, query,
                          &q)) { /* a minute passes between two, so that no limit stands before the parsers */
        cloud_handle(cloud, &q, wall_add(start, (int64_t)(requests % REQUESTS_A_CLOUD) * WALL_TICKS_PER_MIN), &r);
        INVARIANT(r.status >= 200 && r.status < 600);
        for (int i = 0; i < 10000 && cloud_body_read(r.body, piece, sizeof piece) > 0; i++) {
        }
        cloud_body_free(r.body);
    }
    arena_done(&a);
    return 0;
}
