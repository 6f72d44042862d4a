/* One exchange: what came in, what goes out, and a request as the library brings it. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cloud/net/server_int.h"

enum {
    STREAM_PIECE = 32 * 1024,
    GZIP_FROM_BYTES = 1024,
    /* A request body that is too large is read to its end, so that the 413 reaches a client that is still sending; beyond
     * this we hang up. */
    SWALLOW_BYTES = 64 << 20,
};

struct stream {
    ssize_t (*read)(void *ctx, char *p, size_t n);
    void (*done)(void *ctx);
    void *ctx;
};

/* ---- what came in */

const char *exchange_method(const struct http_exchange *x)
{
    return x->method;
}

const char *exchange_path(const struct http_exchange *x)
{
    return x->path;
}

const char *exchange_query(const struct http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct each_query {
    void (*each)(void *arg, const char *name, const char *value);
    void *arg;
};

static enum MHD_Result one_query(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    const struct each_query *q = ctx;
    (void)kind;
    q->each(q->arg, name, value ? value : "");
    return MHD_YES;
}

void exchange_each_query(const struct http_exchange *x, void (*each)(void *arg, const char *name, const char *value),
                         void *arg)
{
    struct each_query q = {each, arg};
    (void)MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, one_query, &q);
}

const char *exchange_header(const struct http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

bool exchange_peer_uid(const struct http_exchange *x, uint32_t *out)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t n = sizeof peer;
    if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || peer.pid == 0)
        return false;
    *out = peer.uid;
    return true;
}

struct str exchange_target(const struct http_exchange *x)
{
    return str_of(x->target);
}

void exchange_each_header(const struct http_exchange *x, void (*each)(void *arg, const char *name, const char *value),
                          void *arg)
{
    struct each_query q = {each, arg};
    (void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND, one_query, &q);
}

void exchange_peer(const struct http_exchange *x, char out[PEER_BYTES])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *at = info ? info->client_addr : NULL;
    out[0] = '\0';
    if (at && at->sa_family == AF_INET)
        (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)at)->sin_addr, out, PEER_BYTES);
    else if (at && at->sa_family == AF_INET6)
        (void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr, out, PEER_BYTES);
}

struct str exchange_body(const struct http_exchange *x)
{
    return buf_str(&x->body);
}

bool exchange_wait(struct http_exchange *x, uint32_t ms)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd fds[] = {
        {.fd = x->server->stopping, .events = POLLIN},
        {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP},
    };
    int n = poll(fds, sizeof fds / sizeof *fds, ms > INT32_MAX ? INT32_MAX : (int)ms);
    return n == 0 || (n < 0 && errno == EINTR);
}

/* ---- what goes out */

void reply_status(struct http_exchange *x, int status)
{
    x->status = status;
}

void reply_header(struct http_exchange *x, const char *name, const char *value)
{
    INVARIANT(x->header_count < HEADERS_MAX);
    char *n = str_dup(str_of(name)), *v = str_dup(str_of(value));
    INVARIANT(n != NULL && v != NULL);
    x->headers[x->header_count].name = n;
    x->headers[x->header_count++].value = v;
}

static void set_response(struct http_exchange *x, struct MHD_Response *r, bool is_gzip, const char *content_type)
{
    INVARIANT(r != NULL);
    if (x->response) MHD_destroy_response(x->response);
    x->response = r;
    x->is_gzip = is_gzip;
    if (content_type) (void)MHD_add_response_header(r, "Content-Type", content_type);
}

/* "gzip" as a member of Accept-Encoding; a client that names it and refuses it by ";q=0" does not exist in practice. */
static bool wants_gzip(const struct http_exchange *x)
{
    const char *accepted = exchange_header(x, "Accept-Encoding");
    return accepted != NULL && strcasestr(accepted, "gzip") != NULL;
}

void reply_body(struct http_exchange *x, struct str bytes, const char *content_type)
{
    struct buf packed;
    buf_init(&packed, 0);
    bool is_gzip = bytes.n > GZIP_FROM_BYTES && wants_gzip(x) && gzip_whole(bytes, &packed);
    struct str out = is_gzip ? buf_str(&packed) : bytes;
    void *p = (void *)(uintptr_t)(out.n ? out.p : ""); /* copied; the library's type lacks the const */
    set_response(x, MHD_create_response_from_buffer(out.n, p, MHD_RESPMEM_MUST_COPY), is_gzip, content_type);
    buf_done(&packed);
}

static ssize_t stream_read(void *arg, uint64_t at, char *p, size_t n)
{
    struct stream *s = arg;
    (void)at;
    ssize_t got = s->read(s->ctx, p, n);
    return got > 0 ? got : got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void stream_free(void *arg)
{
    struct stream *s = arg;
    if (s->done) s->done(s->ctx);
    free(s);
}

void reply_stream(struct http_exchange *x, ssize_t (*read)(void *ctx, char *p, size_t n), void (*done)(void *ctx),
                  void *ctx, bool is_gzip, const char *content_type)
{
    struct stream *s = malloc(sizeof *s);
    INVARIANT(s != NULL);
    *s = (struct stream){read, done, ctx};
    set_response(x, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE, stream_read, s, stream_free),
                 is_gzip, content_type);
}

void reply_nothing(struct http_exchange *x)
{
    x->is_cut = true;
}

static enum MHD_Result send_reply(struct http_exchange *x)
{
    if (x->is_cut) return MHD_NO;
    if (x->response == NULL) reply_body(x, STR_NONE, NULL);
    for (size_t i = 0; i < x->header_count; i++)
        (void)MHD_add_response_header(x->response, x->headers[i].name, x->headers[i].value);
    if (x->is_gzip) (void)MHD_add_response_header(x->response, "Content-Encoding", "gzip");
    return MHD_queue_response(x->connection, (unsigned)x->status, x->response);
}

static enum MHD_Result refuse_body(struct http_exchange *x)
{
    x->status = MHD_HTTP_CONTENT_TOO_LARGE;
    if (x->server->opts.too_large)
        x->server->opts.too_large(x->server->opts.ctx, x);
    else
        reply_body(x, STR("the request's body is too large\n"), "text/plain");
    return send_reply(x);
}

/* ---- one request, as the library brings it: headers, pieces of the body, the end */

/* A client that waits for "100 Continue" has sent nothing yet and can be refused at once. */
static bool refuses_at_headers(const struct http_exchange *x)
{
    uint64_t announced;
    const char *length = exchange_header(x, "Content-Length"), *expect = exchange_header(x, "Expect");
    return length && expect && strcasecmp(expect, "100-continue") == 0 && str_to_u64(str_of(length), &announced) &&
           announced > x->server->opts.body_max;
}

struct framing {
    unsigned hosts, lengths, encodings;
};

static enum MHD_Result one_framing(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct framing *f = ctx;
    (void)kind, (void)value;
    f->hosts += strcasecmp(name, "Host") == 0;
    f->lengths += strcasecmp(name, "Content-Length") == 0;
    f->encodings += strcasecmp(name, "Transfer-Encoding") == 0;
    return MHD_YES;
}

/* Two answers to where the body ends, or to who is asked: a proxy before us may have taken the other one, and what it took for a
 * body would be a request to us. */
static bool is_ambiguous(const struct http_exchange *x)
{
    struct framing f = {0};
    (void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND, one_framing, &f);
    return f.hosts > 1 || f.lengths + f.encodings > 1;
}

/* Answered before the body is read, the connection ends with it. */
static enum MHD_Result refuse_ambiguous(struct http_exchange *x)
{
    x->status = MHD_HTTP_BAD_REQUEST;
    reply_header(x, "Connection", "close");
    reply_body(x, STR("Host, Content-Length or Transfer-Encoding is given more than once, or both of the latter\n"),
               "text/plain");
    return send_reply(x);
}

void *exchange_begin(void *arg, const char *target, struct MHD_Connection *c)
{
    struct http_server *s = arg;
    struct http_exchange *x = calloc(1, sizeof *x);
    if (x == NULL) return NULL;
    *x = (struct http_exchange){.server = s, .connection = c, .target = str_dup(str_of(target)), .status = MHD_HTTP_OK};
    buf_init(&x->body, s->opts.body_max ? s->opts.body_max : 1);
    if (x->target) return x;
    free(x);
    return NULL;
}

static enum MHD_Result on_headers(struct http_exchange *x, const char *path, const char *method)
{
    x->path = path;
    x->method = method;
    if (is_ambiguous(x)) return refuse_ambiguous(x);
    return refuses_at_headers(x) ? refuse_body(x) : MHD_YES;
}

static enum MHD_Result on_piece(struct http_exchange *x, const char *p, size_t n)
{
    uint64_t max = x->server->opts.body_max;
    x->received += n;
    if (x->received > max) {
        x->is_too_large = true;
        return x->received - max > SWALLOW_BYTES ? MHD_NO : MHD_YES;
    }
    return buf_add(&x->body, p, n) ? MHD_YES : MHD_NO;
}

enum MHD_Result exchange_go_on(void *arg, struct MHD_Connection *c, const char *path, const char *method,
                               const char *version, const char *piece, size_t *piece_bytes, void **state)
{
    struct http_server *s = arg;
    struct http_exchange *x = *state;
    (void)version;
    if (x == NULL) return MHD_NO;
    if (x->method == NULL) return on_headers(x, path, method);
    if (*piece_bytes > 0) {
        size_t n = *piece_bytes;
        *piece_bytes = 0;
        return on_piece(x, piece, n);
    }
    server_deadline(s, c, 0); /* it may work as long as it needs */
    if (x->is_too_large) return refuse_body(x);
    s->opts.handle(s->opts.ctx, x);
    server_deadline(s, c, s->opts.answer_ms);
    return send_reply(x);
}

void exchange_end(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
    struct http_server *s = arg;
    struct http_exchange *x = *state;
    (void)code;
    server_deadline(s, c, s->opts.request_ms);
    if (x == NULL) return;
    *state = NULL;
    if (x->response) MHD_destroy_response(x->response);
    for (size_t i = 0; i < x->header_count; i++) {
        free(x->headers[i].name);
        free(x->headers[i].value);
    }
    buf_done(&x->body);
    free(x->target);
    free(x);
}
