/* Words of a command line to a row and a JSON object of parameters. */
#ifndef FACE_CLI_ARGS_H
#define FACE_CLI_ARGS_H

#include "face/api/operation.h"

struct cli_args {
    const struct operation *op;
    struct buf params;  /* a JSON object */
    const char *config; /* --config FILE */
    bool is_json, is_help;
};
/* `tables` ends with one without rows. With --help the parameters are not read. */
bool cli_args_read(int argc, char **argv, const struct op_table *tables, struct cli_args *out, struct err *e);
void cli_args_done(struct cli_args *a);

#endif
