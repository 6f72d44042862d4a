/* Any bytes as a duration and as an interval of ISO 8601: what is understood is finite, never negative, means the same when
 * it is said alone as at either end of an interval, and a day more is a day more. */
#include "kit/base/err.h"
#include "twin/timespan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wall now = {INT64_C(17800000000000000)};

static void check_ends(struct str text, int64_t ticks)
{
    static const char start[] = "2026-01-01T00:00:00Z";
    struct wall begin;
    struct buf b;
    int64_t from = INT64_MIN, to = INT64_MAX;
    INVARIANT(wall_parse(STR(start), &begin));
    buf_init(&b, 0);
    (void)buf_addf(&b, "%s/%.*s", start, STR_ARG(text));
    INVARIANT(iso_interval(buf_str(&b), now, &from, &to));
    INVARIANT(from == begin.ticks && to == wall_add(begin, ticks).ticks);
    buf_reset(&b);
    (void)buf_addf(&b, "%.*s/%s", STR_ARG(text), start);
    INVARIANT(iso_interval(buf_str(&b), now, &from, &to));
    INVARIANT(to == begin.ticks && from == wall_add(begin, -ticks).ticks);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    int64_t ticks, from = INT64_MIN, to = INT64_MAX;
    if (iso_duration(text, &ticks)) {
        INVARIANT(ticks >= 0);
        INVARIANT(iso_interval(text, now, &from, &to) && from == wall_add(now, -ticks).ticks && to == INT64_MAX);
        check_ends(text, ticks);
    } else if (!iso_interval(text, now, &from, &to)) {
        INVARIANT(from == INT64_MIN && to == INT64_MAX);
    }
    return 0;
}
