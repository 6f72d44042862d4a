#include "kit/sys/memory.h"

#include <malloc.h>

enum { LARGE_BYTES = 128 << 10 }; /* glibc's own first value; to set it is what stops it from rising */

void memory_return_large(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}
