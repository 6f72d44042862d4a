/* Inside cloud/net. */
#ifndef CLOUD_NET_NET_INT_H
#define CLOUD_NET_NET_INT_H

#include "cloud/net/http.h"
#include "kit/base/wall.h"

/* A listening socket for "host:port", "[v6]:port" or "unix:/path"; -1 and NET_BIND otherwise. */
int listen_on(const char *address, uint16_t *port_out, struct err *e);
void listen_unlink(const char *address); /* removes a Unix socket's file; nothing for others */

/* `bytes` as one gzip member, if that is smaller: false leaves `out` as it was. */
bool gzip_whole(struct str bytes, struct buf *out);

/* The value of Retry-After in milliseconds: "30", "2.128", or an HTTP date (then relative to `now`). At least 1 and at most a
 * day; 0: not understood. */
uint32_t retry_after_parse(struct str value, struct wall now);

/* "Sun, 22 Nov 2026 10:06:34 GMT", and the older forms. */
bool http_date_parse(struct str value, struct wall *out);

bool url_host_is_loopback(const char *url, bool *is_loopback_out); /* false: no host in it */
/* May this URL be called at all? Errors: NET_BAD_URL, NET_PLAIN_HTTP. `place_out` gets "host/path" for messages. */
enum { PLACE_BYTES = 200 };
bool url_allowed(const char *url, bool is_unix, char place_out[PLACE_BYTES], bool *is_loopback_out, struct err *e);

/* One header line of a response, as it came. A status line begins a new response (after 1xx, or a proxy's). */
void response_header(struct http_response *r, struct str line, struct wall now);

#endif
