/* A key that was pressed becomes an order. */
#include "face/app/engine/pressing.h"

#include <stdio.h>
#include <stdlib.h>

#include "face/api/ops/order_entry.h"
#include "flow/act/act.h"
#include "kit/sys/thread.h"
#include "state/store/audit.h"

struct pressed {
    const struct pressing *p;
    const struct notify_order *key;
    struct buf before;
    struct respond_order order;
    struct order_witness witness;
    struct act_reply reply;
    struct gate *answered;
    bool is_asking;
};

/* ---- its entry in the audit trail, in the transaction that records it ----------------------------------------------------------- */

static void note_before(void *ctx, const struct responder *r)
{
    struct pressed *p = ctx;
    struct json_writer w;
    buf_done(&p->before); /* of a turn that failed and is done again */
    buf_init(&p->before, ORDER_ENTRY_BYTES);
    json_writer_init(&w, &p->before);
    order_write_side(&w, r, &p->order, p->order.ref);
}

/* As the same order is called on the command line. */
static const char *operation_of(const struct respond_order *o)
{
    switch (o->kind) {
    case ORDER_APPROVE: return "response approve";
    case ORDER_STOP: return "response stop";
    case ORDER_ACT: return o->ref ? "response release" : "device release";
    default: return "notice acknowledge";
    }
}

static bool enter(void *ctx, const struct responder *r, uint64_t ref, struct err *e)
{
    struct pressed *p = ctx;
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, 3 * ORDER_ENTRY_BYTES);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    json_key(&w, "by_phone");
    json_object_begin(&w);
    json_key(&w, "notice");
    json_write_i64(&w, p->key->notice->id);
    json_key(&w, "key");
    json_write_str(&w, (struct str){(const char[]){(char)p->key->key}, 1});
    json_key(&w, "pin");
    json_write_cstr(&w, p->key->key == KEY_ACKNOWLEDGE ? "not asked for" : "right");
    json_object_end(&w);
    json_key(&w, "about");
    order_write_about(&w, &p->order, ref);
    json_key(&w, "before");
    json_write_raw(&w, buf_str(&p->before));
    json_key(&w, "after");
    order_write_side(&w, r, &p->order, ref);
    json_object_end(&w);
    bool ok = !detail.failed && !p->before.failed;
    ok = ok ? store_audit_add(p->p->store, p->order.by, operation_of(&p->order), buf_str(&detail), e)
            : err_set(e, &base_causes[BASE_NO_MEMORY], "an entry of the audit trail is too long");
    buf_done(&detail);
    return ok;
}

/* ---- the order ------------------------------------------------------------------------------------------------------------------ */

static void on_reply(void *ctx, const struct act_reply *reply)
{
    struct pressed *p = ctx;
    p->reply = *reply;
    gate_open(p->answered);
}

static void give(void *arg)
{
    struct pressed *p = arg;
    act_order(p->p->act, &p->order, &p->witness, on_reply, p);
}

static bool read_key(const struct notify_order *k, struct respond_order *out)
{
    const struct notice_record *n = k->notice;
    uint64_t decision = 0, action = 0;
    (void)str_to_u64(str_of(n->decision), &decision);
    (void)str_to_u64(str_of(n->action), &action);
    *out = (struct respond_order){.ref = decision ? decision : action};
    (void)snprintf(out->id, sizeof out->id, "%s", k->id);
    (void)snprintf(out->by, sizeof out->by, "%.95s", k->person);
    (void)snprintf(out->tenant, sizeof out->tenant, "%s", n->tenant_id);
    (void)snprintf(out->reason, sizeof out->reason, "by phone");
    switch (k->key) {
    case KEY_ACKNOWLEDGE: out->kind = ORDER_ACK; return out->ref != 0;
    case KEY_APPROVE: out->kind = ORDER_APPROVE; return out->ref != 0;
    case KEY_STOP: out->kind = ORDER_STOP; return true;
    case KEY_RELEASE:
        out->kind = ORDER_ACT;
        out->act = ACT_RELEASE;
        if (out->ref == 0) (void)snprintf(out->device, sizeof out->device, "%.63s", n->device);
        return out->ref != 0 || out->device[0] != '\0';
    }
    return false;
}

static void see_decision(void *arg, const struct responder *r)
{
    struct pressed *p = arg;
    const struct decision *d = responder_decision(r, p->order.ref);
    p->is_asking = d && d->state == DECISION_ASKING;
}

/* What the engine says no to is settled as well: asking again would not change it. */
static bool is_engines(const struct err *e)
{
    return e->cause >= respond_causes && e->cause < respond_causes + RESPOND_CAUSE_COUNT;
}

bool pressing_take(const struct pressing *pressing, const struct notify_order *k, bool *settled_out, struct err *e)
{
    struct pressed *p = calloc(1, sizeof *p);
    INVARIANT(p);
    p->p = pressing;
    p->key = k;
    p->witness = (struct order_witness){note_before, enter, p};
    buf_init(&p->before, ORDER_ENTRY_BYTES);
    *settled_out = true;
    bool ok = true;
    if (read_key(k, &p->order)) {
        p->answered = gate_new();
        loop_post(pressing->loop, give, p);
        gate_wait(p->answered);
        gate_free(p->answered);
        ok = p->reply.ok || is_engines(&p->reply.error);
        if (ok && k->key == KEY_APPROVE) (void)act_look(pressing->act, see_decision, p);
        *settled_out = !p->is_asking;
        if (!ok) *e = p->reply.error;
    }
    buf_done(&p->before);
    free(p);
    return ok;
}
