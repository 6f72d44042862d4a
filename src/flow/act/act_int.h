/* Between act.c (the face, the queue), turn.c (one job on a worker), event.c (what came in, as the engine wants it), deed.c
 * (an effect on its way), context.c (tenants' settings, the policy), ledger.c (records and notices there and back). */
#ifndef FLOW_ACT_ACT_INT_H
#define FLOW_ACT_ACT_INT_H

#include <pthread.h>
#include <sys/queue.h>

#include "flow/act/act.h"
#include "flow/act/calls.h"
#include "flow/act/context.h"
#include "state/conf/conf.h"
#include "state/store/revisions.h"

/* ---- deed.c: an effect under way, and what was answered. A look asks several things at once. ---- */
enum part { PART_ALERT, PART_HOST, PART_MACHINE, PART_ACTIONS, PART_ACTION, PART_MITIGATION, PART_CHANGE, PARTS };
struct part_answer {
    struct deed *deed;
    bool is_asked, is_gzip;
    enum endpoint endpoint;
    struct buf body;
    struct err error; /* cause NULL: none */
};
struct deed {
    STAILQ_ENTRY(deed) next;
    LIST_ENTRY(deed) in_open;
    struct act *act;
    struct effect effect;
    struct tenant *tenant; /* NULL: gone */
    struct part_answer parts[PARTS];
    unsigned open;
};
STAILQ_HEAD(deed_list, deed);
/* Asks; `deed_done` (act.c) is called later, from the loop. False: there is nothing to ask, its answer is here already.
 * `t` NULL: the tenant is gone. */
bool deed_start(struct act *a, const struct effect *e, struct tenant *t, struct deed **out);
void deed_free(struct deed *d);
void deed_done(struct deed *d);

struct order_waiting {
    STAILQ_ENTRY(order_waiting) next;
    struct respond_order order;
    const struct order_witness *witness;
    struct act_reply reply;
    void (*done)(void *ctx, const struct act_reply *r);
    void *ctx;
};
STAILQ_HEAD(order_list, order_waiting);

/* What a turn takes in and gives out: the loop fills in the first part, the worker the second. */
struct turn {
    struct deed_list answers;
    struct order_list orders;
    bool wants_tenants, wants_inbox, is_start;

    bool ok, has_more /* of the inbox, or due already */, has_notices, has_next;
    struct err error;
    struct wall next;        /* when time itself is an event */
    struct err policy_error; /* cause NULL: none */
    struct effect *effects;
    size_t effect_count, effect_cap;
    struct act_counters counted;
};

struct act {
    struct act_opts o;
    struct calls *calls;
    struct runtime_timer *timer;
    void (*started)(void *ctx, const struct err *e);
    void *started_ctx;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    void (*settled)(void *ctx);
    void *settled_ctx;
    bool is_running, is_stopping, is_turning, is_woken, is_tenants_wanted;
    unsigned failures;       /* turns in a row */
    LIST_HEAD(, deed) deeds; /* on their way */
    struct deed_list answers;
    struct order_list orders;
    struct turn turn;
    struct act_counters counters;
    /* the worker's, and of who looks: */
    pthread_mutex_t lock;
    struct responder *responder; /* NULL: not loaded */
    struct respond_out *out;
    struct context context;
};

/* turn.c: on a worker */
void turn_run(void *act);
/* One step's outcome into the transaction and the turn. */
bool turn_step(struct act *a, const struct respond_event *event, struct wall now, struct err *e);

/* event.c */
bool event_inbox(struct act *a, const struct seen_revision *seen, struct wall now, struct err *e);
bool event_answer(struct act *a, struct deed *d, struct wall now, struct err *e);

/* ledger.c */
bool ledger_write(struct store *s, const struct respond_out *out, const struct context *c, struct err *e);
bool ledger_load(struct store *s, struct responder *r, struct err *e);

#endif
