/* Expressions: text to chains of a source and converters, constants to tokens, value tables to sorted words. */
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/compile/compile.h"
#include "logic/ocsf/rows/row.h"

struct str token_of(struct arena *a, struct str text)
{
    struct buf b = {0};
    (void)buf_add_char(&b, '"');
    json_escape(&b, text);
    (void)buf_add_char(&b, '"');
    struct str token = b.failed ? STR_NONE : arena_str(a, buf_str(&b));
    buf_done(&b);
    return token;
}

/* ---- constants ------------------------------------------------------------------------------------------------------ */
static bool looks_constant(struct str text)
{
    int64_t n;
    return str_starts(text, STR("=")) || str_to_i64(text, &n) || str_eq(text, STR("true")) ||
           str_eq(text, STR("false"));
}

bool leaf_is_constant(const struct node *n)
{
    if (n->type == YAML_MAP) {
        const struct node *from = node_get(n, "$from");
        return from && leaf_is_constant(from);
    }
    return n->type == YAML_SCALAR && looks_constant(str_trim(n->text));
}

static bool enum_constant(struct compiler *c, struct str text, const struct schema_attr *attr, struct place at,
                          struct str *token, struct str *caption)
{
    const struct schema_value *v = schema_value(attr, text);
    if (v == NULL) return mapping_error(c->e, at, "%.*s is no value of %s", STR_ARG(text), attr->name);
    *token = attr->type->base == SCHEMA_STRING ? token_of(c->a, text) : arena_str(c->a, text);
    /* For Other the caption would be the source's own word, which a constant does not have. */
    *caption = str_eq(text, STR("99")) ? STR_NONE : token_of(c->a, str_of(v->caption));
    return token->p != NULL || compile_no_memory(c);
}

bool compile_constant(struct compiler *c, struct str text, const struct schema_attr *attr, struct place at,
                      struct str *token, struct str *caption)
{
    int64_t n;
    bool is_text = str_starts(text, STR("="));
    enum schema_base base = attr->type->base;
    if (is_text) text = str_trim(str_sub(text, 1, text.n));
    *caption = STR_NONE;
    if (attr->values) return enum_constant(c, text, attr, at, token, caption);
    if (fit_of(attr) == FIT_TIME)
        return mapping_error(c->e, at, "a constant is no time (of a row that holds none: @received)");
    if (base == SCHEMA_STRING) {
        if (!schema_string_fits(attr->type, text)) return mapping_error(c->e, at, "not a %s", attr->type->name);
        *token = token_of(c->a, text);
    } else if (base == SCHEMA_INTEGER || base == SCHEMA_LONG) {
        bool fits = str_to_i64(text, &n) && (base == SCHEMA_LONG || (n >= INT32_MIN && n <= INT32_MAX)) &&
                    (!attr->type->has_range || (n >= attr->type->low && n <= attr->type->high));
        if (!fits) return mapping_error(c->e, at, "%s wants a number, and one that fits", attr->name);
        *token = arena_str(c->a, text);
    } else if (base == SCHEMA_BOOLEAN) {
        if (!str_eq(text, STR("true")) && !str_eq(text, STR("false")))
            return mapping_error(c->e, at, "%s wants true or false", attr->name);
        *token = arena_str(c->a, text);
    } else {
        return mapping_error(c->e, at, "%s takes no constant", attr->name);
    }
    return token->p != NULL || compile_no_memory(c);
}

/* ---- value tables ------------------------------------------------------------------------------------------------------ */
size_t word_fold(struct str text, bool by_caption, char *out, size_t out_size)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n && n < out_size; i++) {
        char ch = text.p[i];
        if (by_caption && (ch == ' ' || ch == '-' || ch == '_')) continue;
        out[n++] = row_lower(ch);
    }
    return n;
}

static struct str folded(struct arena *a, struct str text, bool by_caption)
{
    char *copy = arena_copy(a, text.p, text.n);
    return (struct str){copy, copy ? word_fold(text, by_caption, copy, text.n) : 0};
}

static int word_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct word *)a)->text, ((const struct word *)b)->text);
}

static struct word_table *table_new(struct compiler *c, size_t count)
{
    struct word_table *t = ARENA_NEW(c->a, struct word_table);
    if (t) t->words = arena_alloc(c->a, (count + 1) * sizeof *t->words);
    if (t == NULL || t->words == NULL) {
        (void)compile_no_memory(c);
        return NULL;
    }
    return t;
}

static const struct word_table *table_made(const struct compiler *c, const struct node *rows,
                                           const struct schema_attr *attr, bool by_caption)
{
    for (size_t i = 0; i < c->made_table_count; i++) {
        const struct made_table *m = &c->made_tables[i];
        if (m->rows == rows && m->attr == attr && m->by_caption == by_caption) return m->table;
    }
    return NULL;
}

static const struct word_table *table_keep(struct compiler *c, const struct node *rows, const struct schema_attr *attr,
                                           bool by_caption, struct word_table *t)
{
    qsort(t->words, t->count, sizeof *t->words, word_cmp);
    if (c->made_table_count < sizeof c->made_tables / sizeof *c->made_tables)
        c->made_tables[c->made_table_count++] = (struct made_table){rows, attr, by_caption, t};
    return t;
}

/* Captions of the schema (by_caption) or its ids as they are, to ids. */
static const struct word_table *table_of_enum(struct compiler *c, const struct schema_attr *attr, bool by_caption)
{
    const struct word_table *made = table_made(c, NULL, attr, by_caption);
    if (made) return made;
    struct word_table *t = table_new(c, attr->value_count);
    for (size_t i = 0; t && i < attr->value_count; i++) {
        const struct schema_value *v = &attr->values[i];
        struct str key = str_of(v->key);
        if (by_caption && str_eq(key, STR("99"))) continue;
        t->words[t->count++] = (struct word){
            .text = folded(c->a, by_caption ? str_of(v->caption) : key, by_caption),
            .token = attr->type->base == SCHEMA_STRING ? token_of(c->a, key) : key,
            .caption = str_eq(key, STR("99")) ? STR_NONE : token_of(c->a, str_of(v->caption)),
        };
    }
    if (t == NULL) return NULL;
    t->by_caption = by_caption;
    t->knows_other = attr->type->base != SCHEMA_STRING && schema_value(attr, STR("99")) != NULL;
    return table_keep(c, NULL, attr, by_caption, t);
}

/* What a table gives that feeds no enum: numbers and booleans as they are, else text. */
static struct str plain_token(struct compiler *c, const struct node *value)
{
    int64_t n;
    bool is_bare = !value->is_quoted && (str_to_i64(value->text, &n) || str_eq(value->text, STR("true")) ||
                                         str_eq(value->text, STR("false")));
    return is_bare ? arena_str(c->a, value->text) : token_of(c->a, value->text);
}

static bool table_word(struct compiler *c, const struct node *value, const struct schema_attr *attr, struct word *w)
{
    if (value->type != YAML_SCALAR) return mapping_error(c->e, value->at, "a table gives words or numbers");
    if (node_is_null(value)) return true;
    if (attr && attr->values) return enum_constant(c, value->text, attr, value->at, &w->token, &w->caption);
    w->token = plain_token(c, value);
    return w->token.p != NULL || compile_no_memory(c);
}

static const struct node *find_table(const struct compiler *c, struct str name)
{
    for (size_t i = 0; i < c->table_count; i++) {
        for (size_t j = 0; j < c->tables[i].count; j++) {
            if (str_eq(c->tables[i].keys[j], name)) return &c->tables[i].items[j];
        }
    }
    return NULL;
}

/* `attr` is what the table feeds, when it is the last converter; else NULL. */
static const struct word_table *table_named(struct compiler *c, struct str name, const struct schema_attr *attr,
                                            struct place at)
{
    const struct node *rows = find_table(c, name);
    if (rows == NULL || rows->type != YAML_MAP) {
        (void)mapping_error(c->e, at, "there is no table %.*s", STR_ARG(name));
        return NULL;
    }
    if (attr && attr->values == NULL) attr = NULL;
    const struct word_table *made = table_made(c, rows, attr, false);
    if (made) return made;
    struct word_table *t = table_new(c, rows->count);
    for (size_t i = 0; t && i < rows->count; i++) {
        struct word w = {.text = folded(c->a, rows->keys[i], false)};
        if (!table_word(c, &rows->items[i], attr, &w)) return NULL;
        if (str_eq(rows->keys[i], STR("*"))) {
            t->fallback = w;
        } else {
            t->words[t->count++] = w;
        }
    }
    if (t == NULL) return NULL;
    t->knows_other = attr && attr->values && attr->type->base != SCHEMA_STRING && node_get(rows, "*") == NULL &&
                     schema_value(attr, STR("99")) != NULL;
    return table_keep(c, rows, attr, false, t);
}

/* ---- converters ---------------------------------------------------------------------------------------------------------- */
static const struct {
    const char *name;
    enum converter converter;
    bool wants_arg;
} converters[] = {
    {"table", CONV_TABLE, true},
    {"caption", CONV_TABLE, false},
    {"nonzero", CONV_NONZERO, false},
    {"lower", CONV_LOWER, false},
    {"upper", CONV_UPPER, false},
    {"trim", CONV_TRIM, false},
    {"first_label", CONV_FIRST_LABEL, false},
    {"domain", CONV_DOMAIN, false},
    {"file_name", CONV_FILE_NAME, false},
    {"folder", CONV_FOLDER, false},
    {"extension", CONV_EXTENSION, false},
    {"before", CONV_BEFORE, true},
    {"after", CONV_AFTER, true},
    {"after_last", CONV_AFTER_LAST, true},
    {"address", CONV_ADDRESS, false},
    {"ip_version", CONV_IP_VERSION, false},
    {"user_type", CONV_USER_TYPE, false},
    {"not", CONV_NOT, false},
    {"matches", CONV_MATCHES, true},
    {"has", CONV_HAS, true},
    {"but", CONV_BUT, true},
    {"text", CONV_TEXT, false},
    {"json", CONV_JSON, false},
    {"first", CONV_FIRST, false},
    {"join", CONV_JOIN, true},
    {"split", CONV_SPLIT, true},
    {"distinct", CONV_DISTINCT, false},
    {"attack_technique", CONV_TECHNIQUE, false},
    {"attack_sub_technique", CONV_SUB_TECHNIQUE, false},
    {"attack_name", CONV_TECHNIQUE_NAME, false},
    {"attack_technique_name", CONV_TECHNIQUE_TITLE, false},
    {"attack_sub_technique_name", CONV_SUB_TECHNIQUE_TITLE, false},
    {"attack_tactic", CONV_TACTIC, false},
    {"attack_tactic_name", CONV_TACTIC_NAME, false},
    {"url_scheme", CONV_URL_SCHEME, false},
    {"url_host", CONV_URL_HOST, false},
    {"url_path", CONV_URL_PATH, false},
    {"url_query", CONV_URL_QUERY, false},
    {"url_port", CONV_URL_PORT, false},
    {"is_url", CONV_IS_URL, false},
    {"country", CONV_COUNTRY, false},
    {"is_path", CONV_IS_PATH, false},
};

/* TEXT: as it stands, or between double quotes with \n and \t. */
static struct str text_argument(struct arena *a, struct str arg)
{
    if (arg.n < 2 || arg.p[0] != '"' || arg.p[arg.n - 1] != '"') return arena_str(a, arg);
    struct str quoted = arg;
    if (!json_check(quoted, NULL)) return arena_str(a, str_sub(arg, 1, arg.n - 2));
    return arena_str(a, json_unescape(a, quoted)); /* which may be borrowed */
}

static bool compile_step(struct compiler *c, struct str text, const struct schema_attr *attr, struct place at,
                         struct step *out)
{
    struct str arg = text;
    struct str name = str_cut(&arg, ' ');
    arg = str_trim(arg);
    for (size_t i = 0; i < sizeof converters / sizeof *converters; i++) {
        if (!str_eq(name, str_of(converters[i].name))) continue;
        if (converters[i].wants_arg != (arg.n > 0))
            return mapping_error(c->e, at, "%s wants %s argument", converters[i].name,
                                 converters[i].wants_arg ? "an" : "no");
        *out = (struct step){.converter = converters[i].converter, .arg = text_argument(c->a, arg)};
        if (out->converter != CONV_TABLE) return true;
        if (arg.n == 0 && (attr == NULL || attr->values == NULL))
            return mapping_error(c->e, at, "caption needs an attribute with captions, and to stand last");
        out->table = arg.n ? table_named(c, arg, attr, at) : table_of_enum(c, attr, true);
        return out->table != NULL;
    }
    return mapping_error(c->e, at, "unknown converter %.*s", STR_ARG(name));
}

/* ---- chains --------------------------------------------------------------------------------------------------------------- */
/* Members behind "[]": followed by name inside each element. */
static bool list_members(struct compiler *c, struct str rest, struct place at, struct chain *out)
{
    struct str names[8] = {0};
    bool is_list;
    while (rest.n > 0) {
        if (out->member_count == 8 || !path_next(&rest, &names[out->member_count], &is_list) || is_list)
            return mapping_error(c->e, at, "one [] in a path, and at most 8 names behind it");
        out->member_count++;
    }
    struct str *copy = arena_alloc(c->a, (out->member_count + 1u) * sizeof *copy);
    if (copy == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < out->member_count; i++) copy[i] = arena_str(c->a, names[i]);
    out->members = copy;
    out->is_list = true;
    return true;
}

bool compile_path(struct compiler *c, struct str text, uint16_t shape, struct place at, struct chain *out)
{
    struct str rest = text, name;
    bool is_list;
    if (str_eq(text, STR(".")) || str_eq(text, STR("/"))) {
        *out = (struct chain){.shape = shape, .slot = c->shapes[shape].self_slot};
        return true;
    }
    if (str_starts(rest, STR("/"))) {
        shape = 0;
        rest = str_sub(rest, 1, rest.n);
    }
    for (;;) {
        bool is_quoted = rest.p[0] == '"';
        if (!path_next(&rest, &name, &is_list)) return mapping_error(c->e, at, "not a column: %.*s", STR_ARG(text));
        if (!is_quoted && memchr(name.p, ' ', name.n) != NULL)
            return mapping_error(c->e, at, "not a column: %.*s (texts are written with = in front)", STR_ARG(text));
        uint16_t slot = shape_slot(c, shape, name);
        if (slot == NO_SLOT) return false;
        *out = (struct chain){.shape = shape, .slot = slot};
        if (is_list) return list_members(c, rest, at, out);
        if (rest.n == 0) return true;
        shape = shape_inside(c, shape, slot);
        if (shape == NO_SHAPE) return false;
    }
}

/* What the engine knows besides the row's columns. */
static bool engine_source(struct str text, enum source *out)
{
    static const struct {
        struct str name;
        enum source source;
    } known[] = {{{"@uid", 4}, SOURCE_UID}, {{"@source", 7}, SOURCE_TABLE}, {{"@received", 9}, SOURCE_RECEIVED}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!str_eq(text, known[i].name)) continue;
        *out = known[i].source;
        return true;
    }
    return false;
}

static bool compile_source(struct compiler *c, struct str text, uint16_t shape, const struct schema_attr *attr,
                           struct place at, struct chain *out)
{
    *out = (struct chain){0};
    if (text.n == 0) return mapping_error(c->e, at, "a column is missing");
    if (c->has_no_uid && str_eq(text, STR("@uid"))) return mapping_error(c->e, at, "@uid where there is uid: none");
    if (text.p[0] == '@' && engine_source(text, &out->source)) {
        if (out->source == SOURCE_RECEIVED && (attr == NULL || fit_of(attr) != FIT_TIME || attr->is_array))
            return mapping_error(c->e, at, "@received is a time, %s is none", attr ? attr->name : "this");
        return true;
    }
    if (!looks_constant(text)) return compile_path(c, text, shape, at, out);
    struct str caption;
    *out = (struct chain){.source = SOURCE_CONST};
    return compile_constant(c, text, attr, at, &out->constant, &caption);
}

static bool compile_chain(struct compiler *c, struct str text, uint16_t shape, const struct schema_attr *attr,
                          struct place at, struct chain *out)
{
    struct step steps[12] = {0};
    size_t count = 0;
    struct str rest = text, parts[12] = {0};
    struct chain chain;
    bool is_text = str_starts(text, STR("="));
    struct str source = is_text ? text : expr_cut(&rest, " | ");
    if (is_text) rest = STR_NONE;
    if (!compile_source(c, source, shape, attr, at, &chain)) return false;
    while (rest.p) {
        if (count == 10) return mapping_error(c->e, at, "more than 10 converters");
        parts[count++] = expr_cut(&rest, " | ");
    }
    for (size_t i = 0; i < count; i++) {
        if (!compile_step(c, parts[i], i + 1 == count ? attr : NULL, at, &steps[i])) return false;
    }
    bool ends_in_table = count > 0 && steps[count - 1].converter == CONV_TABLE;
    if (attr && attr->values && !ends_in_table) { /* ids as they come, but only those the schema knows */
        steps[count] = (struct step){.converter = CONV_TABLE, .table = table_of_enum(c, attr, false)};
        if (steps[count++].table == NULL) return false;
    }
    struct step *copy = arena_alloc(c->a, (count + 1) * sizeof *copy);
    if (copy == NULL) return compile_no_memory(c);
    memcpy(copy, steps, count * sizeof *copy);
    chain.steps = copy;
    chain.step_count = (uint16_t)count;
    *out = chain;
    return true;
}

bool compile_column(struct compiler *c, struct str text, uint16_t shape, struct place at, struct chain *out)
{
    if (looks_constant(text) || str_starts(text, STR("@uid")) || str_starts(text, STR("@source")))
        return mapping_error(c->e, at, "not a column: %.*s", STR_ARG(text));
    return compile_chain(c, text, shape, NULL, at, out);
}

static bool compile_first(struct compiler *c, const struct node *n, uint16_t shape, const struct schema_attr *attr,
                          struct expr *out)
{
    struct chain chains[16];
    size_t count = 0;
    if (n->type != YAML_SCALAR || node_is_null(n)) return mapping_error(c->e, n->at, "an expression was expected");
    for (struct str rest = str_trim(n->text); rest.p;) {
        bool is_text = str_starts(str_trim(rest), STR("="));
        struct str text = is_text ? str_trim(rest) : expr_cut(&rest, " // ");
        if (is_text) rest = STR_NONE;
        if (count == 16) return mapping_error(c->e, n->at, "more than 16 alternatives");
        if (!compile_chain(c, text, shape, attr, n->at, &chains[count++])) return false;
    }
    struct chain *copy = arena_alloc(c->a, count * sizeof *copy);
    if (copy == NULL) return compile_no_memory(c);
    memcpy(copy, chains, count * sizeof *copy);
    *out = (struct expr){.kind = EXPR_FIRST, .chains = copy, .chain_count = count};
    return true;
}

static bool compile_parts(struct compiler *c, const struct node *list, uint16_t shape, const struct schema_attr *attr,
                          struct expr *out)
{
    struct expr *parts = arena_alloc(c->a, (list->count + 1) * sizeof *parts);
    if (parts == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < list->count; i++) {
        if (!compile_first(c, &list->items[i], shape, attr, &parts[i])) return false;
    }
    out->parts = parts;
    out->part_count = list->count;
    return true;
}

/* `{$first: [A, {$join: […]}]}` of a leaf. */
static bool compile_any(struct compiler *c, const struct node *list, uint16_t shape, const struct schema_attr *attr,
                        struct expr *out)
{
    struct expr *parts = arena_alloc(c->a, (list->count + 1) * sizeof *parts);
    if (list->type != YAML_LIST || list->count == 0) return mapping_error(c->e, list->at, "$first wants a list");
    if (parts == NULL) return compile_no_memory(c);
    for (size_t i = 0; i < list->count; i++) {
        const struct node *part = &list->items[i], *when = part->type == YAML_MAP ? node_get(part, "$when") : NULL;
        const struct expr *made = compile_expr(c, part, shape, attr);
        if (made == NULL) return false;
        parts[i] = *made;
        if (!compile_condition(c, when, shape, &parts[i].when)) return false;
    }
    *out = (struct expr){.kind = EXPR_ANY, .parts = parts, .part_count = list->count};
    return true;
}

static bool make_expr(struct compiler *c, const struct node *n, uint16_t shape, const struct schema_attr *attr,
                      struct expr *out)
{
    *out = (struct expr){0};
    if (n->type == YAML_LIST) {
        if (!attr->is_array) return mapping_error(c->e, n->at, "%s is one value, not a list", attr->name);
        out->kind = EXPR_CONCAT;
        return compile_parts(c, n, shape, attr, out);
    }
    if (n->type == YAML_SCALAR) return compile_first(c, n, shape, attr, out);
    const struct node *from = node_get(n, "$from"), *join = node_get(n, "$join"), *with = node_get(n, "$with");
    for (size_t i = 0; i < n->count; i++) {
        if (!str_starts(n->keys[i], STR("$")))
            return mapping_error(c->e, n->items[i].key_at, "%s is no object: it has no %.*s", attr->name,
                                 STR_ARG(n->keys[i]));
    }
    if (node_get(n, "$first") && !from && !join) return compile_any(c, node_get(n, "$first"), shape, attr, out);
    if (from && !join) return make_expr(c, from, shape, attr, out);
    if (join == NULL || join->type != YAML_LIST || join->count == 0 || attr->is_array)
        return mapping_error(c->e, n->at, "%s wants an expression, $from, $first or a $join of several", attr->name);
    out->kind = EXPR_JOIN;
    out->separator = with && with->type == YAML_SCALAR ? text_argument(c->a, with->text) : STR("");
    out->joins_path = with && !with->is_quoted && str_eq(out->separator, STR("path"));
    return compile_parts(c, join, shape, attr, out);
}

const struct expr *compile_expr(struct compiler *c, const struct node *n, uint16_t shape,
                                const struct schema_attr *attr)
{
    const struct expr *known = n->type == YAML_SCALAR ? shared_expr(c, n->text, shape, attr) : NULL;
    if (known) return known;
    struct expr *made = ARENA_NEW(c->a, struct expr);
    if (made == NULL) (void)compile_no_memory(c);
    if (made == NULL || !make_expr(c, n, shape, attr, made)) return NULL;
    return n->type != YAML_SCALAR || share_expr(c, n->text, shape, attr, made) ? made : NULL;
}
