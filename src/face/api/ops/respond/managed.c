/* A person resolves or comments an alert in Defender, or closes its case here. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "flow/act/manage.h"
#include "state/store/managed.h"
#include "state/store/tenants.h"

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text && text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static void write_flag(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_write_bool(w, value);
}

static void write_outcome(struct json_writer *w, const struct managed_record *r)
{
    json_object_begin(w);
    write_member(w, "tenant_id", r->tenant_id);
    write_member(w, "alert", r->alert_id);
    write_member(w, "incident", r->incident);
    write_member(w, "title", r->title);
    write_member(w, "status", status_name((enum fact_status)r->status));
    write_member(w, "closed_here_by", r->closed.ticks ? r->closed_by : NULL);
    write_member(w, "change", managed_state_names[r->state]);
    write_flag(w, "resolved", r->state == MANAGED_CONFIRMED && r->did & MANAGED_RESOLVE);
    write_flag(w, "commented", r->state == MANAGED_CONFIRMED && r->did & MANAGED_COMMENT);
    write_member(w, "mark", r->mark);
    json_object_end(w);
}

static void write_changes_of(struct json_writer *w, int64_t changes)
{
    json_key(w, "others_changed_last");
    json_array_begin(w);
    for (int i = 0; i < CHANGE_COUNT; i++)
        if (changes & INT64_C(1) << i) json_write_cstr(w, manage_change_name((enum manage_change)i));
    json_array_end(w);
}

bool view_managed(struct op_call *c, const char *tenant_id, const char *alert_id, struct err *e)
{
    struct managed_record r;
    bool found = false, is_kept;
    if (!store_managed_find(c->installation->store, tenant_id, alert_id, &r, &found, e)) return false;
    json_key(c->out, "managed");
    if (!found) {
        json_write_null(c->out);
        return true;
    }
    is_kept = r.keep > KEEP_NONE && r.keep < KEEP_COUNT && r.state != MANAGED_CONFIRMED;
    json_object_begin(c->out);
    write_member(c->out, "change", managed_state_names[r.state]);
    write_member(c->out, "left_alone", is_kept ? manage_rows[r.keep].name : NULL);
    write_member(c->out, "because", is_kept ? manage_rows[r.keep].text : NULL);
    write_changes_of(c->out, r.changes);
    write_member(c->out, "closed_here_by", r.closed.ticks ? r.closed_by : NULL);
    write_member(c->out, "mark", r.mark);
    write_member(c->out, "code", r.error_code);
    write_member(c->out, "error", r.error_text);
    json_key(c->out, "looked_at_next");
    write_time(c->out, r.due);
    json_object_end(c->out);
    return true;
}

static bool carry_out(struct op_call *c, struct manage_order *o, struct err *e)
{
    struct tenant_record t;
    struct managed_record r;
    const char *tenant = op_cstr(c, "tenant");
    if (tenant && !tenant_record_find(c->installation->store, tenant, &t, e)) return false;
    o->tenant_id = tenant ? t.tenant_id : NULL;
    o->alert_id = op_cstr(c, "alert");
    o->actor = c->actor;
    if (!c->engine->manage(c->engine->ctx, o, &r, e)) return false;
    op_audited(c); /* with what was written, in its transaction */
    write_outcome(c->out, &r);
    if (!o->here && r.state != MANAGED_CONFIRMED) c->exit_code = 3; /* accepted, and not yet to be seen */
    return true;
}

bool op_alert_resolve(struct op_call *c, struct err *e)
{
    struct manage_order o = {.resolves = true,
                             .here = op_flag(c, "here"),
                             .anyway = op_flag(c, "anyway"),
                             .classification = op_cstr(c, "classification"),
                             .determination = op_cstr(c, "determination"),
                             .comment = op_cstr(c, "comment")};
    if (o.here && (o.classification || o.determination || o.comment))
        return err_set(e, &api_causes[API_BAD_PARAM], "alert resolve: --here writes nothing to Defender now");
    return carry_out(c, &o, e);
}

bool op_alert_comment(struct op_call *c, struct err *e)
{
    struct manage_order o = {.comment = op_cstr(c, "text")};
    return carry_out(c, &o, e);
}
