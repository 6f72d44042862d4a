/* What an administrator of a tenant changes while we look: what was granted, the secret, the licence. Roles show in the next
 * token, as in the real service; the others at once. */
#include "twin/cloud_int.h"
#include "twin/scenario_int.h"

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

void admin_secret(struct exchange *x)
{
    struct twin_tenant *t = tenant_meant(x);
    if (t == NULL) return;
    if (!str_copy(str_trim(x->q->body), t->app.client_secret, sizeof t->app.client_secret)) {
        answer_bad(x, "the body is the secret from now on: of 47 bytes at most");
        return;
    }
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
