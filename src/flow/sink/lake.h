/* The lake: OCSF events as files, a consumer of the log at its own offset.
 *
 *   <dir>/class=1007/tenant=<guid>/day=2026-11-22/12.ndjson.zst   events by class, tenant and day of the event (UTC)
 *   <dir>/.dead/13.ndjson.zst     rows that the mapping refused, one JSON line each
 *   <dir>/.orphans/…              files the store did not name at an open, with their old paths; never deleted by us
 *   <dir>/.tmp/…                  being written; emptied at open
 *   <dir>/.lake-id                the id of the store this lake belongs to
 *
 * A fold reads the log from the lake's offset, maps rows, writes files under temporary names, syncs them, renames them, and
 * then swaps names and offset in one transaction of the store. So each row is in the named files exactly once, whenever the
 * power goes. A file's number is never used twice. Files are zstd frames one after another: zstdcat reads them.
 *
 * Everything here blocks: workers only. Calls on one lake are serialised inside. */
#ifndef FLOW_SINK_LAKE_H
#define FLOW_SINK_LAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/wall.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"

struct log;
struct ocsf;
struct store;

struct lake_opts {
    struct fs fs;
    const char *dir;
    struct store *store; /* this and the next are borrowed as long as the lake is open */
    struct log *log;
    const struct ocsf *ocsf; /* referenced */
    struct clock clock;      /* for metadata.processed_time and the time a file was written */
    uint64_t file_bytes;     /* a useful size, compressed (conf: lake_file_bytes) */
    int64_t fold_ms;         /* rows wait no longer than this (conf: lake_fold_ms) */
};

struct lake;
/* Makes a new lake in an absent or empty folder. Finishes what a crash left: superseded files and temporary ones go, files
 * the store does not name move to .orphans. Errors: LAKE_FOREIGN (its id is not the store's, or it has files and no id);
 * LAKE_MISSING (a file the store names is gone or has lost bytes; names it); sys and store causes. */
bool lake_open(const struct lake_opts *o, struct lake **out, struct err *e);
void lake_close(struct lake *l); /* accepts NULL */
/* The next fold maps by these; waits for one that is under way. */
void lake_set_mappings(struct lake *l, const struct ocsf *ocsf);
/* Those it maps by now, referenced. */
const struct ocsf *lake_mappings(struct lake *l);

struct lake_fold_result {
    bool has_folded;
    bool has_more;   /* one fold is bounded (128 MiB of events); rows before `limit` are left */
    uint64_t offset; /* of the lake in the log, now */
    uint64_t rows, events, dead, files;
    uint64_t bytes; /* of the new files */
};
/* Folds rows from the lake's offset to `limit` (the log's named end) if enough has gathered: file_bytes of log, or the
 * oldest row came fold_ms before `now`; or anything at all with `force`. Memory is bounded (about 4 MiB) whatever the number
 * of partitions. After a failure nothing of it counts, and the next call tries again. */
bool lake_fold(struct lake *l, uint64_t limit, struct wall now, bool force, struct lake_fold_result *out,
               struct err *e);
uint64_t lake_offset(struct lake *l); /* the log may drop what lies before */

/* Identities of one source's rows in [from, to), by event time, from the lake's files. A row may be told more than once.
 * Rows still in the log only are not told: the caller notes lake_offset first, then reads the log from there, then asks. */
bool lake_identities(struct lake *l, const char *tenant_id, const char *source, struct wall from, struct wall to,
                     void (*each)(void *arg, struct hash128 identity, struct wall time), void *arg, struct err *e);

uint64_t lake_orphans_found(const struct lake *l); /* by this open */
/* Every orphan there is, of this and earlier opens, with its old path below the lake; stops when `each` returns false. */
bool lake_orphan_list(struct lake *l, bool (*each)(void *arg, const char *path), void *arg, struct err *e);

/* Looks at a lake's files beside whoever has it open, and changes nothing: LAKE_FOREIGN; `missing` hears of each file that the
 * store names and that is gone or has lost bytes (LAKE_MISSING). */
struct lake_look {
    struct fs fs;
    const char *dir;
    struct store *store;
    struct wall now;
    bool is_served; /* somebody writes to it: files are on their way into the store */
    void (*missing)(void *arg, const char *path, const struct err *why);
    void *arg;
};
struct lake_looked {
    uint64_t files, bytes; /* that the store names */
    uint64_t day_bytes;    /* of files of the last day */
    uint64_t dead;         /* rows in dead letters */
    uint64_t orphans;      /* set aside by an open, ever */
    uint64_t unnamed;      /* files in the lake that the store does not name: orphans to be */
};
bool lake_look(const struct lake_look *q, struct lake_looked *out, struct err *e);

/* Maps rows that the log still holds anew: those of a tenant, of a source, of a time (each may be left out). Their events of
 * before are replaced in one transaction; events of other rows stay as they are, in files written anew where they shared one.
 * Runs beside folds, in bounded memory and at most the lake's size of disk again; until the transaction nothing changes, and
 * whatever stops it leaves nothing over. metadata.uid stays, as it comes from the row. */
struct lake_remap_request {
    const char *tenant_id, *source; /* NULL: all; a source in any case */
    struct wall from, to;           /* rows' own times, [from, to); 0: open */
    bool (*is_cancelled)(void *ctx);
    void *ctx;
};
struct lake_remap_result {
    uint64_t rows, events, dead;
    uint64_t kept;                      /* events of other rows that were in a file with them */
    uint64_t files_before, files_after; /* of the whole lake */
    uint64_t files_replaced, files_written;
};
/* Errors: LAKE_BUSY, LAKE_STOPPED, LAKE_DAMAGED; log, store and sys causes. */
bool lake_remap(struct lake *l, const struct lake_remap_request *q, struct lake_remap_result *out, struct err *e);
uint64_t lake_log_needed(struct lake *l); /* as lake_offset, but earlier while the lake is being mapped anew */

enum { LAKE_FOREIGN, LAKE_MISSING, LAKE_BUSY, LAKE_STOPPED, LAKE_DAMAGED, LAKE_CAUSE_COUNT };
extern const struct cause lake_causes[];

#endif
