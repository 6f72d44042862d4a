#include "kit/json/walk_int.h"

#include <stdlib.h>

enum {
    DEPTH_MAX = 100,   /* of a value: deeper ones are the machine's */
    NEAR_END = 32,     /* a word or number this near to the window's end may be cut by it */
    TABLE_SIZE = 4096, /* of the book; a power of two */
    PROBES_MAX = 16,   /* a sender who makes keys collide makes himself slow, not us */
    DISTRUST = 32,     /* objects */
};

/* ---- small things ---------------------------------------------------------------------------------------------------- */
/* Cut by the end of the window, as far as one can tell, or odd. */
static enum json_walked odd(const struct json_walk *w, const char *p)
{
    bool is_near_end = p + NEAR_END > w->p + w->n || w->next[0] >= w->n || w->next[1] >= w->n;
    return is_near_end ? JSON_WALK_CUT : JSON_WALK_ODD;
}

/* What goes on behind the window is not followed for long. */
static const char *digits_end(const struct json_walk *w, const char *p)
{
    unsigned n;
    do p += n = digits_of(p);
    while (n == 8 && p < w->p + w->n);
    return p;
}

static const char *fraction_end(const struct json_walk *w, const char *p)
{
    if (*p == '.') {
        if (!is_digit(*++p)) return NULL;
        p = digits_end(w, p);
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        if (!is_digit(*p)) return NULL;
        p = digits_end(w, p);
    }
    return p;
}

/* Behind the number at p; NULL: it is none. */
static const char *number_end(const struct json_walk *w, const char *p)
{
    p += *p == '-';
    const char *end = digits_end(w, p);
    if (end == p || (*p == '0' && end > p + 1)) return NULL;
    return *end == '.' || *end == 'e' || *end == 'E' ? fraction_end(w, end) : end;
}

static const char *literal_end(const char *p, uint8_t *type)
{
    static const struct {
        char text[8];
        uint8_t bytes, type;
    } words[] = {{"true", 4, JSON_TRUE}, {"false", 5, JSON_FALSE}, {"null", 4, JSON_NULL}};
    for (unsigned i = 0; i < 3; i++) {
        if (memcmp(p, words[i].text, words[i].bytes) != 0) continue;
        *type = words[i].type;
        return p + words[i].bytes;
    }
    return NULL;
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */
static const char *string_end(struct json_walk *w)
{
    uint32_t end = w->next[1];
    if (end >= w->n) return NULL;
    w->next += 2;
    return w->p + end + 1;
}

static const char *scalar_end(struct json_walk *w, const char *p)
{
    uint8_t type;
    if (*p == '"') return string_end(w);
    if (*p == '-' || is_digit(*p)) return number_end(w, p);
    return literal_end(p, &type);
}

struct nest {
    uint64_t objects[2]; /* bit by depth */
    unsigned depth;
};

static inline bool in_object(const struct nest *n)
{
    return n->objects[n->depth / 64] >> (n->depth % 64) & 1;
}

static bool open_container(struct nest *n, char c)
{
    if (n->depth == DEPTH_MAX) return false;
    n->depth++;
    uint64_t bit = UINT64_C(1) << (n->depth % 64), *word = &n->objects[n->depth / 64];
    *word = c == '{' ? *word | bit : *word & ~bit;
    return true;
}

/* A key and its colon; gives where the value begins, NULL: neither. */
static const char *skip_key(struct json_walk *w, const char *p)
{
    if (*p != '"' || (p = string_end(w)) == NULL) return NULL;
    p = walk_blanks(w, p);
    return *p == ':' ? walk_blanks(w, p + 1) : NULL;
}

/* Behind the container at *p; what is not liked is at *p then. */
static bool walk_container(struct json_walk *w, const char **p, uint8_t *flags)
{
    struct nest nest = {0};
    const char *at = *p, *next, *limit = w->p + w->n;
    unsigned deepest = 0;
    bool had_blanks = false, is_empty = true;
    for (;;) { /* a value begins at `at` */
        *p = at;
        if (at >= limit) return false;
        if (*at == '{' || *at == '[') {
            bool is_object = *at == '{';
            if (!open_container(&nest, *at)) return false;
            if (nest.depth > deepest) deepest = nest.depth;
            next = walk_blanks(w, at + 1);
            had_blanks |= next != at + 1;
            if (*next != (is_object ? '}' : ']')) {
                at = is_object ? skip_key(w, next) : next;
                *p = next;
                is_empty = false;
                if (at == NULL) return false;
                had_blanks |= is_object && (at[-1] != ':' || at[-2] != '"');
                continue;
            }
            if (nest.depth > 1) is_empty = false;
            at = next + 1;
            nest.depth--;
        } else {
            at = scalar_end(w, at);
            if (at == NULL) return false;
        }
        for (;;) { /* behind a value */
            if (nest.depth == 0) {
                bool is_compact = !had_blanks && deepest <= JSON_COMPACT_DEPTH;
                *flags = (is_compact ? JSON_COMPACT : 0) | (is_empty ? JSON_BLANK : 0);
                *p = at;
                return true;
            }
            next = walk_blanks(w, at);
            had_blanks |= next != at;
            *p = next;
            if (next >= limit) return false;
            if (*next != (in_object(&nest) ? '}' : ']')) break;
            nest.depth--;
            at = next + 1;
        }
        if (*next != ',') return false;
        at = walk_blanks(w, next + 1);
        had_blanks |= at != next + 1;
        if (in_object(&nest)) {
            *p = at;
            at = skip_key(w, at);
            if (at == NULL) return false;
            had_blanks |= at[-1] != ':' || at[-2] != '"';
        }
    }
}

enum json_walked json_walk_value(struct json_walk *w, const char **p)
{
    uint64_t lines = w->lines;
    const char *at = *p;
    uint8_t flags;
    bool is_container = *at == '{' || *at == '[';
    const char *end = is_container ? NULL : scalar_end(w, at);
    bool is_fine = is_container ? walk_container(w, &at, &flags) : end != NULL;
    if (is_container) end = at;
    if (is_fine && end <= w->p + w->index.sound) {
        *p = end;
        return JSON_WALKED;
    }
    w->lines = lines;
    return is_fine && end <= w->p + w->n ? JSON_WALK_ODD : odd(w, at);
}

/* ---- the book -------------------------------------------------------------------------------------------------------- */
bool json_keys_init(struct json_keys *k)
{
    k->table = calloc(TABLE_SIZE, sizeof *k->table);
    k->items = aligned_alloc(JSON_KEY_TEXT, JSON_KEYS_MAX * sizeof *k->items); /* touched as keys come */
    if (k->table == NULL || k->items == NULL) {
        json_keys_done(k);
        return false;
    }
    for (k->count = 0; k->count <= JSON_FIRST_INNER; k->count++) k->items[k->count] = (struct json_key){0};
    return true;
}

void json_keys_done(struct json_keys *k)
{
    free(k->items);
    free(k->table);
    k->items = NULL;
    k->table = NULL;
}

static inline uint32_t hash_of(const char *key, size_t n)
{
    uint64_t first = load8(key), last = n < 8 ? 0 : load8(key + n - 8);
    if (n < 8) first &= (UINT64_C(1) << 8 * n) - 1;
    uint64_t h = (first ^ (last * UINT64_C(0x9E3779B97F4A7C15)) ^ n) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint32_t)(h >> 40) & (TABLE_SIZE - 1);
}

/* The number of the key that stands at p, n bytes between its quotes; it is added if it is new. JSON_NO_KEY: not kept. */
static uint16_t find_key(struct json_keys *k, const char *p, size_t n, bool is_plain)
{
    if (n > JSON_KEY_TEXT - 3) return JSON_NO_KEY;
    uint32_t h = hash_of(p + 1, n);
    for (unsigned probe = 0; probe < PROBES_MAX; probe++, h = (h + 1) & (TABLE_SIZE - 1)) {
        uint16_t number = k->table[h];
        if (number) {
            if (k->items[number].bytes == n + 3 && memcmp(p, k->items[number].text, n + 2) == 0) return number;
            continue;
        }
        if (!is_plain || k->count == JSON_KEYS_MAX) break;
        struct json_key *key = &k->items[k->count++];
        *key = (struct json_key){0};
        memcpy(key->text, p, n + 2);
        key->text[n + 2] = ':';
        key->bytes = (uint8_t)(n + 3);
        key->mask = UINT64_MAX >> (JSON_KEY_TEXT - key->bytes);
        key->kind = k->kind_of(k->ctx, (struct str){p + 1, n});
        k->table[h] = (uint16_t)(k->count - 1);
        return k->table[h];
    }
    return JSON_NO_KEY;
}

/* ---- objects --------------------------------------------------------------------------------------------------------- */
static inline bool has_backslash(const struct json_walk *w, uint32_t end)
{
    return w->index.marks[end / JSON_BLOCK].escaped >> (end % JSON_BLOCK) & 1;
}

const char *walk_unexpected_key(struct walking *x, const char *p)
{
    struct json_walk *w = x->w;
    uint32_t open = w->next[0], close = w->next[1];
    uint16_t before = x->key, number = find_key(x->k, p, close - open - 1, !has_backslash(w, close));
    if (x->is_guessing) {
        x->misses++;
        if (before != JSON_NO_KEY && number != JSON_NO_KEY) {
            struct json_key *b = &x->k->items[before];
            if (b->next[0] != number) b->next[1] = b->next[0];
            b->next[0] = number;
        }
    }
    x->key = number;
    p = w->p + close + 1;
    if (*p != ':') p = walk_blanks(w, p);
    return *p == ':' ? p + 1 : NULL;
}

uint8_t walk_unkept_kind(const struct walking *x, const char *p)
{
    return x->k->kind_of(x->k->ctx, (struct str){p + 1, x->w->next[1] - x->w->next[0] - 1});
}

static bool walk_inner(struct walking *x, const char **p)
{
    struct walking inner = {.w = x->w,
                            .k = x->k,
                            .fields = x->inner,
                            .key = JSON_FIRST_INNER,
                            .is_guessing = x->is_guessing,
                            .takes_lists = true};
    bool is_fine = walk_members_best()(&inner, p);
    x->misses += inner.misses;
    return is_fine;
}

const char *walk_other(struct walking *x, const char **p, uint8_t kind, uint8_t *type, uint8_t *flags)
{
    const char *at = *p;
    bool is_object = *at == '{';
    if (*at == '-' || is_digit(*at)) {
        *type = JSON_NUMBER;
        return number_end(x->w, at);
    }
    if (!is_object && *at != '[') {
        const char *end = literal_end(at, type);
        if (*type == JSON_NULL) *flags |= JSON_BLANK;
        return end;
    }
    *type = is_object ? JSON_OBJECT : JSON_ARRAY;
    if (!is_object && kind == x->k->list && !x->takes_lists) return NULL;
    bool is_inner = is_object && x->inner && kind == x->k->inner;
    uint8_t seen = 0;
    if (!(is_inner ? walk_inner(x, p) : walk_container(x->w, p, &seen))) return NULL;
    if (is_inner && x->inner->count == 0) seen = JSON_BLANK;
    *flags |= seen;
    return *p;
}

static bool has_room(struct json_fields *f)
{
    return f->cap > 0 || json_fields_grow(f);
}

enum json_walked json_walk_object(struct json_walk *w, struct json_keys *k, const char **p, struct json_walk_object *o)
{
    struct walking x = {.w = w,
                        .k = k,
                        .fields = o->outer,
                        .inner = o->inner,
                        .key = JSON_FIRST_OUTER,
                        .is_guessing = k->distrust == 0,
                        .takes_lists = o->takes_lists};
    uint64_t lines = w->lines;
    const char *at = *p;
    if (o->inner) o->inner->base = NULL;
    if (k->distrust) k->distrust--;
    if (!has_room(o->outer) || (o->inner && !has_room(o->inner))) return JSON_WALK_ODD;
    bool is_fine = walk_members_best()(&x, &at);
    o->kinds = x.kinds;
    if (x.misses > 8 && x.misses > (o->outer->count + (o->inner ? o->inner->count : 0)) / 2) k->distrust = DISTRUST;
    if (is_fine && at <= w->p + w->index.sound) {
        *p = at;
        return JSON_WALKED;
    }
    w->lines = lines;
    return is_fine ? JSON_WALK_ODD : odd(w, at);
}

/* ---- windows --------------------------------------------------------------------------------------------------------- */
void json_walk_begin(struct json_walk *w, const char *p, size_t n)
{
    w->p = p;
    w->n = n;
    json_index_make(&w->index, p, n);
    w->next = w->index.quotes;
}

void json_walk_to(struct json_walk *w, const char *p)
{
    size_t at = (size_t)(p - w->p);
    while (*w->next < at) w->next++;
}
