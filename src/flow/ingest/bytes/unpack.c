#include "flow/ingest/bytes/unpack.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "flow/ingest/bytes/inflate.h"

enum { MAGIC_BYTES = 4, OUT_BYTES = 128 << 10 };
static const unsigned char gzip_magic[] = {0x1f, 0x8b}, zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

enum form { FORM_UNKNOWN, FORM_PLAIN, FORM_GZIP, FORM_ZSTD };

struct unpack {
    enum form form;
    char head[MAGIC_BYTES]; /* until the form is known */
    size_t head_bytes;
    struct inflate *gzip;
    ZSTD_DStream *zstd;
    bool is_between; /* zstd: a frame has just ended */
    char *piece;     /* zstd: OUT_BYTES */
};

struct unpack *unpack_new(void)
{
    return calloc(1, sizeof(struct unpack));
}

void unpack_free(struct unpack *u)
{
    if (!u) return;
    inflate_free(u->gzip);
    (void)ZSTD_freeDStream(u->zstd);
    free(u->piece);
    free(u);
}

static bool begins(const struct unpack *u, const unsigned char *magic, size_t n)
{
    return u->head_bytes >= n && memcmp(u->head, magic, n) == 0;
}

/* false: no memory. */
static bool set_form(struct unpack *u)
{
    if (begins(u, gzip_magic, sizeof gzip_magic)) {
        u->form = FORM_GZIP;
        u->gzip = inflate_new();
        return u->gzip != NULL;
    }
    if (begins(u, zstd_magic, sizeof zstd_magic)) {
        u->form = FORM_ZSTD;
        u->zstd = ZSTD_createDStream();
        u->piece = malloc(OUT_BYTES);
        return u->zstd && u->piece && !ZSTD_isError(ZSTD_initDStream(u->zstd));
    }
    u->form = FORM_PLAIN;
    return true;
}

static bool feed_zstd(struct unpack *u, const void *p, size_t n, void (*out)(void *ctx, const void *p, size_t n),
                      void *ctx)
{
    ZSTD_inBuffer in = {p, n, 0};
    bool may_hold = false; /* a full piece: more may wait in the context */
    while (in.pos < in.size || may_hold) {
        ZSTD_outBuffer piece = {u->piece, OUT_BYTES, 0};
        size_t hint = ZSTD_decompressStream(u->zstd, &piece, &in);
        if (ZSTD_isError(hint)) return false;
        u->is_between = hint == 0;
        may_hold = piece.pos == piece.size && hint != 0;
        if (piece.pos) out(ctx, u->piece, piece.pos);
    }
    return true;
}

static bool feed_known(struct unpack *u, const void *p, size_t n, void (*out)(void *ctx, const void *p, size_t n),
                       void *ctx)
{
    if (n == 0) return true;
    if (u->form == FORM_GZIP) return inflate_feed(u->gzip, p, n, out, ctx);
    if (u->form == FORM_ZSTD) return feed_zstd(u, p, n, out, ctx);
    out(ctx, p, n);
    return true;
}

bool unpack_feed(struct unpack *u, const void *bytes, size_t n, void (*out)(void *ctx, const void *p, size_t n),
                 void *ctx)
{
    const char *p = bytes;
    while (u->form == FORM_UNKNOWN && u->head_bytes < MAGIC_BYTES && n > 0) {
        u->head[u->head_bytes++] = *p++;
        n--;
    }
    if (u->form == FORM_UNKNOWN) {
        if (u->head_bytes < MAGIC_BYTES) return true;
        if (!set_form(u) || !feed_known(u, u->head, u->head_bytes, out, ctx)) return false;
    }
    return feed_known(u, p, n, out, ctx);
}

bool unpack_end(struct unpack *u, void (*out)(void *ctx, const void *p, size_t n), void *ctx)
{
    if (u->form == FORM_UNKNOWN && (!set_form(u) || !feed_known(u, u->head, u->head_bytes, out, ctx))) return false;
    if (u->form == FORM_GZIP) return inflate_is_complete(u->gzip);
    return u->form != FORM_ZSTD || u->is_between;
}
