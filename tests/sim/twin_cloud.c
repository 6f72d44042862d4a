#include "twin_cloud.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/net/net_int.h"
#include "kit/json/json.h"
#include "state/store/tenants.h"
#include "twin_model.h"

#define BASE_URL "https://graph.sim"
enum { STALL_MS = 30000, PIECE_BYTES = 16384, TOKEN_MS = 50 * 60 * 1000, ERROR_BYTES = 16384, TOKEN_BYTES = 4096 };

struct token {
    char bearer[TOKEN_BYTES]; /* "Bearer …"; empty: none */
    int64_t until_ms;
};
struct twin_tenant_side {
    struct tenant tenant; /* first: fetch gets it back */
    struct token tokens[AUD_COUNT];
};
struct twin_cloud {
    struct twin_cloud_opts o;
    struct rng rng;
    struct twin_model model;
    struct twin_tenant_side *tenants;
    uint64_t calls;
    size_t in_flight;
};
struct fetch_call {
    struct twin_cloud *cloud;
    struct twin_tenant_side *tenant;
    const struct endpoint_row *row;
    struct fetch_handler h;
    struct http_response response;
    struct cloud_body *body; /* NULL: none, `err` says why */
    struct err err;
    char piece[PIECE_BYTES]; /* read and not yet taken */
    size_t piece_bytes;
    bool is_held, is_cancelled;
};

/* ---- one request ------------------------------------------------------------------------------------------------------------ */

static void ask(struct twin_cloud *c, const char *method, struct str target, const char *bearer, struct str body,
                struct cloud_response *out)
{
    struct str query = target, path = str_cut(&query, '?');
    struct cloud_request q = {
        .method = str_of(method),
        .path = path,
        .base_url = STR(BASE_URL),
        .authorization = str_of(bearer),
        .content_type = bearer[0] ? STR("application/json") : STR("application/x-www-form-urlencoded"),
        .prefer = STR("include-unknown-enum-members"),
        .body = body,
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    INVARIANT(cloud_query_parse(&a, query, &q));
    cloud_handle(c->model.cloud, &q, sim_time_now(c->o.time), out);
    arena_done(&a);
    c->calls++;
}

static struct http_response head_of(struct twin_cloud *c, const struct cloud_response *r)
{
    const char *wait = cloud_response_header(r, "Retry-After");
    struct http_response out = {.status = r->status};
    if (wait) out.retry_after_ms = retry_after_parse(str_of(wait), sim_time_now(c->o.time));
    (void)snprintf(out.content_type, sizeof out.content_type, "%s", r->content_type ? r->content_type : "");
    return out;
}

/* What an error answer says, as far as it comes through. */
static void read_error(struct cloud_response *r, struct buf *out)
{
    buf_init(out, ERROR_BYTES);
    (void)cloud_body_all(r->body, out);
    cloud_body_free(r->body);
    r->body = NULL;
}

/* ---- tokens ----------------------------------------------------------------------------------------------------------------- */

static void add_encoded(struct buf *b, const char *text)
{
    for (; *text; text++) (void)buf_addf(b, "%%%02x", (unsigned char)*text);
}

static bool take_token(struct twin_cloud *c, struct token *t, const struct cloud_response *r, struct str body,
                       struct err *e)
{
    struct arena a;
    struct http_response head = head_of(c, r);
    if (r->status != 200) {
        defender_explain_login(&head, body, e);
        return false;
    }
    arena_init(&a, 1 << 20);
    const struct json *doc = json_parse(&a, body, e);
    struct str bearer = json_str(json_get(doc, "access_token"), STR_NONE);
    int n = snprintf(t->bearer, sizeof t->bearer, "Bearer %.*s", STR_ARG(bearer));
    bool ok = doc && bearer.n && n < (int)sizeof t->bearer;
    if (!ok) (void)err_set(e, &defender_causes[DEFENDER_BAD_ANSWER], "the login's answer was cut");
    t->until_ms = c->o.time->clock.mono.ms + TOKEN_MS;
    arena_done(&a);
    return ok;
}

static bool log_in(struct twin_cloud *c, struct twin_tenant_side *t, enum audience audience, struct token *token,
                   struct err *e)
{
    struct cloud_tenant who;
    struct cloud_response r;
    struct buf form, body;
    char target[128];
    cloud_tenant_get(c->model.cloud, (unsigned)(t - c->tenants), &who);
    bool is_old = api_rows[audience].is_v1_only;
    (void)snprintf(target, sizeof target, is_old ? "/%s/oauth2/token" : "/%s/oauth2/v2.0/token", who.id);
    buf_init(&form, 4096);
    (void)buf_addf(&form, "grant_type=client_credentials&client_id=%s&client_secret=", who.client_id);
    add_encoded(&form, who.client_secret);
    (void)buf_addf(&form, is_old ? "&resource=%s" : "&scope=%s/.default", cloud_profiles[0].apis[audience].audience);
    ask(c, "POST", str_of(target), "", buf_str(&form), &r);
    read_error(&r, &body);
    bool ok = take_token(c, token, &r, buf_str(&body), e);
    if (!ok) token->bearer[0] = '\0';
    buf_done(&body);
    buf_done(&form);
    return ok;
}

/* ---- a fetch ---------------------------------------------------------------------------------------------------------------- */

static void call_free(struct fetch_call *call)
{
    call->cloud->in_flight--;
    cloud_body_free(call->body);
    free(call);
}

static void finish(struct fetch_call *call, const struct err *e)
{
    call->h.on_done(call->h.ctx, &call->response, e);
    call_free(call);
}

static void fail_late(void *arg)
{
    struct fetch_call *call = arg;
    if (call->is_cancelled)
        call_free(call);
    else
        finish(call, &call->err);
}

static void deliver(void *arg);

/* false: nothing more now. */
static bool next_piece(struct fetch_call *call)
{
    ssize_t n = cloud_body_read(call->body, call->piece, 1 + rng_below(&call->cloud->rng, PIECE_BYTES));
    if (n > 0) {
        call->piece_bytes = (size_t)n;
        call->response.body_bytes += (uint64_t)n;
        return true;
    }
    if (n == 0) {
        finish(call, NULL);
    } else if (n == CLOUD_BODY_CUT) {
        (void)err_set(&call->err, &net_causes[NET_CUT], "the connection broke in mid-body");
        finish(call, &call->err);
    } else {
        (void)err_set(&call->err, &net_causes[NET_STALLED], "no byte for %d s", STALL_MS / 1000);
        sim_time_in(call->cloud->o.time, STALL_MS, fail_late, call);
    }
    return false;
}

static void deliver(void *arg)
{
    struct fetch_call *call = arg;
    if (call->is_cancelled) {
        call_free(call);
        return;
    }
    if (!call->body) {
        finish(call, &call->err);
        return;
    }
    while (call->piece_bytes || next_piece(call)) {
        uint32_t speed = cloud_body_bytes_per_s(call->body);
        if (!call->h.on_body(call->h.ctx, call->piece, call->piece_bytes, false)) {
            call->is_held = true;
            return;
        }
        int64_t took_ms = speed ? (int64_t)call->piece_bytes * 1000 / speed + 1 : 0;
        call->piece_bytes = 0;
        if (took_ms == 0) continue;
        sim_time_in(call->cloud->o.time, took_ms, deliver, call);
        return;
    }
}

static void add_path(const struct fetch_call *call, const struct fetch *f, struct buf *out)
{
    struct str path = str_of(call->row->path), id = STR("{id}");
    size_t at = str_find(path, id, 0);
    (void)buf_addf(out, "/%s%.*s", api_rows[call->row->audience].versions[0], STR_ARG(str_sub(path, 0, at)));
    if (at != SIZE_MAX) (void)buf_addf(out, "%.*s%.*s", STR_ARG(f->id), STR_ARG(str_sub(path, at + id.n, path.n)));
    if (f->query.n) (void)buf_addf(out, "?%.*s", STR_ARG(f->query));
}

static struct str target_of(const struct fetch_call *call, const struct fetch *f, struct buf *out)
{
    buf_init(out, 64 << 10);
    if (str_starts(f->query, STR(BASE_URL)))
        (void)buf_add_str(out, str_sub(f->query, strlen(BASE_URL), f->query.n));
    else
        add_path(call, f, out);
    return buf_str(out);
}

static void add_question(const struct fetch *f, struct buf *body)
{
    struct json_writer w;
    buf_init(body, 64 << 10);
    if (f->body.n) (void)buf_add_str(body, f->body);
    if (f->kql.n == 0) return;
    json_writer_init(&w, body);
    json_object_begin(&w);
    json_key(&w, "Query");
    json_write_str(&w, f->kql);
    json_object_end(&w);
}

static void explain(struct fetch_call *call, struct cloud_response *r, struct token *token)
{
    struct buf body;
    read_error(r, &body);
    defender_explain(call->row, &call->response, buf_str(&body), &call->err);
    if (call->err.cause == &defender_causes[DEFENDER_TOKEN_REFUSED]) token->bearer[0] = '\0';
    buf_done(&body);
}

/* How long until the first byte. */
static int64_t send(struct fetch_call *call, const struct fetch *f)
{
    struct twin_cloud *c = call->cloud;
    struct token *token = &call->tenant->tokens[call->row->audience];
    struct cloud_response r;
    struct buf target, question;
    int64_t latency_ms = 1 + (int64_t)rng_below(&c->rng, (uint64_t)c->o.latency_ms_max);
    bool has_token = token->bearer[0] && c->o.time->clock.mono.ms < token->until_ms;
    if (!has_token && !log_in(c, call->tenant, call->row->audience, token, &call->err)) return latency_ms;
    add_question(f, &question);
    ask(c, call->row->method, target_of(call, f, &target), token->bearer, buf_str(&question), &r);
    call->response = head_of(c, &r);
    if (r.status == 200 || r.status == 201 || r.status == 206)
        call->body = r.body;
    else
        explain(call, &r, token);
    buf_done(&target);
    buf_done(&question);
    return latency_ms + r.delay_ms;
}

static struct fetch_call *twin_fetch(void *ctx, struct tenant *tenant, const struct fetch *f,
                                     const struct fetch_handler *h)
{
    struct twin_cloud *c = ctx;
    struct fetch_call *call = calloc(1, sizeof *call);
    INVARIANT(call);
    call->cloud = c;
    call->tenant = (struct twin_tenant_side *)(void *)tenant;
    call->row = &endpoint_rows[f->endpoint];
    call->h = *h;
    c->in_flight++;
    sim_time_in(c->o.time, send(call, f), deliver, call);
    return call;
}

static void twin_resume(void *ctx, struct fetch_call *call)
{
    (void)ctx;
    if (!call->is_held) return;
    call->is_held = false;
    sim_time_in(call->cloud->o.time, 0, deliver, call);
}

static void twin_cancel(void *ctx, struct fetch_call *call)
{
    (void)ctx;
    call->is_cancelled = true;
    if (call->is_held) call_free(call);
}

/* ---- the world -------------------------------------------------------------------------------------------------------------- */

static bool each_tenant(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e)
{
    struct twin_cloud *c = ctx;
    (void)e;
    for (unsigned i = 0; i < c->o.tenants; i++)
        if (!each(arg, &c->tenants[i].tenant)) return false;
    return true;
}

struct telling {
    sim_row_fn *each;
    void *arg;
    const char *tenant_id;
    const struct feed_row *feed;
};

static bool tell(void *arg, struct str json)
{
    struct telling *t = arg;
    t->each(t->arg, t->tenant_id, t->feed, json);
    return true;
}

static void each_row(void *ctx, sim_row_fn *each, void *arg)
{
    struct twin_cloud *c = ctx;
    struct cloud_tenant who;
    for (unsigned t = 0; t < c->o.tenants; t++) {
        cloud_tenant_get(c->model.cloud, t, &who);
        for (unsigned f = 0; f < cloud_feed_count(); f++) {
            struct telling told = {each, arg, who.id, feed_row_find(cloud_feed_name(f))};
            if (told.feed && cloud_feed_readable(c->model.cloud, t, f))
                cloud_each(c->model.cloud, t, f, sim_time_now(c->o.time), tell, &told);
        }
    }
}

struct sim_world twin_cloud_world(struct twin_cloud *c)
{
    return (struct sim_world){
        .ctx = c,
        .fetcher = {.ctx = c, .fetch = twin_fetch, .resume = twin_resume, .cancel = twin_cancel},
        .each_tenant = each_tenant,
        .each_row = each_row,
    };
}

static void init_tenant(struct twin_cloud *c, unsigned i)
{
    struct cloud_tenant who;
    struct tenant_record *r = &c->tenants[i].tenant.record;
    cloud_tenant_get(c->model.cloud, i, &who);
    atomic_init(&c->tenants[i].tenant.refs, 1);
    (void)snprintf(r->tenant_id, sizeof r->tenant_id, "%s", who.id);
    (void)snprintf(r->client_id, sizeof r->client_id, "%s", who.client_id);
    (void)snprintf(r->name, sizeof r->name, "%s", who.name);
    (void)snprintf(r->cloud, sizeof r->cloud, "global");
    r->is_enabled = true;
    for (unsigned a = 0; a < AUD_COUNT; a++) c->tenants[i].tenant.apis[a].version = api_rows[a].versions[0];
}

struct twin_cloud *twin_cloud_new(const struct twin_cloud_opts *o)
{
    struct twin_cloud *c = calloc(1, sizeof *c);
    INVARIANT(c);
    c->o = *o;
    rng_seed(&c->rng, o->seed);
    c->model = twin_model_new(o->scenario, o->tenants, o->seed, sim_time_now(o->time));
    c->tenants = calloc(o->tenants, sizeof *c->tenants);
    INVARIANT(c->tenants);
    for (unsigned i = 0; i < o->tenants; i++) init_tenant(c, i);
    return c;
}

void twin_cloud_free(struct twin_cloud *c)
{
    INVARIANT(c->in_flight == 0);
    twin_model_free(&c->model);
    free(c->tenants);
    free(c);
}

void twin_cloud_freeze(struct twin_cloud *c)
{
    struct err e;
    (void)cloud_freeze(c->model.cloud, sim_time_now(c->o.time));
    INVARIANT(cloud_set_faults(c->model.cloud, STR(""), &e));
}

void twin_cloud_admin(struct twin_cloud *c, const char *method, const char *target, struct str body, struct buf *out)
{
    struct cloud_response r;
    ask(c, method, str_of(target), "", body, &r);
    (void)cloud_body_all(r.body, out);
    cloud_body_free(r.body);
}

uint64_t twin_cloud_calls(const struct twin_cloud *c)
{
    return c->calls;
}

size_t twin_cloud_in_flight(const struct twin_cloud *c)
{
    return c->in_flight;
}
