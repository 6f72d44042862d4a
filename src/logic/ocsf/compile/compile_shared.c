/* What the variants of a plan share: a table's ActionTypes differ in a few attributes, and the rest of their events is the
 * same, leaf by leaf. An expression is known by its text, its shape and its attribute. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/codes/code.h"
#include "logic/ocsf/compile/compile.h"

enum { POOL_BYTES = 2048 };
struct shared {
    struct str text; /* p == NULL: free */
    const struct schema_attr *attr;
    uint16_t shape;
    const struct expr *expr; /* NULL: a text alone */
};

static bool is_same(const struct shared *a, const struct shared *b)
{
    return a->attr == b->attr && a->shape == b->shape && str_eq(a->text, b->text);
}

static size_t hash_of(const struct shared *s)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325) ^ (uintptr_t)s->attr ^ s->shape;
    for (size_t i = 0; i < s->text.n; i++) h = (h ^ (unsigned char)s->text.p[i]) * UINT64_C(0x100000001B3);
    return (size_t)(h ^ h >> 29);
}

/* Where it is, or where it would be. */
static struct shared *spot_of(const struct compiler *c, const struct shared *s)
{
    size_t i = hash_of(s) & (c->shared_room - 1);
    while (c->shared[i].text.p && !is_same(&c->shared[i], s)) i = (i + 1) & (c->shared_room - 1);
    return &c->shared[i];
}

static bool make_room(struct compiler *c)
{
    if (2 * c->shared_count < c->shared_room) return true;
    struct shared *old = c->shared;
    size_t room = c->shared_room;
    c->shared_room = room ? 2 * room : 1024;
    c->shared = calloc(c->shared_room, sizeof *c->shared);
    if (c->shared == NULL) {
        c->shared = old;
        c->shared_room = room;
        return compile_no_memory(c);
    }
    for (size_t i = 0; i < room; i++) {
        if (old[i].text.p) *spot_of(c, &old[i]) = old[i];
    }
    free(old);
    return true;
}

const struct expr *shared_expr(struct compiler *c, struct str text, uint16_t shape, const struct schema_attr *attr)
{
    if (c->shared_room == 0) return NULL;
    return spot_of(c, &(struct shared){.text = text, .attr = attr, .shape = shape})->expr;
}

bool share_expr(struct compiler *c, struct str text, uint16_t shape, const struct schema_attr *attr,
                const struct expr *made)
{
    if (text.p == NULL) return true;
    if (!make_room(c)) return false;
    struct shared s = {.text = text, .attr = attr, .shape = shape, .expr = made};
    *spot_of(c, &s) = s;
    c->shared_count++;
    return true;
}

/* Texts stand one behind the other: a stride from the last of them still ends in the pool. */
static char *pool_room(struct compiler *c, size_t n)
{
    if (c->pool.n < n + STRIDE) {
        size_t size = n + STRIDE > POOL_BYTES ? n + STRIDE : POOL_BYTES;
        c->pool.p = arena_alloc(c->a, size);
        c->pool.n = c->pool.p ? size : 0;
        if (c->pool.p == NULL) return NULL;
    }
    char *room = c->pool.p;
    c->pool.p += n;
    c->pool.n -= n;
    return room;
}

struct str shared_text(struct compiler *c, struct str text)
{
    if (!make_room(c)) return STR_NONE;
    struct shared s = {.text = text};
    struct shared *spot = spot_of(c, &s);
    if (spot->text.p) return spot->text;
    char *copy = pool_room(c, text.n);
    if (copy == NULL) return STR_NONE;
    if (text.n) memcpy(copy, text.p, text.n);
    s.text.p = copy;
    *spot = s;
    c->shared_count++;
    return s.text;
}

/* ---- observables told once ------------------------------------------------------------------------------------------------------ */
static bool is_same_chain(const struct chain *a, const struct chain *b)
{
    if (a->source != b->source || a->shape != b->shape || a->slot != b->slot || a->is_list || b->is_list ||
        a->step_count != b->step_count || !str_eq(a->constant, b->constant))
        return false;
    for (size_t i = 0; i < a->step_count; i++) {
        const struct step *x = &a->steps[i], *y = &b->steps[i];
        if (x->converter != y->converter || !str_eq(x->arg, y->arg) || x->table || y->table) return false;
    }
    return true;
}

static bool is_of_row(const struct op *op)
{
    if (op->kind != OP_LEAF || !op->observable || op->attr->is_array || op->expr->kind != EXPR_FIRST) return false;
    for (size_t i = 0; i < op->expr->chain_count; i++) {
        if (op->expr->chains[i].shape != 0) return false;
    }
    return true;
}

static bool are_twins(const struct twin *a, const struct op *b)
{
    bool same = a->observable == b->observable && a->expr->chain_count == b->expr->chain_count;
    for (size_t i = 0; same && i < a->expr->chain_count; i++)
        same = is_same_chain(&a->expr->chains[i], &b->expr->chains[i]);
    return same;
}

uint16_t shared_twin(struct compiler *c, const struct op *op)
{
    if (!is_of_row(op)) return 0;
    for (size_t i = 0; i < c->twin_count; i++) {
        if (are_twins(&c->twins[i], op)) return (uint16_t)(i + 1);
    }
    struct twin *more = c->twin_count + 1 < TWINS_MAX ? realloc(c->twins, (c->twin_count + 1) * sizeof *more) : NULL;
    if (more == NULL) return 0;
    c->twins = more;
    c->twins[c->twin_count++] = (struct twin){op->observable, op->expr};
    return (uint16_t)c->twin_count;
}

void shared_free(struct compiler *c)
{
    free(c->twins);
    free(c->blocks);
    free(c->shared);
    c->shared = NULL;
    c->shared_room = c->shared_count = 0;
}
