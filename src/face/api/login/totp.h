/* One-time codes of an authenticator app (RFC 6238: six digits, thirty seconds, HMAC-SHA-1 as all apps know it). Pure. */
#ifndef FACE_API_TOTP_H
#define FACE_API_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/str.h"
#include "kit/base/wall.h"

enum { TOTP_KEY_BYTES = 20, TOTP_DIGITS = 6, TOTP_STEP_S = 30, TOTP_WINDOW = 1 /* steps before and after */ };

int64_t totp_step(struct wall now);
void totp_code(struct str key, int64_t step, char out[TOTP_DIGITS + 1]);
/* The step that `code` is of, in the window around `now` and later than `used`; 0: of none. Blanks in it are skipped. */
int64_t totp_match(struct str key, struct str code, struct wall now, int64_t used);
void base32_encode(const void *p, size_t n, struct buf *out); /* RFC 4648, no padding */

#endif
