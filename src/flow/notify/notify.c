/* The loop's side: rounds one after another, jobs to the network and back. */
#include "flow/notify/notify.h"

#include <stdlib.h>

#include "flow/notify/notify_int.h"
#include "state/conf/proxy.h"

static void begin_round(struct notify *n);

/* ---- jobs ------------------------------------------------------------------------------------------------------------------- */

static void fly(struct job *j);

static void end_if_stopped(struct notify *n)
{
    if (!n->is_stopping || n->is_round || n->on_stopped == NULL) return;
    void (*done)(void *arg) = n->on_stopped;
    n->on_stopped = NULL;
    done(n->stop_arg);
}

static void land(struct job *j)
{
    struct notify *n = j->notify;
    TAILQ_REMOVE(&n->flights, j, in_list);
    TAILQ_INSERT_TAIL(&n->landed, j, in_list);
    begin_round(n);
}

static void on_answer(void *arg, const struct wire_answer *a)
{
    struct job *j = arg;
    struct buf *answer = &j->answers[j->sent];
    buf_init(answer, WIRE_BODY_MAX);
    buf_add_str(answer, a->body);
    j->status = a->status;
    j->retry_after_ms = a->retry_after_ms;
    j->has_failed = a->e != NULL;
    if (a->e) j->e = *a->e;
    j->sent++;
    bool is_well = !j->has_failed && j->status >= 200 && j->status < 300;
    if (is_well && j->sent < j->request_count)
        fly(j);
    else
        land(j);
}

static void fly(struct job *j)
{
    struct job_request *r = &j->requests[j->sent];
    struct wire_request q = {.is_mail = j->is_mail,
                             .is_secret_path = true,
                             .method = r->method,
                             .url = buf_cstr(&r->url),
                             .proxy = proxy_for(j->proxies, buf_cstr(&r->url)),
                             .headers = (const char *const *)r->headers,
                             .body = buf_str(&r->body),
                             .sender = j->sender,
                             .recipient = j->delivery.target};
    if (j->user[0]) {
        q.user = j->user;
        q.secret = buf_str(&j->secret);
    }
    j->notify->o.wire.send(j->notify->o.wire.ctx, &q, on_answer, j);
}

/* ---- rounds ------------------------------------------------------------------------------------------------------------------ */

static void free_jobs(struct job_list *list)
{
    struct job *j;
    while ((j = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, j, in_list);
        job_free(j);
    }
}

static void arm(struct notify *n, const struct round *r)
{
    int64_t ms = (r->next.ticks - clock_wall(&n->o.clock).ticks + WALL_TICKS_PER_MS - 1) / WALL_TICKS_PER_MS;
    n->o.runtime.timer_arm(n->o.runtime.ctx, n->timer, ms > 0 ? (uint64_t)ms : 0);
}

static void end_round(void *round)
{
    struct round *r = round;
    struct notify *n = r->notify;
    struct job *j;
    n->is_round = false;
    TAILQ_CONCAT(&n->landed, &r->landed, in_list); /* what could not be settled is settled later */
    if (!n->is_stopping) arm(n, r);
    while (!n->is_stopping && (j = TAILQ_FIRST(&r->out)) != NULL) {
        TAILQ_REMOVE(&r->out, j, in_list);
        TAILQ_INSERT_TAIL(&n->flights, j, in_list);
        fly(j);
    }
    free_jobs(&r->out);
    free(r->flying);
    free(r);
    if (n->is_stopping)
        end_if_stopped(n);
    else if (n->wants_round)
        begin_round(n);
}

static struct round *round_new(struct notify *n)
{
    struct round *r = calloc(1, sizeof *r);
    struct job *j;
    size_t count = 0;
    INVARIANT(r != NULL);
    TAILQ_FOREACH(j, &n->flights, in_list) count++;
    r->flying = calloc(count + 1, sizeof *r->flying);
    INVARIANT(r->flying != NULL);
    TAILQ_FOREACH(j, &n->flights, in_list) r->flying[r->flying_count++] = j->delivery.id;
    r->notify = n;
    TAILQ_INIT(&r->landed);
    TAILQ_INIT(&r->out);
    TAILQ_CONCAT(&r->landed, &n->landed, in_list);
    return r;
}

static void begin_round(struct notify *n)
{
    if (n->is_stopping) return;
    n->wants_round = n->is_round;
    if (n->is_round) return;
    n->is_round = true;
    n->o.runtime.work(n->o.runtime.ctx, round_run, end_round, round_new(n));
}

static void on_timer(void *arg)
{
    begin_round(arg);
}

/* ---- the face ----------------------------------------------------------------------------------------------------------------- */

bool notify_new(const struct notify_opts *o, struct notify **out, struct err *e)
{
    struct notify *n = calloc(1, sizeof *n);
    if (n == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting to tell people");
    n->o = *o;
    rng_seed(&n->rng, o->seed);
    TAILQ_INIT(&n->flights);
    TAILQ_INIT(&n->landed);
    n->timer = o->runtime.timer_new(o->runtime.ctx, on_timer, n);
    *out = n;
    return true;
}

void notify_start(struct notify *n)
{
    begin_round(n);
}

void notify_wake(struct notify *n)
{
    begin_round(n);
}

void notify_stop(struct notify *n, void (*done)(void *arg), void *arg)
{
    n->is_stopping = true;
    n->on_stopped = done;
    n->stop_arg = arg;
    n->o.runtime.timer_free(n->o.runtime.ctx, n->timer);
    n->timer = NULL;
    n->o.wire.cancel(n->o.wire.ctx); /* what is on its way is durable as such, and taken up at the next start */
    free_jobs(&n->flights);
    end_if_stopped(n);
}

void notify_free(struct notify *n)
{
    if (n == NULL) return;
    if (n->timer) n->o.runtime.timer_free(n->o.runtime.ctx, n->timer);
    free_jobs(&n->flights);
    free_jobs(&n->landed);
    free(n);
}
