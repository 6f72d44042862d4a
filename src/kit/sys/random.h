/* Two kinds of randomness: the operating system's for secrets and ids, and a seeded one (xoshiro256**, D. Blackman and
 * S. Vigna) for simulations, jitter and generators. */
#ifndef KIT_SYS_RANDOM_H
#define KIT_SYS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void random_bytes(void *p, size_t n); /* from the system; aborts if it has none */
void random_guid(char out[37]);

struct rng {
    uint64_t s[4];
};
void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* 0..n-1, unbiased; n > 0 */
double rng_unit(struct rng *r);                /* [0, 1) */
bool rng_chance(struct rng *r, double p);
void rng_fork(struct rng *r, uint64_t label, struct rng *child_out); /* an independent stream; r is not moved */
void rng_guid(struct rng *r, char out[37]);

#endif
