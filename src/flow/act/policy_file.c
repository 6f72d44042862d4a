#include "flow/act/policy_file.h"

#include <stdlib.h>

#include "kit/sys/zones.h"

enum { POLICY_BYTES_MAX = 4 << 20, LIST_BYTES_MAX = 256 << 20, PATH_MAX_BYTES = 1024 };

struct place {
    struct fs fs;
    struct str folder; /* of the policy, with its slash; may be empty */
    struct policy_watch *watch;
};

static void watch(struct policy_watch *w, const char *path)
{
    char *copy = w && w->count < POLICY_WATCHED_MAX ? str_dup(str_of(path)) : NULL;
    if (copy) w->paths[w->count++] = copy;
}

void policy_watch_done(struct policy_watch *w)
{
    for (size_t i = 0; i < w->count; i++) free(w->paths[i]);
    *w = (struct policy_watch){.count = 0};
}

uint64_t policy_watch_stamp(const struct policy_watch *w, struct fs fs)
{
    uint64_t stamp = w->count;
    for (size_t i = 0; i < w->count; i++) {
        struct fs_stat now = {.exists = false};
        struct err ignored;
        (void)fs.ops->stat(fs.ctx, w->paths[i], &now, &ignored);
        const uint64_t parts[] = {stamp, now.exists, now.bytes, (uint64_t)now.modified_ms};
        stamp = hash128_of(parts, sizeof parts).lo;
    }
    return stamp;
}

/* Names in a policy are relative to it. What is absolute is as it is: who may write the policy may write a path. */
static bool give_list(void *ctx, struct str file, struct buf *out, struct err *e)
{
    const struct place *at = ctx;
    char path[PATH_MAX_BYTES];
    bool is_absolute = file.n > 0 && file.p[0] == '/';
    struct str folder = is_absolute ? STR_NONE : at->folder;
    if (folder.n + file.n >= sizeof path)
        return err_set(e, &policy_causes[POLICY_LIST], "the path of \"%.100s\" is too long", file.p);
    (void)snprintf(path, sizeof path, "%.*s%.*s", STR_ARG(folder), STR_ARG(file));
    watch(at->watch, path);
    return fs_read_all(at->fs, path, LIST_BYTES_MAX, out, e);
}

static bool give_zone(void *ctx, struct str name, struct buf *out, struct err *e)
{
    const struct place *at = ctx;
    return zone_bytes(at->fs, name, out) ||
           err_set(e, &policy_causes[POLICY_ZONE], "there is no time zone \"%.*s\"", STR_ARG(name));
}

static struct str folder_of(struct str path)
{
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/') n--;
    return str_sub(path, 0, n);
}

struct policy *policy_file_load(struct fs fs, const char *path, struct policy_watch *w, struct err *e)
{
    if (path == NULL || *path == 0) return policy_default(e);
    struct place at = {fs, folder_of(str_of(path)), w};
    watch(w, path);
    struct policy_files files = {.ctx = &at, .list = give_list, .zone = give_zone};
    struct buf bytes;
    buf_init(&bytes, POLICY_BYTES_MAX);
    struct policy *p = NULL;
    if (fs_read_all(fs, path, POLICY_BYTES_MAX, &bytes, e)) {
        struct str name = str_sub(str_of(path), at.folder.n, SIZE_MAX);
        p = policy_compile(buf_str(&bytes), name.p, &files, e);
    }
    buf_done(&bytes);
    return p;
}
