/* The variants: their table, how they are chosen, and for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client.h"
#include "twin/causes.h"
#include "twin/variants.h"

static void the_table_is_sound(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VARIANT_COUNT; i++) {
        const struct variant_row *row = &variant_rows[i];
        assert_true(row->meaning[0] && row->choices[0] && row->choices[1]);
        for (unsigned k = 0; k < i; k++) assert_string_not_equal(row->name, variant_rows[k].name);
        unsigned code, status;
        char error[40];
        if (sscanf(row->name, "login.%u", &code) != 1) continue;
        for (unsigned k = 0; k < VARIANT_CHOICES_MAX && row->choices[k]; k++)
            assert_int_equal(sscanf(row->choices[k], "%u %39s", &status, error), 2);
    }
}

static void choices_are_set_and_read(void **state)
{
    struct variants v = {{0}}, over = {{0}};
    struct err e;
    int status;
    const char *error;
    (void)state;
    assert_string_equal(variant_text(&v, VARIANT_ALERTS_TOP), "clamp");
    assert_true(variants_parse(&v, STR("alerts.top=refuse, alerts.page=50"), &e));
    assert_true(variant_is(&v, VARIANT_ALERTS_TOP, "refuse"));
    assert_false(variant_is(&v, VARIANT_ALERTS_TOP, "clamp"));
    assert_int_equal(variant_number(&v, VARIANT_ALERTS_PAGE), 50);
    assert_true(variants_set(&over, STR("alerts.page"), STR("1000"), &e));
    variants_lay_over(&v, &over);
    assert_int_equal(variant_number(&v, VARIANT_ALERTS_PAGE), 1000);
    assert_true(variant_is(&v, VARIANT_ALERTS_TOP, "refuse"));
    assert_true(variants_set(&v, STR("login.7000218"), STR("400 invalid_request"), &e));
    assert_true(variant_login(&v, 7000218, &status, &error));
    assert_int_equal(status, 400);
    assert_string_equal(error, "invalid_request");
    assert_false(variant_login(&v, 7000215, &status, &error));
}

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *spec, *want;
    } rows[] = {
        {"alerts.tip=refuse", "there is no variant \"alerts.tip\""},
        {"alerts.top=5", "alerts.top can be clamp, refuse; not \"5\""},
        {"alerts.top", "alerts.top can be clamp, refuse; not \"\""},
    };
    struct variants v = {{0}};
    struct scenario s;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(variants_parse(&v, str_of(rows[i].spec), &e));
        assert_string_equal(e.text, rows[i].want);
        assert_ptr_equal(e.cause, &twin_causes[TWIN_BAD_VARIANT]);
    }
    assert_false(scenario_parse(STR("variants: {alerts.top: 5}"), "s.yaml", &s, &e));
    assert_non_null(strstr(e.text, "s.yaml:1:24"));
    assert_false(scenario_parse(STR("rules: [{variants: [alerts.top]}]"), "s.yaml", &s, &e));
}

/* A rule's choice is its tenants' alone; a tenant that is not found is answered as the scenario says. */
static void rules_choose_for_tenants(void **state)
{
    static const char scenario[] = "variants: {login.90002: 400 invalid_request}\n"
                                   "rules:\n  - {tenants: 1, variants: {login.7000218: 400 invalid_request}}\n";
    struct client c;
    char target[200], body[200];
    (void)state;
    client_open(&c, scenario, 2, 1);
    for (unsigned tenant = 0; tenant < 2; tenant++) {
        client_become(&c, tenant);
        (void)snprintf(target, sizeof target, "/%s/oauth2/v2.0/token", c.tenant.id);
        (void)snprintf(body, sizeof body, "grant_type=client_credentials&client_id=%s&scope=%s/.default",
                       c.tenant.client_id, CLOUD_GRAPH_AUDIENCE);
        assert_int_equal(client_call(&c, "POST", target, "", body), tenant ? 400 : 401);
    }
    assert_int_equal(client_call(&c, "POST", "/nobody.example/oauth2/v2.0/token", "", body), 400);
    assert_true(str_eq(json_str(json_get(c.json, "error"), STR_NONE), STR("invalid_request")));
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(choices_are_set_and_read),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(rules_choose_for_tenants),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
