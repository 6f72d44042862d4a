/* kit/json: the grammar by vectors (RFC 8259), truncation at every byte, tree, cursor, text and writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/json/json.h"

/* On a copy of its own, so that a sanitizer sees any read past the end. */
static bool check(const char *p, size_t n, struct json_fault *fault)
{
    char *alone = malloc(n ? n : 1);
    memcpy(alone, p, n);
    bool ok = json_check((struct str){alone, n}, fault);
    free(alone);
    return ok;
}

static void good_texts_pass(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "12",
        "-1.5e+10",
        "1E5",
        "0.1",
        "0e-1",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        " [ ] ",
        "\t{\r\n}\n",
        "[1,2,[3,{\"a\":null}]]",
        "{\"a\":1,\"a\":2}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"" /* half a pair is grammar */,
        "\"\x7F\"",
        "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBF\"",
        "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct json_fault f;
        if (!check(texts[i], strlen(texts[i]), &f)) fail_msg("%s: %s", texts[i], f.what);
    }
}

static void bad_texts_fail_with_a_place(void **state)
{
    static const struct {
        const char *text, *what;
        uint64_t byte, line;
    } cases[] = {
        {"", "unexpected end", 0, 1},
        {" ", "unexpected end", 1, 1},
        {"01", "leading zero in number", 1, 1},
        {"-", "unexpected end", 1, 1},
        {"1.", "unexpected end", 2, 1},
        {"1.e5", "a digit was expected", 2, 1},
        {"1e", "unexpected end", 2, 1},
        {"+1", "a value was expected", 0, 1},
        {".5", "a value was expected", 0, 1},
        {"NaN", "a value was expected", 0, 1},
        {"tru", "unexpected end", 3, 1},
        {"nul1", "a value was expected", 3, 1},
        {"[1,]", "trailing comma", 3, 1},
        {"{\"a\":1,}", "trailing comma", 7, 1},
        {"[1 2]", "',' or ']' was expected", 3, 1},
        {"{\"a\" 1}", "':' was expected", 5, 1},
        {"{a:1}", "a key in quotes was expected", 1, 1},
        {"{\"a\":}", "a value was expected", 5, 1},
        {"[1}", "',' or ']' was expected", 2, 1},
        {"1 2", "text behind the value", 2, 1},
        {"\"\n\"", "control character in string", 1, 1},
        {"\"\\x\"", "unknown escape in string", 2, 1},
        {"\"\\u12g4\"", "\\u wants four hex digits", 5, 1},
        {"\"abc", "unterminated string", 4, 1},
        {"\n\n[1,\n x]", "a value was expected", 7, 4},
        {"// c\n1", "a value was expected", 0, 1},
        {"'a'", "a value was expected", 0, 1},
        {"\"\x80\"", "invalid UTF-8", 1, 1},
        {"\"\xC0\x80\"", "invalid UTF-8", 1, 1},
        {"\"\xC1\xBF\"", "invalid UTF-8", 1, 1},
        {"\"\xE0\x9F\xBF\"", "invalid UTF-8", 2, 1},
        {"\"\xED\xA0\x80\"", "invalid UTF-8", 2, 1},
        {"\"\xF0\x8F\xBF\xBF\"", "invalid UTF-8", 2, 1},
        {"\"\xF4\x90\x80\x80\"", "invalid UTF-8", 2, 1},
        {"\"\xF5\x80\x80\x80\"", "invalid UTF-8", 1, 1},
        {"\"\xC3\"", "invalid UTF-8", 2, 1},
        {"\xEF\xBB\xBF{}", "a value was expected", 0, 1},
        {"]", "a value was expected", 0, 1},
        {",", "a value was expected", 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_fault f = {0};
        if (check(cases[i].text, strlen(cases[i].text), &f)) fail_msg("%s passes", cases[i].text);
        assert_string_equal(f.what, cases[i].what);
        assert_int_equal(f.byte, cases[i].byte);
        assert_int_equal(f.line, cases[i].line);
    }
    assert_false(check("\"a\0b\"", 5, NULL));
    assert_false(check("1\0", 2, NULL));
}

static void depth_is_bounded(void **state)
{
    char text[2 * JSON_DEPTH_MAX + 4];
    struct json_fault f;
    (void)state;
    for (int d = JSON_DEPTH_MAX; d <= JSON_DEPTH_MAX + 1; d++) {
        memset(text, '[', (size_t)d);
        memset(text + d, ']', (size_t)d);
        assert_int_equal(check(text, 2 * (size_t)d, &f), d == JSON_DEPTH_MAX);
    }
    assert_string_equal(f.what, "nested too deep");
}

static const char sample[] = "{\"id\": 123456789012345678, \"t\":\"a\\u00e9\\n\\ud83d\\ude00\", "
                             "\"l\":[1,-2.5e3,true,null,{\"x\":{\"y\":\"z\"}}],"
                             "\"k\\u0065y\":\"\",\"d\":1,\"d\":\"2\",\"n\":[],\"o\":{}}";

static void every_prefix_fails(void **state)
{
    (void)state;
    assert_true(check(sample, sizeof sample - 1, NULL));
    for (size_t n = 0; n < sizeof sample - 1; n++) {
        struct json_fault f;
        assert_false(check(sample, n, &f));
        assert_true(f.byte == n);
    }
}

static void the_tree_answers(void **state)
{
    struct arena a;
    struct err e;
    (void)state;
    arena_init(&a, 1 << 20);
    const struct json *v = json_parse(&a, STR(sample), &e);
    assert_non_null(v);
    assert_true(json_i64(json_get(v, "id"), 0) == 123456789012345678);
    assert_true(str_eq(json_str(json_get(v, "t"), STR_NONE), STR("a\xC3\xA9\n\xF0\x9F\x98\x80")));
    assert_true(str_eq(json_str(json_get(v, "key"), STR("?")), STR("")));
    assert_true(json_i64(json_get(v, "d"), 0) == 2); /* the last of doubles */
    assert_int_equal(json_get(v, "l")->count, 5);
    assert_true(str_eq(json_get(v, "l")->items[1].text, STR("-2.5e3")));
    assert_true(json_bool(&json_get(v, "l")->items[2], false));
    assert_true(str_eq(json_str(json_path(&json_get(v, "l")->items[4], "x.y"), STR_NONE), STR("z")));
    assert_true(str_eq(json_get(v, "l")->items[4].raw, STR("{\"x\":{\"y\":\"z\"}}")));
    assert_non_null(json_get_nocase(v, "ID"));
    assert_null(json_get(v, "ID"));
    assert_null(json_path(v, "id.nothing"));
    assert_true(json_i64(NULL, 7) == 7);
    assert_null(json_parse(&a, STR("{\n\"a\":}"), &e));
    assert_string_equal(e.text, "a value was expected at byte 6, line 2");
    arena_done(&a);
    arena_init(&a, 64);
    assert_null(json_parse(&a, STR(sample), &e));
    assert_ptr_equal(e.cause, &base_causes[BASE_NO_MEMORY]);
    arena_done(&a);
}

static void cursors_show_all_members(void **state)
{
    struct json_cursor c;
    struct json_slice s;
    char keys[64] = "";
    (void)state;
    assert_true(
        json_cursor_open(&c, STR(" { \"a\" : 1 ,\"b,}\":\"x\\\"}\", \"c\":[{\"]\":[]}],\"d\":{} ,\"e\":null}")));
    while (json_cursor_next(&c, &s)) {
        assert_true(strlen(keys) + s.key.n + s.value.n + 3 < sizeof keys);
        memcpy(keys + strlen(keys), s.key.p, s.key.n);
        keys[strlen(keys)] = '=';
        memcpy(keys + strlen(keys), s.value.p, s.value.n);
        keys[strlen(keys)] = ';';
    }
    assert_string_equal(keys, "a=1;b,}=\"x\\\"}\";c=[{\"]\":[]}];d={};e=null;");
    assert_false(json_cursor_open(&c, STR("12")));
    assert_true(json_cursor_open(&c, STR("[]")));
    assert_false(json_cursor_next(&c, &s));
}

static void text_is_unescaped_and_escaped(void **state)
{
    struct arena a;
    struct buf b = {0};
    struct str plain = STR("\"plain\"");
    (void)state;
    arena_init(&a, 1 << 16);
    assert_ptr_equal(json_unescape(&a, plain).p, plain.p + 1); /* borrowed */
    assert_true(str_eq(json_unescape(&a, STR("\"\\\\\\/\\u0000\\t\"")), ((struct str){"\\/\0\t", 4})));
    assert_true(str_eq(json_unescape(&a, STR("\"\\ud800\\ud800\\udc00x\\udc00\"")),
                       STR("\xEF\xBF\xBD\xF0\x90\x80\x80x\xEF\xBF\xBD")));
    json_escape(&b, ((struct str){"a\"\\\n\x01\x1f\0\x7f/\xC3\xA9\xFF\xC3", 13}));
    assert_true(str_eq(buf_str(&b), STR("a\\\"\\\\\\n\\u0001\\u001f\\u0000\x7f/\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD")));
    buf_done(&b);
    arena_done(&a);
}

/* Long texts are unescaped by the block: the same as their pieces, each alone. */
static void long_texts_are_unescaped_as_their_pieces(void **state)
{
    static const char *const pieces[] = {"a",     "bcdefghi", "\\\\",    "\\\"",
                                         "\\/",   "\\n",      "\\u00e9", "\\ud83d\\ude00",
                                         "\\\\n", "\xC3\xA9", "/",       "0123456789012345678901234567890123456789"};
    (void)state;
    uint32_t random = 1;
    for (uint32_t round = 0; round < 2000; round++) {
        struct arena a;
        struct buf text = {0}, whole = {0};
        arena_init(&a, 1 << 16);
        (void)buf_add_char(&text, '"');
        for (uint32_t left = round % 120; left > 0; left--) {
            random = random * 1664525u + 1013904223u;
            const char *piece = pieces[(random >> 8) % (sizeof pieces / sizeof *pieces)];
            char quoted[64];
            int n = snprintf(quoted, sizeof quoted, "\"%s\"", piece);
            (void)buf_add_str(&text, str_of(piece));
            (void)buf_add_str(&whole, json_unescape(&a, (struct str){quoted, (size_t)n}));
        }
        (void)buf_add_char(&text, '"');
        char *alone = malloc(text.n); /* so that a sanitizer sees any read past the end */
        memcpy(alone, text.p, text.n);
        assert_true(str_eq(json_unescape(&a, (struct str){alone, text.n}), buf_str(&whole)));
        free(alone);
        buf_done(&text);
        buf_done(&whole);
        arena_done(&a);
    }
}

static void the_writer_places_commas(void **state)
{
    struct buf b = {0};
    struct json_writer w;
    (void)state;
    json_writer_init(&w, &b);
    json_object_begin(&w);
    json_key(&w, "a");
    json_array_begin(&w);
    json_write_i64(&w, INT64_MIN);
    json_write_u64(&w, UINT64_MAX);
    json_write_double(&w, 0.1);
    json_write_double(&w, 1.0 / 3);
    json_write_double(&w, 1e308 * 10);
    json_array_begin(&w);
    json_array_end(&w);
    json_object_begin(&w);
    json_object_end(&w);
    json_array_end(&w);
    json_key_str(&w, STR("k\""));
    json_write_cstr(&w, NULL);
    json_key(&w, "r");
    json_write_raw(&w, STR("[1]"));
    json_key(&w, "t");
    json_write_bool(&w, true);
    json_object_end(&w);
    assert_string_equal(buf_cstr(&b),
                        "{\"a\":[-9223372036854775808,18446744073709551615,0.1,0.3333333333333333,null,[],{}],"
                        "\"k\\\"\":null,\"r\":[1],\"t\":true}");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_pass),
        cmocka_unit_test(bad_texts_fail_with_a_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(every_prefix_fails),
        cmocka_unit_test(the_tree_answers),
        cmocka_unit_test(cursors_show_all_members),
        cmocka_unit_test(text_is_unescaped_and_escaped),
        cmocka_unit_test(long_texts_are_unescaped_as_their_pieces),
        cmocka_unit_test(the_writer_places_commas),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
