/* Single sign-on: the provider, and who gets which role. */
#include <stdio.h>
#include <string.h>

#include "face/api/login/auth.h"
#include "face/api/ops/people/access.h"
#include "face/api/web/web.h"

static const char callback_path[] = "/api/v1/oidc/callback";

struct listing {
    struct op_call *c;
    struct err *e;
    bool failed;
};

static bool write_rule(void *arg, const struct oidc_rule_record *r)
{
    struct listing *l = arg;
    struct json_writer *w = l->c->out;
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, r->id);
    telling_member(w, "claim", r->claim);
    telling_member(w, "value", r->value);
    telling_member(w, "role", r->role);
    l->failed = !access_write_scope(w, l->c->installation->store, SCOPE_RULE, r->id, r->is_scoped, l->e);
    json_object_end(w);
    return !l->failed;
}

bool op_oidc_show(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct oidc_record o = {0};
    struct listing l = {.c = c, .e = e};
    bool found = false;
    if (!store_oidc_get(s, &o, &found, e)) return false;
    json_object_begin(c->out);
    telling_member(c->out, "issuer", found ? o.issuer : NULL);
    telling_member(c->out, "client_id", found ? o.client_id : NULL);
    telling_member(c->out, "redirect_url", found ? o.redirect_url : NULL);
    telling_member(c->out, "scopes", found ? o.scopes : NULL);
    telling_member(c->out, "name_claim", found ? o.name_claim : NULL);
    json_key(c->out, "rules");
    json_array_begin(c->out);
    if (!store_oidc_rule_list(s, write_rule, &l, e) || l.failed) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

static bool is_address(const char *url)
{
    struct str s = str_of(url);
    return str_starts(s, STR("https://")) || str_starts(s, STR("http://127.0.0.1:")) ||
           str_starts(s, STR("http://localhost:"));
}

/* Where the provider sends people back: by default where they reach us. */
static bool read_redirect(const struct op_call *c, struct oidc_record *o, struct err *e)
{
    char base[HOST_BYTES];
    if (!telling_copy(c, "redirect-url", o->redirect_url, sizeof o->redirect_url, e)) return false;
    if (o->redirect_url[0] == '\0' && web_base_url(&c->installation->conf, base, sizeof base)) {
        int n = snprintf(o->redirect_url, sizeof o->redirect_url, "%s%s", base, callback_path);
        if (n < 0 || (size_t)n >= sizeof o->redirect_url) o->redirect_url[0] = '\0';
    }
    return (is_address(o->redirect_url) && str_ends(str_of(o->redirect_url), str_of(callback_path))) ||
           telling_bad(c, e, "redirect-url",
                       "an https address of ours that ends in /api/v1/oidc/callback; or set public_url");
}

bool op_oidc_set(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct oidc_record o = {.scopes = "openid profile email", .name_claim = "preferred_username"};
    bool found = false;
    struct str secret = access_line(op_text(c, "client-secret-file"));
    if (!store_oidc_get(s, &o, &found, e) || !telling_copy(c, "issuer", o.issuer, sizeof o.issuer, e) ||
        !telling_copy(c, "client-id", o.client_id, sizeof o.client_id, e) ||
        !telling_copy(c, "scopes", o.scopes, sizeof o.scopes, e) ||
        !telling_copy(c, "name-claim", o.name_claim, sizeof o.name_claim, e) || !read_redirect(c, &o, e))
        return false;
    if (!is_address(o.issuer)) return telling_bad(c, e, "issuer", "an https address, as the provider itself writes it");
    if (o.client_id[0] == '\0') return telling_bad(c, e, "client-id", "the id of the application at the provider");
    if (!store_begin(s, e)) return false;
    if (!store_oidc_set(s, &o, e) || (secret.n && !store_secret_put(s, "oidc.client_secret", secret, e))) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e) && op_oidc_show(c, e);
}

bool op_oidc_remove(struct op_call *c, struct err *e)
{
    return store_oidc_remove(c->installation->store, e) && op_oidc_show(c, e);
}

bool op_oidc_rule_add(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct oidc_rule_record r = {0};
    struct access_scope scope = {0};
    enum role role;
    bool is_given = false;
    if (!telling_copy(c, "claim", r.claim, sizeof r.claim, e) ||
        !telling_copy(c, "value", r.value, sizeof r.value, e) || !telling_copy(c, "role", r.role, sizeof r.role, e) ||
        !access_read_scope(c, &is_given, &scope, e))
        return false;
    if (r.claim[0] == '\0' || r.value[0] == '\0') return telling_bad(c, e, "claim", "a claim and a value are needed");
    if (!principal_role_read(r.role, &role))
        return telling_bad(c, e, "role", "viewer, analyst, responder, admin or owner");
    if (!is_given) return telling_bad(c, e, "org", "give the organizations, or --all-orgs");
    r.is_scoped = scope.is_scoped;
    if (!store_begin(s, e)) return false;
    if (!store_oidc_rule_add(s, &r, e) || !store_scope_set(s, SCOPE_RULE, r.id, scope.orgs, scope.count, e)) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e) && op_oidc_show(c, e);
}

bool op_oidc_rule_remove(struct op_call *c, struct err *e)
{
    int64_t id = 0;
    bool removed = false;
    if (!str_to_i64(op_text(c, "id"), &id)) return telling_bad(c, e, "id", "the number that oidc show has");
    if (!store_oidc_rule_remove(c->installation->store, id, &removed, e)) return false;
    return removed ? op_oidc_show(c, e) : telling_bad(c, e, "id", "there is no such rule (portcullis oidc show)");
}
