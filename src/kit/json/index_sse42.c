#include "kit/json/index_x86.h"

typedef struct {
    __m128i v[4];
} block;

static inline block block_load(const unsigned char *p)
{
    block b;
    for (int i = 0; i < 4; i++) b.v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    return b;
}

#define BITS(expression)                                                                               \
    uint64_t bits = 0;                                                                                 \
    for (int i = 0; i < 4; i++) bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(expression) << (16 * i); \
    return bits

static inline uint64_t block_eq(block b, unsigned char c)
{
    BITS(_mm_cmpeq_epi8(b.v[i], _mm_set1_epi8((char)c)));
}

static inline uint64_t block_below(block b, unsigned char c)
{
    __m128i top = _mm_set1_epi8((char)(c - 1));
    BITS(_mm_cmpeq_epi8(_mm_max_epu8(b.v[i], top), top));
}

static inline uint64_t block_high(block b)
{
    BITS(b.v[i]);
}

static inline uint64_t block_is_escape(block b)
{
    const __m128i low = _mm_setr_epi8(ESCAPE_LOW), high = _mm_setr_epi8(ESCAPE_HIGH), half = _mm_set1_epi8(15);
    const __m128i none = _mm_setzero_si128();
    uint64_t bits = 0;
    for (int i = 0; i < 4; i++) {
        __m128i h = _mm_and_si128(_mm_srli_epi16(b.v[i], 4), half);
        __m128i both = _mm_and_si128(_mm_shuffle_epi8(low, b.v[i]), _mm_shuffle_epi8(high, h));
        bits |= (uint64_t)((uint32_t)~_mm_movemask_epi8(_mm_cmpeq_epi8(both, none)) & 0xFFFF) << (16 * i);
    }
    return bits;
}

#include "kit/json/index_body.h"

size_t json_index_sse42(struct json_index *x, const unsigned char *p, size_t blocks)
{
    return index_blocks(x, p, blocks);
}
