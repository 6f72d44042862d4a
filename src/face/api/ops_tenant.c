/* Tenants and the credentials that open them. */
#include "face/api/ops.h"

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

/* Never the secret: only that there is one. */
static void write_tenant(struct json_writer *w, const struct tenant *t)
{
    json_object_begin(w);
    write_member(w, "tenant_id", t->record.tenant_id);
    write_member(w, "name", t->record.name);
    write_member(w, "organization", t->org_name);
    write_member(w, "client_id", t->record.client_id);
    write_member(w, "cloud", t->record.cloud);
    write_member(w, "login_url", t->login_url);
    write_member(w, "graph_url", t->graph_url);
    write_member(w, "endpoint_url", t->endpoint_url);
    json_key(w, "has_secret");
    json_write_bool(w, t->secret != NULL);
    json_key(w, "enabled");
    json_write_bool(w, t->record.is_enabled);
    json_key(w, "created");
    write_time(w, t->record.created);
    json_object_end(w);
}

static void tell_engine(const struct op_call *c)
{
    if (c->engine) c->engine->tenants_changed(c->engine->ctx);
}

static bool audit(const struct op_call *c, const char *tenant_id, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, 4096);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    write_member(&w, "tenant_id", tenant_id);
    json_object_end(&w);
    bool ok = store_audit_add(c->installation->store, c->actor, c->op->name, buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

static bool write_found(struct op_call *c, const char *id_or_name, struct err *e)
{
    struct tenant *t = NULL;
    if (!tenant_find(c->installation->store, &c->installation->conf, id_or_name, &t, e)) return false;
    write_tenant(c->out, t);
    tenant_unref(t);
    return true;
}

bool op_tenant_add(struct op_call *c, struct err *e)
{
    struct tenant_input in = {
        .org = op_cstr(c, "org"),
        .name = op_cstr(c, "name"),
        .tenant_id = op_cstr(c, "tenant-id"),
        .client_id = op_cstr(c, "client-id"),
        .cloud = op_cstr(c, "cloud"),
        .login_url = op_cstr(c, "login-url"),
        .graph_url = op_cstr(c, "graph-url"),
        .endpoint_url = op_cstr(c, "endpoint-url"),
        .secret = op_text(c, "secret-file"),
    };
    if (!tenant_add(c->installation->store, &c->installation->conf, &in, true, e)) return false;
    if (!audit(c, in.tenant_id, e)) return false;
    tell_engine(c);
    return write_found(c, in.tenant_id, e);
}

static bool write_each(void *arg, struct tenant *t)
{
    write_tenant(arg, t);
    return true;
}

bool op_tenant_list(struct op_call *c, struct err *e)
{
    json_object_begin(c->out);
    json_key(c->out, "tenants");
    json_array_begin(c->out);
    if (!tenant_each(c->installation->store, &c->installation->conf, write_each, c->out, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_tenant_show(struct op_call *c, struct err *e)
{
    return write_found(c, op_cstr(c, "tenant"), e);
}

bool op_tenant_remove(struct op_call *c, struct err *e)
{
    const char *wanted = op_cstr(c, "tenant");
    struct tenant *t = NULL;
    if (!tenant_find(c->installation->store, &c->installation->conf, wanted, &t, e)) return false;
    bool ok = tenant_remove(c->installation->store, t->record.tenant_id, e) && audit(c, t->record.tenant_id, e);
    if (ok) {
        tell_engine(c);
        json_object_begin(c->out);
        write_member(c->out, "removed", t->record.tenant_id);
        write_member(c->out, "name", t->record.name);
        json_object_end(c->out);
    }
    tenant_unref(t);
    return ok;
}
