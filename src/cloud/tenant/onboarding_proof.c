/* From a record to somebody whose tokens can be asked for, and from a proof to a tenant that is here. */
#include <stdio.h>
#include <stdlib.h>

#include "cloud/tenant/onboarding.h"
#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant_int.h"
#include "state/store/apps.h"
#include "state/store/onboardings.h"
#include "state/store/tenants.h"

/* Among the tenant's own first: another tenant's own app may have the same client id only if it is shared. */
static bool of_tenant(const struct tenant *t, const char *client_id, struct app **out)
{
    for (unsigned i = 0; i < t->app_count; i++) {
        if (!str_eq_nocase(str_of(t->apps[i]->record.client_id), str_of(client_id))) continue;
        *out = app_ref(t->apps[i]);
        return true;
    }
    return false;
}

bool onboarding_suspect(struct store *s, const struct conf *c, const struct onboarding_record *r, struct tenant **out,
                        struct app **app_out, struct err *e)
{
    struct tenant_record known = {.org_id = r->org_id, .is_enabled = true};
    struct app_record record;
    struct tenant *here = NULL;
    struct app *app = NULL;
    bool found = false, ok = true;
    if (!store_tenant_find(s, onboarding_tenant(r), &known, &found, e)) return false;
    if (found && !tenant_find(s, c, known.tenant_id, &here, e)) return false;
    if (here == NULL || !of_tenant(here, r->client_id, &app))
        ok = app_record_find(s, r->client_id, &record, e) && app_open(s, record.id, &app, e);
    tenant_unref(here);
    if (!ok) return false;
    if (!found) {
        (void)snprintf(known.tenant_id, sizeof known.tenant_id, "%s", onboarding_tenant(r));
        (void)snprintf(known.cloud, sizeof known.cloud, "%s", r->cloud);
    }
    *out = tenant_trial(s, c, &known, app, e);
    if (*out)
        *app_out = app;
    else
        app_unref(app);
    return *out != NULL;
}

/* In the largest unit that tells it whole. */
static void duration_text(int64_t ms, char out[32])
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{24 * 3600 * 1000, "d"}, {3600 * 1000, "h"}, {60 * 1000, "m"}, {1000, "s"}};
    size_t i = 0;
    while (i + 1 < sizeof units / sizeof units[0] && ms % units[i].ms) i++;
    (void)snprintf(out, 32, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

bool onboarding_lookback(struct store *s, const char *tenant_id, int64_t org_id, int64_t lookback_ms,
                         int64_t lookback_hunting_ms, const char *actor, struct wall now, struct err *e)
{
    const struct {
        const char *name;
        int64_t ms;
    } rows[] = {{"lookback", lookback_ms}, {"lookback_hunting", lookback_hunting_ms}};
    struct setting_scope scope = {.org_id = org_id};
    char text[32];
    (void)snprintf(scope.tenant_id, sizeof scope.tenant_id, "%s", tenant_id);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        duration_text(rows[i].ms < 0 ? 0 : rows[i].ms, text);
        if (rows[i].ms >= 0 && !settings_set(s, &scope, rows[i].name, str_of(text), actor, now, e)) return false;
    }
    return true;
}

static bool org_name(void *arg, const struct org_record *r)
{
    struct org_record *wanted = arg;
    if (r->id == wanted->id) *wanted = *r;
    return r->id != wanted->id || wanted->name[0] == '\0';
}

static bool add_new(struct store *s, const struct conf *c, const struct onboarding_record *r, const char *app,
                    struct wall now, struct err *e)
{
    struct org_record org = {.id = r->org_id};
    if (!store_org_list(s, org_name, &org, e)) return false;
    struct tenant_input in = {.org = org.name,
                              .name = r->name[0] ? r->name : NULL,
                              .tenant_id = onboarding_tenant(r),
                              .cloud = r->cloud,
                              .apps = app,
                              .is_limited = true}; /* who was not has said so when the tenant was named, or accepted */
    return onboarding_lookback(s, onboarding_tenant(r), r->org_id, r->lookback_ms, r->lookback_hunting_ms, r->asked_by,
                               now, e) &&
           tenant_add(s, c, &in, false, NULL, e);
}

bool onboarding_adopt(struct store *s, const struct conf *c, const struct onboarding_record *r, const struct app *app,
                      struct wall now, struct err *e)
{
    struct tenant_record known;
    struct tenant *here = NULL;
    struct app *has = NULL;
    bool found = false;
    if (!store_tenant_find(s, onboarding_tenant(r), &known, &found, e)) return false;
    if (!found) return add_new(s, c, r, app->record.name, now, e);
    if (known.org_id != r->org_id)
        return err_set(e, &onboarding_causes[ONBOARDING_ELSEWHERE], "the tenant %s is another organization's",
                       known.tenant_id);
    if (!tenant_find(s, c, known.tenant_id, &here, e)) return false;
    bool is_given = of_tenant(here, app->record.client_id, &has);
    app_unref(has);
    tenant_unref(here);
    return is_given || app_give(s, known.tenant_id, app->record.id, e);
}

/* ---- before anything is stored --------------------------------------------------------------------------------------------- */

static bool first_app(struct store *s, const char *names, struct app **out, struct err *e)
{
    struct str rest = str_of(names), name = str_trim(str_cut(&rest, ','));
    struct app_record record;
    char text[NAME_BYTES];
    if (!str_copy(name, text, sizeof text))
        return err_set(e, &tenant_causes[APP_NO_SUCH], "an app's name is longer than any of ours");
    return app_record_find(s, text, &record, e) && app_open(s, record.id, out, e);
}

bool onboarding_trial(struct store *s, const struct conf *c, const struct tenant_input *in, struct tenant **out,
                      struct app **app_out, struct err *e)
{
    struct tenant_record r;
    struct app *app = NULL;
    struct str secret;
    bool has_own = credential_is_given(&in->credential);
    if (!input_record(in, has_own, &r, e) || (has_own && !credential_input_check(s, &in->credential, e)) ||
        (in->org && str_trim(str_of(in->org)).n &&
         !input_name(in->org, "the organization's name", (char[NAME_BYTES]){0}, e)))
        return false;
    if (!has_own && !first_app(s, in->apps ? in->apps : "", &app, e)) return false;
    if (has_own && in->credential.secret.p) {
        if (!input_secret(in->credential.secret, &secret, e)) return false;
        app = app_of_secret(r.client_id, secret);
        if (app == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "trying a tenant");
    }
    struct tenant *t = app ? tenant_trial(s, c, &r, app, e) : NULL;
    if (app && t == NULL) {
        app_unref(app);
        return false;
    }
    *out = t;
    *app_out = app;
    return true;
}

perm_set onboarding_wanted(const struct app_record *app)
{
    struct str rest = str_of(app->bundles);
    perm_set set = 0;
    if (rest.n == 0) return feature_wants((feature_bit(FEATURE_COUNT)) - 1);
    while (rest.n) {
        enum bundle b;
        if (bundle_find(str_trim(str_cut(&rest, ',')), &b)) set |= perm_of_bundle(b);
    }
    return set;
}

int64_t onboarding_audiences(perm_set set)
{
    int64_t wants = 0;
    for (unsigned p = 1; p < PERM_COUNT; p++)
        if (set & perm_bit((enum permission)p) && !permission_rows[p].is_delegated)
            wants |= onboarding_bit(permission_rows[p].audience);
    return wants ? wants : onboarding_bit(AUD_GRAPH) | onboarding_bit(AUD_ENDPOINT);
}
