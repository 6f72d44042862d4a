/* Text in and out of JSON strings. */
#include "kit/json/bytes.h"
#include "kit/json/json.h"

#include <string.h>

static unsigned hex_value(char c)
{
    if (c <= '9') return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a') + 10;
}

static unsigned hex4(const char *p)
{
    return hex_value(p[0]) << 12 | hex_value(p[1]) << 8 | hex_value(p[2]) << 4 | hex_value(p[3]);
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* A \u escape at p ("\uXXXX"), with its low half when it is a pair; how many bytes of input it took is in *taken. */
static unsigned unicode_escape(const char *p, const char *end, size_t *taken)
{
    unsigned code = hex4(p + 2);
    *taken = 6;
    if (code < 0xD800 || code > 0xDFFF) return code;
    if (code < 0xDC00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
        unsigned low = hex4(p + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *taken = 12;
            return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD; /* a half without the other */
}

static inline char simple_escape(char c)
{
    static const char of[256] = {['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    char known = of[(unsigned char)c];
    return known ? known : c; /* '"', '\\', '/' */
}

/* What an escape at p stands for, to *out; where it ends. */
static inline const char *take_escape(const char *p, const char *end, char **out)
{
    size_t taken;
    if (p[1] != 'u') {
        *(*out)++ = simple_escape(p[1]);
        return p + 2;
    }
    *out += put_utf8(*out, unicode_escape(p, end, &taken));
    return p + taken;
}

#ifdef __SSE2__
static uint64_t equal(const char *p, char c)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * i));
        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c))) << 16 * i;
    }
    return bits;
}

/* Those of a block's backslashes that begin an escape: every other one of a run. The first byte is none that is escaped. */
static uint64_t escapes_of(uint64_t slashes)
{
    static const uint64_t odd = UINT64_C(0xAAAAAAAAAAAAAAAA);
    return (((slashes << 1 | odd) - slashes) ^ odd) & slashes;
}

static char *copy_run(char *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        _mm_storeu_si128((__m128i *)(void *)(out + i), _mm_loadu_si128((const __m128i *)(const void *)(p + i)));
    return out + n;
}

/* 64 bytes at a time, as long as as many more follow: escapes that stand for the character behind the backslash, as nearly all do, by a mask. */
static const char *unescape_blocks(const char *p, const char *end, char **to)
{
    char *out = *to;
    while (end - p >= 64 + 16) { /* runs are copied in pieces of 16 */
        uint64_t slashes = equal(p, '\\'), escapes = escapes_of(slashes);
        uint64_t same = slashes | equal(p, '"') | equal(p, '/');
        uint64_t others = escapes & ~(same >> 1); /* \n and the like; or the block's last byte */
        unsigned until = others ? (unsigned)__builtin_ctzll(others) : 64, from = 0;
        for (uint64_t left = others ? escapes & (others ^ (others - 1)) >> 1 : escapes; left; left &= left - 1) {
            unsigned at = (unsigned)__builtin_ctzll(left);
            out = copy_run(out, p + from, at - from);
            from = at + 1;
        }
        out = copy_run(out, p + from, until - from);
        p += until;
        if (others) p = take_escape(p, end, &out);
    }
    *to = out;
    return p;
}
#else
static const char *unescape_blocks(const char *p, const char *end, char **to)
{
    (void)end, (void)to;
    return p;
}
#endif

/* What is written is never longer than what was read. */
static char *unescape(const char *p, const char *end, char *out)
{
    static const uint64_t low = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t word;
    p = unescape_blocks(p, end, &out);
    while (end - p >= 8) {
        memcpy(&word, p, sizeof word);
        memcpy(out, &word, sizeof word);
        uint64_t same = word ^ (low * '\\'), found = (same - low) & ~same & high;
        unsigned plain = found ? (unsigned)__builtin_ctzll(found) / 8 : 8;
        p += plain;
        out += plain;
        if (found) p = take_escape(p, end, &out);
    }
    while (p < end) {
        if (*p == '\\')
            p = take_escape(p, end, &out);
        else
            *out++ = *p++;
    }
    return out;
}

struct str json_unescape(struct arena *a, struct str quoted)
{
    if (quoted.n < 2) return STR_NONE;
    const char *p = quoted.p + 1, *end = quoted.p + quoted.n - 1;
    if (memchr(p, '\\', (size_t)(end - p)) == NULL) return (struct str){p, (size_t)(end - p)};
    char *out = arena_alloc(a, (size_t)(end - p)); /* no escape is shorter than what it stands for */
    if (out == NULL) return STR_NONE;
    return (struct str){out, (size_t)(unescape(p, end, out) - out)};
}

/* Length of the character at p if it is valid UTF-8 of several bytes, else 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < n) return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
    }
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F)) return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F)) return 0;
    return n;
}

static void escape_one(struct buf *out, unsigned char c)
{
    static const char shorts[] = "\b\f\n\r\t\"\\";
    static const char letters[] = "bfnrt\"\\";
    const char *at = c ? strchr(shorts, c) : NULL;
    if (at) {
        char two[2] = {'\\', letters[at - shorts]};
        (void)buf_add(out, two, 2);
    } else {
        static const char hex[] = "0123456789abcdef";
        char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        (void)buf_add(out, six, 6);
    }
}

void json_escape(struct buf *out, struct str text)
{
    if (text.n == 0) return; /* p may be NULL */
    const char *p = text.p, *end = text.p + text.n;
    while (p < end) {
        const char *q = json_skip_plain(p, end);
        (void)buf_add(out, p, (size_t)(q - p));
        if (q == end) break;
        unsigned char c = (unsigned char)*q;
        size_t n = 1;
        if (c < 0x80) {
            escape_one(out, c);
        } else if ((n = utf8_length((const unsigned char *)q, (size_t)(end - q))) > 0) {
            (void)buf_add(out, q, n);
        } else {
            (void)buf_add(out, "\xEF\xBF\xBD", 3);
            n = 1;
        }
        p = q + n;
    }
}
