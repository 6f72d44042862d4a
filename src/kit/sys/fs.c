#include "kit/sys/fs.h"

#include <stdio.h>
#include <string.h>

#include "kit/sys/causes.h"

enum { READ_CHUNK_BYTES = 64 * 1024, PATH_BYTES = 4096 };

/* By reading until the end, not by the size it states: a file may grow while it is read. */
static bool read_chunks(struct fs fs, struct fs_file *f, const char *path, size_t max_bytes, char *chunk,
                        struct buf *out, struct err *e)
{
    uint64_t at = 0;
    for (size_t got = READ_CHUNK_BYTES; got == READ_CHUNK_BYTES; at += got) {
        if (!fs.ops->read_at(fs.ctx, f, at, chunk, READ_CHUNK_BYTES, &got, e)) return false;
        if (got > max_bytes - at)
            return err_set(e, &sys_causes[SYS_FILE_TOO_LARGE], "%s is larger than %zu bytes", path, max_bytes);
        if (!buf_add(out, chunk, got)) return err_set(e, &base_causes[BASE_NO_MEMORY], "reading %s", path);
    }
    return true;
}

/* Key files and secrets come this way: nothing of them stays on the stack. */
static bool read_open(struct fs fs, struct fs_file *f, const char *path, size_t max_bytes, struct buf *out,
                      struct err *e)
{
    char chunk[READ_CHUNK_BYTES];
    bool ok = read_chunks(fs, f, path, max_bytes, chunk, out, e);
    explicit_bzero(chunk, sizeof chunk);
    return ok;
}

bool fs_read_all(struct fs fs, const char *path, size_t max_bytes, struct buf *out, struct err *e)
{
    struct fs_file *f;
    size_t before = out->n;
    if (!fs.ops->open(fs.ctx, path, FS_READ, &f, e)) return false;
    bool ok = read_open(fs, f, path, max_bytes, out, e);
    fs.ops->close(fs.ctx, f);
    if (!ok) out->n = before;
    return ok;
}

static void folder_of(const char *path, char out[PATH_BYTES])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    INVARIANT(n < PATH_BYTES);
    memcpy(out, path, n);
    out[n] = '\0';
    if (n == 0) memcpy(out, ".", 2);
}

static bool write_synced(struct fs fs, const char *path, struct str bytes, struct err *e)
{
    struct fs_file *f;
    if (!fs.ops->open(fs.ctx, path, FS_WRITE, &f, e)) return false;
    bool ok = fs.ops->truncate(fs.ctx, f, 0, e) &&
              (bytes.n == 0 || fs.ops->write_at(fs.ctx, f, 0, bytes.p, bytes.n, e)) && fs.ops->sync(fs.ctx, f, e);
    fs.ops->close(fs.ctx, f);
    return ok;
}

bool fs_replace(struct fs fs, const char *path, struct str bytes, struct err *e)
{
    char part[PATH_BYTES], folder[PATH_BYTES];
    struct err ignored;
    int n = snprintf(part, sizeof part, "%s.part", path);
    if (n < 0 || (size_t)n >= sizeof part) return err_set(e, &sys_causes[SYS_IO], "the path is too long: %.200s", path);
    folder_of(path, folder);
    if (write_synced(fs, part, bytes, e) && fs.ops->rename(fs.ctx, part, path, e))
        return fs.ops->sync_dir(fs.ctx, folder, e);
    (void)fs.ops->remove(fs.ctx, part, &ignored);
    return false;
}

bool fs_exists(struct fs fs, const char *path)
{
    struct fs_stat st;
    struct err ignored;
    return fs.ops->stat(fs.ctx, path, &st, &ignored) && st.exists;
}
