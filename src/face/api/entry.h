/* What the audit trail says of a call: who, what, with which parameters, and every row it changed, before and after. */
#ifndef FACE_API_ENTRY_H
#define FACE_API_ENTRY_H

#include "face/api/operation.h"
#include "state/store/witness.h"

/* `w`: the transaction the entry goes into; NULL: none, nothing was changed here. `failure`: NULL, or why it did not end well. */
bool entry_add(const struct op_call *c, const struct witness *w, const struct err *failure, struct err *e);

#endif
