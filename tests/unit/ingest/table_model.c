#include "table_model.h"

#include <stdio.h>

#include <stdlib.h>

void model_init(struct table_model *m, struct wall begin, struct wall end, uint64_t seed)
{
    *m = (struct table_model){.row_bytes = 2000, .row_cap = 100000, .byte_cap = 50000000};
    rng_seed(&m->rng, seed);
    m->surplus_first = bin_of(begin);
    m->bins = (size_t)(bin_of(end) - m->surplus_first + 1);
    m->surplus = calloc(m->bins, sizeof *m->surplus);
    m->held = calloc(m->bins, sizeof *m->held);
}

void model_done(struct table_model *m)
{
    free(m->rows);
    free(m->surplus);
    free(m->held);
}

void model_add(struct table_model *m, int64_t at, int64_t visible, uint32_t id)
{
    if (m->count == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 1024;
        m->rows = realloc(m->rows, m->cap * sizeof *m->rows);
        INVARIANT(m->rows);
    }
    struct model_row *r = &m->rows[m->count++];
    *r = (struct model_row){.at = at, .visible = visible, .id = id};
    for (unsigned i = 0; i < SPLIT_COLUMNS_MAX; i++) r->columns[i] = (uint32_t)hash64_of(&(uint32_t[2]){id, i}, 8);
}

static int by_time(const void *a, const void *b)
{
    const struct model_row *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

void model_sort(struct table_model *m)
{
    qsort(m->rows, m->count, sizeof *m->rows, by_time);
}

static size_t lower_bound(const struct table_model *m, int64_t at)
{
    size_t lo = 0, hi = m->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->rows[mid].at < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool fits(const struct model_row *r, const struct feed_fetch *q, int64_t now)
{
    if (r->at >= q->to.ticks || r->visible > now) return false;
    for (unsigned i = 0; i < q->depth; i++)
        if (r->columns[q->column[i]] % q->modulus[i] != q->shard[i]) return false;
    return true;
}

/* Byte-equal rows are one for us: holding one is holding all of them that are there. */
static void hold(struct table_model *m, size_t i)
{
    struct model_row *r = &m->rows[i];
    bool known = r->is_held;
    for (size_t k = i; !known && k-- > 0 && m->rows[k].at == r->at && m->rows[k].id == r->id;)
        known = m->rows[k].is_held;
    for (size_t k = i + 1; !known && k < m->count && m->rows[k].at == r->at && m->rows[k].id == r->id; k++)
        known = m->rows[k].is_held;
    r->is_held = true;
    if (known) {
        m->again++;
        return;
    }
    m->fresh++;
    m->held[bin_of((struct wall){r->at}) - m->surplus_first]++;
}

static void serve_rows(struct table_model *m, const struct feed_fetch *q, int64_t now, struct feed_page *p)
{
    uint64_t cap = q->take < m->row_cap ? q->take : m->row_cap;
    if (cap > m->byte_cap / m->row_bytes) cap = m->byte_cap / m->row_bytes;
    if (rng_chance(&m->rng, m->cut_chance)) cap = rng_below(&m->rng, cap + 1);
    *p = (struct feed_page){.is_sorted = true};
    for (size_t i = lower_bound(m, q->from.ticks); i < m->count && m->rows[i].at < q->to.ticks && p->rows < cap; i++) {
        if (m->rows[i].is_withheld || !fits(&m->rows[i], q, now)) continue;
        struct wall at = {m->rows[i].at};
        uint64_t before = m->fresh;
        hold(m, i);
        p->fresh += m->fresh - before;
        p->rows++;
        p->last_rows = p->last.ticks == at.ticks ? p->last_rows + 1 : 1;
        p->last = at;
        if (!q->counts_bins) continue;
        p->last_bin = (uint32_t)(bin_of(at) - bin_of(q->count_from));
        p->received[p->last_bin]++;
    }
    p->bytes = p->rows * m->row_bytes;
}

static void serve_counts(struct table_model *m, const struct feed_fetch *q, int64_t now, struct feed_counts *c)
{
    int64_t first = bin_of(q->from);
    size_t bins = (size_t)(bin_of((struct wall){q->to.ticks - 1}) + 1 - first);
    uint64_t *remote = calloc(bins, sizeof *remote);
    int64_t *expected = calloc(bins, sizeof *expected);
    *c = (struct feed_counts){0};
    INVARIANT(remote && expected);
    for (size_t i = lower_bound(m, q->from.ticks); i < m->count && m->rows[i].at < q->to.ticks; i++) {
        if (!fits(&m->rows[i], q, now)) continue;
        remote[bin_of((struct wall){m->rows[i].at}) - first]++;
        c->total++;
    }
    for (size_t i = 0; i < bins; i++) {
        size_t b = (size_t)(first - m->surplus_first) + i;
        expected[i] = m->held[b] + m->surplus[b];
    }
    counts_compare(q->from, q->to, remote, expected, c);
    free(remote);
    free(expected);
}

static void settle(struct table_model *m, const struct feed_settle *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        size_t b = (size_t)(s->first_bin + i - m->surplus_first);
        m->surplus[b] = (int64_t)s->received[i] - m->held[b];
    }
}

/* As the service puts it: of the columns named, the first that is not there. */
static bool names_lost(const struct table_model *m, struct feed *f)
{
    char says[128];
    for (unsigned i = 0; i < f->fetch.depth; i++) {
        unsigned column = f->fetch.column[i];
        if (!(m->lost >> column & 1)) continue;
        (void)snprintf(says, sizeof says, "Failed to resolve column or scalar expression named '%s'",
                       f->row->split[column]);
        return feed_lose_column(f, says);
    }
    return false;
}

uint64_t model_run(struct table_model *m, struct feed *f, struct wall now, uint64_t max)
{
    struct feed_effect effect;
    uint64_t asked = 0;
    feed_next(f, now, &effect);
    while (effect.kind != FEED_IDLE && asked++ < max) {
        struct feed_page page;
        struct feed_counts counts;
        if (rng_chance(&m->rng, m->fail_chance)) {
            feed_fail(f, rng_chance(&m->rng, 0.5) ? FAIL_WAIT : FAIL_HEAVY, now, &effect);
            continue;
        }
        if (names_lost(m, f)) {
            feed_fail(f, FAIL_COLUMN, now, &effect);
            continue;
        }
        if (f->fetch.ask == ASK_COUNTS) {
            serve_counts(m, &f->fetch, now.ticks, &counts);
            feed_take_counts(f, &counts, now, &effect);
        } else {
            if (m->max_answer_bytes && (uint64_t)f->fetch.take * m->row_bytes > m->max_answer_bytes) {
                feed_fail(f, FAIL_LARGE, now, &effect);
                continue;
            }
            if (f->fetch.depth && m->repeated.rows && rng_chance(&m->rng, m->repeat_chance))
                page = m->repeated;
            else
                serve_rows(m, &f->fetch, now.ticks, &page);
            m->repeated = f->fetch.depth ? page : (struct feed_page){0};
            feed_take_page(f, &page, now, &effect);
        }
        if (effect.is_settled) settle(m, &effect.settle);
    }
    m->questions += asked;
    return asked;
}

size_t model_missing(const struct table_model *m, struct wall before)
{
    size_t missing = 0;
    for (size_t i = 0; i < m->count; i++) {
        bool held = m->rows[i].is_held;
        for (size_t k = i; !held && k-- > 0 && m->rows[k].at == m->rows[i].at && m->rows[k].id == m->rows[i].id;)
            held = m->rows[k].is_held;
        for (size_t k = i + 1;
             !held && k < m->count && m->rows[k].at == m->rows[i].at && m->rows[k].id == m->rows[i].id; k++)
            held = m->rows[k].is_held;
        missing += !held && m->rows[i].visible <= before.ticks;
    }
    return missing;
}
