/* What engine.c (how the engine begins and ends), engine_orders.c (what it is told while it runs) and engine_ask.c (how it is
 * asked) share. */
#ifndef FACE_APP_ENGINE_INT_H
#define FACE_APP_ENGINE_INT_H

#include <stdatomic.h>

#include "face/app/engine/changes.h"
#include "face/app/engine/engine.h"
#include "face/app/engine/folding.h"
#include "face/app/engine/keeping.h"
#include "face/app/engine/onboarder.h"
#include "face/app/engine/proving.h"
#include "face/app/engine/readying.h"
#include "face/app/engine/reload.h"
#include "face/app/engine/responding.h"
#include "face/app/engine/testing.h"
#include "face/app/engine/watching.h"
#include "kit/sys/loop.h"
#include "kit/sys/thread.h"

struct engine {
    struct installation *installation;
    struct loop *loop;
    struct thread *thread;
    struct http_client *http, *response_http;
    struct defender *defender;
    struct ingest *ingest;
    struct responding *responding;
    struct readying *readying;
    struct proving *proving;
    struct onboarder *onboarder; /* NULL: not a service */
    struct watching *watching;
    struct testing *testing;
    struct keeping *keeping;
    bool is_manual;
    bool is_feedless; /* the feeds never began */
    bool is_response_over;
    struct folding *folding;
    struct changes *changes; /* loop; NULL unless they are told */
    struct timer *changes_timer;
    struct reload *reload; /* NULL: not a service */
    struct engine_ops ops;
    atomic_bool is_halted;
};

/* One question: run on the loop, answered when `done` opens. */
struct question {
    struct engine *engine;
    struct gate *done;
    bool ok;
    struct err err;
    /* what is asked, and the answer */
    const char *tenant_id;
    struct changes *changes;
    const struct pull_request *pull;
    struct ingest_outcome outcome;
    const struct respond_order *order;
    const struct order_witness *witness;
    struct act_reply reply;
    void (*look)(void *arg, const struct ingest *in);
    void *look_arg;
    void (*also)(void *arg);
};
/* Runs `fn` on the loop thread and waits until it, or what it began, opens q->done. */
void engine_ask(struct engine *en, void (*fn)(void *question), struct question *q);

/* The operations that need a running engine, into en->ops. */
void engine_take_orders(struct engine *en);
/* Of a tenant (NULL: of all) something was changed in the store. */
void engine_tenant_changed(void *engine, const char *tenant_id);
/* What a part answers (e NULL: done) to the question that is its context. */
void engine_answered(void *question, const struct err *e);
/* On the loop: the response begins, unless it has. */
void engine_respond_now(void *question);

#endif
