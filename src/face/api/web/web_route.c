/* One request: its target is taken apart, its host looked at, its route found, its caller asked for; then the handler. */
#include <stdio.h>

#include "face/api/web/rest_params.h"
#include "face/api/web/web_int.h"

enum { CALL_ARENA_BYTES = 16 << 20, ALLOW_BYTES = 96 };

/* ---- finding the route --------------------------------------------------------------------------------------------------- */

/* The methods that a path takes, as the header Allow lists them. */
static void allow(char list[ALLOW_BYTES], const char *method)
{
    size_t n = strlen(list);
    bool is_get = strcmp(method, "GET") == 0;
    (void)snprintf(list + n, ALLOW_BYTES - n, "%s%s%s", n ? ", " : "", method, is_get ? ", HEAD" : "");
}

/* A list's own path, or that of one of its things. */
static bool fits(struct web_call *c, const struct operation *op, const char *pattern)
{
    c->is_one = op->one.rest && web_target_fits(&c->target, op->one.rest);
    c->pattern = c->is_one ? op->one.rest : pattern;
    return c->is_one || web_target_fits(&c->target, pattern);
}

static bool find_operation(struct web_call *c, char list[ALLOW_BYTES])
{
    char method[8];
    const char *pattern;
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++) {
            if (op->rest == NULL) continue;
            rest_split(op, method, &pattern);
            if (!fits(c, op, pattern)) continue;
            if (strcmp(method, c->method) == 0) {
                c->op = op;
                return true;
            }
            allow(list, method);
        }
    return false;
}

/* false: no row has this method and path; `list` tells which methods the path takes. */
static bool find_route(struct web_call *c, char list[ALLOW_BYTES])
{
    for (const struct web_route *const *table = web_route_tables; *table; table++)
        for (const struct web_route *r = *table; r->method; r++) {
            if (!web_target_fits(&c->target, r->path)) continue;
            if (strcmp(r->method, c->method) == 0) {
                c->route = r;
                c->pattern = r->path;
                return true;
            }
            allow(list, r->method);
        }
    return find_operation(c, list);
}

static void answer_without_route(struct web_call *c, char list[ALLOW_BYTES])
{
    struct err e;
    struct str target = str_sub(exchange_target(c->x), 0, 100);
    if (list[0] == '\0') {
        (void)err_set(&e, &api_causes[API_NO_PATH], "there is nothing at %.*s", STR_ARG(target));
        web_problem(c, &e);
        return;
    }
    allow(list, "OPTIONS");
    web_header(c, "Allow", list);
    if (strcmp(c->method, "OPTIONS") == 0) {
        web_text(c, 204, STR_NONE);
        return;
    }
    (void)err_set(&e, &api_causes[API_NO_METHOD], "%.16s is not for %.*s, which takes %s", c->method, STR_ARG(target),
                  list);
    web_problem(c, &e);
}

/* ---- who and where ---------------------------------------------------------------------------------------------------------- */

static struct str without_port(struct str host)
{
    size_t end = host.n && host.p[0] == '[' ? str_find(host, STR("]"), 0) : str_find(host, STR(":"), 0);
    if (end != SIZE_MAX && host.p[0] == '[') end++;
    return str_sub(host, 0, end);
}

static struct str host_of_url(struct str url)
{
    struct str rest = str_sub(url, str_starts(url, STR("https://")) ? 8 : 7, url.n);
    return without_port(str_cut(&rest, '/'));
}

/* A listener for this machine alone answers to this machine's own names alone: a page elsewhere whose name is made to point
 * here ("DNS rebinding") gets nothing. */
static bool check_host(struct web_call *c, struct err *e)
{
    const struct conf *conf = &c->installation->conf;
    const char *given = exchange_header(c->x, "Host");
    struct str host = without_port(str_of(given));
    if (!conf_is_loopback(conf_listen_host(str_of(conf->listen))) || conf_is_loopback(host)) return true;
    if (conf->public_url[0] && str_eq_nocase(host, host_of_url(str_of(conf->public_url)))) return true;
    return err_set(e, &api_causes[API_BAD_HOST], "this service is not \"%.*s\"", STR_ARG(str_sub(host, 0, 100)));
}

/* false: refused, answered. */
static bool find_caller(struct web_call *c, struct principal *by)
{
    struct err e;
    bool is_open = c->route && c->route->is_open, is_absent = true;
    (void)err_set(&e, &api_causes[API_NO_LOGIN], "%s needs a login or an API token", c->pattern);
    if (c->web->opts.who && c->web->opts.who(c, by, &is_absent, &e)) {
        c->by = by;
        return true;
    }
    if (is_open && is_absent) return true;
    if (operation_status(&e) == 401) web_header(c, "WWW-Authenticate", "Bearer realm=\"portcullis\"");
    web_problem(c, &e);
    return false;
}

static void answer(struct web_call *c)
{
    char list[ALLOW_BYTES] = "";
    const char *fault = NULL;
    struct principal by = {0};
    struct err e;
    if (!web_target_read(c->arena, exchange_target(c->x), &c->target, &fault)) {
        (void)err_set(&e, &api_causes[API_BAD_REQUEST], "the address: %s", fault);
        web_problem(c, &e);
        return;
    }
    if (!check_host(c, &e)) {
        web_problem(c, &e);
        return;
    }
    if (!find_route(c, list)) {
        answer_without_route(c, list);
        return;
    }
    if (find_caller(c, &by)) (c->op ? rest_handle : c->route->handle)(c);
}

static void begin(struct web_call *c, struct web *w, struct http_exchange *x)
{
    const char *method = exchange_method(x);
    *c = (struct web_call){.installation = w->opts.installation,
                           .engine = w->opts.engine,
                           .x = x,
                           .web = w,
                           .method = strcmp(method, "HEAD") == 0 ? "GET" : method};
}

void web_handle(void *ctx, struct http_exchange *x)
{
    struct web_call c;
    struct arena arena;
    begin(&c, ctx, x);
    arena_init(&arena, CALL_ARENA_BYTES);
    c.arena = &arena;
    answer(&c);
    arena_done(&arena);
}

void web_handle_too_large(void *ctx, struct http_exchange *x)
{
    struct web_call c;
    struct err e;
    begin(&c, ctx, x);
    (void)err_set(&e, &api_causes[API_TOO_LARGE], "the body of this request is larger than 1 MiB");
    web_problem(&c, &e);
}

/* ---- what came in ------------------------------------------------------------------------------------------------------------- */

struct str web_segment(const struct web_call *c, const char *name)
{
    return web_target_segment(&c->target, c->pattern, name);
}

struct str web_query(const struct web_call *c, const char *name)
{
    for (unsigned i = 0; i < c->target.query_count; i++)
        if (str_eq(c->target.query[i].name, str_of(name))) return c->target.query[i].value;
    return STR_NONE;
}

struct str web_cookie(const struct web_call *c, const char *name)
{
    struct str all = str_of(exchange_header(c->x, "Cookie"));
    while (all.n) {
        struct str value = str_trim(str_cut(&all, ';'));
        struct str key = str_cut(&value, '=');
        if (value.p && str_eq(key, str_of(name))) return value;
    }
    return STR_NONE;
}

static bool is_of_type(const struct web_call *c, struct str wanted)
{
    struct str given = str_of(exchange_header(c->x, "Content-Type"));
    return str_eq_nocase(str_trim(str_cut(&given, ';')), wanted);
}

struct str web_form(const struct web_call *c, const char *name)
{
    struct web_pair *pairs = arena_alloc(c->arena, WEB_PAIRS_MAX * sizeof *pairs);
    const char *fault;
    unsigned n = 0;
    if (pairs == NULL || !is_of_type(c, STR("application/x-www-form-urlencoded")) ||
        !web_pairs_read(c->arena, exchange_body(c->x), pairs, &n, &fault))
        return STR_NONE;
    for (unsigned i = 0; i < n; i++)
        if (str_eq(pairs[i].name, str_of(name))) return pairs[i].value;
    return STR_NONE;
}

const struct json *web_body_json(struct web_call *c)
{
    struct err e;
    const struct json *body = NULL;
    if (!is_of_type(c, STR("application/json"))) {
        (void)err_set(&e, &api_causes[API_MEDIA_TYPE], "the body is read as application/json alone");
    } else if ((body = json_parse(c->arena, exchange_body(c->x), &e)) == NULL) {
        (void)err_context(&e, "the body");
    } else if (body->type != JSON_OBJECT) {
        (void)err_set(&e, &api_causes[API_BAD_REQUEST], "the body is not an object");
        body = NULL;
    }
    if (body == NULL) web_problem(c, &e);
    return body;
}
