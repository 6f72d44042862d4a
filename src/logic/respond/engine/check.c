/* A decision's look has come back: alert, machine and the machine's actions as they are now. It becomes an action, a question
 * to people, or the end of the matter; the order of the checks is the order of this file's `judge`. */
#include <inttypes.h>

#include "logic/respond/engine/engine_int.h"

static const int64_t STUCK_MS = 300000, EFFECT_LOST_MS = 120000, BUSY_MS = 5000;
enum { ESCALATIONS_MAX = 2 };

void begin_check(struct responder *r, const struct decision *given, const char *step, const char *by, const char *note)
{
    struct decision d = *given;
    d.state = DECISION_CHECKING;
    d.settled = (struct wall){0};
    put_decision(r, &d, step, by, note);
    look_decision(r, slot_decision(r, d.id));
}

void settle_decision(struct responder *r, uint64_t id, enum decision_state state, const char *step, const char *by,
                     const char *note)
{
    struct decision d = slot_decision(r, id)->d;
    bool was_asking = d.state == DECISION_ASKING;
    d.state = state;
    d.settled = r->now;
    put_decision(r, &d, step, by, note);
    if (state == DECISION_DONE || state == DECISION_SHADOW) return;
    struct respond_notice *n = tell_decision(r, &d, state == DECISION_REFUSED ? TELL_FAILURE : TELL_UPDATE,
                                             state == DECISION_REFUSED ? "NOT DONE"
                                             : was_asking              ? "Question withdrawn"
                                                                       : "Not done",
                                             "%s: %s (%s).", doing(d.wish, d.scope), decision_state_name(state), note);
    if (state != DECISION_REFUSED) return;
    n->phone = d.phone;
    n->wants = TELL_ACK;
    tell_error(n, &d.error);
}

static void refuse(struct responder *r, const struct decision *d)
{
    put_decision(r, d, "failed", "portcullis", d->error.text);
    settle_decision(r, d->id, DECISION_REFUSED, "refused", "portcullis", d->error.text);
}

/* ---- is it still so? -------------------------------------------------------------------------------------------------- */

static size_t device_index(const struct decision *d, const struct alert_facts *f)
{
    struct fact_device like = {.id = str_of(d->device), .name = str_of(d->host)};
    for (size_t i = 0; i < f->device_count; i++)
        if (device_is_same(&f->devices[i], &like)) return i;
    return SIZE_MAX;
}

static bool has_fallen(const struct decision *d)
{
    for (size_t i = 0; i < FAILURE_COUNT; i++)
        if (d->fallen[i]) return true;
    return false;
}

const char *no_longer(const struct responder *r, struct decision *d, const struct respond_event *ev)
{
    const struct look *look = &ev->look;
    const struct alert_facts *f = look->alert;
    const struct policy_verdict *v;
    char rule[R_NAME];
    size_t i;
    if (*d->alert == 0 || MUTANT(NO_FRESH_READ)) return NULL; /* a person's order stands on its own */
    if (look->alert_gone || f == NULL) return "the alert is no longer there";
    if (f->status == STATUS_RESOLVED || f->status == STATUS_REDIRECTED) return "the alert has been closed";
    if (is_closed_alert(f)) return "the alert has been classified as false or expected";
    if (look->judgement == NULL || ev->policy == NULL) return "nobody judges this tenant's alerts any more";
    i = device_index(d, f);
    if (i == SIZE_MAX || i >= look->judgement->device_count) return "the alert no longer names this device";
    if (!device_is_eligible(&f->devices[i])) return "the device is only mentioned by the alert";
    v = &look->judgement->devices[i];
    if (v->wish == WISH_NOTICE) return "no rule wishes an action any more (lowered, or wholly handled)";
    d->mode = mode_of(tenant_or_off(r, d->tenant), v->mode);
    if (d->mode == MODE_OFF && d->by[0][0] == 0) return "automatic remediation has been switched off";
    d->severity = f->severity;
    if (has_fallen(d)) return NULL; /* on its ladder: the rule's first wish has failed */
    COPY(rule, d->rule);
    take_rule(d, ev->policy, v);
    if (d->wish == ACT_QUARANTINE) COPY_STR(d->sha1, facts_quarantine_sha1(f, &f->devices[i]));
    if (strcmp(rule, d->rule) != 0 && find_key(r, d)) return "it is decided already by the rule that now holds";
    return NULL;
}

/* ---- asking people ---------------------------------------------------------------------------------------------------------- */

static uint32_t asking_now(const struct responder *r, const char *tenant)
{
    uint32_t n = 0;
    for (size_t i = 0; i < r->decisions.count; i++) {
        const struct decision *d = &decision_at(r, i)->d;
        if (d->state == DECISION_ASKING && strcmp(d->tenant, tenant) == 0) n++;
    }
    return n;
}

static void tell_question(struct responder *r, const struct decision *d, const char *title)
{
    const struct respond_tenant *t = tenant_or_off(r, d->tenant);
    const uint32_t grave = 1u << WHY_SERVER | 1u << WHY_CONTROLLER | 1u << WHY_OS_UNKNOWN | 1u << WHY_VALUE |
                           1u << WHY_OWN | 1u << WHY_EXCLUDED | 1u << WHY_EXPIRED | 1u << WHY_TUNNEL;
    char why[600];
    write_reasons(d->why & ~d->approved, why, sizeof why);
    struct respond_notice *n = tell_decision(
        r, d, TELL_APPROVAL, title,
        "May this be done: %s? It is not done by itself, because %s. %u %s must say yes. %s", doing(d->wish, d->scope),
        why, d->people, d->people == 1 ? "person" : "different people",
        d->why & 1u << WHY_TUNNEL ? "Behind this VPN the device cannot be released from afar once it is isolated. "
                                  : "");
    n->wants = TELL_ANSWER;
    n->phone = d->phone || d->severity >= SEVERITY_HIGH || (d->why & grave);
    n->expires = later(d->asked, t->approval_ms);
}

void ask_people(struct responder *r, const struct decision *given, uint32_t why)
{
    struct decision d = *given;
    char text[R_TEXT];
    uint32_t people = tenant_or_off(r, d.tenant)->approval_people;
    d.why = d.approved | why;
    if (asking_now(r, d.tenant) >= RESPOND_ASKING_MAX) {
        set_error(&d.error, RESPOND_FULL, "%d questions of this tenant are open already", RESPOND_ASKING_MAX);
        put_decision(r, &d, "failed", "portcullis", d.error.text);
        d.state = DECISION_REFUSED;
        d.settled = r->now;
        put_decision(r, &d, "refused", "portcullis", d.error.text);
        COPY(tell_decision(r, &d, TELL_DIGEST, "Not asked", "%s", d.error.text)->route, "digest");
        return;
    }
    memset(d.by, 0, sizeof d.by);
    d.state = DECISION_ASKING;
    d.people = people < 1 ? 1 : people > APPROVERS_MAX ? APPROVERS_MAX : people;
    d.asked = r->now;
    write_reasons(why, text, sizeof text);
    put_decision(r, &d, "asked", "portcullis", text);
    tell_question(r, &d, "May I");
}

/* ---- what is there already ---------------------------------------------------------------------------------------------------- */

static void adopt(struct responder *r, const struct decision *given, const struct remote_action *x)
{
    struct decision d = *given;
    struct action a = {
        .decision = d.id, .state = ACTION_PENDING, .kind = d.wish, .scope = x->scope, .is_adopted = true};
    uint64_t ours;
    if (!has_room(r, RECORD_ACTION) || !has_room(r, RECORD_HOLD)) return;
    a.is_adopted = !is_marked(r, x->comment, &ours) && !MUTANT(OWN_ALL);
    a.id = new_id(r);
    COPY(a.tenant, d.tenant);
    COPY(a.device, d.device);
    COPY(a.host, d.host);
    COPY(a.by, "policy");
    COPY(a.reason, d.title);
    COPY(a.remote, x->id);
    COPY(a.remote_by, x->by);
    a.intent = a.sent = a.changed = r->now;
    d.state = DECISION_ACTING;
    d.action = a.id;
    put_action(r, &a, "adopted", "defender", "the action was there before ours was sent");
    put_decision(r, &d, "acting", "policy", "an action of that kind is there already");
    look_action(r, slot_action(r, a.id));
}

static const struct remote_action *open_remote(const struct look *look, enum act_kind kind)
{
    for (size_t i = 0; i < look->action_count; i++)
        if (look->actions[i].kind == kind && !is_final(look->actions[i].state)) return &look->actions[i];
    return NULL;
}

/* True: the device has it already, or is about to; nothing is posted. */
static bool is_there(struct responder *r, struct decision *d, const struct look *look)
{
    struct pair pair = read_pair(look->actions, look->action_count);
    const struct remote_action *x = open_remote(look, d->wish);
    const struct hold_slot *hold = slot_hold_of(r, d->tenant, d->device);
    if (x == NULL && d->wish == ACT_ISOLATE && pair.last && pair.last->kind == ACT_ISOLATE) x = pair.last;
    if (x == NULL) return false;
    if (hold && hold->h.state == HOLD_HELD && is_final(x->state)) {
        d->action = hold->h.action;
        put_decision(r, d, "held", "policy", "the device is isolated already");
        settle_decision(r, d->id, DECISION_DONE, "done", "policy", "the device is isolated already");
        (void)tell_decision(r, d, TELL_UPDATE, "Isolated already", "The device has been isolated before this alert.");
        return true;
    }
    adopt(r, d, x);
    return true;
}

/* ---- acting -------------------------------------------------------------------------------------------------------------------- */

static void act(struct responder *r, struct decision *d)
{
    struct action a = {.decision = d->id, .state = ACTION_INTENT, .kind = d->wish, .scope = d->scope, .attempts = 1};
    bool has_person = d->by[0][0] != 0;
    if (!has_room(r, RECORD_ACTION) || !has_room(r, RECORD_HOLD)) {
        set_error(&d->error, RESPOND_FULL, "no room for another action");
        refuse(r, d);
        return;
    }
    a.id = new_id(r);
    a.is_unattended = !has_person;
    COPY(a.tenant, d->tenant);
    COPY(a.device, d->device);
    COPY(a.host, d->host);
    COPY(a.sha1, d->sha1);
    COPY(a.by, has_person ? d->by[0] : "policy");
    (void)snprintf(a.reason, sizeof a.reason, "%s: %s", d->rule, d->title);
    a.intent = a.changed = r->now;
    d->state = DECISION_ACTING;
    d->action = a.id;
    put_decision(r, d, "acting", a.by, "");
    action_begin(r, &a, has_person ? "a person has approved it" : "every gate is open");
}

uint32_t why_now(const struct responder *r, const struct decision *d, const struct look *look, uint64_t own)
{
    struct case_now c = {
        .r = r,
        .d = d,
        .t = tenant_or_off(r, d->tenant),
        .m = look->machine_count > 0 ? look->machines : NULL,
        .alert = look->alert,
        .own = own,
        .remotes = look->actions,
        .remote_count = look->action_count,
        .now = r->now,
    };
    return gates_why(&c) & ~d->approved;
}

static void avoid_tunnel(const struct responder *r, struct decision *d, const struct respond_machine *m)
{
    const struct respond_tenant *t = tenant_or_off(r, d->tenant);
    bool tunnelled = m->is_tunnelled || find_exclusion(t, EXCLUDE_TUNNEL_TAG, EXCLUDE_TUNNEL_TAG, m, "");
    if (d->wish == ACT_ISOLATE && d->scope == SCOPE_FULL && tunnelled && m->can_selective) d->scope = SCOPE_SELECTIVE;
}

/* False: looked for again, with the id now known; or settled. */
static bool find_device(struct responder *r, struct decision *d, const struct look *look)
{
    if (*d->device) return true;
    if (look->machine_count != 1) {
        set_error(&d->error, RESPOND_AMBIGUOUS, "%zu recent devices answer to the name %s", look->machine_count,
                  d->host);
        refuse(r, d);
        return false;
    }
    COPY(d->device, look->machines[0].id);
    if (*d->alert && find_key(r, d)) {
        settle_decision(r, d->id, DECISION_DROPPED, "dropped", "policy", "the device is decided already by its id");
        return false;
    }
    put_decision(r, d, "found", "defender", "exactly one recent device has that name");
    look_decision(r, slot_decision(r, d->id));
    return false;
}

static bool is_released_since(const struct responder *r, const struct decision *d)
{
    const struct hold_slot *h = slot_hold_of(r, d->tenant, d->device);
    if (h == NULL || h->h.ordered.ticks == 0) return false;
    return h->h.state == HOLD_RELEASING || h->h.ordered.ticks > d->decided.ticks;
}

/* It cannot be judged now: looked at again for as long as the alert would be fresh, and told once it takes long. */
static void not_yet(struct responder *r, const struct decision *given, const struct respond_error *why, int64_t wait_ms)
{
    struct decision d = *given;
    int64_t most = tenant_or_off(r, d.tenant)->max_age_ms;
    struct wall since = d.asked.ticks > d.decided.ticks ? d.asked : d.decided;
    bool was_told = *d.error.code != 0;
    d.error = *why;
    if (!is_within(since, r->now, most > STUCK_MS ? most : STUCK_MS)) {
        refuse(r, &d);
        return;
    }
    if (!is_within(since, r->now, STUCK_MS) && !was_told) {
        put_decision(r, &d, "stuck", "portcullis", d.error.text);
        struct respond_notice *n =
            tell_decision(r, &d, TELL_FAILURE, "NOT DONE YET", "%s waits, and is tried on.", doing(d.wish, d.scope));
        n->phone = d.phone;
        n->wants = TELL_ACK;
        tell_error(n, &d.error);
    }
    again_in(r, &slot_decision(r, d.id)->p, wait_ms);
}

static void not_read(struct responder *r, struct decision_slot *s, const struct respond_event *ev)
{
    struct respond_error why = ev->error;
    int64_t wait = backoff_ms(s->p.tries++, 2000, 60000);
    if (*why.code == 0) set_error(&why, RESPOND_UNREAD, "Defender does not answer");
    if (ev->result == RESULT_REFUSED) {
        struct decision d = s->d;
        d.error = why;
        refuse(r, &d);
        return;
    }
    not_yet(r, &s->d, &why, ev->retry_after_ms > wait ? ev->retry_after_ms : wait);
}

/* Only thought of; what a person has said yes to is meant. */
static bool is_shadow(const struct decision *d)
{
    return d->mode == MODE_SHADOW && d->by[0][0] == 0;
}

/* Actions of a device are serial; but an isolation waits for another one or a release alone, not for a scan that hangs. True: it
 * waits, or goes along with the one that is under way. */
static bool is_busy(struct responder *r, struct decision *d)
{
    const struct action_slot *open =
        d->wish == ACT_ISOLATE ? open_of_pair(r, d->tenant, d->device) : open_action(r, d->tenant, d->device);
    struct respond_error why = {0};
    if (open == NULL || is_shadow(d)) return false;
    if (open->a.kind == d->wish && !open->a.is_cancelling) {
        d->action = open->a.id;
        put_decision(r, d, "joined", "policy", "the same is under way for an earlier decision");
        settle_decision(r, d->id, DECISION_DONE, "done", "policy", "the same is under way for an earlier decision");
        (void)tell_decision(r, d, TELL_UPDATE, "Under way already",
                            "%s of the device has been ordered before this alert.", doing(d->wish, d->scope));
        return true;
    }
    set_error(&why, RESPOND_BUSY, "%s is open on the device (%s)", doing(open->a.kind, open->a.scope),
              action_state_name(open->a.state));
    not_yet(r, d, &why, BUSY_MS);
    return true;
}

static void judge(struct responder *r, struct decision_slot *s, const struct respond_event *ev)
{
    const struct look *look = &ev->look;
    struct decision d = s->d;
    const char *gone;
    uint32_t why;
    if (!find_device(r, &d, look)) return;
    if (look->machine_gone || look->machine_count == 0) {
        set_error(&d.error, RESPOND_DEVICE_GONE, "Defender knows no device %s", d.device);
        refuse(r, &d);
        return;
    }
    gone = no_longer(r, &d, ev);
    if (gone == NULL && is_released_since(r, &d)) gone = "a release was ordered meanwhile";
    if (gone) {
        settle_decision(r, d.id, DECISION_DROPPED, "dropped", "defender", gone);
        return;
    }
    if (*d.host == 0) COPY(d.host, look->machines[0].host);
    if (is_busy(r, &d)) return;
    if (!is_shadow(&d) && is_there(r, &d, look)) return;
    avoid_tunnel(r, &d, look->machines);
    why = why_now(r, &d, look, 0);
    if (is_shadow(&d)) {
        d.why = why;
        put_decision(r, &d, "judged", "policy", "");
        settle_decision(r, d.id, DECISION_SHADOW, "shadow", "policy", why ? "would have asked" : "would have acted");
    } else if (why)
        ask_people(r, &d, why);
    else
        act(r, &d);
}

void check_answer(struct responder *r, struct decision_slot *s, const struct respond_event *ev)
{
    uint32_t needs = *s->d.device ? LOOK_MACHINE | LOOK_ACTIONS : LOOK_HOST;
    if (*s->d.alert) needs |= LOOK_ALERT;
    if (s->d.state != DECISION_CHECKING || !take_answer(&s->p, ev)) return;
    if (ev->result == RESULT_OK && (ev->look.has & needs) == needs)
        judge(r, s, ev);
    else
        not_read(r, s, ev);
}

/* ---- time ------------------------------------------------------------------------------------------------------------------------ */

static struct wall answer_by(const struct responder *r, const struct decision *d)
{
    return later(d->asked, tenant_or_off(r, d->tenant)->approval_ms);
}

struct wall check_due(const struct responder *r, const struct decision_slot *s)
{
    if (s->d.state == DECISION_ASKING) return answer_by(r, &s->d);
    if (s->d.state != DECISION_CHECKING) return (struct wall){0};
    if (s->p.effect) return later(s->p.since, EFFECT_LOST_MS);
    return s->p.next.ticks ? s->p.next : (struct wall){1};
}

void check_tick(struct responder *r, struct decision_slot *s)
{
    const struct respond_tenant *t = tenant_or_off(r, s->d.tenant);
    struct decision d = s->d;
    if (d.state == DECISION_CHECKING) {
        look_decision(r, s);
        return;
    }
    if (!t->escalates || d.escalations >= ESCALATIONS_MAX) {
        settle_decision(r, d.id, DECISION_EXPIRED, "expired", "portcullis", "nobody answered in time");
        return;
    }
    d.escalations++;
    d.asked = r->now;
    put_decision(r, &d, "escalated", "portcullis", "nobody answered in time");
    tell_question(r, &d, "Still waiting: may I");
}
