/* How an action ends, and what follows: people are told, the decision is done or takes the next step of its ladder, a device
 * becomes held, a release that waited goes on. */
#include <inttypes.h>

#include "logic/respond/engine/engine_int.h"

static void tell_confirmed(struct responder *r, const struct action *a)
{
    const char *title = a->kind == ACT_ISOLATE ? "Isolated" : a->kind == ACT_RELEASE ? "Released" : "Done";
    (void)tell_action(r, a, TELL_OUTCOME, title, "Confirmed: %s. %s%s%s", doing(a->kind, a->scope),
                      a->proof & PROOF_PAIR ? "Read back from the device's actions. " : "",
                      a->is_adopted ? "It is not ours but that of " : "", a->is_adopted ? a->remote_by : "");
}

struct respond_notice *tell_failed(struct responder *r, const struct action *a, bool is_shared, const char *next)
{
    char title[R_NAME];
    (void)snprintf(title, sizeof title, "%s",
                   a->kind == ACT_ISOLATE   ? "NOT ISOLATED"
                   : a->kind == ACT_RELEASE ? "NOT RELEASED"
                                            : "FAILED");
    struct respond_notice *n = tell_action(r, a, TELL_FAILURE, title, "%s: %s. %s", doing(a->kind, a->scope),
                                           action_state_name(a->state), next);
    n->phone = contains_threat(a->kind) || a->kind == ACT_RELEASE;
    n->wants = TELL_ACK;
    tell_error(n, &a->error);
    if (is_shared) (void)snprintf(n->group, sizeof n->group, "cause:%s", a->error.code);
    return n;
}

/* The next step of the rule's ladder for this failure; false: there is none. */
static bool fall_back(struct responder *r, const struct action *a, enum policy_failure failure)
{
    const struct decision_slot *s = slot_decision(r, a->decision);
    char note[R_TEXT];
    struct decision d;
    uint8_t step;
    if (s == NULL || a->is_cancelling || s->d.state != DECISION_ACTING) return false;
    d = s->d;
    step = d.fallen[failure];
    if (step >= POLICY_FALLBACKS_MAX || d.fallback[failure][step] == WISH_NOTICE) return false;
    d.fallen[failure]++;
    wish_of(d.fallback[failure][step], &d.wish, &d.scope);
    (void)snprintf(note, sizeof note, "%s: %s instead", failure_name(failure), doing(d.wish, d.scope));
    (void)tell_failed(r, a, failure == FAILURE_FORBIDDEN, note);
    begin_check(r, &d, "fallback", "policy", note);
    return true;
}

void decision_done(struct responder *r, const struct action *a)
{
    const struct decision_slot *s = slot_decision(r, a->decision);
    if (s && s->d.state == DECISION_ACTING)
        settle_decision(r, a->decision, DECISION_DONE, "done", "portcullis", action_state_name(a->state));
}

void action_settle(struct responder *r, struct action *a, enum action_state state, const char *step, const char *note)
{
    a->state = state;
    a->changed = a->settled = r->now;
    put_action(r, a, step, a->is_adopted ? "defender" : "portcullis", note);
    if (state == ACTION_CONFIRMED) {
        tell_confirmed(r, a);
        decision_done(r, a);
        if (a->kind == ACT_ISOLATE) hold_isolated(r, a);
    }
    if (a->kind == ACT_RELEASE) release_ended(r, a);
    const struct hold_slot *h = slot_hold_of(r, a->tenant, a->device);
    if (h && h->h.state == HOLD_RELEASING) release_go(r, h->h.id);
}

void action_fail(struct responder *r, struct action *a, enum action_state state, enum policy_failure failure,
                 const char *step, const char *note)
{
    if (*a->error.code == 0)
        set_error(&a->error,
                  state == ACTION_CANCELLED   ? RESPOND_CANCELLED
                  : state == ACTION_TIMED_OUT ? RESPOND_TIMED_OUT
                                              : RESPOND_FAILED,
                  "%s", note);
    action_settle(r, a, state, step, note);
    if (a->is_cancelling) {
        (void)tell_action(r, a, TELL_UPDATE, "Ended as ordered", "%s: %s.", doing(a->kind, a->scope),
                          action_state_name(a->state));
        decision_done(r, a);
        return;
    }
    if (fall_back(r, a, failure)) return;
    (void)tell_failed(r, a, failure == FAILURE_FORBIDDEN,
                      a->kind == ACT_ISOLATE ? "Nothing more is tried: a person must act." : "Nothing more is tried.");
    decision_done(r, a);
}

/* The last attempt was not taken; but of one before it nobody knows. */
enum action_state unsent(const struct action *a, enum action_state state)
{
    return a->attempts > 1 ? ACTION_UNKNOWN : state;
}

static void end_unsent(struct responder *r, struct action *a)
{
    action_settle(r, a, unsent(a, ACTION_CANCELLED), "cancelled", "it was not sent again");
    (void)tell_action(r, a, TELL_UPDATE, "Ended as ordered", "%s: %s.", doing(a->kind, a->scope),
                      action_state_name(a->state));
    decision_done(r, a);
}

void action_cancel(struct responder *r, uint64_t id, const char *by)
{
    struct action a = slot_action(r, id)->a;
    if (action_is_settled(&a)) return;
    if (!a.is_cancelling) {
        a.is_cancelling = true;
        put_action(r, &a, "cancelling", by, "");
    }
    if (*a.remote) cancel_action(r, slot_action(r, id), a.remote);
    if (a.state == ACTION_WAITING) end_unsent(r, &a);
}
