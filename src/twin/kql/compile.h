/* Inside kql: what the parsers of expressions (parse.c) and of pipelines (pipe.c) share. */
#ifndef TWIN_KQL_COMPILE_H
#define TWIN_KQL_COMPILE_H

#include "twin/kql/expr.h"

struct binding { /* a column in scope, or a let */
    struct str name;
    struct expr *expr;
    const char *tabular_at; /* let of a table expression: where its text begins; else NULL */
    struct binding *next;
};
struct compiler {
    struct lexer lex;
    struct token token; /* the one being looked at */
    struct arena *arena;
    const struct kql_env *env;
    struct kql_error *error;
    bool failed;
    unsigned depth;
    unsigned queries; /* inside this one */
    struct binding *lets;
    struct binding *columns; /* in scope now, in order */
    const char *operator;    /* the one being compiled, for messages; "" in front */
};

void compiler_advance(struct compiler *c);
/* Says "<text> [line:position=L:P]", once; returns false (NULL through expr_fail). */
bool compiler_fail(struct compiler *c, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool compiler_unexpected(struct compiler *c); /* a syntax error at the present token */
bool compiler_is(const struct compiler *c, const char *sign_or_name);
bool compiler_take(struct compiler *c, const char *sign_or_name); /* true: it was there and is passed */
bool compiler_expect(struct compiler *c, const char *sign_or_name);
bool compiler_name(struct compiler *c, struct str *out);
struct binding *binding_find(struct binding *list, struct str name);
/* Adds or replaces, keeping the place; NULL without memory. */
struct binding *binding_set(struct compiler *c, struct binding **list, struct str name, struct expr *x);

struct expr *parse_expr(struct compiler *c);    /* NULL: failed; relation.c */
struct expr *parse_primary(struct compiler *c); /* what operators stand between; parse.c */
struct expr *expr_constant(struct compiler *c, struct kql_value v);
/* Folded when all arguments are constants. */
struct expr *expr_call(struct compiler *c, kql_fn fn, enum kql_type type, struct expr **args, unsigned n);
void expr_add_below(struct expr *x, const struct expr *arg); /* depth and weight */
struct expr *expr_too_deep(struct compiler *c);              /* NULL, after saying so */
/* NULL, after saying why. */
#define FAILED(c, at, ...) (compiler_fail((c), (at), __VA_ARGS__), (struct expr *)NULL)
/* For %.*s: the beginning of what a query says. */
static inline int compiler_shown(struct str s)
{
    return (int)(s.n < 60 ? s.n : 60);
}
#define SHOWN(s) compiler_shown(s), (s).p
struct expr *expr_new(struct compiler *c, enum expr_kind kind, enum kql_type type);
struct expr *expr_column(struct compiler *c, unsigned column, enum kql_type type);

#endif
