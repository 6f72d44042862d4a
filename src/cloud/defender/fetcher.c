#include "cloud/defender/fetcher.h"

static struct fetch_call *defender_fetch_op(void *ctx, struct tenant *t, const struct fetch *f,
                                            const struct fetch_handler *h)
{
    return defender_fetch(ctx, t, f, h);
}

static void defender_resume_op(void *ctx, struct fetch_call *c)
{
    (void)ctx;
    fetch_resume(c);
}

static void defender_cancel_op(void *ctx, struct fetch_call *c)
{
    (void)ctx;
    fetch_cancel(c);
}

static enum access defender_access_op(void *ctx, const char *tenant_id, enum endpoint endpoint)
{
    return defender_access(ctx, tenant_id, endpoint);
}

struct fetcher fetcher_of_defender(struct defender *d)
{
    return (struct fetcher){.ctx = d,
                            .fetch = defender_fetch_op,
                            .resume = defender_resume_op,
                            .cancel = defender_cancel_op,
                            .access = defender_access_op};
}
