#include "twin/gzip.h"

#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdlib.h>

enum { IN_BYTES = 64 << 10 };

struct gzip_stream {
    ssize_t (*read)(void *ctx, char *p, size_t n);
    void *ctx;
    struct isal_zstream z;
    bool is_broken; /* the reader said -1: hand out what there is, then say so too */
    bool is_done;
    uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
    uint8_t in[IN_BYTES];
};

struct gzip_stream *gzip_new(ssize_t (*read)(void *ctx, char *p, size_t n), void *ctx)
{
    struct gzip_stream *g = calloc(1, sizeof *g);
    if (g == NULL) return NULL;
    g->read = read;
    g->ctx = ctx;
    isal_deflate_init(&g->z);
    g->z.level = 1;
    g->z.level_buf = g->level_buf;
    g->z.level_buf_size = sizeof g->level_buf;
    g->z.gzip_flag = IGZIP_GZIP;
    return g;
}

void gzip_free(struct gzip_stream *g)
{
    free(g);
}

static void take_in(struct gzip_stream *g)
{
    ssize_t got = g->read(g->ctx, (char *)g->in, sizeof g->in);
    g->z.next_in = g->in;
    g->z.avail_in = got > 0 ? (uint32_t)got : 0;
    g->z.end_of_stream = got == 0;
    if (got < 0) g->is_broken = true;
    g->z.flush = got < 0 ? SYNC_FLUSH : NO_FLUSH; /* a client must be able to read up to the break */
}

ssize_t gzip_read(struct gzip_stream *g, char *p, size_t n)
{
    if (g->is_done) return g->is_broken ? -1 : 0;
    g->z.next_out = (uint8_t *)p;
    g->z.avail_out = (uint32_t)(n < (1u << 30) ? n : 1u << 30);
    uint32_t room = g->z.avail_out;
    while (g->z.avail_out == room) {
        if (g->z.avail_in == 0 && !g->z.end_of_stream && !g->is_broken) take_in(g);
        if (isal_deflate(&g->z) != COMP_OK) return -1;
        bool ended = g->z.internal_state.state == ZSTATE_END;
        bool flushed = g->is_broken && g->z.avail_in == 0 && g->z.avail_out > 0;
        if (ended || flushed) {
            g->is_done = true;
            break;
        }
    }
    size_t made = room - g->z.avail_out;
    return made ? (ssize_t)made : g->is_broken ? -1 : 0;
}
