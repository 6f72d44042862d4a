#include "sim_time.h"

#include <stdbool.h>
#include <stdlib.h>

#include "kit/base/err.h"

enum { WORK_MS_MAX = 4, SLOW_WORK_MS_MAX = 3000 };

void sim_time_init(struct sim_time *t, struct wall start, uint64_t seed)
{
    *t = (struct sim_time){.clock = {.wall = start, .mono = {1000000}}};
    rng_seed(&t->rng, seed);
}

void sim_time_done(struct sim_time *t)
{
    free(t->heap);
    *t = (struct sim_time){0};
}

struct wall sim_time_now(const struct sim_time *t)
{
    return t->clock.wall;
}

/* ---- the heap -------------------------------------------------------------------------------------------------------------- */

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
    struct sim_event c = *a;
    *a = *b;
    *b = c;
}

void sim_time_in(struct sim_time *t, int64_t ms, void (*fn)(void *arg), void *arg)
{
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 256;
        t->heap = realloc(t->heap, t->cap * sizeof *t->heap);
        INVARIANT(t->heap);
    }
    size_t i = t->count++;
    t->heap[i] = (struct sim_event){t->clock.mono.ms + ms, t->order++, fn, arg};
    for (; i > 0 && is_before(&t->heap[i], &t->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&t->heap[i], &t->heap[(i - 1) / 2]);
}

static struct sim_event pop(struct sim_time *t)
{
    struct sim_event first = t->heap[0];
    t->heap[0] = t->heap[--t->count];
    for (size_t i = 0;;) {
        size_t least = i, left = 2 * i + 1, right = left + 1;
        if (left < t->count && is_before(&t->heap[left], &t->heap[least])) least = left;
        if (right < t->count && is_before(&t->heap[right], &t->heap[least])) least = right;
        if (least == i) return first;
        swap(&t->heap[i], &t->heap[least]);
        i = least;
    }
}

bool sim_time_until(struct sim_time *t, const bool *flag, int64_t ms)
{
    int64_t end = t->clock.mono.ms + ms;
    while (!(flag && *flag) && t->count && t->heap[0].at_ms <= end) {
        struct sim_event e = pop(t);
        virtual_clock_advance(&t->clock, e.at_ms - t->clock.mono.ms);
        t->events++;
        e.fn(e.arg);
    }
    if (flag && *flag) return true;
    virtual_clock_advance(&t->clock, end - t->clock.mono.ms);
    return false;
}

void sim_time_run(struct sim_time *t, int64_t ms)
{
    (void)sim_time_until(t, NULL, ms);
}

/* ---- the runtime ----------------------------------------------------------------------------------------------------------- */

static void post(void *ctx, void (*fn)(void *arg), void *arg)
{
    sim_time_in(ctx, 0, fn, arg);
}

struct runtime_timer {
    struct sim_time *time;
    void (*fn)(void *arg);
    void *arg;
    uint64_t armed, pending; /* an event that is not the last one armed says nothing */
    bool is_freed;
};
struct ring {
    struct runtime_timer *timer;
    uint64_t armed;
};

static void ring_timer(void *arg)
{
    struct ring *r = arg;
    struct runtime_timer *t = r->timer;
    bool is_due = r->armed == t->armed && !t->is_freed;
    free(r);
    t->pending--;
    if (is_due)
        t->fn(t->arg);
    else if (t->is_freed && t->pending == 0)
        free(t);
}

static struct runtime_timer *timer_new_virtual(void *ctx, void (*fn)(void *arg), void *arg)
{
    struct runtime_timer *t = calloc(1, sizeof *t);
    INVARIANT(t);
    *t = (struct runtime_timer){.time = ctx, .fn = fn, .arg = arg};
    return t;
}

static void timer_arm_virtual(void *ctx, struct runtime_timer *t, uint64_t delay_ms)
{
    struct ring *r = malloc(sizeof *r);
    INVARIANT(r);
    *r = (struct ring){t, ++t->armed};
    t->pending++;
    sim_time_in(ctx, (int64_t)delay_ms, ring_timer, r);
}

static void timer_free_virtual(void *ctx, struct runtime_timer *t)
{
    (void)ctx;
    if (!t) return;
    t->is_freed = true;
    if (t->pending == 0) free(t);
}

static int64_t draw_work_ms(struct sim_time *t)
{
    return (int64_t)rng_below(&t->rng, t->slow_worker > 0 && rng_chance(&t->rng, t->slow_worker) ? SLOW_WORK_MS_MAX
                                                                                                 : WORK_MS_MAX);
}
struct work {
    struct sim_time *time;
    void (*run)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void work_done(void *arg)
{
    struct work w = *(struct work *)arg;
    free(arg);
    w.done(w.arg);
}

static void work_run(void *arg)
{
    struct work *w = arg;
    w->run(w->arg);
    sim_time_in(w->time, draw_work_ms(w->time), work_done, w);
}

static void work(void *ctx, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
    struct sim_time *t = ctx;
    struct work *w = malloc(sizeof *w);
    INVARIANT(w);
    *w = (struct work){t, run, done, arg};
    sim_time_in(t, draw_work_ms(t), work_run, w);
}

struct runtime sim_time_runtime(struct sim_time *t)
{
    return (struct runtime){
        .ctx = t,
        .post = post,
        .timer_new = timer_new_virtual,
        .timer_arm = timer_arm_virtual,
        .timer_free = timer_free_virtual,
        .work = work,
    };
}
