/* Private to the walk: what its hot loop, which is compiled once per level of SIMD (walk_body.h), shares with the rest. */
#ifndef KIT_JSON_WALK_INT_H
#define KIT_JSON_WALK_INT_H

#include "kit/json/bytes.h"
#include "kit/json/walk.h"

enum {
    JSON_FIRST_OUTER = 1, /* steps */
    JSON_FIRST_INNER = 2,
    JSON_TABLE_BITS = 13,
    JSON_TABLE = 1 << JSON_TABLE_BITS, /* places in the table of the book */
};

struct walking { /* one object */
    struct json_walk *w;
    struct json_keys *k;
    struct json_fields *fields;
    struct json_walk_object *o; /* NULL: this is the inner one */
    uint16_t step;              /* behind which the next key is expected */
    uint16_t key;               /* of the member in hand */
    uint8_t kind;
    bool is_guessing;
    bool is_exact; /* so far, the steps are all the keys there were */
    bool has_too_many_notes;
    unsigned misses;
};

/* Lists the members of the object at *p, moves behind it. False: cut or odd, *p is where. */
typedef bool walk_members_fn(struct walking *x, const char **p);
walk_members_fn walk_members_plain, walk_members_avx2, walk_members_avx512;
walk_members_fn *walk_members_best(void);

/* The key at p was not the one expected: finds its number, kind and step. Gives where the value begins or blanks before it;
 * NULL: no key. */
const char *walk_unexpected_key(struct walking *x, const char *p);
/* A value that is no string. Gives what is behind it; NULL: not for us, *p is where. */
const char *walk_other(struct walking *x, const char **p, uint8_t *type, uint8_t *flags);
/* The member that will be listed next, at that place, is of a kind that means something: gives its flag. */
uint8_t walk_note(struct walking *x, size_t place);

static inline uint64_t load8(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline const char *walk_blanks(struct json_walk *w, const char *p)
{
    const char *end = w->p + w->n;
    while (p < end && json_is_blank(*p)) w->lines += *p++ == '\n';
    return p;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* The first byte of eight that is no digit; 8: all are. */
static inline unsigned digits_of(const char *p)
{
    uint64_t x = load8(p) ^ UINT64_C(0x3030303030303030);
    uint64_t others = ((x & UINT64_C(0x7F7F7F7F7F7F7F7F)) + UINT64_C(0x7676767676767676)) | x;
    others &= UINT64_C(0x8080808080808080);
    if (others == 0) return 8;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (unsigned)__builtin_clzll(others) / 8;
#else
    return (unsigned)__builtin_ctzll(others) / 8;
#endif
}

/* ... of sixteen, without a branch: how many digits a number has is chance. */
static inline unsigned digits_of_sixteen(const char *p)
{
#ifdef __SSE2__
    __m128i x = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));
    unsigned others = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x)) ^ 0x1FFFF;
    return (unsigned)__builtin_ctz(others);
#else
    unsigned n = digits_of(p);
    return n == 8 ? n + digits_of(p + 8) : n;
#endif
}

/* Where the key may be found in the table: by its length, its first eight bytes and the last sixteen. */
static inline uint32_t walk_hash(const char *key, size_t n)
{
    uint64_t h = load8(key) ^ n;
    if (n < 8)
        h = (load8(key) & ((UINT64_C(1) << 8 * n) - 1)) ^ n; /* the bytes that are its own */
    else
        h ^= load8(key + n - 8) * UINT64_C(0x9E3779B97F4A7C15) ^ load8(key + (n < 16 ? 0 : n - 16)) << 21;
    return (uint32_t)(h * UINT64_C(0xD6E8FEB86659FD93) >> (64 - JSON_TABLE_BITS)); /* all bits bear on the highest */
}

#endif
