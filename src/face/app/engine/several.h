/* The same for several tenants, so many at once: threads that wait for Defender's answers. */
#ifndef FACE_APP_SEVERAL_H
#define FACE_APP_SEVERAL_H

#include <stdatomic.h>

#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"

struct several {
    struct tenant **tenants; /* references */
    size_t count, cap;
};
/* One, by id or name; NULL: all that are enabled, and that `wants` (NULL: any) says yes to. `out` begins zeroed. */
bool several_gather(struct installation *i, const char *tenant, bool (*wants)(void *arg, const char *tenant_id),
                    void *arg, struct several *out, struct err *e);
void several_done(struct several *s);
/* Calls `one` for each, from at most `at_once` threads; once *is_ending, for no further one. False: no thread. */
bool several_run(const struct several *s, size_t at_once, atomic_bool *is_ending,
                 void (*one)(void *arg, size_t index, struct tenant *t), void *arg, struct err *e);

#endif
