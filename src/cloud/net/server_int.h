/* Between server.c (one exchange) and server_run.c (the server). */
#ifndef CLOUD_NET_SERVER_INT_H
#define CLOUD_NET_SERVER_INT_H

#include <microhttpd.h>

#include "cloud/net/net_int.h"
#include "cloud/net/server.h"

enum { HEADERS_MAX = 32 };

struct http_server {
    struct http_server_opts opts; /* without address, key and certificate: those are owned, below */
    struct MHD_Daemon *daemon;
    struct MHD_Daemon *retired; /* of the certificate before: serves what is open; NULL: none */
    int64_t retire_ms;          /* when it is ended */
    int listen_fd;              /* ours: each daemon has a copy */
    int stopping;               /* eventfd, readable for ever once we stop */
    uint16_t port;
    char *address;
    char *key_pem, *cert_pem;
    struct deadlines *deadlines; /* of connections' deadlines; NULL: none */
};

struct http_exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    char *target;
    const char *method, *path; /* NULL until the headers are there */
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

/* The library's callbacks for one exchange. */
void *exchange_begin(void *server, const char *target, struct MHD_Connection *c);
enum MHD_Result exchange_go_on(void *server, struct MHD_Connection *c, const char *path, const char *method,
                               const char *version, const char *piece, size_t *piece_bytes, void **state);
void exchange_end(void *server, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code);

/* ---- server_deadlines.c: deadlines of connections ---- */
struct deadlines *deadlines_new(struct http_server *s, struct err *e); /* with a thread of its own */
void deadlines_free(struct deadlines *w);                              /* after its daemons; accepts NULL */
/* The library's callback: a connection begins or ends. */
void deadlines_connection(void *server, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode code);
void server_deadline(struct http_server *s, struct MHD_Connection *c, uint32_t ms); /* the next deadline; 0: none */

#endif
