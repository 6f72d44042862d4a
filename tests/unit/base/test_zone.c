/* kit/base/zone: what clocks on walls show, against known dates; damaged files are refused, never believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/base/zone.h"

/* Version 2 without a table of its own: one type, all of it in the footer. */
static struct str make_tzif(char *out, size_t max, const char *footer)
{
    static const char part[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\0\0\0\0UTC";
    size_t n = sizeof part; /* with the NUL of "UTC" */
    memcpy(out, part, n);
    memcpy(out + n, part, n);
    int more = snprintf(out + 2 * n, max - 2 * n, "\n%s\n", footer);
    return (struct str){out, 2 * n + (size_t)more};
}

static struct zone *zone_of(const char *footer)
{
    char bytes[300];
    return zone_new(make_tzif(bytes, sizeof bytes, footer));
}

static struct wall at(const char *time)
{
    struct wall w;
    assert_true(wall_parse(str_of(time), &w));
    return w;
}

static void check(const struct zone *z, const char *utc, const char *shown)
{
    char text[40];
    struct zone_time t = zone_local(z, at(utc));
    (void)snprintf(text, sizeof text, "%04d-%02u-%02u %02u:%02u %u", (int)t.year, t.month, t.day, t.minute_of_day / 60,
                   t.minute_of_day % 60, t.weekday);
    assert_string_equal(text, shown);
}

static void summer_comes_and_goes(void **state)
{
    (void)state;
    struct zone *z = zone_of("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_non_null(z);
    check(z, "2026-03-29T00:59:59Z", "2026-03-29 01:59 6");
    check(z, "2026-03-29T01:00:00Z", "2026-03-29 03:00 6");
    check(z, "2026-10-25T00:59:59Z", "2026-10-25 02:59 6");
    check(z, "2026-10-25T01:00:00Z", "2026-10-25 02:00 6");
    check(z, "2024-02-29T23:30:00Z", "2024-03-01 00:30 4");
    zone_free(z);
    z = zone_of("AEST-10AEDT,M10.1.0,M4.1.0/3"); /* south: summer spans the year's end */
    check(z, "2026-01-01T00:00:00Z", "2026-01-01 11:00 3");
    check(z, "2026-07-01T00:00:00Z", "2026-07-01 10:00 2");
    zone_free(z);
    z = zone_of("<+0545>-5:45");
    check(z, "2026-01-01T00:00:00Z", "2026-01-01 05:45 3");
    zone_free(z);
    z = zone_of("EST5EDT,J60,J300"); /* day 60 is March 1 in every year */
    check(z, "2024-03-01T06:59:59Z", "2024-03-01 01:59 4");
    check(z, "2024-03-01T07:00:00Z", "2024-03-01 03:00 4");
    check(z, "2026-03-01T07:00:00Z", "2026-03-01 03:00 6");
    zone_free(z);
    check(NULL, "1969-12-31T23:59:59Z", "1969-12-31 23:59 2");
}

static void the_next_eight_o_clock(void **state)
{
    (void)state;
    struct zone *z = zone_of("CET-1CEST,M3.5.0,M10.5.0/3");
    static const struct {
        const char *after, *next;
        unsigned minute;
    } rows[] = {
        {"2026-06-01T05:59:59Z", "2026-06-01T06:00:00Z", 480}, {"2026-06-01T06:00:00Z", "2026-06-02T06:00:00Z", 480},
        {"2026-03-28T12:00:00Z", "2026-03-29T06:00:00Z", 480}, {"2026-10-24T12:00:00Z", "2026-10-25T07:00:00Z", 480},
        {"2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", 150}, /* 02:30 is skipped */
        {"2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", 150}, /* 02:30 comes twice: the first ... */
        {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", 150}, /* ... and not the second */
        {"2026-06-01T00:00:00Z", "2026-06-01T22:00:00Z", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[WALL_TEXT_BYTES];
        (void)wall_format_digits(zone_next(z, at(rows[i].after), rows[i].minute), 0, text);
        assert_string_equal(text, rows[i].next);
    }
    zone_free(z);
}

static void what_is_damaged_is_refused(void **state)
{
    (void)state;
    static const char *const footers[] = {"C",
                                          "CET",
                                          "CET-99",
                                          "CET-1CEST",
                                          "CET-1CEST,M3.5.0",
                                          "CET-1CEST,M13.5.0,M10.5.0",
                                          "CET-1CEST,M3.6.0,M10.5.0",
                                          "CET-1CEST,M3.5.0,M10.5.0x"};
    for (size_t i = 0; i < sizeof footers / sizeof *footers; i++) assert_null(zone_of(footers[i]));
    char bytes[300];
    struct str whole = make_tzif(bytes, sizeof bytes, "CET-1CEST,M3.5.0,M10.5.0/3");
    for (size_t n = 0; n < whole.n; n++) {
        struct zone *z = zone_new(str_sub(whole, 0, n));
        assert_null(z);
    }
    bytes[4] = 0; /* version 1: the footer is none of its business */
    struct zone *z = zone_new(whole);
    assert_non_null(z);
    zone_free(z);
}

static void offsets(void **state)
{
    (void)state;
    int s = 0;
    assert_true(zone_offset_parse(STR("+05:45"), &s) && s == 20700);
    assert_true(zone_offset_parse(STR("-03:30"), &s) && s == -12600);
    static const char *const bad[] = {"", "05:45", "+5:45", "+05:60", "+15:00", "+05:455", "+05-45", "+ab:cd"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(zone_offset_parse(str_of(bad[i]), &s));
    struct zone *z = zone_new_fixed(-12600);
    check(z, "2026-01-01T00:00:00Z", "2025-12-31 20:30 2");
    zone_free(z);
}

static void names(void **state)
{
    (void)state;
    assert_true(zone_name_is_fine(STR("Europe/Berlin")));
    assert_true(zone_name_is_fine(STR("Etc/GMT+5")));
    assert_false(zone_name_is_fine(STR("/etc/passwd")));
    assert_false(zone_name_is_fine(STR("../passwd")));
    assert_false(zone_name_is_fine(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summer_comes_and_goes), cmocka_unit_test(the_next_eight_o_clock),
        cmocka_unit_test(what_is_damaged_is_refused), cmocka_unit_test(offsets), cmocka_unit_test(names)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
