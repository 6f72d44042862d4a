#include "logic/ocsf/compile/expand.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EXPAND_DEPTH_MAX = 40 };

bool mapping_error(struct err *e, struct place at, const char *fmt, ...)
{
    char what[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(e, &ocsf_causes[OCSF_BAD_MAPPING], "%s:%u:%u: %s", at.file ? at.file : "?", at.line, at.column,
                   what);
}

static bool no_memory(struct expander *x)
{
    return err_set(x->e, &base_causes[BASE_NO_MEMORY], "compiling the mappings");
}

static struct place place_of(const struct yaml *y, const char *file)
{
    return (struct place){file, y->line, y->column};
}

/* ---- trees --------------------------------------------------------------------------------------------------------- */
const struct node *node_get(const struct node *map, const char *key)
{
    for (size_t i = 0; map && map->type == YAML_MAP && i < map->count; i++) {
        if (str_eq(map->keys[i], str_of(key))) return &map->items[i];
    }
    return NULL;
}

bool node_is_null(const struct node *n)
{
    return n->type == YAML_SCALAR && !n->is_quoted &&
           (n->text.n == 0 || str_eq(n->text, STR("~")) || str_eq(n->text, STR("null")));
}

static bool make_room(struct expander *x, struct node *map, size_t count)
{
    map->items = arena_alloc(x->a, (count + 1) * sizeof *map->items);
    map->keys = arena_alloc(x->a, (count + 1) * sizeof *map->keys);
    return (map->items && map->keys) || no_memory(x);
}

/* These say what a map is; two that differ in them cannot be mixed member by member. */
static bool is_whole(const struct node *n)
{
    return node_get(n, "$from") || node_get(n, "$join") || node_get(n, "$first");
}

/* Nothing but instructions beside it, $each for one: they join what is whole instead of replacing it. */
static bool only_steers(const struct node *n)
{
    for (size_t i = 0; i < n->count; i++) {
        if (!str_starts(n->keys[i], STR("$"))) return false;
    }
    return !is_whole(n);
}

bool node_merge(struct expander *x, const struct node *under, const struct node *over, struct node *out)
{
    bool replaces = under->type != YAML_MAP || over->type != YAML_MAP || is_whole(over);
    if (replaces || (is_whole(under) && !only_steers(over))) {
        *out = *over;
        return true;
    }
    struct node merged = *over;
    if (!make_room(x, &merged, under->count + over->count)) return false;
    memcpy(merged.items, under->items, under->count * sizeof *under->items);
    memcpy(merged.keys, under->keys, under->count * sizeof *under->keys);
    merged.count = under->count;
    for (size_t i = 0; i < over->count; i++) {
        size_t j = 0;
        while (j < merged.count && !str_eq(merged.keys[j], over->keys[i])) j++;
        if (j == merged.count) {
            merged.keys[merged.count] = over->keys[i];
            merged.items[merged.count++] = over->items[i];
        } else if (!node_merge(x, &merged.items[j], &over->items[i], &merged.items[j])) {
            return false;
        }
    }
    *out = merged;
    return true;
}

bool node_copy(struct arena *a, struct node *n)
{
    struct node *items = arena_alloc(a, (n->count + 1) * sizeof *items);
    struct str *keys = n->type == YAML_MAP ? arena_alloc(a, (n->count + 1) * sizeof *keys) : NULL;
    if (items == NULL || (n->type == YAML_MAP && keys == NULL)) return false;
    for (size_t i = 0; i < n->count; i++) {
        items[i] = n->items[i];
        if (keys) keys[i] = n->keys[i];
        if (items[i].type != YAML_SCALAR && !node_copy(a, &items[i])) return false;
    }
    n->items = items;
    n->keys = keys;
    return true;
}

/* ---- fragments ------------------------------------------------------------------------------------------------------ */
const struct ocsf_mapping_file *mapping_file(const struct ocsf_opts *o, struct str name)
{
    for (size_t i = 0; o && i < o->override_count; i++) {
        struct str file = str_of(o->overrides[i].name);
        bool at_end = str_ends(file, name) && (file.n == name.n || file.p[file.n - name.n - 1] == '/');
        if (at_end) return &o->overrides[i];
    }
    for (size_t i = 0; i < ocsf_builtin_count; i++) {
        if (str_eq(str_of(ocsf_builtin_files[i].name), name)) return &ocsf_builtin_files[i];
    }
    return NULL;
}

struct fragment *fragment_load(struct expander *x, struct str name, struct place at)
{
    char file_name[128];
    for (size_t i = 0; i < x->fragment_count; i++) {
        if (str_eq(x->fragments[i].name, name)) return &x->fragments[i];
    }
    (void)snprintf(file_name, sizeof file_name, "common/%.*s.yaml", STR_ARG(name));
    const struct ocsf_mapping_file *file = mapping_file(x->opts, str_of(file_name));
    if (file == NULL || x->fragment_count == sizeof x->fragments / sizeof *x->fragments) {
        (void)mapping_error(x->e, at, "there is no fragment %s", file_name);
        return NULL;
    }
    const struct yaml *tree = yaml_parse(x->a, file->bytes, file->name, x->e);
    if (tree == NULL) {
        x->e->cause = &ocsf_causes[OCSF_BAD_MAPPING];
        return NULL;
    }
    struct fragment *f = &x->fragments[x->fragment_count++];
    *f = (struct fragment){.file = file->name, .name = name, .tree = tree};
    return f;
}

static bool expand_at(struct expander *x, const struct yaml *y, const char *file, unsigned depth, struct node *out);

static bool use_fragment(struct expander *x, const struct yaml *name, const char *file, unsigned depth,
                         struct node *into)
{
    struct place at = place_of(name, file);
    if (name->type != YAML_SCALAR) return mapping_error(x->e, at, "$use wants the name of a fragment");
    struct fragment *f = fragment_load(x, name->text, at);
    if (f == NULL) return false;
    const struct yaml *attributes = yaml_get(f->tree, "attributes");
    if (f->is_open) return mapping_error(x->e, at, "fragment %.*s uses itself", STR_ARG(name->text));
    f->is_used = true;
    if (attributes == NULL) return true;
    struct node tree;
    f->is_open = true;
    bool ok = expand_at(x, attributes, f->file, depth + 1, &tree) && node_merge(x, into, &tree, into);
    f->is_open = false;
    return ok;
}

/* ---- blocks: $since V, $before V, $mission, $best-fit ------------------------------------------------------------------ */
static uint64_t version_number(struct str text)
{
    uint64_t number = 0, part;
    for (int i = 0; i < 3; i++) number = number * 1000 + (str_to_u64(str_cut(&text, '.'), &part) ? part : 0);
    return number;
}

enum version_block { NO_BLOCK, BLOCK_HOLDS, BLOCK_FAILS };

static enum version_block block_of(const struct expander *x, struct str key)
{
    struct str version = key;
    struct str word = str_cut(&version, ' ');
    uint64_t target = version_number(str_of(x->schema->version));
    bool holds;
    if (str_eq(word, STR("$since"))) {
        holds = target >= version_number(version);
    } else if (str_eq(word, STR("$before"))) {
        holds = target < version_number(version);
    } else if (str_eq(word, STR("$best-fit"))) {
        holds = x->is_best_fit;
    } else if (str_eq(word, STR("$mission"))) {
        holds = !x->is_best_fit;
    } else {
        return NO_BLOCK;
    }
    return holds ? BLOCK_HOLDS : BLOCK_FAILS;
}

/* ---- expansion ------------------------------------------------------------------------------------------------------------ */
static bool expand_uses(struct expander *x, const struct yaml *map, const char *file, unsigned depth, struct node *out)
{
    const struct yaml *use = yaml_get(map, "$use");
    if (use == NULL) return true;
    if (use->type != YAML_LIST) return use_fragment(x, use, file, depth, out);
    for (size_t i = 0; i < use->count; i++) {
        if (!use_fragment(x, &use->items[i], file, depth, out)) return false;
    }
    return true;
}

static bool is_instruction(struct str key)
{
    static const char *const known[] = {"$when", "$each", "$in", "$first", "$always", "$from", "$join", "$with"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (str_eq(key, str_of(known[i]))) return true;
    }
    return false;
}

/* The members that stand here. */
static bool expand_members(struct expander *x, const struct yaml *map, const char *file, unsigned depth,
                           struct node *out)
{
    if (!make_room(x, out, map->count)) return false;
    for (size_t i = 0; i < map->count; i++) {
        struct str key = map->keys[i].text;
        struct node *value = &out->items[out->count];
        if (str_eq(key, STR("$use")) || block_of(x, key) != NO_BLOCK) continue;
        if (str_starts(key, STR("$")) && !is_instruction(key))
            return mapping_error(x->e, place_of(&map->keys[i], file), "unknown instruction %.*s", STR_ARG(key));
        if (!expand_at(x, &map->items[i], file, depth + 1, value)) return false;
        value->key_at = place_of(&map->keys[i], file);
        out->keys[out->count++] = key;
    }
    return true;
}

/* Those of the blocks that hold, merged over what `out` has. */
static bool expand_blocks(struct expander *x, const struct yaml *map, const char *file, unsigned depth,
                          struct node *out)
{
    for (size_t i = 0; i < map->count; i++) {
        struct node value;
        if (block_of(x, map->keys[i].text) != BLOCK_HOLDS) continue;
        if (!expand_at(x, &map->items[i], file, depth + 1, &value) || !node_merge(x, out, &value, out)) return false;
    }
    return true;
}

static bool expand_list(struct expander *x, const struct yaml *y, const char *file, unsigned depth, struct node *out)
{
    out->items = arena_alloc(x->a, (y->count + 1) * sizeof *out->items);
    if (out->items == NULL) return no_memory(x);
    for (size_t i = 0; i < y->count; i++) {
        if (!expand_at(x, &y->items[i], file, depth + 1, &out->items[i])) return false;
        out->items[i].key_at = out->items[i].at;
    }
    out->count = y->count;
    return true;
}

static bool expand_at(struct expander *x, const struct yaml *y, const char *file, unsigned depth, struct node *out)
{
    struct node n = {.type = y->type, .text = y->text, .is_quoted = y->is_quoted, .at = place_of(y, file)};
    n.key_at = n.at;
    if (depth > EXPAND_DEPTH_MAX) return mapping_error(x->e, n.at, "nested too deep");
    if (y->type == YAML_LIST && !expand_list(x, y, file, depth, &n)) return false;
    if (y->type == YAML_MAP) {
        struct node here = n;
        bool ok = make_room(x, &n, 0) && expand_uses(x, y, file, depth, &n) &&
                  expand_members(x, y, file, depth, &here) && (n.count == 0 || node_merge(x, &n, &here, &here)) &&
                  expand_blocks(x, y, file, depth, &here);
        if (!ok) return false;
        n = here;
        n.at = place_of(y, file);
    }
    *out = n;
    return true;
}

bool expand(struct expander *x, const struct yaml *y, const char *file, struct node *out)
{
    return expand_at(x, y, file, 0, out);
}
