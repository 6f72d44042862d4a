/* Inside cloud/defender: logins, tokens and fetches.
 *
 * A login is what we know of one tenant's use of one app: a token per audience, each with the fetches that wait for it. Nothing
 * calls back on the spot: a fetch that may go on, or has failed, is woken through its own timer, so no callback of a caller
 * ever runs inside a walk over our lists. */
#ifndef CLOUD_DEFENDER_DEFENDER_INT_H
#define CLOUD_DEFENDER_DEFENDER_INT_H

#include <sys/queue.h>

#include "cloud/defender/defender.h"
#include "kit/base/arena.h"
#include "kit/sys/random.h"

LIST_HEAD(login_list, login);
LIST_HEAD(fetch_list, fetch_call);
LIST_HEAD(trial_list, trial);
TAILQ_HEAD(fetch_queue, fetch_call);

struct defender {
    struct loop *loop;
    struct http_client *http, *response_http;
    uint32_t total_timeout_ms, stall_timeout_ms;
    struct rng rng; /* when to renew */
    struct login_list logins;
    struct fetch_list fetches;
    uint64_t last_serial; /* of tokens */
    void (*on_clock)(void *ctx, const struct err *e);
    void *clock_ctx;
    bool is_clock_off;
    void (*on_login)(void *ctx, const struct login_news *n);
    void *login_ctx;
    void (*on_credential)(void *ctx, const struct credential_event *event);
    void *credential_ctx;
    struct trial_list trials;
};

struct token {
    struct login *login;
    enum audience audience;
    struct secret *bearer; /* NULL: none */
    uint64_t serial;       /* tells this token from the ones before it */
    struct mono minted_at, renew_at, usable_until;
    struct buf roles; /* one a line */
    /* the renewal under way */
    struct http_call *renewal; /* NULL: none */
    int64_t credential_id;     /* it was asked with */
    struct buf answer;
    struct fetch_queue waiting;
    /* after a failure */
    struct mono blocked_until;
    uint32_t block_ms; /* the last one; 0: the last login went well */
    struct err why;
};

struct login {
    LIST_ENTRY(login) in_logins;
    struct defender *d;
    struct tenant *tenant; /* the snapshot the tokens were asked for with */
    struct app *app;       /* one of its apps */
    struct mono turned;    /* when another snapshot took the place of the one before */
    unsigned credential;   /* which of the app's is in use: not the active one after a fall-over */
    bool is_told;          /* that a token came */
    bool is_refused;       /* the last answer was that this credential is not taken */
    struct token tokens[AUD_COUNT];
};

struct fetch_call {
    LIST_ENTRY(fetch_call) in_fetches;
    TAILQ_ENTRY(fetch_call) in_waiting;
    struct defender *d;
    struct tenant *tenant;
    struct app *app; /* of the tenant; NULL: it has none */
    const struct endpoint_row *row;
    struct fetch_handler handler;
    char *query, *kql, *body, *id;
    struct timer *wake;
    struct token *awaited; /* in its `waiting` list; NULL: not */
    struct err failure;    /* cause NULL: none yet */
    struct http_call *http;
    uint64_t serial;  /* of the token in use */
    bool is_response; /* over its own connections */
    bool has_renewed; /* after a 401: once */
    bool is_answer;   /* 200, 201 or 206: the body is the caller's */
    bool is_gzip;
    struct buf error_body;
};

/* ---- request.c */
/* Compares our clock with that of a login's answer; off by minutes: `e`, if not NULL, says so at its end. */
void clock_judge(struct defender *d, const struct http_response *r, struct err *e);

/* Percent-encoded, for a form or a part of a path. */
bool url_encode(struct buf *out, struct str text);
/* Each request has an id of ours, which Microsoft's support can look up. */
enum { REQUEST_ID_BYTES = 64 };
const char *request_id_header(char out[REQUEST_ID_BYTES]);

/* The login's answer of 200 (token_answer.c). `out` lives in `a`; roles are appended, one a line. */
struct token_answer {
    struct str bearer;
    int64_t life_s;
};
bool token_answer_read(struct arena *a, struct str body, const struct tenant *tenant, struct token_answer *out,
                       struct buf *roles, struct err *e);

/* One request for a token, with this credential (login_request.c). */
struct login_request {
    const struct tenant *tenant;
    const struct app *app;
    const struct app_credential *credential;
    enum audience audience;
};
/* NULL: it was not sent, `e` says why. */
struct http_call *login_send(struct defender *d, const struct login_request *q, const struct http_handler *h,
                             struct err *e);
/* Is it the credential that the login did not take? Another one may be. */
bool login_blames_credential(const struct cause *c);

enum token_state { TOKEN_READY, TOKEN_COMING, TOKEN_FAILED };
/* TOKEN_READY: *out has a bearer now. TOKEN_COMING: wait in (*out)->waiting. TOKEN_FAILED: `e` says why, and for how long. */
enum token_state token_get(struct defender *d, struct tenant *t, struct app *app, enum audience audience,
                           struct token **out, struct err *e);
/* The API did not take this token. True: it was old enough to be dropped, so asking for a new one makes sense. */
bool token_drop(struct defender *d, const struct fetch_call *c);
/* NULL: no login yet. */
struct token *token_find(struct defender *d, const char *tenant_id, const struct app *app, enum audience audience);
struct login *login_of_tenant(struct defender *d, const char *tenant_id,
                              const struct login *after); /* NULL: the first */
bool token_is_old(const struct token *t);                 /* so that a new one may say something else */
bool token_has_role(const struct token *t, struct str role);
void login_free(struct login *l);
/* Which of the tenant's apps an end-point is asked with. */
struct app *endpoint_app(const struct tenant *t, const struct endpoint_row *row);
void trial_free(struct trial *t);

/* The wait for a token is over: go on, or fail with `e`. */
void fetch_wake(struct fetch_call *c, const struct err *e);
void fetch_free(struct fetch_call *c);

#endif
