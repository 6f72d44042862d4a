/* SQLite's way to the disk: a VFS of ours over `struct fs`, so that SQLite's own code runs on whatever disk the store was
 * given. One per store, used by one thread at a time (under the store's lock). */
#ifndef STATE_STORE_VFS_INT_H
#define STATE_STORE_VFS_INT_H

#include "kit/base/err.h"
#include "kit/sys/clock.h"
#include "kit/sys/fs.h"

struct vfs;
struct vfs *vfs_new(struct fs fs, struct clock clock); /* registers it; NULL when memory is out */
void vfs_free(struct vfs *v);                          /* accepts NULL; after the database is closed */
const char *vfs_name(const struct vfs *v);

/* The disk's own error behind SQLite's "disk I/O error": the first since it was last asked for. False: there was none. */
bool vfs_take_error(struct vfs *v, struct err *out);
/* The transaction has ended well, or was rolled back on purpose: what it wrote may stay. */
void vfs_settled(struct vfs *v);
/* The transaction has failed: takes back what it wrote to the write-ahead log, durably. See vfs.c. */
bool vfs_cut_back(struct vfs *v, struct err *e);

#endif
