/* One installation in a simulation: store, log and ingest on a virtual clock and a disk that loses its power, reading from a
 * cloud that someone else plays (struct sim_world). Opened, closed, cut off, drained; and in the end compared with what the
 * cloud says exists. */
#ifndef TESTS_SIM_INSTALL_H
#define TESTS_SIM_INSTALL_H

#include "fake_disk.h"
#include "flow/ingest/feed/feed.h"
#include "flow/ingest/ingest.h"
#include "kit/seal/seal.h"
#include "sim_time.h"

#define HOUR WALL_TICKS_PER_HOUR
#define HOUR_MS INT64_C(3600000)
#define MIN_MS INT64_C(60000)

/* Told for every row or object that exists now, as the cloud serves it; of objects the last revision. */
typedef void sim_row_fn(void *arg, const char *tenant_id, const struct feed_row *feed, struct str json);
struct sim_world {
    void *ctx;
    struct fetcher fetcher;
    bool (*each_tenant)(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e);
    void (*each_row)(void *ctx, sim_row_fn *each, void *arg);
    /* NULL: it gives all that it counts. Else whether it has rows in [from, to) that it counts and never gives. */
    bool (*withholds)(void *ctx, const char *tenant_id, const char *feed, struct wall from, struct wall to);
    unsigned withholding; /* feeds of which it has such rows: a drain of them must fail */
    /* A table's newer name, when rows of both names are to be one; NULL: none has. */
    const struct feed_row *(*renamed)(const struct feed_row *feed);
};

struct sim_install {
    struct sim_time *time;
    struct rng *rng;
    struct sim_world world;
    struct conf conf;
    struct fake_disk *disk;
    struct fs fs;
    struct seal_key *key;
    struct ocsf *ocsf;
    struct store *store;
    struct log *log;
    struct ingest *ingest; /* NULL: closed */
    unsigned restarts;
    bool start_is_over, has_started, has_stopped, is_drained;
    struct ingest_outcome outcome; /* of the last drain */
    uint64_t known;                /* rows received again and dropped */
    bool has_files;                /* while it runs, files with rows come in too */
    uint64_t from_files;           /* rows that they brought */
};
/* A founded installation that holds the world's tenants, closed. `time` and `rng` are borrowed. */
void sim_install_init(struct sim_install *i, struct sim_time *time, struct rng *rng, const struct sim_world *world);
void sim_install_done(struct sim_install *i); /* closed */
void sim_install_open(struct sim_install *i);
void sim_install_close(struct sim_install *i);
/* That much time passes; with cuts: power cuts and failing operations, one after another, at operations drawn by the seed,
 * each with a restart behind it. */
void sim_install_run(struct sim_install *i, int64_t ms, bool has_cuts);
void sim_install_drain(struct sim_install *i);
/* That share of the events that exist now comes in by files, all at once; goes on by itself. Only rows whose hours' fingerprints
 * are kept: there is no lake here to rebuild them from. */
void sim_install_import(struct sim_install *i, double share);

struct sim_verdict {
    size_t rows, objects; /* that exist, each counted once */
    size_t in_log;
    size_t lost, doubled, strange; /* strange: rows of tables that the cloud does not know */
    size_t wrong_verdicts, repaired_spans, differing_spans;
};
/* Whether log and cloud are equal as sets, and nothing is in the log twice. Of objects, earlier revisions may be there too. */
bool sim_install_check(struct sim_install *i, struct sim_verdict *out);
bool sim_install_check_verdicts(struct sim_install *i, struct sim_verdict *out); /* part of it */
/* "ok - seed 3: ..." */
void sim_install_tell(const struct sim_install *i, const struct sim_verdict *v, bool ok, uint64_t seed,
                      const char *what);

/* PROGRAM [SEED [SEEDS]]: TAP, one line a seed; a failing seed can be run again alone. */
int sim_main(int argc, char **argv, uint64_t default_seeds, bool (*run_seed)(uint64_t seed));

#endif
