/* Where a pipeline's rows come from: let statements, tables, pipelines in parentheses; and the query as a whole. */
#include "twin/kql/query.h"

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
    bool fine = pipe_parse(c, q);
    c->depth--;
    c->lex = lex;
    c->token = token;
    return fine;
}

bool pipe_source(struct compiler *c, struct kql_query *q)
{
    struct str name;
    const char *at = c->token.at;
    if (compiler_take(c, "(")) {
        if (++c->depth > 16) return compiler_fail(c, at, "Syntax error: nested too deeply.");
        bool fine = pipe_parse(c, q) && compiler_expect(c, ")");
        c->depth--;
        return fine;
    }
    if (compiler_take(c, "union")) return pipe_union_first(c, q);
    if (!compiler_name(c, &name)) return false;
    struct binding *b = binding_find(c->lets, name);
    return b && b->tabular_at ? parse_let_table(c, q, b) : open_table(c, q, name, at);
}

bool pipe_parse(struct compiler *c, struct kql_query *q)
{
    c->operator= "";
    if (!pipe_source(c, q)) return false;
    while (compiler_take(c, "|"))
        if (!pipe_operator(c, q)) return false;
    return !c->failed;
}

static bool is_table_name(struct compiler *c, struct str name)
{
    struct kql_table t;
    struct binding *b = binding_find(c->lets, name);
    if (str_eq(name, STR("union"))) return true;
    return b ? b->tabular_at != NULL : c->env->source->find(c->env->source->ctx, name, &t);
}

static bool parse_let(struct compiler *c)
{
    struct str name;
    if (!compiler_name(c, &name) || !compiler_expect(c, "=")) return false;
    const char *at = c->token.at;
    struct binding *b = NULL;
    c->operator= "let";
    if (c->token.kind == TOKEN_NAME && is_table_name(c, c->token.text)) {
        struct kql_query *tried = query_new(c->env); /* for its errors; compiled again where it is used */
        bool fine = tried && pipe_parse(c, tried);
        kql_free(tried);
        if (!fine) return false;
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
    bool made = q->from_what != ROWS_SCANNED || pipe_has_stage(q, 1u << STAGE_SUMMARIZE);
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

bool pipe_finish(struct compiler *c, struct kql_query *q)
{
    for (unsigned i = 0; q->from_what == ROWS_SCANNED && i < q->stage_count && q->stages[i].kind == STAGE_WHERE; i++)
        narrow_by(q, q->stages[i].condition);
    return make_outputs(c, q);
}

bool pipe_compile(struct compiler *c, struct kql_query *q)
{
    compiler_advance(c);
    while (compiler_take(c, "let"))
        if (!parse_let(c)) return false;
    if (c->failed || !pipe_parse(c, q)) return false;
    (void)compiler_take(c, ";");
    if (c->token.kind != TOKEN_END || c->failed) return compiler_unexpected(c);
    return pipe_finish(c, q);
}
