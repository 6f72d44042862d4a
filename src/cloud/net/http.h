/* HTTP client: libcurl's multi handle on the loop. All calls and callbacks on the loop thread; nothing blocks.
 *
 * Bodies are handed over as they arrive and never held; with `raw_gzip` a gzip body is not decoded (the response says whether
 * it is), so that a worker inflates it. TLS is always verified; plain HTTP is refused, before anything is sent, except to
 * loopback addresses and Unix sockets, and no connection goes to a link-local address, where a cloud tells its machines their
 * credentials. Redirects are not followed. One connection pool for all; HTTP/1.1 for `raw_gzip`
 * transfers, each on a connection of its own, so one that hangs or is held delays no other.
 *
 * The system's certificates and `ca_file`: libcurl takes one file and one folder. Without ca_file it is the system's
 * bundle, parsed once and kept; with it, ca_file as the file and the system's folder (/etc/ssl/certs on Debian) beside it. */
#ifndef CLOUD_NET_HTTP_H
#define CLOUD_NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"
#include "kit/sys/loop.h"
#include "state/conf/proxy.h"

struct http_client;
struct http_client_opts {
    const char *ca_file;      /* extra CA, PEM; NULL: the system's alone */
    const char *unix_socket;  /* all calls go to this socket; NULL: by URL */
    unsigned connections_max; /* in all, 0: 256 */
    unsigned per_host_max;    /* 0: no bound of its own */
};
bool http_client_new(struct loop *l, const struct http_client_opts *o, struct http_client **out, struct err *e);
void http_client_free(
    struct http_client *c); /* cancels what runs, without callbacks; not from a callback; accepts NULL */

/* How far a request came, and who answered: for looking into a way that does not work. */
struct http_look {
    /* The connection alone, whoever's certificate is shown, and nothing is sent over it: to name who opens TLS on the way. */
    bool only_connects;
    uint32_t dns_ms, tcp_ms, tls_ms; /* since the beginning; 0: it did not come that far */
    enum http_step { HTTP_AT_DNS, HTTP_AT_TCP, HTTP_AT_PROXY, HTTP_AT_TLS, HTTP_AT_ANSWER, HTTP_THROUGH } step;
    char address[64];                            /* that was connected to; a proxy's own when it goes through one */
    char subject[160], issuer[160], expires[40]; /* of the certificate; empty: none was seen */
};
struct http_request {
    const char *method; /* "GET", "POST", "PATCH" */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL; copied */
    struct str bearer;          /* sent as Authorization, kept out of every message and wiped; empty: none */
    const char *user;           /* HTTP Basic, with `password`; NULL: none */
    struct str password;        /* kept out of every message */
    struct str body;            /* copied */
    bool is_change; /* never sent twice, not even when an old connection turns out to be closed: a fresh one */
    bool raw_gzip;  /* ask for gzip, hand it over undecoded; false: decoded, if compressed at all */
    uint32_t connect_timeout_ms, stall_timeout_ms, total_timeout_ms; /* 0: 10 s, 30 s, 300 s */
    /* No byte for stall_timeout_ms fails the call (not while it is held). Until the headers come, when the other side may be
     * computing, this much instead; 0: as stall_timeout_ms. */
    uint32_t answer_timeout_ms;
    uint64_t body_max; /* bytes handed over; 0: 1 MiB */
    const struct proxy_rule
        *proxy;             /* the way there; NULL: as the environment says (https_proxy); not needed afterwards */
    struct http_look *look; /* filled in before on_done, over a connection of its own; NULL: not asked for */
    bool is_secret_path;    /* the URL's path is a secret, as a webhook's: messages name the host alone */
};
struct http_response {
    int status;
    bool is_gzip;            /* the bytes handed over are gzip */
    uint32_t retry_after_ms; /* from Retry-After: seconds (fractions too) or a date; at most a day; 0: absent */
    char request_id[64];     /* x-ms-request-id or request-id, for messages */
    char content_type[96];
    char warning[128];   /* Warning: what a 206 lacks */
    struct wall date;    /* Date: the other side's clock, to the second; 0: absent */
    uint64_t body_bytes; /* handed over so far */
};
struct http_call;
struct http_handler {
    void *ctx;
    void (*on_status)(void *ctx, const struct http_response *r); /* headers are in; may be NULL */
    /* false: hold the transfer (the bytes were not taken) until http_resume. */
    bool (*on_body)(void *ctx, const void *p, size_t n);
    /* The end: e == NULL means a complete response of any status; else the transport failed. The call is gone after it. */
    void (*on_done)(void *ctx, const struct http_response *r, const struct err *e);
};
/* Never fails on the spot: a failed start comes through on_done, later, from the loop. */
struct http_call *http_send(struct http_client *c, const struct http_request *q, const struct http_handler *h);
void http_resume(struct http_call *call); /* the bytes held come again, later, from the loop */
void http_cancel(struct http_call *call); /* no callback comes any more; the handle is gone */

/* Blocking one-off, for the command line: its own loop inside. Any status is an answer (true). Appends to `body_out`. */
bool http_fetch(const struct http_client_opts *o, const struct http_request *q, int *status_out, struct buf *body_out,
                struct err *e);

/* A small gzip body on the spot (an error's): appends at most `max` decoded bytes. false: not gzip, cut or longer; what could
 * be decoded has been appended. */
bool http_gunzip(struct str gzip, size_t max, struct buf *out);

enum {
    NET_DNS,
    NET_CONNECT,
    NET_TLS_REFUSED,
    NET_TIMEOUT,
    NET_STALLED,
    NET_CUT,
    NET_TOO_LARGE,
    NET_PLAIN_HTTP,
    NET_BAD_URL,
    NET_PROTOCOL,
    NET_BIND,
    NET_BAD_MAIL,
    NET_PROXY_UNREACHED,
    NET_PROXY_LOGIN,
    NET_PROXY_REFUSED,
    NET_METADATA,
    NET_CAUSE_COUNT
};
extern const struct cause net_causes[];

#endif
