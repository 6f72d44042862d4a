/* Streaming gzip of what a reader gives, for answers of any size. */
#ifndef TWIN_GZIP_H
#define TWIN_GZIP_H

#include <sys/types.h>

struct gzip_stream;
/* `read` as reply_stream's: > 0 bytes, 0 end, -1 broken. NULL: no memory. */
struct gzip_stream *gzip_new(ssize_t (*read)(void *ctx, char *p, size_t n), void *ctx);
void gzip_free(struct gzip_stream *g);                       /* accepts NULL; not the reader's ctx */
ssize_t gzip_read(struct gzip_stream *g, char *p, size_t n); /* compressed bytes; flushed when the reader breaks off */

#endif
