/* The disk, behind an ops struct: journal, lake and SQLite all reach it through here, so tests can cut the power at every
 * write, sync and rename of all three over one fake disk.
 *
 * Durability model (what the fake disk enforces): written bytes survive a power cut only after `sync` of that file; a
 * created, renamed or removed name survives only after `sync_dir` of its folder. All calls block: workers only. */
#ifndef KIT_SYS_FS_H
#define KIT_SYS_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"

enum fs_mode {
    FS_READ,       /* must exist */
    FS_WRITE,      /* read and write; created if absent */
    FS_CREATE_NEW, /* read and write; fails if it exists */
};

struct fs_file; /* one per implementation */

struct fs_stat {
    bool exists; /* false: nothing else is set */
    bool is_dir;
    uint64_t bytes;
    int64_t modified_ms; /* epoch */
};

struct fs_ops {
    bool (*open)(void *ctx, const char *path, enum fs_mode mode, struct fs_file **out, struct err *e);
    void (*close)(void *ctx, struct fs_file *f);
    /* Reads up to n bytes; *got_out < n only at the end of the file. */
    bool (*read_at)(void *ctx, struct fs_file *f, uint64_t at, void *p, size_t n, size_t *got_out, struct err *e);
    bool (*write_at)(void *ctx, struct fs_file *f, uint64_t at, const void *p, size_t n,
                     struct err *e); /* all or error */
    bool (*truncate)(void *ctx, struct fs_file *f, uint64_t bytes, struct err *e);
    bool (*size)(void *ctx, struct fs_file *f, uint64_t *bytes_out, struct err *e);
    bool (*sync)(void *ctx, struct fs_file *f, struct err *e);
    bool (*sync_dir)(void *ctx, const char *path, struct err *e);
    bool (*rename)(void *ctx, const char *from, const char *to, struct err *e); /* replaces `to` */
    bool (*remove)(void *ctx, const char *path, struct err *e);                 /* absent: an answer, true */
    bool (*make_dirs)(void *ctx, const char *path, struct err *e);              /* like mkdir -p, mode 0700 */
    bool (*stat)(void *ctx, const char *path, struct fs_stat *out, struct err *e);
    /* Calls `each` per name (no "." and ".."), in bytewise order; stops when it returns false. */
    bool (*list)(void *ctx, const char *path, bool (*each)(void *arg, const char *name, bool is_dir), void *arg,
                 struct err *e);
    bool (*free_bytes)(void *ctx, const char *path, uint64_t *out, struct err *e); /* for writing by us */
};

struct fs {
    const struct fs_ops *ops;
    void *ctx;
};

struct fs fs_real(void);

/* Helpers over any fs. */
/* Appends the file to `out`. Errors: SYS_NOT_FOUND, SYS_FILE_TOO_LARGE (more than max_bytes), SYS_IO. */
bool fs_read_all(struct fs fs, const char *path, size_t max_bytes, struct buf *out, struct err *e);
/* Writes under a temporary name (`path`.part), syncs, renames, syncs the folder: after a crash it is the old or the new whole. */
bool fs_replace(struct fs fs, const char *path, struct str bytes, struct err *e);
bool fs_exists(struct fs fs, const char *path);

/* A lock on a whole folder (flock on `<dir>/.lock`), held until the process ends or unlock; real disk only.
 * *holder_pid_out (may be NULL) tells who holds it when it fails with SYS_LOCKED; 0: it has not said yet. */
struct dir_lock;
bool dir_lock_take(const char *dir, struct dir_lock **out, int *holder_pid_out, struct err *e);
void dir_lock_release(struct dir_lock *lock);

#endif
