#include "twin_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "twin/world/scenario.h"

struct twin_model twin_model_new(const char *scenario_yaml, unsigned tenants, uint64_t seed, struct wall start)
{
    struct twin_model m = {.scenario = calloc(1, sizeof *m.scenario)};
    struct err e = {0};
    INVARIANT(m.scenario);
    struct cloud_opts o = {.seed = seed, .tenants = tenants, .scenario = m.scenario, .start = start};
    if (!scenario_parse(str_of(scenario_yaml), "drawn", m.scenario, &e) || !cloud_new(&o, &m.cloud, &e)) {
        (void)fprintf(stderr, "%s\n%s", e.text, scenario_yaml);
        INVARIANT(false);
    }
    return m;
}

void twin_model_free(struct twin_model *m)
{
    cloud_free(m->cloud);
    free(m->scenario);
}
