/* What an administrator of a tenant changes while we look: what was granted, the secret, the licence. Roles show in the next
 * token, as in the real service; the others at once. */
#include <string.h>

#include "twin/cloud_int.h"
#include "twin/world/scenario_int.h"

static struct twin_tenant *tenant_meant(struct exchange *x)
{
    const struct cloud_param *tenant = exchange_param(x, "tenant");
    struct twin_tenant *t = tenant ? tenant_by_id(x->cloud, tenant->value) : NULL;
    if (t == NULL) answer_graph_error(x, 404, "NotFound", "say tenant=<id>, see /twin/tenants");
    return t;
}

static void answer_bad(struct exchange *x, const char *message)
{
    answer_graph_error(x, 400, "BadRequest", message);
}

/* A set's name, or roles parted by commas; "-ROLE" takes one from what is granted now. */
static bool read_granted(struct str text, role_set now, role_set *out)
{
    if (permission_set_by_name(text, out)) return true;
    bool is_less = str_starts(text, STR("-"));
    role_set named = 0;
    if (is_less) text = str_sub(text, 1, text.n);
    while (text.n > 0) {
        role_set role = roles_by_name(str_trim(str_cut(&text, ',')));
        if (role == 0) return false;
        named |= role;
    }
    *out = is_less ? now & ~named : named;
    return true;
}

void admin_grant(struct exchange *x)
{
    struct twin_tenant *t = tenant_meant(x);
    struct str body = str_trim(x->q->body);
    role_set roles;
    if (t == NULL) return;
    struct grant *g = exchange_param(x, "shared") ? &t->shared_grant : &t->own_grant;
    if (str_eq(body, STR("withdrawn"))) {
        *g = (struct grant){.is_given = false, .since = x->now};
        answer_ok(x);
        return;
    }
    if (!read_granted(body, grant_roles(g, x->now), &roles)) {
        answer_bad(x, "the body is withdrawn, a set's name, or roles parted by commas (-ROLE,ROLE takes away)");
        return;
    }
    grant_give(g, roles, x->now, x->now);
    answer_ok(x);
}

/* The first is over from now on, the second takes its place. */
static void expire_secret(struct twin_app *app)
{
    memcpy(app->expired_secret, app->client_secret, sizeof app->expired_secret);
    memcpy(app->client_secret, app->second_secret, sizeof app->client_secret);
    app->second_secret[0] = '\0';
    app->secret_ends = app->second_ends;
}

/* Of a tenant's own application, or without tenant of the multi-tenant one. "second": a further secret; "ends=TIME": when it
 * ends; "expire": the first has ended. */
void admin_secret(struct exchange *x)
{
    const struct cloud_param *ends = exchange_param(x, "ends");
    bool is_shared = exchange_param(x, "tenant") == NULL, is_second = exchange_param(x, "second") != NULL;
    struct twin_tenant *t = is_shared ? NULL : tenant_meant(x);
    if (!is_shared && t == NULL) return;
    struct twin_app *app = is_shared ? &x->cloud->shared_app : &t->app;
    struct wall until = {0};
    if (exchange_param(x, "expire")) {
        expire_secret(app);
        answer_ok(x);
        return;
    }
    char *value = is_second ? app->second_secret : app->client_secret;
    if (ends && !wall_parse(ends->value, &until)) {
        answer_bad(x, "ends is a time, e.g. 2027-03-31");
        return;
    }
    if (x->q->body.n && !str_copy(str_trim(x->q->body), value, sizeof app->client_secret)) {
        answer_bad(x, "the body is the secret from now on: of 47 bytes at most");
        return;
    }
    *(is_second ? &app->second_ends : &app->secret_ends) = until;
    answer_ok(x);
}

void admin_licence(struct exchange *x)
{
    struct twin_tenant *t = tenant_meant(x);
    if (t == NULL) return;
    for (unsigned i = 0; licence_words[i]; i++) {
        if (!str_eq(str_trim(x->q->body), str_of(licence_words[i]))) continue;
        t->licence = (enum licence)i;
        answer_ok(x);
        return;
    }
    answer_bad(x, "the body is a licence, as in a scenario: xdr, endpoint, business, none");
}
