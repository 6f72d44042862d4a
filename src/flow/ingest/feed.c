#include "flow/ingest/feed_int.h"

#include <string.h>

#define HUNTING(table, ...)                                      \
    {                                                            \
        table, table, FEED_HUNTING, PACE_HUNTING, EP_HUNTING, 0, \
        {                                                        \
            "ReportId", "DeviceId", __VA_ARGS__                  \
        }                                                        \
    }

/* Order is priority: what wakes people comes first. The split columns end with what tells nearly equal rows apart. */
const struct feed_row feed_rows[FEED_ROW_COUNT] = {
    {"alerts", "alerts_v2", FEED_REVISIONS, PACE_ALERTS, EP_ALERTS, 1000, {0}},
    {"incidents", "incidents", FEED_REVISIONS, PACE_ALERTS, EP_INCIDENTS, 50, {0}},
    {"machines", "machines", FEED_SNAPSHOT, PACE_MACHINES, EP_MACHINES, 10000, {0}},
    HUNTING("DeviceProcessEvents", "ProcessId", "ProcessCommandLine", "AdditionalFields"),
    HUNTING("DeviceNetworkEvents", "LocalPort", "RemoteIP", "AdditionalFields"),
    HUNTING("DeviceFileEvents", "FolderPath", "FileName", "AdditionalFields"),
    HUNTING("DeviceLogonEvents", "LogonId", "AccountName", "AdditionalFields"),
    HUNTING("DeviceRegistryEvents", "RegistryKey", "RegistryValueName", "RegistryValueData"),
    HUNTING("DeviceImageLoadEvents", "FolderPath", "InitiatingProcessId", "SHA1"),
    HUNTING("DeviceInfo", "DeviceName", "OSBuild", "AdditionalFields"),
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
    return f->state.synced.ticks + CATCH_UP_TICKS >= now.ticks ? LOG_LIVE : LOG_CATCH_UP;
}

void feed_init(struct feed *f, const struct feed_row *row, const struct feed_state *state)
{
    *f = (struct feed){.row = row, .state = *state};
    buf_init(&f->link, 16384);
}

void feed_done(struct feed *f)
{
    buf_done(&f->link);
}

void feed_reset(struct feed *f, const struct feed_state *durable)
{
    f->state = *durable;
    f->goal = GOAL_NONE;
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
    f->pull_from = f->pull_at = bin_floor(from);
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

void feed_next(struct feed *f, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_IDLE};
    if (f->row->kind == FEED_HUNTING)
        hunting_next(f, now, out);
    else
        walk_next(f, now, out);
}

void feed_take_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_IDLE};
    if (f->row->kind == FEED_HUNTING)
        hunting_page(f, page, now, out);
    else
        walk_page(f, page, now, out);
}

void feed_take_counts(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_IDLE};
    INVARIANT(f->row->kind == FEED_HUNTING);
    hunting_counts(f, counts, now, out);
}

void feed_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out)
{
    *out = (struct feed_effect){.kind = FEED_RETRY};
    if (f->row->kind == FEED_HUNTING)
        hunting_fail(f, failure, out);
    else
        walk_fail(f, failure, now, out);
}
