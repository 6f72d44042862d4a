#include "flow/act/context.h"
#include "state/store/response.h"
#include "state/store/revisions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_EVERY_MS = 2000, COUNT_EVERY_MS = 5 * 60 * 1000 };

/* ---- the policy -------------------------------------------------------------------------------------------------------- */

/* Taken once its files have stayed the same: one that is being written looks different at each look. */
static bool take_policy(struct context *c, const struct act_opts *o, bool is_first, struct err *e)
{
    uint64_t stamp = policy_watch_stamp(&c->watch, o->fs);
    bool is_still = stamp == c->seen;
    c->seen = stamp;
    if (!is_first && (!is_still || stamp == c->applied)) return true;
    struct policy_watch watch = {.count = 0};
    struct policy *fresh = policy_file_load(o->fs, o->policy, &watch, e);
    if (watch.count == 0 || (fresh == NULL && c->watch.count > watch.count)) {
        policy_watch_done(&watch); /* what could not be read to its end is watched as before */
    } else {
        policy_watch_done(&c->watch);
        c->watch = watch;
    }
    c->applied = c->seen = policy_watch_stamp(&c->watch, o->fs); /* wrong or not: told once */
    if (fresh == NULL) return false;
    policy_free(c->policy);
    c->policy = fresh;
    return true;
}

bool context_open(struct context *c, const struct act_opts *o, struct err *e)
{
    *c = (struct context){.counter = policy_counter_new(), .zones = zones_new(o->fs)};
    if (c->counter == NULL || c->zones == NULL) {
        context_close(c);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "the policy's memory");
    }
    if (take_policy(c, o, true, e)) return true;
    context_close(c);
    return false;
}

bool context_look_at_policy(struct context *c, const struct act_opts *o, struct wall now, struct err *e)
{
    if (c->watch.count == 0 || wall_ms(now) - wall_ms(c->looked) < LOOK_EVERY_MS) return true;
    c->looked = now;
    return take_policy(c, o, false, e);
}

void context_tell_whose(const struct context_tenant *t, struct alert_facts *f)
{
    f->tenant = str_of(t->tenant->record.tenant_id);
    f->tenant_name = str_of(t->tenant->record.name);
    f->organization = str_of(t->tenant->org_name);
}

void context_judge(const struct context *c, const struct context_tenant *t, const struct alert_facts *f,
                   struct wall now, struct judgement *out)
{
    struct policy_context pc = {
        .mode = t->mode, .isolation = t->isolation, .zone = t->zone, .now = now, .counter = c->counter};
    policy_judge(c->policy, f, &pc, out);
}

/* ---- tenants ----------------------------------------------------------------------------------------------------------- */

static void tenants_free(struct context_tenant *tenants, size_t count)
{
    for (size_t i = 0; i < count; i++) tenant_unref(tenants[i].tenant);
    free(tenants);
}

struct loading {
    struct context_tenant *tenants;
    size_t count, cap;
};

static bool add_tenant(void *arg, struct tenant *t)
{
    struct loading *l = arg;
    if (!t->record.is_enabled) return true;
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct context_tenant *bigger = realloc(l->tenants, cap * sizeof *bigger);
        INVARIANT(bigger);
        l->tenants = bigger;
        l->cap = cap;
    }
    l->tenants[l->count++] = (struct context_tenant){.tenant = tenant_ref(t)};
    return true;
}

static int by_id(const void *a, const void *b)
{
    const struct context_tenant *x = a, *y = b;
    return strcmp(x->tenant->record.tenant_id, y->tenant->record.tenant_id);
}

bool context_load_tenants(struct context *c, const struct act_opts *o, struct err *e)
{
    struct loading l = {0};
    bool ok = o->each_tenant(o->tenants_ctx, add_tenant, &l, e);
    if (!ok) {
        tenants_free(l.tenants, l.count);
        return false;
    }
    if (l.count) qsort(l.tenants, l.count, sizeof *l.tenants, by_id);
    for (size_t i = 0; i < l.count; i++) {
        const struct context_tenant *old = context_tenant(c, l.tenants[i].tenant->record.tenant_id);
        if (old) l.tenants[i].has_hunting = old->has_hunting;
    }
    tenants_free(c->tenants, c->tenant_count);
    c->tenants = l.tenants;
    c->tenant_count = l.count;
    return true;
}

struct context_tenant *context_tenant(const struct context *c, const char *tenant_id)
{
    size_t low = 0, high = c->tenant_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strcmp(c->tenants[mid].tenant->record.tenant_id, tenant_id);
        if (order == 0) return &c->tenants[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* ---- settings ---------------------------------------------------------------------------------------------------------- */

struct exclusions {
    struct respond_exclusion *items;
    size_t count, cap;
};

static struct respond_exclusion *add_exclusion(struct exclusions *x, enum exclusion_kind kind, struct str value)
{
    if (x->count == x->cap) {
        size_t cap = x->cap ? x->cap * 2 : 16;
        struct respond_exclusion *bigger = realloc(x->items, cap * sizeof *bigger);
        INVARIANT(bigger);
        x->items = bigger;
        x->cap = cap;
    }
    struct respond_exclusion *one = &x->items[x->count++];
    *one = (struct respond_exclusion){.kind = kind};
    (void)str_copy(str_sub(value, 0, sizeof one->value - 1), one->value, sizeof one->value);
    return one;
}

static bool add_stored(void *arg, const struct exclusion_record *r)
{
    static const enum exclusion_kind kinds[EXCLUDED_KINDS] = {[EXCLUDED_DEVICE] = EXCLUDE_DEVICE,
                                                              [EXCLUDED_TAG] = EXCLUDE_TAG,
                                                              [EXCLUDED_GROUP] = EXCLUDE_GROUP,
                                                              [EXCLUDED_USER] = EXCLUDE_USER};
    struct respond_exclusion *one = add_exclusion(arg, kinds[r->kind], str_of(r->value));
    (void)str_copy(str_sub(str_of(r->owner), 0, sizeof one->owner - 1), one->owner, sizeof one->owner);
    (void)str_copy(str_sub(str_of(r->reason), 0, sizeof one->reason - 1), one->reason, sizeof one->reason);
    one->expires = r->expires;
    return true;
}

static void add_words(struct exclusions *x, enum exclusion_kind kind, struct str list)
{
    while (list.n) {
        struct str word = str_trim(str_cut(&list, ','));
        if (word.n) (void)add_exclusion(x, kind, word);
    }
}

static const enum policy_mode modes[] = {[REMEDIATION_OFF] = MODE_OFF,
                                         [REMEDIATION_SHADOW] = MODE_SHADOW,
                                         [REMEDIATION_APPROVE] = MODE_APPROVE,
                                         [REMEDIATION_AUTO] = MODE_AUTO};

static void fill(const struct settings *s, struct context_tenant *t, struct respond_tenant *out)
{
    const struct tenant *tenant = t->tenant;
    bool is_full = setting_number(s, SET_ISOLATION) == ISOLATION_FULL;
    respond_tenant_defaults(out, tenant->record.tenant_id);
    (void)snprintf(out->name, sizeof out->name, "%.95s", tenant->record.name);
    (void)snprintf(out->org, sizeof out->org, "%.95s", tenant->org_name);
    t->mode = out->mode = modes[setting_number(s, SET_REMEDIATION)];
    t->isolation = is_full ? WISH_ISOLATE_FULL : WISH_ISOLATE_SELECTIVE;
    out->on_since = s->values[SET_REMEDIATION].since;
    out->isolation = is_full ? SCOPE_FULL : SCOPE_SELECTIVE;
    out->max_age_ms = setting_number(s, SET_MAX_ALERT_AGE);
    out->approval_ms = setting_number(s, SET_APPROVAL_TIMEOUT);
    out->lease_ms = setting_number(s, SET_LEASE);
    out->confirm_ms = setting_number(s, SET_CONFIRM_AFTER);
    out->limit_hour = (uint32_t)setting_number(s, SET_LIMIT_TENANT_HOUR);
    out->limit_share_percent = (uint32_t)setting_number(s, SET_LIMIT_TENANT_SHARE);
    out->device_count = t->device_count;
    out->approval_people = (uint32_t)setting_number(s, SET_APPROVAL_PEOPLE);
    out->escalates = setting_number(s, SET_APPROVAL_AFTER) == APPROVAL_ESCALATE;
    out->auto_release = setting_is_on(s, SET_AUTO_RELEASE);
    out->guard_servers = setting_is_on(s, SET_GUARD_SERVERS);
    out->has_hunting = t->has_hunting;
}

static bool count_devices(struct context_tenant *t, struct store *s, struct wall now, struct err *e)
{
    uint64_t n = 0;
    if (t->device_count && wall_ms(now) - wall_ms(t->counted) < COUNT_EVERY_MS) return true;
    if (!store_object_count(s, t->tenant->record.tenant_id, "machines", &n, e)) return false;
    t->device_count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    t->counted = now;
    return true;
}

bool context_refresh(struct context *c, const struct act_opts *o, struct responder *r, struct context_tenant *t,
                     struct wall now, struct err *e)
{
    struct respond_tenant rt;
    struct exclusions x = {0};
    struct settings *s = malloc(sizeof *s);
    const char *tenant_id = t->tenant->record.tenant_id;
    INVARIANT(s);
    bool ok = settings_of_tenant(o->store, tenant_id, s, e) && count_devices(t, o->store, now, e) &&
              store_exclusion_list(o->store, tenant_id, add_stored, &x, e);
    if (ok) {
        add_words(&x, EXCLUDE_OWN, setting_text(s, SET_OWN_HOSTS));
        add_words(&x, EXCLUDE_TUNNEL_TAG, setting_text(s, SET_VPN_TAGS));
        fill(s, t, &rt);
        t->zone = zones_find(c->zones, s->values[SET_TIME_ZONE].text);
        rt.exclusions = x.items;
        rt.exclusion_count = x.count;
        ok = responder_set_tenant(r, &rt, e);
    }
    free(x.items);
    free(s);
    return ok;
}

bool context_refresh_account(const struct act_opts *o, struct responder *r, struct err *e)
{
    struct setting_scope account = {0};
    struct settings *s = malloc(sizeof *s);
    INVARIANT(s);
    bool ok = settings_resolve(o->store, &account, s, e);
    if (ok) responder_set_account_limit(r, (uint32_t)setting_number(s, SET_LIMIT_ACCOUNT_HOUR));
    free(s);
    return ok;
}

void context_close(struct context *c)
{
    tenants_free(c->tenants, c->tenant_count);
    policy_free(c->policy);
    policy_counter_free(c->counter);
    policy_watch_done(&c->watch);
    zones_free(c->zones);
    *c = (struct context){0};
}
