/* What a feed brings that no mapping knows, or no more, and the columns it had last. */
#ifndef STATE_STORE_DRIFT_H
#define STATE_STORE_DRIFT_H

#include "state/store/store.h"

/* What a feed brings that no mapping knows, or no more. Of each kind DRIFT_KEPT_MAX names are kept; what comes beyond is
 * counted together, under no name. */
enum { DRIFT_KEPT_MAX = 100 };
struct drift_record {
    int64_t feed_id;
    char tenant_id[GUID_BYTES], feed[64]; /* only in listings */
    char kind[12], name[96], value[160], example[200];
    uint64_t rows;
    struct wall since, last;
    uint64_t tenants; /* only in sums */
};
/* Adds its rows to what is there of that feed, kind, name and value. Nothing when the feed is gone. */
bool store_drift_add(struct store *s, const struct drift_record *r, struct err *e);
bool store_drift_remove(struct store *s, int64_t feed_id, const char *kind, const char *name, struct err *e);
/* tenant_id and feed NULL: all. */
bool store_drift_list(struct store *s, const char *tenant_id, const char *feed,
                      bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e);
/* The same over all tenants: rows added up, the first and the last time, some example. */
bool store_drift_sums(struct store *s, const char *tenant_id, const char *feed,
                      bool (*each)(void *arg, const struct drift_record *r), void *arg, struct err *e);
bool store_drift_forget(struct store *s, const char *tenant_id, const char *feed, struct err *e);
/* The columns a feed had in its last answer that told them, a line each; empty: none has. */
bool store_columns_get(struct store *s, int64_t feed_id, struct buf *out, struct err *e);
bool store_columns_set(struct store *s, int64_t feed_id, struct str names, struct err *e);

#endif
