/* Inside kit/sys: errno to a cause. */
#ifndef KIT_SYS_FS_INT_H
#define KIT_SYS_FS_INT_H

#include "kit/base/err.h"

/* Fills `e` from `code` (an errno) and returns false: "<verb> <path>: <reason>". */
bool sys_err(struct err *e, int code, const char *verb, const char *path);

#endif
