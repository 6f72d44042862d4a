/* The store on SQLite: opening, transactions, statements, errors.
 *
 * Journal: SQLite's write-ahead log, `synchronous=FULL`. A commit is then one write to the end of one file and one fsync (a
 * rollback journal takes three and more), and a torn or missing frame is found by its checksum. `locking_mode=EXCLUSIVE`
 * keeps the log's index in memory, as the process that holds the data folder is the only one. Every fourth MiB or so the
 * log is folded into the database (two more fsyncs, on the thread whose commit meets it). How a failed commit is taken back:
 * vfs.c.
 *
 * One connection, one recursive lock. It is held from store_begin to the end of the transaction, and by each open cursor, so
 * a transaction never sees another thread's half. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "kit/sys/killpoint.h"
#include "state/store/store_int.h"
#include "state/store/witness_int.h"

static const char *const sql_texts[STATEMENT_COUNT] = {
#define STATEMENT_SQL(id, sql) [SQL_##id] = sql,
    STATEMENTS(STATEMENT_SQL)
#undef STATEMENT_SQL
};

void store_lock(struct store *s)
{
    INVARIANT(pthread_mutex_lock(&s->lock) == 0);
}

void store_unlock(struct store *s)
{
    INVARIANT(pthread_mutex_unlock(&s->lock) == 0);
}

/* ---- errors ----------------------------------------------------------------------------------------------------------- */

static const struct cause *cause_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR: return &store_causes[STORE_CORRUPT]; /* a file too short, as the disk itself had no complaint */
    case SQLITE_CONSTRAINT: return &store_causes[STORE_GONE];
    case SQLITE_NOMEM: return &base_causes[BASE_NO_MEMORY];
    default: return &store_causes[STORE_DISK];
    }
}

bool store_fail(struct store *s, int code, struct err *e, const char *doing)
{
    struct err disk;
    if (vfs_take_error(s->vfs, &disk)) {
        if (e) *e = disk;
        return err_context(e, "store, %s", doing);
    }
    return err_set(e, cause_of(code), "store, %s: %s", doing, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code));
}

/* ---- the end of a transaction ------------------------------------------------------------------------------------------ */

/* What must hold before anything may be written: no failed commit is left half undone. */
static bool settle(struct store *s, struct err *e)
{
    struct err why;
    if (!s->is_uncertain) return true;
    if (!vfs_cut_back(s->vfs, &why))
        return err_set(e, &store_causes[STORE_UNCERTAIN], "a failed commit could not be undone: %.300s", why.text);
    s->is_uncertain = false;
    return true;
}

/* After a commit, given or refused, and after a single statement that was a transaction of its own. */
static bool transaction_ended(struct store *s, bool ok, struct err *e)
{
    if (ok) {
        (void)vfs_take_error(s->vfs, NULL); /* folding the log may fail: it is tried again with the next commit */
        vfs_settled(s->vfs);
        return true;
    }
    s->is_uncertain = true;
    return settle(s, e) && false;
}

/* ---- statements ------------------------------------------------------------------------------------------------------- */

static bool prepare(struct store *s, enum statement id, struct cursor *c, struct err *e)
{
    sqlite3_stmt *cached = s->statements[id];
    c->is_own = cached && sqlite3_stmt_busy(cached);
    if (cached && !c->is_own) {
        c->statement = cached;
        return true;
    }
    int code =
        sqlite3_prepare_v3(s->db, sql_texts[id], -1, c->is_own ? 0 : SQLITE_PREPARE_PERSISTENT, &c->statement, NULL);
    if (code != SQLITE_OK) return store_fail(s, code, e, "preparing");
    if (!c->is_own) s->statements[id] = c->statement;
    return true;
}

static int bind_values(sqlite3_stmt *statement, const char *types, va_list *values)
{
    int code = SQLITE_OK;
    INVARIANT((int)strlen(types) == sqlite3_bind_parameter_count(statement));
    for (int i = 0; types[i] && code == SQLITE_OK; i++) {
        struct str blob;
        switch (types[i]) {
        case 'i': code = sqlite3_bind_int64(statement, i + 1, va_arg(*values, int64_t)); break;
        case 't': code = sqlite3_bind_text(statement, i + 1, va_arg(*values, const char *), -1, SQLITE_STATIC); break;
        default:
            blob = va_arg(*values, struct str);
            code = sqlite3_bind_blob64(statement, i + 1, blob.p ? blob.p : "", blob.n, SQLITE_STATIC);
        }
    }
    return code;
}

static void finish(struct cursor *c)
{
    if (c->is_own)
        (void)sqlite3_finalize(c->statement);
    else if (c->statement) {
        (void)sqlite3_reset(c->statement);
        (void)sqlite3_clear_bindings(c->statement);
    }
    c->statement = NULL;
}

static bool open_values(struct store *s, enum statement id, struct cursor *c, struct err *e, const char *types,
                        va_list *values)
{
    *c = (struct cursor){.s = s, .e = e};
    store_lock(s);
    bool ok = true;
    if (s->is_doomed && id != SQL_ROLLBACK) {
        if (e) *e = s->doom;
        ok = false;
    }
    ok = ok && (s->in_transaction || settle(s, e)) && prepare(s, id, c, e);
    int code = ok ? bind_values(c->statement, types, values) : SQLITE_OK;
    if (ok && code != SQLITE_OK) ok = store_fail(s, code, e, "binding");
    if (ok) return true;
    finish(c);
    store_unlock(s);
    return false;
}

bool cursor_open(struct store *s, enum statement id, struct cursor *c, struct err *e, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    bool ok = open_values(s, id, c, e, types, &values);
    va_end(values);
    return ok;
}

static bool is_uniqueness(int code)
{
    return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID;
}

/* A failed step inside a transaction dooms it: nobody may commit a half, nor go on outside of it once SQLite has rolled
 * back by itself. */
static void step_failed(struct cursor *c, int code)
{
    struct store *s = c->s;
    struct err why;
    c->has_failed = true;
    (void)store_fail(s, code, &why, "running");
    if (s->in_transaction && !s->is_doomed) {
        s->is_doomed = true;
        s->doom = why;
    } else if (!s->in_transaction && sqlite3_get_autocommit(s->db)) {
        (void)sqlite3_reset(c->statement); /* ends its transaction */
        (void)transaction_ended(s, false, &why);
    }
    if (c->e) *c->e = why;
}

bool cursor_next(struct cursor *c)
{
    if (c->has_failed || c->has_conflict) return false;
    int code = sqlite3_step(c->statement);
    if (code == SQLITE_ROW) return true;
    /* Refused by a rule of the schema: SQLite has undone the statement alone, the transaction may go on. */
    if (is_uniqueness(code))
        c->has_conflict = true;
    else if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        c->has_failed = !store_fail(c->s, code, c->e, "running");
    else if (code != SQLITE_DONE)
        step_failed(c, code);
    else if (!c->s->in_transaction && sqlite3_get_autocommit(c->s->db))
        (void)transaction_ended(c->s, true, NULL);
    return false;
}

bool cursor_close(struct cursor *c)
{
    bool ok = !c->has_failed;
    finish(c);
    store_unlock(c->s);
    return ok;
}

static bool run_values(struct store *s, enum statement id, bool *conflict_out, struct err *e, const char *types,
                       va_list *values)
{
    struct cursor c;
    if (!open_values(s, id, &c, e, types, values)) return false;
    INVARIANT(!cursor_next(&c));
    if (c.has_conflict && conflict_out) *conflict_out = true;
    if (c.has_conflict && !conflict_out) step_failed(&c, SQLITE_CONSTRAINT);
    s->changed = (uint64_t)sqlite3_changes64(s->db);
    s->row_id = sqlite3_last_insert_rowid(s->db);
    return cursor_close(&c);
}

/* Where a change is witnessed its entry has to be in its transaction: then it is none of its own. */
static bool stands_alone(const struct store *s, enum statement id)
{
    return s->in_transaction || id == SQL_BEGIN || witness_of(s) == NULL;
}

bool run_statement(struct store *s, enum statement id, bool *conflict_out, struct err *e, const char *types, ...)
{
    struct scope scope;
    va_list values;
    store_lock(s);
    bool is_alone = stands_alone(s, id), ok = is_alone || scope_begin(s, &scope, e);
    if (!ok) {
        store_unlock(s);
        return false;
    }
    va_start(values, types);
    ok = run_values(s, id, conflict_out, e, types, &values);
    va_end(values);
    if (!is_alone) {
        const uint64_t changed = s->changed; /* not what its entry changed */
        const int64_t row_id = s->row_id;
        ok = scope_end(&scope, ok, e);
        s->changed = changed;
        s->row_id = row_id;
    }
    store_unlock(s);
    return ok;
}

int64_t column_i64(const struct cursor *c, int column)
{
    return sqlite3_column_int64(c->statement, column);
}

struct wall column_wall(const struct cursor *c, int column)
{
    return (struct wall){column_i64(c, column)};
}

struct str column_bytes(const struct cursor *c, int column)
{
    const char *p = sqlite3_column_blob(c->statement, column);
    return (struct str){p ? p : "", (size_t)sqlite3_column_bytes(c->statement, column)};
}

void column_text(const struct cursor *c, int column, char *out, size_t out_size)
{
    (void)snprintf(out, out_size, "%.*s", STR_ARG(column_bytes(c, column)));
}

uint64_t changed_rows(const struct store *s)
{
    return s->changed;
}

int64_t added_row(const struct store *s)
{
    return s->row_id;
}

/* ---- transactions ------------------------------------------------------------------------------------------------------ */

bool store_begin(struct store *s, struct err *e)
{
    store_lock(s);
    INVARIANT(!s->in_transaction); /* a thread begins one at a time */
    if (!run_statement(s, SQL_BEGIN, NULL, e, "")) {
        store_unlock(s);
        return false;
    }
    s->in_transaction = true;
    if (witness_watch(s, e)) return true;
    store_rollback(s);
    return false;
}

/* SQLite may have rolled back by itself; then there is nothing left to do. */
static void roll_back(struct store *s)
{
    if (!sqlite3_get_autocommit(s->db)) (void)run_statement(s, SQL_ROLLBACK, NULL, NULL, "");
    (void)vfs_take_error(s->vfs, NULL);
    s->in_transaction = false;
    s->is_doomed = s->has_entry = false;
    witness_end(s, false);
}

void store_rollback(struct store *s)
{
    INVARIANT(s->in_transaction);
    roll_back(s);
    vfs_settled(s->vfs); /* frames without a commit count for nothing */
    store_unlock(s);
}

bool store_commit(struct store *s, struct err *e)
{
    INVARIANT(s->in_transaction);
    bool is_told = s->is_doomed || witness_enter(s, e), was_doomed = s->is_doomed;
    const bool has_entry = s->has_entry;
    if (has_entry) KILL_POINT("audit.entered");
    bool ok = is_told && run_statement(s, SQL_COMMIT, NULL, e, ""); /* fails by itself when doomed */
    if (!ok) roll_back(s);
    if (ok) witness_end(s, true);
    if (ok && has_entry) KILL_POINT("audit.committed");
    s->has_entry = false;
    s->in_transaction = false;
    if (!is_told) {
        vfs_settled(s->vfs);
        store_unlock(s);
        return false;
    }
    if (ok || !was_doomed)
        ok = transaction_ended(s, ok, e);
    else
        vfs_settled(s->vfs);
    store_unlock(s);
    return ok;
}

bool scope_begin(struct store *s, struct scope *out, struct err *e)
{
    store_lock(s); /* so that in_transaction is about this thread */
    *out = (struct scope){.s = s, .is_own = !s->in_transaction};
    if (!out->is_own || store_begin(s, e)) return true;
    store_unlock(s);
    return false;
}

bool scope_end(struct scope *scope, bool ok, struct err *e)
{
    if (scope->is_own && ok)
        ok = store_commit(scope->s, e);
    else if (scope->is_own)
        store_rollback(scope->s);
    store_unlock(scope->s);
    return ok;
}

/* ---- opening ----------------------------------------------------------------------------------------------------------- */

/* Once per process, before SQLite is used at all: it keeps what it would put into temporary files in memory, as our disk has no place for them. */
static void configure_sqlite(void)
{
    INVARIANT(sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1) == SQLITE_OK && sqlite3_initialize() == SQLITE_OK);
}

bool run_sql(struct store *s, const char *sql, struct err *e, const char *doing)
{
    int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || store_fail(s, code, e, doing);
}

/* A small cache: rows of alerts pass through it once, whatever its size, and what it once took it keeps. A transaction that
 * outgrows it spills into the write-ahead log. */
static bool connect(struct store *s, const char *path, struct err *e)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &s->db, flags, vfs_name(s->vfs));
    if (code != SQLITE_OK) return store_fail(s, code, e, "opening");
    (void)sqlite3_extended_result_codes(s->db, 1);
    return run_sql(s,
                   "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;"
                   "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -2000",
                   e, "opening");
}

static int note_mode(void *is_wal, int count, char **values, char **names)
{
    (void)names;
    *(bool *)is_wal = count == 1 && values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

/* Not before the file is known to be ours: this writes to it. */
static bool use_write_ahead_log(struct store *s, struct err *e)
{
    bool is_wal = false;
    int code = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", note_mode, &is_wal, NULL);
    if (code != SQLITE_OK || !is_wal) return store_fail(s, code, e, "opening its write-ahead log");
    return run_sql(s,
                   "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864",
                   e, "opening");
}

/* What the file alone tells, before SQLite may touch it. */
static bool check_file(const struct store_opts *o, struct err *e)
{
    static const char magic[16] = "SQLite format 3";
    struct fs_stat st = {0};
    struct fs_file *f;
    char head[16] = {0};
    size_t got = 0;
    if (!o->fs.ops->stat(o->fs.ctx, o->path, &st, e)) return false;
    if (!st.exists) return o->create || err_set(e, &store_causes[STORE_MISSING], "there is no store at %s", o->path);
    if (st.bytes == 0) return o->create || err_set(e, &store_causes[STORE_CORRUPT], "the store %s is empty", o->path);
    if (!o->fs.ops->open(o->fs.ctx, o->path, FS_READ, &f, e)) return false;
    bool ok = o->fs.ops->read_at(o->fs.ctx, f, 0, head, sizeof head, &got, e);
    o->fs.ops->close(o->fs.ctx, f);
    if (!ok || (got == sizeof head && memcmp(head, magic, sizeof head) == 0)) return ok;
    return err_set(e, &store_causes[STORE_CORRUPT], "%s is not a database", o->path);
}

static bool init_lock(struct store *s)
{
    pthread_mutexattr_t recursive;
    bool ok = pthread_mutexattr_init(&recursive) == 0 &&
              pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE) == 0 &&
              pthread_mutex_init(&s->lock, &recursive) == 0;
    (void)pthread_mutexattr_destroy(&recursive);
    return ok;
}

bool store_open(const struct store_opts *o, struct store **out, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    INVARIANT(pthread_once(&once, configure_sqlite) == 0);
    if (!check_file(o, e)) return false;
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "opening the store");
    INVARIANT(init_lock(s));
    s->key = o->key;
    s->clock = o->clock;
    s->vfs = vfs_new(o->fs, o->clock);
    bool ok = s->vfs != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "opening the store");
    ok = ok && connect(s, o->path, e) && schema_identify(s, o->create, e) && use_write_ahead_log(s, e) &&
         schema_prepare(s, e);
    if (ok) {
        *out = s;
        return true;
    }
    store_close(s);
    return err_context(e, "%s", o->path);
}

void store_close(struct store *s)
{
    if (s == NULL) return;
    for (int i = 0; i < STATEMENT_COUNT; i++) (void)sqlite3_finalize(s->statements[i]);
    (void)sqlite3_close(s->db);
    vfs_free(s->vfs);
    free(s->columns);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

struct wall store_now(const struct store *s)
{
    return clock_wall(&s->clock);
}

const char *store_id(const struct store *s)
{
    return s->id;
}

bool store_check(struct store *s, struct err *e)
{
    struct cursor c;
    char first[200] = "ok";
    if (!cursor_open(s, SQL_CHECK, &c, e, "")) return false;
    if (cursor_next(&c)) column_text(&c, 0, first, sizeof first);
    if (!cursor_close(&c)) return false;
    if (strcmp(first, "ok") != 0)
        return err_set(e, &store_causes[STORE_CORRUPT], "the check of the whole store found: %s", first);
    if (!cursor_open(s, SQL_CHECK_REFERENCES, &c, e, "")) return false;
    if (cursor_next(&c)) column_text(&c, 0, first, sizeof first);
    if (!cursor_close(&c)) return false;
    return strcmp(first, "ok") == 0 ||
           err_set(e, &store_causes[STORE_CORRUPT],
                   "the check of the whole store found a row of %s without what it belongs to", first);
}
