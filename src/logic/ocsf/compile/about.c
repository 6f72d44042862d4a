/* What a mapping file and its fragments say about columns that nothing writes: why they have no home, and which of their
 * words say nothing. */
#include "logic/ocsf/compile/compile.h"

struct about {
    struct compiler *c;
    struct plan *plan;
    struct ocsf_homeless *homeless;
    struct silence *silent;
};
typedef bool entry_of(struct about *a, const struct yaml *name, const struct yaml *value, const char *file);

static bool add_homeless(struct about *a, const struct yaml *name, const struct yaml *value, const char *file)
{
    struct place at = {file, name->line, name->column};
    if (name->type != YAML_SCALAR) return mapping_error(a->c->e, at, "columns wants the names of columns");
    if (value && (value->type != YAML_SCALAR || yaml_is_null(value)))
        return mapping_error(a->c->e, at, "columns: say why %.*s has no home", STR_ARG(name->text));
    char *column = arena_copy(a->c->a, name->text.p, name->text.n);
    const char *why = value ? arena_copy(a->c->a, value->text.p, value->text.n) : "";
    if (column == NULL || why == NULL) return compile_no_memory(a->c);
    a->homeless[a->plan->homeless_count++] = (struct ocsf_homeless){column, why};
    return true;
}

static bool add_silent(struct about *a, const struct yaml *name, const struct yaml *value, const char *file)
{
    struct place at = {file, name->line, name->column};
    if (name->type != YAML_SCALAR || value == NULL || value->type != YAML_LIST)
        return mapping_error(a->c->e, at, "silent wants a map of columns to lists of words");
    struct silence *s = &a->silent[a->plan->silent_count];
    struct str *words = arena_alloc(a->c->a, (value->count + 1) * sizeof *words);
    if (words == NULL) return compile_no_memory(a->c);
    *s = (struct silence){.slot = shape_slot(a->c, 0, name->text), .words = words};
    if (s->slot == NO_SLOT) return false;
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i].type != YAML_SCALAR) return mapping_error(a->c->e, at, "silent wants lists of words");
        words[s->count] = arena_str(a->c->a, value->items[i].text);
        if (words[s->count].p == NULL) return compile_no_memory(a->c);
        size_t raw = 2 + 6 * words[s->count++].n;
        if (raw > s->raw_max) s->raw_max = raw;
    }
    a->plan->silent_count++;
    return true;
}

static bool each_entry(struct about *a, const struct yaml *entries, const char *file, entry_of *entry)
{
    if (entries == NULL || yaml_is_null(entries)) return true;
    struct place at = {file, entries->line, entries->column};
    if (entries->type == YAML_SCALAR)
        return mapping_error(a->c->e, at, "columns wants a list, or a map of columns to reasons");
    for (size_t i = 0; i < entries->count; i++) {
        bool is_map = entries->type == YAML_MAP;
        const struct yaml *name = is_map ? &entries->keys[i] : &entries->items[i];
        if (!entry(a, name, is_map ? &entries->items[i] : NULL, file)) return false;
    }
    return true;
}

static bool take(struct about *a, const struct yaml *tree, const char *file)
{
    return each_entry(a, yaml_get(tree, "columns"), file, add_homeless) &&
           each_entry(a, yaml_get(tree, "silent"), file, add_silent);
}

static size_t entries_of(const struct yaml *tree, const char *key)
{
    const struct yaml *entries = yaml_get(tree, key);
    return entries ? entries->count : 0;
}

bool about_columns(struct compiler *c, const struct yaml *tree, const char *file, struct plan *plan)
{
    const struct expander *x = c->x;
    size_t homeless = entries_of(tree, "columns"), silent = entries_of(tree, "silent");
    for (size_t i = 0; i < x->fragment_count; i++) {
        homeless += entries_of(x->fragments[i].tree, "columns");
        silent += entries_of(x->fragments[i].tree, "silent");
    }
    struct about a = {.c = c, .plan = plan};
    a.homeless = arena_alloc(c->a, (homeless + 1) * sizeof *a.homeless);
    a.silent = arena_alloc(c->a, (silent + 1) * sizeof *a.silent);
    if (a.homeless == NULL || a.silent == NULL) return compile_no_memory(c);
    plan->homeless = a.homeless;
    plan->silent = a.silent;
    if (!take(&a, tree, file)) return false;
    for (size_t i = 0; i < x->fragment_count; i++) {
        const struct fragment *f = &x->fragments[i];
        if (f->is_used && !take(&a, f->tree, f->file)) return false;
    }
    return true;
}

size_t plan_homeless(const struct plan *p, const struct ocsf_homeless **out)
{
    *out = p->homeless;
    return p->homeless_count;
}
