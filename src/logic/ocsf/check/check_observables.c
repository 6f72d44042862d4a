/* Observables repeat what is in the event: the name must lead to an attribute of the class, to something that is there,
 * whose text is the value and whose kind is the type_id. The official validator checks only the first of these. */
#include "logic/ocsf/check/check_int.h"

/* A hostile event could name a wide array in each of many observables; past this many looks we stop and say so. */
enum { LOOKS_MAX = 4000000 };

struct search {
    const struct schema *schema;
    struct str value; /* what to find; p == NULL: anything */
    size_t looks;
    bool is_there, is_equal;
};

static bool has_text(const struct json *v, struct str text)
{
    if (v->type == JSON_STRING) return str_eq(v->text, text);
    return str_eq(str_trim(v->raw), text); /* numbers, true, false as written */
}

static void meet(struct search *s, const struct json *v)
{
    s->looks++;
    if (v->type == JSON_NULL) return;
    s->is_there = true;
    s->is_equal = s->is_equal || s->value.p == NULL || has_text(v, s->value);
}

static void look(struct search *s, const struct schema_item *item, const struct json *v, struct str path);

/* One element of what the path's next part names, or the thing itself. */
static void step(struct search *s, const struct schema_attr *a, const struct json *v, struct str rest)
{
    if (rest.p == NULL)
        meet(s, v);
    else
        look(s, a->object, v, rest);
}

/* Follows `path`; a part without an index means any element of an array. Ends with the tree, at JSON_DEPTH_MAX. */
static void look(struct search *s, const struct schema_item *item, const struct json *v, struct str path)
{
    struct str rest = path, part = str_cut(&rest, '.'), index = part;
    struct str name = str_cut(&index, '[');
    const struct schema_attr *a = schema_attr(s->schema, item, name);
    s->looks += v->type == JSON_OBJECT ? v->count : 1;
    const struct json *next = json_get(v, a->name);
    uint64_t at;
    if (next == NULL || s->looks > LOOKS_MAX) return;
    if (next->type != JSON_ARRAY)
        step(s, a, next, rest);
    else if (index.n > 1 && str_to_u64(str_sub(index, 0, index.n - 1), &at)) {
        if (at < next->count) step(s, a, &next->items[at], rest);
    } else if (index.n <= 1) {
        for (size_t i = 0; i < next->count && s->looks <= LOOKS_MAX; i++) step(s, a, &next->items[i], rest);
    }
}

static void check_value_of(struct check *c, const struct schema_attr *a, struct search *s, struct str name,
                           const struct json *value)
{
    bool has_value = value != NULL && value->type == JSON_STRING;
    s->value = has_value ? value->text : STR_NONE;
    s->is_there = s->is_equal = false;
    if (has_value && a->object != NULL) {
        check_error(c, "observable", "names the object %.*s: it must have no value", STR_ARG(name));
        return;
    }
    if (has_value && s->value.p == NULL) s->value = STR("");
    look(s, c->class, c->event, name);
    if (s->looks > LOOKS_MAX)
        check_error(c, "observable", "too many observables over too many elements to check");
    else if (!s->is_there)
        check_error(c, "observable", "names %.*s, which is not in the event", STR_ARG(name));
    else if (!s->is_equal)
        check_error(c, "observable", "the value is not that of %.*s", STR_ARG(name));
}

static void check_observable(struct check *c, struct search *s, const struct json *observable)
{
    const struct json *name = json_get(observable, "name");
    int64_t type_id;
    if (name == NULL || name->type != JSON_STRING) return;
    const struct schema_attr *a = schema_path(c->schema, c->class, name->text, c->active);
    if (a == NULL) {
        check_error(c, "observable", "\"%.*s\" leads to no attribute of %s", STR_ARG(name->text), c->class->name);
        return;
    }
    check_value_of(c, a, s, name->text, json_get(observable, "value"));
    if (!check_is_integer(json_get(observable, "type_id"), &type_id)) return;
    bool fits = a->observable != 0 ? type_id == a->observable : type_id == 0 || type_id == 99;
    if (!fits)
        check_error(c, "observable", "type_id %lld does not fit %.*s, which is %u", (long long)type_id,
                    STR_ARG(name->text), a->observable);
}

void check_observables(struct check *c)
{
    const struct json *list = json_get(c->event, "observables");
    struct search s = {.schema = c->schema};
    if (list == NULL || list->type != JSON_ARRAY) return;
    size_t mark = check_enter(c, STR("observables"));
    for (size_t i = 0; i < list->count && s.looks <= LOOKS_MAX; i++) {
        size_t inner = check_enter_index(c, i);
        check_observable(c, &s, &list->items[i]);
        check_leave(c, inner);
    }
    check_leave(c, mark);
}
