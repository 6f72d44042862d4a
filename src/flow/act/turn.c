/* One job on a worker: what has come in goes through the engine, and what that records is one transaction. */
#include <stdlib.h>
#include <string.h>

#include "flow/act/act_int.h"
#include "kit/sys/killpoint.h"
#include "state/store/revisions.h"

enum { INBOX_BATCH = 64, TICKS_MAX = 32 };

static void add_effects(struct act *a, struct turn *t)
{
    const struct respond_out *out = a->out;
    if (t->effect_count + out->effect_count > t->effect_cap) {
        size_t cap = (t->effect_count + out->effect_count) * 2;
        struct effect *bigger = realloc(t->effects, cap * sizeof *bigger);
        INVARIANT(bigger);
        t->effects = bigger;
        t->effect_cap = cap;
    }
    for (size_t i = 0; i < out->effect_count; i++) t->effects[t->effect_count++] = out->effects[i];
}

/* What the last step gave. */
static bool keep_step(struct act *a, struct err *e)
{
    struct turn *t = &a->turn;
    add_effects(a, t);
    t->has_notices |= a->out->notice_count > 0;
    t->counted.records += a->out->record_count;
    t->counted.notices += a->out->notice_count;
    t->counted.effects += a->out->effect_count;
    return ledger_write(a->o.store, a->out, &a->context, e);
}

bool turn_step(struct act *a, const struct respond_event *event, struct wall now, struct err *e)
{
    responder_step(a->responder, event, now, a->out);
    return keep_step(a, e);
}

/* ---- what came in ---------------------------------------------------------------------------------------------------------- */

struct batch {
    struct act *act;
    struct wall now;
    unsigned count;
    int64_t ids[INBOX_BATCH];
    bool ok;
    struct err *e;
};

static bool take_revision(void *arg, const struct seen_revision *r)
{
    struct batch *b = arg;
    b->ok = event_inbox(b->act, r, b->now, b->e);
    if (b->ok) b->ids[b->count++] = r->id;
    return b->ok;
}

static bool take_inbox(struct act *a, struct wall now, struct err *e)
{
    struct batch b = {.act = a, .now = now, .ok = true, .e = e};
    bool ok = store_inbox_list(a->o.store, 0, INBOX_BATCH, take_revision, &b, e) && b.ok;
    for (unsigned i = 0; ok && i < b.count; i++) ok = store_inbox_take(a->o.store, b.ids[i], e);
    a->turn.counted.revisions += b.count;
    a->turn.has_more |= b.count == INBOX_BATCH;
    return ok;
}

static bool take_answers(struct act *a, struct wall now, struct err *e)
{
    struct deed *d;
    STAILQ_FOREACH(d, &a->turn.answers, next)
    {
        if (!event_answer(a, d, now, e)) return false;
        a->turn.counted.answers++;
    }
    return true;
}

static bool take_orders(struct act *a, struct wall now, struct err *e)
{
    struct order_waiting *o;
    STAILQ_FOREACH(o, &a->turn.orders, next)
    {
        struct context_tenant *t = context_tenant(&a->context, o->order.tenant);
        struct respond_event ev = {.kind = EVENT_ORDER, .order = &o->order};
        (void)snprintf(ev.tenant, sizeof ev.tenant, "%s", o->order.tenant);
        if (t && !context_refresh(&a->context, &a->o, a->responder, t, now, e)) return false;
        if (o->witness) o->witness->before(o->witness->ctx, a->responder);
        if (!turn_step(a, &ev, now, e)) return false;
        o->reply = (struct act_reply){.ok = a->out->order_ok, .ref = a->out->order_ref, .error = a->out->order_error};
        if (o->witness && o->reply.ok && !a->out->order_known &&
            !o->witness->after(o->witness->ctx, a->responder, o->reply.ref, e))
            return false;
        a->turn.counted.orders++;
    }
    return true;
}

static bool tick(struct act *a, struct wall now, struct err *e)
{
    struct respond_event ev = {.kind = EVENT_TICK};
    struct wall due;
    for (int i = 0; i < TICKS_MAX; i++) {
        if (!responder_next(a->responder, &due) || due.ticks > now.ticks) return true;
        if (!turn_step(a, &ev, now, e)) return false;
    }
    a->turn.has_more = true;
    return true;
}

/* ---- the start --------------------------------------------------------------------------------------------------------------- */

static bool load_responder(struct act *a, struct err *e)
{
    struct responder_opts o = {.installation = store_id(a->o.store)};
    return responder_new(&o, &a->responder, e) && ledger_load(a->o.store, a->responder, e);
}

static bool set_tenants(struct act *a, struct wall now, struct err *e)
{
    if (!context_load_tenants(&a->context, &a->o, e)) return false;
    for (size_t i = 0; i < a->context.tenant_count; i++)
        if (!context_refresh(&a->context, &a->o, a->responder, &a->context.tenants[i], now, e)) return false;
    return true;
}

static void forget(struct act *a)
{
    responder_free(a->responder);
    a->responder = NULL;
}

/* ---- the turn ------------------------------------------------------------------------------------------------------------------ */

static void look_at_policy(struct act *a, struct wall now)
{
    struct err e;
    if (!context_look_at_policy(&a->context, &a->o, now, &e)) a->turn.policy_error = e;
}

static bool resume(struct act *a, struct wall now, struct err *e)
{
    responder_resume(a->responder, now, a->out);
    return keep_step(a, e);
}

static bool take_all(struct act *a, struct wall now, struct err *e)
{
    struct turn *t = &a->turn;
    bool is_fresh = a->responder == NULL;
    if (is_fresh && !load_responder(a, e)) return false;
    if ((is_fresh || t->wants_tenants) && !set_tenants(a, now, e)) return false;
    if (!context_refresh_account(&a->o, a->responder, e)) return false;
    if (!context_recall(&a->context, &a->o, now, e)) return false;
    if (is_fresh && !resume(a, now, e)) return false;
    return take_answers(a, now, e) && take_orders(a, now, e) && (!t->wants_inbox || take_inbox(a, now, e)) &&
           tick(a, now, e);
}

void turn_run(void *arg)
{
    struct act *a = arg;
    struct turn *t = &a->turn;
    struct wall now = clock_wall(&a->o.clock);
    (void)pthread_mutex_lock(&a->lock);
    bool ok = a->context.policy || context_open(&a->context, &a->o, &t->error);
    if (ok) look_at_policy(a, now);
    ok = ok && store_begin(a->o.store, &t->error);
    if (ok && !take_all(a, now, &t->error)) {
        store_rollback(a->o.store);
        ok = false;
    } else if (ok) {
        ok = store_commit(a->o.store, &t->error);
    }
    if (ok) {
        t->has_next = responder_next(a->responder, &t->next);
        if (t->effect_count) KILL_POINT("act-recorded");
    } else {
        forget(a); /* what it believes is not what lasts */
    }
    t->ok = ok;
    (void)pthread_mutex_unlock(&a->lock);
}
