/* A value that cannot be printed by accident: no str, no char pointer; in locked memory, wiped when freed, never in a core
 * dump. */
#ifndef STATE_CONF_SECRET_H
#define STATE_CONF_SECRET_H

#include "kit/base/err.h"
#include "kit/base/str.h"

struct secret;

struct secret *secret_new(struct str bytes); /* copies; the caller wipes its own; NULL when memory is out */
void secret_free(struct secret *s);          /* accepts NULL */
struct secret *secret_copy(const struct secret *s);
/* The bytes, borrowed until secret_free: for the one call that needs them, never stored, never formatted into a message. */
struct str secret_reveal(const struct secret *s);

#endif
