/* A mail is a call of the HTTP client whose transfer is SMTP's. */
#include "cloud/net/mail.h"

#include <stdio.h>
#include <string.h>

#include "cloud/net/http_int.h"

enum { MAIL_TIMEOUT_MS = 30 * 1000, GOODBYE_S = 15, SMTP_CODE_DIGITS = 3, SMTP_BYE = 221, MAIL_URL_BYTES = 256 };

static const struct {
    const char *scheme, *curl;
    bool is_tls; /* however near the server is */
} schemes[] = {{"smtp://", "smtp://", false}, {"starttls://", "smtp://", true}, {"smtps://", "smtps://", true}};

/* The address as libcurl takes it, and whether it has to be encrypted. */
static const char *read_server(const char *server, char url_out[MAIL_URL_BYTES], char place_out[PLACE_BYTES],
                               bool *needs_tls_out)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i].scheme);
        if (strncmp(server, schemes[i].scheme, n) != 0) continue;
        bool is_loopback = false;
        if (server[n] == '\0' || strpbrk(server + n, "/@?# \t\r\n") != NULL || strlen(server) >= PLACE_BYTES)
            return "the address names a host, perhaps a port, and no more";
        (void)snprintf(url_out, MAIL_URL_BYTES, "%s%s", schemes[i].curl, server + n);
        (void)snprintf(place_out, PLACE_BYTES, "%s", server + n);
        if (!url_host_is_loopback(url_out, &is_loopback)) return "the address has no host that can be called";
        *needs_tls_out = schemes[i].is_tls || !is_loopback;
        return NULL;
    }
    return "the address begins with smtp://, starttls:// or smtps://";
}

const char *mail_url_fault(const char *url)
{
    char to_curl[MAIL_URL_BYTES], place[PLACE_BYTES];
    bool needs_tls;
    return read_server(url, to_curl, place, &needs_tls);
}

bool mail_address_ok(struct str address)
{
    size_t at = str_find(address, STR("@"), 0);
    if (at == SIZE_MAX || at == 0 || at + 1 >= address.n || address.n > 254) return false;
    for (size_t i = 0; i < address.n; i++) {
        unsigned char c = (unsigned char)address.p[i];
        if (c <= ' ' || c >= 0x7f || strchr("<>()[],;:\\\"", c) != NULL || (c == '@' && i != at)) return false;
    }
    return true;
}

/* ---- callbacks of libcurl */

static size_t on_reply(char *p, size_t one, size_t n, void *arg)
{
    struct http_call *call = arg;
    struct str line = str_trim((struct str){p, n * one});
    uint64_t code;
    if (atomic_load(&call->gives_up)) return CURL_WRITEFUNC_ERROR;
    if (line.n < SMTP_CODE_DIGITS || !str_to_u64(str_sub(line, 0, SMTP_CODE_DIGITS), &code)) return n * one;
    if (code == SMTP_BYE) return n * one; /* after a refusal: that is the answer */
    call->response.status = (int)code;
    call->has_status = call->is_sent = true;
    (void)snprintf(call->response.warning, sizeof call->response.warning, "%.*s", STR_ARG(line));
    return n * one;
}

static size_t on_wanted(char *p, size_t one, size_t n, void *arg)
{
    struct http_call *call = arg;
    size_t left = call->body_bytes - call->body_sent, room = n * one;
    if (atomic_load(&call->gives_up)) return CURL_READFUNC_ABORT;
    if (left > room) left = room;
    memcpy(p, call->body + call->body_sent, left);
    call->body_sent += left;
    return left;
}

/* About once a second, also while nothing comes. */
static int on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    struct http_call *call = arg;
    (void)down_all, (void)down, (void)up_all, (void)up;
    return atomic_load(&call->gives_up);
}

/* ---- a mail to libcurl's options */

static bool set_envelope(struct http_call *call, const struct mail_request *q)
{
    char from[300], to[300];
    (void)snprintf(from, sizeof from, "<%s>", q->sender);
    (void)snprintf(to, sizeof to, "<%s>", q->recipient);
    call->headers = curl_slist_append(NULL, to);
    return call->headers && curl_easy_setopt(call->easy, CURLOPT_MAIL_FROM, from) == CURLE_OK &&
           curl_easy_setopt(call->easy, CURLOPT_MAIL_RCPT, call->headers) == CURLE_OK;
}

static bool set_transfer(struct http_call *call, const struct mail_request *q, bool needs_tls)
{
    CURL *easy = call->easy;
    uint32_t total = q->total_timeout_ms ? q->total_timeout_ms : MAIL_TIMEOUT_MS;
    call->body_bytes = q->message.n;
    call->body = str_dup(q->message);
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_says);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)total);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)total);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT,
                           1L); /* never repeated by libcurl itself on a stale connection */
    (void)curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)GOODBYE_S); /* of the goodbye too */
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, call);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_reply);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_wanted);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, call);
    call_keep_from_metadata(call);
    call_set_trust(easy, call->client);
    return call->body != NULL;
}

static void prepare(struct http_call *call, const void *request)
{
    const struct mail_request *q = request;
    char url[MAIL_URL_BYTES];
    bool needs_tls = true;
    const char *fault = read_server(q->server, url, call->place, &needs_tls);
    (void)str_copy(STR("MAIL"), call->method, sizeof call->method);
    call->is_mail = true;
    if (fault == NULL && !(mail_address_ok(str_of(q->sender)) && mail_address_ok(str_of(q->recipient))))
        fault = "the sender or the recipient is not a bare mail address";
    if (fault) {
        (void)err_set(&call->failure, &net_causes[NET_BAD_MAIL], "%s", fault);
        return;
    }
    call->easy = curl_easy_init();
    if (call->easy == NULL || curl_easy_setopt(call->easy, CURLOPT_URL, url) != CURLE_OK ||
        !set_transfer(call, q, needs_tls) || !call_set_login(call->easy, q->user, q->password) ||
        !set_envelope(call, q))
        (void)err_set(&call->failure, &base_causes[BASE_NO_MEMORY], "mail to %s", call->place);
}

struct http_call *mail_send(struct http_client *c, const struct mail_request *q, const struct http_handler *h)
{
    return call_begin(c, h, prepare, q);
}
