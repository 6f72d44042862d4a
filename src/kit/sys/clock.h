/* Wall and monotonic time behind one struct, so that a simulation can hand in a virtual clock. */
#ifndef KIT_SYS_CLOCK_H
#define KIT_SYS_CLOCK_H

#include "kit/base/wall.h"

struct clock {
    struct wall (*wall_now)(void *ctx);
    struct mono (*mono_now)(void *ctx);
    void *ctx;
};

struct clock clock_real(void);

static inline struct wall clock_wall(const struct clock *c)
{
    return c->wall_now(c->ctx);
}
static inline struct mono clock_mono(const struct clock *c)
{
    return c->mono_now(c->ctx);
}

/* A clock that stands still until it is moved. */
struct virtual_clock {
    struct wall wall;
    struct mono mono;
};
struct clock clock_virtual(struct virtual_clock *v); /* borrows v */
void virtual_clock_advance(struct virtual_clock *v, int64_t ms);

#endif
