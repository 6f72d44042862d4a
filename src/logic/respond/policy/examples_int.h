/* Inside the examples of a policy. */
#ifndef LOGIC_RESPOND_POLICY_EXAMPLES_INT_H
#define LOGIC_RESPOND_POLICY_EXAMPLES_INT_H

#include "logic/respond/policy/policy_int.h"

enum { EXAMPLE_ARENA = 8 << 20, VALUES_MAX = 64 };

struct example {
    struct compiler *c;
    struct arena *a;
    struct alert_facts facts;
    struct policy_context context;
    unsigned times;
    int64_t apart_ms;
};
typedef bool take_fn(struct example *x, void *into, const struct yaml *v);
struct word {
    const char *word;
    take_fn *take;
};

/* Each member of a map by the function of its word; `what` is for messages. */
bool example_map(struct example *x, void *into, const struct yaml *v, const char *what, const struct word *words,
                 size_t count);
/* `alert:` or `incident:` into x->facts (example_words.c). */
bool example_facts(struct example *x, const struct yaml *v);

#endif
