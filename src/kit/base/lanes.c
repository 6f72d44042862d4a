#include "kit/base/lanes.h"

#include <assert.h>
#include <string.h>

#include "kit/base/lanes_int.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they lie in memory");

struct level {
    const char *name;
    lanes_fn *run;
};

/* Those that are here, the best first. */
static size_t levels_here(struct level out[3])
{
    size_t n = 0;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vl")) out[n++] = (struct level){"avx512", lanes_avx512};
    if (__builtin_cpu_supports("avx2")) out[n++] = (struct level){"avx2", lanes_avx2};
#endif
    out[n++] = (struct level){"plain", lanes_plain};
    return n;
}

static lanes_fn *chosen;

const char *lanes_level(size_t i)
{
    struct level here[3];
    return i < levels_here(here) ? here[i].name : NULL;
}

bool lanes_use(const char *name)
{
    struct level here[3];
    for (size_t i = 0, n = levels_here(here); i < n; i++) {
        if (name && strcmp(here[i].name, name) != 0) continue;
        __atomic_store_n(&chosen, here[i].run, __ATOMIC_RELAXED);
        return true;
    }
    return false;
}

static lanes_fn *level_in_use(void)
{
    lanes_fn *run = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (run) return run;
    (void)lanes_use(NULL);
    return __atomic_load_n(&chosen, __ATOMIC_RELAXED);
}

struct hash128 lanes_of(const void *p, size_t n)
{
    enum { STRIPE = 8 * LANES };
    struct siphash h;
    uint64_t state[4][LANES];
    unsigned char last[STRIPE] = {0}, length[8];
    size_t stripes = n / STRIPE, rest = n % STRIPE;
    siphash_init_fixed(&h);
    for (uint64_t i = 0; i < LANES; i++) {
        state[0][i] = h.v0 ^ i;
        state[1][i] = h.v1;
        state[2][i] = h.v2;
        state[3][i] = h.v3;
    }
    if (rest) memcpy(last, (const unsigned char *)p + stripes * STRIPE, rest);
    level_in_use()(state, p, stripes, rest ? last : NULL);
    h.v0 = state[0][0], h.v1 = state[1][0], h.v2 = state[2][0], h.v3 = state[3][0];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(n >> 8 * i);
    siphash_add(&h, length, sizeof length);
    return siphash_end(&h);
}
