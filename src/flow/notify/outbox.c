/* Notices that are due: where each goes, what waits for its digest or its like, who is told next. */
#include <stdio.h>
#include <stdlib.h>

#include "flow/notify/notify_int.h"
#include "state/store/notices.h"

enum {
    GATHER_MS = 5000,            /* notices of one cause, before the first word of it */
    CAUSE_AGAIN_MS = 900 * 1000, /* and of those that come later */
    CAUSE_HOLDS_MS = 3600 * 1000,
    CATCH_UP_MS = 120 * 1000, /* what an outage brings comes in pieces */
    BUSY_MS = 5000,           /* the person is on the phone with us already */
};

struct open_notice {
    struct notice_record n;
    struct buf body;
};
struct outbox {
    struct round *r;
    struct open_notice *items;
    size_t count, cap;
    bool failed;
};

static bool collect(void *arg, const struct notice_record *n)
{
    struct outbox *o = arg;
    if (o->count == o->cap) {
        size_t cap = o->cap ? o->cap * 2 : 32;
        struct open_notice *more = reallocarray(o->items, cap, sizeof *more);
        if (more == NULL) {
            o->failed = true;
            return false;
        }
        o->items = more;
        o->cap = cap;
    }
    struct open_notice *item = &o->items[o->count++];
    item->n = *n;
    buf_init(&item->body, 0);
    buf_add_str(&item->body, n->body);
    item->n.body = STR_NONE; /* of the row */
    return true;
}

static bool put(struct outbox *o, struct open_notice *item, struct err *e)
{
    item->n.body = buf_str(&item->body);
    return store_notice_put(o->r->notify->o.store, &item->n, e);
}

/* ---- new ones: their way --------------------------------------------------------------------------------------------------- */

static bool settings_for(struct outbox *o, const struct notice_record *n, struct settings *out, struct err *e)
{
    struct store *s = o->r->notify->o.store;
    struct setting_scope account = {0};
    if (n->tenant_id[0] && settings_of_tenant(s, n->tenant_id, out, e)) return true;
    return settings_resolve(s, &account, out, e); /* of the account, or of a tenant that was removed since */
}

static const struct zone *zone_for(struct outbox *o, const struct settings *s)
{
    const struct notify_opts *opts = &o->r->notify->o;
    return opts->zone ? opts->zone(opts->ctx, s->values[SET_TIME_ZONE].text) : NULL;
}

static const enum setting_id routes[NOTICE_SEVERITIES] = {SET_ROUTE_INFORMATIONAL, SET_ROUTE_LOW, SET_ROUTE_MEDIUM,
                                                          SET_ROUTE_HIGH, SET_ROUTE_HIGH};
static const enum setting_id ladders[NOTICE_SEVERITIES] = {SET_LADDER_INFORMATIONAL, SET_LADDER_LOW, SET_LADDER_MEDIUM,
                                                           SET_LADDER_HIGH, SET_LADDER_HIGH};

/* What has to be answered, or is about ourselves, is never put off by its severity. */
static bool may_wait(const struct notice_record *n)
{
    return n->wants == WANTS_NOTHING &&
           (n->kind == NOTICE_ALERT || n->kind == NOTICE_UPDATE || n->kind == NOTICE_OUTCOME);
}

static bool is_word(const char *a, const char *b)
{
    return str_eq(str_of(a), str_of(b));
}

static void hold(struct notice_record *n, const char *route, struct wall due)
{
    n->state = NOTICE_HELD;
    n->due = due;
    (void)snprintf(n->route, sizeof n->route, "%s", route);
}

struct earlier {
    int64_t id;
    bool is_told;
};

static bool find_earlier(void *arg, const struct notice_record *r)
{
    struct earlier *x = arg;
    bool is_told = r->state != NOTICE_NEW && r->state != NOTICE_HELD && r->state != NOTICE_JOINED;
    x->is_told = x->is_told || (r->id < x->id && is_told);
    return !x->is_told;
}

/* One shared cause is one notice: the first waits a moment for its like, later ones for a quarter of an hour. */
static bool hold_cause(struct outbox *o, struct notice_record *n, struct err *e)
{
    struct round *r = o->r;
    struct earlier x = {n->id, false};
    struct notice_query q = {.group_key = n->group_key, .from = later_ms(r->now, -CAUSE_HOLDS_MS)};
    if (!store_notice_list(r->notify->o.store, &q, find_earlier, &x, e)) return false;
    uint32_t gather = r->notify->o.gather_ms ? r->notify->o.gather_ms : GATHER_MS;
    hold(n, n->route[0] ? n->route : "cause", later_ms(n->created, x.is_told ? CAUSE_AGAIN_MS : gather));
    return true;
}

static bool route(struct outbox *o, struct open_notice *item, struct err *e)
{
    struct notice_record *n = &item->n;
    struct settings s;
    if (!settings_for(o, n, &s, e) || !contact_add(o->r->notify->o.store, n, &s, &item->body, e)) return false;
    bool is_put_off = is_word(n->route, "digest") || is_word(n->route, "store") || is_word(n->route, "catch-up");
    if (is_put_off && !may_wait(n)) n->route[0] = '\0'; /* whatever a rule says */
    int64_t by_severity = may_wait(n) ? setting_number(&s, routes[n->severity]) : ROUTE_LADDER;
    bool has_route = n->route[0] != '\0';
    if (is_word(n->route, "store") || (!has_route && by_severity == ROUTE_STORE))
        n->state = NOTICE_STORED;
    else if (is_word(n->route, "catch-up"))
        hold(n, "catch-up", later_ms(o->r->now, CATCH_UP_MS));
    else if (is_word(n->route, "digest") || (!has_route && by_severity == ROUTE_DIGEST))
        hold(n, "digest", zone_next(zone_for(o, &s), o->r->now, (unsigned)setting_number(&s, SET_DIGEST_AT)));
    else if (notice_is_shared_cause(n))
        return hold_cause(o, n, e) && put(o, item, e);
    else {
        if (!has_route) (void)snprintf(n->route, sizeof n->route, "%s", s.values[ladders[n->severity]].text);
        n->state = NOTICE_RUNNING;
        n->due = o->r->now;
    }
    return put(o, item, e);
}

/* ---- held ones: together ------------------------------------------------------------------------------------------------------ */

/* What goes out together: of a digest everything that is due with it, of a cause the same group. */
static bool belongs(const struct notice_record *a, const struct notice_record *b)
{
    return b->state == NOTICE_HELD && is_word(a->route, b->route) &&
           (is_word(a->route, "digest") || is_word(a->route, "catch-up") || is_word(a->group_key, b->group_key));
}

/* A digest: a notice of its own, of which the others become a part. */
static bool make_digest(struct outbox *o, struct open_notice *first, struct err *e)
{
    struct open_notice digest = {.n = {.kind = NOTICE_DIGEST, .severity = first->n.severity, .state = NOTICE_RUNNING}};
    size_t count = 0;
    bool is_catch_up = is_word(first->n.route, "catch-up");
    digest.n.due = o->r->now;
    buf_init(&digest.body, 0);
    for (size_t i = 0; i < o->count; i++) {
        struct notice_record *n = &o->items[i].n;
        if (!belongs(&first->n, n) || n->due.ticks > o->r->now.ticks) continue;
        if (n->severity > digest.n.severity) digest.n.severity = n->severity;
        notice_line(n, &digest.body);
        count++;
    }
    (void)snprintf(digest.n.title, sizeof digest.n.title,
                   is_catch_up ? "%zu came late: nothing was done about them by itself" : "Daily digest: %zu notices",
                   count);
    bool ok = put(o, &digest, e);
    for (size_t i = 0; ok && i < o->count; i++) {
        struct open_notice *item = &o->items[i];
        if (!belongs(&first->n, &item->n) || item == first || item->n.due.ticks > o->r->now.ticks) continue;
        item->n.state = NOTICE_JOINED;
        item->n.joined = digest.n.id;
        ok = put(o, item, e);
    }
    first->n.state = NOTICE_JOINED;
    first->n.joined = digest.n.id;
    ok = ok && put(o, first, e);
    buf_done(&digest.body);
    return ok;
}

/* The first carries the others; who reads it is told of which (shared.c). */
static bool join_cause(struct outbox *o, struct open_notice *first, struct err *e)
{
    struct settings s;
    bool ok = true;
    if (!settings_for(o, &first->n, &s, e)) return false;
    for (size_t i = 0; ok && i < o->count; i++) {
        struct open_notice *item = &o->items[i];
        if (item == first || !belongs(&first->n, &item->n)) continue;
        if (item->n.severity > first->n.severity) first->n.severity = item->n.severity;
        if (item->n.wants > first->n.wants) first->n.wants = item->n.wants;
        item->n.state = NOTICE_JOINED;
        item->n.joined = first->n.id;
        ok = put(o, item, e);
    }
    (void)snprintf(first->n.route, sizeof first->n.route, "%s",
                   first->n.kind == NOTICE_ALARM ? LADDER_ALARM : s.values[ladders[first->n.severity]].text);
    first->n.state = NOTICE_RUNNING;
    first->n.due = o->r->now;
    return ok && put(o, first, e);
}

/* ---- running ones: up the ladder ---------------------------------------------------------------------------------------------- */

struct tally {
    struct climb_state *c;
    int64_t step; /* the one told last */
    struct wall told;
};

static bool count_delivery(void *arg, const struct delivery_record *d)
{
    struct tally *t = arg;
    bool is_over = d->state == DELIVERY_DELIVERED || d->state == DELIVERY_ACKNOWLEDGED || d->state == DELIVERY_DEAD;
    if (d->rung != t->step) return true;
    if (t->told.ticks == 0) t->told = d->created;
    t->c->untried += d->state == DELIVERY_QUEUED;
    t->c->open += !is_over;
    t->c->delivered += d->state == DELIVERY_DELIVERED || d->state == DELIVERY_ACKNOWLEDGED;
    t->c->calls += is_phone_kind(d->kind);
    t->c->calls_open += is_phone_kind(d->kind) && !is_over;
    return true;
}

struct on_phone {
    const char *number;
    bool is_busy;
};

static bool find_call(void *arg, const struct delivery_record *d)
{
    struct on_phone *p = arg;
    p->is_busy = p->is_busy || (is_phone_kind(d->kind) && is_word(d->target, p->number));
    return !p->is_busy;
}

/* One call to a person at a time. */
static bool is_on_phone(struct outbox *o, const struct step *step, bool *busy_out, struct err *e)
{
    struct on_phone p = {0};
    for (size_t i = 0; i < step->count && !p.is_busy; i++) {
        if (!is_phone_kind(step->targets[i].kind)) continue;
        p.number = step->targets[i].address;
        if (!store_delivery_list(o->r->notify->o.store, 0, true, find_call, &p, e)) return false;
    }
    *busy_out = p.is_busy;
    return true;
}

static bool raise_alarm(struct outbox *o, const struct notice_record *about, int cause, const char *list, struct err *e)
{
    struct notice_record alarm = {.kind = NOTICE_ALARM, .severity = NOTICE_CRITICAL, .wants = WANTS_ACK};
    struct earlier x = {INT64_MAX, false};
    struct buf body;
    if (about->kind == NOTICE_ALARM) return true; /* no alarm about alarms */
    if (cause == NOTIFY_NOBODY) {
        (void)snprintf(alarm.group_key, sizeof alarm.group_key, "cause:nobody:%s:%s", about->tenant_id, list);
        (void)snprintf(alarm.title, sizeof alarm.title, "Nobody is on duty on the list %s", list);
        struct notice_query q = {.group_key = alarm.group_key, .from = later_ms(o->r->now, -CAUSE_HOLDS_MS)};
        if (!store_notice_list(o->r->notify->o.store, &q, find_earlier, &x, e)) return false;
        if (x.is_told) return true;
    } else
        (void)snprintf(alarm.title, sizeof alarm.title, "Nobody answered: %.200s", about->title);
    (void)snprintf(alarm.tenant_id, sizeof alarm.tenant_id, "%s", about->tenant_id);
    (void)snprintf(alarm.organization, sizeof alarm.organization, "%s", about->organization);
    (void)snprintf(alarm.cause, sizeof alarm.cause, "%s", notify_causes[cause].code);
    (void)snprintf(alarm.remedy, sizeof alarm.remedy, "%s", notify_causes[cause].remedy);
    alarm.state = NOTICE_RUNNING;
    alarm.due = o->r->now;
    (void)snprintf(alarm.route, sizeof alarm.route, "%s", LADDER_ALARM);
    buf_init(&body, 0);
    buf_addf(&body, "It was to be told: notice %lld, %s", (long long)about->id, about->title);
    alarm.body = buf_str(&body);
    bool ok = store_notice_put(o->r->notify->o.store, &alarm, e);
    buf_done(&body);
    sooner(&o->r->next, o->r->now);
    return ok;
}

static bool tell_step(struct outbox *o, const struct notice_record *n, const struct step *step, struct err *e)
{
    for (size_t i = 0; i < step->count; i++) {
        const struct target *t = &step->targets[i];
        if (n->kind == NOTICE_UPDATE && is_word(t->kind, "pagerduty")) continue; /* a trigger again would page again */
        struct delivery_record d = {.notice_id = n->id, .rung = n->rung, .created = o->r->now, .next_try = o->r->now};
        (void)snprintf(d.channel, sizeof d.channel, "%s", t->channel);
        (void)snprintf(d.kind, sizeof d.kind, "%s", t->kind);
        (void)snprintf(d.person, sizeof d.person, "%s", t->person);
        (void)snprintf(d.target, sizeof d.target, "%s", t->address);
        if (!store_delivery_put(o->r->notify->o.store, &d, e)) return false;
    }
    return step->nobody[0] == '\0' || raise_alarm(o, n, NOTIFY_NOBODY, step->nobody, e);
}

/* One step of the climb; *again_out: look once more at once. */
static bool climb_once(struct outbox *o, struct notice_record *n, const struct ladder *l, bool *again_out,
                       struct err *e)
{
    struct climb_state c = {.wants_answer = n->wants != WANTS_NOTHING,
                            .taken = n->rung,
                            .steps = l->count,
                            .expires = n->expires,
                            .now = o->r->now};
    struct tally t = {&c, n->rung - 1, {0}};
    size_t index;
    bool is_busy = false;
    if (n->rung > 0 && !store_delivery_list(o->r->notify->o.store, n->id, false, count_delivery, &t, e)) return false;
    c.told = t.told.ticks ? t.told : n->created;
    if (l->count && n->rung > 0) c.wait_ms = l->steps[(size_t)(n->rung - 1) % l->count].wait_ms;
    switch (climb_next(&c, &index, &n->due)) {
    case CLIMB_WAIT: return true;
    case CLIMB_TOLD: n->state = NOTICE_TOLD; return true;
    case CLIMB_EXPIRED: n->state = NOTICE_EXPIRED; return true;
    case CLIMB_UNHEARD:
        n->state = NOTICE_UNHEARD;
        return n->wants == WANTS_NOTHING || raise_alarm(o, n, NOTIFY_UNHEARD, "", e);
    case CLIMB_STEP: break;
    }
    if (!is_on_phone(o, &l->steps[index], &is_busy, e)) return false;
    if (is_busy) {
        n->due = later_ms(o->r->now, BUSY_MS);
        return true;
    }
    if (!tell_step(o, n, &l->steps[index], e)) return false;
    n->rung++;
    *again_out = true;
    return true;
}

static bool climb(struct outbox *o, struct open_notice *item, struct err *e)
{
    struct settings s;
    struct ladder l;
    struct notice_record *n = &item->n;
    if (!settings_for(o, n, &s, e)) return false;
    struct zone_time local = zone_local(zone_for(o, &s), o->r->now);
    if (!ladder_make(&o->r->book, n->route, n->tenant_id, local, o->r->now, n->wants == WANTS_NOTHING, &l))
        return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the ladder %s", n->route);
    bool ok = true, again = true;
    for (int i = 0; ok && again && n->state == NOTICE_RUNNING && i < LADDER_STEPS_MAX; i++) {
        again = false;
        ok = climb_once(o, n, &l, &again, e);
    }
    ladder_free(&l);
    return ok && put(o, item, e);
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------- */

static bool look(struct outbox *o, struct open_notice *item, struct err *e)
{
    struct notice_record *n = &item->n;
    bool is_due = n->due.ticks <= o->r->now.ticks;
    if (n->state == NOTICE_NEW && !route(o, item, e)) return false;
    is_due = n->due.ticks <= o->r->now.ticks;
    if (n->state == NOTICE_HELD && is_due) {
        bool is_digest = is_word(n->route, "digest") || is_word(n->route, "catch-up");
        if (!(is_digest ? make_digest(o, item, e) : join_cause(o, item, e))) return false;
        if (is_digest) sooner(&o->r->next, o->r->now);
    }
    return n->state != NOTICE_RUNNING || !is_due || climb(o, item, e);
}

bool outbox_look(struct round *r, struct err *e)
{
    struct outbox o = {.r = r};
    bool ok = store_notice_list(r->notify->o.store, &(struct notice_query){.is_open = true}, collect, &o, e);
    if (ok && o.failed) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading the outbox");
    for (size_t i = 0; ok && i < o.count; i++) ok = look(&o, &o.items[i], e);
    for (size_t i = 0; i < o.count; i++) {
        const struct notice_record *n = &o.items[i].n;
        if (n->state == NOTICE_RUNNING || n->state == NOTICE_HELD) sooner(&r->next, n->due);
        buf_done(&o.items[i].body);
    }
    free(o.items);
    return ok;
}
