#include "kit/sys/clock.h"

#include <time.h>

static struct wall real_wall(void *ctx)
{
    struct timespec t;
    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (struct wall){(int64_t)t.tv_sec * WALL_TICKS_PER_S + t.tv_nsec / 100};
}

static struct mono real_mono(void *ctx)
{
    struct timespec t;
    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct mono){(int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000};
}

struct clock clock_real(void)
{
    return (struct clock){real_wall, real_mono, NULL};
}

static struct wall virtual_wall(void *ctx)
{
    return ((struct virtual_clock *)ctx)->wall;
}

static struct mono virtual_mono(void *ctx)
{
    return ((struct virtual_clock *)ctx)->mono;
}

struct clock clock_virtual(struct virtual_clock *v)
{
    return (struct clock){virtual_wall, virtual_mono, v};
}

void virtual_clock_advance(struct virtual_clock *v, int64_t ms)
{
    v->wall = wall_add(v->wall, ms * WALL_TICKS_PER_MS);
    v->mono.ms += ms;
}
