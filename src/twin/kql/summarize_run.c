/* summarize at work: one group of rows after the other. */
#include <stdlib.h>

#include "twin/kql/query.h"

struct listed { /* an element of make_set and make_list */
    struct listed *next;
    struct str json;
};
struct group {
    struct group *next; /* in order of first sight */
    struct hash128 hash;
    struct kql_value *values; /* groups, then aggregates: the row it becomes */
    struct dcount {
        uint64_t *slots; /* heap; 0: free */
        size_t count, cap;
        struct listed *first, **last; /* SET, LIST */
    } * dcounts;                      /* parallel to the aggregates */
};

/* ---- summarize ------------------------------------------------------------------------------------------------------ */
struct hash128 values_hash(const struct kql_value *v, unsigned n)
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
        g->values[i] = value_kept(q, keys[i]);
        if (value_is_lost(g->values[i])) return NULL;
    }
    for (unsigned i = 0; i < s->aggregate_count; i++) {
        const struct aggregate *a = &s->aggregates[i];
        bool starts_null = a->kind != AGGREGATE_COUNT && a->kind != AGGREGATE_COUNTIF && a->kind != AGGREGATE_DCOUNT &&
                           a->kind != AGGREGATE_SUM && a->kind != AGGREGATE_AVG;
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
    struct hash128 hash = values_hash(keys, s->group_count);
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

/* One more element of a list; of a set when it is not there yet. */
static bool list_add(struct kql_query *q, const struct aggregate *a, struct dcount *d, struct kql_value v)
{
    size_t before = d->count;
    struct buf json;
    if (v.is_null || (kql_is_text(v.type) && v.s.n == 0)) return true;
    if (a->kind == AGGREGATE_SET) {
        if (!dcount_add(d, values_hash(&v, 1).lo)) return false;
        if (d->count == before) return true;
    }
    struct listed *l = ARENA_NEW(&q->arena, struct listed);
    buf_init(&json, QUERY_BYTES_MAX);
    kql_to_json(v, &json);
    if (l) l->json = arena_str(&q->arena, buf_str(&json));
    bool fine = l && l->json.p && !json.failed;
    buf_done(&json);
    if (!fine) return false;
    if (d->last == NULL) d->last = &d->first;
    *d->last = l;
    d->last = &l->next;
    return true;
}

static bool wins(const struct aggregate *a, struct kql_value sum, struct kql_value v)
{
    bool is_min = a->kind == AGGREGATE_MIN || a->kind == AGGREGATE_ARG_MIN;
    if (kql_is_text(sum.type) && sum.s.n == 0) return true;
    return !v.is_null && (sum.is_null || kql_compare(v, sum) * (is_min ? -1 : 1) > 0);
}

/* min and max of strings keep what they have seen: first sight copies, later ones copy when they win. */
static bool aggregate_add(struct kql_query *q, const struct aggregate *a, struct kql_value *sum, struct dcount *d,
                          struct kql_value v)
{
    switch (a->kind) {
    case AGGREGATE_COUNT: sum->i++; return true;
    case AGGREGATE_COUNTIF: sum->i += !v.is_null && v.i; return true;
    case AGGREGATE_DCOUNT:
        if (!dcount_add(d, values_hash(&v, 1).lo)) return false;
        sum->i = (int64_t)d->count;
        return true;
    case AGGREGATE_SUM:
        if (v.is_null) return true;
        if (sum->type == KQL_REAL)
            sum->d += v.d;
        else
            sum->i = (int64_t)((uint64_t)sum->i + (uint64_t)v.i);
        return true;
    case AGGREGATE_AVG:
        if (v.is_null) return true;
        sum->d += kql_number(v);
        d->count++;
        return true;
    case AGGREGATE_SET:
    case AGGREGATE_LIST: return list_add(q, a, d, v);
    case AGGREGATE_ANY:
        if (d->count++ == 0) *sum = value_kept(q, v);
        return !value_is_lost(*sum);
    case AGGREGATE_FOLLOW: /* its leader has won */ *sum = value_kept(q, v); return !value_is_lost(*sum);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
    case AGGREGATE_ARG_MIN:
    case AGGREGATE_ARG_MAX:
        if (wins(a, *sum, v)) *sum = value_kept(q, v);
        return !value_is_lost(*sum);
    }
    return false;
}

static bool summarize_row(struct kql_query *q, struct stage *s, const struct kql_row *row)
{
    struct kql_value keys[GROUP_KEYS_MAX] = {{.type = KQL_STRING}};
    struct eval ev = query_eval(q, row);
    for (unsigned i = 0; i < s->group_count; i++) keys[i] = expr_eval(s->groups[i], &ev);
    struct group *g = group_of(q, s, keys);
    if (g == NULL) return false;
    bool leads = false; /* of arg_max and arg_min: this row is the best so far */
    for (unsigned i = 0; i < s->aggregate_count; i++) {
        const struct aggregate *a = &s->aggregates[i];
        if (a->kind == AGGREGATE_FOLLOW && !leads) continue;
        struct kql_value v = a->arg ? expr_eval(a->arg, &ev) : kql_null(KQL_LONG);
        if (a->kind == AGGREGATE_ARG_MAX || a->kind == AGGREGATE_ARG_MIN)
            leads = wins(a, g->values[s->group_count + i], v);
        if (!aggregate_add(q, a, &g->values[s->group_count + i], &g->dcounts[i], v)) return false;
    }
    return true;
}

/* ---- the end of a group ------------------------------------------------------------------------------------------------ */
static bool finish_aggregate(struct kql_query *q, const struct aggregate *a, struct kql_value *sum,
                             const struct dcount *d)
{
    struct buf text;
    if (a->kind == AGGREGATE_AVG) *sum = d->count ? kql_real(sum->d / (double)d->count) : kql_null(KQL_REAL);
    if (a->kind != AGGREGATE_SET && a->kind != AGGREGATE_LIST) return true;
    buf_init(&text, QUERY_BYTES_MAX);
    buf_add_char(&text, '[');
    for (const struct listed *l = d->first; l; l = l->next) {
        if (l != d->first) buf_add_char(&text, ',');
        buf_add_str(&text, l->json);
    }
    buf_add_char(&text, ']');
    *sum = kql_text(KQL_DYNAMIC, arena_str(&q->arena, buf_str(&text)));
    bool fine = !text.failed && !value_is_lost(*sum);
    buf_done(&text);
    return fine;
}

static bool finish_groups(struct kql_query *q, struct stage *s)
{
    for (struct group *g = s->first_group; g; g = g->next)
        for (unsigned k = 0; k < s->aggregate_count; k++)
            if (!finish_aggregate(q, &s->aggregates[k], &g->values[s->group_count + k], &g->dcounts[k])) return false;
    return true;
}

void summarize_done(struct stage *s)
{
    for (struct group *g = s->first_group; g; g = g->next)
        for (unsigned k = 0; k < s->aggregate_count; k++) free(g->dcounts[k].slots);
    free(s->slots);
}

static enum kql_step fill_groups(struct kql_query *q, int i)
{
    static const struct kql_value no_keys = {.type = KQL_STRING};
    struct stage *s = &q->stages[i];
    struct kql_row row;
    enum kql_step step;
    while ((step = stage_pull(q, i - 1, &row)) == KQL_ROW)
        if (!summarize_row(q, s, &row)) return KQL_TOO_HEAVY;
    if (step == KQL_TOO_HEAVY) return step;
    if (s->group_count == 0 && s->first_group == NULL && !group_of(q, s, &no_keys))
        return KQL_TOO_HEAVY; /* no rows: still one answer */
    return finish_groups(q, s) ? KQL_END : KQL_TOO_HEAVY;
}

enum kql_step summarize_pull(struct kql_query *q, int i, struct kql_row *out)
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
