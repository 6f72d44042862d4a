/* Expressions: arithmetic, comparisons, and, or. */
#include "kit/json/json.h"
#include "twin/kql/compile.h"

/* ---- operators ------------------------------------------------------------------------------------------------------ */
static struct expr *arithmetic(struct compiler *c, struct expr *left, const char *signs,
                               struct expr *(*operand)(struct compiler *))
{
    while (left && !c->failed && c->token.kind == TOKEN_SIGN && c->token.text.n == 1) {
        char sign = c->token.text.p[0];
        const char *at = c->token.at;
        enum kql_type type;
        if (sign != signs[0] && sign != signs[1] && (signs[1] == '\0' || sign != signs[2])) break;
        compiler_advance(c);
        struct expr *args[2] = {left, operand(c)};
        if (args[1] == NULL) return NULL;
        kql_fn fn = arithmetic_find(sign, args[0]->type, args[1]->type, &type);
        if (fn == NULL)
            return FAILED(c, at, "Operator '%c' cannot be used on %s and %s.", sign, kql_type_name(args[0]->type),
                          kql_type_name(args[1]->type));
        left = expr_call(c, fn, type, args, 2);
    }
    return left;
}

static struct expr *product(struct compiler *c)
{
    return arithmetic(c, parse_primary(c), "*/%", parse_primary);
}

static struct expr *sum(struct compiler *c)
{
    return arithmetic(c, product(c), "+-", product);
}

static bool comparable(struct compiler *c, const char *at, const struct operator_row *op, const struct expr *a,
                       const struct expr *b)
{
    bool fine = op && op->on_strings ? kql_is_text(a->type) && kql_is_text(b->type) : types_compare(a->type, b->type);
    if (fine) return true;
    return compiler_fail(c, at, "Cannot compare values of types %s and %s. Try adding explicit casts",
                         kql_type_name(a->type), kql_type_name(b->type));
}

/* A dynamic that is held against a text is taken as one. */
static struct expr *as_text(struct compiler *c, struct expr *x)
{
    return x && x->type == KQL_DYNAMIC ? expr_call(c, function_find(STR("tostring"))->fn, KQL_STRING, &x, 1) : x;
}

/* The elements of a constant list stand for themselves: in (dynamic(["a", "b"])). */
static bool spread(struct compiler *c, const struct kql_value *list, struct expr **args, unsigned *n)
{
    struct json_cursor cursor;
    struct json_slice item;
    if (!json_cursor_open(&cursor, list->s)) return false;
    while (json_cursor_next(&cursor, &item)) {
        struct kql_value v = {.type = KQL_DYNAMIC, .s = item.value};
        if (*n == EXPR_ARGS_MAX || (args[*n] = expr_constant(c, kql_str(kql_to_text(v, c->arena)))) == NULL)
            return false;
        ++*n;
    }
    return true;
}

static struct expr *in_list(struct compiler *c, struct expr *left, const struct operator_row *op, const char *at)
{
    struct expr **args = arena_alloc(c->arena, EXPR_ARGS_MAX * sizeof *args);
    unsigned n = 0;
    if (args == NULL || !compiler_expect(c, "(")) return NULL;
    args[n++] = left = as_text(c, left);
    if (left == NULL) return NULL;
    do {
        if (n == EXPR_ARGS_MAX) return FAILED(c, at, "'%s' operator: too many values.", op->sign);
        struct expr *x = parse_expr(c);
        if (x && x->kind == EXPR_CONST && x->type == KQL_DYNAMIC && left->type == KQL_STRING) {
            if (!spread(c, &x->value, args, &n)) return FAILED(c, at, "'%s' operator: not a list.", op->sign);
            continue;
        }
        if (x == NULL || !comparable(c, at, op, left, x)) return NULL;
        args[n++] = x;
    } while (compiler_take(c, ","));
    return compiler_expect(c, ")") ? expr_call(c, op->fn, KQL_BOOL, args, n) : NULL;
}

static struct expr *between(struct compiler *c, struct expr *left, bool is_not, const char *at)
{
    struct expr *args[3] = {left, NULL, NULL};
    if (!compiler_expect(c, "(")) return NULL;
    args[1] = sum(c);
    if (args[1] == NULL || !compiler_expect(c, "..")) return NULL;
    args[2] = sum(c);
    if (args[2] == NULL || !compiler_expect(c, ")")) return NULL;
    if (args[1]->type == KQL_DATETIME && args[2]->type == KQL_TIMESPAN) { /* between (t .. 5m): t to t + 5m */
        enum kql_type type;
        args[2] = expr_call(c, arithmetic_find('+', KQL_DATETIME, KQL_TIMESPAN, &type), KQL_DATETIME, &args[1], 2);
        if (args[2] == NULL) return NULL;
    }
    if (!comparable(c, at, NULL, left, args[1]) || !comparable(c, at, NULL, left, args[2])) return NULL;
    struct expr *x = expr_call(c, is_not ? fn_not_between : fn_between, KQL_BOOL, args, 3);
    if (x && !is_not) x->compare = COMPARE_BETWEEN;
    return x;
}

/* x matches regex "..." */
static struct expr *matches(struct compiler *c, struct expr *left)
{
    compiler_advance(c);
    if (!compiler_expect(c, "regex")) return NULL;
    const char *at = c->token.at;
    struct expr *args[2] = {as_text(c, left), sum(c)};
    if (args[0] == NULL || args[1] == NULL) return NULL;
    if (!kql_is_text(args[0]->type) || args[1]->kind != EXPR_CONST || args[1]->type != KQL_STRING)
        return FAILED(c, at, "'matches regex' operator: a text and a constant pattern are needed.");
    if (!regex_is_known(args[1]->value.s))
        return FAILED(c, at, "'matches regex' operator: the pattern '%.*s' is not understood.",
                      SHOWN(args[1]->value.s));
    return expr_call(c, fn_matches, KQL_BOOL, args, 2);
}

static struct expr *relation(struct compiler *c)
{
    struct expr *left = sum(c);
    const char *at = c->token.at;
    if (left == NULL || c->failed || (c->token.kind != TOKEN_SIGN && c->token.kind != TOKEN_NAME)) return left;
    if (compiler_take(c, "between")) return between(c, left, false, at);
    if (compiler_take(c, "!between")) return between(c, left, true, at);
    if (compiler_is(c, "matches")) return matches(c, left);
    const struct operator_row *op = operator_find(c->token.text);
    if (op == NULL) return left;
    compiler_advance(c);
    if (op->takes_list) return in_list(c, left, op, at);
    struct expr *args[2] = {left, sum(c)};
    if (args[1] == NULL) return NULL;
    if (op->on_strings || kql_is_text(args[1]->type)) args[0] = as_text(c, args[0]);
    if (op->on_strings || (args[0] && kql_is_text(args[0]->type))) args[1] = as_text(c, args[1]);
    if (args[0] == NULL || args[1] == NULL || !comparable(c, at, op, left, args[1])) return NULL;
    struct expr *x = expr_call(c, op->fn, KQL_BOOL, args, 2);
    if (x) x->compare = op->compare;
    return x;
}

/* One flat node for a whole chain of them, so that long conditions do not make deep trees. */
static struct expr *logical(struct compiler *c, enum expr_kind kind, const char *word,
                            struct expr *(*operand)(struct compiler *))
{
    struct expr *first = operand(c), *x = NULL;
    while (first && compiler_is(c, word)) {
        const char *at = c->token.at;
        if (x == NULL) {
            x = expr_new(c, kind, KQL_BOOL);
            if (x == NULL || (x->args = arena_alloc(c->arena, EXPR_CHAIN_MAX * sizeof *x->args)) == NULL) return NULL;
            x->args[x->arg_count++] = first;
            expr_add_below(x, first);
        }
        compiler_advance(c);
        struct expr *next = operand(c);
        if (next == NULL) return NULL;
        if (x->args[0]->type != KQL_BOOL || next->type != KQL_BOOL)
            return FAILED(c, at, "Operator '%s' takes conditions on both sides.", word);
        if (x->arg_count == EXPR_CHAIN_MAX) return FAILED(c, at, "Operator '%s': too many conditions.", word);
        x->args[x->arg_count++] = next;
        expr_add_below(x, next);
        if (x->weight > EXPR_WEIGHT_MAX) return expr_too_deep(c);
    }
    return x ? x : first;
}

static struct expr *conjunction(struct compiler *c)
{
    return logical(c, EXPR_AND, "and", relation);
}

struct expr *parse_expr(struct compiler *c)
{
    if (c->failed) return NULL;
    if (++c->depth > EXPR_DEPTH_MAX) return expr_too_deep(c);
    struct expr *x = logical(c, EXPR_OR, "or", conjunction);
    c->depth--;
    return c->failed ? NULL : x;
}
