/* A feed's mind, pure: given what it knows and what came back, what to ask next. No I/O, no clock, no memory of its own
 * beyond struct feed; the same steps run in the service and in the simulation.
 *
 * Four kinds. HUNTING reads a table by time: windows from the head on, `order by Timestamp asc | take N`, and count sweeps
 * behind it that find what came late or was cut silently (hunting.c). TABLE reads a table without times whole, by shards
 * (shards.c). REVISIONS walks alerts and incidents by their last update (walk.c). SNAPSHOT lists machines whole (walk.c too).
 *
 * Use: feed_want_* says what is wanted; feed_next, when the feed is idle, begins the next piece of it; each answer goes into
 * feed_take_page, feed_take_counts or feed_fail, which say what to do next (struct feed_effect). After every taken answer
 * the durable state (feed->state) is to be committed together with the rows of that answer. If that commit fails, feed_reset
 * brings back the last durable state; wants stay. */
#ifndef FLOW_INGEST_FEED_H
#define FLOW_INGEST_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/defender/defender.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "state/log/log.h"

enum feed_kind { FEED_HUNTING, FEED_TABLE, FEED_REVISIONS, FEED_SNAPSHOT };
enum feed_pace { PACE_ALERTS, PACE_HUNTING, PACE_MACHINES, PACE_DAILY };
enum feed_words {
    WORDS_GRAPH,    /* $filter and $orderby, links */
    WORDS_ENDPOINT, /* $filter alone; no link after $top */
    WORDS_SIEM,     /* sinceTimeUtc, untilTimeUtc; a bare array, no paging */
};
enum { SPLIT_COLUMNS_MAX = 6 };

struct feed_row {
    const char *name;   /* what people call it */
    const char *source; /* what the mapping is called, and for hunting the table */
    enum feed_kind kind;
    enum feed_pace pace;
    enum endpoint endpoint;
    uint32_t page_rows;                   /* largest $top; 0: learnt from the rows' size */
    const char *time;                     /* the column it is asked by; NULL: it has none */
    enum feed_words words;                /* of lists: how they are asked */
    const char *options;                  /* of lists: what every question begins with; NULL: nothing */
    bool is_in_endpoint;                  /* hunting: the Endpoint API reaches this table too */
    const char *split[SPLIT_COLUMNS_MAX]; /* hash() of these tells the rows of one tick apart, best first */
};
/* The registry: what is read by an API of its own, then the hunting tables (tables.inc). */
#define EVENTS(table, ...) FEED_OF_##table,
#define SNAPSHOT(table, ...) FEED_OF_##table,
enum feed_number {
    FEED_ALERTS,
    FEED_INCIDENTS,
    FEED_MACHINES,
    FEED_MACHINE_ACTIONS,
    FEED_ALERTS_ENDPOINT,
    FEED_ALERTS_SIEM,
#include "flow/ingest/feed/tables.inc"
    FEED_ROW_COUNT,
    FEED_FIRST_TABLE = FEED_ALERTS_SIEM + 1
};
#undef EVENTS
#undef SNAPSHOT
extern const struct feed_row feed_rows[FEED_ROW_COUNT];
const struct feed_row *feed_row_find(const char *name); /* NULL: none of that name */

/* ---- bins -------------------------------------------------------------------------------------------------------------- */
#define BIN_TICKS (5 * WALL_TICKS_PER_MIN)
enum { BINS_PER_HOUR = 12, RUN_BINS_MAX = 12, RUNS_MAX = 16 };
int64_t bin_of(struct wall t); /* rounded towards the past */
struct wall bin_start(int64_t bin);
struct wall bin_floor(struct wall t);

/* ---- durable state --------------------------------------------------------------------------------------------------- */
enum { SWEEP_STAGES = 5, STAGE_DRAIN = SWEEP_STAGES, STAGE_PULL, STAGE_ALL };
struct sweep_stage {
    int64_t delay_ticks; /* how far behind now it looks */
    int64_t span_ticks;  /* it runs once this much is waiting */
};
extern const struct sweep_stage sweep_stages[SWEEP_STAGES];

struct feed_state {
    struct wall head; /* everything before it has been asked for once */
    struct wall
        swept[SWEEP_STAGES]; /* hunting: everything before it has passed that stage; never grows from stage to stage */
    struct wall deep;        /* revisions: when the last whole long look back began; 0: never */
    struct wall floor;       /* what is before it was read through another feed; 0: nothing was */
    struct wall open;        /* actions: the oldest that was not over at the last poll; 0: all were */
    struct wall gone;        /* hunting: since then the table, which was there, is not; 0: it is */
    struct wall synced;      /* the last completed poll; 0: never */
    int64_t width_ticks;     /* hunting: how much time one query may span */
    uint32_t row_bytes;      /* hunting: learnt size of a row as JSON */
    uint32_t page_rows;      /* learnt bound of rows in one answer; 0: none */
    uint64_t calm;           /* hunting: polls in a row that brought nothing */
    uint64_t unproved;       /* bins whose count did not agree in the last sweep, a drain or a pull */
    struct wall since;       /* what was read first begins here */
    uint64_t is_unordered;   /* revisions: 1: the order we ask for was refused, since the last look back; a whole
                              * word, since states are compared byte by byte */
};
void feed_state_init(struct feed_state *s, const struct feed_row *row, struct wall now, int64_t lookback_ms);
/* Appends one JSON object. */
void feed_state_write(const struct feed_state *s, struct buf *out);
/* INGEST_STATE_NEWER, INGEST_STATE_BAD. */
bool feed_state_read(struct str json, struct feed_state *out, struct err *e);
/* How long a table has stayed empty, as a factor: 1 (not calm) to 12. */
unsigned feed_calm_factor(const struct feed_state *s);
/* Calm tables are asked at their interval like all others, as long as that leaves room for those that have rows: in the tenant's share of
 * hunting, and in what one application may ask of all tenants together. Where it does not, less often: at most by their factor, and
 * once an hour at least. */
struct hunting_room {
    size_t tenants;            /* that are read here */
    uint64_t calls_per_minute; /* our share of each one's hunting */
};
int64_t feed_hunting_interval_ms(const struct feed_state *s, int64_t interval_ms, const struct hunting_room *room);
/* Fingerprints of hours before this one are not kept. */
int64_t feed_horizon_hour(const struct feed_row *row, const struct feed_state *s);

/* ---- questions and answers --------------------------------------------------------------------------------------------- */
enum feed_ask { ASK_ROWS, ASK_COUNTS /* per bin */, ASK_TOTAL, ASK_OBJECT /* feed->object */ };
static inline bool ask_is_count(enum feed_ask a) /* else its answer brings rows */
{
    return a == ASK_COUNTS || a == ASK_TOTAL;
}
struct feed_fetch {
    enum feed_ask ask;
    struct wall from, to;              /* rows outside [from, to) are no answer to this; snapshot: both 0 */
    uint32_t take;                     /* N; also $top */
    uint32_t skip;                     /* $skip */
    bool use_link;                     /* ask feed->link instead */
    struct wall count_from;            /* bins of feed_page.received begin here */
    bool counts_bins;                  /* received is wanted */
    unsigned depth;                    /* 0, or how many columns split this tick */
    uint8_t column[SPLIT_COLUMNS_MAX]; /* which, as an index of the row's split */
    uint32_t modulus[SPLIT_COLUMNS_MAX], shard[SPLIT_COLUMNS_MAX];
    enum log_how how;
};
struct feed_page {      /* what an answer of rows brought */
    uint64_t rows;      /* received, those already known included */
    uint64_t fresh;     /* of them new */
    uint64_t bytes;     /* of the answer, decoded */
    struct wall last;   /* the latest time in it */
    uint64_t last_rows; /* rows with exactly that time */
    bool is_sorted;     /* times never went back */
    bool is_partial;    /* Defender says that something is missing (206) */
    struct str link;    /* nextLink; empty: none */
    struct wall open;   /* the oldest object in it that is not over; 0: none */
    struct str merged;  /* ids of objects that new ones were merged into, one a line */
    uint32_t received[RUN_BINS_MAX];
    uint32_t last_bin; /* the index in received of `last` */
};
struct bin_run {
    int64_t first; /* bin */
    uint32_t count;
};
struct feed_counts { /* what an answer of counts said */
    uint64_t total;
    struct bin_run runs[RUNS_MAX]; /* bins that differ from what we hold; none reaches over the end of an hour */
    unsigned run_count;
    uint32_t counted[RUNS_MAX][RUN_BINS_MAX], held[RUNS_MAX][RUN_BINS_MAX]; /* of the bins of each run */
    struct wall judged_to; /* all before it has been compared; earlier than asked for when there were too many runs */
};
enum feed_failure {
    FAIL_WAIT,        /* the same later */
    FAIL_HEAVY,       /* too much work for the other side: less time at once */
    FAIL_MAYBE_HEAVY, /* it does not answer, and that may be why: less time at once, within reason */
    FAIL_LARGE,       /* too many bytes or rows at once: fewer rows */
    FAIL_ORDER,       /* the order we ask for is refused */
    FAIL_COLUMN,      /* a column that the rows of a tick were to be told apart by is gone (feed_lose_column) */
    FAIL_EMPTY,       /* "not found", which for a list means: nothing there */
};

struct feed_settle { /* a bin was read whole: this many rows were received */
    int64_t first_bin;
    uint32_t count;
    uint32_t received[RUN_BINS_MAX];
};
struct feed_effect {
    enum { FEED_FETCH, FEED_IDLE, FEED_RETRY } kind; /* RETRY: feed->fetch again, after a pause */
    bool is_settled;                                 /* commit `settle` with the answer's rows */
    struct feed_settle settle;
    bool completed_poll; /* everything up to now has been read */
    uint64_t repaired;   /* new rows that a count had shown to be missing, all in repaired_hour */
    int64_t repaired_hour;
    bool is_judged, is_pull; /* [judged_from, judged_to) has been counted: it agrees, but for the runs of `differing` */
    struct wall judged_from, judged_to;
    const struct feed_counts *differing; /* NULL: none; the counts that were taken */
};

/* ---- the machine ------------------------------------------------------------------------------------------------------- */
enum feed_goal { GOAL_NONE, GOAL_HEAD, GOAL_COUNT, GOAL_REREAD, GOAL_WALK, GOAL_SHARDS };
enum reader_phase { READ_PAGES, READ_TICK_COUNT, READ_TICK };
struct reader { /* reads [at, to) page by page, or a table without times shard by shard */
    struct wall from, to, at, newest;
    enum reader_phase phase;
    bool counts_bins;
    uint32_t received[RUN_BINS_MAX];
    uint64_t tick_left; /* rows of the tick that is read in shards, not received yet */
    bool is_doubtful;   /* shards gave more rows than their tick was counted to have */
    unsigned depth, splits;
    uint32_t modulus[SPLIT_COLUMNS_MAX], shard[SPLIT_COLUMNS_MAX];
};
struct sweep {      /* one count query and the bins it sends us to */
    unsigned stage; /* of sweep_stages, or STAGE_DRAIN, STAGE_PULL, STAGE_ALL */
    struct wall from, to, asked_at;
    struct bin_run runs[RUNS_MAX];
    unsigned run_count, run_index;
    unsigned rounds;
    uint64_t largest_page; /* rows; of this round */
    uint64_t counted;      /* rows Defender counted in the round before */
    uint64_t cut_at;       /* answers of so many rows have been cut silently: they are not trusted; 0: none known */
};
enum walk_kind { WALK_POLL, WALK_DEEP, WALK_PULL };
struct walk { /* alerts and incidents by last update, machines by number */
    enum walk_kind kind;
    struct wall from, to, newest; /* `to` 0: no end */
    struct wall end, open;        /* windows: of the last one; actions: as in feed_page, so far */
    struct wall began;
    uint32_t skip;
    bool use_link, is_partial, is_unsorted;
    struct wall page_last; /* the latest time of the page before */
    enum log_how how;
    uint32_t pages_at_once; /* without progress in time */
};
struct feed {
    const struct feed_row *row;
    struct feed_state state;
    bool wants_poll, wants_drain, wants_pull;
    bool is_closed; /* hunting: nothing from the head on is asked for, whatever is wanted */
    struct wall drain_at, drain_to, pull_from, pull_at, pull_to;
    uint64_t asked_unproved; /* of state.unproved: found by the drain or pull that is or was wanted */
    unsigned drain_walks;    /* done in this drain */
    uint64_t drain_fresh;    /* rows its last walk found */
    bool wants_deep;
    struct wall deep_to;
    unsigned lost_split; /* bits, of the row's split: columns that the table has no more */
    enum feed_goal goal;
    struct wall target; /* of this poll */
    uint64_t poll_rows; /* this poll brought so many */
    struct reader reader;
    struct sweep sweep;
    struct walk walk;
    struct feed_fetch fetch; /* the question that is out */
    struct buf link;         /* owned */
    struct buf merged;       /* owned: ids yet to be asked for */
    unsigned merged_asked;   /* in a row: merged ones may lead in a circle */
    char object[64];         /* the id that is asked for */
};
void feed_init(struct feed *f, const struct feed_row *row, const struct feed_state *state);
void feed_done(struct feed *f);
void feed_reset(struct feed *f, const struct feed_state *durable);
void feed_want_poll(struct feed *f);
void feed_want_drain(struct feed *f, struct wall now);
void feed_want_pull(struct feed *f, struct wall from, struct wall to);
/* The question that is out names a column which the table does not have: one to split by, as `says` tells? Then FAIL_COLUMN. */
bool feed_lose_column(struct feed *f, const char *says);
void feed_forget_wants(struct feed *f);     /* of drain and pull: whoever asked has given up */
bool feed_wants_more(const struct feed *f); /* a drain or pull is not finished */

void feed_next(struct feed *f, struct wall now, struct feed_effect *out);
void feed_take_page(struct feed *f, const struct feed_page *page, struct wall now, struct feed_effect *out);
void feed_take_counts(struct feed *f, const struct feed_counts *counts, struct wall now, struct feed_effect *out);
void feed_fail(struct feed *f, enum feed_failure failure, struct wall now, struct feed_effect *out);

/* Does f->fetch ask for objects in the order of their last update? */
bool feed_asks_for_order(const struct feed *f);
/* What to send for f->fetch: KQL into `kql`, or an OData query (or a nextLink) into `query`; the other stays empty. */
void feed_query(const struct feed *f, struct buf *query, struct buf *kql);

#endif
