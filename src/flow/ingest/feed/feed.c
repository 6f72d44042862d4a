#include "flow/ingest/feed/feed_int.h"

#include <string.h>

#define EVENTS(table, time_column, in_endpoint, ...) \
    {.name = #table,                                 \
     .source = #table,                               \
     .kind = FEED_HUNTING,                           \
     .pace = PACE_HUNTING,                           \
     .endpoint = EP_HUNTING,                         \
     .time = (time_column),                          \
     .is_in_endpoint = (in_endpoint),                \
     .split = {__VA_ARGS__}},
#define SNAPSHOT(table, in_endpoint, ...) \
    {.name = #table,                      \
     .source = #table,                    \
     .kind = FEED_TABLE,                  \
     .pace = PACE_DAILY,                  \
     .endpoint = EP_HUNTING,              \
     .is_in_endpoint = (in_endpoint),     \
     .split = {__VA_ARGS__}},

const struct feed_row feed_rows[FEED_ROW_COUNT] = {
    {.name = "alerts",
     .source = "alerts_v2",
     .kind = FEED_REVISIONS,
     .pace = PACE_ALERTS,
     .endpoint = EP_ALERTS,
     .page_rows = 1000,
     .time = "lastUpdateDateTime"},
    {.name = "incidents",
     .source = "incidents",
     .kind = FEED_REVISIONS,
     .pace = PACE_ALERTS,
     .endpoint = EP_INCIDENTS,
     .page_rows = 50,
     .time = "lastUpdateDateTime"},
    {.name = "machines",
     .source = "machines",
     .kind = FEED_SNAPSHOT,
     .pace = PACE_MACHINES,
     .endpoint = EP_MACHINES,
     .page_rows = 10000},
    /* When an action changed cannot be asked for: those that are not over are read again. */
    {.name = "machine_actions",
     .source = "machine_actions",
     .kind = FEED_REVISIONS,
     .pace = PACE_MACHINES,
     .endpoint = EP_MACHINE_ACTIONS,
     .page_rows = 10000,
     .time = "creationDateTimeUtc",
     .words = WORDS_ENDPOINT},
    {.name = "alerts_endpoint",
     .source = "alerts_endpoint",
     .kind = FEED_REVISIONS,
     .pace = PACE_ALERTS,
     .endpoint = EP_ALERTS_ENDPOINT,
     .page_rows = 1000,
     .time = "lastUpdateTime",
     .words = WORDS_ENDPOINT,
     .options = "$expand=evidence&"},
    {.name = "alerts_siem",
     .source = "alerts_siem",
     .kind = FEED_REVISIONS,
     .pace = PACE_ALERTS,
     .endpoint = EP_ALERTS_SIEM,
     .page_rows = 10000,
     .time = "LastProcessedTimeUtc",
     .words = WORDS_SIEM},
#include "flow/ingest/feed/tables.inc"
};

const struct feed_row *feed_row_find(const char *name)
{
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        if (strcmp(feed_rows[i].name, name) == 0) return &feed_rows[i];
    return NULL;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t bin_of(struct wall t)
{
    return floor_div(t.ticks, BIN_TICKS);
}

struct wall bin_start(int64_t bin)
{
    return (struct wall){bin * BIN_TICKS};
}

struct wall bin_floor(struct wall t)
{
    return bin_start(bin_of(t));
}

struct wall wall_later(struct wall a, struct wall b)
{
    return a.ticks > b.ticks ? a : b;
}

struct wall wall_earlier(struct wall a, struct wall b)
{
    return a.ticks < b.ticks ? a : b;
}

enum log_how feed_poll_how(const struct feed *f, struct wall now)
{
    int64_t pause = feed_calm_factor(&f->state) > 1 ? 2 * WALL_TICKS_PER_HOUR : CATCH_UP_TICKS;
    return f->state.synced.ticks + pause >= now.ticks ? LOG_LIVE : LOG_CATCH_UP;
}

void feed_init(struct feed *f, const struct feed_row *row, const struct feed_state *state)
{
    *f = (struct feed){.row = row, .state = *state};
    buf_init(&f->link, 16384);
    buf_init(&f->merged, 16384);
}

void feed_done(struct feed *f)
{
    buf_done(&f->link);
    buf_done(&f->merged);
}

void feed_reset(struct feed *f, const struct feed_state *durable)
{
    f->state = *durable;
    f->goal = GOAL_NONE;
    buf_reset(&f->merged);
    f->wants_poll = true;
    f->wants_deep = false;
    f->drain_at = f->state.swept[SWEEP_STAGES - 1];
    f->drain_walks = 0;
    f->pull_at = f->pull_from;
}

void feed_want_poll(struct feed *f)
{
    f->wants_poll = true;
}

void feed_want_drain(struct feed *f, struct wall now)
{
    f->wants_poll = true;
    f->wants_drain = true;
    f->asked_unproved = 0;
    f->drain_walks = 0;
    f->drain_fresh = 0;
    f->drain_at = f->state.swept[SWEEP_STAGES - 1];
    f->drain_to = bin_start(bin_of(now) + 1);
}

void feed_want_pull(struct feed *f, struct wall from, struct wall to)
{
    f->wants_pull = true;
    f->asked_unproved = 0;
    f->pull_from = bin_floor(from);
    if (f->pull_from.ticks < f->state.floor.ticks) f->pull_from = bin_start(bin_of(f->state.floor) + 1);
    f->pull_at = f->pull_from;
    f->pull_to = bin_start(bin_of((struct wall){to.ticks - 1}) + 1);
}

void feed_forget_wants(struct feed *f)
{
    f->wants_drain = f->wants_pull = false;
}

bool feed_wants_more(const struct feed *f)
{
    return f->wants_drain || f->wants_pull || f->wants_poll;
}

/* What each kind does. */
static const struct kind_ops {
    void (*next)(struct feed *f, struct wall now, struct feed_effect *out);
    void (*page)(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out);
    void (*fail)(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out);
} kinds[] = {
    [FEED_HUNTING] = {hunting_next, hunting_page, hunting_fail},
    [FEED_TABLE] = {shards_next, shards_page, shards_fail},
    [FEED_REVISIONS] = {walk_next, walk_page, walk_fail},
    [FEED_SNAPSHOT] = {walk_next, walk_page, walk_fail},
};

void feed_next(struct feed *f, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_IDLE};
    kinds[f->row->kind].next(f, now, out);
}

void feed_take_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_IDLE};
    kinds[f->row->kind].page(f, page, now, out);
}

void feed_take_counts(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_IDLE};
    INVARIANT(f->row->kind == FEED_HUNTING || f->row->kind == FEED_TABLE);
    if (f->row->kind == FEED_TABLE)
        shards_total(f, counts, now, out);
    else
        hunting_counts(f, counts, now, out);
}

void feed_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_RETRY};
    kinds[f->row->kind].fail(f, failure, now, out);
}
