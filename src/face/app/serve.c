/* serve: the service in the foreground, until SIGINT or SIGTERM. */
#include <stdio.h>

#include "face/api/socket.h"
#include "face/api/web/web.h"
#include "face/api/web/web_login.h"
#include "face/app/app.h"
#include "face/app/engine/engine.h"
#include "kit/sys/thread.h"
#include "state/store/tenants.h"

static void on_signal(void *arg, int signum)
{
    (void)signum;
    gate_open(arg);
}

static bool count_tenant(void *arg, const struct tenant_record *r)
{
    (void)r;
    ++*(unsigned *)arg;
    return true;
}

static void look(void *arg, const struct ingest *in)
{
    ingest_counters_get(in, arg);
}

/* What it did, for whoever reads the journal of the service. */
static void tell_sum(struct engine *en)
{
    struct ingest_counters c = {0};
    engine_look(en, look, &c);
    printf("since it started: %llu calls, %llu of them failed; %llu rows in %llu commits\n",
           (unsigned long long)c.fetches, (unsigned long long)c.failures, (unsigned long long)c.rows,
           (unsigned long long)c.commits);
    (void)fflush(stdout);
}

static void tell_change(void *ctx, const char *line)
{
    char now[WALL_TEXT_BYTES];
    (void)wall_format_digits(clock_wall(ctx), 0, now);
    printf("%s %s\n", now, line);
    (void)fflush(stdout);
}

static void on_reload(void *arg)
{
    web_reload(arg);
}

static void tell_line(const char *line)
{
    puts(line);
    (void)fflush(stdout);
}

static bool run(struct installation *i, struct engine *en, struct err *e)
{
    struct socket_front *socket = NULL;
    struct web *web = NULL;
    struct web_opts listener = {.installation = i, .engine = engine_operations(en), .who = web_who, .tell = tell_line};
    struct gate *ended = gate_new();
    unsigned tenants = 0;
    bool ok = store_tenant_list(i->store, count_tenant, &tenants, e) &&
              engine_tell_changes(en, tell_change, &i->clock, e) &&
              socket_front_start(i, engine_operations(en), &socket, e) && web_start(&listener, &web, e);
    if (ok) {
        if (web) engine_on_reload(en, on_reload, web);
        engine_on_signal(en, on_signal, ended);
        printf("portcullis serves %u tenant%s; data in %s; end with Ctrl-C\n", tenants, tenants == 1 ? "" : "s",
               i->conf.data_dir);
        (void)fflush(stdout);
        gate_wait(ended);
        puts("ending: what is being committed is finished first");
        (void)fflush(stdout);
    }
    engine_halt(en); /* first: a command inside the service may be waiting for a feed */
    if (ok) tell_sum(en);
    engine_on_reload(en, NULL, NULL);
    web_stop(web);
    socket_front_stop(socket);
    engine_stop(en);
    gate_free(ended);
    return ok;
}

bool op_serve(struct op_call *c, struct err *e)
{
    char config[CONF_PATH_BYTES];
    struct installation i;
    struct engine *en = NULL;
    if (!installation_find(c->config, config, e) || !installation_open(config, &i, e)) return false;
    bool ok = installation_open_flow(&i, e) && engine_start(&i, false, &en, e) && run(&i, en, e);
    installation_close(&i);
    return ok;
}
