#include "cloud/net/http_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_DEFAULT_MS = 10 * 1000,
    STALL_DEFAULT_MS = 30 * 1000,
    TOTAL_DEFAULT_MS = 300 * 1000,
    BODY_MAX_DEFAULT = 1 << 20,
    PIECE_BYTES = 32 * 1024,
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_EVERY_S = 30,
    SMTP_REFUSED = 400,
};

#define CERTIFICATES "/etc/ssl/certs" /* the system's, as http.h says */

static struct mono mono_now(void)
{
    struct clock real = clock_real(); /* timers count real time, so the watchdog does */
    return clock_mono(&real);
}

/* ---- callbacks of libcurl */

static int on_connected(void *arg, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct http_call *call = arg;
    (void)peer_ip, (void)own_ip, (void)peer_port, (void)own_port;
    call->is_sent = true;
    call->last_byte = mono_now();
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *p, size_t one, size_t n, void *arg)
{
    struct http_call *call = arg;
    struct http_response *r = &call->response;
    struct str line = {p, n * one};
    call->last_byte = mono_now();
    if (call->is_cancelled) return CURL_WRITEFUNC_ERROR;
    bool is_end = str_trim(line).n == 0;
    if (!is_end) response_header(r, line, clock_wall(loop_clock(call->client->loop)));
    if (!is_end || r->status < 200 || call->has_status) return line.n;
    if (!call->is_raw) r->is_gzip = false; /* decoded on the way */
    call->has_status = true;
    if (call->handler.on_status) call->handler.on_status(call->handler.ctx, r);
    return line.n;
}

static size_t on_piece(char *p, size_t one, size_t n, void *arg)
{
    struct http_call *call = arg;
    size_t bytes = n * one;
    call->last_byte = mono_now();
    if (call->is_cancelled) return CURL_WRITEFUNC_ERROR;
    if (bytes > call->body_max - call->response.body_bytes) {
        call->is_too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (call->handler.on_body && !call->handler.on_body(call->handler.ctx, p, bytes)) {
        call->is_held = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    call->response.body_bytes += bytes;
    return bytes;
}

/* ---- a request to libcurl's options */

static bool add_header(struct http_call *call, const char *line)
{
    struct curl_slist *longer = curl_slist_append(call->headers, line);
    if (longer) call->headers = longer;
    return longer != NULL;
}

static bool add_bearer(struct http_call *call, struct str bearer)
{
    struct buf line;
    buf_init(&line, 0);
    bool ok = buf_reserve(&line, bearer.n + 64) && /* at once: a buffer that moved would leave a copy behind */
              buf_add_str(&line, STR("Authorization: Bearer ")) && buf_add_str(&line, bearer) &&
              add_header(call, buf_cstr(&line));
    if (line.p) explicit_bzero(line.p, line.cap);
    buf_done(&line);
    return ok;
}

static bool set_headers(struct http_call *call, const struct http_request *q)
{
    bool ok = add_header(call, "Expect:"); /* never a round trip for "100 Continue": our bodies are small */
    for (const char *const *h = q->headers; ok && h && *h; h++) ok = add_header(call, *h);
    if (ok && q->raw_gzip) ok = add_header(call, "Accept-Encoding: gzip");
    if (ok && q->bearer.n) ok = add_bearer(call, q->bearer);
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    return ok;
}

static bool set_body(struct http_call *call, const struct http_request *q)
{
    bool is_get = strcmp(q->method, "GET") == 0;
    if (!is_get || q->body.n) {
        call->body = str_dup(q->body);
        if (call->body == NULL) return false;
        call->body_bytes = q->body.n;
        (void)curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
        (void)curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body); /* not copied by libcurl */
    }
    if (strcmp(q->method, "POST") != 0 && (!is_get || q->body.n))
        (void)curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, q->method);
    return true;
}

void call_set_trust(CURL *easy, const struct http_client *c)
{
    if (c->ca_file) (void)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, c->ca_file);
    if (c->ca_file)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
    else if (c->is_bundle_enough)
        (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

bool call_set_login(CURL *easy, const char *user, struct str secret)
{
    if (user == NULL || user[0] == '\0') return true;
    char *password = str_dup(secret);
    bool ok = password && curl_easy_setopt(easy, CURLOPT_USERNAME, user) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_PASSWORD, password) == CURLE_OK;
    if (password) explicit_bzero(password, secret.n);
    free(password);
    return ok;
}

static void set_limits(struct http_call *call, const struct http_request *q)
{
    CURL *easy = call->easy;
    call->stall_ms = q->stall_timeout_ms ? q->stall_timeout_ms : STALL_DEFAULT_MS;
    call->answer_ms = q->answer_timeout_ms ? q->answer_timeout_ms : call->stall_ms;
    call->body_max = q->body_max ? q->body_max : BODY_MAX_DEFAULT;
    if (call->body_max > INT64_MAX) call->body_max = INT64_MAX;
    (void)curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->body_max);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           (long)(q->connect_timeout_ms ? q->connect_timeout_ms : CONNECT_DEFAULT_MS));
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                           (long)(q->total_timeout_ms ? q->total_timeout_ms : TOTAL_DEFAULT_MS));
}

static void set_transport(struct http_call *call, const struct http_request *q, bool is_loopback)
{
    CURL *easy = call->easy;
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "Portcullis");
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)PIECE_BYTES);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EVERY_S);
    /* libcurl repeats a request by itself if a kept connection closes before the first byte of an answer, a POST too; but
     * that it was not carried out nobody knows. */
    if (q->is_change) (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (is_loopback) (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* a proxy is not this machine */
    if (call->client->unix_socket) (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call->client->unix_socket);
    if (q->raw_gzip) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
        (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    } else {
        (void)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
        (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    }
}

/* Added to those of the system's folder, and to ca_file's. */
static bool set_more_trust(struct http_call *call, const char *ca_pem)
{
    struct buf all;
    buf_init(&all, 0);
    bool ok = buf_add_str(&all, buf_str(&call->client->ca_pem)) && buf_add_str(&all, STR("\n")) &&
              buf_add_str(&all, str_of(ca_pem));
    struct curl_blob blob = {all.p, all.n, CURL_BLOB_COPY};
    ok = ok && curl_easy_setopt(call->easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
         curl_easy_setopt(call->easy, CURLOPT_PROXY_CAINFO_BLOB, &blob) == CURLE_OK &&
         curl_easy_setopt(call->easy, CURLOPT_CAPATH, CERTIFICATES) == CURLE_OK &&
         curl_easy_setopt(call->easy, CURLOPT_PROXY_CAPATH, CERTIFICATES) == CURLE_OK;
    buf_done(&all);
    return ok;
}

static bool set_proxy_login(CURL *easy, const struct proxy_rule *rule)
{
    if (rule->user[0] == '\0') return true;
    char *password = str_dup(rule->password ? secret_reveal(rule->password) : STR(""));
    bool ok = password && curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, rule->user) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, password) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_PROXYAUTH, CURLAUTH_ANY) == CURLE_OK;
    if (password) explicit_bzero(password, strlen(password));
    free(password);
    return ok;
}

static bool set_proxy(struct http_call *call, const struct proxy_rule *rule)
{
    CURL *easy = call->easy;
    if (rule == NULL) return true;
    if (rule->ca_pem && !set_more_trust(call, rule->ca_pem)) return false;
    bool is_direct = proxy_is_direct(rule);
    if (curl_easy_setopt(easy, CURLOPT_NOPROXY, is_direct ? "*" : "") != CURLE_OK)
        return false; /* not the environment's */
    if (is_direct) return true;
    (void)str_copy(str_of(rule->address), call->proxy, sizeof call->proxy);
    return curl_easy_setopt(easy, CURLOPT_PROXY, rule->address) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) == CURLE_OK && set_proxy_login(easy, rule);
}

static void set_callbacks(struct http_call *call)
{
    CURL *easy = call->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_says);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_piece);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    call_keep_from_metadata(call);
}

void call_prepare(struct http_call *call, const void *request)
{
    const struct http_request *q = request;
    bool is_loopback;
    call->is_raw = q->raw_gzip;
    INVARIANT(str_copy(str_of(q->method), call->method, sizeof call->method));
    if (!url_allowed(q->url, call->client->unix_socket != NULL, call->place, &is_loopback, &call->failure)) return;
    if (q->is_secret_path) call->place[strcspn(call->place, "/")] = '\0';
    call->easy = curl_easy_init();
    if (call->easy == NULL || curl_easy_setopt(call->easy, CURLOPT_URL, q->url) != CURLE_OK || !set_headers(call, q) ||
        !call_set_login(call->easy, q->user, q->password) || !set_body(call, q)) {
        (void)err_set(&call->failure, &base_causes[BASE_NO_MEMORY], "%s %s", call->method, call->place);
        return;
    }
    call_set_trust(call->easy, call->client);
    set_limits(call, q);
    set_transport(call, q, is_loopback);
    if (!set_proxy(call, q->proxy)) {
        (void)err_set(&call->failure, &base_causes[BASE_NO_MEMORY], "%s %s", call->method, call->place);
        return;
    }
    set_callbacks(call);
    call->look = q->look;
    if (q->look) look_prepare(call->easy, q->look);
}

/* ---- the end of a transfer */

static const struct {
    CURLcode code;
    int cause;
} outcomes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, NET_DNS},
    {CURLE_COULDNT_CONNECT, NET_CONNECT},
    {CURLE_SSL_CONNECT_ERROR, NET_TLS_REFUSED},
    {CURLE_PEER_FAILED_VERIFICATION, NET_TLS_REFUSED},
    {CURLE_USE_SSL_FAILED, NET_TLS_REFUSED},
    {CURLE_SSL_CERTPROBLEM, NET_TLS_REFUSED},
    {CURLE_SSL_CACERT_BADFILE, NET_TLS_REFUSED},
    {CURLE_SSL_ISSUER_ERROR, NET_TLS_REFUSED},
    {CURLE_SSL_INVALIDCERTSTATUS, NET_TLS_REFUSED},
    {CURLE_OPERATION_TIMEDOUT, NET_TIMEOUT},
    {CURLE_PARTIAL_FILE, NET_CUT},
    {CURLE_GOT_NOTHING, NET_CUT},
    {CURLE_SEND_ERROR, NET_CUT},
    {CURLE_RECV_ERROR, NET_CUT},
    {CURLE_HTTP2_STREAM, NET_CUT},
    {CURLE_FILESIZE_EXCEEDED, NET_TOO_LARGE},
    {CURLE_URL_MALFORMAT, NET_BAD_URL},
    {CURLE_UNSUPPORTED_PROTOCOL, NET_BAD_URL},
};

/* The proxy's own answer to CONNECT; 0: it gave none, or there is no proxy. */
static long tunnel_status(const struct http_call *call)
{
    long status = 0;
    if (call->easy) (void)curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status;
}

/* The way to the proxy itself; what lies behind it, libcurl says in the same words. */
static bool proxy_was_not_reached(const struct http_call *call, CURLcode code)
{
    if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY) return true;
    return call->proxy[0] && !call->is_sent && tunnel_status(call) == 0 &&
           (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT);
}

static int cause_of(const struct http_call *call, CURLcode code)
{
    enum { LOGIN_WANTED = 407, LOGIN_WRONG = 401 /* tinyproxy, of a wrong one */, REFUSED = 400 };
    long status = tunnel_status(call);
    if (call->is_to_metadata && !call->is_sent) return NET_METADATA;
    if (proxy_was_not_reached(call, code)) return NET_PROXY_UNREACHED;
    if (status == LOGIN_WANTED || status == LOGIN_WRONG) return NET_PROXY_LOGIN;
    if (status >= REFUSED) return NET_PROXY_REFUSED;
    if (code == CURLE_OPERATION_TIMEDOUT && !call->is_sent) return NET_CONNECT;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].code == code) return outcomes[i].cause;
    return NET_PROTOCOL;
}

bool call_outcome(const struct http_call *call, CURLcode code, struct err *e)
{
    const char *says = call->curl_says[0] ? call->curl_says : curl_easy_strerror(code);
    if (call->look) look_take(call->easy, code, call->look);
    if (call->look && call->look->only_connects && code == CURLE_OK) return true;
    if (code == CURLE_OK && call->has_status) return true;
    if (call->is_mail && call->response.status >= SMTP_REFUSED) return true; /* a refusal is an answer */
    if (call->is_too_large || code == CURLE_FILESIZE_EXCEEDED)
        return err_set(e, &net_causes[NET_TOO_LARGE], "%s %s: the answer has more than %llu bytes", call->method,
                       call->place, (unsigned long long)call->body_max);
    if (code == CURLE_OUT_OF_MEMORY)
        return err_set(e, &base_causes[BASE_NO_MEMORY], "%s %s", call->method, call->place);
    return err_set(e, &net_causes[cause_of(call, code)], "%s %s%s%s: %s", call->method, call->place,
                   call->proxy[0] ? " through the proxy " : "", call->proxy, says);
}

void call_free(struct http_call *call)
{
    timer_free(call->watchdog);
    if (call->easy) curl_easy_cleanup(call->easy);
    for (struct curl_slist *h = call->headers; h; h = h->next) explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(call->headers);
    if (call->body) explicit_bzero(call->body, call->body_bytes);
    free(call->body);
    free(call);
}

/* ---- ends of calls; never inside libcurl's callbacks */

static void detach(struct http_call *call)
{
    struct http_client *c = call->client;
    LIST_REMOVE(call, in_calls);
    if (call->is_wanting) TAILQ_REMOVE(&c->wanting, call, in_wanting);
    call->is_wanting = false;
    if (call->is_added) (void)curl_multi_remove_handle(c->multi, call->easy);
    call->is_added = false;
}

void call_finish(struct http_call *call, const struct err *e)
{
    detach(call);
    if (!call->is_cancelled) call->handler.on_done(call->handler.ctx, &call->response, e);
    call_free(call);
}

void call_ended(struct http_call *call, CURLcode code)
{
    struct err e;
    call_finish(call, call_outcome(call, code, &e) ? NULL : &e);
}
