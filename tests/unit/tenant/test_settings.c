/* cloud/tenant/settings: which value holds (a table), what a value may be (a table), and that changes leave their trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "state/store/audit.h"
#include "state/store/settings.h"
#include "two_tenants.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void set(const struct setting_scope *scope, const char *name, const char *value)
{
    struct err e = {0};
    if (!settings_set(store, scope, name, str_of(value), "test", now.wall, &e)) fail_msg("%s", e.text);
}

static void unset(const struct setting_scope *scope, const char *name)
{
    struct err e = {0};
    if (!settings_unset(store, scope, name, "test", now.wall, &e)) fail_msg("%s", e.text);
}

static struct setting_value value_at(const struct setting_scope *scope, enum setting_id id)
{
    struct err e = {0};
    struct settings all;
    if (!settings_resolve(store, scope, &all, &e)) fail_msg("%s", e.text);
    return all.values[id];
}

static void refuse(const struct setting_scope *scope, const char *name, const char *value, int cause, const char *says)
{
    struct err e = {0};
    assert_false(settings_set(store, scope, name, str_of(value), "test", now.wall, &e));
    assert_ptr_equal(e.cause, &tenant_causes[cause]);
    if (says && str_find(str_of(e.text), str_of(says), 0) == SIZE_MAX) fail_msg("%s = %s: %s", name, value, e.text);
}

/* All combinations of the three levels: the nearest to the tenant holds. */
static void the_nearest_level_holds(void **state)
{
    static const struct {
        const char *account, *org, *tenant;
        const char *at_account, *at_org, *at_tenant, *at_other; /* the other tenant is of another organization */
        enum setting_level from;                                /* of the tenant's */
    } rows[] = {
        {NULL, NULL, NULL, "off", "off", "off", "off", SETTING_DEFAULT},
        {"auto", NULL, NULL, "auto", "auto", "auto", "auto", SETTING_ACCOUNT},
        {NULL, "approve", NULL, "off", "approve", "approve", "off", SETTING_ORGANIZATION},
        {NULL, NULL, "shadow", "off", "off", "shadow", "off", SETTING_TENANT},
        {"auto", "approve", NULL, "auto", "approve", "approve", "auto", SETTING_ORGANIZATION},
        {"auto", NULL, "shadow", "auto", "auto", "shadow", "auto", SETTING_TENANT},
        {NULL, "approve", "shadow", "off", "approve", "shadow", "off", SETTING_TENANT},
        {"auto", "approve", "shadow", "auto", "approve", "shadow", "auto", SETTING_TENANT},
        {"auto", "auto", "off", "auto", "auto", "off", "auto", SETTING_TENANT}, /* a default that is said is a value */
    };
    const struct setting_scope *scopes[] = {&account, &org, &tenant};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *given[] = {rows[i].account, rows[i].org, rows[i].tenant};
        for (size_t l = 0; l < 3; l++)
            if (given[l]) set(scopes[l], "remediation", given[l]);
        assert_string_equal(value_at(&account, SET_REMEDIATION).text, rows[i].at_account);
        assert_string_equal(value_at(&org, SET_REMEDIATION).text, rows[i].at_org);
        assert_string_equal(value_at(&tenant, SET_REMEDIATION).text, rows[i].at_tenant);
        assert_string_equal(value_at(&other, SET_REMEDIATION).text, rows[i].at_other);
        assert_int_equal(value_at(&tenant, SET_REMEDIATION).from, rows[i].from);
        for (size_t l = 0; l < 3; l++)
            if (given[l]) unset(scopes[l], "remediation");
    }
}

static void values_are_checked(void **state)
{
    static const struct {
        const char *name, *given;
        const char *kept; /* NULL: refused, and the message has `says` */
        int64_t number;
        const char *says;
    } rows[] = {
        {"remediation", " AUTO ", "auto", REMEDIATION_AUTO, NULL},
        {"remediation", "yes", NULL, 0, "off|shadow|approve|auto"},
        {"REMEDIATION", "shadow", "shadow", REMEDIATION_SHADOW, NULL},
        {"max_alert_age", "90m", "90m", 5400000, NULL},
        {"max_alert_age", "25h", NULL, 0, "1m..24h"},
        {"max_alert_age", "soon", NULL, 0, "30s, 5m, 6h, 2d"},
        {"max_alert_age", "", NULL, 0, "a duration"},
        {"limit_tenant_hour", "0", "0", 0, NULL},
        {"limit_tenant_hour", "-1", NULL, 0, "whole number within 0.."},
        {"limit_tenant_share", "7", "7%", 7, NULL},
        {"limit_tenant_share", "7 %", "7%", 7, NULL},
        {"limit_tenant_share", "101%", NULL, 0, "per cent"},
        {"approval_people", "3", NULL, 0, "1..2"},
        {"digest_at", "23:59", "23:59", 1439, NULL},
        {"digest_at", "24:00", NULL, 0, "time of day such as 08:00"},
        {"digest_at", "8:00", NULL, 0, "time of day"},
        {"time_zone", "+05:30", "+05:30", 0, NULL},
        {"time_zone", "UTC", "UTC", 0, NULL},
        {"time_zone", "Europe/Atlantis", NULL, 0, "knows no zone \"Europe/Atlantis\""},
        {"time_zone", "+25:00", NULL, 0, "time zone such as"},
        {"time_zone", "../../etc/passwd", NULL, 0, "time zone such as"},
        {"vpn_tags", "vpn,  full tunnel ,,x", "vpn, full tunnel, x", 3, NULL},
        {"vpn_tags", "", "", 0, NULL},
        {"own_hosts", "a\nb", NULL, 0, "commas"},
        {"ladder_high", "night-shift_2", "night-shift_2", 0, NULL},
        {"ladder_high", "night shift", NULL, 0, "letters, digits"},
        {"contact_name", "Zo\xc3\xab", "Zo\xc3\xab", 0, NULL},
        {"contact_name", "a\tb", NULL, 0, "one line"},
        {"contact_mail", "soc@example.com", "soc@example.com", 0, NULL},
        {"contact_mail", "soc@example.com, b@c.d", NULL, 0, "mail address such as"},
        {"contact_mail", "example.com", NULL, 0, "mail address such as"},
        {"contact_phone", "+49 (30) 123-45.67", "+49301234567", 0, NULL},
        {"contact_phone", "030 1234567", NULL, 0, "with its country"},
        {"contact_phone", "+1234567890123456", NULL, 0, "with its country"},
        {"resolve_classification", "truepositive", "truePositive", CLASSIFY_TRUE_POSITIVE, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].kept == NULL) {
            refuse(&account, rows[i].name, rows[i].given, SETTING_BAD_VALUE, rows[i].says);
            continue;
        }
        set(&account, rows[i].name, rows[i].given);
        struct setting_value v =
            value_at(&account, (enum setting_id)(setting_find(str_of(rows[i].name)) - setting_rows));
        assert_string_equal(v.text, rows[i].kept);
        assert_int_equal(v.number, rows[i].number);
    }
}

static void too_long_is_refused(void **state)
{
    char text[400];
    (void)state;
    memset(text, 'a', sizeof text);
    text[300] = 0;
    refuse(&account, "contact_name", text, SETTING_BAD_VALUE, "255 bytes");
    refuse(&account, "own_hosts", text, SETTING_BAD_VALUE, "255 bytes");
}

/* The names that code compares with stand at the places that code takes them for. */
static void choices_are_where_code_thinks(void **state)
{
    static const struct {
        enum setting_id id;
        int64_t number;
        const char *text;
    } rows[] = {
        {SET_REMEDIATION, REMEDIATION_OFF, "off"},
        {SET_REMEDIATION, REMEDIATION_SHADOW, "shadow"},
        {SET_REMEDIATION, REMEDIATION_APPROVE, "approve"},
        {SET_REMEDIATION, REMEDIATION_AUTO, "auto"},
        {SET_ISOLATION, ISOLATION_FULL, "full"},
        {SET_ISOLATION, ISOLATION_SELECTIVE, "selective"},
        {SET_APPROVAL_AFTER, APPROVAL_DENY, "deny"},
        {SET_APPROVAL_AFTER, APPROVAL_ESCALATE, "escalate"},
        {SET_ROUTE_HIGH, ROUTE_LADDER, "ladder"},
        {SET_ROUTE_LOW, ROUTE_DIGEST, "digest"},
        {SET_ROUTE_INFORMATIONAL, ROUTE_STORE, "store"},
        {SET_RESOLVE, SETTING_ON, "on"},
        {SET_RESOLVE, SETTING_OFF, "off"},
        {SET_RESOLVE_CLASSIFICATION, CLASSIFY_NONE, "none"},
        {SET_RESOLVE_CLASSIFICATION, CLASSIFY_EXPECTED, "informationalExpectedActivity"},
        {SET_RESOLVE_CLASSIFICATION, CLASSIFY_FALSE_POSITIVE, "falsePositive"},
    };
    char why[SETTING_WHY_BYTES];
    struct setting_value v;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(setting_check(&setting_rows[rows[i].id], str_of(rows[i].text), &v, why));
        assert_int_equal(v.number, rows[i].number);
    }
}

static void defaults_are_safe(void **state)
{
    struct settings d;
    (void)state;
    settings_defaults(&d);
    assert_int_equal(setting_number(&d, SET_REMEDIATION), REMEDIATION_OFF);
    assert_true(setting_is_on(&d, SET_GUARD_SERVERS) && !setting_is_on(&d, SET_AUTO_RELEASE));
    assert_true(setting_is_on(&d, SET_RESOLVE) && setting_is_on(&d, SET_COMMENT));
    assert_int_equal(setting_number(&d, SET_RESOLVE_CLASSIFICATION), CLASSIFY_NONE);
    assert_int_equal(setting_number(&d, SET_MAX_ALERT_AGE), 60 * 60 * 1000);
    assert_int_equal(setting_number(&d, SET_LIMIT_TENANT_HOUR), 3);
    assert_int_equal(setting_number(&d, SET_LIMIT_TENANT_SHARE), 5);
    assert_int_equal(setting_number(&d, SET_LIMIT_ACCOUNT_HOUR), 20);
}

static void what_is_wrong_is_named(void **state)
{
    struct err e = {0};
    struct setting_scope scope;
    (void)state;
    refuse(&account, "remedation", "auto", SETTING_UNKNOWN, "\"remedation\"");
    refuse(&tenant, "limit_account_hour", "5", SETTING_BAD_LEVEL, "not for one tenant");
    refuse(&org, "limit_account_hour", "5", SETTING_BAD_LEVEL, "not for one organization");
    assert_false(settings_unset(store, &tenant, "resolve", "test", now.wall, &e));
    assert_ptr_equal(e.cause, &tenant_causes[SETTING_NOT_SET]);
    assert_false(settings_scope(store, "nobody", NULL, &scope, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_NO_SUCH]);
    assert_false(settings_scope(store, NULL, "nobody", &scope, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_NO_ORG]);
}

/* "Switched on since" may be later than the truth, never earlier. */
static void since_is_never_too_early(void **state)
{
    const struct wall t0 = now.wall;
    (void)state;
    set(&account, "remediation", "auto");
    now.wall = wall_add(t0, WALL_TICKS_PER_HOUR);
    set(&account, "remediation", "auto"); /* nothing new */
    assert_int_equal(value_at(&tenant, SET_REMEDIATION).since.ticks, t0.ticks);
    set(&tenant, "remediation", "off");
    now.wall = wall_add(t0, 2 * WALL_TICKS_PER_HOUR);
    unset(&tenant, "remediation"); /* the account's holds for it from now on */
    struct setting_value v = value_at(&tenant, SET_REMEDIATION);
    assert_int_equal(v.from, SETTING_ACCOUNT);
    assert_string_equal(v.text, "auto");
    assert_int_equal(v.since.ticks, now.wall.ticks);
    assert_int_equal(value_at(&other, SET_REMEDIATION).since.ticks, t0.ticks);
    now.wall = t0;
}

static bool take_entry(void *arg, const struct audit_view *entry)
{
    struct buf *all = arg;
    return buf_addf(all, "%s %s %.*s\n", entry->actor, entry->operation, STR_ARG(entry->detail));
}

static void changes_are_in_the_audit_trail(void **state)
{
    struct buf all;
    (void)state;
    set(&tenant, "resolve", "off");
    set(&tenant, "resolve", "off"); /* nothing new: no entry */
    set(&tenant, "resolve", "on");
    unset(&tenant, "resolve");
    buf_init(&all, 0);
    assert_true(store_audit_page(store, 0, take_entry, &all, NULL));
#define ENTRY(verb, before, value)                                                              \
    "test settings " verb " {\"setting\":\"resolve\",\"level\":\"tenant\",\"tenant\":\"" TENANT \
    "\",\"before\":" before ",\"after\":" value "}\n"
    assert_string_equal(buf_cstr(&all), ENTRY("unset", "\"on\"", "null") ENTRY("set", "\"off\"", "\"on\"")
                                            ENTRY("set", "null", "\"off\""));
    buf_done(&all);
}

/* A row this program refuses, as of another version: not set, but remediation is then off, whatever a wider level says. */
static void a_stored_value_not_understood_is_the_safe_one(void **state)
{
    struct setting_record r = {
        .level = SETTING_TENANT, .scope = TENANT, .name = "remediation", .is_set = true, .value = "always"};
    (void)state;
    set(&account, "remediation", "auto");
    set(&account, "lease", "2h");
    assert_true(store_setting_put(store, &r, NULL));
    (void)snprintf(r.name, sizeof r.name, "lease");
    assert_true(store_setting_put(store, &r, NULL));
    (void)snprintf(r.name, sizeof r.name, "of_the_future");
    assert_true(store_setting_put(store, &r, NULL));
    assert_string_equal(value_at(&tenant, SET_REMEDIATION).text, "off");
    assert_string_equal(value_at(&tenant, SET_LEASE).text, "2h");
    assert_string_equal(value_at(&other, SET_REMEDIATION).text, "auto");
}

static void a_tenant_s_settings_go_with_it(void **state)
{
    struct err e = {0};
    (void)state;
    set(&tenant, "remediation", "auto");
    assert_true(tenant_remove(store, TENANT, &e));
    add_tenant(TENANT, "Contoso", "main");
    assert_string_equal(value_at(&tenant, SET_REMEDIATION).text, "off");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_nearest_level_holds),
        TEST(values_are_checked),
        TEST(too_long_is_refused),
        TEST(choices_are_where_code_thinks),
        TEST(defaults_are_safe),
        TEST(what_is_wrong_is_named),
        TEST(since_is_never_too_early),
        TEST(changes_are_in_the_audit_trail),
        TEST(a_stored_value_not_understood_is_the_safe_one),
        TEST(a_tenant_s_settings_go_with_it),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
