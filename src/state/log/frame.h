/* The journal's frame: a checksummed header and a compressed block of rows. Inside state/log (and its fuzz target).
 *
 *      0  magic        "PLF1"
 *      4  header_crc   CRC-32C of bytes 8 … 159
 *      8  payload_crc  CRC-32C of the payload
 *     12  payload      bytes of the payload (one zstd frame)
 *     16  block        bytes of the payload unpacked
 *     20  rows         how many
 *     24  position     of this frame in the log: a stale or misplaced frame does not pass for another
 *     32  feed id
 *     40  received     ticks (wall.h)
 *     48  how          one byte, then three zero bytes
 *     52  tenant id    36 bytes, zero-filled
 *     88  source       64 bytes, zero-filled, the last always zero
 *    152  zero         8 bytes, room for what comes
 *    160  payload
 *
 * Unpacked, a row is: identity (hi, lo: 16 bytes), time (8, ticks), length (4), the row. All numbers are little-endian. */
#ifndef STATE_LOG_FRAME_H
#define STATE_LOG_FRAME_H

#include "state/log/log.h"

enum {
    FRAME_HEADER_BYTES = 160,
    FRAME_BLOCK_BYTES = 256 << 10, /* a frame is closed before it gets larger; a longer row has a frame of its own */
    FRAME_ROW_OVERHEAD = 28,
    FRAME_BLOCK_BYTES_MAX = LOG_ROW_BYTES_MAX + FRAME_ROW_OVERHEAD,
    FRAME_PAYLOAD_BYTES_MAX = FRAME_BLOCK_BYTES_MAX + (FRAME_BLOCK_BYTES_MAX >> 7) + 1024, /* over zstd's bound */
};

struct frame_header {
    struct log_origin origin;
    uint64_t position;
    uint32_t payload_crc, payload_bytes, block_bytes, row_count;
};

void frame_header_write(const struct frame_header *h, uint8_t out[FRAME_HEADER_BYTES]);
/* NULL when it is a sound header; else what is wrong with it (static text). */
const char *frame_header_read(const uint8_t in[FRAME_HEADER_BYTES], struct frame_header *out);
/* A written header becomes that of another position. */
void frame_header_place(uint8_t header[FRAME_HEADER_BYTES], uint64_t position);

bool frame_row_add(struct buf *block, const struct log_row *row); /* false: no memory, or over the block's maximum */
/* `rows` has room for `count`; they borrow from the block. NULL when the block is exactly that many rows, else the fault. */
const char *frame_rows_read(struct str block, struct log_row *rows, size_t count);

#endif
