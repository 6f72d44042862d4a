/* Operations about telling people: users, turns on duty, channels, ladders, notices. */
#ifndef FACE_API_OPS_TELLING_H
#define FACE_API_OPS_TELLING_H

#include "face/api/installation.h"
#include "face/api/ops/ops.h"

bool op_user_add(struct op_call *c, struct err *e);
bool op_user_set(struct op_call *c, struct err *e);
bool op_user_list(struct op_call *c, struct err *e);
bool op_user_remove(struct op_call *c, struct err *e);
bool op_duty_add(struct op_call *c, struct err *e);
bool op_duty_list(struct op_call *c, struct err *e);
bool op_duty_remove(struct op_call *c, struct err *e);
bool op_channel_add(struct op_call *c, struct err *e);
bool op_channel_set(struct op_call *c, struct err *e);
bool op_channel_list(struct op_call *c, struct err *e);
bool op_channel_remove(struct op_call *c, struct err *e);
bool op_ladder_set(struct op_call *c, struct err *e);
bool op_ladder_list(struct op_call *c, struct err *e);
bool op_ladder_remove(struct op_call *c, struct err *e);
bool op_notice_list(struct op_call *c, struct err *e);
bool op_notice_show(struct op_call *c, struct err *e);
bool op_notice_test(struct op_call *c, struct err *e);
bool op_notice_acknowledge(struct op_call *c, struct err *e);

/* What they share. */
void telling_member(struct json_writer *w, const char *key, const char *text);
bool telling_bad(const struct op_call *c, struct err *e, const char *name, const char *why); /* API_BAD_PARAM; false */
bool telling_tenant(const struct op_call *c, char out[GUID_BYTES], struct err *e);           /* --tenant; none: empty */
bool telling_copy(const struct op_call *c, const char *name, char *out, size_t size,
                  struct err *e); /* leaves `out` where it is not given */
bool telling_removed(struct op_call *c, const char *name, bool removed, struct err *e);

#endif
