/* Leaves, with care: each in the form it is expected, everything else is for its op to judge. */
#include "logic/ocsf/codes/code_leaf.h"

#include <string.h>

#include "logic/ocsf/codes/look.h"

enum { NUMBER_BYTES = 24 };

static inline bool is_dash(struct str raw)
{
    return raw.n == 3 && raw.p[1] == '-';
}

/* Nothing but zeros and points, as `nonzero` has it. */
static bool is_zero(const char *p, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && (p[zeros] == '0' || p[zeros] == '.')) zeros++;
    return zeros == n;
}

/* Key, value and what stands behind it. */
static inline enum answer put_raw(struct pen *pen, const struct code *c, struct str raw)
{
    if (!pen_has_room(pen, c->key_n + raw.n + CODE_TAIL_MAX)) return ASK;
    char *w = pen_copy(pen->w, c->key, c->key_n);
    pen->w = put_tail(pen_copy(w, raw.p, raw.n), c);
    return WRITTEN;
}

/* A text that stands somewhere else, or a number or a boolean as text. */
static enum answer put_quoted(struct pen *pen, const struct code *c, struct str text)
{
    if (!pen_has_room(pen, c->key_n + text.n + 2 + CODE_TAIL_MAX)) return ASK;
    char *w = pen_copy(pen->w, c->key, c->key_n);
    *w++ = '"';
    memcpy(w, text.p, text.n);
    w += text.n;
    *w++ = '"';
    pen->w = put_tail(w, c);
    return WRITTEN;
}

/* What the column holds says nothing, and does not go to unmapped either: used for good, as first_value has it. */
static enum answer nothing(struct map_scratch *s, const struct code *c)
{
    row_use(s, c->slot);
    return ABSENT;
}

/* One of the words, letter case ignored; of a text without escapes. */
static bool is_silent(struct str words, struct str text)
{
    for (size_t i = 0, end; i < words.n; i = end + 1) {
        for (end = i; end < words.n && words.p[end] != ' ';) end++;
        if (end - i == text.n && str_eq_nocase(str_sub(words, i, text.n), text)) return true;
    }
    return false;
}

/* Any value but text that may hold JSON. */
static inline enum answer put_json(struct pen *pen, const struct code *c, const struct slot *slot)
{
    char begin = slot->type == JSON_STRING ? slot->raw.p[1] : '{';
    bool is_bare = slot->type == JSON_NUMBER || slot->type == JSON_TRUE || slot->type == JSON_FALSE;
    if (!is_bare && (begin == '{' || begin == '[' || begin == '\\' || begin == ' ')) return ASK;
    return put_raw(pen, c, slot->raw);
}

static inline enum answer put_text(struct pen *pen, const struct code *c, const struct code_more *more,
                                   const struct slot *slot)
{
    struct str raw = slot->raw;
    if (UNLIKELY(slot->type != JSON_STRING)) {
        if (slot->type == JSON_ARRAY || slot->type == JSON_OBJECT || raw.n > more->length_max) return ASK;
        if (more->is_nonzero && is_zero(raw.p, raw.n)) return nothing(pen->s, c);
        return put_quoted(pen, c, raw);
    }
    if (UNLIKELY(is_dash(raw))) return ABSENT;
    bool may_be_dash = raw.n == 8 && raw.p[1] == '\\'; /* "\u002d" */
    if (UNLIKELY(may_be_dash || raw.n - 2 > more->length_max)) return ASK;
    if (more->is_nonzero && raw.p[1] == '\\') return ASK;
    if (more->is_nonzero && is_zero(raw.p + 1, raw.n - 2)) return nothing(pen->s, c);
    return put_raw(pen, c, raw);
}

static inline bool is_escaped(const struct slot *slot)
{
    return slot->flags & JSON_ESCAPED;
}

static inline enum answer put_typed(struct pen *pen, const struct code *c, const struct code_more *more,
                                    const struct slot *slot)
{
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (slot->type != JSON_STRING || is_escaped(slot) || slot->raw.n - 2 > more->length_max) return ASK;
    if (look_matches(more->type->pattern, text)) return put_raw(pen, c, slot->raw);
    if (text.p[0] == ' ' || text.p[text.n - 1] == ' ' || !schema_pattern_matches(more->type->pattern, text)) return ASK;
    return put_raw(pen, c, slot->raw);
}

/* Digits only, and so few that they fit. */
static inline bool is_whole(const char *p, size_t n, bool is_long)
{
    if (n == 0 || n > (is_long ? 18u : 9u)) return false;
    bool is_fine = digits_only(p, n < 8 ? n : 8);
    if (n > 8) is_fine = is_fine && digits_only(p + n - 8, 8);
    if (n > 16) is_fine = is_fine && digits_only(p + 8, 8);
    return is_fine && (n == 1 || p[0] != '0');
}

static inline int64_t digits_value(const char *p, size_t n)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (p[i] - '0');
    return v;
}

static inline enum answer put_digits(struct pen *pen, const struct code *c, const struct code_more *more,
                                     struct str text)
{
    if (!is_whole(text.p, text.n, more->is_long)) return ASK;
    if (text.n == 1 && text.p[0] == '0' && more->is_nonzero) return nothing(pen->s, c);
    if (UNLIKELY(more->type->has_range)) {
        int64_t n = digits_value(text.p, text.n);
        if (n == 0 || n < more->type->low || n > more->type->high) return ASK;
    }
    return put_raw(pen, c, text);
}

static inline enum answer put_number(struct pen *pen, const struct code *c, const struct code_more *more,
                                     const struct slot *slot)
{
    if (slot->type == JSON_NUMBER) return put_digits(pen, c, more, slot->raw);
    if (slot->type != JSON_STRING) return ASK;
    return put_digits(pen, c, more, (struct str){slot->raw.p + 1, slot->raw.n - 2});
}

static inline enum answer put_bool(struct pen *pen, const struct code *c, const struct slot *slot)
{
    static const char yes[STRIDE] = "true", no[STRIDE] = "false";
    bool is_true = slot->type == JSON_TRUE, is_false = slot->type == JSON_FALSE;
    if (slot->type == JSON_NUMBER && slot->raw.n == 1) {
        is_true = slot->raw.p[0] == '1';
        is_false = slot->raw.p[0] == '0';
    }
    if (!is_true && !is_false) return ASK;
    return put_raw(pen, c, is_true ? (struct str){yes, 4} : (struct str){no, 5});
}

/* What the steps in front of the table make of a text without escapes. */
static struct str word_part(struct map_scratch *s, const struct chain *chain, struct str text)
{
    for (size_t i = 0; i + 1 < chain->step_count && text.n; i++)
        text = convert_text(chain->steps[i].converter)(s, &chain->steps[i], text);
    return text;
}

static inline enum answer put_word(struct pen *pen, const struct code *c, const struct code_more *more,
                                   const struct slot *slot)
{
    struct word_code w;
    struct str text = slot->raw;
    if (slot->type == JSON_STRING)
        text = (struct str){text.p + 1, text.n - 2};
    else if (slot->type == JSON_ARRAY || slot->type == JSON_OBJECT)
        return ASK;
    if (more->parts) {
        if (is_escaped(slot)) return ASK;
        text = word_part(pen->s, more->parts, text);
        if (text.n == 0) return ABSENT;
    }
    bool is_nothing = more->words->else_nothing && !is_escaped(slot) && pen->s->drift == NULL;
    if (!word_code_of(text, &w)) return is_nothing ? ABSENT : ASK;
    for (uint32_t i = word_code_hash(&w) & more->words->mask;; i = (i + 1) & more->words->mask) {
        const struct word_code *known = &more->words->items[i];
        if (known->length == 0) return is_nothing ? ABSENT : ASK;
        if (known->head != w.head || known->tail != w.tail || known->length != w.length) continue;
        if (known->text.p == NULL) return ABSENT;
        return put_raw(pen, c, known->text);
    }
}

static inline enum answer put_person(struct pen *pen, const struct code *c, const struct code_more *more,
                                     const struct slot *slot)
{
    struct str raw = slot->raw;
    if (slot->type != JSON_STRING || is_escaped(slot)) return ASK;
    bool is_system =
        raw.n == 10 && memcmp(raw.p + 1, "S-1-5-", 6) == 0 &&
        (memcmp(raw.p + 7, "18", 2) == 0 || memcmp(raw.p + 7, "19", 2) == 0 || memcmp(raw.p + 7, "20", 2) == 0);
    return put_raw(pen, c, more->two[is_system].text);
}

static inline enum answer put_version(struct pen *pen, const struct code *c, const struct code_more *more,
                                      const struct slot *slot)
{
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (slot->type != JSON_STRING || is_escaped(slot)) return ASK;
    if (!schema_pattern_matches(PATTERN_IP, text)) return ABSENT;
    return put_raw(pen, c, more->two[memchr(text.p, ':', text.n) != NULL].text);
}

/* ---- times -------------------------------------------------------------------------------------------------------------------- */
static inline enum answer put_time(struct pen *pen, const struct code *c, const struct code_more *more,
                                   const struct slot *slot)
{
    struct wall t;
    int64_t ms;
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (slot->type != JSON_STRING) return ASK;
    if (!digits_time(pen->s->days, text.p, text.n, &ms)) {
        if (!wall_parse(text, &t) || t.ticks < 0) return ASK;
        ms = t.ticks / WALL_TICKS_PER_MS;
        digits_keep_day(pen->s->days, text.p, text.n, ms);
    }
    if (!digits_are_thirteen(ms) || !pen_has_room(pen, c->key_n + NUMBER_BYTES)) return ASK;
    char *w = pen_copy(pen->w, c->key, c->key_n);
    pen->w = put_tail(digits_put_thirteen(w, ms), c);
    if (more->is_time) pen->s->time_ms = ms;
    return WRITTEN;
}

/* ---- parts of texts -------------------------------------------------------------------------------------------------------------- */
/* A path cut at its last slash, escapes and all: a run of backslashes behind which nothing is escaped stands for half as many.
 * False: this is not that simple. */
static bool cut_path(struct str path, bool wants_folder, struct str *out)
{
    size_t n = path.n, run = 0;
    while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '\\') n--;
    while (run < n && path.p[n - 1 - run] == '\\') run++;
    if (run % 2 != 0 || n == 0 || (run > 0 && n == 2) || n == 1) return false;
    if (run == 0 && path.p[n - 2] == '\\') return false; /* "\/" */
    *out = wants_folder ? str_sub(path, 0, n - (run ? 2 : 1)) : str_sub(path, n, path.n);
    return true;
}

/* False: that is not for here. */
static bool convert(struct pen *pen, const struct chain *chain, const struct slot *slot, struct str *text)
{
    enum converter first = chain->steps[0].converter;
    *text = (struct str){slot->raw.p + 1, slot->raw.n - 2};
    if (is_escaped(slot) && chain->step_count == 1 && (first == CONV_FOLDER || first == CONV_FILE_NAME))
        return !(slot->flags & JSON_ODD) && cut_path(*text, first == CONV_FOLDER, text);
    if (is_escaped(slot)) *text = json_unescape(&pen->s->arena, slot->raw);
    struct str whole = *text;
    for (size_t i = 0; i < chain->step_count && text->n; i++)
        *text = convert_part(chain->steps[i].converter)(pen->s, &chain->steps[i], *text);
    bool is_cut = text->p != whole.p || text->n != whole.n; /* else it stays as it is escaped */
    return !is_escaped(slot) || (is_cut && stands_in_json(*text));
}

static enum answer put_converted(struct pen *pen, const struct code *c, const struct code_more *more,
                                 const struct slot *slot)
{
    struct str text;
    if (slot->type != JSON_STRING || !convert(pen, more->chain, slot, &text)) return ASK;
    if (text.n == 0) return ABSENT;
    if (more->type->base != SCHEMA_STRING) return put_digits(pen, c, more, text);
    if ((text.n == 1 && text.p[0] == '-') || text.n > more->length_max) return ASK;
    if (more->type->pattern != PATTERN_NONE && !schema_pattern_matches(more->type->pattern, text)) return ASK;
    return put_quoted(pen, c, text);
}

/* ---- texts one behind the other ------------------------------------------------------------------------------------------------ */
/* Of a column; n == 0: it says nothing. False: that is not for here. */
static bool text_to_join(const struct map_scratch *s, const struct chain *chain, struct str *text)
{
    const struct slot column = row_slot(s, chain->slot), *slot = &column;
    *text = STR_NONE;
    if (slot->raw.p == NULL || slot->is_blank) return true;
    if (slot->type == JSON_ARRAY || slot->type == JSON_OBJECT || is_escaped(slot)) return false;
    *text = slot->type == JSON_STRING ? (struct str){slot->raw.p + 1, slot->raw.n - 2} : slot->raw;
    if (chain->step_count && is_zero(text->p, text->n)) *text = STR_NONE; /* `nonzero` */
    return true;
}

static enum answer put_joined(struct pen *pen, const struct code *c, const struct code_more *more)
{
    struct map_scratch *s = pen->s;
    const struct expr *e = more->join;
    struct str texts
        [JOINED_MAX]; /* not zeroed at once: gcc 12 stores 64 bytes aligned where ASan's frames are not (PR 110027) */
    size_t bytes = 0;
    texts[0] = STR_NONE;
    for (size_t i = 0; i < e->part_count; i++) {
        if (!text_to_join(s, e->parts[i].chains, &texts[i])) return ASK;
        if (texts[i].n) bytes += texts[i].n + (i > 0 ? e->separator.n : 0);
    }
    if (texts[0].n == 0) return ABSENT;
    if (bytes < 2 || bytes > more->length_max || !pen_has_room(pen, c->key_n + bytes + 2 + CODE_TAIL_MAX)) return ASK;
    char *w = pen_copy(pen->w, c->key, c->key_n);
    *w++ = '"';
    for (size_t i = 0; i < e->part_count; i++) {
        if (texts[i].n == 0) continue;
        if (i > 0) {
            memcpy(w, e->separator.p, e->separator.n);
            w += e->separator.n;
            s->marks[s->mark_count++] = e->parts[i].chains->slot; /* the first's is the code's */
        }
        w = pen_copy(w, texts[i].p, texts[i].n);
    }
    *w++ = '"';
    pen->w = put_tail(w, c);
    return WRITTEN;
}

enum answer AT_LEVEL(code_leaf)(struct pen *pen, const struct code *c, const struct code_more *more)
{
    struct map_scratch *s = pen->s;
    const struct slot value = more->shape ? slot_get(s, more->shape, c->slot) : row_slot(s, c->slot), *slot = &value;
    if (slot->raw.p == NULL || slot->is_blank) return ABSENT;
    if (more->has_silent) {
        struct str text = slot->type == JSON_STRING ? str_sub(slot->raw, 1, slot->raw.n - 2) : slot->raw;
        if (slot->flags & JSON_ESCAPED) return ASK;
        if (is_silent(*more->silent, text)) return nothing(s, c);
    }
    switch ((enum leaf_kind)more->leaf) {
    case LEAF_TEXT: return put_text(pen, c, more, slot);
    case LEAF_TYPED: return put_typed(pen, c, more, slot);
    case LEAF_NUMBER: return put_number(pen, c, more, slot);
    case LEAF_BOOL: return put_bool(pen, c, slot);
    case LEAF_TIME: return put_time(pen, c, more, slot);
    case LEAF_WORD: return put_word(pen, c, more, slot);
    case LEAF_SID: return put_person(pen, c, more, slot);
    case LEAF_IP: return put_version(pen, c, more, slot);
    case LEAF_JOIN: return put_joined(pen, c, more);
    case LEAF_JSON: return put_json(pen, c, slot);
    case LEAF_CONVERT: break;
    }
    return put_converted(pen, c, more, slot);
}
