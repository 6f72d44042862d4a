/* What is known of a feed's rows, once more as they look without some columns. */
#include <stdlib.h>
#include <string.h>

#include "flow/ingest/page/columns.h"
#include "kit/json/json.h"
#include "state/store/fingerprints.h"
#include "state/store/lake.h"

enum { GATHERED_MAX = 1 << 16 }; /* identities in memory */

struct known_row {
    int64_t hour;
    struct hash128 identity;
};
struct forgetting {
    const struct columns_lost *q;
    struct map_scratch *scratch;
    struct buf row;
    struct known_row *rows;
    size_t count;
};

static int by_hour(const void *a, const void *b)
{
    const struct known_row *x = a, *y = b;
    if (x->hour != y->hour) return x->hour < y->hour ? -1 : 1;
    return hash128_cmp(x->identity, y->identity);
}

static bool copy_facts(void *arg, int64_t hour, struct str facts)
{
    (void)hour;
    return buf_add_str(arg, facts);
}

/* What was noted of the hour stays: the rows held are no more than before. Hours that have no note are not kept any more. */
static bool put_hour(const struct columns_lost *q, int64_t hour, const struct hash128 *sorted, size_t count,
                     struct err *e)
{
    struct buf facts;
    buf_init(&facts, 4096);
    bool ok = store_fingerprint_facts(q->store, q->feed_id, hour, hour + 1, copy_facts, &facts, e) &&
              (facts.n == 0 || store_fingerprints_put(q->store, q->feed_id, hour, sorted, count, buf_str(&facts), e));
    buf_done(&facts);
    return ok;
}

static bool flush(struct forgetting *f, struct err *e)
{
    struct hash128 *run = malloc((f->count + 1) * sizeof *run);
    bool ok = run || err_set(e, &base_causes[BASE_NO_MEMORY], "%s: knowing rows without a column", f->q->source);
    if (ok && f->count) qsort(f->rows, f->count, sizeof *f->rows, by_hour);
    for (size_t i = 0, n; ok && i < f->count; i += n) {
        for (n = 0; i + n < f->count && f->rows[i + n].hour == f->rows[i].hour; n++) run[n] = f->rows[i + n].identity;
        ok = put_hour(f->q, f->rows[i].hour, run, n, e);
    }
    f->count = 0;
    free(run);
    return ok;
}

/* The row without its lost columns; false: it has none of them. */
static bool without(struct forgetting *f, struct str row)
{
    struct json_cursor c;
    struct json_slice m;
    bool is_other = false, any = false;
    buf_reset(&f->row);
    (void)buf_add_char(&f->row, '{');
    for (bool open = json_cursor_open(&c, row); open && json_cursor_next(&c, &m);) {
        bool is_lost = columns_has(f->q->lost, m.key);
        is_other |= is_lost && m.type != JSON_NULL;
        if (is_lost) continue;
        (void)buf_addf(&f->row, "%s\"%.*s\":", any ? "," : "", STR_ARG(m.key));
        (void)buf_add_str(&f->row, m.value);
        any = true;
    }
    (void)buf_add_char(&f->row, '}');
    return is_other && !f->row.failed;
}

static bool take(struct forgetting *f, const struct log_row *row, struct err *e)
{
    struct row_facts facts;
    bool is_timeless = f->q->is_timeless;
    if ((!is_timeless && row->time.ticks < f->q->from.ticks) || !without(f, row->bytes)) return true;
    plan_facts(f->q->plan, f->scratch, str_of(f->q->tenant_id), str_of(f->q->source), buf_str(&f->row), &facts);
    f->rows[f->count++] = (struct known_row){is_timeless ? 0 : wall_hour(row->time), facts.identity};
    return f->count < GATHERED_MAX || flush(f, e);
}

static bool read_log(struct forgetting *f, struct err *e)
{
    struct log_reader *r;
    struct log_frame frame;
    bool has = true;
    uint64_t end;
    if (!store_log_end_get(f->q->store, &end, e) || !log_reader_new(f->q->log, log_begin(f->q->log), &r, e))
        return false;
    log_reader_only(r, f->q->feed_id);
    bool ok = true;
    while (ok && (ok = log_reader_next(r, end, &frame, &has, e)) && has)
        for (size_t i = 0; ok && i < frame.row_count; i++) ok = take(f, &frame.rows[i], e);
    log_reader_free(r);
    return ok && flush(f, e);
}

bool columns_forget(const struct columns_lost *q, struct err *e)
{
    struct forgetting f = {.q = q, .scratch = map_scratch_new(), .rows = calloc(GATHERED_MAX, sizeof *f.rows)};
    buf_init(&f.row, LOG_ROW_BYTES_MAX + 16);
    bool ok = f.scratch && f.rows;
    if (!ok) (void)err_set(e, &base_causes[BASE_NO_MEMORY], "%s: knowing rows without a column", q->source);
    ok = ok && read_log(&f, e);
    buf_done(&f.row);
    map_scratch_free(f.scratch);
    free(f.rows);
    return ok;
}
