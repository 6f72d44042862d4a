#include "kit/json/walk_int.h"

#include <stdlib.h>

enum {
    DEPTH_MAX = 100,   /* of a value: deeper ones are the machine's */
    NEAR_END = 32,     /* a word or number this near to the window's end may be cut by it */
    PROBES_MAX = 16,   /* a sender who makes keys collide makes himself slow, not us */
    STEPS_MAX = 8192,  /* of the tree */
    PARTINGS_MAX = 64, /* keys kept in one place of it */
    LOST_MAX = 256,    /* objects that find no place, before the tree is begun anew */
    TRUST_MAX = 16,    /* objects: as many new orders in a row are learned */
    REST_MIN = 32,     /* objects without guesses; twice as many the next time */
    REST_MAX = 1024,
};

/* ---- small things ---------------------------------------------------------------------------------------------------- */
/* Cut by the end of the window, as far as one can tell, or odd. */
static enum json_walked odd(const struct json_walk *w, const char *p)
{
    bool is_near_end = p + NEAR_END > w->p + w->n || json_entry_at(w->next[3]) >= w->n; /* a member has four quotes */
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

static const char *literal_end(const char *p)
{
    if (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0) return p + 4;
    return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */
static const char *string_end(struct json_walk *w)
{
    uint32_t end = json_entry_at(w->next[1]);
    if (end >= w->n) return NULL;
    w->next += 2;
    return w->p + end + 1;
}

static const char *scalar_end(struct json_walk *w, const char *p)
{
    if (*p == '"') return string_end(w);
    if (*p == '-' || is_digit(*p)) return number_end(w, p);
    return literal_end(p);
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
/* The tree of orders begins: with nothing behind its two starts. */
static void forget_orders(struct json_keys *k)
{
    for (unsigned i = 0; i <= JSON_FIRST_INNER; i++)
        k->steps[i] = (struct json_step){.mask = UINT64_MAX, .expected = k->steps};
    memset(k->steps[0].text, 0xFF, sizeof k->steps[0].text); /* no text of the input is that */
    for (size_t i = 0; i < k->count; i++) k->items[i].home = 0;
    k->step_count = JSON_FIRST_INNER + 1;
    k->lost = 0;
    k->epoch = k->epoch == UINT16_MAX ? 1 : k->epoch + 1;
}

bool json_keys_init(struct json_keys *k)
{
    k->table = calloc(JSON_TABLE, sizeof *k->table);
    k->texts = aligned_alloc(JSON_KEY_TEXT, JSON_KEYS_MAX * sizeof *k->texts); /* these are touched as keys come */
    k->items = malloc(JSON_KEYS_MAX * sizeof *k->items);
    k->steps = aligned_alloc(JSON_KEY_TEXT, STEPS_MAX * sizeof *k->steps);
    if (k->table == NULL || k->texts == NULL || k->items == NULL || k->steps == NULL) {
        json_keys_done(k);
        return false;
    }
    memset(k->texts[0], 0xFF, sizeof k->texts[0]); /* no text of the input is that */
    k->items[0] = (struct json_key){.mask = UINT64_MAX};
    k->count = 1;
    k->trust = TRUST_MAX;
    k->rest = REST_MIN;
    forget_orders(k);
    return true;
}

void json_keys_done(struct json_keys *k)
{
    free(k->texts);
    free(k->items);
    free(k->steps);
    free(k->table);
    k->texts = NULL;
    k->items = NULL;
    k->steps = NULL;
    k->table = NULL;
}

static uint16_t add_key(struct json_keys *k, const char *p, size_t n)
{
    unsigned char *text = k->texts[k->count];
    struct json_key *key = &k->items[k->count];
    memset(text, 0, sizeof k->texts[0]);
    memcpy(text, p, n + 2);
    text[n + 2] = ':';
    *key = (struct json_key){.mask = UINT64_MAX >> (JSON_KEY_TEXT - (n + 3)),
                             .bytes = (uint8_t)(n + 3),
                             .kind = k->kind_of(k->ctx, (struct str){p + 1, n})};
    return (uint16_t)k->count++;
}

/* The number of the key that stands at p, n bytes between its quotes; it is added if it is new. JSON_NO_KEY: not kept. */
static uint16_t find_key(struct json_keys *k, const char *p, size_t n, bool is_plain)
{
    if (n > JSON_KEY_TEXT - 3) return JSON_NO_KEY;
    uint32_t h = walk_hash(p + 1, n);
    for (unsigned probe = 0; probe < PROBES_MAX; probe++, h = (h + 1) & (JSON_TABLE - 1)) {
        uint16_t key = k->table[h];
        if (key && k->items[key].bytes == n + 3 && memcmp(p, k->texts[key], n + 2) == 0) return key;
        if (key) continue;
        if (!is_plain || k->count == JSON_KEYS_MAX) break;
        return k->table[h] = add_key(k, p, n);
    }
    return JSON_NO_KEY;
}

/* From the step of `x`, with this key: the step that was learned, or is now. Where nothing can be, the order goes on at the
 * first place the key had. */
static uint16_t step_with(struct walking *x, uint16_t key)
{
    struct json_keys *k = x->k;
    uint16_t *link = &k->steps[x->step].next;
    unsigned partings = 0;
    if (key == JSON_NO_KEY || x->step == 0) {
        x->is_exact = false;
        return key == JSON_NO_KEY ? 0 : k->items[key].home;
    }
    for (; *link && partings < PARTINGS_MAX; partings++, link = &k->steps[*link].other)
        if (k->steps[*link].key == key) return *link;
    const struct json_key *item = &k->items[key];
    if (!x->is_exact || partings == PARTINGS_MAX || k->step_count == STEPS_MAX) {
        x->is_exact = false;
        return item->home;
    }
    uint16_t step = (uint16_t)k->step_count++;
    k->steps[step] = (struct json_step){.mask = item->mask,
                                        .rest = json_field_rest(key, JSON_STRING, JSON_TIGHT),
                                        .expected = k->steps,
                                        .key = key,
                                        .bytes = item->bytes,
                                        .kind = item->kind};
    memcpy(k->steps[step].text, k->texts[key], sizeof k->texts[key]);
    if (item->home == 0) k->items[key].home = step;
    if (partings == 0) k->steps[x->step].expected = &k->steps[step];
    return *link = step;
}

/* ---- objects --------------------------------------------------------------------------------------------------------- */
const char *walk_unexpected_key(struct walking *x, const char *p)
{
    struct json_walk *w = x->w;
    uint32_t open = w->next[0], close = w->next[1];
    size_t n = json_entry_at(close) - json_entry_at(open) - 1;
    x->key = find_key(x->k, p, n, !(close & JSON_ENTRY_ESCAPED));
    x->kind = x->key != JSON_NO_KEY ? x->k->items[x->key].kind : x->k->kind_of(x->k->ctx, (struct str){p + 1, n});
    if (x->is_guessing) {
        x->misses++;
        x->step = step_with(x, x->key);
    }
    p = w->p + json_entry_at(close) + 1;
    if (*p != ':') p = walk_blanks(w, p);
    return *p == ':' ? p + 1 : NULL;
}

uint8_t walk_note(struct walking *x, size_t place)
{
    if (x->kind >= x->k->noted && x->o) {
        bool is_full = x->o->note_count == JSON_NOTES_MAX || place > UINT16_MAX;
        if (!is_full) x->o->notes[x->o->note_count++] = (struct json_note){(uint16_t)place, x->kind};
        x->has_too_many_notes |= is_full;
    }
    return x->kind <= x->k->apart ? JSON_APART : 0;
}

static void set_track(struct walking *x)
{
    bool is_exact = x->is_guessing && x->is_exact;
    x->fields->track = is_exact ? (uint32_t)x->k->epoch << 16 | x->step : 0;
    x->k->lost += x->is_guessing && !is_exact;
}

/* A row ends; is guessing worth it? */
static void judge_guesses(struct json_keys *k, unsigned misses, size_t members)
{
    if (misses <= 8 || misses <= members / 2) {
        k->trust += k->trust < TRUST_MAX;
        k->rest = REST_MIN;
    } else if (--k->trust == 0) {
        k->trust = 1;
        k->distrust = k->rest;
        k->rest = k->rest < REST_MAX ? 2 * k->rest : REST_MAX;
    }
}

static bool walk_inner(struct walking *x, const char **p)
{
    struct walking inner = {.w = x->w,
                            .k = x->k,
                            .fields = x->o->inner,
                            .step = JSON_FIRST_INNER,
                            .is_guessing = x->is_guessing,
                            .is_exact = true};
    bool is_fine = walk_members_best()(&inner, p);
    if (is_fine) set_track(&inner);
    x->misses += inner.misses;
    return is_fine;
}

const char *walk_other(struct walking *x, const char **p, uint8_t *type, uint8_t *flags)
{
    const char *at = *p;
    bool is_object = *at == '{';
    if (*at == '-' || is_digit(*at)) {
        *type = JSON_NUMBER;
        return number_end(x->w, at);
    }
    if (!is_object && *at != '[') return NULL;
    *type = is_object ? JSON_OBJECT : JSON_ARRAY;
    if (!is_object && x->kind && x->kind == x->k->list && x->o && !x->o->takes_lists) return NULL;
    bool is_inner = is_object && x->o && x->o->inner && x->kind && x->kind == x->k->inner;
    uint8_t seen = 0;
    if (!(is_inner ? walk_inner(x, p) : walk_container(x->w, p, &seen))) return NULL;
    if (is_inner && x->o->inner->count == 0) seen = JSON_BLANK;
    *flags |= seen;
    return *p;
}

/* For as many members as the window may have: each has two quotes at least. So the loop need not ask; what it does not fill is never touched. */
static bool has_room(struct json_fields *f, const struct json_walk *w)
{
    while (f->cap <= w->index.count / 2) {
        if (!json_fields_grow(f)) return false;
    }
    return true;
}

enum json_walked json_walk_object(struct json_walk *w, struct json_keys *k, const char **p, struct json_walk_object *o)
{
    if (k->lost >= LOST_MAX) forget_orders(k);
    struct walking x = {.w = w,
                        .k = k,
                        .fields = o->outer,
                        .o = o,
                        .step = JSON_FIRST_OUTER,
                        .is_guessing = k->distrust == 0,
                        .is_exact = true};
    uint64_t lines = w->lines;
    const char *at = *p;
    o->note_count = 0;
    if (o->inner) o->inner->base = NULL;
    if (k->distrust) k->distrust--;
    if (!has_room(o->outer, w) || (o->inner && !has_room(o->inner, w))) return JSON_WALK_ODD;
    bool is_fine = walk_members_best()(&x, &at);
    if (is_fine) set_track(&x);
    if (is_fine && x.is_guessing) judge_guesses(k, x.misses, o->outer->count + (o->inner ? o->inner->count : 0));
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
    while (json_entry_at(*w->next) < at) w->next++;
}
