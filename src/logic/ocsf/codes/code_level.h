/* Inside the mapping engine: what copies most is compiled once for each level of SIMD that makes copies shorter; there LEVEL is its name. */
#ifndef LOGIC_OCSF_CODE_LEVEL_H
#define LOGIC_OCSF_CODE_LEVEL_H

#include "logic/ocsf/codes/code.h"

typedef uint64_t code_run_fn(struct map_scratch *s, const struct block *b);
typedef void observables_fn(struct map_scratch *s);                    /* those noted, with their key */
typedef void unmapped_fn(struct map_scratch *s, const struct plan *p); /* what has no place in the event */
typedef void identity_columns_fn(struct map_scratch *s, const struct plan *p, struct str row, bool is_plain);
struct code_level {
    code_run_fn *run;
    observables_fn *observables;
    unmapped_fn *unmapped;
    identity_columns_fn *identity_columns;
};
extern const struct code_level code_level_plain, code_level_avx2, code_level_avx512;

/* Of the level that reading has chosen, or for all. */
const struct code_level *code_level(void);

#ifdef LEVEL
#define LEVEL_JOIN(name, level) name##_##level
#define LEVEL_NAME(name, level) LEVEL_JOIN(name, level)
#define AT_LEVEL(name) LEVEL_NAME(name, LEVEL)
code_run_fn AT_LEVEL(code_run);
observables_fn AT_LEVEL(observables);
unmapped_fn AT_LEVEL(unmapped);
identity_columns_fn AT_LEVEL(identity_columns);
#endif

#endif
