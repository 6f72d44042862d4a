/* The response: what was decided and done, and people's word on it. */
#include "face/api/ops/ops.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/login/password.h"
#include "face/api/login/throttle.h"
#include "face/api/ops/order.h"
#include "face/api/ops/respond/respond_view.h"
#include "flow/act/act.h"
#include "kit/seal/seal.h"
#include "state/store/notices.h"
#include "state/store/people.h"
#include "state/store/response.h"
#include "state/store/tenants.h"

/* ---- list ---------------------------------------------------------------------------------------------------------------- */

struct listing {
    const struct principal *by;
    const char *tenant_id; /* NULL: all */
    bool is_open;
};

static bool is_wanted(const struct listing *l, const char *tenant_id, bool is_settled)
{
    return (l->tenant_id == NULL || strcmp(l->tenant_id, tenant_id) == 0) && !(l->is_open && is_settled) &&
           principal_sees_tenant(l->by, tenant_id);
}

static bool decision_is_open(const struct responder *r, const struct decision *d)
{
    const struct action *a = d->action ? responder_action(r, d->action) : NULL;
    return !decision_is_settled(d) || (a && !action_is_settled(a));
}

static void write_responses(struct json_writer *w, const struct responder *r, const struct listing *l)
{
    const struct decision *d;
    const struct action *a;
    uint64_t cursor = 0;
    json_array_begin(w);
    while ((d = responder_decisions(r, &cursor)) != NULL)
        if (is_wanted(l, d->tenant, !decision_is_open(r, d))) view_decision(w, r, d);
    cursor = 0;
    while ((a = responder_actions(r, &cursor)) != NULL) /* those that a person or a lease's end ordered */
        if (a->decision == 0 && is_wanted(l, a->tenant, action_is_settled(a))) view_action(w, a);
    json_array_end(w);
}

static void write_stops(struct json_writer *w, const struct responder *r)
{
    const struct stop *s = responder_stop_of(r, NULL);
    json_object_begin(w);
    json_key(w, "stopped");
    json_write_bool(w, s && s->state != STOP_OFF);
    view_text(w, "by", s && s->state != STOP_OFF ? s->by : NULL);
    view_text(w, "reason", s && s->state != STOP_OFF ? s->reason : NULL);
    json_object_end(w);
}

bool op_response_list(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    const char *wanted = op_cstr(c, "tenant");
    struct tenant_record t;
    struct responder *r = NULL;
    if (wanted && !tenant_record_find(i->store, wanted, &t, e)) return false;
    if (!act_load(i->store, &r, e)) return false;
    struct listing l = {.by = c->by, .tenant_id = wanted ? t.tenant_id : NULL, .is_open = op_flag(c, "open")};
    json_object_begin(c->out);
    json_key(c->out, "automatic_action");
    write_stops(c->out, r);
    json_key(c->out, "responses");
    write_responses(c->out, r, &l);
    json_object_end(c->out);
    responder_free(r);
    return true;
}

/* ---- show ---------------------------------------------------------------------------------------------------------------- */

struct history {
    struct json_writer *w;
    struct respond_record *record;
};

static bool write_step(void *arg, const struct ledger_record *row)
{
    struct history *h = arg;
    struct err ignored;
    bool is_known = respond_record_parse(row->body, h->record, &ignored);
    json_object_begin(h->w);
    view_time(h->w, "at", row->at);
    view_text(h->w, "what", row->kind);
    view_text(h->w, "step", is_known ? h->record->step : "unreadable");
    view_text(h->w, "by", is_known ? h->record->by : NULL);
    view_text(h->w, "note", is_known ? h->record->note : NULL);
    json_object_end(h->w);
    return true;
}

static bool write_told(void *arg, const struct notice_record *n)
{
    struct json_writer *w = arg;
    json_object_begin(w);
    view_number(w, "notice", (uint64_t)n->id);
    view_time(w, "at", n->created);
    view_text(w, "kind", notice_kind_names[n->kind]);
    view_text(w, "title", n->title);
    view_text(w, "state", notice_state_names[n->state]);
    view_text(w, "answered_by", n->answered_by);
    json_object_end(w);
    return true;
}

static void write_thing(struct json_writer *w, const struct responder *r, uint64_t id)
{
    if (responder_decision(r, id))
        view_decision(w, r, responder_decision(r, id));
    else if (responder_action(r, id))
        view_action(w, responder_action(r, id));
    else
        view_hold(w, responder_hold(r, id));
}

/* The thing's own entries, and its action's. */
static bool write_history(struct op_call *c, const struct responder *r, uint64_t id, struct err *e)
{
    struct history h = {.w = c->out, .record = arena_alloc(c->arena, sizeof *h.record)};
    const struct decision *d = responder_decision(r, id);
    uint64_t ids[2] = {id, d ? d->action : 0};
    bool ok = h.record || err_set(e, &base_causes[BASE_NO_MEMORY], "reading the ledger");
    json_key(c->out, "history");
    json_array_begin(c->out);
    for (int k = 0; ok && k < 2 && ids[k]; k++) {
        char subject[24];
        (void)snprintf(subject, sizeof subject, "%llu", (unsigned long long)ids[k]);
        ok = store_ledger_list(c->installation->store, 0, subject, false, write_step, &h, e);
    }
    json_array_end(c->out);
    return ok;
}

static bool write_notices(struct op_call *c, uint64_t id, struct err *e)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    struct notice_query q = {.decision = text};
    json_key(c->out, "notices");
    json_array_begin(c->out);
    bool ok = store_notice_list(c->installation->store, &q, write_told, c->out, e);
    json_array_end(c->out);
    return ok;
}

bool op_response_show(struct op_call *c, struct err *e)
{
    struct responder *r = NULL;
    uint64_t id;
    if (!order_read_ref(c, &id, e) || !order_sees(c, id, e) || !act_load(c->installation->store, &r, e)) return false;
    bool is_there = responder_decision(r, id) || responder_action(r, id) || responder_hold(r, id);
    bool ok =
        is_there || err_set(e, &respond_causes[RESPOND_NOT_FOUND], "there is no response %llu", (unsigned long long)id);
    if (ok) {
        json_object_begin(c->out);
        json_key(c->out, "response");
        write_thing(c->out, r, id);
        ok = write_history(c, r, id, e) && write_notices(c, id, e);
        json_object_end(c->out);
    }
    responder_free(r);
    return ok;
}

/* ---- people's word ------------------------------------------------------------------------------------------------------- */

/* Who approves says who he is, and proves it with his own PIN. */
static bool prove(struct op_call *c, struct respond_order *o, struct err *e)
{
    struct person_record p;
    bool found = false, fits = false;
    const char *name = op_cstr(c, "as");
    struct throttle throttle;
    char account[NAME_BYTES];
    (void)snprintf(account, sizeof account, "pin of %.100s", name);
    if (!throttle_begin(&throttle, c->installation->store, account, "", clock_wall(&c->installation->clock), e) ||
        !store_person_find(c->installation->store, name, &p, &found, e) ||
        !password_compare(found ? p.pin_hash : "", str_trim(op_text(c, "pin-file")), &fits, e))
        return false;
    if (!fits)
        return err_set(e, &api_causes[API_NOT_PROVED], "%s: \"%.60s\" and that PIN do not belong together", c->op->name,
                       name);
    (void)str_copy(str_sub(str_of(p.name), 0, sizeof o->by - 1), o->by, sizeof o->by);
    return throttle_forgive(&throttle, e);
}

bool op_response_approve(struct op_call *c, struct err *e)
{
    struct respond_order o = {.kind = ORDER_APPROVE};
    return prove(c, &o, e) && order_read_ref(c, &o.ref, e) && order_give(c, &o, e);
}

bool op_response_deny(struct op_call *c, struct err *e)
{
    struct respond_order o = {.kind = ORDER_DENY};
    return order_read_ref(c, &o.ref, e) && order_give(c, &o, e);
}

bool op_response_retry(struct op_call *c, struct err *e)
{
    struct respond_order o = {.kind = ORDER_RETRY};
    return order_read_ref(c, &o.ref, e) && order_give(c, &o, e);
}

bool op_response_release(struct op_call *c, struct err *e)
{
    struct respond_order o = {.kind = ORDER_ACT, .act = ACT_RELEASE};
    return order_read_ref(c, &o.ref, e) && order_give(c, &o, e);
}

static bool stop_or_resume(struct op_call *c, enum order_kind kind, struct err *e)
{
    struct respond_order o = {.kind = kind};
    struct tenant_record t;
    const char *wanted = op_cstr(c, "tenant");
    if (wanted && !tenant_record_find(c->installation->store, wanted, &t, e)) return false;
    if (wanted) (void)str_copy(str_of(t.tenant_id), o.tenant, sizeof o.tenant);
    return order_give(c, &o, e);
}

bool op_response_stop(struct op_call *c, struct err *e)
{
    return stop_or_resume(c, ORDER_STOP, e);
}

bool op_response_resume(struct op_call *c, struct err *e)
{
    return stop_or_resume(c, ORDER_RESUME, e);
}
