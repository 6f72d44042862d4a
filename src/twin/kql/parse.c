/* Expressions: text to a tree that is bound and typed, constants folded. */
#include <stdarg.h>
#include <stdio.h>

#include "kit/json/json.h"
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

static int shown(struct str s)
{
    return (int)(s.n < 60 ? s.n : 60);
}
#define SHOWN(s) shown(s), (s).p

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

/* NULL, after saying why. */
#define FAILED(c, at, ...) (compiler_fail((c), (at), __VA_ARGS__), (struct expr *)NULL)

/* ---- nodes ---------------------------------------------------------------------------------------------------------- */
static struct expr *constant(struct compiler *c, struct kql_value v)
{
    struct expr *x = expr_new(c, EXPR_CONST, v.type);
    if (x) x->value = v;
    return x;
}

static struct expr *too_deep(struct compiler *c)
{
    return FAILED(c, c->token.at, "Syntax error: nested too deeply near '%.*s'.", SHOWN(c->token.text));
}

/* extend x = strcat(x, x), again and again, would grow without bound: a column stands for its whole expression. */
static void add_below(struct expr *x, const struct expr *arg)
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

static struct expr *call(struct compiler *c, kql_fn fn, enum kql_type type, struct expr **args, unsigned n)
{
    struct expr *x = expr_new(c, EXPR_CALL, type);
    struct expr **copy = arena_alloc(c->arena, (n ? n : 1) * sizeof *args);
    if (x == NULL || copy == NULL) return NULL;
    for (unsigned i = 0; i < n; i++) {
        copy[i] = args[i];
        add_below(x, args[i]);
    }
    if (x->depth > EXPR_DEPTH_MAX || x->weight > EXPR_WEIGHT_MAX) return too_deep(c);
    x->fn = fn;
    x->args = copy;
    x->arg_count = n;
    if (!all_constant(x)) return x;
    struct eval none = {.arena = c->arena};
    struct kql_value v = expr_eval(x, &none);
    v.type = type;
    return constant(c, v);
}

/* ---- datetime(...), now(), ago(...) --------------------------------------------------------------------------------- */
static struct expr *datetime_literal(struct compiler *c)
{
    const char *at = c->token.at;
    struct wall t;
    c->lex.p = at + 1; /* the present token is the '('; re-read what follows as raw text */
    struct str raw = lexer_raw_to_paren(&c->lex);
    compiler_advance(c);
    if (raw.n >= 2 && (raw.p[0] == '"' || raw.p[0] == '\'') && raw.p[raw.n - 1] == raw.p[0])
        raw = str_sub(raw, 1, raw.n - 2);
    bool is_null = str_eq(raw, STR("null"));
    if (!is_null && !wall_parse(raw, &t))
        return FAILED(c, at + 1, "Syntax error: '%.*s' is not a valid datetime literal.", SHOWN(raw));
    if (!compiler_expect(c, ")")) return NULL;
    return constant(c, is_null ? kql_null(KQL_DATETIME) : kql_int(KQL_DATETIME, t.ticks));
}

static struct expr *dynamic_literal(struct compiler *c)
{
    const char *at = c->token.at;
    struct json_fault fault;
    c->lex.p = at + 1;
    struct str raw = lexer_raw_to_paren(&c->lex);
    compiler_advance(c);
    if (!json_check(raw, &fault))
        return FAILED(c, at + 1, "Syntax error: '%.*s' is not a valid dynamic literal.", SHOWN(raw));
    if (!compiler_expect(c, ")")) return NULL;
    return constant(c, str_eq(raw, STR("null")) ? kql_null(KQL_DYNAMIC) : kql_text(KQL_DYNAMIC, raw));
}

static struct expr *now_or_ago(struct compiler *c, bool is_ago)
{
    int64_t ticks = 0;
    compiler_advance(c);
    if (!compiler_is(c, ")")) {
        const char *at = c->token.at;
        struct expr *x = parse_expr(c);
        if (x == NULL) return NULL;
        if (x->kind != EXPR_CONST || x->type != KQL_TIMESPAN || x->value.is_null)
            return FAILED(c, at, "%s(): argument #1 must be a constant timespan.", is_ago ? "ago" : "now");
        ticks = x->value.i;
    } else if (is_ago)
        return FAILED(c, c->token.at, "ago(): function expects 1 argument(s).");
    if (!compiler_expect(c, ")")) return NULL;
    return constant(c, kql_int(KQL_DATETIME, wall_add(c->env->now, is_ago ? -ticks : ticks).ticks));
}

/* ---- calls ---------------------------------------------------------------------------------------------------------- */
static bool fits(enum arg_class class, enum kql_type t)
{
    switch (class) {
    case ARG_ANY: return true;
    case ARG_DATETIME: return t == KQL_DATETIME;
    case ARG_STRING: return kql_is_text(t);
    case ARG_NUMBER: return kql_is_number(t);
    case ARG_TIME: return kql_is_number(t) || t == KQL_DATETIME || t == KQL_TIMESPAN;
    case ARG_BOOL: return t == KQL_BOOL;
    }
    return false;
}

/* What "first" does not say: bin's step must go with its value, both sides of iff must be alike, hash's n is a number. */
static bool arguments_agree(const struct function *f, struct expr *const *args, unsigned n)
{
    if (!fits(f->first, args[0]->type)) return false;
    if (f->first == ARG_TIME && n == 2)
        return args[0]->type == KQL_DATETIME || args[0]->type == KQL_TIMESPAN ? args[1]->type == KQL_TIMESPAN
                                                                              : kql_is_number(args[1]->type);
    if (f->result == RESULT_CASE) {
        for (unsigned i = 0; i + 1 < n; i += 2)
            if (args[i]->type != KQL_BOOL || !types_compare(args[1]->type, args[i + 1]->type)) return false;
        return n % 2 == 1 && types_compare(args[1]->type, args[n - 1]->type);
    }
    if (f->result == RESULT_AS_SECOND) return types_compare(args[1]->type, args[2]->type);
    if (f->result == KQL_LONG && n == 2) return kql_is_number(args[1]->type) && args[1]->type != KQL_REAL;
    if (f->result == RESULT_AS_FIRST)
        for (unsigned i = 1; i < n; i++)
            if (args[i]->type != args[0]->type) return false;
    return true;
}

static struct expr *function_call(struct compiler *c, struct str name, const char *at)
{
    struct expr *args[64];
    unsigned n = 0;
    const struct function *f = function_find(name);
    if (f == NULL) return FAILED(c, at, "Unknown function: '%.*s'.", SHOWN(name));
    compiler_advance(c);
    while (!compiler_is(c, ")")) {
        if (n == sizeof args / sizeof args[0]) return FAILED(c, at, "%s(): too many arguments.", f->name);
        args[n] = parse_expr(c);
        if (args[n++] == NULL) return NULL;
        if (!compiler_take(c, ",")) break;
    }
    if (!compiler_expect(c, ")")) return NULL;
    if (n < f->arg_min || n > f->arg_max)
        return FAILED(c, at, "%s(): function expects %s%u argument(s).", f->name,
                      f->arg_min < f->arg_max ? "at least " : "", f->arg_min);
    if (!arguments_agree(f, args, n)) return FAILED(c, at, "%s(): argument types do not fit.", f->name);
    enum kql_type type = f->result >= 0 ? (enum kql_type)f->result : args[f->result == RESULT_AS_FIRST ? 0 : 1]->type;
    return call(c, f->fn, type, args, n);
}

static struct expr *primary(struct compiler *c);

static struct expr *named(struct compiler *c)
{
    struct str name = c->token.text;
    const char *at = c->token.at;
    compiler_advance(c);
    if (compiler_is(c, "(")) {
        if (str_eq(name, STR("datetime"))) return datetime_literal(c);
        if (str_eq(name, STR("now")) || str_eq(name, STR("ago"))) return now_or_ago(c, name.p[0] == 'a');
        if (str_eq(name, STR("dynamic"))) return dynamic_literal(c);
        if (str_eq(name, STR("ingestion_time")) && c->env->source->ingested) {
            compiler_advance(c);
            return compiler_expect(c, ")") ? expr_new(c, EXPR_INGESTED, KQL_DATETIME) : NULL;
        }
        if (str_eq(name, STR("timespan")) || str_eq(name, STR("time"))) return parse_expr(c); /* time(5m) is (5m) */
        return function_call(c, name, at);
    }
    struct binding *b = binding_find(c->columns, name);
    if (b == NULL) b = binding_find(c->lets, name);
    if (b && b->expr) return b->expr;
    if (str_eq(name, STR("true")) || str_eq(name, STR("false"))) return constant(c, kql_bool(name.p[0] == 't'));
    compiler_fail(c, at, "'%s' operator: Failed to resolve column or scalar expression named '%.*s'", c->operator,
                  SHOWN(name));
    return NULL;
}

static struct expr *parenthesised(struct compiler *c)
{
    compiler_advance(c);
    struct expr *x = parse_expr(c);
    return x && compiler_expect(c, ")") ? x : NULL;
}

static struct expr *negated(struct compiler *c, const char *at)
{
    if (++c->depth > EXPR_DEPTH_MAX) return too_deep(c);
    struct expr *x = primary(c);
    c->depth--;
    if (x == NULL) return NULL;
    if (!kql_is_number(x->type) && x->type != KQL_TIMESPAN)
        return FAILED(c, at, "Operator '-' does not fit its operand.");
    return call(c, fn_negate, x->type == KQL_INT ? KQL_LONG : x->type, &x, 1);
}

/* .name, ["name"], [0]: what is inside a dynamic. */
static struct expr *inside(struct compiler *c, struct expr *x)
{
    while (x && !c->failed && (compiler_is(c, ".") || compiler_is(c, "["))) {
        const char *at = c->token.at;
        bool is_dot = compiler_is(c, ".");
        struct str name;
        compiler_advance(c);
        if (x->type != KQL_DYNAMIC)
            return FAILED(c, at, "A path expression needs a dynamic value, not %s.", kql_type_name(x->type));
        struct expr *args[2] = {x, NULL};
        if (is_dot) {
            if (!compiler_name(c, &name)) return NULL;
            args[1] = constant(c, kql_str(name));
        } else {
            args[1] = parse_expr(c);
            if (args[1] == NULL || !compiler_expect(c, "]")) return NULL;
        }
        if (args[1] == NULL) return NULL;
        bool is_name = args[1]->type == KQL_STRING;
        if (!is_name && args[1]->type != KQL_LONG) return FAILED(c, at, "An index is a name or a number.");
        x = call(c, is_name ? fn_member : fn_element, KQL_DYNAMIC, args, 2);
    }
    return x;
}

static struct expr *simple(struct compiler *c);

static struct expr *primary(struct compiler *c)
{
    return inside(c, simple(c));
}

static struct expr *simple(struct compiler *c)
{
    struct token t = c->token;
    if (c->failed) return NULL;
    if (t.kind == TOKEN_NAME) return named(c);
    if (compiler_is(c, "(")) return parenthesised(c);
    if (compiler_take(c, "-")) return negated(c, t.at);
    struct kql_value v;
    switch (t.kind) {
    case TOKEN_NUMBER: v = kql_int(KQL_LONG, t.number); break;
    case TOKEN_TIMESPAN: v = kql_int(KQL_TIMESPAN, t.number); break;
    case TOKEN_REAL: v = kql_real(t.real); break;
    case TOKEN_STRING: v = kql_str(t.text); break;
    default: compiler_unexpected(c); return NULL;
    }
    compiler_advance(c);
    return constant(c, v);
}

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
        left = call(c, fn, type, args, 2);
    }
    return left;
}

static struct expr *product(struct compiler *c)
{
    return arithmetic(c, primary(c), "*/%", primary);
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
    return x && x->type == KQL_DYNAMIC ? call(c, function_find(STR("tostring"))->fn, KQL_STRING, &x, 1) : x;
}

/* The elements of a constant list stand for themselves: in (dynamic(["a", "b"])). */
static bool spread(struct compiler *c, const struct kql_value *list, struct expr **args, unsigned *n)
{
    struct json_cursor cursor;
    struct json_slice item;
    if (!json_cursor_open(&cursor, list->s)) return false;
    while (json_cursor_next(&cursor, &item)) {
        struct kql_value v = {.type = KQL_DYNAMIC, .s = item.value};
        if (*n == EXPR_ARGS_MAX || (args[*n] = constant(c, kql_str(kql_to_text(v, c->arena)))) == NULL) return false;
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
    return compiler_expect(c, ")") ? call(c, op->fn, KQL_BOOL, args, n) : NULL;
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
        args[2] = call(c, arithmetic_find('+', KQL_DATETIME, KQL_TIMESPAN, &type), KQL_DATETIME, &args[1], 2);
        if (args[2] == NULL) return NULL;
    }
    if (!comparable(c, at, NULL, left, args[1]) || !comparable(c, at, NULL, left, args[2])) return NULL;
    struct expr *x = call(c, is_not ? fn_not_between : fn_between, KQL_BOOL, args, 3);
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
    return call(c, fn_matches, KQL_BOOL, args, 2);
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
    struct expr *x = call(c, op->fn, KQL_BOOL, args, 2);
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
            add_below(x, first);
        }
        compiler_advance(c);
        struct expr *next = operand(c);
        if (next == NULL) return NULL;
        if (x->args[0]->type != KQL_BOOL || next->type != KQL_BOOL)
            return FAILED(c, at, "Operator '%s' takes conditions on both sides.", word);
        if (x->arg_count == EXPR_CHAIN_MAX) return FAILED(c, at, "Operator '%s': too many conditions.", word);
        x->args[x->arg_count++] = next;
        add_below(x, next);
        if (x->weight > EXPR_WEIGHT_MAX) return too_deep(c);
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
    if (++c->depth > EXPR_DEPTH_MAX) return too_deep(c);
    struct expr *x = logical(c, EXPR_OR, "or", conjunction);
    c->depth--;
    return c->failed ? NULL : x;
}
