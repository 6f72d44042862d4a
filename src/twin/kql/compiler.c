/* What the parsers share: tokens, messages with their place, bindings, nodes of expressions. */
#include <stdarg.h>
#include <stdio.h>

#include "twin/kql/compile.h"

/* ---- the compiler's common parts ------------------------------------------------------------------------------------ */
void compiler_advance(struct compiler *c)
{
    c->token = lexer_next(&c->lex);
    if (c->token.kind == TOKEN_BAD) compiler_fail(c, c->token.at, "Syntax error: %s", c->token.what);
}

bool compiler_fail(struct compiler *c, const char *at, const char *fmt, ...)
{
    char what[240];
    unsigned line, position;
    va_list args;
    if (c->failed) return false;
    c->failed = true;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    lexer_place(&c->lex, at, &line, &position);
    (void)snprintf(c->error->text, sizeof c->error->text, "%s [line:position=%u:%u]", what, line, position);
    return false;
}

bool compiler_unexpected(struct compiler *c)
{
    if (c->token.kind == TOKEN_END)
        return compiler_fail(c, c->token.at, "Syntax error: A recognition error occurred at the end of the query.");
    return compiler_fail(c, c->token.at, "Syntax error: A recognition error occurred near '%.*s'.",
                         SHOWN(c->token.text));
}

bool compiler_is(const struct compiler *c, const char *text)
{
    return (c->token.kind == TOKEN_SIGN || c->token.kind == TOKEN_NAME) && str_eq(c->token.text, str_of(text));
}

bool compiler_take(struct compiler *c, const char *text)
{
    if (c->failed || !compiler_is(c, text)) return false;
    compiler_advance(c);
    return true;
}

bool compiler_expect(struct compiler *c, const char *text)
{
    return compiler_take(c, text) || compiler_unexpected(c);
}

bool compiler_name(struct compiler *c, struct str *out)
{
    if (c->failed || c->token.kind != TOKEN_NAME) return compiler_unexpected(c);
    *out = c->token.text;
    compiler_advance(c);
    return !c->failed;
}

struct binding *binding_find(struct binding *list, struct str name)
{
    for (; list; list = list->next)
        if (str_eq(list->name, name)) return list;
    return NULL;
}

static bool out_of_memory(struct compiler *c)
{
    return compiler_fail(c, c->token.at, "Query execution has exceeded the allowed limits: the query is too large.");
}

struct binding *binding_set(struct compiler *c, struct binding **list, struct str name, struct expr *x)
{
    struct binding *b = binding_find(*list, name);
    if (b == NULL) {
        b = ARENA_NEW(c->arena, struct binding);
        if (b == NULL) {
            out_of_memory(c);
            return NULL;
        }
        b->name = name;
        while (*list) list = &(*list)->next;
        *list = b;
    }
    b->expr = x;
    return b;
}

struct expr *expr_new(struct compiler *c, enum expr_kind kind, enum kql_type type)
{
    struct expr *x = ARENA_NEW(c->arena, struct expr);
    if (x == NULL) {
        out_of_memory(c);
        return NULL;
    }
    x->kind = kind;
    x->type = type;
    return x;
}

struct expr *expr_column(struct compiler *c, unsigned column, enum kql_type type)
{
    struct expr *x = expr_new(c, EXPR_COLUMN, type);
    if (x) x->column = column;
    return x;
}

/* ---- nodes ---------------------------------------------------------------------------------------------------------- */
struct expr *expr_constant(struct compiler *c, struct kql_value v)
{
    struct expr *x = expr_new(c, EXPR_CONST, v.type);
    if (x) x->value = v;
    return x;
}

struct expr *expr_too_deep(struct compiler *c)
{
    return FAILED(c, c->token.at, "Syntax error: nested too deeply near '%.*s'.", SHOWN(c->token.text));
}

/* extend x = strcat(x, x), again and again, would grow without bound: a column stands for its whole expression. */
void expr_add_below(struct expr *x, const struct expr *arg)
{
    if (arg->depth >= x->depth) x->depth = arg->depth + 1;
    x->weight += arg->weight + 1;
}

static bool all_constant(const struct expr *x)
{
    for (unsigned i = 0; i < x->arg_count; i++)
        if (x->args[i]->kind != EXPR_CONST) return false;
    return true;
}

struct expr *expr_call(struct compiler *c, kql_fn fn, enum kql_type type, struct expr **args, unsigned n)
{
    struct expr *x = expr_new(c, EXPR_CALL, type);
    struct expr **copy = arena_alloc(c->arena, (n ? n : 1) * sizeof *args);
    if (x == NULL || copy == NULL) return NULL;
    for (unsigned i = 0; i < n; i++) {
        copy[i] = args[i];
        expr_add_below(x, args[i]);
    }
    if (x->depth > EXPR_DEPTH_MAX || x->weight > EXPR_WEIGHT_MAX) return expr_too_deep(c);
    x->fn = fn;
    x->args = copy;
    x->arg_count = n;
    if (!all_constant(x)) return x;
    struct eval none = {.arena = c->arena};
    struct kql_value v = expr_eval(x, &none);
    v.type = type;
    return expr_constant(c, v);
}
