/* Reads a lake as any reader would: the files that lie there, not what the store says. For counts and checks. */
#ifndef FLOW_SINK_LAKE_SCAN_H
#define FLOW_SINK_LAKE_SCAN_H

#include <stdbool.h>

#include "kit/base/err.h"
#include "kit/base/str.h"
#include "kit/sys/fs.h"

/* Calls `each` for every event (one JSON line, borrowed) of every class=…/tenant=…/day=…/ file below `dir`, in order of path.
 * When it returns false it must have filled `e`; the scan ends with that. Blocks. Errors: LAKE_DAMAGED, sys causes. */
bool lake_scan(struct fs fs, const char *dir, bool (*each)(void *arg, struct str event), void *arg, struct err *e);

#endif
