/* Apps as the cloud rooms need them, and finding one. */
#include "cloud/tenant/app.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"
#include "state/store/apps.h"

const char *const credential_kind_names[CREDENTIAL_KINDS] = {"secret", "certificate"};
const char *const credential_state_names[CREDENTIAL_STATES] = {"active", "next", "old", "retired"};
const char *const expiry_source_names[EXPIRY_SOURCES] = {"unknown", "entered", "read", "certificate"};

struct app *app_ref(struct app *a)
{
    atomic_fetch_add(&a->refs, 1);
    return a;
}

void app_unref(struct app *a)
{
    if (a == NULL || atomic_fetch_sub(&a->refs, 1) > 1) return;
    for (unsigned i = 0; i < a->credential_count; i++) secret_free(a->credentials[i].secret);
    free(a);
}

static struct app *app_new(const struct app_record *r)
{
    struct app *a = calloc(1, sizeof *a);
    if (a == NULL) return NULL;
    atomic_init(&a->refs, 1);
    a->record = *r;
    return a;
}

/* Takes the secret. */
static bool add_credential(struct app *a, const struct credential_record *r, struct secret *secret)
{
    if (secret == NULL) return false;
    a->credentials[a->credential_count++] = (struct app_credential){*r, secret};
    return true;
}

struct app *app_of_secret(const char *client_id, struct str secret)
{
    struct app_record r = {.id = 1};
    const struct credential_record credential = {.id = 1, .app_id = 1};
    if (!str_copy(str_of(client_id), r.client_id, sizeof r.client_id)) return NULL;
    struct app *a = app_new(&r);
    if (a && add_credential(a, &credential, secret_new(secret))) {
        a->has_active = true;
        return a;
    }
    app_unref(a);
    return NULL;
}

/* ---- out of the store ------------------------------------------------------------------------------------------------------ */

/* *found_out false: it was removed meanwhile. */
static bool read_secret(struct store *s, const char *name, struct secret **out, bool *found_out, struct err *e)
{
    struct buf plain;
    buf_init(&plain, 0);
    bool ok = store_secret_get(s, name, &plain, found_out, e);
    if (ok && *found_out) {
        *out = secret_new(buf_str(&plain));
        if (*out == NULL) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading a secret");
    }
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    return ok;
}

bool credential_check(struct store *s, const struct credential_record *r, struct err *e)
{
    struct secret *secret = NULL;
    bool found = false;
    if (!read_secret(s, r->sealed_as, &secret, &found, e)) return err_context(e, "the sealed secret %s", r->sealed_as);
    secret_free(secret);
    return found || err_set(e, &seal_causes[SEAL_CORRUPT], "the sealed secret %s is not there", r->sealed_as);
}

/* What cannot be opened is empty: it fails alone, at its login. */
static bool take_credential(struct store *s, struct app *a, const struct credential_record *r, struct err *e)
{
    struct secret *secret = NULL;
    struct err why;
    bool found = false;
    if (!read_secret(s, r->sealed_as, &secret, &found, &why)) {
        bool is_this_secret = why.cause == &seal_causes[SEAL_CORRUPT] || why.cause == &seal_causes[SEAL_WRONG_KEY];
        if (!is_this_secret) {
            if (e) *e = why;
            return false;
        }
        found = false;
    }
    return add_credential(a, r, found ? secret : secret_new(STR_NONE)) ||
           err_set(e, &base_causes[BASE_NO_MEMORY], "reading a secret");
}

static bool is_spare(struct store *s, const struct credential_record *r)
{
    bool is_over = r->expires.ticks && r->expires.ticks <= store_now(s).ticks;
    return (r->state == CREDENTIAL_NEXT || r->state == CREDENTIAL_OLD) && r->tested.ticks && !is_over &&
           r->error_code[0] == '\0';
}

bool app_build(struct store *s, const struct directory *d, const struct app_record *r, struct app **out, struct err *e)
{
    size_t count;
    const struct credential_record *all = directory_credentials(d, r->id, &count);
    struct app *a = app_new(r);
    bool ok = a != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "reading an app");
    for (size_t i = 0; ok && i < count; i++) {
        if (all[i].state != CREDENTIAL_ACTIVE) continue;
        ok = d->is_closed || take_credential(s, a, &all[i], e);
        a->has_active = true;
    }
    for (size_t i = d->is_closed ? 0 : count; ok && i > 0 && a->credential_count < APP_CREDENTIALS_MAX;
         i--) /* the newest first */
        if (is_spare(s, &all[i - 1])) ok = take_credential(s, a, &all[i - 1], e);
    if (ok)
        *out = a;
    else
        app_unref(a);
    return ok;
}

bool app_open(struct store *s, int64_t id, struct app **out, struct err *e)
{
    struct directory d;
    if (!directory_read(s, &d, e)) return false;
    const struct directory_app *found = directory_app(&d, id);
    bool ok = found ? app_build(s, &d, &found->record, out, e)
                    : err_set(e, &tenant_causes[APP_NO_SUCH], "the app was removed just now");
    directory_done(&d);
    return ok;
}

struct pick_one {
    int64_t id;
    struct credential_record *out;
    bool found;
};

static bool take_this(void *arg, const struct credential_record *r)
{
    struct pick_one *q = arg;
    if (r->id != q->id) return true;
    *q->out = *r;
    q->found = true;
    return false;
}

static bool find_one(struct store *s, int64_t app_id, int64_t id, struct credential_record *out, struct err *e)
{
    struct pick_one q = {id, out, false};
    if (!store_credential_list(s, app_id, take_this, &q, e)) return false;
    return q.found || err_set(e, &store_causes[STORE_GONE], "the credential is not there any more");
}

bool app_open_with(struct store *s, int64_t app_id, int64_t credential_id, struct app **out, struct err *e)
{
    struct directory d;
    struct credential_record r;
    if (!find_one(s, app_id, credential_id, &r, e) || !credential_check(s, &r, e) || !directory_read(s, &d, e))
        return false;
    const struct directory_app *found = directory_app(&d, app_id);
    struct app *a = found ? app_new(&found->record) : NULL;
    directory_done(&d);
    bool ok = a != NULL || err_set(e, &tenant_causes[APP_NO_SUCH], "the app was removed just now");
    ok = ok && take_credential(s, a, &r, e);
    if (ok) a->has_active = true;
    if (ok)
        *out = a;
    else
        app_unref(a);
    return ok;
}

static bool switch_in(struct store *s, const struct credential_record *r, struct err *e)
{
    struct credential_record now = *r;
    now.tested = store_now(s);
    now.error_code[0] = now.error_text[0] = '\0';
    now.error_since = (struct wall){0};
    return store_credential_put(s, &now, e) && store_credential_promote(s, r->app_id, r->id, e);
}

bool credential_switch(struct store *s, const struct credential_record *r, struct err *e)
{
    if (!store_begin(s, e)) return false;
    if (switch_in(s, r, e)) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool credential_judged(struct store *s, int64_t app_id, int64_t id, const struct err *refused, bool *is_new_out,
                       struct err *e)
{
    struct credential_record r;
    *is_new_out = false;
    if (!find_one(s, app_id, id, &r, e)) return false;
    const char *code = refused ? refused->cause->code : "";
    bool is_first_token = refused == NULL && r.tested.ticks == 0;
    *is_new_out = strcmp(r.error_code, code) != 0;
    if (!*is_new_out && !is_first_token) return true;
    (void)snprintf(r.error_code, sizeof r.error_code, "%s", code);
    (void)snprintf(r.error_text, sizeof r.error_text, "%s", refused ? refused->text : "");
    r.error_since = refused ? store_now(s) : (struct wall){0};
    if (refused == NULL) r.tested = store_now(s);
    return store_credential_put(s, &r, e);
}

/* ---- finding ----------------------------------------------------------------------------------------------------------------- */

struct search {
    struct str wanted;
    struct app_record *out;
    unsigned named, with_id;
};

static bool look(void *arg, const struct app_record *r)
{
    struct search *q = arg;
    bool is_named = str_eq_nocase(q->wanted, str_of(r->name)), has_id = str_eq_nocase(q->wanted, str_of(r->client_id));
    q->with_id += has_id;
    if (is_named || has_id) *q->out = *r;
    q->named += is_named;
    return !is_named;
}

bool app_record_find(struct store *s, const char *name_or_client_id, struct app_record *out, struct err *e)
{
    struct app_record found;
    struct search q = {.wanted = str_trim(str_of(name_or_client_id)), .out = &found};
    if (!store_app_list(s, look, &q, e)) return false;
    if (q.named == 0 && q.with_id > 1)
        return err_set(e, &tenant_causes[APP_AMBIGUOUS], "%u apps have the client id %.*s", q.with_id,
                       STR_ARG(str_sub(q.wanted, 0, NAME_BYTES)));
    if (q.named == 0 && q.with_id == 0)
        return err_set(e, &tenant_causes[APP_NO_SUCH], "there is no app \"%.*s\"",
                       STR_ARG(str_sub(q.wanted, 0, NAME_BYTES)));
    *out = found;
    return true;
}

bool app_record_find_for(struct store *s, const char *name_or_client_id, const char *tenant_id, struct app_record *out,
                         struct err *e)
{
    struct app_record found;
    if (!app_record_find(s, name_or_client_id, &found, e)) return false;
    if (!found.is_multi_tenant && found.home_tenant[0] && strcmp(found.home_tenant, tenant_id) != 0)
        return err_set(e, &tenant_causes[APP_NO_SUCH], "there is no app \"%.*s\"",
                       STR_ARG(str_sub(str_trim(str_of(name_or_client_id)), 0, NAME_BYTES)));
    *out = found;
    return true;
}

struct newest {
    enum credential_state state;
    struct credential_record *out;
    bool found;
};

static bool take_newest(void *arg, const struct credential_record *r)
{
    struct newest *q = arg;
    if (r->state != q->state) return true;
    *q->out = *r; /* they come by id */
    q->found = true;
    return true;
}

bool credential_find(struct store *s, int64_t app_id, enum credential_state state, struct credential_record *out,
                     bool *found_out, struct err *e)
{
    struct newest q = {state, out, false};
    if (!store_credential_list(s, app_id, take_newest, &q, e)) return false;
    *found_out = q.found;
    return true;
}

static bool count_use(void *arg, const char *tenant_id, int64_t app_id)
{
    (void)tenant_id, (void)app_id;
    ++*(unsigned *)arg;
    return true;
}

bool app_remove(struct store *s, int64_t id, struct err *e)
{
    unsigned uses = 0;
    if (!store_tenant_app_list(s, NULL, id, count_use, &uses, e)) return false;
    if (uses) return err_set(e, &tenant_causes[APP_IN_USE], "%u tenants use it", uses);
    return store_app_remove(s, id, e);
}

bool app_give(struct store *s, const char *tenant_id, int64_t app_id, struct err *e)
{
    unsigned has = 0;
    if (!store_tenant_app_list(s, tenant_id, 0, count_use, &has, e)) return false;
    if (has >= TENANT_APPS_MAX)
        return err_set(e, &tenant_causes[APP_EXISTS], "a tenant has at most %d apps", TENANT_APPS_MAX);
    return store_tenant_app_add(s, tenant_id, app_id, e);
}

bool app_take(struct store *s, const char *tenant_id, int64_t app_id, struct err *e)
{
    unsigned has = 0, this_one = 0;
    if (!store_tenant_app_list(s, tenant_id, 0, count_use, &has, e) ||
        !store_tenant_app_list(s, tenant_id, app_id, count_use, &this_one, e))
        return false;
    if (this_one == 0) return err_set(e, &tenant_causes[APP_NOT_THERE], "the tenant does not use it");
    if (has == 1) return err_set(e, &tenant_causes[APP_LAST], "it is the only one");
    return store_tenant_app_remove(s, tenant_id, app_id, e);
}
