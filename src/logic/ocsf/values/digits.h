/* Inside the mapping engine: digits, eight at a time in a word. */
#ifndef LOGIC_OCSF_DIGITS_H
#define LOGIC_OCSF_DIGITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kit/base/wall.h"

#define DIGITS_ZEROS UINT64_C(0x3030303030303030)

/* The first byte lowest. */
static inline uint64_t digits_load(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v); /* NOLINT(clang-analyzer-core.NonNullParamChecker): only of what is there */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline void digits_store(char *w, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    memcpy(w, &v, sizeof v);
}

/* Is each of the bytes in `used`, zeros taken off, a digit's value? */
static inline bool digits_fine(uint64_t values, uint64_t used)
{
    static const uint64_t above_nine = UINT64_C(0x7676767676767676), tops = UINT64_C(0x8080808080808080);
    return (((values + above_nine) | values) & tops & used) == 0;
}

/* Are the first `n` (1 to 8) of the eight bytes here digits? */
static inline bool digits_only(const char *p, size_t n)
{
    return digits_fine(digits_load(p) ^ DIGITS_ZEROS, UINT64_MAX >> (64 - 8 * n));
}

/* Eight digits of a number below 10^8: halves, quarters and eighths of it, side by side. */
static inline uint64_t digits_of(uint32_t v)
{
    uint64_t halves = v / 10000 | (uint64_t)(v % 10000) << 32;
    uint64_t hundreds = (halves * 10486 >> 20) & UINT64_C(0x7F0000007F);
    uint64_t quarters = hundreds | (halves - hundreds * 100) << 16;
    uint64_t tens = (quarters * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return (tens | (quarters - tens * 10) << 8) + DIGITS_ZEROS;
}

/* Days seen before, so that their dates need not be read again; by the day of the month. */
enum { DIGITS_DAYS = 32, DIGITS_TIME_BYTES = 13 };
struct digits_day {
    uint64_t date; /* 2026-02- */
    uint16_t day;  /* 01 */
    int64_t ms;    /* where it begins; 0: none yet */
};

static inline unsigned digits_day_at(const char *date)
{
    return ((unsigned)(unsigned char)date[8] * 10 + (unsigned char)date[9]) % DIGITS_DAYS;
}

/* 2026-02-01T11:30:25.1399582Z, with seven digits or fewer or no point, of a day that is known: milliseconds of the day's begin and of the time in
 * it, up to the second, and the digits of its fraction, a byte each. False: it is another form or day. Reads up to eight bytes behind it. */
static inline bool digits_clock(const struct digits_day *days, const char *p, size_t n, int64_t *ms, uint64_t *fraction)
{
    static const uint64_t form = UINT64_C(0x30303A30303A3030), marks = UINT64_C(0x0000FF0000FF0000); /* 00:00:00 */
    uint16_t tail;
    if (n < 20 || n > 28 || n == 21 || p[10] != 'T' || p[n - 1] != 'Z') return false;
    const struct digits_day *day = &days[digits_day_at(p)];
    memcpy(&tail, p + 8, sizeof tail);
    if (digits_load(p) != day->date || tail != day->day) return false;
    uint64_t clock = digits_load(p + 11) ^ form;
    if (!digits_fine(clock, ~marks) || (clock & marks)) return false;
    uint64_t pairs = clock * 10 + (clock >> 8); /* 11 in byte 0, 30 in byte 3, 25 in byte 6 */
    unsigned hour = pairs & 0xFF, minute = pairs >> 24 & 0xFF, second = pairs >> 48 & 0xFF;
    if (hour > 23 || minute > 59 || second > 59) return false;
    *fraction = 0;
    if (n > 20) {
        uint64_t used = UINT64_MAX >> 8 * (29 - n);
        *fraction = (digits_load(p + 20) ^ DIGITS_ZEROS) & used;
        if (p[19] != '.' || !digits_fine(*fraction, used)) return false;
    }
    *ms = day->ms + (int64_t)(hour * 3600 + minute * 60 + second) * 1000;
    return true;
}

/* ... to milliseconds. */
static inline bool digits_time(const struct digits_day *days, const char *p, size_t n, int64_t *ms)
{
    uint64_t fraction;
    if (!digits_clock(days, p, n, ms, &fraction)) return false;
    *ms += (int64_t)((fraction & 0xFF) * 100 + (fraction >> 8 & 0xFF) * 10 + (fraction >> 16 & 0xFF));
    return true;
}

/* ... to ticks: its seven digits as the first of eight. */
static inline bool digits_ticks(const struct digits_day *days, const char *p, size_t n, int64_t *ticks)
{
    static const uint64_t pairs_used = UINT64_C(0x000000FF000000FF);
    uint64_t fraction;
    if (!digits_clock(days, p, n, ticks, &fraction)) return false;
    uint64_t pairs = fraction * 10 + (fraction >> 8);
    uint64_t eight = ((pairs & pairs_used) * (100 + (UINT64_C(1000000) << 32)) +
                      (pairs >> 16 & pairs_used) * (1 + (UINT64_C(10000) << 32))) >>
                     32;
    *ticks = *ticks * WALL_TICKS_PER_MS + (int64_t)(eight / 10);
    return true;
}

/* A time that another has read: it may be of that form, then its day is known from now on. */
static inline void digits_keep_day(struct digits_day *days, const char *p, size_t n, int64_t ms)
{
    static const int64_t day_ms = WALL_TICKS_PER_DAY / WALL_TICKS_PER_MS;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): only of what is there */
    if (n < 20 || p[4] != '-' || p[10] != 'T' || p[n - 1] != 'Z') return;
    struct digits_day *day = &days[digits_day_at(p)];
    day->date = digits_load(p);
    memcpy(&day->day, p + 8, sizeof day->day);
    day->ms = ms / day_ms * day_ms;
}

/* Thirteen digits: the years 2001 to 2286. Writes up to sixteen bytes. */
static inline bool digits_are_thirteen(int64_t ms)
{
    return ms >= INT64_C(1000000000000) && ms <= INT64_C(9999999999999);
}
static inline char *digits_put_thirteen(char *w, int64_t ms)
{
    static const uint32_t half = 100000000;
    digits_store(w, digits_of((uint32_t)(ms / half)) >> 24);
    digits_store(w + 5, digits_of((uint32_t)(ms % half)));
    return w + DIGITS_TIME_BYTES;
}

#endif
