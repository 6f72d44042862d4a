/* Any bytes as a request's target, body and cursor: what is understood keeps what it promises. The first line is the target,
 * the rest the body. Parameters that were taken belong to the operation, have its types, and hold no NUL. */
#include "face/api/web/rest_params.h"
#include "kit/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pairs(const struct web_target *t)
{
    INVARIANT(t->segment_count <= WEB_SEGMENTS_MAX && t->query_count <= WEB_PAIRS_MAX);
    for (unsigned i = 0; i < t->segment_count; i++) INVARIANT(memchr(t->segments[i].p, 0, t->segments[i].n) == NULL);
    for (unsigned i = 0; i < t->query_count; i++)
        INVARIANT(memchr(t->query[i].value.p, 0, t->query[i].value.n) == NULL);
}

static void check_params(const struct operation *op, const struct json *params, const struct op_page *page)
{
    struct err e;
    INVARIANT(op_check_params(op, params, &e));
    INVARIANT(page->limit >= 1 && page->limit <= PAGE_LIMIT_MAX);
    for (size_t i = 0; i < params->count; i++) {
        const struct param *p = op_param(op, params->members[i].key);
        INVARIANT(p && rest_place_of(op, p) != REST_NOT);
    }
    if (page->after[0] == '\0') return;
    struct buf cursor;
    char again[PAGE_KEY_BYTES];
    buf_init(&cursor, 0);
    INVARIANT(page_cursor_write(op, page->after, &cursor) && page_cursor_read(op, buf_str(&cursor), again));
    INVARIANT(strcmp(again, page->after) == 0);
    buf_done(&cursor);
}

static void try_operation(struct arena *a, const struct operation *op, const struct web_target *t,
                          const struct json *body)
{
    char method[8];
    const char *pattern;
    const struct json *params = NULL;
    struct op_page page;
    struct err e;
    rest_split(op, method, &pattern);
    if (!web_target_fits(t, pattern)) return;
    const struct rest_request q = {method, pattern, t, rest_has_body(method) ? body : NULL};
    if (rest_params(a, op, &q, &params, &page, &e)) check_params(op, params, &page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct str target = str_cut(&rest, '\n');
    struct web_target t;
    struct arena arena;
    struct err e;
    const char *fault = NULL;
    arena_init(&arena, 16 << 20);
    if (web_target_read(&arena, target, &t, &fault)) {
        check_pairs(&t);
        const struct json *body = json_parse(&arena, rest, &e);
        if (body && body->type != JSON_OBJECT) body = NULL;
        for (const struct op_table *table = operation_tables; table->rows; table++)
            for (const struct operation *op = table->rows; op->name; op++)
                if (op->rest) try_operation(&arena, op, &t, body);
    } else {
        INVARIANT(fault != NULL);
    }
    arena_done(&arena);
    return 0;
}
