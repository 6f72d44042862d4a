/* Byte by byte: what the other levels are compared with, and where nothing else is. */
#include "kit/json/index_int.h"

typedef const unsigned char *block;

static inline block block_load(const unsigned char *p)
{
    return p;
}

static inline uint64_t block_eq(block b, unsigned char c)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < JSON_BLOCK; i++) bits |= (uint64_t)(b[i] == c) << i;
    return bits;
}

static inline uint64_t block_below(block b, unsigned char c)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < JSON_BLOCK; i++) bits |= (uint64_t)(b[i] < c) << i;
    return bits;
}

#include "kit/json/index_portable.h"

#include "kit/json/index_body.h"

size_t json_index_scalar(struct json_index *x, const unsigned char *p, size_t blocks)
{
    return index_blocks(x, p, blocks);
}
