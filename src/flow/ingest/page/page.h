/* A worker turns one complete answer into what the commit takes: rows staged for the log, fingerprints, revisions, dead
 * letters; and into what the feed's mind takes: struct feed_page or feed_counts. Nothing of an answer that does not end
 * properly counts. */
#ifndef FLOW_INGEST_PAGE_H
#define FLOW_INGEST_PAGE_H

#include "flow/ingest/bytes/transfer.h"
#include "flow/ingest/page/columns.h"
#include "flow/ingest/page/fingers.h"

struct staged_revision {
    struct hash128 identity;
    struct wall updated;
    char object_id[128];
    uint64_t row_at; /* in staged.text */
    size_t row_bytes;
};
/* Rows one after another: the last in memory, those before in a spool file once they are many. Worker. */
struct staged_text {
    struct fs fs;
    struct fs_file *file; /* NULL: none */
    uint64_t file_bytes;
    struct buf tail;
    char path[CONF_PATH_BYTES + 64];
};
void staged_text_init(struct staged_text *t, struct fs fs, const char *spool_dir, uint64_t number);
bool staged_text_add(struct staged_text *t, struct str row, uint64_t *at_out, struct err *e);
bool staged_text_read(struct staged_text *t, uint64_t at, size_t n, struct buf *out, struct err *e); /* replaces out */

/* What one answer brings to the commit. */
struct staged {
    struct log_batch *batch; /* NULL: no new rows */
    struct bucket_put *puts;
    size_t put_count;
    struct staged_revision *revisions;
    size_t revision_count, revision_cap;
    struct staged_text text; /* rows of the revisions */
    struct buf dead;         /* NDJSON lines */
    uint64_t dead_count;
    struct columns_told columns;
    enum log_how how;
};
void staged_done(struct staged *s);            /* removes files: a worker, but for the rare case */
uint64_t staged_bytes(const struct staged *s); /* roughly, in memory */

struct page_job {
    /* in; borrowed */
    const struct feed_row *row;
    struct store *store;
    struct log *log;
    const struct ocsf *ocsf;
    const struct ingest_history *history;
    struct fs fs;
    const char *spool_dir;
    uint64_t number; /* of the answer: names its spool file */
    char tenant_id[GUID_BYTES];
    int64_t feed_id;
    int64_t other_feed_id; /* alerts: what this feed has of them is not taken again; 0: none */
    int64_t horizon_hour;
    uint64_t columns_hash; /* of the columns that the feed is known to have; 0: not known. After: of those it has */
    struct {
        int64_t feed_id;    /* of the same table under a name that is gone; 0: none */
        const char *source; /* that name */
        struct wall until;  /* rows before may have come through it */
    } formerly;
    struct feed_fetch fetch;
    struct transfer *transfer; /* owned: freed at the end */
    struct transfer_end end;
    struct wall received;
    /* out */
    bool ok;
    struct err err;
    struct feed_page page;
    struct feed_counts counts;
    struct buf link, merged;
    struct wall newest;
    struct staged staged; /* the caller's */
};
void page_run(struct page_job *j); /* worker */
void page_job_done(struct page_job *j);

#endif
