/* One source for all levels: GROUP lanes to a register, and so many registers at a time that none waits for another. */
#include <string.h>

#include "kit/base/lanes_int.h"

enum { STRIPE = 8 * LANES, AT_ONCE = GROUP * REGISTERS };
#if GROUP == 1
typedef uint64_t lanes;
#else
typedef uint64_t lanes __attribute__((vector_size(8 * GROUP)));
#endif

#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))
/* A round of SipHash, for each of several at a time, so that none waits for another. */
#define FOR_EACH(r) for (int r = 0; r < REGISTERS; r++)
#define ROUND(EACH, A, B, C, D) \
    EACH A += B;                \
    EACH C += D;                \
    EACH B = ROTL(B, 13) ^ A;   \
    EACH D = ROTL(D, 16) ^ C;   \
    EACH A = ROTL(A, 32) + D;   \
    EACH C += B;                \
    EACH D = ROTL(D, 21) ^ A;   \
    EACH B = ROTL(B, 17) ^ C;   \
    EACH C = ROTL(C, 32)

/* The lanes from `half` on into those before it, which are one register, a word at a time. */
#define FOLD(half)                                                        \
    do {                                                                  \
        typedef uint64_t word __attribute__((vector_size(8 * (half))));   \
        word v[4], m[4];                                                  \
        for (int k = 0; k < 4; k++) {                                     \
            memcpy(&v[k], state[k], sizeof v[k]);                         \
            memcpy(&m[k], &state[k][half], sizeof m[k]);                  \
        }                                                                 \
        for (int k = 0; k < 4; k++) {                                     \
            v[3] ^= m[k];                                                 \
            for (int i = 0; i < 2; i++) {                                 \
                ROUND(, v[0], v[1], v[2], v[3]);                          \
            }                                                             \
            v[0] ^= m[k];                                                 \
        }                                                                 \
        for (int k = 0; k < 4; k++) memcpy(state[k], &v[k], sizeof v[k]); \
    } while (0)

/* gcc puts locals on AddressSanitizer's fake stack without regard for more than 32 bytes of alignment (its bug 110027). */
#define ON_THE_STACK __attribute__((no_sanitize_address))

ON_THE_STACK static inline void take_in(lanes v[4][REGISTERS], const unsigned char *p)
{
    lanes m[REGISTERS];
    FOR_EACH(r) memcpy(&m[r], p + 8 * GROUP * r, sizeof m[r]);
    FOR_EACH(r) v[3][r] ^= m[r];
    for (int i = 0; i < 2; i++) {
        ROUND(FOR_EACH(r), v[0][r], v[1][r], v[2][r], v[3][r]);
    }
    FOR_EACH(r) v[0][r] ^= m[r];
}

ON_THE_STACK void LANES_RUN(uint64_t state[4][LANES], const unsigned char *p, size_t stripes, const unsigned char *last)
{
    for (int from = 0; from < LANES; from += AT_ONCE) {
        lanes v[4][REGISTERS];
        for (int k = 0; k < 4; k++) memcpy(v[k], &state[k][from], sizeof v[k]);
        for (size_t i = 0; i < stripes; i++) take_in(v, p + i * STRIPE + (size_t)8 * (size_t)from);
        if (last) take_in(v, last + (size_t)8 * (size_t)from);
        for (int k = 0; k < 4; k++) memcpy(&state[k][from], v[k], sizeof v[k]);
    }
    FOLD(4);
    FOLD(2);
    FOLD(1);
}
