/* The HTTP front of the cloud model: all hosts on one address, told apart by path alone. Each connection has a thread; one
 * lock guards the model, held for a piece of a body at a time, so hanging or slow answers hold up nobody else. */
#ifndef TWIN_FRONT_H
#define TWIN_FRONT_H

#include "kit/base/err.h"
#include "kit/sys/clock.h"
#include "twin/cloud.h"
#include "twin/desk/desk.h"

struct front;
struct front_opts {
    struct cloud *cloud; /* borrowed; from now on only the front's */
    struct clock clock;
    struct desk *desk;                    /* borrowed; answers what is its own; NULL: none */
    const char *address;                  /* as http_server_opts */
    struct str tls_key_pem, tls_cert_pem; /* both or neither */
};
bool front_start(const struct front_opts *o, struct front **out, struct err *e); /* NET_BIND, BASE_NO_MEMORY */
void front_stop(struct front *f);                                                /* accepts NULL */
uint16_t front_port(const struct front *f);

#endif
