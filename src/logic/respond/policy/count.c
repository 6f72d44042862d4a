/* Alerts seen lately, per rule and what they are alike in. Two generations of a hash table: when the newer is full it becomes
 * the older one, whose entries are carried over as they are used; so what was not used for longest is forgotten first. */
#include "logic/respond/policy/policy_int.h"

enum { KEYS_MAX = 1 << 16, TABLE_SIZE = 2 * KEYS_MAX };

struct seen {
    int64_t ticks;
    uint64_t alert;
};
struct counted {
    struct hash128 key; /* all zero: free */
    struct seen *items; /* by time */
    unsigned count, cap;
};
struct generation {
    struct counted *table;
    size_t used;
};
struct policy_counter {
    struct generation newer, older;
};

static bool is_free(const struct counted *x)
{
    return x->key.hi == 0 && x->key.lo == 0;
}

static void drop(struct generation *g)
{
    for (size_t i = 0; g->table && i < TABLE_SIZE; i++) free(g->table[i].items);
    free(g->table);
    *g = (struct generation){0};
}

struct policy_counter *policy_counter_new(void)
{
    return calloc(1, sizeof(struct policy_counter));
}

void policy_counter_free(struct policy_counter *c)
{
    if (c == NULL) return;
    drop(&c->newer);
    drop(&c->older);
    free(c);
}

static struct counted *place_of(struct generation *g, struct hash128 key)
{
    size_t i = key.lo & (TABLE_SIZE - 1);
    while (!is_free(&g->table[i]) && !hash128_eq(g->table[i].key, key)) i = (i + 1) & (TABLE_SIZE - 1);
    return &g->table[i];
}

/* NULL: no memory. */
static struct counted *entry_of(struct policy_counter *c, struct hash128 key)
{
    if (c->newer.used == KEYS_MAX) {
        drop(&c->older);
        c->older = c->newer;
        c->newer = (struct generation){0};
    }
    if (c->newer.table == NULL && (c->newer.table = calloc(TABLE_SIZE, sizeof *c->newer.table)) == NULL) return NULL;
    struct counted *x = place_of(&c->newer, key);
    if (!is_free(x)) return x;
    x->key = key;
    c->newer.used++;
    struct counted *old = c->older.table ? place_of(&c->older, key) : NULL;
    if (old && !is_free(old)) { /* its items move; the key stays, or what stands behind it would not be found */
        x->items = old->items;
        x->count = old->count;
        x->cap = old->cap;
        old->items = NULL;
        old->count = old->cap = 0;
    }
    return x;
}

/* Keeps the newest `enough`; an alert once. */
static bool note(struct counted *x, struct seen s, unsigned enough)
{
    for (unsigned i = 0; i < x->count; i++) {
        if (x->items[i].alert == s.alert) return true;
    }
    if (x->cap < enough) {
        struct seen *items = realloc(x->items, enough * sizeof *items);
        if (items == NULL) return false;
        x->items = items;
        x->cap = enough;
    }
    unsigned at = x->count;
    while (at > 0 && x->items[at - 1].ticks > s.ticks) at--;
    if (x->count < x->cap) {
        memmove(x->items + at + 1, x->items + at, (x->count - at) * sizeof *x->items);
        x->count++;
    } else if (at == 0) {
        return true; /* older than all that count */
    } else {
        memmove(x->items, x->items + 1, --at * sizeof *x->items);
    }
    x->items[at] = s;
    return true;
}

/* The most that lie in one window together with the alert at `at`: revisions may come out of order. */
static unsigned most_around(const struct counted *x, int64_t at, int64_t window)
{
    unsigned most = 0;
    for (unsigned first = 0; first < x->count && x->items[first].ticks <= at; first++) {
        unsigned n = 0;
        if (at - x->items[first].ticks >= window) continue;
        while (first + n < x->count && x->items[first + n].ticks - x->items[first].ticks < window) n++;
        if (n > most) most = n;
    }
    return most;
}

unsigned counter_note(struct policy_counter *c, struct hash128 key, uint64_t alert, struct wall at,
                      int64_t window_ticks, unsigned enough)
{
    if (key.hi == 0 && key.lo == 0) key.lo = 1;
    struct counted *x = entry_of(c, key);
    if (x == NULL || !note(x, (struct seen){at.ticks, alert}, enough)) return 0;
    return most_around(x, at.ticks, window_ticks);
}
