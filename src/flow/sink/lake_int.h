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
    struct {             /* while it is mapped anew */
        bool is_on;
        uint64_t log_from; /* the log is read from here */
        uint64_t fence;    /* files of lower numbers are read: a fold leaves them as they are */
    } remap;
    uint64_t orphans;
    uint64_t safe_dirs
        [LAKE_SAFE_DIRS]; /* hashes of folders whose names are durable; one that is pushed out is synced again */
};

/* "<dir>/<below>"; aborts when it does not fit: all parts are bounded. */
void lake_path(const struct lake *l, const char *below, char out[LAKE_PATH_BYTES]);

/* publish.c: where a file is written, and its number */
void lake_tmp_path(const struct lake *l, uint64_t number, char out[LAKE_PATH_BYTES]);
bool lake_file_number(const char *path, uint64_t *out);

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

/* Files staged for a swap that will not be are removed, and forgotten. */
bool lake_drop_staged(struct lake *l, struct err *e);

/* identities.c: the identity of the row that a line of a file is about. False: it names none. */
bool lake_line_identity(struct str line, bool is_dead, struct hash128 *out);

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
/* The same but for the names: files that nobody sees until all that were staged are swapped in. Takes the lake's mutex. */
bool lake_stage(struct lake *l, struct gather *g, struct err *e);
/* All staged files take their places, and those that `replaced` names (a NUL behind each) go, in one transaction. The mutex is
 * held. *is_unknown_out: it failed, and may have become durable all the same. */
bool lake_swap(struct lake *l, struct str replaced, bool *is_unknown_out, struct err *e);

#endif
