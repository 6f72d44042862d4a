#include "kit/sys/fs_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kit/sys/causes.h"
#include "kit/sys/fs.h"

struct fs_file {
    int fd;
    char path[]; /* for messages */
};

static const struct cause *cause_of(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT: return &sys_causes[SYS_DISK_FULL];
    case EROFS:
    case EACCES:
    case EPERM: return &sys_causes[SYS_READ_ONLY];
    case ENOENT: return &sys_causes[SYS_NOT_FOUND];
    case EEXIST: return &sys_causes[SYS_EXISTS];
    default: return &sys_causes[SYS_IO];
    }
}

bool sys_err(struct err *e, int code, const char *verb, const char *path)
{
    char reason[128];
    return err_set(e, cause_of(code), "%s %s: %s", verb, path, strerror_r(code, reason, sizeof reason));
}

static bool real_open(void *ctx, const char *path, enum fs_mode mode, struct fs_file **out, struct err *e)
{
    static const int flags[] = {
        [FS_READ] = O_RDONLY, [FS_WRITE] = O_RDWR | O_CREAT, [FS_CREATE_NEW] = O_RDWR | O_CREAT | O_EXCL};
    size_t n = strlen(path) + 1;
    struct fs_file *f = malloc(sizeof *f + n);
    (void)ctx;
    if (f == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "opening %s", path);
    memcpy(f->path, path, n);
    do f->fd = open(path, flags[mode] | O_CLOEXEC, 0600);
    while (f->fd < 0 && errno == EINTR);
    if (f->fd < 0) {
        int code = errno;
        free(f);
        return sys_err(e, code, "opening", path);
    }
    *out = f;
    return true;
}

static void real_close(void *ctx, struct fs_file *f)
{
    (void)ctx;
    if (f == NULL) return;
    (void)close(f->fd); /* what counts was synced before */
    free(f);
}

static bool real_read_at(void *ctx, struct fs_file *f, uint64_t at, void *p, size_t n, size_t *got_out, struct err *e)
{
    size_t got = 0;
    (void)ctx;
    while (got < n) {
        ssize_t k = pread(f->fd, (char *)p + got, n - got, (off_t)(at + got));
        if (k == 0) break;
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return sys_err(e, errno, "reading", f->path);
        got += (size_t)k;
    }
    *got_out = got;
    return true;
}

static bool real_write_at(void *ctx, struct fs_file *f, uint64_t at, const void *p, size_t n, struct err *e)
{
    (void)ctx;
    for (size_t done = 0; done < n;) {
        ssize_t k = pwrite(f->fd, (const char *)p + done, n - done, (off_t)(at + done));
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return sys_err(e, k < 0 ? errno : EIO, "writing", f->path);
        done += (size_t)k;
    }
    return true;
}

static bool real_truncate(void *ctx, struct fs_file *f, uint64_t bytes, struct err *e)
{
    (void)ctx;
    return ftruncate(f->fd, (off_t)bytes) == 0 || sys_err(e, errno, "truncating", f->path);
}

static bool real_size(void *ctx, struct fs_file *f, uint64_t *bytes_out, struct err *e)
{
    struct stat st;
    (void)ctx;
    if (fstat(f->fd, &st) != 0) return sys_err(e, errno, "asking for the size of", f->path);
    *bytes_out = (uint64_t)st.st_size;
    return true;
}

static bool real_sync(void *ctx, struct fs_file *f, struct err *e)
{
    (void)ctx;
    return fsync(f->fd) == 0 || sys_err(e, errno, "syncing", f->path);
}

static bool real_sync_dir(void *ctx, const char *path, struct err *e)
{
    (void)ctx;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return sys_err(e, errno, "opening the folder", path);
    int code = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return code == 0 || sys_err(e, code, "syncing the folder", path);
}

static bool real_rename(void *ctx, const char *from, const char *to, struct err *e)
{
    (void)ctx;
    return rename(from, to) == 0 || sys_err(e, errno, "renaming", from);
}

static bool real_remove(void *ctx, const char *path, struct err *e)
{
    (void)ctx;
    return remove(path) == 0 || errno == ENOENT || sys_err(e, errno, "removing", path);
}

static bool real_make_dirs(void *ctx, const char *path, struct err *e)
{
    char part[4096];
    struct stat st;
    (void)ctx;
    if (!str_copy(str_of(path), part, sizeof part) || part[0] == '\0')
        return sys_err(e, ENAMETOOLONG, "making the folder", path);
    for (char *p = part + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            int code = errno; /* a folder above that is not ours to write but exists is no reason to fail */
            if (stat(part, &st) != 0) return sys_err(e, code, "making the folder", part);
        }
        *p = kept;
        if (kept == '\0') break;
    }
    if (stat(path, &st) != 0) return sys_err(e, errno, "making the folder", path);
    return S_ISDIR(st.st_mode) || sys_err(e, ENOTDIR, "making the folder", path);
}

static bool real_stat(void *ctx, const char *path, struct fs_stat *out, struct err *e)
{
    struct stat st;
    (void)ctx;
    if (stat(path, &st) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) return sys_err(e, errno, "looking at", path);
        *out = (struct fs_stat){0};
        return true;
    }
    *out = (struct fs_stat){
        .exists = true,
        .is_dir = S_ISDIR(st.st_mode),
        .bytes = (uint64_t)st.st_size,
        .modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000,
    };
    return true;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not the locale's order */
}

static int not_dots(const struct dirent *d)
{
    return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static bool entry_is_dir(const char *folder, const struct dirent *d)
{
    char path[4096];
    struct stat st;
    if (d->d_type != DT_UNKNOWN && d->d_type != DT_LNK) return d->d_type == DT_DIR;
    (void)snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool real_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name, bool is_dir), void *arg,
                      struct err *e)
{
    struct dirent **names;
    (void)ctx;
    int n = scandir(path, &names, not_dots, by_bytes);
    if (n < 0) return sys_err(e, errno, "listing", path);
    bool more = true;
    for (int i = 0; i < n; i++) {
        if (more) more = each(arg, names[i]->d_name, entry_is_dir(path, names[i]));
        free(names[i]);
    }
    free(names);
    return true;
}

static bool real_free_bytes(void *ctx, const char *path, uint64_t *out, struct err *e)
{
    struct statvfs st;
    (void)ctx;
    if (statvfs(path, &st) != 0) return sys_err(e, errno, "asking for the free space of", path);
    *out = (uint64_t)st.f_bavail * st.f_frsize;
    return true;
}

static const struct fs_ops real_ops = {
    .open = real_open,
    .close = real_close,
    .read_at = real_read_at,
    .write_at = real_write_at,
    .truncate = real_truncate,
    .size = real_size,
    .sync = real_sync,
    .sync_dir = real_sync_dir,
    .rename = real_rename,
    .remove = real_remove,
    .make_dirs = real_make_dirs,
    .stat = real_stat,
    .list = real_list,
    .free_bytes = real_free_bytes,
};

struct fs fs_real(void)
{
    return (struct fs){&real_ops, NULL};
}
