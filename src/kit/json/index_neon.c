#if defined(__aarch64__)
#include <arm_neon.h>

#include "kit/json/index_int.h"

typedef uint8x16x4_t block;

static inline block block_load(const unsigned char *p)
{
    return (block){{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
}

/* Each byte all ones or zeros: keep one bit of each, of another weight in each eight, and add neighbours up three times. */
static inline uint64_t bits_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t w = vld1q_u8(weights);
    uint8x16_t ab = vpaddq_u8(vandq_u8(a, w), vandq_u8(b, w)), cd = vpaddq_u8(vandq_u8(c, w), vandq_u8(d, w));
    uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static inline uint64_t block_eq(block b, unsigned char c)
{
    uint8x16_t v = vdupq_n_u8(c);
    return bits_of(vceqq_u8(b.val[0], v), vceqq_u8(b.val[1], v), vceqq_u8(b.val[2], v), vceqq_u8(b.val[3], v));
}

static inline uint64_t block_below(block b, unsigned char c)
{
    uint8x16_t v = vdupq_n_u8(c);
    return bits_of(vcltq_u8(b.val[0], v), vcltq_u8(b.val[1], v), vcltq_u8(b.val[2], v), vcltq_u8(b.val[3], v));
}

#include "kit/json/index_portable.h"

#include "kit/json/index_body.h"

size_t json_index_neon(struct json_index *x, const unsigned char *p, size_t blocks)
{
    return index_blocks(x, p, blocks);
}
#endif
