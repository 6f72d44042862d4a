/* The hot loop of the walk, once per level. The file that includes this has defined
 *
 *   same(p, text, mask)   do the bytes of the mask stand at p? May read 64 of both
 *   WALK_MEMBERS          the function's name
 *
 * A member is mostly `"Key":"..."` with the key that was expected. Then its key is one comparison, its value ends where the index
 * says, and a comma follows: no byte of it is looked at besides these. */
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* A number below 10^7 or a word, which takes `type` and `flags`; gives what is behind it, `value` itself: something else. */
static inline uint32_t short_end(const char *window, uint32_t value, uint8_t *type, uint8_t *flags)
{
    const char *p = window + value;
    unsigned digits = digits_of(p);
    if (digits > 0 && digits < 8 && (*p != '0' || digits == 1)) {
        bool is_whole = p[digits] == ',' || p[digits] == '}';
        *type = JSON_NUMBER;
        return is_whole ? value + digits : value;
    }
    if (memcmp(p, "null", 4) == 0) {
        *type = JSON_NULL;
        *flags |= JSON_BLANK;
        return value + 4;
    }
    if (memcmp(p, "true", 4) == 0) {
        *type = JSON_TRUE;
        return value + 4;
    }
    *type = JSON_FALSE;
    return value + (memcmp(p, "false", 5) == 0 ? 5 : 0);
}

/* The key that stands at p with n bytes between its quotes, where no order is expected; 0: not where it is looked for first. */
static inline unsigned key_by_hash(const struct json_keys *k, const char *p, uint32_t n)
{
    if (n > JSON_KEY_TEXT - 3) return 0;
    unsigned key = k->table[walk_hash(p + 1, n)];
    return key && same(p, k->texts[key], k->items[key].mask) ? key : 0;
}

static inline bool list_members(struct walking *x, const char **p, bool is_guessing)
{
    struct json_walk *w = x->w;
    const char *window = w->p;
    const struct json_step *steps = x->k->steps;
    const unsigned char(*texts)[JSON_KEY_TEXT] = (const unsigned char(*)[JSON_KEY_TEXT])x->k->texts;
    const uint32_t *q = w->next;
    const uint32_t n = (uint32_t)w->n, limit = n << JSON_ENTRY_SHIFT;
    struct json_fields *f = x->fields;
    struct json_field *out = f->items, *full = out + f->cap;
    unsigned step = x->step, key, kind;
    uint32_t at = (uint32_t)(*p + 1 - window), value, end;
    bool is_fine = false;
    f->base = window;
    at = (uint32_t)(walk_blanks(w, window + at) - window);
    if (window[at] == '}') {
        at++;
        is_fine = true;
        goto end;
    }
    for (;;) {
        uint8_t flags = JSON_TIGHT, type = JSON_STRING;
        if (is_guessing) {
            unsigned ahead = steps[step].next;
            key = steps[ahead].key;
            value = at + steps[ahead].bytes;
            kind = steps[ahead].kind;
            if (LIKELY(same(window + at, texts[key], steps[ahead].mask)))
                step = ahead;
            else
                key = 0;
        } else {
            key = q[1] < limit ? key_by_hash(x->k, window + at, json_entry_at(q[1]) - at - 1) : 0;
            value = at + x->k->items[key].bytes;
            kind = x->k->items[key].kind;
        }
        if (UNLIKELY(key == 0)) {
            if (window[at] != '"' || q[1] >= limit) break;
            w->next = q;
            x->step = (uint16_t)step;
            const char *behind = walk_unexpected_key(x, window + at);
            if (behind == NULL) break;
            value = (uint32_t)(behind - window);
            if (value != json_entry_at(q[1]) + 2) flags = 0;
            key = x->key;
            kind = x->kind;
            step = x->step;
        }
        if (UNLIKELY(json_is_blank(window[value]))) {
            value = (uint32_t)(walk_blanks(w, window + value) - window);
            flags = 0;
        }
        if (LIKELY(window[value] == '"')) {
            uint32_t close = q[3];
            if (UNLIKELY(close >= limit)) break;
            end = json_entry_at(close) + 1;
            flags |= close & (JSON_ENTRY_ESCAPED | JSON_ENTRY_ODD);
            flags |= end == value + 2 ? JSON_BLANK : 0;
            q += 4;
        } else {
            if (UNLIKELY(q[1] >= limit)) break;
            end = short_end(window, value, &type, &flags);
            q += 2;
            if (UNLIKELY(end == value)) {
                const char *where = window + value;
                w->next = q;
                x->kind = (uint8_t)kind;
                const char *behind = walk_other(x, &where, &type, &flags);
                q = w->next;
                if (behind == NULL) {
                    at = (uint32_t)(where - window);
                    break;
                }
                end = (uint32_t)(behind - window);
            }
        }
        if (UNLIKELY(kind)) {
            x->kind = (uint8_t)kind;
            if (!walk_note(x, (size_t)(out - f->items), &flags)) break;
        }
        if (UNLIKELY(out == full)) {
            f->count = (size_t)(out - f->items);
            if (!json_fields_grow(f)) break;
            out = f->items + f->count;
            full = f->items + f->cap;
        }
        __builtin_prefetch(window + at + n, 0,
                           2); /* the next window: into the second-level cache while this one is used */
        *out++ = (struct json_field){at, value, end, (uint16_t)key, type, flags};
        at = end + 1;
        if (LIKELY(window[end] == ',' && window[at] == '"')) continue;
        at = (uint32_t)(walk_blanks(w, window + end) - window);
        if (at >= n) break;
        if (window[at] == '}') {
            at++;
            is_fine = true;
            break;
        }
        if (window[at] != ',') break;
        at = (uint32_t)(walk_blanks(w, window + at + 1) - window);
    }
end:
    w->next = q;
    x->step = (uint16_t)step;
    f->count = (size_t)(out - f->items);
    *p = window + at;
    return is_fine && at <= n;
}

bool WALK_MEMBERS(struct walking *x, const char **p)
{
    return x->is_guessing ? list_members(x, p, true) : list_members(x, p, false);
}
