/* Apps and their credentials. */
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "face/api/principal.h"
#include "state/store/apps.h"
#include "state/store/tenants.h"

enum { SAMPLE_MAX = 5, TENANTS_SHOWN_MAX = 1000 };

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

static bool write_parts(struct op_call *c, const struct app_record *r, struct err *e)
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

static void write_head(struct json_writer *w, const struct app_record *r)
{
    write_member(w, "name", r->name);
    write_member(w, "client_id", r->client_id);
    write_member(w, "kind", r->is_multi_tenant ? "multi-tenant" : "single-tenant");
    write_member(w, "home_tenant", r->home_tenant[0] ? r->home_tenant : NULL);
    write_member(w, "bundles", r->bundles[0] ? r->bundles : "everything");
    write_at(w, "created", r->created);
}

static bool write_app(struct op_call *c, const struct app_record *r, struct err *e)
{
    json_object_begin(c->out);
    write_head(c->out, r);
    if (!write_parts(c, r, e)) return false;
    json_object_end(c->out);
    return true;
}

static bool find(struct op_call *c, struct app_record *out, struct err *e)
{
    return app_record_find(c->installation->store, op_cstr(c, "app"), out, e);
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
    write_head(c->out, r);
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
    struct gathered g = {.arena = c->arena};
    if (!store_app_list(c->installation->store, gather, &g, e)) return false;
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
    return find(c, &r, e) && write_app(c, &r, e);
}

bool op_app_certificate(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct app_record r;
    struct credential_record k;
    struct buf pem;
    bool found = false;
    if (!find(c, &r, e) || !credential_find(s, r.id, CREDENTIAL_NEXT, &k, &found, e)) return false;
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

static void tell_engine(const struct op_call *c)
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
    return app_add(c->installation->store, &in, &r, e) && write_app(c, &r, e);
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
    if (!find(c, &r, e) || !app_set(c->installation->store, &r, &change, e) || !set_expiry(c, &r, e)) return false;
    tell_engine(c);
    const char *name = change.name ? change.name : r.name;
    return app_record_find(c->installation->store, name, &r, e) && write_app(c, &r, e);
}

bool op_app_remove(struct op_call *c, struct err *e)
{
    struct app_record r;
    if (!find(c, &r, e) || !app_remove(c->installation->store, r.id, e)) return false;
    json_object_begin(c->out);
    write_member(c->out, "removed", r.name);
    json_object_end(c->out);
    return true;
}

/* ---- changing the credential --------------------------------------------------------------------------------------------------- */

/* Some of the app's tenants, spread over all of them. */
struct sample {
    char ids[SAMPLE_MAX][GUID_BYTES];
    unsigned count, seen, every;
};

static bool pick(void *arg, const char *tenant_id, int64_t app_id)
{
    struct sample *x = arg;
    (void)app_id;
    if (x->seen++ % x->every == 0 && x->count < SAMPLE_MAX)
        (void)str_copy(str_of(tenant_id), x->ids[x->count++], GUID_BYTES);
    return true;
}

struct proof {
    unsigned tokens; /* that came */
    struct err why;  /* of the first that did not; cause NULL: none */
    bool is_refused; /* by what concerns the credential itself */
};

static bool is_of_credential(const struct cause *c)
{
    static const int causes[] = {DEFENDER_SECRET_WRONG, DEFENDER_SECRET_EXPIRED, DEFENDER_NO_CREDENTIAL,
                                 DEFENDER_CERTIFICATE_REFUSED, DEFENDER_ASSERTION_TIME};
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (c == &defender_causes[causes[i]]) return true;
    return c == &seal_causes[SEAL_CORRUPT] || c == &seal_causes[SEAL_WRONG_KEY];
}

static bool has_come(const struct tenant_proof *p)
{
    bool has_no_role = p->proof == PROOF_NO_ROLES && p->why.cause == &defender_causes[DEFENDER_ROLE_MISSING];
    return p->proof == PROOF_ROLES || has_no_role;
}

static void judge_one(struct op_call *c, const struct tenant *t, enum audience audience, const struct tenant_proof *got,
                      struct proof *p)
{
    bool ok = has_come(got);
    write_member(c->out, audience == AUD_GRAPH ? "graph" : "endpoint", ok ? "ok" : got->why.cause->code);
    p->tokens += ok;
    if (ok) return;
    bool is_refused = is_of_credential(got->why.cause);
    if (p->why.cause == NULL || (is_refused && !p->is_refused)) {
        p->why = got->why;
        (void)err_context(&p->why, "tenant %s, %s", t->record.tenant_id, api_rows[audience].name);
    }
    p->is_refused |= is_refused;
}

static bool try_one(struct op_call *c, struct app *app, const char *tenant_id, struct proof *p, struct err *e)
{
    struct tenant_proof got[AUD_COUNT];
    struct tenant *t = NULL;
    if (!tenant_read(c->installation->store, &c->installation->conf, tenant_id, &t, e)) return false;
    c->engine->prove(c->engine->ctx, t, app, onboarding_bit(AUD_GRAPH) | onboarding_bit(AUD_ENDPOINT), got);
    json_object_begin(c->out);
    write_member(c->out, "tenant_id", tenant_id);
    judge_one(c, t, AUD_GRAPH, &got[AUD_GRAPH], p);
    judge_one(c, t, AUD_ENDPOINT, &got[AUD_ENDPOINT], p);
    json_object_end(c->out);
    tenant_unref(t);
    return true;
}

static bool prove(struct op_call *c, const struct app_record *r, const struct credential_record *k, struct err *e)
{
    struct store *s = c->installation->store;
    struct sample x = {.every = 1};
    struct proof p = {.tokens = 0};
    struct app *app = NULL;
    if (!store_tenant_app_list(s, NULL, r->id, count_tenant, &x.every, e)) return false;
    x.every = x.every > 1 ? (x.every - 1 + SAMPLE_MAX - 1) / SAMPLE_MAX : 1; /* counting began at one */
    if (!store_tenant_app_list(s, NULL, r->id, pick, &x, e) || !app_open_with(s, r->id, k->id, &app, e)) return false;
    json_key(c->out, "tried");
    json_array_begin(c->out);
    bool ok = true;
    for (unsigned i = 0; ok && i < x.count; i++) ok = try_one(c, app, x.ids[i], &p, e);
    app_unref(app);
    if (!ok) return false;
    json_array_end(c->out);
    if (x.count == 0)
        return err_set(e, &tenant_causes[APP_NOT_PROVED], "no tenant uses \"%s\": nowhere to try it", r->name);
    if (p.tokens > 0 && !p.is_refused) return true;
    return err_set(e, &tenant_causes[APP_NOT_PROVED], "%s (%s)", p.why.text, p.why.cause->code);
}

static bool has_given_one(const struct credential_input *in)
{
    return in->secret.p || in->pem.p || in->make_certificate;
}

static bool retire_old(struct op_call *c, const struct app_record *r, struct err *e)
{
    struct store *s = c->installation->store;
    struct credential_record old;
    bool found = true;
    while (found) {
        if (!credential_find(s, r->id, CREDENTIAL_OLD, &old, &found, e)) return false;
        if (found && !store_credential_retire(s, old.id, e)) return false;
    }
    tell_engine(c);
    return write_app(c, r, e);
}

/* A certificate made here must be in Entra before it can prove itself. */
static bool hand_out(struct op_call *c, const struct app_record *r, const struct credential_record *k, struct err *e)
{
    struct buf pem;
    bool found = false;
    buf_init(&pem, 0);
    if (!store_certificate_get(c->installation->store, k->id, &pem, &found, e)) return false;
    json_object_begin(c->out);
    write_member(c->out, "app", r->name);
    write_member(c->out, "state", credential_state_names[k->state]);
    write_member(c->out, "x5t#S256", k->sha256);
    write_member(c->out, "x5t", k->sha1);
    write_at(c->out, "expires", k->expires);
    write_member(c->out, "do",
                 "upload this certificate to the app in Entra, then run the command again without --make-certificate");
    json_key(c->out, "certificate");
    json_write_str(c->out, buf_str(&pem));
    json_object_end(c->out);
    buf_done(&pem);
    return true;
}

static bool rotate(struct op_call *c, const struct app_record *r, struct err *e)
{
    struct store *s = c->installation->store;
    struct credential_input in;
    struct credential_record next;
    bool found = false;
    op_credential(c, &in);
    if (op_flag(c, "retire")) return retire_old(c, r, e);
    if (has_given_one(&in) && !credential_add(s, r, &in, false, &next, e)) return false;
    if (in.make_certificate) return hand_out(c, r, &next, e);
    if (!credential_find(s, r->id, CREDENTIAL_NEXT, &next, &found, e)) return false;
    if (!found && has_given_one(&in)) { /* it was the app's first */
        tell_engine(c);
        return write_app(c, r, e);
    }
    if (!found) return err_set(e, &tenant_causes[APP_NOTHING_NEXT], "\"%s\" has no credential that waits", r->name);
    json_object_begin(c->out);
    write_head(c->out, r);
    if (!prove(c, r, &next, e) || !credential_switch(s, &next, e)) return false;
    tell_engine(c);
    if (!write_parts(c, r, e)) return false;
    json_object_end(c->out);
    return true;
}

bool op_app_rotate(struct op_call *c, struct err *e)
{
    struct app_record r;
    return find(c, &r, e) && rotate(c, &r, e);
}

bool op_tenant_rotate(struct op_call *c, struct err *e)
{
    struct app_record r;
    struct tenant_record t;
    struct store *s = c->installation->store;
    return tenant_record_find(s, op_cstr(c, "tenant"), &t, e) && tenant_own_app(s, &t, &r, e) && rotate(c, &r, e);
}
