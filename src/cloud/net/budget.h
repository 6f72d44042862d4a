/* Rate budgets, pure: token buckets per (app, tenant, API family), several rates at once (45 a minute and 1,500 an hour),
 * and a pause that Retry-After sets. No clock inside: every call takes `now`. One tenant's empty bucket delays nobody else. */
#ifndef CLOUD_NET_BUDGET_H
#define CLOUD_NET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/wall.h"

struct rate {
    uint32_t calls;
    int64_t per_ms;
};
enum { BUDGET_RATES_MAX = 3 };
struct budget {
    struct rate rates[BUDGET_RATES_MAX];
    double level[BUDGET_RATES_MAX]; /* calls left */
    struct mono filled_at;
    struct mono paused_until;
};
void budget_init(struct budget *b, const struct rate *rates, unsigned count, struct mono now);
/* 0: a call may start now. Else milliseconds to wait. */
int64_t budget_wait_ms(struct budget *b, struct mono now);
void budget_spend(struct budget *b, struct mono now); /* after budget_wait_ms said 0 */
void budget_pause(struct budget *b, struct mono now, int64_t ms); /* never shortens a longer pause */

#endif
