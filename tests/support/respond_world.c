/* The world turns: see respond_world.h. */
#include "respond_world.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>

static const int64_t SPACE_MS = 1;

void broken(struct world *w, const char *fmt, ...)
{
    va_list args;
    if (w->broken[0]) return;
    va_start(args, fmt);
    (void)vsnprintf(w->broken, sizeof w->broken, fmt, args);
    va_end(args);
}

static struct wall in_ms(struct wall at, int64_t ms)
{
    return wall_add(at, ms * WALL_TICKS_PER_MS);
}

/* ---- what will happen: a heap ------------------------------------------------------------------------------------------- */

static bool is_before(const struct world_item *a, const struct world_item *b)
{
    return a->at.ticks != b->at.ticks ? a->at.ticks < b->at.ticks : a->order < b->order;
}

static void push(struct world *w, struct world_item item)
{
    if (w->item_count == w->item_cap) {
        w->item_cap = w->item_cap ? w->item_cap * 2 : 64;
        w->items = realloc(w->items, w->item_cap * sizeof *w->items);
        INVARIANT(w->items);
    }
    item.order = ++w->order;
    size_t i = w->item_count++;
    for (; i > 0 && is_before(&item, &w->items[(i - 1) / 2]); i = (i - 1) / 2) w->items[i] = w->items[(i - 1) / 2];
    w->items[i] = item;
}

static struct world_item pop(struct world *w)
{
    struct world_item top = w->items[0], last = w->items[--w->item_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < w->item_count; i = child) {
        if (child + 1 < w->item_count && is_before(&w->items[child + 1], &w->items[child])) child++;
        if (!is_before(&w->items[child], &last)) break;
        w->items[i] = w->items[child];
    }
    w->items[i] = last;
    return top;
}

static void *copy_of(const void *p, size_t n)
{
    void *copy = malloc(n);
    INVARIANT(copy);
    memcpy(copy, p, n);
    return copy;
}

void world_script(struct world *w, int64_t delay_ms, void (*script)(struct world *w, uint64_t arg), uint64_t arg)
{
    push(w, (struct world_item){.at = in_ms(w->now, delay_ms), .kind = ITEM_SCRIPT, .script = script, .arg = arg});
}

void world_order(struct world *w, const struct respond_order *o, int64_t delay_ms)
{
    push(w, (struct world_item){.at = in_ms(w->now, delay_ms), .kind = ITEM_ORDER, .payload = copy_of(o, sizeof *o)});
}

void world_merge(struct world *w, size_t tenant, const char *from, const char *to, int64_t delay_ms)
{
    struct respond_event ev = {.kind = EVENT_INCIDENT};
    (void)snprintf(ev.tenant, sizeof ev.tenant, "%s", w->cloud.tenants[tenant].id);
    (void)snprintf(ev.from, sizeof ev.from, "%s", from);
    (void)snprintf(ev.to, sizeof ev.to, "%s", to);
    push(w, (struct world_item){.at = in_ms(w->now, delay_ms), .kind = ITEM_EVENT, .payload = copy_of(&ev, sizeof ev)});
}

void world_deliver(struct world *w, const struct rc_alert *a, enum respond_came came, int64_t delay_ms)
{
    struct rc_answer *x = calloc(1, sizeof *x);
    INVARIANT(x);
    x->ev.kind = EVENT_ALERT;
    x->ev.came = came;
    x->ev.policy = w->policy;
    (void)snprintf(x->ev.tenant, sizeof x->ev.tenant, "%s", w->cloud.tenants[a->tenant].id);
    rc_snap(&w->cloud, a, false, &x->alert);
    x->ev.alert = &x->alert.facts;
    x->ev.judgement = &x->alert.judgement;
    push(w,
         (struct world_item){
             .at = in_ms(w->now, delay_ms), .kind = ITEM_ALERT, .payload = x, .arg = (uint64_t)(a - w->cloud.alerts)});
}

/* ---- the process ----------------------------------------------------------------------------------------------------------- */

static struct responder *make(const struct world *w)
{
    struct responder_opts o = {.installation = "sim-0001", .limit_account_hour = w->account_limit};
    struct responder *r = NULL;
    struct err e;
    INVARIANT(responder_new(&o, &r, &e));
    return r;
}

/* Through the text, as a store has it. */
static void apply_text(struct responder *r, const struct respond_record *record)
{
    struct respond_record read;
    struct buf text;
    struct err e = {0};
    buf_init(&text, 0);
    INVARIANT(respond_record_format(record, &text));
    if (!respond_record_parse(buf_str(&text), &read, &e) || !responder_apply(r, &read, &e)) {
        (void)fprintf(stderr, "%s\n", e.text);
        abort();
    }
    buf_done(&text);
}

void world_settings(struct world *w)
{
    struct err e;
    for (size_t i = 0; i < w->cloud.tenant_count; i++) {
        w->settings[i].exclusions = w->exclusions;
        w->settings[i].exclusion_count = w->exclusion_count;
        w->cloud.modes[i] = w->settings[i].mode;
        if (w->r) INVARIANT(responder_set_tenant(w->r, &w->settings[i], &e));
    }
}

static void keep_notices(struct world *w)
{
    for (size_t i = 0; i < w->out->notice_count; i++) {
        if (w->notice_count == w->notice_cap) {
            w->notice_cap = w->notice_cap ? w->notice_cap * 2 : 64;
            w->notices = realloc(w->notices, w->notice_cap * sizeof *w->notices);
            INVARIANT(w->notices);
        }
        w->notices[w->notice_count++] = w->out->notices[i];
    }
}

static void commit(struct world *w)
{
    size_t first = w->record_count;
    for (size_t i = 0; i < w->out->record_count; i++) {
        if (w->record_count == w->record_cap) {
            w->record_cap = w->record_cap ? w->record_cap * 2 : 256;
            w->ledger = realloc(w->ledger, w->record_cap * sizeof *w->ledger);
            INVARIANT(w->ledger);
        }
        w->ledger[w->record_count++] = w->out->records[i];
        apply_text(w->shadow, &w->out->records[i]);
    }
    keep_notices(w);
    check_step(w, first);
}

static void perform(struct world *w)
{
    for (size_t i = 0; i < w->out->effect_count; i++) {
        const struct effect *e = &w->out->effects[i];
        int64_t way = 20 + (int64_t)rng_below(&w->rng, 400);
        if (e->kind == EFFECT_POST) check_post(w, e);
        push(w, (struct world_item){.at = in_ms(w->now, way), .kind = ITEM_REQUEST, .payload = copy_of(e, sizeof *e)});
    }
}

static void resume(struct world *w)
{
    struct err e;
    w->is_down = false;
    w->up_since = w->now;
    w->r = make(w);
    for (size_t i = 0; i < w->record_count; i++)
        INVARIANT(responder_apply(w->r, &w->ledger[i], &e)); /* the text: see shadow */
    world_settings(w);
    responder_resume(w->r, w->now, w->out);
    commit(w);
    perform(w);
}

static void come_up(struct world *w, uint64_t unused)
{
    (void)unused;
    if (w->is_down) resume(w);
}

/* What the process knew is gone: memory, answers on their way; requests that were on their way may still arrive. */
void world_cut(struct world *w, int64_t down_ms)
{
    size_t kept = 0;
    struct world_item *old = w->items;
    size_t count = w->item_count;
    w->cuts++;
    w->is_down = true;
    responder_free(w->r);
    w->r = NULL;
    w->items = NULL;
    w->item_count = w->item_cap = 0;
    for (size_t i = 0; i < count; i++) {
        bool dies = old[i].kind == ITEM_ANSWER || (old[i].kind == ITEM_REQUEST && rng_chance(&w->rng, 0.5));
        if (dies)
            free(old[i].payload);
        else
            old[kept++] = old[i];
    }
    for (size_t i = 0; i < kept; i++) push(w, old[i]);
    free(old);
    world_script(w, down_ms, come_up, 0);
}

static int64_t draw_down(struct world *w)
{
    return rng_chance(&w->rng, 0.8) ? 1000 + (int64_t)rng_below(&w->rng, 20000)
                                    : (int64_t)rng_below(&w->rng, (uint64_t)w->down_most_ms + 1);
}

/* True: it is durable. False: the power went before, and the event comes again if it waits in a durable inbox. */
static bool step(struct world *w, const struct respond_event *ev)
{
    bool cuts = rng_chance(&w->rng, w->cut_chance), before = rng_chance(&w->rng, 0.5);
    w->steps++;
    responder_step(w->r, ev, w->now, w->out);
    if (w->effects_before_commit) perform(w);
    if (cuts && before && w->out->record_count > 0) {
        world_cut(w, draw_down(w));
        return false;
    }
    commit(w);
    if (cuts) {
        if (rng_chance(&w->rng, 0.5))
            w->out->effect_count /= 2; /* some were sent */
        else
            w->out->effect_count = 0;
        perform(w);
        world_cut(w, draw_down(w));
        return true;
    }
    if (!w->effects_before_commit) perform(w);
    return true;
}

void world_step(struct world *w, const struct respond_event *ev)
{
    (void)step(w, ev);
}

/* ---- what happens ------------------------------------------------------------------------------------------------------------ */

static void note_post(struct world *w, const struct effect *e, const struct rc_answer *x)
{
    for (size_t i = w->post_count; i-- > 0;) {
        struct world_post *p = &w->posts[i];
        if (p->action != e->ref) continue;
        if (e->kind == EFFECT_LOOK && x->ev.result == RESULT_OK) p->looks++;
        if (e->kind == EFFECT_POST && (x->ev.result == RESULT_RETRY || x->ev.result == RESULT_REFUSED))
            p->is_refused = true;
        return;
    }
}

static void request(struct world *w, const struct effect *e)
{
    struct rc_answer *x = malloc(sizeof *x);
    INVARIANT(x);
    rc_call(&w->cloud, e, x);
    note_post(w, e, x);
    int64_t way = x->ev.result == RESULT_LOST ? 30000 : 20 + (int64_t)rng_below(&w->rng, 900);
    if (w->is_down)
        free(x);
    else
        push(w, (struct world_item){.at = in_ms(w->now, way), .kind = ITEM_ANSWER, .payload = x});
}

static void again(struct world *w, struct world_item item)
{
    item.at = in_ms(w->now, 5000);
    push(w, item);
}

static void alert(struct world *w, struct world_item item)
{
    struct rc_answer *x = item.payload;
    if (w->is_down) {
        if (x->ev.came == CAME_LIVE) x->ev.came = CAME_CATCH_UP;
        again(w, item);
        return;
    }
    bool is_first = !w->first[item.arg].is_seen;
    x->ev.first_came = is_first ? x->ev.came : w->first[item.arg].came;
    x->ev.first_seen = is_first ? w->now : w->first[item.arg].at;
    if (!step(w, &x->ev)) {
        again(w, item);
        return;
    }
    w->first[item.arg].is_seen = true;
    w->first[item.arg].came = x->ev.first_came;
    w->first[item.arg].at = x->ev.first_seen;
    free(x);
}

static void happen(struct world *w, struct world_item item)
{
    struct respond_event ev = {.kind = EVENT_ORDER};
    struct respond_order *o;
    switch (item.kind) {
    case ITEM_SCRIPT: item.script(w, item.arg); return;
    case ITEM_REQUEST: request(w, item.payload); break;
    case ITEM_ANSWER:
        if (!w->is_down) (void)step(w, &((struct rc_answer *)item.payload)->ev);
        break;
    case ITEM_ALERT: alert(w, item); return;
    case ITEM_EVENT:
        if (w->is_down || !step(w, item.payload)) {
            again(w, item);
            return;
        }
        break;
    case ITEM_ORDER:
        ev.order = o = item.payload;
        (void)snprintf(ev.tenant, sizeof ev.tenant, "%s", o->tenant);
        if (w->is_down || !step(w, &ev)) {
            again(w, item);
            return;
        }
        break;
    }
    free(item.payload);
}

void world_run(struct world *w, int64_t ms)
{
    struct wall end = in_ms(w->now, ms);
    const struct respond_event tick = {.kind = EVENT_TICK};
    while (w->broken[0] == 0) {
        struct wall at = end, due = {0};
        bool ticks = !w->is_down && responder_next(w->r, &due);
        if (ticks && due.ticks < w->now.ticks) due = w->now;
        if (w->item_count > 0 && w->items[0].at.ticks <= at.ticks) at = w->items[0].at;
        ticks = ticks && due.ticks < at.ticks;
        if (ticks) at = due;
        if (at.ticks > w->now.ticks) w->now = at;
        rc_advance(&w->cloud, w->now);
        if (ticks) {
            (void)step(w, &tick);
            w->now = in_ms(w->now, SPACE_MS);
        } else if (w->item_count > 0 && w->items[0].at.ticks <= end.ticks)
            happen(w, pop(w));
        else
            break;
    }
}

/* ---- beginning and end --------------------------------------------------------------------------------------------------------- */

void world_init(struct world *w, uint64_t seed)
{
    struct err e = {0};
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20); /* an engine's pools stay untouched pages, however often they are made */
    memset(w, 0, sizeof *w);
    rng_seed(&w->rng, seed);
    INVARIANT(wall_parse(STR("2026-11-20T08:00:00Z"), &w->now));
    w->policy = policy_default(&e);
    INVARIANT(w->policy);
    rc_init(&w->cloud, w->now, seed + 1, w->policy);
    w->cloud.changed = check_isolated;
    w->cloud.ctx = w;
    w->out = calloc(1, sizeof *w->out);
    INVARIANT(w->out);
    w->down_most_ms = 60000;
    w->account_limit = 20;
}

void world_start(struct world *w)
{
    for (size_t i = 0; i < w->cloud.tenant_count; i++) {
        if (w->settings[i].tenant[0]) continue;
        respond_tenant_defaults(&w->settings[i], w->cloud.tenants[i].id);
        (void)snprintf(w->settings[i].name, sizeof w->settings[i].name, "Customer %zu", i + 1);
        w->settings[i].mode = w->cloud.modes[i];
        w->settings[i].on_since = in_ms(w->now, -86400000);
        w->settings[i].device_count = 100;
    }
    w->shadow = make(w);
    resume(w);
}

void world_done(struct world *w)
{
    while (w->item_count > 0) free(pop(w).payload);
    free(w->items);
    free(w->ledger);
    free(w->notices);
    free(w->posts);
    free(w->out);
    responder_free(w->r);
    responder_free(w->shadow);
    policy_free(w->policy);
}

struct rc_alert *world_usual(struct world *w)
{
    world_init(w, 1);
    (void)rc_add_tenant(&w->cloud, MODE_AUTO);
    (void)rc_add_device(&w->cloud, 0, "pc1.example", "Windows11");
    world_start(w);
    struct rc_alert *a = rc_add_alert(&w->cloud, 0, "7", SEVERITY_HIGH);
    rc_name_device(a, 0, ROLE_PRIMARY);
    return a;
}

unsigned world_unattended(const struct world *w)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->record_count; i++) {
        const struct respond_record *x = &w->ledger[i];
        if (x->kind == RECORD_ACTION && x->action.kind == ACT_ISOLATE && x->action.is_unattended &&
            strcmp(x->step, "intent") == 0 && x->action.attempts == 1)
            n++;
    }
    return n;
}

unsigned world_told(const struct world *w, enum tell_kind kind, const char *part)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->notice_count; i++)
        if (w->notices[i].kind == kind && strstr(w->notices[i].title, part)) n++;
    return n;
}

const struct decision *world_decision(const struct world *w, size_t nth)
{
    uint64_t cursor = 0;
    const struct decision *d = responder_decisions(w->r, &cursor);
    for (; d && nth > 0; nth--) d = responder_decisions(w->r, &cursor);
    return d;
}
