/* Fills an installation's store with tenants, quickly and the same each time: fill_tenants CONFIG TENANTS. A tenth as many
 * organizations; every second tenant has an app of its own with a secret, the others share one of the account's; three feeds
 * each, polled a minute ago. */
#include <stdio.h>
#include <stdlib.h>

#include "face/api/installation.h"
#include "state/store/apps.h"
#include "state/store/feeds.h"
#include "state/store/store.h"
#include "state/store/tenants.h"

struct filling {
    struct store *store;
    struct wall now;
    int64_t shared;
    struct err err;
};

static void must(const struct filling *f, bool ok)
{
    if (ok) return;
    (void)fprintf(stderr, "fill_tenants: %s\n", f->err.text);
    exit(1);
}

static int64_t add_app(struct filling *f, const char *name, unsigned n, bool is_multi_tenant)
{
    struct app_record app = {.is_multi_tenant = is_multi_tenant};
    struct credential_record secret = {0};
    (void)snprintf(app.name, sizeof app.name, "%s", name);
    (void)snprintf(app.client_id, sizeof app.client_id, "11111111-0000-4000-8000-%012x", n);
    must(f, store_app_put(f->store, &app, &f->err));
    secret.app_id = app.id;
    must(f, store_credential_put(f->store, &secret, &f->err));
    must(f, store_secret_put(f->store, secret.sealed_as, STR("a-client-secret~that.opens-nothing-0123"), &f->err));
    return app.id;
}

static void add_feeds(struct filling *f, const char *tenant_id)
{
    static const char *const feeds[] = {"alerts", "incidents", "machines"};
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        struct feed_record r = {.last_synced = wall_add(f->now, -WALL_TICKS_PER_MIN), .rows = 100, .status = "ok"};
        (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", tenant_id);
        (void)snprintf(r.feed, sizeof r.feed, "%s", feeds[i]);
        must(f, store_feed_put(f->store, &r, &f->err));
    }
}

static void add_tenant(struct filling *f, unsigned n, int64_t org)
{
    struct tenant_record t = {.org_id = org, .cloud = "global", .is_enabled = true};
    char app[NAME_BYTES];
    (void)snprintf(t.tenant_id, sizeof t.tenant_id, "00000000-0000-4000-8000-%012x", n);
    (void)snprintf(t.name, sizeof t.name, "Tenant %05u", (n * 7919) % 100000);
    (void)snprintf(app, sizeof app, "app of %s", t.tenant_id);
    must(f, store_tenant_put(f->store, &t, true, &f->err));
    int64_t id = n % 2 ? add_app(f, app, n, false) : f->shared;
    must(f, store_tenant_app_add(f->store, t.tenant_id, id, &f->err));
    add_feeds(f, t.tenant_id);
}

int main(int argc, char **argv)
{
    struct installation i;
    struct filling f = {0};
    struct org_record org = {0};
    uint64_t tenants;
    if (argc != 3 || !str_to_u64(str_of(argv[2]), &tenants) || tenants == 0)
        return fprintf(stderr, "fill_tenants CONFIG TENANTS\n"), 2;
    must(&f, installation_open(argv[1], &i, &f.err));
    f.store = i.store;
    f.now = clock_wall(&i.clock);
    must(&f, store_begin(f.store, &f.err));
    f.shared = add_app(&f, "reader", 0xffffff, true);
    for (unsigned n = 0; n < tenants; n++) {
        if (n % 10 == 0) {
            org = (struct org_record){0};
            (void)snprintf(org.name, sizeof org.name, "Customer %u", n / 10);
            must(&f, store_org_put(f.store, &org, &f.err));
        }
        add_tenant(&f, n, org.id);
    }
    must(&f, store_commit(f.store, &f.err));
    installation_close(&i);
    return 0;
}
