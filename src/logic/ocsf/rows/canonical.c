/* The canonical forms that identity.c tells of. */
#include "logic/ocsf/rows/canonical.h"

#include <stdlib.h>
#include <string.h>

const unsigned char canonical_first[256] = {
    ['0'] = A_NUMBER,   ['1'] = A_NUMBER, ['2'] = A_NUMBER, ['3'] = A_NUMBER, ['4'] = A_NUMBER,
    ['5'] = A_NUMBER,   ['6'] = A_NUMBER, ['7'] = A_NUMBER, ['8'] = A_NUMBER, ['9'] = A_NUMBER,
    ['-'] = A_NUMBER,   ['t'] = A_BOOL,   ['T'] = A_BOOL,   ['f'] = A_BOOL,   ['F'] = A_BOOL,
    ['\\'] = AN_ESCAPE, [' '] = ANYTHING, ['{'] = ANYTHING, ['['] = ANYTHING,
};

void canonical_sized(struct map_scratch *s, char kind, struct str text)
{
    if (!has_room(s, MARK_BYTES + text.n)) return;
    char *w = put_mark(s->text.p + s->text.n, kind, text.n);
    if (text.n) memcpy(w, text.p, text.n);
    s->text.n += MARK_BYTES + text.n;
}

/* ---- scalars -------------------------------------------------------------------------------------------------------------- */
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
    canonical_sized(s, 's', text);
}

void canonical_ticks(struct map_scratch *s, char kind, struct wall t)
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
    canonical_ticks(s, 'T', t);
    return true;
}

/* Text that is a boolean, a number or a time. */
static bool add_meaning(struct map_scratch *s, struct str text)
{
    bool has_point, has_exponent;
    if (str_eq_nocase(text, STR("true"))) {
        canonical_sized(s, 's', STR("1"));
    } else if (str_eq_nocase(text, STR("false"))) {
        canonical_sized(s, 's', STR("0"));
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
    canonical_sized(s, 's', STR(""));
    json_escape(&s->text, text);
    if (!s->text.failed) (void)put_mark(s->text.p + from, 's', s->text.n - from - MARK_BYTES);
}

/* The same of a text as it stands: "\/" loses its backslash, all other escapes stay. False: there is a \u, which may be anything. */
static bool add_unslashed(struct map_scratch *s, struct str text)
{
    size_t from = s->text.n;
    if (!has_room(s, MARK_BYTES + text.n)) return true;
    char *w = s->text.p + from + MARK_BYTES;
    for (const char *p = text.p, *end = text.p + text.n; p < end; p += 2) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(w, p, plain);
        w += plain;
        p += plain;
        if (slash == NULL) break;
        if (p[1] == 'u') return false;
        if (p[1] != '/') *w++ = '\\';
        *w++ = p[1];
    }
    s->text.n = (size_t)(w - s->text.p);
    (void)put_mark(s->text.p + from, 's', s->text.n - from - MARK_BYTES);
    return true;
}

static bool add_text(struct map_scratch *s, struct str raw, unsigned depth)
{
    struct str plain = str_sub(raw, 1, raw.n - 2);
    unsigned first = plain.n ? canonical_first[(unsigned char)plain.p[0]] : ANYTHING;
    bool is_text = first == ANY_TEXT || (first == AN_ESCAPE && plain.p[1] == '/');
    if (is_text && add_unslashed(s, plain)) return true;
    struct str inner = depth < CANONICAL_DEPTH_MAX ? row_inner_json(s, raw, JSON_STRING) : STR_NONE;
    if (inner.p) return canonical_value(s, inner, json_type_of(inner), depth + 1);
    struct str text = json_unescape(&s->arena, raw);
    if (text.n == 0) return false;
    if (!add_meaning(s, text)) add_escaped(s, text);
    return true;
}

/* ---- containers ------------------------------------------------------------------------------------------------------------ */
enum { FEW_PAIRS = 12 };

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

void canonical_members(struct map_scratch *s, struct str raw, struct pairs *p)
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
    canonical_members(s, raw, &p);
    (void)buf_add_char(&s->text, '{');
    for (size_t i = 0; i < p.count; i++) {
        if (i + 1 < p.count && str_eq(p.all[i].key, p.all[i + 1].key)) continue;
        size_t at = s->text.n;
        canonical_sized(s, 'k', p.all[i].key);
        if (canonical_value(s, p.all[i].value, p.all[i].type, depth + 1))
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
        any = canonical_value(s, m.value, m.type, depth + 1) || any;
        (void)buf_add_char(&s->text, ',');
    }
    (void)buf_add_char(&s->text, ']');
    if (!any) s->text.n = from;
    return any;
}

/* Appends the canonical form to s->text; false: it is nothing, and nothing was appended. Recursion is bounded by the depth
 * of checked JSON and by CANONICAL_DEPTH_MAX for texts that hold JSON that holds texts. */
bool canonical_value(struct map_scratch *s, struct str raw, enum json_type type, unsigned depth)
{
    bool has_point, has_exponent;
    if (row_is_blank(raw, type)) return false;
    switch (type) {
    case JSON_NULL: return false;
    case JSON_TRUE: canonical_sized(s, 's', STR("1")); return true;
    case JSON_FALSE: canonical_sized(s, 's', STR("0")); return true;
    case JSON_NUMBER:
        if (is_number(raw, &has_point, &has_exponent))
            add_number(s, raw, has_point, has_exponent);
        else
            canonical_sized(s, 's', raw); /* longer than any that means something */
        return true;
    case JSON_STRING: return add_text(s, raw, depth);
    case JSON_ARRAY: return add_array(s, raw, depth);
    case JSON_OBJECT: return add_object(s, raw, depth);
    }
    return false;
}

/* ---- listed ------------------------------------------------------------------------------------------------------------------ */
enum { SORTED_MAX = 64 };
struct listed { /* a member: its name's first eight bytes, as they sort */
    uint64_t head;
    const struct json_node *node;
};

static uint64_t head_of(struct str key)
{
    uint64_t word;
    memcpy(&word, key.p, sizeof word); /* what is listed has slack behind it */
    if (key.n < sizeof word) word &= (UINT64_C(1) << 8 * key.n) - 1;
    return __builtin_bswap64(word);
}

static int listed_cmp(const struct json_outline *o, const struct listed *a, const struct listed *b)
{
    if (a->head != b->head) return a->head < b->head ? -1 : 1;
    return str_cmp(json_node_key(o, a->node), json_node_key(o, b->node));
}

/* Its members sorted by name, of one name in their order; how many. SORTED_MAX: that many or more. */
static size_t sort_members(const struct json_outline *o, const struct json_node *n, struct listed *out)
{
    size_t count = 0;
    for (const struct json_node *m = n + 1, *end = o->nodes + n->next; m < end && count < SORTED_MAX;
         m = o->nodes + m->next) {
        struct str key = json_node_key(o, m);
        if (row_is_sidecar(key)) continue;
        struct listed one = {head_of(key), m};
        size_t at = count++;
        for (; at > 0 && listed_cmp(o, &out[at - 1], &one) > 0; at--) out[at] = out[at - 1];
        out[at] = one;
    }
    return count;
}

static bool listed_object(struct map_scratch *s, const struct json_outline *o, const struct json_node *n,
                          unsigned depth)
{
    struct listed members[SORTED_MAX];
    size_t from = s->text.n, count = sort_members(o, n, members);
    bool any = false;
    if (count == SORTED_MAX) return add_object(s, json_node_value(o, n), depth);
    (void)buf_add_char(&s->text, '{');
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && listed_cmp(o, &members[i], &members[i + 1]) == 0) continue;
        size_t at = s->text.n;
        canonical_sized(s, 'k', json_node_key(o, members[i].node));
        if (canonical_node(s, o, members[i].node, depth + 1))
            any = true;
        else
            s->text.n = at;
    }
    (void)buf_add_char(&s->text, '}');
    if (!any) s->text.n = from;
    return any;
}

static bool listed_array(struct map_scratch *s, const struct json_outline *o, const struct json_node *n, unsigned depth)
{
    size_t from = s->text.n;
    bool any = false;
    (void)buf_add_char(&s->text, '[');
    for (const struct json_node *m = n + 1, *end = o->nodes + n->next; m < end; m = o->nodes + m->next) {
        any = canonical_node(s, o, m, depth + 1) || any;
        (void)buf_add_char(&s->text, ',');
    }
    (void)buf_add_char(&s->text, ']');
    if (!any) s->text.n = from;
    return any;
}

bool canonical_node(struct map_scratch *s, const struct json_outline *o, const struct json_node *n, unsigned depth)
{
    struct str raw = json_node_value(o, n);
    if (n->flags & JSON_BLANK) return false;
    if (n->type == JSON_OBJECT) return listed_object(s, o, n, depth);
    if (n->type == JSON_ARRAY) return listed_array(s, o, n, depth);
    struct str text = n->type == JSON_STRING ? (struct str){raw.p + 1, raw.n - 2} : raw;
    unsigned first = canonical_first[(unsigned char)text.p[0]];
    bool is_text = n->type == JSON_STRING && !(n->flags & JSON_ESCAPED) && first == ANY_TEXT;
    bool is_digits = first == A_NUMBER && (n->type == JSON_STRING || n->type == JSON_NUMBER) &&
                     !(n->flags & JSON_ESCAPED) && text.n <= NUMBER_BYTES_MAX && stands_as_it_is(text);
    if (!is_text && !is_digits) return canonical_value(s, raw, (enum json_type)n->type, depth);
    canonical_sized(s, 's', text);
    return true;
}
