/* What feeds bring that no mapping knows, and the columns they had when last told. */
#include "state/store/drift.h"
#include "state/store/store_int.h"

static bool add_to_known(struct store *s, const struct drift_record *r, const char *name, const char *value,
                         bool *found_out, struct err *e)
{
    bool ok = run_statement(s, SQL_DRIFT_ADD, NULL, e, "iiitittt", (int64_t)r->rows, r->since.ticks, r->last.ticks,
                            r->example, r->feed_id, r->kind, name, value);
    *found_out = ok && changed_rows(s) > 0;
    return ok;
}

static bool count_names(struct store *s, const struct drift_record *r, int64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_DRIFT_COUNT, &c, e, "it", r->feed_id, r->kind)) return false;
    *out = cursor_next(&c) ? column_i64(&c, 0) : 0;
    return cursor_close(&c);
}

static bool add_new(struct store *s, const struct drift_record *r, const char *name, const char *value, struct err *e)
{
    return run_statement(s, SQL_DRIFT_NEW, NULL, e, "ittttiii", r->feed_id, r->kind, name, value, r->example,
                         (int64_t)r->rows, r->since.ticks, r->last.ticks);
}

bool store_drift_add(struct store *s, const struct drift_record *r, struct err *e)
{
    struct scope scope;
    bool found = false;
    int64_t names = 0;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = add_to_known(s, r, r->name, r->value, &found, e) && (found || count_names(s, r, &names, e));
    if (ok && !found && names < DRIFT_KEPT_MAX)
        ok = add_new(s, r, r->name, r->value, e);
    else if (ok && !found)
        ok = add_to_known(s, r, "", "", &found, e) && (found || add_new(s, r, "", "", e));
    return scope_end(&scope, ok, e);
}

bool store_drift_remove(struct store *s, int64_t feed_id, const char *kind, const char *name, struct err *e)
{
    return run_statement(s, SQL_DRIFT_REMOVE, NULL, e, "itt", feed_id, kind, name);
}

static bool list(struct store *s, enum statement id, const char *tenant_id, const char *feed,
                 bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, id, &c, e, "tt", tenant_id ? tenant_id : "", feed ? feed : "")) return false;
    while (cursor_next(&c)) {
        struct drift_record r = {.feed_id = column_i64(&c, 2),
                                 .rows = (uint64_t)column_i64(&c, 7),
                                 .since = column_wall(&c, 8),
                                 .last = column_wall(&c, 9),
                                 .tenants = (uint64_t)column_i64(&c, 10)};
        column_text(&c, 0, r.tenant_id, sizeof r.tenant_id);
        column_text(&c, 1, r.feed, sizeof r.feed);
        column_text(&c, 3, r.kind, sizeof r.kind);
        column_text(&c, 4, r.name, sizeof r.name);
        column_text(&c, 5, r.value, sizeof r.value);
        column_text(&c, 6, r.example, sizeof r.example);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

bool store_drift_list(struct store *s, const char *tenant_id, const char *feed,
                      bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e)
{
    return list(s, SQL_DRIFT_LIST, tenant_id, feed, each, arg, e);
}

bool store_drift_sums(struct store *s, const char *tenant_id, const char *feed,
                      bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e)
{
    return list(s, SQL_DRIFT_SUMS, tenant_id, feed, each, arg, e);
}

bool store_drift_forget(struct store *s, const char *tenant_id, const char *feed, struct err *e)
{
    return run_statement(s, SQL_DRIFT_FORGET, NULL, e, "tt", tenant_id ? tenant_id : "", feed ? feed : "");
}

bool store_columns_get(struct store *s, int64_t feed_id, struct buf *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_COLUMNS_GET, &c, e, "i", feed_id)) return false;
    bool fits = !cursor_next(&c) || buf_add_str(out, column_bytes(&c, 0));
    if (!cursor_close(&c)) return false;
    return fits || err_set(e, &base_causes[BASE_NO_MEMORY], "reading the columns of feed %lld", (long long)feed_id);
}

bool store_columns_set(struct store *s, int64_t feed_id, struct str names, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_COLUMNS_ADD, NULL, e, "b", names) &&
              run_statement(s, SQL_COLUMNS_SET, NULL, e, "bi", names, feed_id);
    return scope_end(&scope, ok, e);
}
