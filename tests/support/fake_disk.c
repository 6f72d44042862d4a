#include "fake_disk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_disk_int.h"
#include "kit/sys/causes.h"

struct fs_file {
    struct inode *inode;
    unsigned life;
    char *path;
};

/* ---- inodes and names ------------------------------------------------------------------------------------------------ */

static void *grown(void *p, size_t n)
{
    p = realloc(p, n);
    INVARIANT(p != NULL);
    return p;
}

void content_resize(struct content *c, uint64_t n)
{
    if (n > c->cap) {
        c->cap = n + n / 2 + 64;
        c->p = grown(c->p, c->cap);
    }
    if (n > c->n) memset(c->p + c->n, 0, n - c->n);
    c->n = n;
}

void inode_mark(struct inode *f, uint64_t from, uint64_t to, enum sector_state state)
{
    uint64_t end = (to + SECTOR_BYTES - 1) / SECTOR_BYTES;
    if (end > f->sector_count) {
        f->sectors = grown(f->sectors, end);
        memset(f->sectors + f->sector_count, SECTOR_CLEAN, end - f->sector_count);
        f->sector_count = end;
    }
    for (uint64_t s = from / SECTOR_BYTES; s < end; s++) f->sectors[s] = (uint8_t)state;
}

static struct inode *inode_new(struct fake_disk *d, bool is_dir)
{
    struct inode *f = calloc(1, sizeof *f);
    INVARIANT(f != NULL);
    f->is_dir = is_dir;
    f->next = d->inodes;
    d->inodes = f;
    return f;
}

struct name *name_find(struct fake_disk *d, const char *path, bool create)
{
    size_t low = 0, high = d->name_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(d->names[middle].path, path);
        if (order == 0) return &d->names[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!create) return NULL;
    d->names = grown(d->names, (d->name_count + 1) * sizeof *d->names);
    memmove(&d->names[low + 1], &d->names[low], (d->name_count - low) * sizeof *d->names);
    d->name_count++;
    d->names[low] = (struct name){.path = strdup(path)};
    return &d->names[low];
}

static struct inode *lookup(struct fake_disk *d, const char *path)
{
    struct name *n = name_find(d, path, false);
    return n == NULL ? NULL : n->live;
}

bool path_is_in(const char *path, const char *dir)
{
    size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
    return strncmp(path, dir, n) == 0 && path[n] == '/' && path[n + 1] != '\0' && strchr(path + n + 1, '/') == NULL;
}

void change_drop(struct fake_disk *d, size_t i)
{
    free(d->changes[i].path);
    free(d->changes[i].to);
    memmove(&d->changes[i], &d->changes[i + 1], (d->change_count - i - 1) * sizeof *d->changes);
    d->change_count--;
}

static void change_add(struct fake_disk *d, enum change_kind kind, const char *path, const char *to,
                       struct inode *inode)
{
    d->changes = grown(d->changes, (d->change_count + 1) * sizeof *d->changes);
    d->changes[d->change_count++] = (struct change){kind, strdup(path), to == NULL ? NULL : strdup(to), inode};
}

static void name_set(struct fake_disk *d, const char *path, struct inode *inode)
{
    name_find(d, path, true)->live = inode;
    change_add(d, CHANGE_SET, path, NULL, inode);
}

/* "/a//b/" becomes "/a/b". */
static char *tidy(const char *path)
{
    char *out = strdup(path), *w = out;
    INVARIANT(out != NULL && path[0] == '/');
    for (const char *p = path; *p != '\0'; p++)
        if (*p != '/' || (p[1] != '/' && p[1] != '\0')) *w++ = *p;
    if (w == out) *w++ = '/';
    *w = '\0';
    return out;
}

static bool is_dir(struct fake_disk *d, const char *path)
{
    struct inode *f = lookup(d, path);
    return strcmp(path, "/") == 0 || (f != NULL && f->is_dir);
}

static bool has_parent(struct fake_disk *d, const char *path)
{
    char *up = strdup(path), *slash = strrchr(up, '/');
    slash[slash == up ? 1 : 0] = '\0';
    bool has = is_dir(d, up);
    free(up);
    return has;
}

/* ---- faults ----------------------------------------------------------------------------------------------------------- */

static bool no_power(struct fake_disk *d, const char *path, struct err *e)
{
    return !d->is_off || err_set(e, &sys_causes[SYS_IO], "%s: the power is out", path);
}

static bool fault_meets(struct fake_disk *d, const char *path, struct err *e)
{
    d->has_failed = true;
    d->fail_at = 0;
    switch (d->fault) {
    case FAKE_FULL: return err_set(e, &sys_causes[SYS_DISK_FULL], "%s: no space left on device", path);
    case FAKE_POWER: d->is_off = true; return no_power(d, path, e);
    default: return err_set(e, &sys_causes[SYS_IO], "%s: input/output error", path);
    }
}

/* Every changing call begins here: counted, and refused when its turn to fail has come. */
static bool change_begins(struct fake_disk *d, const char *verb, const char *path, struct err *e)
{
    if (!no_power(d, path, e)) return false;
    if (d->is_read_only) return err_set(e, &sys_causes[SYS_READ_ONLY], "%s %s: permission denied", verb, path);
    d->operations++;
    (void)snprintf(d->last, sizeof d->last, "%s %s", verb, path);
    return d->fail_at != d->operations || fault_meets(d, path, e);
}

static bool file_lives(struct fake_disk *d, const struct fs_file *f, struct err *e)
{
    if (!no_power(d, f->path, e)) return false;
    return f->life == d->life || err_set(e, &sys_causes[SYS_IO], "%s: opened before the restart", f->path);
}

static bool has_room(struct fake_disk *d, uint64_t more, const char *path, struct err *e)
{
    uint64_t used = more;
    if (d->capacity == 0) return true;
    for (size_t i = 0; i < d->name_count; i++) used += d->names[i].live == NULL ? 0 : d->names[i].live->live.n;
    return used <= d->capacity || err_set(e, &sys_causes[SYS_DISK_FULL], "%s: no space left on device", path);
}

/* ---- the calls, each under the mutex ----------------------------------------------------------------------------------- */

static bool open_locked(struct fake_disk *d, const char *path, enum fs_mode mode, struct inode **out, struct err *e)
{
    struct inode *f = lookup(d, path);
    if (!no_power(d, path, e)) return false;
    if (f == NULL && mode != FS_READ) {
        if (!change_begins(d, "create", path, e)) return false;
        if (!has_parent(d, path)) return err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: its folder does not exist", path);
        f = inode_new(d, false);
        name_set(d, path, f);
    } else if (f == NULL || f->is_dir) {
        return err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: no such file", path);
    } else if (mode == FS_CREATE_NEW) {
        return err_set(e, &sys_causes[SYS_EXISTS], "%s: exists", path);
    } else if (mode == FS_WRITE && d->is_read_only) {
        return err_set(e, &sys_causes[SYS_READ_ONLY], "%s: permission denied", path);
    }
    *out = f;
    return true;
}

static bool fake_open(void *ctx, const char *path, enum fs_mode mode, struct fs_file **out, struct err *e)
{
    struct fake_disk *d = ctx;
    struct inode *inode = NULL;
    char *clean = tidy(path);
    pthread_mutex_lock(&d->mutex);
    bool ok = open_locked(d, clean, mode, &inode, e);
    if (ok) {
        *out = grown(NULL, sizeof **out);
        **out = (struct fs_file){inode, d->life, clean};
    }
    pthread_mutex_unlock(&d->mutex);
    if (!ok) free(clean);
    return ok;
}

static void fake_close(void *ctx, struct fs_file *f)
{
    (void)ctx;
    if (f == NULL) return;
    free(f->path);
    free(f);
}

static bool fake_read_at(void *ctx, struct fs_file *f, uint64_t at, void *p, size_t n, size_t *got_out, struct err *e)
{
    struct fake_disk *d = ctx;
    pthread_mutex_lock(&d->mutex);
    bool ok = file_lives(d, f, e);
    if (ok) {
        uint64_t left = at < f->inode->live.n ? f->inode->live.n - at : 0;
        *got_out = n < left ? n : (size_t)left;
        if (*got_out > 0) memcpy(p, f->inode->live.p + at, *got_out);
    }
    pthread_mutex_unlock(&d->mutex);
    return ok;
}

static void put(struct inode *f, uint64_t at, const void *p, size_t n)
{
    if (n == 0) return;
    inode_mark(f, at < f->live.n ? at : f->live.n, at + n, SECTOR_DIRTY);
    if (at + n > f->live.n) content_resize(&f->live, at + n);
    memcpy(f->live.p + at, p, n);
}

static bool write_locked(struct fake_disk *d, struct fs_file *f, uint64_t at, const void *p, size_t n, struct err *e)
{
    if (!file_lives(d, f, e)) return false;
    if (!change_begins(d, "write", f->path, e)) {
        if (d->has_failed) put(f->inode, at, p, d->fault == FAKE_POWER ? n : (size_t)rng_below(&d->rng, n + 1));
        return false;
    }
    uint64_t end = at + n;
    if (!has_room(d, end > f->inode->live.n ? end - f->inode->live.n : 0, f->path, e)) return false;
    put(f->inode, at, p, n);
    return true;
}

static bool fake_write_at(void *ctx, struct fs_file *f, uint64_t at, const void *p, size_t n, struct err *e)
{
    struct fake_disk *d = ctx;
    pthread_mutex_lock(&d->mutex);
    bool ok = write_locked(d, f, at, p, n, e);
    pthread_mutex_unlock(&d->mutex);
    return ok;
}

static void set_length(struct inode *f, uint64_t bytes)
{
    uint64_t low = bytes < f->live.n ? bytes : f->live.n;
    uint64_t high = bytes < f->live.n ? f->live.n : bytes;
    if (low != high) inode_mark(f, low, high, SECTOR_DIRTY);
    content_resize(&f->live, bytes);
}

static bool fake_truncate(void *ctx, struct fs_file *f, uint64_t bytes, struct err *e)
{
    struct fake_disk *d = ctx;
    pthread_mutex_lock(&d->mutex);
    bool ok = file_lives(d, f, e) && change_begins(d, "truncate", f->path, e);
    if (ok || (d->is_off && f->life == d->life && d->fault == FAKE_POWER)) set_length(f->inode, bytes);
    pthread_mutex_unlock(&d->mutex);
    return ok;
}

static bool fake_size(void *ctx, struct fs_file *f, uint64_t *bytes_out, struct err *e)
{
    struct fake_disk *d = ctx;
    pthread_mutex_lock(&d->mutex);
    bool ok = file_lives(d, f, e);
    if (ok) *bytes_out = f->inode->live.n;
    pthread_mutex_unlock(&d->mutex);
    return ok;
}

static bool fake_sync(void *ctx, struct fs_file *f, struct err *e)
{
    struct fake_disk *d = ctx;
    pthread_mutex_lock(&d->mutex);
    bool lives = file_lives(d, f, e);
    bool ok = lives && change_begins(d, "sync", f->path, e);
    if (ok)
        power_sync_file(f->inode);
    else if (lives && !d->is_off)
        power_lose_file(f->inode);
    pthread_mutex_unlock(&d->mutex);
    return ok;
}

static bool fake_sync_dir(void *ctx, const char *path, struct err *e)
{
    struct fake_disk *d = ctx;
    char *clean = tidy(path);
    pthread_mutex_lock(&d->mutex);
    bool ok = change_begins(d, "sync_dir", clean, e);
    if (ok && !is_dir(d, clean)) ok = err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: no such folder", clean);
    if (ok) power_sync_dir(d, clean);
    pthread_mutex_unlock(&d->mutex);
    free(clean);
    return ok;
}

static bool rename_locked(struct fake_disk *d, const char *from, const char *to, struct err *e)
{
    bool ok = change_begins(d, "rename", from, e);
    struct inode *f = lookup(d, from);
    if (!ok && !(d->is_off && d->has_failed)) return false;
    if (f == NULL || !has_parent(d, to))
        return ok && err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: no such file or folder", from);
    INVARIANT(!f->is_dir); /* nobody here renames folders */
    name_find(d, to, true)->live = f;
    name_find(d, from, true)->live = NULL;
    change_add(d, CHANGE_RENAME, from, to, f);
    return ok;
}

static bool fake_rename(void *ctx, const char *from, const char *to, struct err *e)
{
    struct fake_disk *d = ctx;
    char *a = tidy(from), *b = tidy(to);
    pthread_mutex_lock(&d->mutex);
    bool was_off = d->is_off;
    bool ok = was_off ? no_power(d, a, e) : rename_locked(d, a, b, e);
    pthread_mutex_unlock(&d->mutex);
    free(a);
    free(b);
    return ok;
}

static bool fake_remove(void *ctx, const char *path, struct err *e)
{
    struct fake_disk *d = ctx;
    char *clean = tidy(path);
    pthread_mutex_lock(&d->mutex);
    bool was_off = d->is_off, ok = no_power(d, clean, e);
    if (ok && lookup(d, clean) != NULL) {
        ok = change_begins(d, "remove", clean, e);
        if (ok || (!was_off && d->is_off)) name_set(d, clean, NULL);
    }
    pthread_mutex_unlock(&d->mutex);
    free(clean);
    return ok;
}

static bool make_dirs_locked(struct fake_disk *d, char *path, struct err *e)
{
    if (is_dir(d, path)) return no_power(d, path, e);
    if (!change_begins(d, "make_dirs", path, e)) return false;
    for (char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        char kept = *p;
        *p = '\0';
        if (!is_dir(d, path)) name_set(d, path, inode_new(d, true));
        *p = kept;
        if (kept == '\0') return true;
    }
}

static bool fake_make_dirs(void *ctx, const char *path, struct err *e)
{
    struct fake_disk *d = ctx;
    char *clean = tidy(path);
    pthread_mutex_lock(&d->mutex);
    bool ok = make_dirs_locked(d, clean, e);
    pthread_mutex_unlock(&d->mutex);
    free(clean);
    return ok;
}

static bool fake_stat(void *ctx, const char *path, struct fs_stat *out, struct err *e)
{
    struct fake_disk *d = ctx;
    char *clean = tidy(path);
    pthread_mutex_lock(&d->mutex);
    struct inode *f = lookup(d, clean);
    bool ok = no_power(d, clean, e);
    if (ok) {
        *out = (struct fs_stat){.exists = f != NULL || is_dir(d, clean), .is_dir = is_dir(d, clean)};
        if (f != NULL) out->bytes = f->live.n;
    }
    pthread_mutex_unlock(&d->mutex);
    free(clean);
    return ok;
}

struct listed {
    char *name;
    bool is_dir;
};

static size_t list_locked(struct fake_disk *d, const char *dir, struct listed **out)
{
    size_t count = 0;
    for (size_t i = 0; i < d->name_count; i++) {
        if (d->names[i].live == NULL || !path_is_in(d->names[i].path, dir)) continue;
        *out = grown(*out, (count + 1) * sizeof **out);
        (*out)[count++] = (struct listed){strdup(strrchr(d->names[i].path, '/') + 1), d->names[i].live->is_dir};
    }
    return count;
}

/* The names are gathered first: `each` may change the folder. */
static bool fake_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name, bool is_dir), void *arg,
                      struct err *e)
{
    struct fake_disk *d = ctx;
    struct listed *found = NULL;
    char *clean = tidy(path);
    pthread_mutex_lock(&d->mutex);
    bool ok = no_power(d, clean, e);
    if (ok && !is_dir(d, clean)) ok = err_set(e, &sys_causes[SYS_NOT_FOUND], "%s: no such folder", clean);
    size_t count = ok ? list_locked(d, clean, &found) : 0;
    pthread_mutex_unlock(&d->mutex);
    bool more = true;
    for (size_t i = 0; i < count; i++) {
        if (more) more = each(arg, found[i].name, found[i].is_dir);
        free(found[i].name);
    }
    free(found);
    free(clean);
    return ok;
}

static bool fake_free_bytes(void *ctx, const char *path, uint64_t *out, struct err *e)
{
    struct fake_disk *d = ctx;
    struct err ignored;
    pthread_mutex_lock(&d->mutex);
    bool ok = no_power(d, path, e);
    if (ok) {
        uint64_t step = d->capacity;
        *out = d->capacity == 0 ? UINT64_MAX / 2 : 0;
        for (; step > 0; step /= 2)
            if (has_room(d, *out + step, path, &ignored)) *out += step;
    }
    pthread_mutex_unlock(&d->mutex);
    return ok;
}

static const struct fs_ops fake_ops = {
    .open = fake_open,
    .close = fake_close,
    .read_at = fake_read_at,
    .write_at = fake_write_at,
    .truncate = fake_truncate,
    .size = fake_size,
    .sync = fake_sync,
    .sync_dir = fake_sync_dir,
    .rename = fake_rename,
    .remove = fake_remove,
    .make_dirs = fake_make_dirs,
    .stat = fake_stat,
    .list = fake_list,
    .free_bytes = fake_free_bytes,
};

/* ---- the face ---------------------------------------------------------------------------------------------------------- */

struct fake_disk *fake_disk_new(uint64_t seed)
{
    struct fake_disk *d = calloc(1, sizeof *d);
    INVARIANT(d != NULL);
    pthread_mutex_init(&d->mutex, NULL);
    rng_seed(&d->rng, seed);
    return d;
}

void fake_disk_free(struct fake_disk *d)
{
    if (d == NULL) return;
    while (d->change_count > 0) change_drop(d, d->change_count - 1);
    free(d->changes);
    for (size_t i = 0; i < d->name_count; i++) free(d->names[i].path);
    free(d->names);
    while (d->inodes != NULL) {
        struct inode *f = d->inodes;
        d->inodes = f->next;
        free(f->live.p);
        free(f->disk.p);
        free(f->sectors);
        free(f);
    }
    pthread_mutex_destroy(&d->mutex);
    free(d);
}

struct fs fake_disk_fs(struct fake_disk *d)
{
    return (struct fs){&fake_ops, d};
}

void fake_disk_fail_at(struct fake_disk *d, uint64_t nth, enum fake_fault fault)
{
    d->fail_at = d->operations + nth;
    d->fault = fault;
    d->has_failed = false;
}

bool fake_disk_has_failed(const struct fake_disk *d)
{
    return d->has_failed;
}

uint64_t fake_disk_operations(const struct fake_disk *d)
{
    return d->operations;
}

const char *fake_disk_last_operation(const struct fake_disk *d)
{
    return d->last;
}

void fake_disk_cut_power(struct fake_disk *d)
{
    d->is_off = true;
}

void fake_disk_restart(struct fake_disk *d)
{
    power_cut(d);
    d->is_off = false;
    d->life++;
    d->fail_at = 0;
}

void fake_disk_set_capacity(struct fake_disk *d, uint64_t bytes)
{
    d->capacity = bytes;
}

void fake_disk_set_read_only(struct fake_disk *d, bool read_only)
{
    d->is_read_only = read_only;
}

bool fake_disk_damage(struct fake_disk *d, const char *path, uint64_t at)
{
    struct inode *f = lookup(d, path);
    if (f == NULL || at >= f->live.n || at >= f->disk.n) return false;
    f->live.p[at] ^= 0x5a;
    f->disk.p[at] = f->live.p[at];
    return true;
}
