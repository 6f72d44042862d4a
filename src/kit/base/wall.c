#include "kit/base/wall.h"

#include <stdio.h>
#include <string.h>

/* Days since the epoch of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date algorithms"). */
int64_t wall_days(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

void wall_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int64_t)yoe + era * 400 + (*month <= 2);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static bool digits(struct str *s, int n, unsigned *out)
{
    unsigned v = 0;
    if (s->n < (size_t)n) return false;
    for (int i = 0; i < n; i++) {
        char c = s->p[i];
        if (c < '0' || c > '9') return false;
        v = v * 10 + (unsigned)(c - '0');
    }
    *s = str_sub(*s, (size_t)n, s->n);
    *out = v;
    return true;
}

static bool skip(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c) return false;
    *s = str_sub(*s, 1, s->n);
    return true;
}

static unsigned month_days(unsigned y, unsigned m)
{
    static const unsigned char len[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : len[m - 1];
}

static bool parse_date(struct str *s, int64_t *days)
{
    unsigned y, m, d;
    if (!digits(s, 4, &y) || !skip(s, '-') || !digits(s, 2, &m) || !skip(s, '-') || !digits(s, 2, &d)) return false;
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m)) return false;
    *days = wall_days(y, m, d);
    return true;
}

static bool parse_fraction(struct str *s, int64_t *ticks)
{
    int64_t v = 0;
    int n = 0;
    unsigned d;
    if (!skip(s, '.')) return true;
    for (; digits(s, 1, &d); n++) {
        if (n >= 9) return false;
        if (n < 7) v = v * 10 + d;
    }
    if (n == 0) return false;
    for (; n < 7; n++) v *= 10;
    *ticks += v;
    return true;
}

static bool parse_zone(struct str *s, int64_t *ticks)
{
    unsigned h, m = 0;
    if (s->n == 0) return true;
    if (skip(s, 'Z') || skip(s, 'z')) return true;
    int64_t sign = s->p[0] == '-' ? 1 : -1;
    if (!skip(s, '+') && !skip(s, '-')) return false;
    if (!digits(s, 2, &h)) return false;
    (void)skip(s, ':');
    if (s->n && !digits(s, 2, &m)) return false;
    if (h > 14 || m > 59) return false;
    *ticks += sign * ((int64_t)h * WALL_TICKS_PER_HOUR + (int64_t)m * WALL_TICKS_PER_MIN);
    return true;
}

/* ---- the usual form: 2026-02-01T11:30:25.1399582Z, fewer digits or none, at once ------------------------------------------- */
static uint64_t load8(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* Eight characters against a form of '0' for digits and marks that must be there; the digits' values by byte. */
static bool has_form(uint64_t text, uint64_t form, uint64_t digit_bytes, uint64_t *values)
{
    static const uint64_t tops = UINT64_C(0x8080808080808080), above_nine = UINT64_C(0x7676767676767676);
    uint64_t v = text ^ form;
    *values = v;
    return (((v + above_nine) | v) & tops) == 0 && (v & ~digit_bytes) == 0;
}

static unsigned two(uint64_t v, unsigned at)
{
    return (unsigned)(v >> 8 * at & 0xFF) * 10 + (unsigned)(v >> 8 * (at + 1) & 0xFF);
}

/* The digits in front of the Z, as ticks. */
static bool usual_fraction(struct str s, int64_t *ticks)
{
    size_t n = s.n - 21;
    uint64_t v;
    if (s.p[19] != '.' || n < 1 || n > 7) return false;
    uint64_t text = load8(s.p + s.n - 9) >> 8 * (8 - n);
    uint64_t used = (UINT64_C(1) << 8 * n) - 1, zeros = UINT64_C(0x3030303030303030);
    if (!has_form((text & used) | (zeros & ~used), zeros, UINT64_MAX, &v)) return false;
    *ticks = two(v, 0) * 100000 + two(v, 2) * 1000 + two(v, 4) * 10 + (unsigned)(v >> 48 & 0xFF);
    return true;
}

static bool parse_usual(struct str s, struct wall *out)
{
    static const uint64_t date_form = UINT64_C(0x2D30302D30303030),
                          date_digits = UINT64_C(0x00FFFF00FFFFFFFF); /* 0000-00- */
    static const uint64_t day_form = UINT64_C(0x30303A3030543030),
                          day_digits = UINT64_C(0xFFFF00FFFF00FFFF); /* 00T00:00 */
    uint64_t date, day;
    int64_t ticks = 0;
    if (s.n < 20 || s.n > 28 || s.p[s.n - 1] != 'Z' || s.p[16] != ':') return false;
    if (!has_form(load8(s.p), date_form, date_digits, &date) || !has_form(load8(s.p + 8), day_form, day_digits, &day))
        return false;
    unsigned s1 = (unsigned)(s.p[17] - '0'), s0 = (unsigned)(s.p[18] - '0');
    unsigned y = two(date, 0) * 100 + two(date, 2), m = two(date, 5), d = two(day, 0), hour = two(day, 3),
             minute = two(day, 6);
    if (s1 > 5 || s0 > 9 || y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m) || hour > 23 || minute > 59)
        return false;
    if (s.n > 20 && !usual_fraction(s, &ticks)) return false;
    int64_t seconds = wall_days(y, m, d) * 86400 + hour * 3600 + minute * 60 + s1 * 10 + s0;
    out->ticks = seconds * WALL_TICKS_PER_S + ticks;
    return true;
}

bool wall_parse(struct str s, struct wall *out)
{
    if (parse_usual(s, out)) return true;
    int64_t days, ticks = 0;
    unsigned h, m, sec = 0;
    if (!parse_date(&s, &days)) return false;
    if (s.n && !(s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z'))) {
        if (!skip(&s, 'T') && !skip(&s, 't') && !skip(&s, ' ')) return false;
        if (!digits(&s, 2, &h) || !skip(&s, ':') || !digits(&s, 2, &m)) return false;
        if (skip(&s, ':') && !digits(&s, 2, &sec)) return false;
        if (h > 23 || m > 59 || sec > 60) return false;
        if (!parse_fraction(&s, &ticks)) return false;
        ticks += (int64_t)h * WALL_TICKS_PER_HOUR + (int64_t)m * WALL_TICKS_PER_MIN + (int64_t)sec * WALL_TICKS_PER_S;
    }
    if (!parse_zone(&s, &ticks) || s.n) return false;
    out->ticks = days * WALL_TICKS_PER_DAY + ticks;
    return true;
}

int wall_format_digits(struct wall t, int n, char out[WALL_TEXT_BYTES])
{
    static const int64_t cut[8] = {10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t year;
    unsigned month, day;
    int64_t days = floor_div(t.ticks, WALL_TICKS_PER_DAY);
    int64_t rest = t.ticks - days * WALL_TICKS_PER_DAY;
    wall_date(days, &year, &month, &day);
    int h = (int)(rest / WALL_TICKS_PER_HOUR), m = (int)(rest / WALL_TICKS_PER_MIN % 60);
    int s = (int)(rest / WALL_TICKS_PER_S % 60);
    if (n <= 0)
        return snprintf(out, WALL_TEXT_BYTES, "%04d-%02u-%02uT%02d:%02d:%02dZ", (int)(year % 10000), month, day, h, m,
                        s);
    if (n > 7) n = 7;
    return snprintf(out, WALL_TEXT_BYTES, "%04d-%02u-%02uT%02d:%02d:%02d.%0*dZ", (int)(year % 10000), month, day, h, m,
                    s, n, (int)(rest % WALL_TICKS_PER_S / cut[n]));
}

int wall_format(struct wall t, char out[WALL_TEXT_BYTES])
{
    return wall_format_digits(t, 7, out);
}

void wall_format_day(struct wall t, char out[11])
{
    int64_t year;
    unsigned month, day;
    wall_date(floor_div(t.ticks, WALL_TICKS_PER_DAY), &year, &month, &day);
    (void)snprintf(out, 11, "%04u-%02u-%02u", (unsigned)year % 10000u, month % 100u, day % 100u);
}

int64_t wall_ms(struct wall t)
{
    return floor_div(t.ticks, WALL_TICKS_PER_MS);
}

int64_t wall_hour(struct wall t)
{
    return floor_div(t.ticks, WALL_TICKS_PER_HOUR);
}

struct wall wall_from_ms(int64_t ms)
{
    struct wall t;
    if (__builtin_mul_overflow(ms, WALL_TICKS_PER_MS, &t.ticks)) t.ticks = ms < 0 ? INT64_MIN : INT64_MAX;
    return t;
}

struct wall wall_add(struct wall t, int64_t ticks)
{
    struct wall sum;
    if (__builtin_add_overflow(t.ticks, ticks, &sum.ticks)) sum.ticks = ticks < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

bool duration_parse(struct str s, int64_t *ms_out)
{
    static const struct {
        struct str unit;
        int64_t ms;
    } units[] = {{STR("ms"), 1}, {STR("s"), 1000}, {STR("m"), 60000}, {STR("h"), 3600000}, {STR("d"), 86400000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        int64_t n, ms;
        if (!str_ends(s, units[i].unit)) continue;
        if (!str_to_i64(str_sub(s, 0, s.n - units[i].unit.n), &n)) continue;
        if (n < 0 || __builtin_mul_overflow(n, units[i].ms, &ms)) return false;
        *ms_out = ms;
        return true;
    }
    return false;
}
