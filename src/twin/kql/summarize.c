/* summarize and distinct: from text to a stage. */
#include <stdio.h>

#include "twin/kql/query.h"

/* ---- summarize ------------------------------------------------------------------------------------------------------ */
static const struct {
    const char *name;
    enum aggregate_kind kind;
    unsigned char arg_min, arg_max; /* of make_set's: the second is a size */
} aggregate_names[] = {
    {"count", AGGREGATE_COUNT, 0, 0},     {"countif", AGGREGATE_COUNTIF, 1, 1}, {"dcount", AGGREGATE_DCOUNT, 1, 2},
    {"min", AGGREGATE_MIN, 1, 1},         {"max", AGGREGATE_MAX, 1, 1},         {"sum", AGGREGATE_SUM, 1, 1},
    {"avg", AGGREGATE_AVG, 1, 1},         {"make_set", AGGREGATE_SET, 1, 2},    {"make_list", AGGREGATE_LIST, 1, 2},
    {"any", AGGREGATE_ANY, 1, 1},         {"take_any", AGGREGATE_ANY, 1, 1},    {"arg_max", AGGREGATE_ARG_MAX, 1, 1},
    {"arg_min", AGGREGATE_ARG_MIN, 1, 1},
};

struct columns { /* of a summarize: groups, then aggregates */
    struct str names[GROUP_KEYS_MAX + AGGREGATES_MAX];
    enum kql_type types[GROUP_KEYS_MAX + AGGREGATES_MAX];
    unsigned count;
};

static bool aggregate_type(struct compiler *c, const char *at, struct aggregate *a)
{
    a->type = KQL_LONG;
    switch (a->kind) {
    case AGGREGATE_COUNT:
    case AGGREGATE_DCOUNT: return true;
    case AGGREGATE_COUNTIF:
        return a->arg->type == KQL_BOOL || compiler_fail(c, at, "countif(): argument #1 must be a condition.");
    case AGGREGATE_SUM:
    case AGGREGATE_AVG:
        if (!kql_is_number(a->arg->type)) return compiler_fail(c, at, "sum(), avg(): argument #1 must be a number.");
        a->type = a->arg->type == KQL_REAL || a->kind == AGGREGATE_AVG ? KQL_REAL : KQL_LONG;
        return true;
    case AGGREGATE_SET:
    case AGGREGATE_LIST: a->type = KQL_DYNAMIC; return true;
    default: a->type = a->arg->type; return true;
    }
}

struct summary { /* what stands before `by`: the stage's aggregates and their names */
    struct stage *stage;
    struct str names[AGGREGATES_MAX];
};

static struct aggregate *aggregate_add(struct compiler *c, struct summary *m, struct str name)
{
    struct stage *s = m->stage;
    if (s->aggregate_count == AGGREGATES_MAX) {
        (void)compiler_fail(c, c->token.at, "'summarize' operator: too many columns.");
        return NULL;
    }
    m->names[s->aggregate_count] = name;
    return &s->aggregates[s->aggregate_count++];
}

static bool follow(struct compiler *c, struct summary *m, struct str name, struct expr *x)
{
    struct aggregate *a = aggregate_add(c, m, name);
    if (a) *a = (struct aggregate){AGGREGATE_FOLLOW, x, x->type};
    return a != NULL;
}

/* What arg_max and arg_min are to bring along: columns by name, or all of them. */
static bool parse_followers(struct compiler *c, struct summary *m, const struct expr *leader)
{
    unsigned n = 0;
    while (compiler_take(c, ",")) {
        struct str name;
        if (compiler_take(c, "*")) {
            for (struct binding *b = c->columns; b; b = b->next)
                if (b->expr != leader && !follow(c, m, b->name, b->expr)) return false;
            continue;
        }
        struct expr *x = pipe_named_expr(c, ++n, &name);
        if (x == NULL || !follow(c, m, name, x)) return false;
    }
    return !c->failed;
}

static bool parse_size(struct compiler *c)
{
    if (!compiler_take(c, ",")) return !c->failed;
    const char *at = c->token.at;
    struct expr *x = parse_expr(c); /* how many at most, or how exact: nothing here is ever more */
    return x && (x->kind == EXPR_CONST || compiler_fail(c, at, "argument #2 must be a constant."));
}

static bool parse_arguments(struct compiler *c, struct summary *m, struct aggregate *a, size_t row, struct str *of)
{
    bool is_arg = a->kind == AGGREGATE_ARG_MAX || a->kind == AGGREGATE_ARG_MIN;
    if (!compiler_expect(c, "(")) return false;
    if (aggregate_names[row].arg_min) {
        *of = c->token.kind == TOKEN_NAME && a->kind != AGGREGATE_COUNTIF ? c->token.text : STR("");
        a->arg = parse_expr(c);
        if (a->arg == NULL) return false;
    }
    if (is_arg && !parse_followers(c, m, a->arg)) return false;
    if (aggregate_names[row].arg_max == 2 && !parse_size(c)) return false;
    return compiler_expect(c, ")");
}

static bool parse_aggregate(struct compiler *c, struct summary *m)
{
    size_t i = 0;
    struct str name, word, of = STR("");
    bool is_named = pipe_given_name(c, 0, &name);
    const char *at = c->token.at;
    unsigned place = m->stage->aggregate_count;
    if (!compiler_name(c, &word)) return false;
    while (i < sizeof aggregate_names / sizeof aggregate_names[0] && !str_eq(word, str_of(aggregate_names[i].name)))
        i++;
    if (i == sizeof aggregate_names / sizeof aggregate_names[0])
        return compiler_fail(c, at, "'summarize' operator: '%.*s' is not a known aggregate function.", STR_ARG(word));
    struct aggregate *a = aggregate_add(c, m, name);
    if (a == NULL) return false;
    a->kind = aggregate_names[i].kind;
    if (!parse_arguments(c, m, a, i, &of) || !aggregate_type(c, at, a)) return false;
    if (is_named) return true;
    bool is_arg = a->kind == AGGREGATE_ARG_MAX || a->kind == AGGREGATE_ARG_MIN;
    if (is_arg && of.n) {
        m->names[place] = of;
        return true;
    }
    const char *prefix = a->kind == AGGREGATE_SET ? "set" : a->kind == AGGREGATE_LIST ? "list" : NULL;
    struct str head = prefix ? str_of(prefix) : word;
    char *text = arena_alloc(c->arena, head.n + of.n + 2);
    if (text == NULL) return compiler_unexpected(c);
    m->names[place] =
        (struct str){text, (size_t)snprintf(text, head.n + of.n + 2, "%.*s_%.*s", STR_ARG(head), STR_ARG(of))};
    return true;
}

static bool parse_groups(struct compiler *c, struct stage *s, struct columns *out)
{
    do {
        struct str name;
        if (s->group_count == GROUP_KEYS_MAX)
            return compiler_fail(c, c->token.at, "'%s' operator: too many columns.", c->operator);
        struct expr *x = pipe_named_expr(c, s->group_count + 1, &name);
        if (x == NULL) return false;
        s->groups[s->group_count++] = x;
        out->names[out->count] = name;
        out->types[out->count++] = x->type;
    } while (compiler_take(c, ","));
    return true;
}

static bool parse_aggregates(struct compiler *c, struct summary *m)
{
    do
        if (!parse_aggregate(c, m)) return false;
    while (compiler_take(c, ","));
    return true;
}

/* `*` means the columns that are no group. */
static void drop_grouped(struct summary *m, const struct columns *groups)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->stage->aggregate_count; i++) {
        bool is_group = false;
        for (unsigned k = 0; m->stage->aggregates[i].kind == AGGREGATE_FOLLOW && k < groups->count; k++)
            is_group |= str_eq(m->names[i], groups->names[k]);
        if (is_group) continue;
        m->names[n] = m->names[i];
        m->stage->aggregates[n++] = m->stage->aggregates[i];
    }
    m->stage->aggregate_count = n;
}

static struct stage *summarize_stage(struct compiler *c, struct kql_query *q)
{
    struct stage *s = pipe_stage(c, q, STAGE_SUMMARIZE);
    if (s == NULL) return NULL;
    s->groups = arena_alloc(c->arena, GROUP_KEYS_MAX * sizeof *s->groups);
    s->aggregates = arena_alloc(c->arena, AGGREGATES_MAX * sizeof *s->aggregates);
    return s->groups && s->aggregates ? s : NULL;
}

bool pipe_summarize(struct compiler *c, struct kql_query *q)
{
    struct columns all = {.count = 0};
    struct summary m = {.stage = summarize_stage(c, q)};
    struct stage *s = m.stage;
    if (s == NULL) return false;
    if (!compiler_is(c, "by") && !parse_aggregates(c, &m)) return false;
    if (compiler_take(c, "by") && !parse_groups(c, s, &all)) return false;
    drop_grouped(&m, &all);
    for (unsigned i = 0; i < s->aggregate_count; i++) {
        all.names[all.count] = m.names[i];
        all.types[all.count++] = s->aggregates[i].type;
    }
    return pipe_made_columns(c, all.names, all.types, all.count);
}

bool pipe_distinct(struct compiler *c, struct kql_query *q)
{
    struct columns all = {.count = 0};
    struct stage *s = summarize_stage(c, q);
    return s && parse_groups(c, s, &all) && pipe_made_columns(c, all.names, all.types, all.count);
}
