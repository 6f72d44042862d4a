/* Inside lanes.c: what each level does. */
#ifndef KIT_BASE_LANES_INT_H
#define KIT_BASE_LANES_INT_H

#include <stddef.h>
#include <stdint.h>

enum { LANES = 8 };
/* All lanes take in `stripes` times 64 bytes and, unless it is NULL, the last one; then they are folded into the first. Words are read as the
 * CPU has them. */
typedef void lanes_fn(uint64_t state[4][LANES], const unsigned char *p, size_t stripes, const unsigned char *last);
lanes_fn lanes_plain, lanes_avx2, lanes_avx512;

#endif
