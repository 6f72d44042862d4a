/* Apps and their credentials. */
#include <string.h>

#include "state/store/apps.h"
#include "state/store/store_int.h"

static struct wall or_now(const struct store *s, struct wall t)
{
    return t.ticks ? t : clock_wall(&s->clock);
}

static bool gone(struct err *e, const char *what, int64_t id)
{
    return err_set(e, &store_causes[STORE_GONE], "%s %lld is not there any more", what, (long long)id);
}

bool store_app_put(struct store *s, struct app_record *r, struct err *e)
{
    bool conflict = false, is_new = r->id == 0;
    struct wall created = or_now(s, r->created);
    store_lock(s); /* over the statement and the id it gave */
    bool ok = is_new ? run_statement(s, SQL_APP_ADD, &conflict, e, "tttiti", r->client_id, r->name, r->home_tenant,
                                     (int64_t)r->is_multi_tenant, r->bundles, created.ticks)
                     : run_statement(s, SQL_APP_SET, &conflict, e, "tttitii", r->client_id, r->name, r->home_tenant,
                                     (int64_t)r->is_multi_tenant, r->bundles, created.ticks, r->id);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "there is an app of that name, or with that client id, already");
    else if (ok && changed_rows(s) == 0)
        ok = gone(e, "the app", r->id);
    else if (ok && is_new)
        r->id = added_row(s);
    if (ok) r->created = created;
    store_unlock(s);
    return ok;
}

bool store_app_list(struct store *s, bool (*each)(void *arg, const struct app_record *r), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_APP_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        struct app_record r = {
            .id = column_i64(&c, 0), .is_multi_tenant = column_i64(&c, 4) != 0, .created = column_wall(&c, 6)};
        column_text(&c, 1, r.client_id, sizeof r.client_id);
        column_text(&c, 2, r.name, sizeof r.name);
        column_text(&c, 3, r.home_tenant, sizeof r.home_tenant);
        column_text(&c, 5, r.bundles, sizeof r.bundles);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_app_remove(struct store *s, int64_t id, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_APP_REMOVE_SECRETS, NULL, e, "i", id) &&
              run_statement(s, SQL_APP_REMOVE_USES, NULL, e, "i", id) &&
              run_statement(s, SQL_APP_REMOVE, NULL, e, "i", id);
    return scope_end(&scope, ok, e);
}

/* ---- credentials --------------------------------------------------------------------------------------------------------- */

static bool add(struct store *s, struct credential_record *r, bool *conflict, struct err *e)
{
    if (!run_statement(s, SQL_CREDENTIAL_ADD, conflict, e, "iiiiiiittttiitti", r->app_id, (int64_t)r->kind,
                       (int64_t)r->state, r->added.ticks, r->expires.ticks, (int64_t)r->expires_from, r->tested.ticks,
                       r->sealed_as, r->key_id, r->sha256, r->sha1, (int64_t)r->is_old_form, r->warned, r->error_code,
                       r->error_text, r->error_since.ticks))
        return false;
    if (*conflict) return true;
    r->id = added_row(s);
    (void)snprintf(r->sealed_as, sizeof r->sealed_as, "credential:%lld", (long long)r->id);
    return run_statement(s, SQL_CREDENTIAL_NAME, NULL, e, "i", r->id);
}

static bool change(struct store *s, const struct credential_record *r, bool *conflict, struct err *e)
{
    return run_statement(s, SQL_CREDENTIAL_SET, conflict, e, "iiiiiiittttiittii", r->app_id, (int64_t)r->kind,
                         (int64_t)r->state, r->added.ticks, r->expires.ticks, (int64_t)r->expires_from, r->tested.ticks,
                         r->sealed_as, r->key_id, r->sha256, r->sha1, (int64_t)r->is_old_form, r->warned, r->error_code,
                         r->error_text, r->error_since.ticks, r->id) &&
           (*conflict || changed_rows(s) > 0 || gone(e, "the credential", r->id));
}

bool store_credential_put(struct store *s, struct credential_record *r, struct err *e)
{
    struct scope scope;
    bool conflict = false;
    r->added = or_now(s, r->added);
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = r->id == 0 ? add(s, r, &conflict, e) : change(s, r, &conflict, e);
    if (ok && conflict) ok = err_set(e, &store_causes[STORE_EXISTS], "the app has an active credential already");
    return scope_end(&scope, ok, e);
}

bool store_credential_promote(struct store *s, int64_t app_id, int64_t id, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_CREDENTIAL_STATE, NULL, e, "iii", (int64_t)CREDENTIAL_OLD, app_id, INT64_C(0)) &&
              run_statement(s, SQL_CREDENTIAL_STATE, NULL, e, "iii", (int64_t)CREDENTIAL_ACTIVE, app_id, id) &&
              (changed_rows(s) > 0 || gone(e, "the credential", id));
    return scope_end(&scope, ok, e);
}

bool store_credential_retire(struct store *s, int64_t id, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_CREDENTIAL_FORGET, NULL, e, "i", id) &&
              run_statement(s, SQL_CREDENTIAL_RETIRE, NULL, e, "ii", (int64_t)CREDENTIAL_RETIRED, id);
    return scope_end(&scope, ok, e);
}

static void read_credential(const struct cursor *c, struct credential_record *r)
{
    *r = (struct credential_record){.id = column_i64(c, 0),
                                    .app_id = column_i64(c, 1),
                                    .kind = (enum credential_kind)column_i64(c, 2),
                                    .state = (enum credential_state)column_i64(c, 3),
                                    .added = column_wall(c, 4),
                                    .expires = column_wall(c, 5),
                                    .expires_from = (enum expiry_source)column_i64(c, 6),
                                    .tested = column_wall(c, 7),
                                    .is_old_form = column_i64(c, 12) != 0,
                                    .warned = column_i64(c, 13),
                                    .error_since = column_wall(c, 16)};
    column_text(c, 8, r->sealed_as, sizeof r->sealed_as);
    column_text(c, 9, r->key_id, sizeof r->key_id);
    column_text(c, 10, r->sha256, sizeof r->sha256);
    column_text(c, 11, r->sha1, sizeof r->sha1);
    column_text(c, 14, r->error_code, sizeof r->error_code);
    column_text(c, 15, r->error_text, sizeof r->error_text);
}

bool store_credential_list(struct store *s, int64_t app_id, bool (*each)(void *arg, const struct credential_record *r),
                           void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_CREDENTIAL_LIST, &c, e, "i", app_id)) return false;
    while (cursor_next(&c)) {
        struct credential_record r;
        read_credential(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_certificate_put(struct store *s, int64_t credential_id, struct str pem, struct err *e)
{
    return run_statement(s, SQL_CERTIFICATE_SET, NULL, e, "bi", pem, credential_id);
}

bool store_certificate_get(struct store *s, int64_t credential_id, struct buf *pem_out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_CERTIFICATE_GET, &c, e, "i", credential_id)) return false;
    bool found = cursor_next(&c);
    bool fits = !found || buf_add_str(pem_out, column_bytes(&c, 0));
    if (!cursor_close(&c)) return false;
    *found_out = found;
    return fits || err_set(e, &base_causes[BASE_NO_MEMORY], "reading a certificate");
}

/* ---- which tenant uses which ---------------------------------------------------------------------------------------------- */

bool store_tenant_app_add(struct store *s, const char *tenant_id, int64_t app_id, struct err *e)
{
    bool conflict = false;
    return run_statement(s, SQL_TENANT_APP_ADD, &conflict, e, "ti", tenant_id,
                         app_id); /* a conflict: it has it already */
}

bool store_tenant_app_remove(struct store *s, const char *tenant_id, int64_t app_id, struct err *e)
{
    return run_statement(s, SQL_TENANT_APP_REMOVE, NULL, e, "ti", tenant_id, app_id);
}

bool store_tenant_app_list(struct store *s, const char *tenant_id, int64_t app_id,
                           bool (*each)(void *arg, const char *tenant_id, int64_t app_id), void *arg, struct err *e)
{
    struct cursor c;
    char id[GUID_BYTES];
    if (!cursor_open(s, SQL_TENANT_APP_LIST, &c, e, "ti", tenant_id ? tenant_id : "", app_id)) return false;
    while (cursor_next(&c)) {
        column_text(&c, 0, id, sizeof id);
        if (!each(arg, id, column_i64(&c, 1))) break;
    }
    return cursor_close(&c);
}

/* ---- what was said ---------------------------------------------------------------------------------------------------------- */

enum { MARK_NAME_BYTES = 96 };

bool store_mark_get(struct store *s, const char *matter, struct buf *out, struct err *e)
{
    char name[MARK_NAME_BYTES];
    bool found = false;
    (void)snprintf(name, sizeof name, "mark:%s", matter);
    return meta_get(s, name, out, &found, e);
}

bool store_mark_set(struct store *s, const char *matter, struct str mark, struct err *e)
{
    char name[MARK_NAME_BYTES];
    (void)snprintf(name, sizeof name, "mark:%s", matter);
    return meta_set(s, name, mark, e);
}
