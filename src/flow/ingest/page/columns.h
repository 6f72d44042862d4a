/* The columns that a hunting answer says its table has. Told once per answer, so looking at them costs nothing per row: when
 * they are others than last time, the commit notes which are gone and which no mapping knows. */
#ifndef FLOW_INGEST_COLUMNS_H
#define FLOW_INGEST_COLUMNS_H

#include <stdbool.h>

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "logic/ocsf/ocsf.h"
#include "state/log/log.h"
#include "state/store/store.h"

/* Names, a line each. */
bool columns_next(struct str *rest, struct str *name);
bool columns_has(struct str list, struct str name); /* letter case ignored */
/* From an answer's `schema`: [{"name": …, "type": …}]. False: it is none, or a name is too odd to keep. */
bool columns_read(struct str schema, struct buf *out);

struct columns_told {   /* for the commit */
    struct buf names;   /* empty: nothing new */
    struct buf unknown; /* of them, those that the mapping does not know */
    uint64_t hash;      /* of names */
    struct wall at;
};
void columns_told_done(struct columns_told *t);
/* In the transaction: the feed's columns, and what differs from those of before. */
bool columns_write(struct store *s, int64_t feed_id, const struct columns_told *t, struct err *e);

/* A row that lacks a column which makes it itself is another row: read again, rows of before would be taken for new. So
 * what the log holds of the feed from `from` on is known as it looks without the columns of `lost`, too. Worker; writes fingerprints,
 * which may be done twice. */
struct columns_lost {
    struct store *store;
    struct log *log;
    const struct plan *plan;
    const char *tenant_id, *source;
    int64_t feed_id;
    bool is_timeless; /* its rows have no place in time: their fingerprints are all of hour 0 */
    struct wall from; /* else: rows from here on */
    struct str lost;  /* names, a line each */
};
bool columns_forget(const struct columns_lost *q, struct err *e);

#endif
