/* Who was told a notice, over what, and how it went. */
#include "state/store/notices.h"
#include "state/store/store_int.h"

const char *const delivery_state_names[DELIVERY_STATES] = {[DELIVERY_QUEUED] = "queued",
                                                           [DELIVERY_SENDING] = "sending",
                                                           [DELIVERY_SENT] = "sent",
                                                           [DELIVERY_DELIVERED] = "delivered",
                                                           [DELIVERY_ACKNOWLEDGED] = "acknowledged",
                                                           [DELIVERY_FAILED] = "failed",
                                                           [DELIVERY_DEAD] = "dead"};

bool store_delivery_put(struct store *s, struct delivery_record *r, struct err *e)
{
    bool is_new = r->id == 0;
    store_lock(s); /* over the statement and the id it gave */
    if (r->created.ticks == 0) r->created = clock_wall(&s->clock);
    bool ok =
        run_statement(s, is_new ? SQL_DELIVERY_ADD : SQL_DELIVERY_SET, NULL, e,
                      is_new ? "iittttiittttiiii" : "iittttiittttiiiii", r->notice_id, r->rung, r->channel, r->kind,
                      r->person, r->target, (int64_t)r->state, r->tries, r->provider_id, r->answer, r->error_code,
                      r->error_text, r->created.ticks, r->next_try.ticks, r->sent.ticks, r->settled.ticks, r->id);
    if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE],
                     "notice %lld, which was to be told to %s over %s, is not there any more", (long long)r->notice_id,
                     r->person[0] ? r->person : "its target", r->channel);
    if (ok && is_new) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

static void read_delivery(const struct cursor *c, struct delivery_record *r)
{
    *r = (struct delivery_record){.id = column_i64(c, 0),
                                  .notice_id = column_i64(c, 1),
                                  .rung = column_i64(c, 2),
                                  .state = (enum delivery_state)column_i64(c, 7),
                                  .tries = column_i64(c, 8),
                                  .created = column_wall(c, 13),
                                  .next_try = column_wall(c, 14),
                                  .sent = column_wall(c, 15),
                                  .settled = column_wall(c, 16)};
    column_text(c, 3, r->channel, sizeof r->channel);
    column_text(c, 4, r->kind, sizeof r->kind);
    column_text(c, 5, r->person, sizeof r->person);
    column_text(c, 6, r->target, sizeof r->target);
    column_text(c, 9, r->provider_id, sizeof r->provider_id);
    column_text(c, 10, r->answer, sizeof r->answer);
    column_text(c, 11, r->error_code, sizeof r->error_code);
    column_text(c, 12, r->error_text, sizeof r->error_text);
}

bool store_delivery_list(struct store *s, int64_t notice_id, bool is_open,
                         bool (*each)(void *arg, const struct delivery_record *r), void *arg, struct err *e)
{
    struct cursor c;
    struct delivery_record r;
    enum statement id = is_open ? SQL_DELIVERY_OPEN : notice_id ? SQL_DELIVERY_OF : SQL_DELIVERY_LIST;
    if (!cursor_open(s, id, &c, e, is_open ? "" : "i", notice_id)) return false;
    while (cursor_next(&c)) {
        read_delivery(&c, &r);
        if (is_open && notice_id && r.notice_id != notice_id) continue;
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}
