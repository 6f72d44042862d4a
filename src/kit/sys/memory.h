/* How the process treats memory it is done with. */
#ifndef KIT_SYS_MEMORY_H
#define KIT_SYS_MEMORY_H

#include <stdbool.h>

/* From now on large pieces (128 KiB and more) go back to the system when they are freed. Left to itself, glibc raises that
 * bound to the largest piece ever freed (up to 32 MiB), and then every worker's own heap keeps what its largest answer took:
 * measured, an answer of 100 MB left 8 to 11 MiB behind instead of one. For a process that lives long and whose
 * large buffers live as long as an answer or a fold; not for hot paths that allocate such pieces per row. Once, before
 * threads start. */
void memory_return_large(void);

/* From now on the process leaves no core dump when it dies: rows of customers, requests under way and what libraries copy of a
 * token would be in it, in registers too. Whoever must have one lifts the soft limit (prlimit --core); it then holds no memory
 * unless /proc/PID/coredump_filter is lifted as well. Secrets at rest are left out in any case (locked_alloc). False: the system
 * cannot do it. */
bool memory_keep_out_of_cores(void);

/* From now on whatever is freed is wiped first, and what realloc moves leaves no copy behind, whoever asks: libcurl, OpenSSL and the
 * HTTP server copy passwords and tokens as they like and free them as they are. Pieces that go back to the system
 * (memory_return_large) need it not. False: not with this C library, or a sanitizer has its own. Once, before threads start. */
bool memory_wipe_freed(void);

#endif
