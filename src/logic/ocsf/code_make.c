/* Ops to code. */
#include "logic/ocsf/code.h"

#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/compile.h"
#include "logic/ocsf/run.h"

struct maker {
    struct compiler *c;
    struct arena *a;
    const char *source;   /* NULL: not known before the row is */
    uint16_t self_slot;   /* of the row */
    unsigned depth, nest; /* of blocks; of arrays among them */
    const struct op *ops;
    struct code *codes;     /* heap */
    struct code_more *more; /* heap, parallel */
    size_t count, cap;
    size_t marks; /* of blocks in this one */
    bool failed;
};

struct role { /* what it means for the block around it that something came about */
    uint64_t bit;
    uint16_t profile;
    bool is_element;
    bool is_alternative; /* of OP_FIRST: goes on somewhere else */
};

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

static size_t add(struct maker *m, struct code c, struct code_more more)
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

/* What comes next is only for some rows; where it ends is told later. */
static size_t add_when(struct maker *m, const struct condition *when)
{
    return add(m, (struct code){.kind = CODE_WHEN}, (struct code_more){.when = when});
}

static void end_when(struct maker *m, size_t at)
{
    if (!m->failed) m->codes[at].next = (uint16_t)m->count;
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

static void set_key(struct code *c, struct str key)
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
    out->text = literal(m, op->key, literal(m, STR("\""), name, STR("\"")), STR(","));
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
        members = literal(m, members, f.text, STR_NONE);
        written |= m->ops[j].bit;
        came |= f.came;
    }
    if (came == 0 || !frame_is_whole(op->frame, written)) return false;
    struct str inside = literal(m, STR("{"), str_sub(members, 0, members.n - 1), STR("},"));
    out->text = literal(m, op->key, inside, STR_NONE);
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
    *out = (struct fixed){literal(m, op->key, op->text, STR(",")), CODE_CONSTANT};
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

static bool number_fits(const struct schema_type *type, enum fit fit, struct str token)
{
    int64_t n;
    return str_to_i64(token, &n) && n >= 0 && n <= INT32_MAX && (fit != FIT_PORT || n > 0) &&
           (!type->has_range || (n >= type->low && n <= type->high));
}

/* Is the token of a word what value_fit would make of it? */
static bool token_fits(const struct op *op, struct str token)
{
    const struct schema_type *type = op->attr->type;
    bool is_text = token.n > 3 && token.p[0] == '"' && memchr(token.p, '\\', token.n) == NULL;
    switch ((enum fit)op->fit) {
    case FIT_ENUM: return true;
    case FIT_BOOL: return str_eq(token, STR("true")) || str_eq(token, STR("false"));
    case FIT_STRING: return is_text && type->pattern == PATTERN_NONE && !type->char_max;
    case FIT_PORT:
    case FIT_INTEGER:
    case FIT_LONG: return number_fits(type, (enum fit)op->fit, token);
    default: return false;
    }
}

/* Token and caption of a word; false: the caption is the row's own word, or there is none to write but should be. */
static bool word_text(struct maker *m, const struct op *op, const struct word *w, struct str *out)
{
    *out = STR_NONE;
    if (w->token.p == NULL) return true;
    if (!token_fits(op, w->token)) return false;
    if (op->fit == FIT_ENUM && w->caption.p == NULL && str_eq(w->token, STR("99"))) return false;
    bool has_caption = w->caption.p && op->sibling_key.n;
    struct str caption = has_caption ? literal(m, STR(","), op->sibling_key, w->caption) : STR_NONE;
    *out = literal(m, w->token, caption, STR_NONE);
    return true;
}

static const struct word_codes *words_of(struct maker *m, const struct op *op, const struct word_table *t)
{
    struct word_table *owner =
        (struct word_table *)(uintptr_t)t; /* variants are made one by one, and share their tables */
    const void *fits = op->fit == FIT_ENUM ? (const void *)op->sibling_key.p : op->attr;
    uint32_t size = 8;
    size_t known = 0;
    if (t->codes && t->codes_for == fits) return t->codes;
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
        known++;
    }
    bool has_else = t->knows_other || t->by_caption || t->fallback.token.p;
    *codes = (struct word_codes){items, size - 1, known == t->count && !has_else};
    owner->codes = codes;
    owner->codes_for = fits;
    return codes;
}

static const struct word *find_id(const struct word_table *t, const char *id)
{
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(t->words[i].text, str_of(id))) return &t->words[i];
    }
    return NULL;
}

/* Two words that a converter tells apart: User and System, versions of addresses. NULL: they are not both in the table. */
static const struct word_code *two_of(struct maker *m, const struct op *op, const struct word_table *t,
                                      const char *const *ids)
{
    const struct word *a = find_id(t, ids[0]), *b = find_id(t, ids[1]);
    struct word_code *two = arena_alloc(m->a, 2 * sizeof *two);
    if (two == NULL) m->failed = true;
    if (two == NULL || a == NULL || b == NULL || !word_text(m, op, a, &two[0].text) ||
        !word_text(m, op, b, &two[1].text))
        return NULL;
    return two[0].text.p && two[1].text.p ? two : NULL;
}

/* ---- leaves ------------------------------------------------------------------------------------------------------------------- */
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
        c->two = two_of(m, op, last->table, first == CONV_USER_TYPE ? persons : versions);
        return c->two != NULL;
    }
    for (size_t i = 0; i + 1 < chain->step_count; i++)
        if (convert_text(chain->steps[i].converter) == NULL) return false;
    c->leaf = LEAF_WORD;
    c->parts = chain->step_count > 1 ? chain : NULL;
    c->words = words_of(m, op, last->table);
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

/* One that the loop does by itself, if it is as most are. */
static enum code_kind leaf_kind(const struct code_more *c, struct role role)
{
    bool has_more =
        role.is_alternative || c->is_element || c->profile || c->observable != NO_OP; /* than the value, to think of */
    bool is_text = c->leaf == LEAF_TEXT && !c->is_nonzero && c->length_max > 2;
    bool is_number = c->leaf == LEAF_NUMBER && !c->type->has_range;
    if (c->has_silent || c->shape != 0) return CODE_LEAF;
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
    (void)add(m, c, more);
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
    size_t condition = a->when ? add_when(m, a->when) : 0;
    c.kind = (uint8_t)leaf_kind(&more, role);
    set_key(&c, literal(m, op->key, STR_NONE, STR_NONE));
    if (more.leaf == LEAF_TEXT) c.limit = more.length_max - 2;
    if (c.kind == CODE_TIME) c.is_time = more.is_time;
    (void)add(m, c, more);
    if (a->when) end_when(m, condition);
    return true;
}

/* The first alternative that comes about stands for the whole. */
static void make_leaf(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct alternatives a;
    size_t ends[ALTERNATIVES_MAX + 1], count = 0, done = 0;
    list_alternatives(&a, op->expr);
    size_t when = op->when && done < a.count ? add_when(m, op->when) : 0;
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
    if (when) end_when(m, when);
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
        text = literal(m, text, f.text, STR_NONE);
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
        set_key(&c, text);
        if (text.n) (void)add(m, c, (struct code_more){0});
        if (i >= to) break;
        make_op(m, i, role_of(&m->ops[i]));
    }
}

/* An object of constants and one leaf comes about when the leaf does: its brackets become part of the leaf. */
static bool fold_object(struct maker *m, size_t open, const struct op *op, struct role role)
{
    struct code *o = &m->codes[open], *leaf = o + 1;
    struct code_more *more = &m->more[open + 1];
    bool is_leaf = leaf->kind <= CODE_TOLD || leaf->kind == CODE_LEAF;
    if (m->count != open + 2 || !is_leaf || leaf->tail == CODE_TAIL_MAX || op->is_always || op->is_constant ||
        !frame_is_whole(op->frame, o->bit | leaf->bit))
        return false;
    struct str key = literal(m, (struct str){o->key, o->key_n}, (struct str){leaf->key, leaf->key_n}, STR_NONE);
    *o = *leaf;
    set_key(o, key);
    o->bit = role.bit | CODE_VALUE;
    o->tail++;
    o->next = o->done = (uint16_t)(open + 1);
    m->more[open] = *more;
    more = &m->more[open];
    more->op = (uint16_t)(op - m->ops);
    more->is_element = role.is_element;
    more->profile |= op->profile | role.profile;
    o->kind = (uint8_t)leaf_kind(more, role);
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
    (void)add(m, c, more);
}

static void make_object(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct code c = {.kind = CODE_OPEN};
    uint32_t from = i + 1;
    size_t when = op->when ? add_when(m, op->when) : 0;
    m->depth++;
    struct str inside = constants(m, &from, op->next, false, &c);
    set_key(&c, literal(m, op->key, STR("{"), inside));
    size_t open = add(m, c, (struct code_more){.op = (uint16_t)i});
    make_members(m, from, op->next);
    if (!m->failed && !fold_object(m, open, op, role)) close_object(m, op, role);
    if (op->when) end_when(m, when);
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
    size_t when = op->when ? add_when(m, op->when) : 0;
    m->depth++;
    m->nest++;
    set_key(&c, literal(m, op->key, STR("["), STR_NONE));
    size_t open = add(m, c, more);
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
    (void)add(m, c, more);
    if (is_plain) m->codes[open].kind = CODE_OPEN;
    if (!m->failed) m->codes[open].next = (uint16_t)m->count;
    if (op->when) end_when(m, when);
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
        make_leaf(m, i, role);
    } else if (op->kind == OP_BLOCK && op->block->code) {
        (void)add(m, (struct code){.kind = CODE_BLOCK, .block = op->block, .bit = role.bit}, (struct code_more){0});
        m->marks += op->block->code->marks;
    } else if (op->kind == OP_OBJECT && !is_deep) {
        make_object(m, i, role);
    } else if (op->kind == OP_ARRAY && !is_deep) {
        make_array(m, i, role);
    } else if (op->kind == OP_FIRST && is_small_first(m, i)) {
        make_first(m, i, role);
    } else {
        (void)add(m, (struct code){.kind = CODE_OP, .bit = role.bit},
                  (struct code_more){.op = (uint16_t)i, .profile = role.profile, .is_element = role.is_element});
    }
}

bool code_make(struct compiler *c, struct block *b)
{
    struct maker m = {.c = c, .a = c->a, .source = c->source, .self_slot = c->shapes[0].self_slot, .ops = b->ops};
    make_members(&m, 0, b->op_count);
    (void)add(&m, (struct code){.kind = CODE_STOP}, (struct code_more){0});
    struct code_block *block = ARENA_NEW(m.a, struct code_block);
    struct code *codes = m.failed ? NULL : arena_alloc(m.a, m.count * sizeof *codes);
    struct code_more *more = m.failed ? NULL : arena_alloc(m.a, m.count * sizeof *more);
    bool is_made = block && codes && more;
    if (is_made) {
        memcpy(codes, m.codes, m.count * sizeof *codes);
        memcpy(more, m.more, m.count * sizeof *more);
        *block = (struct code_block){codes, more, m.count + m.marks};
        b->code = block;
    }
    free(m.codes);
    free(m.more);
    return is_made;
}
