/* logic/ocsf: the schema tables against facts known from the published schema, and each pattern on both sides of its edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/base/str.h"
#include "logic/ocsf/check/schema_int.h"

enum { ALL_PROFILES = 0xFFFF };

static const struct schema *const versions[] = {&schema_1_8_0, &schema_1_3_0};

static void versions_are_found(void **state)
{
    (void)state;
    assert_ptr_equal(schema_of(NULL), &schema_1_8_0);
    assert_ptr_equal(schema_of("1.8.0"), &schema_1_8_0);
    assert_ptr_equal(schema_of("1.3.0"), &schema_1_3_0);
    assert_null(schema_of("1.2.0"));
    assert_int_equal(schema_1_8_0.class_count, 83);
    assert_int_equal(schema_1_8_0.object_count, 178);
    assert_int_equal(schema_1_3_0.class_count, 72);
}

/* Every class, object and attribute must be found by the search that relies on the order of the rows. */
static void every_row_is_found(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2; v++) {
        const struct schema *s = versions[v];
        for (size_t i = 0; i < s->class_count; i++) {
            const struct schema_item *class = &s->classes[i];
            assert_ptr_equal(schema_class(s, class->uid), class);
            assert_ptr_equal(schema_class_named(s, str_of(class->name)), class);
            for (size_t k = 0; k < class->attr_count; k++) {
                const struct schema_attr *a = schema_attr_at(s, class, k);
                assert_ptr_equal(schema_attr(s, class, str_of(a->name)), a);
                for (size_t m = 0; m < a->value_count; m++)
                    assert_ptr_equal(schema_value(a, str_of(a->values[m].key)), &a->values[m]);
            }
        }
        for (size_t i = 0; i < s->object_count; i++)
            assert_ptr_equal(schema_object(s, str_of(s->objects[i].name)), &s->objects[i]);
        assert_null(schema_class(s, 1));
        assert_null(schema_class(s, -1001));
        assert_null(schema_object(s, STR("proces")));
        assert_null(schema_object(s, STR("process\0")));
        assert_null(schema_object(s, STR_NONE));
    }
}

static void attributes_are_as_published(void **state)
{
    (void)state;
    const struct schema *s = &schema_1_8_0;
    const struct schema_item *file = schema_class(s, 1001);
    assert_string_equal(file->caption, "File System Activity");
    const struct schema_attr *a = schema_attr(s, file, STR("activity_id"));
    assert_int_equal(a->requirement, SCHEMA_REQUIRED);
    assert_string_equal(a->sibling, "activity_name");
    assert_string_equal(schema_caption(a, 5), "Rename");
    assert_null(schema_caption(a, 77));
    assert_string_equal(schema_value_captioned(a, STR("Delete"))->key, "4");
    assert_int_equal(schema_attr(s, file, STR("time"))->type->base, SCHEMA_LONG);
    assert_int_equal(schema_class(s, 201001)->extension_id, 2);
    assert_true(schema_class(s, 4011)->is_deprecated);
    assert_false(schema_class(&schema_1_3_0, 4011)->is_deprecated);
    assert_int_equal(schema_path(s, file, STR("file.hashes"), 0)->is_array, true);
    const struct schema_item *incident = schema_class(s, 2005);
    assert_int_equal(incident->constraint_count, 1);
    assert_false(incident->constraints[0].is_just_one);
    assert_string_equal(incident->constraints[0].names[1], "assignee_group");
    assert_int_equal(schema_object(s, STR("object"))->attr_count, 0);
}

static void paths_follow_profiles_and_arrays(void **state)
{
    (void)state;
    const struct schema *s = &schema_1_8_0;
    const struct schema_item *net = schema_class(s, 4001);
    uint16_t host = schema_profile(s, STR("host"));
    assert_true(host != 0);
    assert_int_equal(schema_profile(s, STR("hosts")), 0);
    assert_null(schema_path(s, net, STR("device.hostname"), 0));
    assert_non_null(schema_path(s, net, STR("device.hostname"), host));
    assert_non_null(schema_path(s, net, STR("actor.process.file.hashes[0].value"), host));
    assert_non_null(schema_path(s, net, STR("actor.process.file.hashes[].value"), host));
    assert_non_null(schema_path(s, net, STR("actor.process.file.hashes.value"), host));
    assert_null(schema_path(s, net, STR("actor.process.file.hashes[x].value"), host));
    assert_null(schema_path(s, net, STR("actor.process.file.hashes[0.value"), host));
    assert_null(schema_path(s, net, STR("actor.process.file[0].name"), host));
    assert_null(schema_path(s, net, STR("actor.process.container"), host));
    assert_null(schema_path(s, net, STR("unmapped.x"), ALL_PROFILES));
    assert_null(schema_path(s, net, STR("message.x"), ALL_PROFILES));
    assert_null(schema_path(s, net, STR(""), ALL_PROFILES));
    assert_null(schema_path(s, net, STR("device."), ALL_PROFILES));
    assert_null(schema_path(s, net, STR_NONE, ALL_PROFILES));
}

static void observable_ids_come_from_all_five_places(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int v1_8, v1_3;
    } cases[] = {
        {"device.hostname", 1, 1},     {"device.ip", 2, 2},
        {"device.uid", 47, 0},         {"device", 20, 20},
        {"actor.user.name", 4, 4},     {"actor.user.uid", 31, 0},
        {"actor.process.pid", 15, 15}, {"actor.process.cmd_line", 13, 13},
        {"actor.process.name", 9, 9},  {"file.name", 7, 7},
        {"file.path", 45, 0},          {"file.hashes.value", 8, 8},
        {"file.hashes", 30, 30},       {"message", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t v = 0; v < 2; v++) {
            const struct schema_attr *a =
                schema_path(versions[v], schema_class(versions[v], 1001), str_of(cases[i].path), ALL_PROFILES);
            assert_non_null(a);
            assert_int_equal(a->observable, v == 0 ? cases[i].v1_8 : cases[i].v1_3);
        }
    }
}

static void patterns_accept_and_refuse(void **state)
{
    (void)state;
    static const struct {
        enum schema_pattern pattern;
        const char *accepted[14], *refused[18];
    } cases[] = {
        {PATTERN_IP,
         {"0.0.0.0", "255.255.255.255", "10.1.2.3", " 10.1.2.3 ", "::", "::1", "fe80::1%eth0", "1:2:3:4:5:6:7:8",
          "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "2001:DB8::a"},
         {"", " ", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/24", "1a2b3c4", ":", ":::", "1::2::3",
          "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8::", "12345::", "::1%", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4"}},
        {PATTERN_MAC,
         {"00:0D:3A:9E:C7:81", "00-0d-3a-9e-c7-81"},
         {"", "000D3A9EC781", "00:0D:3A:9E:C7", "00:0D:3A:9E:C7:8", "00:0D:3A:9E:C7:8G", "00.0D.3A.9E.C7.81"}},
        {PATTERN_EMAIL,
         {"a@b.c", "first.last+tag@mail.example.com", "o'neil@x-y.org", "a@b..c"},
         {"", "@b.c", "a@", "a@b", "a@.c", "a@b.", "a b@c.de", "a@b@c.de", "a@b_c.de", "\xc3\xa4@b.de"}},
        {PATTERN_UUID,
         {"01234567-89ab-CDEF-0123-456789abcdef", "{01234567-89ab-cdef-0123-456789abcdef}"},
         {"", "01234567-89ab-cdef-0123-456789abcde", "0123456789abcdef0123456789abcdef",
          "g1234567-89ab-cdef-0123-456789abcdef"}},
        {PATTERN_DATETIME,
         {"2026-11-22T06:55:01", "2026-11-22t06:55:01z", "2026-11-22T06:55:01.1234567Z", "2026-11-22T06:55:01+02:00"},
         {"", "2026-11-22", "2026-11-22 06:55:01", "2026-11-22T06:55", "2026-11-22T06:55:01.Z",
          "2026-11-22T06:55:01+0200", "2026-11-22T06:55:01ZZ"}},
        {PATTERN_DATETIME_STRICT,
         {"2026-11-22T06:55:01", "2026-11-22T06:55:01.1Z", "2026-11-22T06:55:01-02:30"},
         {"2026-11-22t06:55:01Z", "2026-11-22T06:55:01z"}},
        {PATTERN_HOSTNAME,
         {"a", "web-1.example.com", "10.0.0.1", "a--b"},
         {"", "a_b", "-a", "a-", "a..b", ".a", "a.", "a b", "a/b"}},
        {PATTERN_BASE64,
         {"", "AAAA", "AA==", "AAA=", "a-_b", "a+/b"},
         {"A", "AAA", "A===", "====", "a-/b", "AA==AAAA", "AA A"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (const char *const *p = cases[i].accepted; *p != NULL; p++) {
            if (!schema_pattern_matches(cases[i].pattern, str_of(*p)))
                fail_msg("pattern %d must accept \"%s\"", cases[i].pattern, *p);
        }
        for (const char *const *p = cases[i].refused; *p != NULL; p++) {
            if (schema_pattern_matches(cases[i].pattern, str_of(*p)))
                fail_msg("pattern %d must refuse \"%s\"", cases[i].pattern, *p);
        }
    }
    assert_true(schema_pattern_matches(PATTERN_NONE, STR_NONE));
    assert_false(schema_pattern_matches(PATTERN_IP, STR_NONE));
}

static void lengths_count_characters(void **state)
{
    (void)state;
    const struct schema_type type = {"t", SCHEMA_STRING, PATTERN_NONE, 3, false, 0, 0};
    assert_true(schema_string_fits(&type, STR("abc")));
    assert_true(schema_string_fits(&type, STR("\xc3\xa4\xc3\xb6\xc3\xbc")));
    assert_false(schema_string_fits(&type, STR("abcd")));
    const struct schema_attr *a =
        schema_path(&schema_1_3_0, schema_class(&schema_1_3_0, 1001), STR("file.hashes.value"), 0);
    assert_int_equal(a->type->char_max, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_found),
        cmocka_unit_test(every_row_is_found),
        cmocka_unit_test(attributes_are_as_published),
        cmocka_unit_test(paths_follow_profiles_and_arrays),
        cmocka_unit_test(observable_ids_come_from_all_five_places),
        cmocka_unit_test(patterns_accept_and_refuse),
        cmocka_unit_test(lengths_count_characters),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ocsf schema", tests, NULL, NULL);
}
