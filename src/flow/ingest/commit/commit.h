/* The committer: rows into the log, and everything that follows from them into the store, as one step. At most one group a
 * second, at once when an alert is in it.
 *
 *   1. append the staged rows of all items to the log, sync
 *   2. one store transaction: the log's new end, fingerprints, settled counts, revisions with their inbox entries, feed
 *      states. Only this makes step 1 count.
 *   3. if 2 failed for certain: cut the log back to the end that the store names. If 2 is uncertain (the disk refused even
 *      the rolling back), nothing is cut and nothing appended until the store answers again and says which end it names.
 *
 * What we did ourselves (the store's own events) rides along: its rows are appended in step 1 and taken out of the store in
 * step 2, so that each comes into the log once.
 *
 * An item whose tenant was removed meanwhile drops out and the rest is committed without it: one tenant never hurts
 * another. Loop thread; the work is done on a worker, one group at a time. */
#ifndef FLOW_INGEST_COMMIT_H
#define FLOW_INGEST_COMMIT_H

#include "flow/ingest/feed/verdict.h"
#include "flow/ingest/page/page.h"
#include "state/store/feeds.h"

struct commit_item {
    struct commit_item *next;
    const struct feed_row *row;
    struct feed_record record; /* its state points into `state` */
    struct buf state;
    struct staged staged;
    bool is_settled;
    struct feed_settle settle;
    struct verdict_news news;
    bool drops;
    int64_t drop_before;     /* hour */
    int64_t verdicts_before; /* when it drops: older verdicts go too */
    bool is_urgent;
    uint64_t columns_hash; /* of the feed's columns, if they are told */
    uint64_t bytes;        /* out: what it staged in memory */
    uint64_t dead_count;   /* out: staged is empty when done is called */
    bool is_gone;          /* out: its tenant or feed is no more */
    void (*done)(void *ctx, struct commit_item *item, const struct err *e); /* owns the item from then on */
    void *ctx;
};
void commit_item_free(struct commit_item *item); /* accepts NULL */

struct committer;
struct committer_opts {
    struct runtime runtime;
    struct clock clock;
    struct store *store;
    struct log *log;
    struct fs fs;
    const char *dead_dir;
    const struct ocsf *ocsf;
    void (*on_commit)(void *ctx, uint64_t log_end);
    void *on_commit_ctx;
    void (*on_rest)(void *ctx); /* a group is done with, well or not, and nothing is on its way; may be NULL */
};
struct committer *committer_new(const struct committer_opts *o);
void committer_free(struct committer *c); /* idle only; accepts NULL */
void committer_put(struct committer *c, struct commit_item *item);
/* From now on, until committer_close, own events are reason enough for a group; there may be some already. */
void committer_open(struct committer *c);
void committer_own_events(struct committer *c); /* the store holds some */
void committer_set_mappings(struct committer *c, const struct ocsf *ocsf);
void committer_close(struct committer *c); /* what was put is done at once, and no group begun without */
bool committer_is_idle(const struct committer *c);
uint64_t committer_bytes(const struct committer *c); /* staged in memory, waiting or on its way */
void committer_counts(const struct committer *c, uint64_t *commits_out, uint64_t *failed_out);

#endif
