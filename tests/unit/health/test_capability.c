/* face/health/capability: what a sequence of logins makes of a tenant's state, and that each loss and each return is told
 * once. A row is one login; the whole table is one story. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cloud/tenant/tenant.h"
#include "face/health/capability.h"
#include "fake_disk.h"
#include "state/store/health.h"
#include "state/store/notices.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TENANT "aaaaaaaa-0000-4000-8000-00000000000a"
#define CLIENT "cccccccc-0000-4000-8000-00000000000c"
#define READS "SecurityAlert.Read.All\nSecurityIncident.Read.All"
#define MACHINES "Machine.Read.All\nMachine.Scan"

static struct fake_disk *disk;
static struct store *store;
static struct seal_key *key;
static struct conf conf;
static struct virtual_clock now = {.wall = {INT64_C(17953305010000000)}};

static void must(bool ok, const struct err *e)
{
    if (!ok) fail_msg("%s", e->text);
}

static int set_up(void **state)
{
    struct err e = {0};
    (void)state;
    disk = fake_disk_new(1);
    conf_defaults(&conf);
    must(seal_key_load(STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), &key,
                       &e),
         &e);
    struct store_opts o = {
        .fs = fake_disk_fs(disk), .path = "/d/store.db", .key = key, .clock = clock_virtual(&now), .create = true};
    must(o.fs.ops->make_dirs(o.fs.ctx, "/d", &e) && store_open(&o, &store, &e), &e);
    struct tenant_input in = {.name = "Contoso",
                              .tenant_id = TENANT,
                              .client_id = CLIENT,
                              .credential = {.secret = STR("q8Q~pl4nted.s3cret")}};
    must(tenant_add(store, &conf, &in, true, NULL, &e), &e);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    seal_key_free(key);
    fake_disk_free(disk);
    return 0;
}

static bool add_state(void *arg, const struct condition_record *r)
{
    return buf_addf(arg, "%s:%.8s ", r->state, r->subject);
}

static bool count_notice(void *arg, const struct notice_record *r)
{
    (void)r;
    ++*(unsigned *)arg;
    return true;
}

static const struct step {
    const char *what;
    enum audience audience;
    const char *roles; /* NULL: refused, with `cause` */
    int cause;
    const char *states; /* afterwards */
    unsigned told;      /* notices of this step */
} story[] = {
    {"never consented: no loss", AUD_GRAPH, NULL, DEFENDER_NO_CONSENT, "", 0},
    {"a secret that never worked", AUD_GRAPH, NULL, DEFENDER_SECRET_WRONG, "secret_refused:cccccccc ", 1},
    {"still not: no second word", AUD_GRAPH, NULL, DEFENDER_SECRET_EXPIRED, "secret_refused:cccccccc ", 0},
    {"the first token: the secret works", AUD_GRAPH, READS, 0, "", 1},
    {"the other API's", AUD_ENDPOINT, MACHINES, 0, "", 0},
    {"the same again", AUD_ENDPOINT, MACHINES, 0, "", 0},
    {"a role that nothing needs goes", AUD_ENDPOINT, "Machine.Read.All", 0, "", 0},
    {"one that something needs", AUD_GRAPH, "SecurityAlert.Read.All", 0, "role_removed:Security ", 1},
    {"still gone", AUD_GRAPH, "SecurityAlert.Read.All", 0, "role_removed:Security ", 0},
    {"its ReadWrite does as well", AUD_GRAPH, "SecurityAlert.Read.All\nSecurityIncident.ReadWrite.All", 0, "", 1},
    {"a server's trouble is no state", AUD_GRAPH, NULL, DEFENDER_LOGIN_DOWN, "", 0},
    {"one API's roles all gone: removed", AUD_ENDPOINT, "", 0, "role_removed:Machine. ", 1},
    {"the other's too: that is consent", AUD_GRAPH, "", 0, "consent_lost:cccccccc ", 1},
    {"the login says so too", AUD_GRAPH, NULL, DEFENDER_NO_CONSENT, "consent_lost:cccccccc ", 0},
    {"an empty token is no consent", AUD_ENDPOINT, "", 0, "consent_lost:cccccccc ", 0},
    {"consent again", AUD_GRAPH, READS, 0, "", 1},
    {"the other API again", AUD_ENDPOINT, MACHINES, 0, "", 0},
    {"its licence ends", AUD_ENDPOINT, NULL, DEFENDER_NO_SERVICE, "licence_missing:Defender ", 1},
    {"and is there again", AUD_ENDPOINT, MACHINES, 0, "", 1},
};

static unsigned notices(void)
{
    struct err e;
    unsigned n = 0;
    must(store_notice_list(store, &(struct notice_query){.tenant_id = TENANT}, count_notice, &n, &e), &e);
    return n;
}

static void test_story(void **state)
{
    struct buf states;
    struct err e;
    (void)state;
    buf_init(&states, 4096);
    for (size_t i = 0; i < COUNT(story); i++) {
        const struct step *s = &story[i];
        struct err why;
        bool told = false;
        unsigned before = notices();
        struct login_news n = {TENANT, CLIENT, s->audience, str_of(s->roles ? s->roles : ""), s->roles ? NULL : &why};
        (void)err_set(&why, &defender_causes[s->cause], "so it says");
        print_message("# %s\n", s->what);
        must(capability_login(store, &n, &told, &e), &e);
        buf_reset(&states);
        must(store_condition_list(store, TENANT, add_state, &states, &e), &e);
        assert_string_equal(buf_cstr(&states), s->states);
        assert_int_equal(notices() - before, s->told);
        assert_int_equal(told, s->told > 0);
    }
    buf_done(&states);
}

/* Three feeds lose their licence, and get it back: one word each. */
static void test_licence(void **state)
{
    static const char *const feeds[] = {"DeviceInfo", "DeviceEvents", "machines"};
    struct err e;
    (void)state;
    unsigned before = notices();
    for (int is_back = 0; is_back < 2; is_back++) {
        for (size_t i = 0; i < COUNT(feeds); i++) {
            bool told = false;
            struct feed_news n = {TENANT, feeds[i], is_back, "no licence"};
            must(capability_feed(store, &n, &told, &e), &e);
        }
        assert_int_equal(notices() - before, is_back + 1);
    }
}

static void test_refusal(void **state)
{
    struct err e;
    (void)state;
    assert_false(capability_allows(store, TENANT, FEATURE_ISOLATE, &e));
    assert_ptr_equal(e.cause, &capability_causes[CAPABILITY_ROLE_NEEDED]);
    assert_non_null(strstr(e.text, "Machine.Isolate of WindowsDefenderATP"));
    assert_null(strstr(e.text, "Machine.Read.All")); /* that one is there */
    must(capability_allows(store, TENANT, FEATURE_MACHINES, &e), &e);
    must(capability_allows_setting(store, TENANT, SET_REMEDIATION, REMEDIATION_SHADOW, &e), &e);
    assert_false(capability_allows_setting(store, TENANT, SET_REMEDIATION, REMEDIATION_APPROVE, &e));
}

/* The app that lost consent counts for nothing, though its last token had roles. */
static void test_lost_app(void **state)
{
    struct capability_view v;
    struct err e, why;
    bool told = false;
    (void)state;
    must(capability_look(store, TENANT, &v, &e), &e);
    assert_true(v.c.usable & feature_bit(FEATURE_ALERTS));
    (void)err_set(&why, &defender_causes[DEFENDER_NO_CONSENT], "withdrawn");
    struct login_news n = {TENANT, CLIENT, AUD_GRAPH, STR_NONE, &why};
    must(capability_login(store, &n, &told, &e) && capability_look(store, TENANT, &v, &e), &e);
    assert_true(told && v.c.granted == 0 && v.c.usable == 0 && v.c.missing != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_story),
        cmocka_unit_test(test_licence),
        cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_lost_app),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
