/* Watches logins and feeds for what a tenant has lost, or got back (face/health/capability.h): a thread of its own takes the
 * news that the loop hands over. */
#ifndef FACE_APP_WATCHING_H
#define FACE_APP_WATCHING_H

#include "cloud/defender/defender.h"
#include "flow/ingest/ingest.h"

struct watching;
/* `on_notices` comes from its thread: notices have become durable. */
bool watching_new(struct store *s, void (*on_notices)(void *ctx), void *ctx, struct watching **out, struct err *e);
bool watching_start(struct watching *w, struct err *e);
void watching_login(struct watching *w, const struct login_news *n);   /* any thread; copied */
void watching_feed(struct watching *w, const struct ingest_change *c); /* likewise; most changes are no news */
void watching_settle(struct watching *w); /* not its thread: waits until what it was given is in the store */
void watching_stop(struct watching *w);   /* what it was given is taken in before; accepts NULL */
void watching_free(struct watching *w);   /* stopped, or never started; accepts NULL */

#endif
