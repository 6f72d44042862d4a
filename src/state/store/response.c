/* What the response remembers: its ledger, what it did on the way to the log, what it leaves alone. */
#include "state/store/response.h"
#include "state/store/store_int.h"

const char *const excluded_names[EXCLUDED_KINDS] = {
    [EXCLUDED_DEVICE] = "device", [EXCLUDED_TAG] = "tag", [EXCLUDED_GROUP] = "group", [EXCLUDED_USER] = "user"};

static struct wall or_now(const struct store *s, struct wall t)
{
    return t.ticks ? t : clock_wall(&s->clock);
}

/* ---- ledger ------------------------------------------------------------------------------------------------------------ */

bool store_ledger_add(struct store *s, struct ledger_record *r, struct err *e)
{
    store_lock(s); /* over the statement and the number it gave */
    r->at = or_now(s, r->at);
    bool ok =
        run_statement(s, SQL_LEDGER_ADD, NULL, e, "itttb", r->at.ticks, r->tenant_id, r->subject, r->kind, r->body);
    if (ok) r->seq = (uint64_t)added_row(s);
    store_unlock(s);
    return ok;
}

bool store_ledger_list(struct store *s, uint64_t after, const char *subject, bool is_latest,
                       bool (*each)(void *arg, const struct ledger_record *r), void *arg, struct err *e)
{
    struct cursor c;
    enum statement id = subject ? SQL_LEDGER_LIST_OF : is_latest ? SQL_LEDGER_LATEST : SQL_LEDGER_LIST;
    if (!cursor_open(s, id, &c, e, "it", (int64_t)after, subject ? subject : "")) return false;
    while (cursor_next(&c)) {
        struct ledger_record r = {
            .seq = (uint64_t)column_i64(&c, 0), .at = column_wall(&c, 1), .body = column_bytes(&c, 5)};
        column_text(&c, 2, r.tenant_id, sizeof r.tenant_id);
        column_text(&c, 3, r.subject, sizeof r.subject);
        column_text(&c, 4, r.kind, sizeof r.kind);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

/* ---- own events -------------------------------------------------------------------------------------------------------- */

bool store_own_event_add(struct store *s, const char *tenant_id, struct str members, struct err *e)
{
    return run_statement(s, SQL_OWN_EVENT_ADD, NULL, e, "itb", clock_wall(&s->clock).ticks, tenant_id, members);
}

bool store_own_event_list(struct store *s, uint64_t max, bool (*each)(void *arg, const struct own_event *r), void *arg,
                          struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_OWN_EVENT_LIST, &c, e, "i", (int64_t)max)) return false;
    while (cursor_next(&c)) {
        struct own_event r = {.id = column_i64(&c, 0), .at = column_wall(&c, 1), .members = column_bytes(&c, 3)};
        column_text(&c, 2, r.tenant_id, sizeof r.tenant_id);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_own_event_take(struct store *s, int64_t up_to, struct err *e)
{
    return run_statement(s, SQL_OWN_EVENT_TAKE, NULL, e, "i", up_to);
}

/* ---- exclusions -------------------------------------------------------------------------------------------------------- */

static bool write_exclusion(struct store *s, const struct exclusion_record *r, bool *conflict, struct err *e)
{
    int64_t created = or_now(s, r->created).ticks;
    if (r->id == 0)
        return run_statement(s, SQL_EXCLUSION_ADD, conflict, e, "titttii", r->tenant_id, (int64_t)r->kind, r->value,
                             r->owner, r->reason, created, r->expires.ticks);
    return run_statement(s, SQL_EXCLUSION_SET, conflict, e, "titttiii", r->tenant_id, (int64_t)r->kind, r->value,
                         r->owner, r->reason, created, r->expires.ticks, r->id);
}

bool store_exclusion_put(struct store *s, struct exclusion_record *r, struct err *e)
{
    bool conflict = false;
    store_lock(s);
    bool ok = write_exclusion(s, r, &conflict, e);
    if (ok && conflict)
        ok = err_set(e, &store_causes[STORE_EXISTS], "the %s \"%s\" is excluded already", excluded_names[r->kind],
                     r->value);
    else if (ok && changed_rows(s) == 0)
        ok = err_set(e, &store_causes[STORE_GONE], "the exclusion %lld is not there any more", (long long)r->id);
    if (ok && r->id == 0) r->id = added_row(s);
    store_unlock(s);
    return ok;
}

static void read_exclusion(const struct cursor *c, struct exclusion_record *r)
{
    int64_t kind = column_i64(c, 2);
    *r = (struct exclusion_record){.id = column_i64(c, 0),
                                   .kind = kind >= 0 && kind < EXCLUDED_KINDS ? (enum excluded)kind : EXCLUDED_DEVICE,
                                   .created = column_wall(c, 6),
                                   .expires = column_wall(c, 7)};
    column_text(c, 1, r->tenant_id, sizeof r->tenant_id);
    column_text(c, 3, r->value, sizeof r->value);
    column_text(c, 4, r->owner, sizeof r->owner);
    column_text(c, 5, r->reason, sizeof r->reason);
}

bool store_exclusion_list(struct store *s, const char *tenant_id,
                          bool (*each)(void *arg, const struct exclusion_record *r), void *arg, struct err *e)
{
    struct cursor c;
    struct exclusion_record r;
    bool ok = tenant_id ? cursor_open(s, SQL_EXCLUSION_LIST_OF, &c, e, "t", tenant_id)
                        : cursor_open(s, SQL_EXCLUSION_LIST, &c, e, "");
    if (!ok) return false;
    while (cursor_next(&c)) {
        read_exclusion(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_exclusion_remove(struct store *s, int64_t id, bool *removed_out, struct err *e)
{
    store_lock(s);
    bool ok = run_statement(s, SQL_EXCLUSION_REMOVE, NULL, e, "i", id);
    if (ok) *removed_out = changed_rows(s) > 0;
    store_unlock(s);
    return ok;
}
