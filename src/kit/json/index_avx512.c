/* AVX-512. Five of six blocks hold nothing but plain text and quotes: these get no more than their entries. The others are looked at
 * closely: backslashes, control characters, bytes beyond ASCII. */
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

static inline uint64_t block_high(block b)
{
    return _mm512_movepi8_mask(b);
}

static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#include "kit/json/index_checks.h"

struct passing {
    const unsigned char *p;
    size_t blocks, bad;   /* of the window; the first in which something is wrong */
    uint64_t open_escape; /* 1: the next byte is escaped */
    uint64_t has_escape;  /* 1: the string that goes on behind the block has one; so has_odd */
    uint64_t has_odd;
};

/* Each letter stands in the table where its low seven bits lead. */
static const unsigned char escapes[128] = {
    [0] = 1,     ['"'] = '"', ['/'] = '/', ['\\'] = '\\', ['b'] = 'b',
    ['f'] = 'f', ['n'] = 'n', ['r'] = 'r', ['t'] = 't',   ['u'] = 'u',
};

static inline uint64_t is_escape(block b)
{
    __m512i found = _mm512_permutex2var_epi8(_mm512_loadu_si512(escapes), b, _mm512_loadu_si512(escapes + 64));
    return _mm512_cmpeq_epi8_mask(found, b);
}

static inline __m512i sixteen(__m128i offsets, __m512i at)
{
    return _mm512_add_epi32(_mm512_cvtepu8_epi32(offsets), at);
}

#define FOUR(i) 4 * (i), 4 * ((i) + 1), 4 * ((i) + 2), 4 * ((i) + 3)
#define SIXTEEN(i) FOUR(i), FOUR((i) + 4), FOUR((i) + 8), FOUR((i) + 12)
static const unsigned char offsets_of[JSON_BLOCK] = {SIXTEEN(0), SIXTEEN(16), SIXTEEN(32),
                                                     SIXTEEN(48)}; /* as in entries */

/* Entries of the quotes: `offsets` as in offsets_of, with their flags. As many as there are; writes up to 64. */
static inline uint32_t *put_entries(uint32_t *out, size_t at, uint64_t quotes, __m512i offsets)
{
    int count = __builtin_popcountll(quotes);
    __m512i base = _mm512_set1_epi32((int)(at << JSON_ENTRY_SHIFT));
    offsets = _mm512_maskz_compress_epi8(quotes, offsets);
    _mm512_storeu_si512(out, sixteen(_mm512_castsi512_si128(offsets), base));
    if (__builtin_expect(count > 16, 0)) {
        _mm512_storeu_si512(out + 16, sixteen(_mm512_extracti32x4_epi32(offsets, 1), base));
        _mm512_storeu_si512(out + 32, sixteen(_mm512_extracti32x4_epi32(offsets, 2), base));
        _mm512_storeu_si512(out + 48, sixteen(_mm512_extracti32x4_epi32(offsets, 3), base));
    }
    return out + count;
}

static inline void note_bad(struct passing *x, size_t i)
{
    if (i < x->bad) x->bad = i;
}

/* The four digits behind each of these letters. */
static void look_at_hex(struct passing *x, size_t at, uint64_t letters)
{
    for (; letters; letters &= letters - 1) {
        size_t digit = at + (size_t)__builtin_ctzll(letters) + 1;
        for (size_t end = digit + 4; digit < end; digit++) {
            unsigned char d = x->p[digit], lower = d | 0x20;
            if ((unsigned char)(d - '0') > 9 && (unsigned char)(lower - 'a') > 5) note_bad(x, digit / JSON_BLOCK);
        }
    }
}

/* A block with control characters, or bytes beyond ASCII; what it leaves open is looked at in the next at once, which may be plain. */
static void look_at_characters(struct passing *x, size_t i, block b, uint64_t inside)
{
    struct carry c = {0};
    uint64_t high = block_high(b);
    if (block_below(b, ' ') & inside) note_bad(x, i);
    if (high == 0) return;
    if (i) {
        block before = block_load(x->p + (i - 1) * JSON_BLOCK);
        uint64_t high_before = block_high(before);
        if (high_before >> (JSON_BLOCK - 3)) (void)utf8_errors(before, high_before, &c);
    }
    if (utf8_errors(b, high, &c)) note_bad(x, i);
    if (c.tail == 0 || i + 1 >= x->blocks) return;
    block next = block_load(x->p + (i + 1) * JSON_BLOCK);
    if (utf8_errors(next, block_high(next), &c)) note_bad(x, i + 1);
}

/* What backslashes do in a block: checks the escapes, takes the escaped quotes away, flags those that end a string with some. */
static inline uint64_t look_at_escapes(struct passing *x, size_t i, block b, uint64_t slashes, uint64_t quotes,
                                       uint64_t in_string, __m512i *offsets)
{
    uint64_t escaped = escaped_bytes(slashes, &x->open_escape);
    quotes &= ~escaped;
    uint64_t inside = prefix_xor(quotes) ^ in_string, ends = quotes & ~inside;
    escaped &= inside;
    uint64_t u = escaped & block_eq(b, 'u'), odd = u | (escaped & block_eq(b, '/'));
    if (escaped & ~is_escape(b)) note_bad(x, i);
    if (u) look_at_hex(x, i * JSON_BLOCK, u);
    uint64_t with = ends_of(slashes, inside, ends, &x->has_escape), with_odd = ends_of(odd, inside, ends, &x->has_odd);
    *offsets = _mm512_mask_add_epi8(*offsets, with, *offsets, _mm512_set1_epi8(JSON_ENTRY_ESCAPED));
    *offsets = _mm512_mask_add_epi8(*offsets, with_odd, *offsets, _mm512_set1_epi8(JSON_ENTRY_ODD));
    return quotes;
}

size_t json_index_avx512(struct json_index *x, const unsigned char *p, size_t blocks)
{
    struct passing passing = {.p = p, .blocks = blocks, .bad = blocks};
    uint32_t *entries = x->quotes, *out = entries;
    for (size_t i = 0; i < blocks; i++) {
        block b = block_load(p + i * JSON_BLOCK);
        __builtin_prefetch(p + i * JSON_BLOCK + PREFETCH_BYTES);
        __m512i offsets = _mm512_loadu_si512(offsets_of);
        uint64_t slashes = block_eq(b, '\\'), quotes = block_eq(b, '"');
        uint64_t others = _mm512_cmplt_epi8_mask(b, _mm512_set1_epi8(' ')); /* signed: those beyond ASCII, too */
        uint64_t in_string = (uint64_t)0 - ((size_t)(out - entries) & 1);   /* strings are pairs of entries */
        if (slashes | passing.open_escape | passing.has_escape)
            quotes = look_at_escapes(&passing, i, b, slashes, quotes, in_string, &offsets);
        if (others) look_at_characters(&passing, i, b, prefix_xor(quotes) ^ in_string);
        out = put_entries(out, i * JSON_BLOCK, quotes, offsets);
    }
    x->count = (size_t)(out - entries);
    return passing.bad;
}
