/* Between web.c (the listener), web_route.c (finding who answers) and web_reply.c. */
#ifndef FACE_API_WEB_INT_H
#define FACE_API_WEB_INT_H

#include <pthread.h>

#include "cloud/net/server.h"
#include "face/api/installation.h"
#include "face/api/web/web.h"
#include "kit/sys/thread.h"

struct web {
    struct web_opts opts;
    struct http_server *server; /* NULL: not there yet */
    struct thread *keeper;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    bool is_ending, is_reload; /* under the mutex */
    uint64_t files;            /* hash of certificate and key as they are served */
    bool is_faulty;            /* what is wrong was told */
};

/* Answers one request of the listener; `ctx` is the web. */
void web_handle(void *ctx, struct http_exchange *x);
void web_handle_too_large(void *ctx, struct http_exchange *x);

void web_write_problem(struct json_writer *w, int status, const struct err *e);
void rest_handle(struct web_call *c); /* rest.c: a route made from an operation's row */

#endif
