/* Rate budgets, pure: one per (app, tenant, API family), several rates at once (45 a minute and 1,500 an hour), and a pause
 * that Retry-After sets. No clock inside: every call takes `now`. One tenant's empty budget delays nobody else.
 *
 * A token bucket that holds `calls` and refills at `calls` a window lets nearly twice as many through in its first window.
 * Ours holds a fifth of them and refills at calls + 1 - that fifth, so no window of `per_ms`, wherever it begins, ever sees
 * more than `calls`, and a catch-up neither stops for most of a window nor starves the next poll. Whole numbers only: a
 * level counts in calls × per_ms, so nothing is rounded. */
#ifndef CLOUD_NET_BUDGET_H
#define CLOUD_NET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/wall.h"

struct rate {
    uint32_t calls; /* at least 1 */
    int64_t per_ms; /* 1 to a week */
};
enum { BUDGET_RATES_MAX = 3 };
struct budget {
    struct rate rates[BUDGET_RATES_MAX];
    int64_t level[BUDGET_RATES_MAX]; /* calls left × per_ms */
    unsigned count;
    struct mono filled_at;
    struct mono paused_until;
};
void budget_init(struct budget *b, const struct rate *rates, unsigned count, struct mono now);
/* 0: a call may start now. Else milliseconds to wait. */
int64_t budget_wait_ms(struct budget *b, struct mono now);
void budget_spend(struct budget *b, struct mono now);             /* after budget_wait_ms said 0 */
void budget_pause(struct budget *b, struct mono now, int64_t ms); /* never shortens a longer pause */

#endif
