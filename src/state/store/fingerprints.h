/* What the sweeps of a feed compare with: fingerprints of its rows by the hour, and what counting them found. */
#ifndef STATE_STORE_FINGERPRINTS_H
#define STATE_STORE_FINGERPRINTS_H

#include "kit/base/hash.h"
#include "state/store/store.h"

/* Fingerprints of rows per (feed, bucket), bucket = hour since the epoch of the row's time. Each put adds a sorted run
 * (none when count is 0); past eight runs the store merges them into one without doubles. `facts` is ingest's own note about that bucket (counts per bin), replaced by each put. */
bool store_fingerprints_put(struct store *s, int64_t feed_id, int64_t bucket, const struct hash128 *sorted,
                            size_t count, struct str facts, struct err *e);
bool store_fingerprints_get(struct store *s, int64_t feed_id, int64_t bucket,
                            bool (*each_run)(void *arg, const struct hash128 *sorted, size_t count), void *arg,
                            struct buf *facts_out /* may be NULL */, struct err *e);
bool store_fingerprints_drop(struct store *s, int64_t feed_id, int64_t before_bucket, struct err *e);
/* Buckets of a feed in [from, to), with their facts. */
bool store_fingerprint_facts(struct store *s, int64_t feed_id, int64_t from_bucket, int64_t to_bucket,
                             bool (*each)(void *arg, int64_t bucket, struct str facts), void *arg, struct err *e);

/* What the count sweeps found in one hour of a feed. A record that says nothing is not kept. */
struct verdict_record {
    int64_t hour;
    uint64_t repaired;
    bool is_pulled;
    struct str differing; /* ingest's own note; borrowed during the callback */
};
bool store_verdict_put(struct store *s, int64_t feed_id, const struct verdict_record *r, struct err *e);
bool store_verdict_list(struct store *s, int64_t feed_id, int64_t from_hour, int64_t to_hour,
                        bool (*each)(void *arg, const struct verdict_record *r), void *arg, struct err *e);
bool store_verdict_drop(struct store *s, int64_t feed_id, int64_t before_hour, struct err *e);

#endif
