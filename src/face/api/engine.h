/* What operations ask of running feeds. `app` gives the functions: those of the service, or of an engine started for one
 * command. All of them may be called from any thread but the loop's, and block until they have an answer. */
#ifndef FACE_API_ENGINE_H
#define FACE_API_ENGINE_H

#include <stdbool.h>

#include "kit/base/err.h"
#include "kit/base/wall.h"

struct pull_request {
    const char *tenant; /* id or name; NULL: all */
    const char *feed;   /* NULL: all */
    bool has_range;
    struct wall from, to;
    bool sweep; /* then count what Defender holds against what we hold, and read again what differs */
};
struct pull_result {
    uint64_t feeds, rows, failed_feeds;
    uint64_t absent_feeds;  /* which the tenant cannot have: not failed */
    struct err first_error; /* of the failed ones; cause NULL: none failed */
};

struct engine_ops {
    void *ctx;
    bool (*pull)(void *ctx, const struct pull_request *q, struct pull_result *out, struct err *e);
    void (*tenants_changed)(void *ctx);
};

#endif
