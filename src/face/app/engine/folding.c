#include "face/app/engine/folding.h"
#include "state/store/lake.h"

#include <stdlib.h>

enum { CHECK_MS_MAX = 5000, RETRY_MS = 5000, RETAIN_EVERY_MS = 3600 * 1000 };

/* Somebody who waits for a fold that began after they asked. */
struct waiter {
    void (*done)(void *ctx, const struct err *e);
    void *ctx;
    struct waiter *next;
};

struct folding {
    struct loop *loop;
    struct installation *installation;
    struct timer *timer;
    uint64_t log_end; /* the last end named by a commit */
    struct waiter *waiting;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    bool is_running, is_stopping;
    struct mono retained_at;
    bool has_failure;
    struct err failure;
    /* what the worker was given, and what it answers; the loop does not touch them while is_running */
    struct waiter *served;
    uint64_t limit;
    bool is_forced, shall_retain, ok;
    struct err err;
};

static void begin(struct folding *f);

static bool retain(struct folding *f)
{
    struct installation *i = f->installation;
    uint64_t dropped = 0;
    return log_retain(i->log, clock_wall(&i->clock), i->conf.log_keep_ms, lake_log_needed(i->lake), &dropped, &f->err);
}

/* On a worker. One fold is bounded; as many as it takes. */
static void run(void *arg)
{
    struct folding *f = arg;
    struct lake_fold_result result = {.has_more = true};
    f->ok = true;
    while (f->ok && result.has_more)
        f->ok = lake_fold(f->installation->lake, f->limit, clock_wall(&f->installation->clock), f->is_forced, &result,
                          &f->err);
    if (f->ok && f->shall_retain) f->ok = retain(f);
}

static void answer_waiters(struct waiter *w, const struct err *e)
{
    while (w) {
        struct waiter *next = w->next;
        w->done(w->ctx, e);
        free(w);
        w = next;
    }
}

static void check_again(struct folding *f)
{
    int64_t ms = f->installation->conf.lake_fold_ms / 2;
    if (ms > CHECK_MS_MAX) ms = CHECK_MS_MAX;
    if (ms < 50) ms = 50;
    timer_arm(f->timer, f->has_failure ? RETRY_MS : (uint64_t)ms);
}

static void ran(void *arg)
{
    struct folding *f = arg;
    struct waiter *served = f->served;
    f->is_running = false;
    f->served = NULL;
    f->has_failure = !f->ok;
    if (!f->ok) f->failure = f->err;
    answer_waiters(served, f->ok ? NULL : &f->err);
    if (f->waiting) {
        begin(f);
    } else if (f->is_stopping) {
        f->stopped(f->stopped_ctx);
    } else {
        check_again(f);
    }
}

static void begin(struct folding *f)
{
    struct clock clock = f->installation->clock;
    struct mono now = clock_mono(&clock);
    if (f->is_running) return;
    f->is_running = true;
    f->served = f->waiting;
    f->waiting = NULL;
    f->limit = f->log_end;
    f->is_forced = f->served != NULL;
    f->shall_retain = now.ms - f->retained_at.ms >= RETAIN_EVERY_MS;
    if (f->shall_retain) f->retained_at = now;
    work_submit(f->loop, NULL, run, ran, f);
}

static void on_timer(void *arg)
{
    struct folding *f = arg;
    if (!f->is_stopping) begin(f);
}

bool folding_new(struct loop *l, struct installation *i, struct folding **out, struct err *e)
{
    struct folding *f = calloc(1, sizeof *f);
    if (f == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "folding");
    f->loop = l;
    f->installation = i;
    f->retained_at.ms = INT64_MIN / 2; /* at once, then hourly */
    if (!store_log_end_get(i->store, &f->log_end, e)) {
        free(f);
        return false;
    }
    f->timer = timer_new(l, on_timer, f);
    timer_arm(f->timer, 0);
    *out = f;
    return true;
}

void folding_free(struct folding *f)
{
    if (f == NULL) return;
    timer_free(f->timer);
    free(f);
}

void folding_wake(struct folding *f, uint64_t log_end)
{
    f->log_end = log_end;
}

void folding_force(struct folding *f, void (*done)(void *ctx, const struct err *e), void *ctx)
{
    struct waiter *w = malloc(sizeof *w);
    INVARIANT(w != NULL);
    *w = (struct waiter){.done = done, .ctx = ctx, .next = f->waiting};
    f->waiting = w;
    begin(f);
}

void folding_stop(struct folding *f, void (*stopped)(void *ctx), void *ctx)
{
    f->is_stopping = true;
    f->stopped = stopped;
    f->stopped_ctx = ctx;
    timer_disarm(f->timer);
    if (!f->is_running) stopped(ctx);
}

bool folding_failure(const struct folding *f, struct err *out)
{
    if (f->has_failure) *out = f->failure;
    return f->has_failure;
}
