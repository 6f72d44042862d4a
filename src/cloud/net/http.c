#include "cloud/net/http_int.h"

#include <pthread.h>
#include <stdlib.h>

#include "kit/sys/fs.h"

enum { CONNECTIONS_DEFAULT = 256, CA_BYTES_MAX = 4 << 20 };

static void collect_ended(struct http_client *c)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct http_call *call;
        CURLcode code = m->data.result;
        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call) != CURLE_OK) continue;
        call_ended(call, code);
    }
}

/* A call that is held is the reader's own delay; one without a connection yet is bounded by the connect and total timeouts. */
static void on_watchdog(void *arg)
{
    struct http_call *call = arg;
    struct clock real = clock_real();
    uint32_t limit = call->has_status ? call->stall_ms : call->answer_ms;
    int64_t idle = clock_mono(&real).ms - call->last_byte.ms;
    struct err e;
    if (!call->is_sent || call->is_held) idle = 0;
    if (idle < limit) {
        timer_arm(call->watchdog, (uint64_t)(limit - idle));
        return;
    }
    (void)err_set(&e, &net_causes[NET_STALLED], "%s %s: no byte for %lld ms, after %llu bytes of the body",
                  call->method, call->place, (long long)idle, (unsigned long long)call->response.body_bytes);
    call_finish(call, &e);
}

/* ---- what callers want, done outside libcurl */

static void want(struct http_call *call)
{
    struct http_client *c = call->client;
    if (call->is_wanting) return;
    call->is_wanting = true;
    TAILQ_INSERT_TAIL(&c->wanting, call, in_wanting);
    timer_arm(c->kick, 0);
}

/* A loop with nothing to wait for would end, while a mail is its thread's. */
static void keep_waiting(void *arg)
{
    (void)arg;
}

static void start(struct http_call *call)
{
    if (call->is_mail) {
        call->watchdog = timer_new(call->client->loop, keep_waiting, call);
        timer_arm(call->watchdog, UINT64_C(1) << 40);
        mailer_take(call->client, call);
        return;
    }
    call->watchdog = timer_new(call->client->loop, on_watchdog, call);
    timer_arm(call->watchdog, call->stall_ms < call->answer_ms ? call->stall_ms : call->answer_ms);
    call->is_added = true;
    INVARIANT(curl_multi_add_handle(call->client->multi, call->easy) == CURLM_OK);
}

static void resume(struct http_call *call)
{
    struct clock real = clock_real();
    call->wants_resume = false;
    if (!call->is_held) return;
    call->is_held = false;
    call->last_byte = clock_mono(&real);
    (void)curl_easy_pause(call->easy, CURLPAUSE_CONT); /* may hand the held bytes over at once, and be held again */
}

/* Only what was wanted before: what a callback wants now comes with the next kick, so no two calls can keep the loop here. */
static void on_kick(void *arg)
{
    struct http_client *c = arg;
    struct http_call *call;
    size_t count = 0;
    TAILQ_FOREACH(call, &c->wanting, in_wanting) count++;
    while (count-- > 0 && (call = TAILQ_FIRST(&c->wanting)) != NULL) {
        TAILQ_REMOVE(&c->wanting, call, in_wanting);
        call->is_wanting = false;
        if (call->is_at_mailer) continue; /* ends there, cancelled or not */
        if (call->is_cancelled)
            call_finish(call, NULL);
        else if (call->failure.cause)
            call_finish(call, &call->failure);
        else if (!call->is_added)
            start(call);
        else if (call->wants_resume)
            resume(call);
    }
    collect_ended(c);
}

struct http_call *call_begin(struct http_client *c, const struct http_handler *h, call_prepare_fn *prepare,
                             const void *request)
{
    struct http_call *call = calloc(1, sizeof *call);
    INVARIANT(call != NULL);
    call->client = c;
    call->handler = *h;
    LIST_INSERT_HEAD(&c->calls, call, in_calls);
    prepare(call, request);
    want(call);
    return call;
}

struct http_call *http_send(struct http_client *c, const struct http_request *q, const struct http_handler *h)
{
    return call_begin(c, h, call_prepare, q);
}

void http_resume(struct http_call *call)
{
    call->wants_resume = true;
    want(call);
}

void http_cancel(struct http_call *call)
{
    call->is_cancelled = true;
    atomic_store(&call->gives_up, true);
    want(call);
}

/* ---- libcurl on the loop */

static void act(struct http_client *c, curl_socket_t fd, int events)
{
    int running;
    (void)curl_multi_socket_action(c->multi, fd, events, &running);
    collect_ended(c);
}

static void on_socket_ready(void *arg, int fd, int events)
{
    int to_curl = (events & WATCH_READ ? CURL_CSELECT_IN : 0) | (events & WATCH_WRITE ? CURL_CSELECT_OUT : 0) |
                  (events & WATCH_ERROR ? CURL_CSELECT_ERR : 0);
    act(arg, fd, to_curl);
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct http_client *c = arg;
    struct watch *w = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        watch_free(w);
        (void)curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (w == NULL) {
        w = watch_new(c->loop, fd, on_socket_ready, c);
        (void)curl_multi_assign(c->multi, fd, w);
    }
    watch_set(w, (what & CURL_POLL_IN ? WATCH_READ : 0) | (what & CURL_POLL_OUT ? WATCH_WRITE : 0));
    return 0;
}

static void on_curl_timer(void *arg)
{
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
    struct http_client *c = arg;
    (void)multi;
    if (ms < 0)
        timer_disarm(c->curl_timer);
    else
        timer_arm(c->curl_timer, (uint64_t)ms);
    return 0;
}

static void global_init(void)
{
    INVARIANT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static bool default_bundle_exists(void)
{
    char *bundle = NULL;
    CURL *easy = curl_easy_init();
    bool yes = easy && curl_easy_getinfo(easy, CURLINFO_CAINFO, &bundle) == CURLE_OK && bundle != NULL;
    curl_easy_cleanup(easy);
    return yes;
}

static bool copy_opts(struct http_client *c, const struct http_client_opts *o)
{
    c->ca_file = o->ca_file ? str_dup(str_of(o->ca_file)) : NULL;
    c->unix_socket = o->unix_socket ? str_dup(str_of(o->unix_socket)) : NULL;
    c->is_bundle_enough = default_bundle_exists();
    buf_init(&c->ca_pem, CA_BYTES_MAX);
    if (o->ca_file && !fs_read_all(fs_real(), o->ca_file, CA_BYTES_MAX, &c->ca_pem, NULL)) c->ca_pem.n = 0;
    return (!o->ca_file || c->ca_file) && (!o->unix_socket || c->unix_socket);
}

bool http_client_new(struct loop *l, const struct http_client_opts *o, struct http_client **out, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, global_init);
    struct http_client *c = calloc(1, sizeof *c);
    if (c == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "making the HTTP client");
    c->loop = l;
    LIST_INIT(&c->calls);
    TAILQ_INIT(&c->wanting);
    c->curl_timer = timer_new(l, on_curl_timer, c);
    c->kick = timer_new(l, on_kick, c);
    c->multi = curl_multi_init();
    if (c->multi == NULL || !copy_opts(c, o)) {
        http_client_free(c);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "making the HTTP client");
    }
    long most = o->connections_max ? (long)o->connections_max : CONNECTIONS_DEFAULT;
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, most);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)o->per_host_max);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    *out = c;
    return true;
}

void http_client_free(struct http_client *c)
{
    struct http_call *call;
    if (c == NULL) return;
    mailer_stop(c);
    while ((call = LIST_FIRST(&c->calls)) != NULL) {
        call->is_cancelled = true;
        call_finish(call, NULL);
    }
    if (c->multi) (void)curl_multi_cleanup(c->multi); /* closes the pool; its last socket and timer calls come here */
    timer_free(c->curl_timer);
    timer_free(c->kick);
    buf_done(&c->ca_pem);
    free(c->ca_file);
    free(c->unix_socket);
    free(c);
}
