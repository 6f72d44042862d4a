/* Tenants that move to another organization or are removed: what is held there is told first, and what is open keeps them. */
#include "face/api/ops/ops.h"

#include <string.h>

#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/respond/open_work.h"
#include "flow/act/act.h"
#include "state/store/apps.h"
#include "state/store/feeds.h"
#include "state/store/lake.h"
#include "state/store/notices.h"
#include "state/store/tenants.h"

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void write_count(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_write_u64(w, n);
}

static void tell_engine(const struct op_call *c, const char *tenant_id)
{
    if (c->engine) c->engine->tenant_changed(c->engine->ctx, tenant_id);
}

struct org_name {
    int64_t id;
    char name[NAME_BYTES];
};

static bool find_name(void *arg, const struct org_record *r)
{
    struct org_name *n = arg;
    if (r->id == n->id) (void)snprintf(n->name, sizeof n->name, "%s", r->name);
    return r->id != n->id;
}

/* By name, as the rows of the entry have ids alone. */
static bool note_move(struct op_call *c, struct err *e)
{
    struct tenant_record t;
    struct org_name from = {0};
    if (!tenant_record_find(c->installation->store, op_cstr(c, "tenant"), &t, e)) return false;
    from.id = t.org_id;
    if (!store_org_list(c->installation->store, find_name, &from, e)) return false;
    op_note(c, op_before, "organization", from.name);
    op_note(c, op_after, "organization", op_cstr(c, "org"));
    return true;
}

/* The other organization may have Endpoint off. */
static bool keeps_endpoint(struct op_call *c, struct err *e)
{
    struct tenant_record t;
    struct setting_scope to;
    return tenant_record_find(c->installation->store, op_cstr(c, "tenant"), &t, e) &&
           settings_scope(c->installation->store, NULL, op_cstr(c, "org"), &to, e) &&
           open_work_bears_move(c, t.tenant_id, to.org_id, e);
}

bool op_tenant_move(struct op_call *c, struct err *e)
{
    struct tenant_moved m;
    struct wall now = clock_wall(&c->installation->clock);
    if (!note_move(c, e) || !keeps_endpoint(c, e) ||
        !tenant_move(c->installation->store, op_cstr(c, "tenant"), op_cstr(c, "org"), c->actor, now, &m, e))
        return false;
    tell_engine(c, m.tenant_id);
    json_object_begin(c->out);
    write_member(c->out, "tenant_id", m.tenant_id);
    write_member(c->out, "name", m.name);
    write_member(c->out, "from", m.from);
    write_member(c->out, "to", m.to);
    json_object_end(c->out);
    return true;
}

/* ---- what we hold -------------------------------------------------------------------------------------------------------- */

struct held {
    const char *tenant_id;
    char part[64]; /* of its lake files */
    uint64_t feeds, rows, notices, apps, secrets, lake_files, lake_bytes;
    struct open_work open;
    int64_t own_apps[8]; /* whose secrets go with it */
    size_t own_app_count;
};

static bool count_feed(void *arg, const struct feed_record *r)
{
    struct held *h = arg;
    h->feeds++;
    h->rows += r->rows;
    return true;
}

static bool count_notice(void *arg, const struct notice_record *r)
{
    struct held *h = arg;
    h->notices += r->tenant_id[0] != '\0';
    return true;
}

static bool count_file(void *arg, const struct lake_file_record *r)
{
    struct held *h = arg;
    if (strstr(r->path, h->part) == NULL) return true;
    h->lake_files++;
    h->lake_bytes += r->bytes;
    return true;
}

static bool find_own_app(void *arg, const struct app_record *r)
{
    struct held *h = arg;
    bool is_own = !r->is_multi_tenant && strcmp(r->home_tenant, h->tenant_id) == 0;
    if (is_own && h->own_app_count < sizeof h->own_apps / sizeof *h->own_apps) h->own_apps[h->own_app_count++] = r->id;
    return true;
}

static bool count_credential(void *arg, const struct credential_record *r)
{
    struct held *h = arg;
    for (size_t i = 0; i < h->own_app_count; i++)
        h->secrets += r->app_id == h->own_apps[i] && r->state != CREDENTIAL_RETIRED;
    return true;
}

static bool count_app(void *arg, const char *tenant_id, int64_t app_id)
{
    (void)tenant_id, (void)app_id;
    ((struct held *)arg)->apps++;
    return true;
}

static bool count_response(struct held *h, struct store *s, struct err *e)
{
    struct responder *r = NULL;
    if (!act_load(s, &r, e)) return false;
    open_work_add(r, h->tenant_id, &h->open);
    responder_free(r);
    return true;
}

static bool count_all(struct held *h, struct store *s, const char *tenant_id, struct err *e)
{
    struct notice_query open = {.tenant_id = tenant_id, .is_open = true};
    *h = (struct held){.tenant_id = tenant_id};
    (void)snprintf(h->part, sizeof h->part, "/tenant=%s/", tenant_id);
    return store_feed_list(s, tenant_id, count_feed, h, e) && store_notice_list(s, &open, count_notice, h, e) &&
           store_tenant_app_list(s, tenant_id, 0, count_app, h, e) && store_app_list(s, find_own_app, h, e) &&
           store_credential_list(s, 0, count_credential, h, e) && store_lake_file_list(s, count_file, h, e) &&
           count_response(h, s, e);
}

static void write_held(struct json_writer *w, const struct held *h)
{
    json_key(w, "held");
    json_object_begin(w);
    write_count(w, "feeds", h->feeds);
    write_count(w, "rows", h->rows);
    write_count(w, "isolations", h->open.isolations);
    write_member(w, "isolated", h->open.devices);
    write_count(w, "leases", h->open.leases);
    write_count(w, "actions", h->open.actions);
    write_count(w, "questions", h->open.questions);
    write_count(w, "notices", h->notices);
    write_count(w, "apps", h->apps);
    write_count(w, "secrets", h->secrets);
    write_count(w, "lake_files", h->lake_files);
    write_count(w, "lake_bytes", h->lake_bytes);
    json_object_end(w);
}

static void write_leaving(struct op_call *c, const struct tenant_record *t, const struct held *h, bool is_removed)
{
    struct json_writer *w = c->out;
    json_object_begin(w);
    write_member(w, "tenant_id", t->tenant_id);
    write_member(w, "name", t->name);
    write_member(w, "removed", is_removed ? t->tenant_id : NULL);
    write_held(w, h);
    write_member(
        w, "deleted",
        "the feeds' state, its alerts' and machines' revisions, its settings, its own apps with their secrets");
    write_member(w, "kept",
                 "its events in the lake (delete the folders tenant=ID there yourself), its rows in the log until "
                 "log.keep has passed, the ledger of the response, its notices and the audit trail");
    json_object_end(w);
}

static bool may_go(const struct op_call *c, const struct tenant_record *t, const struct held *h, struct err *e)
{
    if (op_flag(c, "abandon") || open_work_is_none(&h->open)) return true;
    return err_set(e, &tenant_causes[TENANT_HAS_OPEN], "%s: %llu devices isolated (%s), %llu actions open", t->name,
                   (unsigned long long)h->open.isolations, h->open.devices[0] ? h->open.devices : "none",
                   (unsigned long long)h->open.actions);
}

bool op_tenant_remove(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct tenant_record t;
    struct held *h = arena_alloc(c->arena, sizeof *h);
    if (h == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "removing a tenant");
    if (!tenant_record_find(s, op_cstr(c, "tenant"), &t, e) || !count_all(h, s, t.tenant_id, e)) return false;
    bool is_look = op_flag(c, "list");
    if (!is_look) {
        if (!may_go(c, &t, h, e)) return false;
        op_note(c, op_before, !open_work_is_none(&h->open) ? "abandoned" : "removed", t.tenant_id);
        if (!tenant_remove(s, t.tenant_id, e)) return false;
        tell_engine(c, t.tenant_id);
    }
    write_leaving(c, &t, h, !is_look);
    return true;
}
