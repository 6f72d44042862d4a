#include "kit/sys/host.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kit/sys/fs_int.h"

enum { PERMISSION_BITS = 0777 };

bool host_file(const char *path, struct host_file *out, struct err *e)
{
    struct stat st;
    *out = (struct host_file){.exists = false};
    if (stat(path, &st) != 0) return errno == ENOENT || errno == ENOTDIR || sys_err(e, errno, "looking at", path);
    *out = (struct host_file){.exists = true,
                              .is_dir = S_ISDIR(st.st_mode),
                              .mode = st.st_mode & PERMISSION_BITS,
                              .owner = st.st_uid,
                              .is_ours = st.st_uid == geteuid(),
                              .is_writable = access(path, W_OK) == 0};
    return true;
}

bool host_disk(const char *path, uint64_t *free_out, uint64_t *total_out, struct err *e)
{
    struct statvfs st;
    if (statvfs(path, &st) != 0) return sys_err(e, errno, "asking for the free space of", path);
    *free_out = (uint64_t)st.f_bavail * st.f_frsize;
    *total_out = (uint64_t)st.f_blocks * st.f_frsize;
    return true;
}

uint64_t host_open_files(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_cur : 0;
}
