/* The hot loop of the walk, once per level. The file that includes this has defined
 *
 *   same(p, key)          do the key's first `bytes` stand at p? May read 64 of both
 *   WALK_MEMBERS          the function's name */
#define LIKELY(x) __builtin_expect(!!(x), 1)

static inline uint8_t string_flags(const struct json_marks *marks, uint32_t close)
{
    unsigned bit = close % JSON_BLOCK;
    marks += close / JSON_BLOCK;
    return (uint8_t)((marks->escaped >> bit & 1) * JSON_ESCAPED | (marks->odd >> bit & 1) * JSON_ODD);
}

/* The number of the key that stands at `at`, if it is one of those that came behind `before` last; else 0. */
static inline uint16_t expected(const struct json_key *keys, uint16_t before, const char *at)
{
    uint16_t first = keys[before].next[0], second = keys[before].next[1];
    if (LIKELY(first && same(at, &keys[first]))) return first;
    return second && same(at, &keys[second]) ? second : 0;
}

bool WALK_MEMBERS(struct walking *x, const char **p)
{
    struct json_walk *w = x->w;
    const struct json_marks *marks = w->index.marks;
    const char *window = w->p, *base = *p, *at = base + 1;
    const struct json_key *keys = x->k->items;
    const uint32_t *q = w->next;
    size_t n = w->n;
    struct json_field *out = x->fields->items, *full = out ? out + x->fields->cap : NULL;
    uint32_t kinds = 0;
    uint16_t number = x->is_guessing ? x->key : JSON_NO_KEY;
    bool is_fine = false;
    x->fields->base = base;
    if (*at != '"') {
        at = walk_blanks(w, at);
        if (*at == '}' && at < window + n) {
            at++;
            is_fine = true;
            goto end;
        }
    }
    for (;;) {
        const char *value, *end;
        uint8_t flags, type, kind;
        if (*at != '"' || q[1] >= n) break;
        if (__builtin_expect(out == full, 0)) {
            x->fields->count = (size_t)(out - x->fields->items);
            if (!json_fields_grow(x->fields)) break;
            out = x->fields->items + x->fields->count;
            full = x->fields->items + x->fields->cap;
        }
        uint16_t before = number;
        number = before == JSON_NO_KEY ? 0 : expected(keys, before, at);
        if (LIKELY(number)) {
            value = at + keys[number].bytes;
            kind = keys[number].kind;
            flags = JSON_TIGHT;
        } else {
            w->next = q;
            x->key = before;
            value = walk_unexpected_key(x, at);
            if (value == NULL) break;
            flags = value == window + q[1] + 2 ? JSON_TIGHT : 0;
            number = x->key;
            kind = number != JSON_NO_KEY ? keys[number].kind : walk_unkept_kind(x, at);
        }
        q += 2;
        if (json_is_blank(*value)) {
            value = walk_blanks(w, value);
            flags = 0;
        }
        if (*value == '"') {
            uint32_t close = q[1];
            if (close >= n) break;
            end = window + close + 1;
            flags |= string_flags(marks, close);
            if (end == value + 2) flags |= JSON_BLANK;
            type = JSON_STRING;
            q += 2;
        } else {
            unsigned digits = digits_of(value);
            end = value + digits;
            bool is_plain = digits > 0 && digits < 8 && (*value != '0' || digits == 1);
            type = JSON_NUMBER;
            if (!is_plain || (*end != ',' && *end != '}')) {
                w->next = q;
                x->key = number;
                const char *where = value;
                end = walk_other(x, &where, kind, &type, &flags);
                q = w->next;
                if (end == NULL) {
                    at = where;
                    break;
                }
            }
        }
        out->at = (uint32_t)(at - base);
        out->value = (uint32_t)(value - base);
        out->end = (uint32_t)(end - base);
        out->key = number;
        out->slot = UINT16_MAX;
        out->type = type;
        out->flags = flags;
        out->kind = kind;
        out++;
        kinds |= UINT32_C(1) << kind;
        if (!x->is_guessing) number = JSON_NO_KEY;
        at = end;
        if (LIKELY(*at == ',')) {
            at++;
            if (*at != '"') at = walk_blanks(w, at);
            continue;
        }
        if (*at != '}') at = walk_blanks(w, at);
        if (at >= window + n) break;
        if (*at == '}') {
            at++;
            is_fine = true;
            break;
        }
        if (*at != ',') break;
        at = walk_blanks(w, at + 1);
    }
end:
    w->next = q;
    x->kinds |= kinds;
    x->fields->count = (size_t)(out - x->fields->items);
    *p = at;
    return is_fine && at <= window + n;
}
