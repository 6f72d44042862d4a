/* The log in the middle: rows as they came, between ingest and the sinks. The journal (journal.c) is the implementation on
 * one machine.
 *
 * Rows are staged in batches off to the side (each compressed on its worker, in memory while small, else in the spool),
 * then appended and made durable together; what counts is the end that the store names. After a crash the log is cut back
 * to the named end, so an append that no transaction followed never was. Positions are byte offsets in the log's whole
 * life, never reused below the named end. Frames are checksummed (CRC-32C) and compressed (zstd).
 *
 * All calls that reach the disk block: workers only. Format and reasons: docs/formats/journal.md. */
#ifndef STATE_LOG_LOG_H
#define STATE_LOG_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "kit/sys/fs.h"

enum log_how { LOG_LIVE, LOG_CATCH_UP, LOG_LOOK_BACK, LOG_PULL, LOG_FILE };
const char *log_how_name(enum log_how how); /* "live", "catch-up", "look-back", "pull", "file" */

enum { LOG_ROW_BYTES_MAX = 4 << 20 };

/* What rows of one batch share. */
struct log_origin {
    char tenant_id[37];
    char source
        [64]; /* table or endpoint, names the mapping: "DeviceProcessEvents", "alerts_v2", "incidents", "machines" */
    int64_t feed_id;
    enum log_how how;
    struct wall received;
};
struct log_row {
    struct hash128 identity;
    struct wall time; /* the row's own time; received when it has none */
    struct str bytes; /* the row's JSON object as it came */
};

struct log;
/* `named_end` from the store: anything behind it is cut off. Folders are made when absent; spool files of an earlier life
 * are removed. LOG_CORRUPT when bytes below `named_end` are missing, or damaged in the newest segment (older segments are
 * checked as they are read). */
bool log_open(struct fs fs, const char *dir, const char *spool_dir, uint64_t named_end, struct log **out,
              struct err *e);
void log_close(struct log *l); /* accepts NULL; batches and readers are freed before */

/* Staging: one thread at a time per batch. Bounded memory: a full frame (256 KiB of rows) is compressed and set aside; up
 * to 1 MiB of compressed frames stays in memory, more goes to a spool file. */
struct log_batch;
struct log_batch *log_batch_new(struct log *l, const struct log_origin *origin); /* copies origin; NULL: no memory */
/* Copies the row. LOG_ROW_TOO_LONG over LOG_ROW_BYTES_MAX (the batch stays usable); after any other error free the batch. */
bool log_batch_add(struct log_batch *b, const struct log_row *row, struct err *e);
bool log_batch_seal(struct log_batch *b, struct err *e); /* no more rows */
uint64_t log_batch_rows(const struct log_batch *b);
void log_batch_free(struct log_batch *b); /* accepts NULL; removes its spool file */

/* Appends sealed batches in order and syncs. *end_out is the end to name in the store; it equals log_end when no batch has
 * rows. One caller at a time. After a failure nothing of it counts and the batches are as before. A failed sync makes the
 * log read-only until it is opened again (LOG_READ_ONLY): the system may have dropped the bytes it could not write, and
 * a second sync would say "fine" (the lesson PostgreSQL learned as "fsyncgate"). */
bool log_append(struct log *l, struct log_batch *const *batches, size_t count, uint64_t *end_out, struct err *e);
uint64_t log_end(const struct log *l);   /* of the last append */
uint64_t log_begin(const struct log *l); /* the oldest position still kept */
/* The store could not name the last append: forget it. `named_end` is what the store says when it is asked again, never
 * what one believes: a commit that reported an error may have become durable all the same. */
bool log_cut(struct log *l, uint64_t named_end, struct err *e);

/* Reading, from any thread, each with its own reader, also while another thread appends. LOG_CORRUPT when `from` is not
 * kept any more. */
struct log_reader;
bool log_reader_new(struct log *l, uint64_t from, struct log_reader **out, struct err *e);
/* The next frame's rows, valid until the next call. *has_frame_out false: nothing before `limit` (a named end). */
struct log_frame {
    struct log_origin origin;
    uint64_t begin, end; /* positions; `end` is where the next frame begins */
    const struct log_row *rows;
    size_t row_count;
};
bool log_reader_next(struct log_reader *r, uint64_t limit, struct log_frame *out, bool *has_frame_out, struct err *e);
void log_reader_only(struct log_reader *r, int64_t feed_id); /* other feeds' rows are passed over, unread */
void log_reader_free(struct log_reader *r);                  /* accepts NULL */

/* Whole segments go, oldest first, whose rows came more than `keep_ms` ago and lie below `consumed` (the lowest sink
 * offset). The newest segment always stays. *dropped_out: bytes. */
bool log_retain(struct log *l, struct wall now, int64_t keep_ms, uint64_t consumed, uint64_t *dropped_out,
                struct err *e);

/* A look at the log's files alone, beside a running service too: is every byte up to the named end there, and do the frames of
 * [from, named_end) agree with their checksums, the first `bytes_max` of them? `from` is where a frame begins (a sink's offset).
 * Changes nothing. LOG_CORRUPT names the file and the place. */
struct log_inspection {
    uint64_t from, named_end, bytes_max;
};
struct log_inspected {
    uint64_t bytes, checked; /* kept; of them checked */
    struct wall oldest;      /* when the first row from `from` on came; 0: there is none */
};
bool log_inspect(struct fs fs, const char *dir, const struct log_inspection *q, struct log_inspected *out,
                 struct err *e);

enum { LOG_CORRUPT, LOG_READ_ONLY, LOG_ROW_TOO_LONG, LOG_CAUSE_COUNT };
extern const struct cause log_causes[];

#endif
