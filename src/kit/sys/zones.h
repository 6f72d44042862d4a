/* Time zones by name, read from the system's zoneinfo folder once each, and kept. Any thread; reading blocks, once a name. */
#ifndef KIT_SYS_ZONES_H
#define KIT_SYS_ZONES_H

#include "kit/base/zone.h"
#include "kit/sys/fs.h"

struct zones;
struct zones *zones_new(struct fs fs); /* NULL: no memory */
void zones_free(struct zones *z);      /* accepts NULL; nobody uses a zone of it any more */
/* "Europe/Berlin", "UTC", "+02:00". NULL: UTC, also where the name is not known (see zones_know). Lives as long as `z`. */
const struct zone *zones_find(struct zones *z, const char *name);
bool zones_know(struct zones *z, const char *name);
/* The bytes of a zone's file. False: there is none of that name. */
bool zone_bytes(struct fs fs, struct str name, struct buf *out);

#endif
