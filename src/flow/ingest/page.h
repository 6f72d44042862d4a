/* A worker turns one complete answer into what the commit takes: rows staged for the log, fingerprints, revisions, dead
 * letters; and into what the feed's mind takes: struct feed_page or feed_counts. Nothing of an answer that does not end
 * properly counts. */
#ifndef FLOW_INGEST_PAGE_H
#define FLOW_INGEST_PAGE_H

#include "flow/ingest/fingers.h"
#include "flow/ingest/transfer.h"

struct staged_revision {
    struct hash128 identity;
    struct wall updated;
    char object_id[128];
    size_t row_at, row_bytes; /* in staged.text */
};
/* What one answer brings to the commit. */
struct staged {
    struct log_batch *batch; /* NULL: no new rows */
    struct bucket_put *puts;
    size_t put_count;
    struct staged_revision *revisions;
    size_t revision_count, revision_cap;
    struct buf text; /* rows of the revisions */
    struct buf dead; /* NDJSON lines */
    uint64_t dead_count;
    enum log_how how;
};
void staged_done(struct staged *s);
uint64_t staged_bytes(const struct staged *s); /* roughly, in memory */

struct page_job {
    /* in; borrowed */
    const struct feed_row *row;
    struct store *store;
    struct log *log;
    const struct ocsf *ocsf;
    const struct ingest_history *history;
    char tenant_id[GUID_BYTES];
    int64_t feed_id;
    int64_t horizon_hour;
    struct feed_fetch fetch;
    struct transfer *transfer; /* owned: freed at the end */
    struct transfer_end end;
    struct wall received;
    /* out */
    bool ok;
    struct err err;
    struct feed_page page;
    struct feed_counts counts;
    struct buf link;
    struct wall newest;
    struct staged staged; /* the caller's */
};
void page_run(struct page_job *j); /* worker */
void page_job_done(struct page_job *j);

#endif
