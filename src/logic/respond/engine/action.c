/* An action from its intent to an outcome that is known.
 *
 *   INTENT --accepted--> PENDING -> RUNNING --succeeded, read back--> CONFIRMED
 *     |  \--refused for now--> WAITING --looked again, gates again--> INTENT
 *     |  \--refused--> REFUSED            \--failed, timed out, cancelled--> FAILED, TIMED_OUT, CANCELLED
 *     \--no answer--> LOST: looks at 0, 40 and 120 s; found --> PENDING (owned or adopted); not found --> for an isolation
 *                     once more INTENT, else UNKNOWN, which is looked for as long as it may still take effect
 *
 * Whatever ends otherwise than CONFIRMED is told, and goes to the rule's ladder. */
#include <inttypes.h>

#include "logic/respond/engine/engine_int.h"

static const int64_t EFFECT_LOST_MS = 120000, WAIT_MOST_MS = 1800000, FIND_UNKNOWN_MS = 900000,
                     UNKNOWN_MS = INT64_C(86400000) * RESPOND_WATCH_DAYS, AWAY_MOST_MS = INT64_C(86400000) * 4,
                     AFTER_HOUR_MS = 300000, BEFORE_LATE_MS = 2000;
static const int64_t look_at_ms[] = {0, 40000, 120000}; /* since an answer was lost */
enum { LOOKS = sizeof look_at_ms / sizeof *look_at_ms, ATTEMPTS_MAX = 2 };

int64_t backoff_ms(uint32_t tries, int64_t first_ms, int64_t most_ms)
{
    int64_t ms = first_ms;
    while (tries-- > 0 && ms < most_ms) ms *= 2;
    return ms < most_ms ? ms : most_ms;
}

void action_begin(struct responder *r, const struct action *a, const char *note)
{
    put_action(r, a, "intent", a->by, note);
    post_action(r, slot_action(r, a->id));
}

/* ---- found at Defender ---------------------------------------------------------------------------------------------------- */

static bool is_ours(const struct responder *r, const struct action *a, const struct remote_action *x)
{
    uint64_t id;
    return is_marked(r, x->comment, &id) && id == a->id;
}

static void accept(struct responder *r, struct action *a, const struct remote_action *x, const char *note)
{
    a->is_adopted = !is_ours(r, a, x) && !MUTANT(OWN_ALL);
    COPY(a->remote, x->id);
    COPY(a->remote_by, x->by);
    if (a->sent.ticks == 0) a->sent = r->now;
    a->changed = r->now;
    a->looks = 0;
    a->settled = (struct wall){0};
    a->state = x->state == REMOTE_RUNNING ? ACTION_RUNNING : ACTION_PENDING;
    put_action(r, a, a->is_adopted ? "adopted" : "accepted", "defender", note);
    struct action_slot *s = slot_action(r, a->id);
    if (is_final(x->state))
        look_action(r, s); /* read back at once */
    else
        again_in(r, &s->p, backoff_ms(s->p.tries++, 5000, 60000));
    if (a->is_cancelling && !is_final(x->state)) cancel_action(r, s, x->id);
    if (a->is_adopted && !is_final(x->state))
        (void)tell_action(r, a, TELL_UPDATE, "Somebody else's action", "Adopted: %s by %s was there before ours.",
                          doing(a->kind, a->scope), *a->remote_by ? a->remote_by : "somebody else");
}

/* Of several attempts with our marker the one that is furthest; others that are open are one too many. */
static const struct remote_action *find_attempt(const struct responder *r, const struct action *a,
                                                const struct look *look)
{
    const struct remote_action *best = NULL;
    for (size_t i = 0; i < look->action_count; i++) {
        const struct remote_action *x = &look->actions[i];
        if (x->kind != a->kind || !is_ours(r, a, x)) continue;
        if (best == NULL || (x->state == REMOTE_SUCCEEDED && best->state != REMOTE_SUCCEEDED) ||
            (is_final(best->state) && best->state != REMOTE_SUCCEEDED && !is_final(x->state)))
            best = x;
    }
    return best;
}

static void cancel_others(struct responder *r, const struct action *a, const struct look *look)
{
    for (size_t i = 0; i < look->action_count && has_out(r); i++) {
        const struct remote_action *x = &look->actions[i];
        if (x->kind == a->kind && is_ours(r, a, x) && !is_final(x->state) && strcmp(x->id, a->remote) != 0)
            cancel_action(r, slot_action(r, a->id), x->id);
    }
}

/* What somebody else did that is as good: open, or taken effect since our intent. */
static const struct remote_action *find_foreign(const struct action *a, const struct look *look)
{
    struct pair pair = read_pair(look->actions, look->action_count);
    for (size_t i = 0; i < look->action_count; i++)
        if (look->actions[i].kind == a->kind && !is_final(look->actions[i].state)) return &look->actions[i];
    if ((a->kind == ACT_ISOLATE || a->kind == ACT_RELEASE) && pair.last && pair.last->kind == a->kind &&
        pair.last->updated.ticks >= a->intent.ticks)
        return pair.last;
    return NULL;
}

/* ---- read back --------------------------------------------------------------------------------------------------------------- */

static void succeeded(struct responder *r, struct action *a, const struct look *look)
{
    struct pair pair = read_pair(look->actions, look->action_count);
    bool is_paired = a->kind == ACT_ISOLATE || a->kind == ACT_RELEASE;
    a->proof |= PROOF_STATUS;
    if (!is_paired || (pair.last && pair.last->kind == a->kind) || MUTANT(TRUST_ANSWER)) {
        if (is_paired) a->proof |= PROOF_PAIR;
        action_settle(r, a, ACTION_CONFIRMED, "confirmed", is_paired ? "read back from the device's actions" : "");
        return;
    }
    set_error(&a->error, RESPOND_UNDONE, "it succeeded, and was undone by %s",
              pair.last && *pair.last->by ? pair.last->by : "somebody else");
    action_settle(r, a, ACTION_FAILED, "undone", a->error.text);
    (void)tell_failed(r, a, false, "");
    decision_done(r, a);
    if (a->kind != ACT_ISOLATE || pair.last == NULL) return;
    hold_isolated(r, a); /* it was, and somebody let it go: watched, and the incident only asks */
    const struct hold_slot *h = slot_hold_of(r, a->tenant, a->device);
    if (h && h->h.state == HOLD_HELD) hold_seen_released(r, &h->h, pair.last);
}

static bool tells_late(const struct action *a)
{
    return !action_is_settled(a) && !a->is_late && a->kind != ACT_SCAN && a->kind != ACT_COLLECT;
}

static struct wall late_at(const struct responder *r, const struct action *a)
{
    return later(a->intent, tenant_or_off(r, a->tenant)->confirm_ms);
}

/* When to look next: ever more rarely, but once shortly before it would be told as late, so that what has just been done is
 * not called undone. */
static int64_t next_look_ms(const struct responder *r, struct action_slot *s)
{
    int64_t wait = is_within(s->a.intent, r->now, 3600000) ? backoff_ms(s->p.tries++, 5000, 60000) : AFTER_HOUR_MS;
    int64_t late_in = (late_at(r, &s->a).ticks - r->now.ticks) / WALL_TICKS_PER_MS - BEFORE_LATE_MS;
    return tells_late(&s->a) && late_in > 0 && late_in < wait ? late_in : wait;
}

static void at_defender(struct responder *r, struct action_slot *s, const struct respond_event *ev)
{
    const struct look *look = &ev->look;
    struct action a = s->a;
    const struct remote_action *x = find_remote(look->actions, look->action_count, a.remote);
    cancel_others(r, &a, look);
    if (x && is_ours(r, &a, x)) a.is_adopted = false; /* the answer to the post did not say so */
    if (x == NULL || !is_final(x->state)) {
        if (x && x->state == REMOTE_RUNNING && a.state == ACTION_PENDING) {
            a.state = ACTION_RUNNING;
            a.changed = r->now;
            put_action(r, &a, "in-progress", "defender", "the device has taken it");
            s = slot_action(r, a.id);
        }
        if (x && a.is_cancelling) cancel_action(r, s, a.remote);
        again_in(r, &s->p, next_look_ms(r, s));
        return;
    }
    if (*x->error.code) a.error = x->error;
    switch (x->state) {
    case REMOTE_SUCCEEDED: succeeded(r, &a, look); break;
    case REMOTE_TIMED_OUT:
        action_fail(
            r, &a, ACTION_TIMED_OUT, a.state == ACTION_PENDING ? FAILURE_OFFLINE : FAILURE_TIMED_OUT, "timed-out",
            a.state == ACTION_PENDING ? "the device did not answer in Defender's time" : "it was not finished in time");
        break;
    case REMOTE_CANCELLED: action_fail(r, &a, ACTION_CANCELLED, FAILURE_FAILED, "cancelled", "it was cancelled"); break;
    default: action_fail(r, &a, ACTION_FAILED, FAILURE_FAILED, "failed", "it failed on the device"); break;
    }
}

/* ---- posted -------------------------------------------------------------------------------------------------------------------- */

static void lost(struct responder *r, struct action *a, const char *note)
{
    if (MUTANT(RESEND_BLINDLY) && a->attempts < ATTEMPTS_MAX) {
        a->attempts++;
        put_action(r, a, "intent", a->by, "again");
        post_action(r, slot_action(r, a->id));
        return;
    }
    a->state = ACTION_LOST;
    a->changed = r->now;
    a->looks = 0;
    put_action(r, a, "lost", "portcullis", note);
    look_action(r, slot_action(r, a->id));
}

static void posted(struct responder *r, struct action_slot *s, const struct respond_event *ev)
{
    struct action a = s->a;
    switch (ev->result) {
    case RESULT_OK:
        if (*ev->posted.id)
            accept(r, &a, &ev->posted, "");
        else
            lost(r, &a, "Defender answered without saying what it began");
        break;
    case RESULT_ACTIVE: lost(r, &a, "Defender says that such an action is open already"); break;
    case RESULT_RETRY:
        a.state = ACTION_WAITING;
        a.changed = r->now;
        a.error = ev->error;
        put_action(r, &a, "waiting", "defender", "refused for now");
        s = slot_action(r, a.id);
        again_in(r, &s->p, ev->retry_after_ms > 5000 ? ev->retry_after_ms : 5000);
        break;
    case RESULT_REFUSED:
        a.error = ev->error;
        action_fail(r, &a, unsent(&a, ACTION_REFUSED), ev->failure, "refused", ev->error.text);
        break;
    case RESULT_LOST: lost(r, &a, "no answer: it may have been taken, or not"); break;
    }
}

/* ---- may it be posted (again)? ---------------------------------------------------------------------------------------------------- */

/* As firm as the first time, for what no person has approved; a person's order stands. */
static const char *is_infirm(struct responder *r, const struct action *a, const struct respond_event *ev, uint32_t *why)
{
    const struct decision_slot *s = slot_decision(r, a->decision);
    const struct hold_slot *h = slot_hold_of(r, a->tenant, a->device);
    struct decision d;
    const char *gone;
    *why = 0;
    if (a->kind == ACT_RELEASE) return NULL;
    if (a->is_cancelling || (h && h->h.state == HOLD_RELEASING)) return "a release was ordered meanwhile";
    if (!a->is_unattended || s == NULL) return NULL;
    d = s->d;
    gone = no_longer(r, &d, ev);
    if (gone) return gone;
    *why = why_now(r, &d, &ev->look, a->id);
    return *why ? "it may no longer be done by itself" : NULL;
}

static bool has_looked(const struct responder *r, const struct action *a, const struct respond_event *ev)
{
    const struct decision_slot *s = slot_decision(r, a->decision);
    uint32_t needs = LOOK_ACTIONS;
    if ((a->state == ACTION_WAITING || a->state == ACTION_LOST) && a->is_unattended && s)
        needs |= LOOK_MACHINE | (*s->d.alert ? LOOK_ALERT : 0);
    return ev->result == RESULT_OK && (ev->look.has & needs) == needs;
}

static void not_sent(struct responder *r, struct action *a, const char *gone, uint32_t why)
{
    uint64_t decision = a->decision;
    action_settle(r, a, unsent(a, ACTION_CANCELLED), "not-sent", gone);
    const struct decision_slot *s = slot_decision(r, decision);
    if (s == NULL || s->d.state != DECISION_ACTING) return;
    if (why)
        ask_people(r, &s->d, why);
    else
        settle_decision(r, decision, DECISION_DROPPED, "dropped", "defender", gone);
}

static void waited(struct responder *r, struct action_slot *s, const struct respond_event *ev)
{
    struct action a = s->a;
    uint32_t why;
    const struct remote_action *x = find_attempt(r, &a, &ev->look);
    const char *gone;
    if (x) { /* refused, they said */
        accept(r, &a, x, "found among the device's actions");
        return;
    }
    gone = is_infirm(r, &a, ev, &why);
    if (gone) {
        not_sent(r, &a, gone, why);
        return;
    }
    if (!is_within(a.intent, r->now, WAIT_MOST_MS)) {
        action_fail(r, &a, unsent(&a, ACTION_REFUSED), FAILURE_BUSY, "refused", "Defender refused it for half an hour");
        return;
    }
    a.state = ACTION_INTENT;
    a.changed = r->now;
    action_begin(r, &a, "posted again: it was refused for now");
}

/* ---- lost ---------------------------------------------------------------------------------------------------------------------------- */

static void not_found(struct responder *r, struct action *a, const struct respond_event *ev)
{
    uint32_t why;
    const char *gone;
    if (a->kind == ACT_ISOLATE && a->attempts < ATTEMPTS_MAX) {
        gone = is_infirm(r, a, ev, &why);
        if (gone == NULL) {
            a->attempts++;
            a->looks = 0;
            a->state = ACTION_INTENT;
            a->changed = r->now;
            (void)tell_action(r, a, TELL_UPDATE, "Not known whether isolated",
                              "The answer to the order was lost, and Defender shows no such action after two minutes. "
                              "It is ordered once more.");
            action_begin(r, a, "second and last attempt: the first was not found");
            return;
        }
    }
    set_error(&a->error, RESPOND_UNKNOWN, "no answer came, and the device's actions do not show it");
    action_fail(r, a, ACTION_UNKNOWN, FAILURE_UNKNOWN, "unknown", a->error.text);
}

static void lost_look(struct responder *r, struct action_slot *s, const struct respond_event *ev)
{
    struct action a = s->a;
    const struct remote_action *x = find_attempt(r, &a, &ev->look);
    if (x == NULL) x = find_foreign(&a, &ev->look);
    if (x) {
        accept(r, &a, x, "found among the device's actions");
        return;
    }
    a.looks++;
    if (a.looks >= LOOKS) {
        not_found(r, &a, ev);
        return;
    }
    put_action(r, &a, "looked", "portcullis", "not among the device's actions yet");
}

/* It was given up as unknown. If it shows up after all it is ours again, unless the device was released since. */
static void unknown_look(struct responder *r, struct action_slot *s, const struct respond_event *ev)
{
    struct action a = s->a;
    const struct remote_action *x = find_attempt(r, &a, &ev->look);
    const struct hold_slot *h = slot_hold_of(r, a.tenant, a.device);
    const struct decision_slot *d;
    bool is_over = h && h->h.ordered.ticks >= a.intent.ticks; /* the watch after the release has it */
    if (x == NULL || is_over || open_of_pair(r, a.tenant, a.device)) {
        again_in(r, &s->p, FIND_UNKNOWN_MS);
        return;
    }
    if (x->state != REMOTE_SUCCEEDED && is_final(x->state)) {
        again_in(r, &s->p, FIND_UNKNOWN_MS);
        return;
    }
    a.error = (struct respond_error){0};
    d = slot_decision(r, a.decision);
    if (d && d->d.state == DECISION_DONE && d->d.action == a.id) {
        struct decision copy = d->d;
        copy.state = DECISION_ACTING;
        copy.settled = (struct wall){0};
        put_decision(r, &copy, "acting", "defender", "its action was found after all");
    }
    (void)tell_action(r, &a, TELL_UPDATE, "Found after all",
                      "The order whose answer was lost is among the device's actions.");
    accept(r, &a, x, "found among the device's actions after all");
}

void action_answer(struct responder *r, struct action_slot *s, const struct respond_event *ev)
{
    enum effect_kind kind = s->p.kind;
    if (!take_answer(&s->p, ev)) return;
    if (kind == EFFECT_POST) {
        if (s->a.state == ACTION_INTENT) posted(r, s, ev);
        return;
    }
    if (!has_looked(r, &s->a, ev)) {
        int64_t wait = backoff_ms(s->p.tries++, 5000, 60000);
        again_in(r, &s->p, ev->retry_after_ms > wait ? ev->retry_after_ms : wait);
        return;
    }
    switch (s->a.state) {
    case ACTION_LOST: lost_look(r, s, ev); break;
    case ACTION_WAITING: waited(r, s, ev); break;
    case ACTION_PENDING:
    case ACTION_RUNNING: at_defender(r, s, ev); break;
    case ACTION_UNKNOWN: unknown_look(r, s, ev); break;
    default: break;
    }
}

/* ---- time ---------------------------------------------------------------------------------------------------------------------------------- */

static struct wall earlier(struct wall a, struct wall b)
{
    if (a.ticks == 0) return b;
    return b.ticks != 0 && b.ticks < a.ticks ? b : a;
}

/* By the ledger, so that a restart does not make the looks come closer. */
static struct wall next_look(const struct action *a)
{
    return later(a->changed, look_at_ms[a->looks < LOOKS ? a->looks : LOOKS - 1]);
}

struct wall action_due(const struct responder *r, const struct action_slot *s)
{
    struct wall next = s->p.next;
    if (s->p.effect)
        next = later(s->p.since, EFFECT_LOST_MS);
    else if (next.ticks == 0)
        next = s->a.state == ACTION_LOST ? next_look(&s->a) : (struct wall){1};
    if (action_is_settled(&s->a)) {
        if (s->a.state != ACTION_UNKNOWN || s->a.kind != ACT_ISOLATE) return (struct wall){0};
        return is_due(later(s->a.settled, UNKNOWN_MS), next) ? (struct wall){0} : next;
    }
    return tells_late(&s->a) ? earlier(next, late_at(r, &s->a)) : next;
}

static void tell_late(struct responder *r, const struct action *given)
{
    struct action a = *given;
    a.is_late = true;
    put_action(r, &a, "late", "portcullis", "not confirmed in time");
    struct respond_notice *n =
        tell_action(r, &a, TELL_FAILURE,
                    a.kind == ACT_ISOLATE   ? "NOT CONFIRMED ISOLATED"
                    : a.kind == ACT_RELEASE ? "NOT CONFIRMED RELEASED"
                                            : "NOT CONFIRMED",
                    "%s is ordered and not confirmed: %s. %s", doing(a.kind, a.scope), action_state_name(a.state),
                    a.state == ACTION_PENDING ? "The device has not taken it: it may be offline. It is watched on."
                                              : "It is watched on.");
    n->phone = true;
    n->wants = TELL_ACK;
    COPY(n->code, *a.error.code ? a.error.code : respond_causes[RESPOND_NOT_CONFIRMED].code);
    COPY(n->remedy, *a.error.code ? a.error.remedy : respond_causes[RESPOND_NOT_CONFIRMED].remedy);
}

void action_tick(struct responder *r, struct action_slot *s)
{
    struct action a = s->a;
    bool is_overdue = s->p.effect && is_due(later(s->p.since, EFFECT_LOST_MS), r->now);
    if (tells_late(&a) && is_due(late_at(r, &a), r->now)) {
        tell_late(r, &a);
        return;
    }
    if (a.state == ACTION_INTENT) { /* posted, and no word; or posted before a restart: perhaps */
        lost(r, &a, "no answer: it may have been taken, or not");
        return;
    }
    if (s->p.effect && !is_overdue) return;
    if (!action_is_settled(&a) && !is_within(a.intent, r->now, AWAY_MOST_MS)) {
        action_fail(r, &a, ACTION_TIMED_OUT, FAILURE_OFFLINE, "timed-out", "pending for four days");
        return;
    }
    look_action(r, s);
}
