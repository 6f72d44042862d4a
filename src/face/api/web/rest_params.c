#include "face/api/web/rest_params.h"

#include <stdio.h>
#include <string.h>

void rest_split(const struct operation *op, char method_out[8], const char **pattern_out)
{
    const char *blank = strchr(op->rest, ' ');
    INVARIANT(blank && blank[1] == '/' && blank - op->rest < 8);
    memcpy(method_out, op->rest, (size_t)(blank - op->rest));
    method_out[blank - op->rest] = '\0';
    *pattern_out = blank + 1;
}

bool rest_has_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

bool rest_is_listed(const struct operation *op)
{
    return op->list != NULL && str_starts(str_of(op->rest), STR("GET "));
}

void rest_name(const struct param *p, char out[REST_NAME_BYTES])
{
    struct str name = str_of(p->name);
    if (p->type == PARAM_SECRET_FILE && str_ends(name, STR("-file"))) name.n -= 5;
    (void)snprintf(out, REST_NAME_BYTES, "%.*s", STR_ARG(name));
    for (char *at = out; *at; at++)
        if (*at == '-') *at = '_';
}

static bool is_in_pattern(const char *pattern, const char *name)
{
    char part[REST_NAME_BYTES + 2];
    (void)snprintf(part, sizeof part, "{%s}", name);
    return strstr(pattern, part) != NULL;
}

enum rest_place rest_place_of(const struct operation *op, const struct param *p)
{
    char method[8];
    const char *pattern;
    if (p->is_local || p->type == PARAM_FILE || p->type == PARAM_PATH) return REST_NOT;
    rest_split(op, method, &pattern);
    if (is_in_pattern(pattern, p->name)) return REST_PATH;
    return rest_has_body(method) ? REST_BODY : REST_QUERY;
}

/* ---- values ----------------------------------------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    const struct operation *op;
    struct json *out;
    size_t room;
    struct err *e;
};

static bool bad(struct reading *r, const char *name, const char *what)
{
    return err_set(r->e, &api_causes[API_BAD_PARAM], "%s: %.80s %s", r->op->name, name, what);
}

static bool add(struct reading *r, const struct param *p, struct json value)
{
    for (size_t i = 0; i < r->out->count; i++)
        if (str_eq(r->out->members[i].key, str_of(p->name))) return bad(r, p->name, "is given twice");
    INVARIANT(r->out->count < r->room);
    r->out->members[r->out->count++] = (struct json_member){str_of(p->name), value};
    return true;
}

/* From path and query, where all is text. */
static bool add_text(struct reading *r, const struct param *p, struct str text)
{
    struct json value = {.type = JSON_STRING, .text = text};
    uint64_t count;
    if (p->type == PARAM_FLAG) {
        bool yes = str_eq(text, STR("true"));
        if (!yes && !str_eq(text, STR("false"))) return bad(r, p->name, "is true or false");
        value.type = yes ? JSON_TRUE : JSON_FALSE;
    }
    if (p->type == PARAM_COUNT && !str_to_u64(text, &count)) return bad(r, p->name, "is a whole number");
    if (p->is_many) {
        struct json *one = ARENA_NEW(r->arena, struct json);
        if (one == NULL) return err_set(r->e, &base_causes[BASE_NO_MEMORY], "the parameters");
        *one = value;
        value = (struct json){.type = JSON_ARRAY, .items = one, .count = 1};
    }
    return add(r, p, value);
}

static bool is_clean_text(const struct json *v)
{
    return v->type == JSON_STRING && memchr(v->text.p ? v->text.p : "", '\0', v->text.n) == NULL;
}

/* From a body, where it has a type. */
static bool add_json(struct reading *r, const struct param *p, const struct json *v)
{
    uint64_t count;
    struct json value = *v;
    if (p->is_many) {
        if (v->type != JSON_ARRAY || v->count == 0) return bad(r, p->name, "is a list of texts, one at least");
        for (size_t i = 0; i < v->count; i++)
            if (!is_clean_text(&v->items[i])) return bad(r, p->name, "is a list of texts");
    } else if (p->type == PARAM_FLAG) {
        if (v->type != JSON_TRUE && v->type != JSON_FALSE) return bad(r, p->name, "is true or false");
    } else if (p->type == PARAM_COUNT) {
        if (v->type != JSON_NUMBER || !str_to_u64(v->text, &count)) return bad(r, p->name, "is a whole number");
        value.type = JSON_STRING; /* as the command line gives it */
    } else if (!is_clean_text(v)) {
        return bad(r, p->name, "is a text");
    }
    return add(r, p, value);
}

static const struct param *find(const struct operation *op, struct str name, enum rest_place place)
{
    char own[REST_NAME_BYTES];
    for (const struct param *p = op->params; p && p->name; p++) {
        rest_name(p, own);
        if (rest_place_of(op, p) == place && str_eq(name, str_of(own))) return p;
    }
    return NULL;
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------ */

static bool take_path(struct reading *r, const struct rest_request *q)
{
    for (const struct param *p = r->op->params; p && p->name; p++)
        if (rest_place_of(r->op, p) == REST_PATH && !add_text(r, p, web_target_segment(q->target, q->pattern, p->name)))
            return false;
    return true;
}

static bool refuse_name(struct reading *r, const char *where, struct str name)
{
    return err_set(r->e, &api_causes[API_BAD_PARAM], "%s: the %s has a parameter \"%.*s\" that it does not take",
                   r->op->name, where, STR_ARG(str_sub(name, 0, 60)));
}

static bool take_page(struct reading *r, const struct web_pair *pair, struct op_page *page, bool *taken)
{
    *taken = true;
    if (str_eq(pair->name, STR("limit"))) {
        if (str_to_u64(pair->value, &page->limit) && page->limit >= 1 && page->limit <= PAGE_LIMIT_MAX) return true;
        return bad(r, "limit", "is a whole number from 1 to 1000");
    }
    if (str_eq(pair->name, STR("cursor"))) {
        if (page_cursor_read(r->op, pair->value, page->after)) return true;
        return err_set(r->e, &api_causes[API_BAD_CURSOR], "%s: the cursor was not given by this list", r->op->name);
    }
    *taken = false;
    return true;
}

static bool take_query(struct reading *r, const struct rest_request *q, struct op_page *page)
{
    for (unsigned i = 0; i < q->target->query_count; i++) {
        const struct web_pair *pair = &q->target->query[i];
        const struct param *p = find(r->op, pair->name, REST_QUERY);
        bool taken = false;
        if (rest_is_listed(r->op) && !take_page(r, pair, page, &taken)) return false;
        if (taken) continue;
        if (p == NULL) return refuse_name(r, "query", pair->name);
        if (!add_text(r, p, pair->value)) return false;
    }
    return true;
}

static bool take_body(struct reading *r, const struct rest_request *q)
{
    for (size_t i = 0; q->body && i < q->body->count; i++) {
        const struct json_member *m = &q->body->members[i];
        const struct param *p = find(r->op, m->key, REST_BODY);
        if (p == NULL) return refuse_name(r, "body", m->key);
        if (!add_json(r, p, &m->value)) return false;
    }
    return true;
}

static bool check_required(struct reading *r)
{
    char name[REST_NAME_BYTES];
    for (const struct param *p = r->op->params; p && p->name; p++) {
        if (!p->is_required || json_get(r->out, p->name)) continue;
        rest_name(p, name);
        return err_set(r->e, &api_causes[API_BAD_PARAM], "%s needs \"%s\": %s", r->op->name, name, p->help);
    }
    return true;
}

bool rest_params(struct arena *a, const struct operation *op, const struct rest_request *q, const struct json **out,
                 struct op_page *page, struct err *e)
{
    struct reading r = {.arena = a, .op = op, .out = ARENA_NEW(a, struct json), .e = e};
    for (const struct param *p = op->params; p && p->name; p++) r.room++;
    struct json_member *members = arena_alloc(a, (r.room + 1) * sizeof *members);
    if (r.out == NULL || members == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "the parameters");
    *r.out = (struct json){.type = JSON_OBJECT, .members = members};
    *page = (struct op_page){.limit = PAGE_LIMIT_DEFAULT};
    if (!take_path(&r, q) || !take_query(&r, q, page) || !take_body(&r, q) || !check_required(&r)) return false;
    *out = r.out;
    return true;
}
