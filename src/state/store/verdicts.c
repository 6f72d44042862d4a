/* What the count sweeps found, per feed and hour. Sparse: an hour without a row agreed and nothing had to be repaired. */
#include "state/store/fingerprints.h"
#include "state/store/store_int.h"

bool store_verdict_put(struct store *s, int64_t feed_id, const struct verdict_record *r, struct err *e)
{
    if (r->repaired == 0 && !r->is_pulled && r->differing.n == 0)
        return run_statement(s, SQL_VERDICT_REMOVE, NULL, e, "ii", feed_id, r->hour);
    return run_statement(s, SQL_VERDICT_PUT, NULL, e, "iiiib", feed_id, r->hour, (int64_t)r->repaired,
                         (int64_t)r->is_pulled, r->differing);
}

bool store_verdict_list(struct store *s, int64_t feed_id, int64_t from_hour, int64_t to_hour,
                        bool (*each)(void *arg, const struct verdict_record *r), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_VERDICT_LIST, &c, e, "iii", feed_id, from_hour, to_hour)) return false;
    while (cursor_next(&c)) {
        struct verdict_record r = {.hour = column_i64(&c, 0),
                                   .repaired = (uint64_t)column_i64(&c, 1),
                                   .is_pulled = column_i64(&c, 2) != 0,
                                   .differing = column_bytes(&c, 3)};
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_verdict_drop(struct store *s, int64_t feed_id, int64_t before_hour, struct err *e)
{
    return run_statement(s, SQL_VERDICT_DROP, NULL, e, "ii", feed_id, before_hour);
}
