/* Between the files of the feed's mind. */
#ifndef FLOW_INGEST_FEED_INT_H
#define FLOW_INGEST_FEED_INT_H

#include "flow/ingest/feed/feed.h"

struct wall wall_later(struct wall a, struct wall b);
struct wall wall_earlier(struct wall a, struct wall b);

/* After so long without a completed poll, rows count as caught up, not live: nobody should be woken by them. */
#define CATCH_UP_TICKS (30 * WALL_TICKS_PER_MIN)
/* The head stays so far behind now, so that rows a few minutes late come with the next poll and need no sweep. */
#define HEAD_OVERLAP_TICKS (15 * WALL_TICKS_PER_MIN)
enum log_how feed_poll_how(const struct feed *f, struct wall now);

void hunting_next(struct feed *f, struct wall now, struct feed_effect *out);
void hunting_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out);
void hunting_counts(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out);
void hunting_expect_a_cut(struct feed *f); /* rows are missing: the largest answer was more than is given */
void hunting_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out);

void shards_next(struct feed *f, struct wall now, struct feed_effect *out);
void shards_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out);
void shards_total(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out);
void shards_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out);

void walk_next(struct feed *f, struct wall now, struct feed_effect *out);
void walk_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out);
void walk_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out);

/* reader.c */
enum reader_end { READER_MORE, READER_DONE };
void reader_begin(struct reader *r, struct wall from, struct wall to, bool counts_bins);
void reader_fetch(const struct reader *r, const struct feed *f, enum log_how how, struct feed_fetch *out);
enum reader_end reader_page(struct reader *r, const struct feed *f, const struct feed_page *page);
void reader_tick_count(struct reader *r, const struct feed *f, uint64_t total);
enum { TAKE_MAX = 60000 };
uint32_t hunting_take(const struct feed_state *s);           /* N */
unsigned split_columns(const struct feed *f);                /* how many are left */
void split_name(const struct feed *f, struct feed_fetch *q); /* which they are */
bool reader_may_be_cut(const struct feed *f, const struct feed_page *p);
bool reader_deeper(struct reader *r,
                   const struct feed *f); /* splits the shard by one more column; false: none is left */
bool reader_next_shard(struct reader *r); /* in depth-first order; false: that was the last */
void learn_row_bytes(struct feed *f, const struct feed_page *p);

#endif
