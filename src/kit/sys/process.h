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
enum process_said {
    PROCESS_LINE,   /* a line, or what stands behind the last one */
    PROCESS_ENDED,  /* nothing more comes */
    PROCESS_SILENT, /* the time is over */
    PROCESS_LONG,   /* the line is longer than `line_out` takes */
};
/* The next line of its output without the line end, at most `timeout_ms` from now. */
enum process_said process_read_line(struct process *p, uint32_t timeout_ms, struct buf *line_out);
/* What it ended with, where it has by now or does within `timeout_ms`; -1: it goes on, or a signal ended it. */
int process_exit_code(struct process *p, uint32_t timeout_ms);
bool process_is_running(struct process *p);
/* SIGTERM to it and what it started, then SIGKILL after two seconds; frees. Accepts NULL. */
void process_stop(struct process *p);

/* The folder of the running program ("/usr/bin"), without a slash at its end. */
bool process_own_folder(char *out, size_t out_size);

/* What this machine calls a user; NULL: who runs us. A number where it knows no name. */
enum { OS_USER_BYTES = 64 };
void os_user_name(const uint32_t *uid, char out[OS_USER_BYTES]);

#endif
