#include "cloud/net/budget.h"

#include "kit/base/err.h"

enum { BURST_SHARE = 5 };
static const int64_t WEEK_MS = INT64_C(7) * 86400 * 1000;

static int64_t burst(const struct rate *r)
{
    int64_t b = r->calls / BURST_SHARE;
    return b ? b : 1;
}

/* Level per millisecond. N calls within a window of less than per_ms need N - burst refilled calls, hence N < calls + 1. */
static int64_t refill(const struct rate *r)
{
    return (int64_t)r->calls + 1 - burst(r);
}

static int64_t capacity(const struct rate *r)
{
    return burst(r) * r->per_ms;
}

void budget_init(struct budget *b, const struct rate *rates, unsigned count, struct mono now)
{
    INVARIANT(count <= BUDGET_RATES_MAX);
    *b = (struct budget){.count = count, .filled_at = now, .paused_until = now};
    for (unsigned i = 0; i < count; i++) {
        INVARIANT(rates[i].calls > 0 && rates[i].per_ms > 0 && rates[i].per_ms <= WEEK_MS);
        b->rates[i] = rates[i];
        b->level[i] = capacity(&rates[i]);
    }
}

static void fill(struct budget *b, struct mono now)
{
    int64_t passed = now.ms - b->filled_at.ms;
    if (passed <= 0) return;
    b->filled_at = now;
    for (unsigned i = 0; i < b->count; i++) {
        int64_t missing = capacity(&b->rates[i]) - b->level[i], per_ms = refill(&b->rates[i]);
        b->level[i] += passed > missing / per_ms ? missing : passed * per_ms;
    }
}

int64_t budget_wait_ms(struct budget *b, struct mono now)
{
    int64_t wait = b->paused_until.ms > now.ms ? b->paused_until.ms - now.ms : 0;
    fill(b, now);
    for (unsigned i = 0; i < b->count; i++) {
        int64_t short_by = b->rates[i].per_ms - b->level[i], per_ms = refill(&b->rates[i]);
        int64_t ms = short_by > 0 ? (short_by + per_ms - 1) / per_ms : 0;
        if (ms > wait) wait = ms;
    }
    return wait;
}

void budget_spend(struct budget *b, struct mono now)
{
    fill(b, now);
    for (unsigned i = 0; i < b->count; i++) b->level[i] -= b->rates[i].per_ms;
}

void budget_pause(struct budget *b, struct mono now, int64_t ms)
{
    if (ms > 0 && now.ms + ms > b->paused_until.ms) b->paused_until.ms = now.ms + ms;
}
