#include "kit/sys/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct thread {
    pthread_t id;
    void (*run)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    t->run(t->arg);
    return NULL;
}

bool thread_start(void (*run)(void *arg), void *arg, struct thread **out, struct err *e)
{
    sigset_t all, before;
    struct thread *t = malloc(sizeof *t);
    if (t == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting a thread");
    t->run = run;
    t->arg = arg;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int fault = pthread_create(&t->id, NULL, thread_main, t);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (fault) {
        free(t);
        return err_set(e, &base_causes[BASE_OS], "starting a thread: %s", strerror(fault));
    }
    *out = t;
    return true;
}

void thread_join(struct thread *t)
{
    if (t == NULL) return;
    (void)pthread_join(t->id, NULL);
    free(t);
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opened;
    bool is_open;
};

struct gate *gate_new(void)
{
    pthread_condattr_t attributes;
    struct gate *g = calloc(1, sizeof *g);
    INVARIANT(g != NULL);
    (void)pthread_mutex_init(&g->mutex, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&g->opened, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return g;
}

void gate_free(struct gate *g)
{
    if (g == NULL) return;
    (void)pthread_cond_destroy(&g->opened);
    (void)pthread_mutex_destroy(&g->mutex);
    free(g);
}

void gate_open(struct gate *g)
{
    (void)pthread_mutex_lock(&g->mutex);
    g->is_open = true;
    (void)pthread_cond_broadcast(&g->opened);
    (void)pthread_mutex_unlock(&g->mutex);
}

void gate_wait(struct gate *g)
{
    (void)pthread_mutex_lock(&g->mutex);
    while (!g->is_open) (void)pthread_cond_wait(&g->opened, &g->mutex);
    (void)pthread_mutex_unlock(&g->mutex);
}

bool gate_wait_ms(struct gate *g, uint32_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    (void)pthread_mutex_lock(&g->mutex);
    while (!g->is_open && pthread_cond_timedwait(&g->opened, &g->mutex, &until) == 0) continue;
    bool is_open = g->is_open;
    (void)pthread_mutex_unlock(&g->mutex);
    return is_open;
}
