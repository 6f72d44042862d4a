#include "face/cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/sys/causes.h"
#include "kit/sys/fs.h"
#include "kit/sys/host.h"

enum { SECRET_BYTES_MAX = 64 << 10, PARAMS_BYTES_MAX = 1 << 20, PARAMS_MAX = 16, MANY_MAX = 8192 };

struct reading {
    struct cli_args *out;
    struct json_writer w;
    const struct param *given[PARAMS_MAX]; /* each parameter once */
    unsigned given_count;
    const struct param *many_param; /* its words are written last, as a list; NULL: none */
    const char *many[MANY_MAX];
    unsigned many_count;
};

static size_t words_of(const char *name)
{
    size_t n = 1;
    for (; *name; name++) n += *name == ' ';
    return n;
}

/* Does the row's name ("tenant add") stand at the beginning of the words? */
static bool names_row(const char *name, int argc, char **argv)
{
    struct str rest = str_of(name);
    for (int i = 0; rest.p; i++) {
        struct str word = str_cut(&rest, ' ');
        if (i >= argc || !str_eq(word, str_of(argv[i]))) return false;
    }
    return true;
}

static const struct operation *find_row(int argc, char **argv, const struct op_table *tables)
{
    const struct operation *best = NULL;
    for (; tables->rows; tables++)
        for (const struct operation *op = tables->rows; op->name; op++)
            if (names_row(op->name, argc, argv) && (best == NULL || words_of(op->name) > words_of(best->name)))
                best = op;
    return best;
}

static const struct param *named(const struct operation *op, struct str name)
{
    for (const struct param *p = op->params; p && p->name; p++)
        if (str_eq(str_of(p->name), name)) return p;
    return NULL;
}

static bool was_given(const struct reading *r, const struct param *p)
{
    for (unsigned i = 0; i < r->given_count; i++)
        if (r->given[i] == p) return true;
    return false;
}

static const struct param *next_positional(const struct reading *r)
{
    for (const struct param *p = r->out->op->params; p && p->name; p++)
        if (p->is_positional && (p->is_many || !was_given(r, p))) return p;
    return NULL;
}

static bool is_closed_to_others(const char *path, struct err *e)
{
    enum { FOR_OTHERS = 077 };
    struct host_file f;
    if (!host_file(path, &f, e)) return false;
    return !f.exists || !(f.mode & FOR_OTHERS) ||
           err_set(e, &api_causes[API_MASTER_KEY_OPEN], "the mode of %s is %04o", path, f.mode);
}

static bool read_secret(struct json_writer *w, const char *path, struct err *e)
{
    struct buf bytes;
    buf_init(&bytes, SECRET_BYTES_MAX);
    bool is_stdin = strcmp(path, "-") == 0, ok = true;
    if (is_stdin) {
        char piece[4096];
        for (size_t n; (n = fread(piece, 1, sizeof piece, stdin)) > 0;) (void)buf_add(&bytes, piece, n);
        explicit_bzero(piece, sizeof piece);
        if (bytes.failed || ferror(stdin))
            ok =
                err_set(e, &api_causes[API_BAD_PARAM], "the secret on standard input cannot be read or is over 64 KiB");
    } else {
        ok = fs_read_all(fs_real(), path, SECRET_BYTES_MAX, &bytes, e) || err_context(e, "--secret-file");
    }
    if (ok) json_write_str(w, buf_str(&bytes));
    if (bytes.p) explicit_bzero(bytes.p, bytes.cap);
    buf_done(&bytes);
    return ok;
}

/* The reader may be a service that stands elsewhere. */
static bool write_path(struct json_writer *w, const char *path, struct err *e)
{
    char *absolute = realpath(path, NULL);
    if (absolute == NULL) return err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: %s", path, strerror(errno));
    json_write_cstr(w, absolute);
    free(absolute);
    return true;
}

static bool write_value(struct reading *r, const struct param *p, const char *value, struct err *e)
{
    struct json_writer *w = &r->w;
    uint64_t count;
    if (p->is_private && strcmp(value, "-") != 0 && !is_closed_to_others(value, e)) return false;
    if (p->type == PARAM_SECRET_FILE) return read_secret(w, value, e);
    if (p->type == PARAM_PATH) return write_path(w, value, e);
    if (p->type == PARAM_COUNT && !str_to_u64(str_of(value), &count))
        return err_set(e, &api_causes[API_BAD_PARAM], "--%s %s is not a whole number", p->name, value);
    if (p->type == PARAM_FLAG)
        json_write_bool(w, true);
    else
        json_write_cstr(w, value);
    return true;
}

static bool put(struct reading *r, const struct param *p, const char *value, struct err *e)
{
    if (p->is_many) {
        if (r->many_param && r->many_param != p)
            return err_set(e, &api_causes[API_BAD_PARAM], "--%s and %s do not go together", p->name,
                           r->many_param->name);
        if (r->many_count == MANY_MAX) return err_set(e, &api_causes[API_BAD_PARAM], "more than %d files", MANY_MAX);
        r->many_param = p;
        r->many[r->many_count++] = value;
        return true;
    }
    if (was_given(r, p)) return err_set(e, &api_causes[API_BAD_PARAM], "--%s is given twice", p->name);
    if (r->given_count == PARAMS_MAX) return err_set(e, &api_causes[API_BAD_PARAM], "too many parameters");
    r->given[r->given_count++] = p;
    json_key(&r->w, p->name);
    return write_value(r, p, value, e);
}

static bool write_many(struct reading *r, struct err *e)
{
    bool ok = true;
    if (r->many_param == NULL) return true;
    json_key(&r->w, r->many_param->name);
    json_array_begin(&r->w);
    for (unsigned i = 0; ok && i < r->many_count; i++) {
        if (r->many_param->type == PARAM_PATH)
            ok = write_path(&r->w, r->many[i], e);
        else
            json_write_cstr(&r->w, r->many[i]);
    }
    json_array_end(&r->w);
    return ok;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2] != '\0';
}

static bool read_option(struct reading *r, int argc, char **argv, int *at, struct err *e)
{
    struct str rest = str_of(argv[*at] + 2);
    bool has_value = str_find(rest, STR("="), 0) != SIZE_MAX;
    struct str name = str_cut(&rest, '=');
    bool is_config = str_eq(name, STR("config"));
    const struct param *p = is_config ? NULL : named(r->out->op, name);
    if (p == NULL && !is_config)
        return err_set(e, &api_causes[API_BAD_PARAM], "%s has no option --%.*s", r->out->op->name, STR_ARG(name));
    if (p && p->type == PARAM_FLAG) return put(r, p, "", e);
    if (!has_value && (*at + 1 >= argc || (p && p->is_many && is_option(argv[*at + 1]))))
        return err_set(e, &api_causes[API_BAD_PARAM], "--%.*s needs a value", STR_ARG(name));
    const char *value = has_value ? rest.p : argv[++*at];
    if (is_config) r->out->config = value;
    if (is_config) return true;
    if (!put(r, p, value, e)) return false;
    while (p->is_many && *at + 1 < argc && !is_option(argv[*at + 1]))
        if (!put(r, p, argv[++*at], e)) return false;
    return true;
}

/* Options may stand anywhere, positional words in order; a "many" takes what is left at the end. */
static bool read_words(struct reading *r, int argc, char **argv, struct err *e)
{
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strcmp(argv[i], "--json") == 0) {
            r->out->is_json = true;
        } else if (!only_words && is_option(argv[i])) {
            if (!read_option(r, argc, argv, &i, e)) return false;
        } else {
            const struct param *p = next_positional(r);
            if (p == NULL)
                return err_set(e, &api_causes[API_BAD_PARAM], "%s does not take \"%s\"", r->out->op->name, argv[i]);
            if (!put(r, p, argv[i], e)) return false;
        }
    }
    return write_many(r, e);
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

bool cli_args_read(int argc, char **argv, const struct op_table *tables, struct cli_args *out, struct err *e)
{
    *out = (struct cli_args){.op = find_row(argc, argv, tables), .is_help = asks_help(argc, argv)};
    buf_init(&out->params, PARAMS_BYTES_MAX);
    if (out->is_help) return true;
    if (out->op == NULL) {
        return err_set(e, &api_causes[API_NO_OPERATION], "there is no command \"%s%s%s\"", argc ? argv[0] : "",
                       argc > 1 && !is_option(argv[1]) ? " " : "", argc > 1 && !is_option(argv[1]) ? argv[1] : "");
    }
    struct reading r = {.out = out};
    int words = (int)words_of(out->op->name);
    json_writer_init(&r.w, &out->params);
    json_object_begin(&r.w);
    if (!read_words(&r, argc - words, argv + words, e)) return false;
    json_object_end(&r.w);
    return !out->params.failed || err_set(e, &api_causes[API_BAD_PARAM], "the parameters are over 1 MiB");
}

void cli_args_done(struct cli_args *a)
{
    if (a->params.p) explicit_bzero(a->params.p, a->params.cap);
    buf_done(&a->params);
}
