/* The parts of the index pass that all levels share; they come after `block_eq` and `block_below`. */
#include <string.h>

enum { PREFETCH_BYTES = 8192 }; /* the CPU itself looks no further than the page: worth a quarter of all reading */

struct carry {
    uint64_t escaped;             /* 1: the next byte is escaped */
    uint64_t in_string;           /* all ones: the next byte is in a string */
    uint64_t has_escape, has_odd; /* 1: so far, the string in progress has one */
    uint64_t hex;                 /* bytes that must be hex digits */
    uint64_t tail;                /* bytes that must continue a character */
    uint64_t e0, ed, f0, f4;      /* 1: the byte before was this */
};

/* The byte behind an odd run of backslashes. Adding a run's start to the run carries to the byte behind it; whether the
 * run was odd is seen by the parity of both ends. */
static inline uint64_t escaped_bytes(uint64_t slashes, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555;
    uint64_t before = *carry, b = slashes & ~before, starts = b & ~(b << 1), ends_odd;
    uint64_t ends_even = b + (starts & even);
    *carry = __builtin_add_overflow(b, starts & ~even, &ends_odd);
    return (((ends_even & ~even) | (ends_odd & even)) & ~b) | before;
}

/* Bits at the ends of those strings in which one of `bits` is: each starts a carry that runs to the string's end. */
static inline uint64_t ends_of(uint64_t bits, uint64_t inside, uint64_t ends, uint64_t *carry)
{
    uint64_t sum;
    bool over = __builtin_add_overflow(inside, bits & inside, &sum);
    over |= __builtin_add_overflow(sum, *carry, &sum);
    *carry = over;
    return sum & ends;
}

static inline uint64_t second_byte_errors(block b, struct carry *c)
{
    uint64_t e0 = block_eq(b, 0xE0), ed = block_eq(b, 0xED), f0 = block_eq(b, 0xF0), f4 = block_eq(b, 0xF4);
    uint64_t below_a0 = block_below(b, 0xA0), below_90 = block_below(b, 0x90);
    uint64_t errors = ((e0 << 1 | c->e0) & below_a0) | ((ed << 1 | c->ed) & ~below_a0) |
                      ((f0 << 1 | c->f0) & below_90) | ((f4 << 1 | c->f4) & ~below_90);
    c->e0 = e0 >> 63;
    c->ed = ed >> 63;
    c->f0 = f0 >> 63;
    c->f4 = f4 >> 63;
    return errors;
}

static inline uint64_t utf8_errors(block b, uint64_t high, struct carry *c)
{
    uint64_t tail = high & block_below(b, 0xC0), lead = high & ~tail;
    uint64_t three = ~block_below(b, 0xE0), four = ~block_below(b, 0xF0);
    uint64_t want = lead << 1 | three << 2 | four << 3 | c->tail;
    uint64_t errors = (want ^ tail) | (lead & block_below(b, 0xC2)) | ~block_below(b, 0xF5);
    c->tail = lead >> 63 | three >> 62 | four >> 61;
    if (three | c->e0 | c->ed | c->f0 | c->f4) errors |= second_byte_errors(b, c);
    return errors;
}
