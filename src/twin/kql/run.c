/* Queries at work: each stage pulls rows from the one before it; stage -1 is the scan of the table. */
#include "twin/kql/query.h"

#include <stdlib.h>
#include <string.h>

#include "kit/base/hash.h"

struct eval query_eval(struct kql_query *q, const struct kql_row *row)
{
    return (struct eval){q->env.source, q->table.handle, row->ref, row->values, &q->row_arena};
}

struct kql_value value_kept(struct kql_query *q, struct kql_value v)
{
    if (kql_is_text(v.type)) v.s = arena_str(&q->arena, v.s);
    return v;
}

bool value_is_lost(struct kql_value v) /* a copy that found no memory */
{
    return kql_is_text(v.type) && v.s.p == NULL;
}

/* ---- where, take ---------------------------------------------------------------------------------------------------- */
static enum kql_step pull_where(struct kql_query *q, int i, struct kql_row *out)
{
    for (;;) {
        enum kql_step step = stage_pull(q, i - 1, out);
        if (step != KQL_ROW) return step;
        struct eval ev = query_eval(q, out);
        struct kql_value v = expr_eval(q->stages[i].condition, &ev);
        if (!v.is_null && v.i) return KQL_ROW;
    }
}

static enum kql_step pull_take(struct kql_query *q, int i, struct kql_row *out)
{
    struct stage *s = &q->stages[i];
    if (s->take <= 0) return KQL_END;
    s->take--;
    return stage_pull(q, i - 1, out);
}

/* ---- sort ----------------------------------------------------------------------------------------------------------- */
static int order(const void *a, const void *b, void *arg)
{
    const struct stage *s = arg;
    const struct sorted_row *x = a, *y = b;
    for (unsigned i = 0; i < s->key_count; i++) {
        const struct sort_key *k = &s->keys[i];
        const struct kql_value *v = &x->keys[i], *w = &y->keys[i];
        if (v->is_null != w->is_null) return v->is_null == k->nulls_first ? -1 : 1;
        int d = kql_compare(*v, *w);
        if (d) return k->descending ? -d : d;
    }
    return (x->row.ref.id > y->row.ref.id) - (x->row.ref.id < y->row.ref.id);
}

static bool add_row(struct kql_query *q, struct stage *s, const struct kql_row *row)
{
    if (s->row_count == s->row_cap) {
        size_t cap = s->row_cap ? s->row_cap * 2 : 256;
        struct sorted_row *rows = cap * sizeof *rows <= QUERY_BYTES_MAX ? realloc(s->rows, cap * sizeof *rows) : NULL;
        if (rows == NULL) return false;
        s->rows = rows;
        s->row_cap = cap;
    }
    struct kql_value *keys = arena_alloc(&q->arena, s->key_count * sizeof *keys);
    if (keys == NULL) return false;
    struct eval ev = query_eval(q, row);
    for (unsigned i = 0; i < s->key_count; i++) {
        keys[i] = value_kept(q, expr_eval(s->keys[i].expr, &ev));
        if (value_is_lost(keys[i])) return false;
    }
    s->rows[s->row_count++] = (struct sorted_row){*row, keys};
    return true;
}

static enum kql_step fill_sorted(struct kql_query *q, int i)
{
    struct stage *s = &q->stages[i];
    struct kql_row row;
    enum kql_step step;
    while ((step = stage_pull(q, i - 1, &row)) == KQL_ROW)
        if (!add_row(q, s, &row)) return KQL_TOO_HEAVY;
    if (step == KQL_TOO_HEAVY) return step;
    s->input_ended = true;
    return KQL_END;
}

/* Rows equal in the first key, up to the first one that differs, which is kept for the next group. */
static enum kql_step fill_ties(struct kql_query *q, int i)
{
    struct stage *s = &q->stages[i];
    struct kql_row row;
    s->row_count = s->at = 0;
    if (s->has_ahead && !add_row(q, s, &s->ahead)) return KQL_TOO_HEAVY;
    s->has_ahead = false;
    for (;;) {
        enum kql_step step = stage_pull(q, i - 1, &row);
        if (step == KQL_TOO_HEAVY) return step;
        if (step == KQL_END) {
            s->input_ended = true;
            return KQL_END;
        }
        if (s->row_count && s->rows[0].row.ref.ticks != row.ref.ticks) {
            s->ahead = row;
            s->has_ahead = true;
            return KQL_END;
        }
        if (!add_row(q, s, &row)) return KQL_TOO_HEAVY;
    }
}

static enum kql_step pull_sort(struct kql_query *q, int i, struct kql_row *out)
{
    struct stage *s = &q->stages[i];
    if (s->at == s->row_count) {
        if (s->input_ended) return KQL_END;
        enum kql_step step = s->in_ties ? fill_ties(q, i) : fill_sorted(q, i);
        if (step == KQL_TOO_HEAVY) return step;
        if (s->row_count == 0) return KQL_END;
        qsort_r(s->rows, s->row_count, sizeof *s->rows, order, s);
    }
    arena_reset(&q->row_arena);
    *out = s->rows[s->at++].row;
    return KQL_ROW;
}

/* ---- all together --------------------------------------------------------------------------------------------------- */
enum kql_step stage_pull(struct kql_query *q, int stage, struct kql_row *out)
{
    if (stage < 0) {
        arena_reset(&q->row_arena);
        if (q->from_what != ROWS_SCANNED) return combined_next(q, out);
        out->values = NULL;
        return q->env.source->next(q->scan, &out->ref) ? KQL_ROW : KQL_END;
    }
    switch (q->stages[stage].kind) {
    case STAGE_WHERE: return pull_where(q, stage, out);
    case STAGE_TAKE: return pull_take(q, stage, out);
    case STAGE_SORT: return pull_sort(q, stage, out);
    case STAGE_SUMMARIZE: return summarize_pull(q, stage, out);
    }
    return KQL_END;
}

enum kql_step kql_next(struct kql_query *q, const struct kql_value **values_out, struct kql_row_ref *ref_out)
{
    struct kql_row row;
    if (q->scan == NULL && q->from_what == ROWS_SCANNED) {
        q->scan = q->env.source->open(q->env.source->ctx, q->table.handle, q->from, q->to, q->descending);
        if (q->scan == NULL) return KQL_TOO_HEAVY;
    }
    enum kql_step step = stage_pull(q, (int)q->stage_count - 1, &row);
    if (step != KQL_ROW) return step;
    struct eval ev = query_eval(q, &row);
    for (unsigned i = 0; i < q->output_count; i++) q->output_values[i] = expr_eval(q->output_exprs[i], &ev);
    *values_out = q->output_values;
    *ref_out = row.ref;
    return KQL_ROW;
}

struct kql_query *query_new(const struct kql_env *env)
{
    struct kql_query *q = calloc(1, sizeof *q);
    if (q == NULL) return NULL;
    arena_init(&q->arena, QUERY_BYTES_MAX);
    arena_init(&q->row_arena, 8 << 20);
    q->env = *env;
    q->from = env->from;
    q->to = env->to;
    q->withsource = -1;
    return q;
}

bool kql_compile(struct str text, const struct kql_env *env, struct kql_query **out, struct kql_error *error_out)
{
    struct kql_query *q = query_new(env);
    if (q == NULL) {
        *error_out = (struct kql_error){"Query execution has exceeded the allowed limits: no memory."};
        return false;
    }
    struct compiler c = {.arena = &q->arena, .env = &q->env, .error = error_out, .operator= "" };
    lexer_init(&c.lex, text, &q->arena);
    if (!pipe_compile(&c, q)) {
        kql_free(q);
        return false;
    }
    *out = q;
    return true;
}

void kql_free(struct kql_query *q)
{
    if (q == NULL) return;
    if (q->scan) q->env.source->close(q->scan);
    combined_done(q);
    for (unsigned i = 0; i < q->stage_count; i++) {
        struct stage *s = &q->stages[i];
        summarize_done(s);
        free(s->rows);
    }
    arena_done(&q->row_arena);
    arena_done(&q->arena);
    free(q);
}

unsigned kql_output_count(const struct kql_query *q)
{
    return q->output_count;
}

const struct kql_output *kql_output_at(const struct kql_query *q, unsigned i)
{
    return &q->outputs[i];
}

void *kql_handle(const struct kql_query *q)
{
    return q->table.handle;
}
