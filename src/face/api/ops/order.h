/* A person's order on its way to the response, from whichever operation. */
#ifndef FACE_API_ORDER_H
#define FACE_API_ORDER_H

#include "face/api/operation.h"
#include "logic/respond/respond.h"

/* --id: of a decision, an action or a hold. Errors: API_BAD_PARAM. */
bool order_read_ref(const struct op_call *c, uint64_t *out, struct err *e);
/* What lies out of the caller's scope is not there: RESPOND_NOT_FOUND. */
bool order_sees(const struct op_call *c, uint64_t ref, struct err *e);
/* Fills in who and why (--reason), gives it, notes it in the audit trail, and writes as the result what came of it:
 * {"ok":true,"id":"18","response":{…}}. */
bool order_give(struct op_call *c, struct respond_order *o, struct err *e);

#endif
