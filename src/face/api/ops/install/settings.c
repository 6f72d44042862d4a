/* Settings with inheritance: what holds and why, and changing it. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/respond/open_work.h"
#include "face/health/capability.h"
#include "state/store/settings.h"

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void write_setting(struct json_writer *w, enum setting_id id, const struct setting_value *v)
{
    const struct setting_row *row = &setting_rows[id];
    json_object_begin(w);
    write_member(w, "setting", row->name);
    write_member(w, "value", v->text);
    write_member(w, "from", setting_level_names[v->from]);
    write_member(w, "default", row->fallback);
    json_key(w, "since");
    write_time(w, v->since);
    json_key(w, "by");
    if (v->actor[0])
        json_write_cstr(w, v->actor);
    else
        json_write_null(w);
    if (row->bounds) write_member(w, "allowed", row->bounds);
    write_member(w, "help", row->help);
    json_object_end(w);
}

static bool read_scope(const struct op_call *c, struct setting_scope *out, struct err *e)
{
    const char *tenant = op_cstr(c, "tenant"), *org = op_cstr(c, "org");
    if (tenant && org)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: give --tenant or --org, not both", c->op->name);
    return settings_scope(c->installation->store, tenant, org, out, e);
}

/* All, or the one that is named. */
static bool show(struct op_call *c, const struct setting_scope *scope, const char *name, struct err *e)
{
    const struct setting_row *one = name ? setting_find(str_trim(str_of(name))) : NULL;
    struct settings *all = arena_alloc(c->arena, sizeof *all);
    if (name && one == NULL) return err_set(e, &tenant_causes[SETTING_UNKNOWN], "there is no setting \"%s\"", name);
    if (all == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the settings");
    if (!settings_resolve(c->installation->store, scope, all, e)) return false;
    json_object_begin(c->out);
    write_member(c->out, "level",
                 setting_level_names[scope->tenant_id[0] ? SETTING_TENANT
                                     : scope->org_id     ? SETTING_ORGANIZATION
                                                         : SETTING_ACCOUNT]);
    if (scope->tenant_id[0]) write_member(c->out, "tenant_id", scope->tenant_id);
    json_key(c->out, "settings");
    json_array_begin(c->out);
    for (int i = 0; i < SETTING_COUNT; i++)
        if (one == NULL || one == &setting_rows[i]) write_setting(c->out, (enum setting_id)i, &all->values[i]);
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_settings_show(struct op_call *c, struct err *e)
{
    struct setting_scope scope;
    return read_scope(c, &scope, e) && show(c, &scope, op_cstr(c, "name"), e);
}

/* A tenant whose tokens lack the role for it cannot have it switched on. At wider levels it is: those that lack it are left out
 * (readiness, tenant show). */
static bool allows(struct store *s, const struct setting_scope *scope, const char *name, struct str value,
                   struct err *e)
{
    const struct setting_row *row = setting_find(str_trim(str_of(name)));
    struct setting_value v;
    char why[SETTING_WHY_BYTES];
    if (!scope->tenant_id[0] || row == NULL || !setting_check(row, value, &v, why)) return true;
    return capability_allows_setting(s, scope->tenant_id, (enum setting_id)(row - setting_rows), v.number, e);
}

/* It may: where the value that then holds is read is the other's matter. */
static bool ends_endpoint(const struct op_call *c, bool sets)
{
    const struct setting_row *row = setting_find(str_trim(str_of(op_cstr(c, "name"))));
    struct setting_value v;
    char why[SETTING_WHY_BYTES];
    if (row != &setting_rows[SET_ENDPOINT]) return false;
    return !sets || (setting_check(row, op_text(c, "value"), &v, why) && v.number == SETTING_OFF);
}

/* Of what says how tenants are read: a service that runs goes on by it. */
static void tell_engine(const struct op_call *c, const struct setting_scope *scope, const char *name)
{
    static const enum setting_id of_reading[] = {SET_ENDPOINT, SET_INTERVAL_ALERTS, SET_INTERVAL_HUNTING,
                                                 SET_INTERVAL_MACHINES};
    const struct setting_row *row = setting_find(str_trim(str_of(name)));
    for (size_t i = 0; c->engine && i < sizeof of_reading / sizeof *of_reading; i++)
        if (row == &setting_rows[of_reading[i]]) c->engine->tenant_changed(c->engine->ctx, scope->tenant_id);
}

static bool change(struct op_call *c, bool sets, struct err *e)
{
    struct store *s = c->installation->store;
    const char *name = op_cstr(c, "name");
    struct wall now = clock_wall(&c->installation->clock);
    struct setting_scope scope;
    if (!read_scope(c, &scope, e)) return false;
    if (sets && !allows(s, &scope, name, op_text(c, "value"), e)) return false;
    if (ends_endpoint(c, sets) && !open_work_bears_no_endpoint(c, &scope, sets, e)) return false;
    bool ok = sets ? settings_set(s, &scope, name, op_text(c, "value"), c->actor, now, e)
                   : settings_unset(s, &scope, name, c->actor, now, e);
    if (ok) tell_engine(c, &scope, name);
    return ok && show(c, &scope, name, e);
}

bool op_settings_set(struct op_call *c, struct err *e)
{
    return change(c, true, e);
}

bool op_settings_unset(struct op_call *c, struct err *e)
{
    return change(c, false, e);
}
