#include "kit/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES_MIN = 4 << 10, BLOCK_BYTES_MAX = 64 << 10 };

struct arena_block {
    struct arena_block *next;
    size_t cap;
    size_t n;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void free_blocks(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_done(struct arena *a)
{
    free_blocks(a->blocks);
    a->blocks = NULL;
    a->used = 0;
}

void arena_reset(struct arena *a)
{
    if (a->blocks && a->blocks->next) { /* it takes more than a block has: the next one will do */
        a->usual = a->used;
        free_blocks(a->blocks);
        a->blocks = NULL;
    }
    if (a->blocks) a->blocks->n = 0;
    a->used = 0;
}

/* As much as was needed the last time, or a sixteenth of what there is: what is small stays small, and little is left over. */
static size_t usual_block(const struct arena *a)
{
    size_t cap = a->used / 16 > a->usual ? a->used / 16 : a->usual;
    if (cap < BLOCK_BYTES_MIN) return BLOCK_BYTES_MIN;
    return cap > BLOCK_BYTES_MAX ? BLOCK_BYTES_MAX : cap;
}

/* With room for n bytes; what takes most of a block gets its own, behind the first, in which there is room left for others. */
static struct arena_block *add_block(struct arena *a, size_t n)
{
    size_t usual = usual_block(a);
    bool is_own = a->blocks && n > usual / 2;
    size_t cap = is_own || n > usual ? n : usual;
    struct arena_block *b = malloc(sizeof *b + cap + ARENA_SLACK);
    if (b == NULL) return NULL;
    struct arena_block **at = is_own ? &a->blocks->next : &a->blocks;
    b->next = *at;
    b->cap = cap;
    b->n = 0;
    *at = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    if (n > SIZE_MAX - align) return NULL;
    n = (n + align - 1) & ~(align - 1);
    if (n > a->max || a->used > a->max - n) return NULL;
    struct arena_block *b = a->blocks;
    if ((b == NULL || b->cap - b->n < n) && (b = add_block(a, n)) == NULL) return NULL;
    void *p = b->bytes + b->n;
    b->n += n;
    a->used += n;
    memset(p, 0, n);
    return p;
}

char *arena_copy(struct arena *a, const void *p, size_t n)
{
    char *copy = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
    if (copy && n) memcpy(copy, p, n);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *copy = arena_copy(a, s.p, s.n);
    return (struct str){copy, copy ? s.n : 0};
}
