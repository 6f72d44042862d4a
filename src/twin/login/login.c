/* The login: which of its end-points is asked, for which tenant and application; discovery documents and keys
 * (sections 2 to 4 of the reference). */
#include <string.h>

#include "twin/login/login_int.h"

/* ---- tenants --------------------------------------------------------------------------------------------------------- */
/* The words that stand for no tenant in particular. What is wrong with them here depends on who asks. */
static bool refuse_word(struct exchange *x, struct str name, struct str client_id)
{
    if (str_eq(name, STR("organizations"))) return login_refuse(x, 50059, NULL);
    if (str_eq(name, STR("common")) && app_is_single_tenant(x->cloud, client_id))
        return login_refuse_str(x, 50194, client_id);
    return login_refuse(x, 9001023, NULL);
}

static bool is_word(struct str name)
{
    return str_eq(name, STR("common")) || str_eq(name, STR("organizations")) || str_eq(name, STR("consumers"));
}

/* Tenants of other clouds are known by name only, and of a US cloud those of the worldwide one are others. */
static unsigned other_cloud(const struct exchange *x, struct str name)
{
    static const struct {
        const char *ending;
        unsigned code;
        unsigned at_home; /* in these clouds, a bit each, it is an ordinary name */
    } rows[] = {{".onmicrosoft.us", 90038, 1u << NATION_GCC_HIGH | 1u << NATION_DOD},
                {".partner.onmschina.cn", 900432, 1u << NATION_CHINA},
                {".onmicrosoft.com", 90038, 1u << NATION_GLOBAL | 1u << NATION_GCC}};
    if (str_eq_nocase(name, str_of(x->cloud->foreign_tenant_id))) return 900382;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_at_home = rows[i].at_home >> x->cloud->opts.scenario->nation & 1;
        if (str_ends(name, str_of(rows[i].ending)) && !is_at_home) return rows[i].code;
    }
    return 0;
}

bool login_find_tenant(struct exchange *x, struct str name, struct str client_id)
{
    unsigned elsewhere = other_cloud(x, name);
    if (name.n == 0) return login_refuse(x, 50059, NULL);
    if (is_word(name)) return refuse_word(x, name, client_id);
    if (elsewhere) return login_refuse_str(x, elsewhere, name);
    if (!str_is_guid(name) && str_find(name, STR("."), 0) == SIZE_MAX) return login_refuse_str(x, 900023, name);
    x->tenant = tenant_by_id(x->cloud, name);
    return x->tenant || login_refuse_str(x, 90002, name);
}

struct twin_app *login_find_app(struct exchange *x, struct str client_id, struct grant **grant_out)
{
    struct cloud *c = x->cloud;
    if (str_eq_nocase(client_id, str_of(x->tenant->app.client_id))) {
        *grant_out = &x->tenant->own_grant;
        return &x->tenant->app;
    }
    if (str_eq_nocase(client_id, str_of(c->shared_app.client_id))) {
        *grant_out = &x->tenant->shared_grant;
        return &c->shared_app;
    }
    bool is_disabled = str_eq_nocase(client_id, str_of(c->disabled_app.client_id));
    /* An application that other tenants know has no principal here; one that nobody knows is not found at all. */
    unsigned code = is_disabled ? 7000112 : app_is_single_tenant(c, client_id) ? 7000229 : 700016;
    (void)login_refuse_str(x, code, client_id);
    return NULL;
}

/* ---- documents ------------------------------------------------------------------------------------------------------- */
/* `tenant`: its id, or "{tenantid}" where none in particular was asked for. */
static void write_metadata(struct exchange *x, struct str tenant, bool is_v1)
{
    const char *v2 = is_v1 ? "" : "v2.0/";
    struct str base = x->q->base_url;
    struct buf out;
    buf_init(&out, 16 << 10);
    buf_addf(&out, "{\"token_endpoint\":\"%.*s/%.*s/oauth2/%stoken\",", STR_ARG(base), STR_ARG(tenant), v2);
    buf_add_str(&out, STR("\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"private_key_jwt\","
                          "\"client_secret_basic\"],"));
    buf_addf(&out, "\"jwks_uri\":\"%.*s/%.*s/discovery/%skeys\",", STR_ARG(base), STR_ARG(tenant), v2);
    buf_add_str(&out, STR("\"response_modes_supported\":[\"query\",\"fragment\",\"form_post\"],"
                          "\"subject_types_supported\":[\"pairwise\"],"
                          "\"id_token_signing_alg_values_supported\":[\"RS256\"],"
                          "\"response_types_supported\":[\"code\"],\"scopes_supported\":[\"openid\"],"));
    if (is_v1)
        buf_addf(&out, "\"issuer\":\"https://sts.windows.net/%.*s/\",", STR_ARG(tenant));
    else
        buf_addf(&out, "\"issuer\":\"%.*s/%.*s/v2.0\",", STR_ARG(base), STR_ARG(tenant));
    buf_addf(&out, "\"authorization_endpoint\":\"%.*s/%.*s/oauth2/%sauthorize\",", STR_ARG(base), STR_ARG(tenant), v2);
    buf_add_str(&out, STR("\"tenant_region_scope\":\"EU\","
                          "\"cloud_graph_host_name\":\"graph.windows.net\","));
    buf_addf(&out, "\"msgraph_host\":\"%s\"}",
             nation_rows[x->cloud->opts.scenario->nation].audiences[API_GRAPH] + strlen("https://"));
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

static void metadata_handle(struct exchange *x, struct str tenant, bool is_v1)
{
    if (is_word(tenant))
        write_metadata(x, STR("{tenantid}"), is_v1);
    else if (login_find_tenant(x, tenant, STR_NONE))
        write_metadata(x, str_of(x->tenant->world.tenant_id), is_v1);
}

static void keys_handle(struct exchange *x, struct str tenant)
{
    const struct token_signer *s = &x->cloud->opts.signer;
    const char *jwk = s->jwk ? s->jwk(s->ctx) : NULL;
    struct buf out;
    if (!is_word(tenant) && !login_find_tenant(x, tenant, STR_NONE)) return;
    buf_init(&out, 16 << 10);
    buf_addf(&out, "{\"keys\":[%s]}", jwk ? jwk : "");
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

/* ---- end-points ------------------------------------------------------------------------------------------------------ */
static void token_v1(struct exchange *x, struct str tenant)
{
    token_handle(x, tenant, true);
}

static void token_v2(struct exchange *x, struct str tenant)
{
    token_handle(x, tenant, false);
}

static void metadata_v1(struct exchange *x, struct str tenant)
{
    metadata_handle(x, tenant, true);
}

static void metadata_v2(struct exchange *x, struct str tenant)
{
    metadata_handle(x, tenant, false);
}

static void consent_v1(struct exchange *x, struct str tenant)
{
    consent_handle(x, tenant, CONSENT_V1);
}

static void consent_v2(struct exchange *x, struct str tenant)
{
    consent_handle(x, tenant, CONSENT_V2);
}

static void consent_authorize(struct exchange *x, struct str tenant)
{
    consent_handle(x, tenant, CONSENT_AUTHORIZE);
}

static const struct {
    const char *path; /* behind the tenant */
    void (*handle)(struct exchange *x, struct str tenant);
} login_rows[] = {
    {"oauth2/v2.0/token", token_v2},
    {"oauth2/token", token_v1},
    {"v2.0/.well-known/openid-configuration", metadata_v2},
    {".well-known/openid-configuration", metadata_v1},
    {"discovery/v2.0/keys", keys_handle},
    {"discovery/keys", keys_handle},
    {"adminconsent", consent_v1},
    {"v2.0/adminconsent", consent_v2},
    {"oauth2/authorize", consent_authorize},
};

/* A correlation id is the client's own if it sent a good one: in a header, the query or, for tokens, the form. */
static void take_correlation_id(struct exchange *x)
{
    const struct cloud_param *p = exchange_param(x, "client-request-id");
    struct str id = x->q->client_request_id.n ? x->q->client_request_id : p ? p->value : STR_NONE;
    if (str_is_guid(id))
        (void)str_copy(id, x->correlation_id, sizeof x->correlation_id);
    else
        rng_guid(&x->cloud->ids, x->correlation_id);
}

bool login_handle(struct exchange *x, struct str tenant, struct str rest)
{
    for (size_t i = 0; i < sizeof login_rows / sizeof login_rows[0]; i++) {
        if (!str_eq(rest, str_of(login_rows[i].path))) continue;
        x->family = FAMILY_LOGIN;
        take_correlation_id(x);
        login_rows[i].handle(x, tenant);
        return true;
    }
    return false;
}
