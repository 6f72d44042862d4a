/* The event loop (libuv behind it) and the workers. One loop thread does all network I/O and runs every callback here
 * unless said otherwise; no callback may take longer than 5 ms. Blocking work goes to `work_submit`. */
#ifndef KIT_SYS_LOOP_H
#define KIT_SYS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/sys/clock.h"

struct loop;

/* Ignores SIGPIPE for the process: a peer that went away is an error of that call. Errors: BASE_OS, BASE_NO_MEMORY.
 * Timers count real milliseconds, whatever `clock` says; the clock is what loop_clock hands on. */
bool loop_new(struct clock clock, struct loop **out, struct err *e);
/* Waits for work that runs, drops what is queued or posted (no callbacks come), frees timers and watches still open: their
 * handles are gone with it. Lanes are freed after it, or before when idle. Accepts NULL. */
void loop_free(struct loop *l);
void loop_run(struct loop *l);  /* until loop_stop, or nothing is left to wait for */
void loop_stop(struct loop *l); /* any thread */
const struct clock *loop_clock(const struct loop *l);

/* Any thread: run fn(arg) on the loop thread, in the order posted. */
void loop_post(struct loop *l, void (*fn)(void *arg), void *arg);

/* One-shot timers. The handle stays valid until timer_free; arming again replaces. */
struct timer;
struct timer *timer_new(struct loop *l, void (*fn)(void *arg), void *arg);
void timer_arm(struct timer *t, uint64_t delay_ms);
void timer_disarm(struct timer *t);
void timer_free(struct timer *t); /* accepts NULL; the callback does not come any more */

/* Readiness of a descriptor the loop does not own (libcurl's sockets). */
enum { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_ERROR = 4 };
struct watch;
struct watch *watch_new(struct loop *l, int fd, void (*fn)(void *arg, int fd, int events), void *arg);
void watch_set(struct watch *w, int events); /* 0: none */
void watch_free(struct watch *w);

/* SIGINT and SIGTERM arrive here. */
void loop_on_signal(struct loop *l, int signum, void (*fn)(void *arg, int signum), void *arg);

/* Workers: `run` on a worker thread, then `done` (may be NULL) on the loop thread. Any number may be queued; the pool has
 * processors + 1 threads, 2 to 8. Items of one lane run one after another, in order, and so do their `done`s; the next
 * `run` does not wait for the `done` before it. */
struct lane;
struct lane *lane_new(struct loop *l);
void lane_free(
    struct lane *lane); /* accepts NULL; waits for nothing: free it when its work is done (its last `done` may) */
/* Any thread. lane may be NULL: no order. */
void work_submit(struct loop *l, struct lane *lane, void (*run)(void *arg), void (*done)(void *arg), void *arg);

#endif
