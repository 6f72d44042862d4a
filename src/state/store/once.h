/* Requests that were given a key of their caller's, so that a repeated one is not done twice: what each was, how it stands, and
 * what was answered. Kept for a day, and so many at most. */
#ifndef STATE_STORE_ONCE_H
#define STATE_STORE_ONCE_H

#include "state/store/store.h"

enum { ONCE_HASH_BYTES = 32, ONCE_OF_CALLER_MAX = 10000, ONCE_MAX = 50000, ONCE_KEPT_H = 24 };

enum once_state {
    ONCE_RUNNING,
    ONCE_DONE,        /* its answer is kept */
    ONCE_NOT_KEPT,    /* done, but its answer held a secret or was too long */
    ONCE_INTERRUPTED, /* the service ended while it was done: nobody knows how far it came */
};
struct once_record {
    uint8_t id[ONCE_HASH_BYTES];      /* of caller and key */
    uint8_t request[ONCE_HASH_BYTES]; /* of what was asked, and with which rights */
    int64_t kind, caller;             /* who: a person or a token, by number */
    int64_t state, status;            /* enum once_state; of the answer */
};
/* Enters `r` as running, unless one of its id is there: then *found_out is true, `r` becomes that one, and its answer is added to
 * `answer_out`. *is_full_out: there are too many, nothing was entered. */
bool store_once_begin(struct store *s, struct once_record *r, bool *found_out, bool *is_full_out,
                      struct buf *answer_out, struct err *e);
/* An interrupted one runs again: false in *mine_out if somebody else was quicker. */
bool store_once_resume(struct store *s, const uint8_t id[ONCE_HASH_BYTES], bool *mine_out, struct err *e);
bool store_once_end(struct store *s, const struct once_record *r, struct str answer, struct err *e);
bool store_once_forget(struct store *s, const uint8_t id[ONCE_HASH_BYTES], struct err *e); /* it had no effect */
bool store_once_interrupt(struct store *s, struct err *e); /* at start: whatever ran then does not any more */

#endif
