/* The hot path: walk the ops of a variant and write. Nothing here allocates but the scratch's own arena and buffers, which
 * are kept from row to row.
 *
 * An object is written as it comes and taken back when it turns out empty or incomplete: the output, the marks on columns,
 * the observables and profiles noted since are cut back to where they were. */
#include "logic/ocsf/rows/run.h"

#include <string.h>

struct point { /* to go back to */
    size_t out, marks, observables;
    uint16_t profiles;
};

static struct point here(const struct map_scratch *s)
{
    return (struct point){s->out.n, s->mark_count, s->observable_count, s->profiles};
}

void run_take_back(struct map_scratch *s, size_t marks, size_t observables)
{
    s->mark_count = marks;
    while (s->observable_count > observables) s->seen[s->observables[--s->observable_count].op->twin] = false;
}

static void go_back(struct map_scratch *s, struct point p)
{
    s->out.n = p.out;
    run_take_back(s, p.marks, p.observables);
    s->profiles = p.profiles;
}

void run_separate(struct map_scratch *s)
{
    char last = s->out.n ? s->out.p[s->out.n - 1] : '{';
    if (last != '{' && last != '[') (void)buf_add_char(&s->out, ',');
}

static void write_key(struct map_scratch *s, const struct op *op)
{
    run_separate(s);
    (void)buf_add_str(&s->out, op->key);
}

bool frame_is_whole(const struct frame *f, uint64_t written)
{
    if ((written & f->required) != f->required) return false;
    for (size_t i = 0; i < f->at_least_one_count; i++) {
        if ((written & f->at_least_one[i]) == 0) return false;
    }
    for (size_t i = 0; i < f->just_one_count; i++) {
        uint64_t these = written & f->just_one[i];
        if (these == 0 || (these & (these - 1)) != 0) return false;
    }
    return true;
}

/* ---- leaves ------------------------------------------------------------------------------------------------------------- */
/* Each element of an array of texts is an observable of its own. */
static void note_elements(struct map_scratch *s, const struct op *op, size_t at)
{
    struct json_cursor c;
    struct json_slice m;
    struct str list = {s->out.p + at, s->out.n - at};
    if (s->index_depth == ARRAY_NEST_MAX || !json_cursor_open(&c, list)) return;
    for (s->indexes[s->index_depth] = 0; json_cursor_next(&c, &m); s->indexes[s->index_depth]++)
        run_note_observable(s, op, at + (size_t)(m.value.p - list.p), m.value.n);
}

static enum came run_leaf(struct map_scratch *s, const struct op *op)
{
    struct point before = here(s);
    s->chain = NULL;
    struct value v = expr_value(s, op->expr, op->attr, (enum fit)op->fit);
    bool is_ours =
        s->chain && s->chain->source == SOURCE_CONST; /* "unknown" where the row says nothing: nobody looks for it */
    if (v.raw.p == NULL) {
        go_back(s, before); /* columns joined in vain */
        return CAME_NOTHING;
    }
    write_key(s, op);
    size_t at = s->out.n;
    (void)buf_add_str(&s->out, v.raw);
    if (op->is_time) (void)str_to_i64(v.raw, &s->time_ms);
    if (op->observable && !is_ours && !s->out.failed) {
        if (op->attr->is_array)
            note_elements(s, op, at);
        else
            run_note_observable(s, op, at, v.raw.n);
    }
    if (v.caption.p && op->sibling_key.n) {
        (void)buf_add_char(&s->out, ',');
        (void)buf_add_str(&s->out, op->sibling_key);
        (void)buf_add_str(&s->out, v.caption);
    }
    return CAME_VALUE;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------------------- */
static enum came run_members(struct map_scratch *s, const struct op *ops, uint32_t from, uint32_t to, uint64_t *written)
{
    enum came best = CAME_NOTHING;
    for (uint32_t i = from; i < to; i = ops[i].next) {
        enum came came = run_op(s, ops, i);
        if (came == CAME_NOTHING) continue;
        *written |= ops[i].bit;
        if (came > best) best = came;
    }
    return best;
}

static enum came run_object(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    const struct op *op = &ops[i];
    struct point before = here(s);
    uint64_t written = 0;
    write_key(s, op);
    (void)buf_add_char(&s->out, '{');
    enum came came = run_members(s, ops, i + 1, op->next, &written);
    bool is_there = came == CAME_VALUE || (came == CAME_CONSTANT && (op->is_constant || op->is_always));
    if (!is_there || !frame_is_whole(op->frame, written)) {
        go_back(s, before);
        return CAME_NOTHING;
    }
    (void)buf_add_char(&s->out, '}');
    return op->is_always ? CAME_VALUE : came;
}

/* One element of the array in progress; counts it. */
static enum came run_element(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    enum came came = run_op(s, ops, i);
    if (came != CAME_NOTHING && ops[i].kind != OP_EACH && s->index_depth) s->indexes[s->index_depth - 1]++;
    return came;
}

struct each_run {
    struct map_scratch *s;
    const struct op *ops;
    uint32_t at;
    enum came best;
};

static bool run_for_element(void *ctx, struct value element)
{
    struct each_run *e = ctx;
    const struct op *op = &e->ops[e->at];
    if (op->is_single && e->best != CAME_NOTHING) return true;
    shape_read(e->s, op->shape, element.raw);
    enum came came = op->is_single ? run_op(e->s, e->ops, e->at + 1) : run_element(e->s, e->ops, e->at + 1);
    if (came > e->best) e->best = came;
    return came != CAME_NOTHING;
}

static enum came run_each(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    struct each_run e = {s, ops, i, CAME_NOTHING};
    struct value list = chain_value(s, ops[i].each);
    bool is_whole = value_each(s, list, run_for_element, &e);
    if (is_whole && e.best != CAME_NOTHING && !ops[i].is_single && !list.is_partial) mark_used(s, ops[i].each);
    return e.best;
}

static enum came run_array(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    struct point before = here(s);
    enum came best = CAME_NOTHING;
    if (s->index_depth == ARRAY_NEST_MAX) return CAME_NOTHING;
    write_key(s, &ops[i]);
    (void)buf_add_char(&s->out, '[');
    s->indexes[s->index_depth++] = 0;
    for (uint32_t j = i + 1; j < ops[i].next; j = ops[j].next) {
        enum came came = run_element(s, ops, j);
        if (came > best) best = came;
    }
    s->index_depth--;
    if (best == CAME_NOTHING)
        go_back(s, before);
    else
        (void)buf_add_char(&s->out, ']');
    return best;
}

static enum came run_first(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    for (uint32_t j = i + 1; j < ops[i].next; j = ops[j].next) {
        enum came came = run_op(s, ops, j);
        if (came != CAME_NOTHING) return came;
    }
    return CAME_NOTHING;
}

static enum came run_kind(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    const struct op *op = &ops[i];
    switch ((enum op_kind)op->kind) {
    case OP_OBJECT: return run_object(s, ops, i);
    case OP_ARRAY: return run_array(s, ops, i);
    case OP_EACH: return run_each(s, ops, i);
    case OP_FIRST: return run_first(s, ops, i);
    case OP_LEAF: return run_leaf(s, op);
    case OP_BLOCK: return run_op(s, op->block->ops, 0);
    case OP_CONST: break;
    }
    write_key(s, op);
    (void)buf_add_str(&s->out, op->text);
    return CAME_CONSTANT;
}

/* Recursion follows the nesting of the mapping, which the compiler bounds. */
enum came run_op(struct map_scratch *s, const struct op *ops, uint32_t i)
{
    if (!condition_holds(s, ops[i].when)) return CAME_NOTHING;
    enum came came = run_kind(s, ops, i);
    if (came != CAME_NOTHING) s->profiles |= ops[i].profile;
    return came;
}

uint64_t run_block(struct map_scratch *s, const struct block *b)
{
    uint64_t written = 0;
    (void)run_members(s, b->ops, 0, b->op_count, &written);
    return written;
}
