#include "flow/ingest/bytes/gzip_head.h"

#include <isa-l/crc.h>

enum part { PART_FIXED, PART_EXTRA_LENGTH, PART_EXTRA, PART_NAME, PART_COMMENT, PART_CRC, PART_COUNT };
enum { FLAG_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_RESERVED = 0xe0 };
enum { FIXED_BYTES = 10, FLAGS_AT = 3 };

static bool is_there(const struct gzip_head *h, unsigned part)
{
    static const unsigned char flags[PART_COUNT] = {
        [PART_EXTRA_LENGTH] = FLAG_EXTRA, [PART_EXTRA] = FLAG_EXTRA, [PART_NAME] = FLAG_NAME,
        [PART_COMMENT] = FLAG_COMMENT,    [PART_CRC] = FLAG_CRC,
    };
    return (h->flags & flags[part]) && !(part == PART_EXTRA && h->extra == 0);
}

static bool take_fixed(struct gzip_head *h, uint8_t c)
{
    static const uint8_t magic[FLAGS_AT] = {0x1f, 0x8b, 8};
    if (h->at < FLAGS_AT) return c == magic[h->at];
    if (h->at == FLAGS_AT) h->flags = c;
    return (h->flags & FLAGS_RESERVED) == 0;
}

/* One byte of the part at hand; *is_last_out: with it the part ends. */
static bool take(struct gzip_head *h, uint8_t c, bool *is_last_out)
{
    unsigned at = h->at;
    switch ((enum part)h->part) {
    case PART_FIXED: *is_last_out = at + 1 == FIXED_BYTES; return take_fixed(h, c);
    case PART_EXTRA_LENGTH:
        h->extra |= (unsigned)c << 8 * at;
        *is_last_out = at == 1;
        return true;
    case PART_EXTRA: *is_last_out = at + 1 == h->extra; return true;
    case PART_NAME:
    case PART_COMMENT: *is_last_out = c == 0; return true;
    case PART_CRC:
        h->told |= (uint32_t)c << 8 * at;
        *is_last_out = at == 1;
        return at == 0 || h->told == (h->crc & 0xffff);
    case PART_COUNT: break;
    }
    return false;
}

bool gzip_head_read(struct gzip_head *h, const uint8_t **p, size_t *n)
{
    for (; *n > 0 && !h->is_whole; ++*p, --*n) {
        bool is_last = false;
        if (!take(h, **p, &is_last)) return false;
        if (h->part != PART_CRC) h->crc = crc32_gzip_refl(h->crc, *p, 1);
        h->at++;
        if (!is_last) continue;
        h->at = 0;
        do h->part++;
        while (h->part < PART_COUNT && !is_there(h, h->part));
        h->is_whole = h->part == PART_COUNT;
    }
    return true;
}
