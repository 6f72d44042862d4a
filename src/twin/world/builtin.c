/* The scenarios that come with the program: scenarios/ at build time. */
#include <stddef.h>

#include "twin/causes.h"
#include "twin/world/scenario.h"

static const struct {
    const char *name, *text;
} builtins[] = {
#include "twin_scenarios.inc"
};
enum { BUILTIN_COUNT = sizeof builtins / sizeof builtins[0] };

const char *scenario_builtin_name(unsigned index)
{
    return index < BUILTIN_COUNT ? builtins[index].name : NULL;
}

bool scenario_builtin(struct str name, struct scenario *out, struct err *e)
{
    for (unsigned i = 0; i < BUILTIN_COUNT; i++)
        if (str_eq(name, str_of(builtins[i].name)))
            return scenario_parse(str_of(builtins[i].text), builtins[i].name, out, e);
    return err_set(e, &twin_causes[TWIN_NO_SCENARIO], "\"%.*s\" is no built-in scenario", STR_ARG(name));
}
