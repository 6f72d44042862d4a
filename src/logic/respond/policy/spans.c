/* "22:00-06:00 Europe/Berlin" and "mon-fri". */
#include "logic/respond/policy/policy_int.h"

enum { DAY_MINUTES = 1440, ZONES_MAX = 64, ALL_DAYS = (1 << DAYS_A_WEEK) - 1 };

static const char *const day_names[DAYS_A_WEEK][2] = {
    {"mon", "monday"}, {"tue", "tuesday"},  {"wed", "wednesday"}, {"thu", "thursday"},
    {"fri", "friday"}, {"sat", "saturday"}, {"sun", "sunday"},
};

static bool read_day(struct str s, unsigned *out)
{
    for (unsigned i = 0; i < DAYS_A_WEEK; i++) {
        if (!str_eq_nocase(s, str_of(day_names[i][0])) && !str_eq_nocase(s, str_of(day_names[i][1]))) continue;
        *out = i;
        return true;
    }
    return false;
}

/* 0:00 to 24:00 */
static bool read_minute(struct str s, unsigned *out)
{
    uint64_t hours, minutes;
    struct str rest = s, head = str_cut(&rest, ':');
    if (rest.n != 2 || head.n == 0 || head.n > 2 || !str_to_u64(head, &hours) || !str_to_u64(rest, &minutes))
        return false;
    *out = (unsigned)(hours * 60 + minutes);
    return minutes < 60 && *out <= DAY_MINUTES;
}

static bool read_span(struct str s, bool is_day, struct span *out)
{
    struct str rest = s, head = str_cut(&rest, '-');
    *out = (struct span){.to = DAY_MINUTES, .days = ALL_DAYS};
    if (!is_day)
        return rest.p != NULL && read_minute(head, &out->from) && read_minute(rest, &out->to) && out->from != out->to;
    unsigned from, to;
    if (!read_day(head, &from)) return false;
    if (rest.p == NULL)
        to = from;
    else if (!read_day(rest, &to))
        return false;
    out->days = 0;
    for (unsigned day = from;; day = (day + 1) % DAYS_A_WEEK) {
        out->days |= 1U << day;
        if (day == to) return true;
    }
}

static bool load_zone(struct compiler *c, const struct yaml *at, struct str name, const struct zone **out)
{
    struct policy *p = c->p;
    struct buf bytes;
    if (c->files == NULL || c->files->zone == NULL || !zone_name_is_fine(name))
        return complain(c, at, POLICY_ZONE, "there is no time zone \"%.*s\"", STR_ARG(name));
    if (p->zone_count == ZONES_MAX) return complain(c, at, POLICY_BAD, "at most %d time zones", ZONES_MAX);
    if (p->zones == NULL && (p->zones = calloc(ZONES_MAX, sizeof *p->zones)) == NULL) return no_room(c);
    buf_init(&bytes, 1 << 20);
    struct err e = {0};
    bool has = c->files->zone(c->files->ctx, name, &bytes, &e);
    struct zone *z = has ? zone_new(buf_str(&bytes)) : NULL;
    buf_done(&bytes);
    if (z == NULL) return complain(c, at, POLICY_ZONE, "there is no time zone \"%.*s\"", STR_ARG(name));
    p->zones[p->zone_count++] = (struct named_zone){name, z};
    *out = z;
    return true;
}

static bool find_zone(struct compiler *c, const struct yaml *at, struct str name, const struct zone **out)
{
    if (str_eq_nocase(name, STR("UTC"))) {
        *out = NULL;
        return true;
    }
    for (size_t i = 0; i < c->p->zone_count; i++) {
        if (!str_eq(c->p->zones[i].name, name)) continue;
        *out = c->p->zones[i].zone;
        return true;
    }
    return load_zone(c, at, name, out);
}

bool compile_spans(struct compiler *c, const struct yaml *v, bool is_day, struct node *out)
{
    size_t count = value_count(v);
    struct span *spans = arena_alloc(&c->p->arena, (count + 1) * sizeof *spans);
    if (spans == NULL) return no_room(c);
    for (size_t i = 0; i < count; i++) {
        const struct yaml *item = value_at(v, i);
        if (!expect_text(c, item, is_day ? "day" : "time")) return false;
        struct str zone = str_trim(item->text), span = str_cut(&zone, ' ');
        if (!read_span(span, is_day, &spans[i]))
            return complain(c, item, POLICY_BAD,
                            is_day ? "a day is mon, tue, wed, thu, fri, sat, sun, or a span: mon-fri"
                                   : "a time of day is a span: 22:00-06:00");
        zone = str_trim(zone);
        spans[i].has_zone = zone.n > 0;
        if (zone.n > 0 && !find_zone(c, item, zone, &spans[i].zone)) return false;
    }
    out->spans = spans;
    out->span_count = count;
    return true;
}
