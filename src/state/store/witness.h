/* A change and its entry in the audit trail are one transaction, without anybody having to think of it: while a witness stands, what
 * its thread changes in the store is noted row by row, and before each commit `enter` is asked to put the entry in. Where the
 * transaction has one already (some changes are entered by who makes them), it is not asked. Statements on their own become
 * transactions. Secrets are noted as changed, never shown. */
#ifndef STATE_STORE_WITNESS_H
#define STATE_STORE_WITNESS_H

#include "kit/base/arena.h"
#include "state/store/store.h"

enum cell_kind { CELL_NONE, CELL_NUMBER, CELL_TEXT, CELL_TIME, CELL_HIDDEN };
struct cell {
    const char *column;
    enum cell_kind kind; /* of what is there; CELL_NONE: neither */
    struct str before, after;
    bool differs, is_key;
};
struct row_change {
    const char *table;
    bool was, is; /* false, true: it is new */
    struct cell *cells;
    size_t count;
    struct row_change *next;
};
struct table_change { /* rows that nobody wants to read one by one */
    const char *table;
    uint64_t rows;
};
enum { WITNESS_ROWS_MAX = 100, WITNESS_TABLES_MAX = 24 };
struct witness {
    bool (*enter)(void *arg, const struct witness *w, struct err *e);
    void *arg;
    uint64_t entered; /* transactions with an entry */
    /* the transaction under way */
    struct row_change *first, **end;
    size_t rows, more; /* noted; beyond WITNESS_ROWS_MAX */
    struct table_change others[WITNESS_TABLES_MAX];
    size_t other_count;
    /* the store's */
    struct store *store;
    struct arena arena;
    bool has_entry;
};
/* For the calling thread, until witness_done; one at a time. `w` stays where it is. Set `enter` and `arg` first. */
void witness_begin(struct witness *w, struct store *s);
void witness_done(struct witness *w);

#endif
