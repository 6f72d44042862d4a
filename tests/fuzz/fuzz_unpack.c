/* Any bytes as a file that may be gzip or zstd: what comes out does not depend on the pieces it is fed in, and neither does
 * whether it is found to be whole. The first byte chooses the pieces. */
#include <stddef.h>
#include <stdint.h>

#include "flow/ingest/bytes/unpack.h"
#include "kit/base/err.h"
#include "kit/base/str.h"

enum { OUT_BYTES_MAX = 8 << 20 }; /* a small file may hold a large one: enough has been seen then */

static void keep(void *ctx, const void *p, size_t n)
{
    (void)buf_add(ctx, p, n);
}

static bool unpacked(const uint8_t *p, size_t size, size_t piece, struct buf *out)
{
    struct unpack *u = unpack_new();
    bool ok = true;
    INVARIANT(u);
    for (size_t at = 0; ok && at < size && !out->failed; at += piece)
        ok = unpack_feed(u, p + at, size - at < piece ? size - at : piece, keep, out);
    ok = ok && !out->failed && unpack_end(u, keep, out);
    unpack_free(u);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, parts;
    if (size == 0) return 0;
    buf_init(&whole, OUT_BYTES_MAX);
    buf_init(&parts, OUT_BYTES_MAX);
    bool is_whole = unpacked(data + 1, size - 1, size, &whole);
    bool is_whole_in_parts = unpacked(data + 1, size - 1, 1 + data[0], &parts);
    INVARIANT(is_whole == is_whole_in_parts);
    if (is_whole) INVARIANT(str_eq(buf_str(&whole), buf_str(&parts)));
    buf_done(&whole);
    buf_done(&parts);
    return 0;
}
