/* flow/act: what a policy counts survives a restart, and begins anew for another policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_disk.h"
#include "flow/act/context.h"
#include "kit/seal/seal.h"
#include "state/store/feeds.h"
#include "state/store/revisions.h"
#include "state/store/tenants.h"

static const char tenant_id[] = "00000000-0000-4000-8000-000000000001";
static const char policy[] =
    "policy: 1\nrules:\n  - {name: many, then: isolate, count: 3 in 10m per title, when: {tenant: Contoso}}\n"
    "  - {name: rest, then: notice}\n";

struct world {
    struct fake_disk *disk;
    struct fs fs;
    struct seal_key *key;
    struct virtual_clock clock;
    struct store *store;
    struct tenant tenant;
    struct feed_record feed;
    struct act_opts opts;
};

static bool each_tenant(void *ctx, bool (*each)(void *arg, struct tenant *t), void *arg, struct err *e)
{
    (void)e;
    return each(arg, ctx);
}

static void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s", e->text);
}

static void begin(struct world *w)
{
    struct err e = {0};
    struct buf key;
    struct org_record org = {.name = "Contoso"};
    *w = (struct world){.disk = fake_disk_new(1)};
    w->fs = fake_disk_fs(w->disk);
    (void)wall_parse(STR("2026-09-01T12:00:00Z"), &w->clock.wall);
    buf_init(&key, 0);
    must(seal_key_make(&key, &e) && seal_key_load(buf_str(&key), &w->key, &e), &e);
    buf_done(&key);
    must(w->fs.ops->make_dirs(w->fs.ctx, "/d", &e) && fs_replace(w->fs, "/d/own.yaml", str_of(policy), &e), &e);
    struct store_opts o = {
        .fs = w->fs, .path = "/d/store.db", .key = w->key, .clock = clock_virtual(&w->clock), .create = true};
    must(store_open(&o, &w->store, &e) && store_org_put(w->store, &org, &e), &e);
    w->tenant.record =
        (struct tenant_record){.org_id = org.id, .name = "Contoso", .cloud = "global", .is_enabled = true};
    memcpy(w->tenant.record.tenant_id, tenant_id, sizeof tenant_id);
    atomic_init(&w->tenant.refs, 1);
    must(store_tenant_put(w->store, &w->tenant.record, true, &e), &e);
    w->feed = (struct feed_record){.feed = "alerts", .status = "ok"};
    memcpy(w->feed.tenant_id, tenant_id, sizeof tenant_id);
    must(store_feed_put(w->store, &w->feed, &e), &e);
    w->opts = (struct act_opts){
        .store = w->store, .fs = w->fs, .policy = "/d/own.yaml", .each_tenant = each_tenant, .tenants_ctx = &w->tenant};
}

static void end(struct world *w)
{
    store_close(w->store);
    fake_disk_free(w->disk);
    seal_key_free(w->key);
}

static void put_alert(struct world *w, const char *id, const char *created)
{
    char row[400];
    struct err e = {0};
    int n =
        snprintf(row, sizeof row,
                 "{\"id\":\"%s\",\"title\":\"same\",\"createdDateTime\":\"%s\",\"serviceSource\":\"x\"}", id, created);
    struct revision_record r = {
        .feed_id = w->feed.id, .how = "live", .row = {row, (size_t)n}, .identity = hash128_of(row, (size_t)n)};
    (void)snprintf(r.object_id, sizeof r.object_id, "%s", id);
    assert_true(wall_parse(str_of(created), &r.updated));
    must(store_revision_put(w->store, &r, true, &e), &e);
}

/* Which rule takes an alert that comes at noon. */
static int judge(struct context *c, const char *id)
{
    struct judgement j;
    struct alert_facts f = {.id = str_of(id), .title = STR("same")};
    struct context_tenant *t = context_tenant(c, tenant_id);
    assert_non_null(t);
    context_tell_whose(t, &f);
    assert_true(wall_parse(STR("2026-09-01T12:00:00Z"), &f.created));
    context_judge(c, t, &f, f.created, &j);
    return j.alert.rule;
}

static void open_context(struct world *w, struct context *c, bool recalls)
{
    struct err e = {0};
    must(context_open(c, &w->opts, &e) && context_load_tenants(c, &w->opts, &e), &e);
    if (recalls) must(context_recall(c, &w->opts, w->clock.wall, &e), &e);
}

static void counts_survive_a_restart(void **state)
{
    (void)state;
    struct world w;
    struct context c;
    begin(&w);
    put_alert(&w, "a0", "2026-09-01T11:49:00Z"); /* too old to count */
    put_alert(&w, "a1", "2026-09-01T11:51:30Z");
    put_alert(&w, "a2", "2026-09-01T11:58:00Z");
    open_context(&w, &c, false);
    assert_int_equal(judge(&c, "a3"), 1); /* nothing is remembered */
    context_close(&c);
    open_context(&w, &c, true);
    assert_int_equal(judge(&c, "a2"), 1); /* one of them itself */
    assert_int_equal(judge(&c, "a3"), 0);
    context_close(&c);
    end(&w);
}

static void another_policy_counts_from_what_is_stored(void **state)
{
    (void)state;
    struct world w;
    struct context c;
    struct err e = {0};
    char text[400];
    begin(&w);
    put_alert(&w, "a1", "2026-09-01T11:51:30Z");
    put_alert(&w, "a2", "2026-09-01T11:58:00Z");
    open_context(&w, &c, true);
    (void)snprintf(text, sizeof text, "policy: 1\nrules:\n  - {name: other, then: scan, count: 3 in 10m per title}\n");
    must(fs_replace(w.fs, "/d/own.yaml", str_of(text), &e), &e);
    for (int i = 0; i < 3; i++) { /* once it has stayed the same */
        virtual_clock_advance(&w.clock, 3000);
        must(context_look_at_policy(&c, &w.opts, w.clock.wall, &e), &e);
    }
    must(context_recall(&c, &w.opts, w.clock.wall, &e), &e);
    assert_non_null(policy_rule_by_name(c.policy, STR("other")));
    assert_int_equal(judge(&c, "a3"), 0);
    context_close(&c);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_survive_a_restart),
                                       cmocka_unit_test(another_policy_counts_from_what_is_stored)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
