#include "kit/json/index_x86.h"

typedef struct {
    __m256i low, high;
} block;

static inline block block_load(const unsigned char *p)
{
    return (block){_mm256_loadu_si256((const __m256i *)(const void *)p),
                   _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))};
}

static inline uint64_t bits_of(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t block_eq(block b, unsigned char c)
{
    __m256i v = _mm256_set1_epi8((char)c);
    return bits_of(_mm256_cmpeq_epi8(b.low, v), _mm256_cmpeq_epi8(b.high, v));
}

static inline uint64_t block_below(block b, unsigned char c)
{
    __m256i top = _mm256_set1_epi8((char)(c - 1));
    return bits_of(_mm256_cmpeq_epi8(_mm256_max_epu8(b.low, top), top),
                   _mm256_cmpeq_epi8(_mm256_max_epu8(b.high, top), top));
}

static inline uint64_t block_high(block b)
{
    return bits_of(b.low, b.high);
}

static inline __m256i escape_class(__m256i v)
{
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(ESCAPE_LOW));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(ESCAPE_HIGH));
    __m256i h = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
    __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(low, v), _mm256_shuffle_epi8(high, h));
    return _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
}

static inline uint64_t block_is_escape(block b)
{
    return ~bits_of(escape_class(b.low), escape_class(b.high));
}

#include "kit/json/index_body.h"

size_t json_index_avx2(struct json_index *x, const unsigned char *p, size_t blocks)
{
    return index_blocks(x, p, blocks);
}
