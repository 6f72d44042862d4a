/* What the type of an attribute wants: a token written as it should be, or nothing. */
#include "logic/ocsf/values/value.h"

#include <stdio.h>
#include <string.h>

enum fit fit_of(const struct schema_attr *attr)
{
    const char *type = attr->type->name;
    if (attr->values) return FIT_ENUM;
    if (strcmp(type, "timestamp_t") == 0) return FIT_TIME;
    if (strcmp(type, "mac_t") == 0) return FIT_MAC;
    if (strcmp(type, "port_t") == 0) return FIT_PORT;
    switch (attr->type->base) {
    case SCHEMA_STRING: return FIT_STRING;
    case SCHEMA_INTEGER: return FIT_INTEGER;
    case SCHEMA_LONG: return FIT_LONG;
    case SCHEMA_FLOAT: return FIT_FLOAT;
    case SCHEMA_BOOLEAN: return FIT_BOOL;
    case SCHEMA_JSON: return FIT_JSON;
    default: return FIT_OBJECT;
    }
}

struct str value_text(struct map_scratch *s, const struct value *v)
{
    if (v->raw.p == NULL) return STR_NONE;
    if (v->type == JSON_STRING) return json_unescape(&s->arena, v->raw);
    if (v->type == JSON_NUMBER || v->type == JSON_TRUE || v->type == JSON_FALSE) return v->raw;
    return STR_NONE;
}

struct value value_of_token(struct str token)
{
    return (struct value){.raw = token, .type = json_type_of(token)};
}

struct value value_of_text(struct map_scratch *s, struct str text)
{
    if (text.n == 0) return VALUE_NONE;
    size_t mark = s->text.n;
    (void)buf_add_char(&s->text, '"');
    json_escape(&s->text, text);
    (void)buf_add_char(&s->text, '"');
    struct str token =
        s->text.failed ? STR_NONE : arena_str(&s->arena, (struct str){s->text.p + mark, s->text.n - mark});
    s->text.n = mark;
    return (struct value){.raw = token, .type = JSON_STRING};
}

/* ---- containers as they stand ------------------------------------------------------------------------------------------ */
static bool needs_work(struct str raw)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (in_string) {
            if (c == '\\') i++;
            in_string = c != '"';
        } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            return true;
        } else if (c == '{' || c == '[') {
            if (++depth > RAW_DEPTH_MAX) return true;
        } else {
            depth -= c == '}' || c == ']';
            in_string = c == '"';
        }
    }
    return false;
}

/* Without blanks, into s->text; the greatest depth is the result. */
static int squeeze(struct map_scratch *s, struct str raw)
{
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (in_string || !is_blank) (void)buf_add_char(&s->text, c);
        if (in_string) {
            if (c == '\\') (void)buf_add_char(&s->text, raw.p[++i]);
            in_string = c != '"';
        } else {
            in_string = c == '"';
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            if (depth > deepest) deepest = depth;
        }
    }
    return deepest;
}

struct str value_compact(struct map_scratch *s, struct str raw)
{
    if (!needs_work(raw)) return raw;
    size_t mark = s->text.n;
    int depth = squeeze(s, raw);
    struct str token =
        s->text.failed ? STR_NONE : arena_str(&s->arena, (struct str){s->text.p + mark, s->text.n - mark});
    s->text.n = mark;
    return depth > RAW_DEPTH_MAX && token.p ? value_of_text(s, token).raw : token;
}

bool value_each(struct map_scratch *s, struct value v, bool (*each)(void *ctx, struct value element), void *ctx)
{
    struct json_cursor c;
    struct json_slice m;
    size_t count = 0;
    bool whole = true;
    if (v.raw.p == NULL) return true;
    struct str list = row_inner_json(s, v.raw, v.type);
    if (list.p == NULL || list.p[0] != '[' || !json_cursor_open(&c, list)) return each(ctx, v);
    while (json_cursor_next(&c, &m)) {
        if (row_is_blank(m.value, m.type)) continue;
        if (count++ == LIST_ITEMS_MAX) return false;
        whole = each(ctx, (struct value){.raw = m.value, .type = m.type}) && whole;
    }
    return whole;
}

/* ---- one value ------------------------------------------------------------------------------------------------------------ */
static struct value fit_string(struct map_scratch *s, const struct schema_type *type, struct value v)
{
    if (v.type == JSON_OBJECT || v.type == JSON_ARRAY || v.type == JSON_NULL) return VALUE_NONE;
    struct str text = value_text(s, &v), bare = str_trim(text);
    if (text.n == 0 || str_eq(text, STR("-"))) return VALUE_NONE;
    if (type->pattern != PATTERN_NONE && bare.n != text.n)
        return fit_string(s, type, value_of_text(s, bare)); /* "10.0.0.1 " */
    if ((type->pattern != PATTERN_NONE || type->char_max) && !schema_string_fits(type, text)) return VALUE_NONE;
    return v.type == JSON_STRING ? v : value_of_text(s, text);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static struct value fit_mac(struct map_scratch *s, const struct schema_type *type, struct value v)
{
    char mac[17];
    size_t digits = 0;
    struct str text = value_text(s, &v);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == ':' || c == '-' || c == '.') continue;
        if (!is_hex(c) || digits == 12) return VALUE_NONE;
        mac[digits / 2 * 3 + digits % 2] = c;
        digits++;
    }
    if (digits != 12) return VALUE_NONE;
    for (size_t i = 2; i < 17; i += 3) mac[i] = ':';
    return fit_string(s, type, value_of_text(s, (struct str){mac, 17}));
}

/* "12" and "12.0" are 12. */
static bool whole_number(struct str text, int64_t *out)
{
    const char *point = text.n ? memchr(text.p, '.', text.n) : NULL;
    size_t n = point ? (size_t)(point - text.p) : text.n;
    for (size_t i = n + 1; i < text.n; i++) {
        if (text.p[i] != '0') return false;
    }
    if (point && n + 1 == text.n) return false;
    return str_to_i64((struct str){text.p, n}, out);
}

struct value value_of_number(struct map_scratch *s, int64_t n)
{
    size_t mark = s->text.n;
    row_add_number(&s->text, n);
    struct str token =
        s->text.failed ? STR_NONE : arena_str(&s->arena, (struct str){s->text.p + mark, s->text.n - mark});
    s->text.n = mark;
    return (struct value){.raw = token, .type = JSON_NUMBER};
}

static struct value fit_number(struct map_scratch *s, const struct schema_type *type, enum fit fit, struct value v)
{
    int64_t n;
    if (v.type == JSON_TRUE || v.type == JSON_FALSE || !whole_number(value_text(s, &v), &n)) return VALUE_NONE;
    if (fit != FIT_LONG && (n < INT32_MIN || n > INT32_MAX)) return VALUE_NONE;
    if (fit == FIT_PORT && n == 0) return VALUE_NONE; /* "not known" */
    if (type->has_range && (n < type->low || n > type->high)) return VALUE_NONE;
    bool is_plain = v.type == JSON_NUMBER && memchr(v.raw.p, '.', v.raw.n) == NULL;
    return is_plain ? v : value_of_number(s, n);
}

/* Year 1 and thereabouts stand for "never". */
static struct value fit_time(struct map_scratch *s, struct value v)
{
    struct wall t;
    int64_t ms;
    struct str text = value_text(s, &v);
    if (v.type == JSON_NUMBER) {
        if (!whole_number(text, &ms) || ms < INT64_C(100000000000)) return VALUE_NONE;
        return value_of_number(s, ms);
    }
    if (v.type != JSON_STRING || !wall_parse(str_trim(text), &t) || t.ticks <= 0) return VALUE_NONE;
    return value_of_number(s, wall_ms(t));
}

static struct value fit_float(struct map_scratch *s, struct value v)
{
    struct str text = value_text(s, &v);
    if (v.type == JSON_TRUE || v.type == JSON_FALSE || text.n == 0 || text.n > 40 || !json_check(text, NULL))
        return VALUE_NONE;
    if (json_type_of(text) != JSON_NUMBER || text.p[0] == ' ' || text.p[text.n - 1] == ' ') return VALUE_NONE;
    bool is_real = memchr(text.p, '.', text.n) || memchr(text.p, 'e', text.n) || memchr(text.p, 'E', text.n);
    if (is_real) return value_of_token(text);
    char real[48];
    int n = snprintf(real, sizeof real, "%.*s.0", STR_ARG(text));
    return value_of_token(arena_str(&s->arena, (struct str){real, (size_t)n}));
}

static struct value fit_bool(struct map_scratch *s, struct value v)
{
    struct str text = value_text(s, &v);
    if (str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"))) return value_of_token(STR("true"));
    if (str_eq_nocase(text, STR("false")) || str_eq(text, STR("0"))) return value_of_token(STR("false"));
    return VALUE_NONE;
}

static struct value fit_json(struct map_scratch *s, struct value v, bool wants_object)
{
    struct str inner = row_inner_json(s, v.raw, v.type);
    if (wants_object && (inner.p == NULL || inner.p[0] != '{')) return VALUE_NONE;
    if (inner.p == NULL) return v;
    return value_of_token(value_compact(s, inner));
}

static struct value fit_one(struct map_scratch *s, const struct schema_attr *attr, enum fit fit, struct value v)
{
    if (v.raw.p == NULL || row_is_blank(v.raw, v.type)) return VALUE_NONE;
    switch (fit) {
    case FIT_ENUM:
        return v.type == JSON_ARRAY ? VALUE_NONE : v; /* out of a table already; of a list, one for each element */
    case FIT_STRING: return fit_string(s, attr->type, v);
    case FIT_MAC: return fit_mac(s, attr->type, v);
    case FIT_PORT:
    case FIT_INTEGER:
    case FIT_LONG: return fit_number(s, attr->type, fit, v);
    case FIT_TIME: return fit_time(s, v);
    case FIT_FLOAT: return fit_float(s, v);
    case FIT_BOOL: return fit_bool(s, v);
    case FIT_JSON: return fit_json(s, v, false);
    case FIT_OBJECT: return fit_json(s, v, true);
    }
    return VALUE_NONE;
}

struct fitting {
    struct map_scratch *s;
    const struct schema_attr *attr;
    enum fit fit;
    size_t from;
};

static bool fit_element(void *ctx, struct value element)
{
    struct fitting *f = ctx;
    struct value v = fit_one(f->s, f->attr, f->fit, element);
    if (v.raw.p == NULL) return false;
    (void)buf_add_char(&f->s->text, f->s->text.n == f->from ? '[' : ',');
    (void)buf_add_str(&f->s->text, v.raw);
    return true;
}

struct value value_take_list(struct map_scratch *s, size_t from, bool is_whole)
{
    struct value v = VALUE_NONE;
    if (s->text.n > from) {
        (void)buf_add_char(&s->text, ']');
        if (!s->text.failed) v = value_of_token(arena_str(&s->arena, (struct str){s->text.p + from, s->text.n - from}));
    }
    v.is_partial = !is_whole;
    s->text.n = from;
    return v;
}

struct value value_fit(struct map_scratch *s, const struct schema_attr *attr, enum fit fit, struct value v)
{
    if (v.raw.p == NULL) return v;
    if (!attr->is_array) return fit_one(s, attr, fit, v);
    /* The list grows in an own place: fitting an element uses s->text above it and gives it back. */
    size_t from = s->text.n;
    struct fitting f = {s, attr, fit, from};
    bool is_whole = value_each(s, v, fit_element, &f);
    return value_take_list(s, from, is_whole);
}
