/* `defender-twin generate`: rows of one table as lines of JSON, as many bytes as asked for. */
#ifndef TWIN_GENERATE_H
#define TWIN_GENERATE_H

#include "kit/base/err.h"
#include "kit/base/wall.h"

struct generate_opts {
    const char *table;
    uint64_t bytes; /* at least; the last line is finished */
    uint64_t seed;
    struct wall until; /* Timestamps lie before it */
};
/* `write` takes pieces of whole lines; false: it could not, and generation ends. Errors: TWIN_BAD_OPTION (no such table). */
bool generate(const struct generate_opts *o, bool (*write)(void *ctx, struct str piece), void *ctx, struct err *e);

#endif
