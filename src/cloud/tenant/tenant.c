#include "cloud/tenant/tenant.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/proxies.h"
#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"
#include "state/store/apps.h"
#include "state/store/tenants.h"

struct tenant *tenant_ref(struct tenant *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

void tenant_unref(struct tenant *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) > 1) return;
    for (unsigned i = 0; i < t->app_count; i++) app_unref(t->apps[i]);
    proxy_rules_unref(t->proxies);
    free(t);
}

/* ---- what adding takes ------------------------------------------------------------------------------------------------------------ */

bool org_add(struct store *s, const char *name, struct org_record *out, struct err *e)
{
    struct org_record r = {0};
    if (!input_name(name, "the organization's name", r.name, e) || !store_org_put(s, &r, e)) return false;
    if (out) *out = r;
    return true;
}

/* The organization a tenant is put into; one that is not named has the tenant's own name. */
static bool org_for(struct store *s, const char *name, const struct tenant_record *t, bool make_org,
                    struct org_record *out, struct err *e)
{
    bool found = false;
    struct org_record r = {0};
    if (str_trim(str_of(name)).n == 0)
        memcpy(r.name, t->name, sizeof r.name);
    else if (!input_name(name, "the organization's name", r.name, e))
        return false;
    if (!store_org_find(s, r.name, out, &found, e) || found) return found;
    if (!make_org) return err_set(e, &tenant_causes[TENANT_NO_ORG], "there is no organization \"%s\"", r.name);
    if (!store_org_put(s, &r, e)) return false;
    *out = r;
    return true;
}

static bool add_record(struct store *s, const struct tenant_record *r, struct err *e)
{
    if (store_tenant_put(s, r, true, e)) return true;
    if (e && e->cause == &store_causes[STORE_EXISTS])
        err_set(e, &tenant_causes[TENANT_EXISTS], "the tenant %s is there already", r->tenant_id);
    return false;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

static void resolve(char out[HOST_BYTES], const char *overriding, const char *from_conf, const char *from_cloud)
{
    const char *chosen = overriding[0] ? overriding : from_conf[0] ? from_conf : from_cloud;
    (void)snprintf(out, HOST_BYTES, "%s", chosen);
}

void tenant_hosts_of(const struct conf *c, const char *cloud, const struct tenant_record *known,
                     struct tenant_hosts *out)
{
    const struct cloud_profile *profile = cloud_find(str_of(cloud));
    resolve(out->login_url, known ? known->overrides[OVER_LOGIN_URL] : "", c->login_url,
            profile ? profile->login_url : "");
    resolve(out->graph_audience, known ? known->overrides[OVER_GRAPH_AUDIENCE] : "", "",
            profile ? profile->apis[AUD_GRAPH].audience : "");
}

static const char *version_of(const struct api_row *row, const struct tenant_record *r)
{
    const char *wanted = row->version == TENANT_OVERRIDES ? "" : r->overrides[row->version];
    for (size_t i = 0; row->versions[i]; i++)
        if (strcmp(row->versions[i], wanted) == 0) return row->versions[i];
    return row->versions[0];
}

static void resolve_apis(struct tenant *t, const struct conf *c, const struct cloud_profile *cloud)
{
    const char *from_conf[AUD_COUNT] = {
        [AUD_GRAPH] = c->graph_url, [AUD_ENDPOINT] = c->endpoint_url, [AUD_SIEM] = c->siem_url};
    for (int i = 0; i < AUD_COUNT; i++) {
        struct tenant_api *api = &t->apis[i];
        resolve(api->url, t->record.overrides[api_rows[i].url], from_conf[i], cloud->apis[i].url);
        resolve(api->audience, t->record.overrides[api_rows[i].audience], "", cloud->apis[i].audience);
        api->version = version_of(&api_rows[i], &t->record);
    }
}

static struct tenant *build(const struct conf *c, const struct directory *d, const struct tenant_record *r,
                            struct err *e)
{
    static const struct cloud_profile no_cloud = {
        "", "", {[AUD_GRAPH] = {"", ""}, [AUD_ENDPOINT] = {"", ""}, [AUD_SIEM] = {"", ""}}};
    const struct cloud_profile *cloud = cloud_find(str_of(r->cloud));
    struct tenant *t = calloc(1, sizeof *t);
    if (t == NULL) {
        err_set(e, &base_causes[BASE_NO_MEMORY], "reading a tenant");
        return NULL;
    }
    if (cloud == NULL) cloud = &no_cloud; /* of a newer version: its addresses may be overridden all the same */
    atomic_init(&t->refs, 1);
    t->record = *r;
    struct setting_scope at = {.org_id = r->org_id};
    memcpy(at.tenant_id, r->tenant_id, sizeof at.tenant_id);
    t->proxies = proxy_book_rules(d->proxies, &at);
    resolve(t->login_url, r->overrides[OVER_LOGIN_URL], c->login_url, cloud->login_url);
    resolve(t->token_url, r->overrides[OVER_TOKEN_URL], "", "");
    resolve_apis(t, c, cloud);
    t->reading = d->reading;
    t->is_endpoint_off = directory_is_endpoint_off(d, r);
    for (size_t i = 0; i < d->org_count; i++)
        if (d->orgs[i].id == r->org_id) memcpy(t->org_name, d->orgs[i].name, sizeof t->org_name);
    return t;
}

/* Its apps, each opened once for all tenants that share it. */
static bool add_apps(struct store *s, struct directory *d, struct tenant *t, struct err *e)
{
    const char *id = t->record.tenant_id;
    for (const struct directory_use *u = directory_uses(d, id); directory_is_use_of(d, u, id); u++) {
        struct directory_app *app = directory_app(d, u->app_id);
        if (app == NULL || t->app_count == TENANT_APPS_MAX) continue;
        if (app->opened == NULL && !app_build(s, d, &app->record, &app->opened, e)) return false;
        t->apps[t->app_count++] = app_ref(app->opened);
    }
    return true;
}

static struct tenant *build_whole(struct store *s, const struct conf *c, struct directory *d,
                                  const struct tenant_record *r, struct err *e)
{
    struct tenant *t = build(c, d, r, e);
    if (t == NULL || add_apps(s, d, t, e)) return t;
    tenant_unref(t);
    return NULL;
}

struct tenant *tenant_trial(struct store *s, const struct conf *c, const struct tenant_record *r, struct app *app,
                            struct err *e)
{
    struct directory nobody = {0}; /* but it goes the way its place prescribes */
    if (!proxy_book_read(s, &nobody.proxies, e)) return NULL;
    struct tenant *t = build(c, &nobody, r, e);
    proxy_book_free(nobody.proxies);
    if (t) t->apps[t->app_count++] = app_ref(app);
    return t;
}

/* The tenant meant, or NULL with an error. */
static const struct tenant_record *pick(const struct directory *d, const char *id_or_name, struct err *e)
{
    struct str wanted = str_trim(str_of(id_or_name));
    const struct tenant_record *hit = NULL;
    unsigned hits = 0;
    for (size_t i = 0; i < d->tenant_count; i++) {
        const struct tenant_record *r = &d->tenants[i];
        if (str_eq_nocase(wanted, str_of(r->tenant_id))) return r;
        if (str_eq_nocase(wanted, str_of(r->name))) hit = r, hits++;
    }
    if (hits == 1) return hit;
    err_set(e, &tenant_causes[hits ? TENANT_AMBIGUOUS : TENANT_NO_SUCH],
            hits ? "more than one tenant has the name \"%.*s\"" : "there is no tenant \"%.*s\"",
            STR_ARG(str_sub(wanted, 0, NAME_BYTES)));
    return NULL;
}

bool tenant_record_find(struct store *s, const char *id_or_name, struct tenant_record *out, struct err *e)
{
    struct directory d;
    if (!directory_read(s, &d, e)) return false;
    const struct tenant_record *r = pick(&d, id_or_name, e);
    if (r) *out = *r;
    directory_done(&d);
    return r != NULL;
}

/* Asked for alone, it says which secret is damaged. */
static bool check_secrets(struct store *s, const struct tenant *t, struct err *e)
{
    for (unsigned i = 0; i < t->app_count; i++)
        if (t->apps[i]->has_active && secret_reveal(t->apps[i]->credentials[0].secret).n == 0 &&
            !credential_check(s, &t->apps[i]->credentials[0].record, e))
            return false;
    return true;
}

bool tenant_read(struct store *s, const struct conf *c, const char *id_or_name, struct tenant **out, struct err *e)
{
    struct directory d;
    if (!directory_read(s, &d, e)) return false;
    const struct tenant_record *r = pick(&d, id_or_name, e);
    struct tenant *t = r ? build_whole(s, c, &d, r, e) : NULL;
    directory_done(&d);
    if (t) *out = t;
    return t != NULL;
}

bool tenant_find(struct store *s, const struct conf *c, const char *id_or_name, struct tenant **out, struct err *e)
{
    struct tenant *t = NULL;
    if (!tenant_read(s, c, id_or_name, &t, e)) return false;
    if (check_secrets(s, t, e)) {
        *out = t;
        return true;
    }
    tenant_unref(t);
    return false;
}

bool tenant_each(struct store *s, const struct conf *c, bool (*each)(void *arg, struct tenant *t), void *arg,
                 struct err *e)
{
    struct directory d;
    bool ok = true, go_on = true;
    if (!directory_read(s, &d, e)) return false;
    for (size_t i = 0; ok && go_on && i < d.tenant_count; i++) {
        bool is_there = true;
        struct tenant_record now;
        struct tenant *t = NULL;
        ok = store_tenant_find(s, d.tenants[i].tenant_id, &now, &is_there, e); /* removed meanwhile: passed over */
        if (ok && is_there) ok = (t = build_whole(s, c, &d, &d.tenants[i], e)) != NULL;
        if (t) go_on = each(arg, t);
        tenant_unref(t);
    }
    directory_done(&d);
    return ok;
}

/* Behind the tenant of that id; was it removed meanwhile, behind where its name would stand. */
static size_t place_behind(const struct directory *d, const char *name, const char *tenant_id)
{
    size_t i = 0;
    for (; i < d->tenant_count; i++)
        if (strcmp(d->tenants[i].tenant_id, tenant_id) == 0) return i + 1;
    for (i = 0; i < d->tenant_count && strcmp(d->tenants[i].name, name) <= 0;) i++;
    return i;
}

bool tenant_list(struct store *s, const struct conf *c, const char *after_name, const char *after_id,
                 bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e)
{
    struct directory d;
    bool ok = true, go_on = true;
    if (!directory_read(s, &d, e)) return false;
    d.is_closed = true;
    for (size_t i = after_id[0] ? place_behind(&d, after_name, after_id) : 0; ok && go_on && i < d.tenant_count; i++) {
        struct tenant *t = build_whole(s, c, &d, &d.tenants[i], e);
        ok = t != NULL;
        if (ok) go_on = each(arg, t);
        tenant_unref(t);
    }
    directory_done(&d);
    return ok;
}

struct app *tenant_app(const struct tenant *t, enum audience audience, const char *role)
{
    struct app *for_all = NULL;
    const char *bundle = bundle_of_role(audience, str_of(role));
    for (unsigned i = 0; i < t->app_count; i++) {
        const char *bundles = t->apps[i]->record.bundles;
        if (bundles[0] && bundle && bundles_have(bundles, bundle)) return t->apps[i];
        if (bundles[0] == '\0' && for_all == NULL) for_all = t->apps[i];
    }
    return for_all ? for_all : t->app_count ? t->apps[0] : NULL;
}

/* ---- changing ----------------------------------------------------------------------------------------------------------- */

/* An id of one kind where other tenants have it as the other kind: most likely pasted the wrong way round. */
static bool ids_are_straight(const struct directory *d, const char *tenant_id, const char *client_id, struct err *e)
{
    const struct cause *swapped = &tenant_causes[TENANT_IDS_SWAPPED];
    for (size_t i = 0; i < d->tenant_count; i++) {
        const struct tenant_record *other = &d->tenants[i];
        if (client_id[0] && strcmp(other->tenant_id, client_id) == 0)
            return err_set(e, swapped, "the client id is the tenant id of \"%s\"", other->name);
    }
    for (size_t i = 0; i < d->app_count; i++)
        if (strcmp(d->apps[i].record.client_id, tenant_id) == 0)
            return err_set(e, swapped, "the tenant id is the client id of the app \"%s\"", d->apps[i].record.name);
    return true;
}

/* Its own app: which no other tenant uses. NULL: it has none. */
static const struct app_record *own_app(const struct directory *d, const char *tenant_id)
{
    for (const struct directory_use *u = directory_uses(d, tenant_id); directory_is_use_of(d, u, tenant_id); u++) {
        const struct directory_app *app = directory_app(d, u->app_id);
        if (app && !app->record.is_multi_tenant) return &app->record;
    }
    return NULL;
}

bool tenant_own_app(struct store *s, const struct tenant_record *t, struct app_record *out, struct err *e)
{
    struct directory d;
    if (!directory_read(s, &d, e)) return false;
    const struct app_record *own = own_app(&d, t->tenant_id);
    if (own) *out = *own;
    directory_done(&d);
    return own || err_set(e, &tenant_causes[APP_NOT_OWN], "\"%s\" has no app of its own", t->name);
}

static bool add_own_app(struct store *s, const struct tenant_record *r, const struct credential_input *credential,
                        struct err *e)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "app of %s", r->tenant_id);
    const struct app_input in = {
        .name = name, .client_id = r->client_id, .home_tenant = r->tenant_id, .credential = *credential};
    struct app_record app;
    return app_put(s, &in, &app, e) && store_tenant_app_add(s, r->tenant_id, app.id, e);
}

static bool give_apps(struct store *s, const char *tenant_id, const char *names, struct err *e)
{
    struct str rest = str_of(names);
    while (rest.n) {
        char name[NAME_BYTES];
        struct app_record app;
        struct str one = str_trim(str_cut(&rest, ','));
        if (one.n == 0) continue;
        if (!str_copy(one, name, sizeof name))
            return err_set(e, &tenant_causes[APP_NO_SUCH], "an app's name is shorter than %d bytes", NAME_BYTES);
        if (!app_record_find_for(s, name, tenant_id, &app, e) || !app_give(s, tenant_id, app.id, e)) return false;
    }
    return true;
}

static bool names_an_app(const char *apps)
{
    return apps && str_trim(str_of(apps)).n > 0;
}

bool tenant_add(struct store *s, const struct conf *c, const struct tenant_input *in, bool make_org,
                char tenant_id_out[GUID_BYTES], struct err *e)
{
    struct tenant_record r;
    struct org_record org;
    struct directory d;
    bool has_own = (in->client_id && in->client_id[0]) || credential_is_given(&in->credential);
    (void)c; /* portcullis.yaml may name every address a cloud lacks, so no cloud is refused for want of one */
    if (!input_record(in, has_own || !names_an_app(in->apps), &r, e)) return false;
    if (has_own && !credential_is_given(&in->credential))
        return err_set(e, &tenant_causes[APP_NO_APP], "the app %s has neither secret nor certificate", r.client_id);
    if (!directory_read(s, &d, e)) return false;
    bool ok = ids_are_straight(&d, r.tenant_id, r.client_id, e);
    directory_done(&d);
    if (!ok || (has_own && !credential_input_check(s, &in->credential, e)) || !store_begin(s, e)) return false;
    ok = org_for(s, in->org, &r, make_org, &org, e);
    if (ok) r.org_id = org.id;
    ok = ok && tenant_former(s, r.tenant_id, r.org_id, in->is_limited, e) && add_record(s, &r, e) &&
         (!has_own || add_own_app(s, &r, &in->credential, e)) && (!in->apps || give_apps(s, r.tenant_id, in->apps, e));
    if (!ok) store_rollback(s);
    ok = ok && store_commit(s, e);
    if (ok && tenant_id_out) memcpy(tenant_id_out, r.tenant_id, GUID_BYTES);
    return ok;
}

static bool change_record(const struct tenant_change *c, struct tenant_record *r, struct err *e)
{
    if (c->client_id && !input_client_id(c->client_id, r->tenant_id, r->client_id, e)) return false;
    if (c->name && !input_tenant_name(c->name, r, e)) return false;
    if (c->cloud && !input_cloud(c->cloud, r->cloud, sizeof r->cloud, e)) return false;
    if (c->is_enabled) r->is_enabled = *c->is_enabled;
    for (int i = 0; i < TENANT_OVERRIDES; i++)
        if (c->overrides[i] && !input_override(c->overrides[i], (enum tenant_override)i, r, e)) return false;
    return true;
}

/* The account's apps it has from now on are these. */
static bool change_apps(struct store *s, const struct directory *d, const char *tenant_id, const char *names,
                        struct err *e)
{
    const struct app_record *own = own_app(d, tenant_id);
    if (own == NULL && !names_an_app(names))
        return err_set(e, &tenant_causes[APP_LAST], "the tenant has no app of its own");
    for (const struct directory_use *u = directory_uses(d, tenant_id); directory_is_use_of(d, u, tenant_id); u++)
        if ((own == NULL || u->app_id != own->id) && !store_tenant_app_remove(s, tenant_id, u->app_id, e)) return false;
    return give_apps(s, tenant_id, names, e);
}

static bool change_own_app(struct store *s, const struct directory *d, const struct tenant_record *r,
                           const struct tenant_change *c, struct err *e)
{
    const struct app_record *own = own_app(d, r->tenant_id);
    const struct app_change change = {.client_id = r->client_id};
    struct credential_record made;
    if (own == NULL && c->client_id && credential_is_given(&c->credential)) return add_own_app(s, r, &c->credential, e);
    if (own == NULL) return err_set(e, &tenant_causes[APP_NOT_OWN], "\"%s\" has no app of its own", r->name);
    if (c->client_id && !app_set(s, own, &change, e)) return false;
    return !credential_is_given(&c->credential) || credential_put(s, own, &c->credential, true, &made, e);
}

static bool change_all(struct store *s, const struct directory *d, const struct tenant_record *r,
                       const struct tenant_change *c, struct err *e)
{
    bool is_app_changed = c->client_id || credential_is_given(&c->credential);
    return store_tenant_put(s, r, false, e) && (!is_app_changed || change_own_app(s, d, r, c, e)) &&
           (!c->apps || change_apps(s, d, r->tenant_id, c->apps, e));
}

bool tenant_set(struct store *s, const char *id_or_name, const struct tenant_change *c, char tenant_id_out[GUID_BYTES],
                struct err *e)
{
    struct directory d;
    struct tenant_record r = {0};
    if (credential_is_given(&c->credential) && !credential_input_check(s, &c->credential, e)) return false;
    if (!directory_read(s, &d, e)) return false;
    const struct tenant_record *found = pick(&d, id_or_name, e);
    if (found) r = *found;
    bool ok = found && change_record(c, &r, e) &&
              (!c->client_id || ids_are_straight(&d, r.tenant_id, r.client_id, e)) && store_begin(s, e);
    if (ok) {
        ok = change_all(s, &d, &r, c, e);
        if (!ok) store_rollback(s);
        ok = ok && store_commit(s, e);
    }
    directory_done(&d);
    if (ok) memcpy(tenant_id_out, r.tenant_id, GUID_BYTES);
    return ok;
}

bool tenant_remove(struct store *s, const char *id_or_name, struct err *e)
{
    struct directory d;
    if (!directory_read(s, &d, e)) return false;
    const struct tenant_record *r = pick(&d, id_or_name, e);
    bool ok = r && store_tenant_remove(s, r->tenant_id, e);
    directory_done(&d);
    return ok;
}
