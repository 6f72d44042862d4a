/* Asking the loop thread, and waiting for what it says: the ways that the rest of the engine, and its users, share. */
#include "face/app/engine/engine_int.h"

#include <signal.h>

void engine_ask(struct engine *en, void (*fn)(void *question), struct question *q)
{
    q->engine = en;
    q->done = gate_new();
    loop_post(en->loop, fn, q);
    gate_wait(q->done);
    gate_free(q->done);
}

static void look_now(void *arg)
{
    struct question *q = arg;
    q->look(q->look_arg, q->engine->ingest);
    gate_open(q->done);
}

void engine_look(struct engine *en, void (*look)(void *arg, const struct ingest *in), void *arg)
{
    struct question q = {.look = look, .look_arg = arg};
    engine_ask(en, look_now, &q);
}

void engine_answered(void *question, const struct err *e)
{
    struct question *q = question;
    q->ok = e == NULL;
    if (e) q->err = *e;
    gate_open(q->done);
}

void engine_respond_now(void *arg)
{
    struct question *q = arg;
    responding_start(q->engine->responding, engine_answered, q);
}

static void fold_now(void *arg)
{
    struct question *q = arg;
    folding_force(q->engine->folding, engine_answered, q);
}

bool engine_fold(struct engine *en, struct err *e)
{
    struct question q = {0};
    engine_ask(en, fold_now, &q);
    if (!q.ok) *e = q.err;
    return q.ok;
}

static void failure_now(void *arg)
{
    struct question *q = arg;
    q->ok = folding_failure(q->engine->folding, &q->err);
    gate_open(q->done);
}

bool engine_fold_failure(struct engine *en, struct err *out)
{
    struct question q = {0};
    engine_ask(en, failure_now, &q);
    if (q.ok) *out = q.err;
    return q.ok;
}

void engine_on_signal(struct engine *en, void (*fn)(void *arg, int signum), void *arg)
{
    loop_on_signal(en->loop, SIGINT, fn, arg);
    loop_on_signal(en->loop, SIGTERM, fn, arg);
}

static void also_now(void *arg)
{
    struct question *q = arg;
    if (q->engine->reload) reload_also(q->engine->reload, q->also, q->look_arg);
    gate_open(q->done);
}

void engine_on_reload(struct engine *en, void (*fn)(void *arg), void *arg)
{
    struct question q = {.also = fn, .look_arg = arg};
    engine_ask(en, also_now, &q);
}
