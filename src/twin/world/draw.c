#include "twin/world/draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void draw_hex(uint64_t seed, uint64_t label, char *out, unsigned digits)
{
    uint64_t word = 0;
    uint64_t base = draw(seed, label);
    for (unsigned i = 0; i < digits; i++, word >>= 4) {
        if (i % 16 == 0) word = draw(base, i);
        out[i] = hex_digits[word & 15];
    }
    out[digits] = '\0';
}

void draw_guid(uint64_t seed, uint64_t label, char out[37])
{
    char hex[33];
    draw_hex(seed, label, hex, 32);
    hex[12] = '4'; /* version and variant of a random one */
    hex[16] = "89ab"[hex[16] & 3];
    (void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

struct str draw_hex_str(uint64_t seed, uint64_t label, unsigned digits, struct arena *a)
{
    char *p = arena_alloc(a, digits + 1);
    if (p == NULL) return STR("");
    draw_hex(seed, label, p, digits);
    return (struct str){p, digits};
}

struct str draw_guid_str(uint64_t seed, uint64_t label, struct arena *a)
{
    char *p = arena_alloc(a, 37);
    if (p == NULL) return STR("");
    draw_guid(seed, label, p);
    return (struct str){p, 36};
}

struct str arena_print(struct arena *a, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0) return STR("");
    struct str s = {text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1};
    s = arena_str(a, s);
    return s.p ? s : STR("");
}
