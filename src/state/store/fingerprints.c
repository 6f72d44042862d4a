/* Fingerprints per (feed, bucket): sorted runs, 16 bytes each, high part first. A put adds one run, which writes only what is
 * new; past RUNS_MAX the runs are merged into one, so that reading a bucket never has to look into many. */
#include <stdlib.h>
#include <string.h>

#include "state/store/fingerprints.h"
#include "state/store/store_int.h"

enum { RUNS_MAX = 8, HASH_BYTES = 16 };

static uint64_t load_u64(const char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v = v << 8 | (unsigned char)p[i];
    return v;
}

static void store_u64(char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++) p[i] = (char)(v >> (56 - 8 * i));
}

static bool add_run(struct store *s, int64_t feed_id, int64_t bucket, const struct hash128 *sorted, size_t count,
                    struct err *e)
{
    char *bytes = count <= SIZE_MAX / HASH_BYTES ? malloc(count * HASH_BYTES) : NULL;
    if (bytes == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "storing fingerprints");
    for (size_t i = 0; i < count; i++) {
        store_u64(bytes + i * HASH_BYTES, sorted[i].hi);
        store_u64(bytes + i * HASH_BYTES + 8, sorted[i].lo);
    }
    bool ok = run_statement(s, SQL_RUN_ADD, NULL, e, "iib", feed_id, bucket, (struct str){bytes, count * HASH_BYTES});
    free(bytes);
    return ok;
}

static bool count_runs(struct store *s, int64_t feed_id, int64_t bucket, int64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_RUN_COUNT, &c, e, "ii", feed_id, bucket)) return false;
    if (cursor_next(&c)) *out = column_i64(&c, 0);
    return cursor_close(&c);
}

/* All runs of the bucket, end to end; runs_out: where each one is, none empty. */
static bool gather(struct store *s, int64_t feed_id, int64_t bucket, struct buf *all, struct str runs_out[RUNS_MAX + 1],
                   size_t *count_out, struct err *e)
{
    struct cursor c;
    size_t ends[RUNS_MAX + 1], n = 0;
    if (!cursor_open(s, SQL_RUN_LIST, &c, e, "ii", feed_id, bucket)) return false;
    while (n <= RUNS_MAX && cursor_next(&c)) {
        (void)buf_add_str(all, column_bytes(&c, 0));
        ends[n++] = all->n;
    }
    if (!cursor_close(&c)) return false;
    if (all->failed) return err_set(e, &base_causes[BASE_NO_MEMORY], "merging fingerprints");
    for (size_t i = 0, from = 0; i < n; from = ends[i++]) runs_out[i] = (struct str){all->p + from, ends[i] - from};
    *count_out = n;
    return true;
}

/* The least head of all runs, again and again; equal heads go together. */
static bool merge(struct str *runs, size_t count, struct buf *out)
{
    for (;;) {
        const char *least = NULL;
        for (size_t i = 0; i < count; i++)
            if (runs[i].n && (least == NULL || memcmp(runs[i].p, least, HASH_BYTES) < 0)) least = runs[i].p;
        if (least == NULL) return !out->failed;
        (void)buf_add(out, least, HASH_BYTES);
        for (size_t i = 0; i < count; i++)
            while (runs[i].p && runs[i].n && memcmp(runs[i].p, least, HASH_BYTES) == 0)
                runs[i] = str_sub(runs[i], HASH_BYTES, runs[i].n);
    }
}

static bool merge_runs(struct store *s, int64_t feed_id, int64_t bucket, struct err *e)
{
    struct str runs[RUNS_MAX + 1];
    struct buf all, merged;
    size_t count = 0;
    buf_init(&all, SIZE_MAX);
    buf_init(&merged, SIZE_MAX);
    bool ok = gather(s, feed_id, bucket, &all, runs, &count, e);
    if (ok && !(buf_reserve(&merged, all.n) && merge(runs, count, &merged)))
        ok = err_set(e, &base_causes[BASE_NO_MEMORY], "merging fingerprints");
    ok = ok && run_statement(s, SQL_RUN_CLEAR, NULL, e, "ii", feed_id, bucket) &&
         run_statement(s, SQL_RUN_ADD, NULL, e, "iib", feed_id, bucket, buf_str(&merged));
    buf_done(&all);
    buf_done(&merged);
    return ok;
}

bool store_fingerprints_put(struct store *s, int64_t feed_id, int64_t bucket, const struct hash128 *sorted,
                            size_t count, struct str facts, struct err *e)
{
    struct scope scope;
    int64_t runs = 0;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_BUCKET_PUT, NULL, e, "iib", feed_id, bucket, facts);
    if (ok && count) {
        ok = add_run(s, feed_id, bucket, sorted, count, e) && count_runs(s, feed_id, bucket, &runs, e) &&
             (runs <= RUNS_MAX || merge_runs(s, feed_id, bucket, e));
    }
    return scope_end(&scope, ok, e);
}

static bool hand_out(struct str bytes, bool (*each_run)(void *arg, const struct hash128 *sorted, size_t count),
                     void *arg, bool *go_on)
{
    size_t count = bytes.n / HASH_BYTES;
    struct hash128 *sorted = malloc(count * sizeof *sorted + 1);
    if (sorted == NULL) return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct hash128){load_u64(bytes.p + i * HASH_BYTES), load_u64(bytes.p + i * HASH_BYTES + 8)};
    *go_on = each_run(arg, sorted, count);
    free(sorted);
    return true;
}

static bool get_facts(struct store *s, int64_t feed_id, int64_t bucket, struct buf *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_BUCKET_FACTS, &c, e, "ii", feed_id, bucket)) return false;
    bool fits = !cursor_next(&c) || buf_add_str(out, column_bytes(&c, 0));
    if (!cursor_close(&c)) return false;
    return fits || err_set(e, &base_causes[BASE_NO_MEMORY], "reading fingerprints");
}

bool store_fingerprints_get(struct store *s, int64_t feed_id, int64_t bucket,
                            bool (*each_run)(void *arg, const struct hash128 *sorted, size_t count), void *arg,
                            struct buf *facts_out, struct err *e)
{
    struct cursor c;
    bool has_memory = true, go_on = true;
    store_lock(s); /* facts and runs of one moment */
    bool ok = facts_out == NULL || get_facts(s, feed_id, bucket, facts_out, e);
    if (ok) ok = cursor_open(s, SQL_RUN_LIST, &c, e, "ii", feed_id, bucket);
    if (ok) {
        while (has_memory && go_on && cursor_next(&c))
            has_memory = hand_out(column_bytes(&c, 0), each_run, arg, &go_on);
        ok = cursor_close(&c);
    }
    store_unlock(s);
    return ok && (has_memory || err_set(e, &base_causes[BASE_NO_MEMORY], "reading fingerprints"));
}

bool store_fingerprints_drop(struct store *s, int64_t feed_id, int64_t before_bucket, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_RUN_DROP, NULL, e, "ii", feed_id, before_bucket) &&
              run_statement(s, SQL_BUCKET_DROP, NULL, e, "ii", feed_id, before_bucket);
    return scope_end(&scope, ok, e);
}

bool store_fingerprint_facts(struct store *s, int64_t feed_id, int64_t from_bucket, int64_t to_bucket,
                             bool (*each)(void *arg, int64_t bucket, struct str facts), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_BUCKET_LIST, &c, e, "iii", feed_id, from_bucket, to_bucket)) return false;
    while (cursor_next(&c))
        if (!each(arg, column_i64(&c, 0), column_bytes(&c, 1))) break;
    return cursor_close(&c);
}
