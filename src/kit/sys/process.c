#include "kit/sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/sys/clock.h"

struct process {
    pid_t pid;
    int out_fd;
    bool has_ended;
    int exit_code; /* once it has ended; -1: by a signal */
};

/* In the child, after fork: only async-signal-safe calls. */
static _Noreturn void become(const char *const *argv, int out_fd, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127); /* the parent died in between */
    (void)setpgid(0, 0);                 /* Ctrl-C is for the parent, which stops the child in its own time */
    if (dup2(out_fd, STDOUT_FILENO) < 0) _exit(127);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

bool process_start(const char *const *argv, struct process **out, struct err *e)
{
    int pipe_fds[2];
    struct process *p = calloc(1, sizeof *p);
    if (p == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "starting %s", argv[0]);
    if (access(argv[0], X_OK) != 0 || pipe2(pipe_fds, O_CLOEXEC) != 0) {
        free(p);
        return err_set(e, &base_causes[BASE_OS], "starting %s: %s", argv[0], strerror(errno));
    }
    pid_t parent = getpid();
    p->pid = fork();
    if (p->pid == 0) become(argv, pipe_fds[1], parent);
    int why = errno;
    (void)close(pipe_fds[1]);
    p->out_fd = pipe_fds[0];
    if (p->pid < 0) {
        (void)close(p->out_fd);
        free(p);
        return err_set(e, &base_causes[BASE_OS], "starting %s: %s", argv[0], strerror(why));
    }
    *out = p;
    return true;
}

enum process_said process_read_line(struct process *p, uint32_t timeout_ms, struct buf *line_out)
{
    struct clock clock = clock_real();
    int64_t deadline = clock_mono(&clock).ms + timeout_ms;
    buf_reset(line_out);
    for (;;) {
        char c;
        int64_t left = deadline - clock_mono(&clock).ms;
        struct pollfd ready = {.fd = p->out_fd, .events = POLLIN};
        int n = left < 0 ? 0 : poll(&ready, 1, (int)left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return PROCESS_SILENT;
        if (read(p->out_fd, &c, 1) != 1) return line_out->n ? PROCESS_LINE : PROCESS_ENDED;
        if (c == '\n') return PROCESS_LINE;
        if (!buf_add_char(line_out, c)) return PROCESS_LONG;
    }
}

bool process_is_running(struct process *p)
{
    int status = 0;
    if (!p->has_ended && waitpid(p->pid, &status, WNOHANG) == p->pid) {
        p->has_ended = true;
        p->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    return !p->has_ended;
}

int process_exit_code(struct process *p, uint32_t timeout_ms)
{
    for (uint32_t waited = 0; process_is_running(p) && waited < timeout_ms; waited += 10) (void)usleep(10000);
    return process_is_running(p) ? -1 : p->exit_code;
}

/* Its group, which it has made by now; else it alone. */
static void tell(const struct process *p, int signal)
{
    if (kill(-p->pid, signal) != 0) (void)kill(p->pid, signal);
}

void process_stop(struct process *p)
{
    if (p == NULL) return;
    if (process_is_running(p)) tell(p, SIGTERM);
    for (int i = 0; i < 200 && process_is_running(p); i++) (void)usleep(10000);
    if (process_is_running(p)) {
        tell(p, SIGKILL);
        (void)waitpid(p->pid, NULL, 0);
    }
    (void)close(p->out_fd);
    free(p);
}

bool process_own_folder(char *out, size_t out_size)
{
    ssize_t n = readlink("/proc/self/exe", out, out_size - 1);
    if (n <= 0) return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL) return false;
    *slash = '\0';
    return true;
}

void os_user_name(const uint32_t *uid, char out[OS_USER_BYTES])
{
    char room[4096];
    struct passwd entry, *found = NULL;
    uid_t id = uid ? (uid_t)*uid : geteuid();
    if (getpwuid_r(id, &entry, room, sizeof room, &found) != 0 || found == NULL ||
        !str_copy(str_of(found->pw_name), out, OS_USER_BYTES))
        (void)snprintf(out, OS_USER_BYTES, "%u", (unsigned)id);
}
