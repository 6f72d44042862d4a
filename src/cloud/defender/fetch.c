#include "cloud/defender/defender_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/defender/explain_int.h"
#include "kit/json/json.h"

static const int64_t QUARTER_HOUR_MS = 15 * 60 * 1000;

/* ---- the end */

void fetch_free(struct fetch_call *c)
{
    if (c->awaited) TAILQ_REMOVE(&c->awaited->waiting, c, in_waiting);
    if (c->http) http_cancel(c->http);
    LIST_REMOVE(c, in_fetches);
    timer_free(c->wake);
    tenant_unref(c->tenant);
    buf_done(&c->error_body);
    free(c->query);
    free(c->kql);
    free(c->body);
    free(c->id);
    free(c);
}

static void finish(struct fetch_call *c, const struct http_response *r, const struct err *e)
{
    struct fetch_handler h = c->handler;
    c->http = NULL;
    fetch_free(c);
    h.on_done(h.ctx, r, e);
}

static void fail(struct fetch_call *c, const struct err *e)
{
    static const struct http_response none;
    finish(c, &none, e);
}

/* ---- where to: a token goes only to hosts of its audience */

static bool is_link(struct str query)
{
    return str_starts(query, STR("https://")) || str_starts(query, STR("http://"));
}

/* `link` begins with exactly this scheme, host and port, and then a path: so "https://good@evil/", "https://good.evil/" and
 * "https://good\evil" do not pass. ":443" is written out by some servers. */
static bool link_is_at(struct str link, const char *base_url)
{
    struct str base = str_of(base_url);
    if (base.n == 0 || !str_eq_nocase(str_sub(link, 0, base.n), base)) return false;
    struct str rest = str_sub(link, base.n, SIZE_MAX);
    bool has_own_port = str_find(base, STR(":"), strlen("https:")) != SIZE_MAX;
    if (str_starts(base, STR("https:")) && !has_own_port && str_starts(rest, STR(":443")))
        rest = str_sub(rest, 4, SIZE_MAX);
    return rest.n > 0 && (rest.p[0] == '/' || rest.p[0] == '?');
}

/* Defender for Endpoint serves one audience under several names; the audience is itself one of them. */
static bool link_is_ours(const struct fetch_call *c)
{
    const struct tenant_api *api = &c->tenant->apis[c->row->audience];
    struct str link = str_of(c->query);
    return link_is_at(link, api->url) || (c->row->audience == AUD_ENDPOINT && link_is_at(link, api->audience));
}

static bool add_link(const struct fetch_call *c, struct buf *url, struct err *e)
{
    char shown[SAYS_BYTES];
    explain_quote(str_sub(str_of(c->query), 0, 120), shown);
    if (!link_is_ours(c))
        return err_set(e, &defender_causes[DEFENDER_FOREIGN_LINK], "%s: a link to %s", c->row->name, shown);
    return buf_add_str(url, str_of(c->query)) || err_set(e, &base_causes[BASE_NO_MEMORY], "%s: its link", c->row->name);
}

/* The row's path, its {id} replaced. */
static bool add_path(const struct fetch_call *c, struct buf *url)
{
    struct str path = str_of(c->row->path), place = STR("{id}");
    size_t at = str_find(path, place, 0);
    if (at == SIZE_MAX) return buf_add_str(url, path);
    return buf_add_str(url, str_sub(path, 0, at)) && url_encode(url, str_of(c->id)) &&
           buf_add_str(url, str_sub(path, at + place.n, SIZE_MAX));
}

static bool add_url(const struct fetch_call *c, struct buf *url, struct err *e)
{
    const struct tenant_api *api = &c->tenant->apis[c->row->audience];
    if (is_link(str_of(c->query))) return add_link(c, url, e);
    if (api->url[0] == '\0')
        return err_set(e, &defender_causes[DEFENDER_NO_HOST], "%s: the tenant has no address of %s", c->row->name,
                       api_rows[c->row->audience].name);
    bool ok = buf_addf(url, "%s/%s", api->url, api->version) && add_path(c, url) &&
              buf_addf(url, "%s%s", *c->query ? "?" : "", c->query);
    return ok || err_set(e, &base_causes[BASE_NO_MEMORY], "%s: its URL", c->row->name);
}

/* ---- what came back */

static void on_status(void *ctx, const struct http_response *r)
{
    struct fetch_call *c = ctx;
    c->is_answer = r->status == 200 || r->status == 201 || r->status == 206;
    c->is_gzip = r->is_gzip;
}

static bool on_body(void *ctx, const void *p, size_t n)
{
    struct fetch_call *c = ctx;
    if (c->is_answer) return c->handler.on_body(c->handler.ctx, p, n, c->is_gzip);
    size_t room = ERROR_BODY_BYTES - c->error_body.n;
    (void)buf_add(&c->error_body, p, n < room ? n : room);
    return true;
}

/* The error's body as text; what cannot be inflated is as good as empty. */
static struct str error_text(struct fetch_call *c, struct buf *inflated)
{
    if (!c->is_gzip) return buf_str(&c->error_body);
    (void)http_gunzip(buf_str(&c->error_body), ERROR_BODY_BYTES, inflated);
    return buf_str(inflated);
}

/* The quota of CPU is refilled at each quarter of an hour; answers about it often do not say when. */
static void complete_wait(const struct fetch_call *c, struct err *e)
{
    if (e->cause != &defender_causes[DEFENDER_CPU_QUOTA] || e->retry_after_ms != 0) return;
    e->retry_after_ms = (uint32_t)(QUARTER_HOUR_MS - wall_ms(clock_wall(loop_clock(c->d->loop))) % QUARTER_HOUR_MS);
}

/* "Not allowed" means a missing role only if the token really lacks it. A token from before the consent is dropped, so that
 * the next probe sees what was granted since. */
static void judge_role(const struct fetch_call *c, struct err *e)
{
    const struct token *t = token_find(c->d, c->tenant->record.tenant_id, c->app, c->row->audience);
    if (e->cause != &defender_causes[DEFENDER_ROLE_MISSING] || t == NULL || t->bearer == NULL || t->serial != c->serial)
        return;
    if (token_has_role(t, str_of(c->row->role)))
        e->cause = &defender_causes[DEFENDER_FORBIDDEN];
    else
        (void)token_drop(c->d, c);
}

static void explain(struct fetch_call *c, const struct http_response *r, struct err *e)
{
    struct buf inflated;
    buf_init(&inflated, ERROR_BODY_BYTES);
    struct str body = error_text(c, &inflated);
    defender_explain(c->row, r, body, e);
    complete_wait(c, e);
    judge_role(c, e);
    buf_done(&inflated);
}

static void on_done(void *ctx, const struct http_response *r, const struct err *transport)
{
    struct fetch_call *c = ctx;
    struct err e;
    c->http = NULL;
    if (transport || c->is_answer) {
        finish(c, r, transport);
        return;
    }
    explain(c, r, &e);
    if (e.cause == &defender_causes[DEFENDER_TOKEN_REFUSED] && !c->has_renewed && token_drop(c->d, c)) {
        c->has_renewed = true;
        buf_reset(&c->error_body);
        fetch_wake(c, NULL);
        return;
    }
    finish(c, r, &e);
}

/* ---- sending */

static void add_query_body(const struct fetch_call *c, struct buf *body)
{
    struct json_writer w;
    json_writer_init(&w, body);
    json_object_begin(&w);
    json_key(&w, "Query");
    json_write_cstr(&w, c->kql);
    json_object_end(&w);
}

static void send(struct fetch_call *c, const struct token *t, const char *url)
{
    char request_id[REQUEST_ID_BYTES];
    const char *headers[5] = {"Accept: application/json", request_id_header(request_id)};
    struct http_handler h = {c, on_status, on_body, on_done};
    struct buf body;
    size_t n = 2;
    buf_init(&body, 0);
    if (c->row->audience == AUD_GRAPH) headers[n++] = "Prefer: include-unknown-enum-members";
    if (endpoint_is_hunting(c->row)) add_query_body(c, &body);
    if (*c->body) INVARIANT(buf_add_str(&body, str_of(c->body)));
    if (body.n) headers[n++] = "Content-Type: application/json; charset=utf-8";
    c->serial = t->serial;
    c->http = http_send(c->is_response ? c->d->response_http : c->d->http,
                        &(struct http_request){
                            .method = c->row->method,
                            .url = url,
                            .headers = headers,
                            .bearer = secret_reveal(t->bearer),
                            .body = buf_str(&body),
                            .proxy = proxy_for(c->tenant->proxies, url),
                            .raw_gzip = true,
                            .is_change = endpoint_changes(c->row),
                            .stall_timeout_ms = c->d->stall_timeout_ms,
                            .answer_timeout_ms = c->row->answer_timeout_ms,
                            .total_timeout_ms = c->d->total_timeout_ms,
                            .body_max = c->row->answer_max,
                        },
                        &h);
    buf_done(&body);
}

/* What the token does not allow is not asked: the answer is known. A token from before the consent is dropped first, once. */
static void send_if_allowed(struct fetch_call *c, const struct token *t, const char *url)
{
    struct err e;
    c->serial = t->serial;
    if (*c->row->role == '\0' || token_has_role(t, str_of(c->row->role))) {
        send(c, t, url);
    } else if (!c->has_renewed && token_is_old(t) && token_drop(c->d, c)) {
        c->has_renewed = true;
        fetch_wake(c, NULL);
    } else {
        (void)err_set(&e, &defender_causes[DEFENDER_ROLE_MISSING], "%s %s was not asked: the token has %s; it needs %s",
                      c->row->method, c->row->path, t->roles.n ? "other roles" : "no roles", c->row->role);
        fail(c, &e);
    }
}

/* Whoever asks, and whatever for: what is switched off is not called. */
static bool is_wanted(const struct fetch_call *c, struct err *e)
{
    return c->row->audience == AUD_GRAPH || !c->tenant->is_endpoint_off ||
           err_set(e, &defender_causes[DEFENDER_ENDPOINT_OFF], "%s was not asked", c->row->name);
}

static void on_wake(void *arg)
{
    struct fetch_call *c = arg;
    struct token *t;
    struct buf url;
    struct err e = c->failure;
    buf_init(&url, 0);
    bool ok = e.cause == NULL && is_wanted(c, &e) && add_url(c, &url, &e);
    enum token_state state = ok ? token_get(c->d, c->tenant, c->app, c->row->audience, &t, &e) : TOKEN_FAILED;
    switch (state) {
    case TOKEN_READY: send_if_allowed(c, t, buf_cstr(&url)); break;
    case TOKEN_COMING:
        c->awaited = t;
        TAILQ_INSERT_TAIL(&t->waiting, c, in_waiting);
        break;
    case TOKEN_FAILED: fail(c, &e); break;
    }
    buf_done(&url);
}

void fetch_wake(struct fetch_call *c, const struct err *e)
{
    c->awaited = NULL;
    if (e) c->failure = *e;
    timer_arm(c->wake, 0);
}

struct fetch_call *defender_fetch(struct defender *d, struct tenant *t, const struct fetch *f,
                                  const struct fetch_handler *h)
{
    struct fetch_call *c = calloc(1, sizeof *c);
    INVARIANT(c != NULL);
    c->d = d;
    c->tenant = tenant_ref(t);
    c->row = &endpoint_rows[f->endpoint];
    c->app = endpoint_app(t, c->row);
    c->handler = *h;
    c->is_response = f->is_response;
    c->query = str_dup(f->query);
    c->kql = str_dup(f->kql);
    c->body = str_dup(f->body);
    c->id = str_dup(f->id);
    INVARIANT(c->query != NULL && c->kql != NULL && c->body != NULL && c->id != NULL);
    buf_init(&c->error_body, ERROR_BODY_BYTES);
    c->wake = timer_new(d->loop, on_wake, c);
    LIST_INSERT_HEAD(&d->fetches, c, in_fetches);
    timer_arm(c->wake, 0);
    return c;
}

void fetch_resume(struct fetch_call *c)
{
    if (c->http) http_resume(c->http);
}

void fetch_cancel(struct fetch_call *c)
{
    fetch_free(c);
}
