#include "face/api/policy_file.h"

#include "kit/sys/zones.h"

enum { POLICY_BYTES_MAX = 4 << 20, LIST_BYTES_MAX = 256 << 20, PATH_MAX_BYTES = 1024 };

struct place {
    struct fs fs;
    struct str folder; /* of the policy, with its slash; may be empty */
};

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

struct policy *policy_file_load(struct fs fs, const char *path, struct err *e)
{
    if (path == NULL || *path == 0) return policy_default(e);
    struct place at = {fs, folder_of(str_of(path))};
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
