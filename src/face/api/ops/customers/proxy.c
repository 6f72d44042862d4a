/* Proxy rules: which way destinations are reached, and which rule says so. */
#include <string.h>

#include "cloud/tenant/proxies.h"
#include "cloud/tenant/tenant.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "face/api/ops/ops.h"
#include "kit/seal/seal.h"
#include "state/store/proxies.h"
#include "state/store/tenants.h"

static void write_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static bool read_scope(const struct op_call *c, struct setting_scope *out, struct err *e)
{
    const char *tenant = op_cstr(c, "tenant"), *org = op_cstr(c, "org");
    if (tenant && org)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: give --tenant or --org, not both", c->op->name);
    return settings_scope(c->installation->store, tenant, org, out, e);
}

/* ---- telling who is concerned -------------------------------------------------------------------------------------------- */

/* Gathered first: the engine waits for its loop, which may be waiting for the store that a listing holds. */
struct concerned {
    const struct op_call *c;
    const struct setting_scope *at;
    struct concerned_tenant {
        char id[GUID_BYTES];
        struct concerned_tenant *next;
    } * first;
};

static bool take_one(void *arg, const struct tenant_record *t)
{
    struct concerned *q = arg;
    bool is_meant = q->at->tenant_id[0] ? strcmp(q->at->tenant_id, t->tenant_id) == 0
                                        : q->at->org_id == 0 || q->at->org_id == t->org_id;
    struct concerned_tenant *one = is_meant ? ARENA_NEW(q->c->arena, struct concerned_tenant) : NULL;
    if (one == NULL) return !is_meant;
    memcpy(one->id, t->tenant_id, sizeof one->id);
    one->next = q->first;
    q->first = one;
    return true;
}

static bool tell_engine(const struct op_call *c, const struct setting_scope *at, struct err *e)
{
    struct concerned q = {.c = c, .at = at};
    if (c->engine == NULL) return true;
    if (!store_tenant_list(c->installation->store, take_one, &q, e)) return false;
    for (const struct concerned_tenant *t = q.first; t; t = t->next) c->engine->tenant_changed(c->engine->ctx, t->id);
    return true;
}

/* ---- what people see ------------------------------------------------------------------------------------------------------ */

struct listing {
    struct op_call *c;
    struct setting_scope at;
    struct org_name {
        int64_t id;
        const char *name;
    } org;
};

static bool find_org(void *arg, const struct org_record *r)
{
    struct listing *l = arg;
    if (r->id != l->org.id) return true;
    l->org.name = arena_str(l->c->arena, str_of(r->name)).p;
    return false;
}

static void write_place(struct listing *l, const struct proxy_record *r)
{
    struct json_writer *w = l->c->out;
    struct tenant_record t;
    bool found = false;
    enum proxy_level level = r->tenant_id[0] ? PROXY_OF_TENANT : r->org_id ? PROXY_OF_ORGANIZATION : PROXY_OF_ACCOUNT;
    write_member(w, "level", proxy_level_names[level]);
    l->org = (struct org_name){.id = r->org_id};
    if (level == PROXY_OF_ORGANIZATION) (void)store_org_list(l->c->installation->store, find_org, l, NULL);
    if (level == PROXY_OF_TENANT && store_tenant_find(l->c->installation->store, r->tenant_id, &t, &found, NULL) &&
        found)
        l->org.name = arena_str(l->c->arena, str_of(t.name)).p;
    write_member(w, "of", l->org.name ? l->org.name : "");
    if (level == PROXY_OF_TENANT) write_member(w, "tenant_id", r->tenant_id);
}

static bool is_seen(const struct principal *by, const struct proxy_record *r)
{
    if (r->tenant_id[0]) return principal_sees_tenant(by, r->tenant_id);
    return r->org_id ? principal_sees_org(by, r->org_id) : principal_sees_account(by);
}

static bool write_rule(void *arg, const struct proxy_record *r)
{
    struct listing *l = arg;
    struct json_writer *w = l->c->out;
    bool is_all = !op_cstr(l->c, "tenant") && !op_cstr(l->c, "org");
    bool counts =
        r->tenant_id[0] ? strcmp(r->tenant_id, l->at.tenant_id) == 0 : r->org_id == 0 || r->org_id == l->at.org_id;
    if ((!is_all && !counts) || !is_seen(l->c->by, r)) return true;
    json_object_begin(w);
    write_member(w, "pattern", r->pattern);
    write_member(w, "proxy", r->address);
    write_member(w, "user", r->user);
    json_key(w, "has_ca");
    json_write_bool(w, r->ca_pem.n > 0);
    write_place(l, r);
    json_object_end(w);
    return true;
}

bool op_proxy_list(struct op_call *c, struct err *e)
{
    struct listing l = {.c = c};
    if (!read_scope(c, &l.at, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "rules");
    json_array_begin(c->out);
    if (!store_proxy_list(c->installation->store, write_rule, &l, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

/* For the audit trail; nothing for a rule that is not there. */
static void note(struct op_call *c, const struct proxy_record *r, void (*keep)(struct op_call *c, struct str json))
{
    struct buf text;
    struct json_writer w;
    if (r->id == 0) return;
    buf_init(&text, 4096);
    json_writer_init(&w, &text);
    json_object_begin(&w);
    write_member(&w, "pattern", r->pattern);
    write_member(&w, "proxy", r->address);
    write_member(&w, "user", r->user);
    json_object_end(&w);
    if (!text.failed) keep(c, buf_str(&text));
    buf_done(&text);
}

/* All of it or nothing, with its entry in the audit trail. */
static bool end_change(struct op_call *c, bool ok, const struct setting_scope *at, struct err *e)
{
    struct store *s = c->installation->store;
    if (!ok) {
        store_rollback(s);
        return false;
    }
    return store_commit(s, e) && tell_engine(c, at, e);
}

/* Who sees some customers has us knock at no port of this machine: a proxy there is for who runs it. */
static bool may_name(const struct op_call *c, const char *address, struct err *e)
{
    struct str rest = str_of(address);
    size_t scheme = str_find(rest, STR("://"), 0);
    if (scheme != SIZE_MAX) rest = str_sub(rest, scheme + 3, rest.n);
    rest = str_cut(&rest, '/');
    struct str host =
        str_starts(rest, STR("[")) ? str_sub(rest, 0, str_find(rest, STR("]"), 0) + 1) : str_cut(&rest, ':');
    return principal_sees_account(c->by) || !conf_reaches_this_machine(host) ||
           err_set(e, &api_causes[API_WHOLE_ACCOUNT], "%s: %s is this machine; %s sees some organizations", c->op->name,
                   address, c->actor);
}

bool op_proxy_set(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    struct str password = str_trim(op_text(c, "password-file"));
    struct proxy_input in = {.pattern = op_cstr(c, "pattern"),
                             .address = op_cstr(c, "proxy"),
                             .user = op_cstr(c, "user"),
                             .password = op_cstr(c, "password-file") ? &password : NULL,
                             .ca_pem = op_text(c, "ca-file")};
    struct listing l = {.c = c};
    struct proxy_record before, r = {0};
    if (!may_name(c, in.address ? in.address : "", e) || !read_scope(c, &l.at, e) || !store_begin(s, e)) return false;
    bool ok = proxies_find(s, &l.at, in.pattern, &before, e) && proxies_set(s, &l.at, &in, &r, e);
    if (ok) note(c, &before, op_before);
    if (ok) note(c, &r, op_after);
    return end_change(c, ok, &l.at, e) && write_rule(&l, &r);
}

bool op_proxy_remove(struct op_call *c, struct err *e)
{
    struct store *s = c->installation->store;
    const char *pattern = op_cstr(c, "pattern");
    struct setting_scope at;
    struct proxy_record before;
    if (!read_scope(c, &at, e) || !store_begin(s, e)) return false;
    bool ok = proxies_find(s, &at, pattern, &before, e) && proxies_remove(s, &at, pattern, e);
    if (ok) note(c, &before, op_before);
    if (!end_change(c, ok, &at, e)) return false;
    json_object_begin(c->out);
    write_member(c->out, "removed", pattern);
    json_object_end(c->out);
    return true;
}

/* ---- which way ------------------------------------------------------------------------------------------------------------ */

static void write_way(struct op_call *c, const char *url, const struct proxy_rule *rule)
{
    struct json_writer *w = c->out;
    json_object_begin(w);
    write_member(w, "url", url);
    write_member(w, "proxy", rule ? rule->address : "environment");
    if (rule) {
        write_member(w, "pattern", rule->pattern);
        write_member(w, "level", proxy_level_names[rule->level]);
        write_member(w, "user", rule->user);
    }
    json_object_end(w);
}

static void write_ways(struct op_call *c, const struct proxy_rules *rules, const struct tenant *t)
{
    const char *url = op_cstr(c, "url");
    json_object_begin(c->out);
    json_key(c->out, "ways");
    json_array_begin(c->out);
    if (url) write_way(c, url, proxy_for(rules, url));
    if (!url && t) {
        write_way(c, t->token_url[0] ? t->token_url : t->login_url,
                  proxy_for(rules, t->token_url[0] ? t->token_url : t->login_url));
        for (int i = 0; i < AUD_COUNT; i++)
            if (t->apis[i].url[0]) write_way(c, t->apis[i].url, proxy_for(rules, t->apis[i].url));
    }
    json_array_end(c->out);
    json_object_end(c->out);
}

bool op_proxy_which(struct op_call *c, struct err *e)
{
    const char *tenant = op_cstr(c, "tenant");
    struct setting_scope at = {0};
    struct proxy_book *book = NULL;
    struct tenant *t = NULL;
    if (!tenant && !op_cstr(c, "url"))
        return err_set(e, &api_causes[API_BAD_PARAM], "%s: name an address, or --tenant for all of its addresses",
                       c->op->name);
    if (tenant && !tenant_find(c->installation->store, &c->installation->conf, tenant, &t, e)) return false;
    if (t) {
        write_ways(c, t->proxies, t);
        tenant_unref(t);
        return true;
    }
    if (!proxy_book_read(c->installation->store, &book, e)) return false;
    struct proxy_rules *rules = proxy_book_rules(book, &at);
    write_ways(c, rules, NULL);
    proxy_rules_unref(rules);
    proxy_book_free(book);
    return true;
}
