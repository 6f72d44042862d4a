#include "face/app/engine/import_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/api/operation.h"
#include "kit/sys/causes.h"

enum { READ_BYTES = 256 << 10, FOLDER_DEPTH_MAX = 32, LETTERS_BYTES = 64 << 10, PROGRESS_MS = 1000 };

/* In a folder these are read; a file that is named itself always is. */
static const char *const endings[] = {".json", ".ndjson", ".jsonl", ".gz", ".zst", NULL};

struct reading {
    const struct files_from *from;
    struct fs fs;
    struct import *import;
    struct import_result *out;
    char *piece; /* READ_BYTES */
    unsigned depth;
    struct mono told_at;
    /* dead letters: written under a temporary name, so that a second run takes the first one's place */
    char letters_path[CONF_PATH_BYTES + 64], part_path[CONF_PATH_BYTES + 80];
    struct fs_file *letters; /* NULL: none yet */
    uint64_t letters_bytes;
    struct buf waiting; /* letters not yet written */
    bool has_failed;
    struct err err; /* of reading or writing here */
};

/* ---- dead letters ---------------------------------------------------------------------------------------------------------- */

static bool write_letters(struct reading *r, struct err *e)
{
    const struct fs_ops *fs = r->fs.ops;
    if (r->waiting.n == 0) return true;
    if (!r->letters &&
        (!fs->remove(r->fs.ctx, r->part_path, e) || !fs->open(r->fs.ctx, r->part_path, FS_CREATE_NEW, &r->letters, e)))
        return err_context(e, "dead letters");
    if (!fs->write_at(r->fs.ctx, r->letters, r->letters_bytes, r->waiting.p, r->waiting.n, e))
        return err_context(e, "dead letters");
    r->letters_bytes += r->waiting.n;
    buf_reset(&r->waiting);
    return true;
}

static void on_dead(void *ctx, struct str letter)
{
    struct reading *r = ctx;
    if (r->has_failed) return;
    bool ok = buf_add_str(&r->waiting, letter) && buf_add_char(&r->waiting, '\n');
    if (!ok) ok = err_set(&r->err, &base_causes[BASE_NO_MEMORY], "dead letters");
    if (ok && r->waiting.n >= LETTERS_BYTES) ok = write_letters(r, &r->err);
    r->has_failed = !ok;
}

/* The same paths give the same name. */
static void name_letters(struct reading *r, const struct import_request *q, const char *dead_dir)
{
    struct siphash h;
    char hex[33];
    siphash_init(&h, 0, 0);
    for (size_t i = 0; i < q->path_count; i++) siphash_add(&h, q->paths[i], strlen(q->paths[i]) + 1);
    hash128_hex(siphash_end(&h), hex);
    (void)snprintf(r->letters_path, sizeof r->letters_path, "%s/from-files-%.12s.ndjson", dead_dir, hex);
    (void)snprintf(r->part_path, sizeof r->part_path, "%s.part", r->letters_path);
}

static bool put_letters_in_place(struct reading *r, const char *dead_dir, struct err *e)
{
    const struct fs_ops *fs = r->fs.ops;
    bool ok = write_letters(r, e);
    if (!r->letters) return ok && fs->remove(r->fs.ctx, r->letters_path, e);
    ok = ok && fs->sync(r->fs.ctx, r->letters, e);
    fs->close(r->fs.ctx, r->letters);
    r->letters = NULL;
    ok = ok && fs->rename(r->fs.ctx, r->part_path, r->letters_path, e) && fs->sync_dir(r->fs.ctx, dead_dir, e);
    if (ok) (void)snprintf(r->out->dead_letters, sizeof r->out->dead_letters, "%s", r->letters_path);
    return ok;
}

/* ---- files ----------------------------------------------------------------------------------------------------------------- */

static bool fail(struct reading *r, const struct err *e)
{
    if (!r->has_failed) r->err = *e;
    r->has_failed = true;
    return false;
}

static bool may_go_on(struct reading *r)
{
    struct err e;
    if (r->has_failed) return false;
    if (!atomic_load(r->from->is_halted)) return true;
    (void)err_set(&e, &ingest_causes[INGEST_STOPPED], "the service is ending");
    return fail(r, &e);
}

/* One file that cannot be read keeps no other from being read. */
static void pass_over(struct reading *r, const struct err *e)
{
    r->out->failed_files++;
    if (!r->out->first_error.cause) r->out->first_error = *e;
}

/* false: nothing more can be taken. */
static bool read_pieces(struct reading *r, struct fs_file *f)
{
    size_t got = READ_BYTES;
    struct err e;
    for (uint64_t at = 0; got == READ_BYTES; at += got) {
        if (!may_go_on(r)) return false;
        if (!r->fs.ops->read_at(r->fs.ctx, f, at, r->piece, READ_BYTES, &got, &e)) {
            pass_over(r, &e);
            return true;
        }
        if (!import_feed(r->import, r->piece, got, &e)) return fail(r, &e);
    }
    return true;
}

static bool read_file(struct reading *r, const char *path)
{
    struct fs_file *f;
    struct err e;
    if (!r->fs.ops->open(r->fs.ctx, path, FS_READ, &f, &e)) {
        pass_over(r, &e);
        return true;
    }
    if (!import_begin(r->import, path, &e))
        (void)fail(r, &e);
    else if (read_pieces(r, f) && !import_end(r->import, &e))
        (void)fail(r, &e);
    r->fs.ops->close(r->fs.ctx, f);
    return !r->has_failed;
}

static bool is_record_file(const char *name)
{
    struct str n = str_of(name);
    if (n.n && n.p[0] == '.') return false;
    for (const char *const *end = endings; *end; end++)
        if (str_ends(n, str_of(*end))) return true;
    return false;
}

struct folder {
    struct reading *reading;
    const char *path;
};
static bool read_folder(struct reading *r, const char *path);

static bool on_name(void *arg, const char *name, bool is_dir)
{
    struct folder *f = arg;
    char path[4096];
    struct err e;
    int n = snprintf(path, sizeof path, "%s/%s", f->path, name);
    if (n < 0 || (size_t)n >= sizeof path) {
        (void)err_set(&e, &api_causes[API_BAD_PARAM], "the path of %s in %s is too long", name, f->path);
        return fail(f->reading, &e);
    }
    if (is_dir) return name[0] == '.' || read_folder(f->reading, path);
    if (is_record_file(name)) return read_file(f->reading, path);
    f->reading->out->skipped++;
    return true;
}

static bool read_folder(struct reading *r, const char *path)
{
    struct folder f = {r, path};
    struct err e;
    if (r->depth == FOLDER_DEPTH_MAX) {
        (void)err_set(&e, &api_causes[API_BAD_PARAM], "%s: more than %d folders in one another", path,
                      FOLDER_DEPTH_MAX);
        return fail(r, &e);
    }
    r->depth++;
    bool ok = r->fs.ops->list(r->fs.ctx, path, on_name, &f, &e);
    r->depth--;
    if (!ok) pass_over(r, &e);
    return !r->has_failed;
}

static bool read_path(struct reading *r, const char *path)
{
    struct fs_stat stat;
    struct err e;
    if (!r->fs.ops->stat(r->fs.ctx, path, &stat, &e)) return fail(r, &e);
    if (!stat.exists) {
        (void)err_set(&e, &sys_causes[SYS_NOT_FOUND], "%s", path);
        return fail(r, &e);
    }
    return stat.is_dir ? read_folder(r, path) : read_file(r, path);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------- */

static void on_progress(void *ctx, const struct import_totals *t)
{
    struct reading *r = ctx;
    struct mono now = clock_mono(&r->from->installation->clock);
    if (now.ms - r->told_at.ms < PROGRESS_MS) return;
    r->told_at = now;
    (void)fprintf(stderr,
                  "from files: %" PRIu64 " files, %.1f MiB, %" PRIu64 " records: %" PRIu64 " new, %" PRIu64
                  " known, %" PRIu64 " dead\n",
                  t->files, (double)t->bytes / 1048576, t->records, t->fresh, t->known, t->dead);
}

static void hand_line(void *arg, const struct import_line *line)
{
    const struct import_request *q = arg;
    q->line(q->ctx, line);
}

static bool read_all(struct reading *r, const struct import_request *q, const char *dead_dir)
{
    struct err e;
    if (!r->fs.ops->make_dirs(r->fs.ctx, dead_dir, &e)) return fail(r, &e);
    for (size_t i = 0; i < q->path_count && may_go_on(r); i++) (void)read_path(r, q->paths[i]);
    if (!import_finish(r->import, &e)) (void)fail(r, &e);
    if (!put_letters_in_place(r, dead_dir, &e)) (void)fail(r, &e);
    r->out->totals = *import_totals(r->import);
    if (import_first_error(r->import)) r->out->first_error = *import_first_error(r->import);
    import_each_line(r->import, hand_line, (void *)(uintptr_t)q);
    return !r->has_failed;
}

bool import_files(const struct files_from *from, const struct import_request *q, struct import_result *out,
                  struct err *e)
{
    struct installation *i = from->installation;
    struct reading r = {.from = from, .fs = i->fs, .out = out, .piece = malloc(READ_BYTES)};
    struct import_opts o = {.ingest = from->ingest,
                            .tenant_id = from->tenant_id,
                            .ctx = &r,
                            .on_dead = on_dead,
                            .on_progress = on_progress};
    char dead_dir[CONF_PATH_BYTES];
    *out = (struct import_result){0};
    r.import = import_new(&o);
    r.told_at = clock_mono(&i->clock);
    (void)installation_path(&i->conf, "dead", dead_dir);
    name_letters(&r, q, dead_dir);
    bool ok = r.piece && r.import;
    if (!ok)
        (void)err_set(&r.err, &base_causes[BASE_NO_MEMORY], "reading files");
    else
        ok = read_all(&r, q, dead_dir);
    import_free(r.import);
    buf_done(&r.waiting);
    free(r.piece);
    if (!ok) *e = r.err;
    return ok;
}
