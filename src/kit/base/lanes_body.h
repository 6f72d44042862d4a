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
/* Two rounds on each of the registers; written so that they are kept apart. */
#define FOR_EACH(r) for (int r = 0; r < REGISTERS; r++)

/* gcc puts locals on AddressSanitizer's fake stack without regard for more than 32 bytes of alignment (its bug 110027). */
#define ON_THE_STACK __attribute__((no_sanitize_address))

ON_THE_STACK static inline void take_in(lanes v[4][REGISTERS], const unsigned char *p)
{
    lanes m[REGISTERS];
    FOR_EACH(r) memcpy(&m[r], p + 8 * GROUP * r, sizeof m[r]);
    FOR_EACH(r) v[3][r] ^= m[r];
    for (int i = 0; i < 2; i++) {
        FOR_EACH(r) v[0][r] += v[1][r];
        FOR_EACH(r) v[2][r] += v[3][r];
        FOR_EACH(r) v[1][r] = ROTL(v[1][r], 13) ^ v[0][r];
        FOR_EACH(r) v[3][r] = ROTL(v[3][r], 16) ^ v[2][r];
        FOR_EACH(r) v[0][r] = ROTL(v[0][r], 32) + v[3][r];
        FOR_EACH(r) v[2][r] += v[1][r];
        FOR_EACH(r) v[3][r] = ROTL(v[3][r], 21) ^ v[0][r];
        FOR_EACH(r) v[1][r] = ROTL(v[1][r], 17) ^ v[2][r];
        FOR_EACH(r) v[2][r] = ROTL(v[2][r], 32);
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
}
