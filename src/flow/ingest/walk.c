/* Feeds of objects. Alerts and incidents are walked in order of their last update: each page's filter begins at the last
 * time of the page before, inclusive, so that an object which changes while we walk is met again further on. Objects that
 * share one time over a whole page are walked by nextLink (or $skip), as is a server that does not sort. Every poll begins
 * a little before the head, and once an hour a longer look back finds what became visible late.
 *
 * Machines have no usable order: the list is walked whole, by $skip. */
#include "flow/ingest/feed_int.h"

#define DEEP_TICKS (48 * WALL_TICKS_PER_HOUR)
#define DEEP_INTERVAL_TICKS WALL_TICKS_PER_HOUR
enum { DRAIN_WALKS_MAX = 6, TIE_PAGES_MAX = 2000 };

static bool is_snapshot(const struct feed *f)
{
    return f->row->kind == FEED_SNAPSHOT;
}

static uint32_t walk_take(const struct feed *f)
{
    uint32_t learnt = f->state.page_rows;
    return learnt && learnt < f->row->page_rows ? learnt : f->row->page_rows;
}

static void ask(struct feed *f, struct feed_effect *out)
{
    const struct walk *w = &f->walk;
    f->goal = GOAL_WALK;
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

static void begin_poll(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall from = wall_add(f->state.head, -HEAD_OVERLAP_TICKS);
    f->wants_poll = false;
    f->wants_deep = f->wants_drain || now.ticks - f->state.deep.ticks >= DEEP_INTERVAL_TICKS;
    f->deep_to = from;
    f->walk = (struct walk){.kind = WALK_POLL, .from = from, .newest = f->state.head, .how = feed_poll_how(f, now)};
    ask(f, out);
}

/* What the poll did not cover, as far back as something may have become visible since the last look back, however long ago
 * that was. Its rows are look-back: an old alert must not be taken for a live one. */
static bool begin_deep(struct feed *f, struct wall now, struct feed_effect *out)
{
    struct wall from = wall_add(f->state.deep, -DEEP_TICKS);
    f->wants_deep = false;
    if (is_snapshot(f) || f->state.deep.ticks == 0 || from.ticks >= f->deep_to.ticks) {
        f->state.deep = now;
        return false;
    }
    f->walk = (struct walk){.kind = WALK_DEEP, .from = from, .to = f->deep_to, .began = now, .how = LOG_LOOK_BACK};
    ask(f, out);
    return true;
}

static void begin_pull(struct feed *f, struct feed_effect *out)
{
    f->walk = (struct walk){.kind = WALK_PULL, .how = LOG_PULL};
    if (!is_snapshot(f)) {
        f->walk.from = f->pull_from;
        f->walk.to = f->pull_to;
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

void walk_next(struct feed *f, struct wall now, struct feed_effect *out)
{
    f->goal = GOAL_NONE;
    out->kind = FEED_IDLE;
    if (f->wants_deep && !f->wants_poll && begin_deep(f, now, out)) return;
    if (f->wants_poll || drain_again(f))
        begin_poll(f, now, out);
    else if (f->wants_pull)
        begin_pull(f, out);
}

static void walk_done(struct feed *f, struct wall now, struct feed_effect *out)
{
    const struct walk *w = &f->walk;
    bool completed = w->kind == WALK_POLL && !w->is_partial;
    if (w->kind == WALK_PULL) f->wants_pull = false;
    if (w->kind == WALK_DEEP && !w->is_partial) f->state.deep = w->began;
    if (completed) {
        f->state.head = wall_later(f->state.head, w->newest);
        f->state.synced = now;
    }
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

void walk_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    struct walk *w = &f->walk;
    w->is_partial |= page->is_partial;
    f->drain_fresh += page->fresh + page->is_partial;
    if (page->rows && !is_snapshot(f)) w->newest = wall_later(w->newest, page->last);
    bool has_more = page->rows > 0 && (page->rows >= f->fetch.take || page->link.n > 0);
    if (has_more && w->pages_at_once >= TIE_PAGES_MAX) { /* links that lead in a circle */
        w->is_partial = true;
        has_more = false;
    }
    if (!has_more) {
        walk_done(f, now, out);
        return;
    }
    move_on(f, page);
    ask(f, out);
}

void walk_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out)
{
    uint32_t take = walk_take(f);
    if (failure == FAIL_EMPTY) {
        walk_page(f, &(struct feed_page){.is_sorted = true}, now, out);
    } else if ((failure == FAIL_LARGE || failure == FAIL_HEAVY) && take > 1) {
        f->state.page_rows = take / 2;
        f->walk.use_link = false; /* the link repeats the $top that was refused */
        ask(f, out);
    }
}
