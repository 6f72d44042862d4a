/* Inside kql: expressions, bound and typed when parsed. Operators are functions too, so there are four kinds of node. */
#ifndef TWIN_KQL_EXPR_H
#define TWIN_KQL_EXPR_H

#include "twin/kql/kql.h"
#include "twin/kql/lex.h"

enum { EXPR_ARGS_MAX = 4096, EXPR_CHAIN_MAX = 256, EXPR_DEPTH_MAX = 200, EXPR_WEIGHT_MAX = 20000 };

enum expr_kind { EXPR_CONST, EXPR_COLUMN, EXPR_INGESTED, EXPR_CALL, EXPR_AND, EXPR_OR };
/* Comparisons a range of Timestamp can be read from. */
enum compare { COMPARE_NONE, COMPARE_EQ, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE, COMPARE_BETWEEN };

typedef struct kql_value (*kql_fn)(const struct kql_value *args, unsigned n, struct arena *a);
struct expr {
    enum expr_kind kind;
    enum kql_type type;
    enum compare compare;
    struct kql_value value; /* CONST */
    unsigned column;        /* COLUMN: of the table, or of the rows a summarize made */
    kql_fn fn;              /* CALL */
    struct expr **args;     /* CALL, AND, OR */
    unsigned arg_count;
    unsigned depth, weight; /* of the tree below: levels, nodes (shared ones count each time) */
};

/* What a row offers while an expression looks at it. */
struct eval {
    const struct kql_source *source;
    void *handle;
    struct kql_row_ref ref;
    const struct kql_value *values; /* not NULL: a made row; its columns are these */
    struct arena *arena;            /* until the next row */
};
struct kql_value expr_eval(const struct expr *x, const struct eval *ev);

/* ---- functions and operators (func.c) ------------------------------------------------------------------------------- */
enum arg_class { ARG_DATETIME, ARG_ANY, ARG_STRING, ARG_NUMBER, ARG_TIME /* datetime, timespan or number */, ARG_BOOL };
struct function {
    const char *name;
    unsigned char arg_min, arg_max;
    enum arg_class first;
    int result; /* enum kql_type, or one of these */
    kql_fn fn;
};
enum {
    RESULT_AS_FIRST = -1,
    RESULT_AS_SECOND = -2,
    RESULT_CASE = -3 /* conditions and values in turn, the last for the rest */
};
const struct function *function_find(struct str name);
extern const struct function more_functions[]; /* func_json.c; the last has no name */
struct kql_value fn_member(const struct kql_value *v, unsigned n, struct arena *a);  /* dynamic, name */
struct kql_value fn_element(const struct kql_value *v, unsigned n, struct arena *a); /* dynamic, index */
struct kql_value fn_matches(const struct kql_value *v, unsigned n, struct arena *a); /* text, pattern */
bool regex_is_known(struct str pattern);

struct operator_row {
    const char *sign;
    kql_fn fn;
    enum compare compare;
    bool on_strings; /* both sides must be strings */
    bool takes_list; /* in, !in, in~ */
};
const struct operator_row *operator_find(struct str sign); /* relations: == < has in ... */
/* + - * / % : NULL when these types do not go together. */
kql_fn arithmetic_find(char sign, enum kql_type a, enum kql_type b, enum kql_type *type_out);
bool types_compare(enum kql_type a, enum kql_type b);
struct kql_value fn_between(const struct kql_value *args, unsigned n, struct arena *a);
struct kql_value fn_not_between(const struct kql_value *args, unsigned n, struct arena *a);
struct kql_value fn_negate(const struct kql_value *args, unsigned n, struct arena *a);

#endif
