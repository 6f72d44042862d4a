/* The listener's life: its keeper, a thread, opens it as soon as it can be, and follows certificate and key. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cloud/net/http.h"
#include "face/api/web/web_int.h"
#include "kit/base/hash.h"
#include "state/store/once.h"

enum {
    BODY_BYTES_MAX = 1 << 20,
    PEM_BYTES_MAX = 1 << 20,
    CONNECTIONS_MAX = 256,
    PEER_CONNECTIONS_MAX = 64,
    REQUEST_MS = 30 * 1000,
    ANSWER_MS = 120 * 1000,
    LOOK_S = 10,
};

static void tell(struct web *w, const char *line)
{
    if (w->opts.tell) w->opts.tell(line);
}

/* Once until it is well again. */
static void tell_fault(struct web *w, const struct err *e)
{
    if (!w->is_faulty)
        (void)fprintf(stderr,
                      "portcullis: warning: the listener: %s\n  code: %s\n  do:   %s It is tried again every %d s.\n",
                      e->text, e->cause->code, e->cause->remedy, LOOK_S);
    w->is_faulty = true;
}

struct pem {
    struct buf key, cert;
    uint64_t hash;
};

static void pem_done(struct pem *p)
{
    if (p->key.p) explicit_bzero(p->key.p, p->key.cap);
    buf_done(&p->key);
    buf_done(&p->cert);
}

static bool pem_read(const struct web *w, struct pem *out, struct err *e)
{
    const struct conf *c = &w->opts.installation->conf;
    struct fs fs = w->opts.installation->fs;
    buf_init(&out->key, PEM_BYTES_MAX);
    buf_init(&out->cert, PEM_BYTES_MAX);
    out->hash = 0;
    if (c->tls_key[0] == '\0') return true;
    if (!fs_read_all(fs, c->tls_certificate, PEM_BYTES_MAX, &out->cert, e)) return err_context(e, "tls.certificate");
    if (!fs_read_all(fs, c->tls_key, PEM_BYTES_MAX, &out->key, e)) return err_context(e, "tls.key");
    out->hash = (hash64_of(out->cert.p, out->cert.n) * 31 + hash64_of(out->key.p, out->key.n)) | 1;
    return true;
}

static bool open_listener(struct web *w, const struct pem *p, struct err *e)
{
    const struct conf *c = &w->opts.installation->conf;
    char line[CONF_URL_BYTES + 64];
    bool is_local = conf_is_loopback(conf_listen_host(str_of(c->listen)));
    struct http_server_opts o = {.address = c->listen,
                                 .tls_key_pem = buf_str(&p->key),
                                 .tls_cert_pem = buf_str(&p->cert),
                                 .body_max = BODY_BYTES_MAX,
                                 .connections_max = CONNECTIONS_MAX,
                                 .peer_connections_max = is_local ? 0 : PEER_CONNECTIONS_MAX,
                                 .request_ms = REQUEST_MS,
                                 .answer_ms = ANSWER_MS,
                                 .handle = web_handle,
                                 .too_large = web_handle_too_large,
                                 .ctx = w};
    if (!http_server_start(&o, &w->server, e)) return false;
    (void)snprintf(line, sizeof line, "listening on http%s://%.*s:%u", c->tls_key[0] ? "s" : "",
                   STR_ARG(conf_listen_host(str_of(c->listen))), http_server_port(w->server));
    tell(w, line);
    return true;
}

/* Opens it, or takes a changed certificate. */
static void look(struct web *w, bool is_reload)
{
    struct pem p;
    struct err e = {0};
    bool ok = pem_read(w, &p, &e);
    if (ok && w->server == NULL) {
        ok = open_listener(w, &p, &e);
    } else if (ok && p.hash && (p.hash != w->files || is_reload)) {
        ok = http_server_tls(w->server, buf_str(&p.key), buf_str(&p.cert), &e);
        if (ok) tell(w, "the listener's certificate is loaded anew");
    }
    if (ok) w->files = p.hash;
    if (ok) w->is_faulty = false;
    if (!ok) tell_fault(w, &e);
    if (w->server) http_server_tend(w->server);
    pem_done(&p);
}

static void keep(void *arg)
{
    struct web *w = arg;
    pthread_mutex_lock(&w->mutex);
    while (!w->is_ending) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += LOOK_S;
        while (!w->is_ending && !w->is_reload && pthread_cond_timedwait(&w->woken, &w->mutex, &until) == 0) {
        }
        if (w->is_ending) break;
        bool is_reload = w->is_reload;
        w->is_reload = false;
        pthread_mutex_unlock(&w->mutex);
        look(w, is_reload);
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
}

static void web_free(struct web *w)
{
    pthread_cond_destroy(&w->woken);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

bool web_start(const struct web_opts *o, struct web **out, struct err *e)
{
    pthread_condattr_t monotonic;
    *out = NULL;
    if (strcmp(o->installation->conf.listen, "off") == 0) return true;
    if (!store_once_interrupt(o->installation->store, e)) return false;
    struct web *w = calloc(1, sizeof *w);
    if (w == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the listener");
    w->opts = *o;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    look(w, false);
    if (!thread_start(keep, w, &w->keeper, e)) {
        http_server_stop(w->server);
        web_free(w);
        return false;
    }
    *out = w;
    return true;
}

static void wake(struct web *w, bool *what)
{
    pthread_mutex_lock(&w->mutex);
    *what = true;
    pthread_cond_signal(&w->woken);
    pthread_mutex_unlock(&w->mutex);
}

void web_reload(struct web *w)
{
    if (w) wake(w, &w->is_reload);
}

void web_stop(struct web *w)
{
    if (w == NULL) return;
    wake(w, &w->is_ending);
    thread_join(w->keeper);
    http_server_stop(w->server);
    web_free(w);
}

bool web_base_url(const struct conf *c, char *out, size_t out_size)
{
    if (c->public_url[0]) return str_copy(str_of(c->public_url), out, out_size);
    if (strcmp(c->listen, "off") == 0 || str_ends(str_of(c->listen), STR(":0"))) return false;
    int n = snprintf(out, out_size, "http%s://%s", c->tls_key[0] ? "s" : "", c->listen);
    return n > 0 && (size_t)n < out_size;
}
