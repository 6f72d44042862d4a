/* Outlines: what they list is what a cursor shows, what is no JSON has none, and what is not plain is left to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/json/outline.h"

enum { NODES = 64 };

/* On a copy of its own, so that a sanitizer sees any read past the end. */
static bool has_outline(const char *p, size_t n, size_t cap)
{
    struct json_node nodes[NODES];
    struct json_outline o;
    char *alone = malloc(n ? n : 1);
    if (n) memcpy(alone, p, n);
    bool has = json_outline_make(&o, nodes, cap, (struct str){alone, n});
    free(alone);
    return has;
}

static size_t compare(const struct json_outline *o, size_t i, struct str value, enum json_type type)
{
    const struct json_node *n = &o->nodes[i];
    struct json_cursor c;
    struct json_slice m;
    size_t next = i + 1;
    assert_true(str_eq(json_node_value(o, n), value));
    assert_int_equal(n->type, type);
    bool is_container = json_cursor_open(&c, value);
    for (bool open = is_container; open && json_cursor_next(&c, &m);) {
        if (c.is_object) assert_true(str_eq(json_node_key(o, &o->nodes[next]), m.key));
        next = compare(o, next, m.value, m.type);
    }
    assert_int_equal(n->next, next);
    uint8_t both = JSON_BLANK | JSON_ESCAPED;
    assert_int_equal(n->flags & both, json_value_flags(value, type) & (is_container ? JSON_BLANK : both));
    return next;
}

static const char *const plain[] = {
    "{}",
    "[ ]",
    "0",
    "[-0.5e+3,1E5,12,true,false,null,\"\"]",
    " { \"a\" : { \"b\" : [ 1 , { } , [ ] ] } , \"c\" : \"d\\n\\\\\\\"\\/\" } ",
    "{\"Name\":\"a long text of more than sixteen bytes, über\",\"Sid\":\"S-1-5-18\",\"Name\":2}",
    "[[[[\"x\"]]],{\"\":{\"\":\"\"}}]",
};

static void it_lists_what_a_cursor_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        struct json_node nodes[NODES];
        struct json_outline o;
        struct str text = str_of(plain[i]);
        assert_true(json_outline_make(&o, nodes, NODES, text));
        struct str value = str_trim(text);
        assert_int_equal(compare(&o, 0, value, json_type_of(value)), o.count);
    }
}

static void every_prefix_and_every_cut_byte_is_judged_as_by_the_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        size_t n = strlen(plain[i]);
        for (size_t cut = 0; cut < n; cut++) {
            char other[128];
            assert_int_equal(has_outline(plain[i], cut, NODES), json_check((struct str){plain[i], cut}, NULL));
            memcpy(other, plain[i], cut);
            memcpy(other + cut, plain[i] + cut + 1, n - cut - 1);
            if ((unsigned char)plain[i][cut] >= 0x80) continue; /* UTF-8 is for others to check */
            bool is_fine = json_check((struct str){other, n - 1}, NULL);
            assert_int_equal(has_outline(other, n - 1, NODES), is_fine && memmem(other, n - 1, "\\u", 2) == NULL);
        }
    }
}

static void what_is_not_plain_has_none(void **state)
{
    static const char *const texts[] = {
        "{\"a\\n\":1}", "[\"\\u0041\"]", "[1,]", "{\"a\":1,}", "[\"\t\"]", "[01]", "[1 2]",
        "{\"a\"}",      "[\"\\x\"]",     "]",    "{]",         "[-]",      "[1.]", ""};
    char deep[2 * JSON_OUTLINE_DEPTH + 2];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(has_outline(texts[i], strlen(texts[i]), NODES));
    memset(deep, '[', sizeof deep / 2);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    assert_false(has_outline(deep, sizeof deep, NODES));
    assert_true(has_outline(deep + 1, sizeof deep - 2, NODES));
    assert_true(has_outline("[1,2,3]", 7, 4));
    assert_false(has_outline("[1,2,3]", 7, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_lists_what_a_cursor_shows),
        cmocka_unit_test(every_prefix_and_every_cut_byte_is_judged_as_by_the_check),
        cmocka_unit_test(what_is_not_plain_has_none),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("outline", tests, NULL, NULL);
}
