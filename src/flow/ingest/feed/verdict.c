#include "flow/ingest/feed/verdict.h"

#include <stdlib.h>

#include "flow/ingest/feed/facts.h"
#include "flow/ingest/feed/feed_int.h"
#include "flow/ingest/ingest.h"
#include "kit/json/json.h"
#include "state/store/fingerprints.h"

/* ---- one hour ---------------------------------------------------------------------------------------------------------------- */

static bool read_bin(const struct json *v, struct verdict *out)
{
    if (v->type != JSON_ARRAY || v->count != 3) return false;
    int64_t bin = json_i64(&v->items[0], -1);
    if (bin < 0 || bin >= BINS_PER_HOUR) return false;
    out->differs |= 1u << bin;
    out->counted[bin] = (uint32_t)json_i64(&v->items[1], 0);
    out->held[bin] = (uint32_t)json_i64(&v->items[2], 0);
    return true;
}

bool verdict_restore(const struct verdict_record *r, struct verdict *out)
{
    *out = (struct verdict){.hour = r->hour, .repaired = r->repaired, .is_pulled = r->is_pulled};
    if (r->differing.n == 0) return true;
    struct arena a;
    arena_init(&a, 64 << 10);
    const struct json *list = json_parse(&a, r->differing, NULL);
    bool ok = list && list->type == JSON_ARRAY;
    for (size_t i = 0; ok && i < list->count; i++) ok = read_bin(&list->items[i], out);
    arena_done(&a);
    return ok;
}

void verdict_write(const struct verdict *v, struct buf *text, struct verdict_record *out)
{
    struct json_writer w;
    buf_reset(text);
    *out = (struct verdict_record){.hour = v->hour, .repaired = v->repaired, .is_pulled = v->is_pulled};
    if (v->differs == 0) return;
    json_writer_init(&w, text);
    json_array_begin(&w);
    for (unsigned i = 0; i < BINS_PER_HOUR; i++) {
        if (!(v->differs & 1u << i)) continue;
        json_array_begin(&w);
        json_write_i64(&w, i);
        json_write_i64(&w, v->counted[i]);
        json_write_i64(&w, v->held[i]);
        json_array_end(&w);
    }
    json_array_end(&w);
    out->differing = buf_str(text);
}

/* ---- news -------------------------------------------------------------------------------------------------------------------- */

bool verdict_news_of(const struct feed_effect *effect, struct verdict_news *out)
{
    const struct feed_counts *c = effect->differing;
    *out = (struct verdict_news){.repaired = effect->repaired,
                                 .repaired_hour = effect->repaired_hour,
                                 .is_judged = effect->is_judged,
                                 .is_pull = effect->is_pull,
                                 .from = effect->judged_from,
                                 .to = effect->judged_to};
    if (!effect->is_judged || !c) return true;
    out->differing = calloc(RUNS_MAX * RUN_BINS_MAX, sizeof *out->differing);
    if (!out->differing) return false;
    for (unsigned i = 0; i < c->run_count; i++)
        for (unsigned k = 0; k < c->runs[i].count; k++) {
            struct judged_bin b = {c->runs[i].first + k, c->counted[i][k], c->held[i][k]};
            if (bin_start(b.bin).ticks < out->to.ticks) out->differing[out->count++] = b;
        }
    return true;
}

void verdict_news_done(struct verdict_news *n)
{
    free(n->differing);
    *n = (struct verdict_news){0};
}

bool verdict_news_is_empty(const struct verdict_news *n)
{
    return !n->repaired && !n->is_judged;
}

/* ---- into the store ---------------------------------------------------------------------------------------------------------- */

/* The hours that news concern, those noted already among them. */
struct noted {
    struct verdict v;
    bool is_changed;
};
struct hours {
    struct noted *p;
    size_t count, cap;
    bool is_bad;
};

static struct noted *hour_at(struct hours *h, int64_t hour)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->p[i].v.hour == hour) return &h->p[i];
    if (h->count == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : 16;
        struct noted *bigger = realloc(h->p, cap * sizeof *bigger);
        if (!bigger) return NULL;
        h->p = bigger;
        h->cap = cap;
    }
    h->p[h->count] = (struct noted){.v.hour = hour};
    return &h->p[h->count++];
}

static bool take_noted(void *arg, const struct verdict_record *r)
{
    struct hours *h = arg;
    struct noted *n = hour_at(h, r->hour);
    h->is_bad = !n || !verdict_restore(r, &n->v);
    return !h->is_bad;
}

/* Bins that were judged agree, until said otherwise. */
static void clear_judged(struct noted *h, const struct verdict_news *n)
{
    unsigned before = h->v.differs;
    for (unsigned i = 0; i < BINS_PER_HOUR; i++) {
        struct wall begin = {h->v.hour * WALL_TICKS_PER_HOUR + i * BIN_TICKS};
        if (begin.ticks >= n->from.ticks && begin.ticks < n->to.ticks) h->v.differs &= ~(1u << i);
    }
    h->is_changed |= h->v.differs != before;
}

static bool note_differing(struct hours *h, const struct judged_bin *b)
{
    unsigned at = facts_index(bin_start(b->bin));
    struct noted *n = hour_at(h, wall_hour(bin_start(b->bin)));
    if (!n) return false;
    n->v.differs |= 1u << at;
    n->v.counted[at] = b->counted;
    n->v.held[at] = b->held;
    n->is_changed = true;
    return true;
}

/* Of the hours that a pull made complete, those that lie in it whole. */
static bool note_pulled(struct hours *h, const struct verdict_news *n)
{
    int64_t end = wall_hour(n->to);
    for (int64_t hour = wall_hour(wall_add(n->from, WALL_TICKS_PER_HOUR - 1)); hour < end; hour++) {
        struct noted *at = hour_at(h, hour);
        if (!at) return false;
        at->is_changed |= !at->v.is_pulled;
        at->v.is_pulled = true;
    }
    return true;
}

static bool judge(struct hours *h, const struct verdict_news *n)
{
    for (size_t i = 0; i < h->count; i++) clear_judged(&h->p[i], n);
    for (size_t i = 0; i < n->count; i++)
        if (!note_differing(h, &n->differing[i])) return false;
    return !n->is_pull || note_pulled(h, n);
}

static bool repair(struct hours *h, const struct verdict_news *n)
{
    struct noted *at = hour_at(h, n->repaired_hour);
    if (!at) return false;
    at->v.repaired += n->repaired;
    at->is_changed = true;
    return true;
}

static bool put_all(struct store *s, int64_t feed_id, const struct hours *h, struct err *e)
{
    struct buf text;
    struct verdict_record r;
    bool ok = true;
    buf_init(&text, 4096);
    for (size_t i = 0; ok && i < h->count; i++) {
        if (!h->p[i].is_changed) continue;
        verdict_write(&h->p[i].v, &text, &r);
        ok = store_verdict_put(s, feed_id, &r, e);
    }
    buf_done(&text);
    return ok;
}

bool verdict_news_write(struct store *s, int64_t feed_id, const struct verdict_news *n, struct err *e)
{
    struct hours h = {0};
    INVARIANT(!n->is_judged || !n->repaired); /* an answer holds counts or rows */
    int64_t from = n->is_judged ? wall_hour(n->from) : n->repaired_hour;
    int64_t to = n->is_judged ? wall_hour(wall_add(n->to, -1)) + 1 : n->repaired_hour + 1;
    bool ok = store_verdict_list(s, feed_id, from, to, take_noted, &h, e);
    if (ok && h.is_bad) ok = err_set(e, &ingest_causes[INGEST_STATE_BAD], "verdicts of feed %lld", (long long)feed_id);
    if (ok && !(n->is_judged ? judge(&h, n) : repair(&h, n)))
        ok = err_set(e, &base_causes[BASE_NO_MEMORY], "verdicts of feed %lld", (long long)feed_id);
    ok = ok && put_all(s, feed_id, &h, e);
    free(h.p);
    return ok;
}
