/* Rows of a file of tenants, out of CSV or YAML, and what can be told of a row without asking anybody. */
#include "cloud/tenant/import.h"

#include <stdlib.h>
#include <string.h>

#include "kit/yaml/yaml.h"

const struct import_column import_columns[IMPORT_FIELDS] = {
    [IMPORT_ORG] = {"org", "the organization (customer) it belongs to; made if new"},
    [IMPORT_TENANT_ID] = {"tenant_id", "the Entra tenant's id (a GUID)"},
    [IMPORT_NAME] = {"name", "a name for people; else the id"},
    [IMPORT_CLIENT_ID] = {"client_id", "of an app of its own: the application (client) id"},
    [IMPORT_SECRET] = {"secret", "the client secret's value; better a file's name in the next column"},
    [IMPORT_SECRET_FILE] = {"secret_file", "a file with the client secret's value, from the import file's folder on"},
    [IMPORT_CERTIFICATE_FILE] = {"certificate_file", "a file with a private key and its certificate (PEM)"},
    [IMPORT_EXPIRES] = {"expires", "when the secret ends: a date, or a duration from now (180d)"},
    [IMPORT_APPS] = {"apps", "the account's apps it uses, by name; several parted by blanks"},
    [IMPORT_CLOUD] = {"cloud", "global, gcc, gcc-high, dod, china; else global"},
    [IMPORT_LOOKBACK] = {"lookback", "how far back alerts and incidents are read the first time (30d)"},
    [IMPORT_LOOKBACK_HUNTING] = {"lookback_hunting", "the same for the hunting tables (24h)"},
};

const struct cause import_causes[IMPORT_CAUSE_COUNT] = {
    [IMPORT_BAD_FILE] = {"import.bad_file", ERR_INPUT, "the file cannot be read as a list of tenants",
                         "Save it as UTF-8: CSV whose first line names the columns, or YAML that is a list of maps."},
    [IMPORT_BAD_COLUMN] = {"import.bad_column", ERR_INPUT, "a column is not known",
                           "Name the columns as docs/onboarding.md lists them; tenant_id and org are needed."},
    [IMPORT_BAD_ROW] =
        {"import.bad_row", ERR_INPUT, "the line does not have the form of the others",
         "Give each line as many fields as the first, and put a field with the separator in it in double quotes."},
    [IMPORT_MISSING] = {"import.missing", ERR_INPUT, "something the tenant needs is missing in its line",
                        "Fill the column that the message names."},
    [IMPORT_CONFLICT] = {"import.conflict", ERR_INPUT, "two columns of the line do not go together",
                         "Leave one of those that the message names empty."},
    [IMPORT_TWICE] = {"import.twice", ERR_INPUT, "the tenant is in the file twice", "Keep one of the two lines."},
    [IMPORT_BAD_LOOKBACK] = {"import.bad_lookback", ERR_INPUT, "the look-back is not a duration we take",
                             "Give days or hours, such as 30d or 12h: at most 180d for alerts, 30d for hunting."},
    [IMPORT_NO_FILE] = {"import.no_file", ERR_INPUT, "the file that holds the secret cannot be read",
                        "Check the name (it counts from the import file's folder) and that the service may read it."},
    [IMPORT_DIFFERS] = {"import.differs", ERR_INPUT, "the tenant is there already, and not as the line says",
                        "Change it with portcullis tenant set, or make the line as portcullis tenant show tells it; "
                        "nothing was changed."},
    [IMPORT_LOCAL_ONLY] = {"import.local_only", ERR_INPUT, "files are read only for who works on this machine itself",
                           "Run portcullis tenant import on the machine of the installation."},
};

static bool find_column(struct str name, unsigned *out)
{
    for (unsigned i = 0; i < IMPORT_FIELDS; i++) {
        if (!str_eq_nocase(str_trim(name), str_of(import_columns[i].name))) continue;
        *out = i;
        return true;
    }
    return false;
}

/* What a column is called is the file's own word: told in part, and only if it is one. */
static bool bad_column(struct err *e, struct str name, unsigned line)
{
    bool is_word = name.n > 0 && name.n <= 40;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        is_word = is_word &&
                  ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-');
    }
    return is_word ? err_set(e, &import_causes[IMPORT_BAD_COLUMN], "line %u: there is no column \"%.*s\"", line,
                             STR_ARG(name))
                   : err_set(e, &import_causes[IMPORT_BAD_COLUMN], "line %u: a column without a proper name", line);
}

static bool make_room(struct arena *a, size_t rows, struct import_rows *out, struct err *e)
{
    if (rows > IMPORT_ROWS_MAX) rows = IMPORT_ROWS_MAX;
    out->rows = arena_alloc(a, rows * sizeof *out->rows + 1);
    return out->rows != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "reading the file of tenants");
}

/* ---- CSV -------------------------------------------------------------------------------------------------------------------- */

struct csv {
    struct arena *a;
    struct str rest;
    unsigned line;
    char separator;
};

/* A field as it is meant: quotes taken off, doubled ones halved. False: a quote is never closed, or something follows it. */
static bool csv_field(struct csv *c, struct str *out, bool *is_last)
{
    struct str s = c->rest;
    size_t i = 0, n = 0;
    bool is_quoted = s.n > 0 && s.p[0] == '"';
    if (is_quoted) {
        size_t end = 1;
        while (end < s.n && !(s.p[end] == '"' && !(end + 1 < s.n && s.p[end + 1] == '"')))
            end += s.p[end] == '"' ? 2 : 1;
        if (end >= s.n) return false;
        char *text = arena_alloc(c->a, end + 1);
        if (text == NULL) return false;
        for (size_t k = 1; k < end; k++) {
            if (s.p[k] == '\n') c->line++;
            text[n++] = s.p[k];
            if (s.p[k] == '"') k++;
        }
        *out = (struct str){text, n};
        i = end + 1;
        if (i < s.n && s.p[i] == '\r') i++;
        if (i < s.n && s.p[i] != c->separator && s.p[i] != '\n') return false;
    } else {
        while (i < s.n && s.p[i] != c->separator && s.p[i] != '\n') i++;
        *out = str_trim(str_sub(s, 0, i));
    }
    *is_last = i >= s.n || s.p[i] == '\n';
    c->rest = str_sub(s, i + (i < s.n), SIZE_MAX);
    return true;
}

static void csv_skip_line(struct csv *c)
{
    size_t end = str_find(c->rest, STR("\n"), 0);
    c->rest = end == SIZE_MAX ? STR_NONE : str_sub(c->rest, end + 1, SIZE_MAX);
}

static bool csv_header(struct csv *c, unsigned columns[IMPORT_FIELDS], unsigned *count_out, struct err *e)
{
    bool is_last = false, seen[IMPORT_FIELDS] = {false};
    struct str first = str_sub(c->rest, 0, str_find(c->rest, STR("\n"), 0));
    c->separator = str_find(first, STR(","), 0) == SIZE_MAX && str_find(first, STR(";"), 0) != SIZE_MAX ? ';' : ',';
    *count_out = 0;
    while (!is_last) {
        struct str name;
        if (!csv_field(c, &name, &is_last))
            return err_set(e, &import_causes[IMPORT_BAD_FILE], "line 1: a quote is not closed");
        if (*count_out == IMPORT_FIELDS)
            return err_set(e, &import_causes[IMPORT_BAD_COLUMN], "line 1: too many columns");
        if (!find_column(name, &columns[*count_out])) return bad_column(e, name, 1);
        if (seen[columns[*count_out]])
            return err_set(e, &import_causes[IMPORT_BAD_COLUMN], "line 1: a column stands there twice");
        seen[columns[(*count_out)++]] = true;
    }
    return true;
}

static void csv_row(struct csv *c, const unsigned *columns, unsigned count, struct import_row *row)
{
    bool is_last = false;
    unsigned n = 0;
    for (; !is_last; n++) {
        struct str value;
        if (!csv_field(c, &value, &is_last)) {
            (void)err_set(&row->fault, &import_causes[IMPORT_BAD_ROW],
                          "field %u: its quote does not end where the field does", n + 1);
            csv_skip_line(c);
            return;
        }
        if (n < count) row->fields[columns[n]] = value;
    }
    if (n != count) (void)err_set(&row->fault, &import_causes[IMPORT_BAD_ROW], "%u fields, %u columns", n, count);
}

static bool csv_parse(struct arena *a, struct str bytes, struct import_rows *out, struct err *e)
{
    struct csv c = {.a = a, .rest = bytes, .line = 1};
    unsigned columns[IMPORT_FIELDS], count;
    size_t lines = 1;
    for (size_t i = 0; i < bytes.n; i++) lines += bytes.p[i] == '\n';
    if (!csv_header(&c, columns, &count, e) || !make_room(a, lines, out, e)) return false;
    while (c.rest.n) {
        c.line++;
        struct str line = str_sub(c.rest, 0, str_find(c.rest, STR("\n"), 0));
        if (str_trim(line).n == 0 || line.p[0] == '#') {
            csv_skip_line(&c);
            continue;
        }
        if (out->count == IMPORT_ROWS_MAX)
            return err_set(e, &import_causes[IMPORT_BAD_FILE], "more than %d tenants", IMPORT_ROWS_MAX);
        struct import_row *row = &out->rows[out->count++];
        row->line = c.line;
        csv_row(&c, columns, count, row);
    }
    return true;
}

/* ---- YAML -------------------------------------------------------------------------------------------------------------------- */

static void yaml_row(const struct yaml *item, struct import_row *row)
{
    unsigned column;
    row->line = item->line;
    if (item->type != YAML_MAP) {
        (void)err_set(&row->fault, &import_causes[IMPORT_BAD_ROW], "this is no map of columns");
        return;
    }
    for (size_t i = 0; i < item->count; i++) {
        if (!find_column(item->keys[i].text, &column)) {
            (void)bad_column(&row->fault, item->keys[i].text, item->keys[i].line);
            return;
        }
        if (item->items[i].type != YAML_SCALAR) {
            (void)err_set(&row->fault, &import_causes[IMPORT_BAD_ROW], "%s is no text", import_columns[column].name);
            return;
        }
        if (!yaml_is_null(&item->items[i])) row->fields[column] = item->items[i].text;
    }
}

static bool from_yaml(struct arena *a, struct str bytes, const char *name, struct import_rows *out, struct err *e)
{
    const struct yaml *root = yaml_parse(a, bytes, name, e);
    if (root == NULL) return false;
    const struct yaml *list = root->type == YAML_MAP ? yaml_get(root, "tenants") : root;
    if (list == NULL || list->type != YAML_LIST)
        return err_set(e, &import_causes[IMPORT_BAD_FILE], "it is no list, and has no list \"tenants\"");
    if (list->count > IMPORT_ROWS_MAX)
        return err_set(e, &import_causes[IMPORT_BAD_FILE], "more than %d tenants", IMPORT_ROWS_MAX);
    if (!make_room(a, list->count, out, e)) return false;
    for (size_t i = 0; i < list->count; i++) yaml_row(&list->items[i], &out->rows[out->count++]);
    return true;
}

/* ---- what can be seen in a row ------------------------------------------------------------------------------------------------- */

static bool has(const struct import_row *r, enum import_field f)
{
    return r->fields[f].n > 0;
}

static void missing(struct import_row *r, const char *what)
{
    (void)err_set(&r->fault, &import_causes[IMPORT_MISSING], "%s", what);
}

static void check_row(struct import_row *r)
{
    int credentials = has(r, IMPORT_SECRET) + has(r, IMPORT_SECRET_FILE) + has(r, IMPORT_CERTIFICATE_FILE);
    if (r->fault.cause) return;
    if (!has(r, IMPORT_TENANT_ID))
        missing(r, "tenant_id is empty");
    else if (!has(r, IMPORT_ORG))
        missing(r, "org is empty");
    else if (!has(r, IMPORT_CLIENT_ID) && !has(r, IMPORT_APPS))
        missing(r, "neither client_id (an app of its own) nor apps (the account's) is given");
    else if (has(r, IMPORT_CLIENT_ID) && credentials == 0)
        missing(r, "client_id is given, but none of secret, secret_file, certificate_file");
    else if (!has(r, IMPORT_CLIENT_ID) && credentials > 0)
        missing(r, "a credential is given, but no client_id that it belongs to");
    else if (credentials > 1)
        (void)err_set(&r->fault, &import_causes[IMPORT_CONFLICT],
                      "more than one of secret, secret_file, certificate_file");
}

static int by_tenant(const void *a, const void *b)
{
    const struct import_row *x = *(const struct import_row *const *)a, *y = *(const struct import_row *const *)b;
    int order = str_cmp(x->fields[IMPORT_TENANT_ID], y->fields[IMPORT_TENANT_ID]);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* The first one stands, the others are told where it is. */
static bool find_doubles(struct arena *a, struct import_rows *rows, struct err *e)
{
    const struct import_row **sorted = arena_alloc(a, (rows->count + 1) * sizeof *sorted);
    if (sorted == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the file of tenants");
    for (size_t i = 0; i < rows->count; i++) {
        struct str *id = &rows->rows[i].fields[IMPORT_TENANT_ID], copy = arena_str(a, str_trim(*id));
        if (copy.p == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading the file of tenants");
        char *text = (char *)(uintptr_t)copy.p; /* the arena's: ours */
        for (size_t k = 0; k < copy.n; k++)
            if (text[k] >= 'A' && text[k] <= 'Z') text[k] = (char)(text[k] - 'A' + 'a');
        *id = copy;
        sorted[i] = &rows->rows[i];
    }
    qsort(sorted, rows->count, sizeof *sorted, by_tenant);
    for (size_t i = 1, first = 0; i < rows->count; i++) {
        struct import_row *r = &rows->rows[sorted[i] - rows->rows];
        if (!str_eq(r->fields[IMPORT_TENANT_ID], sorted[first]->fields[IMPORT_TENANT_ID])) first = i;
        if (first == i || !str_is_guid(r->fields[IMPORT_TENANT_ID]) || r->fault.cause) continue;
        (void)err_set(&r->fault, &import_causes[IMPORT_TWICE], "its tenant_id stands in line %u already",
                      sorted[first]->line);
    }
    return true;
}

static bool is_yaml(struct str name)
{
    return str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"));
}

bool import_parse(struct arena *a, struct str bytes, const char *name, struct import_rows *out, struct err *e)
{
    struct import_rows rows = {0};
    const struct str byte_order_mark = STR("\xef\xbb\xbf");
    if (str_starts(bytes, byte_order_mark)) bytes = str_sub(bytes, byte_order_mark.n, SIZE_MAX);
    if (bytes.n &&
        (memchr(bytes.p, '\0', bytes.n) || str_starts(bytes, STR("\xff\xfe")) || str_starts(bytes, STR("\xfe\xff"))))
        return err_set(e, &import_causes[IMPORT_BAD_FILE], "it is not plain text (UTF-16?)");
    bool ok = is_yaml(str_of(name)) ? from_yaml(a, bytes, name, &rows, e) : csv_parse(a, bytes, &rows, e);
    if (!ok) return false;
    if (rows.count == 0) return err_set(e, &import_causes[IMPORT_BAD_FILE], "there is no tenant in it");
    for (size_t i = 0; i < rows.count; i++) check_row(&rows.rows[i]);
    if (!find_doubles(a, &rows, e)) return false;
    *out = rows;
    return true;
}
