#include "logic/ocsf/check/schema_int.h"

#include <stdio.h>
#include <string.h>

/* The tables are sorted as str_cmp sorts. */
static int name_cmp(struct str wanted, const char *name)
{
    return str_cmp(wanted, str_of(name));
}

const struct schema *schema_of(const char *version)
{
    if (version == NULL || strcmp(version, schema_1_8_0.version) == 0) return &schema_1_8_0;
    return strcmp(version, schema_1_3_0.version) == 0 ? &schema_1_3_0 : NULL;
}

const struct schema_item *schema_class(const struct schema *s, int64_t uid)
{
    for (size_t low = 0, high = s->class_count; low < high;) {
        size_t middle = (low + high) / 2;
        const struct schema_item *item = &s->classes[middle];
        if ((int64_t)item->uid == uid) return item;
        if ((int64_t)item->uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct schema_item *schema_class_named(const struct schema *s, struct str name)
{
    for (size_t i = 0; i < s->class_count; i++) {
        if (str_eq(name, str_of(s->classes[i].name))) return &s->classes[i];
    }
    return NULL;
}

const struct schema_item *schema_object(const struct schema *s, struct str name)
{
    for (size_t low = 0, high = s->object_count; low < high;) {
        size_t middle = (low + high) / 2;
        int order = name_cmp(name, s->objects[middle].name);
        if (order == 0) return &s->objects[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct schema_attr *schema_attr_at(const struct schema *s, const struct schema_item *item, size_t i)
{
    return &s->attrs[item->attrs[i]];
}

const struct schema_attr *schema_attr(const struct schema *s, const struct schema_item *item, struct str name)
{
    for (size_t low = 0, high = item->attr_count; low < high;) {
        size_t middle = (low + high) / 2;
        const struct schema_attr *a = schema_attr_at(s, item, middle);
        int order = name_cmp(name, a->name);
        if (order == 0) return a;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* "hashes[3]" or "hashes[]" to "hashes"; false if what stands in the brackets is no index. */
static bool strip_index(struct str *part, bool *indexed)
{
    size_t open = str_find(*part, STR("["), 0);
    *indexed = open != SIZE_MAX;
    if (!*indexed) return true;
    if (part->p[part->n - 1] != ']') return false;
    for (size_t i = open + 1; i < part->n - 1; i++) {
        if (part->p[i] < '0' || part->p[i] > '9') return false;
    }
    part->n = open;
    return true;
}

const struct schema_attr *schema_path(const struct schema *s, const struct schema_item *item, struct str path,
                                      uint16_t active)
{
    const struct schema_attr *a = NULL;
    for (struct str rest = path; rest.p != NULL;) {
        struct str part = str_cut(&rest, '.');
        bool indexed;
        if (item == NULL || !strip_index(&part, &indexed)) return NULL;
        a = schema_attr(s, item, part);
        if (a == NULL || !schema_attr_allowed(a, active) || (indexed && !a->is_array)) return NULL;
        item = a->object;
    }
    return a;
}

const struct schema_value *schema_value(const struct schema_attr *a, struct str key)
{
    for (size_t low = 0, high = a->value_count; low < high;) {
        size_t middle = (low + high) / 2;
        int order = name_cmp(key, a->values[middle].key);
        if (order == 0) return &a->values[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct schema_value *schema_value_captioned(const struct schema_attr *a, struct str caption)
{
    for (size_t i = 0; i < a->value_count; i++) {
        if (str_eq(caption, str_of(a->values[i].caption))) return &a->values[i];
    }
    return NULL;
}

const char *schema_caption(const struct schema_attr *a, int64_t value)
{
    char key[24];
    int n = snprintf(key, sizeof key, "%lld", (long long)value);
    const struct schema_value *v = schema_value(a, (struct str){key, (size_t)n});
    return v ? v->caption : NULL;
}

uint16_t schema_profile(const struct schema *s, struct str name)
{
    for (size_t i = 0; i < s->profile_count; i++) {
        if (str_eq(name, str_of(s->profiles[i]))) return (uint16_t)(1u << i);
    }
    return 0;
}
