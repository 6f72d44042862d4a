#include "state/log/frame.h"

#include <string.h>

static const uint8_t magic[4] = {'P', 'L', 'F', '1'};

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static void put64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put_header_crc(uint8_t *header)
{
    put32(header + 4, crc32c(0, header + 8, FRAME_HEADER_BYTES - 8));
}

void frame_header_write(const struct frame_header *h, uint8_t out[FRAME_HEADER_BYTES])
{
    memset(out, 0, FRAME_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    put32(out + 8, h->payload_crc);
    put32(out + 12, h->payload_bytes);
    put32(out + 16, h->block_bytes);
    put32(out + 20, h->row_count);
    put64(out + 24, h->position);
    put64(out + 32, (uint64_t)h->origin.feed_id);
    put64(out + 40, (uint64_t)h->origin.received.ticks);
    out[48] = (uint8_t)h->origin.how;
    memcpy(out + 52, h->origin.tenant_id, strnlen(h->origin.tenant_id, 36));
    memcpy(out + 88, h->origin.source, strnlen(h->origin.source, 63));
    put_header_crc(out);
}

void frame_header_place(uint8_t header[FRAME_HEADER_BYTES], uint64_t position)
{
    put64(header + 24, position);
    put_header_crc(header);
}

const char *frame_header_read(const uint8_t in[FRAME_HEADER_BYTES], struct frame_header *out)
{
    struct frame_header h = {0};
    if (memcmp(in, magic, sizeof magic) != 0) return "no frame begins here";
    if (get32(in + 4) != crc32c(0, in + 8, FRAME_HEADER_BYTES - 8)) return "the header fails its checksum";
    h.payload_crc = get32(in + 8);
    h.payload_bytes = get32(in + 12);
    h.block_bytes = get32(in + 16);
    h.row_count = get32(in + 20);
    h.position = get64(in + 24);
    h.origin.feed_id = (int64_t)get64(in + 32);
    h.origin.received.ticks = (int64_t)get64(in + 40);
    if (in[48] > LOG_FILE || in[151] != 0) return "the header's origin is none of ours";
    h.origin.how = (enum log_how)in[48];
    memcpy(h.origin.tenant_id, in + 52, 36);
    memcpy(h.origin.source, in + 88, 64);
    if (h.payload_bytes > FRAME_PAYLOAD_BYTES_MAX || h.block_bytes > FRAME_BLOCK_BYTES_MAX)
        return "the frame is too long";
    if (h.row_count > h.block_bytes / FRAME_ROW_OVERHEAD) return "the frame has more rows than bytes";
    *out = h;
    return NULL;
}

bool frame_row_add(struct buf *block, const struct log_row *row)
{
    uint8_t head[FRAME_ROW_OVERHEAD];
    put64(head, row->identity.hi);
    put64(head + 8, row->identity.lo);
    put64(head + 16, (uint64_t)row->time.ticks);
    put32(head + 24, (uint32_t)row->bytes.n);
    if (!buf_reserve(block, sizeof head + row->bytes.n)) return false;
    return buf_add(block, head, sizeof head) && buf_add_str(block, row->bytes);
}

const char *frame_rows_read(struct str block, struct log_row *rows, size_t count)
{
    const uint8_t *p = (const uint8_t *)block.p;
    size_t left = block.n;
    for (size_t i = 0; i < count; i++) {
        if (left < FRAME_ROW_OVERHEAD) return "a row ends before its head does";
        size_t n = get32(p + 24);
        if (n > left - FRAME_ROW_OVERHEAD) return "a row is longer than its frame";
        rows[i] = (struct log_row){
            .identity = {get64(p), get64(p + 8)},
            .time = {(int64_t)get64(p + 16)},
            .bytes = {(const char *)p + FRAME_ROW_OVERHEAD, n},
        };
        p += FRAME_ROW_OVERHEAD + n;
        left -= FRAME_ROW_OVERHEAD + n;
    }
    return left == 0 ? NULL : "bytes are left behind the last row";
}
