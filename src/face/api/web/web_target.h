/* The request's target, taken apart: pure. Foreign bytes come in here. */
#ifndef FACE_API_WEB_TARGET_H
#define FACE_API_WEB_TARGET_H

#include <stdbool.h>

#include "kit/base/arena.h"
#include "kit/base/str.h"

enum { WEB_SEGMENTS_MAX = 16, WEB_PAIRS_MAX = 64 };

struct web_pair {
    struct str name, value;
};
struct web_target {
    struct str segments[WEB_SEGMENTS_MAX]; /* decoded: "/a/b%2Fc" is "a", "b/c" */
    unsigned segment_count;
    struct web_pair query[WEB_PAIRS_MAX];
    unsigned query_count;
};
/* `fault_out`: what is wrong with it, static. */
bool web_target_read(struct arena *a, struct str target, struct web_target *out, const char **fault_out);
/* "a=1&b=x+y": a query, or a form. */
bool web_pairs_read(struct arena *a, struct str text, struct web_pair pairs[WEB_PAIRS_MAX], unsigned *count_out,
                    const char **fault_out);
/* "/tenants/{tenant}" against it. */
bool web_target_fits(const struct web_target *t, const char *pattern);
/* The segment that stands where the pattern has {name}; p NULL: it has none. */
struct str web_target_segment_last(const struct web_target *t);
struct str web_target_segment(const struct web_target *t, const char *pattern, const char *name);

#endif
