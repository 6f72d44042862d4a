#include "cloud/net/net_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 511 };

static int refuse(struct err *e, int fd, const char *address, const char *why)
{
    (void)err_set(e, &net_causes[NET_BIND], "listening on %s: %s", address, why);
    if (fd >= 0) (void)close(fd);
    return -1;
}

static int refuse_errno(struct err *e, int fd, const char *address)
{
    char reason[128];
    return refuse(e, fd, address, strerror_r(errno, reason, sizeof reason));
}

/* A socket file whose owner died stays behind and would block us for ever; one that answers belongs to somebody. */
static bool clear_stale(const struct sockaddr_un *at)
{
    struct stat st;
    if (lstat(at->sun_path, &st) != 0) return true;
    if (!S_ISSOCK(st.st_mode)) return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    bool is_dead = connect(probe, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
    (void)close(probe);
    return is_dead && unlink(at->sun_path) == 0;
}

static int listen_unix(const char *address, const char *path, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (!str_copy(str_of(path), at.sun_path, sizeof at.sun_path) || path[0] == '\0')
        return refuse(e, -1, address, "a socket's path has 1 to 107 bytes");
    if (!clear_stale(&at)) return refuse(e, -1, address, "the path is in use");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return refuse_errno(e, fd, address);
    /* The mode set before bind is the mode the file is born with: there is no moment at which others may connect. */
    if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, BACKLOG) != 0)
        return refuse_errno(e, fd, address);
    return fd;
}

/* "host:port" with the host perhaps in brackets. */
static bool split_address(const char *address, char host[256], const char **port_out)
{
    const char *colon = address ? strrchr(address, ':') : NULL;
    if (colon == NULL || colon[1] == '\0') return false;
    struct str h = {address, (size_t)(colon - address)};
    if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']') h = str_sub(h, 1, h.n - 2);
    *port_out = colon + 1;
    return h.n > 0 && str_copy(h, host, 256);
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t n = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &n) != 0) return 0;
    if (at.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
    return ntohs(((struct sockaddr_in *)&at)->sin_port); /* NOLINT(clang-analyzer-core.CallAndMessage): it is filled */
}

static int listen_ip(const char *address, uint16_t *port_out, struct err *e)
{
    static const struct addrinfo wanted = {
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char host[256];
    const char *port;
    struct addrinfo *found;
    if (!split_address(address, host, &port)) return refuse(e, -1, address, "an address is host:port");
    int code = getaddrinfo(host, port, &wanted, &found);
    if (code != 0) return refuse(e, -1, address, gai_strerror(code));
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    int reason = errno;
    freeaddrinfo(found);
    errno = reason;
    if (!ok) return refuse_errno(e, fd, address);
    *port_out = port_of(fd);
    return fd;
}

static const char *unix_path(const char *address)
{
    return str_starts(str_of(address), STR("unix:")) ? address + strlen("unix:") : NULL;
}

int listen_on(const char *address, uint16_t *port_out, struct err *e)
{
    const char *path = unix_path(address);
    if (path == NULL) return listen_ip(address, port_out, e);
    int fd = listen_unix(address, path, e);
    if (fd >= 0) *port_out = 0;
    return fd;
}

void listen_unlink(const char *address)
{
    const char *path = unix_path(address);
    if (path) (void)unlink(path);
}
