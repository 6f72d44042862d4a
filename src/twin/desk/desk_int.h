#ifndef TWIN_DESK_INT_H
#define TWIN_DESK_INT_H

#include <pthread.h>

#include "kit/json/json.h"
#include "twin/desk/desk.h"

enum { DESK_KEPT_MAX = 4096, DESK_PHONES_MAX = 64 };

/* Something that came in: a mail or a post to a room. */
struct desk_post {
    char room[32]; /* "mail", "pagerduty", or the hook's name */
    char sender[256], recipient[256], user[64], signature[96], timestamp[24], delivery[64];
    bool is_tls;
    struct wall at;
    char *text;
    size_t bytes;
};
struct desk_call {
    char sid[40], to[32], from[32], flow[40], account[40];
    char *spoken;     /* what it says: the flow's `say`, or the TwiML */
    char *parameters; /* of an execution: JSON, checked */
    struct wall at;
};
/* How the person behind a number behaves. */
struct desk_phone {
    char number[32], keys[8], pin[16], manner[16]; /* "human", "machine", "busy", "no-answer", "failed" */
    int64_t answers_ms, presses_ms;
};
struct desk {
    struct clock clock;
    pthread_mutex_t lock; /* guards all below */
    uint16_t mail_port;
    struct desk_post posts[DESK_KEPT_MAX];
    size_t post_count;
    struct desk_call calls[DESK_KEPT_MAX];
    size_t call_count;
    struct desk_phone phones[DESK_PHONES_MAX];
    size_t phone_count;
    char fault[16]; /* "429", "500", "lost": of the next `faults` requests for a call */
    unsigned faults, retry_after_s;
};

void desk_reply_json(struct http_exchange *x, int status, const struct buf *json);
/* voice.c; the lock is held. */
void voice_handle(struct desk *d, struct http_exchange *x, struct buf *out, int *status_out);
bool voice_is_ours(const char *path);
void voice_list(struct desk *d, struct buf *out); /* all calls, for /twin/calls */
struct desk_phone *voice_phone(struct desk *d, const char *number);

#endif
