/* How answers are fetched, for the flows: from Defender in the service, from a model in a simulation. */
#ifndef CLOUD_DEFENDER_FETCHER_H
#define CLOUD_DEFENDER_FETCHER_H

#include "cloud/defender/defender.h"

struct fetcher {
    void *ctx;
    struct fetch_call *(*fetch)(void *ctx, struct tenant *t, const struct fetch *f, const struct fetch_handler *h);
    void (*resume)(void *ctx, struct fetch_call *c);
    void (*cancel)(void *ctx, struct fetch_call *c);
    enum access (*access)(void *ctx, const char *tenant_id, enum endpoint endpoint); /* NULL: never known */
};
struct fetcher fetcher_of_defender(struct defender *d);

#endif
