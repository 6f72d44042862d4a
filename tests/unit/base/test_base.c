/* kit/base: text, hashes against published vectors, times there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kit/base/arena.h"
#include "kit/base/err.h"
#include "kit/base/hash.h"
#include "kit/base/str.h"
#include "kit/base/wall.h"

static void str_cuts_and_trims(void **state)
{
    (void)state;
    struct str rest = STR("a,b,,c");
    assert_true(str_eq(str_cut(&rest, ','), STR("a")));
    assert_true(str_eq(str_cut(&rest, ','), STR("b")));
    assert_true(str_eq(str_cut(&rest, ','), STR("")));
    assert_true(str_eq(str_cut(&rest, ','), STR("c")));
    assert_null(rest.p);
    assert_true(str_eq(str_trim(STR(" \t x y \r\n")), STR("x y")));
    assert_int_equal(str_find(STR("needle in hay"), STR("in"), 0), 7);
    assert_true(str_find(STR("abc"), STR("d"), 0) == SIZE_MAX);
}

/* Escapes, line ends, what turns the direction, and broken UTF-8 are not shown; everything else is. */
static void text_of_others_is_made_plain(void **state)
{
    static const char *const pairs[][2] = {
        {"plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\xa5", "plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\xa5"},
        {"a\x1b[2Jb\nc\rd\te\x7f", "a?[2Jb?c?d?e?"},
        {"\xc2\x9b"
         "2J",
         "??2J"},
        {"\x9b"
         "2J\xff\xc3",
         "?2J??"},
        {"exe\xe2\x80\xae"
         "fdp",
         "exe???fdp"},
        {"\xe2\x80\xa8\xe2\x81\xa6\xe2\x80\x8f", "?????????"},
        {"\xc0\x9b\xe0\x82\x9b\xed", "??????"},
        {"\xc2\xa0\xe2\x80\x94", "\xc2\xa0\xe2\x80\x94"},
    };
    static const struct cause cause = {"test.cause", ERR_INPUT, "a", "b"};
    char text[64];
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(str_copy(str_of(pairs[i][0]), text, sizeof text));
        str_make_plain(text, strlen(text));
        assert_string_equal(text, pairs[i][1]);
        (void)err_set(&e, &cause, "%s", pairs[i][0]);
        assert_string_equal(e.text, pairs[i][1]);
        (void)err_context(&e, "%s", pairs[i][0]);
        assert_memory_equal(e.text, pairs[i][1], strlen(pairs[i][1]));
    }
    char long_text[500];
    memset(long_text, 'a', sizeof long_text);
    memcpy(long_text + sizeof e.text - 2, "\xc3\xa4", 3); /* cut in the middle of a character */
    (void)err_set(&e, &cause, "%s", long_text);
    assert_int_equal(e.text[sizeof e.text - 2], '?');
}

static void numbers_refuse_what_is_none(void **state)
{
    uint64_t u;
    int64_t i;
    (void)state;
    assert_true(str_to_u64(STR("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_false(str_to_u64(STR("18446744073709551616"), &u));
    assert_false(str_to_u64(STR(""), &u));
    assert_false(str_to_u64(STR("1 "), &u));
    assert_true(str_to_i64(STR("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_false(str_to_i64(STR("9223372036854775808"), &i));
    assert_false(str_to_i64(STR("-"), &i));
}

static void buf_keeps_to_its_maximum(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 8);
    assert_true(buf_add(&b, "12345678", 8));
    assert_false(buf_add_char(&b, '9'));
    assert_true(b.failed);
    assert_int_equal(b.n, 8);
    buf_reset(&b);
    assert_true(buf_addf(&b, "%d", 1234));
    assert_string_equal(buf_cstr(&b), "1234");
    buf_done(&b);
}

static void arena_keeps_to_its_maximum(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 200000);
    assert_non_null(arena_alloc(&a, 100000));
    assert_non_null(arena_alloc(&a, 64));
    assert_null(arena_alloc(&a, 150000));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 150000));
    arena_done(&a);
}

/* The reference implementation's vectors for the 128-bit variant: key 00..0f, input 00..n-1. */
static void siphash_agrees_with_the_reference(void **state)
{
    static const unsigned char want[][16] = {
        {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93},
        {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45},
        {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff, 0xe4},
    };
    unsigned char in[64];
    (void)state;
    for (unsigned i = 0; i < 64; i++) in[i] = (unsigned char)i;
    for (size_t n = 0; n < 3; n++) {
        struct siphash h;
        siphash_init(&h, 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull);
        siphash_add(&h, in, n);
        struct hash128 got = siphash_end(&h);
        unsigned char bytes[16];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (unsigned char)(got.lo >> (8 * i));
            bytes[8 + i] = (unsigned char)(got.hi >> (8 * i));
        }
        assert_memory_equal(bytes, want[n], 16);
    }
    for (size_t cut = 0; cut <= 64; cut++) { /* in pieces: the same */
        struct siphash h;
        siphash_init(&h, 1, 2);
        siphash_add(&h, in, cut);
        siphash_add(&h, in + cut, 64 - cut);
        struct hash128 a = siphash_end(&h);
        siphash_init(&h, 1, 2);
        siphash_add(&h, in, 64);
        assert_true(hash128_eq(a, siphash_end(&h)));
    }
}

static void hash_hex_there_and_back(void **state)
{
    char hex[33];
    struct hash128 h = hash128_of("x", 1), back;
    (void)state;
    hash128_hex(h, hex);
    assert_true(hash128_from_hex(hex, 32, &back));
    assert_true(hash128_eq(h, back));
    assert_false(hash128_from_hex("zz", 2, &back));
}

static void crc32c_check_value(void **state)
{
    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void wall_reads_microsofts_times(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"2026-05-02T19:45:31.48Z", "2026-05-02T19:45:31.4800000Z"},
        {"2026-05-02T19:45:31.6066667Z", "2026-05-02T19:45:31.6066667Z"},
        {"2026-05-02T19:45:31", "2026-05-02T19:45:31.0000000Z"},
        {"2026-05-02 19:45:31.1", "2026-05-02T19:45:31.1000000Z"},
        {"2026-05-02T21:45:31+02:00", "2026-05-02T19:45:31.0000000Z"},
        {"2024-02-29", "2024-02-29T00:00:00.0000000Z"},
        {"0001-01-01T00:00:00", "0001-01-01T00:00:00.0000000Z"},
        {"2026-01-01Z", "2026-01-01T00:00:00.0000000Z"},
    };
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-13-01",
                                        "2023-02-29",
                                        "2026-05-02T25:00:00Z",
                                        "2026-05-02T19:45:31.Z",
                                        "2026-05-02T19:45:31Zx",
                                        "x2026-05-02",
                                        "2026-05-02T"};
    char text[WALL_TEXT_BYTES];
    struct wall t;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(wall_parse(str_of(rows[i].in), &t));
        wall_format(t, text);
        assert_string_equal(text, rows[i].out);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) assert_false(wall_parse(str_of(wrong[i]), &t));
    assert_true(wall_parse(STR("2026-11-22T06:55:01.9999999Z"), &t));
    assert_true(wall_ms(t) == 1795330501999);
}

static void durations(void **state)
{
    int64_t ms;
    (void)state;
    assert_true(duration_parse(STR("500ms"), &ms) && ms == 500);
    assert_true(duration_parse(STR("5m"), &ms) && ms == 300000);
    assert_true(duration_parse(STR("30d"), &ms) && ms == 2592000000);
    assert_false(duration_parse(STR("5"), &ms));
    assert_false(duration_parse(STR("m"), &ms));
    assert_false(duration_parse(STR("-5m"), &ms));
}

static const struct cause test_cause = {"test.one", ERR_INPUT, "a test", "do nothing"};

static void errors_gather_context(void **state)
{
    struct err e;
    (void)state;
    assert_false(err_set(&e, &test_cause, "GET %s answered %d", "alerts", 403));
    assert_false(err_context(&e, "tenant %s", "contoso"));
    assert_string_equal(e.text, "tenant contoso: GET alerts answered 403");
    for (int i = 0; i < 100; i++) err_context(&e, "a rather long prefix %d", i);
    assert_true(strlen(e.text) < sizeof e.text);
    assert_ptr_equal(e.cause, &test_cause);
}

/* The usual form is read by another way than all others: both give the same. */
static void usual_times_are_like_others(void **state)
{
    static const char *const usual[] = {"2026-02-01T11:30:25.1399582Z", "2026-02-01T11:30:25.13995Z",
                                        "2024-02-29T23:59:59.9Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.1Z"};
    static const char *const bad[] = {"2026-02-30T11:30:25.1Z",  "2026-13-01T11:30:25Z",   "2026-02-01T24:30:25.1Z",
                                      "2026-02-01T11:60:25Z",    "2026-02-01T11:30:25.Z",  "2026-02-01T11:30:2:.1Z",
                                      "2026-02-01T11:30:25.1:Z", "20262-02-1T11:30:25.1Z", "0000-02-01T11:30:25.1Z"};
    struct wall a, b;
    (void)state;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        char text[64];
        size_t n = strlen(usual[i]) - 1;
        (void)snprintf(text, sizeof text, "%.*s+00:00", (int)n, usual[i]);
        assert_true(wall_parse(str_of(usual[i]), &a));
        assert_true(wall_parse(str_of(text), &b));
        assert_true(a.ticks == b.ticks);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(wall_parse(str_of(bad[i]), &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_times_are_like_others),
        cmocka_unit_test(str_cuts_and_trims),
        cmocka_unit_test(text_of_others_is_made_plain),
        cmocka_unit_test(numbers_refuse_what_is_none),
        cmocka_unit_test(buf_keeps_to_its_maximum),
        cmocka_unit_test(arena_keeps_to_its_maximum),
        cmocka_unit_test(siphash_agrees_with_the_reference),
        cmocka_unit_test(hash_hex_there_and_back),
        cmocka_unit_test(crc32c_check_value),
        cmocka_unit_test(wall_reads_microsofts_times),
        cmocka_unit_test(durations),
        cmocka_unit_test(errors_gather_context),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
