/* united, joined and given rows at work. */
#include <limits.h>
#include <stdio.h>

#include "twin/kql/query.h"

/* Values outlive the row only where something sorts them. */
static bool hand_out(struct kql_query *q, struct kql_row *out)
{
    struct kql_value *values = q->made;
    if (pipe_has_stage(q, 1u << STAGE_SORT)) {
        values = arena_alloc(&q->arena, q->made_count * sizeof *values);
        if (values == NULL) return false;
        for (unsigned i = 0; i < q->made_count; i++) {
            values[i] = value_kept(q, q->made[i]);
            if (value_is_lost(values[i])) return false;
        }
    }
    *out = (struct kql_row){{0, KQL_NO_ROW}, values};
    return true;
}

static bool make_room(struct kql_query *q)
{
    if (q->made == NULL) q->made = arena_alloc(&q->arena, (q->made_count + 1) * sizeof *q->made);
    return q->made != NULL;
}

/* ---- one part after the other ------------------------------------------------------------------------------------------------ */
static void spread(struct kql_query *q, const struct part *p, const struct kql_value *values)
{
    char name[24];
    for (unsigned i = 0; i < q->made_count; i++) q->made[i] = kql_null(KQL_STRING);
    for (unsigned part = 0; part < q->part_count; part++) /* nulls of the right type */
        for (unsigned i = 0; i < kql_output_count(q->parts[part].query); i++)
            if (q->parts[part].to[i] != UINT_MAX)
                q->made[q->parts[part].to[i]] = kql_null(kql_output_at(q->parts[part].query, i)->type);
    for (unsigned i = 0; i < kql_output_count(p->query); i++)
        if (p->to[i] != UINT_MAX) q->made[p->to[i]] = values[i];
    if (q->withsource < 0) return;
    if (p->name) {
        q->made[q->withsource] = kql_str(str_of(p->name));
    } else {
        int n = snprintf(name, sizeof name, "union_arg%u", q->part_at);
        struct str copy = arena_str(&q->row_arena, (struct str){name, (size_t)n});
        if (copy.p) q->made[q->withsource] = kql_str(copy);
    }
}

static enum kql_step united_next(struct kql_query *q, struct kql_row *out)
{
    const struct kql_value *values;
    struct kql_row_ref ref;
    for (; q->part_at < q->part_count; q->part_at++) {
        enum kql_step step = kql_next(q->parts[q->part_at].query, &values, &ref);
        if (step == KQL_END) continue;
        if (step == KQL_TOO_HEAVY || !make_room(q)) return KQL_TOO_HEAVY;
        spread(q, &q->parts[q->part_at], values);
        return hand_out(q, out) ? KQL_ROW : KQL_TOO_HEAVY;
    }
    return KQL_END;
}

/* ---- joins ----------------------------------------------------------------------------------------------------------------------- */
static struct hash128 key_hash(const struct kql_value *values, const unsigned *keys, unsigned count, bool *has_null)
{
    struct kql_value picked[JOIN_KEYS_MAX];
    for (unsigned i = 0; i < count; i++) {
        picked[i] = values[keys[i]];
        *has_null |= picked[i].is_null;
    }
    return values_hash(picked, count);
}

static bool table_put(struct kql_query *q, struct joined ***slots, size_t *slot_count, size_t *total,
                      struct joined *row)
{
    if (*total * 2 >= *slot_count) {
        size_t n = *slot_count ? *slot_count * 2 : 256;
        struct joined **grown = arena_alloc(&q->arena, n * sizeof *grown);
        if (grown == NULL) return false;
        for (size_t i = 0; i < *slot_count; i++)
            for (struct joined *r = (*slots)[i], *next; r; r = next) {
                next = r->next;
                struct joined **at = &grown[r->hash.lo & (n - 1)];
                while (*at) at = &(*at)->next; /* in order */
                r->next = NULL;
                *at = r;
            }
        *slots = grown;
        *slot_count = n;
    }
    struct joined **at = &(*slots)[row->hash.lo & (*slot_count - 1)];
    while (*at) at = &(*at)->next;
    *at = row;
    ++*total;
    return true;
}

static struct joined *chain_find(struct joined *r, struct hash128 hash)
{
    while (r && !hash128_eq(r->hash, hash)) r = r->next;
    return r;
}

static bool fill_right(struct kql_query *q)
{
    struct join *j = &q->join;
    struct kql_query *right = q->parts[1].query;
    unsigned n = kql_output_count(right);
    const struct kql_value *values;
    struct kql_row_ref ref;
    enum kql_step step;
    while ((step = kql_next(right, &values, &ref)) == KQL_ROW) {
        struct joined *row = ARENA_NEW(&q->arena, struct joined);
        struct kql_value *copy = arena_alloc(&q->arena, (n + 1) * sizeof *copy);
        bool has_null = false;
        if (row == NULL || copy == NULL) return false;
        for (unsigned i = 0; i < n; i++) {
            copy[i] = value_kept(q, values[i]);
            if (value_is_lost(copy[i])) return false;
        }
        *row = (struct joined){.hash = key_hash(copy, j->right_keys, j->key_count, &has_null), .values = copy};
        if (!has_null && !table_put(q, &j->slots, &j->slot_count, &j->row_count, row)) return false;
    }
    j->is_filled = step == KQL_END;
    return j->is_filled;
}

/* innerunique: of left rows with one key only the first counts. */
static bool is_first_of_key(struct kql_query *q, struct hash128 hash, bool *failed)
{
    struct join *j = &q->join;
    if (j->seen_count && chain_find(j->seen[hash.lo & (j->seen_count - 1)], hash)) return false;
    struct joined *row = ARENA_NEW(&q->arena, struct joined);
    if (row) row->hash = hash;
    *failed = row == NULL || !table_put(q, &j->seen, &j->seen_count, &j->seen_total, row);
    return true;
}

static enum kql_step next_left(struct kql_query *q)
{
    struct join *j = &q->join;
    const struct kql_value *values;
    struct kql_row_ref ref;
    for (;;) {
        bool has_null = false, failed = false;
        enum kql_step step = kql_next(q->parts[0].query, &values, &ref);
        if (step != KQL_ROW) return step;
        struct hash128 hash = key_hash(values, j->left_keys, j->key_count, &has_null);
        if (j->kind == JOIN_INNER_UNIQUE && (has_null || !is_first_of_key(q, hash, &failed))) continue;
        if (failed) return KQL_TOO_HEAVY;
        for (unsigned i = 0; i < kql_output_count(q->parts[0].query); i++) q->made[i] = values[i];
        j->match = j->slot_count && !has_null ? chain_find(j->slots[hash.lo & (j->slot_count - 1)], hash) : NULL;
        j->has_left = true;
        j->has_matched = false;
        return KQL_ROW;
    }
}

static enum kql_step joined_next(struct kql_query *q, struct kql_row *out)
{
    struct join *j = &q->join;
    const struct kql_query *right = q->parts[1].query;
    unsigned left_count = kql_output_count(q->parts[0].query);
    if (!make_room(q) || (!j->is_filled && !fill_right(q))) return KQL_TOO_HEAVY;
    for (;;) {
        if (!j->has_left) {
            enum kql_step step = next_left(q);
            if (step != KQL_ROW) return step;
        }
        const struct joined *match = j->match;
        bool is_alone = match == NULL && j->kind == JOIN_LEFT_OUTER && !j->has_matched;
        j->has_matched = true;
        if (match == NULL) j->has_left = false;
        if (match == NULL && !is_alone) continue;
        for (unsigned i = 0; i < kql_output_count(right); i++)
            q->made[left_count + i] = match ? match->values[i] : kql_null(kql_output_at(right, i)->type);
        if (match) j->match = chain_find(match->next, match->hash);
        return hand_out(q, out) ? KQL_ROW : KQL_TOO_HEAVY;
    }
}

enum kql_step combined_next(struct kql_query *q, struct kql_row *out)
{
    if (q->from_what == ROWS_UNITED) return united_next(q, out);
    if (q->from_what == ROWS_JOINED) return joined_next(q, out);
    if (q->given_at == q->given_count) return KQL_END;
    *out = (struct kql_row){{0, KQL_NO_ROW}, q->given[q->given_at++]};
    return KQL_ROW;
}

void combined_done(struct kql_query *q)
{
    for (unsigned i = 0; i < q->part_count; i++) kql_free(q->parts[i].query);
    q->part_count = 0;
}
