#include "cloud/net/http.h"
#include "cloud/net/mail.h"

#include <stdio.h>

#include "kit/sys/clock.h"

struct one_off {
    struct loop *loop;
    struct buf *body;
    struct err *e;
    int status;
    char last_line[128];
    bool ok, is_out_of_memory;
};

static bool take(void *ctx, const void *p, size_t n)
{
    struct one_off *f = ctx;
    if (!buf_add(f->body, p, n)) f->is_out_of_memory = true;
    return true;
}

static void done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct one_off *f = ctx;
    f->status = r->status;
    (void)snprintf(f->last_line, sizeof f->last_line, "%s", r->warning);
    f->ok = e == NULL && !f->is_out_of_memory;
    if (e)
        *f->e = *e;
    else if (f->is_out_of_memory)
        (void)err_set(f->e, &base_causes[BASE_NO_MEMORY], "an answer of %llu bytes", (unsigned long long)r->body_bytes);
    loop_stop(f->loop);
}

bool http_fetch(const struct http_client_opts *o, const struct http_request *q, int *status_out, struct buf *body_out,
                struct err *e)
{
    struct err local;
    struct one_off f = {.body = body_out, .e = e ? e : &local};
    struct http_handler h = {.ctx = &f, .on_body = take, .on_done = done};
    struct http_client *c;
    size_t before = body_out->n;
    if (!loop_new(clock_real(), &f.loop, e)) return false;
    if (http_client_new(f.loop, o, &c, e)) {
        (void)http_send(c, q, &h);
        loop_run(f.loop);
        http_client_free(c);
    }
    loop_free(f.loop);
    if (f.ok)
        *status_out = f.status;
    else
        body_out->n = before;
    return f.ok;
}

bool mail_fetch(const struct http_client_opts *o, const struct mail_request *q, int *status_out,
                char last_line_out[MAIL_LINE_BYTES], struct err *e)
{
    struct err local;
    struct buf none;
    struct one_off f = {.body = &none, .e = e ? e : &local};
    struct http_handler h = {.ctx = &f, .on_body = take, .on_done = done};
    struct http_client *c;
    if (!loop_new(clock_real(), &f.loop, e)) return false;
    buf_init(&none, 64 << 10);
    if (http_client_new(f.loop, o, &c, e)) {
        (void)mail_send(c, q, &h);
        loop_run(f.loop);
        http_client_free(c);
    }
    loop_free(f.loop);
    buf_done(&none);
    if (!f.ok) return false;
    *status_out = f.status;
    (void)snprintf(last_line_out, MAIL_LINE_BYTES, "%s", f.last_line);
    return true;
}
