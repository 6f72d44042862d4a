/* Revisions of alerts, incidents and machines, and the inbox of those nobody has decided about. */
#include "state/store/revisions.h"
#include "state/store/store_int.h"

/* 16 bytes, high part first. */
static void identity_bytes(struct hash128 h, char out[16])
{
    for (int i = 0; i < 8; i++) {
        out[i] = (char)(h.hi >> (56 - 8 * i));
        out[8 + i] = (char)(h.lo >> (56 - 8 * i));
    }
}

bool store_revision_put(struct store *s, const struct revision_record *r, bool into_inbox, struct err *e)
{
    char identity[16];
    struct scope scope;
    identity_bytes(r->identity, identity);
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_REVISION_ADD, NULL, e, "itibtbi", r->feed_id, r->object_id, r->updated.ticks,
                            (struct str){identity, sizeof identity}, r->how, r->row, clock_wall(&s->clock).ticks);
    if (ok && changed_rows(s) && into_inbox)
        ok = run_statement(s, SQL_INBOX_ADD, NULL, e, "ii", (int64_t)added_row(s), clock_wall(&s->clock).ticks);
    return scope_end(&scope, ok, e);
}

bool store_revision_has(struct store *s, int64_t feed_id, struct str object_id, struct wall updated, bool *has_out,
                        struct err *e)
{
    struct cursor c;
    char id[sizeof((struct revision_record *)0)->object_id];
    (void)str_copy(str_sub(object_id, 0, sizeof id - 1), id, sizeof id); /* as it was put */
    if (!cursor_open(s, SQL_REVISION_HAS, &c, e, "iti", feed_id, id, updated.ticks)) return false;
    bool has = cursor_next(&c);
    if (!cursor_close(&c)) return false;
    *has_out = has;
    return true;
}

bool store_inbox_count(struct store *s, uint64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_INBOX_COUNT, &c, e, "")) return false;
    uint64_t n = cursor_next(&c) ? (uint64_t)column_i64(&c, 0) : 0;
    if (!cursor_close(&c)) return false;
    *out = n;
    return true;
}

/* ---- reading them ------------------------------------------------------------------------------------------------------ */

static uint64_t eight_bytes(const char *p)
{
    uint64_t n = 0;
    for (int i = 0; i < 8; i++) n = n << 8 | (unsigned char)p[i];
    return n;
}

static void read_seen(const struct cursor *c, struct seen_revision *out)
{
    struct str identity = column_bytes(c, 6);
    *out = (struct seen_revision){
        .id = column_i64(c, 0),
        .seen = column_wall(c, 9),
        .r = {.feed_id = column_i64(c, 3), .updated = column_wall(c, 5), .row = column_bytes(c, 8)}};
    column_text(c, 1, out->tenant_id, sizeof out->tenant_id);
    column_text(c, 2, out->feed, sizeof out->feed);
    column_text(c, 4, out->r.object_id, sizeof out->r.object_id);
    column_text(c, 7, out->r.how, sizeof out->r.how);
    if (identity.n == 16) out->r.identity = (struct hash128){eight_bytes(identity.p), eight_bytes(identity.p + 8)};
}

static bool hand_over(struct cursor *c, bool (*each)(void *arg, const struct seen_revision *r), void *arg)
{
    struct seen_revision r;
    while (cursor_next(c)) {
        read_seen(c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(c);
}

bool store_inbox_list(struct store *s, int64_t after, uint64_t max,
                      bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_INBOX_LIST, &c, e, "ii", after, (int64_t)max) && hand_over(&c, each, arg);
}

bool store_inbox_take(struct store *s, int64_t revision_id, struct err *e)
{
    return run_statement(s, SQL_INBOX_TAKE, NULL, e, "i", revision_id);
}

static const char *or_any(const char *text)
{
    return text ? text : "";
}

bool store_revision_list(struct store *s, const struct revision_query *q,
                         bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e)
{
    struct cursor c;
    /* One object's are found by their index; asked of each alert that comes, whatever there is beside. */
    bool is_one = q->tenant_id && q->feed && q->object_id;
    enum statement id = q->is_latest ? SQL_REVISION_LATEST : is_one ? SQL_REVISION_OF_OBJECT : SQL_REVISION_LIST;
    return cursor_open(s, id, &c, e, "ttti", or_any(q->tenant_id), or_any(q->feed), or_any(q->object_id),
                       q->newest ? (int64_t)q->newest : INT64_MAX) &&
           hand_over(&c, each, arg);
}

bool store_revision_page(struct store *s, const struct revision_page *q,
                         bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e)
{
    struct cursor c;
    bool is_first = q->before_id == 0;
    return cursor_open(s, q->tenant_id ? SQL_REVISION_PAGE_OF : SQL_REVISION_PAGE, &c, e, "iitttt",
                       is_first ? INT64_MAX : q->before.ticks, is_first ? INT64_MAX : q->before_id, or_any(q->feeds[0]),
                       or_any(q->feeds[1]), or_any(q->feeds[2]), or_any(q->tenant_id)) &&
           hand_over(&c, each, arg);
}

bool store_object_page(struct store *s, const char *feed, const char *tenant_id, const char *after_tenant,
                       const char *after_object, bool (*each)(void *arg, const struct seen_revision *r), void *arg,
                       struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_OBJECT_PAGE, &c, e, "tttt", feed, or_any(tenant_id), after_tenant, after_object) &&
           hand_over(&c, each, arg);
}

bool store_object_count(struct store *s, const char *tenant_id, const char *feed, uint64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_OBJECT_COUNT, &c, e, "tt", tenant_id, feed)) return false;
    uint64_t n = cursor_next(&c) ? (uint64_t)column_i64(&c, 0) : 0;
    if (!cursor_close(&c)) return false;
    *out = n;
    return true;
}

bool store_revision_after(struct store *s, int64_t after, uint64_t max,
                          bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_REVISION_AFTER, &c, e, "ii", after, (int64_t)max) && hand_over(&c, each, arg);
}

bool store_revision_range(struct store *s, const struct revision_range *q,
                          bool (*each)(void *arg, const struct seen_revision *r), void *arg, struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_REVISION_RANGE, &c, e, "iiiti", q->after, q->from.ticks, q->to.ticks,
                       or_any(q->tenant_id), (int64_t)q->max) &&
           hand_over(&c, each, arg);
}

bool store_revision_newest(struct store *s, const char *tenant_id, const char *feed, const char *object_id,
                           struct buf *row_out, bool *found_out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_REVISION_NEWEST, &c, e, "ttt", tenant_id, feed, object_id)) return false;
    bool found = cursor_next(&c);
    if (found) (void)buf_add_str(row_out, column_bytes(&c, 0));
    if (!cursor_close(&c)) return false;
    *found_out = found;
    return true;
}
