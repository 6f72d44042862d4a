/* What has no place in the event: members of the row that nothing took, as they stand. Which they are is found for 64 at once, a bit for
 * each; those that follow one another in the row are copied in one piece. */
#include "logic/ocsf/around.h"

#include "logic/ocsf/pen.h"
#include "logic/ocsf/value.h"

enum { BATCH = 64 };

/* A value that the mapping calls silent, of a column that nothing took. */
static bool says_nothing(struct map_scratch *s, const struct plan *p, uint16_t slot, struct str raw)
{
    for (size_t i = 0; i < p->silent_count; i++) {
        if (p->silent[i].slot != slot) continue;
        struct value v = value_of_token(raw);
        struct str text = value_text(s, &v);
        for (size_t j = 0; j < p->silent[i].count; j++) {
            if (str_eq_nocase(text, p->silent[i].words[j])) return true;
        }
    }
    return false;
}

/* Of a column that nothing took. */
static bool is_worth_it(struct map_scratch *s, const struct plan *p, uint16_t slot, uint8_t marks)
{
    if ((marks & SLOT_SILENT) && says_nothing(s, p, slot, s->slots[slot].raw)) return false;
    return !(marks & SLOT_OPENED) || !shape_is_used_up(s, slot);
}

/* Without branches but for those that hardly any column needs. */
static inline bool is_left(struct map_scratch *s, const struct plan *p, const struct json_field *m)
{
    static_assert(SLOT_KEPT == 1, "kept takes away the bit of what is used");
    uint16_t known = row_place(s, m);
    bool is_known = known != NO_SLOT, is_dead = (m->flags & JSON_BLANK) || row_is_about_another(m);
    uint16_t place = is_known ? known : 0;
    const struct slot *slot = &s->slots[place];
    uint8_t marks = p->slot_marks[place];
    bool is_double = slot->raw.p != s->members.base + m->value; /* the last one counts */
    unsigned taken = (unsigned)is_double | (marks & SLOT_DROPPED) | (slot->is_used & ~marks);
    if (is_dead | (is_known & (taken != 0))) return false;
    bool has_doubt = is_known & ((marks & (SLOT_SILENT | SLOT_OPENED)) != 0) & !(marks & SLOT_KEPT);
    return LIKELY(!has_doubt) || is_worth_it(s, p, place, marks);
}

struct batch {
    uint64_t left;   /* goes to unmapped */
    uint64_t plain;  /* can be copied as it stands */
    uint64_t behind; /* follows the member before it, a comma between them */
};

static struct batch look_at(struct map_scratch *s, const struct plan *p, const struct json_field *m, size_t count)
{
    struct batch b = {0};
    for (size_t i = 0; i < count; i++) {
        bool is_container = m[i].type >= JSON_ARRAY;
        bool is_plain = (m[i].flags & JSON_TIGHT) && (!is_container || (m[i].flags & JSON_COMPACT));
        b.left |= (uint64_t)is_left(s, p, &m[i]) << i;
        b.plain |= (uint64_t)is_plain << i;
        b.behind |= (uint64_t)(i > 0 && m[i].at == m[i - 1].end + 1) << i;
    }
    return b;
}

static void note_columns(struct map_scratch *s, const struct json_field *m, uint64_t left)
{
    for (; left; left &= left - 1) {
        const struct json_field *f = &m[__builtin_ctzll(left)];
        if (row_place(s, f) == NO_SLOT)
            drift_note(s->drift, DRIFT_COLUMN, json_field_key(&s->members, f), STR_NONE,
                       json_field_value(&s->members, f));
    }
}

/* One that has blanks in it; with a comma behind it. */
static void put_member(struct pen *pen, const struct json_field *m)
{
    struct map_scratch *s = pen->s;
    struct str value = json_field_value(&s->members, m);
    pen_give(pen);
    (void)buf_add_char(&s->out, '"');
    (void)buf_add_str(&s->out, json_field_key(&s->members, m));
    (void)buf_add(&s->out, "\":", 2);
    (void)buf_add_str(&s->out, m->type >= JSON_ARRAY ? value_compact(s, value) : value);
    (void)buf_add_char(&s->out, ',');
    pen_take(pen);
}

static void put_batch(struct pen *pen, const struct json_field *m, const struct batch *b)
{
    const char *base = pen->s->members.base;
    uint64_t left = b->left, joins = left & b->plain & b->behind; /* the piece of the one before, if that has one */
    while (left) {
        unsigned first = (unsigned)__builtin_ctzll(left), count = 1;
        if (UNLIKELY(!(b->plain >> first & 1))) {
            put_member(pen, &m[first]);
        } else {
            count += (unsigned)__builtin_ctzll(~(joins >> first >> 1));
            const char *from = base + m[first].at;
            size_t bytes = (size_t)(base + m[first + count - 1].end - from);
            if (!pen_has_room(pen, bytes + 1)) return;
            pen->w = pen_copy(pen->w, from, bytes);
            *pen->w++ = ',';
        }
        left &= ~(UINT64_MAX >> (BATCH - count) << first);
    }
}

void around_unmapped(struct map_scratch *s, const struct plan *p)
{
    static const char begin[STRIDE] = ",\"unmapped\":{";
    static const size_t begin_bytes = sizeof ",\"unmapped\":{" - 1;
    struct pen pen = {.s = s};
    const struct json_field *m = s->members.items;
    bool is_watched = s->drift && !plan_is_base(p), any = false;
    if (!buf_reserve(&s->out, (size_t)4 * STRIDE)) return;
    pen_take(&pen);
    for (size_t i = 0; i < s->members.count; i += BATCH) {
        size_t count = s->members.count - i;
        struct batch b = look_at(s, p, m + i, count < BATCH ? count : BATCH);
        if (b.left == 0) continue;
        if (!any) pen.w = pen_copy(pen.w, begin, begin_bytes);
        any = true;
        put_batch(&pen, m + i, &b);
        if (is_watched) note_columns(s, m + i, b.left);
    }
    if (any) pen.w[-1] = '}'; /* in place of the last comma */
    pen_give(&pen);
}
