/* How tenants are: roles of their tokens, what stands wrong, Tests; and that all of it goes with the tenant. */
#include <string.h>

#include "state/store/apps.h"
#include "state/store/health.h"
#include "state/store/tenants.h"
#include "tests.h"

static bool append_token(void *arg, const struct token_record *r)
{
    return buf_addf(arg, "%.4s %lld %.*s;", r->client_id, (long long)r->audience, STR_ARG(r->roles));
}

static bool append_condition(void *arg, const struct condition_record *r)
{
    return buf_addf(arg, "%.1s %s %s %s %lld;", r->tenant_id, r->state, r->subject, r->detail,
                    (long long)r->since.ticks);
}

static bool append_tested(void *arg, const struct tested_record *r)
{
    return buf_addf(arg, "%.1s %lld %lld/%lld/%lld %.*s;", r->tenant_id, (long long)r->is_full, (long long)r->ok,
                    (long long)r->failed, (long long)r->skipped, STR_ARG(r->body));
}

static const char *tokens(struct store *s, struct buf *out)
{
    struct err e;
    buf_reset(out);
    must(store_token_list(s, TENANT_A, append_token, out, &e), &e);
    return buf_cstr(out);
}

static const char *conditions(struct store *s, const char *tenant, struct buf *out)
{
    struct err e;
    buf_reset(out);
    must(store_condition_list(s, tenant, append_condition, out, &e), &e);
    return buf_cstr(out);
}

static void look_at_tokens(struct store *s, struct buf *text)
{
    struct err e;
    struct token_record r = {
        .tenant_id = TENANT_A, .client_id = CLIENT, .audience = 1, .roles = STR("A\nB"), .seen = {7}};
    must(store_token_put(s, &r, &e), &e);
    r.audience = 0;
    must(store_token_put(s, &r, &e), &e);
    r.roles = STR("C");
    must(store_token_put(s, &r, &e), &e);
    assert_string_equal(tokens(s, text), "cccc 0 C;cccc 1 A\nB;");
    (void)str_copy(STR("bbbbbbbb-0000-4000-8000-00000000000f"), r.tenant_id, sizeof r.tenant_id);
    assert_false(store_token_put(s, &r, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_GONE]);
    struct app_record app = {.client_id = CLIENT, .name = "Ours"};
    must(store_app_put(s, &app, &e) && store_tenant_app_add(s, TENANT_A, app.id, &e) &&
             store_token_tidy(s, TENANT_A, &e),
         &e);
    assert_string_equal(tokens(s, text), "cccc 0 C;cccc 1 A\nB;");
    struct app_record other = {.client_id = "dddddddd-0000-4000-8000-000000000004", .name = "Other"};
    must(store_app_put(s, &other, &e) && store_tenant_app_add(s, TENANT_A, other.id, &e) &&
             store_tenant_app_remove(s, TENANT_A, app.id, &e),
         &e);
    struct condition_record lost = {.tenant_id = TENANT_A, .state = "consent_lost", .subject = CLIENT};
    must(store_condition_put(s, &lost, NULL, &e) && store_token_tidy(s, TENANT_A, &e), &e);
    assert_string_equal(tokens(s, text), "");
    assert_string_equal(conditions(s, TENANT_A, text), "");
}

static void look_at_conditions(struct store *s, struct buf *text)
{
    struct err e;
    bool is_new = false, removed = false;
    struct condition_record r = {
        .tenant_id = TENANT_A, .state = "role_removed", .subject = "x", .detail = "a", .since = {5}};
    must(store_condition_put(s, &r, &is_new, &e), &e);
    assert_true(is_new);
    (void)str_copy(STR("b"), r.detail, sizeof r.detail);
    r.since = (struct wall){9};
    must(store_condition_put(s, &r, &is_new, &e), &e);
    assert_false(is_new);
    (void)str_copy(STR("y"), r.subject, sizeof r.subject);
    must(store_condition_put(s, &r, &is_new, &e), &e);
    (void)str_copy(str_of(TENANT_B), r.tenant_id, sizeof r.tenant_id);
    must(store_condition_put(s, &r, NULL, &e), &e);
    assert_string_equal(conditions(s, TENANT_A, text), "a role_removed x b 5;a role_removed y b 9;");
    assert_string_equal(conditions(s, NULL, text), "a role_removed x b 5;a role_removed y b 9;b role_removed y b 9;");
    must(store_condition_remove(s, TENANT_A, "role_removed", "x", &removed, &e), &e);
    assert_true(removed);
    must(store_condition_remove(s, TENANT_A, "role_removed", "x", &removed, &e), &e);
    assert_false(removed);
    must(store_condition_remove(s, TENANT_A, "role_removed", NULL, &removed, &e), &e);
    assert_string_equal(conditions(s, NULL, text), "b role_removed y b 9;");
}

static void look_at_tests(struct store *s, struct buf *text)
{
    struct err e;
    struct tested_record r = {.tenant_id = TENANT_B, .at = {1}, .ok = 3, .failed = 1, .skipped = 2, .body = STR("[]")};
    must(store_tested_add(s, &r, &e), &e);
    (void)str_copy(str_of(TENANT_A), r.tenant_id, sizeof r.tenant_id);
    for (int64_t n = 0; n < TESTED_KEPT_MAX + 3; n++) {
        r.ok = n;
        r.is_full = n % 2;
        must(store_tested_add(s, &r, &e), &e);
    }
    buf_reset(text);
    must(store_tested_list(s, NULL, true, append_tested, text, &e), &e);
    assert_string_equal(buf_cstr(text), "a 0 202/1/2 [];b 0 3/1/2 [];");
    buf_reset(text);
    must(store_tested_list(s, TENANT_A, false, append_tested, text, &e), &e);
    assert_true(str_starts(buf_str(text), STR("a 0 202/1/2 [];a 1 201/1/2 [];")));
    assert_true(str_ends(buf_str(text), STR(";a 1 3/1/2 [];"))); /* three were dropped */
}

void how_tenants_are_there_and_back(void **state)
{
    struct fake_disk *d = fake_disk_new(1);
    struct store *s = open_on(d, true);
    int64_t org = add_org(s, "Customer");
    struct buf text;
    struct err e;
    (void)state;
    buf_init(&text, 1 << 20);
    add_tenant(s, org, TENANT_A, "A");
    add_tenant(s, org, TENANT_B, "B");
    look_at_tokens(s, &text);
    look_at_conditions(s, &text);
    look_at_tests(s, &text);
    must(store_tenant_remove(s, TENANT_B, &e), &e);
    assert_string_equal(conditions(s, NULL, &text), "");
    buf_done(&text);
    store_close(s);
    fake_disk_free(d);
}
