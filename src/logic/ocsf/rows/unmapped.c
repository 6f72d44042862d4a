/* What has no place in the event: members of the row that nothing took, as they stand. Which they are is found for 64 at once, a bit for
 * each; those that follow one another in the row are copied in one piece. */
#include "logic/ocsf/codes/code_level.h"
#include "logic/ocsf/codes/pen.h"
#include "logic/ocsf/values/value.h"

/* A value that the mapping calls silent, of a column that nothing took. */
static bool says_nothing(struct map_scratch *s, const struct plan *p, uint16_t slot, struct str raw)
{
    for (size_t i = 0; i < p->silent_count; i++) {
        if (p->silent[i].slot != slot || raw.n > p->silent[i].raw_max) continue;
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
    if ((marks & SLOT_SILENT) && says_nothing(s, p, slot, row_slot(s, slot).raw)) return false;
    return !(marks & SLOT_OPENED) || !shape_is_used_up(s, slot);
}

static inline bool is_blank(const struct json_field *m)
{
    return m->flags & JSON_BLANK;
}

/* Those that go unless they are blank, a bit for each: members that nothing took. */
static uint64_t those_left(struct map_scratch *s, const struct plan *p, size_t batch)
{
    const struct row_batch *b = &s->layout->batches[batch];
    const uint16_t *slots = s->layout->slots + batch * ROW_BATCH;
    const struct json_field *m = s->members.items + batch * ROW_BATCH;
    uint64_t left = b->open & (~b->used | b->kept);
    for (uint64_t doubts = left & b->doubts; doubts; doubts &= doubts - 1) {
        unsigned i = (unsigned)__builtin_ctzll(doubts);
        if (is_blank(&m[i]) || !is_worth_it(s, p, slots[i], p->slot_marks[slots[i]])) left &= ~(doubts & -doubts);
    }
    return left;
}

/* Can be copied as it stands. */
static inline bool is_plain(const struct json_field *m)
{
    return (m->flags & JSON_TIGHT) && (m->type < JSON_ARRAY || (m->flags & JSON_COMPACT));
}

static void note_columns(struct map_scratch *s, const struct json_field *m, uint64_t left)
{
    for (; left; left &= left - 1) {
        const struct json_field *f = &m[__builtin_ctzll(left)];
        if (!is_blank(f) && row_place(s, f) == NO_SLOT)
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

/* Which of them are blank is chance: a blank one is written, too, but the next one over it. */
static inline void put_batch(struct pen *pen, const struct json_field *m, uint64_t left)
{
    const char *base = pen->s->members.base;
    char *w = pen->w;
    for (; left; left &= left - 1) {
        const struct json_field *f = &m[__builtin_ctzll(left)];
        const char *from = base + f->at;
        size_t bytes = f->end - f->at, kept = (size_t)is_blank(f) - 1;
        if (UNLIKELY(!is_plain(f) || (ptrdiff_t)bytes >= pen->end - w)) {
            pen->w = w;
            if (is_blank(f)) continue;
            if (!is_plain(f))
                put_member(pen, f);
            else if (!pen_more_room(pen, bytes))
                return;
            w = pen->w;
            if (!is_plain(f)) continue;
        }
        pen_fetch_ahead(from);
        pen_stride(w, from);
        pen_stride(w + STRIDE, from + STRIDE);
        for (size_t i = (size_t)2 * STRIDE; UNLIKELY(i < bytes); i += STRIDE) pen_stride(w + i, from + i);
        w[bytes] = ',';
        w += (bytes + 1) & kept;
    }
    pen->w = w;
}

void AT_LEVEL(unmapped)(struct map_scratch *s, const struct plan *p)
{
    static const char begin[STRIDE] = ",\"unmapped\":{";
    static const size_t begin_bytes = sizeof ",\"unmapped\":{" - 1;
    struct pen pen = {.s = s};
    const struct json_field *m = s->members.items;
    bool is_watched = s->drift && !p->is_base;
    if (!buf_reserve(&s->out, (size_t)4 * STRIDE)) return;
    pen_take(&pen);
    pen_stride(pen.w, begin);
    pen.w += begin_bytes;
    for (size_t i = 0; i < s->members.count; i += ROW_BATCH) {
        uint64_t left = those_left(s, p, i / ROW_BATCH);
        put_batch(&pen, m + i, left);
        if (is_watched) note_columns(s, m + i, left);
    }
    if (pen.w[-1] == ',')
        pen.w[-1] = '}'; /* in place of the last comma */
    else
        pen.w -= begin_bytes;
    pen_give(&pen);
}
