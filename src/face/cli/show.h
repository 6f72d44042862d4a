/* Results and help, as people read them. */
#ifndef FACE_CLI_SHOW_H
#define FACE_CLI_SHOW_H

#include "face/api/operation.h"

void show_result(const struct operation *op, const struct json *result);
void show_json(struct str json); /* the same value, with nothing in it that steers a terminal */
void show_help(const struct operation *op, const struct op_table *tables, int argc, char **argv);

#endif
