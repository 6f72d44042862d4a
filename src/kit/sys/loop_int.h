/* Inside kit/sys: what the loop and its workers share. */
#ifndef KIT_SYS_LOOP_INT_H
#define KIT_SYS_LOOP_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "kit/sys/loop.h"

enum { WORK_THREADS_MIN = 2, WORK_THREADS_MAX = 8 };

struct post {
    struct post *next;
    void (*fn)(void *arg);
    void *arg;
};

struct work {
    struct work *next;
    struct lane *lane; /* NULL: no order */
    void (*run)(void *arg);
    struct post *finished; /* made at submission, so that finishing cannot fail */
};

struct lane {
    struct loop *loop;
    struct work *first, **last; /* waiting for the one before */
    bool is_busy;               /* one of its items is ready or running */
};

struct pool {
    pthread_t threads[WORK_THREADS_MAX];
    unsigned thread_count;
    pthread_cond_t wake;
    struct work *first, **last; /* ready to run */
    bool is_stopping;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    struct clock clock;
    atomic_bool stop_asked;
    pthread_mutex_t lock; /* guards all below, and the lanes */
    struct post *first_post, **last_post;
    size_t outstanding; /* posts not yet run and work not yet done: they keep the loop alive */
    struct pool pool;
};

/* With the lock held. */
void loop_post_locked(struct loop *l, struct post *p);
bool pool_start(struct loop *l, struct err *e);
void pool_stop(struct loop *l); /* waits for what runs; what is queued is dropped */

#endif
