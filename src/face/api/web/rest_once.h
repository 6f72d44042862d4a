/* Idempotency-Key: a POST that comes again, because its answer was lost, is answered as the first time and not done twice.
 *
 * The key is the caller's own; body and key are kept as macs alone (a body may hold a secret), under a key that is sealed in the
 * store. An answer is kept for a day as it was given, unless it holds a secret (op_once). What failed for a wrong input, or before
 * anything was done, is forgotten: the key may be used again. */
#ifndef FACE_API_REST_ONCE_H
#define FACE_API_REST_ONCE_H

#include "face/api/web/web.h"
#include "state/store/once.h"

enum { ONCE_TEXT_BYTES = 48 };
struct rest_once {
    bool is_used, is_answered; /* the request has a key; it was answered with what is kept */
    struct once_record record;
    char text[ONCE_TEXT_BYTES]; /* the request's id, for the engine */
};
/* Errors: API_BAD_REQUEST (the key itself), API_KEY_…. */
bool rest_once_begin(struct web_call *c, struct rest_once *o, struct err *e);
/* What became of it. `failure` NULL: `answer` is what it gave. */
void rest_once_end(struct web_call *c, struct rest_once *o, int status, struct str answer, const struct err *failure);

#endif
