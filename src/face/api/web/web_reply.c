/* What goes out: with the headers that keep browsers safe, and failures as RFC 9457 has them. */
#include <stdio.h>

#include "face/api/web/web_int.h"

enum { PROBLEM_BYTES_MAX = 16 << 10 };

bool web_is_tls(const struct web_call *c)
{
    const struct conf *conf = &c->installation->conf;
    return conf->tls_key[0] || str_starts(str_of(conf->public_url), STR("https://"));
}

void web_header(struct web_call *c, const char *name, const char *value)
{
    reply_header(c->x, name, value);
}

static void finish(struct web_call *c, int status, struct str bytes, const char *type)
{
    static const char *const always[][2] = {{"X-Content-Type-Options", "nosniff"},
                                            {"X-Frame-Options", "DENY"},
                                            {"Referrer-Policy", "no-referrer"},
                                            {"Cross-Origin-Opener-Policy", "same-origin"},
                                            {"Cross-Origin-Resource-Policy", "same-origin"},
                                            {"Cache-Control", "no-store"}};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) reply_header(c->x, always[i][0], always[i][1]);
    reply_header(c->x, "Content-Security-Policy",
                 c->policy ? c->policy
                           : "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
    if (web_is_tls(c)) reply_header(c->x, "Strict-Transport-Security", "max-age=31536000");
    reply_status(c->x, status);
    reply_body(c->x, bytes, type);
}

void web_json(struct web_call *c, int status, struct str json)
{
    finish(c, status, json, "application/json");
}

void web_bytes(struct web_call *c, int status, struct str bytes, const char *content_type)
{
    finish(c, status, bytes, content_type);
}

void web_text(struct web_call *c, int status, struct str text)
{
    finish(c, status, text, "text/plain; charset=utf-8");
}

void web_html(struct web_call *c, int status, struct str html)
{
    finish(c, status, html, "text/html; charset=utf-8");
}

void web_redirect(struct web_call *c, const char *location)
{
    web_header(c, "Location", location);
    finish(c, 303, STR_NONE, "text/plain; charset=utf-8");
}

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

void web_write_problem(struct json_writer *w, int status, const struct err *e)
{
    char type[128];
    (void)snprintf(type, sizeof type, "urn:portcullis:error:%s", e->cause->code);
    json_object_begin(w);
    member(w, "type", type);
    member(w, "title", e->cause->what);
    json_key(w, "status");
    json_write_i64(w, status);
    member(w, "detail", e->text);
    member(w, "code", e->cause->code);
    member(w, "kind", err_kind_name(e->cause->kind));
    member(w, "remedy", e->cause->remedy);
    if (e->retry_after_ms) {
        json_key(w, "retry_after_ms");
        json_write_u64(w, e->retry_after_ms);
    }
    json_object_end(w);
}

void web_problem_as(struct web_call *c, int status, const struct err *e)
{
    struct buf body;
    struct json_writer w;
    char seconds[32];
    buf_init(&body, PROBLEM_BYTES_MAX);
    json_writer_init(&w, &body);
    web_write_problem(&w, status, e);
    (void)snprintf(seconds, sizeof seconds, "%u", (e->retry_after_ms + 999) / 1000);
    if (e->retry_after_ms) web_header(c, "Retry-After", seconds);
    finish(c, status, buf_str(&body), "application/problem+json");
    buf_done(&body);
}

void web_problem(struct web_call *c, const struct err *e)
{
    web_problem_as(c, operation_status(e), e);
}
