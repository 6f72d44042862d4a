/* The journal: the log on one machine. Its life in one picture (all of it in docs/formats/journal.md):
 *
 *   <dir>/00000000000000000000.seg   a chain of segments of 64 MiB and a bit, each named by the position
 *   <dir>/00000000000067129344.seg   of its first byte, with nothing between them
 *
 *   segment:  frame frame frame ...  a frame never crosses into the next segment, so a whole segment can go
 *   frame:    header payload         frame.h; a header holds its position and two checksums
 *
 *             named end (store)      bytes before it were synced before the store's transaction named it
 *   ..........|++++++++              bytes behind it never were: cut off at open
 *
 * Commit is: append frames, sync the file (and the folder, for a new segment), then the store's transaction. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/sys/killpoint.h"
#include "state/log/journal_int.h"

const char *log_how_name(enum log_how how)
{
    static const char *const names[] = {[LOG_LIVE] = "live",
                                        [LOG_CATCH_UP] = "catch-up",
                                        [LOG_LOOK_BACK] = "look-back",
                                        [LOG_PULL] = "pull",
                                        [LOG_FILE] = "file"};
    INVARIANT((size_t)how < sizeof names / sizeof names[0]);
    return names[how];
}

/* ---- open ------------------------------------------------------------------------------------------------------------ */

struct sweep {
    struct log *log;
    struct err *e;
    bool failed;
};

static bool remove_spool_file(void *arg, const char *name, bool is_dir)
{
    struct sweep *s = arg;
    char path[LOG_PATH_BYTES + 300];
    if (is_dir || !str_ends(str_of(name), STR(".spool"))) return true;
    (void)snprintf(path, sizeof path, "%s/%s", s->log->spool_dir, name);
    s->failed = !s->log->fs.ops->remove(s->log->fs.ctx, path, s->e);
    return !s->failed;
}

static bool prepare_folders(struct log *l, struct err *e)
{
    char parent[LOG_PATH_BYTES];
    struct sweep s = {.log = l, .e = e};
    (void)snprintf(parent, sizeof parent, "%s", l->dir);
    char *slash = strrchr(parent, '/');
    if (slash != NULL) slash[slash == parent ? 1 : 0] = '\0';
    return l->fs.ops->make_dirs(l->fs.ctx, l->dir, e) &&
           l->fs.ops->sync_dir(l->fs.ctx, slash == NULL ? "." : parent, e) &&
           l->fs.ops->make_dirs(l->fs.ctx, l->spool_dir, e) &&
           l->fs.ops->list(l->fs.ctx, l->spool_dir, remove_spool_file, &s, e) && !s.failed;
}

/* The newest segment is where a crash can have done something; older ones were whole when the next began. */
static bool check_tail(struct log *l, struct err *e)
{
    struct log_reader *r;
    struct frame_header h;
    bool has_frame = true;
    if (l->segment_count == 0) return true;
    if (!log_reader_new(l, l->begins[l->segment_count - 1], &r, e)) return false;
    bool ok = true;
    while (ok && has_frame) ok = reader_load(r, l->end, &h, &has_frame, e);
    log_reader_free(r);
    return ok;
}

static bool recover(struct log *l, uint64_t named_end, struct err *e)
{
    return prepare_folders(l, e) && segments_list(l, e) && segments_check(l, named_end, e) &&
           segments_cut(l, named_end, e) && check_tail(l, e);
}

bool journal_open(struct fs fs, const char *dir, const char *spool_dir, uint64_t named_end, uint64_t segment_bytes,
                  struct log **out, struct err *e)
{
    struct log *l = calloc(1, sizeof *l);
    if (l == NULL || (l->codec = codec_new()) == NULL) {
        free(l);
        return err_set(e, &base_causes[BASE_NO_MEMORY], "opening the log");
    }
    l->fs = fs;
    l->segment_bytes = segment_bytes;
    pthread_mutex_init(&l->change, NULL);
    pthread_mutex_init(&l->mutex, NULL);
    INVARIANT(str_copy(str_of(dir), l->dir, sizeof l->dir) &&
              str_copy(str_of(spool_dir), l->spool_dir, sizeof l->spool_dir));
    if (!recover(l, named_end, e)) {
        log_close(l);
        return err_context(e, "opening the log");
    }
    *out = l;
    return true;
}

bool log_open(struct fs fs, const char *dir, const char *spool_dir, uint64_t named_end, struct log **out, struct err *e)
{
    return journal_open(fs, dir, spool_dir, named_end, SEGMENT_BYTES, out, e);
}

void log_close(struct log *l)
{
    if (l == NULL) return;
    if (l->tail != NULL) l->fs.ops->close(l->fs.ctx, l->tail);
    codec_free(l->codec);
    pthread_mutex_destroy(&l->mutex);
    pthread_mutex_destroy(&l->change);
    free(l->begins);
    free(l);
}

uint64_t log_end(const struct log *l)
{
    struct log *shared = (struct log *)l; /* the mutex alone changes */
    pthread_mutex_lock(&shared->mutex);
    uint64_t end = l->end;
    pthread_mutex_unlock(&shared->mutex);
    return end;
}

/* ---- append ---------------------------------------------------------------------------------------------------------- */

struct append {
    struct log *log;
    uint64_t at; /* where the next frame goes */
    bool has_new_name, sync_failed;
    struct buf copy; /* a frame out of the spool */
};

static bool sync_tail(struct append *a, struct err *e)
{
    a->sync_failed = !a->log->fs.ops->sync(a->log->fs.ctx, a->log->tail, e);
    return !a->sync_failed;
}

static bool roll_if_full(struct append *a, struct err *e)
{
    struct log *l = a->log;
    bool is_full = l->tail != NULL && a->at - l->begins[l->segment_count - 1] >= l->segment_bytes;
    if (l->tail != NULL && !is_full) return true;
    if (is_full && !sync_tail(a, e)) return false;
    a->has_new_name = true;
    return segments_start(l, a->at, e);
}

static bool put_frame(struct append *a, uint8_t *frame, size_t n, struct err *e)
{
    struct log *l = a->log;
    if (!roll_if_full(a, e)) return false;
    frame_header_place(frame, a->at);
    if (!l->fs.ops->write_at(l->fs.ctx, l->tail, a->at - l->begins[l->segment_count - 1], frame, n, e)) return false;
    a->at += n;
    return true;
}

static size_t frame_bytes(const uint8_t *frame)
{
    struct frame_header h;
    const char *fault = frame_header_read(frame, &h);
    INVARIANT(fault == NULL); /* we wrote it a moment ago */
    return FRAME_HEADER_BYTES + h.payload_bytes;
}

static bool put_staged(struct append *a, struct log_batch *b, struct err *e)
{
    for (size_t at = 0; at < b->staged.n;) {
        uint8_t *frame = (uint8_t *)b->staged.p + at;
        size_t n = frame_bytes(frame);
        if (!put_frame(a, frame, n, e)) return false;
        at += n;
    }
    return true;
}

static bool read_spool(struct append *a, struct log_batch *b, uint64_t at, void *p, size_t n, struct err *e)
{
    size_t got;
    if (!a->log->fs.ops->read_at(a->log->fs.ctx, b->spool, at, p, n, &got, e)) return false;
    return got == n || err_set(e, &log_causes[LOG_CORRUPT], "%s is shorter than what was written to it", b->spool_path);
}

/* The spool is another file on a disk that may fail: what comes back is checked before it becomes durable. */
static bool put_spooled(struct append *a, struct log_batch *b, struct err *e)
{
    for (uint64_t at = 0; at < b->spool_bytes;) {
        uint8_t head[FRAME_HEADER_BYTES];
        struct frame_header h;
        if (!read_spool(a, b, at, head, sizeof head, e)) return false;
        const char *fault = frame_header_read(head, &h);
        if (fault != NULL)
            return err_set(e, &log_causes[LOG_CORRUPT], "%s at byte %" PRIu64 ": %s", b->spool_path, at, fault);
        size_t n = sizeof head + h.payload_bytes;
        buf_reset(&a->copy);
        if (!buf_reserve(&a->copy, n)) return err_set(e, &base_causes[BASE_NO_MEMORY], "copying from the spool");
        if (!read_spool(a, b, at, a->copy.p, n, e)) return false;
        if (crc32c(0, a->copy.p + sizeof head, h.payload_bytes) != h.payload_crc)
            return err_set(e, &log_causes[LOG_CORRUPT], "%s at byte %" PRIu64 ": the rows fail their checksum",
                           b->spool_path, at);
        if (!put_frame(a, (uint8_t *)a->copy.p, n, e)) return false;
        at += n;
    }
    return true;
}

static bool put_batches(struct append *a, struct log_batch *const *batches, size_t count, struct err *e)
{
    struct log *l = a->log;
    for (size_t i = 0; i < count; i++) {
        INVARIANT(batches[i]->is_sealed && batches[i]->log == l);
        if (!put_spooled(a, batches[i], e) || !put_staged(a, batches[i], e)) return false;
    }
    if (a->at == l->end) return true; /* no rows at all */
    KILL_POINT("log.before_sync");
    if (!sync_tail(a, e)) return false;
    KILL_POINT("log.synced");
    if (!a->has_new_name) return true;
    a->sync_failed = !l->fs.ops->sync_dir(l->fs.ctx, l->dir, e);
    return !a->sync_failed;
}

/* Bytes behind the end would do no harm until a shorter append and a new segment leave them across the chain. */
static void undo(struct append *a)
{
    struct err ignored;
    a->log->is_read_only = a->sync_failed || !segments_cut(a->log, a->log->end, &ignored);
}

static bool refuse_read_only(const struct log *l, struct err *e)
{
    return err_set(e, &log_causes[LOG_READ_ONLY], "%s: an earlier write could not be made durable", l->dir);
}

static bool append_all(struct log *l, struct log_batch *const *batches, size_t count, uint64_t *end_out, struct err *e)
{
    struct append a = {.log = l, .at = l->end};
    if (l->is_read_only) return refuse_read_only(l, e);
    buf_init(&a.copy, FRAME_HEADER_BYTES + FRAME_PAYLOAD_BYTES_MAX);
    bool ok = put_batches(&a, batches, count, e);
    buf_done(&a.copy);
    if (!ok) {
        undo(&a);
        return err_context(e,
                           l->is_read_only ? "appending to the log (read-only from now on)" : "appending to the log");
    }
    pthread_mutex_lock(&l->mutex);
    l->end = a.at;
    pthread_mutex_unlock(&l->mutex);
    *end_out = a.at;
    return true;
}

bool log_append(struct log *l, struct log_batch *const *batches, size_t count, uint64_t *end_out, struct err *e)
{
    pthread_mutex_lock(&l->change);
    bool ok = append_all(l, batches, count, end_out, e);
    pthread_mutex_unlock(&l->change);
    return ok;
}

static bool cut(struct log *l, uint64_t named_end, struct err *e)
{
    if (l->is_read_only) return refuse_read_only(l, e);
    if (named_end > l->end)
        return err_set(e, &log_causes[LOG_CORRUPT],
                       "%s ends at %" PRIu64 ", before the end %" PRIu64 " that the store names", l->dir, l->end,
                       named_end);
    l->is_read_only = !segments_cut(l, named_end, e);
    return !l->is_read_only || err_context(e, "cutting the log");
}

bool log_cut(struct log *l, uint64_t named_end, struct err *e)
{
    pthread_mutex_lock(&l->change);
    bool ok = cut(l, named_end, e);
    pthread_mutex_unlock(&l->change);
    return ok;
}
