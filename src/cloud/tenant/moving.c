/* Tenants that go to another organization or come back, and organizations that go. */
#include <string.h>

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant_int.h"
#include "state/store/settings.h"
#include "state/store/tenants.h"

static bool find_org(struct store *s, const char *text, struct org_record *out, struct err *e)
{
    char name[NAME_BYTES];
    bool found = false;
    if (!input_name(text, "the organization's name", name, e) || !store_org_find(s, name, out, &found, e)) return false;
    return found || err_set(e, &tenant_causes[TENANT_NO_ORG], "there is no organization \"%s\"", name);
}

struct seek {
    int64_t id;
    char *name;
};

static bool take_name(void *arg, const struct org_record *r)
{
    struct seek *q = arg;
    if (r->id == q->id) memcpy(q->name, r->name, sizeof r->name);
    return r->id != q->id;
}

struct own_value {
    bool is_set;
};

static bool take_own(void *arg, const struct setting_record *r)
{
    struct own_value *v = arg;
    if (r->level == SETTING_TENANT && strcmp(r->name, setting_rows[SET_REMEDIATION].name) == 0) v->is_set = r->is_set;
    return true;
}

/* A value that comes from the new organization holds since the move, not since it was set there: alerts of before only ask. */
static bool date_remediation(struct store *s, const struct tenant_record *t, const char *actor, struct wall now,
                             struct err *e)
{
    struct own_value own = {0};
    struct setting_record r = {.level = SETTING_TENANT, .changed = now};
    if (!store_setting_list(s, 0, t->tenant_id, take_own, &own, e)) return false;
    if (own.is_set) return true;
    memcpy(r.scope, t->tenant_id, sizeof r.scope);
    (void)snprintf(r.name, sizeof r.name, "%s", setting_rows[SET_REMEDIATION].name);
    (void)snprintf(r.actor, sizeof r.actor, "%s", actor);
    return store_setting_put(s, &r, e);
}

bool tenant_move(struct store *s, const char *id_or_name, const char *org, const char *actor, struct wall now,
                 struct tenant_moved *out, struct err *e)
{
    struct tenant_record t;
    struct org_record to;
    struct tenant_moved moved = {0};
    if (!tenant_record_find(s, id_or_name, &t, e) || !find_org(s, org, &to, e)) return false;
    struct seek q = {t.org_id, moved.from};
    if (!store_org_list(s, take_name, &q, e)) return false;
    memcpy(moved.tenant_id, t.tenant_id, sizeof moved.tenant_id);
    memcpy(moved.name, t.name, sizeof moved.name);
    memcpy(moved.to, to.name, sizeof moved.to);
    *out = moved;
    if (t.org_id == to.id) return true;
    t.org_id = to.id;
    if (!store_begin(s, e)) return false;
    if (store_tenant_put(s, &t, false, e) && date_remediation(s, &t, actor, now, e)) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool org_remove(struct store *s, const char *name, struct org_record *out, struct err *e)
{
    bool removed = false;
    if (!find_org(s, name, out, e) || !store_org_remove(s, out->id, &removed, e)) return false;
    return removed || err_set(e, &tenant_causes[TENANT_ORG_IN_USE], "the organization \"%s\" has tenants", out->name);
}

bool tenant_former(struct store *s, const char *tenant_id, int64_t org_id, bool is_limited, struct err *e)
{
    int64_t former = 0;
    bool found = false;
    if (!store_former_find(s, tenant_id, &former, &found, e)) return false;
    if (!found || former == org_id) return true;
    if (is_limited) return err_set(e, &tenant_causes[TENANT_FORMER], "the tenant %s", tenant_id);
    return store_former_forget(s, tenant_id, e);
}
