#include "kit/sys/runtime.h"

#include "kit/sys/loop.h"

static void loop_post_fn(void *ctx, void (*fn)(void *arg), void *arg)
{
    loop_post(ctx, fn, arg);
}

static struct runtime_timer *loop_timer_new(void *ctx, void (*fn)(void *arg), void *arg)
{
    return (struct runtime_timer *)timer_new(ctx, fn, arg);
}

static void loop_timer_arm(void *ctx, struct runtime_timer *t, uint64_t delay_ms)
{
    (void)ctx;
    timer_arm((struct timer *)t, delay_ms);
}

static void loop_timer_free(void *ctx, struct runtime_timer *t)
{
    (void)ctx;
    timer_free((struct timer *)t);
}

static void loop_work(void *ctx, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
    work_submit(ctx, NULL, run, done, arg);
}

struct runtime runtime_of_loop(struct loop *l)
{
    return (struct runtime){
        .ctx = l,
        .post = loop_post_fn,
        .timer_new = loop_timer_new,
        .timer_arm = loop_timer_arm,
        .timer_free = loop_timer_free,
        .work = loop_work,
    };
}
