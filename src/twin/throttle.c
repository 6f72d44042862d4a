/* Whom the model turns away: outages, storms, limits, and faults by lot. */
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "twin/cloud_int.h"

/* clang-format off */
#define SETTING(member) offsetof(struct scenario, member)
const struct family_row twin_families[FAMILY_COUNT] = {
    [FAMILY_LOGIN] = {"login", true, 0, 0, 0, 0},
    [FAMILY_SECURITY] = {"security", true, 150, 0, SETTING(security_per_min), 0},
    [FAMILY_HUNTING] = {"hunting", true, 45, 0, SETTING(hunting_per_min), 0},
    [FAMILY_ENDPOINT] = {"endpoint", false, 100, 1500, SETTING(endpoint_per_min), SETTING(endpoint_per_hour)},
    [FAMILY_LIVE_RESPONSE] = {"live_response", false, 10, 0, 0, 0},
    [FAMILY_IMPORT] = {"import", false, 30, 0, 0, 0},
    [FAMILY_BATCH] = {"batch", true, 0, 0, 0, 0},
    [FAMILY_ENDPOINT_HUNTING] = {"endpoint_hunting", false, 45, 1500, 0, 0},
    [FAMILY_XDR_HUNTING] = {"xdr_hunting", false, 45, 0, 0, 0},
    [FAMILY_ENDPOINT_ALERTS] = {"endpoint_alerts", false, 100, 1500, SETTING(endpoint_per_min), SETTING(endpoint_per_hour)},
    [FAMILY_BATCH_UPDATE] = {"batch_update", false, 10, 500, 0, 0},
    [FAMILY_XDR] = {"xdr", false, 50, 1500, 0, 0},
    [FAMILY_SIEM] = {"siem", false, 0, 0, 0, 0},
    [FAMILY_PACKAGE] = {"package", false, 2, 120, 0, 0},
};
/* clang-format on */

static const struct scenario_event *event_now(const struct exchange *x, enum event_what what, int64_t *left_ms_out)
{
    const struct scenario *s = x->cloud->opts.scenario;
    for (unsigned i = 0; i < s->event_count; i++) {
        const struct scenario_event *e = &s->events[i];
        int64_t passed = (x->now.ticks - x->cloud->opts.start.ticks) / WALL_TICKS_PER_MS - e->at_ms;
        if (e->what != what || passed < 0 || passed >= e->for_ms ||
            !tenant_range_has(&e->tenants, x->tenant->world.index))
            continue;
        *left_ms_out = e->for_ms - passed;
        return e;
    }
    return NULL;
}

bool is_partial(const struct exchange *x)
{
    int64_t left_ms;
    return x->tenant->is_partial || event_now(x, EVENT_PARTIAL, &left_ms);
}

/* Whole seconds or fractions, by family; a date by the rules of HTTP; or nothing. */
static void say_retry_after(struct exchange *x, double seconds)
{
    bool is_graph = twin_families[x->family].is_graph;
    const struct variants *v = exchange_variants(x);
    enum variant which = x->family == FAMILY_HUNTING ? VARIANT_HUNTING_RETRY_AFTER
                         : is_graph                  ? VARIANT_GRAPH_RETRY_AFTER
                                                     : VARIANT_ENDPOINT_RETRY_AFTER;
    if (variant_is(v, which, "absent")) return;
    if (variant_is(v, which, "date")) {
        char text[40];
        time_t at = (time_t)(wall_ms(x->now) / 1000 + (int64_t)seconds + 1);
        struct tm parts;
        (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &parts));
        answer_header(x, "Retry-After", "%s", text);
    } else if (is_graph) {
        answer_header(x, "Retry-After", "%.3f", seconds < 0.001 ? 0.001 : seconds);
    } else {
        answer_header(x, "Retry-After", "%d", (int)(seconds + 0.999));
    }
}

static bool turned_away(struct exchange *x, const char *message, double retry_after_s, bool has_header)
{
    x->tenant->stats[x->family].throttled++;
    if (has_header) say_retry_after(x, retry_after_s);
    /* The Endpoint API has been seen to say "429" where its pages say TooManyRequests. */
    answer_error(x, 429,
                 twin_families[x->family].is_graph ? "TooManyRequests"
                                                   : variant_text(exchange_variants(x), VARIANT_ENDPOINT_429_CODE),
                 message);
    return false;
}

#define CPU_A_QUERY 0.05 /* seconds, whatever it asks */

static bool over(struct wall *began, unsigned *count, unsigned limit, int64_t window, struct wall now,
                 double *left_s_out)
{
    if (now.ticks - began->ticks >= window || now.ticks < began->ticks) {
        *began = now;
        *count = 0;
    }
    *left_s_out = (double)(began->ticks + window - now.ticks) / WALL_TICKS_PER_S;
    return ++*count > limit; /* refused calls count too */
}

static unsigned limit(const struct scenario *s, size_t setting, unsigned usual)
{
    if (setting) usual = *(const unsigned *)(const void *)((const char *)s + setting);
    return usual || setting ? usual : UINT32_MAX;
}

static bool within_limits(struct exchange *x)
{
    const struct scenario *s = x->cloud->opts.scenario;
    const struct family_row *f = &twin_families[x->family];
    unsigned per_minute = limit(s, f->minute_setting, f->per_minute), per_hour = limit(s, f->hour_setting, f->per_hour);
    bool is_apart = variant_is(exchange_variants(x), VARIANT_GRAPH_INCIDENT_LIMIT, "own") && x->what == OBJECT_INCIDENT;
    struct throttle *t =
        x->family == FAMILY_SECURITY && is_apart ? &x->tenant->incident_throttle : &x->tenant->throttles[x->family];
    double minute_left, hour_left;
    char message[120];
    bool over_minute = over(&t->minute, &t->in_minute, per_minute, WALL_TICKS_PER_MIN, x->now, &minute_left);
    bool over_hour = over(&t->hour, &t->in_hour, per_hour, WALL_TICKS_PER_HOUR, x->now, &hour_left);
    if (!over_minute && !over_hour) return true;
    (void)snprintf(message, sizeof message, "API calls quota exceeded! maximum allowed %u per %s",
                   over_hour ? per_hour : per_minute, over_hour ? "01:00:00" : "00:01:00");
    return turned_away(x, message, over_hour ? hour_left : minute_left, true);
}

static void pass(struct wall *began, double *used, int64_t window, struct wall now)
{
    if (now.ticks - began->ticks < window && now.ticks >= began->ticks) return;
    *began = now;
    *used = 0;
}

/* Ten minutes an hour, three hours a day (section 6). */
bool run_time_check(struct exchange *x, double seconds)
{
    struct run_time *r = &x->tenant->run_time;
    pass(&r->hour, &r->in_hour, WALL_TICKS_PER_HOUR, x->now);
    pass(&r->day, &r->in_day, WALL_TICKS_PER_DAY, x->now);
    bool over_day = r->in_day + seconds > 3 * 3600, over_hour = r->in_hour + seconds > 600;
    if (!over_day && !over_hour) {
        r->in_hour += seconds;
        r->in_day += seconds;
        return true;
    }
    int64_t ends = over_day ? r->day.ticks + WALL_TICKS_PER_DAY : r->hour.ticks + WALL_TICKS_PER_HOUR;
    return turned_away(x,
                       over_day ? "Run time quota exceeded! maximum allowed 03:00:00 per 1.00:00:00"
                                : "Run time quota exceeded! maximum allowed 00:10:00 per 01:00:00",
                       (double)(ends - x->now.ticks) / WALL_TICKS_PER_S, true);
}

/* The share of CPU that all who hunt in the tenant have together, until the next quarter of an hour (section 6). */
bool cpu_check(struct exchange *x)
{
    const int64_t quarter = 15 * WALL_TICKS_PER_MIN;
    struct twin_tenant *t = x->tenant;
    struct wall began = {x->now.ticks - x->now.ticks % quarter};
    if (t->cpu_since.ticks != began.ticks) {
        t->cpu_since = began;
        t->cpu_used = 0;
    }
    if (t->cpu_share < 0 || t->cpu_used < t->cpu_share) {
        t->cpu_used += CPU_A_QUERY;
        return true;
    }
    return turned_away(
        x,
        "CPU quota exceeded! The tenant has used up its share of CPU for advanced hunting; it is renewed "
        "every 15 minutes.",
        (double)(began.ticks + quarter - x->now.ticks) / WALL_TICKS_PER_S, true);
}

static bool broken(struct exchange *x, enum fault fault)
{
    bool is_graph = twin_families[x->family].is_graph;
    x->tenant->stats[x->family].faulted++;
    switch (fault) {
    case FAULT_ERROR: answer_error(x, 500, is_graph ? "UnknownError" : "InternalServerError", ""); break;
    case FAULT_TIMEOUT: answer_error(x, 504, "UnknownError", ""); break;
    default: answer_error(x, 503, "ServiceUnavailable", "The service is unavailable."); break;
    }
    return false;
}

bool throttle_check(struct exchange *x)
{
    int64_t left_ms;
    struct rng *lots = &x->cloud->lots;
    x->tenant->stats[x->family].calls++;
    if (event_now(x, EVENT_OUTAGE, &left_ms)) return broken(x, FAULT_DOWN);
    if (event_now(x, EVENT_THROTTLE, &left_ms))
        return turned_away(x, "Too Many Requests", (double)left_ms / 1000 * (0.3 + 0.7 * rng_unit(lots)), true);
    if (!within_limits(x)) return false;
    enum fault fault = fault_draw(&x->cloud->faults, lots);
    if (fault == FAULT_THROTTLE)
        return turned_away(x, "Too Many Requests", 0.5 + 2.5 * rng_unit(lots), !rng_chance(lots, 0.15));
    if (fault == FAULT_ERROR || fault == FAULT_DOWN || fault == FAULT_TIMEOUT) return broken(x, fault);
    return true;
}

enum fault spoiling_fault(struct exchange *x)
{
    int64_t left_ms;
    if (event_now(x, EVENT_HANG, &left_ms)) return FAULT_HANG;
    enum fault fault = fault_draw(&x->cloud->faults, &x->cloud->lots);
    return fault == FAULT_CUT || fault == FAULT_HANG || fault == FAULT_SLOW ? fault : FAULT_NONE;
}
