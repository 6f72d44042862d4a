/* Inside cloud/defender: the two readings of error bodies. */
#ifndef CLOUD_DEFENDER_EXPLAIN_INT_H
#define CLOUD_DEFENDER_EXPLAIN_INT_H

#include "kit/base/arena.h"
#include "kit/base/str.h"

enum {
    ERROR_BODY_BYTES = 64 * 1024,
    EXPLAIN_ARENA_BYTES = 2 << 20, /* a tree of a full error body of the least kind values */
    SAYS_BYTES = 200,
};

/* Foreign text for a message: the first bytes, blanks folded, control characters gone, anything like a token left out. */
void explain_quote(struct str foreign, char out[SAYS_BYTES]);

#endif
