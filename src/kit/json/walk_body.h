/* The hot loop of the walk, once per level. The file that includes this has defined
 *
 *   same(p, text, mask)   do the bytes of the mask stand at p? May read 64 of both
 *   WALK_MEMBERS          the function's name
 *
 * A member is mostly `"Key":"..."` with the key that was expected. Then its key is one comparison, its value ends where the index
 * says, and a comma follows: no byte of it is looked at besides these. */
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { SIBLINGS = 8 }; /* where orders part, keys that are looked at before one is hashed */

/* What a value is found to be, in registers. */
struct found {
    uint32_t end; /* 0: something else */
    uint8_t type, flags;
};

/* A number below 10^15 or a word. */
static inline struct found short_value(const char *window, uint32_t value)
{
    const char *p = window + value;
    unsigned digits = digits_of_sixteen(p);
    if (digits > 0 && digits < 16 && (*p != '0' || digits == 1)) {
        bool is_whole = p[digits] == ',' || p[digits] == '}';
        return (struct found){is_whole ? value + digits : 0, JSON_NUMBER, 0};
    }
    if (memcmp(p, "null", 4) == 0) return (struct found){value + 4, JSON_NULL, JSON_BLANK};
    if (memcmp(p, "true", 4) == 0) return (struct found){value + 4, JSON_TRUE, 0};
    return (struct found){memcmp(p, "false", 5) == 0 ? value + 5 : 0, JSON_FALSE, 0};
}

static struct found long_value(struct walking *x, const char **where)
{
    struct found found = {0};
    const char *end = walk_other(x, where, &found.type, &found.flags);
    if (end) found.end = (uint32_t)(end - x->w->p);
    return found;
}

/* The key that stands at p with n bytes between its quotes, where no order is expected; 0: not where it is looked for first. */
static inline unsigned key_by_hash(const struct json_keys *k, const char *p, uint32_t n)
{
    if (n > JSON_KEY_TEXT - 3) return 0;
    unsigned key = k->table[walk_hash(p + 1, n)];
    return key && same(p, k->texts[key], k->items[key].mask) ? key : 0;
}

static inline __attribute__((always_inline)) bool list_members(struct walking *x, const char **p, bool is_guessing)
{
    struct json_walk *w = x->w;
    const char *window = w->p;
    const struct json_key *keys = x->k->items;
    const struct json_step *steps = x->k->steps, *step = &steps[x->step];
    const uint32_t *q = w->next;
    const uint32_t n = (uint32_t)w->n, limit = n << JSON_ENTRY_SHIFT;
    struct json_fields *f = x->fields;
    struct json_field *out = f->items;
    uint32_t at = (uint32_t)(*p + 1 - window);
    bool is_fine = false;
    f->base = window;
    at = (uint32_t)(walk_blanks(w, window + at) - window);
    if (window[at] == '}') {
        at++;
        is_fine = true;
        goto end;
    }
    for (;;) {
        uint32_t value, end;
        uint64_t rest; /* of the member; 0: its key is another */
        unsigned kind;
        if (is_guessing) {
            const struct json_step *next = step->expected;
            kind = next->kind;
            value = at + next->bytes;
            rest = next->rest;
            if (LIKELY(same(window + at, next->text, next->mask))) {
                step = next;
                goto known;
            } else {
                rest = 0;
                for (unsigned tries = 0; tries < SIBLINGS && next->other; tries++) {
                    next = &steps[next->other];
                    if (!same(window + at, next->text, next->mask)) continue;
                    step = next;
                    kind = next->kind;
                    value = at + next->bytes;
                    rest = next->rest;
                    break;
                }
            }
        } else {
            unsigned key = q[1] < limit ? key_by_hash(x->k, window + at, json_entry_at(q[1]) - at - 1) : 0;
            value = at + keys[key].bytes;
            kind = keys[key].kind;
            rest = key ? json_field_rest((uint16_t)key, JSON_STRING, JSON_TIGHT) : 0;
        }
        if (UNLIKELY(rest == 0)) {
            if (window[at] != '"') {
                uint32_t blanks = at;
                at = (uint32_t)(walk_blanks(w, window + at) - window);
                if (at == blanks || window[at] != '"') break;
                continue;
            }
            if (q[1] >= limit) break;
            w->next = q;
            x->step = (uint16_t)(step - steps);
            const char *behind = walk_unexpected_key(x, window + at);
            if (behind == NULL) break;
            value = (uint32_t)(behind - window);
            bool is_tight = value == json_entry_at(q[1]) + 2;
            rest = json_field_rest(x->key, JSON_STRING, is_tight ? JSON_TIGHT : 0);
            kind = x->kind;
            step = &steps[x->step];
        }
    known:
        if (UNLIKELY(kind)) {
            x->kind = (uint8_t)kind;
            rest |= json_field_rest(0, 0, walk_note(x, (size_t)(out - f->items)));
        }
    value:
        if (LIKELY(window[value] == '"')) {
            uint32_t close = q[3];
            if (UNLIKELY(close >= limit)) break;
            end = json_entry_at(close) + 1;
            unsigned flags = close & (JSON_ENTRY_ESCAPED | JSON_ENTRY_ODD);
            flags += (end == value + 2) * (unsigned)JSON_BLANK;
            rest |= json_field_rest(0, 0, (uint8_t)flags);
            q += 4;
        } else {
            if (UNLIKELY(q[1] >= limit)) break;
            if (UNLIKELY(json_is_blank(window[value]))) {
                value = (uint32_t)(walk_blanks(w, window + value) - window);
                rest &= ~json_field_rest(0, 0, JSON_TIGHT);
                if (value >= n) break;
                goto value;
            }
            struct found found = short_value(window, value);
            q += 2;
            if (UNLIKELY(found.end == 0)) {
                const char *where = window + value;
                w->next = q;
                x->kind = (uint8_t)kind;
                found = long_value(x, &where);
                q = w->next;
                if (found.end == 0) {
                    at = (uint32_t)(where - window);
                    break;
                }
            }
            end = found.end;
            rest ^= json_field_rest(0, JSON_STRING ^ found.type, 0);
            rest |= json_field_rest(0, 0, found.flags);
        }
        json_field_put(out, at, value, end, rest);
        out++;
        at = end + 1;
        if (LIKELY(window[end] == ',')) continue;
        at = (uint32_t)(walk_blanks(w, window + end) - window);
        if (at >= n) break;
        if (window[at] == '}') {
            at++;
            is_fine = !x->has_too_many_notes;
            break;
        }
        if (window[at] != ',') break;
        at++;
    }
end:
    w->next = q;
    x->step = (uint16_t)(step - steps);
    f->count = (size_t)(out - f->items);
    *p = window + at;
    return is_fine && at <= n;
}

bool WALK_MEMBERS(struct walking *x, const char **p)
{
    return x->is_guessing ? list_members(x, p, true) : list_members(x, p, false);
}
