/* Indicators as objects of the Endpoint API, and the calls that change them (section 15). */
#include <stdio.h>
#include <string.h>

#include "twin/calls.h"
#include "twin/world/objects_int.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
enum { IMPORT_MAX = 500 };

/* ---- objects: an object's number is the indicator's id --------------------------------------------------------------- */
bool indicators_list(struct estate t, struct wall now, struct arena *a, struct object_list *out)
{
    size_t n = indicator_count(t.indicators);
    *out = (struct object_list){arena_alloc(a, (n + 1) * sizeof *out->items), 0};
    for (size_t i = 0; out->items && i < n; i++) {
        const struct indicator *item = indicator_at(t.indicators, i);
        if (item->created.ticks > now.ticks || item->expires.ticks <= now.ticks) continue;
        out->items[out->count++] =
            (struct object){.number = item->id, .created = item->created, .updated = item->updated};
    }
    return out->items != NULL;
}

struct str indicator_id(struct estate t, const struct object *o, struct arena *a)
{
    (void)t;
    return arena_print(a, "%llu", (unsigned long long)o->number);
}

enum { F_VALUE, F_TYPE, F_CREATED, F_AUTHOR, F_SEVERITY, F_ACTION };
const struct odata_field indicator_fields[] = {
    [F_VALUE] = {"indicatorValue", ODATA_TEXT},
    [F_TYPE] = {"indicatorType", ODATA_TEXT},
    [F_CREATED] = {"creationTimeDateTimeUtc", ODATA_TIME},
    [F_AUTHOR] = {"createdBy", ODATA_TEXT},
    [F_SEVERITY] = {"severity", ODATA_TEXT},
    [F_ACTION] = {"action", ODATA_TEXT},
};
_Static_assert(COUNT(indicator_fields) == INDICATOR_FIELDS, "one row a field");

static const char *severity_of(const struct indicator *i)
{
    return i->texts[INDICATOR_SEVERITY] ? i->texts[INDICATOR_SEVERITY] : "Informational";
}

struct odata_value indicator_field(struct estate t, const struct object *o, unsigned field, struct arena *a)
{
    const struct indicator *i = indicator_by_id(t.indicators, o->number);
    (void)a;
    if (i == NULL) return (struct odata_value){.type = ODATA_NULL};
    switch (field) {
    case F_VALUE: return odata_text(str_of(i->texts[INDICATOR_VALUE]));
    case F_TYPE: return odata_text(str_of(i->texts[INDICATOR_TYPE]));
    case F_CREATED: return odata_time(o->created);
    case F_AUTHOR: return odata_text(str_of(i->author));
    case F_SEVERITY: return odata_text(str_of(severity_of(i)));
    default: return odata_text(str_of(i->texts[INDICATOR_ACTION]));
    }
}

void indicator_write(struct object_writer *o, struct estate t, const struct object *object)
{
    const struct indicator *i = indicator_by_id(t.indicators, object->number);
    if (i == NULL) return;
    json_object_begin(&o->w);
    put_text(o, "id", indicator_id(t, object, &o->arena));
    for (unsigned k = 0; k < INDICATOR_TEXTS; k++)
        put_cstr(o, indicator_text_names[k], k == INDICATOR_SEVERITY ? severity_of(i) : i->texts[k]);
    put_null(o, "source");
    put_cstr(o, "sourceType", "AadApp");
    put_cstr(o, "createdBy", i->author);
    put_cstr(o, "createdBySource", "PublicApi");
    put_cstr(o, "lastUpdatedBy", i->author);
    put_time(o, "creationTimeDateTimeUtc", i->created);
    put_time(o, "lastUpdateTime", i->updated);
    json_key(&o->w, "generateAlert");
    json_write_bool(&o->w, i->makes_alert);
    put_empty_array(o, "rbacGroupIds");
    json_key(&o->w, "rbacGroupNames");
    json_write_raw(&o->w, i->groups);
    json_object_end(&o->w);
}

/* ---- calls ----------------------------------------------------------------------------------------------------------- */
void indicator_post_handle(struct exchange *x, struct str none)
{
    struct indicator_fault fault;
    struct arena a;
    (void)none;
    arena_init(&a, 4 << 20);
    const struct json *body = call_body(x, &a);
    if (body) {
        const struct indicator *i = indicator_put(&x->tenant->indicators, body, call_app(x), x->as_of, &fault);
        struct object o = {.number = i ? i->id : 0};
        if (i)
            call_answer_object(x, 200, OBJECT_INDICATOR, &o);
        else
            (void)call_refused(x, strcmp(fault.code, "DisallowedOperation") == 0 ? 403 : 400, fault.code, "%s",
                               fault.message);
    }
    arena_done(&a);
}

static void write_import(struct exchange *x, const struct json *item, const char *author, struct json_writer *w)
{
    struct indicator_fault fault;
    char id[24];
    const struct indicator *i = indicator_put(&x->tenant->indicators, item, author, x->as_of, &fault);
    if (i) (void)snprintf(id, sizeof id, "%llu", (unsigned long long)i->id);
    json_object_begin(w);
    json_key(w, "id");
    json_write_cstr(w, i ? id : NULL);
    json_key(w, "indicator");
    json_write_str(w, json_str(json_get(item, "indicatorValue"), STR("")));
    json_key(w, "isFailed");
    json_write_bool(w, i == NULL);
    json_key(w, "failureReason");
    json_write_cstr(w, i ? NULL : fault.message);
    json_object_end(w);
}

static void answer_import(struct exchange *x, const struct json *list)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 8 << 20);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    json_key(&w, "@odata.context");
    json_write_cstr(&w, ENDPOINT_METADATA "Collection(microsoft.windowsDefenderATP.api.ImportIndicatorResult)");
    json_key(&w, "value");
    json_array_begin(&w);
    for (size_t i = 0; i < list->count; i++) write_import(x, &list->items[i], call_app(x), &w);
    json_array_end(&w);
    json_object_end(&w);
    answer_bytes(x, 200, "application/json; charset=utf-8", &out);
}

void indicator_import_handle(struct exchange *x, struct str none)
{
    struct arena a;
    (void)none;
    arena_init(&a, 64 << 20);
    const struct json *body = call_body(x, &a), *list = json_get(body, "Indicators");
    if (body && (list == NULL || list->type != JSON_ARRAY))
        (void)call_refused(x, 400, "MissingRequiredParameter", "Indicators is a required parameter");
    else if (body && list->count > IMPORT_MAX)
        (void)call_refused(x, 400, "MaximumBatchSizeExceeded",
                           "Maximum batch size exceeded. Received: %zu, allowed: %d", list->count, IMPORT_MAX);
    else if (body)
        answer_import(x, list);
    arena_done(&a);
}

static void no_content(struct exchange *x)
{
    struct buf none;
    buf_init(&none, 64);
    answer_bytes(x, 204, "application/json; charset=utf-8", &none);
}

void indicator_delete_handle(struct exchange *x, struct str id)
{
    uint64_t number;
    if (str_to_u64(id, &number) && indicator_delete(x->tenant->indicators, number))
        no_content(x);
    else
        (void)call_refused(x, 404, "ResourceNotFound", "Indicator %.*s was not found", (int)(id.n < 24 ? id.n : 24),
                           id.p);
}

/* {"IndicatorIds":["1","2"]}, or the bare list: the documents do not settle it. Ids that are not there do no harm. */
void indicator_batch_delete_handle(struct exchange *x, struct str none)
{
    struct arena a;
    struct err e;
    uint64_t id;
    (void)none;
    arena_init(&a, 16 << 20);
    const struct json *body = json_parse(&a, x->q->body, &e);
    bool is_bare = variant_is(exchange_variants(x), VARIANT_INDICATORS_DELETE, "list");
    const struct json *list = is_bare ? body : json_get(body, "IndicatorIds");
    if (list && list->type == JSON_ARRAY) {
        for (size_t i = 0; i < list->count; i++)
            if (str_to_u64(json_str(&list->items[i], STR_NONE), &id)) (void)indicator_delete(x->tenant->indicators, id);
        no_content(x);
    } else {
        (void)call_refused(x, 400, "InvalidRequestBody", "Request body is incorrect: a list of ids was expected");
    }
    arena_done(&a);
}
