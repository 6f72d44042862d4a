/* A file's bytes as they were before gzip or zstd, found out by its first bytes; anything else passes as it is. Streams: a
 * file is never held. */
#ifndef FLOW_INGEST_UNPACK_H
#define FLOW_INGEST_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

struct unpack;
struct unpack *unpack_new(void);    /* NULL: no memory. One for each file */
void unpack_free(struct unpack *u); /* accepts NULL */
/* Hands plain pieces to `out`. false: damaged, or no memory. */
bool unpack_feed(struct unpack *u, const void *p, size_t n, void (*out)(void *ctx, const void *p, size_t n), void *ctx);
/* Is what was fed whole? A plain file always is, as far as can be told here. Hands over what little was held back. */
bool unpack_end(struct unpack *u, void (*out)(void *ctx, const void *p, size_t n), void *ctx);

#endif
