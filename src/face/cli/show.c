#include "face/cli/show.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 16 };

static struct str cell(const struct json *row, const char *key)
{
    const struct json *v = json_get(row, key);
    if (v == NULL || v->type == JSON_NULL) return STR("-");
    if (v->type == JSON_STRING || v->type == JSON_NUMBER) return v->text;
    return v->raw;
}

/* Characters, not bytes. */
static int width_of(struct str s)
{
    int n = 0;
    bool plain;
    for (size_t i = 0; i < s.n; i += str_char(s, i, &plain)) n++;
    return n;
}

/* What a title or a device's name holds must not steer the terminal of whoever reads it. */
static void print_cell(struct str s, int width)
{
    bool plain;
    int n = 0;
    for (size_t i = 0, step; i < s.n; i += step, n++) {
        step = str_char(s, i, &plain);
        if (plain)
            (void)fwrite(s.p + i, 1, step, stdout);
        else
            putchar('?');
    }
    for (; n < width; n++) putchar(' ');
}

static void print_escaped(struct str character)
{
    if (character.n == 1)
        printf("\\u%04x", (unsigned char)character.p[0]);
    else if (character.n == 2)
        printf("\\u%04x", ((unsigned)character.p[0] & 0x1f) << 6 | ((unsigned)character.p[1] & 0x3f));
    else
        printf("\\u%04x", ((unsigned)character.p[0] & 0x0f) << 12 | ((unsigned)character.p[1] & 0x3f) << 6 |
                              ((unsigned)character.p[2] & 0x3f));
}

void show_json(struct str json)
{
    bool plain;
    for (size_t i = 0, step; i < json.n; i += step) {
        step = str_char(json, i, &plain);
        /* Below a blank are only line ends, between values: in a string they are escaped already. */
        if (plain || (unsigned char)json.p[i] < ' ' || step > 3)
            (void)fwrite(json.p + i, 1, step, stdout);
        else
            print_escaped((struct str){json.p + i, step});
    }
    putchar('\n');
}

/* Those that are shown; how many. */
static int shown_of(const struct column *all, const struct column *out[COLUMNS_MAX])
{
    int n = 0;
    for (; all->key && n < COLUMNS_MAX; all++)
        if (all->header) out[n++] = all;
    return n;
}

static void show_table(const struct column *all, const struct json *rows)
{
    const struct column *columns[COLUMNS_MAX];
    int width[COLUMNS_MAX];
    const int n = shown_of(all, columns);
    for (int k = 0; k < n; k++) {
        width[k] = width_of(str_of(columns[k]->header));
        for (size_t i = 0; i < rows->count; i++) {
            int w = width_of(cell(&rows->items[i], columns[k]->key));
            if (w > width[k]) width[k] = w;
        }
    }
    for (int k = 0; k < n; k++) print_cell(str_of(columns[k]->header), k + 1 < n ? width[k] + 2 : 0);
    putchar('\n');
    for (size_t i = 0; i < rows->count; i++) {
        for (int k = 0; k < n; k++) print_cell(cell(&rows->items[i], columns[k]->key), k + 1 < n ? width[k] + 2 : 0);
        putchar('\n');
    }
}

static bool is_list_of_objects(const struct json *v)
{
    return v->type == JSON_ARRAY && v->count > 0 && v->items[0].type == JSON_OBJECT;
}

/* A list within an object: its members' names stand above it. */
static void show_inner(const struct json *list)
{
    const struct json *first = &list->items[0];
    struct column columns[COLUMNS_MAX + 1] = {0};
    char names[COLUMNS_MAX][64];
    size_t n = 0;
    for (; n < first->count && n < COLUMNS_MAX; n++) {
        (void)snprintf(names[n], sizeof names[n], "%.*s", STR_ARG(first->members[n].key));
        columns[n] = (struct column){.key = names[n], .header = names[n]};
    }
    putchar('\n');
    show_table(columns, list);
}

static void show_object(const struct json *object)
{
    int width = 0;
    for (size_t i = 0; i < object->count; i++)
        if (width_of(object->members[i].key) > width) width = width_of(object->members[i].key);
    for (size_t i = 0; i < object->count; i++) {
        const struct json *v = &object->members[i].value;
        if (is_list_of_objects(v)) continue;
        print_cell(object->members[i].key, width + 2);
        print_cell(v->type == JSON_NULL ? STR("-") : v->type == JSON_STRING ? v->text : v->raw, 0);
        putchar('\n');
    }
    for (size_t i = 0; i < object->count; i++)
        if (is_list_of_objects(&object->members[i].value)) show_inner(&object->members[i].value);
}

void show_result(const struct operation *op, const struct json *result)
{
    struct op_view usual = {op->list, op->columns, op->empty};
    const struct op_view *view = op->other && json_get(result, op->other->list) ? op->other : &usual;
    const struct json *list = view->list ? json_get(result, view->list) : NULL;
    if (list == NULL)
        show_object(result);
    else if (list->count)
        show_table(view->columns, list);
    else
        puts(view->empty ? view->empty : "nothing");
}

/* ---- help -------------------------------------------------------------------------------------------------------------- */

static void print_usage(const struct operation *op)
{
    printf("portcullis %s", op->name);
    for (const struct param *p = op->params; p && p->name; p++) {
        const char *open = p->is_required ? "" : "[", *close = p->is_required ? "" : "]";
        if (p->is_positional)
            printf(" %s%s%s%s", open, p->name, p->is_many ? "…" : "", close);
        else if (p->type == PARAM_FLAG)
            printf(" %s--%s%s", open, p->name, close);
        else
            printf(" %s--%s %s%s", open, p->name, p->is_many ? "PATH…" : "VALUE", close);
    }
    putchar('\n');
}

static void help_for_row(const struct operation *op)
{
    print_usage(op);
    printf("\n  %s\n", op->help);
    if (op->params && op->params[0].name) putchar('\n');
    for (const struct param *p = op->params; p && p->name; p++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s%s", p->is_positional ? "" : "--", p->name);
        printf("  %-18s %s\n", name, p->help);
    }
    if (op->place != OP_LOCAL || op->role == ROLE_OWNER)
        printf("  %-18s %s\n", "--config", "the installation's portcullis.yaml");
    if (op->place != OP_LOCAL) printf("  %-18s %s\n", "--json", "the result as JSON");
    if (op->more) printf("\n%s\n", op->more);
}

/* One subject's rows; those alone whose name begins with the prefix. */
static void help_for_table(const struct op_table *t, struct str prefix)
{
    bool has_title = false;
    for (const struct operation *op = t->rows; op->name; op++) {
        if (!str_starts(str_of(op->name), prefix)) continue;
        if (!has_title) printf("\n%s\n", t->title);
        has_title = true;
        printf("  portcullis %-23s %s\n", op->name, op->help);
    }
}

static void help_for_all(const struct op_table *tables, struct str prefix)
{
    puts("portcullis: a bridge between Microsoft Defender and those who guard many customers with it");
    for (; tables->rows; tables++) help_for_table(tables, prefix);
    puts(
        "\nportcullis COMMAND --help tells more. Settings: --config FILE, else $PORTCULLIS_CONFIG, ./portcullis.yaml,\n"
        "/etc/portcullis/portcullis.yaml. Exit codes: 0 done, 1 failed, 2 usage, 3 partly.");
}

void show_help(const struct operation *op, const struct op_table *tables, int argc, char **argv)
{
    bool has_word = argc > 0 && argv[0][0] != '-';
    if (op)
        help_for_row(op);
    else
        help_for_all(tables, has_word ? str_of(argv[0]) : STR_NONE);
}
