/* The token end-point, v2, for client credentials with a secret (sections 2 and 3 of the reference). */
#include <stdio.h>
#include <string.h>

#include "kit/seal/seal.h"
#include "twin/cloud_int.h"

/* clang-format off */
static const struct login_error {
    unsigned code;
    int status;
    const char *error, *text; /* text may hold one %s: the detail */
} login_errors[] = {
    {7000215, 401, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'."},
    {7000222, 401, "invalid_client", "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app."},
    {7000218, 401, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
    {7000229, 401, "invalid_client", "The client application %s is missing service principal in the tenant."},
    {700016, 400, "unauthorized_client", "Application with identifier '%s' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant."},
    {7000112, 400, "unauthorized_client", "Application '%s' is disabled."},
    {70003, 400, "unsupported_grant_type", "The app requested an unsupported grant type '%s'."},
    {70011, 400, "invalid_scope", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid."},
    {1002012, 400, "invalid_scope", "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."},
    {700022, 400, "invalid_scope", "The provided value for the input parameter 'scope' is not valid because it contains more than one resource."},
    {500011, 400, "invalid_resource", "The resource principal named %s was not found in the tenant."},
    {90002, 400, "invalid_tenant", "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."},
    {900023, 400, "invalid_request", "Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain."},
    {9001023, 400, "invalid_request", "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."},
    {900144, 400, "invalid_request", "The request body must contain the following parameter: '%s'."},
    {900561, 400, "invalid_request", "The endpoint only accepts POST requests. Received a %s request."},
    {901002, 400, "invalid_request", "The 'resource' request parameter is not supported."},
    {50196, 400, "invalid_grant", "The server terminated an operation because it encountered a client request loop. Please contact your app vendor."},
    {53003, 400, "invalid_grant", "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
    {650052, 400, "invalid_client", "The app needs access to a service that your organization '%s' has not subscribed to or enabled."},
    {65001, 400, "invalid_grant", "The user or administrator has not consented to use the application with ID '%s'."},
    {90033, 503, "temporarily_unavailable", "A transient error has occurred. Please try again."},
};
/* clang-format on */
static const struct login_error *find_error(unsigned code)
{
    for (size_t i = 0; i < sizeof login_errors / sizeof login_errors[0]; i++)
        if (login_errors[i].code == code) return &login_errors[i];
    return &login_errors[0];
}

static void login_headers(struct exchange *x)
{
    answer_header(x, "Cache-Control", "no-store, no-cache");
    answer_header(x, "Pragma", "no-cache");
    answer_header(x, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    answer_header(x, "X-Content-Type-Options", "nosniff");
    answer_header(x, "x-ms-request-id", "%s", x->request_id);
    answer_header(x, "x-ms-ests-server", "2.1.19568.3 - TWIN ProdSlices");
}

/* `text` with its %s, if any, replaced. */
static void print_text(struct buf *out, const char *text, const char *detail)
{
    const char *place = strstr(text, "%s");
    if (place == NULL) {
        buf_add_str(out, str_of(text));
        return;
    }
    buf_add(out, text, (size_t)(place - text));
    buf_add_str(out, str_of(detail));
    buf_add_str(out, str_of(place + 2));
}

void answer_login_error(struct exchange *x, unsigned code, const char *detail)
{
    const struct login_error *row = find_error(code);
    const char *error = row->error;
    int status = row->status;
    (void)variant_login(exchange_variants(x), code, &status, &error);
    char time[WALL_TEXT_BYTES], trace[37];
    struct buf text, out;
    struct json_writer w;
    int n = wall_format_digits(x->now, 0, time);
    time[10] = ' '; /* 2026-01-02 03:04:05Z */
    rng_guid(&x->cloud->ids, trace);
    buf_init(&text, 8192);
    buf_init(&out, 16384);
    buf_addf(&text, "AADSTS%u: ", code);
    print_text(&text, row->text, detail ? detail : "");
    buf_addf(&text, " Trace ID: %s Correlation ID: %s Timestamp: %s", trace, x->request_id, time);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    json_key(&w, "error");
    json_write_cstr(&w, error);
    json_key(&w, "error_description");
    json_write_str(&w, buf_str(&text));
    json_key(&w, "error_codes");
    json_array_begin(&w);
    json_write_u64(&w, code);
    json_array_end(&w);
    json_key(&w, "timestamp");
    json_write_str(&w, (struct str){time, (size_t)n});
    json_key(&w, "trace_id");
    json_write_cstr(&w, trace);
    json_key(&w, "correlation_id");
    json_write_cstr(&w, x->request_id);
    json_key(&w, "error_uri");
    buf_reset(&text);
    buf_addf(&text, "https://login.microsoftonline.com/error?code=%u", code);
    json_write_str(&w, buf_str(&text));
    json_object_end(&w);
    buf_done(&text);
    login_headers(x);
    answer_bytes(x, status, "application/json; charset=utf-8", &out);
    if (x->tenant) x->tenant->stats[FAMILY_LOGIN].refused++;
}

/* ---- the request ---------------------------------------------------------------------------------------------------- */
struct form {
    struct arena arena;
    struct cloud_request fields; /* its params */
    char client_id[128], secret[256], scope[256];
};

static struct str field(const struct form *f, const char *name)
{
    for (unsigned i = 0; i < f->fields.param_count; i++)
        if (str_eq(f->fields.params[i].name, str_of(name))) return f->fields.params[i].value;
    return STR_NONE;
}

/* Authorization: Basic base64(id:secret), both percent-encoded. */
static void take_basic(struct exchange *x, struct form *f)
{
    struct str h = x->q->authorization;
    struct buf plain;
    if (h.n < 6 || !str_eq_nocase(str_sub(h, 0, 6), STR("Basic "))) return;
    struct str b64 = str_trim(str_sub(h, 6, h.n));
    char *text = arena_copy(&f->arena, b64.p, b64.n);
    if (text == NULL) return;
    for (size_t i = 0; i < b64.n; i++) text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    buf_init(&plain, 4096);
    if (base64url_decode((struct str){text, b64.n}, &plain)) {
        struct str rest = buf_str(&plain);
        struct str id = str_cut(&rest, ':');
        struct cloud_request both = {.param_count = 0};
        struct buf query;
        buf_init(&query, 8192);
        buf_addf(&query, "id=%.*s&secret=%.*s", STR_ARG(id), STR_ARG(rest));
        if (cloud_query_parse(&f->arena, buf_str(&query), &both) && both.param_count == 2) {
            (void)str_copy(both.params[0].value, f->client_id, sizeof f->client_id);
            (void)str_copy(both.params[1].value, f->secret, sizeof f->secret);
        }
        buf_done(&query);
    }
    buf_done(&plain);
}

static bool read_form(struct exchange *x, struct form *f)
{
    arena_init(&f->arena, 1 << 20);
    if (!cloud_query_parse(&f->arena, x->q->body, &f->fields)) return false;
    take_basic(x, f);
    if (field(f, "client_id").n) (void)str_copy(field(f, "client_id"), f->client_id, sizeof f->client_id);
    if (field(f, "client_secret").n) (void)str_copy(field(f, "client_secret"), f->secret, sizeof f->secret);
    (void)str_copy(field(f, "scope"), f->scope, sizeof f->scope);
    return true;
}

static bool refuse(struct exchange *x, unsigned code, const char *detail)
{
    answer_login_error(x, code, detail);
    return false;
}

static bool find_tenant(struct exchange *x, struct str name)
{
    char text[128] = "";
    (void)str_copy(str_sub(name, 0, sizeof text - 1), text, sizeof text);
    bool is_word = str_eq(name, STR("common")) || str_eq(name, STR("organizations")) || str_eq(name, STR("consumers"));
    if (is_word) return refuse(x, 9001023, NULL);
    if (!str_is_guid(name) && str_find(name, STR("."), 0) == SIZE_MAX) return refuse(x, 900023, text);
    x->tenant = tenant_by_id(x->cloud, name);
    return x->tenant || refuse(x, 90002, text);
}

static bool check_grant(struct exchange *x, const struct form *f)
{
    char grant[64] = "";
    struct str type = field(f, "grant_type");
    if (type.n == 0) return refuse(x, 900144, "grant_type");
    if (!str_eq(type, STR("client_credentials"))) {
        (void)str_copy(str_sub(type, 0, sizeof grant - 1), grant, sizeof grant);
        return refuse(x, 70003, grant);
    }
    if (field(f, "resource").n) return refuse(x, 901002, NULL);
    if (f->client_id[0] == '\0') return refuse(x, 900144, "client_id");
    return field(f, "scope").n || refuse(x, 900144, "scope");
}

static bool check_client(struct exchange *x, const struct form *f)
{
    const struct twin_tenant *t = x->tenant;
    if (!str_eq_nocase(str_of(f->client_id), str_of(t->client_id))) return refuse(x, 700016, f->client_id);
    if (t->token_error) return refuse(x, t->token_error, t->client_id);
    if (f->secret[0] == '\0') return refuse(x, 7000218, NULL);
    return strcmp(f->secret, t->client_secret) == 0 || refuse(x, 7000215, t->client_id);
}

static bool check_scope(struct exchange *x, const struct form *f, enum cloud_api *api_out)
{
    static const char suffix[] = "/.default";
    struct str scope = str_trim(str_of(f->scope));
    if (str_find(scope, STR(" "), 0) != SIZE_MAX) return refuse(x, 700022, NULL);
    if (str_find(scope, STR("://"), 0) == SIZE_MAX) return refuse(x, 70011, f->scope);
    if (!str_ends(scope, STR(suffix))) return refuse(x, 1002012, f->scope);
    struct str resource = str_sub(scope, 0, scope.n - strlen(suffix));
    return api_by_identifier(resource, api_out) || refuse(x, 500011, f->scope);
}

/* ---- the token ------------------------------------------------------------------------------------------------------ */
/* Without consent there are no roles, and then no such claim at all. */
static void write_roles(struct json_writer *w, const struct twin_tenant *t, enum cloud_api api)
{
    role_set granted = t->lacks & LACK_CONSENT || api == API_SIEM ? 0 : t->roles & roles_of_api(api);
    if (granted == 0) return;
    json_key(w, "roles");
    json_array_begin(w);
    for (unsigned i = 0; i < role_count; i++)
        if (granted >> i & 1) json_write_cstr(w, role_rows[i].name);
    json_array_end(w);
}

static void claim(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

static void claim_time(struct json_writer *w, const char *key, int64_t s)
{
    json_key(w, key);
    json_write_i64(w, s);
}

static void write_claims(struct exchange *x, enum cloud_api api, struct buf *out)
{
    const struct twin_tenant *t = x->tenant;
    int64_t now_s = wall_ms(x->now) / 1000;
    char issuer[96], object_id[37];
    struct json_writer w;
    (void)snprintf(issuer, sizeof issuer, "https://sts.windows.net/%s/", t->world.tenant_id);
    draw_guid(t->world.seed, 4242, object_id);
    json_writer_init(&w, out);
    json_object_begin(&w);
    claim(&w, "aud", api_rows[api].audience);
    claim(&w, "iss", issuer);
    claim_time(&w, "iat", now_s);
    claim_time(&w, "nbf", now_s);
    claim_time(&w, "exp", now_s + x->cloud->opts.scenario->token_life_ms / 1000);
    claim(&w, "appid", t->client_id);
    claim(&w, "appidacr", "1");
    claim(&w, "idtyp", "app");
    claim(&w, "oid", object_id);
    write_roles(&w, t, api);
    claim(&w, "sub", object_id);
    claim(&w, "tid", t->world.tenant_id);
    claim(&w, "uti", x->request_id);
    claim(&w, "ver", "1.0");
    json_object_end(&w);
}

static void answer_token(struct exchange *x, enum cloud_api api)
{
    struct buf claims, token, out;
    const struct token_signer *signer = &x->cloud->opts.signer;
    int64_t life_s = x->cloud->opts.scenario->token_life_ms / 1000;
    buf_init(&claims, 64 << 10);
    buf_init(&token, 64 << 10);
    buf_init(&out, 64 << 10);
    write_claims(x, api, &claims);
    if (signer->sign(signer->ctx, buf_str(&claims), &token)) {
        buf_addf(&out,
                 "{\"token_type\":\"Bearer\",\"expires_in\":%lld,\"ext_expires_in\":%lld,\"access_token\":\"%.*s\"}",
                 (long long)life_s, (long long)life_s, STR_ARG(buf_str(&token)));
        login_headers(x);
        answer_bytes(x, 200, "application/json; charset=utf-8", &out);
    } else {
        answer_login_error(x, 90033, NULL);
    }
    buf_done(&out);
    buf_done(&token);
    buf_done(&claims);
}

static bool not_looping(struct exchange *x)
{
    struct throttle *t = &x->tenant->throttles[FAMILY_LOGIN];
    x->tenant->stats[FAMILY_LOGIN].calls++;
    if (x->now.ticks - t->minute.ticks >= WALL_TICKS_PER_MIN) *t = (struct throttle){.minute = x->now};
    return ++t->in_minute <= x->cloud->opts.scenario->logins_per_min || refuse(x, 50196, NULL);
}

static void token_handle(struct exchange *x, struct str tenant)
{
    struct form f = {.client_id = "", .secret = "", .scope = ""};
    enum cloud_api api;
    char method[16] = "";
    (void)str_copy(x->q->method, method, sizeof method);
    if (!str_eq(x->q->method, STR("POST"))) {
        answer_login_error(x, 900561, method);
        return;
    }
    if (!find_tenant(x, tenant) || !not_looping(x)) return;
    if (rng_chance(&x->cloud->lots, x->cloud->faults.rate[FAULT_DOWN] + x->cloud->faults.rate[FAULT_ERROR])) {
        x->tenant->stats[FAMILY_LOGIN].faulted++;
        answer_login_error(x, 90033, NULL);
    } else if (!read_form(x, &f)) {
        answer_login_error(x, 900144, "grant_type");
    } else if (check_grant(x, &f) && check_client(x, &f) && check_scope(x, &f, &api)) {
        answer_token(x, api);
    }
    arena_done(&f.arena);
}

/* ---- documents ------------------------------------------------------------------------------------------------------ */
static void discovery(struct exchange *x, struct str tenant)
{
    struct buf out;
    buf_init(&out, 16 << 10);
    buf_addf(&out, "{\"token_endpoint\":\"%.*s/%.*s/oauth2/v2.0/token\",", STR_ARG(x->q->base_url), STR_ARG(tenant));
    buf_addf(&out, "\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_basic\"],");
    buf_addf(&out, "\"jwks_uri\":\"%.*s/%.*s/discovery/v2.0/keys\",", STR_ARG(x->q->base_url), STR_ARG(tenant));
    buf_addf(&out, "\"issuer\":\"https://sts.windows.net/%.*s/\",\"tenant_region_scope\":\"EU\"}", STR_ARG(tenant));
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

static void keys(struct exchange *x)
{
    const struct token_signer *s = &x->cloud->opts.signer;
    const char *jwk = s->jwk ? s->jwk(s->ctx) : NULL;
    struct buf out;
    buf_init(&out, 16 << 10);
    buf_addf(&out, "{\"keys\":[%s]}", jwk ? jwk : "");
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

void login_handle(struct exchange *x, struct str tenant, struct str rest)
{
    x->family = FAMILY_LOGIN;
    if (str_eq(rest, STR("oauth2/v2.0/token"))) {
        token_handle(x, tenant);
    } else if (find_tenant(x, tenant)) {
        if (str_eq(rest, STR("discovery/v2.0/keys")))
            keys(x);
        else
            discovery(x, str_of(x->tenant->world.tenant_id));
    }
}
