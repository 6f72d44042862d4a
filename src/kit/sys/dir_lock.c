#include "kit/sys/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "kit/sys/causes.h"
#include "kit/sys/fs_int.h"

struct dir_lock {
    int fd;
};

/* 0 when the holder has not yet written it: the moment between its flock and its write. */
static int pid_in(int fd)
{
    char text[24];
    uint64_t pid;
    ssize_t n = pread(fd, text, sizeof text, 0);
    struct str s = str_trim((struct str){text, n > 0 ? (size_t)n : 0});
    return str_to_u64(s, &pid) && pid <= INT32_MAX ? (int)pid : 0;
}

static bool pid_write(int fd, const char *path, struct err *e)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n) return true;
    return sys_err(e, errno, "writing", path);
}

bool dir_lock_take(const char *dir, struct dir_lock **out, int *holder_pid_out, struct err *e)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/.lock", dir);
    if (n < 0 || (size_t)n >= sizeof path) return sys_err(e, ENAMETOOLONG, "locking", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return sys_err(e, errno, "locking", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int code = errno, pid = pid_in(fd);
        (void)close(fd);
        if (code != EWOULDBLOCK) return sys_err(e, code, "locking", path);
        if (holder_pid_out) *holder_pid_out = pid;
        return err_set(e, &sys_causes[SYS_LOCKED], "the folder %s is in use by process %d", dir, pid);
    }
    struct dir_lock *lock = malloc(sizeof *lock);
    if (lock == NULL || !pid_write(fd, path, e)) {
        if (lock == NULL) (void)err_set(e, &base_causes[BASE_NO_MEMORY], "locking %s", path);
        free(lock);
        (void)close(fd);
        return false;
    }
    lock->fd = fd;
    *out = lock;
    return true;
}

/* The file stays: removing it would let a third process lock a new file while a second still waits on the old one. */
void dir_lock_release(struct dir_lock *lock)
{
    if (lock == NULL) return;
    (void)close(lock->fd);
    free(lock);
}
