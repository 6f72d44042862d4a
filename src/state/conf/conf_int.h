/* What the files of state/conf share. */
#ifndef STATE_CONF_CONF_INT_H
#define STATE_CONF_CONF_INT_H

#include "state/conf/conf.h"

/* Puts `text` into the row's member of `c` if it is a value of the row's type within its bounds. Otherwise false, nothing
 * changed, and `why` says what is expected; it does not quote the text. */
enum { CONF_WHY_BYTES = 160 };
bool conf_set(struct conf *c, const struct conf_setting *row, struct str text, char why[CONF_WHY_BYTES]);
/* The setting a person may have meant, or NULL when none is near. */
const struct conf_setting *conf_nearest(struct str name);

#endif
