/* Inside cloud/net: a call of the HTTP client.
 *
 * libcurl forbids most of itself inside its own callbacks, and our callers call us from theirs. So http_send, http_resume
 * and http_cancel only note what is wanted and put the call on the client's `wanting` list; the `kick` timer, armed at 0,
 * does it from the loop, outside libcurl. */
#ifndef CLOUD_NET_HTTP_INT_H
#define CLOUD_NET_HTTP_INT_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "cloud/net/http.h"
#include "cloud/net/net_int.h"

LIST_HEAD(call_list, http_call);
TAILQ_HEAD(call_queue, http_call);

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct timer *curl_timer, *kick;
    char *ca_file, *unix_socket;
    struct buf ca_pem; /* what ca_file holds; empty: none, or it cannot be read (libcurl says so then) */
    bool
        is_bundle_enough; /* libcurl has a default bundle: leave the folder out, so that the parsed store can be kept */
    struct call_list calls;
    struct call_queue wanting;
    struct mailer *mailer; /* NULL: no mail yet */
};

struct http_call {
    LIST_ENTRY(http_call) in_calls;
    TAILQ_ENTRY(http_call) in_wanting, in_mails;
    struct http_client *client;
    struct http_handler handler;
    struct http_response response;
    CURL *easy;
    struct curl_slist *headers; /* the bearer is in it: wiped */
    char *body;                 /* may hold a secret: wiped */
    size_t body_bytes;
    size_t body_sent; /* of a mail */
    uint64_t body_max;
    uint32_t stall_ms, answer_ms;
    struct timer *watchdog;
    struct mono last_byte; /* or when the request was about to be sent */
    struct err failure;    /* of the start; cause NULL: none */
    bool is_wanting, is_added, is_sent, has_status, is_raw;
    bool is_held, wants_resume, is_cancelled, is_too_large, is_mail, is_at_mailer, is_to_metadata;
    atomic_bool gives_up; /* of a mail: asked by its thread */
    CURLcode mail_code;
    char method[8];
    char proxy[PROXY_ADDRESS_BYTES]; /* empty: none of ours */
    char place[PLACE_BYTES];
    struct http_look *look; /* the caller's; NULL: none */
    char curl_says[CURL_ERROR_SIZE];
};

/* A call that begins with the next kick; `prepare` sets up call->easy, a failure goes to call->failure. */
typedef void call_prepare_fn(struct http_call *call, const void *request);
struct http_call *call_begin(struct http_client *c, const struct http_handler *h, call_prepare_fn *prepare,
                             const void *request);
call_prepare_fn call_prepare; /* of a struct http_request */
/* `user` NULL or empty: none. */
bool call_set_login(CURL *easy, const char *user, struct str password);
void call_set_trust(CURL *easy, const struct http_client *c);
/* What libcurl's end of the transfer means; false and `e` unless it is a complete response. */
bool call_outcome(const struct http_call *call, CURLcode code, struct err *e);
void call_free(struct http_call *call);
/* The call is over, on the loop and never inside libcurl's callbacks: the handler hears of it, unless it was cancelled, and the
 * call is gone. By an error (NULL: the response is complete), or by what libcurl says. */
void call_finish(struct http_call *call, const struct err *e);
void call_ended(struct http_call *call, CURLcode code);

/* where.c */
void call_keep_from_metadata(struct http_call *call);

/* mailer.c */
void mailer_take(struct http_client *c, struct http_call *call);
void mailer_stop(struct http_client *c); /* before its calls are freed; nothing without mail */

/* look.c */
void look_prepare(CURL *easy, const struct http_look *look);
void look_take(CURL *easy, CURLcode code, struct http_look *look);

#endif
