/* A small honest KQL: what it knows it does as Kusto does, what it does not know is refused by name, line and position.
 * docs/twin.md lists what it knows. A query is compiled once, then its rows are pulled one by one; columns are asked of the
 * source only when an expression needs them, a range of Timestamp is handed to the source, and `order by Timestamp` over a
 * table costs nothing, since a source scans in that order. */
#ifndef TWIN_KQL_KQL_H
#define TWIN_KQL_KQL_H

#include "twin/kql/value.h"

/* ---- where rows come from ------------------------------------------------------------------------------------------- */
struct kql_row_ref { /* one row of a table, as its source knows it */
    int64_t ticks;   /* its Timestamp */
    uint64_t id;
};
struct kql_column {
    const char *name;
    enum kql_type type;
};
struct kql_table {
    const struct kql_column *columns;
    unsigned count;
    unsigned time_column; /* the one scans are ordered by */
    void *handle;         /* the source's own */
};
struct kql_source {
    void *ctx;
    bool (*find)(void *ctx, struct str name, struct kql_table *out);
    /* Rows with from <= Timestamp <= to, in order of (Timestamp, id), or the other way round. NULL: no memory. */
    void *(*open)(void *ctx, void *handle, int64_t from, int64_t to, bool descending);
    bool (*next)(void *scan, struct kql_row_ref *out); /* false: the end */
    void (*close)(void *scan);
    /* Strings live in `a` or longer. */
    struct kql_value (*cell)(void *ctx, void *handle, struct kql_row_ref row, unsigned column, struct arena *a);
    struct kql_value (*ingested)(void *ctx, void *handle,
                                 struct kql_row_ref row); /* NULL: ingestion_time() is unknown */
};

/* ---- queries -------------------------------------------------------------------------------------------------------- */
struct kql_error {
    char text[320]; /* as the service words it, line and position included */
};
struct kql_env {
    const struct kql_source *source;
    struct wall now;
    int64_t from, to; /* ticks: the window around the query (its Timespan) */
};
struct kql_query;
struct kql_output {
    const char *name;
    enum kql_type type;
    int source_column; /* the table's column when it is handed through unchanged, else -1 */
};

/* `text` and `env` (its source too) are borrowed until kql_free. false: *error_out says why. */
bool kql_compile(struct str text, const struct kql_env *env, struct kql_query **out, struct kql_error *error_out);
void kql_free(struct kql_query *q); /* accepts NULL */
unsigned kql_output_count(const struct kql_query *q);
const struct kql_output *kql_output_at(const struct kql_query *q, unsigned i);
void *kql_handle(const struct kql_query *q); /* of the table its rows come from */

enum kql_step { KQL_ROW, KQL_END, KQL_TOO_HEAVY /* out of its memory */ };
/* The next row; *values_out (one per output) and *ref_out live until the next call. ref_out->id is KQL_NO_ROW for rows
 * that no longer are rows of a table (after summarize, count, distinct). */
#define KQL_NO_ROW UINT64_MAX
enum kql_step kql_next(struct kql_query *q, const struct kql_value **values_out, struct kql_row_ref *ref_out);

#endif
