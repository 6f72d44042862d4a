#include "kit/sys/memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    LARGE_BYTES = 128 << 10, /* glibc's own first value; to set it is what stops it from rising */
    NO_CORE =
        1, /* byte: no file is as small, and where cores go through a pipe 1, not 0, means none (core(5), coredump.c) */
};

void memory_return_large(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

bool memory_keep_out_of_cores(void)
{
    static const char headers_alone[] = "0x10";
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return false;
    limit.rlim_cur = limit.rlim_max < NO_CORE ? limit.rlim_max : NO_CORE;
    if (setrlimit(RLIMIT_CORE, &limit) != 0) return false;
    int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = write(fd, headers_alone, sizeof headers_alone - 1) == (ssize_t)sizeof headers_alone - 1;
    close(fd);
    return ok;
}

/* ---- wiping ------------------------------------------------------------------------------------------------------------------- */

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER
#endif
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HAS_SANITIZER
#endif

#if defined __GLIBC__ && !defined HAS_SANITIZER
/* The program's own free and realloc stand before glibc's, as glibc allows ("Replacing malloc" in its manual), and hand on to it. */
void __libc_free(void *p);               /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__libc_realloc(void *p, size_t n); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static bool wipes; /* set before threads start */

void free(void *p)
{
    size_t n = wipes && p ? malloc_usable_size(p) : 0;
    if (n && n < LARGE_BYTES) explicit_bzero(p, n);
    __libc_free(p);
}

void *realloc(void *p, size_t n)
{
    size_t had = wipes && p && n ? malloc_usable_size(p) : 0;
    if (had == 0 || had >= LARGE_BYTES) return __libc_realloc(p, n);
    if (n <= had) {
        explicit_bzero((char *)p + n, had - n);
        return __libc_realloc(p, n);
    }
    void *moved = malloc(n);
    if (moved == NULL) return NULL;
    memcpy(moved, p, had);
    free(p);
    return moved;
}

bool memory_wipe_freed(void)
{
    wipes = true;
    return true;
}
#else
bool memory_wipe_freed(void)
{
    return false;
}
#endif
