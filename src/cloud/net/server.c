#include "cloud/net/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cloud/net/net_int.h"

enum {
    CONNECTIONS_DEFAULT = 1024,
    HEADERS_MAX = 32,
    IDLE_TIMEOUT_S = 300,
    CONNECTION_MEMORY = 64 * 1024, /* request headers, and the piece of a stream under way */
    STREAM_PIECE = 32 * 1024,
    THREAD_STACK = 1024 * 1024,
    GZIP_FROM_BYTES = 1024,
    /* A request body that is too large is read to its end, so that the 413 reaches a client that is still sending; beyond
     * this we hang up. */
    SWALLOW_BYTES = 64 << 20,
};

struct http_server {
    struct MHD_Daemon *daemon;
    void (*handle)(void *ctx, struct http_exchange *x);
    void *ctx;
    uint64_t body_max;
    int stopping; /* eventfd, readable for ever once we stop */
    uint16_t port;
    char *address;
    char *key_pem, *cert_pem;
};

struct http_exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    const char *method, *path;
    struct buf body;
    uint64_t received;
    bool is_too_large;
    /* the reply */
    int status;
    struct MHD_Response *response; /* body or stream */
    bool is_gzip, is_cut;
    struct {
        char *name, *value;
    } headers[HEADERS_MAX];
    size_t header_count;
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
           announced > x->server->body_max;
}

static enum MHD_Result on_headers(struct http_server *s, struct MHD_Connection *c, const char *path, const char *method,
                                  void **state)
{
    struct http_exchange *x = calloc(1, sizeof *x);
    if (x == NULL) return MHD_NO;
    *x = (struct http_exchange){.server = s, .connection = c, .method = method, .path = path, .status = MHD_HTTP_OK};
    buf_init(&x->body, s->body_max ? s->body_max : 1);
    *state = x;
    return refuses_at_headers(x) ? refuse_body(x) : MHD_YES;
}

static enum MHD_Result on_piece(struct http_exchange *x, const char *p, size_t n)
{
    uint64_t max = x->server->body_max;
    x->received += n;
    if (x->received > max) {
        x->is_too_large = true;
        return x->received - max > SWALLOW_BYTES ? MHD_NO : MHD_YES;
    }
    return buf_add(&x->body, p, n) ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path, const char *method,
                                  const char *version, const char *piece, size_t *piece_bytes, void **state)
{
    struct http_server *s = arg;
    struct http_exchange *x = *state;
    (void)version;
    if (x == NULL) return on_headers(s, c, path, method, state);
    if (*piece_bytes > 0) {
        size_t n = *piece_bytes;
        *piece_bytes = 0;
        return on_piece(x, piece, n);
    }
    if (x->is_too_large) return refuse_body(x);
    s->handle(s->ctx, x);
    return send_reply(x);
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
    struct http_exchange *x = *state;
    (void)arg, (void)c, (void)code;
    if (x == NULL) return;
    *state = NULL;
    if (x->response) MHD_destroy_response(x->response);
    for (size_t i = 0; i < x->header_count; i++) {
        free(x->headers[i].name);
        free(x->headers[i].value);
    }
    buf_done(&x->body);
    free(x);
}

/* ---- the server */

static bool start_daemon(struct http_server *s, const struct http_server_opts *o, int fd)
{
    static char tls_versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    bool is_tls = o->tls_key_pem.n > 0;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, s->key_pem},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert_pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, tls_versions},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC;
    s->daemon = MHD_start_daemon(
        flags | (is_tls ? MHD_USE_TLS : 0u), s->port, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT,
        o->connections_max ? o->connections_max : (unsigned)CONNECTIONS_DEFAULT, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK, MHD_OPTION_ARRAY, is_tls ? tls : none, MHD_OPTION_END);
    return s->daemon != NULL;
}

static void server_free(struct http_server *s)
{
    if (s->stopping >= 0) (void)close(s->stopping);
    if (s->key_pem) explicit_bzero(s->key_pem, strlen(s->key_pem));
    free(s->key_pem);
    free(s->cert_pem);
    free(s->address);
    free(s);
}

static struct http_server *server_alloc(const struct http_server_opts *o)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->handle = o->handle;
    s->ctx = o->ctx;
    s->body_max = o->body_max;
    s->address = str_dup(str_of(o->address));
    s->key_pem = str_dup(o->tls_key_pem);
    s->cert_pem = str_dup(o->tls_cert_pem);
    s->stopping = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->address && s->key_pem && s->cert_pem && s->stopping >= 0) return s;
    server_free(s);
    return NULL;
}

bool http_server_start(const struct http_server_opts *o, struct http_server **out, struct err *e)
{
    INVARIANT((o->tls_key_pem.n > 0) == (o->tls_cert_pem.n > 0));
    struct http_server *s = server_alloc(o);
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting a server on %s", o->address);
    int fd = listen_on(o->address, &s->port, e);
    if (fd < 0) {
        server_free(s);
        return false;
    }
    if (!start_daemon(s, o, fd)) {
        (void)close(fd);
        listen_unlink(o->address);
        server_free(s);
        return err_set(e, &net_causes[NET_BIND], "starting a server on %s: the library refused%s", o->address,
                       o->tls_key_pem.n ? " (do key and certificate fit each other?)" : "");
    }
    *out = s;
    return true;
}

void http_server_stop(struct http_server *s)
{
    static const uint64_t one = 1;
    if (s == NULL) return;
    INVARIANT(write(s->stopping, &one, sizeof one) == sizeof one);
    MHD_stop_daemon(s->daemon); /* shuts every connection down, then joins its thread; closes the listening socket */
    listen_unlink(s->address);
    server_free(s);
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}
