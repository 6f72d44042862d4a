/* Time values. Wall time (what calendars say) and monotonic time (what timers use) are different types, so that one is
 * never taken for the other. Defender gives 100 ns digits, hence ticks. */
#ifndef KIT_BASE_WALL_H
#define KIT_BASE_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/str.h"

struct wall {
    int64_t ticks; /* 100 ns since 1970-01-01T00:00:00Z */
};
struct mono {
    int64_t ms; /* since an unknown instant; only differences mean anything */
};

#define WALL_TICKS_PER_MS INT64_C(10000)
#define WALL_TICKS_PER_S INT64_C(10000000)
#define WALL_TICKS_PER_MIN (60 * WALL_TICKS_PER_S)
#define WALL_TICKS_PER_HOUR (3600 * WALL_TICKS_PER_S)
#define WALL_TICKS_PER_DAY (86400 * WALL_TICKS_PER_S)

/* ISO 8601 as Microsoft writes it: date, 'T', 't' or blank, time with 0 to 9 fraction digits (past seven: cut), then Z or
 * an offset or nothing (UTC). A bare date is midnight. The whole text must be the time; years 1 to 9999. */
bool wall_parse(struct str s, struct wall *out);
enum { WALL_TEXT_BYTES = 32 };
/* 2026-11-22T06:55:01.1234567Z: always seven digits, so that texts sort as times do. Returns the length. */
int wall_format(struct wall t, char out[WALL_TEXT_BYTES]);
/* As above with `digits` fraction digits, 0 to 7 (0: no point). */
int wall_format_digits(struct wall t, int digits, char out[WALL_TEXT_BYTES]);
void wall_format_day(struct wall t, char out[11]); /* 2026-11-22 */
int64_t wall_ms(struct wall t);                    /* epoch milliseconds, rounded towards the past */
int64_t wall_hour(struct wall t);                  /* hours since the epoch, rounded towards the past */
struct wall wall_from_ms(int64_t ms);
struct wall wall_add(struct wall t, int64_t ticks); /* saturates */
/* Days since the epoch of a date (proleptic Gregorian, month and day from 1), and the way back. */
int64_t wall_days(int64_t year, unsigned month, unsigned day);
void wall_date(int64_t days, int64_t *year, unsigned *month, unsigned *day);
/* "30s", "15m", "6h", "2d", "500ms" to milliseconds. */
bool duration_parse(struct str s, int64_t *ms_out);

#endif
