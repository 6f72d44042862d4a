/* Is it alive, and does it work? For load balancers and supervisors. */
#include "face/api/web.h"

static void healthz(struct web_call *c)
{
    web_text(c, 200, STR("ok\n"));
}

const struct web_route health_routes[] = {
    {.method = "GET", .path = "/healthz", .is_open = true, .handle = healthz},
    {0},
};
