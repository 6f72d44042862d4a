/* The journal's files: which segments there are, whether they form one chain, cutting it at its end and dropping at its
 * beginning. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/log/journal_int.h"

enum { NAME_DIGITS = 20 };

void segment_path(const struct log *l, uint64_t begin, char out[LOG_PATH_BYTES + 64])
{
    (void)snprintf(out, LOG_PATH_BYTES + 64, "%s/%020" PRIu64 ".seg", l->dir, begin);
}

static bool is_segment_name(const char *name, uint64_t *begin_out)
{
    struct str s = str_of(name);
    return s.n == NAME_DIGITS + 4 && str_ends(s, STR(".seg")) && str_to_u64(str_sub(s, 0, NAME_DIGITS), begin_out);
}

/* Under the mutex. */
static bool push(struct log *l, uint64_t begin)
{
    uint64_t *grown = realloc(l->begins, (l->segment_count + 1) * sizeof *grown);
    if (grown == NULL) return false;
    l->begins = grown;
    l->begins[l->segment_count++] = begin;
    return true;
}

struct listing {
    struct log *log;
    bool failed;
};

static bool take_name(void *arg, const char *name, bool is_dir)
{
    struct listing *to = arg;
    uint64_t begin;
    if (is_dir || !is_segment_name(name, &begin)) return true;
    to->failed = !push(to->log, begin);
    return !to->failed;
}

/* Names have all their digits, so the listing's bytewise order is that of positions. */
bool segments_list(struct log *l, struct err *e)
{
    struct listing to = {.log = l};
    l->segment_count = 0;
    if (!l->fs.ops->list(l->fs.ctx, l->dir, take_name, &to, e)) return false;
    return !to.failed || err_set(e, &base_causes[BASE_NO_MEMORY], "listing %s", l->dir);
}

static bool check_length(struct log *l, uint64_t begin, uint64_t want, bool is_last, struct err *e)
{
    char path[LOG_PATH_BYTES + 64];
    struct fs_stat st;
    segment_path(l, begin, path);
    if (!l->fs.ops->stat(l->fs.ctx, path, &st, e)) return false;
    if (!st.exists || st.bytes < want)
        return err_set(e, &log_causes[LOG_CORRUPT], "%s ends at byte %" PRIu64 ", where %" PRIu64 " bytes were safe",
                       path, st.bytes, want);
    if (!is_last && st.bytes > want)
        return err_set(e, &log_causes[LOG_CORRUPT], "%s is longer than byte %" PRIu64 ", where the next segment begins",
                       path, want);
    return true;
}

bool segments_check(struct log *l, uint64_t named_end, struct err *e)
{
    size_t count = 0;
    while (count < l->segment_count && l->begins[count] < named_end) count++;
    if (count == 0 && named_end > 0)
        return err_set(e, &log_causes[LOG_CORRUPT],
                       "%s holds no segment before position %" PRIu64 ", which the store names", l->dir, named_end);
    for (size_t i = 0; i < count; i++) {
        uint64_t end = i + 1 < count ? l->begins[i + 1] : named_end;
        if (!check_length(l, l->begins[i], end - l->begins[i], i + 1 == count, e)) return false;
    }
    return true;
}

static void close_tail(struct log *l)
{
    if (l->tail != NULL) l->fs.ops->close(l->fs.ctx, l->tail);
    l->tail = NULL;
}

static bool open_tail(struct log *l, uint64_t begin, uint64_t bytes, struct err *e)
{
    char path[LOG_PATH_BYTES + 64];
    uint64_t size;
    segment_path(l, begin, path);
    close_tail(l);
    if (!l->fs.ops->open(l->fs.ctx, path, FS_WRITE, &l->tail, e)) {
        l->tail = NULL;
        return false;
    }
    return l->fs.ops->size(l->fs.ctx, l->tail, &size, e) &&
           (size == bytes || l->fs.ops->truncate(l->fs.ctx, l->tail, bytes, e));
}

/* The folder is synced even if nothing was to cut: a process that died in the middle of this function may have removed a
 * segment without syncing, and one that comes back after a power cut would lie across the chain. The tail's new length need
 * not be: its next sync comes before anything counts that is appended to it or behind it. */
bool segments_cut(struct log *l, uint64_t named_end, struct err *e)
{
    char path[LOG_PATH_BYTES + 64];
    close_tail(l);
    while (l->segment_count > 0 && l->begins[l->segment_count - 1] >= named_end) {
        segment_path(l, l->begins[l->segment_count - 1], path);
        if (!l->fs.ops->remove(l->fs.ctx, path, e)) return false;
        pthread_mutex_lock(&l->mutex);
        l->segment_count--;
        pthread_mutex_unlock(&l->mutex);
    }
    if (!l->fs.ops->sync_dir(l->fs.ctx, l->dir, e)) return false;
    if (l->segment_count > 0) {
        uint64_t begin = l->begins[l->segment_count - 1];
        if (!open_tail(l, begin, named_end - begin, e)) return false;
    }
    pthread_mutex_lock(&l->mutex);
    l->end = named_end;
    pthread_mutex_unlock(&l->mutex);
    return true;
}

bool segments_start(struct log *l, uint64_t begin, struct err *e)
{
    if (!open_tail(l, begin, 0, e)) return false;
    pthread_mutex_lock(&l->mutex);
    bool ok = push(l, begin);
    pthread_mutex_unlock(&l->mutex);
    return ok || err_set(e, &base_causes[BASE_NO_MEMORY], "beginning a segment of the log");
}

bool segment_of(struct log *l, uint64_t position, uint64_t *begin_out)
{
    size_t low = 0;
    pthread_mutex_lock(&l->mutex);
    for (size_t high = l->segment_count; low < high;) {
        size_t middle = (low + high) / 2;
        if (l->begins[middle] <= position)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0) *begin_out = l->begins[low - 1];
    pthread_mutex_unlock(&l->mutex);
    return low > 0;
}

uint64_t log_begin(const struct log *l)
{
    struct log *shared = (struct log *)l; /* the mutex alone changes */
    pthread_mutex_lock(&shared->mutex);
    uint64_t begin = l->segment_count > 0 ? l->begins[0] : l->end;
    pthread_mutex_unlock(&shared->mutex);
    return begin;
}

/* ---- retention ------------------------------------------------------------------------------------------------------ */

/* The oldest segment and the one behind it; false: there is no such pair. */
static bool oldest_two(struct log *l, uint64_t *begin_out, uint64_t *next_out)
{
    pthread_mutex_lock(&l->mutex);
    bool has = l->segment_count > 1;
    if (has) {
        *begin_out = l->begins[0];
        *next_out = l->begins[1];
    }
    pthread_mutex_unlock(&l->mutex);
    return has;
}

/* When the rows of the segment before `begin` had all come: when the first of this one did. */
static bool came_by(struct log *l, uint64_t begin, struct wall *out, struct err *e)
{
    struct log_reader *r;
    struct frame_header h;
    bool has_frame;
    if (!log_reader_new(l, begin, &r, e)) return false;
    bool ok = reader_load(r, log_end(l), &h, &has_frame, e);
    log_reader_free(r);
    if (!ok) return false;
    INVARIANT(has_frame); /* a segment is begun with its first frame */
    *out = h.origin.received;
    return true;
}

/* Made durable before the next one goes: if the power took back this removal and kept the next, there would be a gap. */
static bool drop_oldest(struct log *l, uint64_t begin, struct err *e)
{
    char path[LOG_PATH_BYTES + 64];
    segment_path(l, begin, path);
    pthread_mutex_lock(&l->mutex);
    l->segment_count--;
    memmove(l->begins, l->begins + 1, l->segment_count * sizeof *l->begins);
    pthread_mutex_unlock(&l->mutex);
    return l->fs.ops->remove(l->fs.ctx, path, e) && l->fs.ops->sync_dir(l->fs.ctx, l->dir, e);
}

static bool retain(struct log *l, struct wall now, int64_t keep_ms, uint64_t consumed, uint64_t *dropped_out,
                   struct err *e)
{
    uint64_t begin, next, dropped = 0;
    while (oldest_two(l, &begin, &next) && next <= consumed) {
        struct wall came;
        if (!came_by(l, next, &came, e)) return false;
        if (wall_ms(now) - wall_ms(came) <= keep_ms) break;
        if (!drop_oldest(l, begin, e)) return err_context(e, "dropping the oldest segment of the log");
        dropped += next - begin;
    }
    *dropped_out = dropped;
    return true;
}

bool log_retain(struct log *l, struct wall now, int64_t keep_ms, uint64_t consumed, uint64_t *dropped_out,
                struct err *e)
{
    pthread_mutex_lock(&l->change);
    bool ok = retain(l, now, keep_ms, consumed, dropped_out, e);
    pthread_mutex_unlock(&l->change);
    return ok;
}
