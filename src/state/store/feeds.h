/* Feeds: how far each has read, and how it is. */
#ifndef STATE_STORE_FEEDS_H
#define STATE_STORE_FEEDS_H

#include "state/store/store.h"

struct feed_record {
    int64_t id; /* given by store_feed_put when 0 */
    char tenant_id[GUID_BYTES];
    char feed[64];            /* "DeviceProcessEvents", "alerts", "incidents", "machines" */
    struct str state;         /* ingest's own cursor and sweep state, JSON; borrowed during the callback */
    struct wall last_synced;  /* the last completed poll, also with no rows; 0: never */
    struct wall newest_event; /* 0: none yet */
    uint64_t rows;            /* rows in the log, ever */
    uint64_t late_rows;       /* of them found by a sweep */
    uint64_t dead;            /* records that could not be read: dead letters, ever */
    uint64_t refused;         /* rows in the log that the mapping refused: only store_feed_refused_add changes it */
    char status[32];          /* "ok", "throttled", "error", ... */
    char error_code[64];      /* of the last failure; empty after a success */
    char error_text[400];     /* as long as an err's */
    struct wall error_since;
    uint64_t drift; /* names of what no mapping knows, see drift_record: only listings fill it in */
};
/* STORE_EXISTS for a second feed of that name and tenant; STORE_GONE when the feed or its tenant was removed meanwhile. Ids
 * are never given twice. */
bool store_feed_put(struct store *s, struct feed_record *r, struct err *e);
bool store_feed_list(struct store *s, const char *tenant_id /* NULL: all */,
                     bool (*each)(void *arg, const struct feed_record *r), void *arg, struct err *e);

/* Added up over all tenants, by feed and status. */
struct feed_sum {
    char feed[64], status[32];
    uint64_t feeds, rows, late_rows, dead; /* dead: with those the mapping refused */
    struct wall oldest_sync;               /* 0: none was ever read */
};
bool store_feed_sums(struct store *s, bool (*each)(void *arg, const struct feed_sum *f), void *arg, struct err *e);

/* That many more rows of the feed were refused. Nothing when the feed is gone: its rows may outlive it in the log. */
bool store_feed_refused_add(struct store *s, int64_t feed_id, uint64_t rows, struct err *e);

#endif
