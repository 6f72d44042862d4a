/* The network as it is: the HTTP client's calls and its mail. */
#include <stdlib.h>
#include <sys/queue.h>

#include "cloud/net/http.h"
#include "cloud/net/mail.h"
#include "flow/notify/notify.h"

enum { TIMEOUT_MS = 20 * 1000 };

struct wire_call {
    LIST_ENTRY(wire_call) in_calls;
    struct http_call *call;
    struct buf body;
    bool is_mail;
    void (*done)(void *arg, const struct wire_answer *a);
    void *arg;
};
struct wire_net {
    struct http_client *client;
    LIST_HEAD(, wire_call) calls;
};

static void call_free(struct wire_call *c)
{
    LIST_REMOVE(c, in_calls);
    if (c->body.p) explicit_bzero(c->body.p, c->body.cap);
    buf_done(&c->body);
    free(c);
}

static bool on_body(void *ctx, const void *p, size_t n)
{
    struct wire_call *c = ctx;
    buf_add(&c->body, p, n);
    return true;
}

static void on_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct wire_call *c = ctx;
    struct wire_answer a = {.status = r->status,
                            .retry_after_ms = r->retry_after_ms,
                            .body = c->is_mail ? str_of(r->warning) : buf_str(&c->body),
                            .e = e};
    c->done(c->arg, &a);
    call_free(c);
}

static struct http_call *send_mail(struct http_client *client, const struct wire_request *q,
                                   const struct http_handler *h)
{
    struct mail_request mail = {.server = q->url,
                                .user = q->user,
                                .password = q->secret,
                                .sender = q->sender,
                                .recipient = q->recipient,
                                .message = q->body};
    return mail_send(client, &mail, h);
}

static struct http_call *send_http(struct http_client *client, const struct wire_request *q,
                                   const struct http_handler *h)
{
    struct http_request http = {.method = q->method,
                                .url = q->url,
                                .proxy = q->proxy,
                                .headers = q->headers,
                                .user = q->user,
                                .password = q->secret,
                                .body = q->body,
                                .is_secret_path = q->is_secret_path,
                                .is_change = true, /* never repeated by the transport: a call would ring twice */
                                .total_timeout_ms = TIMEOUT_MS,
                                .body_max = WIRE_BODY_MAX};
    return http_send(client, &http, h);
}

static void send(void *ctx, const struct wire_request *q, void (*done)(void *arg, const struct wire_answer *a),
                 void *arg)
{
    struct wire_net *w = ctx;
    struct wire_call *c = calloc(1, sizeof *c);
    INVARIANT(c != NULL);
    struct http_handler h = {.ctx = c, .on_body = on_body, .on_done = on_done};
    c->done = done;
    c->arg = arg;
    c->is_mail = q->is_mail;
    buf_init(&c->body, WIRE_BODY_MAX);
    LIST_INSERT_HEAD(&w->calls, c, in_calls);
    c->call = q->is_mail ? send_mail(w->client, q, &h) : send_http(w->client, q, &h);
}

static void cancel(void *ctx)
{
    struct wire_net *w = ctx;
    for (struct wire_call *c = LIST_FIRST(&w->calls), *next; c; c = next) {
        next = LIST_NEXT(c, in_calls);
        http_cancel(c->call);
        call_free(c);
    }
}

struct wire_net *wire_net_new(struct http_client *client)
{
    struct wire_net *w = calloc(1, sizeof *w);
    INVARIANT(w != NULL);
    w->client = client;
    LIST_INIT(&w->calls);
    return w;
}

void wire_net_free(struct wire_net *w)
{
    if (w == NULL) return;
    cancel(w);
    free(w);
}

struct wire wire_of_net(struct wire_net *w)
{
    return (struct wire){.ctx = w, .cancel = cancel, .send = send};
}
