/* The response and its notices, as one thing that runs in the service: act, notify, and what each asks of the other. Loop
 * thread. */
#ifndef FACE_APP_RESPONDING_H
#define FACE_APP_RESPONDING_H

#include "cloud/defender/defender.h"
#include "face/api/installation.h"
#include "flow/act/act.h"
#include "flow/act/manage.h"
#include "kit/sys/loop.h"

struct responding;
struct responding_opts {
    struct loop *loop;
    struct installation *installation;
    struct defender *defender;
    struct http_client *http;         /* of notices */
    void (*on_own_events)(void *ctx); /* events of our own are durable; may be NULL */
    void *ctx;
    bool is_manual; /* a command without the service: orders are taken, the inbox is left alone, nobody is told yet */
};
bool responding_new(const struct responding_opts *o, struct responding **out, struct err *e);
void responding_free(struct responding *r); /* stopped, or never started; accepts NULL */
/* Started already: says so again. */
void responding_start(struct responding *r, void (*started)(void *ctx, const struct err *e), void *ctx);
void responding_stop(struct responding *r, void (*stopped)(void *ctx), void *ctx);
void responding_wake(struct responding *r); /* something was committed */
void responding_tenants_changed(struct responding *r);
struct act *responding_act(struct responding *r);
/* Managed alerts. Any thread may halt them (what waits for Defender gives up); not the loop's may wait for their end, which
 * comes before responding_stop. */
void responding_notices(struct responding *r); /* any thread: notices have become durable */
struct manage *responding_manage(struct responding *r);
void responding_halt_managing(struct responding *r);
void responding_end_managing(struct responding *r);

#endif
