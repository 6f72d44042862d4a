/* Feeds of objects. Alerts and incidents are walked in order of their last update: each page's filter begins at the last
 * time of the page before, inclusive, so that an object which changes while we walk is met again further on. Objects that
 * share one time over a whole page are walked by nextLink (or $skip), as is a server that does not sort, or refuses
 * to. Every poll begins a little before the head, and once an hour a longer look back finds what became visible late.
 *
 * Machines have no usable order: the list is walked whole, by $skip. Actions can be asked for by their creation alone: a poll
 * begins before the oldest that was not over yet. The SIEM API does not page: windows of time follow each other.
 *
 * An object that was merged into another (incidents) is kept as it says so, and the other one is asked for by its id. */
#include "flow/ingest/feed/feed_int.h"

#include <string.h>

#define DEEP_TICKS (48 * WALL_TICKS_PER_HOUR)
#define DEEP_INTERVAL_TICKS WALL_TICKS_PER_HOUR
#define WINDOW_LEAST WALL_TICKS_PER_MIN
enum { DRAIN_WALKS_MAX = 6, TIE_PAGES_MAX = 2000, MERGED_MAX = 200 };

static bool is_snapshot(const struct feed *f)
{
    return f->row->kind == FEED_SNAPSHOT;
}

static bool has_windows(const struct feed *f)
{
    return f->row->words == WORDS_SIEM;
}

static uint32_t walk_take(const struct feed *f)
{
    uint32_t learnt = f->state.page_rows;
    return learnt && learnt < f->row->page_rows ? learnt : f->row->page_rows;
}

static void ask(struct feed *f, struct feed_effect *out)
{
    struct walk *w = &f->walk;
    f->goal = GOAL_WALK;
    w->is_unsorted |= f->state.is_unordered != 0;
    if (has_windows(f)) w->to = wall_earlier(wall_add(w->from, f->state.width_ticks), w->end);
    f->fetch = (struct feed_fetch){
        .ask = ASK_ROWS,
        .from = is_snapshot(f) ? (struct wall){0} : w->from,
        .to = w->to,
        .take = walk_take(f),
        .skip = w->skip,
        .use_link = w->use_link,
        .count_from = w->from,
        .how = w->how,
    };
    out->kind = FEED_FETCH;
}

/* What another feed has read is not read again. */
static struct wall above_floor(const struct feed *f, struct wall from)
{
    return wall_later(from, f->state.floor);
}

static void begin_poll(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall from = wall_add(f->state.head, -HEAD_OVERLAP_TICKS);
    if (f->state.open.ticks) from = wall_earlier(from, f->state.open);
    from = above_floor(f, from);
    f->wants_poll = false;
    f->wants_deep = f->wants_drain || now.ticks - f->state.deep.ticks >= DEEP_INTERVAL_TICKS;
    f->deep_to = from;
    f->walk = (struct walk){
        .kind = WALK_POLL, .from = from, .end = now, .newest = f->state.head, .how = feed_poll_how(f, now)};
    ask(f, out);
}

/* What the poll did not cover, as far back as something may have become visible since the last look back, however long ago
 * that was. Its rows are look-back: an old alert must not be taken for a live one. */
static bool begin_deep(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall from = above_floor(f, wall_add(f->state.deep, -DEEP_TICKS));
    f->wants_deep = false;
    if (is_snapshot(f) || f->state.deep.ticks == 0 || from.ticks >= f->deep_to.ticks) {
        f->state.deep = now;
        return false;
    }
    f->walk = (struct walk){
        .kind = WALK_DEEP, .from = from, .to = f->deep_to, .end = f->deep_to, .began = now, .how = LOG_LOOK_BACK};
    ask(f, out);
    return true;
}

static void begin_pull(struct feed *f, struct feed_effect *out)
{
    f->walk = (struct walk){.kind = WALK_PULL, .how = LOG_PULL};
    if (!is_snapshot(f)) {
        f->walk.from = above_floor(f, f->pull_from);
        f->walk.to = f->walk.end = wall_later(f->pull_to, wall_add(f->walk.from, 1));
    }
    ask(f, out);
}

/* A drain walks again until a walk finds nothing new. */
static bool drain_again(struct feed *f)
{
    if (!f->wants_drain) return false;
    bool again = f->drain_fresh > 0 && f->drain_walks++ < DRAIN_WALKS_MAX;
    f->drain_fresh = 0;
    f->wants_drain = again;
    return again;
}

/* ---- merged objects -------------------------------------------------------------------------------------------------------- */

static void add_merged(struct feed *f, struct str ids)
{
    if (f->merged.n + ids.n < 8192) (void)buf_add_str(&f->merged, ids);
}

static bool ask_merged(struct feed *f, struct feed_effect *out)
{
    struct str rest = buf_str(&f->merged), id;
    if (f->merged_asked >= MERGED_MAX) buf_reset(&f->merged);
    if (f->merged.n == 0) {
        f->merged_asked = 0;
        return false;
    }
    id = str_cut(&rest, '\n');
    (void)str_copy(str_sub(id, 0, sizeof f->object - 1), f->object, sizeof f->object);
    memmove(f->merged.p, rest.p, rest.n);
    f->merged.n = rest.n;
    f->merged_asked++;
    f->goal = GOAL_WALK;
    f->fetch = (struct feed_fetch){.ask = ASK_OBJECT, .take = 1, .how = LOG_LOOK_BACK};
    out->kind = FEED_FETCH;
    return true;
}

/* ---- what comes next ------------------------------------------------------------------------------------------------------- */

void walk_next(struct feed *f, struct wall now, struct feed_effect *out)
{
    f->goal = GOAL_NONE;
    out->kind = FEED_IDLE;
    if (ask_merged(f, out)) return;
    if (f->wants_deep && !f->wants_poll && begin_deep(f, now, out)) return;
    if (f->wants_poll || drain_again(f))
        begin_poll(f, now, out);
    else if (f->wants_pull)
        begin_pull(f, out);
}

static void poll_done(struct feed *f, struct wall now)
{
    const struct walk *w = &f->walk;
    /* What changed while a list without order was walked may stand where we had been already. */
    struct wall newest = w->is_unsorted ? wall_earlier(w->newest, w->end) : w->newest;
    f->state.head = wall_later(f->state.head, has_windows(f) ? w->end : newest);
    f->state.open = w->open;
    f->state.synced = now;
}

static void walk_done(struct feed *f, struct wall now, struct feed_effect *out)
{
    const struct walk *w = &f->walk;
    bool completed = w->kind == WALK_POLL && !w->is_partial;
    if (w->kind == WALK_PULL) f->wants_pull = false;
    if (w->kind == WALK_DEEP && !w->is_partial) {
        f->state.deep = w->began;
        f->state.is_unordered = 0; /* perhaps it can by now */
    }
    if (completed) poll_done(f, now);
    walk_next(f, now, out);
    out->completed_poll = completed;
}

/* Only a page that shows ascending order, in a walk that never showed another, may move the filter on: a server that gives
 * the newest first may begin with a page of one single time, and all that is older would be skipped. */
static bool shows_order(struct walk *w, const struct feed_page *page)
{
    w->is_unsorted |= !page->is_sorted || page->last.ticks < w->page_last.ticks;
    w->page_last = page->last;
    return !w->is_unsorted && page->last_rows < page->rows && page->last.ticks > w->from.ticks;
}

static void move_on(struct feed *f, const struct feed_page *page)
{
    struct walk *w = &f->walk;
    if (!is_snapshot(f) && shows_order(w, page)) {
        w->from = page->last;
        w->skip = 0;
        w->use_link = false;
        w->pages_at_once = 0;
        return;
    }
    w->pages_at_once++;
    w->use_link = !is_snapshot(f) && page->link.n > 0;
    if (w->use_link) {
        buf_reset(&f->link);
        (void)buf_add_str(&f->link, page->link);
    } else {
        w->skip += (uint32_t)page->rows;
    }
}

/* The window was read whole: the next one, wider again. false: it was the last. */
static bool next_window(struct feed *f)
{
    struct walk *w = &f->walk;
    if (f->state.width_ticks < WALL_TICKS_PER_DAY) f->state.width_ticks *= 2;
    if (f->state.width_ticks > WALL_TICKS_PER_DAY) f->state.width_ticks = WALL_TICKS_PER_DAY;
    w->from = w->to;
    return w->from.ticks < w->end.ticks;
}

/* false: the walk is over. */
static bool next_page(struct feed *f, const struct feed_page *page)
{
    struct walk *w = &f->walk;
    if (has_windows(f)) return next_window(f);
    bool has_more = page->rows > 0 && (page->rows >= f->fetch.take || page->link.n > 0);
    if (has_more && w->pages_at_once >= TIE_PAGES_MAX) { /* links that lead in a circle */
        w->is_partial = true;
        has_more = false;
    }
    if (has_more) move_on(f, page);
    return has_more;
}

void walk_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    struct walk *w = &f->walk;
    f->drain_fresh += page->fresh + page->is_partial;
    add_merged(f, page->merged);
    if (f->fetch.ask == ASK_OBJECT) {
        walk_next(f, now, out);
        return;
    }
    w->is_partial |= page->is_partial;
    if (page->open.ticks) w->open = w->open.ticks ? wall_earlier(w->open, page->open) : page->open;
    if (page->rows && !is_snapshot(f)) w->newest = wall_later(w->newest, page->last);
    if (next_page(f, page))
        ask(f, out);
    else
        walk_done(f, now, out);
}

static bool halve(struct feed *f)
{
    if (has_windows(f)) {
        int64_t width = f->walk.to.ticks - f->walk.from.ticks;
        if (width < 2 * WINDOW_LEAST) return false;
        f->state.width_ticks = width / 2;
        return true;
    }
    uint32_t take = walk_take(f);
    if (take <= 1) return false;
    f->state.page_rows = take / 2;
    f->walk.use_link = false; /* the link repeats the $top that was refused */
    return true;
}

/* Objects are known by what they are, not by where they stand: without an order the list takes more pages, that is all. */
static void ask_without_order(struct feed *f, struct feed_effect *out)
{
    f->state.is_unordered = 1;
    f->walk.use_link = false; /* it repeats the order that was refused */
    f->walk.skip = 0;
    ask(f, out);
}

void walk_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out)
{
    bool is_too_much = failure == FAIL_LARGE || failure == FAIL_HEAVY;
    if (failure == FAIL_EMPTY)
        walk_page(f, &(struct feed_page){.is_sorted = true}, now, out);
    else if (failure == FAIL_ORDER)
        ask_without_order(f, out);
    else if (is_too_much && f->fetch.ask == ASK_ROWS && halve(f))
        ask(f, out);
}
