/* Durations and intervals of ISO 8601, as hunting's Timespan and the SIEM API's `ago` have them. Pure. */
#ifndef TWIN_TIMESPAN_H
#define TWIN_TIMESPAN_H

#include "kit/base/str.h"
#include "kit/base/wall.h"

/* PnDTnHnMnS to ticks. */
bool iso_duration(struct str s, int64_t *ticks_out);
/* start/end, duration/end, start/duration, a duration back from now, a start up to now; `to` stays where none is said. */
bool iso_interval(struct str s, struct wall now, int64_t *from, int64_t *to);

#endif
