/* JSON batch (section 5.2): up to twenty calls in one. Each part goes through the model as a request of its own, counted and
 * refused alone; only the order of the answers is anyone's guess. */
#include <stdio.h>
#include <string.h>

#include "twin/cloud_int.h"

enum { PARTS_MAX = 20, PART_BYTES_MAX = 64 << 20 };

struct part {
    const struct json *request;
    struct str id;
    int status; /* 0: not asked yet */
    struct cloud_response response;
    struct buf body;
};
struct batch {
    struct exchange *x;
    struct arena arena;
    struct part parts[PARTS_MAX];
    size_t count;
};

static bool refused(struct exchange *x, const char *message)
{
    x->tenant->stats[x->family].refused++;
    answer_graph_error(x, 400, "BadRequest", message);
    return false;
}

static struct part *part_by_id(struct batch *b, struct str id)
{
    for (size_t i = 0; i < b->count; i++)
        if (str_eq(b->parts[i].id, id)) return &b->parts[i];
    return NULL;
}

static bool read_parts(struct batch *b)
{
    struct err e;
    const struct json *root = json_parse(&b->arena, b->x->q->body, &e);
    const struct json *list = json_get(root, "requests");
    if (list == NULL || list->type != JSON_ARRAY || list->count == 0)
        return refused(b->x, "Unable to read JSON request payload: a batch needs a list of requests.");
    if (list->count > PARTS_MAX) return refused(b->x, "Number of batch request steps exceeds the maximum value of 20.");
    for (size_t i = 0; i < list->count; i++) {
        struct str id = json_str(json_get(&list->items[i], "id"), STR_NONE);
        if (id.n == 0 || part_by_id(b, id)) return refused(b->x, "Each request of a batch needs an id of its own.");
        b->parts[b->count++] = (struct part){.request = &list->items[i], .id = id};
        buf_init(&b->parts[i].body, PART_BYTES_MAX);
    }
    return true;
}

/* ---- one part ---------------------------------------------------------------------------------------------------------- */
static struct str header_of(const struct json *request, const char *name)
{
    return json_str(json_get_nocase(json_get(request, "headers"), name), STR(""));
}

static void part_fails(struct batch *b, struct part *p, int status, const char *code, const char *message)
{
    p->status = status;
    buf_addf(&p->body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"innerError\":{\"request-id\":\"%s\"}}}", code,
             message, b->x->request_id);
}

static bool part_request(struct batch *b, const struct part *p, struct cloud_request *out)
{
    const struct exchange *x = b->x;
    const struct json *body = json_get(p->request, "body");
    struct str query = json_str(json_get(p->request, "url"), STR("")), path = str_cut(&query, '?');
    bool is_full = str_starts(path, STR("/v1.0/")) || str_starts(path, STR("/beta/"));
    struct str slash = str_starts(path, STR("/")) ? STR("") : STR("/");
    *out = (struct cloud_request){.method = json_str(json_get(p->request, "method"), STR("GET")),
                                  .path = is_full ? path
                                                  : arena_print(&b->arena, "/%s%.*s%.*s", x->is_beta ? "beta" : "v1.0",
                                                                STR_ARG(slash), STR_ARG(path)),
                                  .base_url = x->q->base_url,
                                  .authorization = x->q->authorization,
                                  .content_type = header_of(p->request, "Content-Type"),
                                  .client_request_id = header_of(p->request, "client-request-id"),
                                  .prefer = header_of(p->request, "Prefer"),
                                  .body = body ? body->raw : STR("")};
    return cloud_query_parse(&b->arena, query, out);
}

static void ask_part(struct batch *b, struct part *p)
{
    struct cloud_request q;
    bool has_body = json_get(p->request, "body") != NULL;
    if (!part_request(b, p, &q)) {
        part_fails(b, p, 400, "BadRequest", "The URL of the request is not valid.");
    } else if (has_body && q.content_type.n == 0) {
        part_fails(b, p, 400, "BadRequest", "A request with a body needs a Content-Type header.");
    } else if (str_find(q.path, STR("$batch"), 0) != SIZE_MAX) {
        part_fails(b, p, 400, "BadRequest", "A batch cannot hold a batch.");
    } else {
        cloud_handle(b->x->cloud, &q, b->x->now, &p->response);
        p->status = p->response.status;
        if (!cloud_body_all(p->response.body, &p->body)) { /* it broke on its way to the batch, not to the client */
            buf_reset(&p->body);
            part_fails(b, p, 504, "UnknownError", "");
        }
        cloud_body_free(p->response.body);
    }
}

/* ---- dependencies ------------------------------------------------------------------------------------------------------- */
enum readiness { PART_READY, PART_WAITS, PART_DOOMED, PART_WRONG };

static enum readiness readiness_of(struct batch *b, const struct part *p)
{
    const struct json *list = json_get(p->request, "dependsOn");
    enum readiness r = PART_READY;
    for (size_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++) {
        const struct part *other = part_by_id(b, json_str(&list->items[i], STR("")));
        if (other == NULL) return PART_WRONG;
        if (other->status == 0) return PART_WAITS;
        if (other->status >= 400) r = PART_DOOMED;
    }
    return r;
}

/* Asks what can be asked; false: nothing could, or a part depends on none there is. */
static bool ask_round(struct batch *b, size_t *done)
{
    size_t before = *done;
    for (size_t i = 0; i < b->count; i++) {
        struct part *p = &b->parts[i];
        if (p->status) continue;
        enum readiness r = readiness_of(b, p);
        if (r == PART_WRONG) return false;
        if (r == PART_WAITS) continue;
        if (r == PART_DOOMED)
            part_fails(b, p, 424, "FailedDependency", "A request that this one depends on failed.");
        else
            ask_part(b, p);
        ++*done;
    }
    return *done > before;
}

/* ---- the answer --------------------------------------------------------------------------------------------------------- */
static void write_part(struct json_writer *w, const struct part *p)
{
    struct json_fault fault;
    json_object_begin(w);
    json_key(w, "id");
    json_write_str(w, p->id);
    json_key(w, "status");
    json_write_i64(w, p->status);
    json_key(w, "headers");
    json_object_begin(w);
    json_key(w, "Content-Type");
    json_write_cstr(w, "application/json");
    for (unsigned i = 0; i < p->response.header_count; i++) {
        json_key(w, p->response.headers[i].name);
        json_write_cstr(w, p->response.headers[i].value);
    }
    json_object_end(w);
    json_key(w, "body");
    if (p->body.n && json_check(buf_str(&p->body), &fault))
        json_write_raw(w, buf_str(&p->body));
    else
        json_write_str(w, buf_str(&p->body));
    json_object_end(w);
}

static void shuffle(struct batch *b, size_t order[PARTS_MAX])
{
    for (size_t i = 0; i < b->count; i++) order[i] = i;
    for (size_t i = b->count; i > 1; i--) {
        size_t k = rng_below(&b->x->cloud->lots, i), other = order[k];
        order[k] = order[i - 1];
        order[i - 1] = other;
    }
}

static void answer_batch(struct batch *b)
{
    struct json_writer w;
    struct buf out;
    size_t order[PARTS_MAX];
    shuffle(b, order);
    buf_init(&out, (size_t)PARTS_MAX * PART_BYTES_MAX);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    json_key(&w, "responses");
    json_array_begin(&w);
    for (size_t i = 0; i < b->count; i++) write_part(&w, &b->parts[order[i]]);
    json_array_end(&w);
    json_object_end(&w);
    answer_bytes(b->x, 200, "application/json; charset=utf-8", &out);
}

void batch_handle(struct exchange *x, struct str id)
{
    struct batch b = {.x = x};
    size_t done = 0;
    (void)id;
    arena_init(&b.arena, 16 << 20);
    if (read_parts(&b)) {
        while (done < b.count && ask_round(&b, &done)) {
        }
        if (done == b.count)
            answer_batch(&b);
        else
            (void)refused(x, "A dependsOn names no request, or requests depend on one another.");
    }
    for (size_t i = 0; i < b.count; i++) buf_done(&b.parts[i].body);
    arena_done(&b.arena);
}
