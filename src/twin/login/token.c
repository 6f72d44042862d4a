/* A request for a token, v1 or v2, and the token (sections 2.2 to 2.5). */
#include <stdio.h>
#include <string.h>

#include "twin/login/login_int.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

struct token_request {
    struct arena arena;
    struct cloud_request form; /* its params */
    struct str client_id, secret;
    struct str tenant; /* as the path has it */
    bool is_v1;
    enum cloud_api api;
    const char *proof; /* appidacr: "1" a secret, "2" a certificate */
};

static struct str field(const struct token_request *r, const char *name)
{
    for (unsigned i = 0; i < r->form.param_count; i++)
        if (str_eq(r->form.params[i].name, str_of(name))) return r->form.params[i].value;
    return STR_NONE;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */
/* Authorization: Basic base64(id:secret), both percent-encoded. */
static void take_basic(struct exchange *x, struct token_request *r)
{
    struct str h = x->q->authorization;
    struct buf plain, query;
    if (h.n < 6 || !str_eq_nocase(str_sub(h, 0, 6), STR("Basic "))) return;
    struct str b64 = str_trim(str_sub(h, 6, h.n));
    char *text = arena_copy(&r->arena, b64.p, b64.n);
    if (text == NULL) return;
    for (size_t i = 0; i < b64.n; i++) text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    buf_init(&plain, 4096);
    buf_init(&query, 8192);
    if (base64url_decode((struct str){text, b64.n}, &plain)) {
        struct str rest = buf_str(&plain);
        struct str id = str_cut(&rest, ':');
        struct cloud_request both = {.param_count = 0};
        buf_addf(&query, "id=%.*s&secret=%.*s", STR_ARG(id), STR_ARG(rest));
        if (cloud_query_parse(&r->arena, buf_str(&query), &both) && both.param_count == 2) {
            r->client_id = both.params[0].value;
            r->secret = both.params[1].value;
        }
    }
    buf_done(&query);
    buf_done(&plain);
}

/* What is not a form has no fields. */
static bool is_form(const struct cloud_request *q)
{
    struct str type = q->content_type;
    return type.n == 0 || str_eq_nocase(str_trim(str_cut(&type, ';')), STR("application/x-www-form-urlencoded"));
}

static void read_request(struct exchange *x, struct token_request *r)
{
    arena_init(&r->arena, 4 << 20);
    if (!is_form(x->q) || !cloud_query_parse(&r->arena, x->q->body, &r->form)) r->form.param_count = 0;
    take_basic(x, r);
    if (field(r, "client_id").n) r->client_id = field(r, "client_id");
    if (field(r, "client_secret").n) r->secret = field(r, "client_secret");
    if (str_is_guid(field(r, "client-request-id")))
        (void)str_copy(field(r, "client-request-id"), x->correlation_id, sizeof x->correlation_id);
}

/* ---- checking -------------------------------------------------------------------------------------------------------- */
static bool not_looping(struct exchange *x)
{
    struct throttle *t = &x->tenant->throttles[FAMILY_LOGIN];
    x->tenant->stats[FAMILY_LOGIN].calls++;
    if (x->now.ticks - t->minute.ticks >= WALL_TICKS_PER_MIN) *t = (struct throttle){.minute = x->now};
    return ++t->in_minute <= x->cloud->opts.scenario->logins_per_min || login_refuse(x, 50196, NULL);
}

/* What does not depend on the request: loops, bad luck, a rule of the scenario. */
static bool check_tenant(struct exchange *x)
{
    const struct fault_rates *f = &x->cloud->faults;
    if (!not_looping(x)) return false;
    if (rng_chance(&x->cloud->lots, f->rate[FAULT_DOWN] + f->rate[FAULT_ERROR])) {
        x->tenant->stats[FAMILY_LOGIN].faulted++;
        return login_refuse(x, 90033, NULL);
    }
    return x->tenant->token_error == 0 || login_refuse(x, x->tenant->token_error, NULL);
}

static bool check_grant_type(struct exchange *x, const struct token_request *r)
{
    struct str type = field(r, "grant_type");
    const char *target = r->is_v1 ? "resource" : "scope";
    if (type.n == 0) return login_refuse(x, 900144, "grant_type");
    if (!str_eq(type, STR("client_credentials"))) return login_refuse_str(x, 70003, type);
    if (!r->is_v1 && field(r, "resource").n) return login_refuse(x, 901002, NULL);
    if (r->client_id.n == 0) return login_refuse(x, 900144, "client_id");
    return field(r, target).n || login_refuse(x, 900144, target);
}

static bool check_secret(struct exchange *x, const struct twin_app *app, struct token_request *r)
{
    r->proof = "1";
    bool is_second = app->second_secret[0] && str_eq(r->secret, str_of(app->second_secret));
    if (is_second || str_eq(r->secret, str_of(app->client_secret))) return true;
    return login_refuse(x, str_eq(r->secret, str_of(app->expired_secret)) ? 7000222 : 7000215, app->client_id);
}

static bool check_assertion(struct exchange *x, const struct twin_app *app, struct token_request *r)
{
    struct buf audience;
    r->proof = "2";
    if (!str_eq(field(r, "client_assertion_type"), STR(ASSERTION_TYPE)))
        return login_refuse(x, 900144, "client_assertion_type");
    buf_init(&audience, 1024);
    buf_addf(&audience, "%.*s/%.*s/oauth2/%stoken", STR_ARG(x->q->base_url), STR_ARG(r->tenant),
             r->is_v1 ? "" : "v2.0/");
    bool fine = assertion_check(x, app, field(r, "client_assertion"), buf_str(&audience));
    buf_done(&audience);
    return fine;
}

/* Before consent a tenant's own application has a token without roles; how else it may show, a variant says. The
 * multi-tenant one has no service principal to begin with. */
static bool check_consent(struct exchange *x, const struct twin_app *app, const struct grant *g)
{
    const struct variants *v = exchange_variants(x);
    bool is_own = app == &x->tenant->app;
    if (grant_holds(g, x->now)) return true;
    if (variant_is(v, VARIANT_LOGIN_BEFORE_CONSENT, "700016")) return login_refuse(x, 700016, app->client_id);
    bool has_token = variant_is(v, VARIANT_LOGIN_BEFORE_CONSENT, "no_roles") && (is_own || g->is_given);
    return has_token || login_refuse(x, 7000229, app->client_id);
}

static bool check_client(struct exchange *x, struct token_request *r, struct grant **grant_out)
{
    const struct twin_app *app = login_find_app(x, r->client_id, grant_out);
    if (app == NULL) return false;
    bool proved;
    if (field(r, "client_assertion").n)
        proved = check_assertion(x, app, r);
    else if (r->secret.n)
        proved = check_secret(x, app, r);
    else
        proved = login_refuse(x, field(r, "client_assertion_type").n ? 7000216 : 7000218, NULL);
    return proved && check_consent(x, app, *grant_out);
}

/* Resources that are there, but that the applications do not ask for in their registration. */
static bool is_unrequested(struct str resource)
{
    static const char *const others[] = {"https://outlook.office365.com", "https://manage.office.com"};
    while (str_ends(resource, STR("/"))) resource.n--;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (str_eq_nocase(resource, str_of(others[i]))) return true;
    return false;
}

static bool check_resource(struct exchange *x, struct token_request *r, struct str resource)
{
    if (api_by_identifier(x->cloud->opts.scenario->nation, resource, &r->api)) {
        bool is_defender = r->api == API_ENDPOINT || r->api == API_XDR;
        return !is_defender || x->tenant->licence != LICENCE_NONE || login_refuse_str(x, 650052, resource);
    }
    return login_refuse_str(x, is_unrequested(resource) ? 650057 : 500011, resource);
}

static bool check_target(struct exchange *x, struct token_request *r)
{
    enum { GUID_BYTES = 36 };
    static const char suffix[] = "/.default";
    if (r->is_v1) return check_resource(x, r, str_trim(field(r, "resource")));
    struct str scope = str_trim(field(r, "scope"));
    if (str_find(scope, STR(" "), 0) != SIZE_MAX) return login_refuse(x, 700022, NULL);
    if (str_find(scope, STR("://"), 0) == SIZE_MAX && !str_is_guid(str_sub(scope, 0, GUID_BYTES)))
        return login_refuse_str(x, 70011, scope);
    if (!str_ends(scope, STR(suffix))) return login_refuse_str(x, 1002012, scope);
    return check_resource(x, r, str_sub(scope, 0, scope.n - strlen(suffix)));
}

/* ---- the token ------------------------------------------------------------------------------------------------------- */
/* Without consent there are no roles, and then no such claim at all. */
static void write_roles(struct json_writer *w, role_set granted)
{
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

static bool gives_v2(const struct exchange *x, const struct token_request *r)
{
    return !r->is_v1 && variant_is(exchange_variants(x), VARIANT_LOGIN_TOKEN_VERSION, "2.0");
}

static void write_claims(struct exchange *x, const struct token_request *r, role_set roles, struct buf *out)
{
    const struct twin_tenant *t = x->tenant;
    bool is_v2 = gives_v2(x, r);
    int64_t now_s = wall_ms(x->clock) / 1000;
    char issuer[400], object_id[37], client_id[37];
    struct json_writer w;
    (void)str_copy(r->client_id, client_id, sizeof client_id);
    if (is_v2)
        (void)snprintf(issuer, sizeof issuer, "%.*s/%s/v2.0", STR_ARG(x->q->base_url), t->world.tenant_id);
    else
        (void)snprintf(issuer, sizeof issuer, "https://sts.windows.net/%s/", t->world.tenant_id);
    draw_guid(t->world.seed, 4242, object_id);
    json_writer_init(&w, out);
    json_object_begin(&w);
    claim(&w, "aud", is_v2 ? api_rows[r->api].app_id : nation_rows[x->cloud->opts.scenario->nation].audiences[r->api]);
    claim(&w, "iss", issuer);
    claim_time(&w, "iat", now_s);
    claim_time(&w, "nbf", now_s);
    claim_time(&w, "exp", now_s + x->cloud->opts.scenario->token_life_ms / 1000);
    claim(&w, is_v2 ? "azp" : "appid", client_id);
    claim(&w, is_v2 ? "azpacr" : "appidacr", r->proof);
    claim(&w, "idtyp", "app");
    claim(&w, "oid", object_id);
    write_roles(&w, r->api == API_SIEM ? 0 : roles & roles_of_api(r->api));
    claim(&w, "sub", object_id);
    claim(&w, "tid", t->world.tenant_id);
    claim(&w, "uti", x->request_id);
    claim(&w, "ver", is_v2 ? "2.0" : "1.0");
    json_object_end(&w);
}

/* v1 answers have more fields, and all their numbers are texts. */
static void write_answer(struct exchange *x, const struct token_request *r, struct str token, struct buf *out)
{
    long long life_s = x->cloud->opts.scenario->token_life_ms / 1000, now_s = wall_ms(x->clock) / 1000;
    if (!r->is_v1) {
        buf_addf(out,
                 "{\"token_type\":\"Bearer\",\"expires_in\":%lld,\"ext_expires_in\":%lld,\"access_token\":\"%.*s\"}",
                 life_s, life_s, STR_ARG(token));
        return;
    }
    buf_addf(out,
             "{\"token_type\":\"Bearer\",\"expires_in\":\"%lld\",\"ext_expires_in\":\"%lld\",\"expires_on\":\"%lld\","
             "\"not_before\":\"%lld\",\"resource\":\"",
             life_s, life_s, now_s + life_s, now_s);
    json_escape(out, str_trim(field(r, "resource")));
    buf_addf(out, "\",\"access_token\":\"%.*s\"}", STR_ARG(token));
}

static void answer_token(struct exchange *x, const struct token_request *r, role_set roles)
{
    struct buf claims, token, out;
    const struct token_signer *signer = &x->cloud->opts.signer;
    buf_init(&claims, 64 << 10);
    buf_init(&token, 64 << 10);
    buf_init(&out, 64 << 10);
    write_claims(x, r, roles, &claims);
    if (signer->sign(signer->ctx, !gives_v2(x, r), buf_str(&claims), &token)) {
        write_answer(x, r, buf_str(&token), &out);
        login_headers(x);
        answer_bytes(x, 200, "application/json; charset=utf-8", &out);
    } else {
        login_refuse(x, 90033, NULL);
    }
    buf_done(&out);
    buf_done(&token);
    buf_done(&claims);
}

void token_handle(struct exchange *x, struct str tenant, bool is_v1)
{
    struct token_request r = {.tenant = tenant, .is_v1 = is_v1};
    struct grant *grant;
    if (!str_eq(x->q->method, STR("POST"))) {
        login_refuse_str(x, 900561, x->q->method);
        return;
    }
    read_request(x, &r);
    if (login_find_tenant(x, tenant, r.client_id) && check_tenant(x) && check_grant_type(x, &r) &&
        check_client(x, &r, &grant) && check_target(x, &r))
        answer_token(x, &r, grant_roles(grant, x->now));
    arena_done(&r.arena);
}
