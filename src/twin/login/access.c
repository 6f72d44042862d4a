#include "twin/login/access.h"

#include <stdio.h>

#include "twin/cloud_int.h"

static bool unauthorized(struct exchange *x, const char *message)
{
    answer_header(x, "WWW-Authenticate",
                  "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", "
                  "error=\"invalid_token\"");
    if (x->api == API_GRAPH)
        answer_graph_error(x, 401, "InvalidAuthenticationToken", message);
    else
        answer_endpoint_error(x, 401, "Unauthorized", message);
    return false;
}

static role_set roles_named(const struct exchange *x, const char *const *names)
{
    role_set set = 0;
    for (; names && *names; names++) set |= role_by_name(x->api, str_of(*names));
    return set;
}

/* One product's guide shows this instead of a 403 where hunting is not permitted (section 23.12). */
static bool refuse_af10001(struct exchange *x)
{
    struct buf out;
    buf_init(&out, 1024);
    buf_add_str(&out,
                STR("{\"error\":{\"code\":\"AF10001\",\"message\":\"The permission set () sent in the request does "
                    "not include the expected permission.\"}}"));
    answer_bytes(x, 401, "application/json; charset=utf-8", &out);
    return false;
}

static bool forbidden(struct exchange *x, const char *const *wanted)
{
    struct buf message;
    x->tenant->stats[x->family].refused++;
    if (x->tenant->refusal == REFUSAL_AF10001 && roles_named(x, wanted) & role_group(ROLES_HUNTING))
        return refuse_af10001(x);
    buf_init(&message, 1024);
    buf_addf(&message, x->api == API_GRAPH ? "Missing application permissions. API required permissions: "
                                           : "Missing application roles. API required roles: ");
    for (const char *const *w = wanted; *w; w++) buf_addf(&message, "%s%s", w == wanted ? "" : ",", *w);
    if (x->api == API_GRAPH)
        answer_graph_error(x, 403, "Forbidden", buf_cstr(&message));
    else
        answer_endpoint_error(x, 403, "Forbidden", buf_cstr(&message));
    buf_done(&message);
    return false;
}

bool access_require(struct exchange *x, const char *const *roles)
{
    if (roles == NULL || *roles == NULL || x->roles & roles_named(x, roles)) return true;
    return forbidden(x, roles);
}

static role_set roles_in(const struct exchange *x, const struct json *list)
{
    role_set set = 0;
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        set |= role_by_name(x->api, json_str(&list->items[i], STR_NONE));
    return set;
}

static bool is_for(const struct exchange *x, enum cloud_api api, struct str audience)
{
    const char *own = nation_rows[x->cloud->opts.scenario->nation].audiences[api];
    return own && (str_eq(audience, str_of(own)) || str_eq(audience, str_of(api_rows[api].app_id)));
}

/* Tokens of the XDR API's audience open the Endpoint API too, or do not: that is open. */
static bool takes_audience(const struct exchange *x, const struct twin_tenant *t, struct str audience)
{
    if (is_for(x, x->api, audience)) return true;
    return x->api == API_ENDPOINT && t && variant_is(&t->variants, VARIANT_ENDPOINT_AUDIENCE, "xdr") &&
           is_for(x, API_XDR, audience);
}

static bool check_claims(struct exchange *x, const struct json *claims)
{
    struct str aud = json_str(json_get(claims, "aud"), STR_NONE);
    int64_t now_s = wall_ms(x->clock) / 1000;
    if (now_s >= json_i64(json_get(claims, "exp"), 0))
        return unauthorized(x, "Lifetime validation failed, the token is expired.");
    struct twin_tenant *tenant = tenant_by_id(x->cloud, json_str(json_get(claims, "tid"), STR_NONE));
    if (!takes_audience(x, tenant, aud)) return unauthorized(x, "Access token validation failure. Invalid audience.");
    x->tenant = tenant;
    if (x->tenant == NULL) return unauthorized(x, "Access token validation failure. Invalid issuer.");
    x->roles = roles_in(x, json_get(claims, "roles"));
    const struct json *app = json_get(claims, "appid");
    (void)str_copy(json_str(app ? app : json_get(claims, "azp"), STR_NONE), x->client_id, sizeof x->client_id);
    if (x->api != API_SIEM || tenant_roles(x->cloud, x->tenant) & role_by_name(API_SIEM, STR("siem"))) return true;
    x->tenant->stats[x->family].refused++;
    answer_endpoint_error(x, 403, "Forbidden", "The tenant is not managed or has been deleted.");
    return false;
}

bool access_check(struct exchange *x, const char *const *roles)
{
    struct str token = x->q->authorization;
    const struct token_signer *signer = &x->cloud->opts.signer;
    struct buf payload;
    struct arena a;
    struct err e;
    if (token.n < 7 || !str_eq_nocase(str_sub(token, 0, 7), STR("Bearer ")))
        return unauthorized(x, "Access token is empty.");
    buf_init(&payload, 64 << 10);
    arena_init(&a, 1 << 20);
    bool fine = signer->verify(signer->ctx, str_trim(str_sub(token, 7, token.n)), &payload);
    const struct json *claims = fine ? json_parse(&a, buf_str(&payload), &e) : NULL;
    fine = claims ? check_claims(x, claims) : unauthorized(x, "Access token validation failure. Invalid signature.");
    arena_done(&a);
    buf_done(&payload);
    return fine && access_require(x, roles);
}
