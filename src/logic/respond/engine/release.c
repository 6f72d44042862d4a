/* Letting go. Nothing blocks a release: no limit, no breaker, no stop. Its order is what matters: first every open question
 * and attempt about the device is dropped, cancelled or awaited; then what is still open at Defender under our marker is
 * cancelled; then the release is posted, confirmed, and the device watched for three days, as an isolation that hung may
 * come true after it. */
#include <inttypes.h>

#include "logic/respond/engine/engine_int.h"

static const int64_t AWAIT_MS = 300000, AGAIN_MS = 10000, WATCH_MOST_MS = 3600000;

void drop_for_release(struct responder *r, const char *tenant, const char *device, const char *by)
{
    for (size_t i = 0; i < r->decisions.count && has_out(r); i++) {
        struct decision d = decision_at(r, i)->d;
        if (strcmp(d.device, device) != 0 || strcmp(d.tenant, tenant) != 0 || !contains_threat(d.wish)) continue;
        if (d.state == DECISION_CHECKING || d.state == DECISION_ASKING)
            settle_decision(r, d.id, DECISION_DROPPED, "dropped", by, "a release was ordered");
    }
}

static void mark_released(struct responder *r, const struct hold *h)
{
    for (size_t i = 0; h->by_person && i < r->decisions.count && has_out(r); i++) {
        struct decision d = decision_at(r, i)->d;
        if (d.action == 0 || strcmp(d.device, h->device) != 0 || strcmp(d.tenant, h->tenant) != 0) continue;
        if (is_within(d.released, r->now, 60000)) continue;
        d.released = r->now;
        put_decision(r, &d, "released", h->released_by, "");
    }
}

static void cancel_attempts(struct responder *r, const struct hold *h)
{
    for (size_t i = 0; i < r->actions.count && has_out(r); i++) {
        const struct action *a = &action_at(r, i)->a;
        if (action_is_settled(a) || a->kind != ACT_ISOLATE || strcmp(a->device, h->device) != 0 ||
            strcmp(a->tenant, h->tenant) != 0)
            continue;
        action_cancel(r, a->id, h->released_by);
    }
}

bool release_order(struct responder *r, const char *tenant, const char *device, const char *host, const char *by,
                   bool by_person, const char *reason, uint64_t *ref_out)
{
    const struct hold_slot *old = slot_hold_of(r, tenant, device);
    struct hold h = {.since = r->now};
    if (old && old->h.state == HOLD_RELEASING) {
        *ref_out = old->h.id;
        return true;
    }
    if (old)
        h = old->h;
    else if (!has_room(r, RECORD_HOLD))
        return false;
    if (old == NULL) {
        h.id = new_id(r);
        COPY(h.tenant, tenant);
        COPY(h.device, device);
        COPY(h.host, host);
    }
    h.state = HOLD_RELEASING;
    h.release = 0;
    h.ordered = r->now;
    h.by_person = by_person;
    COPY(h.released_by, by);
    put_hold(r, &h, "releasing", by, reason);
    *ref_out = h.id;
    drop_for_release(r, tenant, device, by);
    mark_released(r, &h);
    if (!MUTANT(RELEASE_AT_ONCE)) cancel_attempts(r, &h);
    release_go(r, h.id);
    return true;
}

/* An attempt that neither ends nor can be cancelled is left to the watch: the person waits for the device. */
static void give_up_waiting(struct responder *r, const struct action *given)
{
    struct action a = *given;
    uint64_t decision = a.decision;
    set_error(&a.error, RESPOND_STRAY, "the attempt could not be cancelled and did not end before the release");
    action_settle(r, &a, ACTION_UNKNOWN, "given-up", a.error.text);
    if (decision && slot_decision(r, decision) && slot_decision(r, decision)->d.state == DECISION_ACTING)
        settle_decision(r, decision, DECISION_DONE, "done", "portcullis", a.error.text);
}

void release_go(struct responder *r, uint64_t id)
{
    struct hold_slot *s = slot_hold(r, id);
    const struct action_slot *open;
    if (s->h.state != HOLD_RELEASING || s->h.release) return;
    open = open_of_pair(r, s->h.tenant, s->h.device);
    if (open && !MUTANT(RELEASE_AT_ONCE)) {
        if (is_within(s->h.ordered, r->now, AWAIT_MS) || open->a.state == ACTION_INTENT) {
            again_in(r, &s->p, AGAIN_MS);
            return;
        }
        give_up_waiting(r, &open->a); /* comes back here */
        return;
    }
    if (s->p.effect == 0) look_hold(r, s);
}

/* Isolations under our marker that are still open at Defender, of this device: cancelled. */
static unsigned cancel_strays(struct responder *r, const struct hold *h, const struct look *look)
{
    unsigned n = 0;
    char mark[R_NAME + 64];
    for (size_t i = 0; i < look->action_count && has_out(r); i++) {
        const struct remote_action *x = &look->actions[i];
        struct effect *e;
        uint64_t id;
        const struct action_slot *a;
        if (x->kind != ACT_ISOLATE || is_final(x->state) || !is_marked(r, x->comment, &id)) continue;
        a = slot_action(r, id);
        if (a && a->a.intent.ticks > h->ordered.ticks) continue; /* begun after the release: it is meant */
        e = ask(r, NULL, EFFECT_CANCEL, h->id, h->tenant, h->device);
        marker(r, id, mark, sizeof mark);
        COPY(e->remote, x->id);
        (void)snprintf(e->comment, sizeof e->comment, "%scancelled: the device is released", mark);
        n++;
    }
    return n;
}

static void released(struct responder *r, const struct hold *given, const char *note)
{
    struct hold h = *given;
    h.state = HOLD_WATCHED;
    h.released = r->now;
    h.watch_until = wall_add(r->now, WALL_TICKS_PER_DAY * RESPOND_WATCH_DAYS);
    if (MUTANT(NO_WATCH)) h.state = HOLD_ENDED;
    put_hold(r, &h, "released", h.released_by, note);
    again_in(r, &slot_hold(r, h.id)->p, 60000);
}

static void post_release(struct responder *r, const struct hold *given, const struct remote_action *theirs)
{
    struct hold h = *given;
    struct action a = {.state = ACTION_INTENT, .kind = ACT_RELEASE, .attempts = 1, .decision = 0};
    if (!has_room(r, RECORD_ACTION)) {
        again_in(r, &slot_hold(r, h.id)->p, AGAIN_MS);
        return;
    }
    a.id = new_id(r);
    a.is_unattended = !h.by_person;
    COPY(a.tenant, h.tenant);
    COPY(a.device, h.device);
    COPY(a.host, h.host);
    COPY(a.by, h.released_by);
    COPY(a.reason, h.by_person ? "ordered" : h.strays ? "an isolation came after the release" : "the lease is over");
    a.intent = a.changed = r->now;
    if (theirs == NULL) {
        action_begin(r, &a, "");
    } else {
        a.state = ACTION_PENDING;
        a.is_adopted = true;
        COPY(a.remote, theirs->id);
        COPY(a.remote_by, theirs->by);
        put_action(r, &a, "adopted", "defender", "a release is open already");
        look_action(r, slot_action(r, a.id));
    }
    h.release = a.id;
    put_hold(r, &h, "release", h.released_by, "");
}

static void isolated_by_others(struct responder *r, const struct hold *given, const struct remote_action *x);

void release_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev)
{
    const struct hold h = s->h;
    const struct look *look = &ev->look;
    struct pair pair = read_pair(look->actions, look->action_count);
    unsigned open = cancel_strays(r, &h, look);
    if (h.release || open_of_pair(r, h.tenant, h.device)) {
        if (!MUTANT(RELEASE_AT_ONCE) || h.release) return; /* it comes back when that has ended */
    }
    if (!h.by_person && pair.last && stands_for_others(r, look->actions, look->action_count)) {
        isolated_by_others(r, &h, pair.last); /* what goes by itself never undoes theirs */
        return;
    }
    if (open && is_within(h.ordered, r->now, AWAIT_MS) && !MUTANT(RELEASE_AT_ONCE)) {
        again_in(r, &s->p, AGAIN_MS);
        return;
    }
    if (open == 0 && pair.open_release == NULL && (pair.last ? pair.last->kind == ACT_RELEASE : pair.has_isolate)) {
        released(r, &h, "the device is not isolated");
        (void)tell_hold(r, &h, TELL_OUTCOME, "Not isolated",
                        "Nothing to release: by its actions the device is not isolated.");
        return;
    }
    post_release(r, &h, pair.open_release);
}

/* The release's action has ended. What failed is told by the action; a person orders again, the watch does it by itself. */
void release_ended(struct responder *r, const struct action *a)
{
    struct hold_slot *s = slot_hold_of(r, a->tenant, a->device);
    struct hold h;
    if (s == NULL || s->h.release != a->id || s->h.state != HOLD_RELEASING) return;
    h = s->h;
    if (a->state == ACTION_CONFIRMED) {
        released(r, &h, "confirmed");
        return;
    }
    h.release = 0;
    h.state = h.strays ? HOLD_WATCHED : HOLD_HELD;
    if (h.strays) h.watch_until = wall_add(r->now, WALL_TICKS_PER_DAY * RESPOND_WATCH_DAYS);
    put_hold(r, &h, "not-released", "portcullis", a->error.text);
    again_in(r, &slot_hold(r, h.id)->p, 600000);
}

/* ---- the watch ---------------------------------------------------------------------------------------------------------- */

static bool is_stray(const struct responder *r, const struct hold *h, const struct remote_action *x)
{
    uint64_t id;
    const struct action_slot *a;
    if (!is_marked(r, x->comment, &id)) return false;
    a = slot_action(r, id);
    return a == NULL || a->a.intent.ticks <= h->ordered.ticks;
}

static void stray(struct responder *r, const struct hold *given)
{
    struct hold h = *given;
    uint64_t ref;
    h.strays++;
    put_hold(r, &h, "stray", "defender", "an isolation of ours came after the release");
    struct respond_notice *n =
        tell_hold(r, &h, TELL_FAILURE, "Isolated again after its release",
                  "An attempt of ours that had hung took effect after the release. It is released again.");
    n->wants = TELL_ACK;
    COPY(n->code, respond_causes[RESPOND_STRAY].code);
    COPY(n->remedy, respond_causes[RESPOND_STRAY].remedy);
    (void)release_order(r, h.tenant, h.device, h.host, "portcullis", false, "a stray isolation", &ref);
}

/* Held by somebody else's isolation, which that one has ended, and then a stray of ours came: nobody wants that. */
bool stray_instead(struct responder *r, const struct hold *h, const struct look *look)
{
    struct pair pair = read_pair(look->actions, look->action_count);
    if (h->is_owned || h->ordered.ticks == 0 || pair.last == NULL || pair.last->kind != ACT_ISOLATE ||
        !is_stray(r, h, pair.last) || stands_for_others(r, look->actions, look->action_count))
        return false;
    stray(r, h);
    return true;
}

static void isolated_by_others(struct responder *r, const struct hold *given, const struct remote_action *x)
{
    struct hold h = *given;
    h.state = HOLD_HELD;
    h.is_owned = false;
    h.until = (struct wall){0};
    h.since = x->updated;
    h.decision = h.action = h.release = 0;
    COPY(h.owner, *x->by ? x->by : "somebody at Defender");
    COPY(h.reason, x->comment);
    put_hold(r, &h, "held", h.owner, "isolated by somebody else after the release: seen, and left alone");
    (void)tell_hold(r, &h, TELL_UPDATE, "Isolated by somebody else", "%s has isolated the device after its release.",
                    h.owner);
    again_in(r, &slot_hold(r, h.id)->p, 900000);
}

void watch_answer(struct responder *r, struct hold_slot *s, const struct respond_event *ev)
{
    const struct hold h = s->h;
    struct pair pair = read_pair(ev->look.actions, ev->look.action_count);
    int64_t since = (r->now.ticks - h.released.ticks) / WALL_TICKS_PER_MS;
    unsigned open = cancel_strays(r, &h, &ev->look);
    if (pair.last && pair.last->kind == ACT_ISOLATE && !open_of_pair(r, h.tenant, h.device)) {
        if (is_stray(r, &h, pair.last)) {
            stray(r, &h);
            return;
        }
        if (!is_marked(r, pair.last->comment, &(uint64_t){0})) {
            isolated_by_others(r, &h, pair.last);
            return;
        }
    }
    again_in(r, &s->p, open ? 60000 : since < 60000 ? 60000 : since < WATCH_MOST_MS ? since : WATCH_MOST_MS);
}
