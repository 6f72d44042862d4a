/* A world for notify: a store on a disk that can lose its power, virtual time, and providers that answer as they are told to. */
#ifndef TESTS_UNIT_NOTIFY_KIT_H
#define TESTS_UNIT_NOTIFY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../sim/sim_time.h"
#include "fake_disk.h"
#include "flow/notify/notify_int.h"
#include "state/store/notices.h"

enum { KIT_TOLD_MAX = 512, KIT_CALLS_MAX = 256 };
#define TENANT_A "aaaaaaaa-0000-4000-8000-000000000001"
#define TENANT_B "bbbbbbbb-0000-4000-8000-000000000002"

/* A message that a provider has taken. */
struct told {
    char kind;    /* 'm' mail, 'w' webhook, 's' slack or teams, 'p' PagerDuty */
    char id[160]; /* message id, delivery token, dedup key with action */
    char to[128];
    char text[6000];
    struct wall at;
};
struct call {
    char sid[40], to[32], token[48], say[1200];
    struct wall at;
    bool is_ended;
};
/* How a person's phone behaves. */
struct phone_manner {
    char to[32];
    char key[2], pin[16];    /* pressed after `after_ms`; empty: none */
    const char *status;      /* "busy", "no-answer", "failed"; NULL: answered */
    const char *answered_by; /* "human", "machine_start" */
    int64_t after_ms;
};
struct kit {
    struct sim_time time;
    struct fake_disk *disk;
    struct seal_key *key;
    struct store *store;
    struct notify *notify;
    unsigned life;
    struct told told[KIT_TOLD_MAX];
    size_t told_count;
    struct call calls[KIT_CALLS_MAX];
    size_t call_count;
    struct phone_manner manners[8];
    size_t manner_count;
    struct notify_order orders[64];
    size_t order_count;
    bool orders_fail, needs_two;
    /* faults of the network */
    double loses_answer; /* taken, but the answer is lost */
    double refuses;      /* 503 */
    int next_status;     /* of the next answer; 0: as it goes */
    uint32_t next_retry_after_ms;
    unsigned lose_next; /* that many answers more are lost */
    uint64_t sends;
    struct rng rng;
};
void kit_init(struct kit *k, uint64_t seed);
void kit_open(struct kit *k, bool create); /* the store, with what is in it */
void kit_start(struct kit *k);
void kit_crash(struct kit *k); /* notify and store are gone; the disk's power is cut and comes back */
void kit_done(struct kit *k);
void kit_people(struct kit *k); /* ann and bob on duty, with PINs; mail, hook, slack, pager and phone channels */
void kit_channel(struct kit *k, const char *name, const char *kind, const char *flow);
void kit_person(struct kit *k, const char *name, const char *role, const char *phone, bool on_duty);
int64_t kit_put(struct kit *k, struct notice_record n);
struct notice_record kit_notice(struct kit *k, int64_t id);
void kit_run(struct kit *k, int64_t ms);
size_t kit_told(const struct kit *k, char kind);
const struct told *kit_last(const struct kit *k, char kind);
void must(bool ok, const struct err *e);

#endif
