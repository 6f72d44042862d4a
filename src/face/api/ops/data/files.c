/* Streaming records from files: pull --from-files. */
#include "face/api/ops/ops.h"

#include "face/api/engine.h"

/* What asks Defender has no place beside files. */
static bool is_alone(const struct op_call *c, struct err *e)
{
    static const char *const others[] = {"feed", "from", "to", NULL};
    for (const char *const *name = others; *name; name++)
        if (op_text(c, *name).n)
            return err_set(e, &api_causes[API_BAD_PARAM], "pull: --from-files does not go with --%s", *name);
    if (op_flag(c, "sweep") || op_flag(c, "once"))
        return err_set(e, &api_causes[API_BAD_PARAM], "pull: --from-files does not go with --%s",
                       op_flag(c, "sweep") ? "sweep" : "once");
    return true;
}

static bool read_paths(struct op_call *c, struct import_request *q, struct err *e)
{
    const struct json *given = json_get(c->params, "from-files");
    const char **paths = arena_alloc(c->arena, (given->count + 1) * sizeof *paths);
    if (paths == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "file names");
    for (size_t i = 0; i < given->count; i++) {
        struct str path = json_str(&given->items[i], STR_NONE);
        paths[i] = arena_copy(c->arena, path.p, path.n);
        if (paths[i] == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "file names");
        if (path.n == 0 || path.p[0] != '/')
            return err_set(e, &api_causes[API_BAD_PARAM], "pull: --from-files \"%s\" is no absolute path", paths[i]);
    }
    q->paths = paths;
    q->path_count = given->count;
    return true;
}

static void write_count(struct json_writer *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_write_u64(w, n);
}

static void write_line(void *ctx, const struct import_line *line)
{
    struct json_writer *w = ctx;
    json_object_begin(w);
    json_key(w, "tenant_id");
    json_write_cstr(w, line->tenant_id);
    json_key(w, "table");
    json_write_cstr(w, line->table);
    write_count(w, "records", line->records);
    write_count(w, "new", line->fresh);
    write_count(w, "known", line->known);
    write_count(w, "dead", line->dead);
    write_count(w, "failed", line->failed);
    json_object_end(w);
}

static void write_totals(struct json_writer *w, const struct import_result *r)
{
    write_count(w, "files", r->totals.files);
    write_count(w, "skipped_files", r->skipped);
    write_count(w, "failed_files", r->failed_files);
    write_count(w, "bytes", r->totals.bytes);
    write_count(w, "records", r->totals.records);
    write_count(w, "new", r->totals.fresh);
    write_count(w, "known", r->totals.known);
    write_count(w, "dead", r->totals.dead);
    write_count(w, "failed", r->totals.failed);
    json_key(w, "dead_letters");
    json_write_cstr(w, r->dead_letters[0] ? r->dead_letters : NULL);
    if (!r->first_error.cause) return;
    json_key(w, "first_error");
    json_write_cstr(w, r->first_error.text);
    json_key(w, "code");
    json_write_cstr(w, r->first_error.cause->code);
    json_key(w, "remedy");
    json_write_cstr(w, r->first_error.cause->remedy);
}

bool op_pull_files(struct op_call *c, struct err *e)
{
    struct import_request q = {.tenant = op_cstr(c, "tenant"), .ctx = c->out, .line = write_line};
    struct import_result result = {0};
    if (!is_alone(c, e) || !read_paths(c, &q, e)) return false;
    json_object_begin(c->out);
    json_key(c->out, "feeds");
    json_array_begin(c->out);
    if (!c->engine->import_files(c->engine->ctx, &q, &result, e)) return false;
    if (result.failed_files && result.totals.files == 0) {
        *e = result.first_error;
        return false;
    }
    json_array_end(c->out);
    write_totals(c->out, &result);
    json_object_end(c->out);
    if (result.totals.dead || result.totals.failed || result.failed_files) c->exit_code = 3;
    return true;
}
