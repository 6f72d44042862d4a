/* One arena per page of records: allocate freely, reset once, never free a single thing.
 * It has a hard maximum; reaching it returns NULL, which the caller reports as ERR_LIMIT with the setting's name. */
#ifndef KIT_BASE_ARENA_H
#define KIT_BASE_ARENA_H

#include <stddef.h>

#include "kit/base/str.h"

enum { ARENA_SLACK = 64 }; /* bytes behind whatever it gives out that may be read, whatever they are */
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out since the last reset */
    size_t max;                 /* bytes */
    size_t usual;               /* bytes that were needed between two resets, if they were many */
};

void arena_init(struct arena *a, size_t max);
void arena_done(struct arena *a);
void arena_reset(struct arena *a); /* keeps memory for the next round, or how much it needs */
/* Zeroed, aligned for any type; NULL at the maximum or without memory. */
void *arena_alloc(struct arena *a, size_t n);
/* `n` bytes and a NUL behind them. */
char *arena_copy(struct arena *a, const void *p, size_t n);
struct str arena_str(struct arena *a, struct str s); /* p == NULL on failure */
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
