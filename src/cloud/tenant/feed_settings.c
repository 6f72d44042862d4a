#include "cloud/tenant/feed_settings.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/settings_int.h"
#include "cloud/tenant/tenant.h"
#include "state/store/settings.h"

const struct setting_row feed_setting_rows[FEED_SETTINGS] = {
    [FEED_SET_ON] = {"on", SETTING_CHOICE, "on", "off|on", false, "whether the feed is read"},
    [FEED_SET_CONTACT_NAME] = {"contact_name", SETTING_LINE, "", NULL, false, "whom notices of it name"},
    [FEED_SET_CONTACT_MAIL] = {"contact_mail", SETTING_MAIL, "", NULL, false, "the contact's mail address"},
    [FEED_SET_CONTACT_PHONE] = {"contact_phone", SETTING_PHONE, "", NULL, false, "the contact's phone"},
};

/* "feed/DeviceInfo/on" */
static bool read_name(const char *name, char feed[64], enum feed_setting *which)
{
    struct str rest = str_of(name);
    if (!str_eq(str_cut(&rest, '/'), STR("feed")) || !str_copy(str_cut(&rest, '/'), feed, 64)) return false;
    for (int i = 0; i < FEED_SETTINGS; i++)
        if (str_eq(rest, str_of(feed_setting_rows[i].name))) {
            *which = (enum feed_setting)i;
            return true;
        }
    return false;
}

static void set_defaults(struct feed_set *x)
{
    char why[SETTING_WHY_BYTES];
    for (int i = 0; i < FEED_SETTINGS; i++)
        INVARIANT(setting_check(&feed_setting_rows[i], str_of(feed_setting_rows[i].fallback), &x->values[i], why));
}

static struct feed_set *set_of(struct feed_sets *x, const char *feed)
{
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(x->items[i].feed, feed) == 0) return &x->items[i];
    struct feed_set *wider = realloc(x->items, (x->count + 1) * sizeof *wider);
    INVARIANT(wider);
    x->items = wider;
    struct feed_set *new = &wider[x->count++];
    memset(new, 0, sizeof *new);
    (void)snprintf(new->feed, sizeof new->feed, "%s", feed);
    set_defaults(new);
    return new;
}

/* By level, the account's first: the later one is nearer to the tenant. */
static bool take(void *arg, const struct setting_record *r)
{
    enum feed_setting which;
    char feed[64], why[SETTING_WHY_BYTES];
    struct setting_value v;
    if (!r->is_set || !read_name(r->name, feed, &which) ||
        !setting_check(&feed_setting_rows[which], str_of(r->value), &v, why))
        return true;
    v.from = r->level;
    v.since = r->changed;
    memcpy(v.actor, r->actor, sizeof v.actor);
    set_of(arg, feed)->values[which] = v;
    return true;
}

bool feed_settings_resolve(struct store *s, const struct setting_scope *scope, struct feed_sets *out, struct err *e)
{
    *out = (struct feed_sets){0};
    if (store_setting_list(s, scope->org_id, scope->tenant_id[0] ? scope->tenant_id : NULL, take, out, e)) return true;
    feed_sets_free(out);
    return false;
}

void feed_sets_free(struct feed_sets *x)
{
    free(x->items);
    *x = (struct feed_sets){0};
}

void feed_sets_find(const struct feed_sets *x, const char *feed, struct feed_set *out)
{
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(x->items[i].feed, feed) == 0) {
            *out = x->items[i];
            return;
        }
    *out = (struct feed_set){0};
    (void)snprintf(out->feed, sizeof out->feed, "%s", feed);
    set_defaults(out);
}

bool feed_sets_is_off(const struct feed_sets *x, const char *feed)
{
    for (size_t i = 0; i < x->count; i++)
        if (strcmp(x->items[i].feed, feed) == 0) return x->items[i].values[FEED_SET_ON].number == SETTING_OFF;
    return false;
}

bool feed_setting_set(struct store *s, const struct setting_scope *scope, const char *feed, enum feed_setting which,
                      struct str value, const char *actor, struct wall now, struct err *e)
{
    const struct setting_row *row = &feed_setting_rows[which];
    struct setting_value v = {0};
    char name[80], why[SETTING_WHY_BYTES];
    (void)snprintf(name, sizeof name, "feed/%s/%s", feed, row->name);
    bool sets = str_trim(value).n > 0;
    if (sets && !setting_check(row, value, &v, why))
        return err_set(e, &tenant_causes[SETTING_BAD_VALUE], "%s: %s", row->name, why);
    return setting_write(s, scope, name, sets ? v.text : NULL, actor, now, e);
}
