/* Operations over HTTP: the request becomes parameters, the one place that runs operations runs it, the result becomes an
 * answer. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "face/api/web/rest_once.h"
#include "face/api/web/rest_pages.h"
#include "face/api/web/rest_params.h"
#include "face/api/web/web_int.h"
#include "kit/base/hash.h"

enum { RESULT_BYTES_MAX = 64 << 20, ETAG_BYTES = 24, EXIT_PARTLY = 3 };

/* A change that names what it was made from is checked and made under this, so that of two such changes one fails. */
static pthread_mutex_t changes = PTHREAD_MUTEX_INITIALIZER;

static void etag_of(struct str bytes, char out[ETAG_BYTES])
{
    (void)snprintf(out, ETAG_BYTES, "\"%016" PRIx64 "\"", hash64_of(bytes.p, bytes.n));
}

/* "a", "b", or *: does the header name it? A weak one compares as a strong one. */
static bool names_etag(const char *header, const char *etag)
{
    struct str rest = str_of(header);
    while (rest.n) {
        struct str one = str_trim(str_cut(&rest, ','));
        if (str_starts(one, STR("W/"))) one = str_sub(one, 2, one.n);
        if (str_eq(one, STR("*")) || str_eq(one, str_of(etag))) return true;
    }
    return false;
}

static bool run(struct web_call *c, const struct operation *op, const struct json *params, struct op_page *page,
                const char *once, struct buf *out, int *exit_code, struct err *e)
{
    const struct op_request q = {.name = op->name,
                                 .params = params,
                                 .by = c->by,
                                 .installation = c->installation,
                                 .engine = c->engine,
                                 .page = rest_is_listed(op) ? page : NULL,
                                 .once = op->once == OP_ONCE_ORDER ? once : NULL};
    return operation_try(&q, out, exit_code, e);
}

/* ---- If-Match: not if somebody else has changed it ----------------------------------------------------------------------------- */

/* The operation that shows what this path names; NULL: none does. */
static const struct operation *shown_by(const char *pattern)
{
    char method[8];
    const char *other;
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++) {
            if (op->rest == NULL) continue;
            rest_split(op, method, &other);
            if (strcmp(method, "GET") == 0 && strcmp(other, pattern) == 0) return op;
        }
    return NULL;
}

static bool is_unchanged(struct web_call *c, const char *wanted, struct err *e)
{
    const struct operation *shows = shown_by(c->pattern);
    const struct json *params = NULL;
    struct web_target path = c->target;
    struct op_page page;
    struct buf now;
    char etag[ETAG_BYTES];
    int exit_code = 0;
    if (shows == NULL) return err_set(e, &api_causes[API_CHANGED], "nothing at this path has an ETag");
    path.query_count = 0;
    const struct rest_request q = {"GET", c->pattern, &path, NULL};
    buf_init(&now, RESULT_BYTES_MAX);
    bool ok =
        rest_params(c->arena, shows, &q, &params, &page, e) && run(c, shows, params, &page, NULL, &now, &exit_code, e);
    etag_of(buf_str(&now), etag);
    buf_done(&now);
    if (ok && !names_etag(wanted, etag))
        return err_set(e, &api_causes[API_CHANGED], "its ETag is %s now, the change was made from another", etag);
    return ok;
}

/* ---- one call --------------------------------------------------------------------------------------------------------------------- */

/* NULL: refused already. A call without a body has no parameters there. */
static const struct json *read_body(struct web_call *c)
{
    static const struct json none = {.type = JSON_OBJECT};
    if (!rest_has_body(c->method)) return &none;
    if (exchange_body(c->x).n == 0 && exchange_header(c->x, "Content-Type") == NULL) return &none;
    return web_body_json(c);
}

static int status_of(const struct web_call *c, int exit_code)
{
    return exit_code == EXIT_PARTLY && strcmp(c->method, "GET") != 0 ? 202 : 200;
}

static void answer(struct web_call *c, struct str result, int exit_code)
{
    char etag[ETAG_BYTES];
    bool is_get = strcmp(c->method, "GET") == 0;
    const char *known = exchange_header(c->x, "If-None-Match");
    etag_of(result, etag);
    if (is_get) web_header(c, "ETag", etag);
    if (is_get && known && names_etag(known, etag))
        web_json(c, 304, STR_NONE);
    else
        web_json(c, status_of(c, exit_code), result);
}

struct rest_call {
    const struct json *params;
    struct op_page page;
    struct rest_once once;
    struct buf result, paged;
    int exit_code;
};

static bool carry_out(struct web_call *c, struct rest_call *r, struct err *e)
{
    const char *wanted = exchange_header(c->x, "If-Match");
    const bool is_bound = strcmp(c->method, "GET") != 0 && wanted != NULL;
    if (is_bound) pthread_mutex_lock(&changes);
    bool ok = (!is_bound || is_unchanged(c, wanted, e)) &&
              run(c, c->op, r->params, &r->page, r->once.is_used ? r->once.text : NULL, &r->result, &r->exit_code, e);
    if (is_bound) pthread_mutex_unlock(&changes);
    return ok && (!rest_is_listed(c->op) || rest_page(c->op, buf_str(&r->result), &r->page, &r->paged, e));
}

static void serve(struct web_call *c, struct rest_call *r)
{
    struct err e;
    bool ok = rest_once_begin(c, &r->once, &e);
    if (r->once.is_answered) return;
    ok = ok && carry_out(c, r, &e);
    const struct str result = buf_str(rest_is_listed(c->op) ? &r->paged : &r->result);
    rest_once_end(c, &r->once, ok ? status_of(c, r->exit_code) : operation_status(&e), result, ok ? NULL : &e);
    if (ok)
        answer(c, result, r->exit_code);
    else
        web_problem(c, &e);
}

void rest_handle(struct web_call *c)
{
    struct rest_call r = {0};
    const struct json *body;
    struct err e;
    if (!operation_may(c->installation, c->op, c->by, &e)) {
        web_problem(c, &e);
        return;
    }
    body = read_body(c);
    if (body == NULL) return;
    const struct rest_request q = {c->method, c->pattern, &c->target, body};
    buf_init(&r.result, RESULT_BYTES_MAX);
    buf_init(&r.paged, RESULT_BYTES_MAX);
    if (rest_params(c->arena, c->op, &q, &r.params, &r.page, &e))
        serve(c, &r);
    else
        web_problem(c, &e);
    buf_done(&r.result);
    buf_done(&r.paged);
}
