#include "state/log/codec.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

/* Level 1: the log is written once, read about once and thrown away; the lake packs harder. */
enum { LEVEL = 1, CONTEXTS = 4 };

struct pool { /* under the codec's mutex */
    void *idle[CONTEXTS];
    unsigned idle_count, made_count;
};
struct codec {
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    struct pool packers, unpackers;
};

struct codec *codec_new(void)
{
    struct codec *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->returned, NULL);
    return c;
}

void codec_free(struct codec *c)
{
    if (c == NULL) return;
    INVARIANT(c->packers.idle_count == c->packers.made_count && c->unpackers.idle_count == c->unpackers.made_count);
    for (unsigned i = 0; i < c->packers.idle_count; i++) (void)ZSTD_freeCCtx(c->packers.idle[i]);
    for (unsigned i = 0; i < c->unpackers.idle_count; i++) (void)ZSTD_freeDCtx(c->unpackers.idle[i]);
    pthread_cond_destroy(&c->returned);
    pthread_mutex_destroy(&c->mutex);
    free(c);
}

static void *make_packer(void)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    if (ctx != NULL) (void)ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, LEVEL);
    return ctx;
}

static void *make_unpacker(void)
{
    return ZSTD_createDCtx();
}

/* NULL only when there is no memory for the first one. */
static void *take(struct codec *c, struct pool *p, void *(*make)(void))
{
    void *ctx = NULL;
    pthread_mutex_lock(&c->mutex);
    while (ctx == NULL) {
        if (p->idle_count > 0) {
            ctx = p->idle[--p->idle_count];
        } else if (p->made_count < CONTEXTS && (ctx = make()) != NULL) {
            p->made_count++;
        } else {
            if (p->made_count == 0) break;
            pthread_cond_wait(&c->returned, &c->mutex);
        }
    }
    pthread_mutex_unlock(&c->mutex);
    return ctx;
}

static void give_back(struct codec *c, struct pool *p, void *ctx)
{
    pthread_mutex_lock(&c->mutex);
    p->idle[p->idle_count++] = ctx;
    pthread_cond_broadcast(&c->returned);
    pthread_mutex_unlock(&c->mutex);
}

bool codec_pack(struct codec *c, struct str block, struct buf *out, struct err *e)
{
    size_t room = ZSTD_compressBound(block.n);
    if (!buf_reserve(out, room)) return err_set(e, &base_causes[BASE_NO_MEMORY], "packing %zu bytes of rows", block.n);
    ZSTD_CCtx *ctx = take(c, &c->packers, make_packer);
    if (ctx == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "making a zstd context");
    size_t n = ZSTD_compress2(ctx, out->p + out->n, room, block.p, block.n);
    give_back(c, &c->packers, ctx);
    if (ZSTD_isError(n)) return err_set(e, &base_causes[BASE_NO_MEMORY], "packing rows: %s", ZSTD_getErrorName(n));
    out->n += n;
    return true;
}

bool codec_unpack(struct codec *c, struct str payload, size_t block_bytes, struct buf *out, bool *is_sound_out,
                  struct err *e)
{
    buf_reset(out);
    if (!buf_reserve(out, block_bytes + 1)) /* + 1: never a NULL target */
        return err_set(e, &base_causes[BASE_NO_MEMORY], "unpacking %zu bytes of rows", block_bytes);
    ZSTD_DCtx *ctx = take(c, &c->unpackers, make_unpacker);
    if (ctx == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "making a zstd context");
    size_t n = ZSTD_decompressDCtx(ctx, out->p, block_bytes, payload.p, payload.n);
    give_back(c, &c->unpackers, ctx);
    *is_sound_out = !ZSTD_isError(n) && n == block_bytes;
    if (*is_sound_out) out->n = n;
    return true;
}
