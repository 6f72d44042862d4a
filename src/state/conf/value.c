/* One value: from text to its member, by the row's type and bounds. */
#include <string.h>

#include "kit/base/wall.h"
#include "state/conf/conf_int.h"

static void *member(struct conf *c, const struct conf_setting *row)
{
    return (char *)c + row->offset;
}

/* "8MiB", "8 MiB", "8388608". Powers of two only, said by their own names: no doubt between 1000 and 1024. */
static bool size_parse(struct str s, int64_t *out)
{
    static const struct {
        struct str unit;
        unsigned shift;
    } units[] = {{STR("KiB"), 10}, {STR("MiB"), 20}, {STR("GiB"), 30}, {STR("TiB"), 40}};
    unsigned shift = 0;
    int64_t n;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (str_ends(s, units[i].unit)) {
            shift = units[i].shift;
            s = str_trim(str_sub(s, 0, s.n - units[i].unit.n));
        }
    if (!str_to_i64(s, &n) || n < 0 || n > (INT64_MAX >> shift)) return false;
    *out = n << shift;
    return true;
}

static bool number_parse(enum conf_type type, struct str s, int64_t *out)
{
    if (type == CONF_BYTES) return size_parse(s, out);
    return type == CONF_DURATION ? duration_parse(s, out) : str_to_i64(s, out);
}

static bool set_number(struct conf *c, const struct conf_setting *row, struct str text, char why[CONF_WHY_BYTES])
{
    static const char *const expected[] = {[CONF_BYTES] = "a size such as 512MiB (KiB, MiB, GiB, TiB)",
                                           [CONF_DURATION] = "a duration such as 500ms, 30s, 5m, 6h or 2d",
                                           [CONF_NUMBER] = "a whole number"};
    int64_t v, low, high;
    struct str bounds = str_of(row->bounds);
    size_t dots = str_find(bounds, STR(".."), 0);
    INVARIANT(row->bytes == sizeof v && dots != SIZE_MAX && number_parse(row->type, str_sub(bounds, 0, dots), &low) &&
              number_parse(row->type, str_sub(bounds, dots + 2, bounds.n), &high));
    bool is_value = number_parse(row->type, text, &v);
    if (is_value && v >= low && v <= high) {
        memcpy(member(c, row), &v, sizeof v); /* uint64_t and int64_t alike: never negative */
        return true;
    }
    (void)snprintf(why, CONF_WHY_BYTES, "expected %s within %s", is_value ? "a value" : expected[row->type],
                   row->bounds);
    return false;
}

static bool is_choice(struct str bounds, struct str text)
{
    while (bounds.p)
        if (str_eq(str_cut(&bounds, '|'), text)) return true;
    return false;
}

static bool set_text(struct conf *c, const struct conf_setting *row, struct str text, char why[CONF_WHY_BYTES])
{
    const char *fault = row->type == CONF_URL      ? conf_url_fault(text)
                        : row->type == CONF_LISTEN ? conf_listen_fault(text)
                                                   : NULL;
    char copy[CONF_PATH_BYTES];
    if (row->type == CONF_NAME && str_find(text, STR("/"), 0) != SIZE_MAX) fault = "expected a name, without a slash";
    INVARIANT(row->bytes <= sizeof copy);
    if (row->type == CONF_URL)
        while (str_ends(text, STR("/"))) text.n--;
    if (fault)
        (void)snprintf(why, CONF_WHY_BYTES, "%s", fault);
    else if (row->type == CONF_CHOICE && !is_choice(str_of(row->bounds), text))
        (void)snprintf(why, CONF_WHY_BYTES, "expected one of %s", row->bounds);
    else if (!str_copy(text, copy, row->bytes))
        (void)snprintf(why, CONF_WHY_BYTES, "longer than %d bytes, or not text", row->bytes - 1);
    else {
        memcpy(member(c, row), copy, text.n + 1);
        return true;
    }
    return false;
}

bool conf_set(struct conf *c, const struct conf_setting *row, struct str text, char why[CONF_WHY_BYTES])
{
    return row->type >= CONF_BYTES ? set_number(c, row, text, why) : set_text(c, row, text, why);
}
