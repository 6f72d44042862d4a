#include "kit/json/machine.h"

#include <string.h>

#include "kit/json/bytes.h"

/* Bytes that may follow one another in UTF-8 (Unicode 15, table 3-7): by lead byte, how many and the bounds of the first. */
static bool utf8_lead(struct machine *m, unsigned char c)
{
    m->utf8_lo = 0x80;
    m->utf8_hi = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
        m->left = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
        m->left = 2;
        if (c == 0xE0) m->utf8_lo = 0xA0;
        if (c == 0xED) m->utf8_hi = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        m->left = 3;
        if (c == 0xF0) m->utf8_lo = 0x90;
        if (c == 0xF4) m->utf8_hi = 0x8F;
    } else {
        return false;
    }
    return true;
}

void machine_start(struct machine *m, unsigned depth)
{
    uint64_t line = m->line;
    *m = (struct machine){.state = MS_VALUE, .depth = depth, .floor = depth, .line = line};
}

bool machine_in_string(const struct machine *m)
{
    return m->state == MS_STRING || m->state == MS_ESCAPE || m->state == MS_HEX || m->state == MS_UTF8;
}

bool machine_is_object(const struct machine *m, unsigned depth)
{
    return (m->objects[(depth - 1) / 64] >> ((depth - 1) % 64)) & 1;
}

static enum machine_result fault(struct machine *m, const char *what)
{
    m->what = what;
    return MACHINE_FAULT;
}

static enum machine_result open_container(struct machine *m, bool is_object)
{
    if (m->depth >= JSON_DEPTH_MAX) return fault(m, "nested too deep");
    uint64_t bit = UINT64_C(1) << (m->depth % 64);
    if (is_object) {
        m->objects[m->depth / 64] |= bit;
    } else {
        m->objects[m->depth / 64] &= ~bit;
    }
    m->depth++;
    m->state = is_object ? MS_KEY_OR_END : MS_VALUE_OR_END;
    return MACHINE_MORE;
}

/* A value has ended: the whole, or one inside a container. */
static enum machine_result value_ended(struct machine *m)
{
    if (m->depth == m->floor) return MACHINE_DONE;
    m->state = MS_AFTER;
    return MACHINE_MORE;
}

static enum machine_result close_container(struct machine *m)
{
    m->depth--;
    return value_ended(m);
}

static enum machine_result begin_value(struct machine *m, char c)
{
    switch (c) {
    case '"':
        m->state = MS_STRING;
        m->is_key = false;
        return MACHINE_MORE;
    case '{': return open_container(m, true);
    case '[': return open_container(m, false);
    case 't': m->literal = "rue"; break;
    case 'f': m->literal = "alse"; break;
    case 'n': m->literal = "ull"; break;
    case '-': m->state = MS_MINUS; return MACHINE_MORE;
    case '0': m->state = MS_ZERO; return MACHINE_MORE;
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': m->state = MS_INT; return MACHINE_MORE;
    default: return fault(m, "a value was expected");
    }
    m->state = MS_LITERAL;
    return MACHINE_MORE;
}

static enum machine_result after_value(struct machine *m, char c)
{
    bool in_object = machine_is_object(m, m->depth);
    if (c == ',') {
        m->state = in_object ? MS_KEY : MS_VALUE;
        return MACHINE_MORE;
    }
    if (c == (in_object ? '}' : ']')) return close_container(m);
    return fault(m, in_object ? "',' or '}' was expected" : "',' or ']' was expected");
}

/* Between tokens: one byte that is no blank. */
static enum machine_result structure(struct machine *m, char c)
{
    switch (m->state) {
    case MS_VALUE_OR_END:
        if (c == ']') return close_container(m);
        return begin_value(m, c);
    case MS_KEY_OR_END:
        if (c == '}') return close_container(m);
        /* fall through */
    case MS_KEY:
        if (c != '"') return fault(m, c == '}' ? "trailing comma" : "a key in quotes was expected");
        m->state = MS_STRING;
        m->is_key = true;
        return MACHINE_MORE;
    case MS_COLON:
        if (c != ':') return fault(m, "':' was expected");
        m->state = MS_VALUE;
        return MACHINE_MORE;
    case MS_AFTER: return after_value(m, c);
    default:
        if (c == ']' && m->depth > m->floor && !machine_is_object(m, m->depth)) return fault(m, "trailing comma");
        return begin_value(m, c);
    }
}

/* Inside a string, *p at a byte of it; takes as many as there are. */
static enum machine_result string_bytes(struct machine *m, const char **p, const char *end)
{
    const char *q = json_skip_plain(*p, end);
    *p = q;
    if (q == end) return MACHINE_MORE;
    unsigned char c = (unsigned char)*q;
    if (c == '"') {
        *p = q + 1;
        if (!m->is_key) return value_ended(m);
        m->state = MS_COLON;
    } else if (c == '\\') {
        *p = q + 1;
        m->state = MS_ESCAPE;
    } else if (c < 0x20) {
        return fault(m, "control character in string");
    } else {
        if (!utf8_lead(m, c)) return fault(m, "invalid UTF-8");
        *p = q + 1;
        m->state = MS_UTF8;
    }
    return MACHINE_MORE;
}

/* One byte of an escape or of a character of several bytes. */
static enum machine_result string_part(struct machine *m, unsigned char c)
{
    if (m->state == MS_UTF8) {
        if (c < m->utf8_lo || c > m->utf8_hi) return fault(m, "invalid UTF-8");
        m->utf8_lo = 0x80;
        m->utf8_hi = 0xBF;
        if (--m->left == 0) m->state = MS_STRING;
    } else if (m->state == MS_ESCAPE) {
        if (c == 'u') {
            m->left = 4;
            m->state = MS_HEX;
        } else if (c != 0 && strchr("\"\\/bfnrt", c)) {
            m->state = MS_STRING;
        } else {
            return fault(m, "unknown escape in string");
        }
    } else {
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!is_hex) return fault(m, "\\u wants four hex digits");
        if (--m->left == 0) m->state = MS_STRING;
    }
    return MACHINE_MORE;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One byte of a number; DONE: the number ended before it. */
static enum machine_result number_byte(struct machine *m, char c)
{
    bool digit = is_digit(c), exponent = c == 'e' || c == 'E';
    switch (m->state) {
    case MS_MINUS:
        if (!digit) return fault(m, "a digit was expected");
        m->state = c == '0' ? MS_ZERO : MS_INT;
        return MACHINE_MORE;
    case MS_ZERO:
        if (digit) return fault(m, "leading zero in number");
        /* fall through */
    case MS_INT:
        if (digit) return MACHINE_MORE;
        if (c == '.')
            m->state = MS_POINT;
        else if (exponent)
            m->state = MS_EXP;
        else
            return MACHINE_DONE;
        return MACHINE_MORE;
    case MS_FRACTION:
        if (digit) return MACHINE_MORE;
        if (!exponent) return MACHINE_DONE;
        m->state = MS_EXP;
        return MACHINE_MORE;
    case MS_EXP_DIGITS: return digit ? MACHINE_MORE : MACHINE_DONE;
    case MS_EXP:
        if (c == '+' || c == '-') {
            m->state = MS_EXP_SIGN;
            return MACHINE_MORE;
        }
        /* fall through */
    case MS_EXP_SIGN:
        if (!digit) return fault(m, "a digit was expected");
        m->state = MS_EXP_DIGITS;
        return MACHINE_MORE;
    default: /* MS_POINT */
        if (!digit) return fault(m, "a digit was expected");
        m->state = MS_FRACTION;
        return MACHINE_MORE;
    }
}

static enum machine_result number_bytes(struct machine *m, const char **p, const char *end)
{
    for (; *p < end; ++*p) {
        enum machine_result r = number_byte(m, **p);
        if (r == MACHINE_DONE) return value_ended(m);
        if (r == MACHINE_FAULT) return r;
    }
    return MACHINE_MORE;
}

static enum machine_result literal_bytes(struct machine *m, const char **p, const char *end)
{
    for (; *p < end && *m->literal; ++*p, ++m->literal) {
        if (**p != *m->literal) return fault(m, "a value was expected");
    }
    return *m->literal ? MACHINE_MORE : value_ended(m);
}

static void skip_blanks(struct machine *m, const char **p, const char *end)
{
    for (; *p < end && json_is_blank(**p); ++*p) {
        if (**p == '\n') m->line++;
    }
}

static enum machine_result step(struct machine *m, const char **p, const char *end)
{
    switch (m->state) {
    case MS_STRING: return string_bytes(m, p, end);
    case MS_ESCAPE:
    case MS_HEX:
    case MS_UTF8: {
        enum machine_result r = string_part(m, (unsigned char)**p);
        if (r == MACHINE_MORE) ++*p;
        return r;
    }
    case MS_LITERAL: return literal_bytes(m, p, end);
    case MS_VALUE:
    case MS_VALUE_OR_END:
    case MS_KEY_OR_END:
    case MS_KEY:
    case MS_COLON:
    case MS_AFTER: {
        skip_blanks(m, p, end);
        if (*p == end) return MACHINE_MORE;
        enum machine_result r = structure(m, **p);
        if (r != MACHINE_FAULT) ++*p;
        return r;
    }
    default: return number_bytes(m, p, end);
    }
}

enum machine_result machine_run(struct machine *m, const char **p, const char *end)
{
    while (*p < end) {
        enum machine_result r = step(m, p, end);
        if (r != MACHINE_MORE) return r;
    }
    return MACHINE_MORE;
}

enum machine_result machine_finish(struct machine *m)
{
    bool is_whole_number =
        m->state == MS_ZERO || m->state == MS_INT || m->state == MS_FRACTION || m->state == MS_EXP_DIGITS;
    if (is_whole_number && m->depth == m->floor) return MACHINE_DONE;
    return fault(m, machine_in_string(m) ? "unterminated string" : "unexpected end");
}

bool json_check(struct str text, struct json_fault *fault_out)
{
    struct machine m = {.line = 1};
    if (text.p == NULL) text = STR("");
    const char *p = text.p, *end = text.p + text.n;
    machine_start(&m, 0);
    enum machine_result r = text.n ? machine_run(&m, &p, end) : MACHINE_MORE;
    if (r == MACHINE_MORE) r = machine_finish(&m);
    if (r == MACHINE_DONE) {
        skip_blanks(&m, &p, end);
        if (p == end) return true;
        (void)fault(&m, "text behind the value");
    }
    if (fault_out) *fault_out = (struct json_fault){m.what, (uint64_t)(p - text.p), m.line};
    return false;
}
