#include "face/cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "face/api/socket.h"
#include "face/cli/args.h"
#include "face/cli/show.h"
#include "kit/sys/process.h"

enum { ARENA_BYTES = 256 << 20, RESULT_BYTES = 64 << 20, PATH_BYTES = 512, TABLES_MAX = 64 };

/* One command on its way. */
struct command {
    const struct cli_host *host;
    struct cli_args args;
    struct arena arena;
    struct buf result; /* the operation's result or its error object */
    int status;        /* 200, or what the failure was */
    int exit_code;
};

void cli_show_error(const struct err *e)
{
    (void)fprintf(stderr, "portcullis: %s\n  code: %s (%s)\n  do:   %s\n", e->text, e->cause->code, e->cause->what,
                  e->cause->remedy);
}

static int exit_code_of(const struct err *e)
{
    return e->cause->kind == ERR_INPUT ? 2 : 1;
}

/* ---- here ---------------------------------------------------------------------------------------------------------------- */

static const struct json *parse_params(struct command *c, struct err *e)
{
    return json_parse(&c->arena, buf_str(&c->args.params), e);
}

static void caller(struct principal *out)
{
    char user[OS_USER_BYTES];
    os_user_name(NULL, user);
    principal_local(out, user);
}

/* What a handler gets that runs without an installation. */
static void prepare_call(struct command *c, struct principal *by, struct json_writer *w, struct op_call *out)
{
    json_writer_init(w, &c->result);
    caller(by);
    *out = (struct op_call){.op = c->args.op,
                            .out = w,
                            .config = c->args.config,
                            .by = by,
                            .actor = by->name,
                            .is_json = c->args.is_json,
                            .arena = &c->arena};
}

static bool run_local(struct command *c, struct err *e)
{
    struct json_writer w;
    struct principal by;
    struct op_call call;
    prepare_call(c, &by, &w, &call);
    call.params = parse_params(c, e);
    if (call.params == NULL || !op_check_params(call.op, call.params, e) || !call.op->run(&call, e)) return false;
    c->exit_code = call.exit_code;
    return true;
}

static bool run_closed(struct command *c, const char *config, const struct err *why, struct err *e)
{
    struct json_writer w;
    struct principal by;
    struct op_call call;
    buf_reset(&c->result);
    prepare_call(c, &by, &w, &call);
    call.params = parse_params(c, e);
    call.config = config;
    if (call.params == NULL || !call.op->run_closed(&call, why, e)) return false;
    c->exit_code = call.exit_code;
    return true;
}

static void run_in_installation(void *arg, struct installation *i, const struct engine_ops *engine)
{
    struct command *c = arg;
    struct err e;
    struct principal by;
    caller(&by);
    struct op_request q = {
        .name = c->args.op->name, .params = parse_params(c, &e), .by = &by, .installation = i, .engine = engine};
    c->status = operation_run(&q, &c->result, &c->exit_code);
}

/* ---- in the service, if one runs ------------------------------------------------------------------------------------------- */

/* *config holds the path once it is found. */
static bool run_opened(struct command *c, char config[PATH_BYTES], struct err *e)
{
    char socket[PATH_BYTES];
    bool reached = false;
    if (!c->host->find_config(c->args.config, config, PATH_BYTES, e)) return false;
    if (!c->host->socket_path(config, socket, sizeof socket, e)) return false;
    if (!socket_call(socket, c->args.op->name, buf_str(&c->args.params), &reached, &c->status, &c->exit_code,
                     &c->result, e))
        return false;
    if (reached) return true;
    return c->host->with_installation(config, c->args.op->place == OP_ENGINE, run_in_installation, c, e);
}

static bool run_by_service_or_here(struct command *c, struct err *e)
{
    char config[PATH_BYTES] = "";
    struct err why;
    const struct json *params = parse_params(c, e);
    if (params == NULL || !op_check_params(c->args.op, params, e)) return false;
    if (run_opened(c, config, &why)) return true;
    if (c->args.op->run_closed) return run_closed(c, config[0] ? config : NULL, &why, e);
    *e = why;
    return false;
}

/* ---- showing --------------------------------------------------------------------------------------------------------------- */

/* An error object, from the service or from here, as cli_show_error shows an err. */
static void show_error_object(const struct json *result)
{
    const struct json *x = json_get(result, "error");
    (void)fprintf(stderr, "portcullis: %.*s\n  code: %.*s (%.*s)\n  do:   %.*s\n",
                  STR_ARG(json_str(json_get(x, "text"), STR("failed"))),
                  STR_ARG(json_str(json_get(x, "code"), STR("?"))), STR_ARG(json_str(json_get(x, "what"), STR("?"))),
                  STR_ARG(json_str(json_get(x, "remedy"), STR("?"))));
}

static int show(struct command *c)
{
    struct err e;
    if (c->result.n == 0) return c->exit_code;
    const struct json *result = json_parse(&c->arena, buf_str(&c->result), &e);
    if (result == NULL) {
        cli_show_error(&e);
        return 1;
    }
    if (json_get(result, "error") && c->status != 200 && c->status != 0) {
        show_error_object(result);
        if (c->args.is_json) show_json(buf_str(&c->result));
        return str_eq(json_str(json_path(result, "error.kind"), STR_NONE), STR("input")) ? 2 : 1;
    }
    if (c->args.is_json)
        show_json(buf_str(&c->result));
    else
        show_result(c->args.op, result);
    if (c->exit_code == 0 && json_i64(json_get(result, "failed_feeds"), 0) > 0) c->exit_code = 3;
    return c->exit_code;
}

static bool is_local(struct command *c)
{
    struct err ignored;
    const struct operation *op = c->args.op;
    return op->place == OP_LOCAL || (op->local_with && json_get(parse_params(c, &ignored), op->local_with));
}

static int run(struct command *c, struct err *e)
{
    bool ok = is_local(c) ? run_local(c, e) : run_by_service_or_here(c, e);
    if (!ok) {
        cli_show_error(e);
        return exit_code_of(e);
    }
    return show(c);
}

/* The host's own rows before the others. */
static void gather_tables(const struct cli_host *host, struct op_table out[TABLES_MAX + 1])
{
    size_t n = 0;
    out[n++] = (struct op_table){host->title, host->operations};
    for (const struct op_table *t = operation_tables; t->rows && n < TABLES_MAX; t++) out[n++] = *t;
    out[n] = (struct op_table){0};
}

int cli_main(int argc, char **argv, const struct cli_host *host)
{
    struct op_table tables[TABLES_MAX + 1];
    struct command c = {.host = host};
    struct err e;
    int code;
    gather_tables(host, tables);
    arena_init(&c.arena, ARENA_BYTES);
    buf_init(&c.result, RESULT_BYTES);
    if (argc <= 1) {
        show_help(NULL, tables, 0, NULL);
        code = 2;
    } else if (!cli_args_read(argc - 1, argv + 1, tables, &c.args, &e)) {
        cli_show_error(&e);
        code = exit_code_of(&e);
    } else if (c.args.is_help) {
        show_help(c.args.op, tables, argc - 1, argv + 1);
        code = 0;
    } else {
        code = run(&c, &e);
    }
    cli_args_done(&c.args);
    buf_done(&c.result);
    arena_done(&c.arena);
    return code;
}
