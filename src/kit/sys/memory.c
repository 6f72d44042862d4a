#include "kit/sys/memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

enum { LARGE_BYTES = 128 << 10 }; /* glibc's own first value; to set it is what stops it from rising */

void memory_return_large(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

bool memory_keep_out_of_cores(void)
{
    static const char headers_alone[] = "0x10";
    int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = write(fd, headers_alone, sizeof headers_alone - 1) == (ssize_t)sizeof headers_alone - 1;
    close(fd);
    return ok;
}
