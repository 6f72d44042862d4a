/* The program: gives the command line its host, which opens installations and starts engines for single commands. */
#include <stdio.h>
#include <string.h>

#include "face/api/socket.h"
#include "face/app/app.h"
#include "face/app/engine/engine.h"
#include "face/cli/cli.h"
#include "kit/sys/memory.h"

static bool with_installation(const char *config_path, bool with_engine,
                              void (*run)(void *arg, struct installation *i, const struct engine_ops *engine),
                              void *arg, struct err *e)
{
    struct installation i;
    struct engine *en = NULL;
    if (!installation_open(config_path, &i, e)) return false;
    bool ok = !with_engine || (installation_open_flow(&i, e) && engine_start(&i, true, &en, e));
    if (ok) run(arg, &i, en ? engine_operations(en) : NULL);
    engine_stop(en);
    installation_close(&i);
    return ok;
}

static bool socket_path(const char *config_path, char *out, size_t out_size, struct err *e)
{
    struct conf conf;
    if (!installation_settings(config_path, &conf, e)) return false;
    int n = snprintf(out, out_size, "%s/%s", conf.data_dir, SOCKET_NAME);
    return (n > 0 && (size_t)n < out_size) ||
           err_set(e, &api_causes[API_SOCKET], "%s/%s is too long", conf.data_dir, SOCKET_NAME);
}

static bool find_config(const char *given, char *out, size_t out_size, struct err *e)
{
    char path[CONF_PATH_BYTES];
    return installation_find(given, path, e) &&
           (str_copy(str_of(path), out, out_size) || err_set(e, &api_causes[API_BAD_PARAM], "the path is too long"));
}

int main(int argc, char **argv)
{
    const struct cli_host host = {.title = "service and demo",
                                  .operations = app_operations,
                                  .with_installation = with_installation,
                                  .socket_path = socket_path,
                                  .find_config = find_config};
    (void)memory_keep_out_of_cores(); /* whatever the command, it may be given a secret or a customer's rows */
    return cli_main(argc, argv, &host);
}
