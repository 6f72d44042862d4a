#include "flow/ingest/feed/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flow/ingest/feed/facts.h"
#include "state/store/fingerprints.h"

static struct wall at(const char *text)
{
    struct wall t;
    assert_true(wall_parse(str_of(text), &t));
    return t;
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct verdict v = {.hour = 7, .repaired = 12, .differs = 1u << 3 | 1u << 11}, back;
    struct verdict_record r;
    struct buf text;
    v.counted[3] = 5;
    v.held[3] = 4;
    v.counted[11] = UINT32_MAX;
    buf_init(&text, 4096);
    verdict_write(&v, &text, &r);
    assert_true(verdict_restore(&r, &back));
    assert_true(back.hour == 7 && back.repaired == 12 && back.differs == v.differs && !back.is_pulled);
    assert_true(back.counted[3] == 5 && back.held[3] == 4 && back.counted[11] == UINT32_MAX);
    v.differs = 0;
    verdict_write(&v, &text, &r);
    assert_int_equal(r.differing.n, 0);
    r.differing = STR("[[12,1,1]]");
    assert_false(verdict_restore(&r, &back)); /* an hour has no such bin */
    r.differing = STR("[[1,1]]");
    assert_false(verdict_restore(&r, &back));
    r.differing = STR("{");
    assert_false(verdict_restore(&r, &back));
    buf_done(&text);
}

/* Runs end with their hour, so that what is read again belongs to one hour. */
static void test_runs_end_with_their_hour(void **state)
{
    (void)state;
    struct wall from = at("2026-11-20T10:40:00Z"), to = at("2026-11-20T12:10:00Z");
    struct feed_counts c = {0};
    uint64_t remote[18];
    int64_t expected[18];
    for (int i = 0; i < 18; i++) {
        remote[i] = 10 + (uint64_t)i;
        expected[i] = i == 17 ? -3 : 9;
    }
    counts_compare(from, to, remote, expected, &c);
    assert_int_equal(c.run_count, 3);
    assert_int_equal(c.runs[0].count, 4);
    assert_int_equal(c.runs[1].count, 12);
    assert_int_equal(c.runs[2].count, 2);
    assert_true(c.runs[1].first == bin_of(at("2026-11-20T11:00:00Z")));
    assert_true(c.counted[1][0] == 14 && c.held[1][0] == 9 && c.held[2][1] == 0);
    assert_true(c.judged_to.ticks == to.ticks);
}

/* What is said goes no further than what was judged. */
static void test_news_of_an_effect(void **state)
{
    (void)state;
    struct feed_counts c = {.run_count = 1};
    struct verdict_news n;
    c.runs[0] = (struct bin_run){bin_of(at("2026-11-20T10:40:00Z")), 3};
    struct feed_effect effect = {.is_judged = true,
                                 .judged_from = at("2026-11-20T10:00:00Z"),
                                 .judged_to = at("2026-11-20T10:50:00Z"),
                                 .differing = &c};
    assert_true(verdict_news_of(&effect, &n));
    assert_int_equal(n.count, 2);
    assert_false(verdict_news_is_empty(&n));
    verdict_news_done(&n);
    assert_true(verdict_news_is_empty(&n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_runs_end_with_their_hour),
        cmocka_unit_test(test_news_of_an_effect),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
