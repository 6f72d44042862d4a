#include "logic/ocsf/check/check_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TREE_BYTES_MAX = 256 << 20 }; /* of one event of at most a few MiB */

/* ---- where we are ------------------------------------------------------------------------------------------------- */
static void append(struct check *c, const char *p, size_t n)
{
    size_t room = sizeof c->path - 1 - c->path_bytes;
    n = n < room ? n : room;
    if (n > 0) memcpy(c->path + c->path_bytes, p, n);
    c->path_bytes += n;
    c->path[c->path_bytes] = '\0';
}

size_t check_enter(struct check *c, struct str name)
{
    size_t mark = c->path_bytes;
    if (mark > 0) append(c, ".", 1);
    append(c, name.p, name.n);
    return mark;
}

size_t check_enter_index(struct check *c, size_t index)
{
    char text[32];
    size_t mark = c->path_bytes;
    append(c, text, (size_t)snprintf(text, sizeof text, "[%zu]", index));
    return mark;
}

void check_leave(struct check *c, size_t mark)
{
    c->path_bytes = mark;
    c->path[mark] = '\0';
}

/* ---- what was found --------------------------------------------------------------------------------------------------- */
__attribute__((format(printf, 4, 0))) static void report(struct check *c, bool is_error, const char *rule,
                                                         const char *fmt, va_list args)
{
    char text[400];
    vsnprintf(text, sizeof text, fmt, args);
    c->errors += is_error;
    if (c->each != NULL) c->each(c->ctx, &(struct ocsf_finding){is_error, rule, c->path, text});
}

void check_error(struct check *c, const char *rule, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(c, true, rule, fmt, args);
    va_end(args);
}

void check_warning(struct check *c, const char *rule, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(c, false, rule, fmt, args);
    va_end(args);
}

/* ---- what the class as a whole must obey ------------------------------------------------------------------------------ */
static bool find_class(struct check *c)
{
    int64_t uid;
    const struct json *value = json_get(c->event, "class_uid");
    size_t mark = check_enter(c, STR("class_uid"));
    if (value == NULL || value->type == JSON_NULL)
        check_error(c, "required", "is missing; nothing else can be checked without it");
    else if (!check_is_integer(value, &uid) || uid < INT32_MIN || uid > INT32_MAX)
        check_error(c, "type", "must be an integer; nothing else can be checked without it");
    else if ((c->class = schema_class(c->schema, uid)) == NULL)
        check_error(c, "enum", "OCSF %s has no class %lld", c->schema->version, (long long)uid);
    check_leave(c, mark);
    return c->class != NULL;
}

static void find_profiles(struct check *c)
{
    const struct json *profiles = json_path(c->event, "metadata.profiles");
    if (profiles == NULL || profiles->type != JSON_ARRAY) return; /* a wrong type is told by the walk */
    size_t mark = check_enter(c, STR("metadata.profiles"));
    for (size_t i = 0; i < profiles->count; i++) {
        if (profiles->items[i].type != JSON_STRING) continue;
        uint16_t bit = schema_profile(c->schema, profiles->items[i].text);
        size_t inner = check_enter_index(c, i);
        if (bit == 0)
            check_error(c, "profile", "OCSF %s has no profile \"%.*s\"", c->schema->version,
                        STR_ARG(profiles->items[i].text));
        c->active |= bit;
        check_leave(c, inner);
    }
    check_leave(c, mark);
}

static void check_type_uid(struct check *c)
{
    int64_t activity, type;
    if (!check_is_integer(json_get(c->event, "activity_id"), &activity) ||
        !check_is_integer(json_get(c->event, "type_uid"), &type))
        return;
    int64_t wanted;
    if (!__builtin_add_overflow((int64_t)c->class->uid * 100, activity, &wanted) && wanted == type) return;
    size_t mark = check_enter(c, STR("type_uid"));
    check_error(c, "type_uid", "is %lld, but class_uid * 100 + activity_id is another number", (long long)type);
    check_leave(c, mark);
}

/* "1.8.0" to three numbers; what follows them (a pre-release) stays in `rest`. */
static bool parse_version(struct str text, uint64_t parts[3], struct str *rest)
{
    for (int i = 0; i < 3; i++) {
        size_t n = 0;
        while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9') n++;
        if (!str_to_u64(str_sub(text, 0, n), &parts[i]) || (i < 2 && (n >= text.n || text.p[n] != '.'))) return false;
        text = str_sub(text, i < 2 ? n + 1 : n, text.n);
    }
    *rest = text;
    return text.n == 0 || text.p[0] == '-';
}

static int version_cmp(const uint64_t a[3], const uint64_t b[3])
{
    for (int i = 0; i < 3; i++) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

static void check_version(struct check *c)
{
    const struct json *version = json_path(c->event, "metadata.version");
    if (version == NULL || version->type != JSON_STRING) return;
    uint64_t is[3], wanted[3];
    struct str rest;
    size_t mark = check_enter(c, STR("metadata.version"));
    parse_version(str_of(c->schema->version), wanted, &rest);
    if (!parse_version(version->text, is, &rest))
        check_error(c, "version", "\"%.*s\" is not a version", STR_ARG(version->text));
    else if (rest.n > 0 || version_cmp(is, wanted) > 0)
        check_error(c, "version", "\"%.*s\" is later than %s or a pre-release", STR_ARG(version->text),
                    c->schema->version);
    else if (version_cmp(is, wanted) < 0)
        check_warning(c, "version", "\"%.*s\" is earlier than %s", STR_ARG(version->text), c->schema->version);
    check_leave(c, mark);
}

static void check_event(struct check *c)
{
    if (c->event->type != JSON_OBJECT) {
        check_error(c, "type", "an event must be an object");
        return;
    }
    if (!find_class(c)) return;
    find_profiles(c);
    check_item(c, c->class, c->event);
    check_version(c);
    check_type_uid(c);
    check_observables(c);
}

size_t ocsf_check(const char *version, struct str event, void (*each)(void *ctx, const struct ocsf_finding *f),
                  void *ctx)
{
    struct check c = {.schema = schema_of(version), .each = each, .ctx = ctx};
    struct arena arena;
    struct err e = {0};
    if (c.schema == NULL) {
        check_error(&c, "version", "OCSF %s is none of the versions we know", version);
        return c.errors;
    }
    arena_init(&arena, TREE_BYTES_MAX);
    c.event = json_parse(&arena, event, &e);
    if (c.event == NULL)
        check_error(&c, "json", "%s", e.text);
    else
        check_event(&c);
    arena_done(&arena);
    return c.errors;
}
