/* What opening a lake does: is it ours, is everything there that the store names, and what did a crash leave. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/sink/lake_int.h"
#include "state/store/lake.h"

/* ---- id -------------------------------------------------------------------------------------------------------------------- */

static bool see_class(void *arg, const char *name, bool is_dir)
{
    if (is_dir && str_starts(str_of(name), STR("class="))) *(bool *)arg = true;
    return !*(bool *)arg;
}

static bool claim(struct lake *l, const char *id_path, struct err *e)
{
    char line[GUID_BYTES + 1];
    bool has_events = false;
    if (!l->opts.fs.ops->list(l->opts.fs.ctx, l->dir, see_class, &has_events, e)) return false;
    if (has_events) return err_set(e, &lake_causes[LAKE_FOREIGN], "%s holds events but no id of a store", l->dir);
    int n = snprintf(line, sizeof line, "%s\n", store_id(l->opts.store));
    return fs_replace(l->opts.fs, id_path, (struct str){line, (size_t)n}, e);
}

static bool check_id(struct lake *l, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    struct buf text;
    lake_path(l, ".lake-id", path);
    if (!fs_exists(l->opts.fs, path)) return claim(l, path, e);
    buf_init(&text, 256);
    bool ok = fs_read_all(l->opts.fs, path, 200, &text, e);
    struct str id = str_trim(buf_str(&text));
    if (ok && !str_eq(id, str_of(store_id(l->opts.store))))
        ok = err_set(e, &lake_causes[LAKE_FOREIGN], "%s is the lake of the store %.*s, this store is %s", l->dir,
                     STR_ARG(id), store_id(l->opts.store));
    buf_done(&text);
    return ok;
}

/* ---- leftovers ------------------------------------------------------------------------------------------------------------- */

struct sweep {
    struct lake *lake;
    struct err *e;
    bool failed;
};

static bool remove_tmp(void *arg, const char *name, bool is_dir)
{
    struct sweep *s = arg;
    char below[300], path[LAKE_PATH_BYTES];
    if (is_dir) return true;
    (void)snprintf(below, sizeof below, "%s/%s", LAKE_TMP, name);
    lake_path(s->lake, below, path);
    s->failed = !s->lake->opts.fs.ops->remove(s->lake->opts.fs.ctx, path, s->e);
    return !s->failed;
}

static bool empty_tmp(struct lake *l, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    struct sweep s = {.lake = l, .e = e};
    lake_path(l, LAKE_TMP, path);
    return l->opts.fs.ops->make_dirs(l->opts.fs.ctx, path, e) &&
           l->opts.fs.ops->list(l->opts.fs.ctx, path, remove_tmp, &s, e) && !s.failed;
}

/* Paths one after another, a NUL behind each. */
static bool gather_path(void *arg, const char *path)
{
    struct buf *paths = arg;
    return buf_add(paths, path, strlen(path) + 1);
}

static bool forget_all(struct lake *l, const struct buf *paths, struct err *e)
{
    struct store *s = l->opts.store;
    if (!store_begin(s, e)) return false;
    for (const char *p = paths->p; p < paths->p + paths->n; p += strlen(p) + 1)
        if (!store_lake_superseded_forget(s, p, e)) {
            store_rollback(s);
            return false;
        }
    return store_commit(s, e);
}

static bool delete_all(struct lake *l, const struct buf *paths, struct err *e)
{
    char path[LAKE_PATH_BYTES], dir[LAKE_PATH_BYTES];
    for (const char *p = paths->p; p < paths->p + paths->n; p += strlen(p) + 1) {
        lake_path(l, p, path);
        memcpy(dir, path, sizeof dir);
        *strrchr(dir, '/') = '\0';
        if (!fs_exists(l->opts.fs, dir)) continue; /* someone took the whole folder away */
        if (!l->opts.fs.ops->remove(l->opts.fs.ctx, path, e) || !l->opts.fs.ops->sync_dir(l->opts.fs.ctx, dir, e))
            return false;
    }
    return true;
}

bool lake_drop_superseded(struct lake *l, struct err *e)
{
    struct buf paths;
    buf_init(&paths, 0);
    bool ok = store_lake_superseded_list(l->opts.store, gather_path, &paths, e);
    if (ok && paths.failed) ok = err_set(e, &base_causes[BASE_NO_MEMORY], "listing superseded files");
    if (ok && paths.n > 0) ok = delete_all(l, &paths, e) && forget_all(l, &paths, e);
    buf_done(&paths);
    l->has_superseded = !ok;
    return ok || err_context(e, "deleting superseded files");
}

/* ---- what the store names --------------------------------------------------------------------------------------------------- */

struct named { /* hashes of the names of all files, sorted */
    struct lake *lake;
    struct hash128 *hashes;
    size_t count, cap;
    struct err *e;
    bool failed;
};

static bool is_there(struct lake *l, const struct lake_file_record *r, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    struct fs_stat st;
    lake_path(l, r->path, path);
    if (!l->opts.fs.ops->stat(l->opts.fs.ctx, path, &st, e)) return false;
    return (st.exists && st.bytes >= r->bytes) ||
           err_set(e, &lake_causes[LAKE_MISSING], "%s %s %" PRIu64 " of %" PRIu64 " bytes", path,
                   st.exists ? "has" : "is not there:", st.bytes, r->bytes);
}

static bool keep_name(struct named *n, const char *path)
{
    if (n->count == n->cap) {
        size_t cap = n->cap == 0 ? 1024 : n->cap * 2;
        struct hash128 *grown = realloc(n->hashes, cap * sizeof *grown);
        if (grown == NULL) return err_set(n->e, &base_causes[BASE_NO_MEMORY], "listing the lake");
        n->hashes = grown;
        n->cap = cap;
    }
    n->hashes[n->count++] = hash128_of(path, strlen(path));
    return true;
}

static bool check_named(void *arg, const struct lake_file_record *r)
{
    struct named *n = arg;
    n->failed = !is_there(n->lake, r, n->e) || !keep_name(n, r->path);
    return !n->failed;
}

static int by_hash(const void *a, const void *b)
{
    return hash128_cmp(*(const struct hash128 *)a, *(const struct hash128 *)b);
}

static bool is_named(const struct named *n, const char *below)
{
    struct hash128 h = hash128_of(below, strlen(below));
    return n->count > 0 && bsearch(&h, n->hashes, n->count, sizeof h, by_hash) != NULL;
}

/* ---- orphans ---------------------------------------------------------------------------------------------------------------- */

/* A free name below .orphans: the old path, and a number behind it if that is taken. */
static bool orphan_name(struct lake *l, const char *below, char out[LAKE_PATH_BYTES], struct err *e)
{
    char path[LAKE_PATH_BYTES];
    struct fs_stat st = {.exists = true};
    for (unsigned copy = 0; st.exists; copy++) {
        int n = copy == 0 ? snprintf(out, LAKE_PATH_BYTES, "%s/%s", LAKE_ORPHANS, below)
                          : snprintf(out, LAKE_PATH_BYTES, "%s/%s.%u", LAKE_ORPHANS, below, copy);
        INVARIANT(n > 0 && n < LAKE_PATH_BYTES / 2);
        lake_path(l, out, path);
        if (!l->opts.fs.ops->stat(l->opts.fs.ctx, path, &st, e)) return false;
    }
    return true;
}

static bool put_aside(struct lake *l, const char *below, struct err *e)
{
    char to[LAKE_PATH_BYTES], dir[LAKE_PATH_BYTES], from_path[LAKE_PATH_BYTES], to_path[LAKE_PATH_BYTES];
    if (!orphan_name(l, below, to, e)) return false;
    memcpy(dir, to, sizeof dir);
    *strrchr(dir, '/') = '\0';
    lake_path(l, below, from_path);
    lake_path(l, to, to_path);
    l->orphans++;
    return lake_make_dir(l, dir, e) && l->opts.fs.ops->rename(l->opts.fs.ctx, from_path, to_path, e) &&
           lake_sync_dir_of(l, to, e) && lake_sync_dir_of(l, below, e);
}

struct walk {
    struct lake *lake;
    bool (*file)(void *arg, const char *below, struct err *e); /* false: stop (an error, or enough) */
    void *arg;
    struct err *e;
    char below[LAKE_PATH_BYTES / 2];
    bool failed;
};

static bool walk_dir(struct walk *w);

static bool walk_entry(void *arg, const char *name, bool is_dir)
{
    struct walk *w = arg;
    size_t n = strlen(w->below);
    int m = snprintf(w->below + n, sizeof w->below - n, "%s%s", n > 0 ? "/" : "", name);
    if (m > 0 && (size_t)m < sizeof w->below - n) w->failed = !(is_dir ? walk_dir(w) : w->file(w->arg, w->below, w->e));
    w->below[n] = '\0'; /* a path too long for us is none of ours */
    return !w->failed;
}

static bool walk_dir(struct walk *w)
{
    char path[LAKE_PATH_BYTES];
    lake_path(w->lake, w->below, path);
    return w->lake->opts.fs.ops->list(w->lake->opts.fs.ctx, path, walk_entry, w, w->e) && !w->failed;
}

static bool orphan_if_unnamed(void *arg, const char *below, struct err *e)
{
    const struct named *n = arg;
    return is_named(n, below) || put_aside(n->lake, below, e);
}

static bool walk_top(void *arg, const char *name, bool is_dir)
{
    bool is_ours = is_dir && (str_starts(str_of(name), STR("class=")) || strcmp(name, LAKE_DEAD) == 0);
    return !is_ours || walk_entry(arg, name, true);
}

static bool put_orphans_aside(struct named *n, struct err *e)
{
    struct lake *l = n->lake;
    struct walk w = {.lake = l, .file = orphan_if_unnamed, .arg = n, .e = e};
    return l->opts.fs.ops->list(l->opts.fs.ctx, l->dir, walk_top, &w, e) && !w.failed;
}

static bool check_files(struct lake *l, struct err *e)
{
    struct named n = {.lake = l, .e = e};
    bool ok = store_lake_file_list(l->opts.store, check_named, &n, e) && !n.failed;
    if (ok && n.count > 0) qsort(n.hashes, n.count, sizeof *n.hashes, by_hash);
    ok = ok && put_orphans_aside(&n, e);
    free(n.hashes);
    return ok;
}

bool lake_recover(struct lake *l, struct err *e)
{
    return check_id(l, e) && lake_drop_staged(l, e) && empty_tmp(l, e) && lake_drop_superseded(l, e) &&
           check_files(l, e);
}

/* ---- orphans of before ------------------------------------------------------------------------------------------------------- */

struct orphan_listing {
    bool (*each)(void *arg, const char *path);
    void *arg;
    bool is_enough;
};

static bool tell_orphan(void *arg, const char *below, struct err *e)
{
    struct orphan_listing *to = arg;
    (void)e;
    to->is_enough = !to->each(to->arg, below + sizeof LAKE_ORPHANS);
    return !to->is_enough;
}

bool lake_orphan_list(struct lake *l, bool (*each)(void *arg, const char *path), void *arg, struct err *e)
{
    struct orphan_listing to = {.each = each, .arg = arg};
    struct walk w = {.lake = l, .file = tell_orphan, .arg = &to, .e = e, .below = LAKE_ORPHANS};
    char path[LAKE_PATH_BYTES];
    lake_path(l, LAKE_ORPHANS, path);
    return !fs_exists(l->opts.fs, path) || walk_dir(&w) || to.is_enough;
}

/* ---- looking, without opening: for doctor ----------------------------------------------------------------------------------- */

enum { FRESH_MS = 10 * 60 * 1000 }; /* a file this young may be on its way into the store */

struct look {
    struct named named;
    const struct lake_look *q;
    struct lake_looked *out;
    struct buf lost; /* paths, a NUL behind each */
};

static bool has_path(const struct buf *paths, const char *path)
{
    for (const char *p = paths->p; p < paths->p + paths->n; p += strlen(p) + 1)
        if (strcmp(p, path) == 0) return true;
    return false;
}

static bool look_at_named(void *arg, const struct lake_file_record *r)
{
    struct look *k = arg;
    struct err lost;
    k->out->files++;
    k->out->bytes += r->bytes;
    if (r->written.ticks >= wall_add(k->q->now, -WALL_TICKS_PER_DAY).ticks) k->out->day_bytes += r->bytes;
    if (str_starts(str_of(r->path), STR(LAKE_DEAD "/"))) k->out->dead += r->events;
    if (!is_there(k->named.lake, r, &lost)) (void)gather_path(&k->lost, r->path);
    k->named.failed = !keep_name(&k->named, r->path);
    return !k->named.failed;
}

/* A fold may have taken a file's name out and removed it meanwhile: only what is still named is missing. */
static bool look_again(void *arg, const struct lake_file_record *r)
{
    struct look *k = arg;
    struct err lost;
    if (has_path(&k->lost, r->path) && !is_there(k->named.lake, r, &lost)) k->q->missing(k->q->arg, r->path, &lost);
    return true;
}

static bool count_unnamed(void *arg, const char *below, struct err *e)
{
    struct look *k = arg;
    char path[LAKE_PATH_BYTES];
    struct fs_stat st;
    struct lake *l = k->named.lake;
    if (is_named(&k->named, below)) return true;
    lake_path(l, below, path);
    if (!l->opts.fs.ops->stat(l->opts.fs.ctx, path, &st, e)) return false;
    bool is_fresh = k->q->is_served && st.modified_ms > wall_ms(k->q->now) - FRESH_MS;
    if (st.exists && !is_fresh) k->out->unnamed++;
    return true;
}

static bool count_orphan(void *arg, const char *path)
{
    (void)path;
    ((struct look *)arg)->out->orphans++;
    return true;
}

static bool look_at_all(struct look *k, struct lake *l, struct err *e)
{
    struct walk w = {.lake = l, .file = count_unnamed, .arg = k, .e = e};
    k->named = (struct named){.lake = l, .e = e};
    if (!store_lake_file_list(l->opts.store, look_at_named, k, e) || k->named.failed) return false;
    if (k->lost.failed) return err_set(e, &base_causes[BASE_NO_MEMORY], "looking at the lake");
    struct named *n = &k->named;
    if (n->count > 0) qsort(n->hashes, n->count, sizeof *n->hashes, by_hash);
    bool ok = l->opts.fs.ops->list(l->opts.fs.ctx, l->dir, walk_top, &w, e) && !w.failed &&
              lake_orphan_list(l, count_orphan, k, e);
    return ok && (k->lost.n == 0 || store_lake_file_list(l->opts.store, look_again, k, e));
}

/* One without an id is new, unless it holds events. */
static bool look_at_id(struct lake *l, struct err *e)
{
    char path[LAKE_PATH_BYTES];
    bool has_events = false;
    lake_path(l, ".lake-id", path);
    if (fs_exists(l->opts.fs, path)) return check_id(l, e);
    if (!l->opts.fs.ops->list(l->opts.fs.ctx, l->dir, see_class, &has_events, e)) return false;
    return !has_events || err_set(e, &lake_causes[LAKE_FOREIGN], "%s holds events but no id of a store", l->dir);
}

bool lake_look(const struct lake_look *q, struct lake_looked *out, struct err *e)
{
    struct lake *l = calloc(1, sizeof *l);
    struct look k = {.q = q, .out = out};
    *out = (struct lake_looked){0};
    if (l == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "looking at the lake");
    l->opts = (struct lake_opts){.fs = q->fs, .store = q->store};
    INVARIANT(str_copy(str_of(q->dir), l->dir, sizeof l->dir));
    buf_init(&k.lost, 0);
    bool ok = look_at_id(l, e) && look_at_all(&k, l, e);
    buf_done(&k.lost);
    free(k.named.hashes);
    free(l);
    return ok;
}
