/* Queries at work: each stage pulls rows from the one before it; stage -1 is the scan of the table. */
#include "twin/kql/query.h"

#include <stdlib.h>
#include <string.h>

#include "kit/base/hash.h"

struct group {
    struct group *next; /* in order of first sight */
    struct hash128 hash;
    struct kql_value *values; /* groups, then aggregates: the row it becomes */
    struct dcount {
        uint64_t *slots; /* heap; 0: free */
        size_t count, cap;
    } * dcounts; /* parallel to the aggregates */
};

static enum kql_step pull(struct kql_query *q, int stage, struct kql_row *out);

static struct eval eval_of(struct kql_query *q, const struct kql_row *row)
{
    return (struct eval){q->env.source, q->table.handle, row->ref, row->values, &q->row_arena};
}

static struct kql_value kept(struct kql_query *q, struct kql_value v)
{
    if (kql_is_text(v.type)) v.s = arena_str(&q->arena, v.s);
    return v;
}

static bool is_lost(struct kql_value v) /* a copy that found no memory */
{
    return kql_is_text(v.type) && v.s.p == NULL;
}

/* ---- where, take ---------------------------------------------------------------------------------------------------- */
static enum kql_step pull_where(struct kql_query *q, int i, struct kql_row *out)
{
    for (;;) {
        enum kql_step step = pull(q, i - 1, out);
        if (step != KQL_ROW) return step;
        struct eval ev = eval_of(q, out);
        struct kql_value v = expr_eval(q->stages[i].condition, &ev);
        if (!v.is_null && v.i) return KQL_ROW;
    }
}

static enum kql_step pull_take(struct kql_query *q, int i, struct kql_row *out)
{
    struct stage *s = &q->stages[i];
    if (s->take <= 0) return KQL_END;
    s->take--;
    return pull(q, i - 1, out);
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
    struct eval ev = eval_of(q, row);
    for (unsigned i = 0; i < s->key_count; i++) {
        keys[i] = kept(q, expr_eval(s->keys[i].expr, &ev));
        if (is_lost(keys[i])) return false;
    }
    s->rows[s->row_count++] = (struct sorted_row){*row, keys};
    return true;
}

static enum kql_step fill_sorted(struct kql_query *q, int i)
{
    struct stage *s = &q->stages[i];
    struct kql_row row;
    enum kql_step step;
    while ((step = pull(q, i - 1, &row)) == KQL_ROW)
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
        enum kql_step step = pull(q, i - 1, &row);
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

/* ---- summarize ------------------------------------------------------------------------------------------------------ */
static struct hash128 hash_values(const struct kql_value *v, unsigned n)
{
    struct siphash h;
    siphash_init(&h, 0x6b716c, n);
    for (unsigned i = 0; i < n; i++) {
        unsigned char head = (unsigned char)v[i].is_null;
        uint64_t size = kql_is_text(v[i].type) ? v[i].s.n : sizeof v[i].i;
        siphash_add(&h, &head, 1);
        siphash_add(&h, &size, sizeof size);
        if (kql_is_text(v[i].type))
            siphash_add(&h, v[i].s.p, v[i].s.n);
        else
            siphash_add(&h, &v[i].i, sizeof v[i].i);
    }
    return siphash_end(&h);
}

static bool grow_slots(struct stage *s)
{
    size_t n = s->slot_count ? s->slot_count * 2 : 1024;
    struct group **slots = calloc(n, sizeof *slots);
    if (slots == NULL) return false;
    for (struct group *g = s->first_group; g; g = g->next) {
        size_t at = g->hash.lo & (n - 1);
        while (slots[at]) at = (at + 1) & (n - 1);
        slots[at] = g;
    }
    free(s->slots);
    s->slots = slots;
    s->slot_count = n;
    return true;
}

static struct group *new_group(struct kql_query *q, struct stage *s, const struct kql_value *keys, struct hash128 hash)
{
    struct group *g = ARENA_NEW(&q->arena, struct group);
    size_t n = s->group_count + s->aggregate_count;
    if (g == NULL) return NULL;
    g->values = arena_alloc(&q->arena, (n + 1) * sizeof *g->values);
    g->dcounts = arena_alloc(&q->arena, (s->aggregate_count + 1) * sizeof *g->dcounts);
    if (g->values == NULL || g->dcounts == NULL) return NULL;
    g->hash = hash;
    for (unsigned i = 0; i < s->group_count; i++) {
        g->values[i] = kept(q, keys[i]);
        if (is_lost(g->values[i])) return NULL;
    }
    for (unsigned i = 0; i < s->aggregate_count; i++) {
        const struct aggregate *a = &s->aggregates[i];
        bool starts_null = a->kind == AGGREGATE_MIN || a->kind == AGGREGATE_MAX;
        g->values[s->group_count + i] = starts_null ? kql_null(a->type) : (struct kql_value){.type = a->type};
    }
    if (s->last_group == NULL) s->last_group = &s->first_group;
    *s->last_group = g;
    s->last_group = &g->next;
    s->group_total++;
    return g;
}

static struct group *group_of(struct kql_query *q, struct stage *s, const struct kql_value *keys)
{
    if (s->group_total * 2 >= s->slot_count && !grow_slots(s)) return NULL;
    struct hash128 hash = hash_values(keys, s->group_count);
    size_t at = hash.lo & (s->slot_count - 1);
    for (; s->slots[at]; at = (at + 1) & (s->slot_count - 1))
        if (hash128_eq(s->slots[at]->hash, hash)) return s->slots[at];
    struct group *g = new_group(q, s, keys, hash);
    if (g) s->slots[at] = g;
    return g;
}

static bool dcount_add(struct dcount *d, uint64_t hash)
{
    if (hash == 0) hash = 1;
    if (d->count * 2 >= d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 64;
        uint64_t *slots = calloc(cap, sizeof *slots);
        if (slots == NULL) return false;
        for (size_t i = 0; i < d->cap; i++) {
            if (d->slots[i] == 0) continue;
            size_t at = d->slots[i] & (cap - 1);
            while (slots[at]) at = (at + 1) & (cap - 1);
            slots[at] = d->slots[i];
        }
        free(d->slots);
        d->slots = slots;
        d->cap = cap;
    }
    size_t at = hash & (d->cap - 1);
    for (; d->slots[at]; at = (at + 1) & (d->cap - 1))
        if (d->slots[at] == hash) return true;
    d->slots[at] = hash;
    d->count++;
    return true;
}

/* min and max of strings keep what they have seen: first sight copies, later ones copy when they win. */
static bool aggregate_add(struct kql_query *q, const struct aggregate *a, struct kql_value *sum, struct dcount *d,
                          struct kql_value v)
{
    switch (a->kind) {
    case AGGREGATE_COUNT: sum->i++; return true;
    case AGGREGATE_COUNTIF: sum->i += !v.is_null && v.i; return true;
    case AGGREGATE_DCOUNT:
        if (!dcount_add(d, hash_values(&v, 1).lo)) return false;
        sum->i = (int64_t)d->count;
        return true;
    case AGGREGATE_SUM:
        if (v.is_null) return true;
        if (sum->type == KQL_REAL)
            sum->d += v.d;
        else
            sum->i = (int64_t)((uint64_t)sum->i + (uint64_t)v.i);
        return true;
    case AGGREGATE_MIN:
    case AGGREGATE_MAX: {
        int d_ = v.is_null ? 0 : sum->is_null ? 1 : kql_compare(v, *sum) * (a->kind == AGGREGATE_MIN ? -1 : 1);
        if (d_ > 0 || (kql_is_text(sum->type) && sum->s.n == 0)) *sum = kept(q, v);
        return !is_lost(*sum);
    }
    }
    return false;
}

static bool summarize_row(struct kql_query *q, struct stage *s, const struct kql_row *row)
{
    struct kql_value keys[GROUP_KEYS_MAX];
    struct eval ev = eval_of(q, row);
    for (unsigned i = 0; i < s->group_count; i++) keys[i] = expr_eval(s->groups[i], &ev);
    struct group *g = group_of(q, s, keys);
    if (g == NULL) return false;
    for (unsigned i = 0; i < s->aggregate_count; i++) {
        const struct aggregate *a = &s->aggregates[i];
        struct kql_value v = a->arg ? expr_eval(a->arg, &ev) : kql_null(KQL_LONG);
        if (!aggregate_add(q, a, &g->values[s->group_count + i], &g->dcounts[i], v)) return false;
    }
    return true;
}

static enum kql_step fill_groups(struct kql_query *q, int i)
{
    struct stage *s = &q->stages[i];
    struct kql_row row;
    enum kql_step step;
    while ((step = pull(q, i - 1, &row)) == KQL_ROW)
        if (!summarize_row(q, s, &row)) return KQL_TOO_HEAVY;
    if (step == KQL_TOO_HEAVY) return step;
    if (s->group_count == 0 && s->first_group == NULL && !group_of(q, s, NULL))
        return KQL_TOO_HEAVY; /* no rows: still one answer */
    return KQL_END;
}

static enum kql_step pull_summarize(struct kql_query *q, int i, struct kql_row *out)
{
    struct stage *s = &q->stages[i];
    if (!s->is_filled) {
        if (fill_groups(q, i) == KQL_TOO_HEAVY) return KQL_TOO_HEAVY;
        s->is_filled = true;
        s->last_group = &s->first_group; /* from here on: the next one to hand out */
    }
    struct group *g = *s->last_group;
    if (g == NULL) return KQL_END;
    s->last_group = &g->next;
    arena_reset(&q->row_arena);
    *out = (struct kql_row){{0, KQL_NO_ROW}, g->values};
    return KQL_ROW;
}

/* ---- all together --------------------------------------------------------------------------------------------------- */
static enum kql_step pull(struct kql_query *q, int stage, struct kql_row *out)
{
    if (stage < 0) {
        arena_reset(&q->row_arena);
        out->values = NULL;
        return q->env.source->next(q->scan, &out->ref) ? KQL_ROW : KQL_END;
    }
    switch (q->stages[stage].kind) {
    case STAGE_WHERE: return pull_where(q, stage, out);
    case STAGE_TAKE: return pull_take(q, stage, out);
    case STAGE_SORT: return pull_sort(q, stage, out);
    case STAGE_SUMMARIZE: return pull_summarize(q, stage, out);
    }
    return KQL_END;
}

enum kql_step kql_next(struct kql_query *q, const struct kql_value **values_out, struct kql_row_ref *ref_out)
{
    struct kql_row row;
    if (q->scan == NULL) {
        q->scan = q->env.source->open(q->env.source->ctx, q->table.handle, q->from, q->to, q->descending);
        if (q->scan == NULL) return KQL_TOO_HEAVY;
    }
    enum kql_step step = pull(q, (int)q->stage_count - 1, &row);
    if (step != KQL_ROW) return step;
    struct eval ev = eval_of(q, &row);
    for (unsigned i = 0; i < q->output_count; i++) q->output_values[i] = expr_eval(q->output_exprs[i], &ev);
    *values_out = q->output_values;
    *ref_out = row.ref;
    return KQL_ROW;
}

bool kql_compile(struct str text, const struct kql_env *env, struct kql_query **out, struct kql_error *error_out)
{
    struct kql_query *q = calloc(1, sizeof *q);
    if (q == NULL) {
        *error_out = (struct kql_error){"Query execution has exceeded the allowed limits: no memory."};
        return false;
    }
    arena_init(&q->arena, QUERY_BYTES_MAX);
    arena_init(&q->row_arena, 8 << 20);
    q->env = *env;
    q->from = env->from;
    q->to = env->to;
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
    for (unsigned i = 0; i < q->stage_count; i++) {
        struct stage *s = &q->stages[i];
        for (struct group *g = s->first_group; g; g = g->next)
            for (unsigned k = 0; k < s->aggregate_count; k++) free(g->dcounts[k].slots);
        free(s->rows);
        free(s->slots);
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
