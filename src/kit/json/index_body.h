/* The index pass, once for all levels. The file that includes this has defined, for 64 bytes at a time:
 *
 *   block                       64 bytes in registers
 *   block_load(p)
 *   block_eq(b, c)              bit per byte: equal to c
 *   block_high(b)               bit per byte: not ASCII
 *   block_below(b, c)           bit per byte: less than c, unsigned
 *   block_is_escape(b)          bit per byte: one of "\/bfnrtu
 *   prefix_xor(bits)            bit i: parity of the bits up to and with i
 *   put_entries(out, at, bits)  writes the entry of at + i for each bit set; may write up to 64; gives the next free one */
#include "kit/json/index_checks.h"

struct marks { /* of a block: bits at closing quotes */
    uint64_t escaped, odd;
};

/* \u and its four digits. */
static inline uint64_t hex_errors(block b, uint64_t u, struct carry *c)
{
    uint64_t want = u << 1 | u << 2 | u << 3 | u << 4 | c->hex;
    uint64_t digits = block_below(b, '9' + 1) & ~block_below(b, '0');
    uint64_t upper = block_below(b, 'F' + 1) & ~block_below(b, 'A');
    uint64_t lower = block_below(b, 'f' + 1) & ~block_below(b, 'a');
    c->hex = u >> 63 | u >> 62 | u >> 61 | u >> 60;
    return want & ~(digits | upper | lower);
}

/* The entries of these quotes have been written at `out`: those of strings with a backslash are marked. */
static inline void mark_entries(uint32_t *out, uint64_t quotes, struct marks marks)
{
    for (uint64_t left = marks.escaped; left; left &= left - 1) {
        uint64_t bit = left & -left;
        out[__builtin_popcountll(quotes & (bit - 1))] |= JSON_ENTRY_ESCAPED | (marks.odd & bit ? JSON_ENTRY_ODD : 0);
    }
}

/* What backslashes do in this block; takes the escaped quotes out of `quotes`. */
static inline uint64_t read_escapes(struct marks *marks, struct carry *c, block b, uint64_t slashes, uint64_t *quotes,
                                    uint64_t *inside)
{
    uint64_t escaped = escaped_bytes(slashes, &c->escaped);
    *quotes &= ~escaped;
    *inside = prefix_xor(*quotes) ^ c->in_string;
    uint64_t ends = *quotes & ~*inside, u = escaped & block_eq(b, 'u'), odd = u | (escaped & block_eq(b, '/'));
    uint64_t errors = *inside & escaped & ~block_is_escape(b);
    marks->escaped = ends_of(slashes, *inside, ends, &c->has_escape);
    marks->odd = 0;
    if (odd | c->has_odd) marks->odd = ends_of(odd, *inside, ends, &c->has_odd);
    u &= *inside;
    if (u | c->hex) errors |= hex_errors(b, u, c);
    return errors;
}

static inline uint64_t index_block(struct carry *c, const unsigned char *p, size_t at, uint32_t **out)
{
    block b = block_load(p + at);
    __builtin_prefetch(p + at + PREFETCH_BYTES);
    struct marks marks = {0};
    uint64_t slashes = block_eq(b, '\\'), quotes = block_eq(b, '"'), high = block_high(b);
    uint64_t inside; /* strings with their opening quotes, without the closing ones */
    uint64_t errors = 0;
    if (slashes | c->escaped | c->has_escape | c->hex) {
        errors = read_escapes(&marks, c, b, slashes, &quotes, &inside);
    } else {
        inside = prefix_xor(quotes) ^ c->in_string;
    }
    c->in_string = (uint64_t)((int64_t)inside >> 63);
    errors |= inside & block_below(b, 0x20);
    if (high | c->tail) errors |= utf8_errors(b, high, c);
    uint32_t *entries = *out;
    *out = put_entries(entries, (uint32_t)at, quotes);
    if (marks.escaped) mark_entries(entries, quotes, marks);
    return errors;
}

static size_t index_blocks(struct json_index *x, const unsigned char *p, size_t blocks)
{
    struct carry c = {0};
    uint32_t *out = x->quotes;
    size_t bad = blocks;
    for (size_t i = 0; i < blocks; i++) {
        if (__builtin_expect(index_block(&c, p, i * JSON_BLOCK, &out) != 0, 0) && i < bad) bad = i;
    }
    x->count = (size_t)(out - x->quotes);
    return bad;
}
