/* What of ours is still open in Defender: it keeps a tenant from being removed and Endpoint from being switched off there, since
 * nobody here could release or watch it afterwards. Between respond/open_work.c and the handlers that ask. */
#ifndef FACE_API_OPS_OPEN_WORK_H
#define FACE_API_OPS_OPEN_WORK_H

#include "face/api/operation.h"
#include "flow/act/act.h"

struct setting_scope;

enum { OPEN_NAMES_BYTES = 400 };
struct open_work {
    uint64_t isolations, leases, actions, questions;
    char devices[OPEN_NAMES_BYTES]; /* that are isolated: names, as many as fit */
};
/* Adds that tenant's. */
void open_work_add(struct responder *r, const char *tenant_id, struct open_work *out);
bool open_work_is_none(const struct open_work *w); /* questions may be dropped: nothing was done yet */

/* Whether a change of `endpoint` at that level leaves tenants with open work without it. `is_set`: it is set to off; else what is set there
 * is taken back. Refused unless the call says --abandon; then an audit entry names the devices, before the change. Errors: TENANT_ENDPOINT_NEEDED. */
bool open_work_bears_no_endpoint(struct op_call *c, const struct setting_scope *scope, bool is_set, struct err *e);
/* The same of one tenant that moves to an organization. */
bool open_work_bears_move(struct op_call *c, const char *tenant_id, int64_t org_id, struct err *e);

#endif
