#include "twin/calls.h"

#include <stdarg.h>
#include <stdio.h>

bool call_refused(struct exchange *x, int status, const char *code, const char *fmt, ...)
{
    char message[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    x->tenant->stats[x->family].refused++;
    answer_error(x, status, code, message);
    return false;
}

const struct json *call_body(struct exchange *x, struct arena *a)
{
    struct err e;
    const struct json *body = json_parse(a, x->q->body, &e);
    if (body && body->type == JSON_OBJECT) return body;
    (void)call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: a JSON object was expected");
    return NULL;
}

bool call_text(struct exchange *x, const struct json *body, const char *name, bool is_required, struct arena *a,
               const char **out)
{
    const struct json *v = json_get(body, name);
    *out = NULL;
    if (v && v->type != JSON_STRING && v->type != JSON_NULL)
        return call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: %s is not a text", name);
    if (v && v->type == JSON_STRING && v->text.n) {
        if (v->text.n > ACTION_TEXT_MAX)
            return call_refused(x, 400, "InvalidInput", "%s is longer than %d bytes", name, ACTION_TEXT_MAX);
        *out = arena_copy(a, v->text.p, v->text.n);
        return *out || call_refused(x, 500, "InternalServerError", "No memory");
    }
    if (is_required) return call_refused(x, 400, "MissingRequiredParameter", "%s is a required parameter", name);
    if (v == NULL && json_get_nocase(body, name))
        return call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: a property is %s, exactly", name);
    return true;
}

bool call_device(struct exchange *x, struct str id, unsigned *out)
{
    const struct world *w = &x->tenant->world;
    struct arena a;
    bool found = false;
    arena_init(&a, 1 << 16);
    for (unsigned i = 0; i < w->machines && !found; i++, arena_reset(&a)) {
        found = str_eq_nocase(device_id(w, i, &a), id);
        if (found) *out = i;
    }
    arena_done(&a);
    return found ||
           call_refused(x, 404, "ResourceNotFound", "Machine %.*s was not found", (int)(id.n < 64 ? id.n : 64), id.p);
}

void call_answer_object(struct exchange *x, int status, enum object_kind kind, const struct object *o)
{
    struct buf out;
    buf_init(&out, 16 << 20);
    object_write(estate_of(x->cloud, x->tenant), kind, o, VIEW_ALONE | VIEW_EVOLVED, &out);
    answer_bytes(x, status, "application/json; charset=utf-8", &out);
}

void call_answer_value(struct exchange *x, struct str value)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 64 << 10);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    json_key(&w, "@odata.context");
    json_write_cstr(&w, ENDPOINT_METADATA "Edm.String");
    json_key(&w, "value");
    json_write_str(&w, value);
    json_object_end(&w);
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

/* ---- short answers ------------------------------------------------------------------------------------------------------ */
void call_list_begin(struct exchange *x, struct call_list *l, const char *context)
{
    buf_init(&l->out, 64 << 20);
    l->is_list = context != NULL;
    object_writer_open(&l->o, x->tenant->world.has_dirt ? x->tenant->world.seed : 0, &l->out);
    json_object_begin(&l->o.w);
    if (context == NULL) return;
    json_key(&l->o.w, "@odata.context");
    buf_reset(&l->o.scratch);
    buf_addf(&l->o.scratch, ENDPOINT_METADATA "%s", context);
    json_write_str(&l->o.w, buf_str(&l->o.scratch));
    json_key(&l->o.w, "value");
    json_array_begin(&l->o.w);
}

void call_list_add(struct exchange *x, struct call_list *l, enum object_kind kind, const struct object *o)
{
    struct buf one;
    buf_init(&one, 16 << 20);
    object_write(estate_of(x->cloud, x->tenant), kind, o, VIEW_EVOLVED, &one);
    json_write_raw(&l->o.w, buf_str(&one));
    buf_done(&one);
}

void call_list_drop(struct call_list *l)
{
    object_writer_close(&l->o);
    buf_done(&l->out);
}

void call_list_answer(struct exchange *x, struct call_list *l)
{
    if (l->is_list) json_array_end(&l->o.w);
    json_object_end(&l->o.w);
    object_writer_close(&l->o);
    answer_bytes(x, 200, "application/json; charset=utf-8", &l->out);
}

const char *call_app(const struct exchange *x)
{
    return variant_is(exchange_variants(x), VARIANT_ACTIONS_REQUESTOR, "app_name") ? CALL_APP_NAME : x->client_id;
}
