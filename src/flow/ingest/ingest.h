/* Ingest: every feed of every tenant, read from Defender into the log, nothing lost and nothing twice.
 *
 * A feed is one source of one tenant. Its mind is feed.h: a pure state machine that says what to ask next and what was
 * learnt from an answer. Around it: sched.h (whose turn it is), transfer.h (an answer on its way to the spool), page.h (a
 * worker turns a complete answer into staged rows), commit.h (log, cursors, fingerprints and revisions in one step). This
 * file starts all that and lets others look at it.
 *
 * All calls on the loop thread unless said otherwise; nothing here blocks. The database and the disk are only touched on
 * workers. `docs/decisions/007*.md` tell why it is built so. */
#ifndef FLOW_INGEST_INGEST_H
#define FLOW_INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/defender/fetcher.h"
#include "cloud/tenant/tenant.h"
#include "kit/base/err.h"
#include "kit/base/wall.h"
#include "kit/sys/fs.h"
#include "kit/sys/runtime.h"
#include "logic/ocsf/ocsf.h"
#include "state/conf/conf.h"
#include "state/log/log.h"
#include "state/store/store.h"

/* Identities and times of the rows that log and lake hold of one feed and one hour. Runs on a worker. */
struct ingest_history {
    void *ctx;
    bool (*rows)(void *ctx, const char *tenant_id, const char *source, struct wall from, struct wall to,
                 bool (*each)(void *arg, struct hash128 identity, struct wall time), void *arg, struct err *e);
};

struct ingest_change;

struct ingest_opts {
    struct runtime runtime; /* runtime_of_loop(loop), or a simulation's */
    struct clock clock;
    struct store *store;
    struct log *log;
    const struct ocsf *ocsf;
    const struct conf *conf;
    struct fs fs;
    const char *spool_dir, *dead_dir; /* made if absent; copied */
    struct fetcher fetcher;
    /* Hands over every tenant (worker): app gives tenant_each. `each` takes a reference of its own. */
    bool (*each_tenant)(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e);
    void *tenants_ctx;
    struct ingest_history history; /* rows == NULL: none, a pull reaches only hours whose fingerprints are kept */
    uint64_t seed;                 /* of jitter */
    void (*on_commit)(void *ctx, uint64_t log_end); /* after each durable commit; may be NULL */
    void *on_commit_ctx;
    void (*on_change)(void *ctx, const struct ingest_change *c); /* a feed's state has changed; may be NULL */
    void *on_change_ctx;
    bool is_manual; /* feeds are read only by ingest_pull and ingest_drain (a command without the service) */
};
/* Everything else is borrowed until ingest_free. */
struct ingest *ingest_new(const struct ingest_opts *o);
void ingest_free(struct ingest *in); /* only when stopped or never started; accepts NULL */
/* Loads tenants and feeds, then begins. `started` comes once, from the loop: e == NULL, or why not. */
void ingest_start(struct ingest *in, void (*started)(void *ctx, const struct err *e), void *ctx);
/* Cancels what is on its way, waits for what is being committed, then `stopped`. */
void ingest_stop(struct ingest *in, void (*stopped)(void *ctx), void *ctx);
/* Answers that are read from now on are read by these. */
void ingest_set_mappings(struct ingest *in, const struct ocsf *ocsf);
/* Tenants were added, changed or removed in the store: loads them again. */
void ingest_tenants_changed(struct ingest *in);

/* Events of our own are durable in the store (store_own_event_add): the next commit takes them into the log. */
void ingest_own_events(struct ingest *in);

struct ingest_outcome {
    uint64_t feeds, failed_feeds;
    uint64_t absent_feeds; /* the tenant cannot have them; not failed */
    uint64_t rows;         /* new in the log */
    /* cause NULL: none; its text names tenant and feed. Of ours before Defender's: a full disk */
    struct err first_error;
};
typedef void ingest_done_fn(void *ctx, const struct ingest_outcome *o);
/* Reads every feed up to now and runs all count sweeps at once, again and again until nothing differs. Requests are served
 * one after another. */
void ingest_drain(struct ingest *in, ingest_done_fn *done, void *ctx);
/* Without times (both zero): polls once, up to now. With times: makes [from, to) complete, also hours long done with.
 * `tenant_id` and `feed` NULL: all. */
void ingest_pull(struct ingest *in, const char *tenant_id, const char *feed, struct wall from, struct wall to,
                 ingest_done_fn *done, void *ctx);

/* How a feed stands. Expected states are grey: the tenant cannot have that source, and nobody is at fault; the others, but
 * for OK, WAITING and THROTTLED, are red: there is something to do. */
enum ingest_state {
    INGEST_WAITING,         /* never asked yet */
    INGEST_OK,              /* read up to its last poll */
    INGEST_THROTTLED,       /* Microsoft asks us to wait */
    INGEST_NOT_LICENSED,    /* the tenant has no licence for it */
    INGEST_NO_SUCH_TABLE,   /* the tenant has no such table */
    INGEST_ROLE_MISSING,    /* the application has not got the permission */
    INGEST_CONSENT_PENDING, /* nobody has consented to the application yet */
    INGEST_DEGRADED,        /* something of it is missing, or late */
    INGEST_BLIND,           /* nothing can be learnt: the credential does not work */
    INGEST_ERROR,           /* it fails otherwise */
    INGEST_UNUSED,          /* another feed shows the same */
    INGEST_STATE_COUNT
};
enum ingest_severity { SEVERITY_NONE, SEVERITY_GREY, SEVERITY_RED };
const char *ingest_state_name(enum ingest_state s);     /* "no_such_table" */
enum ingest_state ingest_state_named(const char *name); /* INGEST_WAITING when unknown */
/* What was there and is gone is red though the state be grey else. */
enum ingest_severity ingest_severity_of(enum ingest_state s, bool was_read);
/* Borrowed for the call, but for the feed's name and the cause. */
struct ingest_change {
    const char *tenant_id, *tenant_name, *feed;
    enum ingest_state from, to;
    bool was_read;
    const struct cause *cause; /* NULL: none */
    const char *text;          /* NULL: none */
};
const struct cause *ingest_cause_named(const char *code); /* of a feed's error_code; NULL: none of that code */

/* A feed for lists, the live view and metrics. Borrowed for the call. */
struct ingest_feed_status {
    const char *tenant_id, *tenant_name, *feed;
    enum ingest_state state;
    enum ingest_severity severity;
    struct wall since;         /* in that state */
    const struct cause *cause; /* NULL: none */
    const char *text;          /* of the error; NULL: none */
    uint64_t rows, late_rows;
    struct wall synced, newest_event;
    int64_t lag_ms; /* since the last completed poll; -1: never */
    uint32_t calm;  /* how long it has stayed empty, 1 to 12 (feed_calm_factor) */
    bool is_busy;   /* an answer of it is on its way */
};
void ingest_each_feed(const struct ingest *in, bool (*each)(void *arg, const struct ingest_feed_status *s), void *arg);

struct ingest_counters {
    uint64_t rows, late_rows, dead, known; /* known: received again and dropped */
    uint64_t fetches, failures, commits, failed_commits;
    uint64_t answer_bytes; /* decoded */
    uint64_t spool_bytes;  /* reserved now */
    unsigned in_flight;
};
void ingest_counters_get(const struct ingest *in, struct ingest_counters *out);

/* Is it the name of a feed: what --feed takes? */
bool ingest_is_feed(const char *name);

enum {
    INGEST_BAD_ANSWER,   /* not what was asked for, or cut short */
    INGEST_STATE_NEWER,  /* a feed's state was written by a newer version */
    INGEST_STATE_BAD,    /* a feed's state cannot be read */
    INGEST_SPOOL_FULL,   /* an answer is larger than the spool may hold */
    INGEST_INCOMPLETE,   /* Defender counts rows that it does not give */
    INGEST_STOPPED,      /* ingest was stopped before it was done */
    INGEST_NO_FEED,      /* no such feed */
    INGEST_OTHER_SOURCE, /* another feed gives the same alerts */
    INGEST_RENAMED,      /* the table has another name now, and a feed of that name */
    INGEST_OFF,          /* people have switched the feed off, or its API */
    INGEST_BEHIND,       /* it is read, but later than it should be */
    INGEST_CAUSE_COUNT
};
extern const struct cause ingest_causes[];

#endif
