/* Inside the mapping engine: ops to output. */
#ifndef LOGIC_OCSF_RUN_H
#define LOGIC_OCSF_RUN_H

#include "logic/ocsf/values/value.h"

enum came { CAME_NOTHING, CAME_CONSTANT, CAME_VALUE };

/* One op, block and all. */
enum came run_op(struct map_scratch *s, const struct op *ops, uint32_t i);
/* Marks and observables beyond these counts never were. */
void run_take_back(struct map_scratch *s, size_t marks, size_t observables);
/* The value of `op` stands at `at` of the output. */
static inline void run_note_observable(struct map_scratch *s, const struct op *op, size_t at, size_t bytes)
{
    if (s->observable_count == s->observables_max || (op->twin && s->seen[op->twin])) return;
    s->seen[op->twin] = true;
    s->observables[s->observable_count].op = op;
    s->observables[s->observable_count].at = at;
    s->observables[s->observable_count].bytes = bytes;
    memcpy(s->observables[s->observable_count].indexes, s->indexes, sizeof s->indexes);
    s->observable_count++;
}
/* Runs its ops into s->out; the bits of what was written. */
uint64_t run_block(struct map_scratch *s, const struct block *b);
bool frame_is_whole(const struct frame *f, uint64_t written);
void run_separate(struct map_scratch *s); /* a comma, unless a container has just begun */

#endif
