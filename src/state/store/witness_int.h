/* Between the witness and the transactions it watches. */
#ifndef STATE_STORE_WITNESS_INT_H
#define STATE_STORE_WITNESS_INT_H

#include "state/store/witness.h"

struct witness *witness_of(const struct store *s);  /* of this thread; NULL: none */
bool witness_watch(struct store *s, struct err *e); /* a transaction has begun */
bool witness_enter(struct store *s, struct err *e); /* it is about to commit */
void witness_end(struct store *s, bool committed);
void witness_has_entry(struct store *s); /* somebody put one in */

#endif
