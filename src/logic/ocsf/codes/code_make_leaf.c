/* Leaves to code: each alternative of a value is one. */
#include "logic/ocsf/codes/code_make.h"

#include <string.h>

/* A column of the row, or a member of an object in one. */
static bool is_member(const struct maker *m, const struct chain *c)
{
    const struct built_shape *shape = &m->c->shapes[c->source == SOURCE_SLOT ? c->shape : 0];
    bool is_near = c->shape == 0 || (shape->parent_slot != NO_SLOT && shape->parent_shape == 0);
    return c->source == SOURCE_SLOT && is_near && !c->is_list && c->slot != shape->self_slot;
}

static bool make_plain(const struct op *op, struct code_more *c)
{
    const struct schema_type *type = op->attr->type;
    c->length_max = type->char_max ? type->char_max : UINT32_MAX;
    c->type = type;
    switch ((enum fit)op->fit) {
    case FIT_STRING: c->leaf = type->pattern == PATTERN_NONE ? LEAF_TEXT : LEAF_TYPED; return true;
    case FIT_PORT:
    case FIT_INTEGER: c->leaf = LEAF_NUMBER; return true;
    case FIT_LONG: c->leaf = LEAF_NUMBER, c->is_long = true; return true;
    case FIT_TIME: c->leaf = LEAF_TIME; return true;
    case FIT_BOOL: c->leaf = LEAF_BOOL; return true;
    case FIT_JSON: c->leaf = LEAF_JSON; return true;
    default: return false;
    }
}

static bool make_word(struct maker *m, const struct op *op, const struct chain *chain, struct code_more *c)
{
    static const char *const persons[] = {"1", "3"}, *const versions[] = {"4", "6"};
    const struct step *last = &chain->steps[chain->step_count - 1];
    enum converter first = chain->steps[0].converter;
    bool is_of_two = chain->step_count == 2 && (first == CONV_USER_TYPE || first == CONV_IP_VERSION);
    if (op->observable) return false;
    if (is_of_two) {
        c->leaf = first == CONV_USER_TYPE ? LEAF_SID : LEAF_IP;
        c->two = maker_two(m, op, last->table, first == CONV_USER_TYPE ? persons : versions);
        return c->two != NULL;
    }
    for (size_t i = 0; i + 1 < chain->step_count; i++)
        if (convert_text(chain->steps[i].converter) == NULL) return false;
    c->leaf = LEAF_WORD;
    c->parts = chain->step_count > 1 ? chain : NULL;
    c->words = maker_words(m, op, last->table);
    return c->words != NULL;
}

static bool are_parts(const struct chain *chain)
{
    for (size_t i = 0; i < chain->step_count; i++) {
        if (convert_part(chain->steps[i].converter) == NULL) return false;
    }
    return true;
}

/* Steps in front of the type: none, `nonzero`, `but`, `address`, or those that take a part of the text. */
static bool make_converted(const struct op *op, const struct chain *chain, struct code_more *c)
{
    if (!make_plain(op, c)) return false;
    if (chain->step_count == 0) return true;
    enum converter first = chain->steps[0].converter;
    if (chain->step_count == 1 && first == CONV_NONZERO) {
        c->is_nonzero = true;
        return c->leaf == LEAF_TEXT || c->leaf == LEAF_NUMBER;
    }
    if (chain->step_count == 1 && first == CONV_BUT) {
        c->has_silent = true;
        c->silent = &chain->steps[0].arg;
        return c->leaf == LEAF_TEXT || c->leaf == LEAF_JSON;
    }
    if (chain->step_count == 1 && first == CONV_ADDRESS && c->leaf == LEAF_TYPED)
        return c->type->pattern == PATTERN_EMAIL;
    if ((c->leaf != LEAF_TEXT && c->leaf != LEAF_TYPED && c->leaf != LEAF_NUMBER) || !are_parts(chain)) return false;
    c->leaf = LEAF_CONVERT;
    c->chain = chain;
    return true;
}

/* Of a kind that codes know. */
static bool make_simple(struct maker *m, const struct op *op, const struct chain *chain, struct code_more *c)
{
    if (!is_member(m, chain) || op->attr->is_array) return false;
    bool is_word = chain->step_count > 0 && chain->steps[chain->step_count - 1].converter == CONV_TABLE;
    c->shape = chain->shape;
    if (is_word ? !make_word(m, op, chain, c) : op->fit == FIT_ENUM || !make_converted(op, chain, c)) return false;
    bool can_be_observed = /* as what is written is what is told */
        c->leaf == LEAF_TEXT || c->leaf == LEAF_TYPED || c->leaf == LEAF_NUMBER || c->leaf == LEAF_CONVERT;
    return !op->observable || can_be_observed;
}

static bool is_to_join(const struct maker *m, const struct expr *part)
{
    const struct chain *c = part->chains;
    return part->kind == EXPR_FIRST && part->chain_count == 1 && is_member(m, c) && c->shape == 0 &&
           (c->step_count == 0 || (c->step_count == 1 && c->steps[0].converter == CONV_NONZERO));
}

/* A $join of columns of the row as they stand. */
static bool make_join(struct maker *m, const struct op *op, const struct expr *join, struct code_more *c)
{
    bool is_fine = join->part_count <= JOINED_MAX && !join->joins_path && !op->attr->is_array;
    for (size_t i = 0; i < join->part_count && is_fine; i++) is_fine = is_to_join(m, &join->parts[i]);
    if (!is_fine || op->fit != FIT_STRING || !make_plain(op, c) || c->leaf != LEAF_TEXT ||
        !stands_in_json(join->separator))
        return false;
    c->leaf = LEAF_JOIN;
    c->join = join;
    m->marks += join->part_count;
    return true;
}

enum code_kind maker_leaf_kind(const struct code_more *c, struct role role)
{
    bool has_more =
        role.is_alternative || c->is_element || c->profile || c->observable != NO_OP; /* than the value, to think of */
    bool is_text = c->leaf == LEAF_TEXT && c->length_max > 2, is_nonzero = is_text && c->is_nonzero;
    bool is_number = c->leaf == LEAF_NUMBER && !c->type->has_range;
    if (c->shape != 0) return CODE_MEMBER;
    if (c->has_silent || (is_nonzero && has_more)) return CODE_LEAF;
    if (is_nonzero) return CODE_NONZERO;
    if (is_text || is_number) return has_more ? CODE_TOLD : is_text ? CODE_TEXT : CODE_NUMBER;
    if (has_more) return CODE_LEAF;
    return c->leaf == LEAF_TIME ? CODE_TIME : c->leaf == LEAF_JSON ? CODE_JSON : CODE_LEAF;
}

enum { ALTERNATIVES_MAX = 16 };
struct alternatives { /* of a leaf's value, in order */
    struct alternative {
        const struct chain *chain;
        const struct expr *join;      /* and its other columns; NULL: only the one */
        const struct condition *when; /* NULL: always */
    } items[ALTERNATIVES_MAX];
    size_t count;
    bool is_more; /* and what is none of these */
};

static void add_chains(struct alternatives *a, const struct expr *e)
{
    size_t count = e->kind == EXPR_FIRST ? e->chain_count : 1;
    for (size_t i = 0; i < count && !a->is_more; i++) {
        a->is_more = a->count == ALTERNATIVES_MAX;
        if (a->is_more) return;
        a->items[a->count++] = (struct alternative){.chain = e->kind == EXPR_FIRST ? &e->chains[i] : e->parts->chains,
                                                    .join = e->kind == EXPR_JOIN ? e : NULL,
                                                    .when = e->when};
    }
}

static void list_alternatives(struct alternatives *a, const struct expr *e)
{
    a->count = 0;
    a->is_more = e->kind == EXPR_CONCAT;
    if (e->kind == EXPR_FIRST || e->kind == EXPR_JOIN) add_chains(a, e);
    for (size_t i = 0; e->kind == EXPR_ANY && i < e->part_count && !a->is_more; i++) {
        a->is_more = e->parts[i].kind != EXPR_FIRST && e->parts[i].kind != EXPR_JOIN;
        if (!a->is_more) add_chains(a, &e->parts[i]);
    }
}

/* The op as it is: after what codes could do of it. */
static void make_general(struct maker *m, uint32_t i, const struct alternatives *a, struct role role)
{
    const struct op *op = &m->ops[i];
    const struct alternative *first = &a->items[0];
    bool is_only = a->count == 1 && !a->is_more && !first->when && !first->join;
    const struct chain *only = is_only ? first->chain : NULL;
    struct code c = {.kind = CODE_OP, .bit = role.bit | CODE_VALUE, .tail = 1};
    struct code_more more = {
        .op = (uint16_t)i, .observable = NO_OP, .profile = role.profile | op->profile, .is_element = role.is_element};
    if (only && only->source == SOURCE_SLOT && only->shape != 0) {
        c.kind = CODE_INNER;
        c.slot = only->slot;
        more.shape = only->shape;
    }
    (void)maker_add(m, c, more);
}

/* One alternative; false: none that codes know. */
static bool make_alternative(struct maker *m, uint32_t i, const struct alternative *a, struct role role)
{
    const struct op *op = &m->ops[i];
    struct code_more more = {.op = (uint16_t)i,
                             .observable = op->observable ? (uint16_t)i : NO_OP,
                             .profile = role.profile | op->profile,
                             .is_element = role.is_element,
                             .is_time = op->is_time};
    struct code c = {.bit = role.bit | CODE_VALUE, .tail = 1, .slot = a->chain->slot};
    if (a->join ? !make_join(m, op, a->join, &more) : !make_simple(m, op, a->chain, &more)) return false;
    size_t condition = a->when ? maker_when(m, a->when) : 0;
    c.kind = (uint8_t)maker_leaf_kind(&more, role);
    maker_set_key(&c, maker_literal(m, op->key, STR_NONE, STR_NONE));
    if (more.leaf == LEAF_TEXT) c.limit = more.length_max - 2;
    if (c.kind == CODE_TIME) c.is_time = more.is_time;
    (void)maker_add(m, c, more);
    if (a->when) maker_when_ends(m, condition);
    return true;
}

/* The first alternative that comes about stands for the whole. */
void maker_leaf(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct alternatives a;
    size_t ends[ALTERNATIVES_MAX + 1], count = 0, done = 0;
    list_alternatives(&a, op->expr);
    size_t when = op->when && done < a.count ? maker_when(m, op->when) : 0;
    role.is_alternative |= a.count > 1 || a.is_more;
    for (bool is_known = true; done < a.count && !m->failed; done += is_known) {
        is_known = make_alternative(m, i, &a.items[done], role);
        if (!is_known) break;
        ends[count++] = m->count - 1;
    }
    if (done < a.count || a.is_more) {
        make_general(m, i, &a, role);
        ends[count++] = m->count - 1;
    }
    for (size_t k = 0; k < count && !m->failed; k++) m->codes[ends[k]].done = (uint16_t)m->count;
    if (when) maker_when_ends(m, when);
}
