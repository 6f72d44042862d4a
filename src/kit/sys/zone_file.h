/* A time zone by the name a person gives it: "Europe/Berlin" from the system's zoneinfo folder, "+02:00" made on the spot. */
#ifndef KIT_SYS_ZONE_FILE_H
#define KIT_SYS_ZONE_FILE_H

#include "kit/base/zone.h"
#include "kit/sys/fs.h"

/* The bytes of a zone (zone_new takes them). False: no such name, or a file that cannot be read. Blocking. */
bool zone_bytes(struct fs fs, struct str name, struct buf *out);
/* NULL is UTC: for "UTC" and "", and for a name that is not known (*known_out false; may be NULL). */
struct zone *zone_read(struct fs fs, struct str name, bool *known_out);

#endif
