/* What was set, at each level, and which of it holds. */
#include <string.h>

#include "cloud/tenant/settings_int.h"
#include "cloud/tenant/tenant_int.h"
#include "kit/json/json.h"
#include "kit/sys/zones.h"
#include "state/store/audit.h"
#include "state/store/settings.h"
#include "state/store/tenants.h"

static enum setting_level level_of(const struct setting_scope *scope)
{
    return scope->tenant_id[0] ? SETTING_TENANT : scope->org_id ? SETTING_ORGANIZATION : SETTING_ACCOUNT;
}

static bool scope_of_org(struct store *s, const char *org, struct setting_scope *out, struct err *e)
{
    struct org_record r;
    char name[NAME_BYTES];
    bool found = false;
    if (!input_name(org, "the organization's name", name, e) || !store_org_find(s, name, &r, &found, e)) return false;
    if (!found) return err_set(e, &tenant_causes[TENANT_NO_ORG], "there is no organization \"%s\"", name);
    out->org_id = r.id;
    return true;
}

bool settings_scope(struct store *s, const char *tenant, const char *org, struct setting_scope *out, struct err *e)
{
    struct setting_scope scope = {0};
    struct tenant_record r;
    if (tenant && tenant[0]) {
        if (!tenant_record_find(s, tenant, &r, e)) return false;
        scope.org_id = r.org_id;
        memcpy(scope.tenant_id, r.tenant_id, sizeof scope.tenant_id);
    } else if (org && org[0] && !scope_of_org(s, org, &scope, e)) {
        return false;
    }
    *out = scope;
    return true;
}

/* ---- resolving ---------------------------------------------------------------------------------------------------------- */

/* Rows come by level, the account's first. What was taken back nearer to the tenant moves `since`: from then on the wider
 * level's value holds. */
static bool take(void *arg, const struct setting_record *r)
{
    struct settings *all = arg;
    const struct setting_row *row = setting_find(str_of(r->name));
    char why[SETTING_WHY_BYTES];
    struct setting_value read;
    if (row == NULL || (row->is_account_only && r->level != SETTING_ACCOUNT)) return true;
    struct setting_value *v = &all->values[row - setting_rows];
    if (r->changed.ticks > v->since.ticks) v->since = r->changed;
    if (!r->is_set) return true;
    if (!setting_check(row, str_of(r->value), &read, why)) {
        if (row != &setting_rows[SET_REMEDIATION]) return true;
        INVARIANT(setting_check(row, str_of(row->fallback), &read, why));
    }
    read.from = r->level;
    read.since = v->since;
    memcpy(read.actor, r->actor, sizeof read.actor);
    *v = read;
    return true;
}

/* Where Defender for Endpoint is off nothing can be done on devices, whatever is set; and once it is on again, remediation is
 * on from that moment. */
static void forbid_remediation(struct settings *all)
{
    const struct setting_value *endpoint = &all->values[SET_ENDPOINT];
    struct setting_value *v = &all->values[SET_REMEDIATION];
    if (endpoint->since.ticks > v->since.ticks) v->since = endpoint->since;
    if (endpoint->number == SETTING_ON || v->number == REMEDIATION_OFF) return;
    *v = *endpoint; /* its text is "off", too */
    v->number = REMEDIATION_OFF;
}

bool settings_resolve(struct store *s, const struct setting_scope *scope, struct settings *out, struct err *e)
{
    struct settings all;
    settings_defaults(&all);
    if (!store_setting_list(s, scope->org_id, scope->tenant_id[0] ? scope->tenant_id : NULL, take, &all, e))
        return false;
    forbid_remediation(&all);
    *out = all;
    return true;
}

bool settings_of_tenant(struct store *s, const char *tenant_id, struct settings *out, struct err *e)
{
    struct tenant_record r;
    bool found = false;
    if (!store_tenant_find(s, tenant_id, &r, &found, e)) return false;
    if (!found) return err_set(e, &tenant_causes[TENANT_NO_SUCH], "there is no tenant %s", tenant_id);
    struct setting_scope scope = {.org_id = r.org_id};
    memcpy(scope.tenant_id, r.tenant_id, sizeof scope.tenant_id);
    return settings_resolve(s, &scope, out, e);
}

/* ---- changing ----------------------------------------------------------------------------------------------------------- */

static const struct setting_row *row_for(const struct setting_scope *scope, const char *name, struct err *e)
{
    struct str wanted = str_trim(str_of(name));
    const struct setting_row *row = setting_find(wanted);
    if (row == NULL) {
        err_set(e, &tenant_causes[SETTING_UNKNOWN], "there is no setting \"%.*s\"",
                STR_ARG(str_sub(wanted, 0, NAME_BYTES)));
        return NULL;
    }
    if (row->is_account_only && level_of(scope) != SETTING_ACCOUNT) {
        err_set(e, &tenant_causes[SETTING_BAD_LEVEL], "%s is set for the account alone, not for one %s", row->name,
                setting_level_names[level_of(scope)]);
        return NULL;
    }
    return row;
}

struct at_level {
    const char *name;
    enum setting_level level;
    struct setting_record found;
    bool is_there;
};

static bool find_level(void *arg, const struct setting_record *r)
{
    struct at_level *q = arg;
    if (r->level != q->level || strcmp(r->name, q->name) != 0) return true;
    q->found = *r;
    q->is_there = r->is_set;
    return false;
}

static bool find_set(struct store *s, const struct setting_scope *scope, const char *name, struct at_level *out,
                     struct err *e)
{
    *out = (struct at_level){.name = name, .level = level_of(scope)};
    return store_setting_list(s, scope->org_id, scope->tenant_id[0] ? scope->tenant_id : NULL, find_level, out, e);
}

static void new_record(const struct setting_scope *scope, const char *name, const char *actor, struct wall now,
                       struct setting_record *out)
{
    *out = (struct setting_record){.level = level_of(scope), .changed = now};
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    (void)snprintf(out->actor, sizeof out->actor, "%s", actor);
    if (out->level == SETTING_TENANT)
        memcpy(out->scope, scope->tenant_id, sizeof out->scope);
    else if (out->level == SETTING_ORGANIZATION)
        (void)snprintf(out->scope, sizeof out->scope, "%lld", (long long)scope->org_id);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text)
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static bool audit(struct store *s, const struct setting_record *r, const struct at_level *before, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, 8192);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    write_text(&w, "setting", r->name);
    write_text(&w, "level", setting_level_names[r->level]);
    if (r->scope[0]) write_text(&w, setting_level_names[r->level], r->scope);
    write_text(&w, "before", before->is_there ? before->found.value : NULL);
    write_text(&w, "after", r->is_set ? r->value : NULL);
    json_object_end(&w);
    bool ok = store_audit_add(s, r->actor, r->is_set ? "settings set" : "settings unset", buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

static bool put(struct store *s, const struct setting_record *r, const struct at_level *before, struct err *e)
{
    if (!store_begin(s, e)) return false;
    if (store_setting_put(s, r, e) && audit(s, r, before, e)) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool setting_write(struct store *s, const struct setting_scope *scope, const char *name, const char *text,
                   const char *actor, struct wall now, struct err *e)
{
    struct setting_record r;
    struct at_level before;
    if (!find_set(s, scope, name, &before, e)) return false;
    if (text ? before.is_there && strcmp(before.found.value, text) == 0 : !before.is_there) return true;
    new_record(scope, name, actor, now, &r);
    r.is_set = text != NULL;
    if (text) (void)snprintf(r.value, sizeof r.value, "%s", text);
    return put(s, &r, &before, e);
}

/* A name may be well formed and yet no zone of this machine. */
static bool zone_is_known(const struct setting_row *row, const struct setting_value *v, struct err *e)
{
    if (row->type != SETTING_ZONE) return true;
    struct zones *zones = zones_new(fs_real());
    bool is_known = zones && zones_know(zones, v->text);
    zones_free(zones);
    return is_known ||
           err_set(e, &tenant_causes[SETTING_BAD_VALUE],
                   "%s: this machine knows no zone \"%.60s\" (package tzdata); an offset such as +02:00 does "
                   "without",
                   row->name, v->text);
}

static bool may_remediate(struct store *s, const struct setting_scope *scope, const struct setting_row *row,
                          const struct setting_value *v, struct err *e)
{
    struct settings all;
    if (row != &setting_rows[SET_REMEDIATION] || v->number == REMEDIATION_OFF) return true;
    if (!settings_resolve(s, scope, &all, e)) return false;
    return setting_is_on(&all, SET_ENDPOINT) ||
           err_set(e, &tenant_causes[SETTING_NEEDS_ENDPOINT], "remediation: endpoint is off there, as the %s has it",
                   setting_level_names[all.values[SET_ENDPOINT].from]);
}

bool settings_set(struct store *s, const struct setting_scope *scope, const char *name, struct str value,
                  const char *actor, struct wall now, struct err *e)
{
    const struct setting_row *row = row_for(scope, name, e);
    struct setting_value read;
    char why[SETTING_WHY_BYTES];
    if (row == NULL) return false;
    if (!setting_check(row, value, &read, why))
        return err_set(e, &tenant_causes[SETTING_BAD_VALUE], "%s: %s", row->name, why);
    if (!may_remediate(s, scope, row, &read, e)) return false;
    return zone_is_known(row, &read, e) && setting_write(s, scope, row->name, read.text, actor, now, e);
}

bool settings_unset(struct store *s, const struct setting_scope *scope, const char *name, const char *actor,
                    struct wall now, struct err *e)
{
    const struct setting_row *row = row_for(scope, name, e);
    struct at_level before;
    if (row == NULL || !find_set(s, scope, row->name, &before, e)) return false;
    if (!before.is_there)
        return err_set(e, &tenant_causes[SETTING_NOT_SET], "%s is not set for the %s", row->name,
                       setting_level_names[level_of(scope)]);
    return setting_write(s, scope, row->name, NULL, actor, now, e);
}
