#include "two_tenants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake_disk *disk;
struct store *store;
static struct seal_key *key;
struct virtual_clock now = {.wall = {INT64_C(17953305010000000)}};
struct conf conf;
struct setting_scope account, org, tenant, other;

void add_tenant(const char *id, const char *of, const char *name)
{
    struct err e = {0};
    struct tenant_input in = {.org = of,
                              .name = name,
                              .tenant_id = id,
                              .client_id = CLIENT,
                              .credential = {.secret = STR("q8Q~pl4nted.s3cret")}};
    if (!tenant_add(store, &conf, &in, true, NULL, &e)) fail_msg("%s", e.text);
}

int set_up(void **state)
{
    struct err e = {0};
    (void)state;
    disk = fake_disk_new(1);
    conf_defaults(&conf);
    assert_true(seal_key_load(STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                              &key, NULL));
    struct store_opts o = {
        .fs = fake_disk_fs(disk), .path = "/store.db", .key = key, .clock = clock_virtual(&now), .create = true};
    if (!store_open(&o, &store, &e)) fail_msg("%s", e.text);
    add_tenant(TENANT, "Contoso", "main");
    add_tenant(OTHER, "Fabrikam", "fab");
    assert_true(settings_scope(store, NULL, "", &account, &e) && settings_scope(store, "", "contoso", &org, &e) &&
                settings_scope(store, "Main", NULL, &tenant, &e) && settings_scope(store, OTHER, NULL, &other, &e));
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    store_close(store);
    seal_key_free(key);
    fake_disk_free(disk);
    return 0;
}
