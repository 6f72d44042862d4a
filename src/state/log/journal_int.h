/* Inside state/log: the journal, shared by segments.c (files and the chain they form), journal.c (open, append), batch.c
 * (staging) and reader.c. */
#ifndef STATE_LOG_JOURNAL_INT_H
#define STATE_LOG_JOURNAL_INT_H

#include <pthread.h>

#include "state/log/codec.h"
#include "state/log/frame.h"

enum { LOG_PATH_BYTES = 1024, SEGMENT_BYTES = 64 << 20, STAGED_BYTES_MAX = 1 << 20 };

struct log {
    struct fs fs;
    char dir[LOG_PATH_BYTES], spool_dir[LOG_PATH_BYTES];
    uint64_t segment_bytes; /* a segment this long takes no more frames */
    struct codec *codec;
    pthread_mutex_t change; /* held by append, cut and retention: one of them at a time changes the chain */
    pthread_mutex_t mutex;  /* over the next four: one thread appends while others read, retain and stage */
    uint64_t *begins;       /* of the segments, ascending */
    size_t segment_count;
    uint64_t end;
    uint64_t spool_number; /* of the next spool file */
    struct fs_file *tail;  /* the newest segment, open for writing; the appender's own, NULL: none yet */
    bool is_read_only;     /* a sync failed; the appender's own */
};

struct log_batch {
    struct log *log;
    struct log_origin origin;
    struct buf block; /* rows of the frame being filled */
    uint32_t block_rows;
    struct buf staged;     /* finished frames, behind those in the spool */
    struct fs_file *spool; /* NULL: none */
    char spool_path[LOG_PATH_BYTES + 64];
    uint64_t spool_bytes, rows;
    bool is_sealed;
};

/* log_open with segments of another length, so that tests can turn many of them. */
bool journal_open(struct fs fs, const char *dir, const char *spool_dir, uint64_t named_end, uint64_t segment_bytes,
                  struct log **out, struct err *e);

/* segments.c */
void segment_path(const struct log *l, uint64_t begin, char out[LOG_PATH_BYTES + 64]);
bool segments_list(struct log *l, struct err *e);
/* Does every byte from the oldest segment to `named_end` lie in a file? LOG_CORRUPT tells where the first gap is. */
bool segments_check(struct log *l, uint64_t named_end, struct err *e);
/* Everything behind `named_end` goes, durably. */
bool segments_cut(struct log *l, uint64_t named_end, struct err *e);
bool segments_start(struct log *l, uint64_t begin, struct err *e);      /* a new tail; its name is not durable yet */
bool segment_of(struct log *l, uint64_t position, uint64_t *begin_out); /* false: not kept */

/* reader.c: the next frame's bytes with both checksums checked, not unpacked. */
bool reader_load(struct log_reader *r, uint64_t limit, struct frame_header *out, bool *has_frame_out, struct err *e);

#endif
