/* What makes a row itself.
 *
 * A row comes by different ways (polling, streaming, a file) in different clothes: members in another order, null for
 * absent, a number as text, an object as text, times with more or fewer digits, needless escapes. The canonical form takes the
 * clothes off:
 *
 *   nothing   absent, null, "", {}, [] and containers that hold only nothing
 *   1, 0      true, false, also as text
 *   numbers   as written, but without zeros at the end of a fraction
 *   times     ticks behind a 'T', whatever their digits
 *   text      escaped no more than JSON asks for, so that most strings are hashed as they stand; if it holds an object or
 *             array: the canonical form of that
 *   {…}       members sorted by name, nothings and OData's sidecars left out
 *   […]       elements in order
 *
 * Texts carry their length, so that no two forms can be mistaken for one another. The identity is a hash (lanes.h) of tenant,
 * source and the columns that the mapping names. Changing any of this changes every identity: rows would be stored twice. */
#include <stdlib.h>
#include <string.h>

#include "kit/base/lanes.h"
#include "logic/ocsf/facts.h"
#include "logic/ocsf/pen.h"

enum {
    CANONICAL_DEPTH_MAX = 200, /* of containers and texts inside texts together */
    MARK_BYTES = 5,            /* a kind and a length */
    NUMBER_BYTES_MAX = 64,
};

static bool add_canonical(struct map_scratch *s, struct str raw, enum json_type type, unsigned depth);

/* ---- pieces --------------------------------------------------------------------------------------------------------------- */
static inline char *put_mark(char *w, char kind, size_t n)
{
    uint32_t length = (uint32_t)n; /* as it lies in memory, see lanes.c */
    *w = kind;
    memcpy(w + 1, &length, sizeof length);
    return w + MARK_BYTES;
}

static inline bool has_room(struct map_scratch *s, size_t n)
{
    return s->text.n + n + STRIDE <= s->text.cap || buf_reserve(&s->text, n + STRIDE);
}

static void add_sized(struct map_scratch *s, char kind, struct str text)
{
    if (!has_room(s, MARK_BYTES + text.n)) return;
    char *w = put_mark(s->text.p + s->text.n, kind, text.n);
    if (text.n) memcpy(w, text.p, text.n);
    s->text.n += MARK_BYTES + text.n;
}

static inline void add_word(struct map_scratch *s, uint64_t word)
{
    if (!has_room(s, sizeof word)) return;
    memcpy(s->text.p + s->text.n, &word, sizeof word);
    s->text.n += sizeof word;
}

/* What a text may be by its first byte. */
enum { ANY_TEXT, A_NUMBER, A_BOOL, AN_ESCAPE, ANYTHING };
static const unsigned char first_bytes[256] = {
    ['0'] = A_NUMBER,   ['1'] = A_NUMBER, ['2'] = A_NUMBER, ['3'] = A_NUMBER, ['4'] = A_NUMBER,
    ['5'] = A_NUMBER,   ['6'] = A_NUMBER, ['7'] = A_NUMBER, ['8'] = A_NUMBER, ['9'] = A_NUMBER,
    ['-'] = A_NUMBER,   ['t'] = A_BOOL,   ['T'] = A_BOOL,   ['f'] = A_BOOL,   ['F'] = A_BOOL,
    ['\\'] = AN_ESCAPE, [' '] = ANYTHING, ['{'] = ANYTHING, ['['] = ANYTHING,
};

/* ---- scalars -------------------------------------------------------------------------------------------------------------- */
static size_t digits_at(struct str text, size_t at)
{
    size_t n = 0;
    while (at + n < text.n && text.p[at + n] >= '0' && text.p[at + n] <= '9') n++;
    return n;
}

/* A number as JSON writes them, and what is in it. */
static bool is_number(struct str text, bool *has_point, bool *has_exponent)
{
    size_t i = text.n && text.p[0] == '-', n = digits_at(text, i);
    *has_point = *has_exponent = false;
    if (n == 0 || text.n > NUMBER_BYTES_MAX || (n > 1 && text.p[i] == '0')) return false;
    i += n;
    if (i < text.n && text.p[i] == '.') {
        *has_point = true;
        if ((n = digits_at(text, i + 1)) == 0) return false;
        i += 1 + n;
    }
    if (i < text.n && (text.p[i] == 'e' || text.p[i] == 'E')) {
        *has_exponent = true;
        i++;
        if (i < text.n && (text.p[i] == '+' || text.p[i] == '-')) i++;
        if ((n = digits_at(text, i)) == 0) return false;
        i += n;
    }
    return i == text.n;
}

static void add_number(struct map_scratch *s, struct str text, bool has_point, bool has_exponent)
{
    if (has_point && !has_exponent) {
        while (text.p[text.n - 1] == '0') text.n--;
        if (text.p[text.n - 1] == '.') text.n--;
    }
    if (str_eq(text, STR("-0"))) text = STR("0");
    add_sized(s, 's', text);
}

static void add_ticks(struct map_scratch *s, char kind, struct wall t)
{
    (void)buf_add_char(&s->text, kind);
    add_word(s, (uint64_t)t.ticks);
}

/* Only what has the length and marks of a time is looked at as one: a bare date or number is text. */
static bool add_time(struct map_scratch *s, struct str text)
{
    struct wall t;
    if (text.n < 19 || text.n > 40 || text.p[4] != '-' || text.p[7] != '-' || text.p[13] != ':' ||
        !wall_parse(text, &t))
        return false;
    add_ticks(s, 'T', t);
    return true;
}

/* Text that is a boolean, a number or a time. */
static bool add_meaning(struct map_scratch *s, struct str text)
{
    bool has_point, has_exponent;
    if (str_eq_nocase(text, STR("true"))) {
        add_sized(s, 's', STR("1"));
    } else if (str_eq_nocase(text, STR("false"))) {
        add_sized(s, 's', STR("0"));
    } else if (is_number(text, &has_point, &has_exponent)) {
        add_number(s, text, has_point, has_exponent);
    } else {
        return add_time(s, text);
    }
    return true;
}

static void add_escaped(struct map_scratch *s, struct str text)
{
    size_t from = s->text.n;
    add_sized(s, 's', STR(""));
    json_escape(&s->text, text);
    if (!s->text.failed) (void)put_mark(s->text.p + from, 's', s->text.n - from - MARK_BYTES);
}

static bool add_text(struct map_scratch *s, struct str raw, unsigned depth)
{
    struct str plain = str_sub(raw, 1, raw.n - 2);
    if (plain.n && first_bytes[(unsigned char)plain.p[0]] == ANY_TEXT && memchr(plain.p, '\\', plain.n) == NULL) {
        add_sized(s, 's', plain);
        return true;
    }
    struct str inner = depth < CANONICAL_DEPTH_MAX ? row_inner_json(s, raw, JSON_STRING) : STR_NONE;
    if (inner.p) return add_canonical(s, inner, json_type_of(inner), depth + 1);
    struct str text = json_unescape(&s->arena, raw);
    if (text.n == 0) return false;
    if (!add_meaning(s, text)) add_escaped(s, text);
    return true;
}

/* ---- containers ------------------------------------------------------------------------------------------------------------ */
enum { PAIRS_MAX = 16, FEW_PAIRS = 12 };
struct pair {
    struct str key, value;
    enum json_type type;
    size_t order; /* of doubles the last one counts */
};
struct pairs { /* the members of an object; few at first, in the room of whoever asks */
    struct pair few[PAIRS_MAX], *all;
    size_t count;
};

static int pair_cmp(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = str_cmp(x->key, y->key);
    if (order != 0) return order;
    return x->order < y->order ? -1 : 1;
}

static void sort_pairs(struct pair *pairs, size_t count)
{
    if (count > FEW_PAIRS) {
        qsort(pairs, count, sizeof *pairs, pair_cmp);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct pair one = pairs[i];
        size_t at = i;
        for (; at > 0 && pair_cmp(&pairs[at - 1], &one) > 0; at--) pairs[at] = pairs[at - 1];
        pairs[at] = one;
    }
}

/* Room for as many again. False: no memory. */
static bool more_pairs(struct map_scratch *s, struct pairs *p)
{
    if (p->count < PAIRS_MAX || (p->count & (p->count - 1)) != 0) return true;
    struct pair *more = arena_alloc(&s->arena, 2 * p->count * sizeof *more);
    if (more == NULL) {
        s->is_out_of_memory = true;
        return false;
    }
    memcpy(more, p->all, p->count * sizeof *more);
    p->all = more;
    return true;
}

static void sorted_members(struct map_scratch *s, struct str raw, struct pairs *p)
{
    struct json_cursor c;
    struct json_slice m;
    p->all = p->few;
    p->count = 0;
    for (bool open = json_cursor_open(&c, raw); open && json_cursor_next(&c, &m) && more_pairs(s, p);) {
        if (row_is_sidecar(m.key)) continue;
        struct str key = json_unescape(&s->arena, (struct str){m.key.p - 1, m.key.n + 2});
        p->all[p->count] = (struct pair){key, m.value, m.type, p->count};
        p->count++;
    }
    sort_pairs(p->all, p->count);
}

static bool add_object(struct map_scratch *s, struct str raw, unsigned depth)
{
    struct pairs p;
    size_t from = s->text.n;
    bool any = false;
    sorted_members(s, raw, &p);
    (void)buf_add_char(&s->text, '{');
    for (size_t i = 0; i < p.count; i++) {
        if (i + 1 < p.count && str_eq(p.all[i].key, p.all[i + 1].key)) continue;
        size_t at = s->text.n;
        add_sized(s, 'k', p.all[i].key);
        if (add_canonical(s, p.all[i].value, p.all[i].type, depth + 1))
            any = true;
        else
            s->text.n = at;
    }
    (void)buf_add_char(&s->text, '}');
    if (!any) s->text.n = from;
    return any;
}

static bool add_array(struct map_scratch *s, struct str raw, unsigned depth)
{
    struct json_cursor c;
    struct json_slice m;
    size_t from = s->text.n;
    bool any = false;
    (void)buf_add_char(&s->text, '[');
    for (bool open = json_cursor_open(&c, raw); open && json_cursor_next(&c, &m);) {
        any = add_canonical(s, m.value, m.type, depth + 1) || any;
        (void)buf_add_char(&s->text, ',');
    }
    (void)buf_add_char(&s->text, ']');
    if (!any) s->text.n = from;
    return any;
}

/* Appends the canonical form to s->text; false: it is nothing, and nothing was appended. Recursion is bounded by the depth
 * of checked JSON and by CANONICAL_DEPTH_MAX for texts that hold JSON that holds texts. */
static bool add_canonical(struct map_scratch *s, struct str raw, enum json_type type, unsigned depth)
{
    bool has_point, has_exponent;
    if (row_is_blank(raw, type)) return false;
    switch (type) {
    case JSON_NULL: return false;
    case JSON_TRUE: add_sized(s, 's', STR("1")); return true;
    case JSON_FALSE: add_sized(s, 's', STR("0")); return true;
    case JSON_NUMBER:
        if (is_number(raw, &has_point, &has_exponent))
            add_number(s, raw, has_point, has_exponent);
        else
            add_sized(s, 's', raw); /* longer than any that means something */
        return true;
    case JSON_STRING: return add_text(s, raw, depth);
    case JSON_ARRAY: return add_array(s, raw, depth);
    case JSON_OBJECT: return add_object(s, raw, depth);
    }
    return false;
}

/* ---- columns ------------------------------------------------------------------------------------------------------------------- */
/* How many digits 16 bytes begin with. */
static inline unsigned leading_digits(const char *p)
{
    static const uint64_t high = UINT64_C(0xF0F0F0F0F0F0F0F0), zeros = UINT64_C(0x3030303030303030),
                          six = UINT64_C(0x0606060606060606);
    for (unsigned at = 0; at < 16; at += 8) {
        uint64_t word;
        memcpy(&word, p + at, sizeof word);
        uint64_t others = ((word & high) ^ zeros) | (((word & ~high) + six) & high);
        if (others) return at + (unsigned)__builtin_ctzll(others) / 8;
    }
    return 16;
}

/* Behind a digit or '-': what is neither a time nor a number with a point, nor -0, is hashed as it stands. */
static inline bool stands_as_it_is(struct str text)
{
    bool has_sign = text.p[0] == '-';
    size_t digits = leading_digits(text.p + has_sign) + has_sign;
    if (UNLIKELY(digits >= 16)) digits += digits_at(text, digits);
    if (digits >= text.n) return !has_sign || text.n > 2;
    if (text.p[digits] != '.') return text.n < 19 || digits != 4 || text.p[digits] != '-';
    size_t end = digits + 1 + digits_at(text, digits + 1); /* of 16.0, or of an address or a version */
    return end < text.n && (text.p[end] | 0x20) != 'e';
}

/* How a column is hashed. */
enum clothes {
    AS_IT_STANDS,
    AS_A_TIME,
    BY_ITS_MEANING /* it wants a closer look */
};

/* Of what is no text that begins like one; `text`: what is hashed if it stands as it is. */
static inline enum clothes look_closer(const struct map_scratch *s, const struct slot *slot, struct str *text,
                                       int64_t *ticks)
{
    if (slot->type == JSON_NUMBER && slot->raw.n <= NUMBER_BYTES_MAX && stands_as_it_is(slot->raw)) {
        *text = slot->raw;
        return AS_IT_STANDS;
    }
    if (slot->type != JSON_STRING || (slot->flags & JSON_ODD)) return BY_ITS_MEANING;
    switch (first_bytes[(unsigned char)text->p[0]]) {
    case ANY_TEXT: return AS_IT_STANDS;
    case AN_ESCAPE: /* of a blank, perhaps, with JSON behind it */
        return text->p[1] == '"' || text->p[1] == '\\' ? AS_IT_STANDS : BY_ITS_MEANING;
    case A_BOOL: return text->n > 5 ? AS_IT_STANDS : BY_ITS_MEANING;
    case A_NUMBER:
        if ((slot->flags & JSON_ESCAPED) || stands_as_it_is(*text)) return AS_IT_STANDS;
        return digits_ticks(s->days, text->p, text->n, ticks) ? AS_A_TIME : BY_ITS_MEANING;
    default: return BY_ITS_MEANING;
    }
}

/* As add_canonical, but what the text holds is kept for those who look into the column later. False: it is nothing. */
static bool add_column(struct map_scratch *s, const struct slot *slot)
{
    struct str inner = slot->type == JSON_STRING ? row_slot_json(s, slot) : STR_NONE;
    if (inner.p) return add_canonical(s, inner, json_type_of(inner), 1);
    return add_canonical(s, slot->raw, slot->type, 0);
}

static void add_any_column(struct map_scratch *s, uint64_t name, const struct slot *slot)
{
    size_t at = s->text.n;
    struct wall t;
    add_word(s, name);
    if (!add_column(s, slot)) s->text.n = at;
    bool is_time = s->text.n == at + sizeof name + 1 + sizeof t.ticks && s->text.p[at + sizeof name] == 'T';
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (is_time && wall_parse(text, &t) && t.ticks >= 0)
        digits_keep_day(s->days, text.p, text.n, t.ticks / WALL_TICKS_PER_MS);
}

/* Room for the columns from here on, if all of them stand as they are: none is longer than in the row. */
static bool columns_room(struct map_scratch *s, size_t columns, struct str row)
{
    return has_room(s, columns * (sizeof(uint64_t) + MARK_BYTES) + row.n);
}

/* Most columns are strings that are hashed as they stand. */
static void add_columns(struct map_scratch *s, const struct plan *p, struct str row, bool is_plain)
{
    const struct slot *slots = s->slots;
    if (!columns_room(s, p->identity_count, row)) return;
    char *w = s->text.p + s->text.n;
    for (size_t i = 0; i < p->identity_count; i++) {
        const struct slot *slot = &slots[p->identity[i]];
        if ((slot->raw.p == NULL) | slot->is_blank) continue;
        struct str text = {slot->raw.p + 1, slot->raw.n - 2};
        unsigned odd = (unsigned)(slot->type ^ JSON_STRING) | (slot->flags & JSON_ODD) |
                       first_bytes[(unsigned char)slot->raw.p[1]] | !is_plain;
        if (UNLIKELY(odd)) {
            int64_t ticks;
            enum clothes how = is_plain ? look_closer(s, slot, &text, &ticks) : BY_ITS_MEANING;
            if (how == AS_A_TIME) {
                memcpy(w, &p->identity_words[i], sizeof p->identity_words[i]);
                w += sizeof p->identity_words[i];
                *w = 'T';
                memcpy(w + 1, &ticks, sizeof ticks);
                w += 1 + sizeof ticks;
                continue;
            }
            if (how == BY_ITS_MEANING) {
                s->text.n = (size_t)(w - s->text.p);
                add_any_column(s, p->identity_words[i], slot);
                if (!columns_room(s, p->identity_count - i, row)) return;
                w = s->text.p + s->text.n;
                continue;
            }
        }
        memcpy(w, &p->identity_words[i], sizeof p->identity_words[i]);
        w = pen_copy(put_mark(w + sizeof(uint64_t), 's', text.n), text.p, text.n);
    }
    s->text.n = (size_t)(w - s->text.p);
}

bool row_is_outside_identity(const struct plan *p, struct str key)
{
    for (size_t i = 0; i < p->without_count; i++) {
        if (str_eq_nocase(p->without[i], key)) return true;
    }
    return false;
}

/* The whole row but for `without`: as an object is canonical. */
static void add_content(struct map_scratch *s, const struct plan *p, struct str row)
{
    struct pairs m;
    sorted_members(s, row, &m);
    for (size_t i = 0; i < m.count; i++) {
        bool is_double = i + 1 < m.count && str_eq(m.all[i].key, m.all[i + 1].key);
        if (is_double || row_is_outside_identity(p, m.all[i].key)) continue;
        size_t at = s->text.n;
        add_sized(s, 'k', m.all[i].key);
        if (!add_canonical(s, m.all[i].value, m.all[i].type, 0)) s->text.n = at;
    }
}

static void add_id(struct map_scratch *s, const struct plan *p)
{
    const struct slot *id = &s->slots[p->id_slot];
    (void)buf_add_char(&s->text, 'i');
    (void)add_canonical(s, id->raw, id->raw.p ? id->type : JSON_NULL, 0);
}

static void add_update(struct map_scratch *s, const struct plan *p)
{
    struct wall updated;
    if (row_time(s, p, &updated)) add_ticks(s, 'u', updated);
}

/* In lower case. */
static void add_name(struct map_scratch *s, char kind, struct str name)
{
    size_t at = s->text.n + MARK_BYTES;
    add_sized(s, kind, name);
    for (size_t i = at; i < s->text.n; i++) s->text.p[i] = row_lower(s->text.p[i]);
}

/* Whose and of which table: the same for row after row of a plan. */
static void add_head(struct map_scratch *s, struct str tenant_id, struct str source)
{
    struct identity_head *h = &s->heads[s->plan->serial % IDENTITY_HEADS];
    if (h->plan == s->plan->serial && str_eq(buf_str(&h->tenant), tenant_id)) {
        (void)buf_add_str(&s->text, buf_str(&h->text));
        return;
    }
    add_name(s, 'o', source);
    add_name(s, 't', tenant_id);
    buf_reset(&h->text);
    buf_reset(&h->tenant);
    bool is_kept =
        !plan_is_base(s->plan) && buf_add_str(&h->text, buf_str(&s->text)) && buf_add_str(&h->tenant, tenant_id);
    h->plan = is_kept ? s->plan->serial : 0;
}

struct hash128 row_identity(struct map_scratch *s, struct str tenant_id, struct str source, struct str row,
                            bool has_slack)
{
    const struct plan *p = s->plan;
    buf_reset(&s->text);
    add_head(s, tenant_id, plan_is_base(p) ? source : str_of(p->source));
    if (p->identity) {
        add_columns(s, p, row, has_slack);
    } else {
        if (p->id_slot != NO_SLOT) add_id(s, p);
        if (p->counts_update) add_update(s, p);
        add_content(s, p, row);
    }
    struct hash128 h = lanes_of(s->text.p, s->text.n);
    buf_reset(&s->text);
    return h;
}
