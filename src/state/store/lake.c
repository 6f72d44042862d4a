/* Positions in the log, and the names of the lake's files. */
#include <string.h>

#include "state/store/lake.h"
#include "state/store/store_int.h"

/* The log's end stands among the sinks' positions, under a name no sink has. */
static const char log_end_name[] = "log.end";

bool store_offset_get(struct store *s, const char *sink, uint64_t *out, struct err *e)
{
    struct cursor c;
    if (!cursor_open(s, SQL_OFFSET_GET, &c, e, "t", sink)) return false;
    uint64_t position = cursor_next(&c) ? (uint64_t)column_i64(&c, 0) : 0;
    if (!cursor_close(&c)) return false;
    *out = position;
    return true;
}

bool store_offset_set(struct store *s, const char *sink, uint64_t offset, struct err *e)
{
    return run_statement(s, SQL_OFFSET_SET, NULL, e, "ti", sink, (int64_t)offset);
}

bool store_log_end_get(struct store *s, uint64_t *out, struct err *e)
{
    return store_offset_get(s, log_end_name, out, e);
}

bool store_log_end_set(struct store *s, uint64_t end, struct err *e)
{
    return store_offset_set(s, log_end_name, end, e);
}

/* The partition: the path up to its last slash. */
static bool partition_of(const char *path, char out[sizeof((struct lake_file_record *)0)->path])
{
    const char *slash = strrchr(path, '/');
    return str_copy((struct str){path, slash ? (size_t)(slash - path) : 0}, out,
                    sizeof((struct lake_file_record *)0)->path);
}

static bool add_file(struct store *s, enum statement sql, const struct lake_file_record *r, struct err *e)
{
    char partition[sizeof r->path];
    bool conflict = false;
    INVARIANT(partition_of(r->path, partition));
    bool ok = run_statement(s, sql, &conflict, e, "ttiii", r->path, partition, (int64_t)r->bytes, (int64_t)r->events,
                            r->written.ticks);
    return ok && (!conflict || err_set(e, &store_causes[STORE_EXISTS], "the lake file %s is named already", r->path));
}

bool store_lake_file_add(struct store *s, const struct lake_file_record *r, struct err *e)
{
    return add_file(s, SQL_LAKE_ADD, r, e);
}

bool store_lake_file_supersede(struct store *s, const char *path, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_LAKE_TAKE, NULL, e, "t", path);
    if (ok && changed_rows(s) == 0) ok = err_set(e, &store_causes[STORE_GONE], "no lake file %s is named", path);
    ok = ok && run_statement(s, SQL_SUPERSEDED_ADD, NULL, e, "t", path);
    return scope_end(&scope, ok, e);
}

static void read_lake_file(const struct cursor *c, struct lake_file_record *r)
{
    *r = (struct lake_file_record){
        .bytes = (uint64_t)column_i64(c, 1), .events = (uint64_t)column_i64(c, 2), .written = column_wall(c, 3)};
    column_text(c, 0, r->path, sizeof r->path);
}

static bool list_files(struct store *s, enum statement sql, bool (*each)(void *arg, const struct lake_file_record *r),
                       void *arg, struct err *e)
{
    struct cursor c;
    struct lake_file_record r;
    if (!cursor_open(s, sql, &c, e, "")) return false;
    while (cursor_next(&c)) {
        read_lake_file(&c, &r);
        if (!each(arg, &r)) break;
    }
    return cursor_close(&c);
}

static bool newest_file(struct store *s, enum statement sql, const char *partition, struct lake_file_record *out,
                        bool *found_out, struct err *e)
{
    struct cursor c;
    struct lake_file_record r;
    if (!cursor_open(s, sql, &c, e, "t", partition)) return false;
    bool found = cursor_next(&c);
    if (found) read_lake_file(&c, &r);
    if (!cursor_close(&c)) return false;
    if (found) *out = r;
    *found_out = found;
    return true;
}

bool store_lake_file_list(struct store *s, bool (*each)(void *arg, const struct lake_file_record *r), void *arg,
                          struct err *e)
{
    return list_files(s, SQL_LAKE_LIST, each, arg, e);
}

bool store_lake_file_newest(struct store *s, const char *partition, struct lake_file_record *out, bool *found_out,
                            struct err *e)
{
    return newest_file(s, SQL_LAKE_NEWEST, partition, out, found_out, e);
}

/* ---- in the making ----------------------------------------------------------------------------------------------------- */

bool store_lake_staged_add(struct store *s, const struct lake_file_record *r, struct err *e)
{
    return add_file(s, SQL_STAGED_ADD, r, e);
}

bool store_lake_staged_remove(struct store *s, const char *path, struct err *e)
{
    return run_statement(s, SQL_STAGED_TAKE, NULL, e, "t", path);
}

bool store_lake_staged_list(struct store *s, bool (*each)(void *arg, const struct lake_file_record *r), void *arg,
                            struct err *e)
{
    return list_files(s, SQL_STAGED_LIST, each, arg, e);
}

bool store_lake_staged_newest(struct store *s, const char *partition, struct lake_file_record *out, bool *found_out,
                              struct err *e)
{
    return newest_file(s, SQL_STAGED_NEWEST, partition, out, found_out, e);
}

bool store_lake_staged_adopt(struct store *s, struct err *e)
{
    struct scope scope;
    if (!scope_begin(s, &scope, e)) return false;
    bool ok = run_statement(s, SQL_STAGED_ADOPT, NULL, e, "") && run_statement(s, SQL_STAGED_CLEAR, NULL, e, "");
    return scope_end(&scope, ok, e);
}

bool store_lake_staged_clear(struct store *s, struct err *e)
{
    return run_statement(s, SQL_STAGED_CLEAR, NULL, e, "");
}

/* ---- replaced ---------------------------------------------------------------------------------------------------------- */

bool store_lake_superseded_list(struct store *s, bool (*each)(void *arg, const char *path), void *arg, struct err *e)
{
    struct cursor c;
    char path[sizeof((struct lake_file_record *)0)->path];
    if (!cursor_open(s, SQL_SUPERSEDED_LIST, &c, e, "")) return false;
    while (cursor_next(&c)) {
        column_text(&c, 0, path, sizeof path);
        if (!each(arg, path)) break;
    }
    return cursor_close(&c);
}

bool store_lake_superseded_forget(struct store *s, const char *path, struct err *e)
{
    return run_statement(s, SQL_SUPERSEDED_FORGET, NULL, e, "t", path);
}
