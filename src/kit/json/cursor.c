/* Members and elements of a value that has been checked: only ends have to be found, nothing can be wrong. */
#include "kit/json/bytes.h"
#include "kit/json/json.h"

enum json_type json_type_of(struct str value)
{
    switch (value.n ? value.p[0] : 'n') {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

/* Behind the closing quote; `p` is behind the opening one. */
static const char *skip_string(const char *p, const char *end)
{
    for (;;) {
        p = json_find_quote(p, end);
        if (p >= end) return end;
        if (*p == '"') return p + 1;
        p += end - p >= 2 ? 2 : 1;
    }
}

static const char *skip_container(const char *p, const char *end)
{
    unsigned depth = 0;
    while (p < end) {
        char c = *p++;
        if (c == '"') {
            p = skip_string(p, end);
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return p;
        }
    }
    return end;
}

static const char *skip_scalar(const char *p, const char *end)
{
    while (p < end && *p != ',' && *p != '}' && *p != ']' && !json_is_blank(*p)) p++;
    return p;
}

static const char *skip_value(const char *p, const char *end)
{
    if (*p == '"') return skip_string(p + 1, end);
    if (*p == '{' || *p == '[') return skip_container(p, end);
    return skip_scalar(p, end);
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && json_is_blank(*p)) p++;
    return p;
}

bool json_cursor_open(struct json_cursor *c, struct str value)
{
    if (value.n == 0) return false;
    const char *end = value.p + value.n;
    const char *p = skip_blanks(value.p, end);
    if (p == end || (*p != '{' && *p != '[')) return false;
    *c = (struct json_cursor){.p = p + 1, .end = end, .is_object = *p == '{'};
    return true;
}

/* Commas and colons are passed over as if they were blanks: the text is known to be right. */
static const char *skip_between(const char *p, const char *end)
{
    while (p < end && (json_is_blank(*p) || *p == ',' || *p == ':')) p++;
    return p;
}

bool json_cursor_next(struct json_cursor *c, struct json_slice *out)
{
    const char *p = skip_between(c->p, c->end);
    struct str key = {p, 0};
    if (p == c->end || *p == '}' || *p == ']') {
        c->p = c->end;
        return false;
    }
    if (c->is_object) {
        const char *q = skip_string(p + 1, c->end);
        key = (struct str){p + 1, (size_t)(q - p) - 2};
        p = skip_between(q, c->end);
        if (p == c->end) return false;
    }
    const char *q = skip_value(p, c->end);
    out->key = key;
    out->value = (struct str){p, (size_t)(q - p)};
    out->type = json_type_of(out->value);
    c->p = q;
    c->started = true;
    return true;
}

const char *json_value_end(const char *p, const char *end)
{
    return skip_value(p, end);
}
