/* Inside flow/sink: the lake's struct and what its files share. */
#ifndef FLOW_SINK_LAKE_INT_H
#define FLOW_SINK_LAKE_INT_H

#include <pthread.h>

#include "flow/sink/gather.h"
#include "flow/sink/lake.h"
#include "logic/ocsf/drift.h"
#include "state/store/store.h"

enum { LAKE_PATH_BYTES = 1024, LAKE_SAFE_DIRS = 1 << 14 };
#define LAKE_SINK "lake"          /* the lake's offset in the store */
#define LAKE_NUMBERS "lake.files" /* kept like an offset: the next file's number */
#define LAKE_TMP ".tmp"
#define LAKE_ORPHANS ".orphans"
#define LAKE_DEAD ".dead"

struct lake {
    struct lake_opts opts;
    char dir[LAKE_PATH_BYTES / 2];
    pthread_mutex_t mutex; /* over all that follows: one fold or scan at a time */
    uint64_t offset;
    uint64_t next_number;
    struct wall oldest;  /* when the row at `oldest_of` came */
    uint64_t oldest_of;  /* an offset; UINT64_MAX: not known */
    bool has_superseded; /* files to delete, noted in the store */
    uint64_t orphans;
    uint64_t safe_dirs
        [LAKE_SAFE_DIRS]; /* hashes of folders whose names are durable; one that is pushed out is synced again */
};

/* "<dir>/<below>"; aborts when it does not fit: all parts are bounded. */
void lake_path(const struct lake *l, const char *below, char out[LAKE_PATH_BYTES]);

/* names.c */
void partition_dir(const struct partition_key *k, char out[128]); /* below the lake */
void partition_file(const struct partition_key *k, uint64_t number, char out[192]);
/* Makes the folder (below the lake) and every name on the way to it durable. */
bool lake_make_dir(struct lake *l, const char *below, struct err *e);
bool lake_sync_dir_of(struct lake *l, const char *below, struct err *e); /* the folder a file is in */

/* recover.c: what a crash left is finished or put aside. */
bool lake_recover(struct lake *l, struct err *e);
/* Deletes what the store notes as superseded, durably, then forgets it. */
bool lake_drop_superseded(struct lake *l, struct err *e);

/* Dead letters of a fold, by the feed their rows came from. */
enum { REFUSED_FEEDS_MAX = 256 };
struct refused {
    struct {
        int64_t feed_id;
        uint64_t rows;
    } feeds[REFUSED_FEEDS_MAX];
    size_t count;
};

/* What a fold found out about feeds. */
struct fold_notes {
    const struct refused *refused;
    const struct drift *drift;
};
/* publish.c: what was gathered becomes files, named together with the new offset and the notes. */
bool lake_publish(struct lake *l, struct gather *g, uint64_t offset, const struct fold_notes *notes,
                  struct lake_fold_result *result, struct err *e);

#endif
