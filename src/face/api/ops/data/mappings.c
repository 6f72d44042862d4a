/* ocsf classes, ocsf test: what the mapping files say, and whether they do what they say. */
#include "face/api/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api/installation.h"

/* ---- classes --------------------------------------------------------------------------------------------------------- */

struct class_list {
    struct json_writer *w;
    struct str table; /* p == NULL: all */
    bool found;
};

static void write_class(void *ctx, const struct ocsf_class *c)
{
    struct class_list *l = ctx;
    struct json_writer *w = l->w;
    char text[32];
    if (l->table.p && !str_eq_nocase(l->table, str_of(c->source))) return;
    l->found = true;
    json_object_begin(w);
    json_key(w, "table");
    json_write_cstr(w, c->source);
    json_key(w, "by");
    json_write_str(w, c->by);
    json_key(w, "word");
    json_write_str(w, c->word.n ? c->word : STR("(every row)"));
    json_key(w, "class_uid");
    json_write_u64(w, c->class_uid);
    json_key(w, "class_name");
    json_write_str(w, c->class_name);
    json_key(w, "activity_id");
    json_write_i64(w, c->activity_id);
    json_key(w, "activity_name");
    if (c->activity.p)
        json_write_str(w, c->activity);
    else
        json_write_cstr(w, "(the row's own word)");
    json_key(w, "class");
    (void)snprintf(text, sizeof text, "%u", c->class_uid);
    json_write_cstr(w, text);
    json_key(w, "conditional");
    json_write_bool(w, c->is_conditional);
    json_object_end(w);
}

bool op_ocsf_classes(struct op_call *c, struct err *e)
{
    struct ocsf *ocsf = NULL;
    struct class_list l = {.w = c->out, .table = op_text(c, "table")};
    if (!op_make_ocsf(c, &ocsf, e)) return false;
    bool ok = ocsf_compile_all(ocsf, e);
    json_object_begin(c->out);
    json_key(c->out, "classes");
    json_array_begin(c->out);
    if (ok) ocsf_classes(ocsf, write_class, &l);
    json_array_end(c->out);
    json_object_end(c->out);
    if (ok && l.table.p && !l.found)
        ok = err_set(e, &api_causes[API_BAD_PARAM], "ocsf classes: there is no mapping of \"%.*s\"", STR_ARG(l.table));
    ocsf_free(ocsf);
    return ok;
}

/* ---- test ------------------------------------------------------------------------------------------------------------ */

struct testing {
    const char *file;
    uint64_t files, examples, failed, empty;
    uint64_t of_file;
};

static void note_example(void *ctx, const struct ocsf_example *x)
{
    struct testing *t = ctx;
    t->examples++;
    t->of_file++;
    if (x->failure == NULL) return;
    t->failed++;
    printf("%s: example \"%s\" (OCSF %s, %s): %s\n", t->file, x->name, x->version, x->classes, x->failure);
}

static bool is_fragment(const struct ocsf_mapping_file *f)
{
    return strstr(f->name, "common/") != NULL;
}

static bool test_file(struct testing *t, const struct mapping_files *own, const struct ocsf_mapping_file *file,
                      struct err *e)
{
    struct ocsf_opts o = {.overrides = own->files, .override_count = own->count};
    if (is_fragment(file)) return true;
    t->file = file->name;
    t->of_file = 0;
    t->files++;
    bool ok = ocsf_examples(&o, file, note_example, t, e);
    if (ok && t->of_file == 0) printf("%s: no examples\n", file->name);
    return ok;
}

static bool test_named(const struct op_call *c, struct testing *t, const struct mapping_files *own,
                       const struct json *names, struct err *e)
{
    struct fs fs = fs_real();
    bool ok = true;
    for (size_t i = 0; ok && i < names->count; i++) {
        struct mapping_files one = {0};
        struct str name = json_str(&names->items[i], STR_NONE);
        const char *path = arena_copy(c->arena, name.p, name.n);
        ok = path && mapping_file_read(fs, path, &one, e) && test_file(t, own, &one.files[0], e);
        mapping_files_done(&one);
    }
    return ok;
}

/* Without a file: those of the folder, or, without that either, the built-in ones. */
static bool test_all(struct testing *t, const struct mapping_files *own, struct err *e)
{
    const struct ocsf_mapping_file *file;
    bool ok = true;
    for (size_t i = 0; ok && i < own->count; i++) ok = test_file(t, own, &own->files[i], e);
    for (size_t i = 0; ok && own->count == 0 && (file = ocsf_builtin(i)) != NULL; i++) ok = test_file(t, own, file, e);
    return ok;
}

bool op_ocsf_test(struct op_call *c, struct err *e)
{
    struct testing t = {0};
    struct mapping_files own = {0};
    const char *folder = op_cstr(c, "mappings");
    const struct json *names = json_get(c->params, "file");
    if (folder && !mapping_files_read(fs_real(), folder, &own, e)) return false;
    bool ok = names ? test_named(c, &t, &own, names, e) : test_all(&t, &own, e);
    mapping_files_done(&own);
    if (!ok) return false;
    printf("%llu examples in %llu files, %llu failed\n", (unsigned long long)t.examples, (unsigned long long)t.files,
           (unsigned long long)t.failed);
    (void)fflush(stdout);
    if (t.failed) c->exit_code = 1;
    return true;
}
