/* Expressions, from literals to calls; constants are folded. */
#include "kit/json/json.h"
#include "twin/kql/compile.h"

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
    return expr_constant(c, is_null ? kql_null(KQL_DATETIME) : kql_int(KQL_DATETIME, t.ticks));
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
    return expr_constant(c, str_eq(raw, STR("null")) ? kql_null(KQL_DYNAMIC) : kql_text(KQL_DYNAMIC, raw));
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
    return expr_constant(c, kql_int(KQL_DATETIME, wall_add(c->env->now, is_ago ? -ticks : ticks).ticks));
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
    if (n == 0) return true;
    if (!fits(f->first, args[0]->type)) return false;
    if (f->first == ARG_TIME && n == 2)
        return args[0]->type == KQL_DATETIME || args[0]->type == KQL_TIMESPAN ? args[1]->type == KQL_TIMESPAN
                                                                              : kql_is_number(args[1]->type);
    if (f->result == RESULT_CASE) {
        if (n < 3) return false;
        for (unsigned i = 0; i + 1 < n; i += 2)
            if (args[i]->type != KQL_BOOL || !types_compare(args[1]->type, args[i + 1]->type)) return false;
        return n % 2 == 1 && types_compare(args[1]->type, args[n - 1]->type);
    }
    if (f->result == RESULT_AS_SECOND) return n > 2 && types_compare(args[1]->type, args[2]->type);
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
    unsigned alike = f->result == RESULT_AS_FIRST ? 0 : 1; /* whose type the result has */
    INVARIANT(f->result >= 0 || alike < n);
    enum kql_type type = f->result >= 0 ? (enum kql_type)f->result : args[alike]->type;
    return expr_call(c, f->fn, type, args, n);
}

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
    if (str_eq(name, STR("true")) || str_eq(name, STR("false"))) return expr_constant(c, kql_bool(name.p[0] == 't'));
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
    if (++c->depth > EXPR_DEPTH_MAX) return expr_too_deep(c);
    struct expr *x = parse_primary(c);
    c->depth--;
    if (x == NULL) return NULL;
    if (!kql_is_number(x->type) && x->type != KQL_TIMESPAN)
        return FAILED(c, at, "Operator '-' does not fit its operand.");
    return expr_call(c, fn_negate, x->type == KQL_INT ? KQL_LONG : x->type, &x, 1);
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
            args[1] = expr_constant(c, kql_str(name));
        } else {
            args[1] = parse_expr(c);
            if (args[1] == NULL || !compiler_expect(c, "]")) return NULL;
        }
        if (args[1] == NULL) return NULL;
        bool is_name = args[1]->type == KQL_STRING;
        if (!is_name && args[1]->type != KQL_LONG) return FAILED(c, at, "An index is a name or a number.");
        x = expr_call(c, is_name ? fn_member : fn_element, KQL_DYNAMIC, args, 2);
    }
    return x;
}

static struct expr *simple(struct compiler *c);

struct expr *parse_primary(struct compiler *c)
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
    return expr_constant(c, v);
}
