#include "twin/world/table.h"

#include <stdlib.h>
#include <string.h>

#include "twin/world/objects_int.h"

enum { ID_EVENT_SHIFT = 48 }; /* id: 0 or 1 + the event that made it, then the row's number */
enum { LOT_PAIR = 1, LOT_PHASE, LOT_ROW, LOT_LAG, LOT_CUT };
#define NUMBER_MASK ((UINT64_C(1) << ID_EVENT_SHIFT) - 1)
#define USUAL_LAG (90 * WALL_TICKS_PER_S)

/* How many things a snapshot is about; 0: it is none. */
static uint64_t things_of(enum table_id id, const struct world *w)
{
    switch (table_snapshot(id)) {
    case SNAPSHOT_DEVICES: return 3 * (uint64_t)w->machines;
    case SNAPSHOT_USERS: return WORLD_USERS;
    case SNAPSHOT_THINGS: return 24;
    case SNAPSHOT_NONE: break;
    }
    return 0;
}

void table_init(struct table *t, const struct world *w, const struct scenario *s, const struct replay *replays,
                enum table_id id, double rate)
{
    *t = (struct table){.world = w,
                        .scenario = s,
                        .replays = replays,
                        .id = id,
                        .rate = rate,
                        .seed = draw(w->seed, 200 + (uint64_t)id)};
    double history = rate * s->history_rate * (double)s->history_ms / 1000;
    t->history_count = history > 0 ? (uint64_t)(history + draw_unit(t->seed, LOT_PHASE)) : 0;
    t->things = rate > 0 ? things_of(id, w) : 0;
    if (t->things) t->history_count = t->things; /* each in its first version */
}

void table_tells_alerts(struct table *t, uint64_t per_alert, bool endpoint_only)
{
    t->per_alert = per_alert;
    t->endpoint_only = endpoint_only;
    t->things = t->history_count = 0;
    t->rate = 0;
}

void table_done(struct table *t)
{
    free(t->rows);
    t->rows = NULL;
}

/* ---- which rows there are ------------------------------------------------------------------------------------------- */
static const struct scenario_event *event_of(const struct table *t, uint64_t id)
{
    uint64_t e = id >> ID_EVENT_SHIFT;
    return e ? &t->scenario->events[e - 1] : NULL;
}

static int64_t event_at(const struct table *t, const struct scenario_event *e)
{
    return wall_add(t->world->start, e->at_ms * WALL_TICKS_PER_MS).ticks;
}

static struct estate estate_in(const struct table *t)
{
    return (struct estate){.world = t->world, .scenario = t->scenario};
}

static int64_t stream_visible_at(const struct table *t, uint64_t n)
{
    INVARIANT(t->scenario != NULL);
    if (t->per_alert) return alert_created(estate_in(t), n / t->per_alert).ticks;
    double phase = draw_unit(t->seed, LOT_PHASE);
    if (n >= t->history_count)
        return t->world->start.ticks + (int64_t)(((double)(n - t->history_count) + phase) / t->rate * WALL_TICKS_PER_S);
    double history = (double)t->scenario->history_ms * WALL_TICKS_PER_MS;
    if (history <= 0) history = (double)WALL_TICKS_PER_HOUR;
    return t->world->start.ticks - (int64_t)(history * (1 - ((double)n + phase) / (double)t->history_count));
}

struct wall table_visible_at(const struct table *t, uint64_t id)
{
    const struct scenario_event *e = event_of(t, id);
    return (struct wall){e ? event_at(t, e) : stream_visible_at(t, id & NUMBER_MASK)};
}

/* Without a Timestamp a table shows what is: the next version of a thing takes the place of the one before it. */
static int64_t gone_at(const struct table *t, uint64_t id)
{
    bool is_replaced = t->things && table_schemas[t->id].time_column < 0 && event_of(t, id) == NULL;
    return is_replaced ? stream_visible_at(t, id + t->things) : INT64_MAX;
}

enum pair { PAIR_NONE, PAIR_EQUAL, PAIR_TWIN };

/* NULL: the row is drawn. */
static const struct replay_row *replayed_row(const struct table *t, uint64_t id)
{
    const struct scenario_event *e = event_of(t, id);
    return e && e->what == EVENT_REPLAY ? &t->replays[e - t->scenario->events].rows[id & NUMBER_MASK] : NULL;
}

/* Is row `id` a repetition of the one before it? */
static enum pair pair_of(const struct table *t, uint64_t id)
{
    if (id % 2 == 0 || t->things || t->per_alert || replayed_row(t, id)) return PAIR_NONE;
    double lot = draw_unit(draw(t->seed, LOT_PAIR), id / 2);
    if (lot < t->scenario->equal_share) return PAIR_EQUAL;
    bool may = table_schemas[t->id].has_additional_fields;
    return may && lot < t->scenario->equal_share + t->scenario->twin_share ? PAIR_TWIN : PAIR_NONE;
}

static uint64_t row_seed(const struct table *t, uint64_t id)
{
    return draw(draw(t->seed, LOT_ROW), id);
}

/* Seven digits as a rule, cut to fewer for a quarter of the rows. */
static int64_t cut(int64_t ticks, uint64_t lot)
{
    static const int64_t steps[] = {10, 100, 1000, 10000, 100000, 1000000, 10000000};
    return lot % 4 ? ticks : ticks - ticks % steps[lot / 4 % 7];
}

static int64_t row_ticks(const struct table *t, uint64_t id)
{
    const struct scenario_event *e = event_of(t, id);
    const struct replay_row *replayed = replayed_row(t, id);
    if (replayed) return event_at(t, e) - replayed->before;
    if (t->per_alert && e == NULL) return stream_visible_at(t, id);
    if (pair_of(t, id) != PAIR_NONE) return row_ticks(t, id - 1);
    INVARIANT(t->scenario != NULL);
    if (e && e->what == EVENT_BURST) return event_at(t, e);
    uint64_t seed = row_seed(t, id);
    double up_to = USUAL_LAG * draw_unit(seed, LOT_LAG + 1);
    if (e)
        up_to = (double)e->up_to_ms * WALL_TICKS_PER_MS;
    else if (draw_chance(seed, LOT_LAG, t->scenario->late_share))
        up_to = (double)t->scenario->late_up_to_ms * WALL_TICKS_PER_MS;
    return cut(table_visible_at(t, id).ticks - (int64_t)(up_to * draw_unit(seed, LOT_LAG + 2)), draw(seed, LOT_CUT));
}

void table_row(const struct table *t, struct kql_row_ref ref, struct row *out)
{
    enum pair pair = pair_of(t, ref.id);
    if (t->per_alert && event_of(t, ref.id) == NULL) {
        row_init_alert(out, t->world, t->scenario, t->id, (struct wall){ref.ticks}, ref.id / t->per_alert,
                       ref.id % t->per_alert);
        return;
    }
    if (t->things && event_of(t, ref.id) == NULL) {
        row_init_thing(out, t->world, t->id, (struct wall){ref.ticks}, draw(t->seed, LOT_ROW), ref.id % t->things,
                       ref.id / t->things);
        return;
    }
    row_init(out, t->world, t->id, (struct wall){ref.ticks}, row_seed(t, pair == PAIR_NONE ? ref.id : ref.id - 1),
             pair == PAIR_TWIN);
    const struct replay_row *replayed = replayed_row(t, ref.id);
    if (replayed) out->replayed = replayed->json;
}

/* ---- the index ------------------------------------------------------------------------------------------------------ */
static int by_time(const void *a, const void *b)
{
    const struct kql_row_ref *x = a, *y = b;
    if (x->ticks != y->ticks) return x->ticks < y->ticks ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static void append(struct table *t, uint64_t id)
{
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap + t->cap / 2 : 256;
        t->rows = realloc(t->rows, t->cap * sizeof *t->rows);
        INVARIANT(t->rows != NULL);
    }
    t->rows[t->count++] = (struct kql_row_ref){row_ticks(t, id), id};
}

static void append_alerts(struct table *t, struct wall now)
{
    struct estate estate = estate_in(t);
    for (;; t->stream_next++) {
        uint64_t alert = t->stream_next / t->per_alert;
        if (!alert_comes(estate, alert) || stream_visible_at(t, t->stream_next) > now.ticks) return;
        const struct object o = {.number = alert};
        if (!t->endpoint_only || object_service_is(estate, OBJECT_ALERT, &o, "microsoftDefenderForEndpoint"))
            append(t, t->stream_next);
    }
}

static void append_stream(struct table *t, struct wall now)
{
    if (t->per_alert) append_alerts(t, now);
    if (t->rate <= 0) return;
    while (stream_visible_at(t, t->stream_next) <= now.ticks) append(t, t->stream_next++);
}

static void append_events(struct table *t, struct wall now)
{
    for (unsigned i = 0; i < t->scenario->event_count; i++) {
        const struct scenario_event *e = &t->scenario->events[i];
        bool makes_rows =
            (e->what == EVENT_BURST || e->what == EVENT_LATE || e->what == EVENT_REPLAY) && e->table == t->id;
        if (!makes_rows || t->events_done >> i & 1 || event_at(t, e) > now.ticks ||
            !tenant_range_has(&e->tenants, t->world->index))
            continue;
        t->events_done |= UINT64_C(1) << i;
        uint64_t rows = e->what == EVENT_REPLAY ? t->replays[i].count : e->rows;
        for (uint64_t n = 0; n < rows; n++) append(t, (uint64_t)(i + 1) << ID_EVENT_SHIFT | n);
    }
}

/* Both halves are sorted: [0, old) and [old, count). Fills from the back, so only what must move does. */
static void merge(struct table *t, size_t old)
{
    size_t fresh = t->count - old;
    struct kql_row_ref *tail = malloc(fresh * sizeof *tail);
    INVARIANT(tail != NULL);
    memcpy(tail, t->rows + old, fresh * sizeof *tail);
    for (size_t to = t->count; fresh;) {
        bool from_old = old && by_time(&t->rows[old - 1], &tail[fresh - 1]) > 0;
        t->rows[--to] = from_old ? t->rows[--old] : tail[--fresh];
    }
    free(tail);
}

void table_advance(struct table *t, struct wall now)
{
    size_t old = t->count;
    append_stream(t, now);
    append_events(t, now);
    if (t->count == old) return;
    t->generation++;
    qsort(t->rows + old, t->count - old, sizeof *t->rows, by_time);
    if (old && by_time(&t->rows[old - 1], &t->rows[old]) > 0) merge(t, old);
}

/* ---- scans ---------------------------------------------------------------------------------------------------------- */
struct table_scan {
    const struct table *table;
    int64_t from, to;
    bool descending;
    struct wall as_of;
    uint64_t generation;
    size_t at;               /* ascending: the next row; descending: one past it */
    struct kql_row_ref last; /* handed out before */
    bool has_last;
};

/* The number of rows before `key`, or up to and with it. */
static size_t rank(const struct table *t, struct kql_row_ref key, bool inclusive)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = by_time(&t->rows[mid], &key);
        if (d < 0 || (inclusive && d == 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void find_place(struct table_scan *s)
{
    s->generation = s->table->generation;
    if (s->has_last)
        s->at = rank(s->table, s->last, !s->descending);
    else if (s->descending)
        s->at = rank(s->table, (struct kql_row_ref){s->to, UINT64_MAX}, true);
    else
        s->at = rank(s->table, (struct kql_row_ref){s->from, 0}, false);
}

struct table_scan *table_scan_new(const struct table *t, int64_t from, int64_t to, bool descending, struct wall as_of)
{
    struct table_scan *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    *s = (struct table_scan){.table = t, .from = from, .to = to, .descending = descending, .as_of = as_of};
    find_place(s);
    return s;
}

void table_scan_free(struct table_scan *s)
{
    free(s);
}

bool table_scan_next(struct table_scan *s, struct kql_row_ref *out)
{
    if (s->generation != s->table->generation) find_place(s);
    while (s->descending ? s->at > 0 : s->at < s->table->count) {
        struct kql_row_ref row = s->table->rows[s->descending ? --s->at : s->at++];
        if (s->descending ? row.ticks < s->from : row.ticks > s->to) break;
        if (table_visible_at(s->table, row.id).ticks > s->as_of.ticks) continue;
        if (gone_at(s->table, row.id) <= s->as_of.ticks) continue;
        s->last = row;
        s->has_last = true;
        *out = row;
        return true;
    }
    return false;
}
