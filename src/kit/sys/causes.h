/* What can go wrong with the machine. Rows in causes.c. */
#ifndef KIT_SYS_CAUSES_H
#define KIT_SYS_CAUSES_H

#include "kit/base/err.h"

enum {
    SYS_DISK_FULL,      /* ENOSPC, EDQUOT */
    SYS_READ_ONLY,      /* EROFS, EACCES, EPERM on a write */
    SYS_NOT_FOUND,      /* a file that must exist */
    SYS_EXISTS,         /* a file that must not */
    SYS_IO,             /* anything else a disk says */
    SYS_LOCKED,         /* another process holds the folder */
    SYS_FILE_TOO_LARGE, /* over the bound the reader gave */
    SYS_CAUSE_COUNT
};
extern const struct cause sys_causes[SYS_CAUSE_COUNT];

#endif
