#include "kit/base/zone.h"

#include <stdlib.h>

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, TYPES_MAX = 256, TIMES_MAX = 4000, DAY_S = 86400, OFFSET_MAX_S = 26 * 3600 };

struct rule {  /* Mm.w.d/time, or a day of the year */
    char form; /* 'M'; 'J': 1 to 365, February 29 never counted; 'D': 0 to 365 */
    unsigned month, week, day;
    int time_s;
};
struct zone {
    size_t count;     /* of transitions */
    int64_t *times;   /* seconds since the epoch */
    int32_t *offsets; /* from that time on */
    int32_t first;    /* before all of them */
    bool has_footer, has_summer;
    int32_t standard_s, summer_s;
    struct rule start, end; /* of summer time */
};

struct in {
    const unsigned char *p;
    size_t n;
};

static int64_t big_endian(const unsigned char *p, size_t bytes)
{
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes; i++) v = v << 8 | p[i];
    return (int64_t)v;
}

/* ---- the footer: "CET-1CEST,M3.5.0,M10.5.0/3" --------------------------------------------------------------------------- */
static bool take_number(struct str *s, unsigned max, unsigned *out)
{
    size_t n = 0;
    unsigned v = 0;
    for (; n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9'; n++) v = v * 10 + (unsigned)(s->p[n] - '0');
    *s = str_sub(*s, n, s->n);
    *out = v;
    return n > 0 && v <= max;
}

static bool take(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c) return false;
    *s = str_sub(*s, 1, s->n);
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct str *s, unsigned hours_max, int *out)
{
    unsigned hours, minutes = 0, seconds = 0;
    bool is_minus = take(s, '-');
    if (!is_minus) (void)take(s, '+');
    if (!take_number(s, hours_max, &hours)) return false;
    if (take(s, ':') && (!take_number(s, 59, &minutes) || (take(s, ':') && !take_number(s, 59, &seconds))))
        return false;
    int v = (int)(hours * 3600 + minutes * 60 + seconds);
    *out = is_minus ? -v : v;
    return true;
}

static bool take_name(struct str *s)
{
    size_t n = 0;
    if (take(s, '<')) {
        while (n < s->n && s->p[n] != '>') n++;
        *s = str_sub(*s, n, s->n);
        return n > 0 && take(s, '>');
    }
    while (n < s->n && ((s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z')) n++;
    *s = str_sub(*s, n, s->n);
    return n >= 3;
}

static bool take_rule(struct str *s, struct rule *r)
{
    *r = (struct rule){.time_s = 2 * 3600};
    bool ok;
    if (take(s, 'M')) {
        r->form = 'M';
        ok = take_number(s, 12, &r->month) && r->month > 0 && take(s, '.') && take_number(s, 5, &r->week) &&
             r->week > 0 && take(s, '.') && take_number(s, 6, &r->day);
    } else if (take(s, 'J')) {
        r->form = 'J';
        ok = take_number(s, 365, &r->day) && r->day > 0;
    } else {
        r->form = 'D';
        ok = take_number(s, 365, &r->day);
    }
    return ok && (!take(s, '/') || take_time(s, 167, &r->time_s));
}

/* POSIX counts offsets westwards. */
static bool read_footer(struct zone *z, struct str s)
{
    int west;
    if (!take_name(&s) || !take_time(&s, 24, &west)) return false;
    z->standard_s = -west;
    z->has_footer = true;
    if (s.n == 0) return true;
    if (!take_name(&s)) return false;
    z->summer_s = z->standard_s + 3600;
    if (s.n > 0 && s.p[0] != ',') {
        if (!take_time(&s, 24, &west)) return false;
        z->summer_s = -west;
    }
    z->has_summer = take(&s, ',') && take_rule(&s, &z->start) && take(&s, ',') && take_rule(&s, &z->end) && s.n == 0;
    return z->has_summer;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------ */
struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

static bool read_header(struct in in, struct counts *c)
{
    if (in.n < HEADER_BYTES || memcmp(in.p, "TZif", 4) != 0) return false;
    size_t v[6];
    for (size_t i = 0; i < 6; i++) {
        int64_t n = big_endian(in.p + 20 + 4 * i, 4);
        if (n < 0 || n > TIMES_MAX) return false;
        v[i] = (size_t)n;
    }
    *c = (struct counts){v[0], v[1], v[2], v[3], v[4], v[5]};
    return c->type > 0 && c->type <= TYPES_MAX;
}

static size_t body_bytes(const struct counts *c, size_t time_bytes)
{
    return c->time * (time_bytes + 1) + c->type * TYPE_BYTES + c->chars + c->leap * (time_bytes + 4) + c->isstd +
           c->isut;
}

static bool read_offset(const unsigned char *type, int32_t *out)
{
    int64_t v = big_endian(type, 4);
    if (v < -OFFSET_MAX_S || v > OFFSET_MAX_S) return false;
    *out = (int32_t)v;
    return true;
}

static bool read_table(struct zone *z, struct in in, const struct counts *c, size_t time_bytes)
{
    const unsigned char *kinds = in.p + c->time * time_bytes, *types = kinds + c->time;
    z->times = calloc(c->time + 1, sizeof *z->times);
    z->offsets = calloc(c->time + 1, sizeof *z->offsets);
    if (z->times == NULL || z->offsets == NULL || !read_offset(types, &z->first)) return false;
    for (size_t i = 0; i < c->time; i++) {
        z->times[i] = big_endian(in.p + i * time_bytes, time_bytes);
        if (kinds[i] >= c->type || (i > 0 && z->times[i] <= z->times[i - 1]) ||
            !read_offset(types + (size_t)kinds[i] * TYPE_BYTES, &z->offsets[i]))
            return false;
    }
    z->count = c->time;
    return true;
}

static bool read_zone(struct zone *z, struct in in)
{
    struct counts c;
    if (!read_header(in, &c)) return false;
    size_t time_bytes = 4, all = HEADER_BYTES + body_bytes(&c, 4);
    bool has_second = in.p[4] >= '2';
    if (has_second) { /* the first table is for old readers */
        if (in.n < all) return false;
        in = (struct in){in.p + all, in.n - all};
        time_bytes = 8;
        if (!read_header(in, &c)) return false;
        all = HEADER_BYTES + body_bytes(&c, time_bytes);
    }
    if (in.n < all || !read_table(z, (struct in){in.p + HEADER_BYTES, in.n - HEADER_BYTES}, &c, time_bytes))
        return false;
    struct str footer = {(const char *)in.p + all, in.n - all};
    if (!has_second) return true;
    return take(&footer, '\n') && footer.n > 0 && footer.p[footer.n - 1] == '\n' &&
           (footer.n == 1 || read_footer(z, str_sub(footer, 0, footer.n - 1)));
}

struct zone *zone_new(struct str tzif)
{
    struct zone *z = calloc(1, sizeof *z);
    if (z == NULL || read_zone(z, (struct in){(const unsigned char *)tzif.p, tzif.n})) return z;
    zone_free(z);
    return NULL;
}

struct zone *zone_new_fixed(int offset_s)
{
    struct zone *z = calloc(1, sizeof *z);
    if (z == NULL) return NULL;
    z->has_footer = true;
    z->standard_s = offset_s;
    return z;
}

bool zone_offset_parse(struct str s, int *offset_s_out)
{
    bool is_minus = s.n == 6 && s.p[0] == '-';
    if (s.n != 6 || !(is_minus || s.p[0] == '+') || s.p[3] != ':') return false;
    struct str rest = str_sub(s, 1, s.n);
    unsigned hours, minutes;
    if (!take_number(&rest, 14, &hours) || !take(&rest, ':') || !take_number(&rest, 59, &minutes) || rest.n > 0)
        return false;
    int v = (int)(hours * 3600 + minutes * 60);
    *offset_s_out = is_minus ? -v : v;
    return true;
}

void zone_free(struct zone *z)
{
    if (z == NULL) return;
    free(z->times);
    free(z->offsets);
    free(z);
}

/* ---- reading the clock ------------------------------------------------------------------------------------------------------ */
static int64_t seconds_of(struct wall at)
{
    return at.ticks / WALL_TICKS_PER_S - (at.ticks % WALL_TICKS_PER_S < 0);
}

static int64_t day_of(int64_t seconds)
{
    return seconds / DAY_S - (seconds % DAY_S < 0);
}

static unsigned weekday_of(int64_t day)
{
    return (unsigned)(((day + DAY_THURSDAY) % DAYS_A_WEEK + DAYS_A_WEEK) % DAYS_A_WEEK); /* 1970-01-01 was a Thursday */
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Seconds since the epoch, as if the wall's clock were UTC's. */
static int64_t rule_time(const struct rule *r, int64_t year)
{
    int64_t day;
    if (r->form == 'M') {
        int64_t first = wall_days(year, r->month, 1);
        unsigned wanted = (r->day + DAY_SUNDAY) % DAYS_A_WEEK; /* POSIX counts from Sunday */
        day = first + (wanted + DAYS_A_WEEK - weekday_of(first)) % DAYS_A_WEEK + (int64_t)(r->week - 1) * DAYS_A_WEEK;
        int64_t next = r->month == 12 ? wall_days(year + 1, 1, 1) : wall_days(year, r->month + 1, 1);
        if (day >= next) day -= DAYS_A_WEEK; /* the fifth is the last */
    } else {
        bool skips = r->form == 'J' && r->day >= 60 && is_leap(year);
        day = wall_days(year, 1, 1) + r->day - (r->form == 'J') + skips;
    }
    return day * DAY_S + r->time_s;
}

static int32_t footer_offset(const struct zone *z, int64_t s)
{
    if (!z->has_summer) return z->standard_s;
    int64_t year;
    unsigned month, day;
    wall_date(day_of(s + z->standard_s), &year, &month, &day);
    int64_t start = rule_time(&z->start, year) - z->standard_s, end = rule_time(&z->end, year) - z->summer_s;
    bool is_summer = start < end ? s >= start && s < end : s >= start || s < end; /* south of the equator */
    return is_summer ? z->summer_s : z->standard_s;
}

int zone_offset_s(const struct zone *z, struct wall at)
{
    if (z == NULL) return 0;
    int64_t s = seconds_of(at);
    if (z->has_footer && (z->count == 0 || s >= z->times[z->count - 1])) return footer_offset(z, s);
    size_t low = 0, high = z->count; /* the first transition behind s */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->times[middle] <= s)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? z->first : z->offsets[low - 1];
}

struct zone_time zone_local(const struct zone *z, struct wall at)
{
    int64_t s = seconds_of(at) + zone_offset_s(z, at), day = day_of(s);
    struct zone_time t = {.minute_of_day = (unsigned)(s - day * DAY_S) / 60, .weekday = weekday_of(day)};
    wall_date(day, &t.year, &t.month, &t.day);
    return t;
}

enum { MINUTE_S = 60, DAY_MINUTES = 1440, TWICE_S = 4 * 3600 /* more than any clock is ever put back */ };

static int64_t minute_shown(const struct zone *z, int64_t s)
{
    int64_t local = s + zone_offset_s(z, (struct wall){s * WALL_TICKS_PER_S}), day = day_of(local);
    return day * DAY_MINUTES + (local - day * DAY_S) / MINUTE_S;
}

/* How often that time of day has come by the minute `shown`. */
static int64_t times_come(int64_t shown, unsigned minute_of_day)
{
    return day_of((shown - minute_of_day) * MINUTE_S);
}

/* Minute by minute: rare, and right whatever the zone does. What counts is the latest time that was ever shown. */
struct wall zone_next(const struct zone *z, struct wall after, unsigned minute_of_day)
{
    int64_t from = seconds_of(after), s = from - TWICE_S;
    s -= ((s % MINUTE_S) + MINUTE_S) % MINUTE_S;
    for (int64_t latest = minute_shown(z, s);; s += MINUTE_S) {
        int64_t shown = minute_shown(z, s);
        if (s > from && times_come(shown, minute_of_day) > times_come(latest, minute_of_day))
            return (struct wall){s * WALL_TICKS_PER_S};
        if (shown > latest) latest = shown;
    }
}

bool zone_name_is_fine(struct str name)
{
    if (name.n == 0 || name.n > 64 || name.p[0] == '/') return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '_' || c == '-' || c == '+';
        if (!is_fine) return false;
    }
    return true;
}
