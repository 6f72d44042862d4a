/* The truth, and how it is told: see respond_cloud.h. */
#include "respond_cloud.h"

#define SET(to, ...) (void)snprintf((to), sizeof(to), __VA_ARGS__)

void rc_init(struct rc_cloud *c, struct wall now, uint64_t seed, const struct policy *policy)
{
    memset(c, 0, sizeof *c);
    rng_seed(&c->rng, seed);
    c->now = now;
    c->policy = policy;
}

size_t rc_add_tenant(struct rc_cloud *c, enum policy_mode mode)
{
    size_t t = c->tenant_count++;
    INVARIANT(t < RC_TENANTS);
    SET(c->tenants[t].id, "00000000-0000-4000-8000-%012zu", t + 1);
    c->modes[t] = mode;
    return t;
}

size_t rc_add_device(struct rc_cloud *c, size_t tenant, const char *host, const char *os)
{
    size_t i = c->device_count++;
    struct rc_device *d = &c->devices[i];
    INVARIANT(i < RC_DEVICES);
    SET(d->id, "%040zx", i + 1);
    SET(d->host, "%s", host);
    SET(d->os, "%s", os);
    d->tenant = tenant;
    d->worth = WORTH_NORMAL;
    return i;
}

struct rc_alert *rc_add_alert(struct rc_cloud *c, size_t tenant, const char *incident, enum fact_severity severity)
{
    size_t i = c->alert_count++;
    struct rc_alert *a = &c->alerts[i];
    INVARIANT(i < RC_ALERTS);
    *a = (struct rc_alert){
        .tenant = tenant, .severity = severity, .status = STATUS_NEW, .service = SERVICE_ENDPOINT, .created = c->now};
    SET(a->id, "da%zu", i + 1);
    SET(a->incident, "%s", incident);
    SET(a->title, "Suspicious thing %zu", i + 1);
    SET(a->detector, "detector-%zu", i + 1);
    SET(a->hash, "%040zx", i + 1);
    SET(a->category, "Malware");
    return a;
}

void rc_name_device(struct rc_alert *a, size_t device, uint32_t roles)
{
    INVARIANT(a->device_count < RC_ALERT_DEVICES);
    a->devices[a->device_count].device = device;
    a->devices[a->device_count++].roles = roles;
}

size_t rc_find_device(const struct rc_cloud *c, const char *tenant, const char *id)
{
    for (size_t i = 0; i < c->device_count; i++)
        if (strcmp(c->devices[i].id, id) == 0 && strcmp(c->tenants[c->devices[i].tenant].id, tenant) == 0) return i;
    return SIZE_MAX;
}

size_t rc_find_tenant(const struct rc_cloud *c, const char *tenant)
{
    for (size_t i = 0; i < c->tenant_count; i++)
        if (strcmp(c->tenants[i].id, tenant) == 0) return i;
    return SIZE_MAX;
}

/* ---- time ------------------------------------------------------------------------------------------------------------ */

static void succeed(struct rc_cloud *c, struct rc_action *a)
{
    struct rc_device *d = &c->devices[a->device];
    if (a->x.kind != ACT_ISOLATE && a->x.kind != ACT_RELEASE) return;
    bool was = d->is_isolated;
    d->is_isolated = a->x.kind == ACT_ISOLATE;
    if (was == d->is_isolated) return; /* whoever was first has done it */
    d->changed = a->ends;
    SET(d->by, "%s", a->x.by);
    SET(d->comment, "%s", a->x.comment);
    if (c->changed) c->changed(c->ctx, d, a);
}

/* The next thing that happens to an action; 0: none. */
static struct wall action_next(const struct rc_action *a)
{
    if (a->x.state == REMOTE_PENDING && a->runs.ticks) return a->runs;
    if (a->x.state == REMOTE_PENDING || a->x.state == REMOTE_RUNNING) return a->ends;
    return (struct wall){0};
}

static struct rc_action *soonest(struct rc_cloud *c)
{
    struct rc_action *best = NULL;
    for (size_t i = 0; i < c->action_count; i++) {
        struct wall at = action_next(&c->actions[i]);
        if (at.ticks && (best == NULL || at.ticks < action_next(best).ticks)) best = &c->actions[i];
    }
    return best;
}

bool rc_next(const struct rc_cloud *c, struct wall *at)
{
    const struct rc_action *a = soonest((struct rc_cloud *)c);
    if (a) *at = action_next(a);
    return a != NULL;
}

void rc_advance(struct rc_cloud *c, struct wall now)
{
    for (struct rc_action *a; (a = soonest(c)) != NULL && action_next(a).ticks <= now.ticks;) {
        a->x.updated = c->now = action_next(a);
        if (a->x.state == REMOTE_PENDING && a->runs.ticks) {
            a->x.state = REMOTE_RUNNING;
        } else {
            a->x.state = a->fate;
            if (a->fate == REMOTE_FAILED) SET(a->x.error.code, "%s", "action.failed");
            if (a->fate == REMOTE_SUCCEEDED) succeed(c, a);
        }
    }
    c->now = now;
}

/* ---- alerts ------------------------------------------------------------------------------------------------------------ */

void rc_snap(const struct rc_cloud *c, const struct rc_alert *given, bool is_read, struct rc_snapshot *s)
{
    memset(s, 0, sizeof *s);
    s->alert = *given;
    const struct rc_alert *a = &s->alert;
    for (size_t i = 0; i < a->device_count; i++) {
        const struct rc_device *d = &c->devices[a->devices[i].device];
        s->tags[i] = str_of(d->tag);
        s->devices[i] = (struct fact_device){
            .id = a->devices[i].has_no_id && !is_read ? STR_NONE : str_of(d->id),
            .name = str_of(d->host),
            .os = str_of(d->os),
            .group = str_of(d->group),
            .tags = {&s->tags[i], d->tag[0] ? 1 : 0},
            .roles = a->devices[i].roles,
            .verdict = VERDICT_MALICIOUS,
            .remedy = REMEDY_OPEN,
            .worth = d->worth,
            .is_read = is_read,
            .is_domain_controller = d->role == MACHINE_ROLE_CONTROLLER,
        };
    }
    s->user = (struct fact_user){.name = str_of(a->user)};
    s->value = (struct fact_value){str_of(a->hash), VALUE_HASH};
    s->category = str_of(a->category);
    s->facts = (struct alert_facts){
        .object = FACT_ALERT,
        .tenant = str_of(c->tenants[a->tenant].id),
        .id = str_of(a->id),
        .incident = str_of(a->incident),
        .title = str_of(a->title),
        .categories = {&s->category, 1},
        .severity = a->severity,
        .status = a->status,
        .classification = a->classification,
        .service = a->service,
        .detector = str_of(a->detector),
        .created = a->created,
        .updated = c->now,
        .handled = a->handled,
        .devices = s->devices,
        .device_count = a->device_count,
        .users = &s->user,
        .user_count = a->user[0] ? 1 : 0,
        .values = &s->value,
        .value_count = a->hash[0] ? 1 : 0,
    };
    struct policy_context ctx = {.mode = c->modes[a->tenant], .isolation = WISH_ISOLATE_FULL, .now = c->now};
    policy_judge(c->policy, &s->facts, &ctx, &s->judgement);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

static void fill_machine(const struct rc_device *d, struct wall now, struct respond_machine *m)
{
    *m = (struct respond_machine){.role = d->role,
                                  .worth = d->worth,
                                  .is_tunnelled = d->is_tunnelled,
                                  .can_selective = d->can_selective,
                                  .is_onboarded = true,
                                  .last_seen = now};
    SET(m->id, "%s", d->id);
    SET(m->host, "%s", d->host);
    SET(m->os, "%s", d->os);
    SET(m->group, "%s", d->group);
    if (d->tag[0]) SET(m->tags[m->tag_count++], "%s", d->tag);
}

static void fill_actions(const struct rc_cloud *c, size_t device, struct rc_answer *out)
{
    size_t n = 0;
    for (size_t i = c->action_count; i-- > 0 && n < sizeof out->actions / sizeof *out->actions;) {
        const struct rc_action *a = &c->actions[i];
        if (a->device == device && a->visible.ticks <= c->now.ticks) out->actions[n++] = a->x;
    }
    out->ev.look.actions = out->actions;
    out->ev.look.action_count = n;
}

static void look(struct rc_cloud *c, const struct effect *e, struct rc_answer *out)
{
    struct look *l = &out->ev.look;
    size_t tenant = rc_find_tenant(c, e->tenant), device = rc_find_device(c, e->tenant, e->device);
    l->has = e->look;
    l->machines = out->machines;
    if (e->look & LOOK_HOST)
        for (size_t i = 0; i < c->device_count; i++)
            if (c->devices[i].tenant == tenant && strcmp(c->devices[i].host, e->host) == 0 && l->machine_count < 4)
                fill_machine(&c->devices[i], c->now, &out->machines[l->machine_count++]);
    if (e->look & LOOK_MACHINE) {
        if (device == SIZE_MAX)
            l->machine_gone = true;
        else
            fill_machine(&c->devices[device], c->now, &out->machines[l->machine_count++]);
    }
    if (e->look & LOOK_ACTIONS && device != SIZE_MAX) fill_actions(c, device, out);
    if (e->look & LOOK_MITIGATION && device != SIZE_MAX) l->is_isolated = c->devices[device].is_isolated;
    if (!(e->look & LOOK_ALERT)) return;
    l->alert_gone = true;
    for (size_t i = 0; i < c->alert_count; i++) {
        if (strcmp(c->alerts[i].id, e->alert) != 0 || c->alerts[i].is_gone) continue;
        l->alert_gone = false;
        rc_snap(c, &c->alerts[i], true, &out->alert);
        l->alert = &out->alert.facts;
        l->judgement = &out->alert.judgement;
        out->ev.policy = c->policy;
    }
}

static void refuse(struct rc_answer *out, enum policy_failure failure, const char *code)
{
    out->ev.result = RESULT_REFUSED;
    out->ev.failure = failure;
    SET(out->ev.error.code, "%s", code);
    SET(out->ev.error.text, "Defender refused it: %s", code);
    SET(out->ev.error.remedy, "%s", "Do what the code says.");
}

static struct rc_action *begin(struct rc_cloud *c, size_t device, enum act_kind kind, enum act_scope scope,
                               const char *by, const char *comment)
{
    struct rc_action *a = &c->actions[c->action_count++];
    const struct rc_device *d = &c->devices[device];
    INVARIANT(c->action_count < RC_ACTIONS);
    *a = (struct rc_action){.device = device, .fate = REMOTE_SUCCEEDED};
    a->cannot_be_cancelled = rng_chance(&c->rng, c->faults.uncancellable);
    a->x = (struct remote_action){
        .kind = kind, .scope = scope, .state = REMOTE_PENDING, .created = c->now, .updated = c->now};
    SET(a->x.id, "act-%zu", c->action_count);
    SET(a->x.by, "%s", by);
    SET(a->x.comment, "%s", comment);
    a->visible = c->now;
    if (rng_chance(&c->rng, c->faults.unseen))
        a->visible = wall_add(c->now, (int64_t)rng_below(&c->rng, (uint64_t)(200 * WALL_TICKS_PER_S)));
    int64_t wait = (int64_t)(1 + rng_below(&c->rng, 10)) * WALL_TICKS_PER_S;
    bool is_stuck = d->is_offline || rng_chance(&c->rng, c->faults.stuck);
    if (rng_chance(&c->rng, c->faults.slow)) wait += (int64_t)rng_below(&c->rng, (uint64_t)(20 * WALL_TICKS_PER_MIN));
    if (rng_chance(&c->rng, c->faults.fails)) a->fate = REMOTE_FAILED;
    if (is_stuck) { /* pending for long; then it times out, or comes true after all */
        a->fate = d->is_offline || rng_chance(&c->rng, 0.5) ? REMOTE_TIMED_OUT : REMOTE_SUCCEEDED;
        wait = (int64_t)(1 + rng_below(&c->rng, 60)) * WALL_TICKS_PER_HOUR;
        a->ends = wall_add(c->now, wait);
        return a;
    }
    a->runs = wall_add(c->now, wait);
    a->ends = wall_add(a->runs, (int64_t)(1 + rng_below(&c->rng, 20)) * WALL_TICKS_PER_S);
    return a;
}

void rc_act(struct rc_cloud *c, size_t device, enum act_kind kind, const char *by, const char *comment)
{
    (void)begin(c, device, kind, SCOPE_FULL, by, comment);
}

static const struct rc_action *open_one(const struct rc_cloud *c, size_t device, enum act_kind kind)
{
    for (size_t i = 0; i < c->action_count; i++) {
        const struct rc_action *a = &c->actions[i];
        if (a->device == device && a->x.kind == kind && (a->x.state == REMOTE_PENDING || a->x.state == REMOTE_RUNNING))
            return a;
    }
    return NULL;
}

static void post(struct rc_cloud *c, const struct effect *e, struct rc_answer *out)
{
    size_t device = rc_find_device(c, e->tenant, e->device);
    const struct rc_action *a;
    if (device == SIZE_MAX) {
        refuse(out, FAILURE_FAILED, "machine.gone");
        return;
    }
    if (c->tenants[rc_find_tenant(c, e->tenant)].is_forbidden) {
        refuse(out, FAILURE_FORBIDDEN, "role.missing");
        return;
    }
    if (c->devices[device].is_unsupported) {
        refuse(out, FAILURE_UNSUPPORTED, "os.unsupported");
        return;
    }
    a = open_one(c, device, e->act);
    if (a && !rng_chance(&c->rng, c->faults.duplicate)) {
        if (rng_chance(&c->rng, c->faults.active)) {
            out->ev.result = RESULT_ACTIVE;
            return;
        }
    } else {
        /* an isolation of what is isolated hangs, and may come true much later */
        bool is_second = e->act == ACT_ISOLATE && (a || c->devices[device].is_isolated);
        struct rc_action *made = begin(c, device, e->act, e->scope, "app:portcullis", e->comment);
        if (is_second) {
            made->runs = (struct wall){0};
            made->ends = wall_add(c->now, (int64_t)(5 + rng_below(&c->rng, 300)) * WALL_TICKS_PER_MIN);
        }
        a = made;
    }
    out->ev.posted = a->x;
    if (rng_chance(&c->rng, c->faults.bare)) out->ev.posted.id[0] = 0;
}

static void cancel(struct rc_cloud *c, const struct effect *e)
{
    for (size_t i = 0; i < c->action_count; i++) {
        struct rc_action *a = &c->actions[i];
        if (strcmp(a->x.id, e->remote) != 0 || a->x.state != REMOTE_PENDING || a->cannot_be_cancelled) continue;
        a->x.state = REMOTE_CANCELLED;
        a->x.updated = c->now;
    }
}

void rc_call(struct rc_cloud *c, const struct effect *e, struct rc_answer *out)
{
    memset(out, 0, sizeof *out);
    out->ev = (struct respond_event){.kind = EVENT_ANSWER, .effect = e->number, .ref = e->ref, .result = RESULT_OK};
    SET(out->ev.tenant, "%s", e->tenant);
    if (e->kind == EFFECT_LOOK && rng_chance(&c->rng, c->faults.look_fails)) {
        out->ev.result = rng_chance(&c->rng, 0.5) ? RESULT_RETRY : RESULT_LOST;
        SET(out->ev.error.code, "%s", "defender.unavailable");
        return;
    }
    if (e->kind == EFFECT_LOOK) {
        look(c, e, out);
        return;
    }
    if (rng_chance(&c->rng, c->faults.throttle)) {
        out->ev.result = RESULT_RETRY;
        out->ev.retry_after_ms = (uint32_t)rng_below(&c->rng, 60000);
        SET(out->ev.error.code, "%s", "defender.throttled");
        return;
    }
    if (rng_chance(&c->rng, c->faults.lost_before)) {
        out->ev.result = RESULT_LOST;
        return;
    }
    if (e->kind == EFFECT_POST)
        post(c, e, out);
    else
        cancel(c, e);
    if (out->ev.result == RESULT_OK && rng_chance(&c->rng, c->faults.lost_after)) {
        out->ev.result = RESULT_LOST;
        out->ev.posted = (struct remote_action){0};
    }
}
