/* kit/sys: the loop. Posts from many threads, timers, watches, signals, and the order lanes keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "kit/sys/loop.h"

static struct loop *loop;

static int loop_setup(void **state)
{
    struct err e;
    (void)state;
    return loop_new(clock_real(), &loop, &e) ? 0 : -1;
}

static int loop_teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* ---- posts */

enum { POSTERS = 4, POSTS_EACH = 2000 };
static unsigned posts_seen[POSTERS];
static unsigned posts_in_all;

static void on_post(void *arg)
{
    uintptr_t v = (uintptr_t)arg;
    unsigned who = (unsigned)(v / POSTS_EACH), nth = (unsigned)(v % POSTS_EACH);
    assert_int_equal(posts_seen[who], nth); /* each thread's own order holds */
    posts_seen[who]++;
    if (++posts_in_all == POSTERS * POSTS_EACH) loop_stop(loop);
}

static void *poster(void *arg)
{
    for (uintptr_t i = 0; i < POSTS_EACH; i++) loop_post(loop, on_post, (void *)((uintptr_t)arg * POSTS_EACH + i));
    return NULL;
}

static void posts_come_in_order_from_any_thread(void **state)
{
    pthread_t threads[POSTERS];
    struct timer *guard = timer_new(loop, stop, NULL);
    (void)state;
    timer_arm(guard, 20000); /* keeps the loop awake for the threads */
    for (uintptr_t i = 0; i < POSTERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, poster, (void *)i), 0);
    loop_run(loop);
    for (int i = 0; i < POSTERS; i++) (void)pthread_join(threads[i], NULL);
    assert_int_equal(posts_in_all, POSTERS * POSTS_EACH);
    timer_free(guard);
}

static unsigned relays;

static void relay(void *arg)
{
    if (++relays < 5) loop_post(loop, relay, arg);
}

static void the_loop_ends_when_nothing_is_left(void **state)
{
    (void)state;
    loop_run(loop); /* nothing at all */
    loop_post(loop, relay, NULL);
    loop_run(loop); /* a post that posts keeps it going, and no longer */
    assert_int_equal(relays, 5);
    loop_stop(loop);
    loop_post(loop, relay, NULL);
    loop_run(loop); /* a stop asked before holds once */
    assert_int_equal(relays, 5);
    loop_run(loop);
    assert_int_equal(relays, 6);
}

/* ---- timers */

static char fired[8];
static size_t fired_count;

static void fire(void *arg)
{
    fired[fired_count++] = *(const char *)arg;
}

static void timers_fire_once_in_order_of_time(void **state)
{
    static char names[] = "abcd";
    struct timer *a = timer_new(loop, fire, &names[0]), *b = timer_new(loop, fire, &names[1]),
                 *c = timer_new(loop, fire, &names[2]), *d = timer_new(loop, fire, &names[3]);
    struct clock real = clock_real();
    (void)state;
    struct mono begun = clock_mono(&real);
    timer_arm(a, 40);
    timer_arm(b, 10);
    timer_arm(c, 5);
    timer_arm(c, 80); /* replaces */
    timer_arm(d, 1);
    timer_disarm(d);
    loop_run(loop);
    assert_int_equal(fired_count, 3);
    assert_memory_equal(fired, "bac", 3);
    assert_true(clock_mono(&real).ms - begun.ms >= 79);
    timer_arm(d, 1);
    timer_free(d); /* freed while armed: silent */
    loop_run(loop);
    assert_int_equal(fired_count, 3);
    timer_free(a);
    timer_free(b);
    timer_free(c);
    timer_free(NULL);
}

/* ---- watches and signals */

static struct watch *reader;
static char received[16];

static void on_readable(void *arg, int fd, int events)
{
    (void)arg;
    assert_true(events & WATCH_READ);
    ssize_t n = read(fd, received, sizeof received);
    assert_true(n > 0);
    watch_free(reader);
}

static void say_hello(void *arg)
{
    assert_int_equal(write(*(int *)arg, "hello", 5), 5);
}

static void watches_tell_readiness(void **state)
{
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    reader = watch_new(loop, ends[0], on_readable, NULL);
    watch_set(reader, WATCH_READ);
    loop_post(loop, say_hello, &ends[1]);
    loop_run(loop);
    assert_memory_equal(received, "hello", 5);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static int signal_seen;

static void on_term(void *arg, int signum)
{
    (void)arg;
    signal_seen = signum;
    loop_stop(loop);
}

static void raise_term(void *arg)
{
    (void)arg;
    (void)kill(getpid(), SIGTERM);
}

static void signals_arrive_on_the_loop(void **state)
{
    struct timer *guard = timer_new(loop, stop, NULL);
    (void)state;
    loop_on_signal(loop, SIGTERM, on_term, NULL);
    loop_run(loop); /* a signal alone keeps nobody awake */
    timer_arm(guard, 20000);
    loop_post(loop, raise_term, NULL);
    loop_run(loop);
    assert_int_equal(signal_seen, SIGTERM);
    timer_free(guard);
}

/* ---- workers and lanes */

enum { LANES = 8, ITEMS = 200 };
struct item {
    unsigned lane, nth;
};
static struct item items[LANES][ITEMS];
static struct lane *lanes[LANES];
static atomic_uint running_in_lane[LANES], ran[LANES];
static unsigned done_in_lane[LANES];
static atomic_uint running_now, running_most;
static pthread_t loop_thread;

static void item_run(void *arg)
{
    struct item *it = arg;
    assert_int_equal(atomic_fetch_add(&running_in_lane[it->lane], 1), 0); /* never two of one lane */
    assert_int_equal(atomic_fetch_add(&ran[it->lane], 1), it->nth);
    unsigned now = atomic_fetch_add(&running_now, 1) + 1;
    if (now > atomic_load(&running_most)) atomic_store(&running_most, now);
    if (it->nth % 50 == 0) (void)usleep(2000);
    atomic_fetch_sub(&running_now, 1);
    atomic_fetch_sub(&running_in_lane[it->lane], 1);
}

static void item_done(void *arg)
{
    struct item *it = arg;
    assert_true(pthread_equal(pthread_self(), loop_thread));
    assert_int_equal(done_in_lane[it->lane], it->nth);
    if (++done_in_lane[it->lane] == ITEMS) lane_free(lanes[it->lane]); /* the last done may */
}

static void lanes_keep_their_order_and_run_side_by_side(void **state)
{
    (void)state;
    loop_thread = pthread_self();
    for (unsigned l = 0; l < LANES; l++) lanes[l] = lane_new(loop);
    for (unsigned i = 0; i < ITEMS; i++)
        for (unsigned l = 0; l < LANES; l++) {
            items[l][i] = (struct item){l, i};
            work_submit(loop, lanes[l], item_run, item_done, &items[l][i]);
        }
    loop_run(loop); /* ends when all is done */
    for (unsigned l = 0; l < LANES; l++) assert_int_equal(done_in_lane[l], ITEMS);
    assert_true(atomic_load(&running_most) >= 2);
}

static atomic_uint dropped_ran;

static void slow(void *arg)
{
    (void)arg;
    atomic_fetch_add(&dropped_ran, 1);
    (void)usleep(20000);
}

static void must_not_come(void *arg)
{
    (void)arg;
    fail();
}

static void freeing_the_loop_drops_what_is_queued(void **state)
{
    struct loop *other;
    struct err e;
    (void)state;
    assert_true(loop_new(clock_real(), &other, &e));
    struct lane *lane = lane_new(other);
    for (int i = 0; i < 500; i++) work_submit(other, i % 2 ? lane : NULL, slow, must_not_come, NULL);
    loop_post(other, must_not_come, NULL);
    struct timer *t = timer_new(other, must_not_come, NULL);
    timer_arm(t, 0); /* left open: loop_free frees it */
    loop_free(other);
    lane_free(lane);
    assert_true(atomic_load(&dropped_ran) < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_come_in_order_from_any_thread),
        cmocka_unit_test(the_loop_ends_when_nothing_is_left),
        cmocka_unit_test(timers_fire_once_in_order_of_time),
        cmocka_unit_test(watches_tell_readiness),
        cmocka_unit_test(signals_arrive_on_the_loop),
        cmocka_unit_test(lanes_keep_their_order_and_run_side_by_side),
        cmocka_unit_test(freeing_the_loop_drops_what_is_queued),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, loop_setup, loop_teardown);
}
