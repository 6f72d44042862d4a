/* What makes a row itself, and when it happened.
 *
 * A row comes by different ways (polling, streaming, a file) in different clothes: members in another order, null for
 * absent, a number as text, an object as text, times with more or fewer digits. The canonical form takes the clothes off:
 *
 *   nothing   absent, null, "", {}, [] and containers that hold only nothing
 *   1, 0      true, false, also as text
 *   numbers   as written, but without zeros at the end of a fraction
 *   times     ticks behind a 'T', whatever their digits
 *   text      as it is; if it holds an object or array: the canonical form of that
 *   {…}       members sorted by name, nothings and OData's sidecars left out
 *   […]       elements in order
 *
 * Texts carry their length, so that no two forms can be mistaken for one another. The identity is a SipHash of tenant,
 * source and the columns that the mapping names. Changing any of this changes every identity: rows would be stored twice. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/facts.h"

enum { CANONICAL_DEPTH_MAX = 200 }; /* of containers and texts inside texts together */

static bool add_canonical(struct map_scratch *s, struct str raw, enum json_type type, unsigned depth);

static void add_sized(struct map_scratch *s, char kind, struct str text)
{
    (void)buf_add_char(&s->text, kind);
    row_add_number(&s->text, (int64_t)text.n);
    (void)buf_add_char(&s->text, ':');
    (void)buf_add_str(&s->text, text);
}

/* ---- scalars ------------------------------------------------------------------------------------------------------------- */
static bool is_number(struct str text)
{
    if (text.n == 0 || text.n > 64 || (text.p[0] != '-' && (text.p[0] < '0' || text.p[0] > '9'))) return false;
    return json_check(text, NULL) && text.p[text.n - 1] >= '0' && text.p[text.n - 1] <= '9';
}

static void add_number(struct map_scratch *s, struct str text)
{
    bool has_exponent = memchr(text.p, 'e', text.n) || memchr(text.p, 'E', text.n);
    if (!has_exponent && memchr(text.p, '.', text.n)) {
        while (text.p[text.n - 1] == '0') text.n--;
        if (text.p[text.n - 1] == '.') text.n--;
    }
    if (str_eq(text, STR("-0"))) text = STR("0");
    add_sized(s, 's', text);
}

/* Only what has the length and marks of a time is looked at as one: a bare date or number is text. */
static bool add_time(struct map_scratch *s, struct str text)
{
    struct wall t;
    if (text.n < 19 || text.n > 40 || text.p[4] != '-' || text.p[7] != '-' || text.p[13] != ':' ||
        !wall_parse(text, &t))
        return false;
    (void)buf_add_char(&s->text, 'T');
    row_add_number(&s->text, t.ticks);
    return true;
}

static bool add_text(struct map_scratch *s, struct str raw, unsigned depth)
{
    struct str inner = depth < CANONICAL_DEPTH_MAX ? row_inner_json(s, raw, JSON_STRING) : STR_NONE;
    if (inner.p) return add_canonical(s, inner, json_type_of(inner), depth + 1);
    struct str text = json_unescape(&s->arena, raw);
    if (text.n == 0) return false;
    if (str_eq_nocase(text, STR("true"))) {
        add_sized(s, 's', STR("1"));
    } else if (str_eq_nocase(text, STR("false"))) {
        add_sized(s, 's', STR("0"));
    } else if (is_number(text)) {
        add_number(s, text);
    } else if (!add_time(s, text)) {
        add_sized(s, 's', text);
    }
    return true;
}

/* ---- containers ------------------------------------------------------------------------------------------------------------ */
struct pair {
    struct str key, value;
    enum json_type type;
    size_t order; /* of doubles the last one counts */
};

static int pair_cmp(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = str_cmp(x->key, y->key);
    if (order != 0) return order;
    return x->order < y->order ? -1 : 1;
}

static size_t count_members(struct str raw)
{
    struct json_cursor c;
    struct json_slice m;
    size_t n = 0;
    for (bool open = json_cursor_open(&c, raw); open && json_cursor_next(&c, &m);) n++;
    return n;
}

static struct pair *sorted_members(struct map_scratch *s, struct str raw, size_t *count_out)
{
    struct json_cursor c;
    struct json_slice m;
    size_t n = 0;
    struct pair *pairs = arena_alloc(&s->arena, (count_members(raw) + 1) * sizeof *pairs);
    if (pairs == NULL) {
        s->is_out_of_memory = true;
        return NULL;
    }
    for (bool open = json_cursor_open(&c, raw); open && json_cursor_next(&c, &m);) {
        if (row_is_sidecar(m.key)) continue;
        struct str key = json_unescape(&s->arena, (struct str){m.key.p - 1, m.key.n + 2});
        pairs[n] = (struct pair){key, m.value, m.type, n};
        n++;
    }
    qsort(pairs, n, sizeof *pairs, pair_cmp);
    *count_out = n;
    return pairs;
}

static bool add_object(struct map_scratch *s, struct str raw, unsigned depth)
{
    size_t count, from = s->text.n;
    struct pair *pairs = sorted_members(s, raw, &count);
    bool any = false;
    (void)buf_add_char(&s->text, '{');
    for (size_t i = 0; pairs && i < count; i++) {
        if (i + 1 < count && str_eq(pairs[i].key, pairs[i + 1].key)) continue;
        size_t at = s->text.n;
        add_sized(s, 'k', pairs[i].key);
        if (add_canonical(s, pairs[i].value, pairs[i].type, depth + 1))
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
    if (row_is_blank(raw, type)) return false;
    switch (type) {
    case JSON_NULL: return false;
    case JSON_TRUE: add_sized(s, 's', STR("1")); return true;
    case JSON_FALSE: add_sized(s, 's', STR("0")); return true;
    case JSON_NUMBER: add_number(s, raw); return true;
    case JSON_STRING: return add_text(s, raw, depth);
    case JSON_ARRAY: return add_array(s, raw, depth);
    case JSON_OBJECT: return add_object(s, raw, depth);
    }
    return false;
}

/* ---- identities ---------------------------------------------------------------------------------------------------------------- */
static struct str lower_copy(struct map_scratch *s, struct str text)
{
    char *copy = arena_copy(&s->arena, text.p, text.n);
    for (size_t i = 0; copy && i < text.n; i++) copy[i] = row_lower(copy[i]);
    return (struct str){copy, copy ? text.n : 0};
}

static void add_columns(struct map_scratch *s, const struct plan *p)
{
    for (size_t i = 0; i < p->identity_count; i++) {
        const struct slot *slot = &s->slots[p->identity[i]];
        size_t at = s->text.n;
        if (slot->raw.p == NULL) continue;
        add_sized(s, 'c', p->identity_names[i]);
        if (!add_canonical(s, slot->raw, slot->type, 0)) s->text.n = at;
    }
}

static bool is_without(const struct plan *p, struct str key)
{
    for (size_t i = 0; i < p->without_count; i++) {
        if (str_eq_nocase(p->without[i], key)) return true;
    }
    return false;
}

/* The whole row but for `without`: as an object is canonical. */
static void add_content(struct map_scratch *s, const struct plan *p, struct str row)
{
    size_t count = 0;
    struct pair *pairs = sorted_members(s, row, &count);
    for (size_t i = 0; pairs && i < count; i++) {
        if ((i + 1 < count && str_eq(pairs[i].key, pairs[i + 1].key)) || is_without(p, pairs[i].key)) continue;
        size_t at = s->text.n;
        add_sized(s, 'k', pairs[i].key);
        if (!add_canonical(s, pairs[i].value, pairs[i].type, 0)) s->text.n = at;
    }
}

bool plan_is_of_nothing(const struct plan *p)
{
    return plan_is_base(p);
}

bool plan_knows(const struct plan *p, struct str column)
{
    return shape_find(&p->shapes[0], column) != NO_SLOT;
}

bool plan_identifies(const struct plan *p, struct str column)
{
    for (size_t i = 0; i < p->identity_count; i++)
        if (str_eq_nocase(p->identity_names[i], column)) return true;
    return p->identity == NULL && !is_without(p, column);
}

static void add_update(struct map_scratch *s, const struct plan *p)
{
    struct wall updated;
    if (!row_time(s, p, &updated)) return;
    (void)buf_add_char(&s->text, 'u');
    row_add_number(&s->text, updated.ticks);
}

struct hash128 row_identity(struct map_scratch *s, struct str tenant_id, struct str source, struct str row)
{
    const struct plan *p = s->plan;
    buf_reset(&s->text);
    add_sized(s, 'o', lower_copy(s, plan_is_base(p) ? source : str_of(p->source)));
    add_sized(s, 't', lower_copy(s, tenant_id));
    if (p->identity) {
        add_columns(s, p);
    } else {
        if (p->id_slot != NO_SLOT) {
            (void)buf_add_char(&s->text, 'i');
            (void)add_canonical(s, s->slots[p->id_slot].raw,
                                s->slots[p->id_slot].raw.p ? s->slots[p->id_slot].type : JSON_NULL, 0);
        }
        if (p->counts_update) add_update(s, p);
        add_content(s, p, row);
    }
    struct hash128 h = hash128_of(s->text.p, s->text.n);
    buf_reset(&s->text);
    return h;
}

bool row_time(struct map_scratch *s, const struct plan *p, struct wall *out)
{
    for (size_t i = 0; i < p->cursor_count; i++) {
        const struct slot *slot = &s->slots[p->cursor_slots[i]];
        if (slot->raw.p == NULL || slot->type != JSON_STRING) continue;
        if (wall_parse(str_trim(json_unescape(&s->arena, slot->raw)), out)) return true;
    }
    return false;
}

struct map_scratch *map_scratch_new(void)
{
    struct map_scratch *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    arena_init(&s->arena, (size_t)256 << 20);
    buf_init(&s->out, EVENT_BYTES_MAX);
    buf_init(&s->row, (size_t)128 << 20);
    buf_init(&s->text, (size_t)128 << 20);
    return s;
}

void map_scratch_watch(struct map_scratch *s, struct drift *d)
{
    s->drift = d;
}

void map_scratch_free(struct map_scratch *s)
{
    if (s == NULL) return;
    arena_done(&s->arena);
    buf_done(&s->out);
    buf_done(&s->row);
    buf_done(&s->text);
    free(s->slots);
    free(s->loaded);
    row_reader_done(s);
    free(s->marks);
    free(s);
}

void plan_facts(const struct plan *p, struct map_scratch *s, struct str tenant_id, struct str source, struct str row,
                struct row_facts *out)
{
    struct row_facts facts = {0};
    arena_reset(&s->arena);
    s->is_out_of_memory = false;
    if (!row_read(s, p, row)) {
        *out = facts;
        return;
    }
    facts.identity = row_identity(s, tenant_id, source, row);
    facts.has_time = row_time(s, p, &facts.time);
    if (p->id_slot != NO_SLOT) {
        const struct slot *id = &s->slots[p->id_slot];
        if (id->raw.p && id->type == JSON_STRING && memchr(id->raw.p, '\\', id->raw.n) == NULL)
            facts.object_id = str_sub(id->raw, 1, id->raw.n - 2);
        if (id->raw.p && id->type == JSON_NUMBER) facts.object_id = id->raw;
    }
    *out = facts;
}
