#include "kit/json/field.h"

#include <stdlib.h>

#include "kit/json/bytes.h"

bool json_fields_grow(struct json_fields *f)
{
    size_t cap = f->cap ? 2 * f->cap : 128;
    struct json_field *more = realloc(f->items ? f->items - 1 : NULL, (cap + 1) * sizeof *more);
    if (more == NULL) return false;
    *more = (struct json_field){.key = UINT16_MAX, .type = JSON_NULL, .flags = JSON_BLANK};
    f->items = more + 1;
    f->cap = cap;
    return true;
}

void json_fields_done(struct json_fields *f)
{
    free(f->items ? f->items - 1 : NULL);
    *f = (struct json_fields){0};
}

static uint8_t string_flags(struct str value)
{
    uint8_t flags = value.n == 2 ? JSON_BLANK : 0;
    const char *p = value.p, *end = value.p + value.n;
    while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
        flags |= JSON_ESCAPED;
        if (p[1] == 'u' || p[1] == '/') return flags | JSON_ODD;
        p += 2;
    }
    return flags;
}

static uint8_t container_flags(struct str value)
{
    uint8_t flags = JSON_BLANK | JSON_COMPACT;
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && json_is_blank(c)) {
            flags &= (uint8_t)~JSON_COMPACT;
            continue;
        } else if (!in_string && (c == '{' || c == '[')) {
            if (++depth > JSON_COMPACT_DEPTH) flags &= (uint8_t)~JSON_COMPACT;
        } else if (!in_string && (c == '}' || c == ']')) {
            depth--;
        }
        if (i && i + 1 < value.n) flags &= (uint8_t)~JSON_BLANK;
    }
    return flags;
}

uint8_t json_value_flags(struct str value, enum json_type type)
{
    if (type == JSON_NULL) return JSON_BLANK;
    if (type == JSON_STRING) return string_flags(value);
    return type == JSON_OBJECT || type == JSON_ARRAY ? container_flags(value) : 0;
}

bool json_fields_read(struct json_fields *f, struct str object)
{
    struct json_cursor c;
    struct json_slice m;
    f->base = object.p;
    f->count = 0;
    f->track = 0;
    if (object.n >= UINT32_MAX || !json_cursor_open(&c, object) || !c.is_object) return false;
    while (json_cursor_next(&c, &m)) {
        struct json_field *field = json_fields_add(f);
        if (field == NULL) return false;
        bool is_tight = m.key.p + m.key.n + 2 == m.value.p;
        *field = (struct json_field){.at = (uint32_t)(m.key.p - 1 - object.p),
                                     .value = (uint32_t)(m.value.p - object.p),
                                     .end = (uint32_t)(m.value.p + m.value.n - object.p),
                                     .key = UINT16_MAX,
                                     .type = (uint8_t)m.type,
                                     .flags = json_value_flags(m.value, m.type) | (is_tight ? JSON_TIGHT : 0)};
    }
    return true;
}
