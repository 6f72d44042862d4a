/* The twin's login and doors: permissions, audiences, token errors, assertions, consent. Section numbers are the
 * reference's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "client.h"
#include "twin/permissions.h"

static unsigned bits(role_set set)
{
    return (unsigned)__builtin_popcountll(set);
}

/* ---- permissions: section 2.6 and the guides ------------------------------------------------------------------------- */
static void guides_ask_for_what_they_print(void **state)
{
    static const struct {
        const char *set;
        unsigned graph, endpoint;
    } rows[] = {{"mandiant", 4, 2},
                {"huntress", 5, 22},
                {"databee", 1, 0},
                {"barracuda-response", 0, 3},
                {"barracuda-multi-tenant", 0, 1},
                {"none", 0, 0}};
    role_set set;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(permission_set_by_name(str_of(rows[i].set), &set));
        print_message("# %s\n", rows[i].set);
        assert_int_equal(bits(set & roles_of_api(API_GRAPH)), rows[i].graph);
        assert_int_equal(bits(set & roles_of_api(API_ENDPOINT)), rows[i].endpoint);
    }
    assert_true(permission_set_by_name(STR("all"), &set));
    assert_int_equal(bits(set), role_count);
    assert_false(permission_set_by_name(STR("some"), &set));
    assert_int_equal(bits(roles_by_name(STR("User.Read.All"))), 2); /* one word, two APIs */
}

/* What each set of permissions opens: the status of an answer per door. */
static void sets_open_their_doors(void **state)
{
    static const struct {
        const char *set;
        int alerts, incidents, hunting, machines;
    } rows[] = {
        {"mandiant", 200, 200, 403, 200},
        {"huntress", 200, 200, 403, 200},
        {"databee", 403, 403, 200, 403},
        {"barracuda-response", 403, 403, 403, 200},
        {"barracuda-multi-tenant", 403, 403, 403, 403},
        {"all", 200, 200, 200, 200},
        {"none", 403, 403, 403, 403},
    };
    struct client c;
    struct buf yaml;
    (void)state;
    buf_init(&yaml, 4096);
    buf_addf(&yaml, "machines: 3\nalerts_before: 2\nrules:\n");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_addf(&yaml, "  - {tenants: %u, permissions: %s}\n", i, rows[i].set);
    client_open(&c, buf_cstr(&yaml), sizeof rows / sizeof rows[0], 1);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_become(&c, i);
        assert_int_equal(c.status, 200); /* a token there always is */
        assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), rows[i].alerts);
        assert_int_equal(cloud_feed_readable(c.cloud, i, TABLE_COUNT), rows[i].alerts == 200);
        assert_int_equal(client_get(&c, "/v1.0/security/incidents"), rows[i].incidents);
        assert_int_equal(client_hunt(&c, "DeviceInfo | count"), rows[i].hunting);
        assert_int_equal(client_get(&c, "/api/machines"), rows[i].machines);
    }
    client_close(&c);
    buf_done(&yaml);
}

static void roles_can_be_listed_and_taken_away(void **state)
{
    struct client c;
    (void)state;
    client_open(&c,
                "alerts_before: 2\nmachines: 2\nrules:\n  - {tenants: 0, roles: [SecurityAlert.ReadWrite.All, "
                "Machine.Read.All]}\n"
                "  - {tenants: 1, permissions: databee, roles: [Machine.ReadWrite.All]}\n"
                "  - {tenants: 2, lacks: [machines, alerts]}\n"
                "  - {tenants: 3, permissions: mandiant, refusal: af10001}\n",
                4, 1);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 200); /* writing implies reading */
    assert_int_equal(client_get(&c, "/v1.0/security/incidents"), 403);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    client_become(&c, 1);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 200);
    assert_int_equal(client_get(&c, "/api/machines"), 200);
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 403);
    client_become(&c, 2);
    assert_int_equal(client_get(&c, "/api/machines"), 403);
    assert_string_equal(client_message(&c),
                        "Missing application roles. API required roles: Machine.Read.All,Machine.ReadWrite.All");
    assert_int_equal(client_get(&c, "/v1.0/security/alerts_v2"), 403);
    client_become(&c, 3);
    assert_int_equal(client_hunt(&c, "DeviceInfo | count"), 401); /* section 23.12 */
    assert_string_equal(client_error(&c), "AF10001");
    client_close(&c);
}

static void scenarios_say_what_is_wrong_with_permissions(void **state)
{
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"rules:\n  - {permissions: some}\n", "test:2:19: a set of permissions is one of mandiant"},
        {"rules:\n  - {roles: [Alert.Read.Some]}\n", "test:2:14: not a role the twin knows"},
        {"rules:\n  - {roles: siem}\n", "roles is a list"},
        {"rules:\n  - {refusal: politely}\n", "a refusal is forbidden or af10001"},
    };
    struct scenario s;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(scenario_parse(str_of(rows[i].yaml), "test", &s, &e));
        if (strstr(e.text, rows[i].says) == NULL) fail_msg("%s", e.text);
    }
}

/* A token opens the API it was asked for, and no other. */
static void audiences_are_kept_apart(void **state)
{
    struct client c;
    char xdr[4096];
    (void)state;
    client_open(&c, "machines: 2\n", 1, 1);
    client_token(&c, "https://api.security.microsoft.com", xdr, sizeof xdr);
    assert_int_equal(c.status, 200);
    assert_int_equal(client_call(&c, "GET", "/api/machines", xdr, ""), 401);
    assert_int_equal(client_call(&c, "GET", "/v1.0/security/alerts_v2", xdr, ""), 401);
    client_token(&c, "https://securitycenter.onmicrosoft.com/windowsatpservice", xdr, sizeof xdr);
    assert_int_equal(client_call(&c, "GET", "/api/machines", xdr, ""), 200);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guides_ask_for_what_they_print),
        cmocka_unit_test(sets_open_their_doors),
        cmocka_unit_test(roles_can_be_listed_and_taken_away),
        cmocka_unit_test(scenarios_say_what_is_wrong_with_permissions),
        cmocka_unit_test(audiences_are_kept_apart),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
