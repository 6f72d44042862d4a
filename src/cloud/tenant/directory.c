/* All organizations, tenants and apps, copied out of the store, so that no callback runs under its lock. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/proxies.h"
#include "cloud/tenant/settings.h"
#include "cloud/tenant/tenant_int.h"
#include "kit/seal/seal.h"
#include "state/store/apps.h"
#include "state/store/settings.h"
#include "state/store/tenants.h"

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

#define KEEP(d, array, count, item)                                                  \
    do {                                                                             \
        void *list = (d)->array;                                                     \
        (d)->has_no_memory |= !keep(&list, &(d)->count, (item), sizeof *(d)->array); \
        (d)->array = list;                                                           \
    } while (0)

static bool keep_org(void *arg, const struct org_record *r)
{
    struct directory *d = arg;
    KEEP(d, orgs, org_count, r);
    return !d->has_no_memory;
}

static bool keep_tenant(void *arg, const struct tenant_record *r)
{
    struct directory *d = arg;
    KEEP(d, tenants, tenant_count, r);
    return !d->has_no_memory;
}

static bool keep_app(void *arg, const struct app_record *r)
{
    struct directory *d = arg;
    const struct directory_app item = {.record = *r};
    KEEP(d, apps, app_count, &item);
    return !d->has_no_memory;
}

static bool keep_credential(void *arg, const struct credential_record *r)
{
    struct directory *d = arg;
    if (r->state == CREDENTIAL_RETIRED) return true;
    KEEP(d, credentials, credential_count, r);
    return !d->has_no_memory;
}

static bool keep_use(void *arg, const char *tenant_id, int64_t app_id)
{
    struct directory *d = arg;
    struct directory_use item = {.app_id = app_id};
    memcpy(item.tenant_id, tenant_id, strlen(tenant_id) + 1);
    KEEP(d, uses, use_count, &item);
    return !d->has_no_memory;
}

static bool keep_endpoint(void *arg, const struct setting_record *r)
{
    struct directory *d = arg;
    KEEP(d, endpoint, endpoint_count, r);
    return !d->has_no_memory;
}

static int by_place(const void *a, const void *b)
{
    const struct setting_record *x = a, *y = b;
    return x->level != y->level ? (x->level < y->level ? -1 : 1) : strcmp(x->scope, y->scope);
}

/* The value nearest to the tenant; it is on where nothing is set. */
bool directory_is_endpoint_off(const struct directory *d, const struct tenant_record *r)
{
    const struct setting_row *row = &setting_rows[SET_ENDPOINT];
    char why[SETTING_WHY_BYTES];
    for (enum setting_level level = SETTING_TENANT; d->endpoint_count && level > SETTING_DEFAULT; level--) {
        struct setting_record key = {.level = level};
        struct setting_value v;
        if (level == SETTING_TENANT) memcpy(key.scope, r->tenant_id, sizeof key.scope);
        if (level == SETTING_ORGANIZATION) (void)snprintf(key.scope, sizeof key.scope, "%lld", (long long)r->org_id);
        const struct setting_record *hit = bsearch(&key, d->endpoint, d->endpoint_count, sizeof key, by_place);
        if (hit && setting_check(row, str_of(hit->value), &v, why)) return v.number == SETTING_OFF;
    }
    return false;
}

static int by_app_id(const void *a, const void *b)
{
    int64_t x = ((const struct directory_app *)a)->record.id, y = ((const struct directory_app *)b)->record.id;
    return x < y ? -1 : x > y;
}

void directory_done(struct directory *d)
{
    for (size_t i = 0; i < d->app_count; i++) app_unref(d->apps[i].opened);
    free(d->orgs);
    free(d->tenants);
    free(d->apps);
    free(d->credentials);
    free(d->uses);
    proxy_book_free(d->proxies);
    free(d->endpoint);
}

bool directory_read(struct store *s, struct directory *out, struct err *e)
{
    static _Atomic uint64_t readings;
    struct directory d = {.reading = atomic_fetch_add(&readings, 1) + 1};
    bool ok = store_tenant_list(s, keep_tenant, &d, e) && store_org_list(s, keep_org, &d, e) &&
              store_app_list(s, keep_app, &d, e) && store_credential_list(s, 0, keep_credential, &d, e) &&
              store_tenant_app_list(s, NULL, 0, keep_use, &d, e) && proxy_book_read(s, &d.proxies, e) &&
              store_setting_named(s, setting_rows[SET_ENDPOINT].name, keep_endpoint, &d, e);
    if (ok && d.has_no_memory) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "reading the tenants");
    if (ok && d.app_count) qsort(d.apps, d.app_count, sizeof *d.apps, by_app_id);
    if (ok)
        *out = d;
    else
        directory_done(&d);
    return ok;
}

struct directory_app *directory_app(const struct directory *d, int64_t id)
{
    const struct directory_app key = {.record = {.id = id}};
    return d->app_count ? bsearch(&key, d->apps, d->app_count, sizeof *d->apps, by_app_id) : NULL;
}

/* The first of the tenant's; the store lists them by tenant. */
const struct directory_use *directory_uses(const struct directory *d, const char *tenant_id)
{
    size_t from = 0, to = d->use_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (strcmp(d->uses[middle].tenant_id, tenant_id) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return d->uses ? d->uses + from : NULL;
}

bool directory_is_use_of(const struct directory *d, const struct directory_use *u, const char *tenant_id)
{
    return u && u < d->uses + d->use_count && strcmp(u->tenant_id, tenant_id) == 0;
}

/* They are listed by app. */
const struct credential_record *directory_credentials(const struct directory *d, int64_t app_id, size_t *count_out)
{
    size_t from = 0, to = d->credential_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (d->credentials[middle].app_id < app_id)
            from = middle + 1;
        else
            to = middle;
    }
    for (*count_out = 0; from + *count_out < d->credential_count; ++*count_out)
        if (d->credentials[from + *count_out].app_id != app_id) break;
    return d->credentials ? d->credentials + from : NULL;
}
