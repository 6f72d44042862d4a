/* Deadlines of connections: a client that sends its request, or takes its answer, a byte at a time would hold a thread for
 * ever, since it is never silent. A thread looks every quarter second and shuts down those that are over. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "cloud/net/server_int.h"
#include "kit/sys/clock.h"
#include "kit/sys/thread.h"

enum { LOOK_MS = 250 };

struct deadline {
    struct deadline *prev, *next;
    int fd;
    int64_t until_ms; /* 0: no deadline */
};
struct deadlines {
    struct http_server *server;
    struct thread *thread;
    pthread_mutex_t mutex;
    struct deadline list; /* a ring, this its head */
};

static int64_t now_ms(void)
{
    struct clock c = clock_real();
    return clock_mono(&c).ms;
}

/* The sockets in the list are open: the library tells of a connection's end before it closes its socket. */
static void cut_those_over(struct deadlines *w)
{
    int64_t now = now_ms();
    pthread_mutex_lock(&w->mutex);
    for (struct deadline *c = w->list.next; c != &w->list; c = c->next) {
        if (c->until_ms == 0 || c->until_ms > now) continue;
        c->until_ms = 0;
        (void)shutdown(c->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&w->mutex);
}

static void run(void *arg)
{
    struct deadlines *w = arg;
    struct pollfd stop = {.fd = w->server->stopping, .events = POLLIN};
    while (poll(&stop, 1, LOOK_MS) <= 0) cut_those_over(w);
}

struct deadlines *deadlines_new(struct http_server *s, struct err *e)
{
    struct deadlines *w = calloc(1, sizeof *w);
    if (w == NULL) {
        (void)err_set(e, &base_causes[BASE_NO_MEMORY], "the server's deadlines");
        return NULL;
    }
    w->server = s;
    w->list.prev = w->list.next = &w->list;
    pthread_mutex_init(&w->mutex, NULL);
    if (thread_start(run, w, &w->thread, e)) return w;
    pthread_mutex_destroy(&w->mutex);
    free(w);
    return NULL;
}

void deadlines_free(struct deadlines *w)
{
    if (w == NULL) return;
    thread_join(w->thread);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

static void begin(struct deadlines *w, struct MHD_Connection *c, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct deadline *one = info ? malloc(sizeof *one) : NULL;
    *context = one;
    if (one == NULL) return; /* silence alone ends it */
    *one = (struct deadline){.fd = info->connect_fd, .until_ms = now_ms() + w->server->opts.request_ms};
    pthread_mutex_lock(&w->mutex);
    one->next = &w->list;
    one->prev = w->list.prev;
    one->prev->next = one->next->prev = one;
    pthread_mutex_unlock(&w->mutex);
}

static void end(struct deadlines *w, void **context)
{
    struct deadline *one = *context;
    if (one == NULL) return;
    pthread_mutex_lock(&w->mutex);
    one->prev->next = one->next;
    one->next->prev = one->prev;
    pthread_mutex_unlock(&w->mutex);
    free(one);
    *context = NULL;
}

void deadlines_connection(void *server, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = server;
    if (s->deadlines == NULL) return;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        begin(s->deadlines, c, context);
    else
        end(s->deadlines, context);
}

void server_deadline(struct http_server *s, struct MHD_Connection *c, uint32_t ms)
{
    if (s->deadlines == NULL) return;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct deadline *one = info ? info->socket_context : NULL;
    if (one == NULL) return;
    pthread_mutex_lock(&s->deadlines->mutex);
    one->until_ms = ms ? now_ms() + ms : 0;
    pthread_mutex_unlock(&s->deadlines->mutex);
}
