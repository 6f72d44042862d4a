/* Between the settings of the table (settings_store.c) and those of one feed (feed_settings.c). */
#ifndef CLOUD_TENANT_SETTINGS_INT_H
#define CLOUD_TENANT_SETTINGS_INT_H

#include "cloud/tenant/settings.h"

/* A checked text at that level, or taken back (NULL), with its entry in the audit trail, in one transaction. What stands so
 * already stays, with its time. */
bool setting_write(struct store *s, const struct setting_scope *scope, const char *name, const char *text,
                   const char *actor, struct wall now, struct err *e);

#endif
