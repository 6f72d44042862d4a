/* What automatic action leaves alone: devices, tags, groups, users. */
#include "face/api/ops/ops.h"

#include <stdio.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/installation.h"
#include "face/api/ops/respond/respond_view.h"
#include "state/store/response.h"
#include "state/store/tenants.h"

static void write_exclusion(struct json_writer *w, const struct exclusion_record *r, struct wall now)
{
    json_object_begin(w);
    view_number(w, "id", (uint64_t)r->id);
    view_text(w, "tenant_id", r->tenant_id);
    view_text(w, "kind", excluded_names[r->kind]);
    view_text(w, "value", r->value);
    view_text(w, "owner", r->owner);
    view_text(w, "reason", r->reason);
    view_time(w, "created", r->created);
    view_time(w, "expires", r->expires);
    json_key(w, "expired");
    json_write_bool(w, r->expires.ticks && r->expires.ticks <= now.ticks);
    json_object_end(w);
}

static bool read_kind(const struct op_call *c, enum excluded *out, struct err *e)
{
    struct str kind = op_text(c, "kind");
    for (int i = 0; i < EXCLUDED_KINDS; i++)
        if (str_eq_nocase(kind, str_of(excluded_names[i]))) {
            *out = (enum excluded)i;
            return true;
        }
    return err_set(e, &api_causes[API_BAD_PARAM], "%s: what is excluded is a device, a tag, a group or a user",
                   c->op->name);
}

/* Without an end it is asked for on purpose: --for never. */
static bool read_end(const struct op_call *c, struct wall now, struct wall *out, struct err *e)
{
    int64_t ms;
    struct str text = op_text(c, "for");
    if (str_eq_nocase(text, STR("never"))) return true;
    if (!duration_parse(text, &ms) || ms <= 0)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: --for is a duration (8h, 90d), or never", c->op->name);
    *out = wall_add(now, ms * WALL_TICKS_PER_MS);
    return true;
}

bool op_exclude_add(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct exclusion_record r = {.created = clock_wall(&c->installation->clock)};
    struct tenant_record t;
    const char *tenant = op_cstr(c, "tenant"), *owner = op_cstr(c, "owner");
    struct str value = str_trim(op_text(c, "value"));
    if (!read_kind(c, &r.kind, e) || !read_end(c, r.created, &r.expires, e)) return false;
    if (tenant && !tenant_record_find(s, tenant, &t, e)) return false;
    if (tenant) (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", t.tenant_id);
    if (value.n == 0 || !str_copy(value, r.value, sizeof r.value))
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: the value is a text of at most %zu bytes", c->op->name,
                       sizeof r.value - 1);
    (void)snprintf(r.owner, sizeof r.owner, "%.120s", owner ? owner : c->actor);
    (void)str_copy(str_sub(op_text(c, "reason"), 0, sizeof r.reason - 1), r.reason, sizeof r.reason);
    if (!store_exclusion_put(s, &r, e)) return false;
    write_exclusion(c->out, &r, r.created);
    return true;
}

struct listing {
    const struct principal *by;
    struct json_writer *w;
    struct wall now;
    int64_t id; /* the one looked for */
    struct exclusion_record found;
};

static bool write_one(void *arg, const struct exclusion_record *r)
{
    struct listing *l = arg;
    if (!principal_sees_tenant(l->by, r->tenant_id)) return true;
    write_exclusion(l->w, r, l->now);
    return true;
}

bool op_exclude_list(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct listing l = {.w = c->out, .by = c->by, .now = clock_wall(&c->installation->clock)};
    struct tenant_record t;
    const char *tenant = op_cstr(c, "tenant");
    if (tenant && !tenant_record_find(s, tenant, &t, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "exclusions");
    json_array_begin(c->out);
    bool ok = store_exclusion_list(s, tenant ? t.tenant_id : NULL, write_one, &l, e);
    json_array_end(c->out);
    json_object_end(c->out);
    return ok;
}

static bool find_one(void *arg, const struct exclusion_record *r)
{
    struct listing *l = arg;
    if (r->id == l->id && principal_sees_tenant(l->by, r->tenant_id)) l->found = *r;
    return true;
}

bool op_exclude_remove(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct listing l = {.by = c->by};
    uint64_t id = 0;
    bool removed = false;
    (void)str_to_u64(op_text(c, "id"), &id);
    l.id = (int64_t)id;
    if (!store_exclusion_list(s, NULL, find_one, &l, e)) return false;
    if (l.found.id && !store_exclusion_remove(s, l.id, &removed, e)) return false;
    if (!removed)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: there is no exclusion %lld (see response exclude list)",
                       c->op->name, (long long)l.id);
    write_exclusion(c->out, &l.found, clock_wall(&c->installation->clock));
    return true;
}
