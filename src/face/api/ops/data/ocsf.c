/* ocsf check, and what the filters that need no installation share. */
#include "face/api/ops/ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api/installation.h"
#include "kit/sys/causes.h"

enum { READ_BYTES = 256 << 10, LINE_BYTES_MAX = 64 << 20 };

/* ---- inputs ---------------------------------------------------------------------------------------------------------- */

static bool read_stream(FILE *f, const char *name, op_take_bytes *take, void *ctx, struct err *e)
{
    char *piece = malloc(READ_BYTES);
    bool ok = piece != NULL || err_set(e, &base_causes[BASE_NO_MEMORY], "reading %s", name);
    for (size_t n; ok && (n = fread(piece, 1, READ_BYTES, f)) > 0;)
        if (!take(ctx, piece, n)) break;
    if (ok && ferror(f)) ok = err_set(e, &sys_causes[SYS_IO], "reading %s: %s", name, strerror(errno));
    free(piece);
    return ok;
}

/* Each input in turn; `begin` hears its name first. No file named, or "-": standard input. */
bool op_each_input(const struct op_call *c, void (*begin)(void *ctx, const char *name), op_take_bytes *take, void *ctx,
                   struct err *e)
{
    const struct json *files = json_get(c->params, "file");
    size_t count = files ? files->count : 0;
    for (size_t i = 0; i < (count ? count : 1); i++) {
        struct str name = count ? json_str(&files->items[i], STR_NONE) : STR("-");
        const char *path = arena_copy(c->arena, name.p, name.n);
        bool is_stdin = str_eq(name, STR("-"));
        if (path == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "file names");
        begin(ctx, is_stdin ? "(standard input)" : path);
        FILE *f = is_stdin ? stdin : fopen(path, "rb");
        if (f == NULL) return err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: %s", path, strerror(errno));
        bool ok = read_stream(f, path, take, ctx, e);
        if (!is_stdin) (void)fclose(f);
        if (!ok) return false;
    }
    return true;
}

bool op_make_ocsf(const struct op_call *c, struct ocsf **out, struct err *e)
{
    struct mapping_files files = {0};
    const char *folder = op_cstr(c, "mappings");
    if (folder && !mapping_files_read(fs_real(), folder, &files, e)) return false;
    struct ocsf_opts o = {.version = op_cstr(c, "ocsf"),
                          .classes = op_cstr(c, "classes"),
                          .overrides = files.files,
                          .override_count = files.count,
                          .raw_data = op_flag(c, "raw")};
    bool ok = ocsf_new(&o, out, e);
    mapping_files_done(&files);
    return ok;
}

/* ---- check ----------------------------------------------------------------------------------------------------------- */

struct checking {
    const char *version;
    const char *file;
    uint64_t line, events, errors, warnings;
    struct buf rest; /* a line that is not yet whole */
};

static void print_finding(void *ctx, const struct ocsf_finding *f)
{
    struct checking *k = ctx;
    char line[1024]; /* quotes the event */
    if (!f->is_error) k->warnings++;
    (void)snprintf(line, sizeof line, "%s:%llu: %s: %s: %s: %s", k->file, (unsigned long long)k->line,
                   f->is_error ? "error" : "warning", f->rule, f->path, f->text);
    str_make_plain(line, strlen(line));
    puts(line);
}

static void check_line(struct checking *k, struct str line)
{
    k->line++;
    if (str_trim(line).n == 0) return;
    k->events++;
    k->errors += ocsf_check(k->version, line, print_finding, k);
}

static void check_begin(void *ctx, const char *name)
{
    struct checking *k = ctx;
    if (k->rest.n) check_line(k, buf_str(&k->rest));
    buf_reset(&k->rest);
    k->file = name;
    k->line = 0;
}

static bool check_take(void *ctx, const char *p, size_t n)
{
    struct checking *k = ctx;
    struct str bytes = {p, n};
    for (size_t end; (end = str_find(bytes, STR("\n"), 0)) != SIZE_MAX; bytes = str_sub(bytes, end + 1, bytes.n)) {
        struct str line = str_sub(bytes, 0, end);
        if (k->rest.n) {
            (void)buf_add_str(&k->rest, line);
            line = buf_str(&k->rest);
        }
        check_line(k, line);
        buf_reset(&k->rest);
    }
    return buf_add_str(&k->rest, bytes);
}

bool op_ocsf_check(struct op_call *c, struct err *e)
{
    struct checking k = {.version = op_cstr(c, "ocsf"), .file = "-"};
    if (k.version && !str_eq(str_of(k.version), STR("1.8.0")) && !str_eq(str_of(k.version), STR("1.3.0")))
        return err_set(e, &ocsf_causes[OCSF_NO_VERSION], "--ocsf %s", k.version);
    buf_init(&k.rest, LINE_BYTES_MAX);
    bool ok = op_each_input(c, check_begin, check_take, &k, e);
    if (ok && k.rest.failed)
        ok = err_set(e, &sys_causes[SYS_FILE_TOO_LARGE], "%s:%llu: a line over 64 MiB", k.file,
                     (unsigned long long)k.line + 1);
    if (ok && k.rest.n) check_line(&k, buf_str(&k.rest));
    buf_done(&k.rest);
    if (!ok) return false;
    (void)fflush(stdout);
    (void)fprintf(stderr, "%llu events, %llu errors, %llu warnings\n", (unsigned long long)k.events,
                  (unsigned long long)k.errors, (unsigned long long)k.warnings);
    if (k.errors) c->exit_code = 1;
    return true;
}
