/* The tree of a small document. Checked first, as a whole; then built by cursors, which may trust the text. */
#include <string.h>

#include "kit/json/json.h"

const struct cause json_causes[JSON_CAUSE_COUNT] = {
    [JSON_BAD] = {"json.bad", ERR_INPUT, "this is not valid JSON",
                  "Look at the byte the message names; it is what the sender wrote, or the text was cut there."},
};

static bool build(struct arena *a, struct str raw, struct json *out);

static size_t count_members(struct str raw)
{
    struct json_cursor c;
    struct json_slice s;
    size_t n = 0;
    if (json_cursor_open(&c, raw)) {
        while (json_cursor_next(&c, &s)) n++;
    }
    return n;
}

static bool unescape(struct arena *a, const char *p, size_t n, struct str *out)
{
    *out = json_unescape(a, (struct str){p, n});
    return out->p != NULL;
}

static bool build_container(struct arena *a, struct json *v)
{
    struct json_cursor c;
    struct json_slice s;
    v->count = count_members(v->raw);
    if (v->count == 0) return true;
    if (v->type == JSON_OBJECT) {
        v->members = arena_alloc(a, v->count * sizeof *v->members);
    } else {
        v->items = arena_alloc(a, v->count * sizeof *v->items);
    }
    if ((v->members == NULL && v->items == NULL) || !json_cursor_open(&c, v->raw)) return false;
    for (size_t i = 0; json_cursor_next(&c, &s); i++) {
        struct json *value = v->members ? &v->members[i].value : &v->items[i];
        if (v->members && !unescape(a, s.key.p - 1, s.key.n + 2, &v->members[i].key)) return false;
        if (!build(a, s.value, value)) return false;
    }
    return true;
}

/* Recursion is bounded by JSON_DEPTH_MAX, which the check has enforced. */
static bool build(struct arena *a, struct str raw, struct json *out)
{
    *out = (struct json){.type = json_type_of(raw), .raw = raw};
    if (out->type == JSON_STRING) return unescape(a, raw.p, raw.n, &out->text);
    if (out->type == JSON_NUMBER) out->text = raw;
    if (out->type == JSON_OBJECT || out->type == JSON_ARRAY) return build_container(a, out);
    return true;
}

const struct json *json_parse(struct arena *a, struct str text, struct err *e)
{
    struct json_fault f;
    if (!json_check(text, &f)) {
        (void)err_set(e, &json_causes[JSON_BAD], "%s at byte %llu, line %llu", f.what, (unsigned long long)f.byte,
                      (unsigned long long)f.line);
        return NULL;
    }
    struct json *v = ARENA_NEW(a, struct json);
    if (v == NULL || !build(a, str_trim(text), v)) {
        (void)err_set(e, &base_causes[BASE_NO_MEMORY], "a JSON document of %zu bytes does not fit its arena", text.n);
        return NULL;
    }
    return v;
}

static const struct json *find(const struct json *object, struct str key, bool any_case)
{
    if (object == NULL || object->type != JSON_OBJECT) return NULL;
    for (size_t i = object->count; i-- > 0;) { /* from the end: the last of doubles wins */
        const struct json_member *m = &object->members[i];
        if (any_case ? str_eq_nocase(m->key, key) : str_eq(m->key, key)) return &m->value;
    }
    return NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
    return find(object, str_of(key), false);
}

const struct json *json_get_nocase(const struct json *object, const char *key)
{
    return find(object, str_of(key), true);
}

const struct json *json_path(const struct json *v, const char *dotted)
{
    struct str rest = str_of(dotted);
    while (v && rest.p) v = find(v, str_cut(&rest, '.'), false);
    return v;
}

struct str json_str(const struct json *v, struct str fallback)
{
    return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? v->text : fallback;
}

int64_t json_i64(const struct json *v, int64_t fallback)
{
    int64_t n;
    return str_to_i64(json_str(v, STR_NONE), &n) ? n : fallback;
}

bool json_bool(const struct json *v, bool fallback)
{
    if (v && v->type == JSON_TRUE) return true;
    if (v && v->type == JSON_FALSE) return false;
    return fallback;
}
