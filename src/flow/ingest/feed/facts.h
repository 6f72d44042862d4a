/* What we hold of one hour of a hunting feed, per bin of five minutes: distinct rows, and how many more rows the other side
 * counts there for good (byte-equal ones). Kept in the store beside the hour's fingerprints. Pure. */
#ifndef FLOW_INGEST_FACTS_H
#define FLOW_INGEST_FACTS_H

#include <stdbool.h>

#include "flow/ingest/feed/feed.h"
#include "kit/base/str.h"

struct facts {
    int64_t held[BINS_PER_HOUR];
    int64_t
        surplus[BINS_PER_HOUR]; /* received at the last whole reading, less held; may be negative when rows vanished */
};
void facts_write(const struct facts *f, struct buf *out);
bool facts_read(struct str json, struct facts *out); /* false: not ours */
unsigned facts_index(struct wall t);                 /* of a time's bin within its hour */
void facts_settle(struct facts *f, unsigned bin_index, uint32_t received);

/* Bins of [from, to) where `remote` and `expected` differ, as runs that end with their hour; both arrays begin at from's
 * bin. Fills runs, run_count and judged_to. */
void counts_compare(struct wall from, struct wall to, const uint64_t *remote, const int64_t *expected,
                    struct feed_counts *out);

#endif
