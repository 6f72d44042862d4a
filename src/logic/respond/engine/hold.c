/* Devices that are isolated, and for how long: a lease has an owner, a reason and an end, people are reminded of it, and it
 * ends by itself only where the tenant wants that, only for what we isolated, and only when nothing speaks against it. */
#include <inttypes.h>

#include "logic/respond/engine/engine_int.h"

static const int64_t EFFECT_LOST_MS = 120000, LOOK_EVERY_MS = 900000, BEFORE_END_MS = 7200000,
                     REMIND_EVERY_MS = 86400000, PROOF_MS = 300000;

void hold_isolated(struct responder *r, const struct action *a)
{
    const struct respond_tenant *t = tenant_or_off(r, a->tenant);
    const struct decision_slot *d = slot_decision(r, a->decision);
    const struct hold_slot *old = slot_hold_of(r, a->tenant, a->device);
    uint64_t lease = d && d->d.lease_ms ? d->d.lease_ms : (uint64_t)t->lease_ms;
    struct hold h = {
        .state = HOLD_HELD, .is_owned = !a->is_adopted, .decision = a->decision, .action = a->id, .since = r->now};
    if (old && old->h.state == HOLD_RELEASING) return;    /* it goes on to release this too */
    if (old == NULL && !has_room(r, RECORD_HOLD)) return; /* asked for when the action began */
    h.id = old ? old->h.id : new_id(r);
    COPY(h.tenant, a->tenant);
    COPY(h.device, a->device);
    COPY(h.host, a->host);
    if (d) COPY(h.incident, d->d.incident);
    COPY(h.owner, a->is_adopted ? a->remote_by : a->by);
    COPY(h.reason, a->reason);
    if (h.is_owned) h.until = later(r->now, (int64_t)lease);
    put_hold(r, &h, "held", a->is_adopted ? "defender" : a->by,
             h.is_owned ? "" : "not ours: no lease, no automatic release");
    struct hold_slot *s = slot_hold(r, h.id);
    s->p = (struct pending){0};
    again_in(r, &s->p, t->has_hunting ? PROOF_MS : LOOK_EVERY_MS);
}

/* Somebody else has let the device go: seen, and respected. */
void hold_seen_released(struct responder *r, const struct hold *given, const struct remote_action *x)
{
    struct hold h = *given;
    h.state = HOLD_WATCHED;
    h.ordered = h.released = x->updated;
    h.watch_until = wall_add(r->now, WALL_TICKS_PER_DAY * RESPOND_WATCH_DAYS);
    h.by_person = true;
    COPY(h.released_by, *x->by ? x->by : "somebody at Defender");
    put_hold(r, &h, "released", h.released_by, "seen among the device's actions");
    (void)tell_hold(r, &h, TELL_UPDATE, "Released by somebody else", "%s has released the device at Defender.",
                    h.released_by);
    for (size_t i = 0; i < r->decisions.count && has_out(r); i++) {
        struct decision d = decision_at(r, i)->d;
        if (d.action == 0 || strcmp(d.device, h.device) != 0 || strcmp(d.tenant, h.tenant) != 0) continue;
        if (d.released.ticks >= h.released.ticks) continue;
        d.released = h.released;
        put_decision(r, &d, "released", h.released_by, "");
    }
}

/* ---- the lease's end ------------------------------------------------------------------------------------------------------- */

static struct wall reminder_at(const struct hold *h)
{
    int64_t lease = (h->until.ticks - h->since.ticks) / WALL_TICKS_PER_MS;
    int64_t before = lease / 4 < BEFORE_END_MS ? lease / 4 : BEFORE_END_MS;
    if (h->until.ticks == 0) return (struct wall){0};
    return h->reminders == 0 ? later(h->until, -before) : later(h->until, REMIND_EVERY_MS * (h->reminders - 1));
}

static void remind(struct responder *r, const struct hold *given, const char *why_not)
{
    struct hold h = *given;
    char until[WALL_TEXT_BYTES];
    h.reminders++;
    put_hold(r, &h, "reminded", "portcullis", why_not);
    (void)wall_format_digits(h.until, 0, until);
    struct respond_notice *n =
        tell_hold(r, &h, TELL_UPDATE, is_due(h.until, r->now) ? "Still isolated, lease over" : "Isolation ends soon",
                  "Isolated since its order by %s; the lease ends %s. %s%s", h.owner, until,
                  *why_not ? "It is not released by itself: " : "Release it, or extend the lease.", why_not);
    n->wants = TELL_ACK;
}

/* Nothing speaks against it: we isolated it, nobody else did since, and its alert is closed. */
static const char *may_not_end(const struct responder *r, const struct hold *h, const struct respond_event *ev)
{
    const struct look *look = &ev->look;
    struct pair pair = read_pair(look->actions, look->action_count);
    if (!h->is_owned) return "it is not ours";
    if (pair.open_isolate) return "another isolation of the device is open";
    if (pair.last == NULL || pair.last->kind != ACT_ISOLATE) return "it is not known to be isolated";
    if (stands_for_others(r, look->actions, look->action_count)) return "somebody else has isolated it too";
    if (!look->alert_gone && (look->alert == NULL || !is_closed_alert(look->alert))) return "its alert is open still";
    for (size_t i = 0; i < r->decisions.count; i++) {
        const struct decision *d = &decision_at(r, i)->d;
        if (!decision_is_settled(d) && strcmp(d->device, h->device) == 0 && strcmp(d->tenant, h->tenant) == 0)
            return "another decision about the device is open";
    }
    return NULL;
}

static void lease_over(struct responder *r, const struct hold *h, const struct respond_event *ev)
{
    const char *why_not = may_not_end(r, h, ev);
    uint64_t ref;
    if (why_not == NULL)
        (void)release_order(r, h->tenant, h->device, h->host, "lease", false, "the lease is over and the alert closed",
                            &ref);
    else if (is_due(reminder_at(h), r->now))
        remind(r, h, why_not);
}

/* ---- looks ---------------------------------------------------------------------------------------------------------------------- */

static void prove(struct responder *r, const struct hold *h, const struct look *look)
{
    const struct action_slot *s = slot_action(r, h->action);
    struct action a;
    if (!(look->has & LOOK_MITIGATION) || !look->is_isolated || s == NULL || s->a.proof & PROOF_MITIGATION) return;
    a = s->a;
    a.proof |= PROOF_MITIGATION;
    put_action(r, &a, "proved", "defender", "MitigationStatus says so too");
}

static void held_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev)
{
    const struct hold h = s->h;
    struct pair pair = read_pair(ev->look.actions, ev->look.action_count);
    prove(r, &h, &ev->look);
    if (pair.last && pair.last->kind == ACT_RELEASE && !open_of_pair(r, h.tenant, h.device)) {
        hold_seen_released(r, &h, pair.last);
        return;
    }
    if (stray_instead(r, &h, &ev->look)) return;
    again_in(r, &s->p, LOOK_EVERY_MS);
    if (ev->look.has & LOOK_ALERT) lease_over(r, &h, ev);
}

void hold_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev)
{
    if (!take_answer(&s->p, ev)) return;
    if (ev->result != RESULT_OK || !(ev->look.has & LOOK_ACTIONS)) {
        int64_t wait = backoff_ms(s->p.tries++, 5000, s->h.state == HOLD_RELEASING ? 30000 : 300000);
        again_in(r, &s->p, ev->retry_after_ms > wait ? ev->retry_after_ms : wait);
        return;
    }
    switch (s->h.state) {
    case HOLD_HELD: held_answer(r, s, ev); break;
    case HOLD_RELEASING: release_answer(r, s, ev); break;
    case HOLD_WATCHED: watch_answer(r, s, ev); break;
    default: break;
    }
}

/* ---- time -------------------------------------------------------------------------------------------------------------------------- */

struct wall hold_due(const struct responder *r, const struct hold_slot *s)
{
    struct wall next = s->p.effect ? later(s->p.since, EFFECT_LOST_MS) : s->p.next.ticks ? s->p.next : (struct wall){1};
    struct wall remind = reminder_at(&s->h);
    bool is_automatic = tenant_or_off(r, s->h.tenant)->auto_release && s->h.is_owned && s->h.reminders > 0;
    if (s->h.state == HOLD_ENDED) return (struct wall){0};
    if (s->h.state == HOLD_RELEASING && s->h.release) return (struct wall){0}; /* its action has the clock */
    if (s->h.state == HOLD_WATCHED && s->h.watch_until.ticks < next.ticks) next = s->h.watch_until;
    if (s->h.state == HOLD_HELD && !is_automatic && remind.ticks && remind.ticks < next.ticks) next = remind;
    if (s->h.state == HOLD_HELD && is_automatic && !s->p.effect && s->h.until.ticks < next.ticks &&
        !is_due(s->h.until, s->p.since))
        next = s->h.until; /* a look at once when the lease is over; then with the others */
    return next;
}

void hold_tick(struct responder *r, struct hold_slot *s)
{
    struct hold h = s->h;
    bool is_automatic = tenant_or_off(r, h.tenant)->auto_release && h.is_owned && h.reminders > 0;
    bool waits = s->p.effect && !is_due(later(s->p.since, EFFECT_LOST_MS), r->now);
    if (h.state == HOLD_WATCHED && is_due(h.watch_until, r->now)) {
        h.state = HOLD_ENDED;
        put_hold(r, &h, "ended", "portcullis", "nothing came after the release");
        return;
    }
    if (h.state == HOLD_HELD && !is_automatic && is_due(reminder_at(&h), r->now)) {
        remind(r, &h, "");
        return;
    }
    if (waits) return;
    if (h.state == HOLD_RELEASING)
        release_go(r, h.id);
    else
        look_hold(r, s);
}
