/* Pipelines: let statements, a table, its operators. Columns are bindings to expressions over the table's own columns, so
 * project and extend cost nothing at run time; only where, take, sort and summarize become stages. */
#include <stdio.h>

#include "twin/kql/query.h"

static bool parse_pipeline(struct compiler *c, struct kql_query *q);

static struct token peek(const struct compiler *c)
{
    struct lexer copy = c->lex;
    return lexer_next(&copy);
}

static struct stage *stage_add(struct compiler *c, struct kql_query *q, enum stage_kind kind)
{
    if (q->stage_count == STAGES_MAX) {
        compiler_fail(c, c->token.at, "Query execution has exceeded the allowed limits: too many operators.");
        return NULL;
    }
    struct stage *s = &q->stages[q->stage_count++];
    *s = (struct stage){.kind = kind};
    return s;
}

static bool has_stage(const struct kql_query *q, unsigned kinds)
{
    for (unsigned i = 0; i < q->stage_count; i++)
        if (kinds & 1u << q->stages[i].kind) return true;
    return false;
}

/* ---- names of columns ----------------------------------------------------------------------------------------------- */
/* The name Kusto would give: a column's own, that of the column in bin(Column, ...), else Column1, Column2, ... */
static struct str implied_name(struct compiler *c, unsigned nth)
{
    struct token second = peek(c);
    if (c->token.kind != TOKEN_NAME) second = (struct token){.kind = TOKEN_BAD};
    bool is_call = second.kind == TOKEN_SIGN && str_eq(second.text, STR("("));
    bool ends = second.kind == TOKEN_END ||
                (second.kind == TOKEN_SIGN && second.text.n == 1 && memchr("|,;)", second.text.p[0], 4));
    bool is_sort_word =
        second.kind == TOKEN_NAME && (str_eq(second.text, STR("by")) || str_eq(second.text, STR("asc")));
    if (ends || is_sort_word) return c->token.text;
    if (is_call && str_eq(c->token.text, STR("bin"))) {
        struct compiler copy = *c;
        (void)lexer_next(&copy.lex);
        struct token column = lexer_next(&copy.lex);
        if (column.kind == TOKEN_NAME) return column.text;
    }
    char *text = arena_alloc(c->arena, 24);
    if (text == NULL) return STR("Column");
    return (struct str){text, (size_t)snprintf(text, 24, "Column%u", nth)};
}

/* [name =] in front of an expression; false: there was none and *name_out is the implied one. */
static bool given_name(struct compiler *c, unsigned nth, struct str *name_out)
{
    struct token second = peek(c);
    if (c->token.kind == TOKEN_NAME && second.kind == TOKEN_SIGN && str_eq(second.text, STR("="))) {
        *name_out = c->token.text;
        compiler_advance(c);
        compiler_advance(c);
        return true;
    }
    *name_out = implied_name(c, nth);
    return false;
}

static struct expr *named_expr(struct compiler *c, unsigned nth, struct str *name_out)
{
    (void)given_name(c, nth, name_out);
    return parse_expr(c);
}

/* ---- operators ------------------------------------------------------------------------------------------------------ */
static bool parse_where(struct compiler *c, struct kql_query *q)
{
    const char *at = c->token.at;
    struct expr *x = parse_expr(c);
    struct stage *s = x ? stage_add(c, q, STAGE_WHERE) : NULL;
    if (s == NULL) return false;
    if (x->type != KQL_BOOL)
        return compiler_fail(c, at, "'where' operator: the condition is %s, not a bool.", kql_type_name(x->type));
    s->condition = x;
    return true;
}

static bool parse_project(struct compiler *c, struct kql_query *q)
{
    struct binding *kept = NULL;
    unsigned n = 0;
    (void)q;
    do {
        const char *at = c->token.at;
        struct str name;
        struct expr *x = named_expr(c, ++n, &name);
        if (x == NULL) return false;
        if (binding_find(kept, name))
            return compiler_fail(c, at, "'project' operator: a column named '%.*s' already exists", STR_ARG(name));
        if (n > OUTPUTS_MAX) return compiler_fail(c, at, "'project' operator: too many columns.");
        if (!binding_set(c, &kept, name, x)) return false;
    } while (compiler_take(c, ","));
    c->columns = kept;
    return true;
}

static bool parse_project_away(struct compiler *c, struct kql_query *q)
{
    (void)q;
    do {
        const char *at = c->token.at;
        struct str name;
        if (!compiler_name(c, &name)) return false;
        struct binding **link = &c->columns;
        while (*link && !str_eq((*link)->name, name)) link = &(*link)->next;
        if (*link == NULL)
            return compiler_fail(c, at, "'project-away' operator: Failed to resolve column named '%.*s'",
                                 STR_ARG(name));
        *link = (*link)->next;
    } while (compiler_take(c, ","));
    return true;
}

static bool parse_extend(struct compiler *c, struct kql_query *q)
{
    unsigned n = 0;
    (void)q;
    do {
        struct str name;
        const char *at = c->token.at;
        struct expr *x = named_expr(c, ++n, &name);
        if (n > OUTPUTS_MAX) return compiler_fail(c, at, "'extend' operator: too many columns.");
        if (x == NULL || !binding_set(c, &c->columns, name, x)) return false;
    } while (compiler_take(c, ","));
    return true;
}

static bool parse_take(struct compiler *c, struct kql_query *q)
{
    const char *at = c->token.at;
    struct expr *x = parse_expr(c);
    if (x == NULL) return false;
    if (x->kind != EXPR_CONST || x->type != KQL_LONG || x->value.is_null || x->value.i < 0)
        return compiler_fail(c, at, "'%s' operator: the number of rows must be a constant.", c->operator);
    struct stage *s = stage_add(c, q, STAGE_TAKE);
    if (s) s->take = x->value.i;
    return s != NULL;
}

static bool sort_key(struct compiler *c, struct sort_key *key)
{
    key->expr = parse_expr(c);
    if (key->expr == NULL) return false;
    key->descending = true;
    if (compiler_take(c, "asc"))
        key->descending = false;
    else
        (void)compiler_take(c, "desc");
    key->nulls_first = !key->descending;
    if (compiler_take(c, "nulls")) {
        if (compiler_take(c, "first"))
            key->nulls_first = true;
        else if (compiler_expect(c, "last"))
            key->nulls_first = false;
    }
    return !c->failed;
}

/* A table is scanned in order of its time column: sorting by it first is free, in either direction. */
static void use_scan_order(struct kql_query *q, struct stage *s)
{
    const struct sort_key *first = &s->keys[0];
    bool untouched = first->expr->kind == EXPR_COLUMN;
    for (unsigned i = 0; untouched && i + 1 < q->stage_count; i++) untouched = q->stages[i].kind == STAGE_WHERE;
    if (!untouched || first->expr->column != q->table.time_column) return;
    q->descending = first->descending;
    if (s->key_count == 1)
        q->stage_count--;
    else
        s->in_ties = true;
}

static bool parse_sort_keys(struct compiler *c, struct kql_query *q)
{
    struct stage *s = stage_add(c, q, STAGE_SORT);
    if (s == NULL || (s->keys = arena_alloc(c->arena, SORT_KEYS_MAX * sizeof *s->keys)) == NULL) return false;
    do {
        if (s->key_count == SORT_KEYS_MAX)
            return compiler_fail(c, c->token.at, "'%s' operator: too many columns.", c->operator);
        if (!sort_key(c, &s->keys[s->key_count++])) return false;
    } while (compiler_take(c, ","));
    use_scan_order(q, s);
    return true;
}

static bool parse_sort(struct compiler *c, struct kql_query *q)
{
    return compiler_expect(c, "by") && parse_sort_keys(c, q);
}

/* From here on rows are made ones; column i of the scope is value i of the row. */
static bool made_columns(struct compiler *c, const struct str *names, const enum kql_type *types, unsigned n)
{
    c->columns = NULL;
    for (unsigned i = 0; i < n; i++) {
        struct expr *x = expr_column(c, i, types[i]);
        if (binding_find(c->columns, names[i]))
            return compiler_fail(c, c->token.at, "'%s' operator: a column named '%.*s' already exists", c->operator,
                                 STR_ARG(names[i]));
        if (x == NULL || !binding_set(c, &c->columns, names[i], x)) return false;
    }
    return true;
}

static bool parse_count(struct compiler *c, struct kql_query *q)
{
    struct stage *s = stage_add(c, q, STAGE_SUMMARIZE);
    if (s == NULL || (s->aggregates = ARENA_NEW(c->arena, struct aggregate)) == NULL) return false;
    s->aggregates[0] = (struct aggregate){AGGREGATE_COUNT, NULL, KQL_LONG};
    s->aggregate_count = 1;
    return made_columns(c, &STR("Count"), &(enum kql_type){KQL_LONG}, 1);
}

/* ---- summarize ------------------------------------------------------------------------------------------------------ */
static const struct {
    const char *name;
    enum aggregate_kind kind;
    bool has_arg;
} aggregate_names[] = {
    {"count", AGGREGATE_COUNT, false}, {"countif", AGGREGATE_COUNTIF, true}, {"dcount", AGGREGATE_DCOUNT, true},
    {"min", AGGREGATE_MIN, true},      {"max", AGGREGATE_MAX, true},         {"sum", AGGREGATE_SUM, true},
};

struct columns { /* of a summarize: groups, then aggregates */
    struct str names[GROUP_KEYS_MAX + AGGREGATES_MAX];
    enum kql_type types[GROUP_KEYS_MAX + AGGREGATES_MAX];
    unsigned count;
};

static bool aggregate_type(struct compiler *c, const char *at, struct aggregate *a)
{
    a->type = KQL_LONG;
    if (a->kind == AGGREGATE_MIN || a->kind == AGGREGATE_MAX) a->type = a->arg->type;
    if (a->kind == AGGREGATE_COUNTIF && a->arg->type != KQL_BOOL)
        return compiler_fail(c, at, "countif(): argument #1 must be a condition.");
    if (a->kind == AGGREGATE_SUM) {
        if (!kql_is_number(a->arg->type)) return compiler_fail(c, at, "sum(): argument #1 must be a number.");
        a->type = a->arg->type == KQL_REAL ? KQL_REAL : KQL_LONG;
    }
    return true;
}

static bool parse_aggregate(struct compiler *c, struct aggregate *a, struct str *name_out)
{
    size_t i = 0;
    bool is_named = given_name(c, 0, name_out);
    const char *at = c->token.at;
    struct str word, of = STR("");
    if (!compiler_name(c, &word)) return false;
    while (i < sizeof aggregate_names / sizeof aggregate_names[0] && !str_eq(word, str_of(aggregate_names[i].name)))
        i++;
    if (i == sizeof aggregate_names / sizeof aggregate_names[0])
        return compiler_fail(c, at, "'summarize' operator: '%.*s' is not a known aggregate function.", STR_ARG(word));
    a->kind = aggregate_names[i].kind;
    if (!compiler_expect(c, "(")) return false;
    if (aggregate_names[i].has_arg) {
        of = c->token.kind == TOKEN_NAME && a->kind != AGGREGATE_COUNTIF ? c->token.text : of;
        a->arg = parse_expr(c);
        if (a->arg == NULL) return false;
    }
    if (!compiler_expect(c, ")") || !aggregate_type(c, at, a)) return false;
    if (is_named) return true;
    char *name = arena_alloc(c->arena, word.n + of.n + 2);
    if (name == NULL) return compiler_unexpected(c);
    *name_out = (struct str){name, (size_t)snprintf(name, word.n + of.n + 2, "%.*s_%.*s", STR_ARG(word), STR_ARG(of))};
    return true;
}

static bool parse_groups(struct compiler *c, struct stage *s, struct columns *out)
{
    do {
        struct str name;
        if (s->group_count == GROUP_KEYS_MAX)
            return compiler_fail(c, c->token.at, "'%s' operator: too many columns.", c->operator);
        struct expr *x = named_expr(c, s->group_count + 1, &name);
        if (x == NULL) return false;
        s->groups[s->group_count++] = x;
        out->names[out->count] = name;
        out->types[out->count++] = x->type;
    } while (compiler_take(c, ","));
    return true;
}

static bool parse_aggregates(struct compiler *c, struct stage *s, struct str *names)
{
    do {
        if (s->aggregate_count == AGGREGATES_MAX)
            return compiler_fail(c, c->token.at, "'summarize' operator: too many columns.");
        if (!parse_aggregate(c, &s->aggregates[s->aggregate_count], &names[s->aggregate_count])) return false;
        s->aggregate_count++;
    } while (compiler_take(c, ","));
    return true;
}

static struct stage *summarize_stage(struct compiler *c, struct kql_query *q)
{
    struct stage *s = stage_add(c, q, STAGE_SUMMARIZE);
    if (s == NULL) return NULL;
    s->groups = arena_alloc(c->arena, GROUP_KEYS_MAX * sizeof *s->groups);
    s->aggregates = arena_alloc(c->arena, AGGREGATES_MAX * sizeof *s->aggregates);
    return s->groups && s->aggregates ? s : NULL;
}

static bool parse_summarize(struct compiler *c, struct kql_query *q)
{
    struct str names[AGGREGATES_MAX];
    struct columns all = {.count = 0};
    struct stage *s = summarize_stage(c, q);
    if (s == NULL) return false;
    if (!compiler_is(c, "by") && !parse_aggregates(c, s, names)) return false;
    if (compiler_take(c, "by") && !parse_groups(c, s, &all)) return false;
    for (unsigned i = 0; i < s->aggregate_count; i++) {
        all.names[all.count] = names[i];
        all.types[all.count++] = s->aggregates[i].type;
    }
    return made_columns(c, all.names, all.types, all.count);
}

static bool parse_distinct(struct compiler *c, struct kql_query *q)
{
    struct columns all = {.count = 0};
    struct stage *s = summarize_stage(c, q);
    return s && parse_groups(c, s, &all) && made_columns(c, all.names, all.types, all.count);
}

/* top N by X: the sort stands before the take. */
static bool parse_top(struct compiler *c, struct kql_query *q)
{
    if (!parse_take(c, q) || !compiler_expect(c, "by")) return false;
    int64_t take = q->stages[--q->stage_count].take;
    if (!parse_sort_keys(c, q)) return false;
    struct stage *s = stage_add(c, q, STAGE_TAKE);
    if (s) s->take = take;
    return s != NULL;
}

static const struct {
    const char *name;
    bool (*parse)(struct compiler *c, struct kql_query *q);
} operators[] = {
    {"where", parse_where},
    {"filter", parse_where},
    {"project", parse_project},
    {"project-away", parse_project_away},
    {"extend", parse_extend},
    {"take", parse_take},
    {"limit", parse_take},
    {"order", parse_sort},
    {"sort", parse_sort},
    {"count", parse_count},
    {"summarize", parse_summarize},
    {"distinct", parse_distinct},
    {"top", parse_top},
};

static bool parse_operator(struct compiler *c, struct kql_query *q)
{
    struct str word = c->token.text;
    const char *at = c->token.at;
    if (c->token.kind != TOKEN_NAME) return compiler_unexpected(c);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (!str_eq(word, str_of(operators[i].name))) continue;
        c->operator= operators[i].name;
        compiler_advance(c);
        return operators[i].parse(c, q) && !c->failed;
    }
    return compiler_fail(c, at, "Syntax error: '%.*s' is not a known query operator.", STR_ARG(str_sub(word, 0, 60)));
}

/* ---- sources -------------------------------------------------------------------------------------------------------- */
static bool open_table(struct compiler *c, struct kql_query *q, struct str name, const char *at)
{
    if (!c->env->source->find(c->env->source->ctx, name, &q->table))
        return compiler_fail(c, at, "'%s' operator: Failed to resolve table or column expression named '%.*s'",
                             c->operator, STR_ARG(str_sub(name, 0, 120)));
    c->columns = NULL;
    for (unsigned i = 0; i < q->table.count; i++) {
        struct expr *x = expr_column(c, i, q->table.columns[i].type);
        if (x == NULL || !binding_set(c, &c->columns, str_of(q->table.columns[i].name), x)) return false;
    }
    return true;
}

/* A let of a table expression is compiled anew, from its text, where its name stands. */
static bool parse_let_table(struct compiler *c, struct kql_query *q, struct binding *b)
{
    struct lexer lex = c->lex;
    struct token token = c->token;
    if (++c->depth > 16) return compiler_fail(c, c->token.at, "Syntax error: let statements nested too deeply.");
    c->lex.p = b->tabular_at;
    compiler_advance(c);
    bool fine = parse_pipeline(c, q);
    c->depth--;
    c->lex = lex;
    c->token = token;
    return fine;
}

static bool parse_source(struct compiler *c, struct kql_query *q)
{
    struct str name;
    const char *at = c->token.at;
    if (compiler_take(c, "(")) {
        if (++c->depth > 16) return compiler_fail(c, at, "Syntax error: nested too deeply.");
        bool fine = parse_pipeline(c, q) && compiler_expect(c, ")");
        c->depth--;
        return fine;
    }
    if (!compiler_name(c, &name)) return false;
    struct binding *b = binding_find(c->lets, name);
    return b && b->tabular_at ? parse_let_table(c, q, b) : open_table(c, q, name, at);
}

static bool parse_pipeline(struct compiler *c, struct kql_query *q)
{
    c->operator= "";
    if (!parse_source(c, q)) return false;
    while (compiler_take(c, "|"))
        if (!parse_operator(c, q)) return false;
    return !c->failed;
}

static bool is_table_name(struct compiler *c, struct str name)
{
    struct kql_table t;
    struct binding *b = binding_find(c->lets, name);
    return b ? b->tabular_at != NULL : c->env->source->find(c->env->source->ctx, name, &t);
}

static bool parse_let(struct compiler *c, struct kql_query *q)
{
    struct str name;
    if (!compiler_name(c, &name) || !compiler_expect(c, "=")) return false;
    const char *at = c->token.at;
    struct binding *b = NULL;
    c->operator= "let";
    if (c->token.kind == TOKEN_NAME && is_table_name(c, c->token.text)) {
        if (!parse_pipeline(c, q)) return false; /* for its errors; compiled again where it is used */
        q->stage_count = 0;
        q->descending = false;
        c->columns = NULL;
        b = binding_set(c, &c->lets, name, NULL);
        if (b) b->tabular_at = at;
    } else {
        struct expr *x = parse_expr(c);
        if (x) b = binding_set(c, &c->lets, name, x);
    }
    return b && compiler_expect(c, ";");
}

/* ---- what the scan need not read ------------------------------------------------------------------------------------ */
static void narrow(struct kql_query *q, enum compare compare, int64_t t)
{
    int64_t from = INT64_MIN, to = INT64_MAX;
    switch (compare) {
    case COMPARE_EQ: from = to = t; break;
    case COMPARE_LT: to = t > INT64_MIN ? t - 1 : t; break;
    case COMPARE_LE: to = t; break;
    case COMPARE_GT: from = t < INT64_MAX ? t + 1 : t; break;
    case COMPARE_GE: from = t; break;
    default: break;
    }
    if (from > q->from) q->from = from;
    if (to < q->to) q->to = to;
}

static enum compare mirrored(enum compare c)
{
    static const enum compare other[] = {
        [COMPARE_LT] = COMPARE_GT, [COMPARE_LE] = COMPARE_GE, [COMPARE_GT] = COMPARE_LT,
        [COMPARE_GE] = COMPARE_LE, [COMPARE_EQ] = COMPARE_EQ, [COMPARE_BETWEEN] = COMPARE_NONE};
    return other[c];
}

static bool is_time(const struct kql_query *q, const struct expr *x)
{
    return x->kind == EXPR_COLUMN && x->column == q->table.time_column;
}

static bool is_instant(const struct expr *x)
{
    return x->kind == EXPR_CONST && x->type == KQL_DATETIME && !x->value.is_null;
}

static void narrow_by(struct kql_query *q, const struct expr *x)
{
    if (x->kind == EXPR_AND)
        for (unsigned i = 0; i < x->arg_count; i++) narrow_by(q, x->args[i]);
    if (x->kind != EXPR_CALL || x->compare == COMPARE_NONE) return;
    if (is_time(q, x->args[0]) && is_instant(x->args[1])) {
        bool is_between = x->compare == COMPARE_BETWEEN;
        narrow(q, is_between ? COMPARE_GE : x->compare, x->args[1]->value.i);
        if (is_between && is_instant(x->args[2])) narrow(q, COMPARE_LE, x->args[2]->value.i);
    } else if (x->compare != COMPARE_BETWEEN && is_time(q, x->args[1]) && is_instant(x->args[0])) {
        narrow(q, mirrored(x->compare), x->args[0]->value.i);
    }
}

static bool make_outputs(struct compiler *c, struct kql_query *q)
{
    unsigned n = 0;
    for (struct binding *b = c->columns; b; b = b->next) n++;
    if (n > OUTPUTS_MAX)
        return compiler_fail(c, c->token.at, "Query execution has exceeded the allowed limits: too many columns.");
    q->outputs = arena_alloc(c->arena, (n + 1) * sizeof *q->outputs);
    q->output_exprs = arena_alloc(c->arena, (n + 1) * sizeof *q->output_exprs);
    q->output_values = arena_alloc(c->arena, (n + 1) * sizeof *q->output_values);
    if (!q->outputs || !q->output_exprs || !q->output_values) return compiler_unexpected(c);
    bool made = has_stage(q, 1u << STAGE_SUMMARIZE);
    for (struct binding *b = c->columns; b; b = b->next) {
        const char *name = arena_copy(c->arena, b->name.p, b->name.n);
        if (name == NULL) return compiler_unexpected(c);
        bool handed_through = !made && b->expr->kind == EXPR_COLUMN;
        q->outputs[q->output_count] =
            (struct kql_output){name, b->expr->type, handed_through ? (int)b->expr->column : -1};
        q->output_exprs[q->output_count++] = b->expr;
    }
    return true;
}

bool pipe_compile(struct compiler *c, struct kql_query *q)
{
    compiler_advance(c);
    while (compiler_take(c, "let"))
        if (!parse_let(c, q)) return false;
    if (c->failed || !parse_pipeline(c, q)) return false;
    (void)compiler_take(c, ";");
    if (c->token.kind != TOKEN_END || c->failed) return compiler_unexpected(c);
    for (unsigned i = 0; i < q->stage_count && q->stages[i].kind == STAGE_WHERE; i++)
        narrow_by(q, q->stages[i].condition);
    return make_outputs(c, q);
}
