/* Devices: which there are, which are isolated, and orders about one. */
#include "face/api/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/order.h"
#include "face/api/ops/respond/device_state.h"
#include "face/api/ops/respond/respond_view.h"
#include "face/api/page.h"
#include "flow/act/act.h"
#include "flow/act/remote.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"

enum { ROW_ARENA_BYTES = 16 << 20 };

struct device_list {
    const struct principal *by;
    struct op_call *c; /* whose pages are cut; NULL: none */
    struct json_writer *w;
    const struct device_states *states;
    struct str wanted; /* one device: its id or name; n == 0: all */
    struct arena arena;
    uint64_t count;
    bool is_whole; /* the row itself too */
    struct respond_machine found;
    char found_tenant[R_GUID];
};

static void write_state(struct json_writer *w, const struct device_state *s)
{
    json_key(w, "isolated");
    json_write_bool(w, s && s->is_isolated);
    view_text(w, "state", s ? s->state : NULL);
    view_text(w, "by", s ? s->by : NULL);
    view_text(w, "reason", s ? s->reason : NULL);
    view_time(w, "since", s ? s->since : (struct wall){0});
    view_time(w, "until", s ? s->until : (struct wall){0});
    json_key(w, "ours");
    json_write_bool(w, s && s->is_ours);
    view_number(w, "hold", s ? s->hold : 0);
}

static void write_tags(struct json_writer *w, const struct respond_machine *m)
{
    json_key(w, "tags");
    json_array_begin(w);
    for (uint32_t i = 0; i < m->tag_count; i++) json_write_cstr(w, m->tags[i]);
    json_array_end(w);
}

/* By its system and its sensor; roles and licence are the tenant's: `tenant test`. */
static void write_abilities(struct json_writer *w, const struct json *row)
{
    struct able_machine m = remote_able_read(row);
    json_key(w, "can");
    json_object_begin(w);
    for (unsigned d = 0; d < DEEDS; d++) {
        const char *why;
        enum able answer = able_judge((enum able_deed)d, &m, &why);
        char text[80];
        (void)snprintf(text, sizeof text, "%s%s%s", able_names[answer], why ? ": " : "", why ? why : "");
        view_text(w, able_deed_names[d], text);
    }
    json_object_end(w);
}

static void write_machine(struct device_list *l, const char *tenant_id, const struct respond_machine *m,
                          const struct json *row)
{
    struct json_writer *w = l->w;
    json_object_begin(w);
    view_text(w, "tenant_id", tenant_id);
    view_text(w, "device", m->id);
    view_text(w, "host", m->host);
    view_text(w, "os", m->os);
    view_text(w, "group", m->group);
    write_tags(w, m);
    view_text(w, "value", worth_name(m->worth));
    view_time(w, "last_seen", m->last_seen);
    write_state(w, device_state_of(l->states, tenant_id, m->id));
    if (l->is_whole) {
        write_abilities(w, row);
        json_key(w, "machine");
        json_write_raw(w, row->raw);
    }
    json_object_end(w);
}

/* Where a page ended: the tenant and the machine's id. */
static bool may_list(struct op_call *c, const char *tenant_id, const char *device)
{
    char key[PAGE_KEY_BYTES];
    (void)snprintf(key, sizeof key, "%s.%s", tenant_id, device);
    return op_page_item(c, key);
}

static bool take_machine(void *arg, const struct seen_revision *seen)
{
    struct device_list *l = arg;
    struct respond_machine m;
    struct err ignored;
    if (!principal_sees_tenant(l->by, seen->tenant_id)) return true;
    arena_reset(&l->arena);
    const struct json *v = json_parse(&l->arena, seen->r.row, &ignored);
    if (v == NULL || !remote_machine_read(v, &m)) return true;
    if (l->wanted.n && !str_eq_nocase(l->wanted, str_of(m.id)) && !remote_machine_is_named(&m, l->wanted)) return true;
    if (l->c && !may_list(l->c, seen->tenant_id, seen->r.object_id)) return false;
    l->count++;
    l->found = m;
    (void)snprintf(l->found_tenant, sizeof l->found_tenant, "%s", seen->tenant_id);
    if (l->w) write_machine(l, seen->tenant_id, &m, v);
    return true;
}

/* `after`: the tenant and device behind which it begins. */
static void write_isolated(struct op_call *c, const struct device_states *states, const char *const after[2])
{
    struct json_writer *w = c->out;
    for (size_t i = 0; i < states->count; i++) {
        const struct device_state *s = &states->items[i];
        int order = strcmp(s->tenant, after[0]);
        if (!s->is_isolated || order < 0 || (order == 0 && strcasecmp(s->device, after[1]) <= 0)) continue;
        if (!principal_sees_tenant(c->by, s->tenant)) continue;
        if (!may_list(c, s->tenant, s->device)) return;
        json_object_begin(w);
        view_text(w, "tenant_id", s->tenant);
        view_text(w, "device", s->device);
        view_text(w, "host", s->host);
        write_state(w, s);
        json_object_end(w);
    }
}

static bool read_page(struct op_call *c, char buffer[PAGE_KEY_BYTES], const char *after[2], struct err *e)
{
    const char *key = op_page_after(c);
    after[0] = after[1] = "";
    if (key == NULL) return true;
    (void)snprintf(buffer, PAGE_KEY_BYTES, "%s", key);
    char *dot = strchr(buffer, '.');
    if (dot == NULL || dot - buffer != GUID_BYTES - 1) return op_page_bad(c, e);
    *dot = '\0';
    after[0] = buffer;
    after[1] = dot + 1;
    return true;
}

bool op_device_list(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    const char *wanted = op_cstr(c, "tenant");
    struct tenant_record t;
    struct responder *r = NULL;
    struct device_states states = {0};
    char buffer[PAGE_KEY_BYTES];
    const char *after[2], *tenant_id = wanted ? t.tenant_id : NULL;
    if (wanted && !tenant_record_find(i->store, wanted, &t, e)) return false;
    if (!read_page(c, buffer, after, e) || !act_load(i->store, &r, e)) return false;
    struct device_list l = {.by = c->by, .c = c, .w = c->out, .states = &states};
    bool ok = device_states_read(i->store, r, tenant_id, &states, e);
    arena_init(&l.arena, ROW_ARENA_BYTES);
    json_object_begin(c->out);
    json_key(c->out, "devices");
    json_array_begin(c->out);
    if (ok && op_flag(c, "isolated"))
        write_isolated(c, &states, after);
    else if (ok)
        ok = store_object_page(i->store, "machines", tenant_id, after[0], after[1], take_machine, &l, e);
    json_array_end(c->out);
    json_object_end(c->out);
    arena_done(&l.arena);
    device_states_done(&states);
    responder_free(r);
    return ok;
}

/* ---- one device ------------------------------------------------------------------------------------------------------------ */

static void write_actions(struct json_writer *w, const struct responder *r, const char *tenant_id, const char *device)
{
    const struct action *a;
    uint64_t cursor = 0;
    json_key(w, "actions");
    json_array_begin(w);
    while ((a = responder_actions(r, &cursor)) != NULL)
        if (strcmp(a->tenant, tenant_id) == 0 && strcasecmp(a->device, device) == 0) view_action(w, a);
    json_array_end(w);
}

static bool show_found(struct op_call *c, const struct responder *r, struct device_list *l, struct revision_query *q,
                       struct err *e)
{
    const char *name = op_cstr(c, "device");
    if (l->count == 0)
        return err_set(e, &respond_causes[RESPOND_NOT_FOUND], "no machine of that tenant is called \"%.80s\"", name);
    if (l->count > 1)
        return err_set(e, &respond_causes[RESPOND_AMBIGUOUS], "%llu machines answer to \"%.80s\"",
                       (unsigned long long)l->count, name);
    q->object_id = l->found.id;
    l->w = c->out;
    l->is_whole = true;
    l->wanted = str_of(q->object_id);
    char id[R_ID];
    (void)snprintf(id, sizeof id, "%s", l->found.id);
    l->wanted = str_of(id);
    q->object_id = NULL;
    json_object_begin(c->out);
    json_key(c->out, "device");
    bool ok = store_revision_list(c->installation->store, q, take_machine, l, e);
    write_actions(c->out, r, q->tenant_id, id);
    json_object_end(c->out);
    return ok;
}

bool op_device_show(struct op_call *c, struct err *e)
{
    struct installation *i = c->installation;
    struct tenant_record t;
    struct responder *r = NULL;
    struct device_states states = {0};
    if (!tenant_record_find(i->store, op_cstr(c, "tenant"), &t, e) || !act_load(i->store, &r, e)) return false;
    struct revision_query q = {.tenant_id = t.tenant_id, .feed = "machines", .is_latest = true};
    struct device_list l = {.by = c->by, .states = &states, .wanted = str_trim(op_text(c, "device"))};
    arena_init(&l.arena, ROW_ARENA_BYTES);
    bool ok = device_states_read(i->store, r, t.tenant_id, &states, e) &&
              store_revision_list(i->store, &q, take_machine, &l, e) && show_found(c, r, &l, &q, e);
    arena_done(&l.arena);
    device_states_done(&states);
    responder_free(r);
    return ok;
}

/* ---- orders ---------------------------------------------------------------------------------------------------------------- */

enum { MACHINE_ID_DIGITS = 40 };

static bool is_machine_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f'))) return false;
    return s.n == MACHINE_ID_DIGITS;
}

static bool read_lease(struct op_call *c, struct respond_order *o, struct err *e)
{
    int64_t ms;
    struct str text = op_text(c, "for");
    if (text.n == 0) return true;
    if (!duration_parse(text, &ms) || ms <= 0)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: --for \"%.*s\" is no duration (8h, 3d)", c->op->name,
                       STR_ARG(text));
    o->until = wall_add(clock_wall(&c->installation->clock), ms * WALL_TICKS_PER_MS);
    return true;
}

/* An id is taken as it is; a name is looked up at Defender, and must answer to exactly one device seen of late. */
static bool give(struct op_call *c, struct respond_order *o, struct err *e)
{
    struct tenant_record t;
    struct str device = str_trim(op_text(c, "device"));
    if (!tenant_record_find(c->installation->store, op_cstr(c, "tenant"), &t, e)) return false;
    (void)str_copy(str_of(t.tenant_id), o->tenant, sizeof o->tenant);
    bool fits = o->device[0]            ? true
                : is_machine_id(device) ? str_copy(device, o->device, sizeof o->device)
                                        : str_copy(device, o->host, sizeof o->host);
    if (!fits || device.n == 0)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: the device is given by its id or its name", c->op->name);
    o->kind = ORDER_ACT;
    o->anyway = op_flag(c, "anyway");
    return read_lease(c, o, e) && order_give(c, o, e);
}

bool op_device_isolate(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_ISOLATE, .scope = SCOPE_FULL};
    if (op_flag(c, "selective")) o.scope = SCOPE_SELECTIVE;
    if (op_flag(c, "unmanaged")) o.scope = SCOPE_UNMANAGED;
    if (op_flag(c, "selective") && op_flag(c, "unmanaged"))
        return err_set(e, &api_causes[API_BAD_PARAM], "device isolate: --selective or --unmanaged, not both");
    return give(c, &o, e);
}

/* By name: a device that we know to be isolated. Its id is found here, for a release must not hang on a lookup. */
static bool find_isolated(struct op_call *c, struct respond_order *o, struct err *e)
{
    struct store *s = c->installation->store;
    struct str name = str_trim(op_text(c, "device"));
    struct tenant_record t;
    struct responder *r = NULL;
    struct device_states states;
    unsigned found = 0;
    if (is_machine_id(name)) return true;
    if (!tenant_record_find(s, op_cstr(c, "tenant"), &t, e) || !act_load(s, &r, e)) return false;
    bool ok = device_states_read(s, r, t.tenant_id, &states, e);
    for (size_t i = 0; ok && i < states.count; i++) {
        struct respond_machine m = {.is_onboarded = true};
        (void)snprintf(m.host, sizeof m.host, "%s", states.items[i].host);
        if (!states.items[i].is_isolated || !remote_machine_is_named(&m, name)) continue;
        found++;
        (void)snprintf(o->device, sizeof o->device, "%s", states.items[i].device);
    }
    device_states_done(&states);
    responder_free(r);
    if (ok && found != 1)
        ok = err_set(e, &respond_causes[found ? RESPOND_AMBIGUOUS : RESPOND_NOT_FOUND],
                     "%u isolated devices of that tenant are called \"%.80s\": give the id", found,
                     op_cstr(c, "device"));
    return ok;
}

bool op_device_release(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_RELEASE};
    return find_isolated(c, &o, e) && give(c, &o, e);
}

bool op_device_restrict(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_RESTRICT};
    return give(c, &o, e);
}

bool op_device_unrestrict(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_UNRESTRICT};
    return give(c, &o, e);
}

bool op_device_scan(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_SCAN, .scope = op_flag(c, "full") ? SCOPE_FULL : SCOPE_QUICK};
    return give(c, &o, e);
}

bool op_device_collect(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_COLLECT};
    return give(c, &o, e);
}

bool op_device_quarantine(struct op_call *c, struct err *e)
{
    struct respond_order o = {.act = ACT_QUARANTINE};
    struct str sha1 = str_trim(op_text(c, "sha1"));
    if (!is_machine_id(sha1) || !str_copy(sha1, o.sha1, sizeof o.sha1)) /* 40 digits, too */
        return err_set(e, &api_causes[API_BAD_PARAM], "device quarantine-file: --sha1 is a SHA-1 of 40 digits");
    return give(c, &o, e);
}
