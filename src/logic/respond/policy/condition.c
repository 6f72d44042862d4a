/* `when:` to a tree of nodes. Several words in a map must all hold; several values of one word: one of them. */
#include "logic/respond/policy/policy_int.h"

enum { DEPTH_MAX = 16, WORDS_MAX = 64 };

static const char *const joints[] = {"all", "any", "not"};
static const struct {
    const char *word;
    enum field_scope scope;
    enum node_kind kind;
} inner_scopes[] = {{"device", SCOPE_DEVICE, NODE_DEVICE}, {"user", SCOPE_USER, NODE_USER}};

static bool compile_map(struct compiler *c, const struct yaml *v, enum field_scope scope, unsigned depth,
                        struct node *out);

/* ---- one condition -------------------------------------------------------------------------------------------------------- */
static bool take_words(struct compiler *c, struct node *n, const struct yaml *v)
{
    const struct field *f = n->field;
    struct str word = v->text;
    bool is_up = f->is_ordered && word.n > 1 && word.p[word.n - 1] == '+';
    if (is_up) word.n--;
    unsigned number;
    if (!f->read(word, &number)) {
        const char *words[WORDS_MAX];
        for (unsigned i = 0; i < f->count; i++) words[i] = f->name(i);
        return complain_unknown(c, v, f->word, words, f->count);
    }
    n->set |= is_up ? ~((UINT64_C(1) << number) - 1) : UINT64_C(1) << number;
    return true;
}

static bool take_role(struct compiler *c, struct node *n, const struct yaml *v)
{
    uint32_t bit;
    if (!role_read(v->text, &bit)) {
        struct buf names[WORDS_MAX / 4];
        const char *words[WORDS_MAX / 4];
        size_t count = 0;
        for (uint32_t b = 1; b < ROLE_OTHER; b <<= 1, count++) {
            buf_init(&names[count], WORDS_MAX);
            roles_write(b, &names[count]);
            words[count] = buf_cstr(&names[count]);
        }
        (void)complain_unknown(c, v, "role", words, count);
        for (size_t i = 0; i < count; i++) buf_done(&names[i]);
        return false;
    }
    n->set |= bit;
    return true;
}

static const struct value_list *find_list(struct compiler *c, const struct yaml *v)
{
    const char *names[WORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < c->p->list_count; i++) {
        if (str_eq(c->p->lists[i].name, v->text)) return &c->p->lists[i];
        const char *name = arena_copy(&c->p->arena, c->p->lists[i].name.p, c->p->lists[i].name.n);
        if (name && count < sizeof names / sizeof *names) names[count++] = name;
    }
    if (count == 0)
        (void)complain(c, v, POLICY_UNKNOWN_WORD, "there is no list of that name: this policy has no lists:");
    else
        (void)complain_unknown(c, v, "the list", names, count);
    return NULL;
}

/* Which entries of a list such a word can match. */
static unsigned kinds_for(const struct field *f)
{
    switch (f->type) {
    case FIELD_TECHNIQUE: return 1U << LIST_TECHNIQUE;
    case FIELD_VALUES: return 1U << f->kind;
    case FIELD_INTEL: return 1U << LIST_HASH | 1U << LIST_ADDRESS | 1U << LIST_DOMAIN | 1U << LIST_URL;
    default: return 1U << LIST_TEXT;
    }
}

static bool take_list_name(struct compiler *c, struct node *n, const struct yaml *v, const struct value_list **lists)
{
    const struct value_list *l = find_list(c, v);
    if (l == NULL) return false;
    size_t usable = 0;
    for (size_t k = 0; k < LIST_KINDS; k++) usable += kinds_for(n->field) >> k & 1 ? l->counts[k] : 0;
    if (usable == 0)
        return complain(c, v, POLICY_BAD, "the list \"%.*s\" has nothing in it that %s could be%s", STR_ARG(v->text),
                        n->field->word, kinds_for(n->field) == 1U << LIST_TEXT ? "; it wants `kind: text`" : "");
    lists[n->list_count++] = l;
    return true;
}

static bool take_technique(struct compiler *c, const struct yaml *v)
{
    struct value_list l = {0};
    bool no_memory, ok = list_add(&l, v->text, LIST_TECHNIQUE, &no_memory);
    list_done(&l);
    return ok || (no_memory ? no_room(c) : complain(c, v, POLICY_BAD, "a technique looks like T1486 or T1003.001"));
}

/* Values written in the condition become a list of its own, which the policy frees. */
static bool take_value(struct compiler *c, struct node *n, const struct yaml *v)
{
    bool no_memory;
    if (n->own_list == NULL) {
        if ((n->own_list = ARENA_NEW(&c->p->arena, struct value_list)) == NULL) return no_room(c);
        n->own_list->next = c->p->own_lists;
        c->p->own_lists = n->own_list;
    }
    enum list_kind kind = (enum list_kind)n->field->kind;
    if (list_add(n->own_list, v->text, kind, &no_memory)) return true;
    return no_memory ? no_room(c) : complain(c, v, POLICY_BAD, "this is no %s", list_kind_names[kind]);
}

static bool is_list_reference(const struct yaml *v)
{
    return v->type == YAML_MAP && v->count == 1 && str_eq(v->keys[0].text, STR("list")) &&
           v->items[0].type == YAML_SCALAR;
}

struct taken { /* of one test, while it is compiled */
    struct str *patterns;
    const struct value_list **lists;
};

static bool takes_lists(const struct field *f)
{
    return f->type == FIELD_TEXT || f->type == FIELD_TECHNIQUE || f->type == FIELD_VALUES;
}

static bool take_item(struct compiler *c, struct node *n, const struct yaml *v, struct taken *taken)
{
    const struct field *f = n->field;
    if (is_list_reference(v)) {
        if (!takes_lists(f)) return complain(c, v, POLICY_BAD, "%s is not looked up in lists", f->word);
        return take_list_name(c, n, &v->items[0], taken->lists);
    }
    if (v->type != YAML_SCALAR)
        return complain(c, v, POLICY_BAD, "%s wants a value, a list of values%s", f->word,
                        takes_lists(f) ? ", or {list: NAME}" : "");
    if (!expect_text(c, v, f->word)) return false;
    switch (f->type) {
    case FIELD_WORDS: return take_words(c, n, v);
    case FIELD_ROLES: return take_role(c, n, v);
    case FIELD_VALUES: return take_value(c, n, v);
    case FIELD_INTEL: return take_list_name(c, n, v, taken->lists);
    case FIELD_TECHNIQUE:
        if (!take_technique(c, v)) return false;
        break;
    default: break;
    }
    taken->patterns[n->pattern_count++] = v->text;
    return true;
}

static bool compile_test(struct compiler *c, const struct field *f, const struct yaml *v, struct node *out)
{
    *out = (struct node){.kind = NODE_TEST, .field = f, .value = v, .line = v->line};
    if (f->type == FIELD_TIME || f->type == FIELD_DAY) return compile_spans(c, v, f->type == FIELD_DAY, out);
    size_t count = value_count(v);
    if (count == 0) return complain(c, v, POLICY_BAD, "%s has no value: it would never hold", f->word);
    struct taken taken = {.patterns = arena_alloc(&c->p->arena, count * sizeof *taken.patterns),
                          .lists = arena_alloc(&c->p->arena, count * sizeof *taken.lists)};
    if (taken.patterns == NULL || taken.lists == NULL) return no_room(c);
    for (size_t i = 0; i < count; i++) {
        if (!take_item(c, out, value_at(v, i), &taken)) return false;
    }
    out->patterns = taken.patterns;
    out->lists = taken.lists;
    return true;
}

/* ---- joints --------------------------------------------------------------------------------------------------------------- */
static struct node *new_nodes(struct compiler *c, size_t count)
{
    struct node *n = arena_alloc(&c->p->arena, (count + 1) * sizeof *n);
    if (n == NULL) (void)no_room(c);
    return n;
}

/* A list of maps, or one map. */
static bool compile_branches(struct compiler *c, const struct yaml *v, enum field_scope scope, unsigned depth,
                             enum node_kind kind, struct node *out)
{
    size_t count = value_count(v);
    struct node *children = new_nodes(c, count);
    if (children == NULL) return false;
    if (count == 0) return complain(c, v, POLICY_BAD, "nothing stands here");
    for (size_t i = 0; i < count; i++) {
        if (!compile_map(c, value_at(v, i), scope, depth, &children[i])) return false;
    }
    *out = (struct node){.kind = kind, .children = children, .count = count, .line = v->line};
    return true;
}

/* `not:` of several maps: none of them. */
static bool compile_joint(struct compiler *c, struct str word, const struct yaml *v, enum field_scope scope,
                          unsigned depth, struct node *out)
{
    if (str_eq(word, STR("all"))) return compile_branches(c, v, scope, depth, NODE_ALL, out);
    if (str_eq(word, STR("any"))) return compile_branches(c, v, scope, depth, NODE_ANY, out);
    struct node *child = new_nodes(c, 1);
    if (child == NULL || !compile_branches(c, v, scope, depth, NODE_ANY, child)) return false;
    *out = (struct node){.kind = NODE_NOT, .children = child, .count = 1, .line = v->line};
    return true;
}

static bool compile_inner(struct compiler *c, enum field_scope scope, enum node_kind kind, const struct yaml *v,
                          unsigned depth, struct node *out)
{
    *out = (struct node){.kind = kind, .line = v->line};
    if (v->type == YAML_SCALAR && str_eq(v->text, STR("none"))) {
        out->is_none = true;
        return true;
    }
    struct node *child = new_nodes(c, 1);
    out->children = child;
    out->count = 1;
    return child && compile_map(c, v, scope, depth, child);
}

static bool compile_key(struct compiler *c, const struct yaml *key, const struct yaml *v, enum field_scope scope,
                        unsigned depth, struct node *out)
{
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++) {
        if (str_eq(key->text, str_of(joints[i]))) return compile_joint(c, key->text, v, scope, depth, out);
    }
    for (size_t i = 0; scope == SCOPE_ALERT && i < sizeof inner_scopes / sizeof *inner_scopes; i++) {
        if (str_eq(key->text, str_of(inner_scopes[i].word)))
            return compile_inner(c, inner_scopes[i].scope, inner_scopes[i].kind, v, depth, out);
    }
    const struct field *f = field_find(scope, key->text);
    if (f) return compile_test(c, f, v, out);
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < field_count && count < WORDS_MAX; i++) {
        if (fields[i].scope == scope) words[count++] = fields[i].word;
    }
    for (size_t i = 0; scope == SCOPE_ALERT && i < sizeof inner_scopes / sizeof *inner_scopes; i++)
        words[count++] = inner_scopes[i].word;
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++) words[count++] = joints[i];
    return complain_unknown(c, key, "the condition", words, count);
}

static bool compile_map(struct compiler *c, const struct yaml *v, enum field_scope scope, unsigned depth,
                        struct node *out)
{
    if (v->type != YAML_MAP || v->count == 0)
        return complain(c, v, POLICY_BAD, "conditions are a map: {severity: high, category: ransomware}");
    if (depth == DEPTH_MAX) return complain(c, v, POLICY_BAD, "conditions are nested more than %d deep", DEPTH_MAX);
    struct node *children = new_nodes(c, v->count);
    if (children == NULL) return false;
    for (size_t i = 0; i < v->count; i++) {
        if (!compile_key(c, &v->keys[i], &v->items[i], scope, depth + 1, &children[i])) return false;
    }
    *out = (struct node){.kind = NODE_ALL, .children = children, .count = v->count, .line = v->line};
    return true;
}

bool compile_when(struct compiler *c, const struct yaml *v, const struct node **out)
{
    struct node *n = new_nodes(c, 1);
    *out = n;
    return n && compile_map(c, v, SCOPE_ALERT, 0, n);
}
