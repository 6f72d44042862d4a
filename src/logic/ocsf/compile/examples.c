/* The examples in mapping files: a row, and what must (or must not) be in its event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logic/ocsf/compile/expand.h"

/* 2026-07-18 14:05:00 UTC, in ticks: when the rows of all examples came. */
#define EXAMPLE_RECEIVED INT64_C(17843835000000000)

struct running {
    const struct ocsf *o;
    const struct plan *plan;
    struct map_scratch *scratch;
    struct arena arena;
    char failure[600];
};

const struct ocsf_mapping_file *ocsf_builtin(size_t i)
{
    return i < ocsf_builtin_count ? &ocsf_builtin_files[i] : NULL;
}

static void fail(struct running *r, const char *what, struct str path, struct str detail)
{
    if (r->failure[0] == '\0')
        (void)snprintf(r->failure, sizeof r->failure, "%.*s: %s%.*s", STR_ARG(path), what, STR_ARG(detail));
}

/* "file.hashes[1].value": the name of one part and its index, or SIZE_MAX. */
static const struct json *follow(const struct json *v, struct str path)
{
    struct str name;
    bool is_list;
    while (v && path.n) {
        uint64_t index;
        size_t open = str_find(path, STR("["), 0), dot = path.p[0] == '"' ? SIZE_MAX : str_find(path, STR("."), 0);
        if (open != SIZE_MAX && open < dot) {
            size_t close = str_find(path, STR("]"), open);
            char key[128];
            if (close == SIZE_MAX || !str_copy(str_sub(path, 0, open), key, sizeof key)) return NULL;
            v = json_get(v, key);
            if (!str_to_u64(str_sub(path, open + 1, close - open - 1), &index)) return NULL;
            v = v && v->type == JSON_ARRAY && index < v->count ? &v->items[index] : NULL;
            path = str_sub(path, close + 2, path.n);
            continue;
        }
        char key[128];
        if (!path_next(&path, &name, &is_list) || !str_copy(name, key, sizeof key)) return NULL;
        v = json_get(v, key);
    }
    return v;
}

static struct str text_of(const struct json *v)
{
    return v->type == JSON_STRING ? v->text : v->raw;
}

static void compare(struct running *r, const struct json *event, const struct yaml *expected)
{
    for (size_t i = 0; expected->type == YAML_MAP && i < expected->count; i++) {
        struct str path = expected->keys[i].text;
        const struct yaml *want = &expected->items[i];
        const struct json *v = follow(event, path);
        if (yaml_is_null(want)) {
            if (v) fail(r, "must not be there, is ", path, text_of(v));
        } else if (v == NULL) {
            fail(r, "is missing, should be ", path, want->text);
        } else if (want->type != YAML_SCALAR || !str_eq(text_of(v), want->text)) {
            fail(r, "is ", path, text_of(v));
        }
    }
}

static void note_finding(void *ctx, const struct ocsf_finding *f)
{
    struct running *r = ctx;
    if (f->is_error) fail(r, "ocsf check: ", str_of(f->path), str_of(f->text));
}

/* The row of an example with `by`: the object with that column in front. */
static struct str row_with(struct running *r, struct str row, struct str column, struct str word)
{
    struct buf b = {0};
    row = str_trim(row);
    (void)buf_add_str(&b, STR("{\""));
    json_escape(&b, column);
    (void)buf_add_str(&b, STR("\":\""));
    json_escape(&b, word);
    (void)buf_add_str(&b, STR("\","));
    (void)buf_add_str(&b, str_sub(row, 1, row.n));
    struct str text = b.failed ? STR_NONE : arena_str(&r->arena, buf_str(&b));
    buf_done(&b);
    return text;
}

static void run_example(struct running *r, struct str row, const struct yaml *expected, const struct yaml *also)
{
    const struct map_event *events;
    size_t count;
    struct err e = {0};
    if (expected == NULL || !json_check(row, NULL) || json_type_of(str_trim(row)) != JSON_OBJECT) {
        fail(r, "an example has a row (JSON) and an event", STR("example"), STR(""));
        return;
    }
    struct map_input in = {
        .tenant_id = STR("4b8c18bd-2f9f-4227-af55-9f1061cf9c32"), .row = str_trim(row), .received = {EXAMPLE_RECEIVED}};
    if (!plan_map(r->plan, r->o, r->scratch, &in, &events, &count, &e)) {
        fail(r, e.text, STR("row"), STR(""));
        return;
    }
    const struct json *event = json_parse(&r->arena, events->json, &e);
    if (event == NULL) {
        fail(r, e.text, STR("event"), STR(""));
        return;
    }
    compare(r, event, expected);
    if (also) compare(r, event, also);
    (void)ocsf_check(r->o->schema->version, events->json, note_finding, r);
}

static bool is_for(const struct yaml *example, const char *key, const char *value, bool otherwise)
{
    const struct yaml *wanted = yaml_get(example, key);
    return wanted ? str_eq(wanted->text, str_of(value)) : otherwise;
}

/* `row` and `event`; or, with `by`, one row with each of the words in that column, what its event is in `events`, and what
 * all have in common in `event`. */
static void run_each(struct running *r, const struct yaml *example, struct ocsf_example about,
                     void (*each)(void *ctx, const struct ocsf_example *example), void *ctx)
{
    const struct yaml *name = yaml_get(example, "name"), *row = yaml_get(example, "row"), *by = yaml_get(example, "by"),
                      *event = yaml_get(example, "event"), *events = yaml_get(example, "events");
    struct str text = row && row->type == YAML_SCALAR ? row->text : STR("");
    bool is_table = by && by->type == YAML_SCALAR && events && events->type == YAML_MAP;
    for (size_t i = 0; i < (is_table ? events->count : 1); i++) {
        r->failure[0] = '\0';
        arena_reset(&r->arena);
        about.row = is_table ? row_with(r, text, by->text, events->keys[i].text) : text;
        if (is_table)
            run_example(r, about.row, &events->items[i], event);
        else
            run_example(r, text, event, NULL);
        struct str called = is_table ? events->keys[i].text : name ? name->text : STR("");
        char *copy = arena_copy(&r->arena, called.p ? called.p : "", called.n);
        about.name = copy ? copy : "";
        about.failure = r->failure[0] ? r->failure : NULL;
        each(ctx, &about);
    }
}

static void run_examples(struct running *r, const struct yaml *examples, struct ocsf_example about,
                         void (*each)(void *ctx, const struct ocsf_example *example), void *ctx)
{
    for (size_t i = 0; examples && examples->type == YAML_LIST && i < examples->count; i++) {
        const struct yaml *example = &examples->items[i];
        bool is_default = strcmp(about.classes, "mission") == 0;
        if (!is_for(example, "version", about.version, true) || !is_for(example, "classes", about.classes, is_default))
            continue;
        run_each(r, example, about, each, ctx);
    }
}

static bool run_target(const struct ocsf_opts *opts, const struct ocsf_mapping_file *file, const struct yaml *tree,
                       struct ocsf_example about, void (*each)(void *ctx, const struct ocsf_example *example),
                       void *ctx, struct err *e)
{
    struct ocsf *o;
    struct running r = {0};
    struct ocsf_opts with = opts ? *opts : (struct ocsf_opts){0};
    struct ocsf_mapping_file *files = calloc(with.override_count + 1, sizeof *files);
    if (files == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "running examples");
    for (size_t i = 0; i < with.override_count; i++) files[i] = with.overrides[i];
    files[with.override_count++] = *file;
    with.overrides = files;
    with.version = about.version;
    with.classes = about.classes;
    bool ok = ocsf_new(&with, &o, e);
    if (ok) {
        const struct yaml *source = yaml_get(tree, "source");
        r.o = o;
        r.plan = ocsf_plan(o, source->text);
        r.scratch = map_scratch_new();
        arena_init(&r.arena, (size_t)64 << 20);
        if (r.scratch)
            run_examples(&r, yaml_get(tree, "examples"), about, each, ctx);
        else
            ok = err_set(e, &base_causes[BASE_NO_MEMORY], "running examples");
        arena_done(&r.arena);
        map_scratch_free(r.scratch);
        ocsf_free(o);
    }
    free(files);
    return ok;
}

bool ocsf_examples(const struct ocsf_opts *opts, const struct ocsf_mapping_file *file,
                   void (*each)(void *ctx, const struct ocsf_example *example), void *ctx, struct err *e)
{
    static const char *const versions[] = {"1.8.0", "1.3.0"}, *const sets[] = {"mission", "best-fit"};
    struct arena a;
    arena_init(&a, (size_t)64 << 20);
    const struct yaml *tree = yaml_parse(&a, file->bytes, file->name, e);
    bool ok = tree != NULL;
    for (size_t i = 0; ok && i < 4; i++) {
        struct ocsf_example about = {.version = versions[i / 2], .classes = sets[i % 2]};
        ok = run_target(opts, file, tree, about, each, ctx, e);
    }
    arena_done(&a);
    return ok;
}
