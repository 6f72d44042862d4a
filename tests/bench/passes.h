/* A program that makes passes over a file in memory, one for each line on standard input, so that a bench can let two such programs take
 * turns on one core: "ready" once it has the file and has gone over it once, then per pass a line of JSON with its times and counts. */
#ifndef BENCH_PASSES_H
#define BENCH_PASSES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pass_counts {
    unsigned long long bytes_in, records, bytes_out; /* bytes_in: the file's unless the pass says otherwise */
};
typedef void passes_one(void *ctx, const char *p, size_t n, struct pass_counts *out);
/* Give the exit status. `room`: readable bytes that must follow the file's own. */
int passes_run(const char *path, size_t room, passes_one *pass, void *ctx);
int passes_loop(const char *p, size_t n, passes_one *pass, void *ctx); /* over what the caller has, or nothing */

#ifdef __cplusplus
}
#endif
#endif
