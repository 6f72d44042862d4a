/* A virtual loop: events in order of time, workers that are events too, and a clock that jumps from one to the next. One
 * thread; a run is a function of its seed. */
#ifndef TESTS_SIM_TIME_H
#define TESTS_SIM_TIME_H

#include "kit/sys/clock.h"
#include "kit/sys/random.h"
#include "kit/sys/runtime.h"

struct sim_event {
    int64_t at_ms;
    uint64_t order;
    void (*fn)(void *arg);
    void *arg;
};
struct sim_time {
    struct virtual_clock clock;
    struct rng rng;
    struct sim_event *heap;
    size_t count, cap;
    uint64_t order;
    uint64_t events;    /* run so far */
    double slow_worker; /* how often one takes seconds: things meet then that seldom do */
};
void sim_time_init(struct sim_time *t, struct wall start, uint64_t seed);
void sim_time_done(struct sim_time *t);
void sim_time_in(struct sim_time *t, int64_t ms, void (*fn)(void *arg), void *arg);
struct runtime sim_time_runtime(struct sim_time *t);
struct wall sim_time_now(const struct sim_time *t);
void sim_time_run(struct sim_time *t, int64_t ms);                     /* that much time passes */
bool sim_time_until(struct sim_time *t, const bool *flag, int64_t ms); /* until it is set; false: ms have passed */

#endif
