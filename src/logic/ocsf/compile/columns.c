/* Which columns of the row does a mapping file know? Read from the text itself, blocks for all versions and class sets
 * included, so that a row's identity does not depend on the target. Also: how expressions are cut into their parts. */
#include <string.h>

#include "logic/ocsf/compile/expand.h"

struct scan {
    struct expander *x;
    void (*each)(void *ctx, struct str name);
    void *ctx;
    unsigned depth;
};

struct str expr_cut(struct str *rest, const char *separator)
{
    struct str s = *rest, sep = str_of(separator);
    bool in_quotes = false;
    for (size_t i = 0; i + sep.n <= s.n; i++) {
        if (s.p[i] == '"') in_quotes = !in_quotes;
        if (in_quotes || memcmp(s.p + i, sep.p, sep.n) != 0) continue;
        *rest = (struct str){s.p + i + sep.n, s.n - i - sep.n};
        return str_trim((struct str){s.p, i});
    }
    *rest = STR_NONE;
    return str_trim(s);
}

static size_t name_end(struct str s)
{
    size_t i = str_starts(s, STR("@odata.")) ? 7 : 0;
    while (i < s.n && s.p[i] != '.' && s.p[i] != '[') i++;
    return i;
}

bool path_next(struct str *rest, struct str *name, bool *is_list)
{
    struct str s = *rest;
    *is_list = false;
    if (s.n == 0) return false;
    if (s.p[0] == '"') {
        size_t close = str_find(s, STR("\""), 1);
        if (close == SIZE_MAX || close == 1) return false;
        *name = str_sub(s, 1, close - 1);
        s = str_sub(s, close + 1, s.n);
    } else {
        size_t n = name_end(s);
        if (n == 0) return false;
        *name = str_sub(s, 0, n);
        s = str_sub(s, n, s.n);
    }
    if (str_starts(s, STR("[]"))) {
        *is_list = true;
        s = str_sub(s, 2, s.n);
    }
    if (s.n > 0 && s.p[0] != '.') return false;
    *rest = str_sub(s, 1, s.n);
    return true;
}

static bool is_constant(struct str text)
{
    return text.n == 0 || text.p[0] == '=' || text.p[0] == '-' || (text.p[0] >= '0' && text.p[0] <= '9') ||
           str_eq(text, STR("true")) || str_eq(text, STR("false")) || str_eq(text, STR("@uid")) ||
           str_eq(text, STR("@source")) || str_eq(text, STR("@received"));
}

/* The first name of each alternative, if it is one of the row. */
static void scan_expression(const struct scan *s, struct str text, bool in_row)
{
    for (struct str rest = text; rest.p;) {
        if (str_starts(str_trim(rest), STR("="))) return;
        struct str alternative = expr_cut(&rest, " // ");
        struct str source = expr_cut(&alternative, " | "), name;
        bool is_list, from_row = in_row;
        if (is_constant(source) || str_eq(source, STR("."))) continue;
        if (source.p[0] == '/') {
            from_row = true;
            source = str_sub(source, 1, source.n);
        }
        if (from_row && path_next(&source, &name, &is_list)) s->each(s->ctx, name);
    }
}

static void scan_words(const struct scan *s, const struct yaml *list, bool in_row)
{
    for (size_t i = 0; list && i < list->count; i++) {
        if (list->type == YAML_LIST && list->items[i].type == YAML_SCALAR)
            scan_expression(s, list->items[i].text, in_row);
        if (list->type == YAML_MAP) scan_expression(s, list->keys[i].text, in_row);
    }
}

static void scan_when(const struct scan *s, const struct yaml *when, bool in_row)
{
    for (size_t i = 0; when->type == YAML_MAP && i < when->count; i++) scan_words(s, &when->items[i], in_row);
}

static bool scan_tree(struct scan *s, const struct yaml *y, const char *file, bool in_row);

static bool scan_use(struct scan *s, const struct yaml *name, const char *file, bool in_row)
{
    struct place at = {file, name->line, name->column};
    if (name->type != YAML_SCALAR) return mapping_error(s->x->e, at, "$use wants the name of a fragment");
    struct fragment *f = fragment_load(s->x, name->text, at);
    if (f == NULL) return false;
    const struct yaml *attributes = yaml_get(f->tree, "attributes");
    scan_words(s, yaml_get(f->tree, "columns"), true);
    f->is_used = true;
    return attributes == NULL || scan_tree(s, attributes, f->file, in_row);
}

static bool scan_member(struct scan *s, const struct yaml *map, size_t i, const char *file, bool in_row,
                        bool inner_in_row)
{
    struct str key = map->keys[i].text;
    const struct yaml *value = &map->items[i];
    if (str_eq(key, STR("$use"))) {
        if (value->type != YAML_LIST) return scan_use(s, value, file, inner_in_row);
        for (size_t j = 0; j < value->count; j++) {
            if (!scan_use(s, &value->items[j], file, inner_in_row)) return false;
        }
        return true;
    }
    if (str_eq(key, STR("$when"))) {
        scan_when(s, value, yaml_get(map, "$each") ? false : in_row);
        return true;
    }
    if (str_eq(key, STR("$with")) || str_eq(key, STR("$always")) || str_eq(key, STR("class"))) return true;
    if (str_eq(key, STR("$each")) || str_eq(key, STR("$in"))) return scan_tree(s, value, file, in_row);
    return scan_tree(s, value, file, inner_in_row);
}

static bool scan_tree(struct scan *s, const struct yaml *y, const char *file, bool in_row)
{
    bool ok = true;
    if (s->depth > 40) return mapping_error(s->x->e, (struct place){file, y->line, y->column}, "nested too deep");
    s->depth++;
    if (y->type == YAML_SCALAR) {
        if (!yaml_is_null(y)) scan_expression(s, str_trim(y->text), in_row);
    } else if (y->type == YAML_LIST) {
        for (size_t i = 0; ok && i < y->count; i++) ok = scan_tree(s, &y->items[i], file, in_row);
    } else {
        bool is_nested = yaml_get(y, "$each") || yaml_get(y, "$in");
        for (size_t i = 0; ok && i < y->count; i++) ok = scan_member(s, y, i, file, in_row, in_row && !is_nested);
    }
    s->depth--;
    return ok;
}

static bool scan_choose(struct scan *s, const struct yaml *choose, const char *file)
{
    const struct yaml *by = yaml_get(choose, "by"), *rows = yaml_get(choose, "rows");
    if (choose == NULL) return true;
    if (choose->type == YAML_LIST) return scan_tree(s, choose, file, true);
    if (by && by->type == YAML_SCALAR) scan_expression(s, str_trim(by->text), true);
    for (size_t i = 0; rows && rows->type == YAML_MAP && i < rows->count; i++) {
        if (!scan_tree(s, &rows->items[i], file, true)) return false;
    }
    return true;
}

static void scan_cursor(struct scan *s, const struct yaml *tree)
{
    const struct yaml *column = yaml_get(yaml_get(tree, "cursor"), "column");
    if (column && column->type == YAML_SCALAR) scan_expression(s, column->text, true);
}

bool columns_named(struct expander *x, const struct yaml *tree, const char *file,
                   void (*each)(void *ctx, struct str name), void *ctx)
{
    static const char *const lists[] = {"columns", "requires", "keep", "drop"};
    struct scan s = {x, each, ctx, 0};
    const struct yaml *event = yaml_get(tree, "event"), *events = yaml_get(tree, "events");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) scan_words(&s, yaml_get(tree, lists[i]), true);
    scan_cursor(&s, tree);
    if (event && !scan_tree(&s, event, file, true)) return false;
    for (size_t i = 0; events && events->type == YAML_MAP && i < events->count; i++) {
        if (!scan_tree(&s, &events->items[i], file, true)) return false;
    }
    return scan_choose(&s, yaml_get(tree, "choose"), file);
}
