/* A tenant's capabilities as members of the object that is being written: what stands wrong, what works and by which role,
 * what is granted, missing and not needed. */
#ifndef FACE_API_CAPABILITY_VIEW_H
#define FACE_API_CAPABILITY_VIEW_H

#include "face/health/capability.h"
#include "kit/json/json.h"

bool capability_write(struct store *s, const char *tenant_id, struct json_writer *w, struct err *e);
/* The members about roles and features alone. */
void capability_write_view(const struct capability_view *v, struct json_writer *w);

#endif
