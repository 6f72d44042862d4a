/* Readiness in the engine: asked for by a command, and by itself once an hour while the service runs. */
#ifndef FACE_APP_READYING_H
#define FACE_APP_READYING_H

#include "face/api/installation.h"
#include "face/app/engine/responding.h"
#include "face/health/readiness.h"

struct readying;
bool readying_new(struct installation *i, struct responding *r, struct readying **out, struct err *e);
bool readying_start(struct readying *r, struct err *e); /* the hourly look begins */
void readying_stop(struct readying *r); /* not the loop's thread; accepts NULL, and one that never began */
void readying_free(struct readying *r); /* accepts NULL */
/* Blocks; `each` in the order of tenants. Up to a few dozen are asked anew. Of more, each has what was found when it was asked
 * last, in brief: within the hour, or since it was changed. */
bool readying_ask(struct readying *r, const char *tenant,
                  void (*each)(void *arg, const struct tenant *t, const struct readiness *found), void *arg,
                  struct err *e);

void readying_forget(struct readying *r,
                     const char *tenant_id); /* it has changed; NULL: all, which are asked anew soon */

#endif
