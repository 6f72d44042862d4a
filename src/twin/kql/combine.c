/* union, join and getschema: operators whose rows come from whole queries, or from none. */
#include <limits.h>
#include <stdio.h>

#include "twin/kql/query.h"

enum { QUERIES_MAX = 200 };

/* ---- parts --------------------------------------------------------------------------------------------------------------- */
static struct part *part_add(struct compiler *c, struct kql_query *q, struct kql_query *sub, const char *name)
{
    if (sub == NULL || q->part_count == PARTS_MAX || ++c->queries > QUERIES_MAX) {
        kql_free(sub);
        (void)compiler_fail(c, c->token.at, "Query execution has exceeded the allowed limits: too many tables.");
        return NULL;
    }
    q->parts[q->part_count] = (struct part){.query = sub, .name = name};
    return &q->parts[q->part_count++];
}

/* The pipeline compiled so far becomes the first part of a new one. */
static bool adopt_left(struct compiler *c, struct kql_query *q)
{
    struct kql_query *left = query_new(&q->env);
    if (left) {
        struct arena own[2] = {left->arena, left->row_arena};
        *left = *q;
        left->arena = own[0];
        left->row_arena = own[1];
    }
    q->stage_count = q->part_count = 0;
    q->from_what = ROWS_SCANNED;
    q->descending = false;
    q->withsource = -1;
    q->join = (struct join){JOIN_INNER};
    q->table = (struct kql_table){.time_column = UINT_MAX};
    return part_add(c, q, left, NULL) != NULL && pipe_finish(c, left);
}

/* A table, a let, or a pipeline in parentheses, as a query of its own. */
static bool parse_part(struct compiler *c, struct kql_query *q, bool is_fuzzy)
{
    struct kql_table found;
    bool is_name = c->token.kind == TOKEN_NAME;
    struct str name = c->token.text;
    struct binding *let = is_name ? binding_find(c->lets, name) : NULL;
    bool is_table = is_name && !(let && let->tabular_at);
    if (is_table && is_fuzzy && !c->env->source->find(c->env->source->ctx, name, &found)) {
        compiler_advance(c); /* a table that is not there is left out */
        return !c->failed;
    }
    const char *operator= c->operator;
    const char *text = is_table ? arena_copy(c->arena, name.p, name.n) : NULL;
    struct part *p = part_add(c, q, query_new(&q->env), text);
    if (p == NULL) return false;
    bool fine = pipe_source(c, p->query) && pipe_finish(c, p->query);
    c->operator= operator;
    return fine;
}

/* ---- union ----------------------------------------------------------------------------------------------------------------- */
struct union_options {
    bool is_fuzzy, is_inner;
    struct str withsource;
};

static bool parse_union_options(struct compiler *c, struct union_options *o)
{
    for (;;) {
        struct token second = pipe_peek(c);
        bool is_option = c->token.kind == TOKEN_NAME && second.kind == TOKEN_SIGN && str_eq(second.text, STR("="));
        struct str name = c->token.text, value;
        const char *at = c->token.at;
        if (!is_option) return !c->failed;
        compiler_advance(c);
        compiler_advance(c);
        if (!compiler_name(c, &value)) return false;
        if (str_eq(name, STR("withsource")))
            o->withsource = value;
        else if (str_eq(name, STR("isfuzzy")))
            o->is_fuzzy = str_eq_nocase(value, STR("true"));
        else if (str_eq(name, STR("kind")))
            o->is_inner = str_eq(value, STR("inner"));
        else
            return compiler_fail(c, at, "'union' operator: '%.*s' is not known.", STR_ARG(str_sub(name, 0, 60)));
    }
}

struct united { /* columns of the union */
    struct str names[OUTPUTS_MAX];
    enum kql_type types[OUTPUTS_MAX];
    unsigned count;
};

/* The same name with another type is another column: name_type. */
static unsigned united_column(struct compiler *c, struct united *u, const struct kql_output *o)
{
    struct str name = str_of(o->name);
    char suffixed[200];
    for (int pass = 0; pass < 2; pass++) {
        bool is_taken = false;
        for (unsigned i = 0; i < u->count; i++) {
            if (!str_eq(u->names[i], name)) continue;
            if (u->types[i] == o->type) return i;
            is_taken = true;
        }
        if (!is_taken) break;
        int n = snprintf(suffixed, sizeof suffixed, "%s_%s", o->name, kql_type_kusto_name(o->type));
        name =
            arena_str(c->arena, (struct str){suffixed, (size_t)n < sizeof suffixed ? (size_t)n : sizeof suffixed - 1});
    }
    if (u->count == OUTPUTS_MAX || name.p == NULL) return UINT_MAX;
    u->names[u->count] = name;
    u->types[u->count] = o->type;
    return u->count++;
}

static bool is_in_all(const struct kql_query *q, const struct kql_output *o)
{
    for (unsigned p = 0; p < q->part_count; p++) {
        bool has = false;
        for (unsigned i = 0; i < kql_output_count(q->parts[p].query); i++) {
            const struct kql_output *other = kql_output_at(q->parts[p].query, i);
            has |= other->type == o->type && str_eq(str_of(other->name), str_of(o->name));
        }
        if (!has) return false;
    }
    return true;
}

static bool unite(struct compiler *c, struct kql_query *q, const struct union_options *o)
{
    struct united *u = ARENA_NEW(c->arena, struct united);
    if (u == NULL) return compiler_unexpected(c);
    if (o->withsource.n) {
        u->names[0] = o->withsource;
        u->types[0] = KQL_STRING;
        u->count = 1;
        q->withsource = 0;
    }
    for (unsigned p = 0; p < q->part_count; p++) {
        struct part *part = &q->parts[p];
        unsigned n = kql_output_count(part->query);
        part->to = arena_alloc(c->arena, (n + 1) * sizeof *part->to);
        if (part->to == NULL) return compiler_unexpected(c);
        for (unsigned i = 0; i < n; i++) {
            const struct kql_output *out = kql_output_at(part->query, i);
            part->to[i] = o->is_inner && !is_in_all(q, out) ? UINT_MAX : united_column(c, u, out);
        }
    }
    q->from_what = ROWS_UNITED;
    q->made_count = u->count;
    q->table.time_column = UINT_MAX;
    return pipe_made_columns(c, u->names, u->types, u->count);
}

static bool parse_union(struct compiler *c, struct kql_query *q)
{
    struct union_options o = {.withsource = STR("")};
    const char *at = c->token.at;
    if (!parse_union_options(c, &o)) return false;
    do
        if (!parse_part(c, q, o.is_fuzzy)) return false;
    while (compiler_take(c, ","));
    if (q->part_count == 0) return compiler_fail(c, at, "'union' operator: none of the tables could be resolved.");
    return unite(c, q, &o);
}

bool pipe_union(struct compiler *c, struct kql_query *q)
{
    return adopt_left(c, q) && parse_union(c, q);
}

bool pipe_union_first(struct compiler *c, struct kql_query *q)
{
    c->operator= "union";
    return parse_union(c, q);
}

/* ---- join ------------------------------------------------------------------------------------------------------------------ */
static bool parse_join_kind(struct compiler *c, enum join_kind *out)
{
    static const struct {
        const char *name;
        enum join_kind kind;
    } kinds[] = {{"inner", JOIN_INNER}, {"innerunique", JOIN_INNER_UNIQUE}, {"leftouter", JOIN_LEFT_OUTER}};
    struct str word;
    *out = JOIN_INNER_UNIQUE;
    if (!compiler_take(c, "kind")) return !c->failed;
    if (!compiler_expect(c, "=")) return false;
    const char *at = c->token.at;
    if (!compiler_name(c, &word)) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!str_eq(word, str_of(kinds[i].name))) continue;
        *out = kinds[i].kind;
        return true;
    }
    return compiler_fail(c, at, "'join' operator: the kind '%.*s' is not known.", STR_ARG(str_sub(word, 0, 60)));
}

static bool side_column(struct compiler *c, const struct kql_query *side, struct str name, const char *at,
                        unsigned *out)
{
    for (unsigned i = 0; i < kql_output_count(side); i++) {
        if (!str_eq(name, str_of(kql_output_at(side, i)->name))) continue;
        *out = i;
        return true;
    }
    return compiler_fail(c, at, "'join' operator: Failed to resolve column named '%.*s'",
                         STR_ARG(str_sub(name, 0, 60)));
}

/* $left.a or $right.a */
static bool parse_side(struct compiler *c, const char *side, struct str *name)
{
    return compiler_expect(c, "$") && compiler_expect(c, side) && compiler_expect(c, ".") && compiler_name(c, name);
}

static bool parse_join_key(struct compiler *c, struct kql_query *q)
{
    struct join *j = &q->join;
    struct str left, right;
    const char *at = c->token.at;
    if (j->key_count == JOIN_KEYS_MAX) return compiler_fail(c, at, "'join' operator: too many columns.");
    if (compiler_is(c, "$")) {
        if (!parse_side(c, "left", &left) || !compiler_expect(c, "==") || !parse_side(c, "right", &right)) return false;
    } else {
        if (!compiler_name(c, &left)) return false;
        right = left;
    }
    unsigned k = j->key_count++;
    return side_column(c, q->parts[0].query, left, at, &j->left_keys[k]) &&
           side_column(c, q->parts[1].query, right, at, &j->right_keys[k]);
}

/* Left's columns, then right's; a name that is taken gets a 1. */
static bool join_columns(struct compiler *c, struct kql_query *q)
{
    struct united *u = ARENA_NEW(c->arena, struct united);
    if (u == NULL) return compiler_unexpected(c);
    for (unsigned p = 0; p < 2; p++) {
        for (unsigned i = 0; i < kql_output_count(q->parts[p].query); i++) {
            const struct kql_output *o = kql_output_at(q->parts[p].query, i);
            char name[200];
            int n = snprintf(name, sizeof name, "%s", o->name);
            for (unsigned k = 0; k < u->count; k++)
                if (str_eq(u->names[k], str_of(name))) n = snprintf(name, sizeof name, "%s1", o->name);
            if (u->count == OUTPUTS_MAX || (size_t)n >= sizeof name)
                return compiler_fail(c, c->token.at, "'join' operator: too many columns.");
            u->names[u->count] = arena_str(c->arena, (struct str){name, (size_t)n});
            u->types[u->count++] = o->type;
        }
    }
    q->made_count = u->count;
    return pipe_made_columns(c, u->names, u->types, u->count);
}

bool pipe_join(struct compiler *c, struct kql_query *q)
{
    enum join_kind kind;
    if (!parse_join_kind(c, &kind) || !adopt_left(c, q) || !parse_part(c, q, false) || !compiler_expect(c, "on"))
        return false;
    q->join.kind = kind;
    q->from_what = ROWS_JOINED;
    do
        if (!parse_join_key(c, q)) return false;
    while (compiler_take(c, ","));
    return join_columns(c, q);
}

/* ---- getschema --------------------------------------------------------------------------------------------------------------- */
enum { SCHEMA_COLUMNS = 4 };

static const char *clr_name(enum kql_type t)
{
    static const char *const names[] = {"System.String",   "System.Int64",  "System.Int32",
                                        "System.Double",   "System.SByte",  "System.DateTime",
                                        "System.TimeSpan", "System.Object", "System.Guid"};
    return names[t];
}

bool pipe_getschema(struct compiler *c, struct kql_query *q)
{
    static const enum kql_type types[SCHEMA_COLUMNS] = {KQL_STRING, KQL_LONG, KQL_STRING, KQL_STRING};
    const struct str names[SCHEMA_COLUMNS] = {STR("ColumnName"), STR("ColumnOrdinal"), STR("DataType"),
                                              STR("ColumnType")};
    const struct kql_value **rows = arena_alloc(c->arena, OUTPUTS_MAX * sizeof *rows);
    if (rows == NULL || !adopt_left(c, q)) return compiler_unexpected(c);
    const struct kql_query *left = q->parts[0].query;
    for (unsigned i = 0; i < kql_output_count(left); i++) {
        const struct kql_output *o = kql_output_at(left, i);
        struct kql_value *row = arena_alloc(c->arena, SCHEMA_COLUMNS * sizeof *row);
        if (row == NULL) return compiler_unexpected(c);
        row[0] = kql_str(str_of(o->name));
        row[1] = kql_int(KQL_LONG, i);
        row[2] = kql_str(str_of(clr_name(o->type)));
        row[3] = kql_str(str_of(kql_type_kusto_name(o->type)));
        rows[q->given_count++] = row;
    }
    q->given = rows;
    q->from_what = ROWS_GIVEN;
    return pipe_made_columns(c, names, types, SCHEMA_COLUMNS);
}
