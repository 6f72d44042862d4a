/* What an answer leaves for the commit. Rows of alerts can be long (an answer may hold 100 MB of them), and the commit needs
 * them once more for the store's revisions: past a quarter of a MiB they wait in a spool file. */
#include "flow/ingest/page/page.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TAIL_BYTES = 256 << 10 };

void staged_text_init(struct staged_text *t, struct fs fs, const char *spool_dir, uint64_t number)
{
    *t = (struct staged_text){.fs = fs};
    buf_init(&t->tail, 0);
    (void)snprintf(t->path, sizeof t->path, "%s/answer-%" PRIu64 "-rows", spool_dir, number);
}

static bool spill(struct staged_text *t, struct err *e)
{
    if (!t->file && !t->fs.ops->open(t->fs.ctx, t->path, FS_WRITE, &t->file, e)) return false;
    if (!t->fs.ops->write_at(t->fs.ctx, t->file, t->file_bytes, t->tail.p, t->tail.n, e)) return false;
    t->file_bytes += t->tail.n;
    buf_reset(&t->tail);
    return true;
}

bool staged_text_add(struct staged_text *t, struct str row, uint64_t *at_out, struct err *e)
{
    if (t->tail.n + row.n > TAIL_BYTES && t->tail.n && !spill(t, e)) return false;
    uint64_t at = t->file_bytes + t->tail.n;
    if (!buf_add_str(&t->tail, row))
        return err_set(e, &base_causes[BASE_NO_MEMORY], "staging a row of %zu bytes", row.n);
    *at_out = at;
    return true;
}

bool staged_text_read(struct staged_text *t, uint64_t at, size_t n, struct buf *out, struct err *e)
{
    size_t got;
    buf_reset(out);
    if (!buf_reserve(out, n)) return err_set(e, &base_causes[BASE_NO_MEMORY], "a staged row of %zu bytes", n);
    if (at >= t->file_bytes) return buf_add(out, t->tail.p + (at - t->file_bytes), n);
    if (!t->fs.ops->read_at(t->fs.ctx, t->file, at, out->p, n, &got, e)) return false;
    if (got != n)
        return err_set(e, &ingest_causes[INGEST_BAD_ANSWER], "spool file %s is shorter than written", t->path);
    out->n = n;
    return true;
}

static void text_done(struct staged_text *t)
{
    if (t->file) {
        t->fs.ops->close(t->fs.ctx, t->file);
        (void)t->fs.ops->remove(t->fs.ctx, t->path, NULL);
    }
    buf_done(&t->tail);
}

void staged_done(struct staged *s)
{
    log_batch_free(s->batch);
    columns_told_done(&s->columns);
    for (size_t i = 0; i < s->put_count; i++) free(s->puts[i].fresh);
    free(s->puts);
    free(s->revisions);
    text_done(&s->text);
    buf_done(&s->dead);
    *s = (struct staged){0};
}

uint64_t staged_bytes(const struct staged *s)
{
    uint64_t n = s->text.tail.cap + s->dead.cap + s->revision_cap * sizeof *s->revisions + (s->batch ? 1 << 20 : 0);
    for (size_t i = 0; i < s->put_count; i++) n += s->puts[i].cap * sizeof *s->puts[i].fresh;
    return n;
}
