/* The one place through which every front runs an operation. */
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/entry.h"
#include "face/api/installation.h"
#include "face/api/login/auth.h"
#include "face/api/operation.h"
#include "flow/act/act.h"
#include "state/store/audit.h"
#include "state/store/tenants.h"

enum { CALL_ARENA_BYTES = 64 << 20 };

/* ---- what the answer is as a status of HTTP --------------------------------------------------------------------------------- */

int operation_status(const struct err *e)
{
    static const struct {
        const struct cause *cause;
        int status;
    } special[] = {
        {&api_causes[API_NO_OPERATION], 404},      {&api_causes[API_NOT_ALLOWED], 403},
        {&api_causes[API_WHOLE_ACCOUNT], 403},     {&tenant_causes[TENANT_NO_SUCH], 404},
        {&tenant_causes[TENANT_NO_ORG], 404},      {&tenant_causes[APP_NO_SUCH], 404},
        {&respond_causes[RESPOND_NOT_FOUND], 404}, {&api_causes[API_NO_PATH], 404},
        {&api_causes[API_NO_METHOD], 405},         {&api_causes[API_BAD_HOST], 421},
        {&api_causes[API_NO_LOGIN], 401},          {&api_causes[API_MEDIA_TYPE], 415},
        {&api_causes[API_TOO_LARGE], 413},         {&api_causes[API_CHANGED], 412},
        {&tenant_causes[TENANT_EXISTS], 409},      {&store_causes[STORE_EXISTS], 409},
        {&api_causes[API_KEY_REUSED], 422},        {&api_causes[API_NO_ITEM], 404},
        {&api_causes[API_KEY_BUSY], 409},          {&api_causes[API_KEY_INTERRUPTED], 409},
        {&api_causes[API_KEY_SPENT], 409},         {&api_causes[API_KEYS_FULL], 429},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (e->cause == special[i].cause) return special[i].status;
    if (auth_status(e->cause)) return auth_status(e->cause);
    switch (e->cause->kind) {
    case ERR_INPUT: return 400;
    case ERR_RETRY: return 503;
    case ERR_UNCERTAIN:
    case ERR_AUTH:
    case ERR_LIMIT:
    case ERR_STORAGE:
    case ERR_CORRUPT: return 500;
    }
    return 500;
}

/* ---- the audit trail --------------------------------------------------------------------------------------------------------- */

void op_before(struct op_call *c, struct str json)
{
    c->before = arena_str(c->arena, json);
}

void op_after(struct op_call *c, struct str json)
{
    c->after = arena_str(c->arena, json);
}

void op_about(struct op_call *c, struct str json)
{
    c->about = arena_str(c->arena, json);
}

void op_note(struct op_call *c, void (*where)(struct op_call *c, struct str json), const char *key, const char *value)
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, 1024);
    json_writer_init(&w, &text);
    json_object_begin(&w);
    json_key(&w, key);
    json_write_cstr(&w, value);
    json_object_end(&w);
    where(c, buf_str(&text));
    buf_done(&text);
}

void op_audited(const struct op_call *c)
{
    *c->is_audited = true;
}

/* ---- may he? ------------------------------------------------------------------------------------------------------------------- */

static bool check_role(const struct operation *op, const struct principal *by, struct err *e)
{
    if (by->must_enrol && op->reach != REACH_OWN)
        return err_set(e, &auth_causes[AUTH_ENROL_FIRST], "%s has no second factor yet", by->name);
    if (by->role < op->role)
        return err_set(e, &api_causes[API_NOT_ALLOWED], "%s needs the role %s; %s has the role %s", op->name,
                       role_names[op->role], by->name, role_names[by->role]);
    return !by->is_scoped || op->reach != REACH_ACCOUNT ||
           err_set(e, &api_causes[API_WHOLE_ACCOUNT], "%s is about the whole account; %s sees some organizations",
                   op->name, by->name);
}

bool operation_may(struct installation *i, const struct operation *op, const struct principal *by, struct err *e)
{
    if (check_role(op, by, e)) return true;
    audit_refusal(i, by->name, by->address, op->name, e);
    return false;
}

struct seek {
    const struct principal *by;
    struct str wanted;
    char found[GUID_BYTES];
    unsigned names; /* tenants of that name */
    bool is_id;
};

static bool seek_tenant(void *arg, const struct tenant_record *r)
{
    struct seek *s = arg;
    if (!principal_sees_tenant(s->by, r->tenant_id)) return true;
    s->is_id = str_eq_nocase(s->wanted, str_of(r->tenant_id));
    if (!s->is_id && !str_eq_nocase(s->wanted, str_of(r->name))) return true;
    memcpy(s->found, r->tenant_id, sizeof s->found);
    s->names++;
    return !s->is_id;
}

/* Errors as tenant_record_find's, word for word: a tenant out of scope and one that is not there answer alike. */
static bool find_tenant(const struct op_call *c, struct str wanted, struct str *out, struct err *e)
{
    struct seek s = {.by = c->by, .wanted = str_trim(wanted)};
    const struct str shown = str_sub(s.wanted, 0, NAME_BYTES);
    if (!store_tenant_list(c->installation->store, seek_tenant, &s, e)) return false;
    if (s.names == 0) return err_set(e, &tenant_causes[TENANT_NO_SUCH], "there is no tenant \"%.*s\"", STR_ARG(shown));
    if (s.names > 1 && !s.is_id)
        return err_set(e, &tenant_causes[TENANT_AMBIGUOUS], "more than one tenant has the name \"%.*s\"",
                       STR_ARG(shown));
    *out = arena_str(c->arena, str_of(s.found));
    return out->p != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "a parameter");
}

static bool find_org(const struct op_call *c, struct str wanted, struct str *out, struct err *e)
{
    struct org_record r;
    bool found = false;
    char name[NAME_BYTES] = "";
    wanted = str_trim(wanted);
    (void)str_copy(str_sub(wanted, 0, sizeof name - 1), name, sizeof name);
    if (!store_org_find(c->installation->store, name, &r, &found, e)) return false;
    if (!found || !principal_sees_org(c->by, r.id))
        return err_set(e, &tenant_causes[TENANT_NO_ORG], "there is no organization \"%s\"", name);
    *out = arena_str(c->arena, str_of(r.name));
    return out->p != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "a parameter");
}

bool op_tenant_seen(const struct op_call *c, const char *id_or_name, struct tenant_record *out, struct err *e)
{
    struct str id = STR_NONE;
    bool found = false;
    if (!find_tenant(c, str_of(id_or_name), &id, e) || !store_tenant_find(c->installation->store, id.p, out, &found, e))
        return false;
    return found || err_set(e, &tenant_causes[TENANT_NO_SUCH], "there is no tenant \"%.*s\"", STR_ARG(id));
}

/* Those that name a tenant or an organization become what was found in scope, so that the handler finds no other. */
static bool narrow(struct op_call *c, unsigned *named, struct err *e)
{
    const struct json *given = c->params;
    struct json *all = ARENA_NEW(c->arena, struct json);
    struct json_member *members = arena_alloc(c->arena, (given->count + 1) * sizeof *members);
    if (all == NULL || members == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the parameters");
    *all = *given;
    if (given->count) memcpy(members, given->members, given->count * sizeof *members);
    all->members = members;
    for (size_t i = 0; i < given->count; i++) {
        struct json_member *m = &members[i];
        const struct param *p = op_param(c->op, m->key);
        if ((p->type != PARAM_TENANT && p->type != PARAM_ORG) || m->value.text.n == 0) continue; /* "": as not given */
        ++*named;
        if (!(p->type == PARAM_TENANT ? find_tenant : find_org)(c, m->value.text, &m->value.text, e)) return false;
    }
    c->params = all;
    return true;
}

/* Where the account's secrets go, and whom one believes there, is nothing for who sees a part of it. */
static bool check_account_params(const struct op_call *c, struct err *e)
{
    for (size_t i = 0; i < c->params->count; i++) {
        const struct param *p = op_param(c->op, c->params->members[i].key);
        if (p && p->is_account)
            return err_set(e, &api_causes[API_WHOLE_ACCOUNT],
                           "%s: %s is for those who see the whole account; %s sees some organizations", c->op->name,
                           p->name, c->by->name);
    }
    return true;
}

static bool check_scope(struct op_call *c, struct err *e)
{
    unsigned named = 0;
    if (!c->by->is_scoped) return true;
    if (!check_account_params(c, e)) return false;
    if (c->op->reach >= REACH_ALL) return true;
    if (!narrow(c, &named, e)) return false;
    if (c->op->reach == REACH_SEEN || named > 0) return true;
    return err_set(e, &api_causes[API_WHOLE_ACCOUNT],
                   "%s without a tenant or organization is about the whole account; %s sees some organizations",
                   c->op->name, c->by->name);
}

/* ---- running ------------------------------------------------------------------------------------------------------------------- */

static bool witnessed(void *call, const struct witness *w, struct err *e)
{
    return entry_add(call, w, NULL, e);
}

/* What it changes in the store gets its entry in the same transaction. What changes nothing there has one afterwards; so has what failed,
 * unless it was the input that was wrong. */
static bool run_witnessed(struct op_call *c, struct err *e)
{
    struct err failure = {0};
    struct witness w = {.enter = witnessed, .arg = c};
    witness_begin(&w, c->installation->store);
    bool ok = c->op->run(c, &failure), has_entry = w.entered > 0 || *c->is_audited;
    witness_done(&w);
    bool wants_one = ok ? !has_entry : failure.cause->kind != ERR_INPUT || w.entered > 0;
    if (wants_one && !entry_add(c, NULL, ok ? NULL : &failure, e)) return false;
    if (!ok) *e = failure;
    return ok;
}

/* What was found of thousands of tenants is kept for an hour, unless it may be another now. */
static void tell_readiness(const struct op_call *c)
{
    struct tenant_record t;
    struct err ignored; /* then it is of all */
    const char *tenant = op_cstr(c, "tenant");
    if (!c->op->readies || c->engine == NULL) return;
    bool is_one = tenant && tenant[0] && op_tenant_seen(c, tenant, &t, &ignored);
    c->engine->readiness_changed(c->engine->ctx, is_one ? t.tenant_id : NULL);
}

/* Out of scope: it may be a mistake, or somebody feeling his way. */
static bool note_refusal(const struct op_call *c, const struct err *e)
{
    if (e->cause == &api_causes[API_WHOLE_ACCOUNT] || operation_status(e) == 404)
        audit_refusal(c->installation, c->by->name, c->by->address, c->op->name, e);
    return false;
}

static bool run_checked(const char *name, struct op_call *c, struct err *e)
{
    c->op = operation_find(name);
    if (c->op == NULL) return err_set(e, &api_causes[API_NO_OPERATION], "there is no operation \"%s\"", name);
    if (!operation_may(c->installation, c->op, c->by, e) || !op_check_params(c->op, c->params, e)) return false;
    if (!check_scope(c, e)) return note_refusal(c, e);
    if (operation_is_read(c->op)) return c->op->run(c, e);
    bool ok = run_witnessed(c, e);
    tell_readiness(c);
    return ok;
}

bool operation_try(const struct op_request *q, struct buf *out, int *exit_code_out, struct err *e)
{
    struct json_writer w;
    struct arena arena;
    struct principal by = *q->by;
    bool is_audited = false;
    arena_init(&arena, CALL_ARENA_BYTES);
    json_writer_init(&w, out);
    struct op_call call = {.params = q->params,
                           .installation = q->installation,
                           .engine = q->engine,
                           .page = q->page,
                           .out = &w,
                           .by = &by,
                           .actor = by.name,
                           .once = q->once,
                           .is_audited = &is_audited,
                           .arena = &arena};
    bool ok = principal_prepare(&by, q->installation->store, &arena, e) && run_checked(q->name, &call, e);
    arena_done(&arena);
    if (ok && out->failed) ok = err_set(e, &api_causes[API_RESULT_SIZE], "%s: more than %zu bytes", q->name, out->max);
    *exit_code_out = ok ? call.exit_code : e->cause->kind == ERR_INPUT ? 2 : 1;
    if (!ok) buf_reset(out); /* a result half written is none */
    return ok;
}

int operation_run(const struct op_request *q, struct buf *out, int *exit_code_out)
{
    struct json_writer w;
    struct err e = {0};
    if (operation_try(q, out, exit_code_out, &e)) return 200;
    json_writer_init(&w, out);
    err_to_json(&w, &e);
    return operation_status(&e);
}
