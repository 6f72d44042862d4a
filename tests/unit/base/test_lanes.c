/* The hash of long texts: the same at every level, for every length, and for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kit/base/lanes.h"

enum { BYTES = 1000 };

static void fill(unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)(i * 7 + i / 256);
}

static void is_stable(void **state)
{
    static const struct {
        size_t n;
        const char *hex;
    } known[] = {{0, "66f967b5cab3e7cc9b833ede364efcdf"},   {1, "900f0bda884238997ab1120efc50ab33"},
                 {64, "8159360e25ac090bc94a980e9a0f15bf"},  {65, "0b4a36f9b2e7d18e1bd9dd8299f7a276"},
                 {128, "1be4c7dba081a7f8b37f49906eb89a6c"}, {1000, "3c7365c5c79f12900b741417f1ae7f13"}};
    unsigned char text[BYTES];
    char hex[33];
    (void)state;
    fill(text, sizeof text);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        hash128_hex(lanes_of(text, known[i].n), hex);
        assert_string_equal(hex, known[i].hex);
    }
}

static void levels_agree(void **state)
{
    unsigned char text[BYTES];
    (void)state;
    fill(text, sizeof text);
    for (size_t n = 0; n < 400; n++) {
        assert_true(lanes_use("plain"));
        struct hash128 plain = lanes_of(text + n % 13, n);
        for (size_t i = 0; lanes_level(i); i++) {
            assert_true(lanes_use(lanes_level(i)));
            assert_true(hash128_eq(lanes_of(text + n % 13, n), plain));
        }
    }
    assert_false(lanes_use("abacus"));
    assert_true(lanes_use(NULL));
}

/* Each byte and each length counts. */
static void all_differ(void **state)
{
    unsigned char text[BYTES] = {0};
    (void)state;
    struct hash128 whole = lanes_of(text, 300);
    for (size_t i = 0; i < 300; i++) {
        text[i] = 1;
        assert_false(hash128_eq(lanes_of(text, 300), whole));
        text[i] = 0;
        assert_false(hash128_eq(lanes_of(text, i), whole));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_stable),
        cmocka_unit_test(levels_agree),
        cmocka_unit_test(all_differ),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
