/* People, and who is on duty. */
#include "face/api/ops_telling.h"

#include "cloud/net/mail.h"
#include "cloud/tenant/settings.h"
#include "kit/base/zone.h"
#include "kit/seal/seal.h"

enum { PIN_DIGITS_MIN = 4, PIN_DIGITS_MAX = 12, PHONE_DIGITS_MIN = 7, MINUTES_A_DAY = 24 * 60 };

/* ---- shared with ops_channel.c and ops_notice.c ------------------------------------------------------------------------------- */

void telling_member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

bool telling_bad(const struct op_call *c, struct err *e, const char *name, const char *why)
{
    return err_set(e, &api_causes[API_BAD_PARAM], "%s: --%s: %s", c->op->name, name, why);
}

bool telling_tenant(const struct op_call *c, char out[GUID_BYTES], struct err *e)
{
    struct setting_scope scope;
    const char *tenant = op_cstr(c, "tenant");
    out[0] = '\0';
    if (tenant == NULL || tenant[0] == '\0') return true;
    return settings_scope(c->installation->store, tenant, NULL, &scope, e) &&
           str_copy(str_of(scope.tenant_id), out, GUID_BYTES);
}

bool telling_copy(const struct op_call *c, const char *name, char *out, size_t size, struct err *e)
{
    struct str text = str_trim(op_text(c, name));
    if (op_cstr(c, name) == NULL) return true; /* not given: as it was */
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ') return telling_bad(c, e, name, "it has control characters");
    return str_copy(text, out, size) || telling_bad(c, e, name, "it is too long");
}

bool telling_audit(const struct op_call *c, const char *what, struct err *e)
{
    struct buf detail;
    struct json_writer w;
    buf_init(&detail, 4096);
    json_writer_init(&w, &detail);
    json_object_begin(&w);
    telling_member(&w, "name", what);
    json_object_end(&w);
    bool ok = store_audit_add(c->installation->store, c->actor, c->op->name, buf_str(&detail), e);
    buf_done(&detail);
    return ok;
}

/* ---- people ------------------------------------------------------------------------------------------------------------------------ */

static bool is_role(const char *role)
{
    static const char *const roles[] = {"viewer", "analyst", "responder", "admin", "owner"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(role, roles[i]) == 0) return true;
    return false;
}

static bool is_phone(struct str s)
{
    uint64_t digits;
    return s.n > PHONE_DIGITS_MIN && s.n <= 16 && s.p[0] == '+' && s.p[1] != '0' &&
           str_to_u64(str_sub(s, 1, s.n - 1), &digits);
}

static bool read_pin(const struct op_call *c, struct person_record *p, struct err *e)
{
    struct str pin = str_trim(op_text(c, "pin-file"));
    uint64_t number;
    if (op_cstr(c, "pin-file") == NULL) return true;
    if (pin.n < PIN_DIGITS_MIN || pin.n > PIN_DIGITS_MAX || !str_to_u64(pin, &number))
        return telling_bad(c, e, "pin-file", "a PIN is 4 to 12 digits, as a phone can type them");
    return password_hash(pin, p->pin_hash, e);
}

static bool read_person(const struct op_call *c, struct person_record *p, struct err *e)
{
    if (!telling_copy(c, "mail", p->mail, sizeof p->mail, e) ||
        !telling_copy(c, "phone", p->phone, sizeof p->phone, e) ||
        !telling_copy(c, "role", p->role, sizeof p->role, e) || !read_pin(c, p, e))
        return false;
    if (p->mail[0] && !mail_address_ok(str_of(p->mail)))
        return telling_bad(c, e, "mail", "write it as name@example.com");
    if (p->phone[0] && !is_phone(str_of(p->phone)))
        return telling_bad(c, e, "phone", "write it with its country: +4930123456");
    return is_role(p->role) || telling_bad(c, e, "role", "viewer, analyst, responder, admin or owner");
}

static bool write_person(void *arg, const struct person_record *p)
{
    struct json_writer *w = arg;
    json_object_begin(w);
    telling_member(w, "name", p->name);
    telling_member(w, "mail", p->mail);
    telling_member(w, "phone", p->phone);
    telling_member(w, "role", p->role);
    json_key(w, "has_pin");
    json_write_bool(w, p->pin_hash[0] != '\0');
    json_key(w, "created");
    write_time(w, p->created);
    json_object_end(w);
    return true;
}

static bool change_person(struct op_call *c, struct person_record *p, struct err *e)
{
    struct store *s = c->installation->store;
    if (!read_person(c, p, e) || !store_person_put(s, p, e) || !telling_audit(c, p->name, e)) return false;
    (void)write_person(c->out, p);
    return true;
}

bool op_user_add(struct op_call *c, struct err *e)
{
    struct person_record p = {.role = "responder", .created = clock_wall(&c->installation->clock)};
    if (!telling_copy(c, "name", p.name, sizeof p.name, e)) return false;
    if (p.name[0] == '\0' || p.name[0] == '@')
        return telling_bad(c, e, "name", "a name is needed, not beginning with @");
    return change_person(c, &p, e);
}

/* Both `user set` and `user passwd`. */
bool op_user_set(struct op_call *c, struct err *e)
{
    struct person_record p;
    bool found = false;
    if (!store_person_find(c->installation->store, op_cstr(c, "name"), &p, &found, e)) return false;
    if (!found) return telling_bad(c, e, "name", "there is nobody of that name (portcullis user list)");
    return change_person(c, &p, e);
}

bool op_user_list(struct op_call *c, struct err *e)
{
    json_object_begin(c->out);
    json_key(c->out, "people");
    json_array_begin(c->out);
    if (!store_person_list(c->installation->store, write_person, c->out, e)) return false;
    json_array_end(c->out);
    json_object_end(c->out);
    return true;
}

bool telling_removed(struct op_call *c, const char *name, bool removed, struct err *e)
{
    if (!removed) return telling_bad(c, e, c->op->params[0].name, "there is nothing of that name");
    if (!telling_audit(c, name, e)) return false;
    json_object_begin(c->out);
    telling_member(c->out, "removed", name);
    json_object_end(c->out);
    return true;
}

bool op_user_remove(struct op_call *c, struct err *e)
{
    bool removed = false;
    const char *name = op_cstr(c, "name");
    return store_person_remove(c->installation->store, name, &removed, e) && telling_removed(c, name, removed, e);
}

/* ---- duty ---------------------------------------------------------------------------------------------------------------------------- */

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
    if (!store_duty_add(c->installation->store, &d, e) || !telling_audit(c, d.person, e)) return false;
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
