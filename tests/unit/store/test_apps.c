/* state/store: apps, their credentials, and which tenants use them. */
#include "state/store/apps.h"
#include "state/store/tenants.h"
#include "tests.h"

static struct app_record put_app(struct store *s, const char *name, bool is_multi_tenant)
{
    struct err e = {0};
    struct app_record r = {.is_multi_tenant = is_multi_tenant, .bundles = "read,hunt"};
    (void)snprintf(r.name, sizeof r.name, "%s", name);
    (void)snprintf(r.client_id, sizeof r.client_id, "%s", CLIENT);
    (void)snprintf(r.home_tenant, sizeof r.home_tenant, "%s", name); /* of another home each */
    must(store_app_put(s, &r, &e), &e);
    return r;
}

static struct credential_record put_credential(struct store *s, int64_t app, enum credential_state state,
                                               const char *secret)
{
    struct err e = {0};
    struct credential_record r = {.app_id = app,
                                  .state = state,
                                  .kind = CREDENTIAL_CERTIFICATE,
                                  .expires = {77},
                                  .expires_from = EXPIRY_CERTIFICATE,
                                  .tested = {55},
                                  .key_id = TENANT_B,
                                  .sha256 = "long",
                                  .sha1 = "short",
                                  .is_old_form = true,
                                  .warned = 14,
                                  .error_code = "a.b",
                                  .error_text = "no",
                                  .error_since = {33}};
    must(store_credential_put(s, &r, &e) && store_secret_put(s, r.sealed_as, str_of(secret), &e), &e);
    return r;
}

struct seen {
    struct credential_record credentials[4];
    struct app_record apps[4];
    char uses[4][GUID_BYTES];
    unsigned credential_count, app_count, use_count;
};

static bool see_credential(void *arg, const struct credential_record *r)
{
    struct seen *seen = arg;
    seen->credentials[seen->credential_count++] = *r;
    return true;
}

static bool see_app(void *arg, const struct app_record *r)
{
    struct seen *seen = arg;
    seen->apps[seen->app_count++] = *r;
    return true;
}

static bool see_use(void *arg, const char *tenant_id, int64_t app_id)
{
    struct seen *seen = arg;
    (void)snprintf(seen->uses[seen->use_count++], GUID_BYTES, "%.6s:%lld", tenant_id, (long long)app_id);
    return true;
}

static bool has_secret(struct store *s, const char *name)
{
    struct buf plain;
    struct err e = {0};
    bool found = false;
    buf_init(&plain, 0);
    must(store_secret_get(s, name, &plain, &found, &e), &e);
    buf_done(&plain);
    return found;
}

void apps_there_and_back(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct seen seen = {.app_count = 0};
    struct tenant_record t;
    struct err e = {0};
    struct buf pem;
    bool found = false;
    (void)state;
    int64_t org = add_org(s, "Contoso");
    add_tenant(s, org, TENANT_A, "a");
    struct app_record app = put_app(s, "reader", true), twin = app;
    struct credential_record c = put_credential(s, app.id, CREDENTIAL_ACTIVE, "s3cret");
    must(store_tenant_app_add(s, TENANT_A, app.id, &e) && store_tenant_app_add(s, TENANT_A, app.id, &e), &e);
    must(store_certificate_put(s, c.id, STR("PEM"), &e), &e);
    store_close(s);
    s = open_on(d, false);
    must(store_app_list(s, see_app, &seen, &e) && store_credential_list(s, app.id, see_credential, &seen, &e), &e);
    assert_memory_equal(&seen.apps[0], &app, sizeof app);
    assert_memory_equal(&seen.credentials[0], &c, sizeof c);
    assert_true(has_secret(s, c.sealed_as));
    must(store_tenant_find(s, TENANT_A, &t, &found, &e), &e);
    assert_string_equal(t.client_id, CLIENT);
    buf_init(&pem, 0);
    must(store_certificate_get(s, c.id, &pem, &found, &e), &e);
    assert_true(found && str_eq(buf_str(&pem), STR("PEM")));
    buf_done(&pem);
    twin.id = 0;
    (void)snprintf(twin.name, sizeof twin.name, "another"); /* the same registration */
    assert_false(store_app_put(s, &twin, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    (void)snprintf(twin.name, sizeof twin.name, "READER"); /* the same name */
    twin.home_tenant[0] = '\0';
    assert_false(store_app_put(s, &twin, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    twin.id = 99;
    (void)snprintf(twin.name, sizeof twin.name, "third");
    assert_false(store_app_put(s, &twin, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    c.id = 0;
    c.app_id = 99;
    c.state = CREDENTIAL_NEXT;
    assert_false(store_credential_put(s, &c, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    store_close(s);
    fake_disk_free(d);
}

void one_credential_is_active(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct seen seen = {.app_count = 0};
    struct err e = {0};
    (void)state;
    struct app_record app = put_app(s, "reader", true), other = put_app(s, "responder", true);
    struct credential_record first = put_credential(s, app.id, CREDENTIAL_ACTIVE, "one"),
                             next = put_credential(s, app.id, CREDENTIAL_NEXT, "two"),
                             foreign = put_credential(s, other.id, CREDENTIAL_NEXT, "three");
    struct credential_record second = {.app_id = app.id, .state = CREDENTIAL_ACTIVE};
    assert_false(store_credential_put(s, &second, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    assert_false(store_credential_promote(s, app.id, foreign.id, &e)); /* and the active one stays */
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    must(store_credential_promote(s, app.id, next.id, &e), &e);
    must(store_credential_list(s, app.id, see_credential, &seen, &e), &e);
    assert_int_equal(seen.credential_count, 2);
    assert_true(seen.credentials[0].state == CREDENTIAL_OLD && seen.credentials[1].state == CREDENTIAL_ACTIVE);
    must(store_credential_retire(s, first.id, &e), &e);
    assert_false(has_secret(s, first.sealed_as));
    assert_true(has_secret(s, next.sealed_as));
    store_close(s);
    fake_disk_free(d);
}

void a_tenants_own_app_goes_with_it(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    struct seen seen = {.app_count = 0};
    struct err e = {0};
    (void)state;
    int64_t org = add_org(s, "Contoso");
    add_tenant(s, org, TENANT_A, "a");
    add_tenant(s, org, TENANT_B, "b");
    struct app_record own = put_app(s, "own", false), shared = put_app(s, "shared", true);
    struct credential_record mine = put_credential(s, own.id, CREDENTIAL_ACTIVE, "one"),
                             ours = put_credential(s, shared.id, CREDENTIAL_ACTIVE, "two");
    must(store_tenant_app_add(s, TENANT_A, own.id, &e) && store_tenant_app_add(s, TENANT_A, shared.id, &e) &&
             store_tenant_app_add(s, TENANT_B, shared.id, &e),
         &e);
    must(store_tenant_remove(s, TENANT_A, &e), &e);
    must(store_app_list(s, see_app, &seen, &e) && store_tenant_app_list(s, NULL, 0, see_use, &seen, &e), &e);
    assert_int_equal(seen.app_count, 1);
    assert_string_equal(seen.apps[0].name, "shared");
    assert_int_equal(seen.use_count, 1);
    assert_string_equal(seen.uses[0], "bbbbbb:2");
    assert_false(has_secret(s, mine.sealed_as));
    assert_true(has_secret(s, ours.sealed_as));
    store_close(s);
    fake_disk_free(d);
}
