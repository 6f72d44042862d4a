/* HTTP server (libmicrohttpd): loopback or any address, TLS, or a Unix socket. The handler runs on a server thread and may
 * block; a reply is a whole body or a reader that produces it piece by piece. */
#ifndef CLOUD_NET_SERVER_H
#define CLOUD_NET_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kit/base/err.h"
#include "kit/base/str.h"

struct http_exchange;
/* What came in; borrowed during the handler. */
const char *exchange_method(const struct http_exchange *x);
const char *exchange_path(const struct http_exchange *x);                     /* percent-decoded, without the query */
const char *exchange_query(const struct http_exchange *x, const char *name);  /* decoded value or NULL */
const char *exchange_header(const struct http_exchange *x, const char *name); /* any case; or NULL */
struct str exchange_body(const struct http_exchange *x);
struct http_server; 

/* What goes out: set once by the handler. */
void reply_status(struct http_exchange *x, int status);
void reply_header(struct http_exchange *x, const char *name, const char *value);
void reply_body(struct http_exchange *x, struct str bytes, const char *content_type); /* copied; gzip if asked and > 1 KiB */
/* `read` gives up to `n` bytes: > 0 bytes, 0 end, -1 cut the connection here. It runs on the server thread and may block
 * (a slow or hanging server is made this way). With `is_gzip` the bytes are already gzip. `done` frees ctx, always called. */
void reply_stream(struct http_exchange *x, ssize_t (*read)(void *ctx, char *p, size_t n), void (*done)(void *ctx), void *ctx,
                  bool is_gzip, const char *content_type);

struct http_server_opts {
    const char *address;      /* "127.0.0.1:0" (0: any free port) or "unix:/path" */
    struct str tls_key_pem, tls_cert_pem; /* both or neither */
    uint64_t body_max;        /* of a request; more is answered 413 */
    unsigned connections_max; /* 0: 1024 */
    void (*handle)(void *ctx, struct http_exchange *x);
    void *ctx;
};
bool http_server_start(const struct http_server_opts *o, struct http_server **out, struct err *e); /* NET_BIND */
void http_server_stop(struct http_server *s); /* ends what runs; accepts NULL */
uint16_t http_server_port(const struct http_server *s);

#endif
