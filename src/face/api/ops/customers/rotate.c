/* Changing an app's credential: the new one proves itself first. */
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/customers/app.h"
#include "face/api/principal.h"
#include "state/store/apps.h"
#include "state/store/tenants.h"

enum { SAMPLE_MAX = 5 };

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static bool count_tenant(void *arg, const char *tenant_id, int64_t app_id)
{
    (void)tenant_id, (void)app_id;
    ++*(unsigned *)arg;
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
    op_app_tell(c);
    return op_app_whole(c, r, e);
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
    json_key(c->out, "expires");
    write_time(c->out, k->expires);
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
        op_app_tell(c);
        return op_app_whole(c, r, e);
    }
    if (!found) return err_set(e, &tenant_causes[APP_NOTHING_NEXT], "\"%s\" has no credential that waits", r->name);
    json_object_begin(c->out);
    op_app_head(c->out, r);
    if (!prove(c, r, &next, e) || !credential_switch(s, &next, e)) return false;
    op_app_tell(c);
    if (!op_app_parts(c, r, e)) return false;
    json_object_end(c->out);
    return true;
}

bool op_app_rotate(struct op_call *c, struct err *e)
{
    struct app_record r;
    return op_app_find(c, &r, e) && rotate(c, &r, e);
}

bool op_tenant_rotate(struct op_call *c, struct err *e)
{
    struct app_record r;
    struct tenant_record t;
    struct store *s = c->installation->store;
    bool seen = false;
    if (!tenant_record_find(s, op_cstr(c, "tenant"), &t, e) || !tenant_own_app(s, &t, &r, e) ||
        !op_app_is_seen(c, &r, &seen, e))
        return false;
    if (!seen) return err_set(e, &tenant_causes[APP_NOT_OWN], "\"%s\" has no app of its own", t.name);
    return rotate(c, &r, e);
}
