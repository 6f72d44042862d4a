/* What the files of state/store share: the open database, its prepared statements, cursors over them. */
#ifndef STATE_STORE_STORE_INT_H
#define STATE_STORE_STORE_INT_H

#include <pthread.h>
#include <sqlite3.h>

#include "state/store/statements_int.h"
#include "state/store/store.h"
#include "state/store/vfs_int.h"

struct store {
    pthread_mutex_t lock; /* recursive; guards all below; held from store_begin to commit or rollback */
    sqlite3 *db;
    struct vfs *vfs;
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared when first needed */
    const struct seal_key *key;
    struct clock clock;
    char id[GUID_BYTES];
    bool in_transaction;
    bool is_doomed; /* a call in this transaction has failed, with `doom` */
    struct err doom;
    struct columns *columns; /* of the tables whose changes the audit trail shows; read when first needed (witness.c) */
    uint64_t changed;        /* rows, by the last statement of run_statement */
    int64_t row_id;          /* that it added */
    bool has_entry;          /* of the audit trail, in the transaction under way */
    bool is_uncertain;       /* a failed commit waits to be taken back */
};

/* ---- running statements ---------------------------------------------------------------------------------------------
 * Values are bound in order by a letter each: i int64_t, t const char * (text), b struct str (blob). They are borrowed until
 * the cursor is closed. */
struct cursor {
    struct store *s;
    struct err *e;
    sqlite3_stmt *statement;
    bool is_own; /* the cached statement was in use (a callback that lists again): this one is the cursor's own */
    bool has_failed, has_conflict;
};
/* Takes the lock; on failure it is released again and the cursor needs no close. */
bool cursor_open(struct store *s, enum statement id, struct cursor *c, struct err *e, const char *types, ...);
bool cursor_next(struct cursor *c);  /* true: a row is there */
bool cursor_close(struct cursor *c); /* false: a step has failed, `e` says how */
/* A statement without rows. *conflict_out (may be NULL) true: a uniqueness rule refused it, which is then no failure. */
bool run_statement(struct store *s, enum statement id, bool *conflict_out, struct err *e, const char *types, ...);

int64_t column_i64(const struct cursor *c, int column);
struct wall column_wall(const struct cursor *c, int column);
struct str column_bytes(const struct cursor *c, int column);                      /* valid until the next step */
void column_text(const struct cursor *c, int column, char *out, size_t out_size); /* cut if need be */
uint64_t changed_rows(const struct store *s); /* by the last run_statement; under the lock */
int64_t added_row(const struct store *s);     /* its id, likewise */

/* Several statements as one transaction: the caller's if there is one, else our own. */
struct scope {
    struct store *s;
    bool is_own;
};
bool scope_begin(struct store *s, struct scope *out, struct err *e);
bool scope_end(struct scope *scope, bool ok,
               struct err *e); /* commits if ok, else rolls back; returns whether all is well */

void store_lock(struct store *s);
void store_unlock(struct store *s);
/* From SQLite's code to a cause, the disk's own words first. False. */
bool store_fail(struct store *s, int code, struct err *e, const char *doing);

bool run_sql(struct store *s, const char *sql, struct err *e, const char *doing); /* SQL without values */

/* Whose database this is, by reading alone: STORE_CORRUPT for a stranger's, STORE_NEWER, STORE_EXISTS, STORE_MISSING. */
bool schema_identify(struct store *s, bool create, struct err *e);
/* Makes the tables of a new one, brings an older one up to date, compares the key, reads the id. */
bool schema_prepare(struct store *s, struct err *e);

/* The macs and the end of the audit trail under the store's present key, with another key of the macs; in a transaction. */
bool audit_rekey(struct store *s, struct err *e);

/* Single values, in table meta. */
bool meta_get(struct store *s, const char *name, struct buf *out, bool *found_out, struct err *e);
bool meta_set(struct store *s, const char *name, struct str value, struct err *e);

#endif
