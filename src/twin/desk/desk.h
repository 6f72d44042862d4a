/* Whoever is told: a mailbox (SMTP, mailbox.c), a voice provider (Twilio's shape), chat rooms, a pager. Beside the cloud model, with
 * a lock of its own; people behave as /twin/phones says. */
#ifndef TWIN_DESK_H
#define TWIN_DESK_H

#include "cloud/net/server.h"
#include "kit/sys/clock.h"

struct desk;
struct desk *desk_new(struct clock clock); /* NULL: no memory */
void desk_free(struct desk *d);
/* False: this request is none of ours. */
bool desk_handle(struct desk *d, struct http_exchange *x);
void desk_set_mail(struct desk *d, uint16_t port); /* told by GET /twin/mailbox */
/* A mail has come in; any thread. */
void desk_mail(struct desk *d, struct str sender, struct str recipient, struct str user, bool is_tls,
               struct str message);

struct mailbox;
struct mailbox_opts {
    struct desk *desk;                    /* borrowed */
    const char *address;                  /* "127.0.0.1:0" */
    struct str tls_key_pem, tls_cert_pem; /* STARTTLS is offered with them */
};
bool mailbox_start(const struct mailbox_opts *o, struct mailbox **out, struct err *e); /* NET_BIND, SEAL_BAD_PEM */
void mailbox_stop(struct mailbox *m);                                                  /* accepts NULL */
uint16_t mailbox_port(const struct mailbox *m);

#endif
