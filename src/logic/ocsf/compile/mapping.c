/* One mapping file to one plan. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "logic/ocsf/compile/compile.h"

const struct cause ocsf_causes[OCSF_CAUSE_COUNT] = {
    [OCSF_BAD_MAPPING] = {"ocsf.bad_mapping", ERR_INPUT, "a mapping file is wrong",
                          "Correct the file at the line and column named; docs/mapping.md describes the language."},
    [OCSF_NO_VERSION] = {"ocsf.no_version", ERR_INPUT, "this OCSF version or class set is not known",
                         "Choose version 1.8.0 or 1.3.0, and classes mission or best-fit."},
    [OCSF_ROW_TOO_LARGE] = {"ocsf.row_too_large", ERR_LIMIT, "the event of a row is over the output bound",
                            "Look at the row named; an event may have at most 16 MiB."},
};

struct build { /* one file in progress */
    struct compiler c;
    struct plan *plan;
    const struct yaml *tree;
    struct arena row; /* trees of one row of choose */
    const char *file;
    struct node event, events;
    int64_t class_uid;    /* of the file; -1: none */
    const char **columns; /* heap: known columns, lower case, may repeat */
    size_t column_count, column_cap;
    bool failed;
};

static struct place place_at(const struct build *b, const struct yaml *y)
{
    return (struct place){b->file, y->line, y->column};
}

static bool check_keys(struct build *b)
{
    static const char *const known[] = {"source", "identity", "cursor",   "requires", "profiles",   "columns",
                                        "silent", "keep",     "drop",     "class",    "choose",     "event",
                                        "events", "tables",   "examples", "uid",      "observables"};
    for (size_t i = 0; i < b->tree->count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < sizeof known / sizeof *known; j++)
            is_known = is_known || str_eq(b->tree->keys[i].text, str_of(known[j]));
        if (!is_known)
            return mapping_error(b->c.e, place_at(b, &b->tree->keys[i]), "unknown key %.*s",
                                 STR_ARG(b->tree->keys[i].text));
    }
    return true;
}

/* A key that must be a list of words, or absent. */
static bool word_list(struct build *b, const struct yaml *tree, const char *file, const char *key,
                      const struct yaml **out)
{
    const struct yaml *list = yaml_get(tree, key);
    *out = NULL;
    if (list == NULL || yaml_is_null(list)) return true;
    struct place at = {file, list->line, list->column};
    if (list->type != YAML_LIST) return mapping_error(b->c.e, at, "%s wants a list", key);
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].type != YAML_SCALAR) return mapping_error(b->c.e, at, "%s wants a list of words", key);
    }
    *out = list;
    return true;
}

static bool take_profiles(struct build *b, const struct yaml *tree, const char *file)
{
    const struct yaml *list;
    if (!word_list(b, tree, file, "profiles", &list)) return false;
    for (size_t i = 0; list && i < list->count; i++) {
        uint16_t bit = schema_profile(b->c.schema, list->items[i].text);
        bool is_newer =
            bit == 0 && schema_profile(&schema_1_8_0, list->items[i].text) != 0; /* its attributes stand in $since */
        if (bit == 0 && !is_newer)
            return mapping_error(b->c.e, (struct place){file, list->items[i].line, list->items[i].column},
                                 "unknown profile");
        b->c.declared |= bit;
    }
    return true;
}

static bool take_tables(struct build *b, const struct yaml *tree, const char *file)
{
    const struct yaml *tables = yaml_get(tree, "tables");
    struct node n;
    if (tables == NULL) return true;
    if (!expand(b->c.x, tables, file, &n)) return false;
    if (n.type != YAML_MAP || b->c.table_count == sizeof b->c.tables / sizeof *b->c.tables)
        return mapping_error(b->c.e, n.at, "tables wants a map of tables");
    b->c.tables[b->c.table_count++] = n;
    return true;
}

static void note_column(void *ctx, struct str name)
{
    struct build *b = ctx;
    if (b->column_count == b->column_cap) {
        size_t cap = b->column_cap ? 2 * b->column_cap : 256;
        const char **more = realloc(b->columns, cap * sizeof *more);
        b->failed = b->failed || more == NULL;
        if (more == NULL) return;
        b->columns = more;
        b->column_cap = cap;
    }
    char *copy = arena_copy(b->c.x->a, name.p, name.n);
    b->failed = b->failed || copy == NULL;
    for (size_t i = 0; copy && i < name.n; i++)
        copy[i] = (char)(copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + 32 : copy[i]);
    if (copy) b->columns[b->column_count++] = copy;
}

static int text_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every column the file knows, sorted, once: they get the first slots of the row. */
static bool take_columns(struct build *b)
{
    if (!columns_named(b->c.x, b->tree, b->file, note_column, b)) return false;
    if (b->failed) return compile_no_memory(&b->c);
    if (b->columns) qsort(b->columns, b->column_count, sizeof *b->columns, text_cmp);
    INVARIANT(b->columns != NULL || b->column_count == 0);
    size_t n = 0;
    for (size_t i = 0; i < b->column_count; i++) {
        if (n == 0 || strcmp(b->columns[n - 1], b->columns[i]) != 0) b->columns[n++] = b->columns[i];
    }
    b->column_count = n;
    for (size_t i = 0; i < n; i++) {
        if (shape_slot(&b->c, 0, str_of(b->columns[i])) == NO_SLOT) return false;
    }
    return true;
}

/* After the columns have been scanned every fragment is loaded: what they bring besides attributes. */
static bool take_fragments(struct build *b)
{
    for (size_t i = 0; i < b->c.x->fragment_count; i++) {
        const struct fragment *f = &b->c.x->fragments[i];
        if (f->is_used && (!take_profiles(b, f->tree, f->file) || !take_tables(b, f->tree, f->file))) return false;
    }
    return true;
}

/* ---- the row's own facts ------------------------------------------------------------------------------------------------ */
static bool slots_of(struct build *b, const struct yaml *list, const uint16_t **out, size_t *count)
{
    uint16_t *slots = arena_alloc(b->c.a, ((list ? list->count : 0) + 1) * sizeof *slots);
    if (slots == NULL) return compile_no_memory(&b->c);
    for (size_t i = 0; list && i < list->count; i++) {
        slots[i] = shape_slot(&b->c, 0, list->items[i].text);
        if (slots[i] == NO_SLOT) return false;
    }
    *out = slots;
    *count = list ? list->count : 0;
    return true;
}

static bool take_slot_lists(struct build *b)
{
    const struct yaml *requires, *keep, *drop;
    return word_list(b, b->tree, b->file, "requires", &requires) && word_list(b, b->tree, b->file, "keep", &keep) &&
           word_list(b, b->tree, b->file, "drop", &drop) &&
           slots_of(b, requires, &b->plan->required, &b->plan->required_count) &&
           slots_of(b, keep, &b->plan->keep, &b->plan->keep_count) &&
           slots_of(b, drop, &b->plan->drop, &b->plan->drop_count);
}

static bool identity_of(struct build *b, const char *const *names, size_t count)
{
    uint16_t *slots = arena_alloc(b->c.a, (count + 1) * sizeof *slots);
    struct str *texts = arena_alloc(b->c.a, (count + 1) * sizeof *texts);
    uint64_t *words = arena_alloc(b->c.a, (count + 1) * sizeof *words);
    if (slots == NULL || texts == NULL || words == NULL) return compile_no_memory(&b->c);
    for (size_t i = 0; i < count; i++) {
        texts[i] = arena_str(b->c.a, str_of(names[i]));
        if (texts[i].p == NULL) return compile_no_memory(&b->c);
        words[i] = hash64_of(texts[i].p, texts[i].n);
        slots[i] = shape_slot(&b->c, 0, texts[i]);
        if (slots[i] == NO_SLOT) return false;
    }
    b->plan->identity = slots;
    b->plan->identity_names = texts;
    b->plan->identity_words = words;
    b->plan->identity_count = count;
    return true;
}

static bool identity_list(struct build *b, const struct yaml *list)
{
    const char **names = arena_alloc(b->c.a, (list->count + 1) * sizeof *names);
    if (names == NULL) return compile_no_memory(&b->c);
    for (size_t i = 0; i < list->count; i++) {
        size_t at = b->column_count;
        note_column(b, list->items[i].text);
        if (b->failed || b->column_count == at) return compile_no_memory(&b->c);
        names[i] = b->columns[--b->column_count];
    }
    return identity_of(b, names, list->count);
}

static bool identity_object(struct build *b, const struct yaml *map)
{
    const struct yaml *id = yaml_get(map, "id"), *update = yaml_get(map, "update"), *without;
    for (size_t i = 0; i < map->count; i++) {
        struct str key = map->keys[i].text;
        if (!str_eq(key, STR("id")) && !str_eq(key, STR("update")) && !str_eq(key, STR("without")))
            return mapping_error(b->c.e, place_at(b, &map->keys[i]), "identity has id, update and without");
    }
    if (id && id->type != YAML_SCALAR) return mapping_error(b->c.e, place_at(b, map), "id is the name of a column");
    if (id && (b->plan->id_slot = shape_slot(&b->c, 0, id->text)) == NO_SLOT) return false;
    if (update && !yaml_bool(update, &b->plan->counts_update))
        return mapping_error(b->c.e, place_at(b, update), "update is true or false");
    if (!word_list(b, map, b->file, "without", &without)) return false;
    if (id == NULL && without == NULL)
        return mapping_error(b->c.e, place_at(b, map), "identity wants an id or without");
    size_t count = without ? without->count : 0;
    struct str *names = arena_alloc(b->c.a, (count + 1) * sizeof *names);
    if (names == NULL) return compile_no_memory(&b->c);
    for (size_t i = 0; i < count; i++) {
        names[i] = arena_str(b->c.a, without->items[i].text);
        if (names[i].p == NULL) return compile_no_memory(&b->c);
    }
    b->plan->without = names;
    b->plan->without_count = count;
    return true;
}

static bool take_identity(struct build *b)
{
    const struct yaml *identity = yaml_get(b->tree, "identity");
    b->plan->id_slot = NO_SLOT;
    if (identity == NULL) return mapping_error(b->c.e, place_at(b, b->tree), "identity is missing");
    if (identity->type == YAML_MAP) return identity_object(b, identity);
    if (identity->type == YAML_LIST) return identity_list(b, identity);
    if (str_eq(identity->text, STR("columns"))) return identity_of(b, b->columns, b->column_count);
    if (str_eq(identity->text, STR("content"))) return true;
    return mapping_error(b->c.e, place_at(b, identity),
                         "identity is columns, content, a list of columns, or {id, without}");
}

static bool take_cursor(struct build *b)
{
    static const char *const kinds[] = {"time", "update", "snapshot"};
    const struct yaml *cursor = yaml_get(b->tree, "cursor"), *column = yaml_get(cursor, "column"),
                      *kind = yaml_get(cursor, "kind"), *columns;
    if (column == NULL || column->type == YAML_MAP || kind == NULL)
        return mapping_error(b->c.e, place_at(b, cursor ? cursor : b->tree), "cursor wants {column, kind}");
    struct yaml word = *column, alone = {.type = YAML_LIST, .items = &word, .count = 1};
    if (column->type == YAML_SCALAR)
        columns = &alone;
    else if (!word_list(b, cursor, b->file, "column", &columns))
        return false;
    if (!slots_of(b, columns, &b->plan->cursor_slots, &b->plan->cursor_count)) return false;
    for (size_t i = 0; i < 3; i++) {
        if (!str_eq(kind->text, str_of(kinds[i]))) continue;
        b->plan->cursor = (enum cursor_kind)i;
        return true;
    }
    return mapping_error(b->c.e, place_at(b, kind), "kind is time, update or snapshot");
}

/* ---- choose ------------------------------------------------------------------------------------------------------------------ */
static bool class_number(struct build *b, const struct node *n, int64_t *out)
{
    if (n == NULL || (n->type == YAML_SCALAR && str_to_i64(n->text, out))) return true;
    return mapping_error(b->c.e, n->at, "class wants the uid of a class");
}

/* `map` without the members that steer: what is merged over the event. */
static bool without_steering(struct build *b, const struct node *map, struct node *out)
{
    *out = *map;
    out->items = arena_alloc(b->c.x->a, (map->count + 1) * sizeof *out->items);
    out->keys = arena_alloc(b->c.x->a, (map->count + 1) * sizeof *out->keys);
    if (out->items == NULL || out->keys == NULL) return compile_no_memory(&b->c);
    out->count = 0;
    for (size_t i = 0; i < map->count; i++) {
        if (str_eq(map->keys[i], STR("class")) || str_eq(map->keys[i], STR("$when"))) continue;
        out->keys[out->count] = map->keys[i];
        out->items[out->count++] = map->items[i];
    }
    return true;
}

static const struct node *events_of(const struct build *b, int64_t class_uid)
{
    for (size_t i = 0; i < b->events.count; i++) {
        int64_t uid;
        if (str_to_i64(b->events.keys[i], &uid) && uid == class_uid) return &b->events.items[i];
    }
    return NULL;
}

static bool build_choice(struct build *b, const struct node *row, bool has_by, struct choice *out)
{
    int64_t uid = b->class_uid;
    struct node tree = b->event, over;
    struct place at = row ? row->at : b->event.at;
    if (row && row->type != YAML_MAP) return mapping_error(b->c.e, row->at, "a row of choose is a map");
    if (row && !class_number(b, node_get(row, "class"), &uid)) return false;
    if (uid < 0) return mapping_error(b->c.e, at, "no class: give one at the top or in this row");
    const struct node *events = events_of(b, uid);
    if (events && !node_merge(b->c.x, &tree, events, &tree)) return false;
    if (row) {
        if (!without_steering(b, row, &over) || !node_merge(b->c.x, &tree, &over, &tree)) return false;
        if (!compile_condition(&b->c, node_get(row, "$when"), 0, &out->when)) return false;
    }
    tree.at = tree.key_at = at;
    return compile_variant(&b->c, &tree, uid, has_by, at, &out->variant);
}

/* Of many rows each has its trees in the same memory: fragments, which others want too, are all loaded by now (take_columns). */
static bool build_row(struct build *b, const struct yaml *y, bool has_by, struct choice *out)
{
    struct expander *x = b->c.x;
    struct arena *file = x->a;
    struct node row;
    arena_reset(&b->row);
    x->a = &b->row;
    size_t fragments = x->fragment_count;
    bool ok = (y == NULL || expand(x, y, b->file, &row)) && build_choice(b, y ? &row : NULL, has_by, out);
    INVARIANT(!ok || fragments == x->fragment_count);
    x->a = file;
    return ok;
}

/* A row, or a list of rows tried in turn. */
static bool build_list(struct build *b, const struct yaml *rows, bool has_by, struct choice_list *out)
{
    size_t count = rows == NULL ? 1 : rows->type == YAML_LIST ? rows->count : 1;
    struct choice *choices = arena_alloc(b->c.a, (count + 1) * sizeof *choices);
    if (choices == NULL) return compile_no_memory(&b->c);
    for (size_t i = 0; i < count; i++) {
        const struct yaml *y = rows && rows->type == YAML_LIST ? &rows->items[i] : rows;
        if (!build_row(b, y, has_by, &choices[i])) return false;
    }
    out->choices = choices;
    out->count = count;
    return true;
}

static int list_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct choice_list *)a)->word, ((const struct choice_list *)b)->word);
}

/* `A | B` stands for both words, which share what is built. */
static size_t count_words(const struct yaml *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct str rest = rows->keys[i].text;
        for (; rest.p; count++) (void)expr_cut(&rest, " | ");
    }
    return count;
}

static bool add_words(struct build *b, const struct yaml *key, const struct choice_list *built,
                      struct choice_list *lists, size_t *count)
{
    for (struct str rest = key->text; rest.p;) {
        struct str word = expr_cut(&rest, " | ");
        char *copy = arena_copy(b->c.a, word.p, word.n);
        if (copy == NULL) return compile_no_memory(&b->c);
        lists[*count] = *built;
        lists[*count].written = arena_str(b->c.a, word);
        lists[(*count)++].word = (struct str){copy, word_fold(word, false, copy, word.n)};
    }
    return true;
}

static bool check_words(struct build *b, const struct choice_list *lists, size_t count, const struct yaml *rows)
{
    for (size_t i = 1; i < count; i++) {
        if (str_eq(lists[i - 1].word, lists[i].word))
            return mapping_error(b->c.e, place_at(b, rows), "%.*s stands twice", STR_ARG(lists[i].word));
    }
    return true;
}

static bool build_table(struct build *b, const struct yaml *choose)
{
    const struct yaml *by = yaml_get(choose, "by"), *rows = yaml_get(choose, "rows");
    if (by == NULL || by->type != YAML_SCALAR || rows == NULL || rows->type != YAML_MAP || choose->count != 2)
        return mapping_error(b->c.e, place_at(b, choose), "choose wants by and rows, or a list of rows");
    struct chain *chain = ARENA_NEW(b->c.a, struct chain);
    struct choice_list *lists = arena_alloc(b->c.a, (count_words(rows) + 1) * sizeof *lists);
    size_t count = 0;
    if (chain == NULL || lists == NULL) return compile_no_memory(&b->c);
    if (!compile_path(&b->c, by->text, 0, place_at(b, by), chain)) return false;
    for (size_t i = 0; i < rows->count; i++) {
        struct choice_list built = {0};
        if (!build_list(b, &rows->items[i], true, &built) || !add_words(b, &rows->keys[i], &built, lists, &count))
            return false;
    }
    qsort(lists, count, sizeof *lists, list_cmp);
    if (!check_words(b, lists, count, rows)) return false;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(lists[i].word, STR("*"))) b->plan->fallback = &lists[i];
    }
    b->plan->by = chain;
    b->plan->by_written = arena_str(b->c.a, by->text);
    b->plan->lists = lists;
    b->plan->list_count = count;
    return true;
}

static bool build_choose(struct build *b)
{
    const struct yaml *choose = yaml_get(b->tree, "choose");
    if (choose && choose->type == YAML_MAP) return build_table(b, choose);
    struct choice_list *list = ARENA_NEW(b->c.a, struct choice_list);
    if (list == NULL) return compile_no_memory(&b->c);
    if (!build_list(b, choose, false, list)) return false;
    b->plan->lists = list;
    b->plan->list_count = 1;
    return true;
}

/* ---- a file ------------------------------------------------------------------------------------------------------------------ */
/* What expansion leaves behind takes several times the room of what comes out of it. */
static bool expand_apart(struct build *b, const struct yaml *y, struct node *out)
{
    struct expander *x = b->c.x;
    struct arena *file = x->a;
    arena_reset(&b->row);
    x->a = &b->row;
    bool ok = expand(x, y, b->file, out);
    x->a = file;
    return ok && (node_copy(file, out) || compile_no_memory(&b->c));
}

static bool expand_events(struct build *b)
{
    const struct yaml *event = yaml_get(b->tree, "event"), *events = yaml_get(b->tree, "events"),
                      *class = yaml_get(b->tree, "class");
    struct node n = {0};
    if (event == NULL) return mapping_error(b->c.e, place_at(b, b->tree), "event is missing");
    if (!expand_apart(b, event, &b->event)) return false;
    if (b->event.type != YAML_MAP) return mapping_error(b->c.e, b->event.at, "event is a map");
    if (events && !expand_apart(b, events, &b->events)) return false;
    b->class_uid = -1;
    if (class && !expand(b->c.x, class, b->file, &n)) return false;
    return class_number(b, class ? &n : NULL, &b->class_uid);
}

/* `uid: none`, `observables: none`: for those who want neither. */
static bool take_none(struct build *b, const char *key, bool *out)
{
    const struct yaml *word = yaml_get(b->tree, key);
    *out = word != NULL;
    if (word == NULL || str_eq(word->text, STR("none"))) return true;
    return mapping_error(b->c.e, place_at(b, word), "%s may only be none", key);
}

static bool observable_paths(struct build *b, struct node *out)
{
    bool has_none;
    if (!take_none(b, "observables", &has_none)) return false;
    if (has_none) return true;
    const struct ocsf_mapping_file *file = mapping_file(b->c.x->opts, STR("common/observables.yaml"));
    if (file == NULL) return true;
    const struct yaml *tree = yaml_parse(b->c.x->a, file->bytes, file->name, b->c.e), *list;
    if (tree == NULL || !word_list(b, tree, file->name, "observables", &list)) return false;
    if (list == NULL) return true;
    b->c.observables = out;
    return expand(b->c.x, list, file->name, out);
}

/* What is to know of a column when it is not written. */
static bool mark_slots(struct build *b)
{
    struct plan *p = b->plan;
    uint8_t *marks = arena_alloc(b->c.a, p->slot_count + 1);
    if (marks == NULL) return compile_no_memory(&b->c);
    for (size_t i = 0; i < p->keep_count; i++) marks[p->keep[i]] |= SLOT_KEPT;
    for (size_t i = 0; i < p->drop_count; i++) marks[p->drop[i]] |= SLOT_DROPPED;
    for (size_t i = 0; i < p->silent_count; i++) marks[p->silent[i].slot] |= SLOT_SILENT;
    for (size_t i = 1; i < p->shape_count; i++) {
        if (p->shapes[i].parent_shape == 0 && p->shapes[i].parent_slot != NO_SLOT)
            marks[p->shapes[i].parent_slot] |= SLOT_OPENED;
    }
    p->slot_marks = marks;
    return true;
}

static bool begin_file(struct build *b)
{
    const struct yaml *source = yaml_get(b->tree, "source");
    if (source == NULL || source->type != YAML_SCALAR || source->text.n == 0)
        return mapping_error(b->c.e, place_at(b, b->tree), "source is missing");
    b->plan->source = arena_copy(b->c.a, source->text.p, source->text.n);
    b->plan->schema = b->c.schema;
    b->plan->name = (struct str){b->plan->source, source->text.n};
    b->plan->is_base = str_eq(source->text, STR("base"));
    b->c.source = b->plan->is_base ? NULL : b->plan->source;
    if (b->plan->source == NULL || shape_add(&b->c, NO_SHAPE, NO_SLOT) == NO_SHAPE) return compile_no_memory(&b->c);
    return check_keys(b) && take_columns(b);
}

static bool take_facts(struct build *b)
{
    return take_slot_lists(b) && take_identity(b) && take_cursor(b);
}

static bool build_file(struct build *b)
{
    struct node observables;
    bool ok = begin_file(b) && take_tables(b, b->tree, b->file) && take_profiles(b, b->tree, b->file) &&
              take_fragments(b) && about_columns(&b->c, b->tree, b->file, b->plan) &&
              take_none(b, "uid", &b->c.has_no_uid) && observable_paths(b, &observables) && take_facts(b) &&
              expand_events(b) && build_choose(b) && shapes_finish(&b->c, b->plan) && mark_slots(b);
    b->c.observables = NULL; /* they end here */
    return ok;
}

static bool build_columns(struct build *b)
{
    return begin_file(b) && about_columns(&b->c, b->tree, b->file, b->plan) && take_facts(b) &&
           shapes_finish(&b->c, b->plan);
}

/* A built-in file without its examples, which come last (tools/embed-mappings sees to it) and are half of what there is to read. */
static struct str text_of(const struct ocsf_mapping_file *file)
{
    uintptr_t at = (uintptr_t)file - (uintptr_t)ocsf_builtin_files;
    bool is_builtin = at < ocsf_builtin_count * sizeof *file;
    size_t end = is_builtin ? str_find(file->bytes, STR("\nexamples:"), 0) : SIZE_MAX;
    return end == SIZE_MAX ? file->bytes : str_sub(file->bytes, 0, end + 1);
}

static bool compile_file(struct arena *a, struct expander *x, const struct ocsf_mapping_file *file,
                         bool (*build)(struct build *b), struct plan *out)
{
    static _Atomic uint64_t serial;
    struct plan plan = {.serial = ++serial};
    struct build b = {
        .c = {.a = a, .e = x->e, .x = x, .schema = x->schema, .is_general = x->opts && x->opts->is_general},
        .plan = &plan,
        .file = file->name};
    x->fragment_count = 0;
    b.tree = yaml_parse(x->a, text_of(file), file->name, x->e);
    arena_init(&b.row, x->a->max);
    bool ok = b.tree != NULL && build(&b);
    if (b.tree == NULL && x->e->cause != &base_causes[BASE_NO_MEMORY]) x->e->cause = &ocsf_causes[OCSF_BAD_MAPPING];
    plan.has_no_uid = b.c.has_no_uid;
    if (ok) *out = plan;
    arena_done(&b.row);
    shapes_free(&b.c);
    shared_free(&b.c);
    free(b.c.ops);
    free(b.columns);
    return ok;
}

bool compile_plan(struct arena *a, struct expander *x, const struct ocsf_mapping_file *file, struct plan *out)
{
    return compile_file(a, x, file, build_file, out);
}

bool compile_columns(struct arena *a, struct expander *x, const struct ocsf_mapping_file *file, struct plan *out)
{
    return compile_file(a, x, file, build_columns, out);
}
