/* The Test in the engine: asked for by a command; and by itself while the service runs, light every interval.test, full once a
 * day, each kept in the store. */
#ifndef FACE_APP_TESTING_H
#define FACE_APP_TESTING_H

#include "cloud/defender/defender.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/app/engine/responding.h"
#include "face/app/engine/watching.h"
#include "face/health/tenant_test.h"
#include "kit/sys/loop.h"

struct testing;
struct testing_opts {
    struct loop *loop;
    struct installation *installation;
    struct http_client *http;
    struct defender *defender;
    struct responding *responding;
    struct watching *watching;
};
bool testing_new(const struct testing_opts *o, struct testing **out, struct err *e); /* all borrowed */
bool testing_start(struct testing *t, struct err *e);
void testing_stop(struct testing *t); /* not the loop's thread; accepts NULL, and one that never began */
void testing_free(struct testing *t); /* accepts NULL */
/* Blocks; tokens are asked for anew. `each` in the order of tenants. */
bool testing_ask(struct testing *t, const struct test_request *q,
                 void (*each)(void *arg, const struct tenant *t, const struct test_report *r), void *arg,
                 struct err *e);

#endif
