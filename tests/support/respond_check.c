/* What must hold, whatever happens: each check compares what was done with the truth of the cloud, the orders that were given
 * and the settings, and not with the engine's own opinion. */
#include <inttypes.h>

#include "respond_world.h"

static const int64_t SLACK = 10 * WALL_TICKS_PER_S; /* an answer's way, between the read and the act */

static const struct action *durable_action(const struct world *w, uint64_t id)
{
    for (size_t i = w->record_count; i-- > 0;)
        if (w->ledger[i].kind == RECORD_ACTION && w->ledger[i].action.id == id) return &w->ledger[i].action;
    return NULL;
}

static const struct decision *durable_decision(const struct world *w, uint64_t id)
{
    for (size_t i = w->record_count; i-- > 0;)
        if (w->ledger[i].kind == RECORD_DECISION && w->ledger[i].decision.id == id) return &w->ledger[i].decision;
    return NULL;
}

/* Where that incident's alerts were at that time, by the merges that had been told. */
static const char *survivor(const struct world *w, const char *tenant, const char *incident, struct wall at)
{
    for (size_t i = 0; i < w->record_count; i++) {
        const struct respond_record *x = &w->ledger[i];
        if (x->kind == RECORD_MERGE && x->at.ticks <= at.ticks && strcmp(x->merge.from, incident) == 0 &&
            strcmp(x->merge.tenant, tenant) == 0)
            return survivor(w, tenant, x->merge.to, at);
    }
    return incident;
}

/* ---- ground ---------------------------------------------------------------------------------------------------------------- */

static const struct rc_alert *alert_of(const struct world *w, const struct decision *d)
{
    for (size_t i = 0; i < w->cloud.alert_count; i++)
        if (strcmp(w->cloud.alerts[i].id, d->alert) == 0) return &w->cloud.alerts[i];
    return NULL;
}

static bool is_past(struct wall at, struct wall now)
{
    return at.ticks != 0 && at.ticks < now.ticks - SLACK;
}

static void check_alert(struct world *w, const struct decision *d, size_t device)
{
    const struct rc_alert *a = alert_of(w, d);
    const struct respond_tenant *t = &w->settings[w->cloud.devices[device].tenant];
    size_t i = a ? (size_t)(a - w->cloud.alerts) : 0;
    bool is_its = false;
    if (a == NULL) {
        broken(w, "isolated for an alert that does not exist: %s", d->alert);
        return;
    }
    if (is_past(a->closed, w->now)) broken(w, "isolated for %s, which is closed", a->id);
    if (is_past(a->lowered, w->now) && a->severity < SEVERITY_HIGH)
        broken(w, "isolated for %s, which was lowered", a->id);
    if (w->now.ticks - a->created.ticks > t->max_age_ms * WALL_TICKS_PER_MS + SLACK)
        broken(w, "isolated for %s, which is too old", a->id);
    if (w->first[i].is_seen && w->first[i].came != CAME_LIVE)
        broken(w, "isolated for %s, which was not seen live", a->id);
    if (w->first[i].is_seen && w->first[i].at.ticks < t->on_since.ticks)
        broken(w, "isolated for %s, seen before remediation was on", a->id);
    for (size_t k = 0; k < a->device_count; k++)
        if (a->devices[k].device == device && (a->devices[k].roles & (ROLE_PRIMARY | ROLE_COMPROMISED)) &&
            !(a->devices[k].roles & (ROLE_DESTINATION | ROLE_ATTACKED)))
            is_its = true;
    if (!is_its) broken(w, "isolated %s, which %s only mentions", w->cloud.devices[device].host, a->id);
}

static void check_device(struct world *w, const struct decision *d, const struct rc_device *x)
{
    enum fact_os os = os_kind(str_of(x->os));
    bool is_allowed = os == OS_SERVER && x->role == MACHINE_ROLE_MEMBER && !w->settings[x->tenant].guard_servers;
    if ((os != OS_WORKSTATION && !is_allowed) || x->role == MACHINE_ROLE_CONTROLLER)
        broken(w, "isolated %s, which is guarded (%s)", x->host, x->os);
    if (x->worth == WORTH_HIGH) broken(w, "isolated %s, which is of high value", x->host);
    for (size_t i = 0; i < w->exclusion_count; i++) {
        const struct respond_exclusion *e = &w->exclusions[i];
        if (e->kind == EXCLUDE_TAG && x->tag[0] && strcmp(e->value, x->tag) == 0)
            broken(w, "isolated %s, which is excluded by its tag", x->host);
    }
    if (x->is_tunnelled && d->scope == SCOPE_FULL) broken(w, "isolated %s wholly, behind a tunnel", x->host);
}

/* ---- limits, stop, breaker, ban ------------------------------------------------------------------------------------------------ */

static uint32_t posted_devices(const struct world *w, const char *tenant /* NULL: all */, const char *but)
{
    uint32_t n = 0;
    for (size_t i = 0; i < w->post_count; i++) {
        const struct world_post *p = &w->posts[i];
        bool counts = !p->is_refused && !p->is_release && !p->is_again &&
                      w->now.ticks - p->at.ticks < WALL_TICKS_PER_HOUR &&
                      (tenant == NULL || strcmp(p->tenant, tenant) == 0) && strcmp(p->device, but) != 0;
        for (size_t k = 0; counts && k < i; k++)
            counts = w->posts[k].is_refused || w->posts[k].is_release || w->posts[k].is_again ||
                     w->now.ticks - w->posts[k].at.ticks >= WALL_TICKS_PER_HOUR ||
                     strcmp(w->posts[k].device, p->device) != 0;
        n += counts;
    }
    return n;
}

static uint32_t isolated_by_us(const struct world *w, size_t tenant, size_t but)
{
    uint32_t n = 0;
    for (size_t i = 0; i < w->cloud.device_count; i++) {
        const struct rc_device *d = &w->cloud.devices[i];
        const struct hold *h = responder_hold_of(w->r, w->cloud.tenants[tenant].id, d->id);
        if (h && (h->state == HOLD_WATCHED || !h->is_owned)) continue; /* a stray that the next look will see */
        n += i != but && d->tenant == tenant && d->is_isolated && strstr(d->comment, "Portcullis sim-0001/");
    }
    return n;
}

static void check_limits(struct world *w, size_t device)
{
    const struct rc_device *d = &w->cloud.devices[device];
    const struct respond_tenant *t = &w->settings[d->tenant];
    uint32_t share = t->device_count * t->limit_share_percent / 100;
    if (posted_devices(w, t->tenant, d->id) >= t->limit_hour)
        broken(w, "beyond the tenant's limit of an hour: %s", d->host);
    if (posted_devices(w, NULL, d->id) >= w->account_limit)
        broken(w, "beyond the account's limit of an hour: %s", d->host);
    if (isolated_by_us(w, d->tenant, device) >= (share < 1 ? 1 : share))
        broken(w, "beyond the tenant's share: %s", d->host);
}

static void check_stops(struct world *w, const char *tenant)
{
    bool here = false, everywhere = false;
    struct wall resumed = {0};
    uint32_t tenants;
    for (size_t i = 0; i < w->record_count; i++) {
        const struct respond_record *x = &w->ledger[i];
        if (x->kind != RECORD_STOP) continue;
        if (x->stop.tenant[0] == 0) {
            everywhere = x->stop.state != STOP_OFF;
            resumed = x->at;
        } else if (strcmp(x->stop.tenant, tenant) == 0)
            here = x->stop.state != STOP_OFF;
    }
    if (here || everywhere) broken(w, "isolated while stopped");
    for (size_t i = 0; i < w->record_count; i++) { /* the same title in three tenants within an hour, ending here */
        const struct respond_record *x = &w->ledger[i];
        const char *seen[3] = {0};
        tenants = 0;
        if (x->kind != RECORD_DECISION || strcmp(x->step, "decided") != 0) continue;
        for (size_t k = 0; k <= i && tenants < 3; k++) {
            const struct respond_record *o = &w->ledger[k];
            bool is_new = o->kind == RECORD_DECISION && strcmp(o->step, "decided") == 0 &&
                          o->at.ticks > resumed.ticks && x->at.ticks - o->at.ticks < WALL_TICKS_PER_HOUR &&
                          o->decision.wish == ACT_ISOLATE && strcmp(o->decision.title, x->decision.title) == 0;
            for (uint32_t s = 0; is_new && s < tenants; s++) is_new = strcmp(seen[s], o->decision.tenant) != 0;
            if (is_new) seen[tenants++] = o->decision.tenant;
        }
        if (tenants >= 3) broken(w, "isolated with the same alert in three tenants");
    }
}

static void check_ban(struct world *w, const struct decision *d)
{
    const char *incident = survivor(w, d->tenant, d->incident, w->now);
    for (size_t i = 0; i < w->record_count; i++) {
        const struct respond_record *x = &w->ledger[i];
        if (x->kind != RECORD_HOLD || w->now.ticks - x->at.ticks >= WALL_TICKS_PER_DAY || !x->hold.by_person ||
            (strcmp(x->step, "releasing") != 0 && strcmp(x->step, "released") != 0))
            continue;
        if (strcmp(x->hold.tenant, d->tenant) == 0 && x->hold.incident[0] &&
            strcmp(survivor(w, d->tenant, x->hold.incident, w->now), incident) == 0)
            broken(w, "isolated %s within a day of a person's release in incident %s", d->host, incident);
    }
}

/* ---- posts -------------------------------------------------------------------------------------------------------------------- */

static void check_again(struct world *w, const struct effect *e)
{
    for (size_t i = w->post_count; i-- > 0;) {
        const struct world_post *p = &w->posts[i];
        if (p->action != e->ref) continue;
        if (p->is_refused) return;
        if (e->act != ACT_ISOLATE) broken(w, "%s was sent twice", act_kind_name(e->act));
        if (p->looks < 3 || w->now.ticks - p->at.ticks < 120 * WALL_TICKS_PER_S)
            broken(w, "an isolation was sent again after %" PRIu32 " looks", p->looks);
        return;
    }
}

static void check_unattended(struct world *w, const struct action *a, size_t device)
{
    const struct decision *d = durable_decision(w, a->decision);
    const struct rc_device *x = &w->cloud.devices[device];
    if (d == NULL) {
        broken(w, "isolated without a decision");
        return;
    }
    if (w->settings[x->tenant].mode != MODE_AUTO) broken(w, "isolated where a person must be asked");
    check_alert(w, d, device);
    check_device(w, d, x);
    check_limits(w, device);
    check_stops(w, d->tenant);
    check_ban(w, d);
}

void check_post(struct world *w, const struct effect *e)
{
    const struct action *a = durable_action(w, e->ref);
    size_t device = rc_find_device(&w->cloud, e->tenant, e->device);
    if (a == NULL || a->state != ACTION_INTENT) {
        broken(w, "sent before its intent was durable");
        return;
    }
    if (device == SIZE_MAX) return;
    check_again(w, e);
    if (e->act == ACT_ISOLATE && a->is_unattended) check_unattended(w, a, device);
    if (e->act == ACT_RELEASE && a->is_unattended && w->cloud.devices[device].is_isolated &&
        !strstr(w->cloud.devices[device].comment, "Portcullis sim-0001/"))
        broken(w, "released %s by itself, which somebody else isolated", e->host);
    if (e->act != ACT_ISOLATE && e->act != ACT_RELEASE) return;
    if (w->post_count == w->post_cap) {
        w->post_cap = w->post_cap ? w->post_cap * 2 : 64;
        w->posts = realloc(w->posts, w->post_cap * sizeof *w->posts);
        INVARIANT(w->posts);
    }
    struct world_post *p = &w->posts[w->post_count++];
    *p = (struct world_post){.action = e->ref, .at = w->now, .is_release = e->act == ACT_RELEASE};
    for (size_t i = 0; i + 1 < w->post_count; i++) p->is_again |= w->posts[i].action == e->ref;
    memcpy(p->tenant, e->tenant, sizeof p->tenant);
    memcpy(p->device, e->device, sizeof p->device);
}

/* As it was first written: later ones name the incident that it was merged into since. */
static const struct decision *first_decision(const struct world *w, uint64_t id)
{
    for (size_t i = 0; i < w->record_count; i++)
        if (w->ledger[i].kind == RECORD_DECISION && w->ledger[i].decision.id == id) return &w->ledger[i].decision;
    return NULL;
}

/* ---- effects: which action of ours isolated what -------------------------------------------------------------------------------- */

static uint64_t marked(const char *comment)
{
    const char *at = strstr(comment, "Portcullis sim-0001/");
    return at ? strtoull(at + strlen("Portcullis sim-0001/"), NULL, 10) : 0;
}

void check_isolated(void *ctx, const struct rc_device *d, const struct rc_action *by)
{
    struct world *w = ctx;
    const struct action *a = durable_action(w, marked(by->x.comment)), *o;
    const struct decision *mine, *other;
    struct wall later;
    if (by->x.kind != ACT_ISOLATE || marked(by->x.comment) == 0) return;
    if (a == NULL) {
        broken(w, "%s was isolated by an action that no record knows", d->host);
        return;
    }
    mine = first_decision(w, a->decision);
    for (size_t i = 0; a->is_unattended && mine && i < w->cloud.action_count; i++) { /* another one, of the same key? */
        const struct rc_action *x = &w->cloud.actions[i];
        if (x->x.kind != ACT_ISOLATE || x->x.state != REMOTE_SUCCEEDED || x->device != by->device) continue;
        o = durable_action(w, marked(x->x.comment));
        if (o == NULL || o->id == a->id || !o->is_unattended) continue;
        other = first_decision(w, o->decision);
        later = o->intent.ticks > a->intent.ticks ? o->intent : a->intent; /* two that were merged since were two */
        if (other && strcmp(survivor(w, other->tenant, other->incident, later),
                            survivor(w, mine->tenant, mine->incident, later)) == 0)
            broken(w, "%s was isolated twice for incident %s", d->host, mine->incident);
    }
}

/* ---- after each step ------------------------------------------------------------------------------------------------------------------ */

static void check_confirmed(struct world *w, const struct action *a)
{
    size_t i = rc_find_device(&w->cloud, a->tenant, a->device);
    const struct rc_device *d = i == SIZE_MAX ? NULL : &w->cloud.devices[i];
    bool want = a->kind == ACT_ISOLATE;
    if (d == NULL || (a->kind != ACT_ISOLATE && a->kind != ACT_RELEASE)) return;
    for (size_t k = 0; k < w->cloud.action_count; k++) { /* what the cloud had not shown yet nobody could know */
        const struct rc_action *o = &w->cloud.actions[k];
        if (o->device == i && o->x.state == REMOTE_SUCCEEDED && o->visible.ticks > w->now.ticks - SLACK) return;
    }
    if (d->is_isolated != want && (d->changed.ticks == 0 || is_past(d->changed, w->now)))
        broken(w, "%s of %s is confirmed, and not so", act_kind_name(a->kind), d->host);
}

static bool is_of_pair(const struct action *a)
{
    return a->kind == ACT_ISOLATE || a->kind == ACT_RELEASE;
}

/* One at a time; but a release does not wait for a scan. */
static void check_serial(struct world *w, const struct action *a)
{
    uint64_t cursor = 0;
    unsigned open[2] = {0};
    for (const struct action *o; (o = responder_actions(w->r, &cursor)) != NULL;)
        open[is_of_pair(o)] +=
            !action_is_settled(o) && strcmp(o->device, a->device) == 0 && strcmp(o->tenant, a->tenant) == 0;
    if (open[0] > 1 || open[1] > 1) broken(w, "%u actions are open on %s", open[0] + open[1], a->host);
}

static void check_told_late(struct world *w)
{
    uint64_t cursor = 0;
    if (w->now.ticks - w->up_since.ticks < 5 * WALL_TICKS_PER_MIN) return;
    for (const struct action *a; (a = responder_actions(w->r, &cursor)) != NULL;)
        if (!action_is_settled(a) && !a->is_late && (a->kind == ACT_ISOLATE || a->kind == ACT_RELEASE) &&
            w->now.ticks - a->intent.ticks > 7 * WALL_TICKS_PER_MIN && is_past(a->changed, w->now))
            broken(w, "nobody was told that %s of %s is not confirmed", act_kind_name(a->kind), a->host);
}

void check_step(struct world *w, size_t first)
{
    for (size_t i = first; i < w->record_count; i++) {
        const struct respond_record *x = &w->ledger[i];
        if (x->kind != RECORD_ACTION) continue;
        if (strcmp(x->step, "confirmed") == 0) check_confirmed(w, &x->action);
        check_serial(w, &x->action);
    }
    check_told_late(w);
    if (!responder_equal(w->r, w->shadow)) broken(w, "replay gives another memory");
}

/* ---- at the end: the dust has settled ---------------------------------------------------------------------------------------------------- */

static bool is_told(const struct world *w, uint64_t action, uint64_t decision)
{
    for (size_t i = 0; i < w->notice_count; i++)
        if ((action && w->notices[i].action == action) || (decision && w->notices[i].decision == decision)) return true;
    return false;
}

/* A later isolation is under way: approved by a person, or an analyst's. */
static bool is_wanted_again(const struct world *w, const struct hold *h)
{
    uint64_t cursor = 0;
    for (const struct action *a; (a = responder_actions(w->r, &cursor)) != NULL;)
        if (a->kind == ACT_ISOLATE && !action_is_settled(a) && a->intent.ticks > h->ordered.ticks &&
            strcmp(a->device, h->device) == 0)
            return true;
    return false;
}

/* Nobody but a stray of ours keeps isolated what a person let go. */
void check_released(struct world *w)
{
    uint64_t cursor = 0;
    for (const struct hold *h; (h = responder_holds(w->r, &cursor)) != NULL;) {
        size_t i = rc_find_device(&w->cloud, h->tenant, h->device);
        const struct rc_device *d = &w->cloud.devices[i];
        const struct action *a;
        if (responder_hold_of(w->r, h->tenant, h->device) != h && h->state != HOLD_ENDED) continue;
        if (h->state == HOLD_RELEASING && w->now.ticks - h->ordered.ticks > WALL_TICKS_PER_DAY * 5)
            broken(w, "the release of %s never ended", h->host);
        if ((h->state != HOLD_WATCHED && h->state != HOLD_ENDED) || !d->is_isolated) continue;
        if (responder_hold_of(w->r, h->tenant, h->device) != NULL && h->state == HOLD_ENDED) continue;
        if (is_wanted_again(w, h)) continue;
        if (w->now.ticks - d->changed.ticks < 2 * WALL_TICKS_PER_HOUR) continue; /* the watch looks once an hour */
        if (w->now.ticks - w->up_since.ticks < 2 * WALL_TICKS_PER_HOUR) continue;
        a = durable_action(w, marked(d->comment));
        if (a && a->intent.ticks <= h->ordered.ticks)
            broken(w, "%s is isolated by a stray of ours after its release", d->host);
    }
}

void check_end(struct world *w)
{
    uint64_t cursor = 0;
    for (const struct action *a; (a = responder_actions(w->r, &cursor)) != NULL;) {
        if (!action_is_settled(a)) broken(w, "action %" PRIu64 " is %s still", a->id, action_state_name(a->state));
        if (!is_told(w, a->id, a->decision)) broken(w, "nobody was told of action %" PRIu64, a->id);
    }
    cursor = 0;
    for (const struct decision *d; (d = responder_decisions(w->r, &cursor)) != NULL;) {
        if (!decision_is_settled(d))
            broken(w, "decision %" PRIu64 " is %s still", d->id, decision_state_name(d->state));
        if (d->state != DECISION_SHADOW && !is_told(w, 0, d->id))
            broken(w, "nobody was told of decision %" PRIu64, d->id);
    }
    check_released(w);
}
