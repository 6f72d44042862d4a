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
#include <string.h>

#include "kit/base/lanes.h"
#include "logic/ocsf/canonical.h"
#include "logic/ocsf/facts.h"

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
    switch (canonical_first[(unsigned char)text->p[0]]) {
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

/* As canonical_value, but what the text holds is kept for those who look into the column later. False: it is nothing. */
static bool add_column(struct map_scratch *s, const struct slot *slot)
{
    struct str inner = slot->type == JSON_STRING ? row_slot_json(s, slot) : STR_NONE;
    const struct json_outline *o;
    const struct json_node *n = inner.p ? row_node(s, inner, &o) : NULL;
    if (n) return canonical_node(s, o, n, 1);
    if (inner.p) return canonical_value(s, inner, json_type_of(inner), 1);
    return canonical_value(s, slot->raw, slot->type, 0);
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
                       canonical_first[(unsigned char)slot->raw.p[1]] | !is_plain;
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
    canonical_members(s, row, &m);
    for (size_t i = 0; i < m.count; i++) {
        bool is_double = i + 1 < m.count && str_eq(m.all[i].key, m.all[i + 1].key);
        if (is_double || row_is_outside_identity(p, m.all[i].key)) continue;
        size_t at = s->text.n;
        canonical_sized(s, 'k', m.all[i].key);
        if (!canonical_value(s, m.all[i].value, m.all[i].type, 0)) s->text.n = at;
    }
}

static void add_id(struct map_scratch *s, const struct plan *p)
{
    const struct slot *id = &s->slots[p->id_slot];
    (void)buf_add_char(&s->text, 'i');
    (void)canonical_value(s, id->raw, id->raw.p ? id->type : JSON_NULL, 0);
}

static void add_update(struct map_scratch *s, const struct plan *p)
{
    struct wall updated;
    if (row_time(s, p, &updated)) canonical_ticks(s, 'u', updated);
}

/* In lower case. */
static void add_name(struct map_scratch *s, char kind, struct str name)
{
    size_t at = s->text.n + MARK_BYTES;
    canonical_sized(s, kind, name);
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
