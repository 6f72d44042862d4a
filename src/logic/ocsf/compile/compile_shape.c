/* Shapes while they grow, and their hash tables once they are whole. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/compile/compile.h"
#include "logic/ocsf/rows/row.h"

static uint16_t add_slot(struct compiler *c)
{
    if (c->slot_count >= PLAN_SLOTS_MAX) {
        (void)err_set(c->e, &ocsf_causes[OCSF_BAD_MAPPING], "the mapping names more than %d columns and members",
                      PLAN_SLOTS_MAX);
        return NO_SLOT;
    }
    return c->slot_count++;
}

uint16_t shape_add(struct compiler *c, uint16_t parent_shape, uint16_t parent_slot)
{
    uint16_t self = add_slot(c);
    struct built_shape *more = realloc(c->shapes, (c->shape_count + 1) * sizeof *more);
    if (more) c->shapes = more;
    if (more == NULL || self == NO_SLOT) {
        if (more == NULL) (void)compile_no_memory(c);
        return NO_SHAPE;
    }
    c->shapes[c->shape_count] =
        (struct built_shape){.self_slot = self, .parent_slot = parent_slot, .parent_shape = parent_shape};
    return (uint16_t)c->shape_count++;
}

static struct str lower_copy(struct arena *a, struct str s)
{
    char *copy = arena_copy(a, s.p, s.n);
    for (size_t i = 0; copy && i < s.n; i++) copy[i] = row_lower(copy[i]);
    return (struct str){copy, copy ? s.n : 0};
}

uint16_t shape_slot(struct compiler *c, uint16_t shape, struct str name)
{
    struct built_shape *s = &c->shapes[shape];
    for (uint16_t i = 0; i < s->name_count; i++) {
        if (str_eq_nocase(s->names[i], name)) return s->slots[i];
    }
    if (s->name_count == s->name_cap) {
        uint16_t cap = (uint16_t)(s->name_cap ? 2 * s->name_cap : 16);
        struct str *names = realloc(s->names, cap * sizeof *names);
        if (names) s->names = names;
        uint16_t *slots = realloc(s->slots, cap * sizeof *slots);
        if (slots) s->slots = slots;
        if (names == NULL || slots == NULL) {
            (void)compile_no_memory(c);
            return NO_SLOT;
        }
        s->name_cap = cap;
    }
    struct str copy = lower_copy(c->a, name);
    uint16_t slot = add_slot(c);
    if (copy.p == NULL || slot == NO_SLOT) return NO_SLOT;
    s->names[s->name_count] = copy;
    s->slots[s->name_count++] = slot;
    return slot;
}

uint16_t shape_inside(struct compiler *c, uint16_t shape, uint16_t slot)
{
    for (size_t i = 0; i < c->shape_count; i++) {
        if (c->shapes[i].parent_slot == slot && c->shapes[i].parent_shape == shape) return (uint16_t)i;
    }
    return shape_add(c, shape, slot);
}

static bool shape_finish(struct compiler *c, const struct built_shape *b, struct shape *out)
{
    uint32_t size = 4;
    while (size < 4u * b->name_count) size *= 2;
    struct str *names = arena_alloc(c->a, (b->name_count + 1u) * sizeof *names);
    uint16_t *slots = arena_alloc(c->a, (b->name_count + 1u) * sizeof *slots);
    uint16_t *table = arena_alloc(c->a, size * sizeof *table);
    if (names == NULL || slots == NULL || table == NULL) return compile_no_memory(c);
    for (uint16_t i = 0; i < b->name_count; i++) {
        names[i] = b->names[i];
        slots[i] = b->slots[i];
        uint32_t h = row_name_hash(names[i]) & (size - 1);
        while (table[h] != 0) h = (h + 1) & (size - 1);
        table[h] = (uint16_t)(i + 1);
    }
    *out = (struct shape){.names = names,
                          .slots = slots,
                          .name_count = b->name_count,
                          .self_slot = b->self_slot,
                          .parent_slot = b->parent_slot,
                          .parent_shape = b->parent_shape,
                          .table = table,
                          .mask = size - 1};
    return true;
}

bool shapes_finish(struct compiler *c, struct plan *plan)
{
    struct shape *shapes = arena_alloc(c->a, c->shape_count * sizeof *shapes);
    if (shapes == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < c->shape_count; i++) {
        if (!shape_finish(c, &c->shapes[i], &shapes[i])) return false;
    }
    plan->shapes = shapes;
    plan->shape_count = c->shape_count;
    plan->slot_count = c->slot_count;
    return true;
}

void shapes_free(struct compiler *c)
{
    for (size_t i = 0; i < c->shape_count; i++) {
        free(c->shapes[i].names);
        free(c->shapes[i].slots);
    }
    free(c->shapes);
}
