#include "logic/ocsf/drift.h"

#include <stdlib.h>
#include <string.h>

#include "kit/base/hash.h"

enum {
    FOUND_MAX = 1024,
    SLOTS = 2 * FOUND_MAX,
    SOURCES_MAX = 256,
    OF_ONE_FRAME = DRIFT_KIND_COUNT * (DRIFT_NAMES_MAX + 1)
};
_Static_assert(OF_ONE_FRAME < FOUND_MAX, "what one feed brings has room");

struct drift {
    struct drift_found *found[FOUND_MAX];
    bool is_of_row[FOUND_MAX]; /* noted in the row in progress */
    size_t count;
    uint16_t slots[SLOTS]; /* index + 1; 0: free */
    size_t row[OF_ONE_FRAME], row_count;
    int64_t feed;
    const char *source; /* of sources, or "" */
    char *sources[SOURCES_MAX];
    size_t source_count;
    size_t names[DRIFT_KIND_COUNT]; /* of feed and source */
};

static const char *const kind_names[DRIFT_KIND_COUNT] = {
    [DRIFT_TABLE] = "table", [DRIFT_ACTION] = "action", [DRIFT_COLUMN] = "column",
    [DRIFT_VALUE] = "value", [DRIFT_MISFIT] = "row",    [DRIFT_GONE] = "gone",
};

const char *drift_kind_name(enum drift_kind k)
{
    return kind_names[k];
}

bool drift_kind_named(const char *name, enum drift_kind *out)
{
    for (int k = 0; k < DRIFT_KIND_COUNT; k++) {
        if (strcmp(kind_names[k], name) != 0) continue;
        *out = (enum drift_kind)k;
        return true;
    }
    return false;
}

void drift_text(struct str text, char *out, size_t out_bytes)
{
    size_t n = text.n < out_bytes ? text.n : out_bytes - 1;
    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80) n--;
    for (size_t i = 0; i < n; i++) out[i] = (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7F ? ' ' : text.p[i];
    out[n] = '\0';
}

struct drift *drift_new(void)
{
    struct drift *d = calloc(1, sizeof *d);
    if (d) d->source = "";
    return d;
}

void drift_free(struct drift *d)
{
    if (d == NULL) return;
    for (size_t i = 0; i < d->count; i++) free(d->found[i]);
    for (size_t i = 0; i < d->source_count; i++) free(d->sources[i]);
    free(d);
}

/* ---- whose rows ------------------------------------------------------------------------------------------------------------ */

/* Sources beyond the bound have no name: foreign files may claim any number. */
static const char *kept_source(struct drift *d, struct str source)
{
    char text[DRIFT_NAME_BYTES];
    drift_text(source, text, sizeof text);
    for (size_t i = 0; i < d->source_count; i++)
        if (strcmp(d->sources[i], text) == 0) return d->sources[i];
    if (d->source_count == SOURCES_MAX || (d->sources[d->source_count] = str_dup(str_of(text))) == NULL) return "";
    return d->sources[d->source_count++];
}

void drift_of(struct drift *d, int64_t feed, struct str source)
{
    if (feed == d->feed && str_eq(source, str_of(d->source))) return;
    d->feed = feed;
    d->source = kept_source(d, source);
    memset(d->names, 0, sizeof d->names);
    for (size_t i = 0; i < d->count; i++) {
        const struct drift_found *f = d->found[i];
        bool is_named = f->name[0] || f->value[0];
        d->names[f->kind] += f->feed == feed && f->source == d->source && is_named;
    }
}

/* ---- what was found -------------------------------------------------------------------------------------------------------- */

static bool is_same(const struct drift_found *a, const struct drift_found *b)
{
    return a->feed == b->feed && a->kind == b->kind && a->source == b->source && strcmp(a->name, b->name) == 0 &&
           strcmp(a->value, b->value) == 0;
}

static uint16_t *slot_of(struct drift *d, const struct drift_found *f)
{
    uint64_t h = hash64_of(f->name, strlen(f->name)) * 31 + hash64_of(f->value, strlen(f->value));
    size_t at = (size_t)((h * 31 + (uint64_t)f->feed) * 31 + hash64_of(f->source, strlen(f->source)) + f->kind) % SLOTS;
    while (d->slots[at] && !is_same(d->found[d->slots[at] - 1], f)) at = (at + 1) % SLOTS;
    return &d->slots[at];
}

/* Where it is counted: its own place, or that of all further ones of its kind. SIZE_MAX: nowhere. */
static size_t place_of(struct drift *d, struct drift_found *f)
{
    uint16_t *slot = slot_of(d, f);
    if (*slot) return *slot - 1U;
    if (d->names[f->kind] >= DRIFT_NAMES_MAX) {
        f->name[0] = f->value[0] = '\0';
        slot = slot_of(d, f);
        if (*slot) return *slot - 1U;
    }
    struct drift_found *copy = d->count < FOUND_MAX ? malloc(sizeof *copy) : NULL;
    if (copy == NULL) return SIZE_MAX;
    *copy = *f;
    d->names[f->kind] += f->name[0] || f->value[0];
    d->found[d->count] = copy;
    *slot = (uint16_t)(d->count + 1);
    return d->count++;
}

void drift_note(struct drift *d, enum drift_kind kind, struct str name, struct str value, struct str example)
{
    struct drift_found f = {.feed = d->feed, .source = d->source, .kind = kind};
    drift_text(name, f.name, sizeof f.name);
    drift_text(value, f.value, sizeof f.value);
    size_t at = place_of(d, &f);
    if (at == SIZE_MAX || d->is_of_row[at] || d->row_count == OF_ONE_FRAME) return;
    if (d->found[at]->rows == 0) drift_text(example, d->found[at]->example, sizeof f.example);
    d->is_of_row[at] = true;
    d->row[d->row_count++] = at;
}

void drift_row(struct drift *d, struct wall at)
{
    for (size_t i = 0; i < d->row_count; i++) {
        struct drift_found *f = d->found[d->row[i]];
        d->is_of_row[d->row[i]] = false;
        if (f->rows == 0 || at.ticks < f->since.ticks) f->since = at;
        if (f->rows == 0 || at.ticks > f->last.ticks) f->last = at;
        f->rows++;
    }
    d->row_count = 0;
}

bool drift_is_full(const struct drift *d)
{
    return d->count + OF_ONE_FRAME > FOUND_MAX || d->source_count == SOURCES_MAX;
}

size_t drift_count(const struct drift *d)
{
    return d->count;
}

const struct drift_found *drift_at(const struct drift *d, size_t i)
{
    return d->found[i];
}
