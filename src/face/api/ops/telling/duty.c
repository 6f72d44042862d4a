/* Who is on duty. */
#include "face/api/ops/telling/telling.h"

#include "cloud/tenant/settings.h"
#include "kit/base/zone.h"
#include "state/store/people.h"

enum { MINUTES_A_DAY = 24 * 60 };

static const char *const day_names[DAYS_A_WEEK] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool read_day(struct str s, unsigned *out)
{
    for (unsigned i = 0; i < DAYS_A_WEEK; i++)
        if (str_eq_nocase(s, str_of(day_names[i]))) {
            *out = i;
            return true;
        }
    return false;
}

/* "mon-fri,sun" */
static bool read_days(struct str text, unsigned *out)
{
    *out = 0;
    while (text.n) {
        struct str to = str_cut(&text, ','), from = str_cut(&to, '-');
        unsigned first, last;
        if (!read_day(str_trim(from), &first)) return false;
        last = first;
        if (to.p && !read_day(str_trim(to), &last)) return false;
        for (unsigned i = first;; i = (i + 1) % DAYS_A_WEEK) {
            *out |= 1U << i;
            if (i == last) break;
        }
    }
    return true;
}

static bool read_minute(const struct op_call *c, const char *name, unsigned *out, struct err *e)
{
    struct str text = op_text(c, name), hour = str_cut(&text, ':');
    uint64_t h, m;
    if (op_cstr(c, name) == NULL) return true;
    if (!str_to_u64(hour, &h) || !str_to_u64(text, &m) || h > 23 || m > 59)
        return telling_bad(c, e, name, "a time of day, as 08:00");
    *out = (unsigned)(h * 60 + m) % MINUTES_A_DAY;
    return true;
}

static bool write_duty(void *arg, const struct duty_record *d)
{
    struct json_writer *w = arg;
    char days[40] = "", hours[24] = "";
    size_t n = 0;
    for (unsigned i = 0; i < DAYS_A_WEEK; i++)
        if (d->days >> i & 1) n += (size_t)snprintf(days + n, sizeof days - n, "%s%s", n ? "," : "", day_names[i]);
    if (d->from_minute != d->to_minute)
        (void)snprintf(hours, sizeof hours, "%02u:%02u-%02u:%02u", d->from_minute / 60 % 24, d->from_minute % 60,
                       d->to_minute / 60 % 24, d->to_minute % 60);
    json_object_begin(w);
    json_key(w, "id");
    json_write_i64(w, d->id);
    telling_member(w, "list", d->list);
    telling_member(w, "tenant_id", d->tenant_id);
    telling_member(w, "person", d->person);
    json_key(w, "position");
    json_write_i64(w, d->position);
    telling_member(w, "days", d->days ? days : "every day");
    telling_member(w, "hours", hours[0] ? hours : "all day");
    json_key(w, "since");
    write_time(w, d->since);
    json_key(w, "until");
    write_time(w, d->until);
    json_object_end(w);
    return true;
}

static bool read_instant(const struct op_call *c, const char *name, struct wall *out, struct err *e)
{
    return op_cstr(c, name) == NULL || wall_parse(op_text(c, name), out) ||
           telling_bad(c, e, name, "a time, as 2026-12-24T18:00:00Z");
}

bool op_duty_add(struct op_call *c, struct err *e)
{
    struct duty_record d = {.position = 1};
    int64_t position = 1;
    if (!telling_copy(c, "list", d.list, sizeof d.list, e) ||
        !telling_copy(c, "person", d.person, sizeof d.person, e) || !telling_tenant(c, d.tenant_id, e) ||
        !read_minute(c, "from", &d.from_minute, e) || !read_minute(c, "to", &d.to_minute, e) ||
        !read_instant(c, "since", &d.since, e) || !read_instant(c, "until", &d.until, e))
        return false;
    if (!read_days(op_text(c, "days"), &d.days)) return telling_bad(c, e, "days", "as mon-fri,sun");
    if (op_cstr(c, "position") && !str_to_i64(op_text(c, "position"), &position))
        return telling_bad(c, e, "position", "a whole number");
    d.position = position;
    if (!store_duty_add(c->installation->store, &d, e)) return false;
    (void)write_duty(c->out, &d);
    return true;
}

bool op_duty_list(struct op_call *c, struct err *e)
{
    json_object_begin(c->out);
    json_key(c->out, "turns");
    json_array_begin(c->out);
    if (!store_duty_list(c->installation->store, NULL, NULL, write_duty, c->out, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool op_duty_remove(struct op_call *c, struct err *e)
{
    int64_t id = 0;
    bool removed = false;
    if (!str_to_i64(op_text(c, "id"), &id)) return telling_bad(c, e, "id", "the number that on-call list shows");
    return store_duty_remove(c->installation->store, id, &removed, e) &&
           telling_removed(c, op_cstr(c, "id"), removed, e);
}
