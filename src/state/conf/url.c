#include "state/conf/conf.h"

#include <arpa/inet.h>

static bool is_ipv4_loopback(struct str host)
{
    for (int part = 0; part < 4; part++) {
        uint64_t n;
        struct str digits = str_cut(&host, '.');
        if (digits.n > 3 || !str_to_u64(digits, &n) || n > 255 || (part == 0 && n != 127)) return false;
        if ((part == 3) != (host.p == NULL)) return false;
    }
    return true;
}

bool conf_is_loopback(struct str host)
{
    return str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("[::1]")) || is_ipv4_loopback(host);
}

bool conf_reaches_this_machine(struct str host)
{
    char text[64];
    struct in_addr four;
    struct in6_addr six;
    bool is_bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (conf_is_loopback(host)) return true;
    if (!str_copy(is_bracketed ? str_sub(host, 1, host.n - 2) : host, text, sizeof text)) return false;
    if (!is_bracketed && inet_aton(text, &four)) return four.s_addr == 0 || ((const uint8_t *)&four)[0] == 127;
    if (inet_pton(AF_INET6, text, &six) != 1) return false;
    return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six) ||
           (IN6_IS_ADDR_V4MAPPED(&six) && (six.s6_addr[12] == 127 || six.s6_addr[12] == 0));
}

static bool is_port(struct str s)
{
    uint64_t port;
    return str_to_u64(s, &port) && port >= 1 && port <= 65535;
}

/* Splits "host", "host:port", "[v6]", "[v6]:port". */
static bool authority(struct str s, struct str *host_out)
{
    size_t end = s.n && s.p[0] == '[' ? str_find(s, STR("]"), 0) : str_find(s, STR(":"), 0);
    if (s.n && s.p[0] == '[') {
        if (end == SIZE_MAX) return false;
        end++;
    }
    *host_out = str_sub(s, 0, end);
    struct str port = str_sub(s, end, s.n);
    return host_out->n && (port.n == 0 || (port.p[0] == ':' && is_port(str_sub(port, 1, port.n))));
}

const char *conf_url_fault(struct str url)
{
    bool is_http = str_starts(url, STR("http://"));
    struct str host, rest = str_sub(url, is_http ? 7 : 8, url.n);
    if (!is_http && !str_starts(url, STR("https://"))) return "expected an address that begins with https://";
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f)
            return "an address holds no blanks and only ASCII";
    if (str_find(rest, STR("@"), 0) != SIZE_MAX || str_find(rest, STR("\\"), 0) != SIZE_MAX)
        return "an address must not hold a user name or password";
    if (str_find(rest, STR("?"), 0) != SIZE_MAX || str_find(rest, STR("#"), 0) != SIZE_MAX)
        return "an address must not hold a query (?) or fragment (#)";
    if (!authority(str_cut(&rest, '/'), &host)) return "expected a host and perhaps a port after https://";
    return is_http && !conf_is_loopback(host) ? "plain http is for this machine alone (127.0.0.1, localhost): use https"
                                              : NULL;
}

struct str conf_listen_host(struct str address)
{
    struct str host = address;
    while (host.n && host.p[host.n - 1] != ':') host.n--;
    return str_sub(host, 0, host.n ? host.n - 1 : 0);
}

const char *conf_listen_fault(struct str address)
{
    struct str host = conf_listen_host(address);
    struct str port = str_sub(address, host.n + 1, address.n);
    bool is_bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (str_eq(address, STR("off"))) return NULL;
    for (size_t i = 0; i < address.n; i++)
        if ((unsigned char)address.p[i] <= ' ' || (unsigned char)address.p[i] >= 0x7f)
            return "expected host:port without blanks";
    if (host.n == 0 || (!is_port(port) && !str_eq(port, STR("0")))) return "expected host:port, or off";
    if (!is_bracketed && str_find(host, STR(":"), 0) != SIZE_MAX)
        return "expected an IPv6 address in brackets: [::1]:443";
    return NULL;
}
