#include "flow/act/act_int.h"

#include <stdlib.h>
#include <string.h>

#include "kit/sys/killpoint.h"

enum { POLICY_LOOK_MS = 2000, RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 60 * 1000, SLEEP_MAX_MS = 60 * 60 * 1000 };

static void begin_turn(struct act *a);

static void arm(struct act *a, int64_t ms)
{
    uint64_t wait = ms < 0 ? 0 : ms > SLEEP_MAX_MS ? SLEEP_MAX_MS : (uint64_t)ms;
    a->o.runtime.timer_arm(a->o.runtime.ctx, a->timer, wait);
}

static void on_timer(void *arg)
{
    begin_turn(arg);
}

/* ---- the end of a turn --------------------------------------------------------------------------------------------------- */

static void drop_answers(struct deed_list *list)
{
    struct deed *d;
    while ((d = STAILQ_FIRST(list)) != NULL) {
        STAILQ_REMOVE_HEAD(list, next);
        deed_free(d);
    }
}

static void reply_orders(struct act *a, struct turn *t)
{
    struct order_waiting *o;
    while ((o = STAILQ_FIRST(&t->orders)) != NULL) {
        STAILQ_REMOVE_HEAD(&t->orders, next);
        if (!t->ok) o->reply = (struct act_reply){.error = t->error};
        if (o->done) o->done(o->ctx, &o->reply);
        free(o);
    }
    (void)a;
}

static void carry_out(struct act *a, struct turn *t)
{
    for (size_t i = 0; i < t->effect_count; i++) {
        struct context_tenant *whose = context_tenant(&a->context, t->effects[i].tenant);
        if (whose) whose->has_hunting = calls_access(a->calls, t->effects[i].tenant, EP_HUNTING) == ACCESS_GRANTED;
        struct deed *d;
        if (deed_start(a, &t->effects[i], whose ? whose->tenant : NULL, &d))
            LIST_INSERT_HEAD(&a->deeds, d, in_open);
        else
            STAILQ_INSERT_TAIL(&a->answers, d, next);
    }
    t->effect_count = 0;
}

static void count(struct act *a, const struct turn *t)
{
    struct act_counters *c = &a->counters;
    c->turns++;
    c->failed_turns += !t->ok;
    if (!t->ok) return;
    c->revisions += t->counted.revisions;
    c->answers += t->counted.answers;
    c->orders += t->counted.orders;
    c->records += t->counted.records;
    c->notices += t->counted.notices;
    c->effects += t->counted.effects;
}

static void tell_trouble(struct act *a, const struct err *e)
{
    if (a->o.on_trouble) a->o.on_trouble(a->o.on_trouble_ctx, e);
}

static int64_t retry_ms(const struct act *a)
{
    int64_t ms = RETRY_FIRST_MS;
    for (unsigned i = 1; i < a->failures && ms < RETRY_MAX_MS; i++) ms *= 2;
    return ms;
}

/* When to look again: time itself may be an event, and so is a change of the policy file. */
static void sleep_on(struct act *a, const struct turn *t)
{
    int64_t ms = SLEEP_MAX_MS;
    if (t->has_next) ms = wall_ms(t->next) - wall_ms(clock_wall(&a->o.clock)) + 1;
    if (a->o.policy && *a->o.policy && ms > POLICY_LOOK_MS) ms = POLICY_LOOK_MS;
    arm(a, ms);
}

static void tell_settled(struct act *a)
{
    void (*settled)(void *ctx) = a->settled;
    bool is_quiet = !a->is_turning && !a->is_woken && !a->is_tenants_wanted && LIST_EMPTY(&a->deeds) &&
                    STAILQ_EMPTY(&a->answers) && STAILQ_EMPTY(&a->orders);
    if (settled == NULL || !(is_quiet || a->is_stopping)) return; /* who waits when it stops is not left waiting */
    a->settled = NULL;
    settled(a->settled_ctx);
}

/* What is on its way is looked for at the next start; who waits hears that nothing comes any more. */
static void drop_everything(struct act *a)
{
    struct deed *d;
    struct order_waiting *o;
    calls_free(a->calls);
    a->calls = NULL;
    while ((d = LIST_FIRST(&a->deeds)) != NULL) {
        LIST_REMOVE(d, in_open);
        deed_free(d);
    }
    drop_answers(&a->answers);
    while ((o = STAILQ_FIRST(&a->orders)) != NULL) {
        STAILQ_REMOVE_HEAD(&a->orders, next);
        (void)err_set(&o->reply.error, &act_causes[ACT_STOPPED], "the order was not taken: the service is ending");
        if (o->done) o->done(o->ctx, &o->reply);
        free(o);
    }
    tell_settled(a);
}

static void stop_if_still(struct act *a)
{
    void (*stopped)(void *ctx) = a->stopped;
    if (!a->is_stopping || a->is_turning || stopped == NULL) return;
    a->stopped = NULL;
    a->is_running = false;
    drop_everything(a);
    stopped(a->stopped_ctx);
}

static void tell_started(struct act *a, const struct turn *t)
{
    void (*started)(void *ctx, const struct err *e) = a->started;
    if (started == NULL) return;
    a->started = NULL;
    a->is_running = t->ok;
    started(a->started_ctx, t->ok ? NULL : &t->error);
}

static void turn_ended(struct act *a, struct turn *t)
{
    if (t->policy_error.cause) tell_trouble(a, &t->policy_error);
    if (!t->ok) {
        if (a->failures++ == 0) tell_trouble(a, &t->error);
    } else if (a->failures) {
        a->failures = 0;
        tell_trouble(a, NULL);
    }
    tell_started(a, t);
    reply_orders(a, t);
    drop_answers(&t->answers);
    if (t->ok && !a->is_stopping) carry_out(a, t);
    if (t->ok && t->counted.records && a->o.on_own_events) a->o.on_own_events(a->o.on_own_events_ctx);
    if (t->ok && t->has_notices && a->o.on_notices) a->o.on_notices(a->o.on_notices_ctx);
}

static void turn_done(void *arg)
{
    struct act *a = arg;
    struct turn *t = &a->turn;
    a->is_turning = false;
    count(a, t);
    turn_ended(a, t);
    if (a->is_stopping) {
        stop_if_still(a);
        return;
    }
    if (!a->is_running) return; /* it never began */
    if (!t->ok) {
        a->is_woken |= t->wants_inbox;
        a->is_tenants_wanted |= t->wants_tenants;
        arm(a, retry_ms(a));
        return;
    }
    a->is_woken |= t->has_more;
    sleep_on(a, t);
    if (a->is_woken || a->is_tenants_wanted || !STAILQ_EMPTY(&a->answers) || !STAILQ_EMPTY(&a->orders)) begin_turn(a);
    tell_settled(a);
}

/* ---- its beginning ------------------------------------------------------------------------------------------------------- */

static void begin_turn(struct act *a)
{
    struct turn *t = &a->turn;
    struct effect *effects = t->effects;
    size_t cap = t->effect_cap;
    if (a->is_turning || a->is_stopping || !(a->is_running || a->started)) return;
    *t = (struct turn){.effects = effects, .effect_cap = cap};
    STAILQ_INIT(&t->answers);
    STAILQ_INIT(&t->orders);
    STAILQ_CONCAT(&t->answers, &a->answers);
    STAILQ_CONCAT(&t->orders, &a->orders);
    t->wants_inbox = !a->o.is_manual; /* cheap when it is empty */
    t->wants_tenants = a->is_tenants_wanted;
    a->is_woken = a->is_tenants_wanted = false;
    a->is_turning = true;
    a->o.runtime.work(a->o.runtime.ctx, turn_run, turn_done, a);
}

/* After a failure turns wait: what comes meanwhile goes with the next one. */
static void want_turn(struct act *a)
{
    if (a->failures == 0) begin_turn(a);
}

void deed_done(struct deed *d)
{
    struct act *a = d->act;
    LIST_REMOVE(d, in_open);
    if (d->effect.kind != EFFECT_LOOK) KILL_POINT("act-answered");
    STAILQ_INSERT_TAIL(&a->answers, d, next);
    want_turn(a);
}

/* ---- the face -------------------------------------------------------------------------------------------------------------- */

struct act *act_new(const struct act_opts *o)
{
    struct act *a = calloc(1, sizeof *a);
    if (a == NULL) return NULL;
    a->o = *o;
    a->o.policy = o->policy ? str_dup(str_of(o->policy)) : NULL;
    a->out = calloc(1, sizeof *a->out);
    a->calls = calls_new(&(struct calls_opts){o->runtime, o->clock, o->fetcher});
    a->timer = o->runtime.timer_new(o->runtime.ctx, on_timer, a);
    STAILQ_INIT(&a->answers);
    STAILQ_INIT(&a->orders);
    LIST_INIT(&a->deeds);
    (void)pthread_mutex_init(&a->lock, NULL);
    if (a->out && a->calls && (a->o.policy || !o->policy)) return a;
    act_free(a);
    return NULL;
}

void act_free(struct act *a)
{
    if (a == NULL) return;
    drop_everything(a);
    a->o.runtime.timer_free(a->o.runtime.ctx, a->timer);
    responder_free(a->responder);
    context_close(&a->context);
    (void)pthread_mutex_destroy(&a->lock);
    free(a->turn.effects);
    free(a->out);
    free((char *)(uintptr_t)a->o.policy);
    free(a);
}

void act_start(struct act *a, void (*started)(void *ctx, const struct err *e), void *ctx)
{
    a->started = started;
    a->started_ctx = ctx;
    begin_turn(a);
}

void act_stop(struct act *a, void (*stopped)(void *ctx), void *ctx)
{
    a->is_stopping = true;
    a->stopped = stopped;
    a->stopped_ctx = ctx;
    stop_if_still(a);
}

void act_wake(struct act *a)
{
    a->is_woken = true;
    want_turn(a);
}

void act_tenants_changed(struct act *a)
{
    a->is_tenants_wanted = true;
    want_turn(a);
}

void act_order(struct act *a, const struct respond_order *order, const struct order_witness *w,
               void (*done)(void *ctx, const struct act_reply *r), void *ctx)
{
    struct order_waiting *o = calloc(1, sizeof *o);
    INVARIANT(o);
    o->order = *order;
    o->witness = w;
    o->done = done;
    o->ctx = ctx;
    STAILQ_INSERT_TAIL(&a->orders, o, next);
    want_turn(a);
    if (a->is_stopping && !a->is_turning) drop_everything(a);
}

void act_settle(struct act *a, void (*done)(void *ctx), void *ctx)
{
    a->settled = done;
    a->settled_ctx = ctx;
    tell_settled(a);
}

bool act_look(struct act *a, void (*look)(void *arg, const struct responder *r), void *arg)
{
    (void)pthread_mutex_lock(&a->lock);
    bool is_there = a->responder != NULL;
    if (is_there) look(arg, a->responder);
    (void)pthread_mutex_unlock(&a->lock);
    return is_there;
}

void act_counters_get(const struct act *a, struct act_counters *out)
{
    *out = a->counters;
}

struct calls *act_calls(struct act *a)
{
    return a->calls;
}
