/* Drain and pull: what people ask for, one request after another. A request is over when each of its feeds has come to rest
 * with nothing left to want and nothing uncommitted, or has failed for good. */
#include "flow/ingest/ingest_int.h"

#include <stdlib.h>
#include <string.h>

/* Who asks for a pull waits for it: a feed that fails for longer than this leaves it, and goes on by itself. Told to wait by a
 * limit, it waits a little longer. */
enum { OP_FAILURES_MAX = 8, PULL_PATIENCE_MS = 30000, PULL_PATIENCE_LIMIT_MS = 65000 };

static bool concerns(const struct ing_op *op, const struct ing_feed *f)
{
    if (op->tenant_id[0] && strcmp(op->tenant_id, f->tenant->tenant->record.tenant_id) != 0) return false;
    return !op->feed[0] || strcmp(op->feed, ing_row(f)->name) == 0;
}

/* Without a history to rebuild fingerprints from, hours whose fingerprints are gone would be doubled. */
static void want_range(struct ing_feed *f, struct wall from, struct wall to)
{
    struct feed *mind = &f->active->mind;
    int64_t horizon = feed_horizon_hour(ing_row(f), &f->durable);
    if (!ing_in(f)->o.history.rows && wall_hour(from) < horizon) from.ticks = horizon * WALL_TICKS_PER_HOUR;
    if (from.ticks < to.ticks)
        feed_want_pull(mind, from, to);
    else
        feed_want_poll(mind);
}

static void begin_feed(struct ing_op *op, struct ing_feed *f)
{
    struct wall now = clock_wall(&ing_in(f)->o.clock);
    struct ing_active *a = ing_feed_wake(f);
    a->is_in_op = true;
    a->op_failures = 0;
    a->op_waited_ms = 0;
    op->pending++;
    op->outcome.feeds++;
    if (op->kind == OP_DRAIN)
        feed_want_drain(&a->mind, now);
    else if (op->from.ticks || op->to.ticks)
        want_range(f, op->from, op->to);
    else
        feed_want_poll(&a->mind);
    f->failures = 0;
    sched_unpark(&ing_in(f)->sched, &f->tenant->sched);
    if (a->stage == STAGE_REST) ing_feed_wait(f, 0);
}

void ing_feed_op_again(struct ing_feed *f)
{
    struct ing_op *op = ing_in(f)->ops;
    if (!op || !op->has_begun || op->kind != OP_DRAIN || f->is_broken || !concerns(op, f) || ing_feed_is_in_op(f))
        return;
    begin_feed(op, f);
    op->outcome.feeds--; /* it was counted */
}

/* The request may end within the call that begins its last feed: it is looked at once all have begun. */
static void begin(struct ingest *in, struct ing_op *op)
{
    op->has_begun = true;
    op->pending = 1;
    for (struct ing_tenant *t = in->tenants; t; t = t->next)
        for (size_t i = 0; !t->is_removed && i < FEED_ROW_COUNT; i++)
            if (!t->feeds[i].is_broken && concerns(op, &t->feeds[i])) begin_feed(op, &t->feeds[i]);
    op->pending--;
    if (op->outcome.feeds == 0 && op->feed[0] && !feed_row_find(op->feed))
        (void)err_set(&op->outcome.first_error, &ingest_causes[INGEST_NO_FEED], "no feed \"%s\"", op->feed);
}

/* A disk that fails us concerns every feed, whoever met it first. */
static bool outranks(const struct err *e, const struct err *first)
{
    return first->cause == NULL || (e->cause->kind == ERR_STORAGE && first->cause->kind != ERR_STORAGE);
}

static void count_failure(struct ing_op *op, struct ing_feed *f, const struct err *why)
{
    op->outcome.failed_feeds++;
    if (!outranks(why, &op->outcome.first_error)) return;
    op->outcome.first_error = *why;
    (void)err_context(&op->outcome.first_error, "tenant %s, %s", f->tenant->tenant->record.name, ing_row(f)->name);
}

/* What a tenant cannot have is no failure of a request for all there is (it is one of a request for just that); but what
 * looked like one permission left out may since have turned out to be no consent at all. */
static void count_left_out(struct ing_op *op, struct ing_feed *f)
{
    struct err why;
    if (!f->is_left_out) return;
    f->is_left_out = false;
    if (ing_state_is_absent(f->condition.state) || !f->condition.cause) {
        op->outcome.absent_feeds++;
        return;
    }
    (void)err_set(&why, f->condition.cause, "%s", f->condition.text ? f->condition.text : "");
    count_failure(op, f, &why);
}

static void finish(struct ingest *in)
{
    struct ing_op *op = in->ops;
    for (struct ing_tenant *t = in->tenants; t; t = t->next)
        for (size_t i = 0; i < FEED_ROW_COUNT; i++) count_left_out(op, &t->feeds[i]);
    in->ops = op->next;
    if (!in->ops) in->ops_last = &in->ops;
    op->done(op->ctx, &op->outcome);
    free(op);
}

void ingest_op_next(struct ingest *in)
{
    while (in->ops && in->is_running && !in->is_loading) {
        if (!in->ops->has_begun) begin(in, in->ops);
        if (in->ops->pending > 0) break;
        finish(in);
    }
    ingest_pump(in);
}

/* A request may come just as everything ends: it hears so rather than waiting for ever. */
static void op_next_posted(void *arg)
{
    struct ingest *in = arg;
    if (in->is_running && !in->is_stopping)
        ingest_op_next(in);
    else
        ingest_ops_stop(in);
}

static void leave(struct ing_feed *f, const struct err *why)
{
    struct ingest *in = ing_in(f);
    f->active->is_in_op = false;
    feed_forget_wants(&f->active->mind);
    in->ops->pending--;
    f->is_left_out = why && !in->ops->feed[0] && ing_state_is_absent(f->condition.state);
    if (why && !f->is_left_out) count_failure(in->ops, f, why);
    if (in->ops->pending == 0) in->o.runtime.post(in->o.runtime.ctx, op_next_posted, in);
}

void ing_feed_op_check(struct ing_feed *f)
{
    struct err e;
    if (!ing_feed_is_in_op(f)) return;
    struct ing_active *a = f->active;
    if (ing_in(f)->is_stopping || f->tenant->is_removed) {
        (void)err_set(&e, &ingest_causes[INGEST_STOPPED], "it was stopped");
        leave(f, &e);
        return;
    }
    if (a->is_committing || a->mind.goal != GOAL_NONE || feed_wants_more(&a->mind)) return;
    if (ing_in(f)->ops->kind == OP_DRAIN && ing_feed_inherits(f)) {
        feed_want_drain(&a->mind, clock_wall(&ing_in(f)->o.clock));
        ing_feed_wait(f, 0);
        return;
    }
    bool disagrees = a->mind.asked_unproved > 0;
    if (disagrees)
        (void)err_set(&e, &ingest_causes[INGEST_INCOMPLETE],
                      "%llu stretches of five minutes never agreed with their count",
                      (unsigned long long)a->mind.asked_unproved);
    a->mind.asked_unproved = 0;
    leave(f, disagrees ? &e : NULL);
}

static bool has_patience(const struct ing_op *op, struct ing_feed *f, enum err_kind kind, int64_t wait_ms)
{
    struct ing_active *a = f->active;
    a->op_waited_ms = f->failures > 1 ? a->op_waited_ms + wait_ms : wait_ms;
    if (++a->op_failures >= OP_FAILURES_MAX) return false;
    return op->kind != OP_PULL || a->op_waited_ms <= (kind == ERR_LIMIT ? PULL_PATIENCE_LIMIT_MS : PULL_PATIENCE_MS);
}

/* One of a paused family tries again at a time, each waiting longer than the one before: what keeps this one keeps all. */
static void leave_those_held_up(struct ing_feed *f, const struct err *e)
{
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        struct ing_feed *other = &f->tenant->feeds[i];
        if (ing_feed_is_in_op(other) && other->active->stage == STAGE_REST &&
            ing_sched(other)->family == ing_sched(f)->family)
            leave(other, e);
    }
}

void ing_feed_op_failed(struct ing_feed *f, const struct err *e, int64_t wait_ms)
{
    if (!ing_feed_is_in_op(f)) return;
    enum err_kind kind = e->cause->kind;
    bool may_pass = kind == ERR_RETRY || kind == ERR_UNCERTAIN || kind == ERR_LIMIT;
    if (may_pass && !f->is_broken && has_patience(ing_in(f)->ops, f, kind, wait_ms)) return;
    leave(f, e);
    if (may_pass && e->retry_after_ms) leave_those_held_up(f, e);
}

void ing_feed_op_drop(struct ing_feed *f, const struct err *why)
{
    if (ing_feed_is_in_op(f)) leave(f, why);
}

void ingest_ops_stop(struct ingest *in)
{
    struct err e;
    (void)err_set(&e, &ingest_causes[INGEST_STOPPED], "it was stopped");
    struct ing_active *a;
    LIST_FOREACH(a, &in->actives, in_actives) ing_feed_op_drop(a->feed, &e);
    while (in->ops) {
        struct ing_op *op = in->ops;
        if (!op->has_begun) op->outcome.first_error = e;
        finish(in);
    }
}

static void enqueue(struct ingest *in, struct ing_op *op)
{
    *in->ops_last = op;
    in->ops_last = &op->next;
    in->o.runtime.post(in->o.runtime.ctx, op_next_posted, in);
}

void ingest_drain(struct ingest *in, ingest_done_fn *done, void *ctx)
{
    struct ing_op *op = calloc(1, sizeof *op);
    INVARIANT(op);
    op->kind = OP_DRAIN;
    op->done = done;
    op->ctx = ctx;
    enqueue(in, op);
}

void ingest_pull(struct ingest *in, const char *tenant_id, const char *feed, struct wall from, struct wall to,
                 ingest_done_fn *done, void *ctx)
{
    struct ing_op *op = calloc(1, sizeof *op);
    INVARIANT(op);
    op->kind = OP_PULL;
    op->from = from;
    op->to = to;
    op->done = done;
    op->ctx = ctx;
    if (tenant_id) (void)snprintf(op->tenant_id, sizeof op->tenant_id, "%s", tenant_id);
    if (feed) (void)snprintf(op->feed, sizeof op->feed, "%s", feed);
    enqueue(in, op);
}
