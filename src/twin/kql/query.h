/* Inside kql: a compiled query as pipe.c makes it and run.c runs it. */
#ifndef TWIN_KQL_QUERY_H
#define TWIN_KQL_QUERY_H

#include "kit/base/hash.h"
#include "twin/kql/compile.h"

enum { STAGES_MAX = 64, SORT_KEYS_MAX = 16, AGGREGATES_MAX = 160, GROUP_KEYS_MAX = 16, OUTPUTS_MAX = 512 };
enum { QUERY_BYTES_MAX = 256 << 20 }; /* memory of one query; past it: "exceeded the allowed limits" */

enum aggregate_kind {
    AGGREGATE_COUNT,
    AGGREGATE_COUNTIF,
    AGGREGATE_DCOUNT,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_SET,
    AGGREGATE_LIST,
    AGGREGATE_ANY,
    AGGREGATE_ARG_MAX,
    AGGREGATE_ARG_MIN,
    AGGREGATE_FOLLOW /* what the row of the arg_max or arg_min before it says */
};
struct aggregate {
    enum aggregate_kind kind;
    struct expr *arg; /* NULL for count() */
    enum kql_type type;
};
struct sort_key {
    struct expr *expr;
    bool descending, nulls_first;
};
struct kql_row {
    struct kql_row_ref ref;
    const struct kql_value *values; /* made rows; else NULL */
};
struct sorted_row {
    struct kql_row row;
    struct kql_value *keys;
};

enum stage_kind { STAGE_WHERE, STAGE_TAKE, STAGE_SORT, STAGE_SUMMARIZE };
struct stage {
    enum stage_kind kind;
    struct expr *condition; /* WHERE */
    int64_t take;           /* TAKE: rows still to let through */
    struct sort_key *keys;  /* SORT */
    unsigned key_count;
    bool in_ties;         /* SORT: the input comes sorted by the first key; only rows equal in it are sorted */
    struct expr **groups; /* SUMMARIZE */
    unsigned group_count;
    struct aggregate *aggregates;
    unsigned aggregate_count;
    /* while running */
    bool is_filled, has_ahead, input_ended;
    struct sorted_row *rows; /* SORT: heap */
    size_t row_count, row_cap, at;
    struct kql_row ahead; /* SORT in ties: the first row of the next group */
    struct kql_value ahead_key;
    struct group *first_group, **last_group; /* SUMMARIZE */
    struct group **slots;
    size_t slot_count, group_total;
};

/* Where a query's rows come from: a table's scan; queries of its own, one after the other or joined; or made when compiled. */
enum rows_from { ROWS_SCANNED, ROWS_UNITED, ROWS_JOINED, ROWS_GIVEN };
enum join_kind { JOIN_INNER, JOIN_INNER_UNIQUE, JOIN_LEFT_OUTER };
enum { PARTS_MAX = 64, JOIN_KEYS_MAX = 8 };
struct part { /* a query inside the query */
    struct kql_query *query;
    const char *name; /* its table, for withsource; else NULL */
    unsigned *to;     /* UNITED: output i goes to column to[i]; UINT_MAX: nowhere */
};
struct join {
    enum join_kind kind;
    unsigned left_keys[JOIN_KEYS_MAX], right_keys[JOIN_KEYS_MAX], key_count; /* places among the outputs */
    /* while running */
    struct joined { /* a row of the right side, or a key of the left that was seen */
        struct joined *next;
        struct hash128 hash;
        const struct kql_value *values;
    } * *slots, *match;
    size_t slot_count, row_count;
    bool is_filled, has_left, has_matched;
    struct joined **seen; /* INNER_UNIQUE */
    size_t seen_count, seen_total;
};

struct kql_query {
    enum rows_from from_what;
    struct part parts[PARTS_MAX]; /* UNITED; JOINED: left and right */
    unsigned part_count, part_at;
    struct join join;
    unsigned made_count; /* columns of UNITED, JOINED, GIVEN rows */
    struct kql_value *made;
    const struct kql_value *const *given; /* GIVEN */
    size_t given_count, given_at;
    int withsource;         /* UNITED: the column that names the part; -1: none */
    struct arena arena;     /* as long as the query */
    struct arena row_arena; /* until the next row */
    struct kql_env env;
    struct kql_table table;
    int64_t from, to;
    bool descending;
    void *scan;
    struct stage stages[STAGES_MAX];
    unsigned stage_count;
    struct kql_output *outputs;
    struct expr **output_exprs;
    struct kql_value *output_values;
    unsigned output_count;
};

struct kql_query *query_new(const struct kql_env *env); /* NULL: no memory */
/* ---- running: run.c, combine_run.c ----------------------------------------------------------------------------------- */
struct kql_value value_kept(struct kql_query *q, struct kql_value v); /* as long as the query */
enum kql_step stage_pull(struct kql_query *q, int stage, struct kql_row *out);
enum kql_step summarize_pull(struct kql_query *q, int stage, struct kql_row *out);
void summarize_done(struct stage *s);
struct eval query_eval(struct kql_query *q, const struct kql_row *row);
bool value_is_lost(struct kql_value v); /* a copy that found no memory */
struct hash128 values_hash(const struct kql_value *v, unsigned n);

/* ---- compiling: source.c, pipe.c, summarize.c ------------------------------------------------------------------------ */
struct token pipe_peek(const struct compiler *c); /* the one behind the present one */
struct stage *pipe_stage(struct compiler *c, struct kql_query *q, enum stage_kind kind); /* NULL: too many */
bool pipe_has_stage(const struct kql_query *q, unsigned kinds);                          /* bits of enum stage_kind */
/* [name =] in front of an expression; false: there was none and *name_out is the implied one. */
bool pipe_given_name(struct compiler *c, unsigned nth, struct str *name_out);
struct expr *pipe_named_expr(struct compiler *c, unsigned nth, struct str *name_out);
/* From here on rows are made ones; column i of the scope is value i of the row. */
bool pipe_made_columns(struct compiler *c, const struct str *names, const enum kql_type *types, unsigned n);
bool pipe_source(struct compiler *c, struct kql_query *q); /* a table, a let, a pipeline in parentheses, a union */
bool pipe_parse(struct compiler *c, struct kql_query *q);  /* a source and its operators */
bool pipe_operator(struct compiler *c, struct kql_query *q);
bool pipe_summarize(struct compiler *c, struct kql_query *q);
bool pipe_distinct(struct compiler *c, struct kql_query *q);
bool pipe_finish(struct compiler *c, struct kql_query *q); /* what the scan need not read, and the outputs */
/* combine.c: what stands behind the operator's name, with the pipeline before it as the left side; union may stand first. */
bool pipe_union(struct compiler *c, struct kql_query *q);
bool pipe_union_first(struct compiler *c, struct kql_query *q);
bool pipe_join(struct compiler *c, struct kql_query *q);
bool pipe_getschema(struct compiler *c, struct kql_query *q);
/* The next row of a query that does not scan (combine_run.c). */
enum kql_step combined_next(struct kql_query *q, struct kql_row *out);
void combined_done(struct kql_query *q);
bool pipe_compile(struct compiler *c, struct kql_query *q);

#endif
