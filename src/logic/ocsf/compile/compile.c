/* A merged tree to ops, checked against the class at every step. */
#include "logic/ocsf/compile/compile.h"
#include "logic/ocsf/codes/code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool compile_no_memory(struct compiler *c)
{
    return err_set(c->e, &base_causes[BASE_NO_MEMORY], "compiling the mappings");
}

/* ---- frames: which members matter ---------------------------------------------------------------------------------- */
uint64_t frame_bit(struct bits *b, const char *name, bool add)
{
    for (size_t i = 0; i < b->count; i++) {
        if (strcmp(b->names[i], name) == 0) return UINT64_C(1) << i;
    }
    if (!add || b->count == FRAME_BITS) return 0;
    b->names[b->count] = name;
    return UINT64_C(1) << b->count++;
}

static uint64_t constraint_bits(struct bits *b, const struct schema_constraint *k)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < k->count; i++) mask |= frame_bit(b, k->names[i], true);
    return mask;
}

/* What the engine writes by itself, so that no mapping has to. */
static bool is_given(struct str path, const char *name)
{
    static const char *const root[] = {"class_uid", "class_name",  "category_uid", "category_name", "type_uid",
                                       "type_name", "observables", "unmapped",     "raw_data",      NULL};
    static const char *const metadata[] = {"uid",      "version",    "log_name", "tenant_uid", "processed_time",
                                           "profiles", "extensions", NULL};
    if (path.n > 0 && !str_eq(path, STR("metadata"))) return false;
    for (const char *const *g = path.n ? metadata : root; *g; g++) {
        if (strcmp(*g, name) == 0) return true;
    }
    return false;
}

static bool is_mapped(const struct node *n, struct str path, const char *name)
{
    return node_get(n, name) != NULL || is_given(path, name);
}

bool compile_required(struct compiler *c, const struct node *n, const struct schema_item *item, struct str path)
{
    for (size_t i = 0; i < item->attr_count; i++) {
        const struct schema_attr *a = schema_attr_at(c->schema, item, i);
        if (a->requirement != SCHEMA_REQUIRED || a->profiles != 0 || is_mapped(n, path, a->name)) continue;
        return mapping_error(c->e, n->key_at, "%s is required in %s and nothing writes it", a->name, item->name);
    }
    for (size_t i = 0; i < item->constraint_count; i++) {
        const struct schema_constraint *k = &item->constraints[i];
        bool any = false;
        for (size_t j = 0; j < k->count; j++) any = any || is_mapped(n, path, k->names[j]);
        if (!any) return mapping_error(c->e, n->key_at, "%s needs %s or another of its kind", item->name, k->names[0]);
    }
    return true;
}

bool compile_frame(struct compiler *c, const struct schema_item *item, struct str path, struct bits *b,
                   const struct frame **out)
{
    struct frame *f = ARENA_NEW(c->a, struct frame);
    uint64_t *masks = arena_alloc(c->a, (2 * item->constraint_count + 1u) * sizeof *masks);
    if (f == NULL || masks == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < item->attr_count; i++) {
        const struct schema_attr *a = schema_attr_at(c->schema, item, i);
        if (a->requirement == SCHEMA_REQUIRED && a->profiles == 0 && !is_given(path, a->name))
            f->required |= frame_bit(b, a->name, true);
    }
    uint64_t *just_one = masks + item->constraint_count;
    for (size_t i = 0; i < item->constraint_count; i++) {
        uint64_t mask = constraint_bits(b, &item->constraints[i]);
        if (item->constraints[i].is_just_one)
            just_one[f->just_one_count++] = mask;
        else
            masks[f->at_least_one_count++] = mask;
    }
    f->at_least_one = masks;
    f->just_one = just_one;
    *out = f;
    return true;
}

/* ---- ops --------------------------------------------------------------------------------------------------------------- */
size_t compile_emit(struct compiler *c, struct op op)
{
    if (c->op_count == c->op_cap) {
        size_t cap = c->op_cap ? 2 * c->op_cap : 256;
        struct op *more = realloc(c->ops, cap * sizeof *more);
        if (more == NULL) {
            (void)compile_no_memory(c);
            return SIZE_MAX;
        }
        c->ops = more;
        c->op_cap = cap;
    }
    op.next = (uint32_t)c->op_count + 1;
    c->ops[c->op_count] = op;
    return c->op_count++;
}

static void end_block(struct compiler *c, size_t at)
{
    c->ops[at].next = (uint32_t)c->op_count;
}

static struct str key_token(struct compiler *c, const char *name)
{
    struct buf b = {0};
    (void)buf_addf(&b, "\"%s\":", name);
    struct str key = b.failed ? STR_NONE : shared_text(c, buf_str(&b));
    buf_done(&b);
    return key;
}

static bool compile_test(struct compiler *c, enum test_kind kind, struct str column, const struct node *words,
                         uint16_t shape, struct place at, struct test *out)
{
    struct chain *chain = ARENA_NEW(c->a, struct chain);
    if (chain == NULL) return compile_no_memory(c);
    *out = (struct test){.kind = kind, .a = chain};
    if (!compile_column(c, column, shape, at, chain)) return false;
    if (words == NULL) return true;
    size_t count = words->type == YAML_LIST ? words->count : 1;
    struct str *copy = arena_alloc(c->a, (count + 1) * sizeof *copy);
    if (copy == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < count; i++) {
        const struct node *w = words->type == YAML_LIST ? &words->items[i] : words;
        if (w->type != YAML_SCALAR) return mapping_error(c->e, w->at, "a word was expected");
        copy[i] = arena_str(c->a, w->text);
        if (copy[i].p == NULL) return compile_no_memory(c);
    }
    out->words = copy;
    out->word_count = count;
    return true;
}

static bool compile_tests(struct compiler *c, struct str kind, const struct node *value, uint16_t shape,
                          struct test *out, size_t *count)
{
    INVARIANT(value->items != NULL || value->count == 0);
    bool absent = str_eq(kind, STR("absent"));
    enum test_kind worded = str_eq(kind, STR("differs"))  ? TEST_DIFFERS
                            : str_eq(kind, STR("starts")) ? TEST_STARTS
                                                          : TEST_EQUALS;
    for (size_t i = 0; i < value->count; i++) {
        if (*count == 32) return mapping_error(c->e, value->at, "more than 32 tests");
        struct str column = value->type == YAML_MAP ? value->keys[i] : value->items[i].text;
        const struct node *words = value->type == YAML_MAP ? &value->items[i] : NULL;
        enum test_kind k = words ? worded : absent ? TEST_ABSENT : TEST_PRESENT;
        if (!compile_test(c, k, column, words, shape, value->items[i].at, &out[(*count)++])) return false;
    }
    return true;
}

static bool compile_same(struct compiler *c, const struct node *value, uint16_t shape, struct test *out)
{
    struct chain *b = ARENA_NEW(c->a, struct chain);
    if (value->count != 2) return mapping_error(c->e, value->at, "same wants two columns");
    if (b == NULL) return compile_no_memory(c);
    if (!compile_test(c, TEST_SAME, value->items[0].text, NULL, shape, value->at, out)) return false;
    out->b = b;
    return compile_column(c, value->items[1].text, shape, value->at, b);
}

bool compile_condition(struct compiler *c, const struct node *when, uint16_t shape, const struct condition **out)
{
    struct test tests[33];
    size_t count = 0;
    *out = NULL;
    if (when == NULL) return true;
    if (when->type != YAML_MAP)
        return mapping_error(c->e, when->at, "$when wants present, absent, equals, differs, starts or same");
    for (size_t i = 0; i < when->count; i++) {
        struct str kind = when->keys[i];
        const struct node *value = &when->items[i];
        bool wants_map = str_eq(kind, STR("equals")) || str_eq(kind, STR("differs")) || str_eq(kind, STR("starts"));
        bool wants_list = str_eq(kind, STR("present")) || str_eq(kind, STR("absent")) || str_eq(kind, STR("same"));
        if (!(wants_map && value->type == YAML_MAP) && !(wants_list && value->type == YAML_LIST))
            return mapping_error(c->e, value->key_at,
                                 "$when: present, absent and same want a list, equals, differs and starts a map");
        bool ok = str_eq(kind, STR("same")) ? count < 32 && compile_same(c, value, shape, &tests[count++])
                                            : compile_tests(c, kind, value, shape, tests, &count);
        if (!ok) return false;
    }
    struct condition *k = ARENA_NEW(c->a, struct condition);
    struct test *copy = arena_alloc(c->a, (count + 1) * sizeof *copy);
    if (k == NULL || copy == NULL) return compile_no_memory(c);
    memcpy(copy, tests, count * sizeof *copy);
    *k = (struct condition){copy, count};
    *out = k;
    return true;
}

/* ---- leaves ---------------------------------------------------------------------------------------------------------------- */
static bool is_observable_path(const struct compiler *c, struct str path)
{
    const struct node *ends = c->observables;
    for (size_t i = 0; ends && ends->type == YAML_LIST && i < ends->count; i++) {
        struct str end = ends->items[i].text;
        if (str_ends(path, end) && (path.n == end.n || path.p[path.n - end.n - 1] == '.')) return true;
    }
    return false;
}

static struct str observable_text(struct compiler *c, int64_t type_id)
{
    const struct schema_item *item = schema_object(c->schema, STR("observable"));
    const char *caption = schema_caption(schema_attr(c->schema, item, STR("type_id")), type_id);
    struct buf b = {0};
    (void)buf_addf(&b, "\",\"type_id\":%lld,\"type\":\"%s\",\"value\":", (long long)type_id,
                   caption ? caption : "Other");
    struct str text = b.failed ? STR_NONE : shared_text(c, buf_str(&b));
    buf_done(&b);
    return text;
}

/* A path without an index, or with one: `,{"name":"file.hashes[0].value",…,"value":` and a stride behind it. */
static bool tell_at_once(struct compiler *c, struct told *t)
{
    struct buf b = {0};
    size_t bracket = str_find(t->path, STR("["), 0);
    bool has_index = bracket != SIZE_MAX;
    if (has_index && str_find(t->path, STR("["), bracket + 1) != SIZE_MAX) return true;
    struct str head = str_sub(t->path, 0, has_index ? bracket + 1 : t->path.n);
    (void)buf_addf(&b, ",{\"name\":\"%.*s", STR_ARG(head));
    if (has_index) t->index_at = (uint32_t)b.n;
    if (has_index) (void)buf_addf(&b, "0%.*s", STR_ARG(str_sub(t->path, head.n, t->path.n)));
    (void)buf_add_str(&b, t->text);
    t->literal = b.failed ? STR_NONE : shared_text(c, buf_str(&b));
    buf_done(&b);
    return t->literal.p != NULL;
}

static bool tell(struct compiler *c, struct op *op)
{
    struct told *t = ARENA_NEW(c->a, struct told);
    if (t == NULL) return compile_no_memory(c);
    t->path = shared_text(c, str_of(c->path));
    t->text = observable_text(c, op->observable);
    op->told = t;
    op->twin = shared_twin(c, op);
    return (t->path.p && t->text.p && tell_at_once(c, t)) || compile_no_memory(c);
}

static bool compile_const(struct compiler *c, const struct node *n, struct op op, const struct schema_attr *attr,
                          bool has_sibling)
{
    struct str token, caption;
    const struct node *from = n->type == YAML_MAP ? node_get(n, "$from") : n;
    if (!compile_constant(c, str_trim(from->text), attr, from->at, &token, &caption)) return false;
    struct buf b = {0};
    (void)buf_addf(&b, attr->is_array ? "[%.*s]" : "%.*s", STR_ARG(token));
    if (caption.p && has_sibling) (void)buf_addf(&b, ",\"%s\":%.*s", attr->sibling, STR_ARG(caption));
    op.kind = OP_CONST;
    op.text = b.failed ? STR_NONE : shared_text(c, buf_str(&b));
    buf_done(&b);
    if (op.text.p == NULL) return compile_no_memory(c);
    return compile_emit(c, op) != SIZE_MAX;
}

static bool compile_leaf(struct compiler *c, const struct node *n, const struct node *around, uint16_t shape,
                         struct op op, const struct schema_attr *attr)
{
    bool has_sibling = attr->values && attr->sibling && !attr->is_array && !node_get(around, attr->sibling);
    const struct node *when = n->type == YAML_MAP ? node_get(n, "$when") : NULL;
    if (!compile_condition(c, when, shape, &op.when)) return false;
    if (leaf_is_constant(n)) return compile_const(c, n, op, attr, has_sibling);
    op.kind = OP_LEAF;
    op.expr = compile_expr(c, n, shape, attr);
    if (op.expr == NULL) return false;
    op.attr = attr;
    op.fit = (uint8_t)fit_of(attr);
    op.is_time = strcmp(c->path, "time") == 0;
    if (has_sibling) op.sibling_key = key_token(c, attr->sibling);
    if (attr->observable && attr->object == NULL && is_observable_path(c, str_of(c->path))) {
        op.observable = attr->observable;
        if (!tell(c, &op)) return false;
    }
    return compile_emit(c, op) != SIZE_MAX;
}

/* ---- objects --------------------------------------------------------------------------------------------------------------- */
static bool compile_object(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                           struct op op);

static bool compile_each(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                         struct op op)
{
    const struct node *each = node_get(n, "$each");
    struct chain *chain = ARENA_NEW(c->a, struct chain);
    struct node element = *n;
    if (chain == NULL) return compile_no_memory(c);
    if (each->type != YAML_SCALAR) return mapping_error(c->e, each->at, "$each wants a column");
    if (!compile_column(c, str_trim(each->text), shape, each->at, chain)) return false;
    struct op inner = {.key = op.key};
    op.kind = OP_EACH;
    op.is_single = op.key.n > 0;
    op.key = STR_NONE;
    op.each = chain;
    op.shape = shape_add(c, NO_SHAPE, NO_SLOT);
    size_t at = op.shape == NO_SHAPE ? SIZE_MAX : compile_emit(c, op);
    if (at == SIZE_MAX) return false;
    element.items = arena_alloc(c->x->a, (n->count + 1) * sizeof *element.items);
    element.keys = arena_alloc(c->x->a, (n->count + 1) * sizeof *element.keys);
    if (element.items == NULL || element.keys == NULL) return compile_no_memory(c);
    element.count = 0;
    for (size_t i = 0; i < n->count; i++) {
        if (&n->items[i] == each) continue;
        element.keys[element.count] = n->keys[i];
        element.items[element.count++] = n->items[i];
    }
    bool ok = compile_object(c, &element, item, op.shape, inner);
    end_block(c, at);
    return ok;
}

static bool compile_first_of(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                             struct op op)
{
    const struct node *first = node_get(n, "$first");
    struct op inner = {.key = op.key};
    if (n->count != 1 || first->type != YAML_LIST)
        return mapping_error(c->e, first->at, "$first wants a list and stands alone");
    op.kind = OP_FIRST;
    op.key = STR_NONE;
    size_t at = compile_emit(c, op);
    if (at == SIZE_MAX) return false;
    for (size_t i = 0; i < first->count; i++) {
        if (first->items[i].type != YAML_MAP) return mapping_error(c->e, first->items[i].at, "an object was expected");
        if (!compile_object(c, &first->items[i], item, shape, inner)) return false;
    }
    end_block(c, at);
    return true;
}

static bool compile_scope(struct compiler *c, const struct node *n, uint16_t *shape)
{
    const struct node *in = node_get(n, "$in");
    struct chain chain;
    if (in == NULL) return true;
    if (in->type != YAML_SCALAR) return mapping_error(c->e, in->at, "$in wants a column");
    if (!compile_path(c, str_trim(in->text), *shape, in->at, &chain)) return false;
    if (chain.is_list) return mapping_error(c->e, in->at, "$in wants one object");
    *shape = shape_inside(c, chain.shape, chain.slot);
    return *shape != NO_SHAPE;
}

static bool compile_object(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                           struct op op)
{
    struct bits bits = {0};
    const struct node *always = node_get(n, "$always");
    struct str path = str_of(c->path);
    if (n->type != YAML_MAP)
        return mapping_error(c->e, n->at, "%s is an object: its attributes were expected", item->name);
    if (node_get(n, "$each")) return compile_each(c, n, item, shape, op);
    if (node_get(n, "$first")) return compile_first_of(c, n, item, shape, op);
    op.kind = OP_OBJECT;
    op.is_always = always && str_eq(always->text, STR("true"));
    if (!compile_condition(c, node_get(n, "$when"), shape, &op.when) || !compile_scope(c, n, &shape)) return false;
    if (!compile_required(c, n, item, path) || !compile_frame(c, item, path, &bits, &op.frame)) return false;
    size_t at = compile_emit(c, op);
    if (at == SIZE_MAX || !compile_members(c, n, item, shape, &bits, NULL)) return false;
    end_block(c, at);
    c->ops[at].is_constant = true;
    for (size_t i = at + 1; i < c->op_count; i++) {
        if (c->ops[i].kind == OP_LEAF || c->ops[i].kind == OP_EACH) c->ops[at].is_constant = false;
    }
    return true;
}

static bool compile_array(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                          struct op op)
{
    op.kind = OP_ARRAY;
    size_t at = compile_emit(c, op);
    if (at == SIZE_MAX) return false;
    if (n->type == YAML_MAP) {
        if (!compile_object(c, n, item, shape, (struct op){0})) return false;
    }
    for (size_t i = 0; n->type == YAML_LIST && i < n->count; i++) {
        if (!compile_object(c, &n->items[i], item, shape, (struct op){0})) return false;
    }
    end_block(c, at);
    return true;
}

static bool enter(struct compiler *c, const struct schema_attr *attr, struct place at)
{
    size_t n = strlen(c->path);
    int more =
        snprintf(c->path + n, sizeof c->path - n, "%s%s%s", n ? "." : "", attr->name, attr->is_array ? "[]" : "");
    return (size_t)more < sizeof c->path - n || mapping_error(c->e, at, "path too long");
}

static bool is_container(const struct node *n, const struct schema_attr *attr)
{
    return attr->object && (attr->object->attr_count > 0 || n->type == YAML_MAP);
}

bool compile_attr(struct compiler *c, const struct node *n, const struct node *around, uint16_t shape, struct bits *b,
                  const struct schema_attr *attr)
{
    struct op op = {.key = key_token(c, attr->name), .bit = frame_bit(b, attr->name, false)};
    uint16_t profiles = attr->profiles & c->declared;
    if (op.key.p == NULL) return compile_no_memory(c);
    op.profile = profiles & (uint16_t)-profiles;
    if (!is_container(n, attr)) return compile_leaf(c, n, around, shape, op, attr);
    if (n->type == YAML_SCALAR || (n->type == YAML_MAP && (node_get(n, "$from") || node_get(n, "$join"))))
        return mapping_error(c->e, n->at, "%s is an object: its attributes were expected", attr->name);
    if (attr->is_array) return compile_array(c, n, attr->object, shape, op);
    if (n->type == YAML_LIST) return mapping_error(c->e, n->at, "%s is one object, not a list", attr->name);
    return compile_object(c, n, attr->object, shape, op);
}

/* A member of an object that takes any keys (xattributes): under the name written here, any JSON. */
static const struct schema_attr *open_member(struct compiler *c, struct str key)
{
    static const struct schema_type any = {.name = "json_t", .base = SCHEMA_JSON};
    struct schema_attr *attr = ARENA_NEW(c->a, struct schema_attr);
    char *name = arena_copy(c->a, key.p, key.n);
    if (attr == NULL || name == NULL) return NULL;
    *attr = (struct schema_attr){.name = name, .type = &any};
    return attr;
}

static bool compile_member(struct compiler *c, const struct node *map, size_t i, const struct schema_item *item,
                           uint16_t shape, struct bits *b)
{
    const struct node *n = &map->items[i];
    size_t length = strlen(c->path);
    const struct schema_attr *attr =
        item->attr_count ? schema_attr(c->schema, item, map->keys[i]) : open_member(c, map->keys[i]);
    if (attr == NULL && item->attr_count == 0) return compile_no_memory(c);
    if (attr == NULL)
        return mapping_error(c->e, n->key_at, "%s has no attribute %.*s in OCSF %s", item->name, STR_ARG(map->keys[i]),
                             c->schema->version);
    if (is_given(str_of(c->path), attr->name))
        return mapping_error(c->e, n->key_at, "%s is written by itself", attr->name);
    if (!schema_attr_allowed(attr, c->declared))
        return mapping_error(c->e, n->key_at, "%s needs a profile that this file does not declare", attr->name);
    bool is_of_event = length == 0 && is_container(n, attr);
    bool ok = enter(c, attr, n->key_at) &&
              (is_of_event ? compile_block(c, n, b, attr) : compile_attr(c, n, map, shape, b, attr));
    c->path[length] = '\0';
    return ok;
}

bool compile_members(struct compiler *c, const struct node *n, const struct schema_item *item, uint16_t shape,
                     struct bits *b, const char *but)
{
    for (size_t i = 0; i < n->count; i++) {
        struct str key = n->keys[i];
        if (str_starts(key, STR("$")) || (but && str_eq(key, str_of(but)))) continue;
        if (c->path[0] == '\0' && str_eq(key, STR("activity_id"))) continue; /* in the head */
        if (!compile_member(c, n, i, item, shape, b)) return false;
    }
    return true;
}
