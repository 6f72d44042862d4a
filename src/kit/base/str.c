#include "kit/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *c_string)
{
    return (struct str){c_string, c_string ? strlen(c_string) : 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

/* Of eight bytes each, of which no two differ in more than the bit of letter case: do only letters? */
static bool differ_in_case(uint64_t a, uint64_t differing)
{
    static const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = a | each * 0x20, letters = low & each * 0x7F;
    letters = (letters + each * (0x80 - 'a')) & ~(letters + each * (0x7F - 'z')) & ~low & each * 0x80;
    return (differing << 2 & ~letters) == 0;
}

static bool same_eight(const char *a, const char *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    uint64_t differing = x ^ y;
    return differing == 0 || ((differing & ~UINT64_C(0x2020202020202020)) == 0 && differ_in_case(x, differing));
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n) return false;
    if (a.n >= 8) {
        for (size_t i = 0; i + 8 < a.n; i += 8)
            if (!same_eight(a.p + i, b.p + i)) return false;
        return same_eight(a.p + a.n - 8, b.p + a.n - 8);
    }
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != b.p[i] && lower(a.p[i]) != lower(b.p[i])) return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int d = n ? memcmp(a.p, b.p, n) : 0;
    return d ? d : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

struct str str_trim(struct str s)
{
    while (s.n && is_blank(s.p[0])) s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1])) s.n--;
    return s;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
    if (from > s.n) from = s.n;
    if (n > s.n - from) n = s.n - from;
    return (struct str){s.p ? s.p + from : NULL, n};
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from) return SIZE_MAX;
    if (needle.n == 0) return from;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

struct str str_cut(struct str *rest, char sep)
{
    struct str head = *rest;
    const char *hit = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    if (hit == NULL) {
        *rest = STR_NONE;
        return head;
    }
    head.n = (size_t)(hit - head.p);
    rest->p = hit + 1;
    rest->n -= head.n + 1;
    return head;
}

bool str_to_u64(struct str s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0 || s.p == NULL) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v)) return false;
    }
    *out = v;
    return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t v;
    if (!str_to_u64(negative ? str_sub(s, 1, s.n) : s, &v)) return false;
    if (v > (uint64_t)INT64_MAX + (negative ? 1u : 0u)) return false;
    *out = negative ? (int64_t)(0u - v) : (int64_t)v;
    return true;
}

bool str_is_guid(struct str s)
{
    if (s.n != 36) return false;
    for (size_t i = 0; i < 36; i++) {
        char c = s.p[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return false;
    }
    return true;
}

bool str_copy(struct str s, char *out, size_t out_size)
{
    if (s.n >= out_size || (s.n && memchr(s.p, '\0', s.n))) return false;
    if (s.n) memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

char *str_dup(struct str s)
{
    char *copy = malloc(s.n + 1);
    if (copy == NULL) return NULL;
    if (s.n) memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return copy;
}

static uint32_t code_point(struct str s, size_t n)
{
    uint32_t c = n == 1 ? (unsigned char)s.p[0] : (unsigned char)s.p[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) c = c << 6 | ((unsigned char)s.p[i] & 0x3f);
    return c;
}

/* 0: no UTF-8 stands here. */
static size_t utf8_bytes(struct str s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = (unsigned char)s.p[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (n == 0 || n > s.n) return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s.p[i] & 0xc0) != 0x80) return 0;
    return code_point(s, n) >= least[n] ? n : 0;
}

static bool is_plain(uint32_t c)
{
    static const uint32_t not_shown[][2] = {
        {0, 0x1f}, {0x7f, 0x9f}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof not_shown / sizeof *not_shown; i++)
        if (c >= not_shown[i][0] && c <= not_shown[i][1]) return false;
    return true;
}

size_t str_char(struct str s, size_t i, bool *is_plain_out)
{
    struct str rest = {s.p + i, s.n - i};
    size_t n = utf8_bytes(rest);
    *is_plain_out = n && is_plain(code_point(rest, n));
    return n ? n : 1;
}

void str_make_plain(char *p, size_t n)
{
    const struct str s = {p, n};
    bool plain;
    for (size_t i = 0, step; i < n; i += step) {
        step = str_char(s, i, &plain);
        if (!plain) memset(p + i, '?', step);
    }
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

bool buf_reserve(struct buf *b, size_t more)
{
    size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
    size_t need;
    if (b->failed || __builtin_add_overflow(b->n, more, &need) || need > max) {
        b->failed = true;
        return false;
    }
    if (need <= b->cap) return true;
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need) cap += cap / 2 + 256;
    if (cap > max) cap = max;
    char *p = realloc(b->p, cap);
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

bool buf_add_slow(struct buf *b, const void *p, size_t n)
{
    if (!buf_reserve(b, n)) return false;
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
    return true;
}

bool buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || !buf_reserve(b, (size_t)n + 1)) return false;
    va_start(args, fmt);
    (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, args);
    va_end(args);
    b->n += (size_t)n;
    return true;
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->p, b->n};
}

const char *buf_cstr(struct buf *b)
{
    if (!buf_reserve(b, 1)) return "";
    b->p[b->n] = '\0';
    return b->p;
}
