/* What AVX2 and SSE4.2 share. */
#include <immintrin.h>

#include "kit/json/index_int.h"

/* An escape letter has one of four high halves, and each low half says with which of them it is one. */
#define ESCAPE_LOW 0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1
#define ESCAPE_HIGH 0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0

static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Eight at a time, whether there are as many or not: most blocks have fewer. */
static inline uint32_t *put_entries(uint32_t *out, uint32_t at, uint64_t bits)
{
    int count = __builtin_popcountll(bits);
    for (int done = 0; done < count; done += 8) {
        for (int i = 0; i < 8; i++) {
            out[done + i] = (at + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63)) << JSON_ENTRY_SHIFT;
            bits &= bits - 1;
        }
    }
    return out + count;
}
