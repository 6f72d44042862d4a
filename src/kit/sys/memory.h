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

/* From now on a core dump of the process holds registers and what is mapped where, but no memory: rows of customers, requests
 * under way and what libraries copy of a token would be in it. Secrets at rest are left out in any case (locked_alloc). False:
 * the system cannot do it. */
bool memory_keep_out_of_cores(void);

#endif
