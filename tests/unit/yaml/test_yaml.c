/* kit/yaml: the tree with its places, and every refusal word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/yaml/yaml.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct yaml *parse(const char *text)
{
    struct err e = {0};
    const struct yaml *y = yaml_parse(&arena, str_of(text), "t.yaml", &e);
    if (y == NULL) fail_msg("%s", e.text);
    return y;
}

static void a_tree_remembers_places(void **state)
{
    (void)state;
    const struct yaml *y =
        parse("# a comment\ntable: X\nlist:\n  - one\n  - {k: \"v\", ü: w}\ntext: |\n  two\n  lines\n");
    assert_int_equal(y->type, YAML_MAP);
    assert_int_equal(y->count, 3);
    assert_int_equal(y->line, 2);
    const struct yaml *list = yaml_get(y, "list");
    assert_int_equal(list->type, YAML_LIST);
    assert_int_equal(list->count, 2);
    const struct yaml *second = &list->items[1];
    assert_int_equal(second->line, 5);
    assert_int_equal(second->column, 5);
    assert_true(yaml_get(second, "k")->is_quoted);
    assert_int_equal(yaml_get(second, "k")->column, 9);
    assert_int_equal(yaml_get(second, "ü")->column, 17); /* characters, not bytes */
    assert_true(str_eq(yaml_get(y, "text")->text, STR("two\nlines\n")));
    assert_null(yaml_get(y, "absent"));
    assert_null(yaml_get(list, "one"));
}

static void long_lists_and_maps_keep_their_order(void **state)
{
    struct buf text;
    char word[16];
    (void)state;
    buf_init(&text, 0);
    for (int i = 0; i < 1000; i++) buf_addf(&text, "k%d: [%d, b, c]\n", i, i);
    const struct yaml *y = parse(buf_cstr(&text));
    assert_int_equal(y->count, 1000);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(word, sizeof word, "k%d", i);
        assert_true(str_eq(y->keys[i].text, str_of(word)));
        assert_int_equal(y->items[i].count, 3);
        assert_true(str_eq(y->items[i].items[0].text, str_of(word + 1)));
    }
    buf_done(&text);
}

static void nothing_is_an_empty_map(void **state)
{
    static const char *const empty[] = {"", "\n", "# only words\n", "---\n", "--- # x\n...\n", "\xef\xbb\xbf"};
    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        assert_int_equal(parse(empty[i])->type, YAML_MAP);
        assert_int_equal(parse(empty[i])->count, 0);
    }
}

static void words_and_nothings(void **state)
{
    bool b;
    (void)state;
    const struct yaml *y =
        parse("a:\nb: ~\nc: null\nd: \"null\"\ne: ''\nt: yes\nf: Off\nq: \"true\"\nn: 1\nbom: \"\\0x\"\n");
    assert_true(yaml_is_null(yaml_get(y, "a")) && yaml_is_null(yaml_get(y, "b")) && yaml_is_null(yaml_get(y, "c")));
    assert_true(yaml_is_null(yaml_get(y, "absent")));
    assert_false(yaml_is_null(yaml_get(y, "d")) || yaml_is_null(yaml_get(y, "e")) || yaml_is_null(y));
    assert_true(yaml_bool(yaml_get(y, "t"), &b) && b);
    assert_true(yaml_bool(yaml_get(y, "f"), &b) && !b);
    assert_false(yaml_bool(yaml_get(y, "q"), &b) || yaml_bool(yaml_get(y, "n"), &b) || yaml_bool(NULL, &b));
    assert_int_equal(yaml_get(y, "bom")->text.n, 2);
}

static void refusals_point_at_the_place(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"a: &x 1\n", "t.yaml:1:4: anchors (&name) are not supported: write the value out where it is needed"},
        {"a: 1\nb: *x\n", "t.yaml:2:4: aliases (*name) are not supported: write the value out"},
        {"*x : 1\n", "t.yaml:1:1: aliases (*name) are not supported: write the value out"},
        {"a: !!int 1\n", "t.yaml:1:4: tags (!name) are not supported: every value is text"},
        {"a: ! 1\n", "t.yaml:1:4: tags (!name) are not supported: every value is text"},
        {"a: !x [1]\n", "t.yaml:1:4: tags (!name) are not supported: every value is text"},
        {"a: !x {b: 1}\n", "t.yaml:1:4: tags (!name) are not supported: every value is text"},
        {"b:\n  <<: {c: d}\n", "t.yaml:2:3: merge keys (<<) are not supported: write the values out"},
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: the key \"a\" is there already, in line 1"},
        {"{a: 1, a: 2}\n", "t.yaml:1:8: the key \"a\" is there already, in line 1"},
        {"[a]: 1\n", "t.yaml:1:1: a key must be a plain word, not a list or a map"},
        {"? {a: b}\n: 1\n", "t.yaml:1:3: a key must be a plain word, not a list or a map"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document begins here: one file, one document"},
        {"%YAML 1.1\n---\na: 1\n", "t.yaml:1:1: directives (%YAML, %TAG) are not supported"},
        {"%TAG ! tag:x,2026:\n---\na: 1\n", "t.yaml:1:1: directives (%YAML, %TAG) are not supported"},
        {"a:\n\tb: 1\n", "t.yaml:2:1: a tab cannot indent: use blanks"},
        {"a: [1\n", "t.yaml:2:1: did not find expected ',' or ']' while parsing a flow sequence"},
        {"a: b: c\n", "t.yaml:1:5: mapping values are not allowed in this context"},
        {"ok: 1\nü\x01: 2\n", "t.yaml:2:2: control characters are not allowed (byte 8)"},
        {"a: \xff\n", "t.yaml:1:4: invalid leading UTF-8 octet (byte 3)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        assert_null(yaml_parse(&arena, str_of(rows[i].text), "t.yaml", &e));
        assert_string_equal(e.text, rows[i].want);
        assert_ptr_equal(e.cause, &yaml_causes[YAML_BAD]);
    }
}

static void nested(struct buf *text, int depth)
{
    buf_reset(text);
    for (int i = 0; i < depth; i++) buf_add_char(text, '[');
    for (int i = 0; i < depth; i++) buf_add_char(text, ']');
}

static void bounds_hold(void **state)
{
    struct err e = {0};
    struct buf text;
    struct arena small;
    (void)state;
    buf_init(&text, 0);
    nested(&text, 64);
    assert_non_null(yaml_parse(&arena, buf_str(&text), "t.yaml", &e));
    nested(&text, 65);
    assert_null(yaml_parse(&arena, buf_str(&text), "t.yaml", &e));
    assert_string_equal(e.text, "t.yaml:1:65: nested more than 64 deep");
    buf_reset(&text);
    while (text.n <= (4 << 20)) buf_add_str(&text, STR("# words words words\n"));
    assert_null(yaml_parse(&arena, buf_str(&text), "t.yaml", &e));
    assert_ptr_equal(e.cause, &yaml_causes[YAML_TOO_LARGE]);
    arena_init(&small, 300);
    assert_null(yaml_parse(&small, STR("[aaaaaaaaaa, bbbbbbbbbbbb, ccccccccc, ddddddddd]"), "t.yaml", &e));
    assert_string_equal(e.text, "t.yaml: its tree does not fit into 300 bytes");
    arena_done(&small);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tree_remembers_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lists_and_maps_keep_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_an_empty_map, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_and_nothings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_point_at_the_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_hold, set_up, tear_down),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
