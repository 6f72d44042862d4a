/* What a flow needs of the world to run: later, in a while, and on a worker. The service gives the loop (runtime_of_loop);
 * a simulation gives virtual time and runs work inline, so the very same code runs in both. */
#ifndef KIT_SYS_RUNTIME_H
#define KIT_SYS_RUNTIME_H

#include <stdint.h>

struct loop;
struct runtime_timer;
struct runtime {
    void *ctx;
    /* Run fn(arg) later from the loop. */
    void (*post)(void *ctx, void (*fn)(void *arg), void *arg);
    /* One-shot timers; arming again replaces. */
    struct runtime_timer *(*timer_new)(void *ctx, void (*fn)(void *arg), void *arg);
    void (*timer_arm)(void *ctx, struct runtime_timer *t, uint64_t delay_ms);
    void (*timer_free)(void *ctx, struct runtime_timer *t); /* accepts NULL */
    /* `run` on a worker, then `done` from the loop. */
    void (*work)(void *ctx, void (*run)(void *arg), void (*done)(void *arg), void *arg);
};
struct runtime runtime_of_loop(struct loop *l);

#endif
