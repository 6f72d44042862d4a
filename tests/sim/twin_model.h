/* The twin's model from a YAML scenario. It is linked as a shared library that shows this and cloud.h alone: the twin and the
 * client have tables of the same names. */
#ifndef TESTS_SIM_TWIN_MODEL_H
#define TESTS_SIM_TWIN_MODEL_H

#include "twin/cloud.h"

struct twin_model {
    struct cloud *cloud;
    struct scenario *scenario;
};
struct twin_model twin_model_new(const char *scenario_yaml, unsigned tenants, uint64_t seed, struct wall start);
void twin_model_free(struct twin_model *m);

#endif
