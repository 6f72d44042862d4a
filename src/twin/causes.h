/* What can be wrong with what a person hands to the twin. Rows in causes.c. */
#ifndef TWIN_CAUSES_H
#define TWIN_CAUSES_H

#include "kit/base/err.h"

enum {
    TWIN_BAD_SCENARIO,
    TWIN_NO_SCENARIO,
    TWIN_BAD_FAULTS,
    TWIN_BAD_REPLAY,
    TWIN_BAD_OPTION,
    TWIN_BAD_VARIANT,
    TWIN_FULL,
    TWIN_CAUSE_COUNT
};
extern const struct cause twin_causes[TWIN_CAUSE_COUNT];

#endif
