#include "flow/sink/lake_scan.h"

#include <stdio.h>

#include "flow/sink/lake.h"
#include "flow/sink/pack.h"

enum { LINE_BYTES_MAX = 64 << 20, PATH_BYTES = 1024 };

/* What a name looks like, level by level; below the last prefix come the files. */
static const char *const levels[] = {"class=", "tenant=", "day="};
enum { LEVELS = sizeof levels / sizeof levels[0] };

struct walk {
    struct fs fs;
    bool (*each)(void *arg, struct str event);
    void *arg;
    struct err *e;
    bool has_stopped; /* `each` gave up, or reading failed: e tells */
    const char *folder;
    unsigned level;
};

static bool walk_folder(struct walk *w, const char *folder, unsigned level);

static void take_line(void *arg, struct str line)
{
    struct walk *w = arg;
    if (!w->has_stopped && !w->each(w->arg, line)) w->has_stopped = true;
}

static bool read_file(struct walk *w, const char *path)
{
    bool is_sound;
    if (!unpack_lines(w->fs, path, LINE_BYTES_MAX, take_line, w, &is_sound, w->e)) return false;
    return is_sound || err_set(w->e, &lake_causes[LAKE_DAMAGED], "%s", path);
}

static bool take_name(void *arg, const char *name, bool is_dir)
{
    struct walk *w = arg;
    char path[PATH_BYTES];
    bool is_file_level = w->level == LEVELS;
    if (is_file_level ? is_dir || !str_ends(str_of(name), STR(".ndjson.zst"))
                      : !is_dir || !str_starts(str_of(name), str_of(levels[w->level])))
        return true;
    int n = snprintf(path, sizeof path, "%s/%s", w->folder, name);
    if (n < 0 || (size_t)n >= sizeof path) return true; /* longer than any name we make */
    const char *folder = w->folder;
    unsigned level = w->level;
    bool ok = is_file_level ? read_file(w, path) : walk_folder(w, path, level + 1);
    w->folder = folder;
    w->level = level;
    w->has_stopped |= !ok;
    return !w->has_stopped;
}

static bool walk_folder(struct walk *w, const char *folder, unsigned level)
{
    w->folder = folder;
    w->level = level;
    return w->fs.ops->list(w->fs.ctx, folder, take_name, w, w->e) && !w->has_stopped;
}

bool lake_scan(struct fs fs, const char *dir, bool (*each)(void *arg, struct str event), void *arg, struct err *e)
{
    struct walk w = {.fs = fs, .each = each, .arg = arg, .e = e};
    return walk_folder(&w, dir, 0);
}
