/* cloud/net: budgets. The property: whatever the history, no window of any rate ever sees more calls than the rate allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cloud/net/budget.h"
#include "kit/sys/random.h"

enum { CALLS_MAX = 20000 };
static int64_t called_at[CALLS_MAX];

/* Calls in any half-open window [t, t + per_ms); it is enough to begin one at each call. */
static void no_window_is_over(const struct rate *r, size_t n)
{
    for (size_t from = 0, to = 0; from < n; from++) {
        while (to < n && called_at[to] < called_at[from] + r->per_ms) to++;
        assert_true(to - from <= r->calls);
    }
}

static void draw_rates(struct rng *rng, struct rate *rates, unsigned *count)
{
    static const int64_t windows[] = {1, 7, 1000, 60000, 3600000};
    *count = 1 + (unsigned)rng_below(rng, BUDGET_RATES_MAX);
    for (unsigned i = 0; i < *count; i++)
        rates[i] =
            (struct rate){1 + (uint32_t)rng_below(rng, rng_chance(rng, 0.3) ? 3 : 200), windows[rng_below(rng, 5)]};
}

/* A caller that is greedy, waits exactly as told, or dawdles; sometimes it is paused. */
static size_t live(struct rng *rng, struct budget *b, int64_t t)
{
    size_t n = 0;
    while (n < 2000) {
        int64_t wait = budget_wait_ms(b, (struct mono){t});
        assert_true(wait >= 0);
        if (wait == 0) {
            budget_spend(b, (struct mono){t});
            called_at[n++] = t;
            if (rng_chance(rng, 0.05)) t += (int64_t)rng_below(rng, 100000);
        } else if (rng_chance(rng, 0.01)) {
            budget_pause(b, (struct mono){t}, (int64_t)rng_below(rng, 5000));
        } else {
            assert_true(budget_wait_ms(b, (struct mono){t + wait - 1}) > 0); /* not a millisecond too long */
            t += wait;
        }
    }
    return n;
}

static void no_rate_is_ever_exceeded(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rng rng;
        struct rate rates[BUDGET_RATES_MAX];
        struct budget b;
        unsigned count;
        rng_seed(&rng, seed);
        draw_rates(&rng, rates, &count);
        int64_t begun = (int64_t)rng_below(&rng, 1000000);
        budget_init(&b, rates, count, (struct mono){begun});
        size_t n = live(&rng, &b, begun);
        for (unsigned i = 0; i < count; i++) no_window_is_over(&rates[i], n);
    }
}

/* A greedy caller gets nearly all that is allowed: 45 a minute and 1,500 an hour give 1,500 within the first hour and a bit. */
static void nearly_all_of_it_can_be_used(void **state)
{
    static const struct rate hunting[] = {{45, 60000}, {1500, 3600000}};
    struct budget b;
    int64_t t = 0;
    (void)state;
    budget_init(&b, hunting, 2, (struct mono){0});
    size_t n = 0;
    for (int64_t wait; t < 3600000; t += wait ? wait : 0) {
        wait = budget_wait_ms(&b, (struct mono){t});
        if (wait == 0) budget_spend(&b, (struct mono){t}), n++;
    }
    assert_in_range(n, 1400, 1500);
}

static void a_pause_holds_and_is_never_shortened(void **state)
{
    static const struct rate rate = {100, 60000};
    struct budget b;
    (void)state;
    budget_init(&b, &rate, 1, (struct mono){1000});
    budget_pause(&b, (struct mono){1000}, 30000);
    budget_pause(&b, (struct mono){2000}, 1000);
    budget_pause(&b, (struct mono){2000}, -5);
    assert_int_equal(budget_wait_ms(&b, (struct mono){2000}), 29000);
    assert_int_equal(budget_wait_ms(&b, (struct mono){31000}), 0);
}

static void one_call_a_window_is_one(void **state)
{
    static const struct rate rate = {1, 60000};
    struct budget b;
    (void)state;
    budget_init(&b, &rate, 1, (struct mono){5});
    assert_int_equal(budget_wait_ms(&b, (struct mono){5}), 0);
    budget_spend(&b, (struct mono){5});
    assert_int_equal(budget_wait_ms(&b, (struct mono){5}), 60000);
    assert_int_equal(budget_wait_ms(&b, (struct mono){60004}), 1);
    assert_int_equal(budget_wait_ms(&b, (struct mono){60005}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rate_is_ever_exceeded),
        cmocka_unit_test(nearly_all_of_it_can_be_used),
        cmocka_unit_test(a_pause_holds_and_is_never_shortened),
        cmocka_unit_test(one_call_a_window_is_one),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
