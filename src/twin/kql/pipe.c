/* Operators of a pipeline. Columns are bindings to expressions over the table's own columns, so
 * project and extend cost nothing at run time; only where, take, sort and summarize become stages. */
#include <stdio.h>

#include "twin/kql/query.h"

struct token pipe_peek(const struct compiler *c)
{
    struct lexer copy = c->lex;
    return lexer_next(&copy);
}

struct stage *pipe_stage(struct compiler *c, struct kql_query *q, enum stage_kind kind)
{
    if (q->stage_count == STAGES_MAX) {
        compiler_fail(c, c->token.at, "Query execution has exceeded the allowed limits: too many operators.");
        return NULL;
    }
    struct stage *s = &q->stages[q->stage_count++];
    *s = (struct stage){.kind = kind};
    return s;
}

bool pipe_has_stage(const struct kql_query *q, unsigned kinds)
{
    for (unsigned i = 0; i < q->stage_count; i++)
        if (kinds & 1u << q->stages[i].kind) return true;
    return false;
}

/* ---- names of columns ----------------------------------------------------------------------------------------------- */
/* The name Kusto would give: a column's own, that of the column in bin(Column, ...), else Column1, Column2, ... */
static struct str implied_name(struct compiler *c, unsigned nth)
{
    struct token second = pipe_peek(c);
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
bool pipe_given_name(struct compiler *c, unsigned nth, struct str *name_out)
{
    struct token second = pipe_peek(c);
    if (c->token.kind == TOKEN_NAME && second.kind == TOKEN_SIGN && str_eq(second.text, STR("="))) {
        *name_out = c->token.text;
        compiler_advance(c);
        compiler_advance(c);
        return true;
    }
    *name_out = implied_name(c, nth);
    return false;
}

struct expr *pipe_named_expr(struct compiler *c, unsigned nth, struct str *name_out)
{
    (void)pipe_given_name(c, nth, name_out);
    return parse_expr(c);
}

/* ---- operators ------------------------------------------------------------------------------------------------------ */
static bool parse_where(struct compiler *c, struct kql_query *q)
{
    const char *at = c->token.at;
    struct expr *x = parse_expr(c);
    struct stage *s = x ? pipe_stage(c, q, STAGE_WHERE) : NULL;
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
        struct expr *x = pipe_named_expr(c, ++n, &name);
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
        struct expr *x = pipe_named_expr(c, ++n, &name);
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
    struct stage *s = pipe_stage(c, q, STAGE_TAKE);
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
    bool untouched = q->from_what == ROWS_SCANNED && first->expr->kind == EXPR_COLUMN;
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
    struct stage *s = pipe_stage(c, q, STAGE_SORT);
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
bool pipe_made_columns(struct compiler *c, const struct str *names, const enum kql_type *types, unsigned n)
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
    struct stage *s = pipe_stage(c, q, STAGE_SUMMARIZE);
    if (s == NULL || (s->aggregates = ARENA_NEW(c->arena, struct aggregate)) == NULL) return false;
    s->aggregates[0] = (struct aggregate){AGGREGATE_COUNT, NULL, KQL_LONG};
    s->aggregate_count = 1;
    return pipe_made_columns(c, &STR("Count"), &(enum kql_type){KQL_LONG}, 1);
}

/* top N by X: the sort stands before the take. */
static bool parse_top(struct compiler *c, struct kql_query *q)
{
    if (!parse_take(c, q) || !compiler_expect(c, "by")) return false;
    int64_t take = q->stages[--q->stage_count].take;
    if (!parse_sort_keys(c, q)) return false;
    struct stage *s = pipe_stage(c, q, STAGE_TAKE);
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
    {"summarize", pipe_summarize},
    {"distinct", pipe_distinct},
    {"top", parse_top},
    {"union", pipe_union},
    {"join", pipe_join},
    {"getschema", pipe_getschema},
};

bool pipe_operator(struct compiler *c, struct kql_query *q)
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
