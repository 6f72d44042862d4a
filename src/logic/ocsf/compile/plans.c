/* All mapping files: which there are, and each compiled when its rows first come. A service of one table thus pays for one, and a
 * command that maps a file does not wait for sixty. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "logic/ocsf/compile/compile.h"

enum { PLAN_BYTES_MAX = 64 << 20 };

struct plan_made {
    struct arena arena;
    struct plan plan;
};
struct plan_entry {
    const char *source;
    const struct ocsf_mapping_file *file;
    _Atomic(struct plan_made *) made;    /* NULL: nobody asked for it yet */
    _Atomic(struct plan_made *) columns; /* likewise */
};
typedef bool compile_function(struct arena *a, struct expander *x, const struct ocsf_mapping_file *file,
                              struct plan *out);

/* ---- one ------------------------------------------------------------------------------------------------------------- */
static void made_free(struct plan_made *m)
{
    if (m == NULL) return;
    arena_done(&m->arena);
    free(m);
}

static struct plan_made *made_new(const struct ocsf *o, const struct ocsf_mapping_file *file, compile_function *compile,
                                  struct err *e)
{
    struct plan_made *m = calloc(1, sizeof *m);
    if (m == NULL) {
        (void)err_set(e, &base_causes[BASE_NO_MEMORY], "compiling %s", file->name);
        return NULL;
    }
    struct arena trees; /* what the text says: gone when the plan is made */
    arena_init(&m->arena, PLAN_BYTES_MAX);
    arena_init(&trees, PLAN_BYTES_MAX);
    struct expander x = {.a = &trees, .e = e, .opts = &o->opts, .schema = o->schema, .is_best_fit = o->is_best_fit};
    bool ok = compile(&m->arena, &x, file, &m->plan);
    arena_done(&trees);
    if (ok) return m;
    made_free(m);
    return NULL;
}

/* Two threads may ask at once: one plan is kept, and both get that. NULL: it cannot be compiled. */
static const struct plan *kept_plan(const struct ocsf *o, const struct ocsf_mapping_file *file,
                                    compile_function *compile, _Atomic(struct plan_made *) *kept, struct err *e)
{
    struct plan_made *made = atomic_load_explicit(kept, memory_order_acquire), *mine;
    if (made) return &made->plan;
    mine = made_new(o, file, compile, e);
    if (mine == NULL) return NULL;
    if (atomic_compare_exchange_strong(kept, &made, mine)) return &mine->plan;
    made_free(mine);
    return &made->plan;
}

static const struct plan *entry_plan(const struct ocsf *o, struct plan_entry *entry, struct err *e)
{
    return kept_plan(o, entry->file, compile_plan, &entry->made, e);
}

/* A built-in one: they are all compiled in tests. */
static const struct plan *sure(const struct plan *plan, const struct err *e)
{
    if (plan == NULL) invariant_broken(e->text, __FILE__, __LINE__);
    return plan;
}

const struct plan *ocsf_plan_at(const struct ocsf *o, size_t i)
{
    struct err e;
    return sure(entry_plan(o, &o->entries[i], &e), &e);
}

const struct plan *ocsf_columns_at(const struct ocsf *o, size_t i)
{
    struct err e;
    struct plan_entry *entry = &o->entries[i];
    struct plan_made *made = atomic_load_explicit(&entry->made, memory_order_acquire);
    return made ? &made->plan : sure(kept_plan(o, entry->file, compile_columns, &entry->columns, &e), &e);
}

/* ---- all ------------------------------------------------------------------------------------------------------------- */
static bool is_fragment(const struct ocsf_mapping_file *f)
{
    return strstr(f->name, "common/") != NULL;
}

static int entry_cmp(const void *a, const void *b)
{
    return strcasecmp(((const struct plan_entry *)a)->source, ((const struct plan_entry *)b)->source);
}

/* What a built-in file says behind `source:`, without reading all of it; the plan says the same (a test sees to it). */
static const char *source_of(struct ocsf *o, const struct ocsf_mapping_file *file)
{
    for (struct str rest = file->bytes; rest.n;) {
        struct str line = str_cut(&rest, '\n'), key = STR("source:");
        if (!str_starts(line, key)) continue;
        struct str source = str_trim(str_sub(line, key.n, line.n));
        size_t end = str_find(source, STR(" "), 0);
        return arena_copy(&o->arena, source.p, end == SIZE_MAX ? source.n : end);
    }
    return NULL;
}

static void put_entry(struct ocsf *o, struct plan_entry entry)
{
    size_t i = 0;
    while (i < o->entry_count && strcasecmp(o->entries[i].source, entry.source) != 0) i++;
    if (i == o->entry_count)
        o->entry_count++;
    else
        made_free(o->entries[i].made);
    o->entries[i] = entry;
}

static bool add_builtins(struct ocsf *o, struct err *e)
{
    for (size_t i = 0; i < ocsf_builtin_count; i++) {
        const struct ocsf_mapping_file *file = &ocsf_builtin_files[i];
        if (is_fragment(file)) continue;
        const char *source = source_of(o, file);
        if (source == NULL) return err_set(e, &ocsf_causes[OCSF_BAD_MAPPING], "%s: source is missing", file->name);
        put_entry(o, (struct plan_entry){.source = source, .file = file});
    }
    return true;
}

static bool add_overrides(struct ocsf *o, struct err *e)
{
    bool has_fragments = false;
    for (size_t i = 0; i < o->opts.override_count; i++) {
        const struct ocsf_mapping_file *file = &o->opts.overrides[i];
        has_fragments |= is_fragment(file);
        if (is_fragment(file)) continue;
        struct plan_made *made = made_new(o, file, compile_plan, e);
        if (made == NULL) return false;
        put_entry(o, (struct plan_entry){.source = made->plan.source, .file = file, .made = made});
    }
    return !has_fragments || ocsf_compile_all(o, e);
}

bool ocsf_compile_all(const struct ocsf *o, struct err *e)
{
    for (size_t i = 0; i < o->entry_count; i++) {
        const struct plan *plan = entry_plan(o, &o->entries[i], e);
        if (plan == NULL) return false;
        INVARIANT(strcmp(plan->source, o->entries[i].source) == 0);
    }
    return true;
}

/* The files stay the caller's: they are needed until the last plan is compiled. */
static bool copy_opts(struct ocsf *o, const struct ocsf_opts *from)
{
    struct ocsf_mapping_file *files = arena_alloc(&o->arena, (from->override_count + 1) * sizeof *files);
    o->opts = *from;
    o->opts.version = o->opts.classes = NULL; /* said by schema and is_best_fit */
    o->opts.overrides = files;
    for (size_t i = 0; files && i < from->override_count; i++) {
        const struct ocsf_mapping_file *file = &from->overrides[i];
        files[i].name = arena_copy(&o->arena, file->name, strlen(file->name));
        files[i].bytes = arena_str(&o->arena, file->bytes);
        if (files[i].name == NULL || files[i].bytes.p == NULL) return false;
    }
    o->entries = arena_alloc(&o->arena, (ocsf_builtin_count + from->override_count) * sizeof *o->entries);
    return files && o->entries;
}

static bool fill(struct ocsf *o, const struct ocsf_opts *opts, struct err *e)
{
    arena_init(&o->arena, (size_t)256 << 20);
    if (!copy_opts(o, opts)) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the mappings");
    if (!add_builtins(o, e) || !add_overrides(o, e)) return false;
    qsort(o->entries, o->entry_count, sizeof *o->entries, entry_cmp);
    o->base = ocsf_plan(o, STR("base"));
    INVARIANT(o->base != NULL);
    return true;
}

bool ocsf_new(const struct ocsf_opts *opts, struct ocsf **out, struct err *e)
{
    static const struct ocsf_opts defaults;
    const struct ocsf_opts *o = opts ? opts : &defaults;
    bool is_best_fit = o->classes && strcmp(o->classes, "best-fit") == 0;
    const struct schema *schema = schema_of(o->version);
    if (schema == NULL) return err_set(e, &ocsf_causes[OCSF_NO_VERSION], "OCSF version %s", o->version);
    if (o->classes && !is_best_fit && strcmp(o->classes, "mission") != 0)
        return err_set(e, &ocsf_causes[OCSF_NO_VERSION], "class set %s", o->classes);
    struct ocsf *made = calloc(1, sizeof *made);
    if (made == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the mappings");
    atomic_init(&made->references, 1);
    made->schema = schema;
    made->is_best_fit = is_best_fit;
    made->raw_data = o->raw_data;
    made->observables_max = o->observables_max < OBSERVABLES_MAX ? o->observables_max : OBSERVABLES_MAX;
    if (!fill(made, o, e)) {
        ocsf_free(made);
        return false;
    }
    *out = made;
    return true;
}

const struct ocsf *ocsf_ref(const struct ocsf *o)
{
    (void)atomic_fetch_add(&((struct ocsf *)(uintptr_t)o)->references, 1);
    return o;
}

void ocsf_free(const struct ocsf *shared)
{
    struct ocsf *o = (struct ocsf *)(uintptr_t)shared;
    if (o == NULL || atomic_fetch_sub(&o->references, 1) > 1) return;
    for (size_t i = 0; i < o->entry_count; i++) {
        made_free(o->entries[i].made);
        made_free(o->entries[i].columns);
    }
    arena_done(&o->arena);
    free(o);
}

const struct plan *ocsf_plan(const struct ocsf *o, struct str source)
{
    for (size_t low = 0, high = o->entry_count; low < high;) {
        size_t middle = (low + high) / 2;
        struct str name = str_of(o->entries[middle].source);
        if (str_eq_nocase(source, name)) return ocsf_plan_at(o, middle);
        int order = strncasecmp(source.p ? source.p : "", name.p, source.n < name.n ? source.n : name.n);
        if (order > 0 || (order == 0 && source.n > name.n))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct plan *ocsf_plan_base(const struct ocsf *o)
{
    return o->base;
}

const char *plan_source(const struct plan *p)
{
    return p->source;
}
