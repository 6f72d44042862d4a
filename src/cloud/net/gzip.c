#include "cloud/net/net_int.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

bool gzip_whole(struct str bytes, struct buf *out)
{
    struct isal_zstream z;
    if (bytes.n > UINT32_MAX || !buf_reserve(out, bytes.n)) return false;
    isal_deflate_stateless_init(&z);
    z.level = 1;
    z.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    z.level_buf = malloc(z.level_buf_size);
    if (z.level_buf == NULL) return false;
    z.gzip_flag = IGZIP_GZIP;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)(uintptr_t)bytes.p; /* read only; the library's type lacks the const */
    z.avail_in = (uint32_t)bytes.n;
    z.next_out = (uint8_t *)out->p + out->n;
    z.avail_out = (uint32_t)bytes.n; /* no room for more than it was: then it was not worth it */
    int code = isal_deflate_stateless(&z);
    free(z.level_buf);
    if (code != COMP_OK) return false;
    out->n += bytes.n - z.avail_out;
    return true;
}

bool http_gunzip(struct str gzip, size_t max, struct buf *out)
{
    struct inflate_state *z = malloc(sizeof *z); /* 80 KiB: not for the stack */
    if (z == NULL || gzip.n > UINT32_MAX || max > UINT32_MAX || !buf_reserve(out, max)) {
        free(z);
        return false;
    }
    isal_inflate_init(z);
    z->crc_flag = ISAL_GZIP;
    z->next_in = (uint8_t *)(uintptr_t)gzip.p; /* read only */
    z->avail_in = (uint32_t)gzip.n;
    z->next_out = (uint8_t *)out->p + out->n;
    z->avail_out = (uint32_t)max;
    int code = isal_inflate(z);
    bool is_whole = code == ISAL_DECOMP_OK && z->block_state == ISAL_BLOCK_FINISH;
    out->n += max - z->avail_out;
    free(z);
    return is_whole;
}
