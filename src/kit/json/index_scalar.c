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

static inline uint64_t block_high(block b)
{
    return ~block_below(b, 0x80);
}

static inline uint64_t block_is_escape(block b)
{
    uint64_t bits = 0;
    for (const char *c = "\"\\/bfnrtu"; *c; c++) bits |= block_eq(b, (unsigned char)*c);
    return bits;
}

static inline uint64_t prefix_xor(uint64_t bits)
{
    for (unsigned by = 1; by < 64; by *= 2) bits ^= bits << by;
    return bits;
}

static inline uint32_t *put_positions(uint32_t *out, uint32_t at, uint64_t bits)
{
    for (; bits; bits &= bits - 1) *out++ = at + (uint32_t)__builtin_ctzll(bits);
    return out;
}

#include "kit/json/index_body.h"

size_t json_index_scalar(struct json_index *x, const unsigned char *p, size_t blocks)
{
    return index_blocks(x, p, blocks);
}
