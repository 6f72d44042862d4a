/* The columns that a mapping lists, in the form that is hashed (identity.c). */
#include <string.h>

#include "logic/ocsf/codes/code_level.h"
#include "logic/ocsf/rows/canonical.h"

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
void AT_LEVEL(identity_columns)(struct map_scratch *s, const struct plan *p, struct str row, bool is_plain)
{
    const struct row_members members = row_members(s);
    if (!columns_room(s, p->identity_count, row)) return;
    char *w = s->text.p + s->text.n;
    for (size_t i = 0; i < p->identity_count; i++) {
        const struct json_field *f = row_member(members, p->identity[i]);
        if (f->flags & JSON_BLANK) continue;
        struct str text = {members.base + f->value + 1, f->end - f->value - (size_t)2};
        unsigned odd = (unsigned)(f->type ^ JSON_STRING) | (f->flags & JSON_ODD) |
                       canonical_first[(unsigned char)*text.p] | !is_plain;
        if (UNLIKELY(odd)) {
            const struct slot slot = row_column(members, p->identity[i]);
            int64_t ticks;
            enum clothes how = is_plain ? look_closer(s, &slot, &text, &ticks) : BY_ITS_MEANING;
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
                add_any_column(s, p->identity_words[i], &slot);
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
