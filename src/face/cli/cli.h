/* The command line: finds the row, reads its parameters, sends it to the running service or runs it here, shows the result.
 * Exit codes: 0 done, 1 failed, 2 usage, 3 partly. */
#ifndef FACE_CLI_CLI_H
#define FACE_CLI_CLI_H

#include "face/api/engine.h"
#include "face/api/operation.h"

struct installation;

/* What the command line needs of `app`, which wires the engine. */
struct cli_host {
    const char *title;                  /* above app's own rows in --help */
    const struct operation *operations; /* app's own rows (serve, demo), all OP_LOCAL; ends with a row without name */
    /* Opens the installation (taking its lock), and an engine if `with_engine`, runs `run`, closes all. */
    bool (*with_installation)(const char *config_path, bool with_engine,
                              void (*run)(void *arg, struct installation *i, const struct engine_ops *engine),
                              void *arg, struct err *e);
    /* The socket a service of this installation would listen on. */
    bool (*socket_path)(const char *config_path, char *out, size_t out_size, struct err *e);
    bool (*find_config)(const char *given, char *out, size_t out_size, struct err *e);
};
int cli_main(int argc, char **argv, const struct cli_host *host);

/* How a failure is shown to a person, on standard error: what failed, code and cause, what to do. */
void cli_show_error(const struct err *e);

#endif
