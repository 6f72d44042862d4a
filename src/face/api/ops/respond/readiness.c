/* readiness: could we isolate right now, tenant by tenant, and if not why? */
#include "face/api/ops/ops.h"

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/health/readiness.h"

struct view {
    const struct principal *by;
    struct json_writer *w;
    bool is_whole;
    unsigned tenants, ready;
};

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text && text[0])
        json_write_cstr(w, text);
    else
        json_write_null(w);
}

static void write_finding(struct json_writer *w, const struct readiness_finding *f)
{
    write_member(w, "code", f->cause ? f->cause->code : NULL);
    write_member(w, "reason", f->reason);
    write_member(w, "remedy", f->cause ? f->cause->remedy : NULL);
}

static void write_checks(struct json_writer *w, const struct readiness *r)
{
    static const char *const needs[] = {[NEED_ISOLATE] = "isolate", [NEED_TELL] = "tell", [NEED_EXTRA] = "extra"};
    json_key(w, "checks");
    json_array_begin(w);
    for (int c = 0; c < CHECK_COUNT; c++) {
        json_object_begin(w);
        write_member(w, "check", readiness_rows[c].name);
        write_member(w, "what", readiness_rows[c].what);
        write_member(w, "needed_to", needs[readiness_rows[c].need]);
        write_member(w, "state", readiness_state_names[r->checks[c].state]);
        write_finding(w, &r->checks[c]);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_tenant(void *arg, const struct tenant *t, const struct readiness *r)
{
    static const struct readiness_finding nothing = {.cause = NULL};
    struct view *v = arg;
    if (!principal_sees_tenant(v->by, t->record.tenant_id)) return;
    json_object_begin(v->w);
    write_member(v->w, "tenant_id", t->record.tenant_id);
    write_member(v->w, "name", t->record.name);
    write_member(v->w, "organization", t->org_name);
    write_member(v->w, "isolates", readiness_answer_names[r->isolates]);
    write_member(v->w, "people_hear", r->is_heard ? "yes" : "no");
    write_finding(v->w, r->first < CHECK_COUNT ? &r->checks[r->first] : &nothing);
    json_key(v->w, "asked");
    write_time(v->w, r->asked);
    if (!r->is_brief) write_checks(v->w, r);
    json_object_end(v->w);
    v->tenants++;
    v->ready += r->isolates == ISOLATES_OFF || (r->isolates >= ISOLATES_ASKS && r->is_heard);
}

/* Exit 0: every tenant that wants to act can, and people hear of it; 3: not all of them; 1: none. */
bool op_readiness(struct op_call *c, struct err *e)
{
    struct view v = {.w = c->out, .by = c->by};
    json_object_begin(c->out);
    json_key(c->out, "tenants");
    json_array_begin(c->out);
    if (!c->engine->readiness(c->engine->ctx, op_cstr(c, "tenant"), write_tenant, &v, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    c->exit_code = v.ready == v.tenants ? 0 : v.ready ? 3 : 1;
    return true;
}
