/* Inside kql: a compiled query as pipe.c makes it and run.c runs it. */
#ifndef TWIN_KQL_QUERY_H
#define TWIN_KQL_QUERY_H

#include "twin/kql/compile.h"

enum { STAGES_MAX = 64, SORT_KEYS_MAX = 16, AGGREGATES_MAX = 32, GROUP_KEYS_MAX = 16, OUTPUTS_MAX = 512 };
enum { QUERY_BYTES_MAX = 256 << 20 }; /* memory of one query; past it: "exceeded the allowed limits" */

enum aggregate_kind {
    AGGREGATE_COUNT,
    AGGREGATE_COUNTIF,
    AGGREGATE_DCOUNT,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_SUM
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

struct kql_query {
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

bool pipe_compile(struct compiler *c, struct kql_query *q);

#endif
