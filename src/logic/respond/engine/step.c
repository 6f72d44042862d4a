/* Events in: whose they are, and what time itself brings. */
#include "logic/respond/engine/engine_int.h"

bool decision_is_settled(const struct decision *d)
{
    return d->state >= DECISION_DONE;
}

bool action_is_settled(const struct action *a)
{
    return a->state >= ACTION_CONFIRMED;
}

static void answer(struct responder *r, const struct respond_event *ev)
{
    struct decision_slot *d = slot_decision(r, ev->ref);
    struct action_slot *a = slot_action(r, ev->ref);
    struct hold_slot *h = slot_hold(r, ev->ref);
    if (MUTANT(SECRET_CHANGE) && a) a->a.looks++;
    if (d) check_answer(r, d, ev);
    if (a) action_answer(r, a, ev);
    if (h) hold_answer(r, h, ev);
}

/* Ids first: what a tick does may add things, and move them. */
static void tick(struct responder *r)
{
    uint64_t id = 0;
    for (const struct decision *d; has_out(r) && (d = responder_decisions(r, &id)) != NULL;) {
        struct decision_slot *s = slot_decision(r, d->id);
        if (is_due(check_due(r, s), r->now)) check_tick(r, s);
    }
    id = 0;
    for (const struct action *a; has_out(r) && (a = responder_actions(r, &id)) != NULL;) {
        struct action_slot *s = slot_action(r, a->id);
        if (is_due(action_due(r, s), r->now)) action_tick(r, s);
    }
    id = 0;
    for (const struct hold *h; has_out(r) && (h = responder_holds(r, &id)) != NULL;) {
        struct hold_slot *s = slot_hold(r, h->id);
        if (is_due(hold_due(r, s), r->now)) hold_tick(r, s);
    }
}

static void begin(struct responder *r, struct wall now, struct respond_out *out)
{
    r->out = out;
    r->now = now;
    out->record_count = out->notice_count = out->effect_count = 0;
    out->order_ok = out->order_known = false;
    out->order_ref = 0;
    out->order_error = (struct err){0};
}

void responder_step(struct responder *r, const struct respond_event *ev, struct wall now, struct respond_out *out)
{
    begin(r, now, out);
    switch (ev->kind) {
    case EVENT_ALERT: decide_alert(r, ev); break;
    case EVENT_INCIDENT: decide_incident(r, ev); break;
    case EVENT_ANSWER: answer(r, ev); break;
    case EVENT_ORDER: take_order(r, ev->order); break;
    case EVENT_TICK: tick(r); break;
    }
    r->out = NULL;
}

void responder_resume(struct responder *r, struct wall now, struct respond_out *out)
{
    for (size_t i = 0; i < r->decisions.count; i++) decision_at(r, i)->p = (struct pending){0};
    for (size_t i = 0; i < r->actions.count; i++) action_at(r, i)->p = (struct pending){0};
    for (size_t i = 0; i < r->holds.count; i++) hold_at(r, i)->p = (struct pending){0};
    begin(r, now, out);
    tick(r);
    r->out = NULL;
}

static void sooner(struct wall *best, struct wall at)
{
    if (at.ticks != 0 && (best->ticks == 0 || at.ticks < best->ticks)) *best = at;
}

bool responder_next(const struct responder *r, struct wall *at_out)
{
    struct wall best = {0};
    for (size_t i = 0; i < r->decisions.count; i++) sooner(&best, check_due(r, decision_at(r, i)));
    for (size_t i = 0; i < r->actions.count; i++) sooner(&best, action_due(r, action_at(r, i)));
    for (size_t i = 0; i < r->holds.count; i++) sooner(&best, hold_due(r, hold_at(r, i)));
    *at_out = best;
    return best.ticks != 0;
}

/* ---- in one word --------------------------------------------------------------------------------------------------------- */

const char *action_outcome(const struct action *a)
{
    switch (a->state) {
    case ACTION_CONFIRMED: return a->is_adopted ? "adopted" : "confirmed";
    case ACTION_FAILED:
    case ACTION_TIMED_OUT:
    case ACTION_CANCELLED:
    case ACTION_REFUSED: return "failed";
    case ACTION_UNKNOWN: return "unknown";
    default: return "pending";
    }
}

const char *responder_outcome(const struct responder *r, const struct decision *d)
{
    const struct action_slot *a = slot_action(r, d->action);
    if ((d->state == DECISION_ACTING || d->state == DECISION_DONE) && a) return action_outcome(&a->a);
    return decision_state_name(d->state);
}
