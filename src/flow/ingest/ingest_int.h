/* Between ingest.c (the face), ingest_load.c (tenants and feeds), ingest_run.c (a feed's round: turn, fetch, page, commit),
 * ingest_fail.c (what a failure means) and ingest_op.c (drain and pull). Loop thread throughout. */
#ifndef FLOW_INGEST_INGEST_INT_H
#define FLOW_INGEST_INGEST_INT_H

#include "flow/ingest/commit.h"
#include "flow/ingest/ingest.h"
#include "flow/ingest/sched.h"

enum feed_stage {
    STAGE_REST,     /* waits for its turn: to poll, or to go on */
    STAGE_TRANSFER, /* an answer is coming in */
    STAGE_SPOOLED,  /* the answer is whole; waits for the feed's last commit, or for a worker */
    STAGE_WORK,     /* a worker reads it */
};
struct ing_feed {
    struct ingest *in;
    struct ing_tenant *tenant;
    size_t index; /* in feed_rows and tenant->feeds */
    struct feed mind;
    struct feed_state durable;
    struct feed_record record; /* as last made durable; `state` unused */
    const struct cause *cause; /* of the last error; NULL */
    enum feed_stage stage;
    struct transfer *transfer;
    struct transfer_end end;
    struct page_job *job;
    struct ing_feed *next_ready; /* in in->ready */
    uint64_t spool_bytes;        /* reserved */
    unsigned failures;           /* in a row */
    bool is_committing;
    struct feed_state pending; /* what that commit makes durable */
    bool is_broken;            /* its state cannot be read, or its tenant is gone: left alone */
    bool is_stale;             /* a commit failed: the store is asked what holds before it goes on */
    bool is_in_op;
    unsigned op_failures;
};
struct ing_tenant {
    struct ing_tenant *next;
    struct ingest *in;
    struct tenant *tenant;
    struct sched_tenant sched;
    struct sched_feed sched_feeds[FEED_ROW_COUNT];
    struct ing_feed feeds[FEED_ROW_COUNT];
    bool is_removed; /* freed once nothing of it is on its way */
};

enum op_kind { OP_DRAIN, OP_PULL };
struct ing_op {
    struct ing_op *next;
    enum op_kind kind;
    char tenant_id[GUID_BYTES]; /* empty: all */
    char feed[64];              /* empty: all */
    struct wall from, to;
    ingest_done_fn *done;
    void *ctx;
    bool has_begun;
    size_t pending; /* feeds not yet finished */
    struct ingest_outcome outcome;
};

struct ingest {
    struct ingest_opts o; /* its folders point to the next two */
    char spool_dir[CONF_PATH_BYTES], dead_dir[CONF_PATH_BYTES];
    struct sched sched;
    struct committer *committer;
    struct runtime_timer *timer;
    struct rng rng;
    struct ing_tenant *tenants;
    size_t tenant_count;
    struct ing_feed *ready, **ready_last; /* spooled answers that wait for a worker */
    unsigned jobs;
    uint64_t spool_bytes, answers;
    bool is_running, is_stopping, is_loading, is_load_wanted, is_unpark_wanted, is_pumping;
    struct mono load_at; /* a wanted load begins then */
    void (*started)(void *ctx, const struct err *e);
    void *started_ctx;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    struct ing_op *ops, **ops_last; /* the first is being served */
    struct ingest_counters counters;
};

int64_t feed_interval_ms(const struct ing_feed *f);
const struct feed_row *ing_row(const struct ing_feed *f);
struct sched_feed *ing_sched(struct ing_feed *f);

/* ingest_load.c */
void ingest_load(struct ingest *in);
void ingest_load_later(struct ingest *in, int64_t ms);
void ingest_load_if_due(struct ingest *in);
void ing_tenant_reap(struct ing_tenant *t); /* frees a removed tenant that is quiet */
bool ing_feed_is_quiet(const struct ing_feed *f);
void ing_tenant_free(struct ing_tenant *t);

/* ingest_run.c */
void ingest_pump(struct ingest *in);                /* starts what may start; arms the timer */
void ing_feed_wait(struct ing_feed *f, int64_t ms); /* its turn comes in ms at the earliest */
void ing_feed_apply(struct ing_feed *f, const struct feed_effect *effect);
void ing_feed_abandon(struct ing_feed *f); /* stops a transfer or forgets a spooled answer */
void ing_feed_step_done(struct ing_feed *f, const struct feed_effect *effect, struct page_job *job /* or NULL */);
void ing_feed_note_error(struct ing_feed *f, const char *status, const struct err *e);

/* ingest_fail.c */
void ing_feed_failed(struct ing_feed *f, const struct err *e);

/* ingest_op.c */
void ingest_op_next(struct ingest *in);
void ing_feed_op_check(struct ing_feed *f);                       /* after it came to rest */
void ing_feed_op_failed(struct ing_feed *f, const struct err *e); /* after each failure */
void ing_feed_op_drop(struct ing_feed *f, const struct err *why);
void ingest_ops_stop(struct ingest *in);

#endif
