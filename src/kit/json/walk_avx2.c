#include <immintrin.h>

#include "kit/json/walk_int.h"

static inline uint32_t same32(const void *a, const void *b)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)a), y = _mm256_loadu_si256((const __m256i *)b);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, y));
}

static inline bool same(const char *p, const unsigned char *text, uint64_t mask)
{
    uint64_t equal = same32(p, text) | (uint64_t)same32(p + 32, text + 32) << 32;
    return (~equal & mask) == 0;
}

#define WALK_MEMBERS walk_members_avx2
#include "kit/json/walk_body.h"
