/* Keeps apps' credentials: takes in what logins say of them, goes over to a tested one in the store too when the one in force is
 * refused, and warns of those that end. A thread of its own does what blocks. */
#ifndef FACE_APP_KEEPING_H
#define FACE_APP_KEEPING_H

#include "cloud/defender/defender.h"
#include "face/api/installation.h"

struct keeping;
struct keeping_opts {
    struct installation *installation;
    bool is_manual; /* no warnings */
    void *ctx;
    void (*on_notices)(void *ctx); /* from its thread: notices have become durable */
    void (*on_switch)(void *ctx);  /* from its thread: tenants are to be read anew */
    /* From its thread: what Entra tells of an app's credentials, JSON; false: it may not be asked there. */
    bool (*read)(void *ctx, struct tenant *t, const char *client_id, struct buf *json_out);
};
bool keeping_new(const struct keeping_opts *o, struct keeping **out, struct err *e);
bool keeping_start(struct keeping *k, struct err *e);
void keeping_event(struct keeping *k, const struct credential_event *event); /* any thread; copied */
void keeping_wake(struct keeping *k); /* any thread: apps or tenants have changed */
void keeping_stop(struct keeping *k); /* accepts NULL */
void keeping_free(struct keeping *k); /* stopped, or never started; accepts NULL */

#endif
