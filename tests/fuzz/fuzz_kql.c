/* Any bytes as a query over a small table: rows or a refusal that names a place; bounded time and memory. */
#include <stdlib.h>

#include "kit/base/err.h"
#include "twin/kql/kql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 20, ANSWER_ROWS_MAX = 1000 };
static const struct kql_column columns[] = {
    {"Timestamp", KQL_DATETIME}, {"N", KQL_LONG}, {"Word", KQL_STRING}, {"Flag", KQL_BOOL}, {"R", KQL_REAL}};

static bool find(void *ctx, struct str name, struct kql_table *out)
{
    (void)ctx;
    *out = (struct kql_table){columns, 5, 0, NULL};
    return str_eq(name, STR("T"));
}
struct scan {
    int64_t from, to, step, at;
};
static void *open_scan(void *ctx, void *handle, int64_t from, int64_t to, bool descending)
{
    struct scan *s = malloc(sizeof *s);
    (void)ctx, (void)handle;
    INVARIANT(s != NULL);
    *s = (struct scan){from, to, descending ? -1 : 1, descending ? ROWS - 1 : 0};
    return s;
}
static bool next(void *scan, struct kql_row_ref *out)
{
    struct scan *s = scan;
    for (; s->at >= 0 && s->at < ROWS; s->at += s->step) {
        int64_t ticks = INT64_C(17000000000000000) + s->at / 3 * WALL_TICKS_PER_MIN;
        if (ticks < s->from || ticks > s->to) continue;
        *out = (struct kql_row_ref){ticks, (uint64_t)s->at};
        s->at += s->step;
        return true;
    }
    return false;
}
static struct kql_value cell(void *ctx, void *handle, struct kql_row_ref row, unsigned column, struct arena *a)
{
    static const char *const words[] = {"", "alpha", "be\"ta", "Ωmega"};
    (void)ctx, (void)handle, (void)a;
    switch (column) {
    case 0: return kql_int(KQL_DATETIME, row.ticks);
    case 1: return row.id % 5 ? kql_int(KQL_LONG, (int64_t)row.id - 7) : kql_null(KQL_LONG);
    case 2: return kql_str(str_of(words[row.id % 4]));
    case 3: return row.id % 3 ? kql_bool(row.id % 2) : kql_null(KQL_BOOL);
    default: return kql_real((double)row.id / 3);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kql_source source = {NULL, find, open_scan, next, free, cell};
    const struct kql_env env = {&source, {INT64_C(17000000000000000)}, INT64_MIN, INT64_MAX};
    struct kql_query *q;
    struct kql_error e = {""};
    const struct kql_value *values;
    struct kql_row_ref ref;
    struct arena a;
    if (size > 4096) return 0;
    if (!kql_compile((struct str){(const char *)data, size}, &env, &q, &e)) {
        INVARIANT(e.text[0] != '\0');
        return 0;
    }
    arena_init(&a, 64 << 20);
    for (int rows = 0; rows < ANSWER_ROWS_MAX && kql_next(q, &values, &ref) == KQL_ROW; rows++)
        for (unsigned i = 0; i < kql_output_count(q); i++) (void)kql_to_text(values[i], &a);
    arena_done(&a);
    kql_free(q);
    return 0;
}
