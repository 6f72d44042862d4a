/* Who is told, who may answer, in which order and over what: people, turns of duty, ladders, channels. Names are unique
 * without regard to ASCII case. */
#ifndef STATE_STORE_PEOPLE_H
#define STATE_STORE_PEOPLE_H

#include "state/store/store.h"

enum { MAIL_BYTES = 128, PHONE_BYTES = 24, PIN_HASH_BYTES = 129, CHANNEL_BYTES = 48 };
struct person_record {
    int64_t id; /* 0 when new */
    char name[NAME_BYTES], mail[MAIL_BYTES], phone[PHONE_BYTES];
    char role[16];                 /* "owner", "admin", "responder", "analyst", "viewer" */
    char pin_hash[PIN_HASH_BYTES]; /* as seal_password_hash gives it; empty: no PIN, so no key of theirs acts */
    struct wall created;
};
bool store_person_put(struct store *s, struct person_record *r, struct err *e); /* STORE_EXISTS by name, STORE_GONE */
bool store_person_find(struct store *s, const char *name, struct person_record *out, bool *found_out, struct err *e);
bool store_person_list(struct store *s, bool (*each)(void *arg, const struct person_record *r), void *arg,
                       struct err *e);
bool store_person_remove(struct store *s, const char *name, bool *removed_out, struct err *e); /* with their duties */

/* One turn on an on-call list. A list is of one tenant, or of the account (tenant_id empty), which serves the tenants that have
 * none of that name. */
struct duty_record {
    int64_t id;            /* given by store_duty_add */
    char list[NAME_BYTES]; /* "on-call" */
    char tenant_id[GUID_BYTES];
    char person[NAME_BYTES];
    int64_t position;                /* who is asked first: lower */
    unsigned days;                   /* bit 0: Monday … bit 6: Sunday; of the day the turn begins on */
    unsigned from_minute, to_minute; /* of the day, local; to <= from: over midnight, equal: all day */
    struct wall since, until;        /* 0: no such bound */
};
bool store_duty_add(struct store *s, struct duty_record *r, struct err *e); /* STORE_GONE without the person */
/* NULL: any. By list, tenant, position. */
bool store_duty_list(struct store *s, const char *list, const char *tenant_id,
                     bool (*each)(void *arg, const struct duty_record *r), void *arg, struct err *e);
bool store_duty_remove(struct store *s, int64_t id, bool *removed_out, struct err *e);

/* One rung of a ladder: whom it tells, over what, and how long it waits before the next one is tried. */
struct rung_record {
    char ladder[NAME_BYTES];
    int64_t rung;                /* from 0; several rows may share one: they are told at once */
    char channel[CHANNEL_BYTES]; /* a channel's name or its kind ("email", "phone", "slack", …): all of that kind */
    char target[NAME_BYTES]; /* a person, or an on-call list; empty where the channel itself says who (chat, webhook) */
    int64_t wait_ms;
};
/* Replaces the ladder as a whole; none: it is gone. */
bool store_ladder_set(struct store *s, const char *ladder, const struct rung_record *rungs, size_t count,
                      struct err *e);
bool store_ladder_list(struct store *s, const char *ladder /* NULL: all */,
                       bool (*each)(void *arg, const struct rung_record *r), void *arg, struct err *e);

/* A way to tell. Its secret (password, token, or the whole address where that is one) is sealed: store_secret_get of
 * "channel.secret:<name>". */
struct channel_record {
    char name[CHANNEL_BYTES];
    char kind[16];               /* "email", "phone", "webhook", "slack", "teams", "pagerduty" */
    char address[HOST_BYTES];    /* server or API; empty: the kind's own */
    char account[NAME_BYTES];    /* user name, account SID */
    char sender[MAIL_BYTES];     /* From: a mailbox, a number */
    char recipients[HOST_BYTES]; /* email: further fixed mailboxes, by commas */
    char flow[64];               /* phone: the Studio flow that asks for keys; empty: call only */
    char tenant_id[GUID_BYTES];  /* only notices of this tenant; empty: all */
    bool is_enabled;
    struct wall created;
};
bool store_channel_put(struct store *s, const struct channel_record *r, bool is_new, struct err *e);
bool store_channel_find(struct store *s, const char *name, struct channel_record *out, bool *found_out, struct err *e);
bool store_channel_list(struct store *s, bool (*each)(void *arg, const struct channel_record *r), void *arg,
                        struct err *e);
bool store_channel_remove(struct store *s, const char *name, bool *removed_out, struct err *e); /* with its secret */

#endif
