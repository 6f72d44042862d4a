/* Ways to tell people; their secrets are sealed beside them. */
#include "state/store/people.h"
#include "state/store/store_int.h"

bool store_channel_put(struct store *s, const struct channel_record *r, bool is_new, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    int64_t created = r->created.ticks ? r->created.ticks : clock_wall(&s->clock).ticks;
    bool ok = run_statement(s, is_new ? SQL_CHANNEL_ADD : SQL_CHANNEL_SET, &conflict, e, "tttttttiit", r->kind,
                            r->address, r->account, r->sender, r->recipients, r->flow, r->tenant_id,
                            (int64_t)r->is_enabled, created, r->name);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "there is a channel \"%s\" already", r->name);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the channel %s is not there any more", r->name);
    store_unlock(s);
    return ok;
}

static void read_channel(const struct cursor *c, struct channel_record *r)
{
    *r = (struct channel_record){.is_enabled = column_i64(c, 8) != 0, .created = column_wall(c, 9)};
    column_text(c, 0, r->name, sizeof r->name);
    column_text(c, 1, r->kind, sizeof r->kind);
    column_text(c, 2, r->address, sizeof r->address);
    column_text(c, 3, r->account, sizeof r->account);
    column_text(c, 4, r->sender, sizeof r->sender);
    column_text(c, 5, r->recipients, sizeof r->recipients);
    column_text(c, 6, r->flow, sizeof r->flow);
    column_text(c, 7, r->tenant_id, sizeof r->tenant_id);
}

bool store_channel_find(struct store *s, const char *name, struct channel_record *out, bool *found_out, struct err *e)
{
    struct cursor c;
    struct channel_record r = {0};
    if (!cursor_open(s, SQL_CHANNEL_FIND, &c, e, "t", name)) return false;
    bool found = cursor_next(&c);
    if (found) read_channel(&c, &r);
    if (!cursor_close(&c)) return false;
    if (found) *out = r;
    *found_out = found;
    return true;
}

bool store_channel_list(struct store *s, bool (*each)(void *arg, const struct channel_record *r), void *arg,
                        struct err *e)
{
    struct cursor c;
    struct channel_record r;
    if (!cursor_open(s, SQL_CHANNEL_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_channel(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_channel_remove(struct store *s, const char *name, bool *removed_out, struct err *e)
{
    struct scope scope;
    char secret[CHANNEL_BYTES + sizeof "channel.secret:"];
    (void)snprintf(secret, sizeof secret, "channel.secret:%s", name);
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_CHANNEL_REMOVE, NULL, e, "t", name);
    bool was_there = ok && changed_rows(s) > 0;
    ok = ok && store_secret_remove(s, secret, e);
    if (!scope_end(&scope, ok, e)) return false;
    *removed_out = was_there;
    return true;
}
