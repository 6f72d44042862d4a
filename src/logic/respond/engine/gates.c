/* May this be done without a person? A table: each row is a reason to ask, with the check that finds it. Every row is looked
 * at every time, so that a person is told all reasons at once, and a yes covers those that were told and no others.
 *
 * What is not a reason to ask but the end of the matter (the alert was closed, the device is isolated already, two devices
 * share the name) is decided in check.c before the gates are asked. */
#include "logic/respond/engine/engine_int.h"

enum { DEVICES_OF_INCIDENT = 3 };

static enum fact_os os_of(const struct case_now *c)
{
    return c->m ? os_kind(str_of(c->m->os)) : OS_UNKNOWN;
}

static bool asks_mode(const struct case_now *c)
{
    return c->d->mode == MODE_APPROVE;
}

static bool asks_came(const struct case_now *c)
{
    if (MUTANT(ACT_ON_LOOK_BACK)) return false;
    return *c->d->alert && c->d->came != CAME_LIVE;
}

static bool asks_before_on(const struct case_now *c)
{
    return *c->d->alert && (c->t->on_since.ticks == 0 || c->d->first_seen.ticks < c->t->on_since.ticks);
}

/* By Defender's clock of creation; an alert from the future is as little firm ground as an old one. */
static bool asks_old(const struct case_now *c)
{
    int64_t age = c->now.ticks - c->d->created.ticks;
    if (*c->d->alert == 0) return false;
    return age > c->t->max_age_ms * WALL_TICKS_PER_MS || age < -WALL_TICKS_PER_HOUR;
}

/* Other devices of the same incident that something was begun for, or that are decided beside this one. */
static bool asks_devices(const struct case_now *c)
{
    const char *seen[DEVICES_OF_INCIDENT];
    size_t n = 0;
    for (size_t i = 0; *c->d->incident && i < c->r->decisions.count; i++) {
        const struct decision *o = &decision_at(c->r, i)->d;
        bool is_new = strcmp(o->device, c->d->device) != 0;
        if (o->state > DECISION_DONE || !contains_threat(o->wish) || strcmp(o->incident, c->d->incident) != 0 ||
            strcmp(o->tenant, c->d->tenant) != 0)
            continue;
        for (size_t k = 0; k < n; k++) is_new &= strcmp(seen[k], o->device) != 0;
        if (is_new) seen[n++] = o->device;
        if (n == DEVICES_OF_INCIDENT) return true;
    }
    return false;
}

static bool asks_server(const struct case_now *c)
{
    if (MUTANT(NO_GUARD)) return false;
    return os_of(c) == OS_SERVER && c->t->guard_servers && !c->d->allows_servers;
}

static bool asks_controller(const struct case_now *c)
{
    enum fact_os os = os_of(c);
    enum machine_role role = c->m ? c->m->role : MACHINE_ROLE_UNKNOWN;
    if (MUTANT(NO_GUARD)) return false;
    if (role == MACHINE_ROLE_CONTROLLER) return true;
    return (os == OS_SERVER || os == OS_UNKNOWN) && role == MACHINE_ROLE_UNKNOWN;
}

static bool asks_os(const struct case_now *c)
{
    return os_of(c) == OS_UNKNOWN;
}

static bool asks_value(const struct case_now *c)
{
    return c->m && c->m->worth == WORTH_HIGH;
}

static bool asks_own(const struct case_now *c)
{
    return c->m && find_exclusion(c->t, EXCLUDE_OWN, EXCLUDE_OWN, c->m, c->d->user) != NULL;
}

static const struct respond_exclusion *excluded(const struct case_now *c)
{
    const struct respond_exclusion *x;
    char user[R_NAME];
    if (MUTANT(NO_EXCLUSION) || c->m == NULL) return NULL;
    x = find_exclusion(c->t, EXCLUDE_DEVICE, EXCLUDE_USER, c->m, c->d->user);
    for (size_t i = 0; x == NULL && c->alert && i < c->alert->user_count; i++) {
        COPY_STR(user, c->alert->users[i].name);
        x = find_exclusion(c->t, EXCLUDE_USER, EXCLUDE_USER, c->m, user);
    }
    return x;
}

static bool has_expired(const struct respond_exclusion *x, struct wall now)
{
    return is_due(x->expires, now);
}

static bool asks_excluded(const struct case_now *c)
{
    const struct respond_exclusion *x = excluded(c);
    return x && !has_expired(x, c->now);
}

static bool asks_expired(const struct case_now *c)
{
    const struct respond_exclusion *x = excluded(c);
    return x && has_expired(x, c->now);
}

static bool asks_tunnel(const struct case_now *c)
{
    if (c->d->wish != ACT_ISOLATE || c->d->scope != SCOPE_FULL || c->m == NULL) return false;
    return c->m->is_tunnelled || find_exclusion(c->t, EXCLUDE_TUNNEL_TAG, EXCLUDE_TUNNEL_TAG, c->m, "") != NULL;
}

static bool asks_stopped(const struct case_now *c)
{
    const struct stop *all = responder_stop_of(c->r, NULL), *one = responder_stop_of(c->r, c->d->tenant);
    if (MUTANT(STOP_FORGOTTEN)) return false;
    return (all && all->state == STOP_ON) || one != NULL;
}

static bool asks_breaker(const struct case_now *c)
{
    const struct stop *all = responder_stop_of(c->r, NULL);
    return all && all->state == STOP_TRIPPED;
}

/* An earlier decision for this incident and device, by whatever rule, whose action may have taken effect. */
static bool asks_again(const struct case_now *c)
{
    for (size_t i = 0; i < c->r->actions.count; i++) {
        const struct action *a = &action_at(c->r, i)->a;
        const struct decision_slot *o;
        if (a->id == c->own || a->decision == 0 || a->kind != c->d->wish || strcmp(a->device, c->d->device) != 0)
            continue;
        if (a->state == ACTION_FAILED || a->state == ACTION_REFUSED || a->state == ACTION_CANCELLED ||
            a->state == ACTION_TIMED_OUT)
            continue;
        o = slot_decision(c->r, a->decision);
        if (o && *o->d.incident && strcmp(o->d.incident, c->d->incident) == 0 && strcmp(o->d.tenant, c->d->tenant) == 0)
            return true;
    }
    return false;
}

/* A person let a device of this incident go within a day. Every one of the incident's devices then only asks. */
static bool asks_released(const struct case_now *c)
{
    const int64_t day = INT64_C(3600000) * RESPOND_BAN_HOURS;
    if (MUTANT(IGNORE_RELEASE)) return false;
    for (size_t i = 0; *c->d->incident && i < c->r->decisions.count; i++) {
        const struct decision *o = &decision_at(c->r, i)->d;
        if (is_within(o->released, c->now, day) && strcmp(o->incident, c->d->incident) == 0 &&
            strcmp(o->tenant, c->d->tenant) == 0)
            return true;
    }
    for (size_t i = 0; i < c->remote_count; i++) { /* or by the portal, whenever we were told */
        const struct remote_action *x = &c->remotes[i];
        uint64_t ours;
        if (x->kind == ACT_RELEASE && x->state != REMOTE_FAILED && x->state != REMOTE_CANCELLED &&
            x->state != REMOTE_TIMED_OUT && is_within(x->created, c->now, day) && !is_marked(c->r, x->comment, &ours))
            return true;
    }
    return false;
}

struct gate {
    enum respond_reason why;
    bool any_kind; /* also for what does not contain: a scan, a package */
    bool (*asks)(const struct case_now *c);
};
static const struct gate gates[] = {
    {WHY_MODE, true, asks_mode},
    {WHY_CAME, true, asks_came},
    {WHY_BEFORE_ON, true, asks_before_on},
    {WHY_OLD, true, asks_old},
    {WHY_STOPPED, true, asks_stopped},
    {WHY_BREAKER, true, asks_breaker},
    {WHY_DEVICES, false, asks_devices},
    {WHY_SERVER, false, asks_server},
    {WHY_CONTROLLER, false, asks_controller},
    {WHY_OS_UNKNOWN, false, asks_os},
    {WHY_VALUE, false, asks_value},
    {WHY_OWN, false, asks_own},
    {WHY_EXCLUDED, false, asks_excluded},
    {WHY_EXPIRED, false, asks_expired},
    {WHY_TUNNEL, false, asks_tunnel},
    {WHY_AGAIN, false, asks_again},
    {WHY_RELEASED, false, asks_released},
};

bool contains_threat(enum act_kind k)
{
    return k == ACT_ISOLATE || k == ACT_RESTRICT || k == ACT_QUARANTINE;
}

uint32_t gates_why(const struct case_now *c)
{
    uint32_t why = 0;
    bool contains = contains_threat(c->d->wish);
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++)
        if ((contains || gates[i].any_kind) && gates[i].asks(c)) why |= 1u << gates[i].why;
    return contains ? why | limits_why(c) : why;
}
