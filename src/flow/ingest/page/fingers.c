#include "flow/ingest/page/fingers.h"
#include "state/store/fingerprints.h"

#include <stdlib.h>
#include <string.h>

/* ---- the set --------------------------------------------------------------------------------------------------------------- */

static bool is_empty_slot(struct hash128 h)
{
    return h.hi == 0 && h.lo == 0;
}

/* The empty slot's value is not a value: that one hash of 2^128 moves by one. */
static struct hash128 slot_value(struct hash128 h)
{
    if (is_empty_slot(h)) h.lo = 1;
    return h;
}

static bool known_grow(struct known *k)
{
    size_t slots = k->slots ? (k->mask + 1) * 2 : 64;
    struct known bigger = {.slots = calloc(slots, sizeof *bigger.slots), .mask = slots - 1};
    if (!bigger.slots) return false;
    for (size_t i = 0; k->slots && i <= k->mask; i++) {
        bool is_new;
        if (!is_empty_slot(k->slots[i])) (void)known_add(&bigger, k->slots[i], &is_new);
    }
    free(k->slots);
    *k = bigger;
    return true;
}

bool known_add(struct known *k, struct hash128 h, bool *is_new_out)
{
    if ((!k->slots || (k->count + 1) * 4 > (k->mask + 1) * 3) && !known_grow(k)) return false;
    h = slot_value(h);
    size_t i = h.lo & k->mask;
    while (!is_empty_slot(k->slots[i])) {
        if (hash128_eq(k->slots[i], h)) {
            *is_new_out = false;
            return true;
        }
        i = (i + 1) & k->mask;
    }
    k->slots[i] = h;
    k->count++;
    *is_new_out = true;
    return true;
}

static bool known_has(const struct known *k, struct hash128 h)
{
    h = slot_value(h);
    for (size_t i = h.lo & k->mask; k->slots && !is_empty_slot(k->slots[i]); i = (i + 1) & k->mask)
        if (hash128_eq(k->slots[i], h)) return true;
    return false;
}

void known_done(struct known *k)
{
    free(k->slots);
    *k = (struct known){0};
}

/* ---- hours ----------------------------------------------------------------------------------------------------------------- */

void fingers_init(struct fingers *f, struct store *store, const struct ingest_history *history, const char *tenant_id,
                  const char *source, int64_t feed_id, int64_t horizon_hour)
{
    *f = (struct fingers){
        .store = store,
        .history = history,
        .tenant_id = tenant_id,
        .source = source,
        .feed_id = feed_id,
        .horizon_hour = horizon_hour,
    };
}

void fingers_done(struct fingers *f)
{
    for (size_t i = 0; i < f->put_count; i++) free(f->puts[i].fresh);
    free(f->puts);
    known_done(&f->known);
    *f = (struct fingers){0};
}

static bool no_memory(struct err *e)
{
    return err_set(e, &base_causes[BASE_NO_MEMORY], "fingerprints of a feed");
}

static bool put_push(struct bucket_put *p, struct hash128 h)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 32;
        struct hash128 *bigger = realloc(p->fresh, cap * sizeof *bigger);
        if (!bigger) return false;
        p->fresh = bigger;
        p->cap = cap;
    }
    p->fresh[p->count++] = h;
    return true;
}

static bool load_run(void *arg, const struct hash128 *sorted, size_t count)
{
    struct fingers *f = arg;
    bool is_new;
    for (size_t i = 0; i < count; i++)
        if (!known_add(&f->known, sorted[i], &is_new)) return false;
    return true;
}

static bool rebuild_row(void *arg, struct hash128 identity, struct wall time)
{
    struct fingers *f = arg;
    struct bucket_put *p = &f->puts[f->current];
    bool is_new;
    if (!known_add(&f->known, identity, &is_new) || (is_new && !put_push(p, identity))) return false;
    p->facts.held[facts_index(time)] += is_new;
    return true;
}

/* An hour whose fingerprints were dropped comes back from what log and lake hold; it is written with this page, so the next
 * page of the same pull finds it. */
static bool rebuild(struct fingers *f, struct err *e)
{
    struct bucket_put *p = &f->puts[f->current];
    struct wall from = {p->hour * WALL_TICKS_PER_HOUR}, to = {(p->hour + 1) * WALL_TICKS_PER_HOUR};
    if (!f->history || !f->history->rows) return true;
    p->is_rebuilt = true;
    return f->history->rows(f->history->ctx, f->tenant_id, f->source, from, to, rebuild_row, f, e);
}

static bool load_store(struct fingers *f, struct bucket_put *p, bool has_facts, struct err *e)
{
    struct buf facts;
    buf_init(&facts, 4096);
    bool ok = store_fingerprints_get(f->store, f->feed_id, p->hour, load_run, f, &facts, e);
    if (ok && !has_facts && facts.n && !facts_read(buf_str(&facts), &p->facts))
        ok = err_set(e, &ingest_causes[INGEST_STATE_BAD], "facts of feed %lld, hour %lld", (long long)f->feed_id,
                     (long long)p->hour);
    if (ok && !has_facts && facts.n == 0 && p->hour < f->horizon_hour) ok = rebuild(f, e);
    buf_done(&facts);
    return ok;
}

static bool find_put(struct fingers *f, int64_t hour, bool *is_there_out)
{
    for (size_t i = f->put_count; i-- > 0;)
        if (f->puts[i].hour == hour) {
            f->current = i;
            *is_there_out = true;
            return true;
        }
    if (f->put_count == f->put_cap) {
        size_t cap = f->put_cap ? f->put_cap * 2 : 4;
        struct bucket_put *bigger = realloc(f->puts, cap * sizeof *bigger);
        if (!bigger) return false;
        f->puts = bigger;
        f->put_cap = cap;
    }
    f->current = f->put_count++;
    f->puts[f->current] = (struct bucket_put){.hour = hour};
    *is_there_out = false;
    return true;
}

bool fingers_open(struct fingers *f, int64_t hour, struct err *e)
{
    bool is_there, is_new;
    if (f->is_open && f->puts[f->current].hour == hour) return true;
    f->is_open = false;
    known_done(&f->known);
    if (!find_put(f, hour, &is_there)) return no_memory(e);
    struct bucket_put *p = &f->puts[f->current];
    for (size_t i = 0; is_there && i < p->count; i++)
        if (!known_add(&f->known, p->fresh[i], &is_new)) return no_memory(e);
    f->is_open = load_store(f, p, is_there, e);
    return f->is_open;
}

bool fingers_add(struct fingers *f, int64_t hour, struct wall time, struct hash128 identity, bool *is_new_out,
                 struct err *e)
{
    if (!fingers_open(f, hour, e)) return false;
    struct bucket_put *p = &f->puts[f->current];
    if (!known_add(&f->known, identity, is_new_out)) return no_memory(e);
    if (!*is_new_out) return true;
    if (!put_push(p, identity)) return no_memory(e);
    p->facts.held[facts_index(time)]++;
    return true;
}

bool fingers_have(struct fingers *f, int64_t hour, struct hash128 identity, bool *out, struct err *e)
{
    if (!fingers_open(f, hour, e)) return false;
    *out = known_has(&f->known, identity);
    return true;
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

void fingers_finish(struct fingers *f)
{
    size_t kept = 0;
    known_done(&f->known);
    f->is_open = false;
    for (size_t i = 0; i < f->put_count; i++) {
        if (f->puts[i].count == 0 && !f->puts[i].is_rebuilt) {
            free(f->puts[i].fresh);
            continue;
        }
        if (f->puts[i].count > 1) qsort(f->puts[i].fresh, f->puts[i].count, sizeof *f->puts[i].fresh, by_hash);
        f->puts[kept++] = f->puts[i];
    }
    f->put_count = kept;
}

/* ---- counts ---------------------------------------------------------------------------------------------------------------- */

struct expectation {
    int64_t first, end; /* bins */
    int64_t *expected;
    bool *has_hour; /* hours that have facts, from first's hour on */
    int64_t first_hour;
    bool is_bad;
};

static void expect_hour(struct expectation *x, int64_t hour, const struct facts *facts)
{
    x->has_hour[hour - x->first_hour] = true;
    for (unsigned i = 0; i < BINS_PER_HOUR; i++) {
        int64_t bin = hour * BINS_PER_HOUR + i;
        if (bin >= x->first && bin < x->end) x->expected[bin - x->first] = facts->held[i] + facts->surplus[i];
    }
}

static bool expect_facts(void *arg, int64_t hour, struct str json)
{
    struct expectation *x = arg;
    struct facts facts;
    x->is_bad = !facts_read(json, &facts);
    if (!x->is_bad) expect_hour(x, hour, &facts);
    return !x->is_bad;
}

bool fingers_expected(struct fingers *f, struct wall from, struct wall to, int64_t *expected, struct err *e)
{
    struct wall last = {to.ticks - 1};
    struct expectation x = {
        .first = bin_of(from), .end = bin_of(last) + 1, .expected = expected, .first_hour = wall_hour(from)};
    int64_t end_hour = wall_hour(last) + 1;
    memset(expected, 0, (size_t)(x.end - x.first) * sizeof *expected);
    x.has_hour = calloc((size_t)(end_hour - x.first_hour), sizeof *x.has_hour);
    if (!x.has_hour) return no_memory(e);
    bool ok = store_fingerprint_facts(f->store, f->feed_id, x.first_hour, end_hour, expect_facts, &x, e);
    if (ok && x.is_bad) ok = err_set(e, &ingest_causes[INGEST_STATE_BAD], "facts of feed %lld", (long long)f->feed_id);
    for (int64_t hour = x.first_hour; ok && hour < end_hour && hour < f->horizon_hour; hour++) {
        if (x.has_hour[hour - x.first_hour]) continue;
        ok = fingers_open(f, hour, e);
        if (ok) expect_hour(&x, hour, &f->puts[f->current].facts);
    }
    free(x.has_hour);
    return ok;
}
