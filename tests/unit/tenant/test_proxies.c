/* cloud/tenant/proxies: rules come, are replaced and go with whom they belong to, their passwords too; each tenant has its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cloud/tenant/proxies.h"
#include "state/store/proxies.h"
#include "two_tenants.h"

static int64_t set(const struct setting_scope *at, const char *pattern, const char *address, const char *password)
{
    struct err e = {0};
    struct proxy_record r;
    struct str secret = password ? str_of(password) : STR_NONE;
    struct proxy_input in = {.pattern = pattern, .address = address, .user = password ? "svc" : NULL};
    if (password) in.password = &secret;
    if (!proxies_set(store, at, &in, &r, &e)) fail_msg("%s", e.text);
    return r.id;
}

static bool has_secret(int64_t id)
{
    char name[PROXY_SECRET_BYTES];
    struct buf plain;
    bool found = false;
    struct err e;
    buf_init(&plain, 0);
    store_proxy_secret(id, name);
    assert_true(store_secret_get(store, name, &plain, &found, &e));
    buf_done(&plain);
    return found;
}

/* What tenants are handed, as the service reads them. */
static const char *way_of(const char *id, const char *url, char out[PROXY_ADDRESS_BYTES])
{
    struct err e = {0};
    struct tenant *t = NULL;
    if (!tenant_find(store, &conf, id, &t, &e)) fail_msg("%s", e.text);
    const struct proxy_rule *rule = proxy_for(t->proxies, url);
    assert_true(str_copy(str_of(rule ? rule->address : "none"), out, PROXY_ADDRESS_BYTES));
    tenant_unref(t);
    return out;
}

static void test_each_has_its_own(void **state)
{
    char way[PROXY_ADDRESS_BYTES];
    (void)state;
    assert_string_equal(way_of(TENANT, "https://graph.microsoft.com", way), "none");
    set(&account, "*", "http://account:1", NULL);
    set(&org, "*.microsoft.com", "http://org:1", NULL);
    set(&tenant, "login.microsoftonline.com", "direct", NULL);
    assert_string_equal(way_of(TENANT, "https://graph.microsoft.com", way), "http://org:1");
    assert_string_equal(way_of(TENANT, "https://login.microsoftonline.com", way), "direct");
    assert_string_equal(way_of(TENANT, "https://example.org", way), "http://account:1");
    assert_string_equal(way_of(OTHER, "https://graph.microsoft.com", way), "http://account:1");
}

static void test_one_rule_for_a_pattern_at_a_place(void **state)
{
    char way[PROXY_ADDRESS_BYTES];
    (void)state;
    int64_t first = set(&tenant, "*.Microsoft.com", "http://one:1", "s3cret");
    assert_true(has_secret(first));
    assert_int_equal(set(&tenant, "*.microsoft.com", "http://two:2", NULL), first);
    assert_false(has_secret(first)); /* the old password does not go to the new proxy */
    assert_string_equal(way_of(TENANT, "https://graph.microsoft.com", way), "http://two:2");
    assert_int_not_equal(set(&org, "*.microsoft.com", "http://three:3", NULL), first);
}

static void test_rules_go_with_whom_they_belong_to(void **state)
{
    struct err e = {0};
    char way[PROXY_ADDRESS_BYTES];
    (void)state;
    int64_t of_tenant = set(&tenant, "*", "http://t:1", "s3cret"), of_other = set(&other, "*", "http://o:1", "0ther");
    assert_true(has_secret(of_tenant) && has_secret(of_other));
    assert_true(tenant_remove(store, TENANT, &e));
    assert_false(has_secret(of_tenant));
    assert_true(has_secret(of_other));
    assert_true(proxies_remove(store, &other, "*", &e));
    assert_false(has_secret(of_other));
    assert_string_equal(way_of(OTHER, "https://example.org", way), "none");
    assert_false(proxies_remove(store, &other, "*", &e));
    assert_ptr_equal(e.cause, &tenant_causes[PROXY_NO_RULE]);
}

static void test_who_has_only_the_account_s_rules_shares_them(void **state)
{
    struct err e = {0};
    struct proxy_book *book = NULL;
    (void)state;
    set(&account, "*", "http://account:1", "s3cret");
    set(&tenant, "*", "direct", NULL);
    assert_true(proxy_book_read(store, &book, &e));
    struct proxy_rules *a = proxy_book_rules(book, &other), *b = proxy_book_rules(book, &account),
                       *c = proxy_book_rules(book, &tenant);
    assert_ptr_equal(a, b);
    assert_true(proxy_rules_equal(a, b) && !proxy_rules_equal(a, c) && !proxy_rules_equal(a, NULL));
    assert_true(str_eq(secret_reveal(a->rules[0].password), STR("s3cret")));
    assert_int_equal(c->count, 2);
    proxy_book_free(book);
    assert_true(str_eq(secret_reveal(b->rules[0].password), STR("s3cret"))); /* outlives the book */
    proxy_rules_unref(a);
    proxy_rules_unref(b);
    proxy_rules_unref(c);
}

static void test_what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *pattern, *address, *user, *password, *ca;
        const struct cause *cause;
    } rows[] = {
        {"https://a", "direct", NULL, NULL, "", &tenant_causes[PROXY_BAD_PATTERN]},
        {"*", "proxy", NULL, NULL, "", &tenant_causes[PROXY_BAD_ADDRESS]},
        {"*", "http://me:hush@proxy:1", NULL, NULL, "", &tenant_causes[PROXY_BAD_ADDRESS]},
        {"*", "http://p:1", NULL, "hush", "", &tenant_causes[PROXY_BAD_LOGIN]},
        {"*", "http://p:1", "a:b", "hush", "", &tenant_causes[PROXY_BAD_LOGIN]},
        {"*", "http://p:1", "a", "", "", &tenant_causes[PROXY_BAD_LOGIN]},
        {"*", "http://p:1", "a", "hush\nhush", "", &tenant_causes[PROXY_BAD_LOGIN]},
        {"*", "direct", "a", NULL, "", &tenant_causes[PROXY_BAD_LOGIN]},
        {"*", "direct", NULL, NULL, "nonsense", &seal_causes[SEAL_BAD_PEM]},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        struct proxy_record r;
        struct str password = rows[i].password ? str_of(rows[i].password) : STR_NONE;
        struct proxy_input in = {rows[i].pattern, rows[i].address, rows[i].user, rows[i].password ? &password : NULL,
                                 str_of(rows[i].ca)};
        if (proxies_set(store, &account, &in, &r, &e)) fail_msg("row %zu is taken", i);
        if (e.cause != rows[i].cause) fail_msg("row %zu: %s", i, e.cause->code);
        if (str_find(str_of(e.text), STR("hush"), 0) != SIZE_MAX) fail_msg("row %zu tells the password", i);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_each_has_its_own),
        CASE(test_one_rule_for_a_pattern_at_a_place),
        CASE(test_rules_go_with_whom_they_belong_to),
        CASE(test_who_has_only_the_account_s_rules_shares_them),
        CASE(test_what_is_wrong_is_said),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
