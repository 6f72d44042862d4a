/* Faults by chance: how often an answer goes wrong, and how. Pure. */
#ifndef TWIN_FAULTS_H
#define TWIN_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/random.h"

enum fault {
    FAULT_NONE,
    FAULT_THROTTLE, /* "429": with Retry-After, often fractional, now and then absent */
    FAULT_ERROR,    /* "500": UnknownError or InternalServerError */
    FAULT_DOWN,     /* "503" */
    FAULT_TIMEOUT,  /* "504": empty message */
    FAULT_CUT,      /* "cut": the connection breaks in mid-body */
    FAULT_HANG,     /* "hang": open in mid-body, nothing comes any more */
    FAULT_SLOW,     /* "slow": 64 KiB a second */
    FAULT_COUNT
};
struct fault_rates {
    double rate[FAULT_COUNT]; /* chance per answer, 0 to 1 */
};

/* "429=0.02,500=0.01,cut=0.01"; empty: all zero. Error: TWIN_BAD_FAULTS. */
bool fault_rates_parse(struct str spec, struct fault_rates *out, struct err *e);
enum fault fault_draw(const struct fault_rates *f, struct rng *r);

#endif
