#include "twin/kql/value.h"

#include <stdio.h>

#include "kit/json/json.h"

const char *kql_type_name(enum kql_type t)
{
    static const char *const names[] = {"String",   "Int64",    "Int32",  "Double", "SByte",
                                        "DateTime", "TimeSpan", "Object", "Guid"};
    return names[t];
}

const char *kql_type_kusto_name(enum kql_type t)
{
    static const char *const names[] = {"string",   "long",     "int",     "real", "bool",
                                        "datetime", "timespan", "dynamic", "guid"};
    return names[t];
}

bool kql_is_number(enum kql_type t)
{
    return t == KQL_LONG || t == KQL_INT || t == KQL_REAL;
}

double kql_number(struct kql_value v)
{
    return v.type == KQL_REAL ? v.d : (double)v.i;
}

int kql_compare(struct kql_value a, struct kql_value b)
{
    if (a.is_null || b.is_null) return (int)b.is_null - (int)a.is_null;
    if (kql_is_text(a.type) && kql_is_text(b.type)) return str_cmp(a.s, b.s);
    if (kql_is_text(a.type) || kql_is_text(b.type)) return kql_is_text(a.type) ? 1 : -1;
    if (a.type != KQL_REAL && b.type != KQL_REAL) return (a.i > b.i) - (a.i < b.i);
    double x = kql_number(a), y = kql_number(b);
    return (x > y) - (x < y);
}

static struct str printed(struct arena *a, const char *text, int n)
{
    char *copy = arena_copy(a, text, (size_t)n);
    return copy ? (struct str){copy, (size_t)n} : STR("");
}

static struct str timespan_text(int64_t ticks, struct arena *a)
{
    char text[48];
    uint64_t t = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks;
    const uint64_t s = t / WALL_TICKS_PER_S, days = s / 86400;
    int n = snprintf(text, sizeof text, "%s", ticks < 0 ? "-" : "");
    if (days) n += snprintf(text + n, sizeof text - (size_t)n, "%lu.", (unsigned long)days);
    n += snprintf(text + n, sizeof text - (size_t)n, "%02u:%02u:%02u", (unsigned)(s / 3600 % 24),
                  (unsigned)(s / 60 % 60), (unsigned)(s % 60));
    if (t % WALL_TICKS_PER_S)
        n += snprintf(text + n, sizeof text - (size_t)n, ".%07u", (unsigned)(t % WALL_TICKS_PER_S));
    return printed(a, text, n);
}

struct str kql_to_text(struct kql_value v, struct arena *a)
{
    char text[64];
    if (v.is_null) return STR("");
    switch (v.type) {
    case KQL_DYNAMIC: return v.s.n && v.s.p[0] == '"' ? json_unescape(a, v.s) : v.s;
    case KQL_STRING:
    case KQL_GUID: return v.s;
    case KQL_BOOL: return v.i ? STR("true") : STR("false");
    case KQL_DATETIME: return printed(a, text, wall_format((struct wall){v.i}, text));
    case KQL_TIMESPAN: return timespan_text(v.i, a);
    case KQL_REAL: return printed(a, text, snprintf(text, sizeof text, "%.15g", v.d));
    case KQL_LONG:
    case KQL_INT: return printed(a, text, snprintf(text, sizeof text, "%lld", (long long)v.i));
    }
    return STR("");
}

void kql_to_json(struct kql_value v, struct buf *out)
{
    struct json_writer w;
    struct arena a;
    if (v.is_null || (v.type == KQL_DYNAMIC && v.s.n == 0)) {
        buf_add_str(out, STR("null"));
        return;
    }
    arena_init(&a, 4096);
    json_writer_init(&w, out);
    bool is_raw = v.type == KQL_DYNAMIC || v.type == KQL_BOOL || kql_is_number(v.type);
    if (is_raw)
        json_write_raw(&w, v.type == KQL_DYNAMIC ? v.s : kql_to_text(v, &a));
    else
        json_write_str(&w, kql_to_text(v, &a));
    arena_done(&a);
}

bool kql_timespan_parse(struct str s, int64_t *ticks_out)
{
    static const struct {
        struct str unit;
        double ticks;
    } units[] = {
        /* the longer spellings first */
        {STR("microseconds"), 10},
        {STR("microsecond"), 10},
        {STR("seconds"), WALL_TICKS_PER_S},
        {STR("second"), WALL_TICKS_PER_S},
        {STR("minutes"), WALL_TICKS_PER_MIN},
        {STR("minute"), WALL_TICKS_PER_MIN},
        {STR("hours"), WALL_TICKS_PER_HOUR},
        {STR("hour"), WALL_TICKS_PER_HOUR},
        {STR("days"), WALL_TICKS_PER_DAY},
        {STR("day"), WALL_TICKS_PER_DAY},
        {STR("ticks"), 1},
        {STR("tick"), 1},
        {STR("ms"), WALL_TICKS_PER_MS},
        {STR("s"), WALL_TICKS_PER_S},
        {STR("m"), WALL_TICKS_PER_MIN},
        {STR("h"), WALL_TICKS_PER_HOUR},
        {STR("d"), WALL_TICKS_PER_DAY},
    };
    char number[32];
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!str_ends(s, units[i].unit)) continue;
        struct str head = str_sub(s, 0, s.n - units[i].unit.n);
        if (head.n == 0 || head.p[head.n - 1] < '0' || head.p[head.n - 1] > '9') continue;
        if (!str_copy(head, number, sizeof number)) return false;
        char *end;
        double ticks = strtod(number, &end) * units[i].ticks;
        if (*end != '\0' || !(ticks > -9e18 && ticks < 9e18)) return false;
        *ticks_out = (int64_t)ticks;
        return true;
    }
    return false;
}
