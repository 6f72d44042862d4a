/* Organizations: the operator's customers. */
#include "face/api/ops/ops.h"

#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "state/store/tenants.h"

bool op_org_add(struct op_call *c, struct err *e)
{
    struct org_record org;
    if (!org_add(c->installation->store, op_cstr(c, "name"), &org, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "id");
    json_write_i64(c->out, org.id);
    json_key(c->out, "name");
    json_write_cstr(c->out, org.name);
    json_object_end(c->out);
    return true;
}

bool op_org_remove(struct op_call *c, struct err *e)
{
    struct org_record org;
    if (!org_remove(c->installation->store, op_cstr(c, "org"), &org, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "removed");
    json_write_i64(c->out, org.id);
    json_key(c->out, "name");
    json_write_cstr(c->out, org.name);
    json_object_end(c->out);
    return true;
}

static bool write_org(void *arg, const struct org_record *r)
{
    const struct op_call *c = arg;
    struct json_writer *w = c->out;
    if (!principal_sees_org(c->by, r->id)) return true;
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, r->id);
    json_key(w, "name");
    json_write_cstr(w, r->name);
    json_key(w, "created");
    write_time(w, r->created);
    json_object_end(w);
    return true;
}

bool op_org_list(struct op_call *c, struct err *e)
{
    json_object_begin(c->out);
    json_key(c->out, "organizations");
    json_array_begin(c->out);
    if (!store_org_list(c->installation->store, write_org, c, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}
