/* Inside the mapping engine: the values of codes. */
#ifndef LOGIC_OCSF_CODE_LEAF_H
#define LOGIC_OCSF_CODE_LEAF_H

#include "logic/ocsf/pen.h"

enum answer { ABSENT, WRITTEN, ASK /* the op is to say */ };

/* Key, value and tail of a leaf (enum leaf_kind), if it is as expected. */
enum answer code_leaf(struct pen *pen, const struct code *c, const struct code_more *more);

/* The brackets and the comma behind a value. */
static inline char *put_tail(char *w, const struct code *c)
{
    static const char tails[2 * CODE_TAIL_MAX] = "}}}}}}},";
    memcpy(w, tails + CODE_TAIL_MAX - c->tail, CODE_TAIL_MAX);
    return w + c->tail;
}

/* The first byte lowest. */
static inline uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Are the first `n` (1 to 8) of the eight bytes here digits? */
static inline bool are_digits(const char *p, size_t n)
{
    static const uint64_t zeros = UINT64_C(0x3030303030303030), above_nine = UINT64_C(0x7676767676767676),
                          tops = UINT64_C(0x8080808080808080);
    uint64_t text = load8(p) ^ zeros; /* a digit's value in its byte, or more than nine */
    return (((text + above_nine) | text) & tops & UINT64_MAX >> (64 - 8 * n)) == 0;
}

#endif
