/* Telling people: takes notices out of the store's outbox and brings them to persons and channels, up the ladder until
 * somebody has answered.
 *
 * The outbox is the store: notices and their deliveries are durable before a byte goes out, so nothing is lost by a crash, and
 * what may have been sent is sent again under the same name (message id, dedup key), or, a call, first looked for at the
 * provider. One round at a time runs on a worker: it takes in what came back, looks at every notice and delivery that is due,
 * and gives the loop what to send. All calls here are for the loop thread. */
#ifndef FLOW_NOTIFY_NOTIFY_H
#define FLOW_NOTIFY_NOTIFY_H

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/base/zone.h"
#include "kit/sys/clock.h"
#include "kit/sys/runtime.h"
#include "state/store/notices.h"
#include "state/store/people.h"
#include "state/store/store.h"

/* What goes out, once rendered. Texts are borrowed during `send`. */
struct wire_request {
    bool is_mail;
    bool is_secret_path;            /* the URL's path is a secret */
    const char *method, *url;       /* mail: the server's address */
    const char *const *headers;     /* NULL-terminated */
    const struct proxy_rule *proxy; /* NULL: none of ours */
    const char *user;
    struct str secret; /* the password; empty: none */
    struct str body;   /* mail: the message */
    const char *sender, *recipient;
};
struct wire_answer {
    int status; /* HTTP's or SMTP's */
    uint32_t retry_after_ms;
    struct str body;     /* of HTTP, at most WIRE_BODY_MAX; of SMTP its last line */
    const struct err *e; /* not NULL: no answer came; it may or may not have been taken */
};
enum { WIRE_BODY_MAX = 256 << 10 };
/* The network: the service's HTTP client, or a simulation's. `done` comes later, from the loop, once; after `cancel` for nothing
 * that was sent before. */
struct wire {
    void *ctx;
    void (*cancel)(void *ctx);
    void (*send)(void *ctx, const struct wire_request *q, void (*done)(void *arg, const struct wire_answer *a),
                 void *arg);
};
struct http_client;
struct wire_net;
struct wire_net *wire_net_new(struct http_client *c); /* borrows the client */
void wire_net_free(struct wire_net *w);               /* before its client; accepts NULL */
struct wire wire_of_net(struct wire_net *w);

/* What a person pressed. The id is made of delivery and key: a repeated order is the same one. */
enum order_key { KEY_ACKNOWLEDGE = '1', KEY_APPROVE = '2', KEY_RELEASE = '3', KEY_STOP = '9' };
struct notify_order {
    char id[48];
    enum order_key key;
    const char *person;                 /* by name, PIN proved but for an acknowledgement */
    const struct notice_record *notice; /* what it is about: decision, action, device, incident, tenant */
};

struct notify_opts {
    struct runtime runtime;
    struct clock clock;
    struct store *store; /* borrowed */
    struct wire wire;
    /* Durable when it returns true, and the same order twice changes nothing. On a worker, outside of a transaction; false: asked
     * again later. *settled_out false: the notice still waits for somebody (a second approval). May be NULL. */
    bool (*order)(void *ctx, const struct notify_order *o, bool *settled_out, struct err *e);
    /* A time zone by name, borrowed for as long as notify lives; NULL: UTC. Workers. May be NULL. */
    const struct zone *(*zone)(void *ctx, const char *name);
    void *ctx;
    uint64_t seed;      /* of the jitter */
    uint32_t poll_ms;   /* how often a call under way is asked about; 0: 3 s */
    uint32_t gather_ms; /* how long notices of one shared cause are gathered; 0: 5 s */
};
struct notify;
bool notify_new(const struct notify_opts *o, struct notify **out, struct err *e);
void notify_start(struct notify *n);
void notify_wake(struct notify *n); /* something was put into the outbox */
/* No callback and no work is under way when `done` comes. */
void notify_stop(struct notify *n, void (*done)(void *arg), void *arg);
void notify_free(struct notify *n); /* once stopped, or never started; accepts NULL */

/* Somebody has answered it: nobody is called about it any more, the pager is told, and everybody reads who has it. One
 * transaction; blocking, workers. Nothing when it is answered already. */
bool notify_answered(struct store *s, struct wall now, int64_t notice_id, const char *by, const char *answer,
                     struct err *e);

/* Of one cause at several customers the first notice carries the others: their names, as far as the reader may know them. */
struct notice_reader {
    bool (*sees)(void *arg, const char *tenant_id);
    void *arg;
};
/* The whole of what `n` says, its own text first. NULL: the reader sees all. Blocking, workers. */
bool notice_text(struct store *s, const struct notice_record *n, const struct notice_reader *reader, struct buf *out,
                 struct err *e);

/* How it stands, for health and readiness; blocking, workers. */
struct notify_state {
    uint64_t open;                        /* notices not yet settled */
    uint64_t dead;                        /* deliveries given up within the last day */
    struct wall oldest;                   /* the oldest notice nobody has been told of; 0: none */
    unsigned channels;                    /* enabled */
    bool has_phone;                       /* a phone channel is there */
    bool has_keys;                        /* and asks for keys: it has a flow */
    unsigned on_duty;                     /* persons on the tenant's list "on-call" right now */
    unsigned on_duty_phone;               /* of them with a number */
    char error_code[64], error_text[400]; /* of the newest delivery given up */
};
bool notify_look(struct store *s, const char *tenant_id, const struct zone *zone, struct wall now,
                 struct notify_state *out, struct err *e);

/* One letter to somebody who is no person of ours, at once, over a channel of kind email. Blocking: workers only. Nothing is kept of it:
 * true means the mail server has taken it. NOTIFY_NO_CHANNEL, NOTIFY_REFUSED, NOTIFY_UNAVAILABLE, NOTIFY_LOGIN, net causes. */
struct letter {
    const char *channel; /* NULL: the first that is ready */
    const char *recipient, *subject;
    struct str text;
    const char *ca_file; /* as http_client_opts has it */
    struct wall now;
};
bool notify_letter(struct store *s, const struct letter *l, struct err *e);

/* What a channel must have, as text for a person, or NULL: it is complete. `has_secret`: one is sealed in the store. */
const char *channel_fault(const struct channel_record *c, bool has_secret);
extern const char *const channel_kinds[]; /* ends with NULL */

enum {
    NOTIFY_REFUSED,
    NOTIFY_LOGIN,
    NOTIFY_UNAVAILABLE,
    NOTIFY_BAD_ANSWER,
    NOTIFY_NO_CHANNEL,
    NOTIFY_NOBODY,
    NOTIFY_UNHEARD,
    NOTIFY_NO_PERSON,
    NOTIFY_NO_KEY,
    NOTIFY_WRONG_PIN,
    NOTIFY_CALL_LOST,
    NOTIFY_CAUSE_COUNT
};
extern const struct cause notify_causes[NOTIFY_CAUSE_COUNT];

#endif
