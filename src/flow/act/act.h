/* The response at work: revisions from the inbox, people's orders, and what Defender answers go to the engine
 * (logic/respond); what it records lasts before what it orders is sent.
 *
 * A turn is one job on a worker: everything that has come in is stepped through the engine, and the records, notices and
 * inbox entries taken are one transaction (synchronous=FULL). Only when it is durable are the effects carried out, from the
 * loop, through calls of the response's own budget (calls.h). Should the transaction fail, the engine's memory is thrown
 * away and loaded from the ledger; what was sent is then looked for, never sent again blindly.
 *
 * All calls on the loop thread unless said otherwise; nothing here blocks. */
#ifndef FLOW_ACT_ACT_H
#define FLOW_ACT_ACT_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/defender/fetcher.h"
#include "cloud/tenant/tenant.h"
#include "kit/base/err.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"
#include "kit/sys/runtime.h"
#include "logic/respond/respond.h"
#include "state/store/store.h"

struct act;
struct act_opts {
    struct runtime runtime; /* runtime_of_loop(loop), or a simulation's */
    struct clock clock;
    struct store *store;
    struct fs fs;
    struct fetcher fetcher; /* its calls go over connections of its own: not the feeds' HTTP client */
    const char *policy; /* the user's policy file; NULL, "": the built-in policy. Loaded anew when it changes; copied */
    /* Hands over every tenant (worker): app gives tenant_each. `each` takes a reference of its own. */
    bool (*each_tenant)(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e);
    void *tenants_ctx;
    void (*on_notices)(void *ctx); /* a transaction with notices has become durable; may be NULL */
    void *on_notices_ctx;
    void (*on_own_events)(void *ctx); /* records have become durable, and with them events of our own; may be NULL */
    void *on_own_events_ctx;
    /* Something to tell whoever runs us: the policy file is wrong (the old one stays), the store refuses. e NULL: it is
     * right again. May be NULL. */
    void (*on_trouble)(void *ctx, const struct err *e);
    void *on_trouble_ctx;
    bool is_manual; /* the inbox is left alone: a command without the service */
};
/* Everything but what is copied is borrowed until act_free. NULL: no memory. */
struct act *act_new(const struct act_opts *o);
void act_free(struct act *a); /* only when stopped or never started; accepts NULL */
/* Loads policy, tenants and ledger, then begins. `started` comes once, from the loop: e == NULL, or why not. */
void act_start(struct act *a, void (*started)(void *ctx, const struct err *e), void *ctx);
/* Waits for the turn that runs; calls on their way are cancelled (their outcome is looked for at the next start). */
void act_stop(struct act *a, void (*stopped)(void *ctx), void *ctx);

struct calls;
struct calls *act_calls(struct act *a);  /* its calls' budget, for all that writes: flow/act/calls.h */
void act_wake(struct act *a);            /* the inbox may have something */
void act_tenants_changed(struct act *a); /* tenants were added, changed or removed */

struct act_reply {
    bool ok;
    uint64_t ref;     /* what the order made or changed: a decision, an action, a hold */
    struct err error; /* when not ok: RESPOND_*, or why it could not be recorded */
};
/* Sees an order carried out, in the transaction that records it, and enters it in the audit trail there; on the thread of the turn,
 * before `done`. Borrowed until then. */
struct order_witness {
    void (*before)(void *ctx, const struct responder *r);
    bool (*after)(void *ctx, const struct responder *r, uint64_t ref,
                  struct err *e); /* of one that is new and was taken */
    void *ctx;
};
/* A person's order; copied. `w` may be NULL. `done` comes once, from the loop, when it is durable. An order whose id was seen before changes
 * nothing and is answered as if it had. */
void act_order(struct act *a, const struct respond_order *order, const struct order_witness *w,
               void (*done)(void *ctx, const struct act_reply *r), void *ctx);
/* `done` once nothing is under way: no turn, no call. For commands that end after it. */
void act_settle(struct act *a, void (*done)(void *ctx), void *ctx);
/* Any thread but the loop's: shows the engine's memory, which stands still meanwhile. False: not loaded. */
bool act_look(struct act *a, void (*look)(void *arg, const struct responder *r), void *arg);

struct act_counters {
    uint64_t turns, revisions, answers, orders, records, notices, effects, failed_turns;
};
void act_counters_get(const struct act *a, struct act_counters *out);

enum {
    ACT_STOPPED, /* the service ended before the order was taken */
    ACT_CAUSE_COUNT
};
extern const struct cause act_causes[ACT_CAUSE_COUNT];

/* The ledger alone, for those who only read (worker): a responder that has applied the latest records. */
bool act_load(struct store *s, struct responder **out, struct err *e);

#endif
