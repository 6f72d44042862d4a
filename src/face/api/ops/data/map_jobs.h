/* `ocsf map` on several cores, order kept. The input is cut into blocks where a record seems to begin, and each block is mapped
 * by a worker as if the input stood, there, as it stood at the last block that was written. When a block's turn comes and
 * that was true, what it gave is written; if not, the block is mapped again, in order, by the one stream that knows better.
 * So the output never depends on how well the guesses were. */
#ifndef FACE_API_MAP_JOBS_H
#define FACE_API_MAP_JOBS_H

#include "logic/ocsf/ocsf.h"

enum { MAP_JOBS_MAX = 64 };

struct map_jobs;
struct map_jobs_opts {
    struct ocsf_stream_opts stream; /* without its ctx and callbacks */
    unsigned jobs;                  /* 1: no threads */
    void *ctx;
    bool (*put)(void *ctx, const char *events, size_t n); /* whole lines; false: stop */
    bool (*put_dead)(void *ctx, struct str letter);       /* without its line end */
};
struct map_jobs *map_jobs_new(const struct map_jobs_opts *o); /* NULL: no memory, or no threads */
void map_jobs_file(struct map_jobs *m, const char *name);     /* a new input begins; the name stays until the next */
char *map_jobs_room(struct map_jobs *m, size_t *n);           /* where to read to */
bool map_jobs_take(struct map_jobs *m, size_t n);             /* that much was read; false: stop */
bool map_jobs_end(struct map_jobs *m);                        /* the input ends here */
struct ocsf_stream_stats map_jobs_stats(const struct map_jobs *m);
void map_jobs_free(struct map_jobs *m);

#endif
