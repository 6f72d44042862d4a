/* Whose turn it is: budgets, fairness, parking, back-off, spreading. Virtual time, no feeds behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "flow/ingest/feed/sched.h"
#include "kit/base/hash.h"

enum { FEEDS = 10, TENANTS_MAX = 200 };
struct fleet {
    struct sched sched;
    struct sched_tenant tenants[TENANTS_MAX];
    struct sched_feed feeds[TENANTS_MAX][FEEDS];
    struct rng rng;
};

static struct fleet *fleet_new(size_t tenants, unsigned in_flight_max)
{
    struct fleet *f = calloc(1, sizeof *f);
    struct sched_limits limits = {in_flight_max, 3, 45, 50};
    assert_non_null(f);
    rng_seed(&f->rng, 1);
    sched_init(&f->sched, &limits);
    for (size_t t = 0; t < tenants; t++) {
        sched_tenant_init(&f->tenants[t], &limits, f->feeds[t], FEEDS, (struct mono){0});
        for (size_t i = 0; i < FEEDS; i++)
            f->feeds[t][i] = (struct sched_feed){.family = i < 2    ? API_GRAPH_SECURITY
                                                           : i == 2 ? API_ENDPOINT
                                                                    : API_GRAPH_HUNTING,
                                                 .is_waiting = true};
        assert_true(sched_add(&f->sched, &f->tenants[t]));
    }
    return f;
}

static void fleet_free(struct fleet *f)
{
    sched_done(&f->sched);
    free(f);
}

static void test_tenants_take_turns(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(5, 10);
    unsigned per_tenant[5] = {0};
    struct sched_tenant *t;
    size_t feed;
    int64_t wait;
    for (unsigned n = 0; n < 10; n++) {
        assert_true(sched_pick(&f->sched, (struct mono){0}, &t, &feed, &wait));
        sched_started(&f->sched, t, feed, (struct mono){0});
        per_tenant[t - f->tenants]++;
    }
    for (unsigned i = 0; i < 5; i++) assert_int_equal(per_tenant[i], 2);
    assert_false(sched_pick(&f->sched, (struct mono){0}, &t, &feed, &wait)); /* ten at once, no more */
    fleet_free(f);
}

static void test_a_tenant_holds_only_a_few(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(1, 64);
    struct sched_tenant *t;
    size_t feed;
    int64_t wait;
    unsigned started = 0;
    while (sched_pick(&f->sched, (struct mono){0}, &t, &feed, &wait)) {
        sched_started(&f->sched, t, feed, (struct mono){0});
        assert_true(feed < 2 || started > 1); /* alerts and incidents first */
        started++;
    }
    assert_int_equal(started, 3);
    for (size_t i = 0; i < 3; i++) sched_ended(&f->sched, &f->tenants[0], i, false);
    assert_true(sched_pick(&f->sched, (struct mono){0}, &t, &feed, &wait));
    sched_started(&f->sched, t, feed, (struct mono){0});
    assert_false(sched_pick(&f->sched, (struct mono){0}, &t, &feed, &wait)); /* one while its calls fail */
    sched_ended(&f->sched, t, feed, true);
    assert_true(sched_pick(&f->sched, (struct mono){0}, &t, &feed, &wait));
    fleet_free(f);
}

/* Half of 45 a minute is 22, however often we ask; and the pause of one family leaves the others alone. */
/* Among feeds of one budget the one that has waited longest goes first, whatever another asks for again and again. */
static void test_nobody_lives_on_its_neighbours_share(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(1, 64);
    unsigned served[FEEDS] = {0};
    for (int64_t ms = 0; ms < 600000; ms += 500) {
        struct sched_tenant *t;
        size_t feed;
        int64_t wait;
        while (sched_pick(&f->sched, (struct mono){ms}, &t, &feed, &wait)) {
            sched_started(&f->sched, t, feed, (struct mono){ms});
            sched_ended(&f->sched, t, feed, true);
            served[feed]++;
            sched_wait(&f->sched, t, feed, (struct mono){feed < 3 ? ms + 60000 : feed == 3 ? ms : ms + 10000});
        }
    }
    for (size_t i = 4; i < FEEDS; i++) assert_in_range(served[i], 20, 60);
    fleet_free(f);
}

/* What one application may ask of Graph in all: tenants whose own budgets are full share it, and all of it is used. */
static void test_application_ceiling(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(TENANTS_MAX, 4096);
    unsigned in_second[3] = {0}, per_tenant[TENANTS_MAX] = {0}, least = UINT32_MAX;
    for (int64_t ms = 0; ms < 3000; ms++) {
        struct sched_tenant *t;
        size_t feed;
        int64_t wait;
        while (sched_pick(&f->sched, (struct mono){ms}, &t, &feed, &wait)) {
            sched_started(&f->sched, t, feed, (struct mono){ms});
            sched_ended(&f->sched, t, feed, true);
            in_second[ms / 1000] += feed != 2; /* that one is not Graph's */
            per_tenant[t - f->tenants]++;
            if (feed != 2) sched_wait(&f->sched, t, feed, (struct mono){0});
        }
        assert_true(wait > 0);
    }
    for (unsigned i = 0; i < 3; i++) assert_true(in_second[i] <= 2000);
    assert_true(in_second[1] > 1500);
    for (unsigned i = 0; i < TENANTS_MAX; i++) least = per_tenant[i] < least ? per_tenant[i] : least;
    assert_true(least >= 20);
    fleet_free(f);
}

static void test_budgets(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(1, 64);
    unsigned hunting = 0;
    for (int64_t ms = 0; ms < 60000; ms += 100) {
        struct sched_tenant *t;
        size_t feed;
        int64_t wait;
        while (sched_pick(&f->sched, (struct mono){ms}, &t, &feed, &wait)) {
            sched_started(&f->sched, t, feed, (struct mono){ms});
            sched_ended(&f->sched, t, feed, true);
            if (feed < 3) continue; /* once each */
            hunting++;
            sched_wait(&f->sched, t, feed, (struct mono){0});
        }
        assert_true(wait > 0); /* a time to look again is told */
    }
    assert_in_range(hunting, 20, 45); /* a full bucket, and what flows in during the minute */
    sched_wait(&f->sched, &f->tenants[0], 0, (struct mono){0});
    sched_pause(&f->tenants[0], API_GRAPH_SECURITY, (struct mono){60000}, 5000);
    struct sched_tenant *t;
    size_t feed;
    int64_t wait;
    for (size_t i = 1; i < FEEDS; i++) sched_forget(&f->tenants[0], i);
    assert_false(sched_pick(&f->sched, (struct mono){60000}, &t, &feed, &wait));
    assert_in_range(wait, 4900, 5100);
    sched_wait(&f->sched, &f->tenants[0], 2, (struct mono){0});
    assert_true(sched_pick(&f->sched, (struct mono){60000}, &t, &feed, &wait));
    assert_int_equal(feed, 2);
    fleet_free(f);
}

static void test_parked_is_tried_rarely(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(2, 64);
    struct sched_tenant *t;
    size_t feed;
    int64_t wait;
    sched_park(&f->tenants[0], (struct mono){0}, &f->rng);
    int64_t until = f->tenants[0].parked_until.ms;
    assert_in_range(until, 14 * 60000, 16 * 60000);
    sched_park(&f->tenants[0], (struct mono){10}, &f->rng); /* an answer to a call that was out already */
    assert_int_equal(f->tenants[0].parked_until.ms, until);
    for (size_t i = 0; i < FEEDS; i++) {
        if (sched_pick(&f->sched, (struct mono){20}, &t, &feed, &wait)) {
            assert_ptr_equal(t, &f->tenants[1]);
            sched_started(&f->sched, t, feed, (struct mono){20});
            sched_ended(&f->sched, t, feed, true);
        }
    }
    for (unsigned n = 0; n < 6; n++) sched_park(&f->tenants[0], f->tenants[0].parked_until, &f->rng);
    int64_t last = f->tenants[0].parked_until.ms;
    sched_park(&f->tenants[0], f->tenants[0].parked_until, &f->rng);
    assert_in_range(f->tenants[0].parked_until.ms - last, 56 * 60000, 64 * 60000);
    sched_unpark(&f->sched, &f->tenants[0]);
    assert_true(sched_pick(&f->sched, (struct mono){20}, &t, &feed, &wait));
    fleet_free(f);
}

/* Tenants that never answer hold one or a few places each; all others are served. */
static void test_hanging_tenants_hold_nobody_up(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(200, 64);
    unsigned served[TENANTS_MAX] = {0};
    for (unsigned round = 0; round < 400; round++) {
        struct sched_tenant *t;
        size_t feed;
        int64_t wait;
        struct mono now = {round * 100};
        while (sched_pick(&f->sched, now, &t, &feed, &wait)) {
            size_t index = (size_t)(t - f->tenants);
            sched_started(&f->sched, t, feed, now);
            if (index < 10) continue; /* hangs */
            served[index]++;
            sched_ended(&f->sched, t, feed, true);
        }
    }
    for (unsigned i = 10; i < 200; i++) assert_int_equal(served[i], FEEDS);
    fleet_free(f);
}

/* Tenants come and go, feeds fall due at random: whoever is due is found, in time, and nobody else. */
static void test_the_heap_finds_who_is_due(void **state)
{
    (void)state;
    struct fleet *f = fleet_new(TENANTS_MAX, 1000);
    struct rng rng;
    bool is_in[TENANTS_MAX];
    int64_t now = 0;
    rng_seed(&rng, 7);
    for (size_t t = 0; t < TENANTS_MAX; t++) {
        is_in[t] = true;
        for (size_t i = 0; i < FEEDS; i++) sched_forget(&f->tenants[t], i);
    }
    for (unsigned round = 0; round < 3000; round++) {
        size_t index = rng_below(&rng, TENANTS_MAX), wanted = rng_below(&rng, FEEDS);
        struct sched_tenant *t = &f->tenants[index], *got;
        if (rng_chance(&rng, 0.1)) {
            if (is_in[index])
                sched_remove(&f->sched, t);
            else
                assert_true(sched_add(&f->sched, t));
            is_in[index] = !is_in[index];
        }
        if (is_in[index]) sched_wait(&f->sched, t, wanted, (struct mono){now + (int64_t)rng_below(&rng, 60000)});
        now += 30000; /* so slow that no budget is ever short */
        size_t feed;
        int64_t wait;
        while (sched_pick(&f->sched, (struct mono){now}, &got, &feed, &wait)) {
            assert_true(got->feeds[feed].is_waiting && got->feeds[feed].due.ms <= now);
            assert_true(is_in[got - f->tenants]);
            sched_started(&f->sched, got, feed, (struct mono){now});
            sched_ended(&f->sched, got, feed, true);
        }
        int64_t next = INT64_MAX;
        for (size_t k = 0; k < TENANTS_MAX; k++)
            for (size_t i = 0; is_in[k] && i < FEEDS; i++)
                if (f->feeds[k][i].is_waiting && f->feeds[k][i].due.ms < next) next = f->feeds[k][i].due.ms;
        assert_true(next > now);
        assert_int_equal(wait, next == INT64_MAX ? -1 : next - now);
    }
    fleet_free(f);
}

static void test_polls_spread(void **state)
{
    (void)state;
    struct rng rng;
    unsigned in_second[60] = {0};
    rng_seed(&rng, 3);
    for (uint64_t phase = 0; phase < 6000; phase++) {
        struct mono now = {1000000};
        struct mono due = sched_next_due(now, 60000, hash64_of(&phase, sizeof phase), &rng);
        assert_in_range(due.ms - now.ms, 28000, 92000);
        in_second[(due.ms % 60000) / 1000]++;
    }
    for (unsigned i = 0; i < 60; i++) assert_in_range(in_second[i], 50, 160);
}

static void test_back_off_grows_and_is_bounded(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 4);
    assert_in_range(sched_backoff_ms(1, &rng), 1500, 2500);
    assert_in_range(sched_backoff_ms(4, &rng), 12000, 20000);
    for (unsigned n = 9; n < 100; n++) assert_in_range(sched_backoff_ms(n, &rng), 225000, 375000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tenants_take_turns),
        cmocka_unit_test(test_a_tenant_holds_only_a_few),
        cmocka_unit_test(test_application_ceiling),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_nobody_lives_on_its_neighbours_share),
        cmocka_unit_test(test_parked_is_tried_rarely),
        cmocka_unit_test(test_hanging_tenants_hold_nobody_up),
        cmocka_unit_test(test_the_heap_finds_who_is_due),
        cmocka_unit_test(test_polls_spread),
        cmocka_unit_test(test_back_off_grows_and_is_bounded),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
