/* The index pass: every level of SIMD says the same as plain code that goes byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "kit/json/index.h"
#include "kit/json/json.h"

enum { CAP = 4096 };

struct plain { /* the index of a window, by the definition */
    uint32_t entries[CAP + 1];
    size_t count, sound;
};

static size_t utf8_bytes(const unsigned char *p, size_t left)
{
    char quoted[8] = "\"";
    for (size_t n = 1; n <= 4 && n <= left; n++) {
        memcpy(quoted + 1, p, n);
        quoted[n + 1] = '"';
        if (json_check((struct str){quoted, n + 2}, NULL)) return n;
    }
    return 0;
}

static bool escape_is_right(const char *p, size_t left)
{
    size_t n = left > 1 && p[1] == 'u' ? 6 : 2;
    char quoted[9] = "\"";
    if (left < n) return false;
    memcpy(quoted + 1, p, n);
    quoted[n + 1] = '"';
    return json_check((struct str){quoted, n + 2}, NULL);
}

/* Behind damage nothing more is said than that there is some: `sound` only tells a block at or before it. */
static void plain_index(struct plain *x, const char *p, size_t n)
{
    bool inside = false, escaped = false, odd = false;
    memset(x, 0, sizeof *x);
    x->sound = n;
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)p[i];
        size_t step = 1;
        if (c == '"') {
            x->entries[x->count] = (uint32_t)i << JSON_ENTRY_SHIFT;
            if (inside && escaped) x->entries[x->count] |= JSON_ENTRY_ESCAPED;
            if (inside && odd) x->entries[x->count] |= JSON_ENTRY_ODD;
            x->count++;
            inside = !inside;
            escaped = odd = false;
        } else if (c == '\\') {
            if (inside && !escape_is_right(p + i, n - i)) {
                x->sound = 0;
                return;
            }
            escaped = true;
            odd |= i + 1 < n && (p[i + 1] == 'u' || p[i + 1] == '/');
            step = i + 1 < n && (unsigned char)p[i + 1] < 0x80 ? 2 : 1;
        } else if (c >= 0x80) {
            step = utf8_bytes((const unsigned char *)p + i, n - i);
            if (step == 0) x->sound = 0;
            if (step == 0) return;
        } else if (inside && c < 0x20) {
            x->sound = 0;
            return;
        }
        i += step;
    }
}

static void compare(const char *text, size_t n)
{
    static struct plain want;
    static char window[CAP + JSON_PAD];
    struct json_index first = {0}, x;
    plain_index(&want, text, n);
    for (size_t i = 0; json_index_level(i); i++) {
        assert_true(json_index_use(json_index_level(i)));
        assert_true(json_index_init(&x, CAP));
        memcpy(window, text, n);
        memset(window + n, ' ', JSON_PAD);
        json_index_make(&x, window, n);
        assert_int_equal(x.sound == n, want.sound == n);
        if (want.sound == n) {
            assert_int_equal(x.count, want.count);
            assert_memory_equal(x.quotes, want.entries, x.count * sizeof *x.quotes);
        }
        if (i == 0) {
            first = x;
            continue;
        }
        /* Also where damage makes the index mean little: the same. */
        assert_int_equal(x.count, first.count);
        assert_int_equal(x.sound, first.sound);
        assert_memory_equal(x.quotes, first.quotes, x.count * sizeof *x.quotes);
        json_index_done(&x);
    }
    json_index_done(&first);
    assert_true(json_index_use(NULL));
}

static void test_known(void **state)
{
    static const char *const texts[] = {
        "",
        "{\"a\":\"b\"}",
        "{\"a\":\"x\\\"y\",\"b\":\"\\\\\",\"c\":\"\\u00e9\\/\"}\n",
        "\"0123456789012345678901234567890123456789012345678901234567890\\\"\"", /* escape over a block's end */
        "\"012345678901234567890123456789012345678901234567890123456789\\u00e9\"",
        "\"01234567890123456789012345678901234567890123456789012345678\\\\\\\\\\\\\\\"x\"",
        "\"0123456789012345678901234567890123456789012345678901234567890\xF0\x9F\x98\x80\"",
        "\"0123456789012345678901234567890123456789012345678901234567890\xF0\x9F\x98\"",
        "\"\xED\xA0\x80\"",
        "\"\xE0\x9F\x80\"",
        "\"\xF4\x90\x80\x80\"",
        "\"\xC1\x81\"",
        "\"\x80\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "\"a\nb\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) compare(texts[i], strlen(texts[i]));
}

static size_t below(size_t n)
{
    static uint64_t x = 7;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (size_t)(x % n);
}

static void test_random(void **state)
{
    static const char *const parts[] = {
        "\"",
        "\"",
        "\\\\",
        "\\\"",
        "\\n",
        "\\u00e9",
        "\\/",
        "a",
        "bcd",
        " ",
        "\xC3\xA9",
        "\xE2\x82\xAC",
        "\xED\x9F\xBF",
        "\xF0\x9F\x98\x80",
        ",",
        ":",
        "{}",
        "0123456789abcdef",
        "\n",
        "{\"k\":",
    };
    static const char bad[] = "\\\xC3\xE0\xED\xF0\xF4\x80\xBF\xC0\xFF\x01u\"/";
    (void)state;
    for (int round = 0; round < 3000; round++) {
        char text[CAP];
        size_t n = 0, want = below(400);
        while (n < want) {
            const char *part = parts[below(sizeof parts / sizeof *parts)];
            memcpy(text + n, part, strlen(part));
            n += strlen(part);
        }
        for (size_t i = below(3); n && i > 0 && round % 2; i--) text[below(n)] = bad[below(sizeof bad - 1)];
        if (n % JSON_BLOCK == 0) text[n++] = ' '; /* what is cut at a window's end is for the next window to judge */
        compare(text, n);
    }
}

static void test_every_escape(void **state)
{
    char text[] = "{\"a\":\"\\?1234\"}";
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        text[7] = (char)c;
        compare(text, sizeof text - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_escape), cmocka_unit_test(test_known),
                                       cmocka_unit_test(test_random)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
