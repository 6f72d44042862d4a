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

static bool make_enum(struct maker *m, const struct op *op, const struct chain *chain, struct code_more *c)
{
    if (op->observable || chain->step_count == 0) return false;
    const struct step *last = &chain->steps[chain->step_count - 1];
    if (last->converter != CONV_TABLE) return false;
    c->leaf = chain->step_count == 1 ? LEAF_WORD : LEAF_SID;
    if (c->leaf == LEAF_WORD) c->words = words_of(m, op, last->table);
    if (c->leaf == LEAF_SID && (chain->step_count != 2 || chain->steps[0].converter != CONV_USER_TYPE)) return false;
    if (c->leaf == LEAF_SID) c->persons = persons_of(m, op, last->table);
    return c->leaf == LEAF_WORD ? c->words != NULL : c->persons != NULL;
}

static bool are_parts(const struct chain *chain)
{
    for (size_t i = 0; i < chain->step_count; i++) {
        if (convert_part(chain->steps[i].converter) == NULL) return false;
    }
    return true;
}

/* Steps in front of the type: none, `nonzero`, `address`, or those that take a part of the text. */
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
        c->silent = chain->steps[0].arg;
        return c->leaf == LEAF_TEXT || c->leaf == LEAF_JSON;
    }
    if (chain->step_count == 1 && first == CONV_ADDRESS)
        return c->leaf == LEAF_TYPED && c->type->pattern == PATTERN_EMAIL;
    if (c->leaf != LEAF_TEXT || !are_parts(chain)) return false;
    c->leaf = LEAF_CONVERT;
    c->chain = chain;
    return true;
}

/* The first alternative is a column, and of a kind that codes know. */
static bool make_simple(struct maker *m, const struct op *op, const struct chain *chain, struct code_more *c)
{
    if (!is_column(m, chain) || op->attr->is_array) return false;
    if (!(op->fit == FIT_ENUM ? make_enum(m, op, chain, c) : make_converted(op, chain, c))) return false;
    bool can_be_observed =
        c->leaf == LEAF_TEXT || c->leaf == LEAF_TYPED || c->leaf == LEAF_NUMBER || c->leaf == LEAF_CONVERT;
    return !op->observable || can_be_observed;
}

/* One that the loop does by itself: nothing to ask and nothing to tell. */
static enum code_kind leaf_kind(const struct code_more *c, struct role role)
{
    bool is_bare = !role.is_alternative && !c->is_element && !c->profile && !c->has_others && !c->silent.n &&
                   c->observable == NO_OP;
    if (is_bare && c->leaf == LEAF_TEXT && !c->is_nonzero && c->length_max > 2) return CODE_TEXT;
    if (is_bare && c->leaf == LEAF_NUMBER && !c->type->has_range) return CODE_NUMBER;
    return is_bare && c->leaf == LEAF_TIME ? CODE_TIME : CODE_LEAF;
}

static void make_leaf(struct maker *m, uint32_t i, struct role role)
{
    const struct op *op = &m->ops[i];
    struct code_more more = {.op = (uint16_t)i,
                             .observable = op->observable ? (uint16_t)i : NO_OP,
                             .profile = role.profile | op->profile,
                             .is_element = role.is_element,
                             .is_time = op->is_time};
    struct code c = {.kind = CODE_OP, .bit = role.bit | CODE_VALUE, .tail = 1};
    const struct expr *e = op->expr->kind == EXPR_ANY ? &op->expr->parts[0] : op->expr;
    bool has_when = op->expr->when || e->when;
    const struct chain *chain = e->kind == EXPR_FIRST && !has_when ? &e->chains[0] : NULL;
    more.has_others = op->expr->kind == EXPR_ANY || e->chain_count > 1;
    if (chain) c.slot = chain->slot;
    bool is_inner = chain && chain->source == SOURCE_SLOT && chain->shape != 0 && !more.has_others;
    if (is_inner) c.kind = CODE_INNER, more.shape = chain->shape;
    if (is_inner || chain == NULL || !make_simple(m, op, chain, &more)) {
        (void)add(m, c, more);
        return;
    }
    size_t when = op->when ? add_when(m, op->when) : 0;
    c.kind = (uint8_t)leaf_kind(&more, role);
    set_key(&c, literal(m, op->key, STR_NONE, STR_NONE));
    if (c.kind == CODE_TEXT) c.limit = more.length_max - 2;
    if (c.kind == CODE_TIME) c.is_time = more.is_time;
    (void)add(m, c, more);
    if (op->when) end_when(m, when);
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
    bool is_leaf = leaf->kind <= CODE_TIME || leaf->kind == CODE_LEAF;
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
