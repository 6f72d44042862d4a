/* A key that somebody on duty pressed on the phone becomes an order, and an entry in the audit trail. */
#ifndef FACE_APP_ENGINE_PRESSING_H
#define FACE_APP_ENGINE_PRESSING_H

#include "flow/act/act.h"
#include "flow/notify/notify.h"
#include "kit/sys/loop.h"

struct pressing { /* borrowed */
    struct loop *loop;
    struct act *act;
    struct store *store;
};
/* As notify_opts has `order`: on a worker of notify's. */
bool pressing_take(const struct pressing *p, const struct notify_order *k, bool *settled_out, struct err *e);

#endif
