/* The live state, and the one way it changes: a record is applied. Everything here is a function of the records and their
 * order alone; what is forgotten too (by the time in the record, never by a clock). */

#include "kit/base/hash.h"
#include "logic/respond/engine/engine_int.h"

enum { NOTED_SETS = RESPOND_ALERTS_MAX / NOTED_WAYS, FORGET_EVERY = 256 };

/* ---- pools ------------------------------------------------------------------------------------------------------------- */

static uint64_t id_at(const struct pool *p, size_t i)
{
    uint64_t id;
    memcpy(&id, p->items + i * p->item, sizeof id);
    return id;
}

/* The first with an id not below that one. */
static size_t pool_lower(const struct pool *p, uint64_t id)
{
    size_t lo = 0, hi = p->count;
    if (hi > 0 && id_at(p, hi - 1) < id) return hi; /* the way of a thing that is new */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (id_at(p, mid) < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void *pool_find(const struct pool *p, uint64_t id)
{
    size_t i = pool_lower(p, id);
    return i < p->count && id_at(p, i) == id ? p->items + i * p->item : NULL;
}

static void *pool_insert(struct pool *p, uint64_t id)
{
    size_t i = pool_lower(p, id);
    unsigned char *at = p->items + i * p->item;
    memmove(at + p->item, at, (p->count - i) * p->item);
    memset(at, 0, p->item);
    p->count++;
    return at;
}

/* When it was settled; 0: it is open. */
static struct wall settled_at(enum record_kind kind, const unsigned char *slot)
{
    const struct hold *h = &((const struct hold_slot *)(const void *)slot)->h;
    switch (kind) {
    case RECORD_DECISION: return ((const struct decision_slot *)(const void *)slot)->d.settled;
    case RECORD_ACTION: return ((const struct action_slot *)(const void *)slot)->a.settled;
    case RECORD_HOLD: return h->state == HOLD_ENDED ? h->watch_until : (struct wall){0};
    default: return (struct wall){0};
    }
}

static bool is_forgettable(enum record_kind kind, const unsigned char *slot, struct wall now, int64_t days)
{
    struct wall at = settled_at(kind, slot);
    return at.ticks != 0 && now.ticks - at.ticks > days * WALL_TICKS_PER_DAY;
}

/* Drops up to `most` of those settled that many days ago, oldest first; the rest stays in order. */
static void forget(struct pool *p, enum record_kind kind, struct wall now, int64_t days, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        unsigned char *slot = p->items + i * p->item;
        if (most > 0 && is_forgettable(kind, slot, now, days)) {
            most--;
            continue;
        }
        if (kept != i) memcpy(p->items + kept * p->item, slot, p->item);
        kept++;
    }
    p->count = kept;
}

static struct pool *pool_of(struct responder *r, enum record_kind kind)
{
    switch (kind) {
    case RECORD_DECISION: return &r->decisions;
    case RECORD_ACTION: return &r->actions;
    case RECORD_HOLD: return &r->holds;
    default: return NULL;
    }
}

bool has_room(struct responder *r, enum record_kind kind)
{
    const struct pool *p = pool_of(r, kind);
    INVARIANT(p);
    if (p->count < p->max) return true;
    for (size_t i = 0; i < p->count; i++)
        if (is_forgettable(kind, p->items + i * p->item, r->now, RESPOND_KEEP_DAYS_MIN)) return true;
    return false;
}

/* The slot of that id, a fresh one if there is none; NULL: no room. */
static void *pool_put(struct responder *r, enum record_kind kind, uint64_t id, struct wall now)
{
    struct pool *p = pool_of(r, kind);
    INVARIANT(p);
    void *slot = pool_find(p, id);
    if (id > r->last_id) r->last_id = id;
    if (slot) return slot;
    if (p->count % FORGET_EVERY == 0) forget(p, kind, now, RESPOND_KEEP_DAYS, p->max);
    if (p->count == p->max) forget(p, kind, now, RESPOND_KEEP_DAYS_MIN, p->max / 8);
    return p->count < p->max ? pool_insert(p, id) : NULL;
}

struct decision_slot *slot_decision(const struct responder *r, uint64_t id)
{
    return pool_find(&r->decisions, id);
}

struct action_slot *slot_action(const struct responder *r, uint64_t id)
{
    return pool_find(&r->actions, id);
}

struct hold_slot *slot_hold(const struct responder *r, uint64_t id)
{
    return pool_find(&r->holds, id);
}

static bool is_device(const char *tenant_a, const char *device_a, const char *tenant_b, const char *device_b)
{
    return strcmp(tenant_a, tenant_b) == 0 && str_eq_nocase(str_of(device_a), str_of(device_b));
}

struct hold_slot *slot_hold_of(const struct responder *r, const char *tenant, const char *device)
{
    for (size_t i = r->holds.count; i-- > 0;) {
        struct hold_slot *s = hold_at(r, i);
        if (s->h.state != HOLD_ENDED && is_device(s->h.tenant, s->h.device, tenant, device)) return s;
    }
    return NULL;
}

struct action_slot *open_action(const struct responder *r, const char *tenant, const char *device)
{
    for (size_t i = 0; i < r->actions.count; i++) {
        struct action_slot *s = action_at(r, i);
        if (!action_is_settled(&s->a) && is_device(s->a.tenant, s->a.device, tenant, device)) return s;
    }
    return NULL;
}

struct action_slot *open_of_pair(const struct responder *r, const char *tenant, const char *device)
{
    for (size_t i = 0; i < r->actions.count; i++) {
        struct action_slot *s = action_at(r, i);
        if ((s->a.kind == ACT_ISOLATE || s->a.kind == ACT_RELEASE) && !action_is_settled(&s->a) &&
            is_device(s->a.tenant, s->a.device, tenant, device))
            return s;
    }
    return NULL;
}

/* ---- what is kept without an id ---------------------------------------------------------------------------------------- */

static uint64_t noted_key(const char *tenant, const char *alert)
{
    struct siphash h;
    siphash_init_fixed(&h);
    siphash_add(&h, tenant, strlen(tenant) + 1);
    siphash_add(&h, alert, strlen(alert));
    return siphash_end(&h).lo | 1; /* never 0 */
}

static struct noted_slot *noted_set(const struct responder *r, uint64_t key)
{
    return r->noted + (key >> 1) % NOTED_SETS * NOTED_WAYS;
}

static struct noted_slot *find_noted_slot(const struct responder *r, const char *tenant, const char *alert)
{
    uint64_t key = noted_key(tenant, alert);
    struct noted_slot *set = noted_set(r, key);
    for (size_t i = 0; i < NOTED_WAYS; i++)
        if (set[i].key == key && strcmp(set[i].noted.tenant, tenant) == 0 && strcmp(set[i].noted.alert, alert) == 0)
            return &set[i];
    return NULL;
}

const struct noted *find_noted(const struct responder *r, const char *tenant, const char *alert)
{
    const struct noted_slot *s = find_noted_slot(r, tenant, alert);
    return s ? &s->noted : NULL;
}

static uint64_t noted_hash(const struct noted_slot *s)
{
    uint64_t text[] = {s->key, (uint64_t)s->noted.severity, s->noted.is_closed, (uint64_t)s->at.ticks};
    return s->key ? hash64_of(text, sizeof text) : 0;
}

static void apply_noted(struct responder *r, const struct noted *n, struct wall at)
{
    uint64_t key = noted_key(n->tenant, n->alert);
    struct noted_slot *slot = find_noted_slot(r, n->tenant, n->alert), *set = noted_set(r, key);
    for (size_t i = 0; slot == NULL && i < NOTED_WAYS; i++)
        if (set[i].key == 0) slot = &set[i];
    if (slot == NULL) {
        slot = set;
        for (size_t i = 1; i < NOTED_WAYS; i++)
            if (set[i].at.ticks < slot->at.ticks) slot = &set[i];
    }
    r->noted_sum ^= noted_hash(slot);
    *slot = (struct noted_slot){*n, key, at};
    r->noted_sum ^= noted_hash(slot);
}

const char *surviving(const struct responder *r, const char *tenant, const char *incident)
{
    if (MUTANT(FORGET_MERGE)) return incident;
    for (size_t i = 0; i < r->merge_count; i++)
        if (strcmp(r->merges[i].from, incident) == 0 && strcmp(r->merges[i].tenant, tenant) == 0)
            return r->merges[i].to;
    return incident;
}

static void rename_incident(struct responder *r, const struct merge *m)
{
    for (size_t i = 0; i < r->merge_count; i++)
        if (strcmp(r->merges[i].to, m->from) == 0 && strcmp(r->merges[i].tenant, m->tenant) == 0)
            COPY(r->merges[i].to, m->to);
    for (size_t i = 0; i < r->decisions.count; i++) {
        struct decision *d = &decision_at(r, i)->d;
        if (strcmp(d->incident, m->from) == 0 && strcmp(d->tenant, m->tenant) == 0) COPY(d->incident, m->to);
    }
    for (size_t i = 0; i < r->holds.count; i++) {
        struct hold *h = &hold_at(r, i)->h;
        if (strcmp(h->incident, m->from) == 0 && strcmp(h->tenant, m->tenant) == 0) COPY(h->incident, m->to);
    }
}

/* Chains are flat: whoever was merged into the one that is merged now, survives as the last one. */
static void apply_merge(struct responder *r, const struct merge *given)
{
    struct merge m = *given;
    COPY(m.to, surviving(r, m.tenant, given->to));
    if (strcmp(m.to, m.from) == 0 || strcmp(surviving(r, m.tenant, m.from), m.from) != 0) return;
    rename_incident(r, &m);
    r->merges[r->merge_next] = m;
    r->merge_next = (r->merge_next + 1) % RESPOND_MERGES_MAX;
    if (r->merge_count < RESPOND_MERGES_MAX) r->merge_count++;
}

const struct order_done *order_of(const struct responder *r, const char *id)
{
    for (size_t i = 0; i < r->order_count; i++)
        if (strcmp(r->orders[i].id, id) == 0) return &r->orders[i];
    return NULL;
}

static void apply_order(struct responder *r, const struct order_done *o)
{
    r->orders[r->order_next] = *o;
    r->order_next = (r->order_next + 1) % RESPOND_ORDERS_MAX;
    if (r->order_count < RESPOND_ORDERS_MAX) r->order_count++;
}

const struct stop *responder_stop_of(const struct responder *r, const char *tenant)
{
    for (size_t i = 0; i < r->stop_count; i++)
        if (strcmp(r->stops[i].tenant, tenant ? tenant : "") == 0)
            return r->stops[i].state == STOP_OFF ? NULL : &r->stops[i];
    return NULL;
}

static bool apply_stop(struct responder *r, const struct stop *s)
{
    size_t i = 0;
    while (i < r->stop_count && strcmp(r->stops[i].tenant, s->tenant) != 0) i++;
    if (i == STOPS_MAX) return false;
    r->stops[i] = *s;
    if (i == r->stop_count) r->stop_count++;
    return true;
}

/* ---- the one way ------------------------------------------------------------------------------------------------------------ */

static bool apply_thing(struct responder *r, const struct respond_record *record)
{
    struct decision_slot *d;
    struct action_slot *a;
    struct hold_slot *h;
    switch (record->kind) {
    case RECORD_DECISION:
        d = pool_put(r, RECORD_DECISION, record->decision.id, record->at);
        if (d == NULL) return false;
        d->d = record->decision;
        COPY(d->d.incident, surviving(r, d->d.tenant, record->decision.incident));
        return true;
    case RECORD_ACTION:
        a = pool_put(r, RECORD_ACTION, record->action.id, record->at);
        if (a) a->a = record->action;
        return a != NULL;
    case RECORD_HOLD:
        h = pool_put(r, RECORD_HOLD, record->hold.id, record->at);
        if (h) h->h = record->hold;
        return h != NULL;
    case RECORD_STOP: return apply_stop(r, &record->stop);
    case RECORD_NOTED: apply_noted(r, &record->noted, record->at); return true;
    case RECORD_MERGE: apply_merge(r, &record->merge); return true;
    case RECORD_ORDER: apply_order(r, &record->order); return true;
    case RECORD_KINDS: break;
    }
    return true;
}

bool responder_apply(struct responder *r, const struct respond_record *record, struct err *e)
{
    if (apply_thing(r, record)) return true;
    return err_set(e, &respond_causes[RESPOND_FULL], "%s: all places are taken by open ones",
                   record_kind_words[record->kind]);
}

bool responder_knows(const struct responder *r, const struct respond_record *record)
{
    switch (record->kind) {
    case RECORD_DECISION: return slot_decision(r, record->decision.id) != NULL;
    case RECORD_ACTION: return slot_action(r, record->action.id) != NULL;
    case RECORD_HOLD: return slot_hold(r, record->hold.id) != NULL;
    case RECORD_STOP: return true;
    case RECORD_NOTED: return find_noted(r, record->noted.tenant, record->noted.alert) != NULL;
    case RECORD_MERGE: return strcmp(surviving(r, record->merge.tenant, record->merge.from), record->merge.from) != 0;
    case RECORD_ORDER: return order_of(r, record->order.id) != NULL;
    case RECORD_KINDS: break;
    }
    return false;
}

/* ---- readers -------------------------------------------------------------------------------------------------------------------- */

const struct decision *responder_decision(const struct responder *r, uint64_t id)
{
    const struct decision_slot *s = slot_decision(r, id);
    return s ? &s->d : NULL;
}

const struct action *responder_action(const struct responder *r, uint64_t id)
{
    const struct action_slot *s = slot_action(r, id);
    return s ? &s->a : NULL;
}

const struct hold *responder_hold(const struct responder *r, uint64_t id)
{
    const struct hold_slot *s = slot_hold(r, id);
    return s ? &s->h : NULL;
}

const struct hold *responder_hold_of(const struct responder *r, const char *tenant, const char *device)
{
    const struct hold_slot *s = slot_hold_of(r, tenant, device);
    return s ? &s->h : NULL;
}

static const void *next_of(const struct pool *p, uint64_t *cursor)
{
    size_t i = pool_lower(p, *cursor + 1);
    if (i == p->count) return NULL;
    *cursor = id_at(p, i);
    return p->items + i * p->item;
}

const struct decision *responder_decisions(const struct responder *r, uint64_t *cursor)
{
    return next_of(&r->decisions, cursor);
}

const struct action *responder_actions(const struct responder *r, uint64_t *cursor)
{
    return next_of(&r->actions, cursor);
}

const struct hold *responder_holds(const struct responder *r, uint64_t *cursor)
{
    return next_of(&r->holds, cursor);
}
