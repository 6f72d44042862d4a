/* What the count sweeps say of one hour of a hunting table, pure.
 *
 * Once all of an hour has been counted (before feed_state.swept[0]), it is complete, unless something else is noted of it:
 * rows that had to be repaired (a sweep found them, they came in with it), or bins of five minutes where Defender's count and
 * what it gives never agreed. A later sweep that agrees takes the latter back. */
#ifndef FLOW_INGEST_VERDICT_H
#define FLOW_INGEST_VERDICT_H

#include "flow/ingest/feed/feed.h"
#include "state/store/fingerprints.h"
#include "state/store/store.h"

struct verdict {
    int64_t hour;
    uint64_t repaired;
    bool is_pulled;                                       /* a pull made all of it complete, however old it is */
    unsigned differs;                                     /* a bit per bin of the hour */
    uint32_t counted[BINS_PER_HOUR], held[BINS_PER_HOUR]; /* of those bins: rows counted, and rows we hold */
};
/* false: what the store holds is not ours. */
bool verdict_restore(const struct verdict_record *r, struct verdict *out);
/* `text` takes what out->differing points to. */
void verdict_write(const struct verdict *v, struct buf *text, struct verdict_record *out);

/* What one answer adds to verdicts, kept until its commit. */
struct judged_bin {
    int64_t bin;
    uint32_t counted, held;
};
struct verdict_news {
    uint64_t repaired; /* rows in repaired_hour */
    int64_t repaired_hour;
    bool is_judged, is_pull;
    struct wall from, to; /* judged: bins beside those below agree */
    struct judged_bin *differing;
    size_t count;
};
/* Copies out of the effect. false: no memory. */
bool verdict_news_of(const struct feed_effect *effect, struct verdict_news *out);
void verdict_news_done(struct verdict_news *n);
bool verdict_news_is_empty(const struct verdict_news *n);
/* Into the store, within the caller's transaction. */
bool verdict_news_write(struct store *s, int64_t feed_id, const struct verdict_news *n, struct err *e);

#endif
