/* When the lake folds: after commits once enough has gathered, at the latest after the setting's time, or on request. One fold
 * at a time, on a worker. Also keeps the log short, once an hour. All calls on the loop thread. */
#ifndef FACE_APP_FOLDING_H
#define FACE_APP_FOLDING_H

#include "face/api/installation.h"
#include "kit/sys/loop.h"

struct folding;
bool folding_new(struct loop *l, struct installation *i, struct folding **out, struct err *e);
void folding_free(struct folding *f);                   /* only when stopped or never woken; accepts NULL */
void folding_wake(struct folding *f, uint64_t log_end); /* a commit named this end */
/* Folds everything up to the last named end; `done` from the loop, e == NULL: it is in the lake. */
void folding_force(struct folding *f, void (*done)(void *ctx, const struct err *e), void *ctx);
void folding_stop(struct folding *f, void (*stopped)(void *ctx), void *ctx); /* waits for the fold that runs */
bool folding_failure(const struct folding *f, struct err *out); /* the last fold's failure; false: it went well */

#endif
