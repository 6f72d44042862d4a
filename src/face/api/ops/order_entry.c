/* What an order changed, as the audit trail has it. */
#include "face/api/ops/order_entry.h"

#include "face/api/ops/respond/respond_view.h"

static const char *const order_names[ORDER_KINDS] = {
    [ORDER_APPROVE] = "approve", [ORDER_DENY] = "deny",     [ORDER_ACK] = "ack",
    [ORDER_RETRY] = "retry",     [ORDER_STOP] = "stop",     [ORDER_RESUME] = "resume",
    [ORDER_ACT] = "act",         [ORDER_EXTEND] = "extend", [ORDER_CANCEL] = "cancel",
};

void order_write_thing(struct json_writer *w, const struct responder *r, uint64_t id)
{
    if (id && responder_decision(r, id))
        view_decision(w, r, responder_decision(r, id));
    else if (id && responder_action(r, id))
        view_action(w, responder_action(r, id));
    else if (id && responder_hold(r, id))
        view_hold(w, responder_hold(r, id));
    else
        json_write_null(w);
}

static void write_stop(struct json_writer *w, const struct stop *stop)
{
    static const char *const names[STOP_STATES] = {[STOP_ON] = "on", [STOP_TRIPPED] = "tripped", [STOP_OFF] = "off"};
    json_object_begin(w);
    view_text(w, "automatic_action", stop && names[stop->state] && stop->state != STOP_OFF ? "stopped" : "goes on");
    view_text(w, "stop", stop ? names[stop->state] : "off");
    json_object_end(w);
}

void order_write_side(struct json_writer *w, const struct responder *r, const struct respond_order *o, uint64_t ref)
{
    if (o->kind == ORDER_STOP || o->kind == ORDER_RESUME)
        write_stop(w, responder_stop_of(r, o->tenant));
    else
        order_write_thing(w, r, ref);
}

void order_write_about(struct json_writer *w, const struct respond_order *o, uint64_t ref)
{
    json_object_begin(w);
    view_text(w, "order", order_names[o->kind]);
    if (o->act) view_text(w, "action", act_kind_name(o->act));
    view_number(w, "id", ref);
    view_text(w, "tenant_id", o->tenant);
    view_text(w, "device", o->device[0] ? o->device : o->host);
    view_text(w, "by", o->by);
    view_text(w, "reason", o->reason);
    json_object_end(w);
}
