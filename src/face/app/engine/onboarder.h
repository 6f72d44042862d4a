/* Looks after onboardings that are due, on a thread of its own: asks for the tenants' tokens, and brings in who is proved. What it knows
 * is in the store, so a restart goes on where it was. */
#ifndef FACE_APP_ONBOARDER_H
#define FACE_APP_ONBOARDER_H

#include "face/api/installation.h"
#include "face/app/engine/proving.h"

struct onboarder;
struct onboarder_opts {
    struct installation *installation;
    struct proving *proving;
    void (*tenant_added)(void *ctx, const char *tenant_id); /* or it has consented again */
    void *ctx;
};
bool onboarder_new(const struct onboarder_opts *o, struct onboarder **out, struct err *e);
bool onboarder_start(struct onboarder *o, struct err *e);
void onboarder_stop(struct onboarder *o); /* twice does no harm; accepts NULL */
void onboarder_free(struct onboarder *o);

#endif
