/* The walk: one class or object against its row, then into what it holds. */
#include "logic/ocsf/check/check_int.h"

#include <stdio.h>

enum { ENUM_OTHER = 99 };

bool check_is_integer(const struct json *v, int64_t *out)
{
    return v != NULL && v->type == JSON_NUMBER && str_to_i64(v->text, out);
}

static bool is_float(const struct json *v)
{
    if (v->type != JSON_NUMBER) return false;
    for (size_t i = 0; i < v->text.n; i++) {
        if (v->text.p[i] == '.' || v->text.p[i] == 'e' || v->text.p[i] == 'E') return true;
    }
    return false;
}

/* ---- one value ------------------------------------------------------------------------------------------------------ */
static bool has_base(const struct json *v, enum schema_base base)
{
    int64_t n;
    switch (base) {
    case SCHEMA_STRING: return v->type == JSON_STRING;
    case SCHEMA_INTEGER: return check_is_integer(v, &n) && n >= INT32_MIN && n <= INT32_MAX;
    case SCHEMA_LONG: return check_is_integer(v, &n);
    case SCHEMA_FLOAT: return is_float(v);
    case SCHEMA_BOOLEAN: return v->type == JSON_TRUE || v->type == JSON_FALSE;
    case SCHEMA_JSON: return true;
    case SCHEMA_OBJECT: return v->type == JSON_OBJECT;
    }
    return false;
}

static void check_scalar(struct check *c, const struct schema_type *type, const struct json *v)
{
    int64_t n;
    if (type->base == SCHEMA_STRING) {
        if (schema_string_is_long(type, v->text))
            check_error(c, "max_len", "is longer than the %u characters of %s", type->char_max, type->name);
        if (!schema_pattern_matches(type->pattern, v->text))
            check_error(c, "regex", "\"%.*s\" is no %s", STR_ARG(v->text), type->name);
    } else if (type->has_range && check_is_integer(v, &n) && (n < type->low || n > type->high)) {
        check_error(c, "range", "%lld is outside of %lld to %lld", (long long)n, (long long)type->low,
                    (long long)type->high);
    }
}

/* Key of an enum value as the schema writes it: an integer in its shortest form, or the word. */
static const struct schema_value *enum_value(const struct schema_attr *a, const struct json *v)
{
    int64_t n;
    char key[24];
    if (v->type == JSON_STRING) return schema_value(a, v->text);
    if (!check_is_integer(v, &n)) return NULL;
    int length = snprintf(key, sizeof key, "%lld", (long long)n);
    return schema_value(a, (struct str){key, (size_t)length});
}

static void check_enum(struct check *c, const struct schema_attr *a, const struct json *v)
{
    const struct schema_value *value = enum_value(a, v);
    if (value == NULL)
        check_error(c, "enum", "%.*s is not a value of %s", STR_ARG(str_sub(v->raw, 0, 80)), a->name);
    else if (value->is_deprecated)
        check_warning(c, "deprecated", "value %s (%s) is deprecated", value->key, value->caption);
}

static void check_value(struct check *c, const struct schema_attr *a, const struct json *v)
{
    if (!has_base(v, a->type->base)) {
        check_error(c, "type", "must be %s, not %.*s", a->object ? a->object->name : a->type->name,
                    STR_ARG(str_sub(v->raw, 0, 80)));
        return;
    }
    if (a->object != NULL)
        check_item(c, a->object, v);
    else
        check_scalar(c, a->type, v);
    if (a->values != NULL) check_enum(c, a, v);
}

static void check_array(struct check *c, const struct schema_attr *a, const struct json *v)
{
    if (v->type != JSON_ARRAY) {
        check_error(c, "type", "must be an array of %s", a->object ? a->object->name : a->type->name);
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        size_t mark = check_enter_index(c, i);
        check_value(c, a, &v->items[i]);
        check_leave(c, mark);
    }
}

static void check_attr(struct check *c, const struct schema_attr *a, const struct json *v)
{
    size_t mark = check_enter(c, str_of(a->name));
    if (v == NULL || v->type == JSON_NULL) {
        if (a->requirement == SCHEMA_REQUIRED)
            check_error(c, "required", v == NULL ? "is missing" : "is null");
        else if (v != NULL && a->values != NULL)
            check_error(c, "enum", "null is not a value of %s", a->name);
    } else {
        if (a->is_deprecated) check_warning(c, "deprecated", "is deprecated");
        if (a->is_array)
            check_array(c, a, v);
        else
            check_value(c, a, v);
    }
    check_leave(c, mark);
}

/* ---- captions beside enum values ---------------------------------------------------------------------------------------- */
static bool is_other(const struct json *v)
{
    int64_t n;
    return check_is_integer(v, &n) && n == ENUM_OTHER;
}

static void check_caption(struct check *c, const struct schema_attr *a, const struct json *v,
                          const struct json *caption)
{
    const struct schema_value *value = enum_value(a, v);
    if (value == NULL) return; /* told already */
    bool same = caption->type == JSON_STRING && str_eq(caption->text, str_of(value->caption));
    if (is_other(v) && same)
        check_warning(c, "caption", "should be the source's own word beside 99, not \"%s\"", value->caption);
    else if (!is_other(v) && !same)
        check_error(c, "caption", "beside %s %s must be \"%s\", not %.*s", a->name, value->key, value->caption,
                    STR_ARG(str_sub(caption->raw, 0, 80)));
}

static void check_captions(struct check *c, const struct schema_attr *a, const struct json *v,
                           const struct json *captions)
{
    static const struct json none = {.type = JSON_NULL, .raw = {"nothing", 7}};
    if (v->type != JSON_ARRAY || captions->type != JSON_ARRAY) return; /* told already */
    for (size_t i = 0; i < v->count; i++) {
        if (is_other(&v->items[i])) continue; /* any word, or none */
        size_t mark = check_enter_index(c, i);
        check_caption(c, a, &v->items[i], i < captions->count ? &captions->items[i] : &none);
        check_leave(c, mark);
    }
}

static void check_sibling(struct check *c, const struct schema_attr *a, const struct json *object)
{
    const struct json *v = json_get(object, a->name);
    const struct json *caption = a->sibling ? json_get(object, a->sibling) : NULL;
    if (v == NULL || a->values == NULL || caption == NULL) return;
    size_t mark = check_enter(c, str_of(a->sibling));
    if (a->is_array)
        check_captions(c, a, v, caption);
    else
        check_caption(c, a, v, caption);
    check_leave(c, mark);
}

/* ---- the object as a whole ------------------------------------------------------------------------------------------------ */
static void check_constraint(struct check *c, const struct schema_constraint *rule, const struct json *object)
{
    size_t present = 0;
    char names[200];
    size_t n = 0;
    for (size_t i = 0; i < rule->count; i++) {
        present += json_path(object, rule->names[i]) != NULL;
        if (n < sizeof names)
            n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", rule->names[i]);
    }
    if (present == 0 || (rule->is_just_one && present > 1))
        check_error(c, "constraint", "must have %s of %s", rule->is_just_one ? "exactly one" : "at least one", names);
}

static void check_unknown(struct check *c, const struct schema_item *item, const struct json *object)
{
    for (size_t i = 0; i < object->count; i++) {
        struct str key = object->members[i].key;
        const struct schema_attr *a = schema_attr(c->schema, item, key);
        if (a != NULL && schema_attr_allowed(a, c->active)) continue;
        size_t mark = check_enter(c, key);
        check_error(c, "unknown_attribute",
                    a == NULL ? "%s has no such attribute"
                              : "%s has it only under a profile the event does not declare",
                    item->name);
        check_leave(c, mark);
    }
}

void check_item(struct check *c, const struct schema_item *item, const struct json *object)
{
    if (item->is_deprecated) check_warning(c, "deprecated", "%s is deprecated", item->name);
    if (item->attr_count == 0) return; /* any keys, any values */
    for (size_t i = 0; i < item->attr_count; i++) {
        const struct schema_attr *a = schema_attr_at(c->schema, item, i);
        if (!schema_attr_allowed(a, c->active)) continue;
        check_attr(c, a, json_get(object, a->name));
        check_sibling(c, a, object);
    }
    check_unknown(c, item, object);
    for (size_t i = 0; i < item->constraint_count; i++) check_constraint(c, &item->constraints[i], object);
}
