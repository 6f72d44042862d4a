/* The running service's door for the command line: HTTP on a Unix socket (mode 0600: only the service's own user gets in),
 * one path per operation, POST /operations/<name with dots> with {"params":{…}}. */
#ifndef FACE_API_SOCKET_H
#define FACE_API_SOCKET_H

#include "face/api/operation.h"
#include "kit/base/err.h"

struct installation;
struct engine_ops;
struct socket_front;

/* Serves the operations of OP_INSTALLATION and OP_ENGINE; borrows both until stop. */
bool socket_front_start(struct installation *i, const struct engine_ops *engine, struct socket_front **out,
                        struct err *e);
void socket_front_stop(struct socket_front *f); /* accepts NULL */

/* The other end. *reached_out false: no service listens there (then nothing was sent and true is returned).
 * On success `result_out` holds the result or the error object, *status_out the HTTP status, *exit_code_out the operation's. */
bool socket_call(const char *socket_path, const char *operation, struct str params_json, bool *reached_out,
                 int *status_out, int *exit_code_out, struct buf *result_out, struct err *e);

enum { SOCKET_NAME_BYTES = 16 };
#define SOCKET_NAME "serve.sock"

#endif
