/* Reads a stretch of a hunting table page by page, in order of Timestamp.
 *
 *   [from ........ at ............ to)      `at`: where the next page begins, inclusive
 *
 * A page that may have been cut is not trusted about its last tick: the next page begins there again. A cut page that holds
 * nothing but its first tick cannot move on that way: then the rows of that tick are counted and read in shards, by hash()
 * of one column after the other, deeper until a shard is not full. Received rows are counted per bin exactly once each, so
 * that byte-equal rows (one for us, two for them) can be told from missing ones. */
#include "flow/ingest/feed/feed_int.h"

#include <stdio.h>
#include <string.h>

/* Known caps of one answer; at four fifths of either it is taken as cut, since caps are not exact. */
#define ANSWER_ROWS_CAP UINT64_C(100000)
#define ANSWER_BYTES_CAP UINT64_C(50000000)
/* What an answer should weigh at most. */
#define ANSWER_BYTES_GOAL UINT32_C(25000000)
enum { MODULUS_MAX = 65536, MODULUS_DEEPER = 16, SPLITS_BELIEVED = 64, SHARD_ROWS_LEAST = 16 };

uint32_t hunting_take(const struct feed_state *s)
{
    uint32_t n = ANSWER_BYTES_GOAL / (s->row_bytes ? s->row_bytes : 1);
    if (s->page_rows && s->page_rows < n) n = s->page_rows;
    return n < 1 ? 1 : n > TAKE_MAX ? TAKE_MAX : n;
}

void reader_begin(struct reader *r, struct wall from, struct wall to, bool counts_bins)
{
    *r = (struct reader){.from = from, .to = to, .at = from, .newest = from, .counts_bins = counts_bins};
}

void reader_fetch(const struct reader *r, const struct feed *f, enum log_how how, struct feed_fetch *out)
{
    *out = (struct feed_fetch){
        .ask = r->phase == READ_TICK_COUNT ? ASK_COUNTS : ASK_ROWS,
        .from = r->at,
        .to = r->phase == READ_PAGES ? r->to : (struct wall){r->at.ticks + 1},
        .take = hunting_take(&f->state),
        .count_from = r->from,
        .counts_bins = r->counts_bins,
        .how = how,
        .depth = r->phase == READ_TICK ? r->depth : 0,
    };
    for (unsigned i = 0; i < out->depth; i++) {
        out->modulus[i] = r->modulus[i];
        out->shard[i] = r->shard[i];
    }
    split_name(f, out);
}

/* A bound of very few rows grows with each full page (hunting_page); what taught it stays in mind until its sweep is over. But
 * a single answer that was cut to next to nothing may have taught it: then every shard looks cut, and splitting thousands of
 * rows one from the other would take days. After so many splits the bound is believed no more; the count will tell. */
bool reader_may_be_cut(const struct feed *f, const struct feed_page *p)
{
    bool is_believed = f->goal == GOAL_REREAD && f->sweep.cut_at && f->reader.splits < SPLITS_BELIEVED;
    if (is_believed && p->rows >= f->sweep.cut_at) return true;
    return p->rows >= f->fetch.take || p->rows * 5 >= ANSWER_ROWS_CAP * 4 || p->bytes * 5 >= ANSWER_BYTES_CAP * 4;
}

static void count_received(struct reader *r, const struct feed_page *p, bool without_last)
{
    if (!r->counts_bins) return;
    for (unsigned i = 0; i < RUN_BINS_MAX; i++) r->received[i] += p->received[i];
    if (without_last) r->received[p->last_bin] -= (uint32_t)p->last_rows;
}

static bool has_split(const struct feed *f, unsigned i)
{
    return f->row->split[i] && !(f->lost_split >> i & 1);
}

unsigned split_columns(const struct feed *f)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SPLIT_COLUMNS_MAX; i++) n += has_split(f, i);
    return n;
}

void split_name(const struct feed *f, struct feed_fetch *q)
{
    for (unsigned i = 0, n = 0; i < SPLIT_COLUMNS_MAX && n < q->depth; i++)
        if (has_split(f, i)) q->column[n++] = (uint8_t)i;
}

bool feed_lose_column(struct feed *f, const char *says)
{
    char quoted[80];
    unsigned before = f->lost_split;
    for (unsigned i = 0; i < f->fetch.depth; i++) {
        unsigned column = f->fetch.column[i];
        (void)snprintf(quoted, sizeof quoted, "'%s'", f->row->split[column]);
        if (strstr(says, quoted)) f->lost_split |= 1U << column;
    }
    return f->lost_split != before;
}

bool reader_next_shard(struct reader *r)
{
    while (r->depth > 0) {
        if (++r->shard[r->depth - 1] < r->modulus[r->depth - 1]) return true;
        r->depth--;
    }
    return false;
}

bool reader_deeper(struct reader *r, const struct feed *f)
{
    if (r->depth >= split_columns(f)) return false;
    r->splits++;
    r->modulus[r->depth] = MODULUS_DEEPER;
    r->shard[r->depth++] = 0;
    return true;
}

/* A row lies in one shard of its tick. More rows than the tick has: new ones came meanwhile, or what came is the answer of another
 * shard (a proxy mixed them up). Then what was received says nothing about what there is. */
static void count_of_tick(struct reader *r, const struct feed_page *p)
{
    r->is_doubtful |= p->rows > r->tick_left;
    r->tick_left -= p->rows < r->tick_left ? p->rows : r->tick_left;
    count_received(r, p, false);
}

static enum reader_end shard_page(struct reader *r, const struct feed *f, const struct feed_page *p)
{
    /* At the deepest level every column agrees: what is left over can only be byte-equal, and that is one row for us. */
    if (reader_may_be_cut(f, p) && reader_deeper(r, f)) return READER_MORE;
    count_of_tick(r, p);
    if (reader_next_shard(r)) return READER_MORE;
    r->phase = READ_PAGES;
    r->at.ticks++;
    return r->at.ticks < r->to.ticks ? READER_MORE : READER_DONE;
}

enum reader_end reader_page(struct reader *r, const struct feed *f, const struct feed_page *p)
{
    if (p->rows) r->newest = wall_later(r->newest, p->last);
    if (r->phase == READ_TICK) return shard_page(r, f, p);
    if (!reader_may_be_cut(f, p) || p->rows == 0) {
        count_received(r, p, false);
        r->at = r->to;
        return READER_DONE;
    }
    if (p->last.ticks > r->at.ticks) {
        count_received(r, p, true);
        r->at = p->last;
    } else if (split_columns(f)) {
        r->phase = READ_TICK_COUNT;
    } else { /* nothing is left to split by: what was cut off shows in the count */
        count_received(r, p, false);
        r->at.ticks++;
    }
    return r->at.ticks < r->to.ticks ? READER_MORE : READER_DONE;
}

/* What a shard may hold. The bound may have grown past what is known to be cut: shards as large as that would nearly all look
 * cut, and be believed no more. One answer cut to next to nothing must not ask for a shard per row, though. */
static uint64_t shard_rows(const struct feed *f)
{
    uint64_t take = hunting_take(&f->state), known = f->sweep.cut_at;
    if (f->goal != GOAL_REREAD || known == 0) return take;
    if (known < SHARD_ROWS_LEAST) known = SHARD_ROWS_LEAST;
    return known < take ? known : take;
}

void reader_tick_count(struct reader *r, const struct feed *f, uint64_t total)
{
    uint64_t modulus = total * 3 / 2 / shard_rows(f) + 2; /* shards two thirds full: hashes are uneven */
    r->phase = READ_TICK;
    r->tick_left = total;
    r->depth = 1;
    r->modulus[0] = modulus > MODULUS_MAX ? MODULUS_MAX : (uint32_t)modulus;
    r->shard[0] = 0;
}
