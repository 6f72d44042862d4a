/* face/health/doctor: what is judged from numbers alone, the order of findings, and what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "face/health/doctor.h"
#include "state/store/notices.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MIB UINT64_C(1048576)

static void test_disk(void **state)
{
    static const struct {
        struct disk_facts f;
        enum finding_state wanted;
    } rows[] = {
        {{.free = 100000 * MIB, .total = 200000 * MIB}, FINDING_OK},
        {{.free = 511 * MIB, .total = 200000 * MIB}, FINDING_WARNING},
        {{.free = 63 * MIB, .total = 200000 * MIB}, FINDING_FAILED},
        {{.free = 70000 * MIB, .total = 200000 * MIB, .day = 10000 * MIB}, FINDING_OK},
        {{.free = 69999 * MIB, .total = 200000 * MIB, .day = 10000 * MIB}, FINDING_WARNING},
        {{.free = 9999 * MIB, .total = 200000 * MIB, .day = 10000 * MIB}, FINDING_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char reason[200];
        assert_int_equal(doctor_judge_disk(&rows[i].f, reason), rows[i].wanted);
        assert_non_null(strstr(reason, "MiB are free"));
        assert_int_equal(strstr(reason, "last day") != NULL, rows[i].f.day != 0);
    }
}

static void test_expiry(void **state)
{
    const struct wall now = {WALL_TICKS_PER_DAY * 1000};
    int64_t days;
    (void)state;
    assert_int_equal(doctor_judge_expiry(wall_add(now, 30 * WALL_TICKS_PER_DAY), now, &days), FINDING_OK);
    assert_int_equal(days, 30);
    assert_int_equal(doctor_judge_expiry(wall_add(now, 30 * WALL_TICKS_PER_DAY - 1), now, &days), FINDING_WARNING);
    assert_int_equal(doctor_judge_expiry(wall_add(now, 1), now, &days), FINDING_WARNING);
    assert_int_equal(doctor_judge_expiry(now, now, &days), FINDING_FAILED);
}

static void test_order(void **state)
{
    struct doctor d = {.findings = NULL};
    const struct cause *c = &doctor_causes[DOCTOR_MODE];
    (void)state;
    doctor_ok(&d, AREA_STORE);
    doctor_find(&d, AREA_TENANTS, FINDING_WARNING, c, "a", "%d", 1);
    doctor_find(&d, AREA_KEY, FINDING_WARNING, c, "b", "%d", 2);
    doctor_find(&d, AREA_TENANTS, FINDING_FAILED, c, "c", "%d", 3);
    doctor_find(&d, AREA_TENANTS, FINDING_FAILED, c, "d", "%d", 4);
    for (int i = 0; i < 200; i++) doctor_find(&d, AREA_LOG, FINDING_FAILED, c, "e", "%d", i);
    doctor_sort(&d);
    assert_int_equal(d.count, 204);
    assert_string_equal(d.findings[0].place, "e");
    assert_string_equal(d.findings[199].reason, "199");
    assert_string_equal(d.findings[200].place, "c");
    assert_string_equal(d.findings[201].place, "d");
    assert_string_equal(d.findings[202].place, "b");
    assert_string_equal(d.findings[203].place, "a");
    assert_string_equal(d.findings[0].code, c->code);
    assert_string_equal(d.findings[0].remedy, c->remedy);
    assert_int_equal(doctor_total(&d, FINDING_OK), 1);
    assert_int_equal(doctor_total(&d, FINDING_WARNING), 2);
    assert_int_equal(doctor_total(&d, FINDING_FAILED), 202);
    assert_int_equal(d.counts[AREA_TENANTS][FINDING_FAILED], 2);
    doctor_done(&d);
}

/* Each is there, with its remedy, and fits where findings keep it. */
static void test_causes(void **state)
{
    (void)state;
    for (int i = 0; i < DOCTOR_CAUSE_COUNT; i++) {
        assert_non_null(doctor_causes[i].code);
        assert_true(strlen(doctor_causes[i].remedy) < NOTICE_REMEDY_BYTES);
    }
    for (int i = 0; i < DOCTOR_AREAS; i++) assert_non_null(doctor_area_names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_disk), cmocka_unit_test(test_expiry),
                                       cmocka_unit_test(test_order), cmocka_unit_test(test_causes)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
