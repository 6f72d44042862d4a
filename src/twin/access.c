/* Tokens at the door of an API: signature, audience, time, tenant, roles (sections 2.5, 2.6, 9.1). */
#include <stdio.h>

#include "twin/cloud_int.h"

/* Which tokens an API takes. */
static const char *const audiences[API_COUNT] = {
    [API_GRAPH] = CLOUD_GRAPH_AUDIENCE,
    [API_ENDPOINT] = CLOUD_ENDPOINT_AUDIENCE,
};

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

static bool has_role(const struct json *roles, const char *const *wanted)
{
    for (size_t i = 0; roles && roles->type == JSON_ARRAY && i < roles->count; i++)
        for (const char *const *w = wanted; *w; w++)
            if (str_eq(json_str(&roles->items[i], STR_NONE), str_of(*w))) return true;
    return false;
}

static bool forbidden(struct exchange *x, const char *const *wanted)
{
    char message[200];
    x->tenant->stats[x->family].refused++;
    (void)snprintf(message, sizeof message,
                   x->api == API_GRAPH ? "Missing application permissions. API required permissions: %s%s%s"
                                       : "Missing application roles. API required roles: %s%s%s",
                   wanted[0], wanted[1] ? "," : "", wanted[1] ? wanted[1] : "");
    if (x->api == API_GRAPH)
        answer_graph_error(x, 403, "Forbidden", message);
    else
        answer_endpoint_error(x, 403, "Forbidden", message);
    return false;
}

static bool check_claims(struct exchange *x, const struct json *claims, const char *const *roles)
{
    struct str aud = json_str(json_get(claims, "aud"), STR_NONE);
    int64_t now_s = wall_ms(x->now) / 1000;
    if (!str_eq(aud, str_of(audiences[x->api])))
        return unauthorized(x, "Access token validation failure. Invalid audience.");
    if (now_s >= json_i64(json_get(claims, "exp"), 0))
        return unauthorized(x, "Lifetime validation failed, the token is expired.");
    x->tenant = tenant_by_id(x->cloud, json_str(json_get(claims, "tid"), STR_NONE));
    if (x->tenant == NULL) return unauthorized(x, "Access token validation failure. Invalid issuer.");
    return has_role(json_get(claims, "roles"), roles) || forbidden(x, roles);
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
    fine = claims ? check_claims(x, claims, roles)
                  : unauthorized(x, "Access token validation failure. Invalid signature.");
    arena_done(&a);
    buf_done(&payload);
    return fine;
}
