/* Apps and their credentials. */
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/customers/app.h"
#include "face/api/principal.h"
#include "state/store/apps.h"
#include "state/store/tenants.h"

enum { TENANTS_SHOWN_MAX = 1000 };

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void write_at(struct json_writer *w, const char *key, struct wall t)
{
    json_key(w, key);
    write_time(w, t);
}

void op_credential(const struct op_call *c, struct credential_input *out)
{
    *out = (struct credential_input){.secret = op_text(c, "secret-file"),
                                     .pem = op_text(c, "certificate-file"),
                                     .make_certificate = op_flag(c, "make-certificate"),
                                     .expires = op_cstr(c, "expires"),
                                     .key_id = op_cstr(c, "secret-id"),
                                     .is_old_form = op_flag(c, "old-form")};
    if (op_cstr(c, "secret-file") == NULL) out->secret.p = NULL;
    if (op_cstr(c, "certificate-file") == NULL) out->pem.p = NULL;
}

/* ---- showing ------------------------------------------------------------------------------------------------------------------ */

static void write_credential(struct json_writer *w, const struct credential_record *r, struct wall now)
{
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, r->id);
    write_member(w, "kind", credential_kind_names[r->kind]);
    write_member(w, "state", credential_state_names[r->state]);
    write_member(w, "health", r->state == CREDENTIAL_RETIRED ? NULL : credential_health(r, now));
    write_at(w, "expires", r->expires);
    write_member(w, "expiry_from", expiry_source_names[r->expires_from]);
    write_at(w, "added", r->added);
    write_at(w, "tested", r->tested);
    if (r->key_id[0]) write_member(w, "secret_id", r->key_id);
    if (r->kind == CREDENTIAL_CERTIFICATE) {
        write_member(w, "x5t#S256", r->sha256);
        write_member(w, "x5t", r->sha1);
        write_member(w, "algorithm", r->is_old_form ? "RS256" : "PS256");
    }
    if (r->error_code[0]) {
        write_member(w, "error", r->error_code);
        write_member(w, "error_text", r->error_text);
        write_at(w, "error_since", r->error_since);
    }
    json_object_end(w);
}

struct listing {
    struct op_call *c;
    struct wall now;
    struct credential_record *active;
    bool has_active;
    struct err *e;
    bool failed;
    unsigned count;
};

static bool write_each_credential(void *arg, const struct credential_record *r)
{
    struct listing *l = arg;
    write_credential(l->c->out, r, l->now);
    return true;
}

static bool write_each_tenant(void *arg, const char *tenant_id, int64_t app_id)
{
    struct listing *l = arg;
    (void)app_id;
    if (principal_sees_tenant(l->c->by, tenant_id) && l->count++ < TENANTS_SHOWN_MAX)
        json_write_cstr(l->c->out, tenant_id);
    return true;
}

bool op_app_parts(struct op_call *c, const struct app_record *r, struct err *e)
{
    struct store *s = c->installation->store;
    struct listing l = {.c = c, .now = store_now(s)};
    json_key(c->out, "credentials");
    json_array_begin(c->out);
    if (!store_credential_list(s, r->id, write_each_credential, &l, e)) return false;
    json_array_end(c->out);
    json_key(c->out, "tenants");
    json_array_begin(c->out);
    if (!store_tenant_app_list(s, NULL, r->id, write_each_tenant, &l, e)) return false;
    json_array_end(c->out);
    return true;
}

void op_app_head(struct json_writer *w, const struct app_record *r)
{
    write_member(w, "name", r->name);
    write_member(w, "client_id", r->client_id);
    write_member(w, "kind", r->is_multi_tenant ? "multi-tenant" : "single-tenant");
    write_member(w, "home_tenant", r->home_tenant[0] ? r->home_tenant : NULL);
    write_member(w, "bundles", r->bundles[0] ? r->bundles : "everything");
    write_at(w, "created", r->created);
}

bool op_app_whole(struct op_call *c, const struct app_record *r, struct err *e)
{
    json_object_begin(c->out);
    op_app_head(c->out, r);
    if (!op_app_parts(c, r, e)) return false;
    json_object_end(c->out);
    return true;
}

static bool count_tenant(void *arg, const char *tenant_id, int64_t app_id)
{
    (void)tenant_id, (void)app_id;
    ++*(unsigned *)arg;
    return true;
}

struct gathered {
    struct app_record *apps;
    size_t count, cap;
    struct arena *arena;
};

static bool gather(void *arg, const struct app_record *r)
{
    struct gathered *g = arg;
    if (g->count == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 16;
        struct app_record *wider = arena_alloc(g->arena, cap * sizeof *wider);
        if (wider == NULL) return false;
        if (g->count) memcpy(wider, g->apps, g->count * sizeof *wider);
        g->apps = wider;
        g->cap = cap;
    }
    g->apps[g->count++] = *r;
    return true;
}

/* ---- whose it is --------------------------------------------------------------------------------------------------------------- */

struct users {
    const struct principal *by;
    bool is_all_seen;
};

static bool look_at_user(void *arg, const char *tenant_id, int64_t app_id)
{
    struct users *u = arg;
    (void)app_id;
    u->is_all_seen &= principal_sees_tenant(u->by, tenant_id);
    return u->is_all_seen;
}

/* Who sees some organizations sees the apps that are their tenants' own: registered there, and used by no other's tenant. What the
 * account shares is not his, even if all who use it now are. */
bool op_app_is_seen(const struct op_call *c, const struct app_record *r, bool *out, struct err *e)
{
    struct users u = {c->by, true};
    *out = principal_sees_account(c->by);
    if (*out || r->is_multi_tenant || r->home_tenant[0] == '\0' || !principal_sees_tenant(c->by, r->home_tenant))
        return true;
    bool ok = store_tenant_app_list(c->installation->store, NULL, r->id, look_at_user, &u, e);
    *out = u.is_all_seen;
    return ok;
}

static bool gather_seen(struct op_call *c, struct gathered *out, struct err *e)
{
    size_t kept = 0;
    *out = (struct gathered){.arena = c->arena};
    if (!store_app_list(c->installation->store, gather, out, e)) return false;
    for (size_t i = 0; i < out->count; i++) {
        bool seen = false;
        if (!op_app_is_seen(c, &out->apps[i], &seen, e)) return false;
        if (seen) out->apps[kept++] = out->apps[i];
    }
    out->count = kept;
    return true;
}

/* By its name, or by its client id if no other of those that he sees has it. */
static bool find_seen(struct op_call *c, struct app_record *out, struct err *e)
{
    const struct str wanted = str_trim(op_text(c, "app"));
    struct gathered g;
    unsigned with_id = 0;
    bool found = false;
    if (!gather_seen(c, &g, e)) return false;
    for (size_t i = 0; i < g.count && !found; i++) {
        found = str_eq_nocase(wanted, str_of(g.apps[i].name));
        bool has_id = str_eq_nocase(wanted, str_of(g.apps[i].client_id));
        if (found || has_id) *out = g.apps[i];
        with_id += has_id;
    }
    if (!found && with_id > 1)
        return err_set(e, &tenant_causes[APP_AMBIGUOUS], "%u apps have the client id %.*s", with_id, STR_ARG(wanted));
    return found || with_id == 1 ||
           err_set(e, &tenant_causes[APP_NO_SUCH], "there is no app \"%.*s\"", STR_ARG(str_sub(wanted, 0, NAME_BYTES)));
}

bool op_app_find(struct op_call *c, struct app_record *out, struct err *e)
{
    return principal_sees_account(c->by) ? app_record_find(c->installation->store, op_cstr(c, "app"), out, e)
                                         : find_seen(c, out, e);
}

static bool write_line(struct op_call *c, const struct app_record *r, struct err *e)
{
    struct store *s = c->installation->store;
    struct credential_record active;
    bool has_active;
    unsigned tenants = 0;
    if (!credential_find(s, r->id, CREDENTIAL_ACTIVE, &active, &has_active, e) ||
        !store_tenant_app_list(s, NULL, r->id, count_tenant, &tenants, e))
        return false;
    json_object_begin(c->out);
    op_app_head(c->out, r);
    write_member(c->out, "credential", has_active ? credential_kind_names[active.kind] : NULL);
    write_member(c->out, "health", has_active ? credential_health(&active, store_now(s)) : "missing");
    write_at(c->out, "expires", has_active ? active.expires : (struct wall){0});
    json_key(c->out, "tenants");
    json_write_i64(c->out, tenants);
    json_object_end(c->out);
    return true;
}

bool op_app_list(struct op_call *c, struct err *e)
{
    struct gathered g;
    if (!gather_seen(c, &g, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "apps");
    json_array_begin(c->out);
    for (size_t i = 0; i < g.count; i++)
        if (!write_line(c, &g.apps[i], e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_app_show(struct op_call *c, struct err *e)
{
    struct app_record r;
    return op_app_find(c, &r, e) && op_app_whole(c, &r, e);
}

bool op_app_certificate(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct app_record r;
    struct credential_record k;
    struct buf pem;
    bool found = false;
    if (!op_app_find(c, &r, e) || !credential_find(s, r.id, CREDENTIAL_NEXT, &k, &found, e)) return false;
    if ((!found || k.kind != CREDENTIAL_CERTIFICATE) && !credential_find(s, r.id, CREDENTIAL_ACTIVE, &k, &found, e))
        return false;
    if (!found || k.kind != CREDENTIAL_CERTIFICATE)
        return err_set(e, &tenant_causes[APP_BAD_CERTIFICATE], "the app \"%s\" has no certificate", r.name);
    buf_init(&pem, 0);
    bool ok = store_certificate_get(s, k.id, &pem, &found, e);
    if (ok) {
        json_object_begin(c->out);
        write_member(c->out, "app", r.name);
        write_member(c->out, "state", credential_state_names[k.state]);
        write_member(c->out, "x5t#S256", k.sha256);
        write_member(c->out, "x5t", k.sha1);
        write_at(c->out, "expires", k.expires);
        json_key(c->out, "certificate");
        json_write_str(c->out, buf_str(&pem));
        json_object_end(c->out);
    }
    buf_done(&pem);
    return ok;
}

/* ---- changing ------------------------------------------------------------------------------------------------------------------ */

void op_app_tell(const struct op_call *c)
{
    if (c->engine) c->engine->tenant_changed(c->engine->ctx, NULL);
}

bool op_app_add(struct op_call *c, struct err *e)
{
    struct app_record r;
    struct app_input in = {.name = op_cstr(c, "app"),
                           .client_id = op_cstr(c, "client-id"),
                           .home_tenant = op_cstr(c, "home-tenant"),
                           .bundles = op_cstr(c, "bundles"),
                           .is_multi_tenant = true};
    op_credential(c, &in.credential);
    return app_add(c->installation->store, &in, &r, e) && op_app_whole(c, &r, e);
}

/* The end of the secret in force, as somebody looked it up. */
static bool set_expiry(struct op_call *c, const struct app_record *app, struct err *e)
{
    struct store *s = c->installation->store;
    const char *expires = op_cstr(c, "expires"), *key_id = op_cstr(c, "secret-id");
    struct credential_record k;
    bool found = false;
    if (!expires && !key_id) return true;
    if (!credential_find(s, app->id, CREDENTIAL_ACTIVE, &k, &found, e)) return false;
    if (!found || k.kind != CREDENTIAL_SECRET)
        return err_set(e, &tenant_causes[APP_BAD_EXPIRY], "the app \"%s\" has no secret in force", app->name);
    return credential_describe(s, &k, expires, key_id, e);
}

bool op_app_set(struct op_call *c, struct err *e)
{
    struct app_record r;
    struct app_change change = {.name = op_cstr(c, "name"),
                                .client_id = op_cstr(c, "client-id"),
                                .home_tenant = op_cstr(c, "home-tenant"),
                                .bundles = op_cstr(c, "bundles")};
    if (!op_app_find(c, &r, e) || !app_set(c->installation->store, &r, &change, e) || !set_expiry(c, &r, e))
        return false;
    op_app_tell(c);
    const char *name = change.name ? change.name : r.name;
    return app_record_find(c->installation->store, name, &r, e) && op_app_whole(c, &r, e);
}

bool op_app_remove(struct op_call *c, struct err *e)
{
    struct app_record r;
    if (!op_app_find(c, &r, e) || !app_remove(c->installation->store, r.id, e)) return false;
    json_object_begin(c->out);
    write_member(c->out, "removed", r.name);
    json_object_end(c->out);
    return true;
}
