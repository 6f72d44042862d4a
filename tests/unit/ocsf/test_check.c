/* logic/ocsf: the checker. One good event, and for each rule an edit of it that breaks just that rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kit/base/str.h"
#include "logic/ocsf/ocsf.h"

static const char good[] =
    "{\"class_uid\":1001,\"class_name\":\"File System "
    "Activity\",\"category_uid\":1,\"activity_id\":1,\"activity_name\":\"Create\","
    "\"type_uid\":100101,\"type_name\":\"File System Activity: "
    "Create\",\"severity_id\":1,\"severity\":\"Informational\","
    "\"time\":1763794501123,\"status_code\":\"x\","
    "\"metadata\":{\"version\":\"1.8.0\",\"profiles\":[\"host\",\"security_control\"],\"product\":{\"name\":\"p\"},"
    "\"labels\":[\"a\"]},"
    "\"device\":{\"type_id\":0,\"hostname\":\"h\",\"ip\":\"10.0.0.1\",\"risk_level_id\":1},"
    "\"actor\":{\"process\":{\"pid\":4,\"name\":\"System\"}},"
    "\"file\":{\"name\":\"a.txt\",\"type_id\":1,\"hashes\":[{\"algorithm_id\":1,\"value\":\"00\"},{\"algorithm_id\":3,"
    "\"value\":\"01\"}]},"
    "\"confidence_id\":99,\"confidence\":\"so so\",\"is_alert\":true,"
    "\"malware\":[{\"name\":\"m\",\"classification_ids\":[1,99],\"classifications\":[\"Adware\",\"odd\"]}],"
    "\"observables\":[{\"name\":\"file.hashes[1].value\",\"type_id\":8,\"value\":\"01\"},{\"name\":\"actor.process."
    "pid\",\"type_id\":15,"
    "\"value\":\"4\"},{\"name\":\"device\",\"type_id\":20},{\"name\":\"file.hashes.value\",\"type_id\":8,\"value\":"
    "\"00\"}],"
    "\"unmapped\":{\"x\":{\"y\":[1,null,\"\"]}}}";

struct seen {
    char rule[32], path[200];
    size_t errors, warnings;
};

static void remember(void *ctx, const struct ocsf_finding *f)
{
    struct seen *s = ctx;
    if (s->errors == 0 && (f->is_error || s->warnings == 0)) { /* the first error, else the first warning */
        snprintf(s->rule, sizeof s->rule, "%s", f->rule);
        snprintf(s->path, sizeof s->path, "%s", f->path);
    }
    s->errors += f->is_error;
    s->warnings += !f->is_error;
}

static struct seen check(const char *version, struct str event)
{
    struct seen s = {0};
    size_t errors = ocsf_check(version, event, remember, &s);
    assert_int_equal(errors, s.errors);
    return s;
}

/* The good event with `from` (which must be there) written as `to`. */
static void edit(struct buf *b, const char *from, const char *to)
{
    struct str text = str_of(good);
    size_t at = str_find(text, str_of(from), 0);
    if (at == SIZE_MAX) fail_msg("the good event has no %s", from);
    buf_reset(b);
    buf_add_str(b, str_sub(text, 0, at));
    buf_add_str(b, str_of(to));
    buf_add_str(b, str_sub(text, at + str_of(from).n, text.n));
}

static void the_good_event_is_good(void **state)
{
    (void)state;
    struct seen s = check(NULL, str_of(good));
    if (s.errors + s.warnings > 0) fail_msg("%s at %s", s.rule, s.path);
}

static const struct broken {
    const char *from, *to, *rule, *path;
    bool is_warning;
} broken[] = {
    {"\"class_uid\":1001", "\"class_uid\":1", "enum", "class_uid"},
    {"\"class_uid\":1001", "\"class_uid\":\"1001\"", "type", "class_uid"},
    {"\"class_uid\":1001,", "", "required", "class_uid"},
    {"\"time\":1763794501123,", "", "required", "time"},
    {"\"time\":1763794501123", "\"time\":null", "required", "time"},
    {"\"time\":1763794501123", "\"time\":1763794501123.5", "type", "time"},
    {"\"time\":1763794501123", "\"time\":9223372036854775808", "type", "time"},
    {"\"time\":1763794501123", "\"time\":17e11", "type", "time"},
    {"\"pid\":4", "\"pid\":2147483648", "type", "actor.process.pid"},
    {"\"pid\":4", "\"pid\":true", "type", "actor.process.pid"},
    {"\"pid\":4", "\"pid\":\"4\"", "type", "actor.process.pid"},
    {"\"pid\":4,", "", "constraint", "actor.process"},
    {"\"process\":{\"pid\":4,\"name\":\"System\"}", "", "constraint", "actor"},
    {"\"status_code\":\"x\"", "\"nonsense\":\"x\"", "unknown_attribute", "nonsense"},
    {"\"status_code\":\"x\"", "\"status_code\":7", "type", "status_code"},
    {"\"profiles\":[\"host\",\"security_control\"]", "\"profiles\":[\"host\"]", "unknown_attribute", "confidence_id"},
    {"\"profiles\":[\"host\"", "\"profiles\":[\"hosts\"", "profile", "metadata.profiles[0]"},
    {"\"ip\":\"10.0.0.1\"", "\"ip\":\"10.0.0\"", "regex", "device.ip"},
    {"\"ip\":\"10.0.0.1\"", "\"ip\":\"                                10.0.0.1     \"", "max_len", "device.ip"},
    {"\"ip\":\"10.0.0.1\"", "\"container\":{\"uid\":\"c\"}", "unknown_attribute", "device.container"},
    {"\"labels\":[\"a\"]", "\"labels\":\"a\"", "type", "metadata.labels"},
    {"\"labels\":[\"a\"]", "\"labels\":[null]", "type", "metadata.labels[0]"},
    {"\"severity_id\":1", "\"severity_id\":42", "enum", "severity_id"},
    {"\"severity_id\":1", "\"status_id\":null,\"severity_id\":1", "enum", "status_id"},
    {"\"severity_id\":1", "\"severity_id\":1,\"count\":1.0", "type", "count"},
    {"\"severity\":\"Informational\"", "\"severity\":\"informational\"", "caption", "severity"},
    {"\"severity\":\"Informational\"", "\"severity\":null", "caption", "severity"},
    {"\"confidence\":\"so so\"", "\"confidence\":\"Other\"", "caption", "confidence", true},
    {"\"classification_ids\":[1,99]", "\"classification_ids\":[1,77]", "enum", "malware[0].classification_ids[1]"},
    {"[\"Adware\",\"odd\"]", "[\"Backdoor\",\"odd\"]", "caption", "malware[0].classifications[0]"},
    {"[\"Adware\",\"odd\"]", "[]", "caption", "malware[0].classifications[0]"},
    {"\"type_uid\":100101,\"type_name\":\"File System Activity: Create\"", "\"type_uid\":100102", "type_uid",
     "type_uid"},
    {"\"version\":\"1.8.0\"", "\"version\":\"1.8.1\"", "version", "metadata.version"},
    {"\"version\":\"1.8.0\"", "\"version\":\"1.10.0\"", "version", "metadata.version"},
    {"\"version\":\"1.8.0\"", "\"version\":\"1.8.0-dev\"", "version", "metadata.version"},
    {"\"version\":\"1.8.0\"", "\"version\":\"1.8\"", "version", "metadata.version"},
    {"\"version\":\"1.8.0\"", "\"version\":\"1.7.0\"", "version", "metadata.version", true},
    {"\"algorithm_id\":1,", "", "required", "file.hashes[0].algorithm_id"},
    {"\"hashes\":[{", "\"hashes\":[{\"algorithm_id\":1,\"value\":\"2\"},{\"x\":1,", "unknown_attribute",
     "file.hashes[1].x"},
    {"\"name\":\"device\",\"type_id\":20", "\"name\":\"device\",\"type_id\":20,\"value\":\"h\"", "observable",
     "observables[2]"},
    {"\"name\":\"device\",\"type_id\":20", "\"name\":\"device\",\"type_id\":21", "observable", "observables[2]"},
    {"\"name\":\"device\",\"type_id\":20", "\"name\":\"unmapped.x\",\"type_id\":0", "observable", "observables[2]"},
    {"\"name\":\"device\",\"type_id\":20", "\"name\":\"device.domain\",\"type_id\":0", "observable", "observables[2]"},
    {"\"name\":\"file.hashes[1].value\"", "\"name\":\"file.hashes[0].value\"", "observable", "observables[0]"},
    {"\"name\":\"file.hashes[1].value\"", "\"name\":\"file.hashes[2].value\"", "observable", "observables[0]"},
    {"\"value\":\"4\"", "\"value\":\"5\"", "observable", "observables[1]"},
    {"\"type_id\":15,", "", "required", "observables[1].type_id"},
    {"{\"pid\":4,", "{\"user\":{\"name\":\"n\",\"email_addr\":\"n\"},\"pid\":4,", "regex",
     "actor.process.user.email_addr"},
    {"{\"class_uid\":", "[{\"class_uid\":", "json", ""},
};

static void each_rule_is_told(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 0);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        edit(&b, broken[i].from, broken[i].to);
        struct seen s = check("1.8.0", buf_str(&b));
        if ((s.errors > 0) == broken[i].is_warning || s.errors + s.warnings == 0 ||
            strcmp(s.rule, broken[i].rule) != 0 || strcmp(s.path, broken[i].path) != 0)
            fail_msg("%s -> %s: %zu errors, %zu warnings, %s at %s", broken[i].from, broken[i].to, s.errors, s.warnings,
                     s.rule, s.path);
    }
    buf_done(&b);
}

static void other_forms(void **state)
{
    (void)state;
    assert_string_equal(check(NULL, STR("[]")).rule, "type");
    assert_string_equal(check(NULL, STR("")).rule, "json");
    assert_string_equal(check("2.0.0", STR("{}")).rule, "version");
    assert_int_equal(ocsf_check(NULL, STR("{}"), NULL, NULL), 1);
    struct str base =
        STR("{\"class_uid\":0,\"category_uid\":0,\"activity_id\":99,\"type_uid\":99,\"severity_id\":0,\"time\":0,"
            "\"metadata\":{\"version\":\"1.3.0\",\"product\":{\"name\":\"p\",\"vendor_name\":\"v\"}}}");
    assert_int_equal(check("1.3.0", base).errors, 0);
    assert_int_equal(check("1.8.0", base).errors, 0);
    assert_int_equal(check("1.8.0", base).warnings, 1);                  /* the earlier version */
    assert_string_equal(check("1.3.0", str_of(good)).path, "action_id"); /* required there with security_control */
}

/* Nesting deeper than the reader allows is no JSON to us; what it allows must not exhaust the stack. */
static void nesting_is_bounded(void **state)
{
    struct buf b;
    (void)state;
    for (int depth = 100; depth <= 100000; depth *= 1000) {
        buf_init(&b, 0);
        buf_add_str(&b, STR("{\"class_uid\":1007,\"process\":"));
        for (int i = 0; i < depth; i++) buf_add_str(&b, STR("{\"pid\":1,\"parent_process\":"));
        buf_add_str(&b, STR("{}"));
        for (int i = 0; i < depth + 1; i++) buf_add_char(&b, '}');
        assert_string_equal(check(NULL, buf_str(&b)).rule, depth == 100 ? "required" : "json");
        buf_done(&b);
    }
}

/* Many observables over a wide array: bounded, and told. */
static void observables_cannot_multiply(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 0);
    buf_add_str(&b, STR("{\"class_uid\":1001,\"file\":{\"hashes\":[{}"));
    for (int i = 0; i < 20000; i++) buf_add_str(&b, STR(",{\"value\":\"\"}"));
    buf_add_str(&b, STR("]},\"observables\":[{}"));
    for (int i = 0; i < 20000; i++) buf_add_str(&b, STR(",{\"name\":\"file.hashes.value\",\"value\":\"x\"}"));
    buf_add_str(&b, STR("]}"));
    assert_true(check(NULL, buf_str(&b)).errors < 70000);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_good_event_is_good),
        cmocka_unit_test(each_rule_is_told),
        cmocka_unit_test(other_forms),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(observables_cannot_multiply),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ocsf check", tests, NULL, NULL);
}
