#include "face/app/engine/readying_book.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/base/hash.h"

enum { SLOTS_FIRST = 64 };

struct entry {
    char tenant_id[GUID_BYTES]; /* empty: the slot is free */
    bool is_known;
    struct wall asked;
    enum readiness_answer isolates;
    bool is_heard;
    enum readiness_check first;
    struct readiness_finding finding; /* of `first` */
};
struct readying_book {
    pthread_mutex_t mutex;
    struct entry *slots; /* a power of two; at most half of them taken */
    size_t size, count;
};

struct readying_book *readying_book_new(void)
{
    struct readying_book *b = calloc(1, sizeof *b);
    if (b) b->slots = calloc(SLOTS_FIRST, sizeof *b->slots);
    if (b == NULL || b->slots == NULL) {
        free(b);
        return NULL;
    }
    b->size = SLOTS_FIRST;
    pthread_mutex_init(&b->mutex, NULL);
    return b;
}

void readying_book_free(struct readying_book *b)
{
    if (b == NULL) return;
    pthread_mutex_destroy(&b->mutex);
    free(b->slots);
    free(b);
}

/* Its entry, or the free slot where it would be. */
static struct entry *slot(struct entry *slots, size_t size, const char *tenant_id)
{
    size_t at = hash64_of(tenant_id, strlen(tenant_id)) & (size - 1);
    while (slots[at].tenant_id[0] && strcmp(slots[at].tenant_id, tenant_id) != 0) at = (at + 1) & (size - 1);
    return &slots[at];
}

/* Without memory for more the book stays as it is, and newcomers are not noted once it is full. */
static bool grow(struct readying_book *b)
{
    if (2 * b->count < b->size) return true;
    struct entry *wider = calloc(2 * b->size, sizeof *wider);
    if (wider == NULL) return b->count + 1 < b->size;
    for (size_t i = 0; i < b->size; i++)
        if (b->slots[i].tenant_id[0]) *slot(wider, 2 * b->size, b->slots[i].tenant_id) = b->slots[i];
    free(b->slots);
    b->slots = wider;
    b->size *= 2;
    return true;
}

void readying_book_note(struct readying_book *b, const char *tenant_id, const struct readiness *found)
{
    pthread_mutex_lock(&b->mutex);
    struct entry *e = grow(b) ? slot(b->slots, b->size, tenant_id) : NULL;
    if (e) {
        b->count += e->tenant_id[0] == '\0';
        *e = (struct entry){.is_known = true,
                            .asked = found->asked,
                            .isolates = found->isolates,
                            .is_heard = found->is_heard,
                            .first = found->first};
        if (found->first < CHECK_COUNT) e->finding = found->checks[found->first];
        (void)snprintf(e->tenant_id, sizeof e->tenant_id, "%s", tenant_id);
    }
    pthread_mutex_unlock(&b->mutex);
}

void readying_book_forget(struct readying_book *b, const char *tenant_id)
{
    pthread_mutex_lock(&b->mutex);
    for (size_t i = 0; tenant_id == NULL && i < b->size; i++) b->slots[i].is_known = false;
    if (tenant_id) slot(b->slots, b->size, tenant_id)->is_known = false;
    pthread_mutex_unlock(&b->mutex);
}

bool readying_book_find(struct readying_book *b, const char *tenant_id, struct readiness *out)
{
    pthread_mutex_lock(&b->mutex);
    const struct entry *e = slot(b->slots, b->size, tenant_id);
    bool is_known = e->tenant_id[0] && e->is_known;
    if (is_known) {
        out->is_brief = true;
        out->asked = e->asked;
        out->isolates = e->isolates;
        out->is_heard = e->is_heard;
        out->first = e->first;
        if (e->first < CHECK_COUNT) out->checks[e->first] = e->finding;
    }
    pthread_mutex_unlock(&b->mutex);
    return is_known;
}
