/* Calls to Defender for the response: within the part of each rate that is the response's own (family_rates), the urgent ones
 * first, at most so many at once of one tenant. What comes back is kept whole, as it came. Loop thread only. */
#ifndef FLOW_ACT_CALLS_H
#define FLOW_ACT_CALLS_H

#include "cloud/defender/fetcher.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/clock.h"
#include "kit/sys/runtime.h"

struct calls;
struct calls_opts {
    struct runtime runtime;
    struct clock clock;
    struct fetcher fetcher;
};
struct calls *calls_new(const struct calls_opts *o); /* NULL: no memory */
void calls_free(struct calls *c);                    /* cancels what runs, without callbacks; accepts NULL */

enum call_urgency {
    CALL_NOW,   /* posts */
    CALL_SOON,  /* what a post, or a person, waits for */
    CALL_LATER, /* never takes more than half of the budget */
    CALL_URGENCIES
};
struct call_answer {
    int status; /* 0: none came */
    bool is_gzip;
    struct buf body;         /* may be taken: leave an empty one */
    const struct err *error; /* NULL: 200 or 201 */
};
/* `done` comes later, from the loop, once. Texts of `f` are copied. */
void calls_send(struct calls *c, struct tenant *t, const struct fetch *f, enum call_urgency urgency,
                void (*done)(void *arg, struct call_answer *a), void *arg);
unsigned calls_open(const struct calls *c); /* waiting or on their way */
/* What the token allows; ACCESS_UNKNOWN: no token yet. */
enum access calls_access(const struct calls *c, const char *tenant_id, enum endpoint endpoint);
int64_t calls_wait_ms(struct calls *c, const char *tenant_id, enum api_family family); /* until one may start; 0: now */
/* A body as it came to text; any thread. False: not gzip, or too large. */
bool call_text(struct str body, bool is_gzip, struct buf *out);

#endif
