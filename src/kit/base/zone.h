/* Time zones: what the clock on the wall shows in Europe/Berlin. Made from the bytes of a TZif file (RFC 8536), which every
 * system has in its zoneinfo folder, and their footer (a POSIX TZ rule) for the time behind the table. A zone is immutable
 * and may be shared by threads; NULL stands for UTC everywhere. Nothing here reads a file. */
#ifndef KIT_BASE_ZONE_H
#define KIT_BASE_ZONE_H

#include "kit/base/str.h"
#include "kit/base/wall.h"

struct zone;
/* NULL: not TZif, damaged, or no memory. */
struct zone *zone_new(struct str tzif);
struct zone *zone_new_fixed(int offset_s);               /* one offset, always; NULL: no memory */
bool zone_offset_parse(struct str s, int *offset_s_out); /* "+02:00", "-03:30", up to 14 hours */
void zone_free(struct zone *z);                          /* accepts NULL */
/* Seconds to add to UTC at that instant. */
int zone_offset_s(const struct zone *z, struct wall at);

enum { DAY_MONDAY, DAY_TUESDAY, DAY_WEDNESDAY, DAY_THURSDAY, DAY_FRIDAY, DAY_SATURDAY, DAY_SUNDAY, DAYS_A_WEEK };
struct zone_time {
    int64_t year;
    unsigned month, day; /* from 1 */
    unsigned minute_of_day;
    unsigned weekday; /* DAY_MONDAY ... */
};
struct zone_time zone_local(const struct zone *z, struct wall at);
/* The first instant after `after` at which the wall shows that time of day (0 to 1439). Where summer time skips it, the
 * instant of the skip; where it comes twice, the first. */
struct wall zone_next(const struct zone *z, struct wall after, unsigned minute_of_day);
/* "Europe/Berlin", "UTC": may be looked up below the zoneinfo folder (nothing absolute, no dots, no odd characters). */
bool zone_name_is_fine(struct str name);

#endif
