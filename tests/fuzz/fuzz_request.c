/* Any bytes as a whole request (method, path?query, body, one a line): always an answer whose body ends. The token is a good
 * one when the first byte says so. */
#include "kit/base/arena.h"
#include "twin/cloud.h"
#include "twin/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cloud *cloud;
static struct scenario scenario;
static struct buf tokens[2]; /* for Graph, for the Endpoint API */
static const struct wall start = {INT64_C(17800000000000000)};

static void make_token(const char *audience, const char *roles, struct buf *out)
{
    struct cloud_tenant t;
    struct buf claims;
    cloud_tenant_get(cloud, 0, &t);
    buf_init(&claims, 4096);
    buf_init(out, 8192);
    buf_addf(&claims, "{\"aud\":\"%s\",\"tid\":\"%s\",\"exp\":99999999999,\"roles\":[%s]}", audience, t.id, roles);
    buf_add_str(out, STR("Bearer "));
    INVARIANT(token_signer_plain().sign(NULL, true, buf_str(&claims), out));
    buf_done(&claims);
}

static void prepare(void)
{
    struct err e;
    static const char yaml[] =
        "history: 10m\nrows_per_second: {DeviceProcessEvents: 0.5, DeviceInfo: 0.1}\nalerts_before: 5\nmachines: 3\n"
        "security_per_minute: 1000000000\nhunting_per_minute: 1000000000\nendpoint_per_minute: "
        "1000000000\nendpoint_per_hour: 1000000000\n";
    INVARIANT(scenario_parse(str_of(yaml), "fuzz", &scenario, &e));
    struct cloud_opts o = {.seed = 1, .tenants = 1, .scenario = &scenario, .start = start};
    INVARIANT(cloud_new(&o, &cloud, &e));
    make_token(CLOUD_GRAPH_AUDIENCE,
               "\"ThreatHunting.Read.All\",\"SecurityAlert.Read.All\",\"SecurityIncident.Read.All\"", &tokens[0]);
    make_token(CLOUD_ENDPOINT_AUDIENCE, "\"Machine.Read.All\"", &tokens[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cloud_request q = {.base_url = STR("http://twin")};
    struct cloud_response r;
    struct arena a;
    char piece[4096];
    if (size < 1 || size > 8192) return 0;
    if (cloud == NULL) prepare();
    arena_init(&a, 1 << 20);
    struct str rest = {(const char *)data + 1, size - 1};
    q.method = str_cut(&rest, '\n');
    struct str query = str_cut(&rest, '\n');
    q.path = str_cut(&query, '?');
    q.body = rest;
    if (data[0] == 'g' || data[0] == 'e')
        q.authorization = buf_str(&tokens[data[0] == 'e']);
    else
        q.authorization = rest;
    if (cloud_query_parse(&a, query, &q)) {
        cloud_handle(cloud, &q, start, &r);
        INVARIANT(r.status >= 200 && r.status < 600);
        for (int i = 0; i < 10000 && cloud_body_read(r.body, piece, sizeof piece) > 0; i++) {
        }
        cloud_body_free(r.body);
    }
    arena_done(&a);
    return 0;
}
