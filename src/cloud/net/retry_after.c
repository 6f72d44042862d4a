#include "cloud/net/net_int.h"

#include <curl/curl.h>
#include <math.h>

static const uint32_t DAY_MS = 86400u * 1000u;
static const time_t LAST_S = INT64_C(253402300799); /* of the year 9999; what is later is no date */

/* "30" or "2.128": digits, perhaps a point and more digits. Rounded up: to come early is to be refused again. */
static bool seconds_parse(struct str s, double *ms_out)
{
    double whole = 0, unit = 1000;
    bool is_fraction = false, any = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && any && !is_fraction) {
            is_fraction = true;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        any = true;
        if (is_fraction)
            whole += (s.p[i] - '0') * (unit /= 10);
        else
            whole = whole * 10 + (s.p[i] - '0') * 1000.0;
    }
    *ms_out = ceil(whole - 1e-6);
    return any;
}

bool http_date_parse(struct str value, struct wall *out)
{
    char text[64];
    if (!str_copy(value, text, sizeof text)) return false;
    time_t at = curl_getdate(text, NULL);
    if (at < 0 || at > LAST_S) return false;
    *out = (struct wall){(int64_t)at * WALL_TICKS_PER_S};
    return true;
}

/* A date in the past (a skewed clock of theirs or ours) means: soon. */
static bool date_parse(struct str s, struct wall now, double *ms_out)
{
    struct wall at;
    if (!http_date_parse(s, &at)) return false;
    *ms_out = (double)wall_ms(at) - (double)wall_ms(now);
    return true;
}

uint32_t retry_after_parse(struct str value, struct wall now)
{
    double ms;
    value = str_trim(value);
    if (!seconds_parse(value, &ms) && !date_parse(value, now, &ms)) return 0;
    return ms < 1 ? 1 : ms > DAY_MS ? DAY_MS : (uint32_t)ms;
}
