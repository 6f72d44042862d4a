/* What people set for the account, an organization, a tenant (cloud/tenant/settings.h). */
#ifndef STATE_STORE_SETTINGS_H
#define STATE_STORE_SETTINGS_H

#include "state/store/store.h"

enum setting_level { SETTING_DEFAULT, SETTING_ACCOUNT, SETTING_ORGANIZATION, SETTING_TENANT, SETTING_LEVELS };
enum { SETTING_VALUE_BYTES = 256 };
struct setting_record {
    enum setting_level level; /* not SETTING_DEFAULT */
    char scope[GUID_BYTES];   /* account: empty; organization: its id in digits; tenant: its id */
    char name[80];            /* "remediation"; of one feed: "feed/DeviceInfo/on" */
    bool is_set;              /* false: it was and was taken back */
    char value[SETTING_VALUE_BYTES];
    struct wall changed; /* when the value last became another one */
    char actor[64];
};
bool store_setting_put(struct store *s, const struct setting_record *r, struct err *e);
/* Those of the account, of that organization and of that tenant (0, NULL: none), by level, then name. */
bool store_setting_list(struct store *s, int64_t org_id, const char *tenant_id,
                        bool (*each)(void *arg, const struct setting_record *r), void *arg, struct err *e);
/* One of them wherever it is set, by level, then scope. */
bool store_setting_named(struct store *s, const char *name, bool (*each)(void *arg, const struct setting_record *r),
                         void *arg, struct err *e);

#endif
