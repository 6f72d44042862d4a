/* Organizations, tenants, secrets. */
#include <string.h>

#include "state/store/apps.h"
#include "state/store/store_int.h"
#include "state/store/tenants.h"

static bool exists_already(struct err *e, const char *what, const char *name)
{
    return err_set(e, &store_causes[STORE_EXISTS], "there is %s \"%s\" already", what, name);
}

static struct wall or_now(const struct store *s, struct wall t)
{
    return t.ticks ? t : clock_wall(&s->clock);
}

bool store_org_put(struct store *s, struct org_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s); /* over the statement and the id it gave */
    bool ok = r->id == 0 ? run_statement(s, SQL_ORG_ADD, &conflict, e, "ti", r->name, or_now(s, r->created).ticks)
                         : run_statement(s, SQL_ORG_SET, &conflict, e, "tii", r->name, r->created.ticks, r->id);
    if (ok && conflict)
        ok = exists_already(e, "an organization", r->name);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the organization %s is not there any more", r->name);
    if (ok && r->id == 0) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

bool store_org_remove(struct store *s, int64_t id, bool *removed_out, struct err *e)
{
    struct scope scope;
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)id);
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_ORG_REMOVE, NULL, e, "i", id);
    *removed_out = ok && changed_rows(s) > 0;
    if (*removed_out) ok = run_statement(s, SQL_SETTING_REMOVE_OF_ORG, NULL, e, "t", text);
    return scope_end(&scope, ok, e);
}

static void read_org(const struct cursor *c, struct org_record *r)
{
    *r = (struct org_record){.id = column_i64(c, 0), .created = column_wall(c, 2)};
    column_text(c, 1, r->name, sizeof r->name);
}

bool store_org_list(struct store *s, bool (*each)(void *arg, const struct org_record *r), void *arg, struct err *e)
{
    struct cursor c;
    struct org_record r;
    if (!cursor_open(s, SQL_ORG_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_org(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_org_find(struct store *s, const char *name, struct org_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    struct org_record r;
    if (!cursor_open(s, SQL_ORG_FIND, &c, e, "t", name)) return false;
    bool found = cursor_next(&c);
    if (found) read_org(&c, &r);
    if (!cursor_close(&c)) return false;
    if (found) *out = r;
    *found_out = found;
    return true;
}

bool store_tenant_put(struct store *s, const struct tenant_record *r, bool is_new, struct err *e)
{
    bool conflict = false;
    const char(*over)[HOST_BYTES] = r->overrides;
    _Static_assert(TENANT_OVERRIDES == 10, "each is bound below");
    store_lock(s);
    bool ok =
        run_statement(s, is_new ? SQL_TENANT_ADD : SQL_TENANT_SET, &conflict, e,
                      "ittii"
                      "tttttttttt"
                      "t",
                      r->org_id, r->name, r->cloud, (int64_t)r->is_enabled, or_now(s, r->created).ticks, over[0],
                      over[1], over[2], over[3], over[4], over[5], over[6], over[7], over[8], over[9], r->tenant_id);
    if (ok && conflict)
        ok = exists_already(e, "a tenant", r->tenant_id);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the tenant %s is not there any more", r->tenant_id);
    store_unlock(s);
    return ok;
}

static void read_tenant(const struct cursor *c, struct tenant_record *r)
{
    *r = (struct tenant_record){
        .org_id = column_i64(c, 1), .is_enabled = column_i64(c, 5) != 0, .created = column_wall(c, 6)};
    column_text(c, 0, r->tenant_id, sizeof r->tenant_id);
    column_text(c, 2, r->name, sizeof r->name);
    column_text(c, 3, r->client_id, sizeof r->client_id);
    column_text(c, 4, r->cloud, sizeof r->cloud);
    for (int i = 0; i < TENANT_OVERRIDES; i++) column_text(c, 7 + i, r->overrides[i], HOST_BYTES);
}

bool store_tenant_find(struct store *s, const char *tenant_id, struct tenant_record *out, bool *found_out,
                       struct err *e)
{
    struct cursor c;
    struct tenant_record r;
    if (!cursor_open(s, SQL_TENANT_FIND, &c, e, "t", tenant_id)) return false;
    bool found = cursor_next(&c);
    if (found) read_tenant(&c, &r);
    if (!cursor_close(&c)) return false;
    if (found) *out = r;
    *found_out = found;
    return true;
}

bool store_tenant_list(struct store *s, bool (*each)(void *arg, const struct tenant_record *r), void *arg,
                       struct err *e)
{
    struct cursor c;
    struct tenant_record r;
    if (!cursor_open(s, SQL_TENANT_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_tenant(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_tenants_of_org(struct store *s, int64_t org_id, bool (*each)(void *arg, const char *tenant_id), void *arg,
                          struct err *e)
{
    struct cursor c;
    char tenant_id[GUID_BYTES];
    if (!cursor_open(s, SQL_TENANTS_OF_ORG, &c, e, "i", org_id)) return false;
    while (cursor_next(&c)) {
        column_text(&c, 0, tenant_id, sizeof tenant_id);
        if (!each(arg, tenant_id)) break;
    }
    return cursor_close(&c);
}

/* 0: there is none (any more). */
static bool own_app(struct store *s, const char *tenant_id, int64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_APP_OWN, &c, e, "t", tenant_id)) return false;
    *out = cursor_next(&c) ? column_i64(&c, 0) : 0;
    return cursor_close(&c);
}

static bool remove_own_apps(struct store *s, const char *tenant_id, struct err *e)
{
    for (int64_t id;;) {
        if (!own_app(s, tenant_id, &id, e)) return false;
        if (id == 0) return true;
        if (!store_app_remove(s, id, e)) return false;
    }
}

bool store_tenant_remove(struct store *s, const char *tenant_id, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = remove_own_apps(s, tenant_id, e) && run_statement(s, SQL_SECRET_REMOVE_OF, NULL, e, "t", tenant_id) &&
              run_statement(s, SQL_SETTING_REMOVE_OF, NULL, e, "t", tenant_id) &&
              run_statement(s, SQL_META_REMOVE_OF, NULL, e, "t", tenant_id) &&
              run_statement(s, SQL_FORMER_PUT, NULL, e, "ti", tenant_id, clock_wall(&s->clock).ticks) &&
              run_statement(s, SQL_TENANT_REMOVE, NULL, e, "t", tenant_id);
    return scope_end(&scope, ok, e);
}

bool store_former_find(struct store *s, const char *tenant_id, int64_t *org_id_out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_FORMER_FIND, &c, e, "t", tenant_id)) return false;
    *found_out = cursor_next(&c);
    if (*found_out) *org_id_out = column_i64(&c, 0);
    return cursor_close(&c);
}

bool store_former_forget(struct store *s, const char *tenant_id, struct err *e)
{
    return run_statement(s, SQL_FORMER_FORGET, NULL, e, "t", tenant_id);
}

/* ---- secrets: only sealed bytes reach SQLite ---------------------------------------------------------------------------- */

bool store_secret_put(struct store *s, const char *name, struct str plain, struct err *e)
{
    struct buf sealed;
    buf_init(&sealed, 0);
    bool ok = seal_bytes(s->key, name, plain, &sealed, e) &&
              run_statement(s, SQL_SECRET_PUT, NULL, e, "tbi", name, buf_str(&sealed), clock_wall(&s->clock).ticks);
    buf_done(&sealed);
    return ok;
}

bool store_secret_get(struct store *s, const char *name, struct buf *plain_out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_SECRET_GET, &c, e, "t", name)) return false;
    bool found = cursor_next(&c);
    bool opened = !found || seal_open(s->key, name, column_bytes(&c, 0), plain_out, e);
    if (!cursor_close(&c) || !opened) return false;
    *found_out = found;
    return true;
}

bool store_secret_remove(struct store *s, const char *name, struct err *e)
{
    return run_statement(s, SQL_SECRET_REMOVE, NULL, e, "t", name);
}
