/* Which level runs. */
#include "logic/ocsf/codes/code_level.h"

#include "kit/json/index.h"
#include "logic/ocsf/codes/pen.h"

static const struct code_level *chosen;

static const struct code_level *choose(void)
{
    const char *name = json_index_in_use();
    const struct code_level *level = &code_level_plain;
#ifdef __x86_64__
    if (strcmp(name, "avx2") == 0) level = &code_level_avx2;
    if (strcmp(name, "avx512") == 0) level = &code_level_avx512;
#else
    (void)name;
#endif
    __atomic_store_n(&chosen, level, __ATOMIC_RELAXED); /* two threads may both choose: the same */
    return level;
}

const struct code_level *code_level(void)
{
    const struct code_level *level = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    return level ? level : choose();
}

uint64_t code_run(struct map_scratch *s, const struct block *b)
{
    return code_level()->run(s, b);
}

bool pen_more_room(struct pen *pen, size_t n)
{
    pen_give(pen);
    if (!buf_reserve(&pen->s->out, n + (size_t)4 * STRIDE)) return false;
    pen_take(pen);
    return true;
}
