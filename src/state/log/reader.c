/* Reading the journal, each reader with its own file and buffers. Nothing read is believed before its checksum agrees. */
#include <inttypes.h>
#include <stdlib.h>

#include "state/log/journal_int.h"

struct log_reader {
    struct log *log;
    uint64_t position;      /* of the next frame */
    struct fs_file *file;   /* NULL: none open */
    uint64_t segment_begin; /* of `file` */
    int64_t only;           /* feed; 0: all */
    struct buf packed, block;
    struct log_row *rows;
    size_t row_cap;
};

static bool not_kept(const struct log_reader *r, struct err *e)
{
    return err_set(e, &log_causes[LOG_CORRUPT], "%s begins at position %" PRIu64 ": rows from %" PRIu64 " on are gone",
                   r->log->dir, log_begin(r->log), r->position);
}

static bool damaged(const struct log_reader *r, const char *what, struct err *e)
{
    char path[LOG_PATH_BYTES + 64];
    segment_path(r->log, r->segment_begin, path);
    return err_set(e, &log_causes[LOG_CORRUPT], "%s at byte %" PRIu64 ": %s", path, r->position - r->segment_begin,
                   what);
}

bool log_reader_new(struct log *l, uint64_t from, struct log_reader **out, struct err *e)
{
    struct log_reader *r = calloc(1, sizeof *r);
    if (r == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the log");
    r->log = l;
    r->position = from;
    buf_init(&r->packed, FRAME_PAYLOAD_BYTES_MAX);
    buf_init(&r->block, FRAME_BLOCK_BYTES_MAX + 1);
    if (from < log_begin(l)) {
        (void)not_kept(r, e);
        log_reader_free(r);
        return false;
    }
    *out = r;
    return true;
}

void log_reader_free(struct log_reader *r)
{
    if (r == NULL) return;
    if (r->file != NULL) r->log->fs.ops->close(r->log->fs.ctx, r->file);
    buf_done(&r->packed);
    buf_done(&r->block);
    free(r->rows);
    free(r);
}

static bool open_segment(struct log_reader *r, struct err *e)
{
    char path[LOG_PATH_BYTES + 64];
    uint64_t begin;
    if (!segment_of(r->log, r->position, &begin)) return not_kept(r, e);
    if (r->file != NULL && begin == r->segment_begin) return true;
    if (r->file != NULL) r->log->fs.ops->close(r->log->fs.ctx, r->file);
    r->file = NULL;
    segment_path(r->log, begin, path);
    if (!r->log->fs.ops->open(r->log->fs.ctx, path, FS_READ, &r->file, e)) {
        r->file = NULL;
        return err_context(e, "reading the log");
    }
    r->segment_begin = begin;
    return true;
}

/* *is_whole_out false: the file ends before. */
static bool read_exactly(struct log_reader *r, uint64_t position, void *p, size_t n, bool *is_whole_out, struct err *e)
{
    size_t got;
    if (!r->log->fs.ops->read_at(r->log->fs.ctx, r->file, position - r->segment_begin, p, n, &got, e)) return false;
    *is_whole_out = got == n;
    return true;
}

static bool load_header(struct log_reader *r, uint64_t limit, struct frame_header *out, struct err *e)
{
    uint8_t head[FRAME_HEADER_BYTES];
    bool is_whole;
    if (!read_exactly(r, r->position, head, sizeof head, &is_whole, e)) return false;
    if (!is_whole) return damaged(r, "the segment ends here, before what was safe does", e);
    const char *fault = frame_header_read(head, out);
    if (fault != NULL) return damaged(r, fault, e);
    if (out->position != r->position) return damaged(r, "a frame of another place stands here", e);
    if (limit - r->position < sizeof head + out->payload_bytes)
        return damaged(r, "the end that the store names is inside this frame", e);
    return true;
}

static bool load_payload(struct log_reader *r, const struct frame_header *h, struct err *e)
{
    bool is_whole;
    buf_reset(&r->packed);
    if (!buf_reserve(&r->packed, h->payload_bytes)) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the log");
    if (!read_exactly(r, r->position + FRAME_HEADER_BYTES, r->packed.p, h->payload_bytes, &is_whole, e)) return false;
    if (!is_whole) return damaged(r, "the segment ends inside this frame", e);
    r->packed.n = h->payload_bytes;
    return crc32c(0, r->packed.p, r->packed.n) == h->payload_crc || damaged(r, "the rows fail their checksum", e);
}

void log_reader_only(struct log_reader *r, int64_t feed_id)
{
    r->only = feed_id;
}

bool reader_load(struct log_reader *r, uint64_t limit, struct frame_header *out, bool *has_frame_out, struct err *e)
{
    *has_frame_out = false;
    while (r->position < limit && !*has_frame_out) {
        if (!open_segment(r, e) || !load_header(r, limit, out, e)) return false;
        bool is_wanted = r->only == 0 || r->only == out->origin.feed_id;
        if (is_wanted && !load_payload(r, out, e)) return false;
        r->position += FRAME_HEADER_BYTES + out->payload_bytes;
        *has_frame_out = is_wanted;
    }
    return true;
}

static bool unpack(struct log_reader *r, const struct frame_header *h, struct err *e)
{
    bool is_sound;
    if (!codec_unpack(r->log->codec, buf_str(&r->packed), h->block_bytes, &r->block, &is_sound, e)) return false;
    if (!is_sound) return damaged(r, "the rows do not unpack", e);
    if (h->row_count > r->row_cap) {
        struct log_row *grown = realloc(r->rows, h->row_count * sizeof *grown);
        if (grown == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the log");
        r->rows = grown;
        r->row_cap = h->row_count;
    }
    const char *fault = frame_rows_read(buf_str(&r->block), r->rows, h->row_count);
    return fault == NULL || damaged(r, fault, e);
}

bool log_reader_next(struct log_reader *r, uint64_t limit, struct log_frame *out, bool *has_frame_out, struct err *e)
{
    struct frame_header h;
    bool has_frame;
    if (!reader_load(r, limit, &h, &has_frame, e)) return false;
    if (has_frame) {
        uint64_t end = r->position, begin = end - FRAME_HEADER_BYTES - h.payload_bytes;
        r->position = begin; /* until it is known to be sound: damage names where the frame begins */
        if (!unpack(r, &h, e)) return false;
        r->position = end;
        *out = (struct log_frame){
            .origin = h.origin, .begin = begin, .end = end, .rows = r->rows, .row_count = h.row_count};
    }
    *has_frame_out = has_frame;
    return true;
}
