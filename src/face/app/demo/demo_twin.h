/* The demo's Microsoft: defender-twin as a child process, and what its admin end-points tell. */
#ifndef FACE_APP_DEMO_TWIN_H
#define FACE_APP_DEMO_TWIN_H

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/json/json.h"

struct demo_twin;
/* Starts build/defender-twin (it lies beside the running program) and waits until it listens. */
bool demo_twin_start(unsigned tenants, const char *scenario, struct demo_twin **out, struct err *e);
void demo_twin_stop(struct demo_twin *t);             /* accepts NULL */
const char *demo_twin_url(const struct demo_twin *t); /* "http://127.0.0.1:4711" */

/* {"tenants":[…]}, in `a`. */
const struct json *demo_twin_tenants(struct demo_twin *t, struct arena *a, struct err *e);
/* Makes an alert now, as POST /twin/alerts takes it. */
bool demo_twin_alert(struct demo_twin *t, const char *tenant_id, struct str body, struct err *e);
bool demo_twin_mailbox(struct demo_twin *t, char *out, size_t out_size, struct err *e); /* "smtp://127.0.0.1:4712" */
bool demo_twin_freeze(struct demo_twin *t, struct err *e);
/* NDJSON of what exists of one feed, read whole: a demo's feed is small. */
bool demo_twin_rows(struct demo_twin *t, const char *tenant_id, const char *feed, struct buf *out, struct err *e);

#endif
