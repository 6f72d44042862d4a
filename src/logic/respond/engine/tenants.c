/* Tenants' settings as the engine needs them, and who is excluded. Handed in by the driver, never in the ledger: a setting
 * that changes holds from the next gate on. */
#include <stdlib.h>

#include "logic/respond/engine/engine_int.h"

void respond_tenant_defaults(struct respond_tenant *t, const char *tenant)
{
    *t = (struct respond_tenant){
        .mode = MODE_OFF,
        .isolation = SCOPE_FULL,
        .max_age_ms = INT64_C(60) * 60000,
        .approval_ms = INT64_C(30) * 60000,
        .lease_ms = INT64_C(24) * 3600000,
        .confirm_ms = INT64_C(5) * 60000,
        .limit_hour = 3,
        .limit_share_percent = 5,
        .approval_people = 1,
        .guard_servers = true,
    };
    COPY(t->tenant, tenant);
}

static size_t tenant_lower(const struct responder *r, const char *tenant)
{
    size_t lo = 0, hi = r->tenant_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(r->tenants[mid].t.tenant, tenant) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct tenant_slot *tenant_slot(const struct responder *r, const char *tenant)
{
    size_t i = tenant_lower(r, tenant);
    return i < r->tenant_count && strcmp(r->tenants[i].t.tenant, tenant) == 0 ? &r->tenants[i] : NULL;
}

const struct respond_tenant *find_tenant(const struct responder *r, const char *tenant)
{
    const struct tenant_slot *s = tenant_slot(r, tenant);
    return s ? &s->t : NULL;
}

const struct respond_tenant *tenant_or_off(const struct responder *r, const char *tenant)
{
    static const struct respond_tenant off = {
        .max_age_ms = INT64_C(60) * 60000,
        .approval_ms = INT64_C(30) * 60000,
        .lease_ms = INT64_C(24) * 3600000,
        .confirm_ms = INT64_C(5) * 60000,
        .isolation = SCOPE_FULL,
        .approval_people = 1,
        .guard_servers = true,
    };
    const struct respond_tenant *t = find_tenant(r, tenant);
    return t ? t : &off;
}

static bool tenant_insert(struct responder *r, const char *tenant, struct tenant_slot **out, struct err *e)
{
    size_t i = tenant_lower(r, tenant);
    if (r->tenant_count == RESPOND_TENANTS_MAX) return err_set(e, &respond_causes[RESPOND_FULL], "tenant %s", tenant);
    if (r->tenant_count == r->tenant_cap) {
        size_t cap = r->tenant_cap ? r->tenant_cap * 2 : 64;
        struct tenant_slot *grown = realloc(r->tenants, cap * sizeof *grown);
        if (grown == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "settings of tenant %s", tenant);
        r->tenants = grown;
        r->tenant_cap = cap;
    }
    memmove(r->tenants + i + 1, r->tenants + i, (r->tenant_count - i) * sizeof *r->tenants);
    r->tenants[i] = (struct tenant_slot){0};
    r->tenant_count++;
    *out = &r->tenants[i];
    return true;
}

bool responder_set_tenant(struct responder *r, const struct respond_tenant *t, struct err *e)
{
    struct respond_exclusion *copy = NULL;
    struct tenant_slot *s = tenant_slot(r, t->tenant);
    if (t->exclusion_count > 0) {
        copy = calloc(t->exclusion_count, sizeof *copy);
        if (copy == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "exclusions of tenant %s", t->tenant);
        memcpy(copy, t->exclusions, t->exclusion_count * sizeof *copy);
    }
    if (s == NULL && !tenant_insert(r, t->tenant, &s, e)) {
        free(copy);
        return false;
    }
    INVARIANT(s);
    free(s->exclusions);
    s->t = *t;
    s->t.exclusions = s->exclusions = copy;
    return true;
}

void responder_remove_tenant(struct responder *r, const char *tenant)
{
    struct tenant_slot *s = tenant_slot(r, tenant);
    if (s == NULL) return;
    free(s->exclusions);
    memmove(s, s + 1, (size_t)(r->tenants + r->tenant_count - (s + 1)) * sizeof *s);
    r->tenant_count--;
}

void responder_set_account_limit(struct responder *r, uint32_t limit)
{
    r->account_limit = limit ? limit : 20;
}

/* ---- exclusions ------------------------------------------------------------------------------------------------------- */

static bool is_named(const char *a, const char *b)
{
    return *a && str_eq_nocase(str_of(a), str_of(b));
}

/* "srv1" names "srv1.example.com" too, but not the other way round. */
static bool is_host(const char *value, const char *host)
{
    struct str rest = str_of(host), first = str_cut(&rest, '.');
    return is_named(value, host) || (*value && str_eq_nocase(str_of(value), first));
}

static bool has_tag(const struct respond_machine *m, const char *tag)
{
    for (uint32_t i = 0; i < m->tag_count && i < sizeof m->tags / sizeof *m->tags; i++)
        if (is_named(tag, m->tags[i])) return true;
    return false;
}

static bool is_about(const struct respond_exclusion *x, const struct respond_machine *m, const char *user)
{
    switch (x->kind) {
    case EXCLUDE_DEVICE:
    case EXCLUDE_OWN: return is_named(x->value, m->id) || is_host(x->value, m->host);
    case EXCLUDE_TAG:
    case EXCLUDE_TUNNEL_TAG: return has_tag(m, x->value);
    case EXCLUDE_GROUP: return is_named(x->value, m->group);
    case EXCLUDE_USER: return is_named(x->value, user);
    case EXCLUSION_KINDS: break;
    }
    return false;
}

const struct respond_exclusion *find_exclusion(const struct respond_tenant *t, enum exclusion_kind from,
                                               enum exclusion_kind to, const struct respond_machine *m,
                                               const char *user)
{
    const struct respond_exclusion *found = NULL;
    for (size_t i = 0; i < t->exclusion_count; i++) {
        const struct respond_exclusion *x = &t->exclusions[i];
        if (x->kind < from || x->kind > to || !is_about(x, m, user)) continue;
        if (found == NULL ||
            (found->expires.ticks != 0 && (x->expires.ticks == 0 || x->expires.ticks > found->expires.ticks)))
            found = x; /* the one that holds longest */
    }
    return found;
}
