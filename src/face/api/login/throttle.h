/* Wrong guesses slow down whoever guesses, by account and by address; kept in the store, so a restart forgives nothing. */
#ifndef FACE_API_THROTTLE_H
#define FACE_API_THROTTLE_H

#include "state/store/access.h"

enum {
    THROTTLE_ACCOUNT_FREE = 5,  /* wrong guesses before it slows down: then 1, 2, 4 … seconds */
    THROTTLE_ADDRESS_FREE = 20, /* many people may share an address */
    THROTTLE_MOST_S = 15 * 60,
};
struct throttle {
    struct store *store;
    struct throttle_record keys[2]; /* account, address */
    size_t count;
};
/* May a guess be looked at? Counts it as wrong already, so that many at once are no way around. Errors: AUTH_THROTTLED, the same
 * whether there is such an account or not. `account` "": none; `address` "": none, or one that all share. */
bool throttle_begin(struct throttle *t, struct store *s, const char *account, const char *address, struct wall now,
                    struct err *e);
/* It was right: the account is forgiven; of the address this guess alone. */
bool throttle_forgive(struct throttle *t, struct err *e);
/* It was not wrong, but not enough: this guess alone is forgiven. */
bool throttle_undo(struct throttle *t, struct err *e);
/* Pure: how long the next one has to wait after so many. */
int64_t throttle_wait_s(int64_t failures, int64_t free);

#endif
