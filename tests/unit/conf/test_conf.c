/* state/conf: every refusal word for word, bounds of every row, addresses, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/sys/causes.h"
#include "kit/yaml/yaml.h"
#include "state/conf/conf.h"
#include "state/conf/secret.h"

static void defaults_stand_when_nothing_is_said(void **state)
{
    struct conf c, d;
    struct err e;
    (void)state;
    memset(&c, 1, sizeof c);
    memset(&d, 2, sizeof d);
    assert_true(conf_parse(STR("lake:\nlog: ~\n"), "p.yaml", "", &c, &e));
    conf_defaults(&d);
    assert_memory_equal(&c, &d, sizeof c);
    assert_string_equal(c.data_dir, "data");
    assert_string_equal(c.ocsf_version, "1.8.0");
    assert_int_equal(c.interval_alerts_ms, 60000);
    assert_int_equal(c.interval_hunting_ms, 300000);
    assert_int_equal(c.interval_machines_ms, 900000);
    assert_true(c.log_keep_ms == INT64_C(30) * 86400000);
    assert_int_equal(c.lake_file_bytes, 8 << 20);
}

static void settings_are_read(void **state)
{
    static const char text[] =
        "data_dir: d\nkey_file: /etc/k\nocsf: {version: 1.3.0, classes: best-fit}\n"
        "lake:\n  file_bytes: 1 MiB\n  fold_after: 90s\nspool:\n  bytes_max: 134217728\n"
        "cloud:\n  graph_url: http://127.0.0.1:4711/graph/\n  login_url: \"https://login.example\"\n"
        "hunting.share: 100\n";
    struct conf c;
    struct err e;
    (void)state;
    if (!conf_parse(str_of(text), "p.yaml", "/srv/p", &c, &e)) fail_msg("%s", e.text);
    assert_string_equal(c.data_dir, "/srv/p/d");
    assert_string_equal(c.key_file, "/etc/k");
    assert_string_equal(c.mappings_dir, "");
    assert_string_equal(c.ocsf_version, "1.3.0");
    assert_string_equal(c.ocsf_classes, "best-fit");
    assert_int_equal(c.lake_file_bytes, 1 << 20);
    assert_int_equal(c.lake_fold_ms, 90000);
    assert_int_equal(c.spool_bytes_max, 134217728);
    assert_string_equal(c.graph_url, "http://127.0.0.1:4711/graph");
    assert_string_equal(c.login_url, "https://login.example");
    assert_int_equal(c.hunting_share_percent, 100);
}

static void refusals_point_and_offer(void **state)
{
    static const struct {
        const char *text;
        int cause;
        const char *want;
    } rows[] = {
        {"lake:\n  fold_afer: 5m\n", CONF_UNKNOWN_SETTING,
         "p.yaml:2:3: there is no setting \"lake.fold_afer\"; did you mean \"lake.fold_after\"?"},
        {"dat_adir: x\n", CONF_UNKNOWN_SETTING,
         "p.yaml:1:1: there is no setting \"dat_adir\"; did you mean \"data_dir\"?"},
        {"fold_after: 5m\n", CONF_UNKNOWN_SETTING,
         "p.yaml:1:1: there is no setting \"fold_after\"; did you mean \"lake.fold_after\"?"},
        {"log:\n  fold_after: 5m\n", CONF_UNKNOWN_SETTING,
         "p.yaml:2:3: there is no setting \"log.fold_after\"; did you mean \"lake.fold_after\"?"},
        {"intervals:\n  alerts: 5m\n", CONF_UNKNOWN_SETTING, "p.yaml:1:1: there is no setting \"intervals\""},
        {"zzzzzzzz: 1\n", CONF_UNKNOWN_SETTING, "p.yaml:1:1: there is no setting \"zzzzzzzz\""},
        {"lake: 5m\n", CONF_BAD_VALUE, "p.yaml:1:7: lake is a group: its settings stand below it, indented"},
        {"lake: [a]\n", CONF_BAD_VALUE, "p.yaml:1:7: lake is a group: its settings stand below it, indented"},
        {"data_dir: [a]\n", CONF_BAD_VALUE, "p.yaml:1:11: data_dir: expected one value, not a list"},
        {"data_dir: {a: b}\n", CONF_BAD_VALUE, "p.yaml:1:11: data_dir: expected one value, not a group"},
        {"log:\n  keep: 30\n", CONF_BAD_VALUE,
         "p.yaml:2:9: log.keep: expected a duration such as 500ms, 30s, 5m, 6h or 2d within 1h..3650d"},
        {"log:\n  keep: 59m\n", CONF_BAD_VALUE, "p.yaml:2:9: log.keep: expected a value within 1h..3650d"},
        {"lake: {file_bytes: 8MB}\n", CONF_BAD_VALUE,
         "p.yaml:1:20: lake.file_bytes: expected a size such as 512MiB (KiB, MiB, GiB, TiB) within 4KiB..4GiB"},
        {"lake: {file_bytes: -8MiB}\n", CONF_BAD_VALUE,
         "p.yaml:1:20: lake.file_bytes: expected a size such as 512MiB (KiB, MiB, GiB, TiB) within 4KiB..4GiB"},
        {"hunting: {share: 101}\n", CONF_BAD_VALUE, "p.yaml:1:18: hunting.share: expected a value within 1..100"},
        {"ocsf: {version: 1.4.0}\n", CONF_BAD_VALUE, "p.yaml:1:17: ocsf.version: expected one of 1.8.0|1.3.0"},
        {"cloud:\n  login_url: http://login.example\n", CONF_BAD_VALUE,
         "p.yaml:2:14: cloud.login_url: plain http is for this machine alone (127.0.0.1, localhost): use https"},
        {"data_dir: \"a\\0b\"\n", CONF_BAD_VALUE, "p.yaml:1:11: data_dir: longer than 511 bytes, or not text"},
        {"listen: 7717\n", CONF_BAD_VALUE, "p.yaml:1:9: listen: expected host:port, or off"},
        {"listen: \"::1:80\"\n", CONF_BAD_VALUE, "p.yaml:1:9: listen: expected an IPv6 address in brackets: [::1]:443"},
        {"listen: 127.0.0.1:65536\n", CONF_BAD_VALUE, "p.yaml:1:9: listen: expected host:port, or off"},
        {"listen: 0.0.0.0:80\n", CONF_BAD_VALUE,
         "p.yaml: listen: 0.0.0.0:80 can be reached from elsewhere and would be plain http: set tls.certificate and "
         "tls.key, or listen on 127.0.0.1"},
        {"tls: {key: k.pem}\n", CONF_BAD_VALUE, "p.yaml: tls.certificate and tls.key go together"},
        {"public_url: http://portcullis.example\n", CONF_BAD_VALUE,
         "p.yaml:1:13: public_url: plain http is for this machine alone (127.0.0.1, localhost): use https"},
        {"- a\n", CONF_BAD_VALUE, "p.yaml:1:1: expected settings, each as \"name: value\""},
    };
    struct conf c;
    (void)state;
    memset(&c, 7, sizeof c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        assert_false(conf_parse(str_of(rows[i].text), "p.yaml", "", &c, &e));
        assert_string_equal(e.text, rows[i].want);
        assert_ptr_equal(e.cause, &conf_causes[rows[i].cause]);
        assert_int_equal(c.data_dir[0], 7); /* untouched */
    }
    struct err e = {0};
    assert_false(conf_parse(STR("a: &x 1"), "p.yaml", "", &c, &e));
    assert_ptr_equal(e.cause, &yaml_causes[YAML_BAD]);
}

static void rows_are_well_formed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < conf_setting_count; i++) {
        const struct conf_setting *row = &conf_settings[i];
        assert_true(row->offset + row->bytes <= sizeof(struct conf));
        assert_true(strlen(row->help) > 10 && row->help[strlen(row->help) - 1] != '.');
        assert_int_equal(row->bounds == NULL, row->type < CONF_CHOICE);
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(row->name, conf_settings[j].name);
            assert_int_not_equal(row->offset, conf_settings[j].offset);
        }
    }
    for (int i = 0; i < CONF_CAUSE_COUNT; i++) assert_true(conf_causes[i].code && conf_causes[i].remedy);
}

static void the_description_names_every_row(void **state)
{
    struct buf page;
    (void)state;
    buf_init(&page, 0);
    conf_describe(&page);
    for (unsigned i = 0; i < conf_setting_count; i++) {
        char cell[80];
        (void)snprintf(cell, sizeof cell, "| `%s` | ", conf_settings[i].name);
        assert_non_null(strstr(buf_cstr(&page), cell));
    }
    assert_non_null(strstr(buf_cstr(&page), "| choice | `mission` | mission or best-fit | "));
    assert_non_null(strstr(buf_cstr(&page), "| duration | `10m` | 100ms to 24h | "));
    buf_done(&page);
}

static void files_are_loaded(void **state)
{
    char folder[] = "/tmp/test-conf-XXXXXX", path[64];
    struct conf c;
    struct err e;
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/portcullis.yaml", folder);
    assert_false(conf_load(fs_real(), path, &c, &e));
    assert_ptr_equal(e.cause, &conf_causes[CONF_MISSING]);
    FILE *f = fopen(path, "w");
    assert_true(fputs("data_dir: store\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_true(conf_load(fs_real(), path, &c, &e));
    assert_true(str_starts(str_of(c.data_dir), str_of(folder)));
    assert_true(str_ends(str_of(c.data_dir), STR("/store")));
    assert_int_equal(unlink(path) + rmdir(folder), 0);
}

static void addresses(void **state)
{
    static const char *const good[] = {"https://login.microsoftonline.com",
                                       "https://a",
                                       "https://a:8443/x/y",
                                       "https://[2001:db8::1]:1/",
                                       "http://127.0.0.1",
                                       "http://127.1.2.3:80/x",
                                       "http://localhost:1",
                                       "http://LOCALHOST",
                                       "http://[::1]:8080"};
    static const char *const bad[] = {"",
                                      "a",
                                      "ftp://a",
                                      "https://",
                                      "https:///x",
                                      "https://:80",
                                      "https://a:",
                                      "https://a:0",
                                      "https://a:65536",
                                      "https://a:b",
                                      "https://u@a",
                                      "https://u:p@a",
                                      "https://a?x",
                                      "https://a#x",
                                      "https://a b",
                                      "https://a\n",
                                      "http://127.0.0.1.example",
                                      "http://localhost.example",
                                      "http://127.0.0",
                                      "http://128.0.0.1",
                                      "http://[::2]",
                                      "http://example",
                                      "http://127.0.0.1@example",
                                      "https://[::1",
                                      "https://[::1]x",
                                      "HTTPS://a",
                                      "http://0127.0.0.1",
                                      "http://127.0.0.1\\@example",
                                      "https://\xc3\xbc"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (conf_url_fault(str_of(good[i]))) fail_msg("%s: %s", good[i], conf_url_fault(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (conf_url_fault(str_of(bad[i])) == NULL) fail_msg("%s was taken", bad[i]);
}

static void secrets_are_kept_and_copied(void **state)
{
    char plain[] = "hunter2";
    (void)state;
    struct secret *s = secret_new(str_of(plain)), *copy = secret_copy(s), *empty = secret_new(STR_NONE);
    memset(plain, 'x', sizeof plain);
    assert_true(str_eq(secret_reveal(s), STR("hunter2")));
    secret_free(s);
    assert_true(str_eq(secret_reveal(copy), STR("hunter2")));
    assert_int_equal(secret_reveal(empty).n, 0);
    secret_free(copy);
    secret_free(empty);
    secret_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stand_when_nothing_is_said),
        cmocka_unit_test(settings_are_read),
        cmocka_unit_test(refusals_point_and_offer),
        cmocka_unit_test(rows_are_well_formed),
        cmocka_unit_test(the_description_names_every_row),
        cmocka_unit_test(files_are_loaded),
        cmocka_unit_test(addresses),
        cmocka_unit_test(secrets_are_kept_and_copied),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
