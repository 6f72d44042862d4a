/* What the machine says of files, disks and limits, for whoever checks an installation. */
#ifndef KIT_SYS_HOST_H
#define KIT_SYS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"

struct host_file {
    bool exists, is_dir;
    unsigned mode; /* the nine permission bits */
    uint32_t owner;
    bool is_ours;     /* its owner is who runs us */
    bool is_writable; /* by who runs us */
};
bool host_file(const char *path, struct host_file *out, struct err *e);
bool host_disk(const char *path, uint64_t *free_out /* for us */, uint64_t *total_out, struct err *e);
uint64_t host_open_files(void); /* how many files and sockets we may have open at once */

#endif
