/* Inside the mapping engine: canonical forms of values, which identities are made of (identity.c). */
#ifndef LOGIC_OCSF_CANONICAL_H
#define LOGIC_OCSF_CANONICAL_H

#include "kit/json/outline.h"
#include "logic/ocsf/codes/pen.h"

enum {
    CANONICAL_DEPTH_MAX = 200, /* of containers and texts inside texts together */
    MARK_BYTES = 5,            /* a kind and a length */
    NUMBER_BYTES_MAX = 64,
};

/* What a text may be by its first byte. */
enum { ANY_TEXT, A_NUMBER, A_BOOL, AN_ESCAPE, ANYTHING };
extern const unsigned char canonical_first[256];

static inline char *put_mark(char *w, char kind, size_t n)
{
    uint32_t length = (uint32_t)n; /* as it lies in memory, see lanes.c */
    *w = kind;
    memcpy(w + 1, &length, sizeof length);
    return w + MARK_BYTES;
}

static inline bool has_room(struct map_scratch *s, size_t n)
{
    return s->text.n + n + STRIDE <= s->text.cap || buf_reserve(&s->text, n + STRIDE);
}

static inline void add_word(struct map_scratch *s, uint64_t word)
{
    if (!has_room(s, sizeof word)) return;
    memcpy(s->text.p + s->text.n, &word, sizeof word);
    s->text.n += sizeof word;
}

static inline size_t digits_at(struct str text, size_t at)
{
    size_t n = 0;
    while (at + n < text.n && text.p[at + n] >= '0' && text.p[at + n] <= '9') n++;
    return n;
}

/* How many digits 16 bytes begin with. */
static inline unsigned leading_digits(const char *p)
{
    static const uint64_t high = UINT64_C(0xF0F0F0F0F0F0F0F0), zeros = UINT64_C(0x3030303030303030),
                          six = UINT64_C(0x0606060606060606);
    for (unsigned at = 0; at < 16; at += 8) {
        uint64_t word;
        memcpy(&word, p + at, sizeof word);
        uint64_t others = ((word & high) ^ zeros) | (((word & ~high) + six) & high);
        if (others) return at + (unsigned)__builtin_ctzll(others) / 8;
    }
    return 16;
}

/* Behind a digit or '-': what is neither a time nor a number with a point, nor -0, is hashed as it stands. */
static inline bool stands_as_it_is(struct str text)
{
    bool has_sign = text.p[0] == '-'; /* NOLINT(clang-analyzer-core.NullDereference): only of what is there */
    size_t digits = leading_digits(text.p + has_sign) + has_sign;
    if (UNLIKELY(digits >= 16)) digits += digits_at(text, digits);
    if (digits >= text.n) return !has_sign || text.n > 2;
    if (text.p[digits] != '.') return text.n < 19 || digits != 4 || text.p[digits] != '-';
    size_t end = digits + 1 + digits_at(text, digits + 1); /* of 16.0, or of an address or a version */
    return end < text.n && (text.p[end] | 0x20) != 'e';
}

enum { PAIRS_MAX = 16 };
struct pair {
    struct str key, value;
    enum json_type type;
    size_t order; /* of doubles the last one counts */
};
struct pairs { /* the members of an object; few at first, in the room of whoever asks */
    struct pair few[PAIRS_MAX], *all;
    size_t count;
};
void canonical_members(struct map_scratch *s, struct str raw, struct pairs *p); /* sorted by name */

/* All of these append to s->text. */
void canonical_sized(struct map_scratch *s, char kind, struct str text);
void canonical_ticks(struct map_scratch *s, char kind, struct wall t);
/* A value; false: it is nothing, and nothing was appended. */
bool canonical_value(struct map_scratch *s, struct str raw, enum json_type type, unsigned depth);
/* ... one that has been listed: the node and all in it. */
bool canonical_node(struct map_scratch *s, const struct json_outline *o, const struct json_node *n, unsigned depth);

#endif
