/* flow/act: calls on the response's own budget, in virtual time, against a Defender that answers when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "flow/act/calls.h"

enum { CALLS_MAX = 200 };

struct fetch_call {
    struct fetch_handler h;
    enum endpoint endpoint;
    char query[64];
    bool is_over, is_response;
};
static struct fetch_call sent[CALLS_MAX];
static size_t sent_count;
static unsigned done_count, failed_count;
static struct virtual_clock now;
static struct calls *calls;
static struct tenant *tenants[2];

static struct {
    void (*fn)(void *arg);
    void *arg;
    int64_t due_ms;
    bool is_armed;
} timer;

static struct runtime_timer *timer_make(void *ctx, void (*fn)(void *arg), void *arg)
{
    (void)ctx;
    timer.fn = fn;
    timer.arg = arg;
    return (struct runtime_timer *)(void *)&timer;
}

static void timer_set(void *ctx, struct runtime_timer *t, uint64_t ms)
{
    (void)ctx, (void)t;
    timer.due_ms = now.mono.ms + (int64_t)ms;
    timer.is_armed = true;
}

static void timer_drop(void *ctx, struct runtime_timer *t)
{
    (void)ctx, (void)t;
}

static void pass(int64_t ms)
{
    int64_t end = now.mono.ms + ms;
    while (timer.is_armed && timer.due_ms <= end) {
        virtual_clock_advance(&now, timer.due_ms > now.mono.ms ? timer.due_ms - now.mono.ms : 0);
        timer.is_armed = false;
        timer.fn(timer.arg);
    }
    virtual_clock_advance(&now, end - now.mono.ms);
}

static struct fetch_call *fetch(void *ctx, struct tenant *t, const struct fetch *f, const struct fetch_handler *h)
{
    struct fetch_call *c = &sent[sent_count++];
    (void)ctx, (void)t;
    assert_true(sent_count < CALLS_MAX);
    *c = (struct fetch_call){.h = *h, .endpoint = f->endpoint, .is_response = f->is_response};
    (void)str_copy(f->query, c->query, sizeof c->query);
    return c;
}

static void cancel(void *ctx, struct fetch_call *c)
{
    (void)ctx;
    c->is_over = true;
}

static void answer(size_t n, const struct err *e)
{
    struct http_response r = {.status = e ? 429 : 200};
    sent[n].is_over = true;
    if (e == NULL) assert_true(sent[n].h.on_body(sent[n].h.ctx, "{}", 2, false));
    sent[n].h.on_done(sent[n].h.ctx, &r, e);
}

static void done(void *arg, struct call_answer *a)
{
    (void)arg;
    done_count++;
    failed_count += a->error != NULL;
    if (a->error == NULL) assert_int_equal(a->body.n, 2);
}

static void send(struct tenant *t, enum endpoint endpoint, enum call_urgency urgency, const char *query)
{
    calls_send(calls, t, &(struct fetch){.endpoint = endpoint, .query = str_of(query)}, urgency, done, NULL);
}

static int setup(void **state)
{
    static const char *const ids[] = {"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"};
    (void)state;
    sent_count = done_count = failed_count = 0;
    now = (struct virtual_clock){.mono = {1000}};
    for (int i = 0; i < 2; i++) {
        tenants[i] = calloc(1, sizeof *tenants[i]);
        assert_non_null(tenants[i]);
        tenants[i]->refs = 1;
        (void)snprintf(tenants[i]->record.tenant_id, sizeof tenants[i]->record.tenant_id, "%s", ids[i]);
    }
    calls = calls_new(
        &(struct calls_opts){.runtime = {.timer_new = timer_make, .timer_arm = timer_set, .timer_free = timer_drop},
                             .clock = clock_virtual(&now),
                             .fetcher = {.fetch = fetch, .cancel = cancel}});
    assert_non_null(calls);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    calls_free(calls);
    for (int i = 0; i < 2; i++) tenant_unref(tenants[i]);
    return 0;
}

static void the_urgent_go_first(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) send(tenants[0], EP_MACHINE, CALL_LATER, "later");
    send(tenants[0], EP_ISOLATE, CALL_NOW, "now");
    assert_int_equal(sent_count, 0); /* never from within */
    pass(0);
    assert_int_equal(sent_count, 4); /* so many at once of one tenant */
    assert_string_equal(sent[0].query, "now");
    assert_true(sent[0].is_response);
    send(tenants[1], EP_MACHINE, CALL_LATER, "other");
    pass(0);
    assert_int_equal(sent_count, 5); /* another tenant does not wait for that */
    answer(0, NULL);
    assert_int_equal(sent_count, 6);
    assert_int_equal(done_count, 1);
    assert_int_equal(calls_open(calls), 7);
}

static void a_throttled_family_waits(void **state)
{
    struct err e;
    (void)state;
    (void)err_set(&e, &defender_causes[DEFENDER_THROTTLED], "x");
    e.retry_after_ms = 7000;
    send(tenants[0], EP_MACHINE, CALL_SOON, "a");
    pass(0);
    answer(0, &e);
    assert_int_equal(failed_count, 1);
    send(tenants[0], EP_ISOLATE, CALL_NOW, "b"); /* the same family */
    send(tenants[0], EP_ALERT, CALL_SOON, "c");  /* another one */
    pass(0);
    assert_int_equal(sent_count, 2);
    assert_string_equal(sent[1].query, "c");
    pass(6900);
    assert_int_equal(sent_count, 2);
    pass(200);
    assert_int_equal(sent_count, 3);
}

/* Never more than the response's part of the rate, over any minute. */
static void it_keeps_to_its_part(void **state)
{
    struct rate rates[BUDGET_RATES_MAX];
    (void)state;
    family_rates(API_ENDPOINT, true, rates);
    for (size_t i = 0; i < 150; i++) send(tenants[0], EP_MACHINE, CALL_LATER, "x");
    for (int s = 0; s < 60; s++) {
        pass(1000);
        for (size_t i = 0; i < sent_count; i++)
            if (!sent[i].is_over) answer(i, NULL);
    }
    assert_true(sent_count > rates[0].calls / 2 && sent_count <= rates[0].calls);
}

static void what_runs_is_dropped_in_silence(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) send(tenants[0], EP_MACHINE, CALL_LATER, "x");
    pass(0);
    calls_free(calls);
    calls = NULL;
    for (size_t i = 0; i < sent_count; i++) assert_true(sent[i].is_over);
    assert_int_equal(done_count, 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_urgent_go_first),
        EACH(a_throttled_family_waits),
        EACH(it_keeps_to_its_part),
        EACH(what_runs_is_dropped_in_silence),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
