/* What a password has to be, and the slow comparison of one, bounded in how many run at once (64 MiB each). */
#ifndef FACE_API_PASSWORD_H
#define FACE_API_PASSWORD_H

#include "kit/base/err.h"
#include "kit/base/str.h"

enum { PASSWORD_BYTES_MIN = 12, PASSWORD_BYTES_MAX = 256 };
/* AUTH_WEAK_PASSWORD, with why. */
bool password_check(struct str password, const char *person, struct err *e);
/* Takes as long for a hash that is empty, as of a person who is not there. Errors: AUTH_BUSY. */
bool password_compare(const char *hash, struct str password, bool *matches_out, struct err *e);

#endif
