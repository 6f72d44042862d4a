#include "twin/endpoint/actions.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { LOT_ACTION = 700, LOT_TEMPER = 710, LOT_ID = 720 };
enum { LOT_PHASE, LOT_DEVICE, LOT_TYPE, LOT_WAIT, LOT_RUN, LOT_USER, LOT_FRACTION };
enum { BOOK_BYTES = 16 << 20 };

const char *const action_type_names[ACTION_TYPES] = {
    "Isolate",
    "Unisolate",
    "RestrictCodeExecution",
    "UnrestrictCodeExecution",
    "RunAntiVirusScan",
    "CollectInvestigationPackage",
    "StopAndQuarantineFile",
    "Offboard",
    "LiveResponse",
};
const char *const action_status_names[ACTION_STATUSES] = {"Pending", "InProgress", "Succeeded",
                                                          "Failed",  "TimeOut",    "Cancelled"};

/* ---- the book ------------------------------------------------------------------------------------------------------- */
struct cancellation {
    uint64_t number;
    struct wall at;
    const char *canceller, *comment;
};
struct action_book {
    struct arena texts;
    struct action *posted; /* number ACTION_POSTED + index */
    size_t count, cap;
    struct cancellation *cancelled;
    size_t cancelled_count, cancelled_cap;
};

struct action_book *action_book_new(void)
{
    struct action_book *b = calloc(1, sizeof *b);
    if (b) arena_init(&b->texts, BOOK_BYTES);
    return b;
}

void action_book_free(struct action_book *b)
{
    if (b == NULL) return;
    arena_done(&b->texts);
    free(b->posted);
    free(b->cancelled);
    free(b);
}

/* ---- lives ---------------------------------------------------------------------------------------------------------- */
enum action_status action_status_at(const struct action *a, struct wall now)
{
    if (now.ticks >= a->ends.ticks) return a->outcome;
    return now.ticks >= a->begins.ticks ? ACTION_IN_PROGRESS : ACTION_PENDING;
}

struct wall action_updated_at(const struct action *a, struct wall now)
{
    if (now.ticks >= a->ends.ticks) return a->ends;
    return now.ticks >= a->begins.ticks ? a->begins : a->created;
}

enum temper temper_of(const struct scenario *s, const struct world *w, unsigned device)
{
    static const struct {
        unsigned below; /* of 100 */
        enum temper temper;
    } mix[] = {{70, TEMPER_FAST},    {85, TEMPER_SLOW},  {90, TEMPER_OFFLINE},
               {95, TEMPER_FAILING}, {98, TEMPER_STUCK}, {100, TEMPER_OLD_CLIENT}};
    enum temper temper = TEMPER_DRAWN;
    for (unsigned i = 0; i < s->rule_count; i++) {
        const struct scenario_rule *r = &s->rules[i];
        if (r->temper != TEMPER_DRAWN && tenant_range_has(&r->tenants, w->index) &&
            tenant_range_has(&r->devices, device))
            temper = r->temper;
    }
    uint64_t lot = draw_below(draw(w->seed, LOT_TEMPER), device, 100);
    for (size_t i = 0; temper == TEMPER_DRAWN; i++)
        if (lot < mix[i].below) temper = mix[i].temper;
    return temper;
}

static int64_t between(uint64_t seed, uint64_t lot, int64_t from_s, int64_t to_s)
{
    return from_s * WALL_TICKS_PER_S + (int64_t)(draw_unit(seed, lot) * (double)((to_s - from_s) * WALL_TICKS_PER_S));
}

/* A device in good order takes seconds, a slow one minutes. */
static void settle(struct action *a, enum temper temper, uint64_t seed, int64_t wait_ticks)
{
    bool is_slow = temper == TEMPER_SLOW;
    a->begins = wall_add(a->created, between(seed, LOT_WAIT, is_slow ? 60 : 2, is_slow ? 600 : 8));
    a->ends = wall_add(a->begins, between(seed, LOT_RUN, is_slow ? 60 : 1, is_slow ? 300 : 5));
    a->outcome = ACTION_SUCCEEDED;
    a->error = 0;
    if (temper == TEMPER_OFFLINE) {
        a->begins = a->ends = wall_add(a->created, wait_ticks);
        a->outcome = ACTION_TIMED_OUT;
    } else if (temper == TEMPER_FAILING) {
        a->outcome = ACTION_FAILED;
        a->error = -2147024891; /* E_ACCESSDENIED */
    }
}

static void apply_cancellation(struct action *a, const struct cancellation *c)
{
    if (a->number != c->number || c->at.ticks >= a->ends.ticks) return;
    a->ends = a->cancelled = c->at;
    if (a->begins.ticks > c->at.ticks) a->begins = c->at;
    a->outcome = ACTION_CANCELLED;
    a->error = 0;
    a->canceller = c->canceller;
    a->cancel_comment = c->comment;
}

static void apply_cancellations(const struct action_book *b, struct action *a)
{
    for (size_t i = 0; b && i < b->cancelled_count; i++) apply_cancellation(a, &b->cancelled[i]);
}

/* ---- what people did in the portal ------------------------------------------------------------------------------------ */
static struct wall drawn_at(struct action_world w, uint64_t number)
{
    const struct scenario *s = w.scenario;
    uint64_t seed = draw(w.world->seed, LOT_ACTION);
    int64_t start = w.world->start.ticks, cut = (int64_t)draw_below(seed, 100 + number, 10000);
    if (number < s->actions_before) {
        int64_t history = (s->history_ms ? s->history_ms : 3600000) * WALL_TICKS_PER_MS;
        return (struct wall){start - (int64_t)((double)history * (1 - ((double)number + 0.5) / s->actions_before)) +
                             cut};
    }
    double after = (double)(number - s->actions_before) + draw_unit(seed, LOT_PHASE);
    return (struct wall){start + (int64_t)(after * (double)WALL_TICKS_PER_HOUR / s->actions_per_hour) + cut};
}

/* They come in pairs: what was isolated or restricted by an even one is released by the odd one after it. */
static void draw_action(struct action_world w, uint64_t number, struct arena *arena, struct action *out)
{
    static const struct {
        enum action_type even, odd;
        const char *scope, *comment;
    } pairs[] = {
        {ACTION_ISOLATE, ACTION_UNISOLATE, "Full", "Incident 4711: \"contain\" first – dann prüfen"},
        {ACTION_SCAN, ACTION_COLLECT, "Quick", "Routine"},
        {ACTION_RESTRICT, ACTION_UNRESTRICT, NULL, "Unknown binaries under C:\\Temp"},
        {ACTION_SCAN, ACTION_SCAN, "Full", ""},
    };
    uint64_t seed = draw(draw(w.world->seed, LOT_ACTION), 1000 + number), both = seed;
    if (number % 2) both = draw(draw(w.world->seed, LOT_ACTION), 1000 + number - 1);
    size_t p = draw_below(both, LOT_TYPE, COUNT(pairs));
    unsigned machines = w.world->machines ? w.world->machines : 1;
    *out = (struct action){
        .number = number,
        .type = number % 2 ? pairs[p].odd : pairs[p].even,
        .device = (unsigned)draw_below(both, LOT_DEVICE, machines),
        .created = drawn_at(w, number),
        .comment = pairs[p].comment,
        .source = "Portal",
        .requestor = user_upn(w.world, (unsigned)draw_below(seed, LOT_USER, WORLD_USERS), arena).p,
    };
    bool has_scope = out->type == ACTION_ISOLATE || out->type == ACTION_SCAN;
    if (has_scope) out->scope = pairs[p].scope;
    enum temper temper = temper_of(w.scenario, w.world, out->device);
    settle(out, temper, seed, ACTION_WAIT_DEFAULT);
    apply_cancellations(w.book, out);
}

/* At least as many as exist at `now`. */
static uint64_t drawn_count(struct action_world w, struct wall now)
{
    const struct scenario *s = w.scenario;
    double hours = (double)(now.ticks - w.world->start.ticks) / (double)WALL_TICKS_PER_HOUR;
    if (w.world->machines == 0) return 0;
    return s->actions_before + (hours > 0 && s->actions_per_hour > 0 ? (uint64_t)(hours * s->actions_per_hour) + 2 : 0);
}

/* ---- looking -------------------------------------------------------------------------------------------------------- */
static int by_time(const void *a, const void *b)
{
    const struct action *x = a, *y = b;
    if (x->created.ticks != y->created.ticks) return x->created.ticks < y->created.ticks ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

bool actions_list(struct action_world w, long device, struct wall now, struct arena *a, struct action_list *out)
{
    uint64_t drawn = drawn_count(w, now);
    size_t posted = w.book ? w.book->count : 0;
    *out = (struct action_list){arena_alloc(a, (drawn + posted + 1) * sizeof *out->items), 0};
    if (out->items == NULL) return false;
    for (uint64_t i = 0; i < drawn + posted; i++) {
        struct action *slot = &out->items[out->count];
        if (i < drawn)
            draw_action(w, i, a, slot);
        else
            *slot = w.book->posted[i - drawn];
        bool is_wanted = device == ACTION_ANY_DEVICE || slot->device == (unsigned long)device;
        if (is_wanted && slot->created.ticks <= now.ticks) out->count++;
    }
    qsort(out->items, out->count, sizeof *out->items, by_time);
    return true;
}

bool action_get(struct action_world w, uint64_t number, struct arena *a, struct action *out)
{
    bool is_posted = number >= ACTION_POSTED;
    if (is_posted && (w.book == NULL || number - ACTION_POSTED >= w.book->count)) return false;
    if (is_posted)
        *out = w.book->posted[number - ACTION_POSTED];
    else
        draw_action(w, number, a, out);
    return true;
}

struct str action_id(const struct world *w, uint64_t number, struct arena *a)
{
    return draw_guid_str(draw(w->seed, LOT_ID), number, a);
}

bool device_is(struct action_world w, unsigned device, enum action_type type, struct wall now)
{
    enum action_type undo = type == ACTION_ISOLATE    ? ACTION_UNISOLATE
                            : type == ACTION_RESTRICT ? ACTION_UNRESTRICT
                                                      : ACTION_TYPES;
    struct action_list list;
    struct arena a;
    int64_t last = INT64_MIN;
    bool is = false;
    if (drawn_count(w, now) == 0 && (w.book == NULL || w.book->count == 0)) return false;
    arena_init(&a, 64 << 20);
    if (actions_list(w, (long)device, now, &a, &list)) {
        for (size_t i = 0; i < list.count; i++) {
            const struct action *item = &list.items[i];
            bool counts = (item->type == type || item->type == undo) && item->outcome == ACTION_SUCCEEDED &&
                          item->ends.ticks <= now.ticks && item->ends.ticks >= last;
            if (!counts) continue;
            last = item->ends.ticks;
            is = item->type == type;
        }
    }
    arena_done(&a);
    return is;
}

/* ---- posting -------------------------------------------------------------------------------------------------------- */
/* Room for one more: `items`, perhaps moved. NULL: that is as many as are kept, or no memory. */
static void *grown(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) return items;
    if (count >= ACTIONS_POSTED_MAX) return NULL;
    size_t more = *cap ? *cap * 2 : 16;
    void *moved = realloc(items, more * size);
    if (moved) *cap = more;
    return moved;
}

/* NULL stays NULL; without memory `*fine` becomes false. */
static const char *keep(struct action_book *b, const char *text, bool *fine)
{
    if (text == NULL) return NULL;
    const char *copy = arena_copy(&b->texts, text, strlen(text));
    if (copy == NULL) *fine = false;
    return copy;
}

/* A release that is on its way sets free what hangs behind it: an isolation ordered twice ends after it (section 12.4). */
static void release_stuck(struct action_book *b, const struct action *release)
{
    for (size_t i = 0; i < b->count; i++) {
        struct action *a = &b->posted[i];
        if (a->device != release->device || a->type != ACTION_ISOLATE || a->ends.ticks != INT64_MAX) continue;
        a->begins = wall_add(release->ends, 5 * WALL_TICKS_PER_S);
        a->ends = wall_add(a->begins, 2 * WALL_TICKS_PER_S);
    }
}

const struct action *action_post(struct action_book *b, struct action_world w, const struct action *draft,
                                 int64_t wait_ticks)
{
    bool fine = true;
    struct action *room = grown(b->posted, b->count, &b->cap, sizeof *b->posted);
    if (room == NULL) return NULL;
    b->posted = room;
    struct action a = *draft;
    enum temper temper = temper_of(w.scenario, w.world, a.device);
    a.number = ACTION_POSTED + b->count;
    const char **texts[] = {&a.scope, &a.sha1, &a.requestor, &a.comment, &a.external_id, &a.source};
    for (size_t i = 0; i < COUNT(texts); i++) *texts[i] = keep(b, *texts[i], &fine);
    if (a.commands.n) a.commands = arena_str(&b->texts, a.commands);
    if (!fine || (draft->commands.n && a.commands.p == NULL)) return NULL;
    settle(&a, temper, draw(draw(w.world->seed, LOT_ACTION), a.number), wait_ticks);
    bool hangs = temper == TEMPER_STUCK && a.type == ACTION_ISOLATE && device_is(w, a.device, a.type, a.created);
    if (hangs) a.begins = a.ends = WALL_NEVER;
    if (a.type == ACTION_UNISOLATE && a.outcome == ACTION_SUCCEEDED) release_stuck(b, &a);
    b->posted[b->count] = a;
    return &b->posted[b->count++];
}

bool action_cancel(struct action_book *b, uint64_t number, struct wall now, struct str canceller, struct str comment)
{
    struct cancellation *room = grown(b->cancelled, b->cancelled_count, &b->cancelled_cap, sizeof *b->cancelled);
    if (room == NULL) return false;
    b->cancelled = room;
    struct cancellation c = {number, now, arena_str(&b->texts, canceller).p, arena_str(&b->texts, comment).p};
    if (c.canceller == NULL || c.comment == NULL) return false;
    b->cancelled[b->cancelled_count++] = c;
    if (number >= ACTION_POSTED && number - ACTION_POSTED < b->count)
        apply_cancellation(&b->posted[number - ACTION_POSTED], &c);
    return true;
}
