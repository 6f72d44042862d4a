/* What people set, at each level. */
#include <string.h>

#include "state/store/settings.h"
#include "state/store/store_int.h"

bool store_setting_put(struct store *s, const struct setting_record *r, struct err *e)
{
    return run_statement(s, SQL_SETTING_PUT, NULL, e, "ittitit", (int64_t)r->level, r->scope, r->name,
                         (int64_t)r->is_set, r->value, r->changed.ticks, r->actor);
}

static bool read_all(struct cursor *c, bool (*each)(void *arg, const struct setting_record *r), void *arg)
{
    while (cursor_next(c)) {
        struct setting_record r = {.level = (enum setting_level)column_i64(c, 0),
                                   .is_set = column_i64(c, 3) != 0,
                                   .changed = column_wall(c, 5)};
        column_text(c, 1, r.scope, sizeof r.scope);
        column_text(c, 2, r.name, sizeof r.name);
        column_text(c, 4, r.value, sizeof r.value);
        column_text(c, 6, r.actor, sizeof r.actor);
        if (!each(arg, &r)) break;
    }
    return cursor_close(c);
}

bool store_setting_list(struct store *s, int64_t org_id, const char *tenant_id,
                        bool (*each)(void *arg, const struct setting_record *r), void *arg, struct err *e)
{
    struct cursor c;
    char org[24] = "none";
    if (org_id) (void)snprintf(org, sizeof org, "%lld", (long long)org_id);
    return cursor_open(s, SQL_SETTING_LIST, &c, e, "tt", org, tenant_id ? tenant_id : "none") &&
           read_all(&c, each, arg);
}

bool store_setting_named(struct store *s, const char *name, bool (*each)(void *arg, const struct setting_record *r),
                         void *arg, struct err *e)
{
    struct cursor c;
    return cursor_open(s, SQL_SETTING_NAMED, &c, e, "t", name) && read_all(&c, each, arg);
}
