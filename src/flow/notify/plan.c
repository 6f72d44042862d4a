#include "flow/notify/plan.h"
#include "state/store/people.h"

#include <stdlib.h>

enum {
    SHORT_MS = 1000,          /* when to look again at what is under way */
    ORDER_MS = 5000,          /* how long a step waits for the one before it to be out: mail before call */
    CALL_LOOK_MS = 10 * 1000, /* a call under way holds the ladder */
    ROUNDS_MAX = 3,
    ROUND_WAIT_MS = 60 * 1000,
    BUILT_IN_WAIT_MS = 120 * 1000,
};

const char LADDER_ALARM[] = "@alarm";
static const char SENIORS[] = "@seniors"; /* owners and admins, or, without any, everybody */

#define EVERY_SHARED_CHANNEL(ladder)                                                         \
    {ladder, 0, "slack", "", 0}, {ladder, 0, "teams", "", 0}, {ladder, 0, "webhook", "", 0}, \
    {                                                                                        \
        ladder, 0, "pagerduty", "", 0                                                        \
    }
static const struct rung_record default_rungs[] = {
    {"", 0, "email", "on-call", 0}, EVERY_SHARED_CHANNEL(""), {"", 1, "phone", "on-call", BUILT_IN_WAIT_MS}};
static const struct rung_record alarm_rungs[] = {
    {"", 0, "email", "@seniors", 0}, EVERY_SHARED_CHANNEL(""), {"", 1, "phone", "@seniors", BUILT_IN_WAIT_MS}};

/* ---- who ---------------------------------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return str_eq_nocase(str_of(a), str_of(b));
}

bool duty_holds(const struct duty_record *d, struct zone_time local, struct wall now)
{
    unsigned today = local.weekday, at = local.minute_of_day, from = d->from_minute, to = d->to_minute;
    if ((d->since.ticks && now.ticks < d->since.ticks) || (d->until.ticks && now.ticks >= d->until.ticks)) return false;
    if (d->days == 0) return from == to || (from < to ? at >= from && at < to : at >= from || at < to);
    bool is_today = d->days >> today & 1, was_yesterday = d->days >> (today + DAYS_A_WEEK - 1) % DAYS_A_WEEK & 1;
    if (from == to) return is_today;
    if (from < to) return is_today && at >= from && at < to;
    return (is_today && at >= from) || (was_yesterday && at < to); /* over midnight: of the day it begins on */
}

static const struct person_record *person_named(const struct book *b, const char *name)
{
    for (size_t i = 0; i < b->people_count; i++)
        if (same(b->people[i].name, name)) return &b->people[i];
    return NULL;
}

static bool is_senior(const struct person_record *p)
{
    return same(p->role, "owner") || same(p->role, "admin");
}

struct crew {
    const struct person_record *people[STEP_TARGETS_MAX];
    size_t count;
};

static void crew_add(struct crew *c, const struct person_record *p)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->people[i] == p) return;
    if (p && c->count < STEP_TARGETS_MAX) c->people[c->count++] = p;
}

static bool has_list(const struct book *b, const char *list, const char *tenant_id)
{
    for (size_t i = 0; i < b->duty_count; i++)
        if (same(b->duties[i].list, list) && same(b->duties[i].tenant_id, tenant_id)) return true;
    return false;
}

/* By the store's order: position. The tenant's own list, else the account's. */
static void crew_of(const struct book *b, const char *target, const char *tenant_id, struct zone_time local,
                    struct wall now, struct crew *out)
{
    const struct person_record *person = person_named(b, target);
    out->count = 0;
    if (same(target, SENIORS)) {
        for (size_t i = 0; i < b->people_count; i++)
            if (is_senior(&b->people[i])) crew_add(out, &b->people[i]);
        for (size_t i = 0; i < b->people_count && out->count == 0; i++) crew_add(out, &b->people[i]);
        return;
    }
    const char *owner = has_list(b, target, tenant_id) ? tenant_id : "";
    for (size_t i = 0; i < b->duty_count; i++) {
        const struct duty_record *d = &b->duties[i];
        if (same(d->list, target) && same(d->tenant_id, owner) && duty_holds(d, local, now))
            crew_add(out, person_named(b, d->person));
    }
    if (out->count == 0 && !has_list(b, target, owner)) crew_add(out, person);
}

/* ---- over what ------------------------------------------------------------------------------------------------------------ */

static bool is_personal(const char *kind)
{
    return same(kind, "email") || same(kind, "phone");
}

static bool serves(const struct channel_record *c, const char *named, const char *tenant_id)
{
    return c->is_enabled && (same(c->name, named) || same(c->kind, named)) &&
           (c->tenant_id[0] == '\0' || same(c->tenant_id, tenant_id));
}

/* Of what reaches persons one channel is enough: the tenant's own first. */
static const struct channel_record *personal_channel(const struct book *b, const char *named, const char *tenant_id)
{
    const struct channel_record *best = NULL;
    for (size_t i = 0; i < b->channel_count; i++) {
        const struct channel_record *c = &b->channels[i];
        if (serves(c, named, tenant_id) && is_personal(c->kind) &&
            (best == NULL || (best->tenant_id[0] == '\0' && c->tenant_id[0])))
            best = c;
    }
    return best;
}

static void step_add(struct step *s, const struct channel_record *c, const char *person, struct str address)
{
    struct target t = {0};
    (void)str_copy(str_of(c->name), t.channel, sizeof t.channel);
    (void)str_copy(str_of(c->kind), t.kind, sizeof t.kind);
    (void)str_copy(str_of(person), t.person, sizeof t.person);
    if (!str_copy(address, t.address, sizeof t.address)) return;
    for (size_t i = 0; i < s->count; i++)
        if (same(s->targets[i].channel, t.channel) && same(s->targets[i].address, t.address)) return;
    if (s->count < STEP_TARGETS_MAX) s->targets[s->count++] = t;
}

static struct step *new_step(struct ladder *l, int64_t wait_ms)
{
    if (l->count == LADDER_STEPS_MAX) return &l->steps[LADDER_STEPS_MAX - 1];
    l->steps[l->count].wait_ms = wait_ms;
    return &l->steps[l->count++];
}

struct view {
    const struct book *b;
    const char *tenant_id;
    struct zone_time local;
    struct wall now;
};

static void note_nobody(struct step *s, const char *list, const struct crew *crew)
{
    if (crew->count == 0 && list[0]) (void)str_copy(str_of(list), s->nobody, sizeof s->nobody);
}

static void add_shared(const struct view *v, const struct rung_record *r, struct step *s)
{
    for (size_t i = 0; i < v->b->channel_count; i++) {
        const struct channel_record *c = &v->b->channels[i];
        if (serves(c, r->channel, v->tenant_id) && !is_personal(c->kind)) step_add(s, c, "", STR_NONE);
    }
}

static void add_mail(const struct view *v, const struct rung_record *r, const struct channel_record *c, struct step *s)
{
    struct crew crew = {0};
    struct str fixed = str_of(c->recipients);
    if (r->target[0]) crew_of(v->b, r->target, v->tenant_id, v->local, v->now, &crew);
    note_nobody(s, r->target, &crew);
    for (size_t i = 0; i < crew.count; i++)
        if (crew.people[i]->mail[0]) step_add(s, c, crew.people[i]->name, str_of(crew.people[i]->mail));
    while (fixed.n) {
        struct str one = str_trim(str_cut(&fixed, ','));
        if (one.n) step_add(s, c, "", one);
    }
}

static void add_calls(const struct view *v, const struct rung_record *r, const struct channel_record *c,
                      struct ladder *l, int64_t wait_ms)
{
    struct crew crew = {0};
    size_t called = 0;
    crew_of(v->b, r->target, v->tenant_id, v->local, v->now, &crew);
    for (size_t i = 0; i < crew.count; i++) {
        if (crew.people[i]->phone[0] == '\0') continue;
        step_add(new_step(l, wait_ms), c, crew.people[i]->name, str_of(crew.people[i]->phone));
        called++;
    }
    if (called == 0) { /* nobody, or nobody with a number */
        crew.count = 0;
        note_nobody(new_step(l, 0), r->target, &crew);
    }
}

/* ---- a ladder -------------------------------------------------------------------------------------------------------------- */

static bool is_phone(const struct view *v, const struct rung_record *r)
{
    const struct channel_record *c = personal_channel(v->b, r->channel, v->tenant_id);
    return c ? same(c->kind, "phone") : same(r->channel, "phone");
}

/* The rows of one rung: what tells at once, then its calls. */
static void add_rung(const struct view *v, const struct rung_record *rows, size_t count, bool with_calls,
                     struct ladder *l)
{
    int64_t wait_ms = 0;
    struct step *at_once = NULL;
    bool has_calls = false;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].wait_ms > wait_ms) wait_ms = rows[i].wait_ms;
        has_calls = has_calls || is_phone(v, &rows[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct channel_record *c = personal_channel(v->b, rows[i].channel, v->tenant_id);
        if (is_phone(v, &rows[i])) continue;
        if (at_once == NULL) at_once = new_step(l, has_calls ? 0 : wait_ms);
        if (c)
            add_mail(v, &rows[i], c, at_once);
        else
            add_shared(v, &rows[i], at_once);
    }
    for (size_t i = 0; with_calls && i < count; i++) {
        const struct channel_record *c = personal_channel(v->b, rows[i].channel, v->tenant_id);
        if (c && is_phone(v, &rows[i])) add_calls(v, &rows[i], c, l, wait_ms);
    }
}

static size_t find_ladder(const struct book *b, const char *name, const struct rung_record **out)
{
    size_t from = 0, n = 0;
    if (same(name, LADDER_ALARM)) {
        *out = alarm_rungs;
        return sizeof alarm_rungs / sizeof *alarm_rungs;
    }
    while (from < b->rung_count && !(name[0] && same(b->rungs[from].ladder, name))) from++;
    while (from + n < b->rung_count && same(b->rungs[from + n].ladder, name)) n++;
    *out = n ? b->rungs + from : default_rungs;
    return n ? n : sizeof default_rungs / sizeof *default_rungs;
}

bool ladder_make(const struct book *b, const char *name, const char *tenant_id, struct zone_time local, struct wall now,
                 bool tells_alone, struct ladder *out)
{
    const struct view v = {b, tenant_id, local, now};
    const struct rung_record *rows;
    size_t count = find_ladder(b, name, &rows), next;
    out->count = 0;
    out->steps = calloc(LADDER_STEPS_MAX, sizeof *out->steps);
    if (out->steps == NULL) return false;
    for (size_t i = 0; i < count; i = next) {
        for (next = i; next < count && rows[next].rung == rows[i].rung;) next++;
        add_rung(&v, rows + i, next - i, !tells_alone, out);
        if (tells_alone && out->count) break;
    }
    return true;
}

void ladder_free(struct ladder *l)
{
    free(l->steps);
    l->steps = NULL;
    l->count = 0;
}

/* ---- climbing -------------------------------------------------------------------------------------------------------------- */

static struct wall later(struct wall t, int64_t ms)
{
    return wall_add(t, ms * WALL_TICKS_PER_MS);
}

/* When the step told last lets the next one come; at `now` or before: at once. */
static struct wall free_at(const struct climb_state *c)
{
    if (c->calls_open) return later(c->now, CALL_LOOK_MS);
    if (c->untried) {
        struct wall latest = later(c->told, ORDER_MS);
        return c->now.ticks < latest.ticks ? later(c->now, SHORT_MS) : c->now;
    }
    bool is_over = c->calls || (c->delivered == 0 && c->open == 0); /* nobody is reading: do not wait for an answer */
    bool ends_a_round = c->steps && c->taken % (int64_t)c->steps == 0;
    int64_t wait = is_over ? 0 : c->wait_ms;
    if (ends_a_round && wait < ROUND_WAIT_MS) wait = ROUND_WAIT_MS;
    return later(c->told, wait);
}

enum climb climb_next(const struct climb_state *c, size_t *index_out, struct wall *until_out)
{
    *index_out = 0;
    *until_out = c->now;
    if (c->expires.ticks && c->now.ticks >= c->expires.ticks && c->wants_answer && !c->calls_open) return CLIMB_EXPIRED;
    if (c->taken == 0) return c->steps ? CLIMB_STEP : CLIMB_UNHEARD;
    if (!c->wants_answer) {
        if (c->open == 0) return c->delivered ? CLIMB_TOLD : CLIMB_UNHEARD;
        *until_out = later(c->now, SHORT_MS);
        return CLIMB_WAIT;
    }
    *until_out = free_at(c);
    bool is_last = c->steps == 0 || c->taken >= (int64_t)c->steps * ROUNDS_MAX;
    if (until_out->ticks > c->now.ticks) {
        if (c->expires.ticks && until_out->ticks > c->expires.ticks) *until_out = c->expires;
        if (until_out->ticks <= c->now.ticks) *until_out = later(c->now, SHORT_MS);
        return CLIMB_WAIT;
    }
    if (is_last) return CLIMB_UNHEARD;
    *index_out = (size_t)(c->taken % (int64_t)c->steps);
    return CLIMB_STEP;
}
