/* Ops to code. */
#include "logic/ocsf/code.h"

#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/compile.h"
#include "logic/ocsf/run.h"

struct maker {
    struct compiler *c;
    struct arena *a;
    const char *source; /* NULL: not known before the row is */
    uint16_t self_slot; /* of the row */
    unsigned depth;
    const struct op *ops;
    struct code *codes; /* heap */
    size_t count, cap;
    bool failed;
};

struct role { /* what it means for the block around it that something came about */
    uint64_t bit;
    uint16_t profile;
    bool is_element;
};

static size_t add(struct maker *m, struct code c)
{
    if (m->count == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 128;
        struct code *more = cap <= UINT16_MAX ? realloc(m->codes, cap * sizeof *more) : NULL;
        if (more == NULL) {
            m->failed = true;
            return 0;
        }
        m->codes = more;
        m->cap = cap;
    }
    c.next = c.done = (uint16_t)(m->count + 1);
    m->codes[m->count] = c;
    return m->count++;
}

/* ---- literals ------------------------------------------------------------------------------------------------------------- */
static struct str literal(struct maker *m, struct str a, struct str b, struct str c)
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

/* What an op writes whatever the row holds: constants and objects of them. */
struct fixed {
    struct str text; /* from its comma on */
    uint8_t came;
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
    out->text = literal(m, STR(","), op->key, literal(m, STR("\""), name, STR("\"")));
    out->came = CAME_VALUE;
    return !m->failed;
}

static bool fix_object(struct maker *m, uint32_t i, struct fixed *out)
{
    const struct op *op = &m->ops[i];
    struct str members = STR_NONE;
    uint64_t written = 0;
    uint8_t came = CAME_NOTHING;
    if (!op->is_constant && !op->is_always) return false;
    for (uint32_t j = i + 1; j < op->next; j = m->ops[j].next) {
        struct fixed f;
        if (m->ops[j].profile || !fix(m, j, &f)) return false;
        members = literal(m, members, f.text, STR_NONE);
        written |= m->ops[j].bit;
        if (f.came > came) came = f.came;
    }
    if (came == CAME_NOTHING || !frame_is_whole(op->frame, written)) return false;
    struct str inside = literal(m, str_sub(members, 1, members.n), STR("}"), STR_NONE);
    out->text = literal(m, STR(","), literal(m, op->key, STR("{"), STR_NONE), inside);
    out->came = op->is_always ? CAME_VALUE : came;
    return true;
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
    *out = (struct fixed){literal(m, STR(","), op->key, op->text), CAME_CONSTANT};
    return !m->failed;
}

/* ---- words ------------------------------------------------------------------------------------------------------------------ */
/* Setting bit 5 makes letters lower case and leaves digits, blanks and most marks alone. Other characters would fall together. */
static bool can_be_folded(struct str word)
{
    for (size_t i = 0; i < word.n; i++) {
        unsigned char c = (unsigned char)word.p[i];
        if ((c < 'a' || c > 'z') && (c < 0x20 || c > 0x3F || c == '"')) return false;
    }
    return word.n > 0 && word.n <= 16 && !str_eq(word, STR("-"));
}

/* Token and caption of a word; false: the caption is the row's own word, or there is none to write but should be. */
static bool word_text(struct maker *m, const struct op *op, const struct word *w, struct str *out)
{
    *out = STR_NONE;
    if (w->token.p == NULL) return true;
    if (w->caption.p == NULL && str_eq(w->token, STR("99"))) return false;
    bool has_caption = w->caption.p && op->sibling_key.n;
    struct str caption = has_caption ? literal(m, STR(","), op->sibling_key, w->caption) : STR_NONE;
    *out = literal(m, w->token, caption, STR_NONE);
    return true;
}

static const struct word_codes *words_of(struct maker *m, const struct op *op, const struct word_table *t)
{
    struct word_table *owner =
        (struct word_table *)(uintptr_t)t; /* variants are made one by one, and share their tables */
    uint32_t size = 8;
    if (t->codes && t->codes_sibling == op->sibling_key.p) return t->codes;
    while (size < 4 * t->count) size *= 2;
    struct word_codes *codes = ARENA_NEW(m->a, struct word_codes);
    struct word_code *items = arena_alloc(m->a, size * sizeof *items);
    if (codes == NULL || items == NULL) {
        m->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < t->count; i++) {
        struct word_code w;
        struct str text;
        struct str word = t->words[i].text;
        if (!can_be_folded(word) || !word_code_of(word, &w) || !word_text(m, op, &t->words[i], &text)) continue;
        w.text = text;
        uint32_t at = word_code_hash(&w) & (size - 1);
        while (items[at].length) at = (at + 1) & (size - 1);
        items[at] = w;
    }
    *codes = (struct word_codes){items, size - 1};
    owner->codes = codes;
    owner->codes_sibling = op->sibling_key.p;
    return codes;
}

static const struct word *find_id(const struct word_table *t, const char *id)
{
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(t->words[i].text, str_of(id))) return &t->words[i];
    }
    return NULL;
}

/* User and System, as `user_type` tells them apart. */
static const struct word_code *persons_of(struct maker *m, const struct op *op, const struct word_table *t)
{
    const struct word *user = find_id(t, "1"), *system = find_id(t, "3");
    struct word_code *two = arena_alloc(m->a, 2 * sizeof *two);
    if (two == NULL) m->failed = true;
    if (two == NULL || user == NULL || system == NULL || !word_text(m, op, user, &two[0].text) ||
        !word_text(m, op, system, &two[1].text))
        return NULL;
    return two[0].text.p && two[1].text.p ? two : NULL;
}

/* ---- leaves ------------------------------------------------------------------------------------------------------------------- */
static bool is_column(const struct maker *m, const struct chain *c)
{
    return c->source == SOURCE_SLOT && c->shape == 0 && !c->is_list && c->slot != m->self_slot;
}

static bool make_plain(const struct op *op, struct code *c)
{
    const struct schema_type *type = op->attr->type;
    c->length_max = type->char_max ? type->char_max : UINT32_MAX;
    c->type = type;
    switch ((enum fit)op->fit) {
    case FIT_STRING: c->kind = type->pattern == PATTERN_NONE ? CODE_TEXT : CODE_TYPED; return true;
    case FIT_PORT:
    case FIT_INTEGER: c->kind = CODE_NUMBER; return true;
    case FIT_LONG: c->kind = CODE_NUMBER, c->is_long = true; return true;
    case FIT_TIME: c->kind = CODE_TIME; return true;
    case FIT_BOOL: c->kind = CODE_BOOL; return true;
    case FIT_JSON: c->kind = CODE_JSON; return true;
    default: return false;
    }
}

static bool make_enum(struct maker *m, const struct op *op, const struct chain *chain, struct code *c)
{
    if (op->observable || chain->step_count == 0) return false;
    const struct step *last = &chain->steps[chain->step_count - 1];
    if (last->converter != CONV_TABLE) return false;
    c->kind = chain->step_count == 1 ? CODE_WORD : CODE_SID;
    if (c->kind == CODE_WORD) c->words = words_of(m, op, last->table);
    if (c->kind == CODE_SID && (chain->step_count != 2 || chain->steps[0].converter != CONV_USER_TYPE)) return false;
    if (c->kind == CODE_SID) c->persons = persons_of(m, op, last->table);
    return c->kind == CODE_WORD ? c->words != NULL : c->persons != NULL;
}

static bool are_parts(const struct chain *chain)
{
    for (size_t i = 0; i < chain->step_count; i++) {
        if (convert_part(chain->steps[i].converter) == NULL) return false;
    }
    return true;
}

/* Steps in front of the type: none, `nonzero`, `address`, or those that take a part of the text. */
static bool make_converted(const struct op *op, const struct chain *chain, struct code *c)
{
    if (!make_plain(op, c)) return false;
    if (chain->step_count == 0) return true;
    enum converter first = chain->steps[0].converter;
    if (chain->step_count == 1 && first == CONV_NONZERO) {
        c->is_nonzero = true;
        return c->kind == CODE_TEXT || c->kind == CODE_NUMBER;
    }
    if (chain->step_count == 1 && first == CONV_BUT) {
        c->silent = chain->steps[0].arg;
        return c->kind == CODE_TEXT || c->kind == CODE_JSON;
    }
    if (chain->step_count == 1 && first == CONV_ADDRESS)
        return c->kind == CODE_TYPED && c->type->pattern == PATTERN_EMAIL;
    if (c->kind != CODE_TEXT || !are_parts(chain)) return false;
    c->kind = CODE_CONVERT;
    c->chain = chain;
    return true;
}

static void make_leaf(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct code c = {.kind = CODE_OP,
                     .op = (uint16_t)i,
                     .bit = role.bit,
                     .profile = role.profile,
                     .is_element = role.is_element,
                     .when = op->when,
                     .is_time = op->is_time};
    const struct expr *e = op->expr->kind == EXPR_ANY ? &op->expr->parts[0] : op->expr;
    bool has_when = op->expr->when || e->when;
    const struct chain *chain = e->kind == EXPR_FIRST && !has_when ? &e->chains[0] : NULL;
    bool is_simple = chain && is_column(m, chain) && !op->attr->is_array;
    if (chain) c.has_others = op->expr->kind == EXPR_ANY || e->chain_count > 1;
    if (is_simple) {
        c.slot = chain->slot;
        is_simple = op->fit == FIT_ENUM ? make_enum(m, op, chain, &c) : make_converted(op, chain, &c);
    }
    c.is_observed = op->observable != 0;
    bool can_be_observed =
        c.kind == CODE_TEXT || c.kind == CODE_TYPED || c.kind == CODE_NUMBER || c.kind == CODE_CONVERT;
    if (!is_simple || (c.is_observed && !can_be_observed)) c.kind = CODE_OP;
    if (c.kind == CODE_OP && chain && chain->source == SOURCE_SLOT && chain->shape != 0 && !c.has_others) {
        c.kind = CODE_INNER;
        c.shape = chain->shape;
        c.slot = chain->slot;
        (void)add(m, c);
        return;
    }
    c.key = literal(m, STR(","), op->key, STR_NONE);
    if (c.kind == CODE_OP) c.when = NULL, c.profile = 0; /* run_op looks after them */
    (void)add(m, c);
}

/* ---- blocks -------------------------------------------------------------------------------------------------------------------- */
static void make_op(struct maker *m, uint32_t i, struct role role);

static struct role role_of(const struct op *op)
{
    return (struct role){op->bit, op->profile, false};
}

/* The members of an object; those at the front that are constants have been written with its beginning. */
static void make_members(struct maker *m, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && !m->failed; i = m->ops[i].next) {
        struct code c = {.kind = CODE_LITERAL};
        struct fixed f;
        uint32_t next = i;
        for (; next < to && fix(m, next, &f); next = m->ops[next].next) {
            c.key = literal(m, c.key, f.text, STR_NONE);
            c.bit |= m->ops[next].bit;
            c.profile |= m->ops[next].profile;
            if (f.came > c.came) c.came = f.came;
        }
        if (c.key.n) (void)add(m, c);
        if (next >= to) break;
        i = next;
        make_op(m, i, role_of(&m->ops[i]));
    }
}

static void make_object(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    m->depth++;
    struct code c = {.kind = CODE_OPEN, .op = (uint16_t)i, .when = op->when};
    struct str inside = STR_NONE;
    struct fixed f;
    uint32_t from = i + 1;
    for (; from < op->next && m->ops[from].profile == 0 && fix(m, from, &f); from = m->ops[from].next) {
        inside = literal(m, inside, f.text, STR_NONE);
        c.bit |= m->ops[from].bit;
        if (f.came > c.came) c.came = f.came;
    }
    c.key = literal(m, STR(","), op->key, literal(m, STR("{"), str_sub(inside, 1, inside.n), STR_NONE));
    c.is_element = inside.n > 0; /* of OPEN: something stands behind the bracket already */
    size_t open = add(m, c);
    make_members(m, from, op->next);
    (void)add(m, (struct code){.kind = CODE_CLOSE,
                               .op = (uint16_t)i,
                               .bit = role.bit,
                               .profile = op->profile | role.profile,
                               .is_element = role.is_element,
                               .is_always = op->is_always,
                               .is_nonzero = op->is_constant,
                               .frame = op->frame});
    if (!m->failed) m->codes[open].next = (uint16_t)m->count;
    m->depth--;
}

static void make_array(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    m->depth++;
    size_t open = add(
        m, (struct code){
               .kind = CODE_LIST, .op = (uint16_t)i, .when = op->when, .key = literal(m, STR(","), op->key, STR("["))});
    for (uint32_t j = i + 1; j < op->next && !m->failed; j = m->ops[j].next)
        make_op(m, j, (struct role){0, 0, m->ops[j].kind != OP_EACH});
    (void)add(m, (struct code){.kind = CODE_LIST_END,
                               .op = (uint16_t)i,
                               .bit = role.bit,
                               .profile = op->profile,
                               .is_element = role.is_element});
    if (!m->failed) m->codes[open].next = (uint16_t)m->count;
    m->depth--;
}

/* The first that comes about stands for the whole: it goes on behind the others. */
static void make_first(struct maker *m, uint32_t i, struct role role)
{
    size_t ends[64], count = 0;
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
        make_leaf(m, i, role);
    } else if (op->kind == OP_BLOCK) {
        (void)add(m, (struct code){.kind = CODE_BLOCK, .block = op->block, .bit = role.bit});
    } else if (op->kind == OP_OBJECT && !is_deep) {
        make_object(m, i, role);
    } else if (op->kind == OP_ARRAY && !is_deep) {
        make_array(m, i, role);
    } else if (op->kind == OP_FIRST && is_small_first(m, i)) {
        make_first(m, i, role);
    } else {
        (void)add(m, (struct code){.kind = CODE_OP, .op = (uint16_t)i, .bit = role.bit, .is_element = role.is_element});
    }
}

bool code_make(struct compiler *c, struct block *b)
{
    struct maker m = {.c = c, .a = c->a, .source = c->source, .self_slot = c->shapes[0].self_slot, .ops = b->ops};
    make_members(&m, 0, b->op_count);
    (void)add(&m, (struct code){.kind = CODE_STOP});
    struct code *copy = m.failed ? NULL : arena_alloc(m.a, m.count * sizeof *copy);
    if (copy) memcpy(copy, m.codes, m.count * sizeof *copy);
    free(m.codes);
    b->code = copy;
    return copy != NULL;
}
