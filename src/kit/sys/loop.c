#include "kit/sys/loop_int.h"

#include <signal.h>
#include <stdlib.h>

/* Every handle of ours begins with the libuv handle, so that loop_free can close and free whatever is still open. */
struct timer {
    uv_timer_t uv;
    void (*fn)(void *arg);
    void *arg;
};
struct watch {
    uv_poll_t uv;
    int fd;
    void (*fn)(void *arg, int fd, int events);
    void *arg;
};
struct signal_watch {
    uv_signal_t uv;
    void (*fn)(void *arg, int signum);
    void *arg;
};

/* Runs what was posted until now; what a callback posts comes in the next round, so timers and sockets get their turn. */
static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;
    (void)pthread_mutex_lock(&l->lock);
    struct post *batch = l->first_post;
    l->first_post = NULL;
    l->last_post = &l->first_post;
    (void)pthread_mutex_unlock(&l->lock);
    while (batch) {
        struct post *p = batch;
        batch = p->next;
        if (p->fn) p->fn(p->arg);
        free(p);
        (void)pthread_mutex_lock(&l->lock);
        l->outstanding--;
        (void)pthread_mutex_unlock(&l->lock);
    }
}

bool loop_new(struct clock clock, struct loop **out, struct err *e)
{
    struct loop *l = calloc(1, sizeof *l);
    if (l == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "making the event loop");
    l->clock = clock;
    l->last_post = &l->first_post;
    (void)pthread_mutex_init(&l->lock, NULL);
    int code = uv_loop_init(&l->uv);
    if (code != 0) {
        free(l);
        return err_set(e, &base_causes[BASE_OS], "making the event loop: %s", uv_strerror(code));
    }
    INVARIANT(uv_async_init(&l->uv, &l->wake, on_wake) == 0);
    l->wake.data = l;
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that went away is an error of that call, never our death */
    if (!pool_start(l, e)) {
        loop_free(l);
        return false;
    }
    *out = l;
    return true;
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    struct loop *l = arg;
    if (uv_is_closing(h)) return;
    uv_close(h, h == (uv_handle_t *)&l->wake ? NULL : free_handle);
}

void loop_free(struct loop *l)
{
    if (l == NULL) return;
    pool_stop(l);
    uv_walk(&l->uv, close_handle, l);
    while (uv_run(&l->uv, UV_RUN_DEFAULT) != 0) continue;
    INVARIANT(uv_loop_close(&l->uv) == 0);
    while (l->first_post) {
        struct post *p = l->first_post;
        l->first_post = p->next;
        free(p);
    }
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

void loop_run(struct loop *l)
{
    while (!atomic_exchange(&l->stop_asked, false)) {
        (void)pthread_mutex_lock(&l->lock);
        bool is_waited_for = l->outstanding > 0;
        (void)pthread_mutex_unlock(&l->lock);
        if (is_waited_for)
            uv_ref((uv_handle_t *)&l->wake);
        else
            uv_unref((uv_handle_t *)&l->wake);
        if (!uv_loop_alive(&l->uv)) return;
        (void)uv_run(&l->uv, UV_RUN_ONCE);
    }
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stop_asked, true);
    (void)uv_async_send(&l->wake);
}

const struct clock *loop_clock(const struct loop *l)
{
    return &l->clock;
}

void loop_post_locked(struct loop *l, struct post *p)
{
    p->next = NULL;
    *l->last_post = p;
    l->last_post = &p->next;
    (void)uv_async_send(&l->wake);
}

void loop_post(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct post *p = malloc(sizeof *p);
    INVARIANT(p != NULL);
    *p = (struct post){.fn = fn, .arg = arg};
    (void)pthread_mutex_lock(&l->lock);
    l->outstanding++;
    loop_post_locked(l, p);
    (void)pthread_mutex_unlock(&l->lock);
}

static void on_timer(uv_timer_t *uv)
{
    struct timer *t = (struct timer *)uv;
    t->fn(t->arg);
}

struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg)
{
    struct timer *t = calloc(1, sizeof *t);
    INVARIANT(t != NULL && uv_timer_init(&l->uv, &t->uv) == 0);
    t->fn = fn;
    t->arg = arg;
    return t;
}

void timer_arm(struct timer *t, uint64_t delay_ms)
{
    uv_update_time(t->uv.loop); /* the loop's own idea of now is as old as the callback that runs */
    INVARIANT(uv_timer_start(&t->uv, on_timer, delay_ms, 0) == 0);
}

void timer_disarm(struct timer *t)
{
    (void)uv_timer_stop(&t->uv);
}

void timer_free(struct timer *t)
{
    if (t) uv_close((uv_handle_t *)&t->uv, free_handle);
}

static void on_ready(uv_poll_t *uv, int status, int events)
{
    struct watch *w = (struct watch *)uv;
    int ours = status < 0 ? WATCH_ERROR : 0;
    if (events & UV_READABLE) ours |= WATCH_READ;
    if (events & UV_WRITABLE) ours |= WATCH_WRITE;
    w->fn(w->arg, w->fd, ours);
}

struct watch *watch_new(struct loop *l, int fd, void (*fn)(void *arg, int fd, int events), void *arg)
{
    struct watch *w = calloc(1, sizeof *w);
    INVARIANT(w != NULL && uv_poll_init(&l->uv, &w->uv, fd) == 0);
    w->fd = fd;
    w->fn = fn;
    w->arg = arg;
    return w;
}

void watch_set(struct watch *w, int events)
{
    int uv = (events & WATCH_READ ? UV_READABLE : 0) | (events & WATCH_WRITE ? UV_WRITABLE : 0);
    if (uv == 0)
        (void)uv_poll_stop(&w->uv);
    else
        INVARIANT(uv_poll_start(&w->uv, uv, on_ready) == 0);
}

void watch_free(struct watch *w)
{
    if (w) uv_close((uv_handle_t *)&w->uv, free_handle);
}

static void on_signal(uv_signal_t *uv, int signum)
{
    struct signal_watch *s = (struct signal_watch *)uv;
    s->fn(s->arg, signum);
}

/* Waiting for a signal keeps nobody awake: a loop with nothing else to do ends. */
void loop_on_signal(struct loop *l, int signum, void (*fn)(void *arg, int signum), void *arg)
{
    struct signal_watch *s = calloc(1, sizeof *s);
    INVARIANT(s != NULL && uv_signal_init(&l->uv, &s->uv) == 0);
    s->fn = fn;
    s->arg = arg;
    INVARIANT(uv_signal_start(&s->uv, on_signal, signum) == 0);
    uv_unref((uv_handle_t *)&s->uv);
}
