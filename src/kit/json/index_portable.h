/* Shared by the levels that have no instructions for these; they come after `block_eq` and `block_below`. */
static inline uint64_t block_high(block b)
{
    return ~block_below(b, 0x80);
}

static inline uint64_t block_is_escape(block b)
{
    uint64_t bits = 0;
    for (const char *c = "\"\\/bfnrtu"; *c; c++) bits |= block_eq(b, (unsigned char)*c);
    return bits;
}

static inline uint64_t prefix_xor(uint64_t bits)
{
    for (unsigned by = 1; by < 64; by *= 2) bits ^= bits << by;
    return bits;
}

static inline uint32_t *put_entries(uint32_t *out, uint32_t at, uint64_t bits)
{
    for (; bits; bits &= bits - 1) *out++ = (at + (uint32_t)__builtin_ctzll(bits)) << JSON_ENTRY_SHIFT;
    return out;
}
