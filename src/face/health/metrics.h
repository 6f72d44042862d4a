/* What the service has done and how it stands, as numbers in the text format of Prometheus. No name or id of a customer is
 * among them: feeds are added up over all tenants. Reads the store; not on the loop. */
#ifndef FACE_HEALTH_METRICS_H
#define FACE_HEALTH_METRICS_H

#include "kit/base/wall.h"
#include "state/store/store.h"

bool metrics_write(struct store *s, struct wall now, struct buf *out, struct err *e);

#endif
