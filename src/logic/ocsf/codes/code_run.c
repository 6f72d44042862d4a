/* The hot path: one loop over codes. What a code does not expect is done by its op (run.c). Compiled once for each level of SIMD that makes
 * copies shorter (code_level.h). */
#include "logic/ocsf/codes/code_leaf.h"

#include <string.h>

#include "logic/ocsf/codes/look.h"
#include "logic/ocsf/rows/run.h"

enum { FIRST_ROOM = 16 << 10, PLAIN_ROW_MAX = 256 << 10 /* of a longer row, each code sees to its own room */ };
struct open_block {   /* an object or array in progress: what to go back to */
    uint64_t written; /* of the block around it */
    uint32_t at;      /* in the output */
    uint32_t marks, observables;
    uint16_t profiles;
};
/* What nearly every code changes: in registers. */
struct hand {
    char *w;          /* where to write */
    uint64_t written; /* in the block at hand */
    uint16_t *mark;   /* where the next column used is noted */
};
struct progress {
    struct pen pen;
    struct hand hand;     /* while it is not in registers */
    const struct op *ops; /* of the block that is being run */
    const struct code_block *block;
    const struct code *back; /* behind a shared block; NULL: not in one */
    const struct block *whole;
    const char *safe; /* what begins before it has room for any plain code, as long as the output ends at `end` */
    const char *end;
    uint64_t written; /* before the shared block */
    size_t depth;
    struct open_block around[CODE_DEPTH_MAX];
};

/* ---- from the loop to others and back ---------------------------------------------------------------------------------------- */
static inline void give(struct progress *g, struct hand h)
{
    g->hand = h;
    g->pen.w = h.w;
    g->pen.s->mark_count = (size_t)(h.mark - g->pen.s->marks);
}

/* Room for plain codes, so that they need not ask: for the longest literal and all of the row. */
static bool find_room(struct progress *g)
{
    const struct str row = g->pen.s->in->row;
    size_t most = g->whole->code->key_max + row.n + (size_t)2 * STRIDE + CODE_TAIL_MAX;
    bool is_long = row.n > PLAIN_ROW_MAX;
    if (!is_long && g->pen.end - g->pen.w <= (ptrdiff_t)most && !pen_more_room(&g->pen, most + FIRST_ROOM))
        return false;
    g->safe = is_long ? g->pen.s->out.p : g->pen.end - most;
    g->end = g->pen.end;
    return true;
}

/* The output and the marks may have moved. False: no room for the marks of all codes. */
static inline bool take(struct progress *g, struct hand *h)
{
    struct map_scratch *s = g->pen.s;
    if (UNLIKELY(g->pen.w >= g->safe || g->end != g->pen.end) && !find_room(g)) return false;
    while (UNLIKELY(s->mark_cap - s->mark_count < g->whole->code->marks)) {
        if (!mark_room(s)) return false;
    }
    *h = (struct hand){g->pen.w, g->hand.written, s->marks + s->mark_count};
    return true;
}

static inline void came_about(struct progress *g, const struct code *c, uint64_t bit)
{
    struct map_scratch *s = g->pen.s;
    const struct code_more *more = &g->block->more[c - g->block->codes];
    g->hand.written |= bit;
    s->profiles |= more->profile;
    if (more->is_element && s->index_depth) s->indexes[s->index_depth - 1]++;
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------ */
static inline struct open_block block_here(struct progress *g, struct hand h)
{
    const struct map_scratch *s = g->pen.s;
    return (struct open_block){.written = h.written,
                               .at = (uint32_t)(h.w - s->out.p),
                               .marks = (uint32_t)(h.mark - s->marks),
                               .observables = (uint32_t)s->observable_count,
                               .profiles = s->profiles};
}

static inline struct hand back_to(struct progress *g, const struct open_block *b)
{
    struct map_scratch *s = g->pen.s;
    /* NOLINTBEGIN(clang-analyzer-core.CallAndMessage,clang-analyzer-core.uninitialized.Assign): what ends has begun */
    if (UNLIKELY(s->observable_count > b->observables)) run_take_back(s, b->marks, b->observables);
    s->profiles = b->profiles;
    /* NOLINTEND(clang-analyzer-core.CallAndMessage,clang-analyzer-core.uninitialized.Assign) */
    return (struct hand){s->out.p + b->at, b->written, s->marks + b->marks};
}

/* What stands behind the last member is the block's own comma. */
static inline char *put_bracket(char *w, char bracket)
{
    w[-1] = bracket;
    *w = ',';
    return w + 1;
}

/* An object with constraints, or one that may consist of constants. */
static bool is_whole(const struct code *c, const struct code_more *more, uint64_t written)
{
    uint64_t came = more->is_constant ? CODE_CAME : CODE_VALUE;
    return (written & came) && (written & c->required) == c->required &&
           (more->frame == NULL || frame_is_whole(more->frame, written));
}

static const struct code *close_with_care(struct progress *g, const struct code *c, char bracket)
{
    INVARIANT(g->depth > 0);
    const struct open_block *b = &g->around[--g->depth];
    const struct code_more *more = &g->block->more[c - g->block->codes];
    uint64_t written = g->hand.written;
    if (!is_whole(c, more, written)) {
        struct hand h = back_to(g, b);
        give(g, h);
        return g->block->codes + c->next;
    }
    g->pen.w = put_bracket(g->pen.w, bracket);
    g->hand.written = b->written;
    came_about(g, c, c->bit | (c->bit & CODE_VALUE ? 0 : written & CODE_CAME));
    return g->block->codes + c->done;
}

static const struct code *open_list(struct progress *g, const struct code *c)
{
    struct map_scratch *s = g->pen.s;
    if (s->index_depth == ARRAY_NEST_MAX) return g->block->codes + c->next;
    if (!pen_has_room(&g->pen, c->key_n)) return NULL;
    g->around[g->depth++] = block_here(g, g->hand);
    s->indexes[s->index_depth++] = 0;
    g->hand.written = 0;
    g->pen.w = pen_copy(g->pen.w, c->key, c->key_n);
    return g->block->codes + c->done;
}

/* ---- leaves ------------------------------------------------------------------------------------------------------------------- */
/* The op itself; what it writes it separates by itself. */
static const struct code *run_general(struct progress *g, const struct code *c)
{
    const struct code_more *more = &g->block->more[c - g->block->codes];
    struct pen *pen = &g->pen;
    bool is_first = pen->w[-1] != ',';
    pen->w -= !is_first;
    pen_give(pen);
    enum came came = run_op(pen->s, g->ops, more->op);
    pen_take(pen);
    if (!is_first || came != CAME_NOTHING) *pen->w++ = ',';
    if (came == CAME_NOTHING) return g->block->codes + c->next;
    came_about(g, c, (c->bit & ~CODE_CAME) | (came == CAME_VALUE ? CODE_VALUE : CODE_CONSTANT));
    return g->block->codes + c->done;
}

static const struct code *run_leaf(struct progress *g, const struct code *c)
{
    struct map_scratch *s = g->pen.s;
    const struct code_more *more = &g->block->more[c - g->block->codes];
    size_t at = (size_t)(g->pen.w - s->out.p) + c->key_n;
    enum answer a = AT_LEVEL(code_leaf)(&g->pen, c, more);
    if (a == ABSENT) return g->block->codes + c->next;
    if (UNLIKELY(a == ASK)) return run_general(g, c);
    s->marks[s->mark_count++] = c->slot;
    if (more->observable != NO_OP) {
        size_t end = (size_t)(g->pen.w - s->out.p) - c->tail;
        run_note_observable(s, &g->ops[more->observable], at, end - at);
    }
    came_about(g, c, c->bit);
    return g->block->codes + c->done;
}

static inline bool is_inside(struct map_scratch *s, const struct code *c, const struct code_more *more)
{
    const struct slot slot = slot_get(s, more->shape, c->slot);
    return slot.raw.p != NULL && !slot.is_blank;
}

/* Whatever the loop does not do by itself; where to go on. NULL: no room. */
static const struct code *run_other(struct progress *g, const struct code *c)
{
    const struct code_more *more = &g->block->more[c - g->block->codes];
    struct map_scratch *s = g->pen.s;
    switch ((enum code_kind)c->kind) {
    case CODE_TEXT:
    case CODE_NUMBER:
    case CODE_TIME:
    case CODE_JSON:
    case CODE_NONZERO:
    case CODE_TOLD:
    case CODE_MEMBER:
    case CODE_LEAF: return run_leaf(g, c);
    case CODE_WHEN: return g->block->codes + (condition_holds(s, more->when) ? c->done : c->next);
    case CODE_LIST: return open_list(g, c);
    case CODE_LIST_END: s->index_depth--; return close_with_care(g, c, ']');
    case CODE_END: return close_with_care(g, c, '}');
    case CODE_INNER: return is_inside(s, c, more) ? run_general(g, c) : g->block->codes + c->next;
    case CODE_OP: return run_general(g, c);
    case CODE_OPEN:
    case CODE_LITERAL: return pen_more_room(&g->pen, c->key_n + CODE_TAIL_MAX) ? c : NULL; /* and once more */
    case CODE_CLOSE:
    case CODE_BLOCK:
    case CODE_STOP: break;
    }
    return NULL;
}

/* ---- the loop --------------------------------------------------------------------------------------------------------------------- */
/* A member's value. */
static inline size_t bytes_of(const struct json_field *f)
{
    return f->end - f->value;
}

/* A string from two characters on, so that it is no dash; nor one in disguise, "\\u002d". */
static inline bool is_plain_text(const struct json_field *f, uint32_t limit)
{
    static const unsigned char mask_bytes[2] = {0xFF, JSON_ODD}, plain_bytes[2] = {JSON_STRING, 0};
    static_assert(offsetof(struct json_field, flags) == offsetof(struct json_field, type) + 1, "side by side");
    uint16_t both, mask, plain; /* type and flags */
    memcpy(&both, &f->type, sizeof both);
    memcpy(&mask, mask_bytes, sizeof mask);
    memcpy(&plain, plain_bytes, sizeof plain);
    return (both & mask) == plain && f->end - f->value - 4 <= limit;
}

/* One that one stride copies, where a text is wanted. */
static inline bool is_short_number(const struct json_field *f, uint32_t limit)
{
    return f->type == JSON_NUMBER && bytes_of(f) <= STRIDE && bytes_of(f) <= limit;
}

/* By its first character: neither a zero or a point nor an escape or a sign. */
static inline bool is_surely_nonzero(char first)
{
    return (unsigned char)first > '0' && first != '\\';
}

static inline bool is_plain_number(const struct json_field *f, const char *p)
{
    size_t n = bytes_of(f);
    return f->type == JSON_NUMBER && n <= 8 && digits_only(p, n) && p[0] != '0';
}

/* No text that may hold JSON, and no container. */
static inline bool is_plain_json(const struct json_field *f, const char *p)
{
    if (f->type != JSON_STRING) return f->type == JSON_NUMBER || f->type == JSON_TRUE || f->type == JSON_FALSE;
    return !(f->flags & JSON_BLANK) && p[1] != '{' && p[1] != '[' && p[1] != '\\' && p[1] != ' ';
}

/* A name of a host or an address for mail, seen at a look. */
static inline bool is_plain_typed(const struct code_more *more, const struct json_field *f, const char *p)
{
    if (more->leaf != LEAF_TYPED || more->has_silent || f->type != JSON_STRING || (f->flags & JSON_ESCAPED))
        return false;
    return bytes_of(f) - 2 <= more->length_max &&
           look_matches(more->type->pattern, (struct str){p + 1, bytes_of(f) - 2});
}

static inline struct hand put_plain(struct hand h, const struct code *c, const char *p, size_t n)
{
    char *w = pen_key(h.w, c->key, c->key_n);
    pen_fetch_ahead(p);
    h.w = put_tail(pen_copy(w, p, n), c);
    h.written |= c->bit;
    *h.mark++ = c->slot;
    return h;
}

/* A number as text. */
static inline struct hand put_digits(struct hand h, const struct code *c, const char *p, size_t n)
{
    char *w = pen_key(h.w, c->key, c->key_n);
    *w = '"';
    pen_stride(w + 1, p);
    w += n + 2;
    w[-1] = '"';
    h.w = put_tail(w, c);
    h.written |= c->bit;
    *h.mark++ = c->slot;
    return h;
}

/* What has come about, besides in the block's bits. */
static inline void tell(struct progress *g, const struct code_more *more, size_t at, size_t bytes)
{
    struct map_scratch *s = g->pen.s;
    if (more->observable != NO_OP) run_note_observable(s, &g->ops[more->observable], at, bytes);
    s->profiles |= more->profile;
    if (more->is_element && s->index_depth) s->indexes[s->index_depth - 1]++;
}

static inline void enter(struct progress *g, const struct block *b)
{
    g->ops = b->ops;
    g->block = b->code;
}

static inline struct hand put_time(struct hand h, const struct code *c, int64_t ms)
{
    char *w = pen_key(h.w, c->key, c->key_n);
    h.w = put_tail(digits_put_thirteen(w, ms), c);
    h.written |= c->bit;
    *h.mark++ = c->slot;
    return h;
}

static bool begin(struct progress *g, struct hand *h)
{
    struct map_scratch *s = g->pen.s;
    if (!buf_reserve(&s->out, FIRST_ROOM)) return false;
    pen_take(&g->pen);
    if (g->pen.w[-1] != '{') *g->pen.w++ = ',';
    g->hand.written = 0;
    g->safe = g->end = NULL;
    return take(g, h);
}

/* From c on, up to what it does not do by itself. */
static inline const struct code *run_plain(struct progress *g, const struct code *c, struct hand *hand)
{
    struct hand h = *hand;
    struct map_scratch *s = g->pen.s;
    const struct row_members members = row_members(s);
    const char *const base = members.base, *const safe = g->safe, *const end = g->pen.end - CODE_TAIL_MAX;
    for (;; c++) {
        switch ((enum code_kind)c->kind) {
        case CODE_TEXT: {
            const struct json_field *f = row_member(members, c->slot);
            if (LIKELY(is_plain_text(f, c->limit) && h.w < safe)) {
                h = put_plain(h, c, base + f->value, bytes_of(f));
                continue;
            }
            if (f->flags & JSON_BLANK) continue;
            if (!is_short_number(f, c->limit) || h.w >= safe) break;
            h = put_digits(h, c, base + f->value, bytes_of(f));
            continue;
        }
        case CODE_NUMBER: {
            const struct json_field *f = row_member(members, c->slot);
            if (LIKELY(is_plain_number(f, base + f->value) && h.w < safe)) {
                h = put_plain(h, c, base + f->value, bytes_of(f));
                continue;
            }
            if (f->flags & JSON_BLANK) continue;
            break;
        }
        case CODE_TIME: {
            const struct json_field *f = row_member(members, c->slot);
            int64_t ms;
            if (f->flags & JSON_BLANK) continue;
            bool is_plain = f->type == JSON_STRING && digits_time(s->days, base + f->value + 1, bytes_of(f) - 2, &ms) &&
                            digits_are_thirteen(ms);
            if (UNLIKELY(!is_plain || h.w >= safe)) break;
            h = put_time(h, c, ms);
            if (c->is_time) s->time_ms = ms;
            continue;
        }
        case CODE_JSON: {
            const struct json_field *f = row_member(members, c->slot);
            if (LIKELY(is_plain_json(f, base + f->value) && h.w < safe)) {
                h = put_plain(h, c, base + f->value, bytes_of(f));
                continue;
            }
            if (f->flags & JSON_BLANK) continue;
            break;
        }
        case CODE_NONZERO: {
            const struct json_field *f = row_member(members, c->slot);
            const char *p = base + f->value;
            if (is_plain_text(f, c->limit) && is_surely_nonzero(p[1]) && h.w < safe) {
                h = put_plain(h, c, p, bytes_of(f));
                continue;
            }
            if (f->flags & JSON_BLANK) continue;
            if (!is_short_number(f, c->limit) || !is_surely_nonzero(*p) || h.w >= safe) break;
            h = put_digits(h, c, p, bytes_of(f));
            continue;
        }
        case CODE_TOLD: {
            const struct json_field *f = row_member(members, c->slot);
            const struct code_more *more = &g->block->more[c - g->block->codes];
            size_t n = bytes_of(f);
            bool is_plain = more->leaf == LEAF_TEXT ? is_plain_text(f, c->limit) : is_plain_number(f, base + f->value);
            if (LIKELY(is_plain && h.w < safe)) {
                h = put_plain(h, c, base + f->value, n);
                tell(g, more, (size_t)(h.w - s->out.p) - c->tail - n, n);
                c = g->block->codes + c->done - 1;
                continue;
            }
            if (!(f->flags & JSON_BLANK)) break;
            c = g->block->codes + c->next - 1;
            continue;
        }
        case CODE_OPEN:
            if (UNLIKELY((ptrdiff_t)c->key_n >= end - h.w)) break;
            g->around[g->depth++] = block_here(g, h);
            h.w = pen_key(h.w, c->key, c->key_n);
            h.written = c->bit;
            continue;
        case CODE_CLOSE: {
            const struct open_block *b = &g->around[--g->depth];
            if ((h.written & c->required) != c->required || (h.written & c->any) == 0) {
                h = back_to(g, b);
                continue;
            }
            h.w = put_bracket(h.w, (char)c->bracket);
            h.written = b->written | c->bit;
            s->profiles |= c->profile;
            continue;
        }
        case CODE_LITERAL:
            if (UNLIKELY((ptrdiff_t)c->key_n >= end - h.w)) break;
            h.w = pen_key(h.w, c->key, c->key_n);
            h.written |= c->bit;
            s->profiles |= c->profile;
            continue;
        case CODE_BLOCK:
            g->written = h.written;
            g->back = c;
            h.written = 0;
            enter(g, c->block);
            c = g->block->codes - 1;
            continue;
        case CODE_STOP:
            if (g->back == NULL) break;
            c = g->back;
            h.written = g->written | (h.written & CODE_CAME ? c->bit | (h.written & CODE_CAME) : 0);
            g->back = NULL;
            enter(g, g->whole);
            continue;
        case CODE_LEAF: {
            const struct json_field *f = row_member(members, c->slot);
            const struct code_more *more = &g->block->more[c - g->block->codes];
            if (f->flags & JSON_BLANK) {
                c = g->block->codes + c->next - 1;
                continue;
            }
            if (!is_plain_typed(more, f, base + f->value) || h.w >= safe) break;
            size_t n = bytes_of(f);
            h = put_plain(h, c, base + f->value, n);
            tell(g, more, (size_t)(h.w - s->out.p) - c->tail - n, n);
            c = g->block->codes + c->done - 1;
            continue;
        }
        case CODE_MEMBER:
        case CODE_WHEN:
        case CODE_END:
        case CODE_LIST:
        case CODE_LIST_END:
        case CODE_OP:
        case CODE_INNER: break;
        default: __builtin_unreachable(); /* saves the switch a comparison */
        }
        *hand = h;
        return c;
    }
}

/* No room: what the ops say of that. */
static uint64_t run_failed(struct map_scratch *s, const struct block *b)
{
    s->index_depth = 0;
    s->out.failed = true;
    return run_block(s, b);
}

uint64_t AT_LEVEL(code_run)(struct map_scratch *s, const struct block *b)
{
    struct hand h;
    struct progress g;
    g.pen.s = s;
    g.whole = b;
    g.back = NULL;
    g.depth = 0;
    enter(&g, b);
    const struct code *c = b->code->codes;
    if (!begin(&g, &h)) return run_failed(s, b);
    while ((c = run_plain(&g, c, &h))->kind != CODE_STOP) {
        give(&g, h);
        c = run_other(&g, c);
        if (c == NULL || !take(&g, &h)) return run_failed(s, b);
    }
    give(&g, h);
    if (g.pen.w[-1] == ',') g.pen.w--;
    pen_give(&g.pen);
    return h.written & ~CODE_CAME;
}

const struct code_level AT_LEVEL(code_level) = {AT_LEVEL(code_run), AT_LEVEL(observables), AT_LEVEL(unmapped),
                                                AT_LEVEL(identity_columns)};
