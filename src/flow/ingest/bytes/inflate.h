/* Gzip, inflated as it streams (ISA-L: about twice zlib's speed). Members may follow one another. */
#ifndef FLOW_INGEST_INFLATE_H
#define FLOW_INGEST_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

struct inflate;
struct inflate *inflate_new(void); /* NULL: no memory */
void inflate_free(struct inflate *z);
/* Hands decoded pieces to `out`. false: not gzip, damaged, or its checksum is wrong. */
bool inflate_feed(struct inflate *z, const void *p, size_t n, void (*out)(void *ctx, const void *p, size_t n),
                  void *ctx);
bool inflate_is_complete(const struct inflate *z); /* a whole number of members, at least one */

#endif
