/* cloud/tenant/permissions: the table of permissions, and what a set of roles comes to. The guides' sets are what their
 * customers have consented to, so what they are worth to us is told one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cloud/tenant/permissions.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define F(name) (UINT32_C(1) << FEATURE_##name)
#define P(name) (UINT64_C(1) << PERM_##name)
enum { READING = F(ALERTS) | F(INCIDENTS) | F(HUNTING) | F(MACHINES) };

static void test_rows_are_whole(void **state)
{
    (void)state;
    for (unsigned p = 1; p < PERM_COUNT; p++) {
        const struct permission_row *row = &permission_rows[p];
        assert_non_null(row->role);
        assert_non_null(row->reason);
        assert_int_equal(perm_find(row->audience, str_of(row->role)), p);
        if (!row->implies) continue;
        assert_int_equal(permission_rows[row->implies].audience, row->audience);
        assert_int_equal(permission_rows[row->implies].implies, PERM_NONE); /* one step, so no chain is followed */
    }
    for (unsigned f = 0; f < FEATURE_COUNT; f++) {
        assert_non_null(feature_rows[f].name);
        assert_true(feature_wants(UINT32_C(1) << f) != 0);
    }
    for (unsigned b = 0; b < BUNDLE_COUNT; b++) {
        enum bundle found;
        assert_true(bundle_find(str_of(bundle_names[b]), &found));
        assert_int_equal(found, b);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_int_equal(perm_find(AUD_ENDPOINT, STR("Machine.scan")), PERM_SCAN);
    assert_int_equal(perm_find(AUD_ENDPOINT, STR("Machine.Collectforensics")), PERM_FORENSICS);
    assert_int_equal(perm_find(AUD_GRAPH, STR("User.Read.All")), PERM_GRAPH_USER_READ_ALL);
    assert_int_equal(perm_find(AUD_ENDPOINT, STR("User.Read.All")), PERM_USER_READ);
    assert_int_equal(perm_find(AUD_GRAPH, STR("Machine.Isolate")), PERM_NONE); /* another API's */
    assert_int_equal(perm_find(AUD_GRAPH, STR("")), PERM_NONE);
    assert_int_equal(perm_find(AUD_ENDPOINT, STR("Machine.Read")), PERM_NONE); /* not by a part */
}

static void test_write_implies_read(void **state)
{
    (void)state;
    assert_true(perm_has(P(MACHINE_WRITE), PERM_MACHINE_READ));
    assert_false(perm_has(P(MACHINE_READ), PERM_MACHINE_WRITE));
    assert_true(perm_has(P(INDICATORS_ALL), PERM_INDICATORS));
    assert_false(perm_has(P(ALERT_WRITE), PERM_GRAPH_ALERT_READ)); /* not across APIs */
    assert_false(perm_has(~UINT64_C(0), PERM_NONE));
}

static void test_bundles(void **state)
{
    (void)state;
    assert_int_equal(perm_bundle(AUD_ENDPOINT, STR("Machine.Isolate")), BUNDLE_CONTAIN);
    assert_int_equal(perm_bundle(AUD_GRAPH, STR("SecurityAlert.Read.All")), BUNDLE_READ);
    assert_int_equal(perm_bundle(AUD_GRAPH, STR("SecurityAlert.ReadWrite.All")), BUNDLE_SYNC);
    assert_int_equal(perm_bundle(AUD_GRAPH, STR("")), BUNDLE_NONE);
    assert_true(perm_of_bundles(STR("read, HUNT,what")) ==
                (P(GRAPH_ALERT_READ) | P(GRAPH_INCIDENT_READ) | P(GRAPH_HUNTING)));
    assert_true(perm_of_bundles(STR("none")) == 0);
    assert_true(perm_lacking(P(GRAPH_ALERT_READ) | P(GRAPH_HUNTING), P(GRAPH_ALERT_WRITE)) == P(GRAPH_HUNTING));
    assert_true(perm_of_bundle(BUNDLE_CONTAIN) == (P(ISOLATE) | P(RESTRICT) | P(SCAN) | P(QUARANTINE)));
}

static void test_who_consents(void **state)
{
    (void)state;
    assert_int_equal(perm_consent_by(0), CONSENT_NOBODY);
    assert_int_equal(perm_consent_by(P(ISOLATE) | P(MACHINE_READ)), CONSENT_APPLICATION_ADMIN);
    assert_int_equal(perm_consent_by(P(ISOLATE) | P(GRAPH_HUNTING)), CONSENT_GLOBAL_ADMIN);
    assert_int_equal(perm_consent_by(P(ISOLATE) | P(GRAPH_USER_READ)), CONSENT_APPLICATION_ADMIN); /* delegated */
}

static const struct worth {
    const char *name;
    unsigned guide;
    feature_set enabled;
    perm_set missing;
    feature_set blocked;
    feature_set usable;
    perm_set not_needed;
} worths[] = {
    {"reads alerts, incidents, machines; no events, no action", GUIDE_MANDIANT, READING | F(ISOLATE),
     P(GRAPH_HUNTING) | P(ISOLATE), F(HUNTING) | F(ISOLATE), F(ALERTS) | F(INCIDENTS) | F(MACHINES),
     P(GRAPH_EVENTS_READ) | P(GRAPH_ACTIONS_READ) | P(GRAPH_USER_READ) | P(ALERT_READ)},
    {"nearly all", GUIDE_HUNTRESS, READING | F(ISOLATE) | F(RESTRICT) | F(SCAN) | F(COLLECT) | F(QUARANTINE) | F(SYNC),
     P(QUARANTINE), F(QUARANTINE), READING | F(ISOLATE) | F(RESTRICT) | F(SCAN) | F(COLLECT) | F(SYNC),
     P(GRAPH_EVENTS_WRITE) | P(GRAPH_ORGANIZATION) | P(GRAPH_USER_READ_ALL) | P(ALERT_WRITE) | P(LIBRARY) |
         P(INDICATORS_ALL) | P(EVENT_WRITE) | P(FILE_READ) | P(IP_READ) | P(URL_READ) | P(USER_READ) | P(INTEGRATION) |
         P(REMEDIATION) | P(SCORE) | P(BASELINES) | P(CONFIGURATION) | P(RECOMMENDATIONS) | P(SOFTWARE) |
         P(VULNERABILITY)},
    {"hunts alone", GUIDE_DATABEE, READING, P(GRAPH_ALERT_READ) | P(GRAPH_INCIDENT_READ) | P(MACHINE_READ),
     F(ALERTS) | F(INCIDENTS) | F(MACHINES), F(HUNTING), 0},
    {"isolates", GUIDE_RESPONSE, F(ALERTS) | F(MACHINES) | F(ISOLATE), 0, 0, F(ALERTS) | F(MACHINES) | F(ISOLATE),
     P(GRAPH_USER_READ)},
    {"reads Endpoint's alerts alone", GUIDE_MULTI_TENANT, F(ALERTS) | F(ISOLATE), P(ISOLATE) | P(MACHINE_READ),
     F(ISOLATE), F(ALERTS), 0},
};

static void test_guides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(worths); i++) {
        const struct worth *w = &worths[i];
        struct capabilities c;
        print_message("# %s\n", w->name);
        capabilities_judge(perm_of_guide(w->guide), w->enabled, &c);
        assert_true(c.missing == w->missing);
        assert_true(c.blocked == w->blocked);
        assert_true(c.usable == w->usable);
        assert_true(c.not_needed == w->not_needed);
        assert_true((c.needed | c.not_needed) == c.granted && (c.needed & c.not_needed) == 0);
    }
}

static void test_second_best_and_wider(void **state)
{
    struct capabilities c;
    (void)state;
    capabilities_judge(P(ALERT_READ), F(ALERTS), &c);
    assert_true(c.second == F(ALERTS));
    capabilities_judge(P(MACHINE_WRITE), F(MACHINES), &c);
    assert_true(c.wider == P(MACHINE_WRITE) && c.not_needed == 0 && c.second == 0);
    capabilities_judge(P(MACHINE_WRITE) | P(MACHINE_READ), F(MACHINES), &c);
    assert_true(c.wider == 0 && c.not_needed == P(MACHINE_WRITE));
    capabilities_judge(P(GRAPH_ALERT_WRITE), F(ALERTS) | F(SYNC), &c);
    assert_true(c.wider == 0); /* it writes, too */
    capabilities_judge(P(SCAN) | P(MACHINE_READ) | P(FORENSICS), 0, &c);
    assert_true(c.not_needed == 0 && c.missing == 0 && c.blocked == 0); /* by hand, whenever wanted */
    capabilities_judge(P(SCAN), 0, &c);
    assert_true(c.not_needed == P(SCAN) && c.missing == 0); /* of no use alone */
    capabilities_judge(0, F(SCAN) | F(ISOLATE) | F(ALERTS), &c);
    assert_true(capabilities_blocked_by(&c, PERM_MACHINE_READ) == (F(SCAN) | F(ISOLATE)));
    assert_true(capabilities_blocked_by(&c, PERM_SCAN) == F(SCAN));
}

static void test_words(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 4096);
    assert_true(perm_list(P(ISOLATE) | P(GRAPH_HUNTING) | P(MACHINE_READ), &b));
    assert_string_equal(buf_cstr(&b), "ThreatHunting.Read.All of Microsoft Graph, Machine.Read.All, Machine.Isolate of "
                                      "WindowsDefenderATP");
    buf_reset(&b);
    assert_true(perm_remedy(P(ISOLATE), &b));
    assert_string_equal(buf_cstr(&b),
                        "Grant Machine.Isolate of WindowsDefenderATP as application permissions: in Entra under App "
                        "registrations, the app, API permissions, Add a permission. Then have an Application "
                        "Administrator or Cloud Application Administrator of the tenant consent.");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_whole),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_write_implies_read),    cmocka_unit_test(test_bundles),
        cmocka_unit_test(test_who_consents),          cmocka_unit_test(test_guides),
        cmocka_unit_test(test_second_best_and_wider), cmocka_unit_test(test_words),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
