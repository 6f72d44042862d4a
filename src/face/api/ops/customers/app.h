/* Between app.c (apps as they are and what is set of them) and rotate.c (their credentials). */
#ifndef FACE_API_OPS_APP_H
#define FACE_API_OPS_APP_H

#include "cloud/tenant/app.h"
#include "face/api/ops/ops.h"

bool op_app_find(struct op_call *c, struct app_record *out, struct err *e); /* of those that the caller sees */
/* May the caller know of it? */
bool op_app_is_seen(const struct op_call *c, const struct app_record *r, bool *out, struct err *e);
void op_app_head(struct json_writer *w, const struct app_record *r);
bool op_app_parts(struct op_call *c, const struct app_record *r, struct err *e); /* its credentials and tenants */
bool op_app_whole(struct op_call *c, const struct app_record *r, struct err *e);
void op_app_tell(const struct op_call *c); /* the engine: apps have changed */

#endif
