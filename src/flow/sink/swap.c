/* From files that were staged to files that count:
 *
 *   1  all take their places, each synced with its folder
 *   2  one transaction names them and notes those they replace as superseded
 *   3  superseded files are deleted
 *
 * The store knows what is staged. So a crash before 2 leaves files that the next open removes, wherever they are by then, and
 * one after it superseded ones, likewise. */
#include <string.h>

#include "flow/sink/lake_int.h"
#include "kit/sys/killpoint.h"
#include "state/store/lake.h"

static bool gather_staged(void *arg, const struct lake_file_record *r)
{
    struct buf *paths = arg;
    return buf_add(paths, r->path, strlen(r->path) + 1);
}

static bool list_staged(struct lake *l, struct buf *paths, struct err *e)
{
    return store_lake_staged_list(l->opts.store, gather_staged, paths, e) &&
           (!paths->failed || err_set(e, &base_causes[BASE_NO_MEMORY], "listing staged files"));
}

static bool place_staged(struct lake *l, const char *below, struct err *e)
{
    char dir[LAKE_PATH_BYTES], tmp[LAKE_PATH_BYTES], path[LAKE_PATH_BYTES];
    uint64_t number;
    INVARIANT(lake_file_number(below, &number) && str_copy(str_of(below), dir, sizeof dir));
    *strrchr(dir, '/') = '\0';
    lake_tmp_path(l, number, tmp);
    lake_path(l, below, path);
    return lake_make_dir(l, dir, e) && l->opts.fs.ops->rename(l->opts.fs.ctx, tmp, path, e) &&
           lake_sync_dir_of(l, below, e);
}

static bool swap_names(struct lake *l, struct str replaced, struct err *e)
{
    for (const char *p = replaced.p; p < replaced.p + replaced.n; p += strlen(p) + 1)
        if (!store_lake_file_supersede(l->opts.store, p, e)) return false;
    return store_lake_staged_adopt(l->opts.store, e);
}

static bool swap_in_store(struct lake *l, struct str replaced, bool *is_unknown_out, struct err *e)
{
    struct store *s = l->opts.store;
    if (!store_begin(s, e)) return false;
    if (!swap_names(l, replaced, e)) {
        store_rollback(s);
        return false;
    }
    KILL_POINT("remap.before_store");
    if (store_commit(s, e)) return true;
    *is_unknown_out = e->cause == &store_causes[STORE_UNCERTAIN];
    return false;
}

bool lake_swap(struct lake *l, struct str replaced, bool *is_unknown_out, struct err *e)
{
    struct buf staged;
    struct err ignored;
    buf_init(&staged, 0);
    bool ok = list_staged(l, &staged, e);
    for (const char *p = staged.p; ok && p < staged.p + staged.n; p += strlen(p) + 1) {
        ok = place_staged(l, p, e);
        KILL_POINT("remap.renamed");
    }
    buf_done(&staged);
    ok = ok && swap_in_store(l, replaced, is_unknown_out, e);
    l->has_superseded = l->has_superseded || ok || *is_unknown_out;
    if (!ok) return false;
    KILL_POINT("remap.swapped");
    (void)lake_drop_superseded(l, &ignored); /* the swap stands; the next fold tries again, and tells */
    return true;
}

/* Wherever it stopped: still under .tmp, or in its place but without a name. */
static bool remove_staged(struct lake *l, const char *below, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    uint64_t number;
    if (lake_file_number(below, &number)) {
        lake_tmp_path(l, number, path);
        if (!l->opts.fs.ops->remove(l->opts.fs.ctx, path, e)) return false;
    }
    lake_path(l, below, path);
    if (!fs_exists(l->opts.fs, path)) return true;
    return l->opts.fs.ops->remove(l->opts.fs.ctx, path, e) && lake_sync_dir_of(l, below, e);
}

bool lake_drop_staged(struct lake *l, struct err *e)
{
    struct buf staged;
    buf_init(&staged, 0);
    bool ok = list_staged(l, &staged, e);
    for (const char *p = staged.p; ok && p < staged.p + staged.n; p += strlen(p) + 1) ok = remove_staged(l, p, e);
    ok = ok && (staged.n == 0 || store_lake_staged_clear(l->opts.store, e));
    buf_done(&staged);
    return ok || err_context(e, "removing files of a remap that was not ended");
}
