/* Inside the mapping engine: ops to output. */
#ifndef LOGIC_OCSF_RUN_H
#define LOGIC_OCSF_RUN_H

#include "logic/ocsf/value.h"

/* Runs ops [from, to) into s->out; the bits of what was written. */
uint64_t run_block(struct map_scratch *s, const struct op *ops, uint32_t from, uint32_t to);
bool frame_is_whole(const struct frame *f, uint64_t written);
void run_separate(struct map_scratch *s); /* a comma, unless a container has just begun */

#endif
