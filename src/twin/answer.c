/* Answers: bodies that are read piece by piece, headers, and the error envelopes of the three families. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twin/cloud_int.h"

struct cloud_body {
    const struct body_ops *ops;
    void *ctx;
    uint64_t sent;
    uint64_t spoil_at; /* after so many bytes it ends badly */
    enum fault spoil;
};

ssize_t cloud_body_read(struct cloud_body *b, char *p, size_t n)
{
    bool ends_badly = b->spoil == FAULT_CUT || b->spoil == FAULT_HANG;
    if (ends_badly && b->sent >= b->spoil_at) return b->spoil == FAULT_CUT ? CLOUD_BODY_CUT : CLOUD_BODY_HANG;
    if (ends_badly && n > b->spoil_at - b->sent) n = b->spoil_at - b->sent;
    ssize_t got = b->ops->read(b->ctx, p, n);
    if (got > 0) b->sent += (uint64_t)got;
    return got;
}

void cloud_body_free(struct cloud_body *b)
{
    if (b == NULL) return;
    b->ops->free(b->ctx);
    free(b);
}

uint32_t cloud_body_bytes_per_s(const struct cloud_body *b)
{
    return b->spoil == FAULT_SLOW ? 64 << 10 : 0;
}

bool cloud_body_all(struct cloud_body *b, struct buf *out)
{
    char piece[16384];
    ssize_t n;
    while ((n = cloud_body_read(b, piece, sizeof piece)) > 0)
        if (!buf_add(out, piece, (size_t)n)) return false;
    return n == 0;
}

const char *cloud_response_header(const struct cloud_response *r, const char *name)
{
    for (unsigned i = 0; i < r->header_count; i++)
        if (str_eq_nocase(str_of(r->headers[i].name), str_of(name))) return r->headers[i].value;
    return NULL;
}

/* ---- making --------------------------------------------------------------------------------------------------------- */
void answer_body(struct exchange *x, int status, const struct body_ops *ops, void *ctx)
{
    struct cloud_body *b = calloc(1, sizeof *b);
    INVARIANT(b != NULL);
    b->ops = ops;
    b->ctx = ctx;
    cloud_body_free(x->out->body);
    x->out->status = status;
    x->out->body = b;
    if (x->out->content_type == NULL) x->out->content_type = "application/json; charset=utf-8";
}

struct bytes {
    struct buf buf;
    size_t at;
};

static ssize_t bytes_read(void *ctx, char *p, size_t n)
{
    struct bytes *b = ctx;
    if (n > b->buf.n - b->at) n = b->buf.n - b->at;
    if (n) memcpy(p, b->buf.p + b->at, n);
    b->at += n;
    return (ssize_t)n;
}

static void bytes_free(void *ctx)
{
    struct bytes *b = ctx;
    buf_done(&b->buf);
    free(b);
}

void answer_bytes(struct exchange *x, int status, const char *content_type, struct buf *bytes)
{
    static const struct body_ops ops = {bytes_read, bytes_free};
    struct bytes *b = calloc(1, sizeof *b);
    INVARIANT(b != NULL);
    b->buf = *bytes;
    *bytes = (struct buf){.max = bytes->max};
    x->out->content_type = content_type;
    answer_body(x, status, &ops, b);
}

void answer_header(struct exchange *x, const char *name, const char *fmt, ...)
{
    va_list args;
    if (x->out->header_count == CLOUD_HEADERS_MAX) return;
    struct cloud_header *h = &x->out->headers[x->out->header_count++];
    (void)snprintf(h->name, sizeof h->name, "%s", name);
    va_start(args, fmt);
    (void)vsnprintf(h->value, sizeof h->value, fmt, args);
    va_end(args);
}

void answer_spoil(struct exchange *x, enum fault fault, uint64_t length)
{
    struct cloud_body *b = x->out->body;
    b->spoil = fault;
    b->spoil_at = length ? rng_below(&x->cloud->lots, length) : 0;
}

/* ---- error envelopes ------------------------------------------------------------------------------------------------ */
static void member(struct json_writer *w, const char *key, const char *value)
{
    json_key(w, key);
    json_write_cstr(w, value);
}

/* 2026-01-02T03:04:05: no zone, no fraction, as Graph writes it here. */
static void date_member(struct json_writer *w, struct wall now)
{
    char text[WALL_TEXT_BYTES];
    text[wall_format_digits(now, 0, text) - 1] = '\0';
    member(w, "date", text);
}

static void inner_error(struct exchange *x, struct json_writer *w, int status)
{
    struct str client = x->q->client_request_id;
    json_key(w, variant_text(exchange_variants(x), VARIANT_GRAPH_INNER_ERROR));
    json_object_begin(w);
    if (status == 429) member(w, "code", "429");
    date_member(w, x->now);
    if (status == 429) member(w, "message", "Please retry after");
    member(w, "request-id", x->request_id);
    json_key(w, "client-request-id");
    json_write_str(w, client.n ? client : str_of(x->request_id));
    if (status == 429) member(w, "status", "429");
    json_object_end(w);
}

static void error_begin(struct json_writer *w, struct buf *out, const char *code, const char *message)
{
    buf_init(out, 1 << 20);
    json_writer_init(w, out);
    json_object_begin(w);
    json_key(w, "error");
    json_object_begin(w);
    member(w, "code", code);
    member(w, "message", message);
}

static void error_end(struct exchange *x, struct json_writer *w, struct buf *out, int status)
{
    json_object_end(w);
    json_object_end(w);
    answer_bytes(x, status, "application/json; charset=utf-8", out);
}

/* The usual code of a status is open for some; what a call says specially stays. */
static const char *graph_code(const struct exchange *x, int status, const char *code)
{
    static const struct {
        int status;
        const char *usual;
        enum variant variant;
    } rows[] = {
        {401, "InvalidAuthenticationToken", VARIANT_GRAPH_401_CODE},
        {403, "Forbidden", VARIANT_GRAPH_403_CODE},
        {404, "NotFound", VARIANT_GRAPH_404_CODE},
        {404, "ResourceNotFound", VARIANT_GRAPH_404_CODE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status && strcmp(rows[i].usual, code) == 0)
            return variant_text(exchange_variants(x), rows[i].variant);
    return code;
}

/* The message as JSON in text, as some security errors have it. */
static void wrap_message(struct buf *out, int status, const char *code, const char *message)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    member(&w, "displayMessage", code);
    member(&w, "message", message);
    json_key(&w, "httpStatusCode");
    json_write_i64(&w, status);
    json_object_end(&w);
}

void answer_graph_error(struct exchange *x, int status, const char *code, const char *message)
{
    struct json_writer w;
    struct buf out, wrapped;
    bool is_wrapped = message[0] && variant_is(exchange_variants(x), VARIANT_GRAPH_MESSAGE, "json");
    buf_init(&wrapped, 1 << 20);
    code = graph_code(x, status, code);
    if (is_wrapped) wrap_message(&wrapped, status, code, message);
    error_begin(&w, &out, code, is_wrapped ? buf_cstr(&wrapped) : message);
    inner_error(x, &w, status);
    error_end(x, &w, &out, status);
    buf_done(&wrapped);
}

void answer_endpoint_error(struct exchange *x, int status, const char *code, const char *message)
{
    struct json_writer w;
    struct buf out;
    if (status == 401 && variant_is(exchange_variants(x), VARIANT_ENDPOINT_401_BODY, "empty")) {
        buf_init(&out, 1);
        answer_bytes(x, status, "text/plain", &out);
        return;
    }
    error_begin(&w, &out, code, message);
    member(&w, "target", x->request_id);
    error_end(x, &w, &out, status);
}

void answer_error(struct exchange *x, int status, const char *code, const char *message)
{
    if (twin_families[x->family].is_graph)
        answer_graph_error(x, status, code, message);
    else
        answer_endpoint_error(x, status, code, message);
}
