/* Hashes. SipHash-2-4 with a 128-bit result for identities and fingerprints (J.-P. Aumasson, D. J. Bernstein: "SipHash: a
 * fast short-input PRF", 2012, and its 128-bit variant); CRC-32C (Castagnoli) for checksums of stored frames. */
#ifndef KIT_BASE_HASH_H
#define KIT_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash128 {
    uint64_t hi, lo;
};

/* Incremental: init, add any number of times, end. */
struct siphash {
    uint64_t v0, v1, v2, v3;
    uint64_t tail;   /* bytes not yet a whole word, low byte first */
    uint64_t length; /* bytes so far */
};

void siphash_init(struct siphash *h, uint64_t key0, uint64_t key1);
void siphash_init_fixed(struct siphash *h); /* with the key of hash128_of */
void siphash_add(struct siphash *h, const void *p, size_t n);
struct hash128 siphash_end(struct siphash *h);

struct hash128 hash128_of(const void *p, size_t n); /* fixed key: stable for ever, part of stored formats */
uint64_t hash64_of(const void *p, size_t n);
bool hash128_eq(struct hash128 a, struct hash128 b);
int hash128_cmp(struct hash128 a, struct hash128 b);
void hash128_hex(struct hash128 h, char out[33]); /* 32 lower-case digits and NUL, hi first */
bool hash128_from_hex(const char *p, size_t n, struct hash128 *out);

uint32_t crc32c(uint32_t seed, const void *p, size_t n); /* seed 0 to begin; chainable */

#endif
