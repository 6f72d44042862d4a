/* app: the service and the demo. Here the parts are wired together: loop, HTTP client, Defender, ingest, lake, socket. */
#ifndef FACE_APP_APP_H
#define FACE_APP_APP_H

#include "face/api/operation.h"

extern const struct operation app_operations[]; /* serve, demo */

enum { APP_TWIN, APP_DEMO_FOLDER, APP_NOT_EXACT, APP_CAUSE_COUNT };
extern const struct cause app_causes[];

bool op_serve(struct op_call *c, struct err *e);
bool op_demo(struct op_call *c, struct err *e);

#endif
