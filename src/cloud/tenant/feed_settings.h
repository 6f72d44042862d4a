/* What people set about one feed (a source: "alerts", "DeviceInfo"), with the inheritance of settings.h: whether it is read, and
 * whom to turn to about what it brings. Kept beside the settings, as "feed/NAME/on". Blocking: workers only. */
#ifndef CLOUD_TENANT_FEED_SETTINGS_H
#define CLOUD_TENANT_FEED_SETTINGS_H

#include "cloud/tenant/settings.h"

enum feed_setting { FEED_SET_ON, FEED_SET_CONTACT_NAME, FEED_SET_CONTACT_MAIL, FEED_SET_CONTACT_PHONE, FEED_SETTINGS };
extern const struct setting_row feed_setting_rows[FEED_SETTINGS];

/* What is set of any feed and holds there, each once. */
struct feed_set {
    char feed[64];
    struct setting_value values[FEED_SETTINGS]; /* from SETTING_DEFAULT: not set */
};
struct feed_sets {
    struct feed_set *items;
    size_t count;
};
bool feed_settings_resolve(struct store *s, const struct setting_scope *scope, struct feed_sets *out, struct err *e);
void feed_sets_free(struct feed_sets *x);
/* Of a feed nothing was set of: the defaults. */
void feed_sets_find(const struct feed_sets *x, const char *feed, struct feed_set *out);
bool feed_sets_is_off(const struct feed_sets *x, const char *feed);
/* `value` "": taken back at this level. As settings_set: audited, one transaction. The feed's name is the caller's to check. */
bool feed_setting_set(struct store *s, const struct setting_scope *scope, const char *feed, enum feed_setting which,
                      struct str value, const char *actor, struct wall now, struct err *e);

#endif
