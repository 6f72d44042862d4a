/* Inside flow/notify: a round, its jobs, and the store's side of both. */
#ifndef FLOW_NOTIFY_NOTIFY_INT_H
#define FLOW_NOTIFY_NOTIFY_INT_H

#include <sys/queue.h>

#include "cloud/tenant/settings.h"
#include "flow/notify/notify.h"
#include "flow/notify/phone.h"
#include "flow/notify/plan.h"
#include "flow/notify/render.h"
#include "kit/sys/random.h"
#include "state/store/notices.h"
#include "state/store/people.h"

enum job_kind {
    JOB_TELL,    /* a message */
    JOB_PLACE,   /* a call */
    JOB_LOOK_UP, /* whether a call of ours is there after all */
    JOB_POLL     /* how a call goes */
};
enum { JOB_REQUESTS_MAX = 2, JOB_HEADERS_MAX = 6 };
struct job_request {
    const char *method;
    struct buf url, body;
    char *headers[JOB_HEADERS_MAX + 1];
    size_t header_count;
};
/* What goes out for one delivery, and what came back. Made and read on a worker, sent on the loop. */
struct job {
    TAILQ_ENTRY(job) in_list;
    struct notify *notify;
    enum job_kind kind;
    struct delivery_record delivery; /* as it stood when the job was made */
    bool is_mail, has_flow;
    struct job_request requests[JOB_REQUESTS_MAX]; /* one after another */
    size_t request_count, sent;
    char user[NAME_BYTES], sender[MAIL_BYTES];
    struct buf secret;
    struct proxy_rules *proxies; /* which count for the channel; NULL: none */
    /* answers */
    int status;
    uint32_t retry_after_ms;
    struct buf answers[JOB_REQUESTS_MAX];
    struct err e;
    bool has_failed; /* no answer came: `e` */
};
TAILQ_HEAD(job_list, job);

struct notify {
    struct notify_opts o;
    struct runtime_timer *timer;
    struct rng rng; /* of rounds */
    struct job_list flights, landed;
    bool is_round, wants_round, is_stopping;
    void (*on_stopped)(void *arg);
    void *stop_arg;
};

struct round {
    struct notify *notify;
    struct wall now;
    struct job_list landed, out;
    int64_t *flying; /* deliveries on their way */
    size_t flying_count;
    struct wall next; /* when the next round is due */
    struct book book;
    const struct zone *zones[1];
};
void round_run(void *round); /* on a worker */

/* book.c */
bool book_load(struct store *s, struct book *out, struct err *e);
void book_free(struct book *b);
const struct person_record *book_person(const struct book *b, const char *name);
const struct channel_record *book_channel(const struct book *b, const char *name);

/* jobs.c: the job for a delivery that is due; false: it cannot be made, `e` says why. */
bool job_make(struct round *r, const struct delivery_record *d, struct job **out, struct err *e);
void job_free(struct job *j);
bool is_phone_kind(const char *kind);

/* results.c: what came back, into the store. */
bool job_settle(struct round *r, struct job *j, struct err *e);
/* Not now: another try later, or none. */
void delivery_fail(struct round *r, struct delivery_record *d, const struct err *why, uint32_t retry_after_ms,
                   bool is_final);

/* outbox.c: notices that are due, into deliveries. */
bool outbox_look(struct round *r, struct err *e);

static inline struct wall later_ms(struct wall t, int64_t ms)
{
    return wall_add(t, ms * WALL_TICKS_PER_MS);
}
static inline void sooner(struct wall *next, struct wall t)
{
    if (next->ticks == 0 || t.ticks < next->ticks) *next = t;
}

/* shared.c */
bool notice_is_shared_cause(const struct notice_record *n);
void notice_line(const struct notice_record *n, struct buf *out); /* as an item of a list */
/* What `n` says to whom `d` reaches: a tenant's own channel and a person of some organizations read of no others. */
bool notice_text_for(struct round *r, const struct delivery_record *d, const struct notice_record *n, struct buf *out,
                     struct err *e);

/* contact.c: whom to turn to at the customer's, as the last line of a notice: of the feed that brought the alert where one is
 * named for it, else of the tenant. */
bool contact_add(struct store *s, const struct notice_record *n, const struct settings *set, struct buf *body,
                 struct err *e);

#endif
