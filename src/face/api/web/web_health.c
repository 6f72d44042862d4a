/* Is it alive, does it work, and how much: for load balancers, supervisors and Prometheus. */
#include "cloud/net/server.h"
#include "face/api/installation.h"
#include "face/api/web/web.h"
#include "face/health/metrics.h"
#include "state/store/revisions.h"

enum { METRICS_BYTES_MAX = 1 << 20 };

/* The process runs and answers; nothing else is asked, so that a slow disk does not have it restarted. */
static void healthz(struct web_call *c)
{
    web_text(c, 200, STR("ok\n"));
}

/* The store answers too. */
static void readyz(struct web_call *c)
{
    struct err e;
    uint64_t waiting;
    if (store_inbox_count(c->installation->store, &waiting, &e))
        web_text(c, 200, STR("ready\n"));
    else
        web_problem_as(c, 503, &e);
}

/* Numbers without names; still, of a listener that others can reach, by itself or by a front proxy (public_url), they are for those who are logged in. */
static void metrics(struct web_call *c)
{
    struct buf out;
    struct err e;
    const struct conf *conf = &c->installation->conf;
    bool is_local = conf->public_url[0] == '\0' && conf_is_loopback(conf_listen_host(str_of(conf->listen)));
    if (!is_local && c->by == NULL) {
        (void)err_set(&e, &api_causes[API_NO_LOGIN], "/metrics needs an API token here");
        web_problem(c, &e);
        return;
    }
    buf_init(&out, METRICS_BYTES_MAX);
    if (metrics_write(c->installation->store, clock_wall(&c->installation->clock), &out, &e))
        web_bytes(c, 200, buf_str(&out), "text/plain; version=0.0.4; charset=utf-8");
    else
        web_problem(c, &e);
    buf_done(&out);
}

const struct web_route health_routes[] = {
    {.method = "GET", .path = "/healthz", .is_open = true, .handle = healthz},
    {.method = "GET", .path = "/readyz", .is_open = true, .handle = readyz},
    {.method = "GET", .path = "/metrics", .is_open = true, .handle = metrics},
    {0},
};
