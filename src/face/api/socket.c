#include "face/api/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cloud/net/http.h"
#include "cloud/net/server.h"
#include "face/api/engine.h"
#include "face/api/installation.h"
#include "kit/sys/process.h"

enum { PARAMS_BYTES_MAX = 1 << 20, RESULT_BYTES_MAX = 64 << 20, CALL_ARENA_BYTES = 8 << 20 };
static const char PATH_PREFIX[] = "/operations/";

/* ---- the service's side ---------------------------------------------------------------------------------------------- */

struct socket_front {
    struct installation *installation;
    const struct engine_ops *engine;
    struct http_server *server;
    char path[CONF_PATH_BYTES];
};

static bool operation_name(const char *path, char *out, size_t out_size)
{
    size_t prefix = sizeof PATH_PREFIX - 1;
    if (strncmp(path, PATH_PREFIX, prefix) != 0 || !str_copy(str_of(path + prefix), out, out_size)) return false;
    for (char *p = out; *p; p++)
        if (*p == '.') *p = ' ';
    return true;
}

/* A result that goes with another exit than 0 says so in its status, too: between us alone. */
static const struct {
    int exit_code, status;
} exits[] = {{0, 200}, {3, 206}, {1, 299}};

static int status_for(int exit_code)
{
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        if (exits[i].exit_code == exit_code) return exits[i].status;
    return 200;
}

static int exit_code_for(int status)
{
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        if (exits[i].status == status) return exits[i].exit_code;
    return 0; /* an error object says it by its kind */
}

static void handle(void *ctx, struct http_exchange *x)
{
    struct socket_front *f = ctx;
    struct arena arena;
    struct buf out;
    struct err e;
    char name[64], exit_text[16], user[OS_USER_BYTES];
    struct principal by;
    uint32_t uid = 0;
    int status = 404, exit_code = 2;
    arena_init(&arena, CALL_ARENA_BYTES);
    buf_init(&out, RESULT_BYTES_MAX);
    os_user_name(exchange_peer_uid(x, &uid) ? &uid : NULL, user);
    principal_local(&by, user); /* who gets in can read the data folder */
    const struct json *body = json_parse(&arena, exchange_body(x), &e);
    if (body && strcmp(exchange_method(x), "POST") == 0 && operation_name(exchange_path(x), name, sizeof name)) {
        struct op_request q = {.name = name,
                               .params = json_get(body, "params"),
                               .by = &by,
                               .installation = f->installation,
                               .engine = f->engine};
        status = operation_run(&q, &out, &exit_code);
    }
    if (status == 200) status = status_for(exit_code);
    (void)snprintf(exit_text, sizeof exit_text, "%d", exit_code);
    reply_status(x, status);
    reply_header(x, "X-Exit-Code", exit_text);
    reply_body(x, buf_str(&out), "application/json");
    buf_done(&out);
    arena_done(&arena);
}

bool socket_front_start(struct installation *i, const struct engine_ops *engine, struct socket_front **out,
                        struct err *e)
{
    char address[CONF_PATH_BYTES + 8];
    struct socket_front *f = calloc(1, sizeof *f);
    if (f == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the service's socket");
    f->installation = i;
    f->engine = engine;
    if (!installation_path(&i->conf, SOCKET_NAME, f->path) ||
        strlen(f->path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        free(f);
        return err_set(e, &api_causes[API_SOCKET], "%s/%s is too long", i->conf.data_dir, SOCKET_NAME);
    }
    (void)unlink(f->path); /* a leftover of a service that was killed: we hold the folder's lock */
    (void)snprintf(address, sizeof address, "unix:%s", f->path);
    struct http_server_opts o = {.address = address, .body_max = PARAMS_BYTES_MAX, .handle = handle, .ctx = f};
    if (!http_server_start(&o, &f->server, e)) {
        free(f);
        return false;
    }
    *out = f;
    return true;
}

void socket_front_stop(struct socket_front *f)
{
    if (f == NULL) return;
    http_server_stop(f->server);
    (void)unlink(f->path);
    free(f);
}

/* ---- the command line's side ------------------------------------------------------------------------------------------ */

static bool somebody_listens(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!str_copy(str_of(path), address.sun_path, sizeof address.sun_path)) return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    bool yes = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return yes;
}

bool socket_call(const char *socket_path, const char *operation, struct str params_json, bool *reached_out,
                 int *status_out, int *exit_code_out, struct buf *result_out, struct err *e)
{
    char url[128];
    struct buf body;
    *reached_out = somebody_listens(socket_path);
    if (!*reached_out) return true;
    int n = snprintf(url, sizeof url, "http://localhost%s%s", PATH_PREFIX, operation);
    for (char *p = url + 16; *p; p++)
        if (*p == ' ') *p = '.';
    buf_init(&body, PARAMS_BYTES_MAX + 64);
    (void)buf_add_str(&body, STR("{\"params\":"));
    (void)buf_add_str(&body, params_json);
    (void)buf_add_char(&body, '}');
    struct http_client_opts client = {.unix_socket = socket_path};
    struct http_request q = {.method = "POST",
                             .url = url,
                             .body = buf_str(&body),
                             .body_max = RESULT_BYTES_MAX,
                             .total_timeout_ms = 24u * 3600 * 1000,
                             .stall_timeout_ms = 24u * 3600 * 1000};
    bool ok = n > 0 && !body.failed && http_fetch(&client, &q, status_out, result_out, e);
    buf_done(&body);
    if (ok) {
        *exit_code_out = exit_code_for(*status_out);
        if (*status_out > 200 && *status_out < 300) *status_out = 200;
    }
    return ok ? true : err_context(e, "the running service (%s)", socket_path);
}
