/* The outbox. Whoever has something to tell puts a notice in its own transaction and wakes notify once that is committed. */
#ifndef STATE_STORE_NOTICES_H
#define STATE_STORE_NOTICES_H

#include "state/store/people.h"
#include "state/store/store.h"

enum notice_kind {
    NOTICE_ALERT,    /* something happened; the first word of it */
    NOTICE_APPROVAL, /* a decision waits for a person */
    NOTICE_UPDATE,   /* more about what was told */
    NOTICE_OUTCOME,  /* an action ended as wanted */
    NOTICE_FAILURE,  /* an action did not, or is not confirmed: `cause` and `remedy` say more */
    NOTICE_ALARM,    /* about Portcullis itself: nobody on duty, automatic action stopped */
    NOTICE_READINESS,
    NOTICE_DIGEST,
    NOTICE_TEST,
    NOTICE_KINDS
};
enum notice_severity {
    NOTICE_INFORMATIONAL,
    NOTICE_LOW,
    NOTICE_MEDIUM,
    NOTICE_HIGH,
    NOTICE_CRITICAL,
    NOTICE_SEVERITIES
};
enum notice_wants { WANTS_NOTHING, WANTS_ACK, WANTS_APPROVAL, WANTS_COUNT };
enum notice_state {
    NOTICE_NEW,      /* nobody has been told; notify has not looked at it */
    NOTICE_RUNNING,  /* its ladder is being climbed, or its deliveries are under way */
    NOTICE_HELD,     /* waits for its digest */
    NOTICE_STORED,   /* by its route told to nobody */
    NOTICE_JOINED,   /* told as a part of another one: `joined` */
    NOTICE_TOLD,     /* every delivery has ended, at least one well, and no answer was wanted */
    NOTICE_ANSWERED, /* somebody acknowledged, approved, denied … : `answered_by` */
    NOTICE_UNHEARD,  /* nobody could be told, or the ladder ended without an answer */
    NOTICE_EXPIRED,  /* settled elsewhere, or too old to matter, before that */
    NOTICE_STATES
};
extern const char *const notice_kind_names[NOTICE_KINDS]; /* "alert", … */
extern const char *const notice_severity_names[NOTICE_SEVERITIES];
extern const char *const notice_wants_names[WANTS_COUNT];
extern const char *const notice_state_names[NOTICE_STATES];
enum { NOTICE_ID_BYTES = 128, NOTICE_TITLE_BYTES = 256, NOTICE_REMEDY_BYTES = 600 };
struct notice_record {
    int64_t id;                 /* 0 when new */
    struct wall created;        /* 0: now */
    char tenant_id[GUID_BYTES]; /* empty: of the account */
    char organization[NAME_BYTES];
    char incident[64], alert[NOTICE_ID_BYTES], device[NOTICE_ID_BYTES];
    char decision[64], action[64]; /* what the keys of a phone are about */
    enum notice_kind kind;
    enum notice_severity severity;
    enum notice_wants wants;
    char title[NOTICE_TITLE_BYTES];
    struct str body; /* plain text, UTF-8; borrowed */
    char cause[64];  /* stable code of what went wrong, else empty */
    char remedy[NOTICE_REMEDY_BYTES];
    /* What belongs together: one thread of mail, one PagerDuty incident; empty: tenant and incident, else the notice alone. Those
     * that begin "cause:" become one notice, which names the tenants. */
    char group_key[NOTICE_ID_BYTES];
    char route[NAME_BYTES]; /* a ladder's name, "digest" or "store"; empty: by severity and settings */
    struct wall expires;    /* after that nobody is called any more; 0: never */
    /* notify's own, all zero when new */
    enum notice_state state;
    int64_t rung;    /* the next one to be told */
    struct wall due; /* when notify has to look again */
    int64_t joined;  /* id of the notice it became a part of */
    char answered_by[NAME_BYTES], answer[16];
    struct wall answered;
};
bool store_notice_put(struct store *s, struct notice_record *r, struct err *e); /* sets r->id when new; STORE_GONE */
bool store_notice_find(struct store *s, int64_t id, struct buf *body_out /* may be NULL */, struct notice_record *out,
                       bool *found_out, struct err *e); /* out->body is of body_out, else empty */
struct notice_query {                                   /* empty members: any */
    const char *tenant_id, *incident, *group_key, *decision, *action;
    bool is_open;          /* new, running, held alone */
    struct wall due_until; /* only those due by then (with is_open); 0: any */
    struct wall from;      /* created since */
    uint64_t newest;       /* that many of the newest alone; 0: all */
    int64_t before;        /* with `newest` or is_open: only those that come behind this id in the list; 0: all */
};
/* By id; with `newest` the newest first. */
bool store_notice_list(struct store *s, const struct notice_query *q,
                       bool (*each)(void *arg, const struct notice_record *r), void *arg, struct err *e);
/* An answer to this notice from anywhere: no one is called about it any more. Nothing when it is settled. */
bool store_notice_answer(struct store *s, int64_t id, const char *by, const char *answer, bool *changed_out,
                         struct err *e);
/* A decision or action is settled: what waits for an answer about it (not what is on its way) expires. */
bool store_notice_expire(struct store *s, const char *decision, const char *action, struct err *e);
/* What they were about is over: of this group whatever is still open expires. */
bool store_notice_settle(struct store *s, const char *group_key, struct err *e);
bool store_notice_drop(struct store *s, struct wall before, struct err *e); /* settled ones, with their deliveries */

/* One way one person or target is told one notice. */
enum delivery_state {
    DELIVERY_QUEUED,
    DELIVERY_SENDING,   /* durable before the first byte goes out: after a crash it may have arrived */
    DELIVERY_SENT,      /* a call is under way */
    DELIVERY_DELIVERED, /* the other side took it; of a call: a person answered it */
    DELIVERY_ACKNOWLEDGED,
    DELIVERY_FAILED, /* will be tried again at next_try */
    DELIVERY_DEAD,   /* given up: `error_code` says why */
    DELIVERY_STATES
};
extern const char *const delivery_state_names[DELIVERY_STATES];
struct delivery_record {
    int64_t id; /* 0 when new */
    int64_t notice_id, rung;
    char channel[CHANNEL_BYTES], kind[16]; /* the channel's, when it was queued */
    char person[NAME_BYTES];               /* empty: the channel itself */
    char target[HOST_BYTES];               /* mailbox, number */
    enum delivery_state state;
    int64_t tries;
    char provider_id[128]; /* message id, execution or call SID, dedup key: durable before the next try */
    char answer[16];       /* "ack", "approve", …, or how a call ended: "machine", "busy", "no-answer" */
    char error_code[64], error_text[400];
    struct wall created, next_try, sent, settled;
};
bool store_delivery_put(struct store *s, struct delivery_record *r,
                        struct err *e); /* sets r->id when new; STORE_GONE */
/* notice_id 0: all; is_open: not delivered, acknowledged or dead. By id. */
bool store_delivery_list(struct store *s, int64_t notice_id, bool is_open,
                         bool (*each)(void *arg, const struct delivery_record *r), void *arg, struct err *e);

/* Has a person answered a notice about this alert, or its incident? */
bool store_notice_is_heard(struct store *s, const char *tenant_id, const char *alert, const char *incident,
                           bool *heard_out, struct err *e);

#endif
