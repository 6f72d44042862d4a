/* Looking at a log without opening it: nothing is cut, made or removed. */
#include <stdlib.h>
#include <string.h>

#include "state/log/journal_int.h"

/* Rows from `from` on, at most so many bytes of them: both checksums of each frame. */
static bool read_frames(struct log *l, const struct log_inspection *q, struct log_inspected *out, struct err *e)
{
    struct log_reader *r;
    struct frame_header h;
    bool has_frame = true;
    if (!log_reader_new(l, q->from, &r, e)) return false;
    bool ok = true;
    while (ok && has_frame && out->checked < q->bytes_max) {
        ok = reader_load(r, q->named_end, &h, &has_frame, e);
        if (!ok || !has_frame) break;
        if (out->checked == 0) out->oldest = h.origin.received;
        out->checked += FRAME_HEADER_BYTES + h.payload_bytes;
    }
    log_reader_free(r);
    return ok;
}

static bool inspect(struct log *l, const struct log_inspection *q, struct log_inspected *out, struct err *e)
{
    if (!fs_exists(l->fs, l->dir))
        return q->named_end == 0 ||
               err_set(e, &log_causes[LOG_CORRUPT], "%s is not there, and the store names rows in it", l->dir);
    if (!segments_list(l, e) || !segments_check(l, q->named_end, e)) return false;
    l->end = q->named_end;
    *out = (struct log_inspected){.bytes = q->named_end - log_begin(l)};
    return read_frames(l, q, out, e);
}

bool log_inspect(struct fs fs, const char *dir, const struct log_inspection *q, struct log_inspected *out,
                 struct err *e)
{
    struct log *l = calloc(1, sizeof *l);
    if (l == NULL) return err_set(e, &base_causes[BASE_NO_MEMORY], "looking at the log");
    l->fs = fs;
    pthread_mutex_init(&l->change, NULL);
    pthread_mutex_init(&l->mutex, NULL);
    INVARIANT(str_copy(str_of(dir), l->dir, sizeof l->dir));
    *out = (struct log_inspected){0};
    /* A running service may have dropped its oldest segment between listing and looking. */
    bool ok = false;
    for (int tries = 0; tries < 2 && !ok; tries++) ok = inspect(l, q, out, e);
    log_close(l);
    return ok;
}
