#include "face/api/ops/order.h"

#include <stdio.h>
#include <string.h>

#include "cloud/defender/defender.h"
#include "cloud/tenant/settings.h"
#include "face/api/engine.h"
#include "face/api/entry.h"
#include "face/api/installation.h"
#include "face/api/ops/order_entry.h"
#include "face/api/ops/respond/respond_view.h"
#include "flow/act/act.h"

bool order_read_ref(const struct op_call *c, uint64_t *out, struct err *e)
{
    struct str text = op_text(c, "id");
    if (str_to_u64(text, out) && *out) return true;
    return err_set(e, &api_causes[API_BAD_PARAM],
                   "%s: \"%.*s\" is no number of a response (see portcullis response list)", c->op->name,
                   (int)(text.n < 60 ? text.n : 60), text.n ? text.p : "");
}

/* ---- its entry in the audit trail, written where it is recorded ------------------------------------------------------------------ */

struct entering {
    struct op_call *c;
    const struct respond_order *o;
};

static void note_thing(struct op_call *c, const struct responder *r, const struct respond_order *o, uint64_t ref,
                       void (*where)(struct op_call *c, struct str json))
{
    struct buf text;
    struct json_writer w;
    buf_init(&text, ORDER_ENTRY_BYTES);
    json_writer_init(&w, &text);
    order_write_side(&w, r, o, ref);
    if (!text.failed) where(c, buf_str(&text));
    buf_done(&text);
}

static void note_order(struct op_call *c, const struct respond_order *o, uint64_t ref)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, ORDER_ENTRY_BYTES);
    json_writer_init(&w, &detail);
    order_write_about(&w, o, ref);
    op_about(c, buf_str(&detail));
    buf_done(&detail);
}

static void before(void *ctx, const struct responder *r)
{
    struct entering *n = ctx;
    note_thing(n->c, r, n->o, n->o->ref, op_before);
}

static bool after(void *ctx, const struct responder *r, uint64_t ref, struct err *e)
{
    struct entering *n = ctx;
    note_thing(n->c, r, n->o, ref, op_after);
    note_order(n->c, n->o, ref);
    op_audited(n->c);
    return entry_add(n->c, NULL, NULL, e);
}

static bool write_result(struct op_call *c, uint64_t ref, struct err *e)
{
    struct responder *r = NULL;
    if (!act_load(c->installation->store, &r, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "ok");
    json_write_bool(c->out, true);
    view_number(c->out, "id", ref);
    json_key(c->out, "response");
    order_write_thing(c->out, r, ref);
    json_object_end(c->out);
    responder_free(r);
    return true;
}

static const char *tenant_of(const struct responder *r, uint64_t ref)
{
    if (responder_decision(r, ref)) return responder_decision(r, ref)->tenant;
    if (responder_action(r, ref)) return responder_action(r, ref)->tenant;
    return responder_hold(r, ref) ? responder_hold(r, ref)->tenant : NULL;
}

bool order_sees(const struct op_call *c, uint64_t ref, struct err *e)
{
    struct responder *r = NULL;
    if (principal_sees_account(c->by)) return true;
    if (!act_load(c->installation->store, &r, e)) return false;
    const char *tenant = tenant_of(r, ref);
    bool ok = (tenant && principal_sees_tenant(c->by, tenant)) ||
              err_set(e, &respond_causes[RESPOND_NOT_FOUND], "there is no response %llu", (unsigned long long)ref);
    responder_free(r);
    return ok;
}

/* Only the command line speaks for others. */
static bool name_orderer(const struct op_call *c, struct respond_order *o, struct err *e)
{
    const char *by = op_cstr(c, "as");
    if (o->by[0]) return true; /* proved */
    if (by && c->by->kind != BY_LOCAL && !str_eq_nocase(str_of(by), str_of(c->by->name)))
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: --as is you, %s, or left out", c->op->name, c->by->name);
    (void)snprintf(o->by, sizeof o->by, "%.95s", by ? by : c->actor);
    return true;
}

/* Where Defender for Endpoint is off nothing can be done on a device: said at once, not by an action that fails. */
static bool has_endpoint(const struct op_call *c, const struct respond_order *o, struct err *e)
{
    struct settings *s = arena_alloc(c->arena, sizeof *s);
    if (o->kind != ORDER_ACT || o->tenant[0] == '\0') return true;
    if (s == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the settings");
    return settings_of_tenant(c->installation->store, o->tenant, s, e) &&
           (setting_is_on(s, SET_ENDPOINT) ||
            err_set(e, &defender_causes[DEFENDER_ENDPOINT_OFF], "%s: nothing was ordered", c->op->name));
}

bool order_give(struct op_call *c, struct respond_order *o, struct err *e)
{
    struct act_reply reply = {0};
    struct str reason = op_text(c, "reason");
    if (!name_orderer(c, o, e) || (o->ref && !order_sees(c, o->ref, e))) return false;
    (void)str_copy(str_sub(reason, 0, sizeof o->reason - 1), o->reason, sizeof o->reason);
    if (c->once) (void)str_copy(str_of(c->once), o->id, sizeof o->id);
    if (!has_endpoint(c, o, e)) return false;
    struct entering n = {c, o};
    const struct order_witness w = {before, after, &n};
    if (!c->engine->order(c->engine->ctx, o, &w, &reply, e)) return false;
    if (!reply.ok) {
        *e = reply.error;
        return false;
    }
    return write_result(c, reply.ref, e);
}
