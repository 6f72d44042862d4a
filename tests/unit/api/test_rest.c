/* face/api: targets taken apart, parameters, pages, and the rows' paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "face/api/web/rest_pages.h"
#include "face/api/web/rest_params.h"

static struct arena arena;

static bool read(const char *target, struct web_target *t)
{
    const char *fault = NULL;
    bool ok = web_target_read(&arena, str_of(target), t, &fault);
    assert_true(ok || fault != NULL);
    return ok;
}

static void targets(void **state)
{
    struct web_target t;
    (void)state;
    assert_true(read("/a/b%2Fc?x=1+2&y=%C3%A4&x=3", &t));
    assert_int_equal(t.segment_count, 2);
    assert_string_equal(t.segments[1].p, "b/c");
    assert_string_equal(t.query[0].value.p, "1 2");
    assert_string_equal(t.query[1].value.p, "\xc3\xa4");
    assert_int_equal(t.query_count, 3);
    assert_true(web_target_fits(&t, "/a/{name}") && !web_target_fits(&t, "/a") && !web_target_fits(&t, "/a/b"));
    assert_string_equal(web_target_segment(&t, "/a/{name}", "name").p, "b/c");
    static const char *const bad[] = {"", "a", "/%", "/%4", "/%zz", "/%00", "/%ff", "/a?b=%ed%a0%80", "/a?b=%0a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(read(bad[i], &t));
    assert_true(read("/a/", &t) && !web_target_fits(&t, "/a") && !web_target_fits(&t, "/a/{name}"));
}

/* No two operations answer one method and path, and what a path names is a parameter of its row. */
static void rows(void **state)
{
    char method[8], other_method[8];
    const char *pattern, *other_pattern;
    (void)state;
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++) {
            if (op->rest == NULL) continue;
            assert_int_not_equal(op->place, OP_LOCAL);
            rest_split(op, method, &pattern);
            assert_true(str_starts(str_of(pattern), STR("/api/v1/")));
            for (const char *p = strchr(pattern, '{'); p; p = strchr(p + 1, '{'))
                if (!op_param(op, (struct str){p + 1, (size_t)(strchr(p, '}') - p - 1)})) fail_msg("%s", op->rest);
            for (const struct op_table *u = operation_tables; u->rows; u++)
                for (const struct operation *other = u->rows; other->name; other++) {
                    if (other == op || other->rest == NULL) continue;
                    rest_split(other, other_method, &other_pattern);
                    if (strcmp(method, other_method) == 0 && strcmp(pattern, other_pattern) == 0)
                        fail_msg("%s and %s: %s", op->name, other->name, op->rest);
                }
        }
}

static void pages(void **state)
{
    static const char result[] = "{\"organizations\":[{\"a\":1},{\"a\":2},{\"a\":3}]}";
    const struct operation *op = operation_find("org list"), *another = operation_find("tenant list");
    struct op_page page = {.limit = 2};
    struct buf out;
    struct err e;
    char key[PAGE_KEY_BYTES];
    (void)state;
    buf_init(&out, 0);
    assert_true(rest_page(op, str_of(result), &page, &out, &e));
    const struct json *first = json_parse(&arena, buf_str(&out), &e);
    assert_int_equal(json_get(first, "organizations")->count, 2);
    struct str next = json_str(json_get(first, "next"), STR_NONE);
    assert_false(page_cursor_read(another, next, key)); /* of another list */
    assert_false(page_cursor_read(op, STR("YWJj"), key));
    assert_true(page_cursor_read(op, next, page.after));
    /* one came in before, and one behind: the second page begins where the first ended */
    static const char later[] = "{\"organizations\":[{\"a\":0},{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]}";
    struct buf second;
    buf_init(&second, 0);
    assert_true(rest_page(op, str_of(later), &page, &second, &e));
    assert_string_equal(buf_cstr(&second), "{\"organizations\":[{\"a\":3},{\"a\":4}],\"next\":null}");
    buf_done(&second);
    buf_done(&out);
}

static void parameters(void **state)
{
    static const struct {
        const char *target, *body, *want; /* want: what the refusal says; NULL: taken */
    } cases[] = {
        {"/api/v1/devices/d/isolate", "{\"tenant\":\"t\",\"reason\":\"r\",\"anyway\":true}", NULL},
        {"/api/v1/devices/d/isolate", "{\"tenant\":\"t\"}", "needs \"reason\""},
        {"/api/v1/devices/d/isolate", "{\"tenant\":\"t\",\"reason\":\"r\",\"anyway\":\"yes\"}", "is true or false"},
        {"/api/v1/devices/d/isolate", "{\"tenant\":\"t\",\"reason\":\"a\\u0000b\"}", "is a text"},
        {"/api/v1/devices/d/isolate", "{\"tenant\":\"t\",\"reason\":\"r\",\"as\":\"Ann\"}", "does not take"},
        {"/api/v1/devices/d/isolate?reason=r", "{\"tenant\":\"t\",\"reason\":\"r\"}", "does not take"},
        {"/api/v1/devices/d/isolate", "{\"tenant\":\"t\",\"tenant\":\"u\",\"reason\":\"r\"}", "given twice"},
    };
    const struct operation *op = operation_find("device isolate");
    struct web_target t;
    struct op_page page;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct json *params = NULL;
        struct err e = {0};
        assert_true(read(cases[i].target, &t));
        const struct rest_request q = {"POST", "/api/v1/devices/{device}/isolate", &t,
                                       json_parse(&arena, str_of(cases[i].body), &e)};
        bool ok = rest_params(&arena, op, &q, &params, &page, &e);
        if (ok != (cases[i].want == NULL) || (!ok && !strstr(e.text, cases[i].want))) fail_msg("%zu: %s", i, e.text);
        if (ok) assert_true(op_check_params(op, params, &e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(targets), cmocka_unit_test(rows), cmocka_unit_test(pages),
                                       cmocka_unit_test(parameters)};
    arena_init(&arena, 64 << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
