#include "log_kit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kit/sys/random.h"

struct kit_disk kit_disk_new(uint64_t seed)
{
    struct kit_disk d = {.disk = fake_disk_new(seed)};
    struct err e;
    d.fs = fake_disk_fs(d.disk);
    assert_true(d.fs.ops->make_dirs(d.fs.ctx, "/d", &e));
    assert_true(d.fs.ops->sync_dir(d.fs.ctx, "/", &e));
    return d;
}

bool kit_open(struct kit_disk *d, uint64_t named_end, uint64_t segment_bytes, struct log **out, struct err *e)
{
    return journal_open(d->fs, KIT_DIR, KIT_SPOOL, named_end, segment_bytes, out, e);
}

static void row_text(uint64_t i, const struct kit_rows *rows, struct buf *out)
{
    struct rng rng;
    buf_reset(out);
    buf_addf(out, "{\"row\":%" PRIu64, i);
    rng_seed(&rng, i);
    while (out->n < rows->bytes) {
        uint64_t noise = rows->noisy ? rng_u64(&rng) : 0;
        buf_addf(out, ",\"%016" PRIx64 "\":%d", noise, 1);
    }
    buf_add_char(out, '}');
}

static bool fill(struct log_batch *b, const struct kit_rows *rows, struct err *e)
{
    struct buf text;
    bool ok = true;
    buf_init(&text, 0);
    for (uint64_t i = rows->first; ok && i < rows->first + rows->count; i++) {
        row_text(i, rows, &text);
        struct log_row row = {
            .identity = hash128_of(&i, sizeof i), .time = {(int64_t)i * WALL_TICKS_PER_S}, .bytes = buf_str(&text)};
        ok = log_batch_add(b, &row, e);
    }
    buf_done(&text);
    return ok && log_batch_seal(b, e);
}

struct log_batch *kit_try_batch(struct log *l, const struct kit_rows *rows, struct err *e)
{
    struct log_origin origin = {.tenant_id = "11111111-2222-3333-4444-555555555555",
                                .source = "DeviceInfo",
                                .feed_id = 7,
                                .how = LOG_CATCH_UP,
                                .received = {(int64_t)rows->first * WALL_TICKS_PER_S}};
    struct log_batch *b = log_batch_new(l, &origin);
    assert_non_null(b);
    if (fill(b, rows, e)) return b;
    log_batch_free(b);
    return NULL;
}

struct log_batch *kit_batch(struct log *l, const struct kit_rows *rows)
{
    struct err e = {0};
    struct log_batch *b = kit_try_batch(l, rows, &e);
    if (b == NULL) fail_msg("%s", e.text);
    assert_int_equal(log_batch_rows(b), rows->count);
    return b;
}

bool kit_append(struct log *l, const struct kit_rows *rows, uint64_t *end_out, struct err *e)
{
    struct log_batch *b = kit_try_batch(l, rows, e);
    bool ok = b != NULL && log_append(l, &b, 1, end_out, e);
    log_batch_free(b);
    return ok;
}

void kit_expect(struct log *l, uint64_t from, uint64_t limit, uint64_t first, uint64_t count)
{
    struct log_reader *r;
    struct log_frame f;
    struct err e = {0};
    uint64_t i = first;
    char begins[64];
    bool has = true;
    assert_true(log_reader_new(l, from, &r, &e));
    for (;;) {
        if (!log_reader_next(r, limit, &f, &has, &e)) fail_msg("%s", e.text);
        if (!has) break;
        assert_int_equal(f.origin.feed_id, 7);
        assert_int_equal(f.origin.how, LOG_CATCH_UP);
        assert_string_equal(f.origin.source, "DeviceInfo");
        for (size_t k = 0; k < f.row_count; k++, i++) {
            (void)snprintf(begins, sizeof begins, "{\"row\":%" PRIu64, i);
            assert_true(str_starts(f.rows[k].bytes, str_of(begins)));
            assert_true(hash128_eq(f.rows[k].identity, hash128_of(&i, sizeof i)));
            assert_int_equal(f.rows[k].time.ticks, (int64_t)i * WALL_TICKS_PER_S);
        }
    }
    assert_int_equal(i, first + count);
    log_reader_free(r);
}
