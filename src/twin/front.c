#include "twin/front.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cloud/net/server.h"
#include "kit/base/arena.h"
#include "twin/gzip.h"

struct front {
    struct cloud *cloud;
    struct desk *desk;
    struct clock clock;
    pthread_mutex_t lock; /* guards cloud and every body of it */
    struct http_server *server;
    bool is_tls;
};

/* One answer on its way out. */
struct outgoing {
    struct front *front;
    struct http_exchange *x;
    struct cloud_body *body;
    struct gzip_stream *gzip; /* NULL: as it is */
    uint32_t bytes_per_s;     /* 0: as fast as can be */
};

static ssize_t read_plain(void *ctx, char *p, size_t n)
{
    struct outgoing *o = ctx;
    enum { SLOW_PIECE = 8 << 10 };
    if (o->bytes_per_s && n > SLOW_PIECE) n = SLOW_PIECE;
    pthread_mutex_lock(&o->front->lock);
    ssize_t got = cloud_body_read(o->body, p, n);
    pthread_mutex_unlock(&o->front->lock);
    if (got == CLOUD_BODY_HANG) {
        while (exchange_wait(o->x, 60000)) { /* until the client has had enough, or the server stops */
        }
        return -1;
    }
    if (got > 0 && o->bytes_per_s && !exchange_wait(o->x, (uint32_t)((uint64_t)got * 1000 / o->bytes_per_s))) return -1;
    return got < 0 ? -1 : got;
}

static ssize_t read_out(void *ctx, char *p, size_t n)
{
    struct outgoing *o = ctx;
    return o->gzip ? gzip_read(o->gzip, p, n) : read_plain(o, p, n);
}

static void outgoing_free(void *ctx)
{
    struct outgoing *o = ctx;
    pthread_mutex_lock(&o->front->lock);
    cloud_body_free(o->body);
    pthread_mutex_unlock(&o->front->lock);
    gzip_free(o->gzip);
    free(o);
}

/* ---- requests ------------------------------------------------------------------------------------------------------- */
static struct str header(const struct http_exchange *x, const char *name)
{
    return str_of(exchange_header(x, name));
}

/* More than any call takes are left out. */
static void read_param(void *arg, const char *name, const char *value)
{
    struct cloud_request *q = arg;
    if (q->param_count < CLOUD_PARAMS_MAX)
        q->params[q->param_count++] = (struct cloud_param){str_of(name), str_of(value)};
}

static void read_request(const struct front *f, const struct http_exchange *x, char *base_url, size_t base_url_size,
                         struct cloud_request *q)
{
    const char *host = exchange_header(x, "Host");
    const char *proto = exchange_header(x, "X-Forwarded-Proto"); /* of a proxy in front that ends TLS */
    bool is_https = proto ? strcasecmp(proto, "https") == 0 : f->is_tls;
    (void)snprintf(base_url, base_url_size, "%s://%s", is_https ? "https" : "http", host ? host : "localhost");
    *q = (struct cloud_request){
        .method = str_of(exchange_method(x)),
        .path = str_of(exchange_path(x)),
        .base_url = str_of(base_url),
        .authorization = header(x, "Authorization"),
        .content_type = header(x, "Content-Type"),
        .client_request_id = header(x, "client-request-id"),
        .prefer = header(x, "Prefer"),
        .accept = header(x, "Accept"),
        .body = exchange_body(x),
    };
    exchange_each_query(x, read_param, q);
}

static bool wants_gzip(const struct http_exchange *x)
{
    const char *accepted = exchange_header(x, "Accept-Encoding");
    return accepted && strcasestr(accepted, "gzip");
}

static void handle(void *ctx, struct http_exchange *x)
{
    struct front *f = ctx;
    struct cloud_request q;
    struct cloud_response r;
    char base_url[300];
    if (f->desk && desk_handle(f->desk, x)) return;
    read_request(f, x, base_url, sizeof base_url, &q);
    struct outgoing *o = calloc(1, sizeof *o);
    if (o == NULL) {
        reply_nothing(x);
        return;
    }
    pthread_mutex_lock(&f->lock);
    cloud_handle(f->cloud, &q, clock_wall(&f->clock), &r);
    pthread_mutex_unlock(&f->lock);
    *o = (struct outgoing){.front = f, .x = x, .body = r.body, .bytes_per_s = cloud_body_bytes_per_s(r.body)};
    if (r.status == 200 && wants_gzip(x)) o->gzip = gzip_new(read_plain, o);
    if (r.delay_ms) (void)exchange_wait(x, r.delay_ms);
    reply_status(x, r.status);
    for (unsigned i = 0; i < r.header_count; i++) reply_header(x, r.headers[i].name, r.headers[i].value);
    reply_stream(x, read_out, outgoing_free, o, o->gzip != NULL, r.content_type);
}

/* ---- life ----------------------------------------------------------------------------------------------------------- */
bool front_start(const struct front_opts *o, struct front **out, struct err *e)
{
    struct front *f = calloc(1, sizeof *f);
    if (f == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "no memory for the HTTP front");
    f->cloud = o->cloud;
    f->clock = o->clock;
    f->desk = o->desk;
    f->is_tls = o->tls_key_pem.n > 0;
    pthread_mutex_init(&f->lock, NULL);
    struct http_server_opts server = {.address = o->address,
                                      .tls_key_pem = o->tls_key_pem,
                                      .tls_cert_pem = o->tls_cert_pem,
                                      .body_max = 4 << 20,
                                      .handle = handle,
                                      .ctx = f};
    if (!http_server_start(&server, &f->server, e)) {
        front_stop(f);
        return false;
    }
    *out = f;
    return true;
}

void front_stop(struct front *f)
{
    if (f == NULL) return;
    http_server_stop(f->server);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

uint16_t front_port(const struct front *f)
{
    return http_server_port(f->server);
}
