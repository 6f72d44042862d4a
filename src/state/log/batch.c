/* Staging: rows become frames off to the side, first in memory, then in a spool file. Neither needs a sync: a batch that no
 * append followed never was. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "state/log/journal_int.h"

struct log_batch *log_batch_new(struct log *l, const struct log_origin *origin)
{
    struct log_batch *b = calloc(1, sizeof *b);
    if (b == NULL) return NULL;
    b->log = l;
    b->origin = *origin;
    buf_init(&b->block, FRAME_BLOCK_BYTES_MAX);
    buf_init(&b->staged, STAGED_BYTES_MAX + FRAME_HEADER_BYTES + FRAME_PAYLOAD_BYTES_MAX);
    return b;
}

static bool open_spool(struct log_batch *b, struct err *e)
{
    struct log *l = b->log;
    struct fs_file *f;
    pthread_mutex_lock(&l->mutex);
    uint64_t number = l->spool_number++;
    pthread_mutex_unlock(&l->mutex);
    (void)snprintf(b->spool_path, sizeof b->spool_path, "%s/%" PRIu64 ".spool", l->spool_dir, number);
    if (!l->fs.ops->open(l->fs.ctx, b->spool_path, FS_CREATE_NEW, &f, e)) return false;
    b->spool = f;
    return true;
}

static bool spill(struct log_batch *b, struct err *e)
{
    if (b->spool == NULL && !open_spool(b, e)) return err_context(e, "staging rows");
    if (!b->log->fs.ops->write_at(b->log->fs.ctx, b->spool, b->spool_bytes, b->staged.p, b->staged.n, e))
        return err_context(e, "staging rows");
    b->spool_bytes += b->staged.n;
    buf_reset(&b->staged);
    return true;
}

static bool finish_frame(struct log_batch *b, struct err *e)
{
    struct frame_header h = {.origin = b->origin, .block_bytes = (uint32_t)b->block.n, .row_count = b->block_rows};
    size_t at = b->staged.n;
    if (b->block_rows == 0) return true;
    if (!buf_reserve(&b->staged, FRAME_HEADER_BYTES)) return err_set(e, &base_causes[BASE_NO_MEMORY], "staging rows");
    b->staged.n += FRAME_HEADER_BYTES;
    if (!codec_pack(b->log->codec, buf_str(&b->block), &b->staged, e)) {
        b->staged.n = at;
        return false;
    }
    uint8_t *frame = (uint8_t *)b->staged.p + at;
    h.payload_bytes = (uint32_t)(b->staged.n - at - FRAME_HEADER_BYTES);
    h.payload_crc = crc32c(0, frame + FRAME_HEADER_BYTES, h.payload_bytes);
    frame_header_write(&h, frame);
    buf_reset(&b->block);
    b->block_rows = 0;
    return b->staged.n <= STAGED_BYTES_MAX || spill(b, e);
}

bool log_batch_add(struct log_batch *b, const struct log_row *row, struct err *e)
{
    INVARIANT(!b->is_sealed);
    if (row->bytes.n > LOG_ROW_BYTES_MAX)
        return err_set(e, &log_causes[LOG_ROW_TOO_LONG], "%s of tenant %s: a row of %zu bytes", b->origin.source,
                       b->origin.tenant_id, row->bytes.n);
    if (b->block.n + FRAME_ROW_OVERHEAD + row->bytes.n > FRAME_BLOCK_BYTES && !finish_frame(b, e)) return false;
    if (!frame_row_add(&b->block, row)) return err_set(e, &base_causes[BASE_NO_MEMORY], "staging rows");
    b->block_rows++;
    b->rows++;
    return true;
}

/* What the rows needed while they came is given back: a sealed batch may wait for its commit. */
bool log_batch_seal(struct log_batch *b, struct err *e)
{
    if (!finish_frame(b, e)) return false;
    buf_done(&b->block);
    b->is_sealed = true;
    return true;
}

uint64_t log_batch_rows(const struct log_batch *b)
{
    return b->rows;
}

void log_batch_free(struct log_batch *b)
{
    struct err ignored; /* a spool file that stays is removed at the next open */
    if (b == NULL) return;
    if (b->spool != NULL) {
        b->log->fs.ops->close(b->log->fs.ctx, b->spool);
        (void)b->log->fs.ops->remove(b->log->fs.ctx, b->spool_path, &ignored);
    }
    buf_done(&b->block);
    buf_done(&b->staged);
    free(b);
}
