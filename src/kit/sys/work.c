/* The workers. One list of items ready to run; a lane keeps its further items back until the one before has finished, so
 * no worker ever waits for a lane. */
#include "kit/sys/loop_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void make_ready(struct pool *pool, struct work *w)
{
    w->next = NULL;
    *pool->last = w;
    pool->last = &w->next;
    (void)pthread_cond_signal(&pool->wake);
}

static struct work *take_ready(struct pool *pool)
{
    struct work *w = pool->first;
    pool->first = w->next;
    if (pool->first == NULL) pool->last = &pool->first;
    return w;
}

static void lane_advance(struct pool *pool, struct lane *lane)
{
    struct work *next = lane->first;
    lane->is_busy = next != NULL;
    if (next == NULL) return;
    lane->first = next->next;
    if (lane->first == NULL) lane->last = &lane->first;
    make_ready(pool, next);
}

/* Lane and post move under one lock: `done` callbacks of a lane keep its order, and the last one may free the lane. */
static void *worker(void *arg)
{
    struct loop *l = arg;
    struct pool *pool = &l->pool;
    (void)pthread_mutex_lock(&l->lock);
    for (;;) {
        while (pool->first == NULL && !pool->is_stopping) (void)pthread_cond_wait(&pool->wake, &l->lock);
        if (pool->is_stopping) break;
        struct work *w = take_ready(pool);
        (void)pthread_mutex_unlock(&l->lock);
        w->run(w->finished->arg);
        (void)pthread_mutex_lock(&l->lock);
        if (w->lane) lane_advance(pool, w->lane);
        loop_post_locked(l, w->finished);
        free(w);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* One more than there are processors: one of them is usually waiting for the disk. */
static unsigned threads_wanted(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN) + 1;
    return n < WORK_THREADS_MIN ? WORK_THREADS_MIN : n > WORK_THREADS_MAX ? WORK_THREADS_MAX : (unsigned)n;
}

bool pool_start(struct loop *l, struct err *e)
{
    struct pool *pool = &l->pool;
    pool->last = &pool->first;
    (void)pthread_cond_init(&pool->wake, NULL);
    for (unsigned n = threads_wanted(); pool->thread_count < n; pool->thread_count++) {
        int code = pthread_create(&pool->threads[pool->thread_count], NULL, worker, l);
        if (code != 0) return err_set(e, &base_causes[BASE_OS], "starting a worker thread: %s", strerrordesc_np(code));
        (void)pthread_setname_np(pool->threads[pool->thread_count], "worker");
    }
    return true;
}

void pool_stop(struct loop *l)
{
    struct pool *pool = &l->pool;
    (void)pthread_mutex_lock(&l->lock);
    pool->is_stopping = true;
    (void)pthread_cond_broadcast(&pool->wake);
    (void)pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < pool->thread_count; i++) (void)pthread_join(pool->threads[i], NULL);
    while (pool->first) {
        struct work *w = take_ready(pool);
        free(w->finished);
        free(w);
    }
    (void)pthread_cond_destroy(&pool->wake);
}

struct lane *lane_new(struct loop *l)
{
    struct lane *lane = calloc(1, sizeof *lane);
    INVARIANT(lane != NULL);
    lane->loop = l;
    lane->last = &lane->first;
    return lane;
}

void lane_free(struct lane *lane)
{
    if (lane == NULL) return;
    while (lane->first) { /* only after loop_free: dropped work */
        struct work *w = lane->first;
        lane->first = w->next;
        free(w->finished);
        free(w);
    }
    free(lane);
}

void work_submit(struct loop *l, struct lane *lane, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
    struct work *w = malloc(sizeof *w);
    struct post *finished = malloc(sizeof *finished);
    INVARIANT(w != NULL && finished != NULL && (lane == NULL || lane->loop == l));
    *finished = (struct post){.fn = done, .arg = arg};
    *w = (struct work){.lane = lane, .run = run, .finished = finished};
    (void)pthread_mutex_lock(&l->lock);
    l->outstanding++;
    if (lane != NULL && lane->is_busy) {
        *lane->last = w;
        lane->last = &w->next;
    } else {
        if (lane) lane->is_busy = true;
        make_ready(&l->pool, w);
    }
    (void)pthread_mutex_unlock(&l->lock);
}
