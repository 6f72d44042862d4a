/* Which form of the loop runs: of the level that reading has chosen, or the one for all. */
#include "logic/ocsf/code.h"

#include "kit/json/index.h"

static code_run_fn *chosen;

static code_run_fn *choose(void)
{
    const char *level = json_index_in_use();
    code_run_fn *run = code_run_plain;
#ifdef __x86_64__
    if (strcmp(level, "avx2") == 0) run = code_run_avx2;
    if (strcmp(level, "avx512") == 0) run = code_run_avx512;
#else
    (void)level;
#endif
    __atomic_store_n(&chosen, run, __ATOMIC_RELAXED); /* two threads may both choose: the same */
    return run;
}

uint64_t code_run(struct map_scratch *s, const struct block *b)
{
    code_run_fn *run = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    return (run ? run : choose())(s, b);
}
