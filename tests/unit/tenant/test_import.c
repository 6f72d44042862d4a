/* Files of tenants: the forms they come in, and one row per way a line can be broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cloud/tenant/import.h"
#include "kit/yaml/yaml.h"

#define A "aaaaaaaa-0000-4000-8000-00000000000a"
#define B "bbbbbbbb-0000-4000-8000-00000000000b"
#define C "cccccccc-0000-4000-8000-00000000000c"

static struct arena arena;

static struct import_rows parse(const char *text, const char *name)
{
    struct import_rows rows = {0};
    struct err e;
    arena_reset(&arena);
    if (!import_parse(&arena, str_of(text), name, &rows, &e)) fail_msg("%s", e.text);
    return rows;
}

static void is(struct str got, const char *expected)
{
    if (!str_eq(got, str_of(expected))) fail_msg("%.*s instead of %s", STR_ARG(got), expected);
}

static void csv_comes_as_spreadsheets_write_it(void **state)
{
    (void)state;
    struct import_rows r =
        parse("\xef\xbb\xbftenant_id;Org;client_id;secret\r\n" A ";\"Contoso; \"\"the\"\" one\";" C ";s1\r\n\r\n"
              "# a remark\r\n" B ";\"Two\nlines\";" C ";s2",
              "customers.csv");
    assert_int_equal(r.count, 2);
    is(r.rows[0].fields[IMPORT_TENANT_ID], A);
    is(r.rows[0].fields[IMPORT_ORG], "Contoso; \"the\" one");
    is(r.rows[0].fields[IMPORT_SECRET], "s1");
    assert_int_equal(r.rows[0].line, 2);
    assert_null(r.rows[0].fault.cause);
    is(r.rows[1].fields[IMPORT_ORG], "Two\nlines");
    assert_int_equal(r.rows[1].line, 5);
}

static void yaml_is_a_list_of_maps(void **state)
{
    (void)state;
    struct import_rows r = parse("tenants:\n- {tenant_id: " A ", org: Contoso, apps: reader, lookback: 60d}\n"
                                 "- {tenant_id: " B ", colour: red}\n- word\n- {tenant_id: " C ", org: [x]}\n",
                                 "customers.yaml");
    assert_int_equal(r.count, 4);
    assert_null(r.rows[0].fault.cause);
    is(r.rows[0].fields[IMPORT_LOOKBACK], "60d");
    assert_ptr_equal(r.rows[1].fault.cause, &import_causes[IMPORT_BAD_COLUMN]);
    assert_ptr_equal(r.rows[2].fault.cause, &import_causes[IMPORT_BAD_ROW]);
    assert_ptr_equal(r.rows[3].fault.cause, &import_causes[IMPORT_BAD_ROW]);
    assert_int_equal(r.rows[3].line, 5);
}

static void each_line_is_its_own_fault(void **state)
{
    static const struct {
        const char *line;
        int cause;
    } rows[] = {
        {A ",Contoso," C ",s,,\n", -1},
        {B ",Contoso,,,,reader\n", -1},
        {",Contoso," C ",s,,\n", IMPORT_MISSING},
        {C ",," C ",s,,\n", IMPORT_MISSING},
        {"1,Contoso,,,,\n", IMPORT_MISSING},
        {"2,Contoso," C ",,,\n", IMPORT_MISSING},
        {"3,Contoso,,s,,\n", IMPORT_MISSING},
        {"4,Contoso," C ",s,file,\n", IMPORT_CONFLICT},
        {"5,Contoso," C ",s\n", IMPORT_BAD_ROW},
        {"6,Contoso," C ",s,,,,,,\n", IMPORT_BAD_ROW},
        {"7,\"Contoso\" x," C ",s,,\n", IMPORT_BAD_ROW},
        {"AAAAAAAA-0000-4000-8000-00000000000A,Contoso," C ",s,,\n", IMPORT_TWICE},
        {"8,Contoso," C ",s,,\n", -1}, /* no GUID: for tenant_add to say */
        {"9,\"never closed," C ",s,,\n", IMPORT_BAD_ROW},
    };
    struct buf text;
    (void)state;
    buf_init(&text, 0);
    (void)buf_addf(&text, "tenant_id,org,client_id,secret,secret_file,apps\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) (void)buf_addf(&text, "%s", rows[i].line);
    struct import_rows r = parse(buf_cstr(&text), "x.csv");
    assert_int_equal(r.count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < r.count; i++) {
        const struct cause *expected = rows[i].cause < 0 ? NULL : &import_causes[rows[i].cause];
        if (r.rows[i].fault.cause != expected)
            fail_msg("%s%s", rows[i].line, r.rows[i].fault.cause ? r.rows[i].fault.text : "no fault");
        assert_int_equal(r.rows[i].line, i + 2);
    }
    buf_done(&text);
}

static void a_file_as_a_whole_can_be_wrong(void **state)
{
    static const struct {
        const char *text, *name;
        const struct cause *cause;
    } rows[] = {
        {"", "x.csv", &import_causes[IMPORT_BAD_COLUMN]},
        {"tenant_id,org\n", "x.csv", &import_causes[IMPORT_BAD_FILE]},
        {"tenant_id,colour\n", "x.csv", &import_causes[IMPORT_BAD_COLUMN]},
        {"org,org\n", "x.csv", &import_causes[IMPORT_BAD_COLUMN]},
        {"\"org\n", "x.csv", &import_causes[IMPORT_BAD_FILE]},
        {"\xff\xfe", "x.csv", &import_causes[IMPORT_BAD_FILE]},
        {"a: b\n", "x.yml", &import_causes[IMPORT_BAD_FILE]},
        {"a: [\n", "x.yaml", &yaml_causes[YAML_BAD]},
    };
    struct import_rows r;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        arena_reset(&arena);
        assert_false(import_parse(&arena, str_of(rows[i].text), rows[i].name, &r, &e));
        if (e.cause != rows[i].cause) fail_msg("row %zu: %s", i, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_comes_as_spreadsheets_write_it),
        cmocka_unit_test(yaml_is_a_list_of_maps),
        cmocka_unit_test(each_line_is_its_own_fault),
        cmocka_unit_test(a_file_as_a_whole_can_be_wrong),
    };
    arena_init(&arena, 64 << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
