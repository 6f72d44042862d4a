#include "flow/ingest/bytes/inflate.h"

#include <stdint.h>
#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#include "flow/ingest/bytes/gzip_head.h"

enum { OUT_BYTES = 64 << 10 };

struct inflate {
    struct inflate_state state;
    struct gzip_head head;
    bool has_begun;   /* a member has bytes */
    bool is_complete; /* the member before has ended */
    uint8_t out[OUT_BYTES];
};

static void next_member(struct inflate *z)
{
    isal_inflate_init(&z->state);
    z->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    z->head = (struct gzip_head){0};
    z->has_begun = false;
}

struct inflate *inflate_new(void)
{
    struct inflate *z = malloc(sizeof *z);
    if (!z) return NULL;
    z->is_complete = false;
    next_member(z);
    return z;
}

void inflate_free(struct inflate *z)
{
    free(z);
}

bool inflate_is_complete(const struct inflate *z)
{
    return z->is_complete && !z->has_begun;
}

/* Until the input is used up and no more comes out. */
static bool run_member(struct inflate *z, void (*out)(void *ctx, const void *p, size_t n), void *ctx)
{
    for (;;) {
        z->state.next_out = z->out;
        z->state.avail_out = OUT_BYTES;
        if (isal_inflate(&z->state) < 0) return false;
        size_t got = OUT_BYTES - z->state.avail_out;
        if (got) out(ctx, z->out, got);
        if (z->state.block_state == ISAL_BLOCK_FINISH) return true;
        if (z->state.avail_in == 0 && z->state.avail_out > 0) return true;
    }
}

bool inflate_feed(struct inflate *z, const void *p, size_t n, void (*out)(void *ctx, const void *p, size_t n),
                  void *ctx)
{
    const uint8_t *in = p;
    while (n > 0) {
        z->has_begun = true;
        if (!gzip_head_read(&z->head, &in, &n)) return false;
        if (n == 0) return true;
        uint32_t piece = n > (1u << 30) ? (1u << 30) : (uint32_t)n;
        z->state.next_in = (uint8_t *)(uintptr_t)in;
        z->state.avail_in = piece;
        if (!run_member(z, out, ctx)) return false;
        size_t used = piece - z->state.avail_in;
        in += used;
        n -= used;
        if (z->state.block_state != ISAL_BLOCK_FINISH) continue;
        z->is_complete = true;
        next_member(z);
    }
    return true;
}
