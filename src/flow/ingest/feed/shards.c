/* Tables without times: knowledge bases, inventories, graphs. They are read whole once a day; a row's identity is its content,
 * so what has not changed is known and stays out.
 *
 * There is no paging and answers are cut without a word. So the rows are counted first, and read in as many shards, by hash()
 * of the first column, as that count needs; a shard that comes back full is split by the next column, as deep as need be.
 * Fewer rows than were counted mean that answers are cut at a size nobody told us: then less is asked for at once, and all of
 * it again. */
#include "flow/ingest/feed/feed_int.h"

/* An answer cut at less than a hundred rows is a mishap, not a bound worth thousands of questions. */
enum { ROUNDS_MAX = 5, MODULUS_MOST = 65536, BOUND_LEAST = 100 };

static void ask_total(struct feed *f, struct feed_effect *out)
{
    f->goal = GOAL_COUNT;
    f->fetch = (struct feed_fetch){.ask = ASK_TOTAL};
    out->kind = FEED_FETCH;
}

static void ask_shard(struct feed *f, struct wall now, struct feed_effect *out)
{
    const struct reader *r = &f->reader;
    f->goal = GOAL_SHARDS;
    f->fetch = (struct feed_fetch){
        .ask = ASK_ROWS, .take = hunting_take(&f->state), .depth = r->depth, .how = feed_poll_how(f, now)};
    for (unsigned i = 0; i < r->depth; i++) {
        f->fetch.modulus[i] = r->modulus[i];
        f->fetch.shard[i] = r->shard[i];
    }
    split_name(f, &f->fetch);
    out->kind = FEED_FETCH;
}

void shards_next(struct feed *f, struct wall now, struct feed_effect *out)
{
    (void)now;
    f->goal = GOAL_NONE;
    out->kind = FEED_IDLE;
    if (!f->wants_poll && !f->wants_drain && !f->wants_pull) return;
    f->wants_poll = f->wants_drain = f->wants_pull = false; /* one reading answers them all */
    f->sweep = (struct sweep){0};
    ask_total(f, out);
}

void shards_total(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out)
{
    uint64_t modulus = counts->total * 3 / 2 / hunting_take(&f->state) + 1; /* two thirds full: hashes are uneven */
    f->sweep.counted = counts->total;
    f->sweep.largest_page = 0;
    f->poll_rows = 0;
    f->reader = (struct reader){.phase = READ_TICK};
    if (modulus > 1 && split_columns(f)) {
        f->reader.depth = 1;
        f->reader.modulus[0] = modulus > MODULUS_MOST ? MODULUS_MOST : (uint32_t)modulus;
    }
    ask_shard(f, now, out);
}

static void done(struct feed *f, struct wall now, struct feed_effect *out)
{
    bool is_short = f->poll_rows < f->sweep.counted;
    if (is_short && f->sweep.rounds++ < ROUNDS_MAX) {
        if (f->sweep.largest_page >= BOUND_LEAST) hunting_expect_a_cut(f);
        ask_total(f, out);
        return;
    }
    if (is_short) {
        f->state.unproved++;
        f->asked_unproved++;
    }
    f->state.synced = now;
    shards_next(f, now, out);
    out->completed_poll = true;
}

void shards_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out)
{
    learn_row_bytes(f, page);
    if (page->rows > f->sweep.largest_page) f->sweep.largest_page = page->rows;
    if (reader_may_be_cut(f, page) && reader_deeper(&f->reader, f)) {
        ask_shard(f, now, out);
        return;
    }
    f->poll_rows += page->rows;
    if (reader_next_shard(&f->reader))
        ask_shard(f, now, out);
    else
        done(f, now, out);
}

void shards_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out)
{
    bool is_too_much = failure == FAIL_HEAVY || failure == FAIL_LARGE;
    struct feed_counts as_before = {.total = f->sweep.counted};
    if (failure == FAIL_COLUMN) shards_total(f, &as_before, now, out);
    if (f->goal == GOAL_SHARDS && is_too_much && reader_deeper(&f->reader, f)) ask_shard(f, now, out);
}
