#include <immintrin.h>

#include "kit/json/index_int.h"

typedef __m512i block;

static inline block block_load(const unsigned char *p)
{
    return _mm512_loadu_si512(p);
}

static inline uint64_t block_eq(block b, unsigned char c)
{
    return _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8((char)c));
}

static inline uint64_t block_below(block b, unsigned char c)
{
    return _mm512_cmplt_epu8_mask(b, _mm512_set1_epi8((char)c));
}

/* Each letter stands in the table where its low seven bits lead. */
static const unsigned char escapes[128] = {
    [0] = 1,     ['"'] = '"', ['/'] = '/', ['\\'] = '\\', ['b'] = 'b',
    ['f'] = 'f', ['n'] = 'n', ['r'] = 'r', ['t'] = 't',   ['u'] = 'u',
};

static inline uint64_t block_high(block b)
{
    return _mm512_movepi8_mask(b);
}

static inline uint64_t block_is_escape(block b)
{
    __m512i found = _mm512_permutex2var_epi8(_mm512_loadu_si512(escapes), b, _mm512_loadu_si512(escapes + 64));
    return _mm512_cmpeq_epi8_mask(found, b);
}

static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

static inline __m512i sixteen(__m128i offsets, __m512i at)
{
    return _mm512_add_epi32(_mm512_cvtepu8_epi32(offsets), at);
}

static inline uint32_t *put_entries(uint32_t *out, uint32_t at, uint64_t bits)
{
#define FOUR(i) 4 * (i), 4 * ((i) + 1), 4 * ((i) + 2), 4 * ((i) + 3)
#define SIXTEEN(i) FOUR(i), FOUR((i) + 4), FOUR((i) + 8), FOUR((i) + 12)
    static const unsigned char offsets_of[64] = {SIXTEEN(0), SIXTEEN(16), SIXTEEN(32), SIXTEEN(48)}; /* as in entries */
    int count = __builtin_popcountll(bits);
    __m512i base = _mm512_set1_epi32((int)(at << JSON_ENTRY_SHIFT));
    __m512i offsets = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(offsets_of));
    _mm512_storeu_si512(out, sixteen(_mm512_castsi512_si128(offsets), base));
    if (count > 16) {
        _mm512_storeu_si512(out + 16, sixteen(_mm512_extracti32x4_epi32(offsets, 1), base));
        _mm512_storeu_si512(out + 32, sixteen(_mm512_extracti32x4_epi32(offsets, 2), base));
        _mm512_storeu_si512(out + 48, sixteen(_mm512_extracti32x4_epi32(offsets, 3), base));
    }
    return out + count;
}

#include "kit/json/index_body.h"

size_t json_index_avx512(struct json_index *x, const unsigned char *p, size_t blocks)
{
    return index_blocks(x, p, blocks);
}
