/* Feeds. */
#include "state/store/feeds.h"
#include "state/store/store_int.h"

static bool add_feed(struct store *s, const struct feed_record *r, bool *conflict, struct err *e)
{
    return run_statement(s, SQL_FEED_ADD, conflict, e, "ttbiiiiittti", r->tenant_id, r->feed, r->state,
                         r->last_synced.ticks, r->newest_event.ticks, (int64_t)r->rows, (int64_t)r->late_rows,
                         (int64_t)r->dead, r->status, r->error_code, r->error_text, r->error_since.ticks);
}

static bool set_feed(struct store *s, const struct feed_record *r, bool *conflict, struct err *e)
{
    return run_statement(s, SQL_FEED_SET, conflict, e, "ttbiiiiitttii", r->tenant_id, r->feed, r->state,
                         r->last_synced.ticks, r->newest_event.ticks, (int64_t)r->rows, (int64_t)r->late_rows,
                         (int64_t)r->dead, r->status, r->error_code, r->error_text, r->error_since.ticks, r->id);
}

bool store_feed_put(struct store *s, struct feed_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    bool ok = r->id == 0 ? add_feed(s, r, &conflict, e) : set_feed(s, r, &conflict, e);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "there is a feed %s of tenant %s already", r->feed, r->tenant_id);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the feed %s of tenant %s is not there any more", r->feed,
                     r->tenant_id);
    if (ok && r->id == 0) r->id = added_row(s);
    store_unlock(s);
    return ok || err_context(e, "feed %s of tenant %s", r->feed, r->tenant_id);
}

static void read_feed(const struct cursor *c, struct feed_record *r)
{
    *r = (struct feed_record){.id = column_i64(c, 0),
                              .state = column_bytes(c, 3),
                              .last_synced = column_wall(c, 4),
                              .newest_event = column_wall(c, 5),
                              .rows = (uint64_t)column_i64(c, 6),
                              .late_rows = (uint64_t)column_i64(c, 7),
                              .dead = (uint64_t)column_i64(c, 8),
                              .refused = (uint64_t)column_i64(c, 9),
                              .error_since = column_wall(c, 13),
                              .drift = (uint64_t)column_i64(c, 14)};
    column_text(c, 1, r->tenant_id, sizeof r->tenant_id);
    column_text(c, 2, r->feed, sizeof r->feed);
    column_text(c, 10, r->status, sizeof r->status);
    column_text(c, 11, r->error_code, sizeof r->error_code);
    column_text(c, 12, r->error_text, sizeof r->error_text);
}

bool store_feed_list(struct store *s, const char *tenant_id, bool (*each)(void *arg, const struct feed_record *r),
                     void *arg, struct err *e)
{
    struct cursor c;
    struct feed_record r;
    bool ok =
        tenant_id ? cursor_open(s, SQL_FEED_LIST_OF, &c, e, "t", tenant_id) : cursor_open(s, SQL_FEED_LIST, &c, e, "");
    if (!ok) return false;
    while (cursor_next(&c)) {
        read_feed(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_feed_refused_add(struct store *s, int64_t feed_id, uint64_t rows, struct err *e)
{
    return run_statement(s, SQL_FEED_REFUSED, NULL, e, "ii", (int64_t)rows, feed_id);
}

bool store_feed_sums(struct store *s, bool (*each)(void *arg, const struct feed_sum *f), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_FEED_SUMS, &c, e, "")) return false;
    while (cursor_next(&c)) {
        struct feed_sum f = {.feeds = (uint64_t)column_i64(&c, 2),
                             .rows = (uint64_t)column_i64(&c, 3),
                             .late_rows = (uint64_t)column_i64(&c, 4),
                             .dead = (uint64_t)column_i64(&c, 5),
                             .oldest_sync = column_wall(&c, 6)};
        column_text(&c, 0, f.feed, sizeof f.feed);
        column_text(&c, 1, f.status, sizeof f.status);
        if (!each(arg, &f)) break;
    }
    return cursor_close(&c);
}
