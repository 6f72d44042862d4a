#include "flow/act/calls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "cloud/net/budget.h"

enum { BODY_MAX = 16 << 20, TEXT_MAX = 64 << 20, IN_FLIGHT_MAX = 4 /* of one tenant */, PAUSE_DEFAULT_MS = 10 * 1000 };

struct call {
    TAILQ_ENTRY(call) in_list;
    struct calls_tenant *of;
    struct tenant *tenant;
    enum endpoint endpoint;
    enum call_urgency urgency;
    char *query, *kql, *body, *id;
    void (*done)(void *arg, struct call_answer *a);
    void *arg;
    struct fetch_call *fetch;
    struct call_answer answer;
    bool is_too_large;
};
TAILQ_HEAD(call_list, call);

struct calls_tenant {
    LIST_ENTRY(calls_tenant) in_tenants;
    struct calls *owner;
    char tenant_id[GUID_BYTES];
    struct budget budgets[API_FAMILY_COUNT];
    struct budget later[API_FAMILY_COUNT]; /* half of it: what can wait leaves room for what cannot */
    struct call_list waiting[CALL_URGENCIES], running;
    unsigned in_flight, waiting_count;
};
struct calls {
    struct calls_opts o;
    LIST_HEAD(, calls_tenant) tenants;
    struct runtime_timer *timer;
    unsigned open;
};

static struct mono now_of(const struct calls *c)
{
    return clock_mono(&c->o.clock);
}

/* ---- a tenant's budgets ------------------------------------------------------------------------------------------------ */

static struct calls_tenant *tenant_of(struct calls *c, const char *tenant_id)
{
    struct calls_tenant *t;
    LIST_FOREACH(t, &c->tenants, in_tenants)
    if (strcmp(t->tenant_id, tenant_id) == 0) return t;
    t = calloc(1, sizeof *t);
    INVARIANT(t);
    t->owner = c;
    (void)str_copy(str_of(tenant_id), t->tenant_id, sizeof t->tenant_id);
    for (int i = 0; i < API_FAMILY_COUNT; i++) {
        struct rate rates[BUDGET_RATES_MAX];
        family_rates((enum api_family)i, true, rates);
        budget_init(&t->budgets[i], rates, family_rows[i].rate_count, now_of(c));
        for (unsigned k = 0; k < family_rows[i].rate_count; k++) rates[k].calls = (rates[k].calls + 1) / 2;
        budget_init(&t->later[i], rates, family_rows[i].rate_count, now_of(c));
    }
    for (int i = 0; i < CALL_URGENCIES; i++) TAILQ_INIT(&t->waiting[i]);
    TAILQ_INIT(&t->running);
    LIST_INSERT_HEAD(&c->tenants, t, in_tenants);
    return t;
}

/* ---- a call ------------------------------------------------------------------------------------------------------------ */

static void pump(struct calls *c);

static void call_free(struct call *k)
{
    buf_done(&k->answer.body);
    tenant_unref(k->tenant);
    free(k->query);
    free(k->kql);
    free(k->body);
    free(k->id);
    free(k);
}

static bool on_body(void *ctx, const void *p, size_t n, bool is_gzip)
{
    struct call *k = ctx;
    k->answer.is_gzip = is_gzip;
    if (!buf_add(&k->answer.body, p, n)) k->is_too_large = true;
    return true;
}

/* Microsoft asks this family to wait: all calls of it do. */
static void heed(struct calls *c, struct call *k, const struct err *e)
{
    struct budget *b = &k->of->budgets[endpoint_rows[k->endpoint].family];
    if (defender_scope(e->cause) == SCOPE_FAMILY)
        budget_pause(b, now_of(c), e->retry_after_ms ? e->retry_after_ms : PAUSE_DEFAULT_MS);
}

static void on_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct call *k = ctx;
    struct calls *c = k->of->owner;
    struct err own;
    if (e == NULL && k->is_too_large) {
        (void)err_set(&own, &base_causes[BASE_NO_MEMORY], "%s: its answer", endpoint_rows[k->endpoint].name);
        e = &own;
    }
    if (e) heed(c, k, e);
    TAILQ_REMOVE(&k->of->running, k, in_list);
    k->of->in_flight--;
    c->open--;
    k->answer.status = r->status;
    k->answer.error = e;
    k->done(k->arg, &k->answer);
    call_free(k);
    pump(c);
}

static void start(struct calls *c, struct call *k)
{
    struct fetch f = {.endpoint = k->endpoint,
                      .query = str_of(k->query),
                      .kql = str_of(k->kql),
                      .body = str_of(k->body),
                      .id = str_of(k->id),
                      .is_response = true};
    struct fetch_handler h = {k, on_body, on_done};
    enum api_family family = endpoint_rows[k->endpoint].family;
    budget_spend(&k->of->budgets[family], now_of(c));
    if (k->urgency == CALL_LATER) budget_spend(&k->of->later[family], now_of(c));
    TAILQ_INSERT_TAIL(&k->of->running, k, in_list);
    k->of->in_flight++;
    k->fetch = c->o.fetcher.fetch(c->o.fetcher.ctx, k->tenant, &f, &h);
}

/* ---- whose turn it is -------------------------------------------------------------------------------------------------- */

static int64_t wait_of(struct calls *c, struct calls_tenant *t, const struct call *k)
{
    enum api_family family = endpoint_rows[k->endpoint].family;
    int64_t ms = budget_wait_ms(&t->budgets[family], now_of(c));
    int64_t own_ms = k->urgency == CALL_LATER ? budget_wait_ms(&t->later[family], now_of(c)) : 0;
    return own_ms > ms ? own_ms : ms;
}

/* The first that may start now; else NULL, and *wait_ms is lowered to when one may. */
static struct call *next_of(struct calls *c, struct calls_tenant *t, int64_t *wait_ms)
{
    for (int u = 0; u < CALL_URGENCIES; u++) {
        struct call *k;
        TAILQ_FOREACH(k, &t->waiting[u], in_list)
        {
            int64_t ms = wait_of(c, t, k);
            if (ms == 0) return k;
            if (ms < *wait_ms) *wait_ms = ms;
        }
    }
    return NULL;
}

static void pump(struct calls *c)
{
    int64_t wait_ms = INT64_MAX;
    struct calls_tenant *t;
    LIST_FOREACH(t, &c->tenants, in_tenants)
    {
        struct call *k;
        while (t->waiting_count && t->in_flight < IN_FLIGHT_MAX && (k = next_of(c, t, &wait_ms)) != NULL) {
            TAILQ_REMOVE(&t->waiting[k->urgency], k, in_list);
            t->waiting_count--;
            start(c, k);
        }
    }
    if (wait_ms != INT64_MAX) c->o.runtime.timer_arm(c->o.runtime.ctx, c->timer, (uint64_t)wait_ms);
}

static void on_timer(void *arg)
{
    pump(arg);
}

void calls_send(struct calls *c, struct tenant *t, const struct fetch *f, enum call_urgency urgency,
                void (*done)(void *arg, struct call_answer *a), void *arg)
{
    struct call *k = calloc(1, sizeof *k);
    INVARIANT(k);
    k->of = tenant_of(c, t->record.tenant_id);
    k->tenant = tenant_ref(t);
    k->endpoint = f->endpoint;
    k->urgency = urgency;
    k->query = str_dup(f->query);
    k->kql = str_dup(f->kql);
    k->body = str_dup(f->body);
    k->id = str_dup(f->id);
    INVARIANT(k->query && k->kql && k->body && k->id);
    k->done = done;
    k->arg = arg;
    buf_init(&k->answer.body, BODY_MAX);
    TAILQ_INSERT_TAIL(&k->of->waiting[urgency], k, in_list);
    k->of->waiting_count++;
    c->open++;
    /* later: `done` never comes from within this call, and what is sent together is weighed together */
    c->o.runtime.timer_arm(c->o.runtime.ctx, c->timer, 0);
}

/* ---- the face ---------------------------------------------------------------------------------------------------------- */

struct calls *calls_new(const struct calls_opts *o)
{
    struct calls *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->o = *o;
    LIST_INIT(&c->tenants);
    c->timer = o->runtime.timer_new(o->runtime.ctx, on_timer, c);
    return c;
}

static void drop(struct calls *c, struct call_list *list)
{
    struct call *k;
    while ((k = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, k, in_list);
        if (k->fetch) c->o.fetcher.cancel(c->o.fetcher.ctx, k->fetch);
        call_free(k);
    }
}

void calls_free(struct calls *c)
{
    struct calls_tenant *t;
    if (c == NULL) return;
    while ((t = LIST_FIRST(&c->tenants)) != NULL) {
        LIST_REMOVE(t, in_tenants);
        for (int i = 0; i < CALL_URGENCIES; i++) drop(c, &t->waiting[i]);
        drop(c, &t->running);
        free(t);
    }
    c->o.runtime.timer_free(c->o.runtime.ctx, c->timer);
    free(c);
}

unsigned calls_open(const struct calls *c)
{
    return c->open;
}

enum access calls_access(const struct calls *c, const char *tenant_id, enum endpoint endpoint)
{
    return c->o.fetcher.access ? c->o.fetcher.access(c->o.fetcher.ctx, tenant_id, endpoint) : ACCESS_UNKNOWN;
}

int64_t calls_wait_ms(struct calls *c, const char *tenant_id, enum api_family family)
{
    return budget_wait_ms(&tenant_of(c, tenant_id)->budgets[family], now_of(c));
}

/* What a gzip member says of its text's size, at its end. */
static size_t text_size(struct str gzip)
{
    const unsigned char *p = (const unsigned char *)gzip.p + gzip.n - 4;
    return gzip.n < 4 ? 0 : (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

bool call_text(struct str body, bool is_gzip, struct buf *out)
{
    size_t size = is_gzip ? text_size(body) : body.n;
    if (size > TEXT_MAX) return false;
    return is_gzip ? http_gunzip(body, size + 1, out) : buf_add_str(out, body);
}
