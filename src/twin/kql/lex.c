#include "twin/kql/lex.h"

#include <string.h>

static const char *end_of(const struct lexer *l)
{
    return l->text.p + l->text.n;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c);
}

void lexer_init(struct lexer *l, struct str text, struct arena *a)
{
    if (text.p == NULL) text = STR("");
    *l = (struct lexer){.text = text, .p = text.p, .arena = a};
}

void lexer_place(const struct lexer *l, const char *at, unsigned *line_out, unsigned *position_out)
{
    unsigned line = 1;
    const char *begin = l->text.p;
    for (const char *p = l->text.p; p < at; p++) {
        if (*p != '\n') continue;
        line++;
        begin = p + 1;
    }
    *line_out = line;
    *position_out = (unsigned)(at - begin);
}

static void skip_blanks(struct lexer *l)
{
    const char *end = end_of(l);
    while (l->p < end) {
        if (*l->p == ' ' || *l->p == '\t' || *l->p == '\r' || *l->p == '\n') {
            l->p++;
        } else if (end - l->p >= 2 && l->p[0] == '/' && l->p[1] == '/') {
            while (l->p < end && *l->p != '\n') l->p++;
        } else {
            return;
        }
    }
}

static struct token bad(const char *at, const char *what)
{
    return (struct token){.kind = TOKEN_BAD, .at = at, .what = what};
}

static int hex_value(const char *p, int digits)
{
    int v = 0;
    for (int i = 0; i < digits; i++) {
        char c = p[i];
        int d = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *out, int code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 63));
    } else {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 63));
        *out++ = (char)(0x80 | (code & 63));
    }
    return out;
}

/* One escape after its backslash; false when it is none. */
static bool escape(const char **p, const char *end, char **out)
{
    static const char from[] = "nrtb0\\\"'av", to[] = "\n\r\t\b\0\\\"'\a\v";
    char c = **p;
    const char *hit = c ? strchr(from, c) : NULL;
    if (hit) {
        *(*out)++ = to[hit - from];
        (*p)++;
        return true;
    }
    int digits = c == 'u' ? 4 : c == 'x' ? 2 : 0;
    if (digits == 0 || end - *p <= digits) return false;
    int code = hex_value(*p + 1, digits);
    if (code < 0 || (code >= 0xd800 && code < 0xe000)) return false;
    *out = put_utf8(*out, code);
    *p += digits + 1;
    return true;
}

static struct token string(struct lexer *l, const char *at, bool verbatim)
{
    const char *end = end_of(l);
    char quote = *l->p++;
    char *text = arena_alloc(l->arena, (size_t)(end - l->p) + 1), *out = text;
    if (text == NULL) return bad(at, "the query is too long");
    while (l->p < end) {
        char c = *l->p++;
        if (c == quote) {
            if (!(verbatim && l->p < end && *l->p == quote)) {
                return (struct token){.kind = TOKEN_STRING, .at = at, .text = {text, (size_t)(out - text)}};
            }
            l->p++;
        } else if (c == '\n' && !verbatim) {
            break;
        } else if (c == '\\' && !verbatim) {
            if (l->p >= end || !escape(&l->p, end, &out)) return bad(l->p - 1, "unknown escape in a string");
            continue;
        }
        *out++ = c;
    }
    return bad(at, "unterminated string");
}

static struct token number(struct lexer *l)
{
    const char *at = l->p, *end = end_of(l);
    bool is_real = false;
    char text[40];
    while (l->p < end && is_digit(*l->p)) l->p++;
    if (end - l->p >= 2 && l->p[0] == '.' && is_digit(l->p[1])) {
        is_real = true;
        for (l->p++; l->p < end && is_digit(*l->p);) l->p++;
    }
    const char *unit = l->p;
    while (l->p < end && is_name(*l->p)) l->p++;
    struct token t = {.kind = is_real ? TOKEN_REAL : TOKEN_NUMBER, .at = at, .text = {at, (size_t)(l->p - at)}};
    if (l->p > unit) {
        t.kind = TOKEN_TIMESPAN;
        return kql_timespan_parse(t.text, &t.number) ? t : bad(at, "not a number or timespan");
    }
    if (is_real) {
        if (!str_copy(t.text, text, sizeof text)) return bad(at, "a number too long");
        t.real = strtod(text, NULL);
        return t;
    }
    return str_to_i64(t.text, &t.number) ? t : bad(at, "a number out of range");
}

static struct token name(struct lexer *l)
{
    const char *at = l->p, *end = end_of(l);
    while (l->p < end && is_name(*l->p)) l->p++;
    struct token t = {.kind = TOKEN_NAME, .at = at, .text = {at, (size_t)(l->p - at)}};
    if (t.text.n == 7 && memcmp(at, "project", 7) == 0 && end - l->p >= 5 && memcmp(l->p, "-away", 5) == 0) {
        l->p += 5;
        t.text.n += 5;
    }
    if (t.text.n == 2 && memcmp(at, "in", 2) == 0 && l->p < end && *l->p == '~') {
        l->p++;
        t.text.n++;
        t.kind = TOKEN_SIGN;
    }
    return t;
}

static struct token sign(struct lexer *l)
{
    static const char *const longer[] = {"==", "!=", "=~", "!~", "<=", ">=", ".."};
    static const char single[] = "|(),;=<>+-*/%.[]$";
    const char *at = l->p, *end = end_of(l);
    if (*at == '!' && end - at > 1 && is_name_start(at[1])) { /* !in, !has, !contains ... */
        l->p++;
        struct token t = name(l);
        return (struct token){.kind = TOKEN_SIGN, .at = at, .text = {at, t.text.n + 1}};
    }
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        if (end - at < 2 || memcmp(at, longer[i], 2) != 0) continue;
        l->p += 2;
        return (struct token){.kind = TOKEN_SIGN, .at = at, .text = {at, 2}};
    }
    if (*at == '\0' || strchr(single, *at) == NULL) return bad(at, "unexpected character");
    l->p++;
    return (struct token){.kind = TOKEN_SIGN, .at = at, .text = {at, 1}};
}

struct token lexer_next(struct lexer *l)
{
    skip_blanks(l);
    const char *end = end_of(l);
    if (l->p >= end) return (struct token){.kind = TOKEN_END, .at = end, .text = STR("")};
    char c = *l->p;
    if (is_digit(c)) return number(l);
    if (c == '"' || c == '\'') return string(l, l->p, false);
    if (c == '@' && end - l->p > 1 && (l->p[1] == '"' || l->p[1] == '\'')) {
        l->p++;
        return string(l, l->p - 1, true);
    }
    return is_name_start(c) ? name(l) : sign(l);
}

struct str lexer_raw_to_paren(struct lexer *l)
{
    const char *at = l->p, *end = end_of(l);
    while (l->p < end && *l->p != ')') l->p++;
    return str_trim((struct str){at, (size_t)(l->p - at)});
}
