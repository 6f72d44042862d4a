/* /api/openapi.json: OpenAPI 3.1, made from the operations' own rows, so that it cannot say anything else than what is. */
#include <stdio.h>
#include <string.h>

#include "face/api/web/rest_params.h"
#include "face/api/web/web.h"

enum { DOCUMENT_BYTES_MAX = 4 << 20 };

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_write_cstr(w, text);
}

static void open(struct json_writer *w, const char *key)
{
    json_key(w, key);
    json_object_begin(w);
}

static void reference(struct json_writer *w, const char *key, const char *to)
{
    open(w, key);
    member(w, "$ref", to);
    json_object_end(w);
}

/* ---- parameters ------------------------------------------------------------------------------------------------------------- */

static void value_schema(struct json_writer *w, const struct param *p, enum rest_place place)
{
    json_object_begin(w);
    if (p->is_many && place == REST_BODY) {
        member(w, "type", "array");
        json_key(w, "minItems");
        json_write_u64(w, 1);
        open(w, "items");
        member(w, "type", "string");
        json_object_end(w);
    } else if (p->type == PARAM_FLAG) {
        member(w, "type", "boolean");
    } else if (p->type == PARAM_COUNT) {
        member(w, "type", "integer");
        json_key(w, "minimum");
        json_write_u64(w, 0);
    } else {
        member(w, "type", "string");
        if (place == REST_PATH) {
            json_key(w, "minLength");
            json_write_u64(w, 1);
        }
    }
    if (p->type == PARAM_SECRET_FILE) {
        json_key(w, "writeOnly");
        json_write_bool(w, true);
    }
    if (p->type == PARAM_TIME)
        member(w, "description", "a time as 2026-11-22T00:00:00Z, or a duration back from now, as 2d");
    json_object_end(w);
}

static void one_parameter(struct json_writer *w, const struct param *p, enum rest_place place)
{
    char name[REST_NAME_BYTES];
    rest_name(p, name);
    json_object_begin(w);
    member(w, "name", place == REST_PATH ? p->name : name);
    member(w, "in", place == REST_PATH ? "path" : "query");
    member(w, "description", p->help);
    json_key(w, "required");
    json_write_bool(w, place == REST_PATH || p->is_required);
    json_key(w, "schema");
    value_schema(w, p, place);
    json_object_end(w);
}

static void reference_item(struct json_writer *w, const char *to)
{
    json_object_begin(w);
    member(w, "$ref", to);
    json_object_end(w);
}

/* The path's last part names one of the list. */
static void name_of_one(const struct operation *op, char out[REST_NAME_BYTES])
{
    const char *begin = strrchr(op->one.rest, '{');
    (void)snprintf(out, REST_NAME_BYTES, "%.*s", (int)(strlen(begin) - 2), begin + 1);
}

static bool names_one(const struct operation *op, const struct param *p)
{
    char name[REST_NAME_BYTES];
    name_of_one(op, name);
    return strcmp(p->name, name) == 0;
}

static void name_parameter(struct json_writer *w, const struct operation *op)
{
    char name[REST_NAME_BYTES];
    name_of_one(op, name);
    json_object_begin(w);
    member(w, "name", name);
    member(w, "in", "path");
    json_key(w, "required");
    json_write_bool(w, true);
    json_key(w, "schema");
    json_write_raw(w, STR("{\"type\":\"string\",\"minLength\":1}"));
    json_object_end(w);
}

static void write_parameters(struct json_writer *w, const struct operation *op, bool is_one, const char *method)
{
    char own[8];
    const char *pattern;
    json_key(w, "parameters");
    json_array_begin(w);
    for (const struct param *p = op->params; p && p->name; p++) {
        enum rest_place place = rest_place_of(op, p);
        bool is_named = is_one && names_one(op, p); /* by the path */
        if (!is_named && (place == REST_PATH || place == REST_QUERY)) one_parameter(w, p, place);
    }
    if (is_one) name_parameter(w, op);
    if (rest_is_listed(op) && !is_one) {
        reference_item(w, "#/components/parameters/limit");
        reference_item(w, "#/components/parameters/cursor");
    }
    rest_split(op, own, &pattern);
    if (strcmp(method, "GET") == 0)
        reference_item(w, "#/components/parameters/ifNoneMatch");
    else if (strcmp(method, "POST") != 0 && rest_has_etag(pattern))
        reference_item(w, "#/components/parameters/ifMatch");
    if (strcmp(method, "POST") == 0) reference_item(w, "#/components/parameters/idempotencyKey");
    json_array_end(w);
}

static bool needs_body(const struct operation *op)
{
    for (const struct param *p = op->params; p && p->name; p++)
        if (p->is_required && rest_place_of(op, p) == REST_BODY) return true;
    return false;
}

static void write_body(struct json_writer *w, const struct operation *op)
{
    char name[REST_NAME_BYTES];
    open(w, "requestBody");
    json_key(w, "required");
    json_write_bool(w, needs_body(op));
    open(w, "content");
    open(w, "application/json");
    open(w, "schema");
    member(w, "type", "object");
    json_key(w, "additionalProperties");
    json_write_bool(w, false);
    open(w, "properties");
    for (const struct param *p = op->params; p && p->name; p++) {
        if (rest_place_of(op, p) != REST_BODY) continue;
        rest_name(p, name);
        json_key(w, name);
        value_schema(w, p, REST_BODY);
    }
    json_object_end(w);
    json_key(w, "required");
    json_array_begin(w);
    for (const struct param *p = op->params; p && p->name; p++) {
        rest_name(p, name);
        if (p->is_required && rest_place_of(op, p) == REST_BODY) json_write_cstr(w, name);
    }
    json_array_end(w);
    for (int i = 0; i < 4; i++) json_object_end(w);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

static const char *word_of(const struct word_list *l, size_t i)
{
    return l->name_of ? l->name_of(i) : l->names[i];
}

static void write_words(struct json_writer *w, const struct column *k)
{
    if (k->words.count == 0) return;
    json_key(w, "enum");
    json_array_begin(w);
    for (size_t i = 0; i < k->words.count; i++)
        if (word_of(&k->words, i)) json_write_cstr(w, word_of(&k->words, i));
    if (k->type & MEMBER_OR_NULL) json_write_null(w);
    json_array_end(w);
}

static void write_type(struct json_writer *w, const char *type, bool or_null)
{
    json_key(w, "type");
    if (or_null) json_array_begin(w);
    json_write_cstr(w, type);
    if (or_null) json_write_cstr(w, "null");
    if (or_null) json_array_end(w);
}

/* Said, since a generator takes an object without members for one that has none. */
static void write_any_members(struct json_writer *w)
{
    json_key(w, "additionalProperties");
    json_write_bool(w, true);
}

static void write_items(struct json_writer *w, const char *type)
{
    open(w, "items");
    member(w, "type", type);
    if (strcmp(type, "object") == 0) write_any_members(w);
    json_object_end(w);
}

static void member_schema(struct json_writer *w, const struct column *k)
{
    static const char *const types[MEMBER_KINDS] = {
        [MEMBER_TEXT] = "string", [MEMBER_COUNT] = "integer", [MEMBER_FLAG] = "boolean", [MEMBER_TIME] = "string",
        [MEMBER_TEXTS] = "array", [MEMBER_LIST] = "array",    [MEMBER_OBJECT] = "object"};
    const unsigned type = k->type & ~(unsigned)(MEMBER_OR_NULL | MEMBER_LIVE);
    json_object_begin(w);
    if (types[type]) write_type(w, types[type], (k->type & MEMBER_OR_NULL) != 0);
    if (type == MEMBER_TIME) member(w, "format", "date-time");
    if (type == MEMBER_TEXTS) write_items(w, "string");
    if (type == MEMBER_LIST) write_items(w, "object");
    if (type == MEMBER_OBJECT) write_any_members(w);
    write_words(w, k);
    json_object_end(w);
}

/* An object has a member for each column, and may have more. */
static void write_members(struct json_writer *w, const struct column *columns)
{
    for (const struct column *k = columns; k && k->key; k++) {
        json_key(w, k->key);
        member_schema(w, k);
    }
}

/* What names it is there for certain. */
static void write_required(struct json_writer *w, const char *key)
{
    if (key == NULL) return;
    json_key(w, "required");
    json_array_begin(w);
    json_write_cstr(w, key);
    json_array_end(w);
}

static void item_schema(struct json_writer *w, const struct column *columns, const char *key)
{
    json_object_begin(w);
    member(w, "type", "object");
    write_required(w, key);
    open(w, "properties");
    write_members(w, columns);
    json_object_end(w);
    json_object_end(w);
}

static void list_schema(struct json_writer *w, const struct operation *op)
{
    const struct op_view usual = {op->list, op->columns, NULL}, *views[] = {&usual, op->other};
    for (size_t i = 0; i < 2 && views[i] && op->list; i++) {
        open(w, views[i]->list);
        member(w, "type", "array");
        json_key(w, "items");
        item_schema(w, views[i]->columns, i == 0 ? op->one.key : NULL);
        json_object_end(w);
    }
}

static void result_schema(struct json_writer *w, const struct operation *op, bool is_one)
{
    const bool is_page = rest_is_listed(op) && !is_one, has_list = op->list && (!is_one || op->one.is_group);
    if (is_one && !has_list) write_required(w, op->one.key);
    if (has_list && op->other == NULL) {
        json_key(w, "required");
        json_array_begin(w);
        json_write_cstr(w, op->list);
        if (is_page) json_write_cstr(w, "next");
        json_array_end(w);
    }
    const struct column *own = is_one && !has_list ? op->columns : op->shape;
    if (own == NULL && !has_list) write_any_members(w);
    open(w, "properties");
    write_members(w, own);
    if (has_list) list_schema(w, op);
    if (is_page) reference(w, "next", "#/components/schemas/Next");
    json_object_end(w);
}

static void write_etag(struct json_writer *w)
{
    open(w, "headers");
    open(w, "ETag");
    json_key(w, "schema");
    json_write_raw(w, STR("{\"type\":\"string\"}"));
    json_object_end(w);
    json_object_end(w);
}

static void write_result(struct json_writer *w, const struct operation *op, bool is_one, const char *status,
                         const char *what)
{
    open(w, status);
    member(w, "description", what);
    if (strcmp(status, "304") != 0) {
        if (str_starts(str_of(op->rest), STR("GET "))) write_etag(w);
        open(w, "content");
        open(w, "application/json");
        open(w, "schema");
        member(w, "type", "object");
        result_schema(w, op, is_one);
        for (int i = 0; i < 3; i++) json_object_end(w);
    }
    json_object_end(w);
}

static void write_answers(struct json_writer *w, const struct operation *op, bool is_one, const char *method)
{
    static const char *const problems[] = {"400", "401", "403", "404", "409", "412", "413", "415",
                                           "422", "421", "429", "500", "502", "503", "504", "507"};
    open(w, "responses");
    write_result(w, op, is_one, "200", "done");
    if (strcmp(method, "GET") == 0)
        write_result(w, op, is_one, "304", "as the ETag that If-None-Match names");
    else
        write_result(w, op, is_one, "202", "taken, and not all of it is done or to be seen yet; the result says what");
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
        reference(w, problems[i], "#/components/responses/Problem");
    json_object_end(w);
}

/* ---- the document --------------------------------------------------------------------------------------------------------------- */

/* One path and method: an operation's own, or GET of one thing of its list. */
struct place {
    const struct operation *op;
    const char *tag, *pattern;
    bool is_one;
};

static void write_operation(struct json_writer *w, const struct place *p)
{
    char method[8], id[64], lower[8];
    const struct operation *op = p->op;
    const char *pattern;
    rest_split(op, method, &pattern);
    (void)snprintf(id, sizeof id, "%s%s", op->name, p->is_one ? "_one" : "");
    for (char *at = id; *at; at++)
        if (*at == ' ' || *at == '-') *at = '_';
    for (size_t i = 0; i < sizeof lower; i++) lower[i] = (char)(method[i] ? method[i] | 0x20 : 0);
    open(w, lower);
    member(w, "operationId", id);
    member(w, "summary", p->is_one ? "one of them" : op->help);
    if (op->more && !p->is_one) member(w, "description", op->more);
    json_key(w, "tags");
    json_array_begin(w);
    json_write_cstr(w, p->tag);
    json_array_end(w);
    member(w, "x-role", role_names[op->role]);
    member(w, p->is_one ? "x-list" : "x-command", op->name);
    write_parameters(w, op, p->is_one, method);
    if (rest_has_body(method)) write_body(w, op);
    write_answers(w, op, p->is_one, method);
    json_object_end(w);
}

typedef void each_place(void *arg, const struct place *p);

static void each(each_place *fn, void *arg)
{
    char method[8];
    const char *pattern;
    for (const struct op_table *t = operation_tables; t->rows; t++)
        for (const struct operation *op = t->rows; op->name; op++) {
            if (op->rest == NULL) continue;
            rest_split(op, method, &pattern);
            const struct place own = {op, t->title, pattern, false}, one = {op, t->title, op->one.rest, true};
            fn(arg, &own);
            if (op->one.rest) fn(arg, &one);
        }
}

/* All of one path stand together, where the first of them stands in the tables. */
struct path {
    struct json_writer *w;
    const char *pattern;
    struct place first; /* of that path */
    bool is_writing;
};

static void of_path(void *arg, const struct place *p)
{
    struct path *path = arg;
    if (strcmp(p->pattern, path->pattern) != 0) return;
    if (path->is_writing)
        write_operation(path->w, p);
    else if (path->first.op == NULL)
        path->first = *p;
}

static void path_once(void *arg, const struct place *p)
{
    struct path path = {.w = arg, .pattern = p->pattern};
    each(of_path, &path);
    if (path.first.op != p->op || path.first.is_one != p->is_one) return;
    path.is_writing = true;
    open(path.w, p->pattern);
    each(of_path, &path);
    json_object_end(path.w);
}

static const char components[] =
    "{\"securitySchemes\":{"
    "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"an API token\"}},"
    "\"parameters\":{"
    "\"limit\":{\"name\":\"limit\",\"in\":\"query\",\"description\":\"items of a page\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}},"
    "\"cursor\":{\"name\":\"cursor\",\"in\":\"query\",\"description\":\"next of the page before, as it stands\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"ifMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"description\":\"the change holds only for what has this "
    "ETag\","
    "\"schema\":{\"type\":\"string\"}},"
    "\"idempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"description\":\"the request's own; one that "
    "comes "
    "again within a day is answered as the first time and not done twice\","
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}},"
    "\"ifNoneMatch\":{\"name\":\"If-None-Match\",\"in\":\"header\",\"description\":\"an ETag that is known\","
    "\"schema\":{\"type\":\"string\"}}},"
    "\"responses\":{\"Problem\":{\"description\":\"why not, and what to do\",\"content\":{\"application/problem+json\":"
    "{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}},"
    "\"schemas\":{"
    "\"Next\":{\"description\":\"cursor of the next page; null: this is the last\",\"type\":[\"string\",\"null\"]},"
    "\"Problem\":{\"description\":\"RFC 9457; docs/errors.md lists the codes\",\"type\":\"object\","
    "\"required\":[\"type\",\"title\",\"status\",\"detail\",\"code\",\"kind\",\"remedy\"],"
    "\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"detail\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},"
    "\"kind\":{\"type\":\"string\",\"enum\":[\"retry\",\"uncertain\",\"auth\",\"input\",\"limit\",\"storage\","
    "\"corrupt\"]},"
    "\"remedy\":{\"type\":\"string\"},\"retry_after_ms\":{\"type\":\"integer\"}}}}}";

void openapi_write(struct json_writer *w)
{
    json_object_begin(w);
    member(w, "openapi", "3.1.0");
    open(w, "info");
    member(w, "title", "Portcullis");
    member(w, "version", "1");
    member(w, "description", "The same operations as on the command line; docs/api.md leads through them.");
    json_object_end(w);
    json_key(w, "security");
    json_write_raw(w, STR("[{\"token\":[]}]"));
    open(w, "paths");
    each(path_once, w);
    json_object_end(w);
    json_key(w, "components");
    json_write_raw(w, str_of(components));
    json_object_end(w);
}

static void document(struct web_call *c)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, DOCUMENT_BYTES_MAX);
    json_writer_init(&w, &out);
    openapi_write(&w);
    web_json(c, 200, buf_str(&out));
    buf_done(&out);
}

const struct web_route openapi_routes[] = {
    {.method = "GET", .path = "/api/openapi.json", .is_open = true, .handle = document},
    {0},
};
