/* A child process whose standard output we read. It dies with us. */
#ifndef KIT_SYS_PROCESS_H
#define KIT_SYS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/base/err.h"
#include "kit/base/str.h"

struct process;
/* argv[0] is the program's path. Errors: BASE_OS. */
bool process_start(const char *const *argv, struct process **out, struct err *e);
/* The next line of its output without the line end, at most `timeout_ms` from now; false: none came, or it has ended. */
bool process_read_line(struct process *p, uint32_t timeout_ms, struct buf *line_out);
bool process_is_running(struct process *p);
/* SIGTERM, then SIGKILL after two seconds; frees. Accepts NULL. */
void process_stop(struct process *p);

/* The folder of the running program ("/usr/bin"), without a slash at its end. */
bool process_own_folder(char *out, size_t out_size);

/* What this machine calls a user; NULL: who runs us. A number where it knows no name. */
enum { OS_USER_BYTES = 64 };
void os_user_name(const uint32_t *uid, char out[OS_USER_BYTES]);

#endif
