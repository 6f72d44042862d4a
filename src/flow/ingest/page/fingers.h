/* Which rows are known: fingerprints of one feed, hour by hour. Worker code; reads the store, never writes it: what is new
 * is handed on to the commit as sorted runs. One hour at a time is in memory, so a page in order of time costs one reading
 * per hour and 16 bytes a row. */
#ifndef FLOW_INGEST_FINGERS_H
#define FLOW_INGEST_FINGERS_H

#include "flow/ingest/feed/facts.h"
#include "flow/ingest/ingest.h"
#include "kit/base/hash.h"

/* A set of hashes: open addressing, at most three quarters full. */
struct known {
    struct hash128 *slots;
    size_t count, mask; /* mask + 1 slots; 0 with slots NULL */
};
bool known_add(struct known *k, struct hash128 h, bool *is_new_out); /* false: no memory */
void known_done(struct known *k);

struct bucket_put { /* for the commit */
    int64_t hour;
    struct hash128 *fresh; /* sorted */
    size_t count, cap;
    struct facts facts;
    bool is_rebuilt; /* written even when there was nothing */
};
struct fingers {
    struct store *store;
    const struct ingest_history *history;
    const char *tenant_id, *source;
    int64_t feed_id;
    int64_t horizon_hour; /* hours before it may have to be rebuilt */
    bool is_open;
    struct known known;
    size_t current; /* index in puts */
    struct bucket_put *puts;
    size_t put_count, put_cap;
};
void fingers_init(struct fingers *f, struct store *store, const struct ingest_history *history, const char *tenant_id,
                  const char *source, int64_t feed_id, int64_t horizon_hour);
void fingers_done(struct fingers *f);
/* Notes the row; *is_new_out tells whether it was not known. Blocks on the store at a new hour. */
bool fingers_add(struct fingers *f, int64_t hour, struct wall time, struct hash128 identity, bool *is_new_out,
                 struct err *e);
/* Is it known? Notes nothing. */
bool fingers_have(struct fingers *f, int64_t hour, struct hash128 identity, bool *out, struct err *e);
/* Loads an hour that may be older than the horizon, so that its facts are complete. */
bool fingers_open(struct fingers *f, int64_t hour, struct err *e);
void fingers_finish(struct fingers *f); /* sorts; drops hours with nothing to write */

/* What is held of each bin of [from, to), and its surplus, from the store's facts alone. `expected` begins at from's bin. */
bool fingers_expected(struct fingers *f, struct wall from, struct wall to, int64_t *expected, struct err *e);

#endif
