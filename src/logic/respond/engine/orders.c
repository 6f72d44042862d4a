/* What people say: approve, deny, stop, release ... An order that came twice (a key pressed in two calls, a request sent
 * again) changes nothing the second time: its id is kept. */
#include <inttypes.h>
#include <stdarg.h>

#include "logic/respond/engine/engine_int.h"

static bool bad(struct responder *r, int cause, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool bad(struct responder *r, int cause, const char *fmt, ...)
{
    char text[200];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return err_set(&r->out->order_error, &respond_causes[cause], "%s", text);
}

static bool done(struct responder *r, uint64_t ref)
{
    r->out->order_ref = ref;
    return true;
}

/* A decision by its own number, or by that of one of its actions. */
static const struct decision *decision_of(const struct responder *r, uint64_t ref)
{
    const struct decision_slot *d = slot_decision(r, ref);
    const struct action_slot *a = slot_action(r, ref);
    if (d == NULL && a) d = slot_decision(r, a->a.decision);
    return d ? &d->d : NULL;
}

/* ---- questions ---------------------------------------------------------------------------------------------------------- */

static bool asked(struct responder *r, const struct respond_order *o, struct decision *out)
{
    const struct decision *d = decision_of(r, o->ref);
    if (d == NULL) return bad(r, RESPOND_NOT_FOUND, "decision %" PRIu64, o->ref);
    if (d->state != DECISION_ASKING)
        return bad(r, RESPOND_NOT_OPEN, "decision %" PRIu64 " is %s", d->id, decision_state_name(d->state));
    *out = *d;
    return true;
}

static bool approve(struct responder *r, const struct respond_order *o)
{
    struct decision d = {0};
    uint32_t n = 0;
    if (!asked(r, o, &d)) return false;
    for (; n < APPROVERS_MAX && *d.by[n]; n++)
        if (str_eq_nocase(str_of(d.by[n]), str_of(o->by)))
            return bad(r, RESPOND_TWICE, "decision %" PRIu64 ": %s has approved it", d.id, o->by);
    INVARIANT(n < APPROVERS_MAX); /* with so many it was not asking any more */
    COPY(d.by[n], o->by);
    if (n + 1 < d.people) {
        put_decision(r, &d, "approved", o->by, "one more person must say yes");
        (void)tell_decision(r, &d, TELL_UPDATE, "Approved by one", "%s says yes; one more person must.", o->by);
        return done(r, d.id);
    }
    d.approved |= d.why;
    begin_check(r, &d, "approved", o->by, o->reason);
    (void)tell_decision(r, &d, TELL_UPDATE, "Approved", "%s says yes.", o->by);
    return done(r, d.id);
}

static bool deny(struct responder *r, const struct respond_order *o)
{
    struct decision d = {0};
    if (!asked(r, o, &d)) return false;
    settle_decision(r, d.id, DECISION_DENIED, "denied", o->by, *o->reason ? o->reason : "denied");
    return done(r, d.id);
}

static bool acknowledge(struct responder *r, const struct respond_order *o)
{
    const struct decision *found = decision_of(r, o->ref);
    struct decision d;
    if (found == NULL) return bad(r, RESPOND_NOT_FOUND, "decision %" PRIu64, o->ref);
    if (*found->acked_by) return done(r, found->id);
    d = *found;
    COPY(d.acked_by, o->by);
    put_decision(r, &d, "acknowledged", o->by, "");
    return done(r, d.id);
}

/* Again, because a person says so: a round of its own, approved for all that was told. */
static bool retry(struct responder *r, const struct respond_order *o)
{
    const struct decision *old = decision_of(r, o->ref);
    struct decision d;
    if (old == NULL) return bad(r, RESPOND_NOT_FOUND, "decision %" PRIu64, o->ref);
    if (!decision_is_settled(old))
        return bad(r, RESPOND_BUSY, "decision %" PRIu64 " is %s", old->id, decision_state_name(old->state));
    if (!has_room(r, RECORD_DECISION)) return bad(r, RESPOND_FULL, "decision %" PRIu64, old->id);
    d = *old;
    d.id = new_id(r);
    d.round = old->round + 1;
    d.action = 0;
    d.approved = d.why = (1u << WHY_KINDS) - 1; /* a person saw it fail and wants it done */
    d.decided = r->now;
    d.released = (struct wall){0};
    d.error = (struct respond_error){0};
    memset(d.by, 0, sizeof d.by);
    memset(d.fallen, 0, sizeof d.fallen);
    memset(d.acked_by, 0, sizeof d.acked_by);
    COPY(d.by[0], o->by);
    begin_check(r, &d, "retried", o->by, o->reason);
    return done(r, d.id);
}

/* ---- stop ------------------------------------------------------------------------------------------------------------------- */

static const char *scope_name(const char *tenant)
{
    return *tenant ? tenant : "everywhere";
}

static bool stop(struct responder *r, const struct respond_order *o)
{
    const struct stop *old = responder_stop_of(r, o->tenant);
    struct stop s = {.state = STOP_ON, .at = r->now};
    if (old && old->state == STOP_ON) return bad(r, RESPOND_NOTHING, "stopped already: %s", scope_name(o->tenant));
    COPY(s.tenant, o->tenant);
    COPY(s.by, o->by);
    COPY(s.reason, o->reason);
    put_stop(r, &s, "stopped", o->reason);
    tell_alarm(
        r, o->tenant,
        *o->tenant ? "Automatic response is stopped for a tenant" : "Automatic response is stopped everywhere",
        "Nothing is isolated without a person until somebody resumes it (portcullis response resume). Releases go on.");
    return done(r, 0);
}

static bool resume(struct responder *r, const struct respond_order *o)
{
    const struct stop *old = responder_stop_of(r, o->tenant);
    struct stop s;
    if (old == NULL) return bad(r, RESPOND_NOTHING, "not stopped: %s", scope_name(o->tenant));
    s = *old;
    s.state = STOP_OFF;
    s.at = r->now;
    COPY(s.by, o->by);
    COPY(s.reason, o->reason);
    put_stop(r, &s, "resumed", o->reason);
    return done(r, 0);
}

/* ---- actions ----------------------------------------------------------------------------------------------------------------- */

static const struct hold_slot *hold_of(const struct responder *r, const struct respond_order *o)
{
    const struct decision *d;
    const struct hold_slot *h = o->ref ? slot_hold(r, o->ref) : NULL;
    if (h) return h->h.state == HOLD_ENDED ? slot_hold_of(r, h->h.tenant, h->h.device) : h;
    if (o->ref == 0) return slot_hold_of(r, o->tenant, o->device);
    d = decision_of(r, o->ref);
    if (d) return slot_hold_of(r, d->tenant, d->device);
    const struct action_slot *a = slot_action(r, o->ref);
    return a ? slot_hold_of(r, a->a.tenant, a->a.device) : NULL;
}

static bool release(struct responder *r, const struct respond_order *o)
{
    const struct hold_slot *h = hold_of(r, o);
    const struct decision *d = o->ref ? decision_of(r, o->ref) : NULL;
    const char *tenant = h   ? h->h.tenant
                         : d ? d->tenant
                             : o->tenant,
               *device = h   ? h->h.device
                         : d ? d->device
                             : o->device;
    char tenant_copy[R_GUID], device_copy[R_ID], host[R_NAME];
    uint64_t ref;
    if (h && h->h.state == HOLD_RELEASING) return done(r, h->h.id);
    if (o->ref && h == NULL && d == NULL) return bad(r, RESPOND_NOT_FOUND, "number %" PRIu64, o->ref);
    if (*tenant == 0 || *device == 0) return bad(r, RESPOND_ORDER, "a release needs the tenant and the device's id");
    COPY(tenant_copy, tenant);
    COPY(device_copy, device);
    COPY(host, h ? h->h.host : d ? d->host : o->host);
    if (!release_order(r, tenant_copy, device_copy, host, o->by, true, o->reason, &ref))
        return bad(r, RESPOND_FULL, "release of %s", device_copy);
    return done(r, ref);
}

/* Anything else a person orders for a device is a decision too: looked at first, guarded, serial, told. */
static bool act_by_order(struct responder *r, const struct respond_order *o)
{
    struct decision d = {
        .mode = MODE_AUTO, .severity = SEVERITY_HIGH, .wish = o->act, .scope = o->scope, .decided = r->now};
    if (o->act == ACT_RELEASE) return release(r, o);
    if (o->act == ACT_NONE || *o->tenant == 0 || (*o->device == 0 && *o->host == 0))
        return bad(r, RESPOND_ORDER, "an order needs an action, a tenant and a device (id or name)");
    if (o->act == ACT_QUARANTINE && *o->sha1 == 0) return bad(r, RESPOND_ORDER, "quarantine needs the file's SHA-1");
    if (!has_room(r, RECORD_DECISION)) return bad(r, RESPOND_FULL, "order for %s", o->host);
    if (o->act == ACT_ISOLATE && d.scope == SCOPE_NONE) d.scope = tenant_or_off(r, o->tenant)->isolation;
    if (o->act == ACT_SCAN && d.scope == SCOPE_NONE) d.scope = SCOPE_QUICK;
    d.id = new_id(r);
    COPY(d.tenant, o->tenant);
    COPY(d.device, o->device);
    COPY(d.host, o->host);
    COPY(d.sha1, o->sha1);
    COPY(d.rule, "order");
    COPY(d.title, o->reason);
    COPY(d.by[0], o->by);
    d.approved = o->anyway ? (1u << WHY_KINDS) - 1
                           : 1u << WHY_TENANT_HOUR | 1u << WHY_TENANT_SHARE | 1u << WHY_ACCOUNT_HOUR |
                                 1u << WHY_BREAKER | 1u << WHY_STOPPED;
    if (o->until.ticks > r->now.ticks) d.lease_ms = (uint64_t)((o->until.ticks - r->now.ticks) / WALL_TICKS_PER_MS);
    begin_check(r, &d, "ordered", o->by, o->reason);
    return done(r, d.id);
}

static bool extend(struct responder *r, const struct respond_order *o)
{
    const struct hold_slot *s = hold_of(r, o);
    struct hold h;
    if (s == NULL || s->h.state != HOLD_HELD)
        return bad(r, RESPOND_NOT_FOUND, "no isolated device of that number or id");
    if (o->until.ticks <= r->now.ticks) return bad(r, RESPOND_ORDER, "a lease's new end must be in the future");
    h = s->h;
    h.until = o->until;
    h.reminders = 0;
    COPY(h.owner, o->by);
    if (*o->reason) COPY(h.reason, o->reason);
    put_hold(r, &h, "extended", o->by, o->reason);
    return done(r, h.id);
}

static bool cancel(struct responder *r, const struct respond_order *o)
{
    const struct action_slot *a = slot_action(r, o->ref);
    const struct decision *d = decision_of(r, o->ref);
    if (a == NULL && d) a = slot_action(r, d->action);
    if (a == NULL) return bad(r, RESPOND_NOT_FOUND, "action %" PRIu64, o->ref);
    if (action_is_settled(&a->a))
        return bad(r, RESPOND_NOT_OPEN, "action %" PRIu64 " is %s", a->a.id, action_state_name(a->a.state));
    uint64_t id = a->a.id;
    action_cancel(r, id, o->by);
    return done(r, id);
}

void take_order(struct responder *r, const struct respond_order *o)
{
    static bool (*const orders[ORDER_KINDS])(struct responder * r, const struct respond_order *o) = {
        [ORDER_APPROVE] = approve,  [ORDER_DENY] = deny,     [ORDER_ACK] = acknowledge,
        [ORDER_RETRY] = retry,      [ORDER_STOP] = stop,     [ORDER_RESUME] = resume,
        [ORDER_ACT] = act_by_order, [ORDER_EXTEND] = extend, [ORDER_CANCEL] = cancel,
    };
    if (o->kind <= 0 || o->kind >= ORDER_KINDS || *o->by == 0) {
        (void)bad(r, RESPOND_ORDER, "an order needs a kind and a person");
        return;
    }
    const struct order_done *before = *o->id ? order_of(r, o->id) : NULL;
    r->out->order_known = before != NULL;
    r->out->order_ok = before ? done(r, before->ref) : orders[o->kind](r, o);
    if (before == NULL && r->out->order_ok && *o->id) put_order(r, o->id, r->out->order_ref, o->by);
}
