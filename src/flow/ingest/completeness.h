/* How complete each hour of each hunting table is, as the count sweeps found it: for lists. Reads the store; blocks. */
#ifndef FLOW_INGEST_COMPLETENESS_H
#define FLOW_INGEST_COMPLETENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/wall.h"
#include "state/store/store.h"

enum completeness {
    COMPLETE_AGREES,   /* "complete": Defender's count and ours agreed, and nothing had come late or been missed */
    COMPLETE_REPAIRED, /* "repaired": a count showed rows that we lacked, and they were read */
    COMPLETE_DIFFERS,  /* "differing": Defender counts other than it gives; the next count tries again, up to 48 h */
    COMPLETE_UNJUDGED, /* "not yet judged": younger than the first count */
};
/* Hours in a row of which the same is to be said. */
struct completeness_span {
    const char *tenant_id, *feed;
    struct wall from, to;
    enum completeness verdict;
    uint64_t repaired;       /* rows */
    uint64_t counted, held;  /* of the stretches that differ: rows Defender counts, rows it gave */
    unsigned stretches;      /* of five minutes, that differ */
    int64_t judged_after_ms; /* the last count looked at least so long after the fact; 0: none did */
};
const char *completeness_name(enum completeness c);
/* Of every hunting feed (of one tenant unless NULL, of one feed unless NULL), in order of time; stops when `each` returns
 * false. */
bool completeness_each(struct store *s, const char *tenant_id, const char *feed, struct wall now,
                       bool (*each)(void *arg, const struct completeness_span *span), void *arg, struct err *e);

#endif
