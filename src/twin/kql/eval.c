/* Expressions at work: one value of one row. */
#include "twin/kql/expr.h"

enum { ARGS_ON_STACK = 8 };

static bool is_true(struct kql_value v)
{
    return !v.is_null && v.i != 0;
}

static struct kql_value eval_call(const struct expr *x, const struct eval *ev)
{
    struct kql_value few[ARGS_ON_STACK], *args = few;
    if (x->arg_count > ARGS_ON_STACK) args = arena_alloc(ev->arena, x->arg_count * sizeof *args);
    if (args == NULL) return kql_null(x->type);
    for (unsigned i = 0; i < x->arg_count; i++) args[i] = expr_eval(x->args[i], ev);
    return x->fn(args, x->arg_count, ev->arena);
}

struct kql_value expr_eval(const struct expr *x, const struct eval *ev)
{
    switch (x->kind) {
    case EXPR_CONST: return x->value;
    case EXPR_COLUMN:
        if (ev->values) return ev->values[x->column];
        return ev->source->cell(ev->source->ctx, ev->handle, ev->ref, x->column, ev->arena);
    case EXPR_INGESTED:
        if (ev->values) return kql_null(KQL_DATETIME); /* a made row was never ingested */
        return ev->source->ingested(ev->source->ctx, ev->handle, ev->ref);
    case EXPR_AND: /* a null condition counts as false: no operator here tells them apart */
        for (unsigned i = 0; i < x->arg_count; i++)
            if (!is_true(expr_eval(x->args[i], ev))) return kql_bool(false);
        return kql_bool(true);
    case EXPR_OR:
        for (unsigned i = 0; i < x->arg_count; i++)
            if (is_true(expr_eval(x->args[i], ev))) return kql_bool(true);
        return kql_bool(false);
    case EXPR_CALL: return eval_call(x, ev);
    }
    return kql_null(x->type);
}
