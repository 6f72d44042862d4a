/* Tenants and the credentials that open them. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/customers/capability_view.h"
#include "face/api/page.h"
#include "state/store/tenants.h"

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

/* As they hold, whether overridden or not. */
static void write_addresses(struct json_writer *w, const struct tenant *t)
{
    const char *values[TENANT_OVERRIDES] = {[OVER_LOGIN_URL] = t->login_url, [OVER_TOKEN_URL] = t->token_url};
    for (int i = 0; i < AUD_COUNT; i++) {
        const struct api_row *row = &api_rows[i];
        values[row->url] = t->apis[i].url;
        values[row->audience] = t->apis[i].audience;
        if (row->version != TENANT_OVERRIDES) values[row->version] = t->apis[i].version;
    }
    for (int i = 0; i < TENANT_OVERRIDES; i++) write_member(w, override_rows[i].name, values[i]);
}

static bool has_secret(const struct tenant *t)
{
    for (unsigned i = 0; i < t->app_count; i++)
        if (t->apps[i]->has_active) return true;
    return false;
}

static void write_apps(struct json_writer *w, const struct tenant *t)
{
    json_key(w, "apps");
    json_array_begin(w);
    for (unsigned i = 0; i < t->app_count; i++) json_write_cstr(w, t->apps[i]->record.name);
    json_array_end(w);
}

/* Never the secret: only that there is one. */
static void write_members(struct json_writer *w, const struct tenant *t)
{
    write_member(w, "tenant_id", t->record.tenant_id);
    write_member(w, "name", t->record.name);
    write_member(w, "organization", t->org_name);
    write_member(w, "client_id", t->record.client_id);
    write_member(w, "cloud", t->record.cloud);
    write_addresses(w, t);
    json_key(w, "has_secret");
    json_write_bool(w, has_secret(t));
    write_apps(w, t);
    json_key(w, "enabled");
    json_write_bool(w, t->record.is_enabled);
    json_key(w, "created");
    write_time(w, t->record.created);
}

static void write_tenant(struct json_writer *w, const struct tenant *t)
{
    json_object_begin(w);
    write_members(w, t);
    json_object_end(w);
}

static void tell_engine(const struct op_call *c, const char *tenant_id)
{
    if (c->engine) c->engine->tenant_changed(c->engine->ctx, tenant_id);
}

static bool write_found(struct op_call *c, const char *id_or_name, struct err *e)
{
    struct tenant *t = NULL;
    if (!tenant_find(c->installation->store, &c->installation->conf, id_or_name, &t, e)) return false;
    write_tenant(c->out, t);
    tenant_unref(t);
    return true;
}

/* Options are called as the members are, with "-" for "_". */
static void read_overrides(const struct op_call *c, const char *out[TENANT_OVERRIDES])
{
    for (int i = 0; i < TENANT_OVERRIDES; i++) {
        char option[32];
        (void)snprintf(option, sizeof option, "%s", override_rows[i].name);
        for (char *p = option; *p; p++)
            if (*p == '_') *p = '-';
        out[i] = op_cstr(c, option);
    }
}

/* The error names whose id it is, which may be another organization's. */
static bool refuse(const struct op_call *c, struct err *e)
{
    if (c->by->is_scoped && e->cause == &tenant_causes[TENANT_IDS_SWAPPED])
        return err_set(e, e->cause, "one of the ids is in use here as an id of the other kind");
    return false;
}

bool op_tenant_add(struct op_call *c, struct err *e)
{
    struct tenant_input in = {
        .org = op_cstr(c, "org"),
        .name = op_cstr(c, "name"),
        .tenant_id = op_cstr(c, "tenant-id"),
        .client_id = op_cstr(c, "client-id"),
        .cloud = op_cstr(c, "cloud"),
        .apps = op_cstr(c, "apps"),
        .is_limited = c->by->is_scoped,
    };
    char tenant_id[GUID_BYTES];
    op_credential(c, &in.credential);
    read_overrides(c, in.overrides);
    if (!tenant_add(c->installation->store, &c->installation->conf, &in, true, tenant_id, e)) return refuse(c, e);
    tell_engine(c, tenant_id);
    return write_found(c, tenant_id, e);
}

static bool read_enabled(const struct op_call *c, bool *value, const bool **out, struct err *e)
{
    struct str text = op_text(c, "enabled");
    if (op_cstr(c, "enabled") == NULL) return true;
    *value = str_eq_nocase(text, STR("yes"));
    *out = value;
    return *value || str_eq_nocase(text, STR("no")) ||
           err_set(e, &api_causes[API_BAD_PARAM], "tenant set: --enabled takes yes or no");
}

static bool names_a_change(const struct op_call *c)
{
    for (const struct param *p = c->op->params; p->name; p++)
        if (!p->is_positional && (p->type == PARAM_FLAG ? op_flag(c, p->name) : op_cstr(c, p->name) != NULL))
            return true;
    return false;
}

bool op_tenant_set(struct op_call *c, struct err *e)
{
    bool enabled = false;
    char tenant_id[GUID_BYTES];
    struct tenant_change change = {.name = op_cstr(c, "name"),
                                   .client_id = op_cstr(c, "client-id"),
                                   .cloud = op_cstr(c, "cloud"),
                                   .apps = op_cstr(c, "apps")};
    op_credential(c, &change.credential);
    read_overrides(c, change.overrides);
    if (!names_a_change(c))
        return err_set(e, &api_causes[API_BAD_PARAM], "tenant set: name at least one thing to change");
    if (!read_enabled(c, &enabled, &change.is_enabled, e)) return false;
    if (!tenant_set(c->installation->store, op_cstr(c, "tenant"), &change, tenant_id, e)) return refuse(c, e);
    tell_engine(c, tenant_id);
    return write_found(c, tenant_id, e);
}

/* Where a page ended: the tenant's id, and its name. */
static bool write_each(void *arg, struct tenant *t)
{
    struct op_call *c = arg;
    char key[PAGE_KEY_BYTES];
    if (!principal_sees_tenant(c->by, t->record.tenant_id)) return true;
    (void)snprintf(key, sizeof key, "%s %s", t->record.tenant_id, t->record.name);
    if (!op_page_item(c, key)) return false;
    write_tenant(c->out, t);
    return true;
}

bool op_tenant_list(struct op_call *c, struct err *e)
{
    char id[GUID_BYTES] = "";
    const char *after = op_page_after(c), *name = after && strlen(after) >= GUID_BYTES ? after + GUID_BYTES : "";
    if (after && (!str_copy(str_sub(str_of(after), 0, GUID_BYTES - 1), id, sizeof id) || !str_is_guid(str_of(id))))
        return op_page_bad(c, e);
    json_object_begin(c->out);
    json_key(c->out, "tenants");
    json_array_begin(c->out);
    if (!tenant_list(c->installation->store, &c->installation->conf, name, id, write_each, c, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_tenant_show(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    struct tenant *t = NULL;
    if (!tenant_find(i->store, &i->conf, op_cstr(c, "tenant"), &t, e)) return false;
    json_object_begin(c->out);
    write_members(c->out, t);
    bool ok = capability_write(i->store, t->record.tenant_id, c->out, e);
    json_object_end(c->out);
    tenant_unref(t);
    return ok;
}
