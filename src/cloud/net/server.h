/* HTTP server (libmicrohttpd): loopback or any address, TLS, or a Unix socket. Each connection has a thread, so the handler
 * may block; a reply is a whole body or a reader that produces it piece by piece.
 *
 * A handler or reader that waits for time to pass does it in exchange_wait, which http_server_stop and a client that has
 * gone away end at once; nothing else can end it. */
#ifndef CLOUD_NET_SERVER_H
#define CLOUD_NET_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kit/base/err.h"
#include "kit/base/str.h"

struct http_exchange;
/* What came in; borrowed during the handler and, with reply_stream, while the reader is read (not in its `done`). */
const char *exchange_method(const struct http_exchange *x);
const char *exchange_path(const struct http_exchange *x);  /* percent-decoded, without the query */
struct str exchange_target(const struct http_exchange *x); /* path and query as they were sent, nothing decoded */
const char *exchange_query(const struct http_exchange *x,
                           const char *name); /* decoded value ('+' is a blank) or NULL */
/* Every query option, decoded, in order, repeated ones too. */
void exchange_each_query(const struct http_exchange *x, void (*each)(void *arg, const char *name, const char *value),
                         void *arg);
const char *exchange_header(const struct http_exchange *x, const char *name); /* any case; or NULL */
bool exchange_peer_uid(const struct http_exchange *x,
                       uint32_t *out); /* on a Unix socket: whose process the other end is; false: not told */
void exchange_each_header(const struct http_exchange *x, void (*each)(void *arg, const char *name, const char *value),
                          void *arg);
struct str exchange_body(const struct http_exchange *x);
enum { PEER_BYTES = 64 };
void exchange_peer(const struct http_exchange *x, char out[PEER_BYTES]); /* its address, no port; "": a Unix socket */
/* Blocks for `ms`. false: the server stops or the client has gone; end now (a reader returns -1). */
bool exchange_wait(struct http_exchange *x, uint32_t ms);

/* What goes out: set once by the handler; without any it is 200 and no body. */
void reply_status(struct http_exchange *x, int status);
void reply_header(struct http_exchange *x, const char *name, const char *value); /* at most 32 */
void reply_body(struct http_exchange *x, struct str bytes,
                const char *content_type); /* copied; gzip if asked and > 1 KiB */
/* `read` gives up to `n` bytes: > 0 bytes, 0 end, -1 cut the connection here. It runs on the server thread and may block
 * (a slow or hanging server is made this way). With `is_gzip` the bytes are already gzip. `done` frees ctx, always called,
 * once, after the last read. */
void reply_stream(struct http_exchange *x, ssize_t (*read)(void *ctx, char *p, size_t n), void (*done)(void *ctx),
                  void *ctx, bool is_gzip, const char *content_type);
/* Cut the connection instead of answering at all. */
void reply_nothing(struct http_exchange *x);

struct http_server_opts {
    const char *address; /* "127.0.0.1:0" (0: any free port), "[::1]:80", "localhost:80", or "unix:/path" (mode 0600) */
    struct str tls_key_pem, tls_cert_pem; /* both or neither; copied, the key wiped at the end */
    uint64_t body_max;                    /* of a request; more is answered 413; 0: no bodies */
    unsigned connections_max;             /* 0: 1024 */
    unsigned peer_connections_max;        /* from one address; 0: as many as there may be */
    /* For servers that strangers reach: a connection on which no whole request has come so long after its opening (or after
     * the answer before), or whose answer is still not taken, is cut. 0: only silence ends one, after five minutes. */
    uint32_t request_ms, answer_ms;
    /* Answers a body that is too large (set status, headers and body with reply_*); NULL: 413 in plain text. */
    void (*too_large)(void *ctx, struct http_exchange *x);
    void (*handle)(void *ctx, struct http_exchange *x);
    void *ctx;
};
struct http_server;
/* Errors: NET_BIND (the address is bad, taken, or the key and certificate do not fit). */
bool http_server_start(const struct http_server_opts *o, struct http_server **out, struct err *e);
/* Another key and certificate from the next connection on; those open go on with the old ones, for a minute at most.
 * Errors: NET_BIND, and all stays as it was. */
bool http_server_tls(struct http_server *s, struct str key_pem, struct str cert_pem, struct err *e);
void http_server_tend(
    struct http_server *s); /* now and then, by who calls http_server_tls: ends what is left of the old */
/* Ends what runs, waits for the threads (a second at most, if all wait in exchange_wait); removes a Unix socket. Accepts NULL. */
void http_server_stop(struct http_server *s);
uint16_t http_server_port(const struct http_server *s); /* 0: a Unix socket */

#endif
