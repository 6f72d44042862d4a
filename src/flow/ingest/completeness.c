#include "flow/ingest/completeness.h"

#include <string.h>

#include "flow/ingest/feed/feed_int.h"
#include "flow/ingest/feed/verdict.h"
#include "flow/ingest/ingest.h"
#include "state/store/feeds.h"
#include "state/store/fingerprints.h"

static const char *const names[] = {"complete", "repaired", "differing", "not yet judged"};

const char *completeness_name(enum completeness c)
{
    return names[c];
}

struct telling {
    struct store *s;
    const char *feed; /* NULL: all */
    struct wall now;
    bool (*each)(void *arg, const struct completeness_span *span);
    void *arg;
    struct err *e;
    bool ok, go_on;
    /* of the feed being told */
    const struct feed_record *record;
    struct feed_state state;
    int64_t next; /* the hour to be told next */
    struct completeness_span span;
};

/* ---- spans ------------------------------------------------------------------------------------------------------------------- */

static void flush(struct telling *t)
{
    if (t->span.to.ticks > t->span.from.ticks && t->go_on) t->go_on = t->each(t->arg, &t->span);
    t->span = (struct completeness_span){0};
}

static bool is_alike(const struct completeness_span *a, const struct completeness_span *b)
{
    return a->verdict == b->verdict && a->to.ticks == b->from.ticks;
}

static void add(struct telling *t, const struct completeness_span *more)
{
    if (!is_alike(&t->span, more)) flush(t);
    if (t->span.to.ticks == 0) {
        t->span = *more;
        return;
    }
    t->span.to = more->to;
    t->span.repaired += more->repaired;
    t->span.counted += more->counted;
    t->span.held += more->held;
    t->span.stretches += more->stretches;
    if (more->judged_after_ms < t->span.judged_after_ms) t->span.judged_after_ms = more->judged_after_ms;
}

/* ---- hours ------------------------------------------------------------------------------------------------------------------- */

static struct wall hour_begin(int64_t hour)
{
    return (struct wall){hour * WALL_TICKS_PER_HOUR};
}

/* The deepest stage that all of the hour has passed. */
static int64_t judged_after_ms(const struct telling *t, int64_t hour)
{
    int64_t ms = 0;
    for (unsigned k = 0; k < SWEEP_STAGES; k++)
        if (hour_begin(hour + 1).ticks <= t->state.swept[k].ticks) ms = sweep_stages[k].delay_ticks / WALL_TICKS_PER_MS;
    return ms;
}

static void tell_hour(struct telling *t, int64_t hour, const struct verdict *v /* NULL: nothing is noted */)
{
    struct completeness_span span = {.tenant_id = t->record->tenant_id,
                                     .feed = t->record->feed,
                                     .from = hour_begin(hour),
                                     .to = hour_begin(hour + 1),
                                     .judged_after_ms = judged_after_ms(t, hour)};
    bool is_judged = span.judged_after_ms || (v && v->is_pulled);
    for (unsigned i = 0; v && i < BINS_PER_HOUR; i++) {
        if (!(v->differs & 1u << i)) continue;
        span.stretches++;
        span.counted += v->counted[i];
        span.held += v->held[i];
    }
    span.repaired = v ? v->repaired : 0;
    span.verdict = span.stretches  ? COMPLETE_DIFFERS
                   : !is_judged    ? COMPLETE_UNJUDGED
                   : span.repaired ? COMPLETE_REPAIRED
                                   : COMPLETE_AGREES;
    add(t, &span);
}

/* Hours of which nothing is noted: from where the feed began to the present one. */
static void tell_until(struct telling *t, int64_t end)
{
    int64_t begin = wall_hour(t->state.since);
    if (t->next < begin) t->next = begin;
    for (; t->next < end && t->go_on; t->next++) tell_hour(t, t->next, NULL);
}

static bool take_verdict(void *arg, const struct verdict_record *r)
{
    struct telling *t = arg;
    struct verdict v;
    t->ok =
        verdict_restore(r, &v) || err_set(t->e, &ingest_causes[INGEST_STATE_BAD], "verdicts of %s", t->record->feed);
    if (!t->ok) return false;
    tell_until(t, v.hour);
    tell_hour(t, v.hour, &v);
    t->next = v.hour + 1;
    return t->go_on;
}

/* ---- feeds ------------------------------------------------------------------------------------------------------------------- */

static bool take_feed(void *arg, const struct feed_record *r)
{
    struct telling *t = arg;
    const struct feed_row *row = feed_row_find(r->feed);
    if (!row || row->kind != FEED_HUNTING || (t->feed && strcmp(t->feed, r->feed) != 0)) return true;
    if (r->last_synced.ticks == 0) return true; /* never read: nothing to judge */
    t->record = r;
    t->next = INT64_MIN;
    t->ok = feed_state_read(r->state, &t->state, t->e) &&
            store_verdict_list(t->s, r->id, INT64_MIN, INT64_MAX, take_verdict, t, t->e) && t->ok;
    if (!t->ok) return false;
    tell_until(t, wall_hour(t->now) + 1);
    flush(t);
    return t->go_on;
}

bool completeness_each(struct store *s, const char *tenant_id, const char *feed, struct wall now,
                       bool (*each)(void *arg, const struct completeness_span *span), void *arg, struct err *e)
{
    struct telling t = {.s = s, .feed = feed, .now = now, .each = each, .arg = arg, .e = e, .ok = true, .go_on = true};
    return store_feed_list(s, tenant_id, take_feed, &t, e) && t.ok;
}
