/* Between ingest.c (the face), ingest_load.c (tenants and feeds), ingest_pace.c (when a feed's turn comes), ingest_run.c (its
 * round: turn, fetch, page), ingest_commit.c (and commit), ingest_note.c (how it stands), ingest_fail.c (what a failure means),
 * ingest_import.c (records from files) and ingest_op.c (drain and pull). Loop thread throughout. */
#ifndef FLOW_INGEST_INGEST_INT_H
#define FLOW_INGEST_INGEST_INT_H

#include <sys/queue.h>

#include "flow/ingest/commit/commit.h"
#include "flow/ingest/feed/sched.h"
#include "flow/ingest/ingest.h"
#include "flow/ingest/page/parcel.h"
#include "state/store/feeds.h"

enum feed_stage {
    STAGE_REST,     /* waits for its turn: to poll, or to go on */
    STAGE_TRANSFER, /* an answer is coming in */
    STAGE_SPOOLED,  /* the answer is whole; waits for the feed's last commit, or for a worker */
    STAGE_WORK,     /* a worker reads it */
};
/* What a feed needs only while something of it is under way. Tenants times feeds are tens of thousands; at rest each of them
 * is no more than struct ing_feed. */
struct ing_active {
    LIST_ENTRY(ing_active) in_actives;
    struct ing_feed *feed;
    struct feed mind;
    enum feed_stage stage;
    struct transfer *transfer;
    uint64_t asked_reading; /* the tenant's, that the last transfer was begun with */
    struct transfer_end end;
    struct page_job *job;
    struct ing_feed *next_ready; /* in in->ready */
    uint64_t spool_bytes;        /* reserved */
    uint64_t answer_memory;      /* of a complete answer that waits to be read */
    bool is_committing;
    struct feed_state pending; /* what that commit makes durable */
    bool is_in_op;
    unsigned op_failures;
    int64_t op_waited_ms;     /* for failures in a row, this wait included */
    bool is_ready;            /* in in->ready */
    struct parcel *import;    /* being read or committed; NULL: none */
    unsigned waiting_parcels; /* in in->parcels */
};
LIST_HEAD(ing_actives, ing_active);

/* How it stands, and since when: told once per change, durable with the next commit. */
struct ing_condition {
    enum ingest_state state;
    const struct cause *cause; /* NULL: none */
    char *text;                /* owned; NULL: none */
    struct wall since;
};
struct ing_feed {
    struct ing_tenant *tenant;
    struct ing_active *active; /* NULL: at rest, and nobody waits for it */
    struct feed_state durable;
    struct ing_condition condition;
    int64_t id; /* in the store */
    struct wall synced, newest_event;
    uint64_t rows, late_rows, dead;
    uint64_t columns_hash; /* of the columns that the store has of it; 0: not known */
    uint16_t index;        /* in feed_rows and tenant->feeds */
    uint16_t failures;     /* in a row */
    uint8_t partials;      /* answers in a row that lacked something */
    uint8_t endpoint;      /* enum endpoint: through which it is read */
    bool is_broken;        /* its state cannot be read, or its tenant is gone: left alone */
    bool is_stale;         /* a commit failed: the store is asked what holds before it goes on */
    bool has_news;         /* of its condition, that the store does not have yet */
    bool is_left_out;      /* of the request being served: the tenant seems not to have it */
};
/* What people set about reading a tenant. */
struct ing_set {
    int64_t interval_ms[3]; /* of PACE_ALERTS, PACE_HUNTING, PACE_MACHINES */
    bool is_endpoint_off;
    bool is_off[FEED_ROW_COUNT];
};
struct ing_tenant {
    struct ing_set set;
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
    struct ing_actives actives;
    size_t tenant_count;
    struct ing_feed *ready, **ready_last; /* spooled answers that wait for a worker */
    unsigned jobs;
    struct parcel *parcels, **parcels_last; /* that wait for their feed */
    uint64_t spool_bytes, answers, answer_memory;
    bool is_running, is_stopping, is_loading, is_load_wanted, is_unpark_wanted, is_pumping;
    struct mono load_at; /* a wanted load begins then */
    struct wall began;
    void (*started)(void *ctx, const struct err *e);
    void *started_ctx;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    struct ing_op *ops, **ops_last; /* the first is being served */
    struct ingest_counters counters;
};

const struct feed_row *ing_row(const struct ing_feed *f);
struct sched_feed *ing_sched(struct ing_feed *f);
struct ingest *ing_in(const struct ing_feed *f);

/* ingest_feed.c: a feed at rest and awake, and its record in the store */
struct ing_active *ing_feed_wake(struct ing_feed *f); /* never NULL */
void ing_feed_settle(struct ing_feed *f);             /* lets go of its active part if nothing needs it */
enum feed_stage ing_feed_stage(const struct ing_feed *f);
bool ing_feed_is_quiet(const struct ing_feed *f); /* nothing on its way, nothing being committed */
bool ing_feed_is_in_op(const struct ing_feed *f);
void ing_feed_free(struct ing_feed *f);
void ing_feed_record(const struct ing_feed *f, struct feed_record *out); /* `state` is left empty */
/* The record's part of `f`; false: its state cannot be read, e says why (the condition is set). */
bool ing_feed_read(struct ing_feed *f, const struct feed_record *r, struct err *e);
/* True: it is another state or cause than before. */
bool ing_condition_set(struct ing_condition *c, enum ingest_state state, const struct cause *cause, const char *text,
                       struct wall now);

/* ingest_choice.c */
/* Is it, or the API that it is read through, switched off? Then `why` says so. */
bool ing_feed_is_off(const struct ing_feed *f, struct err *why);
enum choice { CHOICE_ASK, CHOICE_SWEEP, CHOICE_LATER, CHOICE_OTHER };
/* May it be asked now, and through which end-point (f->endpoint)? SWEEP: only for what came late. LATER: look
 * again then. OTHER: another feed serves, see why. */
enum choice ing_feed_choose(struct ing_feed *f, int64_t *wait_ms_out, struct err *why);
int64_t ing_feed_other_id(
    const struct ing_feed *f);                 /* the feed whose objects are the same, if it was ever read; else 0 */
void ing_feed_tell_better(struct ing_feed *f); /* it is gone: perhaps it has a new name now */
void ing_feed_tell_worse(struct ing_feed *f);  /* it answers: what became of the table of the old name is known */
void ing_feed_note_gone(struct ing_feed *f);   /* the table that was there is not */
/* The table under its old name, which is gone: rows of before may have come through it. NULL: there is none. */
const struct ing_feed *ing_feed_formerly(const struct ing_feed *f);
/* From now on it is asked for what came late under that name, too: not while either waits for an answer. false: nothing is new. */
bool ing_feed_inherits(struct ing_feed *f);
bool ing_tenant_has_consent(const struct ing_tenant *t); /* as far as is known */

/* states.c */
enum ingest_state ing_state_of(const struct feed_row *row, const struct err *e);
bool ing_state_is_absent(enum ingest_state s); /* the tenant cannot have it: nobody's failure */
enum ing_patience { WAIT_BACKOFF, WAIT_PROBE, WAIT_HOUR, WAIT_DAY };
enum ing_patience ing_state_patience(enum ingest_state s, const struct cause *c); /* until it is tried again */

/* ingest_load.c */
void ingest_load(struct ingest *in);
void ingest_load_later(struct ingest *in, int64_t ms);
void ingest_load_if_due(struct ingest *in);
void ing_tenant_reap(struct ing_tenant *t); /* frees a removed tenant that is quiet */
void ing_tenant_free(struct ing_tenant *t);

/* ingest_pace.c */
int64_t feed_interval_ms(const struct ing_feed *f);
uint64_t ing_feed_phase(const struct ing_feed *f);
void ing_feed_wait(struct ing_feed *f, int64_t ms); /* its turn comes in ms at the earliest */

/* ingest_run.c */
void ingest_pump(struct ingest *in); /* starts what may start; arms the timer */
void ing_feed_apply(struct ing_feed *f, const struct feed_effect *effect);
void ing_feed_stand_back(struct ing_feed *f, const struct err *why); /* another feed serves */
void ing_feed_abandon(struct ing_feed *f);                           /* stops a transfer or forgets a spooled answer */
bool ingest_has_room(const struct ingest *in);                       /* for one more job */
void ing_feed_job(struct ing_feed *f, struct page_job *job);         /* fills in what the feed knows */
void ing_job_done(struct page_job *job);                             /* lets go of it */
void ing_feed_maybe_ready(struct ing_feed *f);                       /* its answer may be read now */

/* ingest_commit.c */
/* An answer was taken: what it brought and where the mind stands now go into one commit. */
void ing_feed_step_done(struct ing_feed *f, const struct feed_effect *effect, struct page_job *job /* or NULL */);
void ing_feed_save(struct ing_feed *f);     /* its state, changed from outside while it is quiet */
void ing_feed_put_news(struct ing_feed *f); /* its condition, if the store does not have it yet */
void ing_feed_put_rows(struct ing_feed *f, struct page_job *job); /* rows that are no answer of its own: commit them */

/* ingest_note.c */
enum { ING_PARTIALS_MAX = 3 }; /* answers in a row that lack something: then it is told */
/* What the commit of an answer says of the feed: before the record is made. */
void ing_feed_note_step(struct ing_feed *f, const struct feed_effect *effect, const struct page_job *job);
void ing_feed_note(struct ing_feed *f, enum ingest_state state, const struct err *e);
void ing_feed_note_if_behind(struct ing_feed *f); /* when its turn comes: it may have waited long for it */

/* ingest_import.c */
void ingest_start_parcels(struct ingest *in);
void ing_import_committed(struct ing_feed *f, const struct err *e);

/* ingest_fail.c */
void ing_feed_failed(struct ing_feed *f, const struct err *e);

/* ingest_op.c */
void ingest_op_next(struct ingest *in);
void ing_feed_op_check(struct ing_feed *f); /* after it came to rest */
/* After each failure; the feed is to wait that long now. */
void ing_feed_op_failed(struct ing_feed *f, const struct err *e, int64_t wait_ms);
void ing_feed_op_drop(struct ing_feed *f, const struct err *why);
/* A drain is under way which it has left, and there is more of it now. */
void ing_feed_op_again(struct ing_feed *f);
void ingest_ops_stop(struct ingest *in);

#endif
