#include "face/api/web/web_target.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes of the character at p, by the table of well-formed sequences in the Unicode standard; 0: it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first_lo, first_hi, second_lo, second_hi, length;
    } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    if (p[0] >= 0x20 && p[0] < 0x7f) return 1;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (p[0] < forms[i].first_lo || p[0] > forms[i].first_hi) continue;
        if (left < forms[i].length || p[1] < forms[i].second_lo || p[1] > forms[i].second_hi) return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if (p[k] < 0x80 || p[k] > 0xbf) return 0;
        return forms[i].length;
    }
    return 0; /* control characters too */
}

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t n = utf8_length((const unsigned char *)s.p + i, s.n - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

/* NUL-terminated as well. */
static bool decode(struct arena *a, struct str s, bool plus_is_blank, struct str *out, const char **fault)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    *fault = to ? "a percent sign is not followed by two hexadecimal digits" : "it is too long";
    if (to == NULL) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? hex(s.p[i + 1]) : -1, low = i + 2 < s.n ? hex(s.p[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        to[n++] = c;
    }
    to[n] = '\0';
    *out = (struct str){to, n};
    *fault = "it is not UTF-8, or holds control characters";
    return is_clean(*out);
}

bool web_pairs_read(struct arena *a, struct str text, struct web_pair pairs[WEB_PAIRS_MAX], unsigned *count_out,
                    const char **fault_out)
{
    unsigned n = 0;
    while (text.n) {
        struct str value = str_cut(&text, '&');
        struct str name = str_cut(&value, '=');
        if (name.n == 0 && value.n == 0) continue;
        *fault_out = "it has too many parameters";
        if (n == WEB_PAIRS_MAX) return false;
        if (!decode(a, name, true, &pairs[n].name, fault_out) || !decode(a, value, true, &pairs[n].value, fault_out))
            return false;
        n++;
    }
    *count_out = n;
    return true;
}

bool web_target_read(struct arena *a, struct str target, struct web_target *out, const char **fault_out)
{
    struct str query = target;
    struct str path = str_cut(&query, '?');
    out->segment_count = out->query_count = 0;
    *fault_out = "the path does not begin with a slash";
    if (path.n == 0 || path.p[0] != '/') return false;
    path = str_sub(path, 1, path.n);
    while (path.p) {
        struct str segment = str_cut(&path, '/');
        *fault_out = "the path has too many parts";
        if (out->segment_count == WEB_SEGMENTS_MAX) return false;
        if (!decode(a, segment, false, &out->segments[out->segment_count++], fault_out)) return false;
    }
    return web_pairs_read(a, query, out->query, &out->query_count, fault_out);
}

static bool is_named(struct str part)
{
    return part.n > 2 && part.p[0] == '{' && part.p[part.n - 1] == '}';
}

bool web_target_fits(const struct web_target *t, const char *pattern)
{
    struct str rest = str_of(pattern + 1);
    unsigned i = 0;
    for (; rest.p; i++) {
        struct str part = str_cut(&rest, '/');
        if (i == t->segment_count) return false;
        if (is_named(part) ? t->segments[i].n == 0 : !str_eq(part, t->segments[i])) return false;
    }
    return i == t->segment_count;
}

struct str web_target_segment_last(const struct web_target *t)
{
    return t->segment_count ? t->segments[t->segment_count - 1] : STR_NONE;
}

struct str web_target_segment(const struct web_target *t, const char *pattern, const char *name)
{
    struct str rest = str_of(pattern + 1);
    for (unsigned i = 0; rest.p && i < t->segment_count; i++) {
        struct str part = str_cut(&rest, '/');
        if (is_named(part) && str_eq(str_sub(part, 1, part.n - 2), str_of(name))) return t->segments[i];
    }
    return STR_NONE;
}
