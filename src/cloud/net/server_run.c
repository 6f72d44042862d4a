/* The server: its socket, its daemon, and the daemon of the certificate before while that one drains. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/net/server_int.h"
#include "kit/sys/clock.h"

enum {
    CONNECTIONS_DEFAULT = 1024,
    IDLE_TIMEOUT_S = 300,
    CONNECTION_MEMORY = 64 * 1024, /* request headers, and the piece of a stream under way */
    THREAD_STACK = 1024 * 1024,
    RETIRE_MS = 60 * 1000,
};

static int64_t now_ms(void)
{
    struct clock c = clock_real();
    return clock_mono(&c).ms;
}

/* `fd` is the daemon's from here on, unless it does not start. */
static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
    static char tls_versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    const struct http_server_opts *o = &s->opts;
    bool is_tls = s->key_pem[0] != '\0';
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, s->key_pem},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert_pem},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, tls_versions},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC;
    return MHD_start_daemon(
        flags | (is_tls ? MHD_USE_TLS : 0u), s->port, NULL, NULL, exchange_go_on, s, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, s,
        MHD_OPTION_NOTIFY_CONNECTION, deadlines_connection, s, MHD_OPTION_CONNECTION_LIMIT,
        o->connections_max ? o->connections_max : (unsigned)CONNECTIONS_DEFAULT, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        o->peer_connections_max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)THREAD_STACK, MHD_OPTION_ARRAY, is_tls ? tls : none, MHD_OPTION_END);
}

static bool begin_daemon(struct http_server *s, struct err *e)
{
    int fd = dup(s->listen_fd);
    struct MHD_Daemon *d = fd >= 0 ? start_daemon(s, fd) : NULL;
    if (d == NULL && fd >= 0) (void)close(fd);
    if (d) s->daemon = d;
    return d || err_set(e, &net_causes[NET_BIND], "starting a server on %s: the library refused%s", s->address,
                        s->key_pem[0] ? " (do key and certificate fit each other?)" : "");
}

static void wipe(char *pem)
{
    if (pem) explicit_bzero(pem, strlen(pem));
    free(pem);
}

static void server_free(struct http_server *s)
{
    deadlines_free(s->deadlines);
    if (s->stopping >= 0) (void)close(s->stopping);
    if (s->listen_fd >= 0) (void)close(s->listen_fd);
    wipe(s->key_pem);
    free(s->cert_pem);
    free(s->address);
    free(s);
}

static struct http_server *server_alloc(const struct http_server_opts *o)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->opts = *o;
    s->address = str_dup(str_of(o->address));
    s->key_pem = str_dup(o->tls_key_pem);
    s->cert_pem = str_dup(o->tls_cert_pem);
    s->opts.address = NULL;
    s->opts.tls_key_pem = s->opts.tls_cert_pem = STR_NONE;
    s->listen_fd = -1;
    s->stopping = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->address && s->key_pem && s->cert_pem && s->stopping >= 0) return s;
    server_free(s);
    return NULL;
}

static void tell_to_stop(struct http_server *s)
{
    static const uint64_t one = 1;
    INVARIANT(write(s->stopping, &one, sizeof one) == sizeof one);
}

bool http_server_start(const struct http_server_opts *o, struct http_server **out, struct err *e)
{
    INVARIANT((o->tls_key_pem.n > 0) == (o->tls_cert_pem.n > 0));
    struct http_server *s = server_alloc(o);
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting a server on %s", o->address);
    s->listen_fd = listen_on(o->address, &s->port, e);
    if (s->listen_fd < 0) {
        server_free(s);
        return false;
    }
    bool has_deadlines = o->request_ms || o->answer_ms;
    if ((has_deadlines && !(s->deadlines = deadlines_new(s, e))) || !begin_daemon(s, e)) {
        tell_to_stop(s);
        listen_unlink(o->address);
        server_free(s);
        return false;
    }
    *out = s;
    return true;
}

static void end_retired(struct http_server *s)
{
    if (s->retired) MHD_stop_daemon(s->retired);
    s->retired = NULL;
}

bool http_server_tls(struct http_server *s, struct str key_pem, struct str cert_pem, struct err *e)
{
    INVARIANT(s->key_pem[0] != '\0' && key_pem.n > 0 && cert_pem.n > 0);
    char *old_key = s->key_pem, *old_cert = s->cert_pem;
    struct MHD_Daemon *old = s->daemon;
    end_retired(s);
    s->key_pem = str_dup(key_pem);
    s->cert_pem = str_dup(cert_pem);
    bool ok = s->key_pem && s->cert_pem ? begin_daemon(s, e)
                                        : err_set(e, &base_causes[BASE_NO_MEMORY], "the server's certificate");
    if (ok) {
        int fd = MHD_quiesce_daemon(old); /* it takes no more connections */
        if (fd >= 0) (void)close(fd);
        s->retired = old;
        s->retire_ms = now_ms() + RETIRE_MS;
    }
    wipe(ok ? old_key : s->key_pem); /* the library has read it */
    free(ok ? old_cert : s->cert_pem);
    if (!ok) s->key_pem = old_key, s->cert_pem = old_cert;
    return ok;
}

void http_server_tend(struct http_server *s)
{
    if (s->retired && now_ms() >= s->retire_ms) end_retired(s);
}

void http_server_stop(struct http_server *s)
{
    if (s == NULL) return;
    tell_to_stop(s);
    end_retired(s);
    MHD_stop_daemon(s->daemon); /* shuts every connection down, then joins its thread; closes its listening socket */
    listen_unlink(s->address);
    server_free(s);
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}
