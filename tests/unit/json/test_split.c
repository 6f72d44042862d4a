/* kit/json, the stream splitter: any cut of the input into pieces gives the same records, envelope and faults; damage
 * costs what is damaged and no more; nothing over the bound is ever held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kit/json/json.h"

static void on_record(void *ctx, struct str record, uint64_t byte, uint64_t line, const char *list)
{
    assert_true(json_check(record, NULL));
    (void)buf_addf(ctx, "R %s %llu:%llu %.*s\n", list ? list : "-", (unsigned long long)line, (unsigned long long)byte,
                   STR_ARG(record));
}

static void on_envelope(void *ctx, struct str key, struct str value)
{
    assert_true(json_check(value, NULL));
    (void)buf_addf(ctx, "E %.*s=%.*s\n", STR_ARG(key), STR_ARG(value));
}

static void on_fault(void *ctx, const struct json_fault *fault, struct str piece)
{
    assert_true(piece.n <= 4096);
    (void)buf_addf(ctx, "F %llu:%llu %s <%.*s>\n", (unsigned long long)fault->line, (unsigned long long)fault->byte,
                   fault->what, STR_ARG(piece));
}

static void on_document_end(void *ctx)
{
    (void)buf_addf(ctx, "D\n");
}

static const char *const lists[] = {"value", "results", "records", NULL};

/* What a split of `text`, fed in pieces of `piece` bytes (0: of changing sizes), reports. */
static char *split(struct str text, size_t piece, size_t record_max)
{
    struct buf out = {0};
    struct json_split_opts o = {lists, record_max, &out, on_record, on_envelope, on_fault, on_document_end};
    struct json_split *s = json_split_new(&o);
    uint32_t seed = 12345;
    for (size_t i = 0; i < text.n;) {
        seed = seed * 1664525 + 1013904223;
        struct str part = str_sub(text, i, piece ? piece : 1 + (seed >> 16) % 23);
        char *alone = malloc(part.n); /* of its own, so that a sanitizer sees what is read past it */
        memcpy(alone, part.p, part.n);
        json_split_feed(s, alone, part.n);
        free(alone);
        i += part.n;
    }
    json_split_end(s);
    json_split_free(s);
    char *text_out = str_dup(buf_str(&out));
    buf_done(&out);
    return text_out;
}

static void expect(const char *text, const char *expected)
{
    static const size_t pieces[] = {1 << 20, 1, 2, 3, 7, 0};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char *got = split(str_of(text), pieces[i], 1000);
        if (strcmp(got, expected) != 0) print_message("pieces of %zu\n", pieces[i]);
        assert_string_equal(got, expected);
        free(got);
    }
}

static void lines_are_records(void **state)
{
    (void)state;
    expect("", "");
    expect(" \r\n", "");
    expect("{\"a\":1}\n{\"a\":{\"b\":[2]}}\n", "R - 1:0 {\"a\":1}\nD\nR - 2:8 {\"a\":{\"b\":[2]}}\nD\n");
    expect("{\"a\":1}{\n\"b\":\n2}", "R - 1:0 {\"a\":1}\nD\nR - 1:7 {\n\"b\":\n2}\nD\n");
    expect("\xEF\xBB\xBF{}", "R - 1:3 {}\nD\n");
    expect("7\n\"x\" true 12", "R - 1:0 7\nR - 2:2 \"x\"\nR - 2:6 true\nR - 2:11 12\n");
}

static void arrays_and_lists_are_opened(void **state)
{
    (void)state;
    expect("[{\"a\":1}, 2,[3]]", "R - 1:1 {\"a\":1}\nR - 1:10 2\nR - 1:12 [3]\n");
    expect("[]{\"value\":[]}", "D\n");
    expect("{\"@c\":\"x\",\"value\":[{\"a\":1},{\"a\":2}],\"next\":{\"u\":1}}",
           "E @c=\"x\"\nR value 1:19 {\"a\":1}\nR value 1:27 {\"a\":2}\nE next={\"u\":1}\nD\n");
    /* only at depth one, only arrays */
    expect("{\"value\":1,\"x\":{\"value\":[1]}}", "R - 1:0 {\"value\":1,\"x\":{\"value\":[1]}}\nD\n");
    expect("{\"value\":[1],\"records\":[2]}\n3", "R value 1:10 1\nR records 1:24 2\nD\nR - 2:28 3\n");
}

static void damage_in_a_list_costs_one_element(void **state)
{
    (void)state;
    expect("{\"value\":[{\"a\":1},{\"a\":tru},{\"a\":3}]}",
           "R value 1:10 {\"a\":1}\nF 1:26 a value was expected <{\"a\":tru}>\nR value 1:28 {\"a\":3}\nD\n");
    expect("{\"value\":[{\"a\":\"\\x]}\"},{\"b\":{\"c\" 1}},4]}",
           "F 1:17 unknown escape in string <{\"a\":\"\\x]}\"}>\nF 1:33 ':' was expected <{\"b\":{\"c\" 1}}>\n"
           "R value 1:37 4\nD\n");
    /* brackets that do not match: nobody can tell where the element ends, so the line is given up */
    expect("{\"value\":[{\"a\":[1}},2]}\n{\"b\":1}",
           "F 1:17 ',' or ']' was expected <{\"a\":[1}},2]}\n>\nR - 2:24 {\"b\":1}\nD\n");
}

static void lines_cut_short_do_not_take_the_next(void **state)
{
    (void)state;
    expect("{\"a\":1,\n{\"b\":2}\n", "F 2:8 a key in quotes was expected <{\"a\":1,\n>\nR - 2:8 {\"b\":2}\nD\n");
    expect("{\"a\":\"x\n{\"b\":2}\n", "F 1:7 control character in string <{\"a\":\"x\n>\nR - 2:8 {\"b\":2}\nD\n");
    expect("{\"a\":[\n{\"b\":2}\n{\"c\":3}\n", /* found only in line 3 */
           "F 3:15 ',' or ']' was expected <{\"a\":[>\nR - 2:7 {\"b\":2}\nD\nR - 3:15 {\"c\":3}\nD\n");
    expect("{\"a\":[\n{\"b\":2}\n", "F 3:15 unexpected end <{\"a\":[>\nR - 2:7 {\"b\":2}\nD\n");
    expect("{\"value\":[{\"a\":1,\n{\"b\":2}\n",
           "F 2:18 a key in quotes was expected <{\"a\":1,\n>\nR - 2:18 {\"b\":2}\nD\n");
    expect("what\n{\"b\":2}\nelse\n", "F 1:0 a value was expected <what\n>\nR - 2:5 {\"b\":2}\nD\n"
                                      "F 3:13 a value was expected <else\n>\n");
    /* a document over several lines is one fault, not one a line */
    expect("{\n \"a\": tru,\n \"b\": 1\n}\n{\"c\":3}\n",
           "F 2:11 a value was expected <{\n \"a\": tru,\n \"b\": 1\n}\n>\nR - 5:23 {\"c\":3}\nD\n");
}

static void an_answer_cut_short_never_ends(void **state)
{
    (void)state;
    expect("{\"value\":[{\"a\":1},{\"a\":2", "R value 1:10 {\"a\":1}\nF 1:24 unexpected end <{\"a\":2>\n");
    expect("{\"value\":[{\"a\":1}", "R value 1:10 {\"a\":1}\nF 1:17 unexpected end <>\n");
    expect("{\"value\":[{\"a\":\"x", "F 1:17 unterminated string <{\"a\":\"x>\n");
    expect("-", "F 1:1 unexpected end <->\n");
}

/* What is reported of a long record depends on the pieces (its head, up to 4 KiB), so only the rest is compared. */
static void too_long_keeps_the_rest(void **state)
{
    static const size_t pieces[] = {1 << 20, 1, 5, 0};
    struct buf text = {0};
    (void)state;
    (void)buf_addf(&text, "{\"pad\":\"");
    for (int i = 0; i < 9000; i++) (void)buf_add_char(&text, 'x');
    (void)buf_addf(&text, "\",\"value\":[{\"a\":1}]}\n{\"b\":2}");
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char *got = split(buf_str(&text), pieces[i], 5000);
        assert_non_null(strstr(got, "F 1:0 record too long <{\"pad\":\"xxx"));
        assert_non_null(strstr(got, ">\nR value 1:9019 {\"a\":1}\nR - 2:9029 {\"b\":2}\nD\n"));
        free(got);
    }
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_records),
        cmocka_unit_test(arrays_and_lists_are_opened),
        cmocka_unit_test(damage_in_a_list_costs_one_element),
        cmocka_unit_test(lines_cut_short_do_not_take_the_next),
        cmocka_unit_test(an_answer_cut_short_never_ends),
        cmocka_unit_test(too_long_keeps_the_rest),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
