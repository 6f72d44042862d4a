/* A 128-bit hash of long texts: SipHash-2-4 in eight lanes. Word i of each 64 bytes goes to lane i, whose state starts with i
 * mixed in; at the end of the text, filled up with zeros, the lanes are folded: each of the first half takes in the four words
 * of state of its partner in the second half, until one is left. That takes in the length and ends as SipHash with its 128-bit
 * result does. Each lane is SipHash, so a collision of the whole is a collision of SipHash (docs/decisions/0090).
 *
 * Part of stored formats, as hash128_of is: the same for ever, whatever the CPU. */
#ifndef KIT_BASE_LANES_H
#define KIT_BASE_LANES_H

#include "kit/base/hash.h"

struct hash128 lanes_of(const void *p, size_t n);

/* Levels, for tests; all give the same. NULL behind the last. False: no such level here. */
const char *lanes_level(size_t i);
bool lanes_use(const char *level);

#endif
