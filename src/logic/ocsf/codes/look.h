/* Inside the mapping engine: a short text judged in one look. It says yes or nothing: what is not plainly right is for
 * schema_pattern_matches, which goes byte by byte. STRIDE bytes may be read from where the text begins. */
#ifndef LOGIC_OCSF_LOOK_H
#define LOGIC_OCSF_LOOK_H

#include "logic/ocsf/check/schema_int.h"

#ifdef __AVX2__
#include <immintrin.h>

enum { LOOK_MAX = 64 };
struct look { /* a bit for each byte */
    uint64_t letters, hyphens, dots, underscores, ats;
};

#ifdef __AVX512BW__
static inline uint64_t look_eq(__m512i b, char c)
{
    return _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8(c));
}

static inline struct look look_at(const char *p)
{
    __m512i b = _mm512_loadu_si512(p), letter = _mm512_or_si512(b, _mm512_set1_epi8(0x20));
    __m512i from_a = _mm512_sub_epi8(letter, _mm512_set1_epi8('a')), from_0 = _mm512_sub_epi8(b, _mm512_set1_epi8('0'));
    uint64_t letters =
        _mm512_cmplt_epu8_mask(from_a, _mm512_set1_epi8(26)) | _mm512_cmplt_epu8_mask(from_0, _mm512_set1_epi8(10));
    return (struct look){letters, look_eq(b, '-'), look_eq(b, '.'), look_eq(b, '_'), look_eq(b, '@')};
}
#else
static inline uint64_t look_bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline __m256i look_letters(__m256i b)
{
    __m256i from_a = _mm256_sub_epi8(_mm256_or_si256(b, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
    __m256i from_0 = _mm256_sub_epi8(b, _mm256_set1_epi8('0'));
    return _mm256_or_si256(_mm256_cmpeq_epi8(from_a, _mm256_min_epu8(from_a, _mm256_set1_epi8(25))),
                           _mm256_cmpeq_epi8(from_0, _mm256_min_epu8(from_0, _mm256_set1_epi8(9))));
}

static inline struct look look_at(const char *p)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
#define LOOK_EQ(c) look_bits(_mm256_cmpeq_epi8(low, _mm256_set1_epi8(c)), _mm256_cmpeq_epi8(high, _mm256_set1_epi8(c)))
    return (struct look){look_bits(look_letters(low), look_letters(high)), LOOK_EQ('-'), LOOK_EQ('.'), LOOK_EQ('_'),
                         LOOK_EQ('@')};
#undef LOOK_EQ
}
#endif

/* Letters and digits, single hyphens and dots between them. */
static inline bool look_is_hostname(struct look l, uint64_t all)
{
    uint64_t between = (l.hyphens | l.dots) & all, ends = (all & ~(all >> 1)) | 1;
    return ((l.letters | between) & all) == all && (between & (between << 1 | ends)) == 0;
}

/* One @ with something in front of it; behind it a dot that neither begins nor ends the domain. */
static inline bool look_is_email(struct look l, uint64_t all)
{
    uint64_t at = l.ats & all, name = at - 1, domain = all & ~(name | at), dot = l.dots & domain & -(l.dots & domain);
    uint64_t known = l.letters | l.hyphens | l.dots | at | (l.underscores & name);
    return at > 1 && (at & name) == 0 && (known & all) == all && (dot & ~(at << 1)) && dot << 1 & all;
}

static inline bool look_matches(enum schema_pattern pattern, struct str text)
{
    if (text.n - 1 >= LOOK_MAX) return false;
    uint64_t all = UINT64_MAX >> (LOOK_MAX - text.n);
    if (pattern == PATTERN_HOSTNAME) return look_is_hostname(look_at(text.p), all);
    return pattern == PATTERN_EMAIL && look_is_email(look_at(text.p), all);
}
#else
static inline bool look_matches(enum schema_pattern pattern, struct str text)
{
    (void)pattern, (void)text;
    return false;
}
#endif

#endif
