/* Facts by lot, without state: the same (seed, label) always draws the same. A row or object is thus drawn anew whenever it
 * is looked at, in any order, one fact at a time. The mixing is splitmix64's (S. Vigna). */
#ifndef TWIN_DRAW_H
#define TWIN_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/arena.h"
#include "kit/base/str.h"

static inline uint64_t draw(uint64_t seed, uint64_t label)
{
    uint64_t z = seed + (label + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static inline uint64_t draw_below(uint64_t seed, uint64_t label, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)draw(seed, label) * n) >> 64);
}

static inline double draw_unit(uint64_t seed, uint64_t label)
{
    return (double)(draw(seed, label) >> 11) * 0x1p-53;
}

static inline bool draw_chance(uint64_t seed, uint64_t label, double p)
{
    return draw_unit(seed, label) < p;
}

void draw_hex(uint64_t seed, uint64_t label, char *out, unsigned digits); /* lower case; writes a NUL behind them */
void draw_guid(uint64_t seed, uint64_t label, char out[37]);
struct str draw_hex_str(uint64_t seed, uint64_t label, unsigned digits, struct arena *a);
struct str draw_guid_str(uint64_t seed, uint64_t label, struct arena *a);
/* Printed into the arena; empty without memory. */
struct str arena_print(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
