#include "cloud/tenant/tenant.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"

enum { SECRET_NAME_BYTES = 64 };

static void secret_name(const char *tenant_id, char out[SECRET_NAME_BYTES])
{
    (void)snprintf(out, SECRET_NAME_BYTES, "tenant.secret:%s", tenant_id);
}

struct tenant *tenant_ref(struct tenant *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

void tenant_unref(struct tenant *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) > 1) return;
    secret_free(t->secret);
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

static bool put_secret(struct store *s, const char *tenant_id, struct str secret, struct err *e)
{
    char name[SECRET_NAME_BYTES];
    secret_name(tenant_id, name);
    return store_secret_put(s, name, secret, e);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

/* All organizations and tenants, copied out, so that no callback runs under the store's lock. */
struct directory {
    struct org_record *orgs;
    struct tenant_record *tenants;
    size_t org_count, tenant_count;
    bool has_no_memory;
};

static bool keep(void **array, size_t *count, const void *item, size_t item_bytes)
{
    if ((*count & (*count - 1)) == 0) { /* at a power of two: double */
        void *wider = realloc(*array, (*count ? 2 * *count : 1) * item_bytes);
        if (wider == NULL) return false;
        *array = wider;
    }
    memcpy((char *)*array + *count * item_bytes, item, item_bytes);
    ++*count;
    return true;
}

static bool keep_org(void *arg, const struct org_record *r)
{
    struct directory *d = arg;
    void *array = d->orgs;
    d->has_no_memory |= !keep(&array, &d->org_count, r, sizeof *r);
    d->orgs = array;
    return !d->has_no_memory;
}

static bool keep_tenant(void *arg, const struct tenant_record *r)
{
    struct directory *d = arg;
    void *array = d->tenants;
    d->has_no_memory |= !keep(&array, &d->tenant_count, r, sizeof *r);
    d->tenants = array;
    return !d->has_no_memory;
}

static void directory_done(struct directory *d)
{
    free(d->orgs);
    free(d->tenants);
}

static bool directory_read(struct store *s, struct directory *out, struct err *e)
{
    struct directory d = {0};
    bool ok = store_tenant_list(s, keep_tenant, &d, e) && store_org_list(s, keep_org, &d, e);
    if (ok && d.has_no_memory) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading the tenants");
    if (ok)
        *out = d;
    else
        directory_done(&d);
    return ok;
}

/* *found_out false: the tenant was removed meanwhile, as its secret goes with it. */
static bool read_secret(struct store *s, const char *tenant_id, struct secret **out, bool *found_out, struct err *e)
{
    char name[SECRET_NAME_BYTES];
    struct buf plain;
    secret_name(tenant_id, name);
    buf_init(&plain, 0);
    bool ok = store_secret_get(s, name, &plain, found_out, e);
    if (ok && *found_out) {
        *out = secret_new(buf_str(&plain));
        if (*out == NULL) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading a secret");
    }
    if (plain.p) seal_wipe(plain.p, plain.cap);
    buf_done(&plain);
    return ok;
}

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

/* Takes the secret. */
static struct tenant *build(const struct conf *c, const struct directory *d, const struct tenant_record *r,
                            struct secret *secret, struct err *e)
{
    static const struct cloud_profile no_cloud = {
        "", "", {[AUD_GRAPH] = {"", ""}, [AUD_ENDPOINT] = {"", ""}, [AUD_SIEM] = {"", ""}}};
    const struct cloud_profile *cloud = cloud_find(str_of(r->cloud));
    struct tenant *t = calloc(1, sizeof *t);
    if (t == NULL) {
        secret_free(secret);
        err_set(e, &base_causes[BASE_NO_MEMORY], "reading a tenant");
        return NULL;
    }
    if (cloud == NULL) cloud = &no_cloud; /* of a newer version: its addresses may be overridden all the same */
    atomic_init(&t->refs, 1);
    t->record = *r;
    t->secret = secret;
    resolve(t->login_url, r->overrides[OVER_LOGIN_URL], c->login_url, cloud->login_url);
    resolve(t->token_url, r->overrides[OVER_TOKEN_URL], "", "");
    resolve_apis(t, c, cloud);
    for (size_t i = 0; i < d->org_count; i++)
        if (d->orgs[i].id == r->org_id) memcpy(t->org_name, d->orgs[i].name, sizeof t->org_name);
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

bool tenant_find(struct store *s, const struct conf *c, const char *id_or_name, struct tenant **out, struct err *e)
{
    struct directory d;
    struct secret *secret = NULL;
    bool found = false;
    if (!directory_read(s, &d, e)) return false;
    const struct tenant_record *r = pick(&d, id_or_name, e);
    bool ok = r && read_secret(s, r->tenant_id, &secret, &found, e);
    if (ok && !found)
        ok = err_set(e, &tenant_causes[TENANT_NO_SUCH], "the tenant %s was removed just now", r->tenant_id);
    struct tenant *t = ok ? build(c, &d, r, secret, e) : NULL;
    directory_done(&d);
    if (t) *out = t;
    return t != NULL;
}

static bool hand_out(struct store *s, const struct conf *c, const struct directory *d, const struct tenant_record *r,
                     bool (*each)(void *arg, struct tenant *t), void *arg, bool *go_on, struct err *e)
{
    struct secret *secret = NULL;
    bool found = false;
    struct err why;
    if (!read_secret(s, r->tenant_id, &secret, &found, &why)) {
        bool is_this_secret = why.cause == &seal_causes[SEAL_CORRUPT] || why.cause == &seal_causes[SEAL_WRONG_KEY];
        secret = is_this_secret ? secret_new(STR_NONE) : NULL;
        if (secret == NULL) {
            if (e) *e = why;
            return false;
        }
    } else if (!found) {
        return true; /* removed meanwhile */
    }
    struct tenant *t = build(c, d, r, secret, e);
    if (t) *go_on = each(arg, t);
    tenant_unref(t);
    return t != NULL;
}

bool tenant_each(struct store *s, const struct conf *c, bool (*each)(void *arg, struct tenant *t), void *arg,
                 struct err *e)
{
    struct directory d;
    bool ok = true, go_on = true;
    if (!directory_read(s, &d, e)) return false;
    for (size_t i = 0; ok && go_on && i < d.tenant_count; i++)
        ok = hand_out(s, c, &d, &d.tenants[i], each, arg, &go_on, e);
    directory_done(&d);
    return ok;
}

/* ---- changing ----------------------------------------------------------------------------------------------------------- */

/* An id of one kind where other tenants have it as the other kind: most likely pasted the wrong way round. */
static bool ids_are_straight(const struct directory *d, const struct tenant_record *r, struct err *e)
{
    const struct cause *swapped = &tenant_causes[TENANT_IDS_SWAPPED];
    for (size_t i = 0; i < d->tenant_count; i++) {
        const struct tenant_record *other = &d->tenants[i];
        if (strcmp(other->tenant_id, r->client_id) == 0)
            return err_set(e, swapped, "the client id is the tenant id of \"%s\"", other->name);
        if (strcmp(other->client_id, r->tenant_id) == 0)
            return err_set(e, swapped, "the tenant id is the client id of \"%s\"", other->name);
    }
    return true;
}

bool tenant_add(struct store *s, const struct conf *c, const struct tenant_input *in, bool make_org,
                char tenant_id_out[GUID_BYTES], struct err *e)
{
    struct tenant_record r;
    struct org_record org;
    struct directory d;
    struct str secret;
    (void)c; /* portcullis.yaml may name every address a cloud lacks, so no cloud is refused for want of one */
    if (!input_record(in, &r, e) || !input_secret(in->secret, &secret, e) || !directory_read(s, &d, e)) return false;
    bool ok = ids_are_straight(&d, &r, e);
    directory_done(&d);
    if (!ok || !store_begin(s, e)) return false;
    ok = org_for(s, in->org, &r, make_org, &org, e);
    if (ok) r.org_id = org.id;
    ok = ok && add_record(s, &r, e) && put_secret(s, r.tenant_id, secret, e);
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

bool tenant_set(struct store *s, const char *id_or_name, const struct tenant_change *c, char tenant_id_out[GUID_BYTES],
                struct err *e)
{
    struct directory d;
    struct tenant_record r = {0};
    struct str secret = STR_NONE;
    if ((c->secret && !input_secret(*c->secret, &secret, e)) || !directory_read(s, &d, e)) return false;
    const struct tenant_record *found = pick(&d, id_or_name, e);
    if (found) r = *found;
    bool ok = found && change_record(c, &r, e) && ids_are_straight(&d, &r, e);
    directory_done(&d);
    if (!ok || !store_begin(s, e)) return false;
    ok = store_tenant_put(s, &r, false, e) && (!c->secret || put_secret(s, r.tenant_id, secret, e));
    if (!ok) store_rollback(s);
    ok = ok && store_commit(s, e);
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
