#include "face/app/engine/testing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "face/app/engine/several.h"
#include "kit/sys/thread.h"
#include "state/store/health.h"

enum {
    AT_ONCE = 8,                    /* tenants */
    FIRST_MOST_MS = 15 * 60 * 1000, /* after the start, when feeds have the calls to themselves */
    FULL_EVERY = 24,                /* light ones */
    CONNECT_MS = 10 * 1000,
    ANSWER_MS = 20 * 1000,
    STEP_MS = 200,
};

struct testing {
    struct testing_opts o;
    struct gate *end;
    struct thread *thread;
    atomic_bool is_ending;
};

/* ---- a host, looked at once a run ---------------------------------------------------------------------------------------------- */

struct seen_host {
    struct seen_host *next;
    char url[HOST_BYTES];
    struct test_reach reach;
};
struct run {
    struct testing *t;
    bool is_full, is_asked_for;
    struct several tenants;
    struct test_report *reports; /* parallel to them; of a command alone */
    pthread_mutex_t lock;
    struct seen_host *hosts;
    bool ok;
    struct err error; /* the first */
};

struct host_look {
    struct testing *t;
    const char *url;
    const struct proxy_rule *rule; /* NULL: none decides */
    struct http_look out;
    struct http_call *call; /* loop */
    struct gate *done;
    bool is_answered;
    struct wall date;
    struct err error; /* cause NULL: it answered */
};

static bool pour_out(void *ctx, const void *p, size_t n)
{
    (void)ctx, (void)p, (void)n;
    return true;
}

static void looked(void *ctx, const struct http_response *r, const struct err *e)
{
    struct host_look *l = ctx;
    l->call = NULL;
    l->is_answered = true;
    l->error = e ? *e : (struct err){.cause = NULL};
    if (e == NULL) l->date = r->date;
    gate_open(l->done);
}

static void look_now(void *arg)
{
    struct host_look *l = arg;
    l->call = http_send(l->t->o.http,
                        &(struct http_request){.method = "HEAD",
                                               .url = l->url,
                                               .connect_timeout_ms = CONNECT_MS,
                                               .stall_timeout_ms = ANSWER_MS,
                                               .total_timeout_ms = ANSWER_MS,
                                               .proxy = l->rule,
                                               .look = &l->out},
                        &(struct http_handler){.ctx = l, .on_body = pour_out, .on_done = looked});
}

static void give_up_now(void *arg)
{
    struct host_look *l = arg;
    if (l->call == NULL) return;
    http_cancel(l->call);
    looked(l, NULL, &(struct err){.cause = &manage_causes[MANAGE_STOPPED], .text = "no answer was waited for"});
}

static void look_at(struct host_look *l)
{
    bool has_given_up = false;
    l->done = gate_new();
    loop_post(l->t->o.loop, look_now, l);
    while (!gate_wait_ms(l->done, STEP_MS)) {
        if (has_given_up || !atomic_load(&l->t->is_ending)) continue;
        has_given_up = true;
        loop_post(l->t->o.loop, give_up_now, l);
    }
    gate_free(l->done);
}

/* Who shows a certificate that is not trusted: by a connection over which nothing is sent. */
static void look_who_opens(struct testing *t, const char *url, const struct proxy_rule *rule, struct test_reach *x)
{
    struct host_look l = {.t = t, .url = url, .rule = rule, .out = {.only_connects = true}};
    look_at(&l);
    (void)snprintf(x->opener, sizeof x->opener, "%s", l.out.issuer);
}

static bool is_of_proxy(const struct err *e)
{
    return e->cause == &net_causes[NET_PROXY_UNREACHED] || e->cause == &net_causes[NET_PROXY_LOGIN] ||
           e->cause == &net_causes[NET_PROXY_REFUSED];
}

static void tell_way(const struct proxy_rule *rule, struct test_reach *x)
{
    x->is_by_proxy = rule && !proxy_is_direct(rule);
    if (rule)
        (void)snprintf(x->way, sizeof x->way, "%s%.70s: the %s's rule %.50s", x->is_by_proxy ? "through " : "",
                       rule->address, proxy_level_names[rule->level], rule->pattern);
    else
        (void)snprintf(x->way, sizeof x->way, "%s",
                       getenv("https_proxy") || getenv("HTTPS_PROXY") || getenv("all_proxy")
                           ? "no rule decides: as the environment says"
                           : "direct: no rule decides");
}

static void reach_anew(struct testing *t, const char *url, const struct proxy_rule *rule, struct test_reach *x)
{
    struct host_look l = {.t = t, .url = url, .rule = rule};
    look_at(&l);
    *x = (struct test_reach){
        .look = l.out, .error = l.error, .here = clock_wall(&t->o.installation->clock), .date = l.date};
    if (is_of_proxy(&x->error)) x->look.step = HTTP_AT_PROXY;
    tell_way(rule, x);
    if (x->error.cause && x->look.step == HTTP_AT_TLS) look_who_opens(t, url, rule, x);
}

static bool is_seen(struct run *run, const char *url, struct test_reach *out)
{
    struct seen_host *h = NULL;
    (void)pthread_mutex_lock(&run->lock);
    for (h = run->hosts; h && strcmp(h->url, url) != 0; h = h->next) continue;
    if (h) *out = h->reach;
    (void)pthread_mutex_unlock(&run->lock);
    return h != NULL;
}

static void keep(struct run *run, const char *url, const struct test_reach *reach)
{
    struct seen_host *h = calloc(1, sizeof *h);
    INVARIANT(h);
    (void)snprintf(h->url, sizeof h->url, "%s", url);
    h->reach = *reach;
    (void)pthread_mutex_lock(&run->lock);
    h->next = run->hosts;
    run->hosts = h;
    (void)pthread_mutex_unlock(&run->lock);
}

/* Once a run for all tenants that go there without a rule. */
static void reach(void *ctx, const struct tenant *tenant, const char *url, struct test_reach *out)
{
    struct run *run = ctx;
    const struct proxy_rule *rule = proxy_for(tenant->proxies, url);
    if (rule == NULL && is_seen(run, url, out)) return;
    reach_anew(run->t, url, rule, out);
    if (rule == NULL) keep(run, url, out);
}

/* ---- what else the Test asks ---------------------------------------------------------------------------------------------------- */

static bool ask(void *ctx, struct tenant *t, const struct fetch *f, struct err *e)
{
    struct run *run = ctx;
    return manage_ask(responding_manage(run->t->o.responding), t, f, run->is_asked_for ? CALL_SOON : CALL_LATER, NULL,
                      e);
}

static enum access access_of(void *ctx, const char *tenant_id, enum endpoint endpoint)
{
    struct run *run = ctx;
    return manage_access(responding_manage(run->t->o.responding), tenant_id, endpoint);
}

static int64_t quota_wait_ms(void *ctx, const char *tenant_id, enum api_family family)
{
    struct run *run = ctx;
    return manage_quota_ms(responding_manage(run->t->o.responding), tenant_id, family);
}

static void settle(void *ctx)
{
    struct run *run = ctx;
    watching_settle(run->t->o.watching);
}

struct forgetting {
    struct testing *t;
    const char *tenant_id;
    struct gate *done;
};

static void forget_now(void *arg)
{
    struct forgetting *f = arg;
    defender_forget_tenant(f->t->o.defender, f->tenant_id);
    gate_open(f->done);
}

/* So that what is granted by now shows, and a refusal is not the one of an hour ago. */
static void forget(struct testing *t, const char *tenant_id)
{
    struct forgetting f = {t, tenant_id, gate_new()};
    loop_post(t->o.loop, forget_now, &f);
    gate_wait(f.done);
    gate_free(f.done);
}

/* ---- runs ------------------------------------------------------------------------------------------------------------------------- */

static void note_error(struct run *run, const struct err *e)
{
    (void)pthread_mutex_lock(&run->lock);
    if (run->ok) run->error = *e;
    run->ok = false;
    (void)pthread_mutex_unlock(&run->lock);
}

static void test_one(void *arg, size_t index, struct tenant *tenant)
{
    struct run *run = arg;
    struct testing *t = run->t;
    const struct test_ops ops = {run, reach, ask, access_of, quota_wait_ms, settle};
    struct test_report *r = run->reports ? &run->reports[index] : malloc(sizeof *r);
    struct err e;
    INVARIANT(r);
    if (run->is_asked_for) forget(t, tenant->record.tenant_id);
    struct wall now = clock_wall(&t->o.installation->clock);
    if (!test_run(&ops, t->o.installation->store, tenant, now, run->is_full, r, &e) ||
        !(atomic_load(&t->is_ending) || test_keep(t->o.installation->store, tenant->record.tenant_id, r, &e)))
        note_error(run, &e);
    if (run->reports == NULL) free(r);
}

static void run_begin(struct run *run, struct testing *t)
{
    *run = (struct run){.t = t, .ok = true};
    (void)pthread_mutex_init(&run->lock, NULL);
}

static void run_end(struct run *run)
{
    several_done(&run->tenants);
    free(run->reports);
    for (struct seen_host *h = run->hosts; h;) {
        struct seen_host *next = h->next;
        free(h);
        h = next;
    }
    (void)pthread_mutex_destroy(&run->lock);
}

bool testing_ask(struct testing *t, const struct test_request *q,
                 void (*each)(void *arg, const struct tenant *t, const struct test_report *r), void *arg, struct err *e)
{
    struct run run;
    run_begin(&run, t);
    run.is_full = q->is_full;
    run.is_asked_for = true;
    bool ok = several_gather(t->o.installation, q->tenant, q->wants, q->wants_arg, &run.tenants, e);
    if (ok) run.reports = calloc(run.tenants.count + 1, sizeof *run.reports);
    INVARIANT(!ok || run.reports);
    ok = ok && several_run(&run.tenants, AT_ONCE, &t->is_ending, test_one, &run, e);
    if (ok && !run.ok) *e = run.error;
    ok = ok && run.ok;
    if (ok && atomic_load(&t->is_ending)) ok = err_set(e, &manage_causes[MANAGE_STOPPED], "the Test was given up");
    for (size_t i = 0; ok && i < run.tenants.count; i++) each(arg, run.tenants.tenants[i], &run.reports[i]);
    run_end(&run);
    return ok;
}

static bool is_full_due(struct testing *t, int64_t every_ms)
{
    struct wall last;
    struct err e;
    if (!store_tested_last_full(t->o.installation->store, &last, &e)) return false;
    int64_t age_ms = wall_ms(clock_wall(&t->o.installation->clock)) - wall_ms(last);
    return last.ticks == 0 || age_ms >= FULL_EVERY * every_ms - every_ms / 2;
}

static void by_itself(void *arg)
{
    struct testing *t = arg;
    int64_t every_ms = t->o.installation->conf.interval_test_ms;
    int64_t ms = every_ms < FIRST_MOST_MS ? every_ms : FIRST_MOST_MS;
    for (; !gate_wait_ms(t->end, (uint32_t)ms); ms = every_ms) {
        struct run run;
        struct err e;
        run_begin(&run, t);
        run.is_full = is_full_due(t, every_ms);
        if (several_gather(t->o.installation, NULL, NULL, NULL, &run.tenants, &e))
            (void)several_run(&run.tenants, AT_ONCE, &t->is_ending, test_one, &run, &e);
        run_end(&run);
    }
}

/* ---- life ------------------------------------------------------------------------------------------------------------------------- */

bool testing_new(const struct testing_opts *o, struct testing **out, struct err *e)
{
    struct testing *t = calloc(1, sizeof *t);
    if (t == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the Test");
    t->o = *o;
    t->end = gate_new();
    *out = t;
    return true;
}

bool testing_start(struct testing *t, struct err *e)
{
    return thread_start(by_itself, t, &t->thread, e);
}

void testing_stop(struct testing *t)
{
    if (t == NULL || atomic_exchange(&t->is_ending, true)) return;
    gate_open(t->end);
    thread_join(t->thread);
    t->thread = NULL;
}

void testing_free(struct testing *t)
{
    if (t == NULL) return;
    gate_free(t->end);
    free(t);
}
