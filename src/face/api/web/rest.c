/* Operations over HTTP: the request becomes parameters, the one place that runs operations runs it, the result becomes an
 * answer. */
#include <pthread.h>
#include <string.h>

#include "face/api/web/rest_item.h"
#include "face/api/web/rest_once.h"
#include "face/api/web/rest_pages.h"
#include "face/api/web/rest_params.h"
#include "face/api/web/web_int.h"

enum { RESULT_BYTES_MAX = 64 << 20, EXIT_PARTLY = 3 };

/* A change that names what it was made from is checked and made under this, so that of two such changes one fails. */
static pthread_mutex_t changes = PTHREAD_MUTEX_INITIALIZER;

static bool run(struct web_call *c, const struct operation *op, const struct json *params, struct op_page *page,
                const char *once, struct buf *out, int *exit_code, struct err *e)
{
    const struct op_request q = {.name = op->name,
                                 .params = params,
                                 .by = c->by,
                                 .installation = c->installation,
                                 .engine = c->engine,
                                 .page = page,
                                 .once = op->once == OP_ONCE_ORDER ? once : NULL};
    return operation_try(&q, out, exit_code, e);
}

/* ---- If-Match: not if somebody else has changed it ----------------------------------------------------------------------------- */

/* The operation that shows what this path names, by itself or as one of its list; NULL: none does. */
static const struct operation *shown_by(const char *pattern, bool *is_one_out)
{
    char method[8];
    const char *other;
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++) {
            if (op->rest == NULL) continue;
            rest_split(op, method, &other);
            *is_one_out = op->one.rest && strcmp(op->one.rest, pattern) == 0;
            if (*is_one_out || (strcmp(method, "GET") == 0 && strcmp(other, pattern) == 0)) return op;
        }
    return NULL;
}

bool rest_has_etag(const char *pattern)
{
    bool is_one;
    return shown_by(pattern, &is_one) != NULL;
}

/* What is there now. */
static bool look(struct web_call *c, const struct operation *shows, bool is_one, const struct json *change,
                 struct buf *thing, struct err *e)
{
    struct buf list;
    int exit_code = 0;
    const struct item_wanted wanted = {web_target_segment_last(&c->target), change};
    const struct json *params = rest_item_params(c->arena, shows, change);
    if (params == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the parameters");
    if (!is_one) return run(c, shows, params, NULL, NULL, thing, &exit_code, e);
    buf_init(&list, RESULT_BYTES_MAX);
    bool ok =
        run(c, shows, params, NULL, NULL, &list, &exit_code, e) && rest_item(shows, buf_str(&list), &wanted, thing, e);
    buf_done(&list);
    return ok;
}

static bool is_unchanged(struct web_call *c, const struct json *change, const char *wanted, struct err *e)
{
    bool is_one = false;
    const struct operation *shows = shown_by(c->pattern, &is_one);
    struct buf now;
    char etag[ETAG_BYTES];
    if (shows == NULL) return err_set(e, &api_causes[API_CHANGED], "nothing at this path has an ETag");
    buf_init(&now, RESULT_BYTES_MAX);
    bool ok = look(c, shows, is_one, change, &now, e);
    etag_of(shows, is_one, buf_str(&now), buf_str(&now), etag);
    buf_done(&now);
    if (!ok && e->cause == &api_causes[API_NO_ITEM]) return err_set(e, &api_causes[API_CHANGED], "it is not there");
    if (ok && !etag_is_current(wanted, etag))
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

struct rest_call {
    const struct json *params;
    struct op_page page;
    struct rest_once once;
    struct buf result, answer; /* what the operation gave; what goes out of it, if that is another */
    int exit_code;
};

static bool is_listed(const struct web_call *c)
{
    return rest_is_listed(c->op) && !c->is_one;
}

static struct str answer_of(const struct web_call *c, const struct rest_call *r)
{
    return buf_str(c->is_one || is_listed(c) ? &r->answer : &r->result);
}

static void answer(struct web_call *c, const struct rest_call *r)
{
    char etag[ETAG_BYTES];
    const struct str out = answer_of(c, r);
    const char *known = exchange_header(c->x, "If-None-Match");
    if (strcmp(c->method, "GET") != 0) {
        web_json(c, status_of(c, r->exit_code), out);
        return;
    }
    etag_of(c->op, c->is_one, c->is_one ? out : buf_str(&r->result), out, etag);
    web_header(c, "ETag", etag);
    if (known && etag_is_known(known, etag))
        web_json(c, 304, STR_NONE);
    else
        web_json(c, 200, out);
}

/* What goes out of what the operation gave: a page of a list, or one of its things. */
static bool shape(struct web_call *c, struct rest_call *r, struct err *e)
{
    const struct item_wanted wanted = {web_target_segment_last(&c->target), r->params};
    if (c->is_one) return rest_item(c->op, buf_str(&r->result), &wanted, &r->answer, e);
    return !is_listed(c) || rest_page(c->op, buf_str(&r->result), &r->page, &r->answer, e);
}

static bool carry_out(struct web_call *c, struct rest_call *r, struct err *e)
{
    const char *wanted = exchange_header(c->x, "If-Match");
    const bool is_bound = strcmp(c->method, "GET") != 0 && wanted != NULL;
    if (is_bound) pthread_mutex_lock(&changes);
    bool ok = (!is_bound || is_unchanged(c, r->params, wanted, e)) &&
              run(c, c->op, r->params, is_listed(c) ? &r->page : NULL, r->once.is_used ? r->once.text : NULL,
                  &r->result, &r->exit_code, e);
    if (is_bound) pthread_mutex_unlock(&changes);
    return ok && shape(c, r, e);
}

static void serve(struct web_call *c, struct rest_call *r)
{
    struct err e;
    bool ok = rest_once_begin(c, &r->once, &e);
    if (r->once.is_answered) return;
    ok = ok && carry_out(c, r, &e);
    rest_once_end(c, &r->once, ok ? status_of(c, r->exit_code) : operation_status(&e), answer_of(c, r), ok ? NULL : &e);
    if (ok)
        answer(c, r);
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
    buf_init(&r.answer, RESULT_BYTES_MAX);
    if (rest_params(c->arena, c->op, &q, &r.params, &r.page, &e))
        serve(c, &r);
    else
        web_problem(c, &e);
    buf_done(&r.result);
    buf_done(&r.answer);
}
