#include "face/api/ops/respond/open_work.h"

#include <string.h>

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "logic/respond/respond.h"
#include "state/store/audit.h"

static bool is_open(const struct hold *x)
{
    return x->state == HOLD_HELD || x->state == HOLD_RELEASING;
}

static void name_device(struct open_work *w, const struct hold *x)
{
    size_t n = strlen(w->devices);
    (void)snprintf(w->devices + n, sizeof w->devices - n, "%s%s", n ? ", " : "", x->host[0] ? x->host : x->device);
}

void open_work_add(struct responder *r, const char *tenant_id, struct open_work *out)
{
    uint64_t holds = 0, actions = 0, decisions = 0;
    for (const struct hold *x; (x = responder_holds(r, &holds)) != NULL;) {
        if (strcmp(x->tenant, tenant_id) != 0 || !is_open(x)) continue;
        name_device(out, x);
        out->isolations++;
        out->leases += x->is_owned && x->until.ticks != 0;
    }
    for (const struct action *x; (x = responder_actions(r, &actions)) != NULL;)
        out->actions += strcmp(x->tenant, tenant_id) == 0 && !action_is_settled(x);
    for (const struct decision *x; (x = responder_decisions(r, &decisions)) != NULL;)
        out->questions += strcmp(x->tenant, tenant_id) == 0 && x->state == DECISION_ASKING;
}

bool open_work_is_none(const struct open_work *w)
{
    return w->isolations == 0 && w->actions == 0;
}

/* ---- Endpoint ------------------------------------------------------------------------------------------------------------- */

/* A change of the setting: at which level, and where the value that then holds is read. */
struct change {
    struct setting_scope scope; /* whom it concerns; all zero: everybody */
    enum setting_level level;   /* what is set nearer to a tenant than this holds against it */
    bool is_set;                /* to off; else `wider` holds */
    struct setting_scope wider;
};

static bool concerns(const struct change *c, const struct setting_scope *tenant)
{
    if (c->scope.tenant_id[0]) return strcmp(c->scope.tenant_id, tenant->tenant_id) == 0;
    return c->scope.org_id == 0 || c->scope.org_id == tenant->org_id;
}

/* One that was removed meanwhile needs nothing: it was abandoned then. */
static bool loses_endpoint(struct store *s, const struct change *c, const char *tenant_id)
{
    struct setting_scope own;
    struct settings now, then;
    struct err none = {0};
    if (!settings_scope(s, tenant_id, NULL, &own, &none) || !concerns(c, &own)) return false;
    if (!settings_resolve(s, &own, &now, &none)) return false;
    const struct setting_value *v = &now.values[SET_ENDPOINT];
    if (v->number == SETTING_OFF || v->from > c->level) return false;
    if (c->is_set) return true;
    return settings_resolve(s, &c->wider, &then, &none) && then.values[SET_ENDPOINT].number == SETTING_OFF;
}

/* Tenants that the work of `r` lies in, each once; those before it in the list have been looked at. */
struct tenants_at {
    char (*seen)[GUID_BYTES];
    size_t count, cap;
};

static bool is_first_of(struct tenants_at *t, const char *tenant_id, struct arena *a)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->seen[i], tenant_id) == 0) return false;
    if (t->count == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 16;
        char(*bigger)[GUID_BYTES] = arena_alloc(a, cap * sizeof *bigger);
        if (bigger == NULL) return true; /* counted twice at worst */
        if (t->count) memcpy(bigger, t->seen, t->count * sizeof *bigger);
        t->seen = bigger;
        t->cap = cap;
    }
    (void)snprintf(t->seen[t->count++], GUID_BYTES, "%s", tenant_id);
    return true;
}

static void look(struct op_call *c, struct responder *r, const struct change *change, struct tenants_at *t,
                 const char *tenant_id, struct open_work *w)
{
    if (is_first_of(t, tenant_id, c->arena) && loses_endpoint(c->installation->store, change, tenant_id))
        open_work_add(r, tenant_id, w);
}

/* Before the change, whose own entry tells of the setting alone. */
static bool note_abandoned(struct op_call *c, const struct open_work *w, struct err *e)
{
    struct buf detail;
    struct json_writer to;
    buf_init(&detail, 1024);
    json_writer_init(&to, &detail);
    json_object_begin(&to);
    json_key(&to, "abandons");
    json_write_cstr(&to, w->devices);
    json_key(&to, "actions");
    json_write_u64(&to, w->actions);
    json_object_end(&to);
    bool ok = store_audit_add(c->installation->store, c->actor, c->op->name, buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

static bool bears(struct op_call *c, const struct change *change, bool may_abandon, struct err *e)
{
    struct responder *r = NULL;
    struct open_work w = {0};
    struct tenants_at t = {0};
    uint64_t holds = 0, actions = 0;
    if (!act_load(c->installation->store, &r, e)) return false;
    for (const struct hold *x; (x = responder_holds(r, &holds)) != NULL;)
        if (is_open(x)) look(c, r, change, &t, x->tenant, &w);
    for (const struct action *x; (x = responder_actions(r, &actions)) != NULL;)
        if (!action_is_settled(x)) look(c, r, change, &t, x->tenant, &w);
    responder_free(r);
    if (open_work_is_none(&w)) return true;
    if (may_abandon) return note_abandoned(c, &w, e);
    return err_set(e, &tenant_causes[TENANT_ENDPOINT_NEEDED], "%llu devices isolated (%s), %llu actions open",
                   (unsigned long long)w.isolations, w.devices[0] ? w.devices : "none", (unsigned long long)w.actions);
}

bool open_work_bears_no_endpoint(struct op_call *c, const struct setting_scope *scope, bool is_set, struct err *e)
{
    struct change change = {.scope = *scope, .is_set = is_set, .level = SETTING_ACCOUNT};
    if (scope->tenant_id[0]) {
        change.level = SETTING_TENANT;
        change.wider.org_id = scope->org_id;
    } else if (scope->org_id) {
        change.level = SETTING_ORGANIZATION;
    } else if (!is_set) {
        return true; /* the default is on */
    }
    return bears(c, &change, op_flag(c, "abandon"), e);
}

bool open_work_bears_move(struct op_call *c, const char *tenant_id, int64_t org_id, struct err *e)
{
    struct change change = {.level = SETTING_ORGANIZATION, .wider = {.org_id = org_id}};
    (void)snprintf(change.scope.tenant_id, sizeof change.scope.tenant_id, "%s", tenant_id);
    return bears(c, &change, false, e);
}
