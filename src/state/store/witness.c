#define SQLITE_ENABLE_PREUPDATE_HOOK 1 /* as Debian builds it */
#include "state/store/witness_int.h"

#include <stdlib.h>
#include <string.h>

#include "state/store/store_int.h"

enum { ARENA_BYTES = 16 << 20, TEXT_MAX = 300, COLUMNS_MAX = 64 };

/* Shown row by row; of all others but the silent ones the rows are counted. */
static const char *const shown[] = {"org",        "tenant",   "tenant_app", "app",       "credential", "secret",
                                    "setting",    "person",   "login",      "scope_org", "duty",       "rung",
                                    "channel",    "token",    "oidc",       "oidc_rule", "proxy_rule", "exclusion",
                                    "onboarding", "recovery", "session",    "notice"};
/* The trail itself, counters, and what is no change of anybody's. */
static const char *const silent[] = {"audit",  "meta",       "throttle",  "once",   "sqlite_sequence",
                                     "tested", "token_seen", "own_event", "managed" /* flow/act enters it itself */};
/* Text that is a secret, or proves one. Bytes are never shown. */
static const char *const hidden[] = {"password_hash", "pin_hash", "nonce"};
static const char *const times[] = {"created", "changed",      "added",       "expires", "since",
                                    "until",   "password_set", "error_since", "answered"};

struct columns {
    const char *table;
    size_t count;
    struct {
        char name[32];
        bool is_key;
    } all[COLUMNS_MAX];
};

static _Thread_local struct witness *of_thread;

struct witness *witness_of(const struct store *s)
{
    return of_thread && of_thread->store == s ? of_thread : NULL;
}

static bool is_in(const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0) return true;
    return false;
}
#define IS_IN(list, word) is_in((list), sizeof(list) / sizeof *(list), (word))

static void forget(struct witness *w)
{
    arena_reset(&w->arena);
    w->first = NULL;
    w->end = &w->first;
    w->rows = w->more = w->other_count = 0;
    w->has_entry = false;
}

void witness_begin(struct witness *w, struct store *s)
{
    INVARIANT(of_thread == NULL);
    w->store = s;
    w->entered = 0;
    arena_init(&w->arena, ARENA_BYTES);
    forget(w);
    of_thread = w;
}

void witness_done(struct witness *w)
{
    if (of_thread == w) of_thread = NULL;
    arena_done(&w->arena);
}

/* ---- what the columns are called ------------------------------------------------------------------------------------------- */

static int note_column(void *arg, int count, char **values, char **names)
{
    struct columns *c = arg;
    (void)count, (void)names;
    if (c->count == COLUMNS_MAX) return 0;
    (void)snprintf(c->all[c->count].name, sizeof c->all[c->count].name, "%s", values[0]);
    c->all[c->count++].is_key = values[1][0] != '0';
    return 0;
}

static bool read_columns(struct store *s, struct err *e)
{
    enum { TABLES = sizeof shown / sizeof *shown };
    if (s->columns) return true;
    struct columns *all = calloc(TABLES, sizeof *all);
    bool ok = all != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "the audit trail");
    for (size_t i = 0; ok && i < TABLES; i++) {
        char sql[100];
        all[i].table = shown[i];
        (void)snprintf(sql, sizeof sql, "SELECT name, pk FROM pragma_table_info('%s')", shown[i]);
        int code = sqlite3_exec(s->db, sql, note_column, &all[i], NULL);
        ok = code == SQLITE_OK || store_fail(s, code, e, "reading its columns");
    }
    if (ok)
        s->columns = all;
    else
        free(all);
    return ok;
}

static const struct columns *columns_of(const struct store *s, const char *table)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (strcmp(shown[i], table) == 0) return &s->columns[i];
    return NULL;
}

/* ---- noting ---------------------------------------------------------------------------------------------------------------- */

static struct str text_of(struct witness *w, sqlite3_value *v)
{
    const char *p = v ? (const char *)sqlite3_value_text(v) : NULL;
    struct str text = str_of(p ? p : "");
    if (text.n > TEXT_MAX) {
        text.n = TEXT_MAX;
        while (text.n && ((unsigned char)text.p[text.n] & 0xc0) == 0x80) text.n--;
    }
    return arena_str(&w->arena, text);
}

static enum cell_kind kind_of(const char *column, int type)
{
    switch (type) {
    case SQLITE_NULL: return CELL_NONE;
    case SQLITE_INTEGER: return IS_IN(times, column) ? CELL_TIME : CELL_NUMBER;
    case SQLITE_BLOB: return CELL_HIDDEN;
    default: return IS_IN(hidden, column) ? CELL_HIDDEN : CELL_TEXT;
    }
}

static bool are_same(sqlite3_value *a, sqlite3_value *b)
{
    if (!a || !b || sqlite3_value_type(a) != sqlite3_value_type(b)) return false;
    const void *x = sqlite3_value_blob(a), *y = sqlite3_value_blob(b);
    int n = sqlite3_value_bytes(a);
    return n == sqlite3_value_bytes(b) && (n == 0 || memcmp(x, y, (size_t)n) == 0);
}

static void note_cell(struct witness *w, struct row_change *r, int at, const char *name, bool is_key)
{
    sqlite3_value *old = NULL, *new = NULL;
    if (r->was) (void)sqlite3_preupdate_old(w->store->db, at, &old);
    if (r->is) (void)sqlite3_preupdate_new(w->store->db, at, &new);
    sqlite3_value *there = new &&sqlite3_value_type(new) != SQLITE_NULL ? new : old;
    struct cell *c = &r->cells[r->count++];
    *c = (struct cell){.column = name, .is_key = is_key, .differs = !are_same(old, new)};
    c->kind = there ? kind_of(name, sqlite3_value_type(there)) : CELL_NONE;
    if (c->kind == CELL_HIDDEN || c->kind == CELL_NONE) return;
    if (old) c->before = text_of(w, old);
    if (new) c->after = text_of(w, new);
}

static bool differs(const struct row_change *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->cells[i].differs) return true;
    return false;
}

static void note_row(struct witness *w, int op, const struct columns *columns)
{
    int count = sqlite3_preupdate_count(w->store->db);
    if (w->rows++ >= WITNESS_ROWS_MAX) {
        w->more++;
        return;
    }
    struct row_change *r = ARENA_NEW(&w->arena, struct row_change);
    struct cell *cells = arena_alloc(&w->arena, (size_t)count * sizeof *cells);
    if (r == NULL || cells == NULL) {
        w->more++;
        return;
    }
    *r = (struct row_change){
        .table = columns->table, .was = op != SQLITE_INSERT, .is = op != SQLITE_DELETE, .cells = cells};
    for (int i = 0; i < count && (size_t)i < columns->count; i++)
        note_cell(w, r, i, columns->all[i].name, columns->all[i].is_key);
    if (r->was && r->is && !differs(r)) { /* written as it was */
        w->rows--;
        return;
    }
    *w->end = r;
    w->end = &r->next;
}

static void count_row(struct witness *w, const char *table)
{
    for (size_t i = 0; i < w->other_count; i++)
        if (strcmp(w->others[i].table, table) == 0) {
            w->others[i].rows++;
            return;
        }
    if (w->other_count == WITNESS_TABLES_MAX) return;
    struct str name = arena_str(&w->arena, str_of(table));
    if (name.p) w->others[w->other_count++] = (struct table_change){name.p, 1};
}

static void on_change(void *arg, sqlite3 *db, int op, const char *schema, const char *table, sqlite3_int64 old_id,
                      sqlite3_int64 new_id)
{
    struct store *s = arg;
    struct witness *w = witness_of(s);
    (void)db, (void)schema, (void)old_id, (void)new_id;
    if (w == NULL || IS_IN(silent, table)) return;
    const struct columns *columns = columns_of(s, table);
    if (columns)
        note_row(w, op, columns);
    else
        count_row(w, table);
}

/* ---- transactions ---------------------------------------------------------------------------------------------------------- */

bool witness_watch(struct store *s, struct err *e)
{
    struct witness *w = witness_of(s);
    if (w == NULL) return true;
    forget(w);
    if (!read_columns(s, e)) return false;
    (void)sqlite3_preupdate_hook(s->db, on_change, s);
    return true;
}

bool witness_enter(struct store *s, struct err *e)
{
    struct witness *w = witness_of(s);
    if (w == NULL || w->has_entry || (w->rows == 0 && w->other_count == 0)) return true;
    return w->enter(w->arg, w, e);
}

void witness_end(struct store *s, bool committed)
{
    struct witness *w = witness_of(s);
    if (w == NULL) return;
    (void)sqlite3_preupdate_hook(s->db, NULL, NULL);
    w->entered += committed && w->has_entry;
    forget(w);
}

void witness_has_entry(struct store *s)
{
    struct witness *w = witness_of(s);
    if (w) w->has_entry = true;
}
