/* Mail out by SMTP, a call of the HTTP client: nothing blocks, callbacks on the loop thread; up to four are under way at once.
 *
 * Addresses: smtp://host[:port] speaks STARTTLS or nothing, but for this machine itself, where plain text is allowed;
 * starttls://… asks for STARTTLS there too; smtps://host[:port] is TLS from the first byte. Certificates are always verified. */
#ifndef CLOUD_NET_MAIL_H
#define CLOUD_NET_MAIL_H

#include "cloud/net/http.h"

struct mail_request {
    const char *server;        /* an address as above */
    const char *user;          /* NULL or empty: without login */
    struct str password;       /* kept out of every message */
    const char *sender;        /* bare address of the envelope */
    const char *recipient;     /* bare address; one to a mail, so that one refused hinders no other */
    struct str message;        /* RFC 5322, CRLF; copied */
    uint32_t total_timeout_ms; /* 0: 30 s */
};
/* The end comes through h->on_done: e == NULL means the server has answered, with an SMTP code as `status` (250 is taken, 4xx
 * later, 5xx never) and its last line as `warning`; else no answer came, and the mail may have been taken. */
struct http_call *mail_send(struct http_client *c, const struct mail_request *q, const struct http_handler *h);

/* Blocking one-off with a loop of its own: workers only. True: the server has answered, see above. */
enum { MAIL_LINE_BYTES = 128 };
bool mail_fetch(const struct http_client_opts *o, const struct mail_request *q, int *status_out,
                char last_line_out[MAIL_LINE_BYTES], struct err *e);

/* What is wrong with the address of a mail server (static text), or NULL. */
const char *mail_url_fault(const char *url);
/* One mailbox, bare: "ann@example.com". */
bool mail_address_ok(struct str address);

#endif
