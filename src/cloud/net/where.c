/* Where no request of ours goes, whoever names the host, and whatever its name resolves to: the addresses at which a cloud tells a machine's
 * own credentials to whatever runs on it. They are never Microsoft's, a proxy's, or of a receiver of notices. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "cloud/net/http_int.h"

static bool is_link_local4(const uint8_t a[4])
{
    return a[0] == 169 && a[1] == 254;
}

static bool is_link_local6(const struct in6_addr *a)
{
    static const uint8_t aws[16] = {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}; /* fd00:ec2::254 */
    if (IN6_IS_ADDR_V4MAPPED(a) || IN6_IS_ADDR_V4COMPAT(a)) return is_link_local4(&a->s6_addr[12]);
    return IN6_IS_ADDR_LINKLOCAL(a) || memcmp(a->s6_addr, aws, sizeof aws) == 0;
}

static bool is_metadata(const struct curl_sockaddr *at)
{
    if (at->family == AF_INET)
        return is_link_local4((const uint8_t *)&((const struct sockaddr_in *)(const void *)&at->addr)->sin_addr);
    return at->family == AF_INET6 && is_link_local6(&((const struct sockaddr_in6 *)(const void *)&at->addr)->sin6_addr);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *at)
{
    struct http_call *call = arg;
    (void)purpose;
    if (!is_metadata(at)) return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    call->is_to_metadata = true;
    return CURL_SOCKET_BAD;
}

void call_keep_from_metadata(struct http_call *call)
{
    (void)curl_easy_setopt(call->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(call->easy, CURLOPT_OPENSOCKETDATA, call);
}
