#include "kit/sys/random.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "kit/base/err.h"

void random_bytes(void *p, size_t n)
{
    unsigned char *at = p;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0 && errno == EINTR) continue;
        INVARIANT(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

/* Version 4, variant 1 (RFC 4122). */
static void guid_format(uint64_t hi, uint64_t lo, char out[37])
{
    hi = (hi & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    lo = (lo & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    (void)snprintf(out, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(hi >> 32), (unsigned)(hi >> 16) & 0xffff,
                   (unsigned)hi & 0xffff, (unsigned)(lo >> 48), (unsigned long long)(lo & UINT64_C(0xffffffffffff)));
}

void random_guid(char out[37])
{
    uint64_t w[2];
    random_bytes(w, sizeof w);
    guid_format(w[0], w[1], out);
}

/* splitmix64 (S. Vigna): spreads any seed, also 0, over the whole state. */
static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void rng_seed(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) r->s[i] = splitmix(&seed);
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    INVARIANT(n > 0);
    uint64_t skip = -n % n; /* 2^64 mod n: the values below it would come once too often */
    for (;;) {
        uint64_t x = rng_u64(r);
        if (x >= skip) return x % n;
    }
}

double rng_unit(struct rng *r)
{
    return (double)(rng_u64(r) >> 11) * 0x1.0p-53;
}

bool rng_chance(struct rng *r, double p)
{
    return rng_unit(r) < p;
}

void rng_fork(struct rng *r, uint64_t label, struct rng *child_out)
{
    uint64_t mix = label;
    uint64_t seed = r->s[0] ^ rotl(r->s[1], 16) ^ rotl(r->s[2], 32) ^ rotl(r->s[3], 48) ^ splitmix(&mix);
    rng_seed(child_out, seed);
}

void rng_guid(struct rng *r, char out[37])
{
    uint64_t hi = rng_u64(r);
    guid_format(hi, rng_u64(r), out);
}
