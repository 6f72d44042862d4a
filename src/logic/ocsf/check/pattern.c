/* The schema's regular expressions as functions. POSIX regcomp is no help (the expressions are PCRE), and these run on the
 * hot path for every address. tools/gen-ocsf-tables ties each expression, by its hash, to one of them. */
#include <string.h>

#include "logic/ocsf/check/schema_int.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_one_of(char c, const char *set)
{
    for (; *set != '\0'; set++) {
        if (*set == c) return true;
    }
    return false;
}

static bool all(struct str s, bool (*is)(char))
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is(s.p[i])) return false;
    }
    return true;
}

/* ---- addresses ---------------------------------------------------------------------------------------------------- */

/* Four octets of 0 to 255 without leading zeros. */
static bool is_ipv4(struct str s)
{
    unsigned octets = 0, value = 0, digits = 0;
    for (size_t i = 0; i <= s.n; i++) {
        char c = i < s.n ? s.p[i] : '.';
        if (c == '.') {
            if (digits == 0 || value > 255) return false;
            octets++;
            value = digits = 0;
        } else {
            if (!is_digit(c) || digits == 3 || (digits == 1 && value == 0)) return false;
            value = value * 10 + (unsigned)(c - '0');
            digits++;
        }
    }
    return octets == 4;
}

/* How many 16-bit groups stand in `s` ("1:2:ab", a dotted IPv4 counting two if it is last and `v4` allows); -1: malformed. */
static int count_groups(struct str s, bool v4)
{
    int groups = 0;
    if (s.n == 0) return 0;
    for (struct str rest = s; rest.p != NULL;) {
        struct str group = str_cut(&rest, ':');
        if (group.n >= 1 && group.n <= 4 && all(group, is_hex))
            groups++;
        else if (v4 && rest.p == NULL && is_ipv4(group))
            groups += 2;
        else
            return -1;
    }
    return groups;
}

static bool is_ipv6(struct str s)
{
    size_t gap = str_find(s, STR("::"), 0);
    if (gap == SIZE_MAX) return count_groups(s, true) == 8;
    int before = count_groups(str_sub(s, 0, gap), false);
    int after = count_groups(str_sub(s, gap + 2, s.n), true);
    return before >= 0 && after >= 0 && before + after <= 7;
}

static struct str trim_spaces(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) s.p++, s.n--;
    while (s.n > 0 && is_space(s.p[s.n - 1])) s.n--;
    return s;
}

/* Blanks around are allowed, and a zone behind an IPv6 address ("fe80::1%eth0"). */
static bool is_ip(struct str s)
{
    s = trim_spaces(s);
    if (s.n == 0 || (!is_hex(s.p[0]) && s.p[0] != ':')) return false;
    if (is_ipv4(s)) return true;
    if (memchr(s.p, ':', s.n) == NULL) return false;
    size_t zone = str_find(s, STR("%"), 0);
    if (zone == s.n - 1) return false;
    return is_ipv6(str_sub(s, 0, zone));
}

/* Six pairs of hexadecimal digits, ":" or "-" between them. */
static bool is_mac(struct str s)
{
    if (s.n != 17) return false;
    for (size_t i = 0; i < s.n; i++) {
        bool between = i % 3 == 2;
        if (between ? !is_one_of(s.p[i], ":-") : !is_hex(s.p[i])) return false;
    }
    return true;
}

/* The expression's "+-/" is a range: it takes in the comma too. */
enum { EMAIL_NAME = 1, EMAIL_DOMAIN = 2, BOTH = EMAIL_NAME | EMAIL_DOMAIN };
static const unsigned char characters[256] = {
    ['0' ... '9'] = BOTH,
    ['A' ... 'Z'] = BOTH,
    ['a' ... 'z'] = BOTH,
    ['-'] = BOTH,
    ['.'] = BOTH,
    ['!'] = EMAIL_NAME,
    ['#' ... '\''] = EMAIL_NAME,
    ['*' ... ','] = EMAIL_NAME,
    ['/'] = EMAIL_NAME,
    ['='] = EMAIL_NAME,
    ['?'] = EMAIL_NAME,
    ['^' ... '`'] = EMAIL_NAME,
    ['{' ... '~'] = EMAIL_NAME,
};

/* Labels of letters, digits and inner hyphens. By what may follow what, as there is one in nearly every row. */
static bool is_hostname(struct str s)
{
    enum { OTHER, LETTER, HYPHEN, DOT };
    static const unsigned char kinds[256] = {
        ['0' ... '9'] = LETTER, ['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER, ['-'] = HYPHEN, ['.'] = DOT};
    unsigned before = DOT;
    for (size_t i = 0; i < s.n; i++) {
        unsigned kind = kinds[(unsigned char)s.p[i]];
        bool may_follow = kind == LETTER || before == LETTER || (kind == HYPHEN && before == HYPHEN);
        if (kind == OTHER || !may_follow) return false;
        before = kind;
    }
    return before == LETTER;
}

/* Characters of one kind from `i` on: where they end. */
static size_t skip_kind(struct str s, size_t i, unsigned char kind)
{
    while (i < s.n && (characters[(unsigned char)s.p[i]] & kind)) i++;
    return i;
}

static bool is_email(struct str s)
{
    size_t at = skip_kind(s, 0, EMAIL_NAME), end = skip_kind(s, at + 1, EMAIL_DOMAIN);
    if (at == 0 || at >= s.n || s.p[at] != '@' || end != s.n) return false;
    const char *dot = at + 1 < s.n ? memchr(s.p + at + 1, '.', s.n - at - 1) : NULL;
    return dot != NULL && dot > s.p + at + 1 && dot + 1 < s.p + s.n;
}

/* ---- the rest ------------------------------------------------------------------------------------------------------- */

/* Does `s` begin as `shape` says? '9' is a digit, 'x' a hexadecimal digit, 'T' a letter T of either case, any other character itself. */
static bool has_shape(struct str s, const char *shape)
{
    size_t i = 0;
    for (; shape[i] != '\0'; i++) {
        if (i == s.n) return false;
        char c = s.p[i];
        bool ok = shape[i] == '9'   ? is_digit(c)
                  : shape[i] == 'x' ? is_hex(c)
                  : shape[i] == 'T' ? (c == 'T' || c == 't')
                                    : c == shape[i];
        if (!ok) return false;
    }
    return true;
}

/* The expression has no anchors: a UUID anywhere in the text will do. */
static bool has_uuid(struct str s)
{
    enum { UUID_BYTES = 36 };
    for (size_t i = 0; i + UUID_BYTES <= s.n; i++) {
        if (has_shape(str_sub(s, i, UUID_BYTES), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) return true;
    }
    return false;
}

static bool is_datetime(struct str s, bool strict)
{
    static const char shape[] = "9999-99-99T99:99:99";
    size_t i = sizeof shape - 1;
    if (!has_shape(s, shape) || (strict && s.p[10] != 'T')) return false;
    if (i < s.n && s.p[i] == '.') {
        size_t first = ++i;
        while (i < s.n && is_digit(s.p[i])) i++;
        if (i == first) return false;
    }
    struct str zone = str_sub(s, i, s.n);
    if (zone.n == 0) return true;
    if (zone.n == 1) return zone.p[0] == 'Z' || (!strict && zone.p[0] == 'z');
    return zone.n == 6 && (has_shape(zone, "+99:99") || has_shape(zone, "-99:99"));
}

static bool is_base64_body(struct str s, const char *extra)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && !is_one_of(s.p[i], extra)) return false;
    }
    return true;
}

/* Whole quartets, the last one padded where it must be; one of the two alphabets throughout. */
static bool is_base64(struct str s)
{
    if (s.n % 4 != 0) return false;
    size_t padding = str_ends(s, STR("==")) ? 2 : str_ends(s, STR("=")) ? 1 : 0;
    struct str body = str_sub(s, 0, s.n - padding);
    return is_base64_body(body, "+/") || is_base64_body(body, "-_");
}

bool schema_pattern_matches(enum schema_pattern pattern, struct str text)
{
    switch (pattern) {
    case PATTERN_NONE: return true;
    case PATTERN_IP: return is_ip(text);
    case PATTERN_MAC: return is_mac(text);
    case PATTERN_EMAIL: return is_email(text);
    case PATTERN_UUID: return has_uuid(text);
    case PATTERN_DATETIME: return is_datetime(text, false);
    case PATTERN_DATETIME_STRICT: return is_datetime(text, true);
    case PATTERN_HOSTNAME: return is_hostname(text);
    case PATTERN_BASE64: return is_base64(text);
    }
    return false;
}

/* Characters of valid UTF-8: bytes that do not continue one. */
static size_t count_chars(struct str s)
{
    size_t chars = 0;
    for (size_t i = 0; i < s.n; i++) chars += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return chars;
}

bool schema_string_is_long(const struct schema_type *type, struct str text)
{
    return type->char_max != 0 && text.n > type->char_max && count_chars(text) > type->char_max;
}

bool schema_string_fits(const struct schema_type *type, struct str text)
{
    return !schema_string_is_long(type, text) && schema_pattern_matches(type->pattern, text);
}
