/* How much may be done unattended, counted from the ledger's intents; and the breaker: the same detection in three tenants
 * within an hour is more likely a mistake of the vendor's than three attacks, and too much to leave to a machine if not. */
#include "logic/respond/engine/engine_int.h"

enum { BREAKER_TENANTS = 3 };
static const int64_t HOUR_MS = 3600000, UNKNOWN_MS = INT64_C(86400000) * RESPOND_WATCH_DAYS;

/* Our own doing: what was refused, or turned out to be somebody else's, contained nothing. */
static bool counts(const struct action *a)
{
    return contains_threat(a->kind) && a->state != ACTION_REFUSED;
}

/* When it was last sent, at the latest: an attempt may come long after its intent, when we were down between. */
static bool is_of_hour(const struct action *a, struct wall now)
{
    bool may_be_new = !action_is_settled(a) || a->state == ACTION_UNKNOWN;
    return is_within(a->intent, now, HOUR_MS) || is_within(a->sent, now, HOUR_MS) ||
           (may_be_new && is_within(a->changed, now, HOUR_MS));
}

/* Is there an earlier one about the same device? Then this one is not another device. */
static bool is_counted_before(const struct responder *r, size_t before, const struct action *a, struct wall now)
{
    for (size_t i = 0; i < before; i++) {
        const struct action *o = &action_at(r, i)->a;
        if (counts(o) && is_of_hour(o, now) && strcmp(o->device, a->device) == 0 && strcmp(o->tenant, a->tenant) == 0)
            return true;
    }
    return false;
}

/* Isolated by us, or perhaps so. */
static uint32_t held_now(const struct responder *r, const char *tenant, const char *but, struct wall now)
{
    uint32_t n = 0;
    for (size_t i = 0; i < r->holds.count; i++) {
        const struct hold *h = &hold_at(r, i)->h;
        if (h->is_owned && (h->state == HOLD_HELD || h->state == HOLD_RELEASING) && strcmp(h->tenant, tenant) == 0 &&
            strcmp(h->device, but) != 0)
            n++;
    }
    for (size_t i = 0; i < r->actions.count; i++) {
        const struct action *a = &action_at(r, i)->a;
        const struct hold_slot *h;
        bool may_hold = !action_is_settled(a) || (a->state == ACTION_UNKNOWN && is_within(a->intent, now, UNKNOWN_MS));
        if (!may_hold || a->kind != ACT_ISOLATE || strcmp(a->tenant, tenant) != 0 || strcmp(a->device, but) == 0)
            continue;
        h = slot_hold_of(r, a->tenant, a->device);
        if (h == NULL || !h->h.is_owned || h->h.state == HOLD_WATCHED) n++;
    }
    return n;
}

struct usage limits_usage(const struct responder *r, const char *tenant, const char *but, struct wall now)
{
    struct usage u = {0};
    for (size_t i = 0; i < r->actions.count; i++) {
        const struct action *a = &action_at(r, i)->a;
        bool is_here = strcmp(a->tenant, tenant) == 0;
        if (!counts(a) || !is_of_hour(a, now) || (is_here && strcmp(a->device, but) == 0) ||
            is_counted_before(r, i, a, now))
            continue;
        u.account++;
        if (is_here) u.hour++;
    }
    u.share = held_now(r, tenant, but, now);
    return u;
}

uint32_t limit_share(const struct respond_tenant *t)
{
    uint64_t share = (uint64_t)t->device_count * t->limit_share_percent / 100;
    return share < 1 ? 1 : share > UINT32_MAX ? UINT32_MAX : (uint32_t)share;
}

uint32_t limits_why(const struct case_now *c)
{
    struct usage u = limits_usage(c->r, c->d->tenant, c->d->device, c->now);
    uint32_t why = 0;
    if (u.hour >= c->t->limit_hour && !MUTANT(NO_HOUR_LIMIT)) why |= 1u << WHY_TENANT_HOUR;
    if (c->d->wish == ACT_ISOLATE && u.share >= limit_share(c->t) && !MUTANT(NO_SHARE_LIMIT))
        why |= 1u << WHY_TENANT_SHARE;
    if (u.account >= c->r->account_limit && !MUTANT(NO_ACCOUNT_LIMIT)) why |= 1u << WHY_ACCOUNT_HOUR;
    return why;
}

/* ---- breaker --------------------------------------------------------------------------------------------------------- */

/* One signature at a time: three tenants that share the same one, not three that share something pairwise. */
static uint32_t tenants_with(const struct responder *r, uint64_t signature, struct wall since, struct wall now)
{
    const struct decision *seen[BREAKER_TENANTS];
    uint32_t n = 0;
    for (size_t i = r->decisions.count; i-- > 0 && n < BREAKER_TENANTS;) {
        const struct decision *d = &decision_at(r, i)->d;
        bool has = false, is_new = true;
        if (!is_within(d->decided, now, HOUR_MS) || d->decided.ticks <= since.ticks || d->wish != ACT_ISOLATE) continue;
        for (size_t k = 0; k < SIGNATURES_MAX; k++) has |= d->signatures[k] == signature;
        for (uint32_t k = 0; k < n; k++) is_new &= strcmp(seen[k]->tenant, d->tenant) != 0;
        if (has && is_new) seen[n++] = d;
    }
    return n;
}

void breaker_look(struct responder *r, const struct decision *d)
{
    struct wall since = {0};
    char text[R_TEXT];
    if (MUTANT(NO_BREAKER) || d->wish != ACT_ISOLATE || responder_stop_of(r, NULL)) return;
    for (size_t i = 0; i < r->stop_count; i++) /* what came before a person's `resume` has been judged by that person */
        if (r->stops[i].tenant[0] == 0) since = r->stops[i].at;
    for (size_t i = 0; i < SIGNATURES_MAX; i++) {
        struct stop s = {.state = STOP_TRIPPED, .by = "breaker", .at = r->now};
        if (d->signatures[i] == 0 || tenants_with(r, d->signatures[i], since, r->now) < BREAKER_TENANTS) continue;
        (void)snprintf(text, sizeof text, "the same detection in %d tenants within an hour: %.200s", BREAKER_TENANTS,
                       d->title);
        COPY(s.reason, text);
        put_stop(r, &s, "tripped", text);
        tell_alarm(
            r, "", "Automatic response has stopped everywhere",
            "The same detector, title or hash would isolate devices in three tenants within an hour: an attack on "
            "many, or "
            "a false alarm of the vendor's. Until somebody resumes it (portcullis response resume) every isolation "
            "asks a person first.");
        return;
    }
}

/* ---- readiness --------------------------------------------------------------------------------------------------------- */

void responder_readiness(const struct responder *r, const char *tenant, struct wall now, struct respond_readiness *out)
{
    const struct respond_tenant *t = tenant_or_off(r, tenant);
    const struct stop *all = responder_stop_of(r, NULL);
    struct usage u = limits_usage(r, tenant, "", now);
    *out = (struct respond_readiness){
        .is_known = find_tenant(r, tenant) != NULL,
        .mode = t->mode,
        .hour_used = u.hour,
        .hour_limit = t->limit_hour,
        .share_used = u.share,
        .share_limit = limit_share(t),
        .account_used = u.account,
        .account_limit = r->account_limit,
    };
    if (t->mode != MODE_AUTO) out->why |= 1u << WHY_MODE;
    if (u.hour >= t->limit_hour) out->why |= 1u << WHY_TENANT_HOUR;
    if (u.share >= out->share_limit) out->why |= 1u << WHY_TENANT_SHARE;
    if (u.account >= r->account_limit) out->why |= 1u << WHY_ACCOUNT_HOUR;
    if (all && all->state == STOP_TRIPPED) out->why |= 1u << WHY_BREAKER;
    if ((all && all->state == STOP_ON) || responder_stop_of(r, tenant)) out->why |= 1u << WHY_STOPPED;
}
