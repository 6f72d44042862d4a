/* `defender-twin generate`: rows of one table, or of the commonest mixed, in a shape Defender gives them in, as many bytes as asked for. */
#ifndef TWIN_GENERATE_H
#define TWIN_GENERATE_H

#include "kit/base/err.h"
#include "kit/base/wall.h"

struct generate_opts {
    const char *table; /* "mix": seven tables of devices, each as often as it is busy */
    const char *shape; /* NULL: "rows" */
    uint64_t bytes;    /* at least; the last row and document are finished */
    uint64_t seed;
    struct wall until;  /* Timestamps lie before it */
    bool shuffles_keys; /* the columns of each row in an order of its own */
};
/* `write` takes pieces of whole rows; false: it could not, and generation ends. Errors: TWIN_BAD_OPTION (no such table or shape). */
bool generate(const struct generate_opts *o, bool (*write)(void *ctx, struct str piece), void *ctx, struct err *e);

#endif
