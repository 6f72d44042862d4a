/* cloud/tenant: what people paste wrong, one row each; finding, resolving, removing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cloud/tenant/tenant.h"
#include "fake_disk.h"
#include "state/store/tenants.h"

#define ID_A "AAAAAAAA-0000-4000-8000-00000000000A"
#define ID_A_LOWER "aaaaaaaa-0000-4000-8000-00000000000a"
#define ID_B "bbbbbbbb-0000-4000-8000-00000000000b"
#define CLIENT "cccccccc-0000-4000-8000-00000000000c"
#define SECRET "q8Q~pl4nted.s3cret_-"

static struct fake_disk *disk;
static struct store *store;
static struct seal_key *key;
static struct virtual_clock now = {.wall = {INT64_C(17953305010000000)}};
static struct conf conf;

static void open_store(bool create)
{
    struct err e = {0};
    struct store_opts o = {
        .fs = fake_disk_fs(disk), .path = "/store.db", .key = key, .clock = clock_virtual(&now), .create = create};
    if (!store_open(&o, &store, &e)) fail_msg("%s", e.text);
}

static int set_up(void **state)
{
    (void)state;
    disk = fake_disk_new(1);
    conf_defaults(&conf);
    assert_true(seal_key_load(STR("portcullis-key-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                              &key, NULL));
    open_store(true);
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

static struct str secret_of(const struct tenant *t)
{
    return secret_reveal(t->apps[0]->credentials[0].secret);
}

static struct tenant_input good(void)
{
    return (struct tenant_input){.org = "Contoso",
                                 .name = "Contoso main",
                                 .tenant_id = ID_A,
                                 .client_id = CLIENT,
                                 .credential = {.secret = STR(SECRET)}};
}

static void add(const struct tenant_input *in)
{
    struct err e = {0};
    if (!tenant_add(store, &conf, in, true, NULL, &e)) fail_msg("%s", e.text);
}

static struct tenant *find(const char *id_or_name)
{
    struct tenant *t = NULL;
    struct err e = {0};
    if (!tenant_find(store, &conf, id_or_name, &t, &e)) fail_msg("%s", e.text);
    return t;
}

static void good_input_is_tidied(void **state)
{
    struct tenant_input in = {.org = " Contoso\n",
                              .name = "\tmain ",
                              .tenant_id = " {" ID_A "}\n",
                              .client_id = CLIENT "\r\n",
                              .cloud = "GCC-High",
                              .overrides = {[OVER_GRAPH_URL] = " http://127.0.0.1:99/graph/ "},
                              .credential = {.secret = STR("\xef\xbb\xbf " SECRET " \r\n")}};
    (void)state;
    add(&in);
    struct tenant *t = find(" " ID_A " ");
    assert_string_equal(t->record.tenant_id, ID_A_LOWER);
    assert_string_equal(t->record.client_id, CLIENT);
    assert_string_equal(t->record.name, "main");
    assert_string_equal(t->record.cloud, "gcc-high");
    assert_string_equal(t->org_name, "Contoso");
    assert_true(t->record.is_enabled && t->record.created.ticks == now.wall.ticks);
    assert_true(str_eq(secret_of(t), STR(SECRET)));
    assert_string_equal(t->apis[AUD_GRAPH].url, "http://127.0.0.1:99/graph");
    assert_string_equal(t->login_url, "https://login.microsoftonline.us");
    assert_string_equal(t->apis[AUD_ENDPOINT].url, "https://api-gov.securitycenter.microsoft.us");
    assert_string_equal(t->apis[AUD_GRAPH].audience,
                        "https://graph.microsoft.us"); /* of the cloud, wherever the host is */
    struct tenant *same = tenant_ref(t);
    tenant_unref(t);
    assert_true(str_eq(secret_of(same), STR(SECRET)));
    tenant_unref(same);
    tenant_unref(NULL);
}

static void addresses_resolve_in_order(void **state)
{
    struct tenant_input in = good();
    (void)state;
    in.org = in.name = NULL;
    in.overrides[OVER_ENDPOINT_URL] = "https://eu.api.security.microsoft.com";
    assert_true(str_copy(STR("http://127.0.0.1:1"), conf.login_url, sizeof conf.login_url));
    assert_true(str_copy(STR("http://127.0.0.1:2"), conf.endpoint_url, sizeof conf.endpoint_url));
    add(&in);
    struct tenant *t = find(ID_A);
    assert_string_equal(t->record.name, ID_A_LOWER); /* nothing else was given */
    assert_string_equal(t->org_name, ID_A_LOWER);
    assert_string_equal(t->login_url, "http://127.0.0.1:1");
    assert_string_equal(t->apis[AUD_GRAPH].url, "https://graph.microsoft.com");
    assert_string_equal(t->apis[AUD_ENDPOINT].url, "https://eu.api.security.microsoft.com");
    assert_string_equal(t->apis[AUD_ENDPOINT].audience, "https://api.securitycenter.microsoft.com");
    tenant_unref(t);
}

/* SECRET_TEXT + 1 + n: override n */
enum field { ORG, NAME, TENANT, CLIENT_ID, CLOUD, SECRET_TEXT };
#define OVERRIDE(which) (enum field)(SECRET_TEXT + 1 + OVER_##which)

static void put(struct tenant_input *in, enum field field, const char *text)
{
    const char **places[] = {&in->org, &in->name, &in->tenant_id, &in->client_id, &in->cloud};
    if (field > SECRET_TEXT)
        in->overrides[field - SECRET_TEXT - 1] = text;
    else if (field == SECRET_TEXT)
        in->credential.secret = str_of(text);
    else
        *places[field] = text;
}

static void overrides_hold_for_one_tenant(void **state)
{
    struct tenant_input in = good();
    (void)state;
    in.overrides[OVER_TOKEN_URL] = " https://login.example/{tenant}/oauth2/token ";
    in.overrides[OVER_GRAPH_AUDIENCE] = "https://graph.example/.default";
    in.overrides[OVER_GRAPH_VERSION] = "/Beta";
    in.overrides[OVER_ENDPOINT_AUDIENCE] = "fc780465-2017-40d4-a0c5-307022471b92";
    in.overrides[OVER_ENDPOINT_VERSION] = "api/v1.0";
    in.overrides[OVER_SIEM_URL] = "https://wdatp-alertexporter-eu.windows.com/";
    add(&in);
    struct tenant *t = find(ID_A);
    assert_string_equal(t->token_url, "https://login.example/{tenant}/oauth2/token");
    assert_string_equal(t->apis[AUD_GRAPH].audience, "https://graph.example");
    assert_string_equal(t->apis[AUD_GRAPH].version, "beta");
    assert_string_equal(t->apis[AUD_ENDPOINT].audience, "fc780465-2017-40d4-a0c5-307022471b92");
    assert_string_equal(t->apis[AUD_ENDPOINT].version, "api/v1.0");
    assert_string_equal(t->apis[AUD_SIEM].url, "https://wdatp-alertexporter-eu.windows.com");
    assert_string_equal(t->apis[AUD_SIEM].audience, "https://graph.windows.net");
    assert_string_equal(t->apis[AUD_SIEM].version, "api");
    tenant_unref(t);
}

static void every_slip_is_named(void **state)
{
    static char long_text[2000];
    static const struct {
        enum field field;
        const char *text;
        int cause;
        const char *want;
    } rows[] = {
        {TENANT, "", TENANT_BAD_ID, "the tenant id is missing"},
        {TENANT, NULL, TENANT_BAD_ID, "the tenant id is missing"},
        {TENANT, "contoso.onmicrosoft.com", TENANT_BAD_ID,
         "the tenant id looks like a domain name, and the GUID is needed"},
        {TENANT, "aaaaaaaa-0000-4000-8000-00000000000", TENANT_BAD_ID,
         "the tenant id is not a GUID: 8-4-4-4-12 hex digits, 36 characters"},
        {TENANT, "aaaaaaaa-0000-4000-8000-00000000000g", TENANT_BAD_ID,
         "the tenant id is not a GUID: 8-4-4-4-12 hex digits, 36 characters"},
        {TENANT, "<tenant-id>", TENANT_PLACEHOLDER, "the tenant id is still the placeholder <tenant-id>"},
        {CLIENT_ID, "x", TENANT_BAD_CLIENT_ID, "the client id is not a GUID: 8-4-4-4-12 hex digits, 36 characters"},
        {CLIENT_ID, ID_A, TENANT_BAD_CLIENT_ID, "the client id is the tenant id: one of them was pasted twice"},
        {CLIENT_ID, "<your app>", TENANT_PLACEHOLDER, "the client id is still the placeholder <your app>"},
        {NAME, "<name>", TENANT_PLACEHOLDER, "the tenant's name is still the placeholder <name>"},
        {NAME, "a\nb", TENANT_BAD_NAME, "the tenant's name holds a control character, or one that is not seen"},
        {NAME, "a\x1b[31mb", TENANT_BAD_NAME, "the tenant's name holds a control character, or one that is not seen"},
        {NAME,
         "a\xc2\x9b"
         "31mb",
         TENANT_BAD_NAME, "the tenant's name holds a control character, or one that is not seen"},
        {NAME, "bi\xe2\x80\xaegro", TENANT_BAD_NAME,
         "the tenant's name holds a control character, or one that is not seen"},
        {NAME, "bi\xe2\x81\xa6gro", TENANT_BAD_NAME,
         "the tenant's name holds a control character, or one that is not seen"},
        {NAME, "Con\xe2\x80\x8btoso", TENANT_BAD_NAME,
         "the tenant's name holds a control character, or one that is not seen"},
        {NAME, ID_B, TENANT_BAD_NAME, "the tenant's name is a GUID: it would be taken for an id"},
        {NAME, long_text, TENANT_BAD_NAME, "the tenant's name is longer than 127 bytes"},
        {ORG, "<org>", TENANT_PLACEHOLDER, "the organization's name is still the placeholder <org>"},
        {ORG, long_text, TENANT_BAD_NAME, "the organization's name is longer than 127 bytes"},
        {CLOUD, "azure", TENANT_NO_CLOUD, "there is no cloud \"azure\""},
        {OVERRIDE(LOGIN_URL), "http://login.example", TENANT_BAD_URL,
         "the login address: plain http is for this machine alone (127.0.0.1, localhost): use https"},
        {OVERRIDE(GRAPH_URL), "graph.microsoft.com", TENANT_BAD_URL,
         "the Graph address: expected an address that begins with https://"},
        {OVERRIDE(ENDPOINT_URL), "https://u:p@host", TENANT_BAD_URL,
         "the Defender for Endpoint address: an address must not hold a user name or password"},
        {OVERRIDE(ENDPOINT_URL), "<host>", TENANT_PLACEHOLDER,
         "the Defender for Endpoint address is still the placeholder <host>"},
        {SECRET_TEXT, "", TENANT_BAD_SECRET, "the client secret is empty"},
        {SECRET_TEXT, " \r\n", TENANT_BAD_SECRET, "the client secret is empty"},
        {SECRET_TEXT, " " ID_B "\n", TENANT_SECRET_IS_ID, "this looks like the secret's id; paste its value"},
        {SECRET_TEXT, "<secret>", TENANT_PLACEHOLDER, "the client secret is still a placeholder"},
        {SECRET_TEXT, "$SECRET", TENANT_PLACEHOLDER, "the client secret is still a placeholder"},
        {SECRET_TEXT, "pl4nted\npl4nted", TENANT_BAD_SECRET,
         "the client secret holds a line end in its middle, at character 8"},
        {SECRET_TEXT, " pl4nted pl4nted ", TENANT_BAD_SECRET,
         "the client secret holds a blank in its middle, at character 8"},
        {SECRET_TEXT, "pl4nted\xc2\xa0", TENANT_BAD_SECRET,
         "the client secret holds a character that no secret has in its middle, at character 8"},
        {SECRET_TEXT, "\"pl4nted\"", TENANT_BAD_SECRET, "the client secret stands in quotes"},
        {SECRET_TEXT, "-----BEGIN PRIVATE KEY-----pl4nted", TENANT_BAD_SECRET,
         "this is a certificate or a key, not a client secret"},
        {TENANT, "{tenant}", TENANT_PLACEHOLDER, "the tenant id is still the placeholder {tenant}"},
        {TENANT, "00000000-0000-0000-0000-000000000000", TENANT_PLACEHOLDER,
         "the tenant id is still the placeholder 00000000-0000-0000-0000-000000000000"},
        {CLIENT_ID, "$CLIENT_ID", TENANT_PLACEHOLDER, "the client id is still the placeholder $CLIENT_ID"},
        {OVERRIDE(LOGIN_URL), "https://login.example/{tenant}", TENANT_PLACEHOLDER,
         "the login address is still the placeholder {tenant}"},
        {OVERRIDE(LOGIN_URL), "https://login.example/x/oauth2/token", TENANT_BAD_URL,
         "the login address: this is the address of tokens, which goes to --token-url"},
        {OVERRIDE(TOKEN_URL), "https://login.example/<application_id>/oauth2/token", TENANT_PLACEHOLDER,
         "the token address still holds the placeholder <application_id>: the tenant's id belongs there, or {tenant}"},
        {OVERRIDE(TOKEN_URL), "https://login.example/%3Ctenant%3E/oauth2/v2.0/token", TENANT_PLACEHOLDER,
         "the token address still holds the placeholder %3Ctenant%3E: the tenant's id belongs there, or {tenant}"},
        {OVERRIDE(TOKEN_URL), "https://login.example/" CLIENT "/oauth2/token", TENANT_BAD_URL,
         "the token address holds the application's id: the tenant's id belongs there"},
        {OVERRIDE(TOKEN_URL), "https://login.example/" ID_B "/oauth2/token", TENANT_BAD_URL,
         "the token address is another tenant's: " ID_B},
        {OVERRIDE(TOKEN_URL), "https://login.example", TENANT_BAD_URL,
         "the token address ends neither in /oauth2/v2.0/token nor in /oauth2/token"},
        {OVERRIDE(TOKEN_URL), "http://login.example/{tenant}/oauth2/token", TENANT_BAD_URL,
         "the token address: plain http is for this machine alone (127.0.0.1, localhost): use https"},
        {OVERRIDE(GRAPH_AUDIENCE), "graph", TENANT_BAD_URL,
         "the Graph audience: expected an address that begins with https://"},
        {OVERRIDE(GRAPH_VERSION), "v2.0", TENANT_BAD_VERSION,
         "Microsoft Graph has no version \"v2.0\", but v1.0 and beta"},
        {OVERRIDE(ENDPOINT_VERSION), "beta", TENANT_BAD_VERSION,
         "Defender for Endpoint has no version \"beta\", but api and api/v1.0"},
        {OVERRIDE(SIEM_URL), "https://<host>.windows.com", TENANT_PLACEHOLDER,
         "the SIEM address is still the placeholder <host>"},
        {SECRET_TEXT, "\xff\xfep", TENANT_BAD_SECRET,
         "the client secret is not plain text: save its file as UTF-8, not UTF-16"},
        {SECRET_TEXT, long_text, TENANT_BAD_SECRET, "the client secret is longer than 1024 bytes"},
    };
    struct org_record org;
    bool found = true;
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tenant_input in = good();
        struct err e = {0};
        put(&in, rows[i].field, rows[i].text);
        assert_false(tenant_add(store, &conf, &in, true, NULL, &e));
        assert_string_equal(e.text, rows[i].want);
        assert_string_equal(e.cause->code, tenant_causes[rows[i].cause].code);
        assert_null(strstr(e.text, "pl4nted"));
    }
    assert_true(store_org_find(store, "Contoso", &org, &found, NULL));
    assert_false(found); /* nothing is left behind by what failed */
}

static void doubles_and_strangers(void **state)
{
    struct tenant_input in = good(), other = good();
    struct tenant *t = NULL;
    struct org_record org = {0};
    struct err e = {0};
    (void)state;
    assert_false(tenant_add(store, &conf, &in, false, NULL, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_NO_ORG]);
    assert_true(org_add(store, " Contoso ", &org, &e) && org.id > 0);
    assert_false(org_add(store, "CONTOSO", &org, &e));
    assert_ptr_equal(e.cause, &store_causes[STORE_EXISTS]);
    assert_true(tenant_add(store, &conf, &in, false, NULL, &e));
    assert_false(tenant_add(store, &conf, &in, true, NULL, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_EXISTS]);
    other.tenant_id = ID_B;
    other.name = "CONTOSO MAIN";
    other.org = "contoso"; /* the same organization */
    add(&other);
    assert_false(tenant_find(store, &conf, "contoso main", &t, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_AMBIGUOUS]);
    assert_false(tenant_find(store, &conf, "nobody", &t, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_NO_SUCH]);
    assert_false(tenant_remove(store, "nobody", &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_NO_SUCH]);
    assert_true(tenant_remove(store, ID_B, &e));
    assert_false(tenant_find(store, &conf, ID_B, &t, &e));
    assert_null(t);
    t = find("contoso MAIN"); /* unique now */
    assert_string_equal(t->record.tenant_id, ID_A_LOWER);
    assert_int_equal(t->record.org_id, org.id);
    tenant_unref(t);
}

static void a_tenant_is_changed(void **state)
{
    struct tenant_input in = good();
    const bool no = false;
    const struct str secret = STR(" n3w.s3cret\n"), bad = STR("a b");
    char id[GUID_BYTES] = "";
    struct err e = {0};
    (void)state;
    in.overrides[OVER_GRAPH_URL] = "https://g.example";
    add(&in);
    struct tenant_change c = {.name = "other",
                              .cloud = "dod",
                              .is_enabled = &no,
                              .credential = {.secret = secret},
                              .overrides = {[OVER_GRAPH_URL] = "", [OVER_SIEM_URL] = "https://s.example"}};
    if (!tenant_set(store, "contoso MAIN", &c, id, &e)) fail_msg("%s", e.text);
    assert_string_equal(id, ID_A_LOWER);
    struct tenant *t = find("other");
    assert_string_equal(t->record.cloud, "dod");
    assert_string_equal(t->record.client_id, CLIENT);
    assert_false(t->record.is_enabled);
    assert_string_equal(t->apis[AUD_GRAPH].url, "https://dod-graph.microsoft.us");
    assert_string_equal(t->apis[AUD_SIEM].url, "https://s.example");
    assert_true(str_eq(secret_of(t), STR("n3w.s3cret")));
    tenant_unref(t);

    const struct {
        struct tenant_change change;
        int cause;
    } slips[] = {{{.name = "never", .client_id = ID_A}, TENANT_BAD_CLIENT_ID},
                 {{.name = "never", .credential = {.secret = bad}}, TENANT_BAD_SECRET},
                 {{.name = "never", .cloud = "moon"}, TENANT_NO_CLOUD},
                 {{.name = "never", .overrides = {[OVER_GRAPH_URL] = "http://g.example"}}, TENANT_BAD_URL}};
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        assert_false(tenant_set(store, ID_A, &slips[i].change, id, &e));
        assert_ptr_equal(e.cause, &tenant_causes[slips[i].cause]);
    }
    tenant_unref(find("other")); /* nothing was half done */
    assert_false(tenant_set(store, "nobody", &c, id, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_NO_SUCH]);
}

static void ids_in_each_others_place_are_seen(void **state)
{
    struct tenant_input in = good(), swapped = good();
    char id[GUID_BYTES];
    struct err e = {0};
    (void)state;
    add(&in);
    swapped.tenant_id = CLIENT;
    swapped.client_id = ID_B;
    assert_false(tenant_add(store, &conf, &swapped, true, NULL, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_IDS_SWAPPED]);
    swapped.tenant_id = ID_B;
    swapped.client_id = ID_A;
    assert_false(tenant_add(store, &conf, &swapped, true, NULL, &e));
    assert_string_equal(e.text, "the client id is the tenant id of \"Contoso main\"");
    swapped.client_id = CLIENT; /* one app for several tenants */
    swapped.name = "second";
    add(&swapped);
    assert_false(tenant_set(store, "second", &(struct tenant_change){.client_id = ID_A}, id, &e));
    assert_ptr_equal(e.cause, &tenant_causes[TENANT_IDS_SWAPPED]);
}

static bool note(void *arg, struct tenant *t)
{
    struct buf *text = arg;
    return buf_addf(text, "%s=%zu;", t->record.name, secret_of(t).n);
}

static bool note_first(void *arg, struct tenant *t)
{
    (void)note(arg, t);
    return false;
}

static bool remove_other(void *arg, struct tenant *t)
{
    (void)t;
    return tenant_remove(store, ID_B, NULL) && note(arg, t); /* the store is not locked here */
}

/* Flips a byte of the sealed secret in the closed database. */
static void damage_secret_of(const char *name)
{
    struct str magic = {"\x01", 1};
    char key_id[17];
    struct buf bytes, sealed;
    store_close(store);
    buf_init(&bytes, 0);
    buf_init(&sealed, 0);
    seal_key_id(key, key_id);
    assert_true(fs_read_all(fake_disk_fs(disk), "/store.db", 1 << 24, &bytes, NULL));
    assert_true(buf_add_str(&sealed, str_of(name)) && buf_add_str(&sealed, magic)); /* the name, then what is sealed */
    size_t at = str_find(buf_str(&bytes), buf_str(&sealed), 0);
    assert_true(at != SIZE_MAX);
    assert_true(fake_disk_damage(disk, "/store.db", at + strlen(name) + 40)); /* the nonce is over, the text begins */
    buf_done(&bytes);
    buf_done(&sealed);
    open_store(false);
}

static void one_bad_secret_hurts_one_tenant(void **state)
{
    struct tenant_input a = good(), b = good();
    struct tenant *t = NULL;
    struct buf text;
    struct err e = {0};
    char id[GUID_BYTES];
    (void)state;
    b.tenant_id = ID_B;
    b.name = "second";
    add(&a);
    add(&b);
    buf_init(&text, 0);
    assert_true(tenant_each(store, &conf, note, &text, &e));
    assert_string_equal(buf_cstr(&text), "Contoso main=20;second=20;");
    buf_reset(&text);
    assert_true(tenant_each(store, &conf, note_first, &text, &e));
    assert_string_equal(buf_cstr(&text), "Contoso main=20;");
    damage_secret_of("credential:2");
    buf_reset(&text);
    assert_true(tenant_each(store, &conf, note, &text, &e));
    assert_string_equal(buf_cstr(&text), "Contoso main=20;second=0;");
    assert_false(tenant_find(store, &conf, ID_B, &t, &e)); /* asked for alone, it says what is wrong */
    assert_ptr_equal(e.cause, &seal_causes[SEAL_CORRUPT]);
    assert_non_null(strstr(e.text, "credential:2"));
    if (!tenant_set(store, ID_B, &(struct tenant_change){.name = "mended", .credential = {.secret = STR("abc")}}, id,
                    &e))
        fail_msg("%s", e.text);
    tenant_unref(find("mended"));
    damage_secret_of("credential:3");
    buf_reset(&text);
    assert_true(tenant_each(store, &conf, remove_other, &text, &e)); /* one removed meanwhile is passed over */
    assert_string_equal(buf_cstr(&text), "Contoso main=20;");
    assert_true(tenant_find(store, &conf, ID_A, &t, &e));
    tenant_unref(t);
    buf_done(&text);
}

static void clouds_are_whole(void **state)
{
    (void)state;
    for (unsigned i = 0; i < cloud_profile_count; i++) {
        const struct cloud_profile *c = &cloud_profiles[i];
        assert_null(conf_url_fault(str_of(c->login_url)));
        for (int a = 0; a < AUD_COUNT; a++) {
            const char *url = c->apis[a].url, *audience = c->apis[a].audience;
            assert_true(url[0] == '\0' || conf_url_fault(str_of(url)) == NULL);
            assert_true(audience[0] == '\0' || conf_url_fault(str_of(audience)) == NULL);
            assert_true(audience[0] || !url[0]);
        }
        for (unsigned j = 0; j < i; j++) assert_string_not_equal(c->name, cloud_profiles[j].name);
    }
    for (int i = 0; i < TENANT_CAUSE_COUNT; i++) assert_true(tenant_causes[i].code && tenant_causes[i].remedy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_input_is_tidied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses_resolve_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(overrides_hold_for_one_tenant, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_slip_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubles_and_strangers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tenant_is_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ids_in_each_others_place_are_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_bad_secret_hurts_one_tenant, set_up, tear_down),
        cmocka_unit_test(clouds_are_whole),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
