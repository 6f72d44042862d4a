#include "face/app/demo/demo_twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/net/http.h"
#include "face/app/app.h"
#include "kit/sys/process.h"

enum { START_MS = 15000 };
#define ANSWER_BYTES_MAX ((size_t)2 << 30)

struct demo_twin {
    struct process *process;
    char url[128];
};

static bool read_address(struct demo_twin *t, struct err *e)
{
    static const char words[] = "listening on ";
    struct buf line;
    buf_init(&line, 4096);
    bool found = false;
    while (!found && process_read_line(t->process, START_MS, &line) == PROCESS_LINE) {
        size_t at = str_find(buf_str(&line), str_of(words), 0);
        struct str url = at == SIZE_MAX ? STR_NONE : str_trim(str_sub(buf_str(&line), at + sizeof words - 1, line.n));
        found = url.n > 0 && str_copy(url, t->url, sizeof t->url);
    }
    buf_done(&line);
    return found ||
           err_set(e, &app_causes[APP_TWIN], "defender-twin did not say where it listens within %d s", START_MS / 1000);
}

bool demo_twin_start(unsigned tenants, const char *scenario, struct demo_twin **out, struct err *e)
{
    char program[600], folder[512], count[16];
    if (!process_own_folder(folder, sizeof folder))
        return err_set(e, &app_causes[APP_TWIN], "where this program lies is not known");
    (void)snprintf(program, sizeof program, "%s/defender-twin", folder);
    (void)snprintf(count, sizeof count, "%u", tenants);
    const char *const argv[] = {program, "--listen", "127.0.0.1:0", "--tenants", count, "--scenario", scenario, NULL};
    struct demo_twin *t = calloc(1, sizeof *t);
    if (t == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "demo");
    if (process_start(argv, &t->process, e) && read_address(t, e)) {
        *out = t;
        return true;
    }
    demo_twin_stop(t);
    return false;
}

void demo_twin_stop(struct demo_twin *t)
{
    if (t == NULL) return;
    process_stop(t->process);
    free(t);
}

const char *demo_twin_url(const struct demo_twin *t)
{
    return t->url;
}

static bool send(struct demo_twin *t, const char *method, const char *path, struct str body, struct buf *out,
                 struct err *e)
{
    char url[512];
    int status = 0;
    struct http_client_opts client = {0};
    (void)snprintf(url, sizeof url, "%s%s", t->url, path);
    struct http_request q = {.method = method, .url = url, .body = body, .body_max = ANSWER_BYTES_MAX};
    if (!http_fetch(&client, &q, &status, out, e)) return err_context(e, "the twin");
    return status == 200 || err_set(e, &app_causes[APP_TWIN], "the twin answered %d to %s %s", status, method, path);
}

static bool call(struct demo_twin *t, const char *method, const char *path, struct buf *out, struct err *e)
{
    return send(t, method, path, STR_NONE, out, e);
}

bool demo_twin_alert(struct demo_twin *t, const char *tenant_id, struct str body, struct err *e)
{
    char path[128];
    struct buf out;
    buf_init(&out, 1 << 20);
    (void)snprintf(path, sizeof path, "/twin/alerts?tenant=%s", tenant_id);
    bool ok = send(t, "POST", path, body, &out, e);
    buf_done(&out);
    return ok;
}

bool demo_twin_mailbox(struct demo_twin *t, char *out, size_t out_size, struct err *e)
{
    struct arena a;
    struct buf body;
    arena_init(&a, 1 << 20);
    buf_init(&body, 4096);
    const struct json *v = call(t, "GET", "/twin/mailbox", &body, e) ? json_parse(&a, buf_str(&body), e) : NULL;
    bool ok = v && (str_copy(json_str(json_get(v, "address"), STR_NONE), out, out_size) ||
                    err_set(e, &app_causes[APP_TWIN], "the twin's mailbox has no address"));
    arena_done(&a);
    buf_done(&body);
    return ok;
}

const struct json *demo_twin_tenants(struct demo_twin *t, struct arena *a, struct err *e)
{
    struct buf body;
    const struct json *v = NULL;
    buf_init(&body, ANSWER_BYTES_MAX);
    if (call(t, "GET", "/twin/tenants", &body, e)) v = json_parse(a, arena_str(a, buf_str(&body)), e);
    buf_done(&body);
    return v;
}

bool demo_twin_freeze(struct demo_twin *t, struct err *e)
{
    struct buf body;
    buf_init(&body, 4096);
    bool ok = call(t, "POST", "/twin/freeze", &body, e);
    buf_done(&body);
    return ok;
}

bool demo_twin_rows(struct demo_twin *t, const char *tenant_id, const char *feed, struct buf *out, struct err *e)
{
    char path[256];
    (void)snprintf(path, sizeof path, "/twin/rows?tenant=%s&feed=%s", tenant_id, feed);
    return call(t, "GET", path, out, e);
}
