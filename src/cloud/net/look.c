/* How far a request came: libcurl's own account of it. */
#include <string.h>

#include "cloud/net/http_int.h"

enum { US_PER_MS = 1000 };

void look_prepare(CURL *easy, const struct http_look *look)
{
    (void)curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    if (!look->only_connects) return;
    (void)curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

static uint32_t ms_of(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;
    if (curl_easy_getinfo(easy, info, &us) != CURLE_OK || us <= 0) return 0;
    return us < US_PER_MS ? 1 : (uint32_t)(us / US_PER_MS);
}

static void take_line(const char *line, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    if (strncmp(line, name, n) == 0 && out[0] == '\0') (void)snprintf(out, size, "%s", line + n);
}

/* The first is the host's own. */
static void take_certificate(CURL *easy, struct http_look *look)
{
    const struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL || info->num_of_certs < 1) return;
    for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
        take_line(line->data, "Subject:", look->subject, sizeof look->subject);
        take_line(line->data, "Issuer:", look->issuer, sizeof look->issuer);
        take_line(line->data, "Expire date:", look->expires, sizeof look->expires);
    }
}

static bool is_tls_error(CURLcode code)
{
    static const CURLcode codes[] = {CURLE_SSL_CONNECT_ERROR,    CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
                                     CURLE_SSL_CIPHER,           CURLE_SSL_CACERT_BADFILE,       CURLE_SSL_ISSUER_ERROR,
                                     CURLE_SSL_INVALIDCERTSTATUS};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code) return true;
    return false;
}

static enum http_step step_of(CURL *easy, CURLcode code, const struct http_look *look)
{
    long connect_status = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (code == CURLE_OK) return HTTP_THROUGH;
    if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY || connect_status >= 300) return HTTP_AT_PROXY;
    if (is_tls_error(code)) return HTTP_AT_TLS;
    if (code == CURLE_COULDNT_RESOLVE_HOST || look->dns_ms == 0) return HTTP_AT_DNS;
    if (code == CURLE_COULDNT_CONNECT || look->tcp_ms == 0) return HTTP_AT_TCP;
    char *scheme = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);
    bool is_tls = scheme && strcasecmp(scheme, "https") == 0;
    return is_tls && look->tls_ms == 0 ? HTTP_AT_TLS : HTTP_AT_ANSWER;
}

void look_take(CURL *easy, CURLcode code, struct http_look *look)
{
    char *address = NULL;
    look->dns_ms = ms_of(easy, CURLINFO_NAMELOOKUP_TIME_T);
    look->tcp_ms = ms_of(easy, CURLINFO_CONNECT_TIME_T);
    look->tls_ms = ms_of(easy, CURLINFO_APPCONNECT_TIME_T);
    if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address)
        (void)snprintf(look->address, sizeof look->address, "%s", address);
    take_certificate(easy, look);
    look->step = step_of(easy, code, look);
}
