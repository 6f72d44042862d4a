/* Hunting feeds: the head moves with time, sweeps follow behind it.
 *
 *   swept[4] <= swept[3] <= ... <= swept[0] <= head <= now
 *
 * Each poll reads from the head to now, then counts what the sweeps have waiting. A sweep asks for row counts per bin of
 * five minutes; only bins that differ from what we hold are read again, then settled at the number received, and then the
 * same count is asked for again: a sweep is over when the other side's counts and ours agree everywhere. So a silent cut
 * of a re-read is found by the very next question, and byte-equal rows stop differing after one re-read. */
#include "flow/ingest/feed/feed_int.h"

const struct sweep_stage sweep_stages[SWEEP_STAGES] = {
    {15 * WALL_TICKS_PER_MIN, 3 * BIN_TICKS},        {1 * WALL_TICKS_PER_HOUR, 30 * WALL_TICKS_PER_MIN},
    {6 * WALL_TICKS_PER_HOUR, WALL_TICKS_PER_HOUR},  {24 * WALL_TICKS_PER_HOUR, WALL_TICKS_PER_HOUR},
    {48 * WALL_TICKS_PER_HOUR, WALL_TICKS_PER_HOUR},
};

enum { CALM_AFTER = 1, CALM_FACTOR_MOST = 12, CALM_MOST = 1000 };

unsigned feed_calm_factor(const struct feed_state *s)
{
    if (s->calm < CALM_AFTER) return 1;
    uint64_t doublings = s->calm - CALM_AFTER + 1;
    return doublings < 4 ? 1U << doublings : CALM_FACTOR_MOST;
}

/* Of the share three quarters are for polls, the rest for sweeps and what they bring. Of what an application may ask of all tenants (2,000
 * calls a second, with everything else it asks) a quarter is for tables that are empty. */
enum { HOUR_MS = 3600000, MINUTE_MS = 60000, FLEET_CALLS_PER_S = 500 };

int64_t feed_hunting_interval_ms(const struct feed_state *s, int64_t interval_ms, const struct hunting_room *room)
{
    const uint64_t tables = FEED_ROW_COUNT - FEED_FIRST_TABLE;
    int64_t calm_ms = interval_ms * feed_calm_factor(s);
    int64_t by_share = (int64_t)(tables * MINUTE_MS * 4 / 3 / (room->calls_per_minute ? room->calls_per_minute : 1));
    int64_t by_fleet = (int64_t)(room->tenants * tables * 1000 / FLEET_CALLS_PER_S);
    int64_t needed = by_share > by_fleet ? by_share : by_fleet;
    if (calm_ms > needed) calm_ms = needed;
    if (calm_ms > HOUR_MS) calm_ms = HOUR_MS;
    return calm_ms > interval_ms ? calm_ms : interval_ms;
}

#define WIDTH_MAX WALL_TICKS_PER_DAY
#define WIDTH_MIN WALL_TICKS_PER_S
#define COUNT_SPAN_MAX (72 * WALL_TICKS_PER_HOUR)
/* How often one stretch is read again before the sweep leaves it to a later stage. */
enum { ROUNDS_MAX = 6, LEARN_ROWS_MIN = 10, BOUND_TINY = 100 };

static void ask_rows(struct feed *f, enum log_how how, struct feed_effect *out)
{
    reader_fetch(&f->reader, f, how, &f->fetch);
    out->kind = FEED_FETCH;
}

static void ask_counts(struct feed *f, struct feed_effect *out)
{
    f->goal = GOAL_COUNT;
    f->fetch = (struct feed_fetch){.ask = ASK_COUNTS, .from = f->sweep.from, .to = f->sweep.to};
    out->kind = FEED_FETCH;
}

/* ---- what comes next --------------------------------------------------------------------------------------------------- */

static void begin_window(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall to = wall_earlier(wall_add(f->state.head, f->state.width_ticks), f->target);
    f->goal = GOAL_HEAD;
    reader_begin(&f->reader, f->state.head, to, false);
    ask_rows(f, feed_poll_how(f, now), out);
}

static void begin_sweep(struct feed *f, unsigned stage, struct wall from, struct wall to, struct feed_effect *out)
{
    to = wall_earlier(to, wall_add(from, COUNT_SPAN_MAX));
    f->sweep = (struct sweep){.stage = stage, .from = from, .to = to};
    ask_counts(f, out);
}

static struct wall stage_limit(const struct feed *f, unsigned stage, struct wall now)
{
    return bin_floor(wall_earlier(wall_add(now, -sweep_stages[stage].delay_ticks), f->state.head));
}

/* The oldest stage first: one count of old bins serves every younger stage too. A calm table is counted in one go for all
 * stages, and after a while no more than once an hour: two days of nothing cost Defender little, and many questions an hour for each of
 * dozens of empty tables would take the budget of those that are busy. */
static bool begin_due_sweep(struct feed *f, struct wall now, struct feed_effect *out)
{
    unsigned calm = feed_calm_factor(&f->state);
    int64_t least = calm == CALM_FACTOR_MOST ? WALL_TICKS_PER_HOUR : 0;
    for (unsigned k = SWEEP_STAGES; k-- > 0;) {
        struct wall to = stage_limit(f, k, now);
        int64_t span = sweep_stages[k].span_ticks > least ? sweep_stages[k].span_ticks : least;
        if (to.ticks - f->state.swept[k].ticks < span) continue;
        if (calm > 1)
            begin_sweep(f, STAGE_ALL, f->state.swept[SWEEP_STAGES - 1], stage_limit(f, 0, now), out);
        else
            begin_sweep(f, k, f->state.swept[k], to, out);
        f->sweep.asked_at = now;
        return true;
    }
    return false;
}

void hunting_next(struct feed *f, struct wall now, struct feed_effect *out)
{
    f->goal = GOAL_NONE;
    out->kind = FEED_IDLE;
    if (f->is_closed) {
        f->wants_poll = f->wants_pull = false;
        f->drain_to = wall_earlier(f->drain_to, bin_floor(f->state.head));
    }
    if (f->wants_poll) {
        f->wants_poll = false;
        f->target = now;
        f->poll_rows = 0;
        if (f->state.head.ticks < now.ticks) {
            begin_window(f, now, out);
            return;
        }
        f->state.synced = now;
        out->completed_poll = true;
    }
    /* A sweep that ended meanwhile may have let go of hours that the drain began with: they are proved for good. */
    f->drain_at = wall_later(f->drain_at, f->state.swept[SWEEP_STAGES - 1]);
    if (f->wants_drain && f->drain_at.ticks < f->drain_to.ticks) {
        begin_sweep(f, STAGE_DRAIN, f->drain_at, f->drain_to, out);
        return;
    }
    f->wants_drain = false;
    if (f->wants_pull && f->pull_at.ticks < f->pull_to.ticks) {
        begin_sweep(f, STAGE_PULL, f->pull_at, f->pull_to, out);
        return;
    }
    f->wants_pull = false;
    (void)begin_due_sweep(f, now, out);
}

/* ---- the head ------------------------------------------------------------------------------------------------------------ */

void learn_row_bytes(struct feed *f, const struct feed_page *p)
{
    if (p->rows < LEARN_ROWS_MIN) return;
    uint64_t seen = p->bytes / p->rows + 1;
    uint64_t slow = (f->state.row_bytes * UINT64_C(3) + seen) / 4;
    uint64_t learnt = seen > slow ? seen : slow; /* up at once, down slowly */
    f->state.row_bytes = learnt > UINT32_MAX ? UINT32_MAX : (uint32_t)learnt;
}

/* A window in the past is done with; the one that ends now leaves the last minutes to be asked for again. */
static void window_done(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall to = f->reader.to;
    if (f->state.width_ticks < WIDTH_MAX / 2)
        f->state.width_ticks *= 2;
    else
        f->state.width_ticks = WIDTH_MAX;
    if (to.ticks < f->target.ticks) {
        f->state.head = to;
        begin_window(f, now, out);
        return;
    }
    struct wall overlap = wall_add(to, -HEAD_OVERLAP_TICKS);
    struct wall newest = wall_earlier(f->reader.newest, to);
    f->state.head = wall_later(f->state.head, wall_later(overlap, newest));
    f->state.synced = now;
    f->state.calm = f->poll_rows ? 0 : f->state.calm < CALM_MOST ? f->state.calm + 1 : CALM_MOST;
    hunting_next(f, now, out);
    out->completed_poll = true;
}

static void head_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    if (reader_page(&f->reader, f, page) == READER_DONE) {
        window_done(f, now, out);
        return;
    }
    if (f->reader.phase == READ_PAGES) f->state.head = wall_later(f->state.head, f->reader.at);
    ask_rows(f, feed_poll_how(f, now), out);
}

/* ---- sweeps -------------------------------------------------------------------------------------------------------------- */

static enum log_how reread_how(const struct feed *f)
{
    return f->sweep.stage == STAGE_PULL ? LOG_PULL : LOG_LOOK_BACK;
}

/* A learnt bound of a page is forgotten little by little while nothing is found missing. */
static void forget_bound(struct feed *f)
{
    uint32_t bound = f->state.page_rows;
    if (bound == 0 || f->sweep.rounds > 0) return;
    bound += bound / 8 + 1;
    f->state.page_rows = bound < TAKE_MAX ? bound : 0;
}

/* A stage is a promise about how long rows may be late: a count serves it up to that long before the question. */
static void advance(struct feed *f, struct wall to)
{
    for (unsigned k = 0; k < SWEEP_STAGES; k++) {
        bool is_served = f->sweep.stage == STAGE_ALL || k <= f->sweep.stage;
        struct wall limit = wall_earlier(to, stage_limit(f, k, f->sweep.asked_at));
        if (is_served) f->state.swept[k] = wall_later(f->state.swept[k], limit);
    }
}

/* Bins younger than the first stage looks at are still filling: nothing is said of them. */
static void judge(struct feed *f, const struct feed_counts *differing, struct wall now, struct feed_effect *out)
{
    out->judged_from = f->sweep.from;
    out->judged_to = wall_earlier(f->sweep.to, bin_floor(wall_add(now, -sweep_stages[0].delay_ticks)));
    out->is_judged = out->judged_from.ticks < out->judged_to.ticks;
    out->is_pull = f->sweep.stage == STAGE_PULL;
    out->differing = differing;
}

static void sweep_done(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall to = f->sweep.to;
    forget_bound(f);
    if (f->sweep.stage == STAGE_DRAIN)
        f->drain_at = to;
    else if (f->sweep.stage == STAGE_PULL)
        f->pull_at = to;
    else
        advance(f, to);
    hunting_next(f, now, out);
}

static void begin_run(struct feed *f, struct feed_effect *out)
{
    const struct bin_run *run = &f->sweep.runs[f->sweep.run_index];
    f->goal = GOAL_REREAD;
    reader_begin(&f->reader, bin_start(run->first), bin_start(run->first + run->count), true);
    ask_rows(f, reread_how(f), out);
}

static void run_done(struct feed *f, struct feed_effect *out)
{
    const struct bin_run *run = &f->sweep.runs[f->sweep.run_index];
    struct feed_settle settle = {.first_bin = run->first, .count = run->count};
    bool is_settled = !f->reader.is_doubtful; /* else the next count sends us here again */
    for (unsigned i = 0; i < run->count; i++) settle.received[i] = f->reader.received[i];
    if (++f->sweep.run_index < f->sweep.run_count)
        begin_run(f, out);
    else
        ask_counts(f, out);
    out->is_settled = is_settled;
    out->settle = settle;
}

static void reread_page(struct feed *f, const struct feed_page *page, struct feed_effect *out)
{
    if (page->rows > f->sweep.largest_page) f->sweep.largest_page = page->rows;
    out->repaired = page->fresh;
    out->repaired_hour = wall_hour(f->fetch.from); /* a run ends with its hour */
    if (reader_page(&f->reader, f, page) == READER_DONE)
        run_done(f, out);
    else
        ask_rows(f, reread_how(f), out);
}

/* Bins that differ again after they were read, though Defender counts as many rows as before (else they merely came
 * meanwhile): answers are cut silently, at a size nobody knows. Whatever came at most in
 * one answer is more than to ask for: then a cut answer is a full one, and full ones are never trusted. */
void hunting_expect_a_cut(struct feed *f)
{
    uint64_t less = f->sweep.largest_page * 4 / 5;
    if (less < 1) less = 1;
    if (less < hunting_take(&f->state)) f->state.page_rows = (uint32_t)less;
    if (f->sweep.cut_at == 0 || less < f->sweep.cut_at) f->sweep.cut_at = less;
    f->sweep.largest_page = 0;
}

/* A count that never agrees must not hold up everything behind it: the next stage tries again, after the last it is told.
 * Bins that the first stage has yet to see are still filling while a drain looks at them: those say nothing. */
static void give_up(struct feed *f, const struct feed_counts *c, struct wall now)
{
    unsigned stage = f->sweep.stage;
    bool is_asked = stage == STAGE_DRAIN || stage == STAGE_PULL;
    uint64_t bins = 0;
    if (stage < SWEEP_STAGES - 1) return;
    unsigned last = is_asked ? 0 : SWEEP_STAGES - 1; /* bins before this stage's limit are not tried again */
    int64_t settled = bin_of(wall_add(now, -sweep_stages[last].delay_ticks));
    for (unsigned i = 0; i < c->run_count; i++)
        for (unsigned k = 0; k < c->runs[i].count; k++) bins += c->runs[i].first + k < settled;
    f->state.unproved += bins;
    if (is_asked) f->asked_unproved += bins;
}

static void sweep_counts(struct feed *f, const struct feed_counts *c, struct wall now, struct feed_effect *out)
{
    f->sweep.to = wall_earlier(f->sweep.to, c->judged_to);
    if (c->run_count == 0) {
        judge(f, NULL, now, out);
        sweep_done(f, now, out);
        return;
    }
    if (f->sweep.rounds++ >= ROUNDS_MAX) {
        give_up(f, c, now);
        judge(f, c, now, out);
        sweep_done(f, now, out);
        return;
    }
    bool stood_still = f->sweep.rounds > 1 && c->total == f->sweep.counted;
    if (stood_still) hunting_expect_a_cut(f);
    f->sweep.counted = c->total;
    f->sweep.run_count = c->run_count;
    f->sweep.run_index = 0;
    for (unsigned i = 0; i < c->run_count; i++) f->sweep.runs[i] = c->runs[i];
    begin_run(f, out);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

void hunting_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    learn_row_bytes(f, page);
    f->poll_rows += f->goal == GOAL_HEAD ? page->fresh : 0;
    if (f->state.page_rows && f->state.page_rows < BOUND_TINY && page->rows >= f->fetch.take) f->state.page_rows *= 2;
    if (f->goal == GOAL_HEAD)
        head_page(f, page, now, out);
    else
        reread_page(f, page, out);
}

void hunting_counts(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out)
{
    if (f->goal == GOAL_COUNT) {
        sweep_counts(f, counts, now, out);
        return;
    }
    reader_tick_count(&f->reader, f, counts->total);
    ask_rows(f, f->goal == GOAL_HEAD ? feed_poll_how(f, now) : reread_how(f), out);
}

static bool halve_window(struct feed *f, int64_t least)
{
    int64_t left = f->reader.to.ticks - f->reader.at.ticks;
    if (f->goal != GOAL_HEAD || f->reader.phase != READ_PAGES || left < 2 * least) return false;
    f->reader.to = wall_add(f->reader.at, left / 2);
    f->state.width_ticks = left / 2;
    return true;
}

static bool halve_count(struct feed *f)
{
    int64_t bins = bin_of(f->sweep.to) - bin_of(f->sweep.from);
    if (f->goal != GOAL_COUNT || bins < 2) return false;
    f->sweep.to = bin_start(bin_of(f->sweep.from) + bins / 2);
    return true;
}

static bool halve_take(struct feed *f)
{
    if (f->fetch.ask != ASK_ROWS || hunting_take(&f->state) <= 1) return false;
    f->state.page_rows = hunting_take(&f->state) / 2;
    return true;
}

/* A query that was too much is never sent again as it was. */
void hunting_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out)
{
    bool is_less = false;
    if (failure == FAIL_COLUMN) { /* from the beginning, as shards count their rows one by one */
        if (f->goal == GOAL_REREAD)
            begin_run(f, out);
        else
            begin_window(f, now, out);
        return;
    }
    if (failure == FAIL_HEAVY)
        is_less = halve_window(f, WIDTH_MIN) || halve_count(f) || halve_take(f);
    else if (failure == FAIL_MAYBE_HEAVY)
        (void)halve_window(f, HEAD_OVERLAP_TICKS);
    else if (failure == FAIL_LARGE)
        is_less = halve_take(f) || halve_count(f);
    if (failure == FAIL_MAYBE_HEAVY && f->goal == GOAL_HEAD) reader_fetch(&f->reader, f, f->fetch.how, &f->fetch);
    if (!is_less) return;
    if (f->goal == GOAL_COUNT)
        ask_counts(f, out);
    else
        ask_rows(f, f->fetch.how, out);
}
