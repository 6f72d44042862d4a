#include "cloud/net/net_int.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

/* By the address as written: a name that merely resolves to 127.0.0.1 today may resolve elsewhere tomorrow. */
static bool host_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char bare[64];
    struct str h = str_of(host);
    if (str_eq_nocase(h, STR("localhost"))) return true;
    if (h.n > 2 && h.p[0] == '[') h = str_sub(h, 1, h.n - 2);
    if (!str_copy(h, bare, sizeof bare)) return false;
    if (inet_pton(AF_INET, bare, &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static const char *part(CURLU *u, CURLUPart what, char **out)
{
    *out = NULL;
    return curl_url_get(u, what, out, 0) == CURLUE_OK ? *out : "";
}

static bool judge(CURLU *u, bool is_unix, char place_out[PLACE_BYTES], bool *is_loopback_out, struct err *e)
{
    char *scheme, *host, *port, *path, *user;
    const char *s = part(u, CURLUPART_SCHEME, &scheme), *h = part(u, CURLUPART_HOST, &host);
    const char *p = part(u, CURLUPART_PORT, &port), *at = part(u, CURLUPART_PATH, &path);
    bool is_http = strcmp(s, "http") == 0, is_loopback = host_is_loopback(h) || is_unix, ok = true;
    if (*part(u, CURLUPART_USER, &user) != '\0' || (!is_http && strcmp(s, "https") != 0))
        ok = err_set(e, &net_causes[NET_BAD_URL], "%s://%s: not an http or https URL without a user name", s, h);
    else if (is_http && !is_loopback)
        ok = err_set(e, &net_causes[NET_PLAIN_HTTP], "http://%s is not an address of this machine", h);
    if (ok) {
        (void)snprintf(place_out, PLACE_BYTES, "%s%s%s%s", h, *p ? ":" : "", p, at);
        *is_loopback_out = is_loopback;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(user);
    return ok;
}

bool url_allowed(const char *url, bool is_unix, char place_out[PLACE_BYTES], bool *is_loopback_out, struct err *e)
{
    CURLU *u = curl_url();
    if (u == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading a URL");
    CURLUcode code = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    bool ok = code == CURLUE_OK ? judge(u, is_unix, place_out, is_loopback_out, e)
                                : err_set(e, &net_causes[NET_BAD_URL], "'%.150s': %s", url, curl_url_strerror(code));
    curl_url_cleanup(u);
    return ok;
}

bool url_host_is_loopback(const char *url, bool *is_loopback_out)
{
    CURLU *u = curl_url();
    char *host = NULL;
    bool ok = u && curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
              *part(u, CURLUPART_HOST, &host);
    if (ok) *is_loopback_out = host_is_loopback(host);
    curl_free(host);
    curl_url_cleanup(u);
    return ok;
}
