/* Conditions of tenants, and the notices of their coming and going: one a cause. */
#include "face/health/capability.h"
#include "state/store/health.h"
#include "state/store/notices.h"
#include "state/store/tenants.h"

#include <string.h>

struct named {
    char org[NAME_BYTES], tenant[NAME_BYTES];
};
struct org_search {
    int64_t id;
    char *out;
};

static bool is_it(void *arg, const struct org_record *r)
{
    struct org_search *q = arg;
    if (r->id != q->id) return true;
    (void)snprintf(q->out, NAME_BYTES, "%s", r->name);
    return false;
}

static bool name_of(struct store *s, const char *tenant_id, struct named *out, struct err *e)
{
    struct tenant_record t;
    bool found = false;
    *out = (struct named){.org = ""};
    if (!store_tenant_find(s, tenant_id, &t, &found, e) || !found) return !found;
    (void)snprintf(out->tenant, sizeof out->tenant, "%s", t.name);
    return store_org_list(s, is_it, &(struct org_search){t.org_id, out->org}, e);
}

/* The tenant is named in the title: a notice of several lists their titles. */
static bool put_notice(struct store *s, const struct condition_change *c, enum notice_severity severity,
                       const char *what, const char *group_prefix, struct err *e)
{
    struct notice_record n = {.kind = NOTICE_READINESS, .severity = severity, .body = str_of(c->detail)};
    struct named named;
    if (!name_of(s, c->tenant_id, &named, e)) return false;
    (void)snprintf(n.tenant_id, sizeof n.tenant_id, "%s", c->tenant_id);
    (void)snprintf(n.organization, sizeof n.organization, "%s", named.org);
    (void)snprintf(n.title, sizeof n.title, "%s: %s", named.tenant, what);
    (void)snprintf(n.cause, sizeof n.cause, "%s", c->cause->code);
    (void)snprintf(n.remedy, sizeof n.remedy, "%s", c->remedy ? c->remedy : c->cause->remedy);
    (void)snprintf(n.group_key, sizeof n.group_key, "cause:%s%s:%s", group_prefix, c->state,
                   c->group     ? c->group
                   : c->subject ? c->subject
                                : "");
    return store_notice_put(s, &n, e);
}

static bool ended(struct store *s, bool ok, struct err *e)
{
    if (ok) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool condition_begin(struct store *s, const struct condition_change *c, bool *told_out, struct err *e)
{
    struct condition_record r = {.since = {0}};
    bool is_new = false;
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", c->tenant_id);
    (void)snprintf(r.state, sizeof r.state, "%s", c->state);
    (void)snprintf(r.subject, sizeof r.subject, "%s", c->subject);
    (void)snprintf(r.code, sizeof r.code, "%s", c->cause->code);
    (void)snprintf(r.detail, sizeof r.detail, "%s", c->detail);
    (void)snprintf(r.remedy, sizeof r.remedy, "%s", c->remedy ? c->remedy : c->cause->remedy);
    if (!store_begin(s, e)) return false;
    bool ok = store_condition_put(s, &r, &is_new, e), tells = is_new && !c->is_quiet;
    ok = ok && (!tells || put_notice(s, c, NOTICE_HIGH, c->cause->what, "", e));
    ok = ended(s, ok, e);
    if (ok && tells) *told_out = true;
    return ok;
}

bool condition_end(struct store *s, const struct condition_change *c, const char *again, bool *told_out, struct err *e)
{
    bool was_there = false;
    if (!store_begin(s, e)) return false;
    bool ok = store_condition_remove(s, c->tenant_id, c->state, c->subject, &was_there, e);
    bool tells = was_there && again;
    if (ok && tells) ok = put_notice(s, c, NOTICE_MEDIUM, again, "again:", e);
    ok = ended(s, ok, e);
    if (ok && tells) *told_out = true;
    return ok;
}
