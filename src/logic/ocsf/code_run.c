/* The hot path: one loop over codes. What a code does not expect is done by its op (run.c). */
#include "logic/ocsf/pen.h"

#include <string.h>

#include "logic/ocsf/run.h"

enum { NUMBER_BYTES = 24, FIRST_ROOM = 64 << 10 };
struct open_block { /* an object or array in progress */
    size_t at;      /* in the output, before its comma */
    size_t marks, observables;
    uint64_t written; /* of the block around it */
    uint16_t profiles;
    uint8_t came; /* of the block around it */
    bool is_first;
};

/* ---- copies --------------------------------------------------------------------------------------------------------------- */
bool pen_more_room(struct pen *pen, size_t n)
{
    pen_give(pen);
    if (!buf_reserve(&pen->s->out, n + (size_t)4 * STRIDE)) return false;
    pen_take(pen);
    return true;
}

/* The key; its comma is left out when nothing stands in front of it. */
static inline void put_key(struct pen *pen, const struct code *c, bool is_first)
{
    (void)pen_copy(pen->w, c->key.p + is_first, c->key.n);
    pen->w += c->key.n - is_first;
}

/* ---- what comes about ------------------------------------------------------------------------------------------------------- */
static inline void mark(struct map_scratch *s, uint16_t slot)
{
    if (UNLIKELY(s->mark_count == s->mark_cap) && !mark_room(s)) return;
    s->marks[s->mark_count++] = slot;
    s->slots[slot].used++;
}

enum answer { ABSENT, WRITTEN, ASK };

/* What the column holds says nothing, and does not go to unmapped either: used for good, as first_value has it. */
static enum answer nothing(struct map_scratch *s, const struct code *c)
{
    if (c->has_others) return ASK;
    s->slots[c->slot].used++;
    return ABSENT;
}

/* ---- leaves: true when written, false when absent; ASK: the op is to say ---------------------------------------------------- */

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

static inline enum answer put_raw(struct pen *pen, const struct code *c, struct str raw, bool is_first)
{
    if (!pen_has_room(pen, c->key.n + raw.n)) return ASK;
    put_key(pen, c, is_first);
    pen->w = pen_copy(pen->w, raw.p, raw.n);
    return WRITTEN;
}

/* A number or a boolean as text. */
static enum answer put_quoted(struct pen *pen, const struct code *c, struct str raw, bool is_first)
{
    if (!pen_has_room(pen, c->key.n + raw.n + 2)) return ASK;
    put_key(pen, c, is_first);
    *pen->w++ = '"';
    pen->w = pen_copy(pen->w, raw.p, raw.n);
    *pen->w++ = '"';
    return WRITTEN;
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
static inline enum answer put_json(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    char begin = slot->type == JSON_STRING ? slot->raw.p[1] : '{';
    bool is_bare = slot->type == JSON_NUMBER || slot->type == JSON_TRUE || slot->type == JSON_FALSE;
    if (!is_bare && (begin == '{' || begin == '[' || begin == '\\' || begin == ' ')) return ASK;
    return put_raw(pen, c, slot->raw, is_first);
}

static inline enum answer put_text(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    struct str raw = slot->raw;
    if (UNLIKELY(slot->type != JSON_STRING)) {
        if (slot->type == JSON_ARRAY || slot->type == JSON_OBJECT || raw.n > c->length_max) return ASK;
        if (c->is_nonzero && is_zero(raw.p, raw.n)) return nothing(pen->s, c);
        return put_quoted(pen, c, raw, is_first);
    }
    if (UNLIKELY(is_dash(raw))) return c->has_others ? ASK : ABSENT;
    bool may_be_dash = raw.n == 8 && raw.p[1] == '\\'; /* "\u002d" */
    if (UNLIKELY(may_be_dash || raw.n - 2 > c->length_max)) return ASK;
    if (c->is_nonzero && raw.p[1] == '\\') return ASK;
    if (c->is_nonzero && is_zero(raw.p + 1, raw.n - 2)) return nothing(pen->s, c);
    return put_raw(pen, c, raw, is_first);
}

static inline bool is_escaped(const struct slot *slot)
{
    return slot->flags & JSON_ESCAPED;
}

static inline enum answer put_typed(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (slot->type != JSON_STRING || is_escaped(slot) || slot->raw.n - 2 > c->length_max) return ASK;
    if (text.p[0] == ' ' || text.p[text.n - 1] == ' ' || !schema_pattern_matches(c->type->pattern, text)) return ASK;
    return put_raw(pen, c, slot->raw, is_first);
}

/* Digits only, and so few that they fit. */
static inline bool is_whole(const char *p, size_t n, bool is_long)
{
    if (n == 0 || n > (is_long ? 18u : 9u)) return false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') return false;
    }
    return n == 1 || p[0] != '0';
}

static inline int64_t digits_value(const char *p, size_t n)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (p[i] - '0');
    return v;
}

static inline enum answer put_number(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    struct str text = slot->raw;
    if (slot->type == JSON_STRING)
        text = (struct str){text.p + 1, text.n - 2};
    else if (slot->type != JSON_NUMBER)
        return ASK;
    if (!is_whole(text.p, text.n, c->is_long)) return ASK;
    if (text.n == 1 && text.p[0] == '0' && c->is_nonzero) return nothing(pen->s, c);
    if (UNLIKELY(c->type->has_range)) {
        int64_t n = digits_value(text.p, text.n);
        if (n == 0 || n < c->type->low || n > c->type->high) return ASK;
    }
    return put_raw(pen, c, text, is_first);
}

static inline enum answer put_bool(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    static const char yes[STRIDE] = "true", no[STRIDE] = "false";
    bool is_true = slot->type == JSON_TRUE, is_false = slot->type == JSON_FALSE;
    if (slot->type == JSON_NUMBER && slot->raw.n == 1) {
        is_true = slot->raw.p[0] == '1';
        is_false = slot->raw.p[0] == '0';
    }
    if (!is_true && !is_false) return ASK;
    return put_raw(pen, c, is_true ? (struct str){yes, 4} : (struct str){no, 5}, is_first);
}

static inline enum answer put_word(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    struct word_code w;
    struct str text = slot->raw;
    if (slot->type == JSON_STRING)
        text = (struct str){text.p + 1, text.n - 2};
    else if (slot->type == JSON_ARRAY || slot->type == JSON_OBJECT)
        return ASK;
    if (!word_code_of(text, &w)) return ASK;
    for (uint32_t i = word_code_hash(&w) & c->words->mask;; i = (i + 1) & c->words->mask) {
        const struct word_code *known = &c->words->items[i];
        if (known->length == 0) return ASK;
        if (known->head != w.head || known->tail != w.tail || known->length != w.length) continue;
        if (known->text.p == NULL) return c->has_others ? ASK : ABSENT;
        return put_raw(pen, c, known->text, is_first);
    }
}

static inline enum answer put_person(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    struct str raw = slot->raw;
    if (slot->type != JSON_STRING || is_escaped(slot)) return ASK;
    bool is_system =
        raw.n == 10 && memcmp(raw.p + 1, "S-1-5-", 6) == 0 &&
        (memcmp(raw.p + 7, "18", 2) == 0 || memcmp(raw.p + 7, "19", 2) == 0 || memcmp(raw.p + 7, "20", 2) == 0);
    return put_raw(pen, c, c->persons[is_system].text, is_first);
}

/* ---- times -------------------------------------------------------------------------------------------------------------------- */
static inline char *put_digits(char *w, uint32_t v, unsigned count)
{
    for (unsigned i = count; i > 0; v /= 10) w[--i] = (char)('0' + v % 10);
    return w + count;
}

/* Milliseconds of thirteen digits: the years 2001 to 2286. */
static inline enum answer put_time(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    static const int64_t low = INT64_C(1000000000000), high = INT64_C(9999999999999);
    static const uint32_t half = 100000000;
    struct wall t;
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (slot->type != JSON_STRING || !wall_parse(text, &t) || t.ticks < 0) return ASK;
    int64_t ms = t.ticks / WALL_TICKS_PER_MS;
    if (ms < low || ms > high || !pen_has_room(pen, c->key.n + NUMBER_BYTES)) return ASK;
    put_key(pen, c, is_first);
    pen->w = put_digits(pen->w, (uint32_t)(ms / half), 5);
    pen->w = put_digits(pen->w, (uint32_t)(ms % half), 8);
    if (c->is_time) pen->s->time_ms = ms;
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
    return memmem(out->p, out->n, "\\u", 2) == NULL && memmem(out->p, out->n, "\\/", 2) == NULL;
}

static bool convert(struct pen *pen, const struct chain *chain, bool is_escaped_text, struct str *text)
{
    enum converter first = chain->steps[0].converter;
    if (is_escaped_text) {
        bool is_cut = first == CONV_FOLDER || first == CONV_FILE_NAME;
        return chain->step_count == 1 && is_cut && cut_path(*text, first == CONV_FOLDER, text);
    }
    for (size_t i = 0; i < chain->step_count && text->n; i++)
        *text = convert_part(chain->steps[i].converter)(pen->s, &chain->steps[i], *text);
    return true;
}

static enum answer put_converted(struct pen *pen, const struct code *c, const struct slot *slot, bool is_first)
{
    struct str text = {slot->raw.p + 1, slot->raw.n - 2};
    if (slot->type != JSON_STRING || !convert(pen, c->chain, is_escaped(slot), &text)) return ASK;
    if (text.n == 0) return c->has_others ? ASK : ABSENT;
    if ((text.n == 1 && text.p[0] == '-') || text.n > c->length_max) return ASK;
    if (!pen_has_room(pen, c->key.n + text.n + 2)) return ASK;
    put_key(pen, c, is_first);
    *pen->w++ = '"';
    memcpy(pen->w, text.p, text.n);
    pen->w += text.n;
    *pen->w++ = '"';
    return WRITTEN;
}

static inline enum answer put_leaf(struct pen *pen, const struct code *c, bool is_first)
{
    const struct slot *slot = &pen->s->slots[c->slot];
    if (slot->raw.p == NULL || slot->is_blank) return c->has_others ? ASK : ABSENT;
    if (c->silent.n) {
        struct str text = slot->type == JSON_STRING ? str_sub(slot->raw, 1, slot->raw.n - 2) : slot->raw;
        if (slot->flags & JSON_ESCAPED) return ASK;
        if (is_silent(c->silent, text)) return nothing(pen->s, c);
    }
    switch ((enum code_kind)c->kind) {
    case CODE_TEXT: return put_text(pen, c, slot, is_first);
    case CODE_TYPED: return put_typed(pen, c, slot, is_first);
    case CODE_NUMBER: return put_number(pen, c, slot, is_first);
    case CODE_BOOL: return put_bool(pen, c, slot, is_first);
    case CODE_TIME: return put_time(pen, c, slot, is_first);
    case CODE_WORD: return put_word(pen, c, slot, is_first);
    case CODE_SID: return put_person(pen, c, slot, is_first);
    case CODE_JSON: return put_json(pen, c, slot, is_first);
    default: return put_converted(pen, c, slot, is_first);
    }
}

/* ---- blocks -------------------------------------------------------------------------------------------------------------------- */
struct progress { /* in the block at hand */
    const struct op *ops;
    uint64_t written;
    uint8_t came;
    bool is_first;
    size_t depth;
    struct open_block around[CODE_DEPTH_MAX];
};

static inline void came_about(struct pen *pen, struct progress *g, const struct code *c, uint8_t came)
{
    g->written |= c->bit;
    if (came > g->came) g->came = came;
    g->is_first = false;
    pen->s->profiles |= c->profile;
    if (c->is_element && pen->s->index_depth) pen->s->indexes[pen->s->index_depth - 1]++;
}

static inline bool open_block(struct pen *pen, struct progress *g, const struct code *c)
{
    struct map_scratch *s = pen->s;
    if (!pen_has_room(pen, c->key.n)) return false;
    g->around[g->depth++] = (struct open_block){.at = (size_t)(pen->w - s->out.p),
                                                .marks = s->mark_count,
                                                .observables = s->observable_count,
                                                .written = g->written,
                                                .profiles = s->profiles,
                                                .came = g->came,
                                                .is_first = g->is_first};
    put_key(pen, c, g->is_first);
    g->written = c->bit;
    g->came = c->came;
    g->is_first = c->kind == CODE_LIST || !c->is_element;
    return true;
}

/* Where the next code is. */
static inline uint16_t close_block(struct pen *pen, struct progress *g, const struct code *c, bool is_whole,
                                   uint8_t came)
{
    struct map_scratch *s = pen->s;
    INVARIANT(g->depth > 0);
    const struct open_block *b = &g->around[--g->depth];
    g->written = b->written;
    g->came = b->came;
    g->is_first = b->is_first;
    if (is_whole && pen_has_room(pen, 1)) {
        *pen->w++ = c->kind == CODE_CLOSE ? '}' : ']';
        came_about(pen, g, c, came);
        return c->done;
    }
    pen->w = s->out.p + b->at;
    run_take_back(s, b->marks, b->observables);
    s->profiles = b->profiles;
    return c->next;
}

static inline uint16_t close_object(struct pen *pen, struct progress *g, const struct code *c)
{
    bool is_there = g->came == CAME_VALUE || (g->came == CAME_CONSTANT && (c->is_nonzero || c->is_always));
    const struct frame *f = c->frame;
    bool has_required = is_there && (g->written & f->required) == f->required;
    bool is_whole = has_required && ((f->at_least_one_count | f->just_one_count) == 0 || frame_is_whole(f, g->written));
    return close_block(pen, g, c, is_whole, c->is_always ? CAME_VALUE : g->came);
}

/* The op itself; what it writes it separates by itself. */
static uint16_t run_general(struct pen *pen, struct progress *g, const struct code *c)
{
    pen_give(pen);
    enum came came = run_op(pen->s, g->ops, c->op);
    pen_take(pen);
    if (came == CAME_NOTHING) return c->next;
    came_about(pen, g, c, (uint8_t)came);
    return c->done;
}

static inline uint16_t run_leaf(struct pen *pen, struct progress *g, const struct code *c)
{
    struct map_scratch *s = pen->s;
    size_t before = (size_t)(pen->w - s->out.p), key = c->key.n - g->is_first;
    enum answer a = put_leaf(pen, c, g->is_first);
    if (a == ABSENT) return c->next;
    if (UNLIKELY(a == ASK)) return run_general(pen, g, c);
    mark(s, c->slot);
    if (c->is_observed) {
        size_t at = before + key;
        run_note_observable(s, &g->ops[c->op], at, (size_t)(pen->w - s->out.p) - at);
    }
    came_about(pen, g, c, CAME_VALUE);
    return c->done;
}

static inline bool is_inside(struct map_scratch *s, const struct code *c)
{
    const struct slot *slot = slot_get(s, c->shape, c->slot);
    return slot->raw.p != NULL && !slot->is_blank;
}

static void run_codes(struct pen *pen, struct progress *g, const struct code *codes);

/* Its ops are numbered from its own beginning. */
static uint16_t run_shared(struct pen *pen, struct progress *g, const struct code *c)
{
    const struct op *ops = g->ops;
    uint8_t before = g->came;
    g->ops = c->block->ops;
    g->came = CAME_NOTHING;
    run_codes(pen, g, c->block->code);
    uint8_t came = g->came;
    g->ops = ops;
    g->came = before;
    if (came == CAME_NOTHING) return c->next;
    came_about(pen, g, c, came);
    return c->done;
}

static uint16_t run_code(struct pen *pen, struct progress *g, const struct code *c)
{
    switch ((enum code_kind)c->kind) {
    case CODE_OP: return run_general(pen, g, c);
    case CODE_BLOCK: return run_shared(pen, g, c);
    case CODE_INNER: return is_inside(pen->s, c) ? run_general(pen, g, c) : c->next;
    case CODE_OPEN: return open_block(pen, g, c) ? c->done : c->next;
    case CODE_CLOSE: return close_object(pen, g, c);
    case CODE_LIST:
        if (pen->s->index_depth == ARRAY_NEST_MAX || !open_block(pen, g, c)) return c->next;
        pen->s->indexes[pen->s->index_depth++] = 0;
        return c->done;
    case CODE_LIST_END: pen->s->index_depth--; return close_block(pen, g, c, g->came != CAME_NOTHING, g->came);
    case CODE_LITERAL:
        if (!pen_has_room(pen, c->key.n)) return c->next;
        put_key(pen, c, g->is_first);
        came_about(pen, g, c, c->came);
        return c->done;
    default: return run_leaf(pen, g, c);
    }
}

static void run_codes(struct pen *pen, struct progress *g, const struct code *codes)
{
    for (const struct code *c = codes; c->kind != CODE_STOP;) {
        bool holds = c->when == NULL || condition_holds(pen->s, c->when);
        c = codes + (holds ? run_code(pen, g, c) : c->next);
    }
}

uint64_t code_run(struct map_scratch *s, const struct block *b)
{
    struct progress g;
    struct pen pen = {.s = s};
    g.ops = b->ops;
    g.written = 0;
    g.came = CAME_NOTHING;
    g.depth = 0;
    g.is_first = s->out.n == 0 || s->out.p[s->out.n - 1] == '{';
    if (!buf_reserve(&s->out, FIRST_ROOM)) return 0;
    pen_take(&pen);
    run_codes(&pen, &g, b->code);
    pen_give(&pen);
    return g.written;
}
