/* Why a VFS of our own, and what it does beyond passing calls on:
 *
 * - No shared memory and no file locks: the database is opened in exclusive locking mode by the one process that holds the
 *   data folder's lock, and SQLite then keeps the index of its write-ahead log in memory.
 * - As there are no file locks, a curious `sqlite3 store.db` beside a running service would take itself for the only user,
 *   and at its end fold away and delete the write-ahead log that we still write to. So that log has another name on disk
 *   (".log" behind "-wal"), which no other program looks for.
 * - A name is made durable with the first sync of each file we open, and every deletion at once; SQLite leaves the former
 *   to the VFS, and asks for the latter not always.
 * - A failed commit is taken back (vfs_cut_back). When the sync of a commit fails, its frames are in the log file, perhaps
 *   on the disk, and a crash soon after would find them valid and the "failed" transaction committed, while our caller has
 *   acted on the failure. So the lowest place written since the last good end is remembered and the log cut off there.
 *   SQLite never reads behind the last good frame, and a log that was begun anew (place 0) was folded into the database
 *   before, so nothing needed is lost. */
#include "state/store/vfs_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "kit/sys/causes.h"
#include "kit/sys/random.h"

enum { PATH_BYTES = 600, SECTOR_BYTES = 4096 };

struct vfs {
    sqlite3_vfs sqlite; /* pAppData points back */
    char name[48];
    struct fs fs;
    struct clock clock;
    struct err first_error;
    bool has_error;
    struct file *wal;        /* while open */
    uint64_t unsettled_from; /* lowest place of the log written since the last good end; UINT64_MAX: none */
};

struct file {
    sqlite3_file sqlite; /* first: SQLite sees this alone */
    struct vfs *vfs;
    struct fs_file *fs_file;
    char path[PATH_BYTES];
    bool is_wal;
    bool is_name_durable; /* in its folder; assumed of no file, as an earlier process may have died before its sync */
};

static int failed(struct vfs *v, const struct err *e, int code)
{
    if (!v->has_error) v->first_error = *e;
    v->has_error = true;
    return e->cause == &sys_causes[SYS_DISK_FULL] ? SQLITE_FULL : code;
}

/* The name on disk of what SQLite calls `name`. */
static bool disk_path(const char *name, char out[PATH_BYTES])
{
    bool is_wal = str_ends(str_of(name), STR("-wal"));
    int n = snprintf(out, PATH_BYTES, "%s%s", name, is_wal ? ".log" : "");
    return n > 0 && n < PATH_BYTES;
}

static int sync_folder(struct vfs *v, const char *path, int code)
{
    char folder[PATH_BYTES] = ".";
    struct err e;
    const char *slash = strrchr(path, '/');
    if (slash) (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return v->fs.ops->sync_dir(v->fs.ctx, folder, &e) ? SQLITE_OK : failed(v, &e, code);
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

static struct file *file_of(sqlite3_file *f)
{
    return (struct file *)f;
}

static int file_close(sqlite3_file *sf)
{
    struct file *f = file_of(sf);
    if (f->vfs->wal == f) f->vfs->wal = NULL;
    f->vfs->fs.ops->close(f->vfs->fs.ctx, f->fs_file);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *sf, void *p, int n, sqlite3_int64 at)
{
    struct file *f = file_of(sf);
    struct err e;
    size_t got = 0;
    if (!f->vfs->fs.ops->read_at(f->vfs->fs.ctx, f->fs_file, (uint64_t)at, p, (size_t)n, &got, &e))
        return failed(f->vfs, &e, SQLITE_IOERR_READ);
    if (got == (size_t)n) return SQLITE_OK;
    memset((char *)p + got, 0, (size_t)n - got); /* SQLite relies on it */
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *sf, const void *p, int n, sqlite3_int64 at)
{
    struct file *f = file_of(sf);
    struct vfs *v = f->vfs;
    struct err e;
    if (!v->fs.ops->write_at(v->fs.ctx, f->fs_file, (uint64_t)at, p, (size_t)n, &e))
        return failed(v, &e, SQLITE_IOERR_WRITE);
    if (f->is_wal && (uint64_t)at < v->unsettled_from) v->unsettled_from = (uint64_t)at;
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *sf, sqlite3_int64 bytes)
{
    struct file *f = file_of(sf);
    struct err e;
    return f->vfs->fs.ops->truncate(f->vfs->fs.ctx, f->fs_file, (uint64_t)bytes, &e)
               ? SQLITE_OK
               : failed(f->vfs, &e, SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *sf, int flags)
{
    struct file *f = file_of(sf);
    struct err e;
    (void)flags; /* data alone or all: we always sync all */
    if (!f->vfs->fs.ops->sync(f->vfs->fs.ctx, f->fs_file, &e)) return failed(f->vfs, &e, SQLITE_IOERR_FSYNC);
    int rc = f->is_name_durable ? SQLITE_OK : sync_folder(f->vfs, f->path, SQLITE_IOERR_DIR_FSYNC);
    if (rc == SQLITE_OK) f->is_name_durable = true;
    return rc;
}

static int file_size(sqlite3_file *sf, sqlite3_int64 *out)
{
    struct file *f = file_of(sf);
    struct err e;
    uint64_t bytes = 0;
    if (!f->vfs->fs.ops->size(f->vfs->fs.ctx, f->fs_file, &bytes, &e)) return failed(f->vfs, &e, SQLITE_IOERR_FSTAT);
    *out = (sqlite3_int64)bytes;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *f, int level)
{
    (void)f, (void)level;
    return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_bytes(sqlite3_file *f)
{
    (void)f;
    return SECTOR_BYTES;
}

/* A write never damages bytes beside it: what every disk since 2010 promises, and SQLite's own default. */
static int file_characteristics(sqlite3_file *f)
{
    (void)f;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1, /* no shared memory, no memory maps */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_bytes,
    .xDeviceCharacteristics = file_characteristics,
};

/* ---- the disk --------------------------------------------------------------------------------------------------------- */

static struct vfs *vfs_of(sqlite3_vfs *v)
{
    return v->pAppData;
}

static int disk_open(sqlite3_vfs *sv, const char *name, sqlite3_file *sf, int flags, int *flags_out)
{
    struct vfs *v = vfs_of(sv);
    struct file *f = file_of(sf);
    struct err e;
    *f = (struct file){.vfs = v, .is_wal = (flags & SQLITE_OPEN_WAL) != 0};
    if (name == NULL || !disk_path(name, f->path))
        return SQLITE_CANTOPEN; /* temporary files stay in memory (sqlite.c) */
    bool may_write = (flags & SQLITE_OPEN_CREATE) || ((flags & SQLITE_OPEN_READWRITE) && fs_exists(v->fs, f->path));
    enum fs_mode mode = may_write ? FS_WRITE : FS_READ;
    if (!v->fs.ops->open(v->fs.ctx, f->path, mode, &f->fs_file, &e)) return failed(v, &e, SQLITE_CANTOPEN);
    if (f->is_wal) v->wal = f;
    if (flags_out) *flags_out = flags;
    f->sqlite.pMethods = &file_methods;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *sv, const char *name, int sync_dir)
{
    struct vfs *v = vfs_of(sv);
    char path[PATH_BYTES];
    struct err e;
    (void)sync_dir; /* always: an old journal that comes back after a power cut would be played back */
    if (!disk_path(name, path)) return SQLITE_IOERR_DELETE;
    if (!v->fs.ops->remove(v->fs.ctx, path, &e)) return failed(v, &e, SQLITE_IOERR_DELETE);
    return sync_folder(v, path, SQLITE_IOERR_DIR_FSYNC);
}

static int disk_access(sqlite3_vfs *sv, const char *name, int flags, int *out)
{
    struct vfs *v = vfs_of(sv);
    char path[PATH_BYTES];
    struct fs_stat st = {0};
    struct err e;
    if (!disk_path(name, path)) return SQLITE_IOERR_ACCESS;
    if (!v->fs.ops->stat(v->fs.ctx, path, &st, &e)) return failed(v, &e, SQLITE_IOERR_ACCESS);
    *out = st.exists &&
           (flags != SQLITE_ACCESS_EXISTS || st.bytes > 0); /* an empty journal counts as none, as in SQLite's own */
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
    (void)v;
    return str_copy(str_of(name), out, (size_t)n) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int disk_randomness(sqlite3_vfs *v, int n, char *out)
{
    (void)v;
    random_bytes(out, (size_t)n);
    return n;
}

static int disk_sleep(sqlite3_vfs *v, int us)
{
    (void)v, (void)us; /* it would wait for locks alone, and there are none */
    return 0;
}

static int disk_time(sqlite3_vfs *sv, double *days_out)
{
    *days_out = 2440587.5 + (double)wall_ms(clock_wall(&vfs_of(sv)->clock)) / 86400000.0; /* Julian days */
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *v, int n, char *out)
{
    (void)v, (void)n, (void)out;
    return 0;
}

struct vfs *vfs_new(struct fs fs, struct clock clock)
{
    struct vfs *v = malloc(sizeof *v);
    if (v == NULL) return NULL;
    *v = (struct vfs){.fs = fs, .clock = clock, .unsettled_from = UINT64_MAX};
    (void)snprintf(v->name, sizeof v->name, "portcullis-%p", (void *)v);
    v->sqlite = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(struct file),
        .mxPathname = PATH_BYTES - 16,
        .zName = v->name,
        .pAppData = v,
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_path,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xCurrentTime = disk_time,
        .xGetLastError = disk_last_error,
    };
    if (sqlite3_vfs_register(&v->sqlite, 0) == SQLITE_OK) return v;
    free(v);
    return NULL;
}

void vfs_free(struct vfs *v)
{
    if (v == NULL) return;
    (void)sqlite3_vfs_unregister(&v->sqlite);
    free(v);
}

const char *vfs_name(const struct vfs *v)
{
    return v->name;
}

bool vfs_take_error(struct vfs *v, struct err *out)
{
    if (!v->has_error) return false;
    if (out) *out = v->first_error;
    v->has_error = false;
    return true;
}

void vfs_settled(struct vfs *v)
{
    v->unsettled_from = UINT64_MAX;
}

bool vfs_cut_back(struct vfs *v, struct err *e)
{
    if (v->wal && v->unsettled_from != UINT64_MAX &&
        !(v->fs.ops->truncate(v->fs.ctx, v->wal->fs_file, v->unsettled_from, e) &&
          v->fs.ops->sync(v->fs.ctx, v->wal->fs_file, e)))
        return false;
    vfs_settled(v);
    return true;
}
