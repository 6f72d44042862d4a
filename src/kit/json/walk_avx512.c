#include <immintrin.h>

#include "kit/json/walk_int.h"

static inline bool same(const char *p, const unsigned char *text, uint64_t mask)
{
    return _mm512_mask_cmpneq_epi8_mask(mask, _mm512_loadu_si512(p), _mm512_loadu_si512(text)) == 0;
}

#define WALK_MEMBERS walk_members_avx512
#include "kit/json/walk_body.h"
