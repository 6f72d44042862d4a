/* Answers of count queries, compared with what we hold: rows {"Timestamp" (or how the table calls its time): start of a bin,
 * "count_": how many}, or one row {"count_"} for all. */
#include "flow/ingest/page/page_int.h"

#include <stdlib.h>

static size_t bin_count(const struct feed_fetch *q)
{
    return (size_t)(bin_of((struct wall){q->to.ticks - 1}) + 1 - bin_of(q->from));
}

struct str page_unquoted(struct str value)
{
    if (value.n >= 2 && value.p[0] == '"') return (struct str){value.p + 1, value.n - 2};
    return value;
}

static bool read_count(struct str record, struct str time, struct wall *at, uint64_t *count)
{
    struct json_cursor c;
    struct json_slice member;
    bool has_time = time.n == 0, has_count = false;
    if (!json_cursor_open(&c, record) || !c.is_object) return false;
    while (json_cursor_next(&c, &member)) {
        if (str_eq(member.key, time))
            has_time = wall_parse(page_unquoted(member.value), at);
        else if (str_eq(member.key, STR("count_")))
            has_count = str_to_u64(page_unquoted(member.value), count);
    }
    return has_time && has_count;
}

void page_total_row(struct page *p, struct str record)
{
    struct wall none;
    if (read_count(record, STR_NONE, &none, &p->job->counts.total))
        p->count_rows++;
    else
        (void)page_fail(p, "a count has no count_");
}

void page_count_row(struct page *p, struct str record)
{
    const struct feed_fetch *q = &p->job->fetch;
    struct wall at = {0};
    uint64_t count;
    if (!p->remote) p->remote = calloc(bin_count(q), sizeof *p->remote);
    if (!p->remote) {
        p->has_failed = true;
        (void)err_set(&p->job->err, &base_causes[BASE_NO_MEMORY], "%s: counts", p->job->row->name);
        return;
    }
    if (!read_count(record, str_of(p->job->row->time), &at, &count)) {
        (void)page_fail(p, "a row of counts has no time or count_");
        return;
    }
    int64_t bin = bin_of(at) - bin_of(q->from);
    if (bin < 0 || (size_t)bin >= bin_count(q)) {
        (void)page_fail(p, "it counts rows of another time than asked for");
        return;
    }
    p->remote[bin] += count;
    p->job->counts.total += count;
    p->count_rows++;
}

bool page_compare(struct page *p)
{
    const struct feed_fetch *q = &p->job->fetch;
    size_t bins = bin_count(q);
    int64_t *expected = calloc(bins, sizeof *expected);
    if (!p->remote) p->remote = calloc(bins, sizeof *p->remote);
    bool ok = expected && p->remote;
    if (!ok) (void)err_set(&p->job->err, &base_causes[BASE_NO_MEMORY], "%s: counts", p->job->row->name);
    ok = ok && fingers_expected(&p->fingers, q->from, q->to, expected, &p->job->err);
    if (ok) counts_compare(q->from, q->to, p->remote, expected, &p->job->counts);
    free(expected);
    return ok;
}

void page_counts_done(struct page *p)
{
    free(p->remote);
    p->remote = NULL;
}
