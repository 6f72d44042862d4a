#include "flow/act/replay_map.h"

#include <stdlib.h>

struct replay_slot {
    struct hash128 key; /* all zero: free */
    uint64_t value;
};

static size_t place_of(const struct replay_slot *slots, size_t cap, struct hash128 key)
{
    size_t i = key.lo & (cap - 1);
    while ((slots[i].key.hi || slots[i].key.lo) && !hash128_eq(slots[i].key, key)) i = (i + 1) & (cap - 1);
    return i;
}

static bool widen(struct replay_map *m)
{
    size_t cap = m->cap ? 2 * m->cap : 1024;
    struct replay_slot *slots = calloc(cap, sizeof *slots);
    if (slots == NULL) return false;
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].key.hi || m->slots[i].key.lo) slots[place_of(slots, cap, m->slots[i].key)] = m->slots[i];
    }
    free(m->slots);
    m->slots = slots;
    m->cap = cap;
    return true;
}

uint64_t *replay_map_at(struct replay_map *m, struct hash128 key, bool *is_new)
{
    if (2 * m->used >= m->cap && !widen(m)) return NULL;
    if (key.hi == 0 && key.lo == 0) key.lo = 1;
    struct replay_slot *s = &m->slots[place_of(m->slots, m->cap, key)];
    *is_new = s->key.hi == 0 && s->key.lo == 0;
    if (*is_new) {
        s->key = key;
        m->used++;
    }
    return &s->value;
}

void replay_key_begin(struct replay_key *k, uint64_t kind)
{
    siphash_init_fixed(&k->h);
    siphash_add(&k->h, &kind, sizeof kind);
}

void replay_key_add(struct replay_key *k, struct str part)
{
    uint64_t n = part.n;
    siphash_add(&k->h, &n, sizeof n);
    siphash_add(&k->h, part.p, part.n);
}

void replay_map_done(struct replay_map *m)
{
    free(m->slots);
    *m = (struct replay_map){0};
}
