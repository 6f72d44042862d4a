/* Ops to code. */
#include "logic/ocsf/codes/code_make.h"

#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/rows/run.h"

static bool make_room(struct maker *m)
{
    size_t cap = m->cap ? 2 * m->cap : 128;
    struct code *codes = cap <= UINT16_MAX ? realloc(m->codes, cap * sizeof *codes) : NULL;
    if (codes) m->codes = codes;
    struct code_more *more = codes ? realloc(m->more, cap * sizeof *more) : NULL;
    if (more) m->more = more;
    if (more) m->cap = cap;
    return more != NULL;
}

size_t maker_add(struct maker *m, struct code c, struct code_more more)
{
    if (m->count == m->cap && !make_room(m)) {
        m->failed = true;
        return 0;
    }
    c.next = c.done = (uint16_t)(m->count + 1);
    m->codes[m->count] = c;
    m->more[m->count] = more;
    return m->count++;
}

size_t maker_when(struct maker *m, const struct condition *when)
{
    return maker_add(m, (struct code){.kind = CODE_WHEN}, (struct code_more){.when = when});
}

void maker_when_ends(struct maker *m, size_t at)
{
    if (!m->failed) m->codes[at].next = (uint16_t)m->count;
}

/* ---- literals ------------------------------------------------------------------------------------------------------------- */
struct str maker_literal(struct maker *m, struct str a, struct str b, struct str c)
{
    struct buf text = {0};
    (void)buf_add_str(&text, a);
    (void)buf_add_str(&text, b);
    (void)buf_add_str(&text, c);
    struct str shared = text.failed ? STR_NONE : shared_text(m->c, buf_str(&text));
    buf_done(&text);
    if (shared.p == NULL) m->failed = true;
    return shared;
}

void maker_set_key(struct code *c, struct str key)
{
    c->key = key.p;
    c->key_n = (uint32_t)key.n;
}

/* What an op writes whatever the row holds: constants and objects of them. */
struct fixed {
    struct str text; /* with the comma behind it */
    uint64_t came;
};

static bool fix(struct maker *m, uint32_t i, struct fixed *out);

/* The table's name: a value, but always the same. */
static bool fix_source(struct maker *m, const struct op *op, struct fixed *out)
{
    const struct expr *e = op->expr;
    if (m->source == NULL || e->kind != EXPR_FIRST || e->when || e->chains[0].source != SOURCE_TABLE ||
        e->chains[0].step_count || op->fit != FIT_STRING || op->attr->is_array || op->observable || op->is_time)
        return false;
    struct str name = str_of(m->source);
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '"' || name.p[i] == '\\') return false;
    }
    if (name.n < 2 || !schema_string_fits(op->attr->type, name)) return false;
    out->text = maker_literal(m, op->key, maker_literal(m, STR("\""), name, STR("\"")), STR(","));
    out->came = CODE_VALUE;
    return !m->failed;
}

static bool fix_object(struct maker *m, uint32_t i, struct fixed *out)
{
    const struct op *op = &m->ops[i];
    struct str members = STR_NONE;
    uint64_t written = 0;
    uint64_t came = 0;
    if (!op->is_constant && !op->is_always) return false;
    for (uint32_t j = i + 1; j < op->next; j = m->ops[j].next) {
        struct fixed f;
        if (m->ops[j].profile || !fix(m, j, &f)) return false;
        members = maker_literal(m, members, f.text, STR_NONE);
        written |= m->ops[j].bit;
        came |= f.came;
    }
    if (came == 0 || !frame_is_whole(op->frame, written)) return false;
    struct str inside = maker_literal(m, STR("{"), str_sub(members, 0, members.n - 1), STR("},"));
    out->text = maker_literal(m, op->key, inside, STR_NONE);
    out->came = op->is_always ? CODE_VALUE : came;
    return !m->failed;
}

static bool fix_block(struct maker *m, const struct block *b, struct fixed *out)
{
    const struct op *ops = m->ops;
    m->ops = b->ops;
    bool is_fixed = fix(m, 0, out);
    m->ops = ops;
    return is_fixed;
}

static bool fix(struct maker *m, uint32_t i, struct fixed *out)
{
    const struct op *op = &m->ops[i];
    if (op->when) return false;
    if (op->kind == OP_BLOCK) return fix_block(m, op->block, out);
    if (op->kind == OP_OBJECT) return fix_object(m, i, out);
    if (op->kind == OP_LEAF) return fix_source(m, op, out);
    if (op->kind != OP_CONST) return false;
    *out = (struct fixed){maker_literal(m, op->key, op->text, STR(",")), CODE_CONSTANT};
    return !m->failed;
}

/* ---- blocks -------------------------------------------------------------------------------------------------------------------- */
static void make_op(struct maker *m, uint32_t i, struct role role);

static struct role role_of(const struct op *op)
{
    return (struct role){.bit = op->bit, .profile = op->profile};
}

/* The constants from *i on, as one literal; with profiles only `with_profiles`. Moves *i behind them. */
static struct str constants(struct maker *m, uint32_t *i, uint32_t to, bool with_profiles, struct code *c)
{
    struct str text = STR_NONE;
    struct fixed f;
    for (; *i < to && (with_profiles || m->ops[*i].profile == 0) && fix(m, *i, &f); *i = m->ops[*i].next) {
        text = maker_literal(m, text, f.text, STR_NONE);
        c->bit |= m->ops[*i].bit | f.came;
        if (with_profiles) c->profile |= m->ops[*i].profile;
    }
    return text;
}

/* The members of an object; those at the front that are constants have been written with its beginning. */
static void make_members(struct maker *m, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && !m->failed; i = m->ops[i].next) {
        struct code c = {.kind = CODE_LITERAL};
        struct str text = constants(m, &i, to, true, &c);
        maker_set_key(&c, text);
        if (text.n) (void)maker_add(m, c, (struct code_more){0});
        if (i >= to) break;
        make_op(m, i, role_of(&m->ops[i]));
    }
}

/* An object of constants and one leaf comes about when the leaf does: its brackets become part of the leaf. */
static bool fold_object(struct maker *m, size_t open, const struct op *op, struct role role)
{
    struct code *o = &m->codes[open], *leaf = o + 1;
    struct code_more *more = &m->more[open + 1];
    bool is_leaf = leaf->kind <= CODE_TOLD || leaf->kind == CODE_LEAF || leaf->kind == CODE_MEMBER;
    if (m->count != open + 2 || !is_leaf || leaf->tail == CODE_TAIL_MAX || op->is_always || op->is_constant ||
        !frame_is_whole(op->frame, o->bit | leaf->bit))
        return false;
    struct str key = maker_literal(m, (struct str){o->key, o->key_n}, (struct str){leaf->key, leaf->key_n}, STR_NONE);
    *o = *leaf;
    maker_set_key(o, key);
    o->bit = role.bit | CODE_VALUE;
    o->tail++;
    o->next = o->done = (uint16_t)(open + 1);
    m->more[open] = *more;
    more = &m->more[open];
    more->op = (uint16_t)(op - m->ops);
    more->is_element = role.is_element;
    more->profile |= op->profile | role.profile;
    o->kind = (uint8_t)maker_leaf_kind(more, role);
    m->count--;
    return true;
}

static void close_object(struct maker *m, const struct op *op, struct role role)
{
    const struct frame *f = op->frame;
    bool has_constraints = f->at_least_one_count || f->just_one_count;
    struct code_more more = {.op = (uint16_t)(op - m->ops),
                             .profile = role.profile | op->profile,
                             .is_element = role.is_element,
                             .is_constant = op->is_always || op->is_constant,
                             .frame = has_constraints ? f : NULL};
    bool is_plain = f->at_least_one_count <= 1 && f->just_one_count == 0 && !more.is_constant && !role.is_element &&
                    !role.is_alternative;
    struct code c = {.kind = CODE_END, .required = f->required, .bit = role.bit};
    if (op->is_always) c.bit |= CODE_VALUE;
    if (is_plain)
        c = (struct code){.kind = CODE_CLOSE,
                          .required = f->required | CODE_VALUE,
                          .any = f->at_least_one_count ? f->at_least_one[0] : CODE_VALUE,
                          .bit = role.bit | CODE_VALUE,
                          .profile = more.profile,
                          .bracket = '}'};
    (void)maker_add(m, c, more);
}

static void make_object(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct code c = {.kind = CODE_OPEN};
    uint32_t from = i + 1;
    size_t when = op->when ? maker_when(m, op->when) : 0;
    m->depth++;
    struct str inside = constants(m, &from, op->next, false, &c);
    maker_set_key(&c, maker_literal(m, op->key, STR("{"), inside));
    size_t open = maker_add(m, c, (struct code_more){.op = (uint16_t)i});
    make_members(m, from, op->next);
    if (!m->failed && !fold_object(m, open, op, role)) close_object(m, op, role);
    if (op->when) maker_when_ends(m, when);
    m->depth--;
}

/* Observables name the places of their values, arrays' elements by number. */
static bool has_observables(const struct maker *m, uint32_t i)
{
    for (uint32_t j = i + 1; j < m->ops[i].next; j++)
        if (m->ops[j].kind == OP_LEAF && m->ops[j].observable) return true;
    return false;
}

/* What comes about in these codes is a value, not constants alone. */
static bool gives_values(const struct maker *m, size_t from)
{
    for (size_t i = from; i < m->count; i++) {
        bool is_plain = m->codes[i].kind <= CODE_LEAF || m->codes[i].kind == CODE_WHEN;
        if (!is_plain) return false;
    }
    return true;
}

static void make_array(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct code c = {.kind = CODE_LIST};
    struct code_more more = {
        .op = (uint16_t)i, .profile = role.profile | op->profile, .is_element = role.is_element, .is_constant = true};
    bool is_counted = has_observables(m, i);
    size_t when = op->when ? maker_when(m, op->when) : 0;
    m->depth++;
    m->nest++;
    maker_set_key(&c, maker_literal(m, op->key, STR("["), STR_NONE));
    size_t open = maker_add(m, c, more);
    for (uint32_t j = i + 1; j < op->next && !m->failed; j = m->ops[j].next)
        make_op(m, j, (struct role){.is_element = is_counted && m->ops[j].kind != OP_EACH});
    bool is_plain = !m->failed && !is_counted && m->nest <= ARRAY_NEST_MAX && !role.is_element &&
                    !role.is_alternative && gives_values(m, open + 1);
    c = (struct code){.kind = CODE_LIST_END, .bit = role.bit};
    if (is_plain)
        c = (struct code){.kind = CODE_CLOSE,
                          .any = CODE_VALUE,
                          .bit = role.bit | CODE_VALUE,
                          .profile = more.profile,
                          .bracket = ']'};
    (void)maker_add(m, c, more);
    if (is_plain) m->codes[open].kind = CODE_OPEN;
    if (!m->failed) m->codes[open].next = (uint16_t)m->count;
    if (op->when) maker_when_ends(m, when);
    m->nest--;
    m->depth--;
}

/* The first that comes about stands for the whole: it goes on behind the others. */
static void make_first(struct maker *m, uint32_t i, struct role role)
{
    size_t ends[64], count = 0;
    role.is_alternative = true;
    role.profile |= m->ops[i].profile;
    for (uint32_t j = i + 1; j < m->ops[i].next && !m->failed && count < 64; j = m->ops[j].next) {
        make_op(m, j, role);
        ends[count++] = m->count - 1;
    }
    for (size_t j = 0; j < count && !m->failed; j++) m->codes[ends[j]].done = (uint16_t)m->count;
}

static bool is_small_first(const struct maker *m, uint32_t i)
{
    size_t count = 0;
    for (uint32_t j = i + 1; j < m->ops[i].next; j = m->ops[j].next) count++;
    return count < 64 && m->ops[i].when == NULL;
}

static void make_op(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    bool is_deep = m->depth + 2 >= CODE_DEPTH_MAX;
    if (op->kind == OP_LEAF) {
        maker_leaf(m, i, role);
    } else if (op->kind == OP_BLOCK && op->block->code) {
        (void)maker_add(m, (struct code){.kind = CODE_BLOCK, .block = op->block, .bit = role.bit},
                        (struct code_more){0});
        m->marks += op->block->code->marks;
    } else if (op->kind == OP_OBJECT && !is_deep) {
        make_object(m, i, role);
    } else if (op->kind == OP_ARRAY && !is_deep) {
        make_array(m, i, role);
    } else if (op->kind == OP_FIRST && is_small_first(m, i)) {
        make_first(m, i, role);
    } else {
        (void)maker_add(m, (struct code){.kind = CODE_OP, .bit = role.bit},
                        (struct code_more){.op = (uint16_t)i, .profile = role.profile, .is_element = role.is_element});
    }
}

/* The longest literal, with those of the blocks in it. */
static size_t key_max(const struct maker *m)
{
    size_t most = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct code *c = &m->codes[i];
        bool has_key = c->kind <= CODE_TOLD;
        size_t n = has_key ? c->key_n : c->kind == CODE_BLOCK ? c->block->code->key_max : 0;
        if (n > most) most = n;
    }
    return most;
}

bool code_make(struct compiler *c, struct block *b)
{
    struct maker m = {.c = c, .a = c->a, .source = c->source, .self_slot = c->shapes[0].self_slot, .ops = b->ops};
    make_members(&m, 0, b->op_count);
    (void)maker_add(&m, (struct code){.kind = CODE_STOP}, (struct code_more){0});
    struct code_block *block = ARENA_NEW(m.a, struct code_block);
    struct code *codes = m.failed ? NULL : arena_alloc(m.a, m.count * sizeof *codes);
    struct code_more *more = m.failed ? NULL : arena_alloc(m.a, m.count * sizeof *more);
    bool is_made = block && codes && more;
    if (is_made) {
        memcpy(codes, m.codes, m.count * sizeof *codes);
        memcpy(more, m.more, m.count * sizeof *more);
        *block = (struct code_block){codes, more, m.count + m.marks, key_max(&m)};
        b->code = block;
    }
    free(m.codes);
    free(m.more);
    return is_made;
}
