#include "flow/ingest/bytes/transfer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kit/sys/killpoint.h"

enum { CHUNK_BYTES = 64 << 10, PARTIAL_CONTENT = 206 };

struct chunk {
    char *p;
    size_t n, cap;
};
struct transfer {
    struct transfer_opts o;
    void (*done)(void *ctx, const struct transfer_end *end, const struct err *e);
    void *ctx;
    struct fetch_call *call; /* NULL: not begun, or ended */
    enum endpoint endpoint;
    struct chunk filling, writing;
    bool is_writing, is_held, is_cancelled;
    bool has_ended; /* the fetch has; its end or error stand below */
    struct transfer_end end;
    bool has_failed;
    struct err err;
    struct fs_file *file; /* worker's while is_writing */
    uint64_t file_bytes;
    bool write_ok;
    struct err write_err;
    char path[CONF_PATH_BYTES + 64];
};

struct transfer *transfer_new(const struct transfer_opts *o,
                              void (*done)(void *ctx, const struct transfer_end *end, const struct err *e), void *ctx)
{
    struct transfer *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->o = *o;
    t->done = done;
    t->ctx = ctx;
    (void)snprintf(t->path, sizeof t->path, "%s/answer-%" PRIu64, o->spool_dir, o->number);
    return t;
}

void transfer_free(struct transfer *t)
{
    if (!t) return;
    if (t->file) {
        t->o.fs.ops->close(t->o.fs.ctx, t->file);
        (void)t->o.fs.ops->remove(t->o.fs.ctx, t->path, NULL);
    }
    free(t->filling.p);
    free(t->writing.p);
    free(t);
}

static void free_run(void *arg)
{
    transfer_free(arg);
}

static void free_done(void *arg)
{
    (void)arg;
}

void transfer_drop(struct transfer *t)
{
    if (!t) return;
    if (t->file)
        t->o.runtime.work(t->o.runtime.ctx, free_run, free_done, t);
    else
        transfer_free(t);
}

void transfer_cancel(struct transfer *t)
{
    if (!t) return;
    if (t->call) t->o.fetcher.cancel(t->o.fetcher.ctx, t->call);
    t->call = NULL;
    t->is_cancelled = true;
    if (!t->is_writing) transfer_drop(t); /* else when the write is done */
}

/* The end is told once the last write is over. */
static void tell_end(struct transfer *t)
{
    if (!t->has_ended || t->is_writing || t->is_cancelled) return;
    t->done(t->ctx, &t->end, t->has_failed ? &t->err : NULL);
}

/* ---- to the file ---------------------------------------------------------------------------------------------------------- */

static void write_run(void *arg)
{
    struct transfer *t = arg;
    const struct fs_ops *ops = t->o.fs.ops;
    t->write_ok = t->file || ops->open(t->o.fs.ctx, t->path, FS_WRITE, &t->file, &t->write_err);
    t->write_ok =
        t->write_ok && ops->write_at(t->o.fs.ctx, t->file, t->file_bytes, t->writing.p, t->writing.n, &t->write_err);
    KILL_POINT("spool.written");
}

static void fail(struct transfer *t, const struct err *e)
{
    if (t->call) t->o.fetcher.cancel(t->o.fetcher.ctx, t->call);
    t->call = NULL;
    t->has_ended = t->has_failed = true;
    t->err = *e;
}

static void write_done(void *arg)
{
    struct transfer *t = arg;
    t->is_writing = false;
    if (t->is_cancelled) {
        transfer_drop(t);
        return;
    }
    t->file_bytes += t->writing.n;
    t->writing.n = 0;
    if (!t->write_ok) {
        fail(t, &t->write_err);
    } else if (t->is_held && t->call) {
        t->is_held = false;
        t->o.fetcher.resume(t->o.fetcher.ctx, t->call);
    }
    tell_end(t);
}

static void write_filled(struct transfer *t)
{
    struct chunk empty = t->writing;
    t->writing = t->filling;
    t->filling = empty;
    t->is_writing = true;
    t->o.runtime.work(t->o.runtime.ctx, write_run, write_done, t);
}

/* ---- from the network ------------------------------------------------------------------------------------------------------ */

static bool chunk_add(struct chunk *c, const void *p, size_t n)
{
    if (c->n + n > c->cap) {
        size_t cap = c->cap == 0 && c->n + n <= CHUNK_BYTES / 8 ? CHUNK_BYTES / 8 : CHUNK_BYTES;
        if (cap < c->n + n) cap = c->n + n; /* a piece larger than a chunk: taken whole */
        char *bigger = realloc(c->p, cap);
        if (!bigger) return false;
        c->p = bigger;
        c->cap = cap;
    }
    memcpy(c->p + c->n, p, n);
    c->n += n;
    return true;
}

static bool on_body(void *ctx, const void *p, size_t n, bool is_gzip)
{
    struct transfer *t = ctx;
    t->end.is_gzip = is_gzip;
    if (t->filling.n && t->filling.n + n > CHUNK_BYTES) {
        if (t->is_writing) {
            t->is_held = true;
            return false;
        }
        write_filled(t);
    }
    if (!chunk_add(&t->filling, p, n)) {
        t->is_held = true; /* no memory now: hold, and try again when a write ends or the stall time is over */
        return false;
    }
    t->end.wire_bytes += n;
    return true;
}

/* A complete answer may have to wait for its turn, among thousands: it keeps no room that it does not need. */
static void shrink(struct transfer *t)
{
    char *fit = t->filling.n ? realloc(t->filling.p, t->filling.n) : NULL;
    if (!fit) return;
    t->filling.p = fit;
    t->filling.cap = t->filling.n;
}

size_t transfer_memory(const struct transfer *t)
{
    return sizeof *t + t->filling.cap + t->writing.cap;
}

static void note_end(struct transfer *t, const struct http_response *r)
{
    struct err lacks;
    t->end.status = r->status;
    if (t->end.wire_bytes) t->end.is_gzip = t->end.is_gzip || r->is_gzip;
    if (r->status != PARTIAL_CONTENT) return;
    defender_explain_partial(&endpoint_rows[t->endpoint], r, &lacks);
    (void)snprintf(t->end.lacks, sizeof t->end.lacks, "%s", lacks.text);
}

static void on_done(void *ctx, const struct http_response *r, const struct err *e)
{
    struct transfer *t = ctx;
    t->call = NULL;
    t->has_ended = true;
    if (r) note_end(t, r);
    if (e) {
        t->has_failed = true;
        t->err = *e;
    }
    shrink(t);
    tell_end(t);
}

void transfer_start(struct transfer *t, struct tenant *tenant, const struct fetch *f)
{
    struct fetch_handler h = {.ctx = t, .on_body = on_body, .on_done = on_done};
    t->endpoint = f->endpoint;
    t->call = t->o.fetcher.fetch(t->o.fetcher.ctx, tenant, f, &h);
}

bool transfer_read(struct transfer *t, uint64_t at, void *p, size_t n, size_t *got_out, struct err *e)
{
    if (at < t->file_bytes) {
        if (n > t->file_bytes - at) n = (size_t)(t->file_bytes - at);
        if (!t->o.fs.ops->read_at(t->o.fs.ctx, t->file, at, p, n, got_out, e)) return false;
        if (*got_out == 0)
            return err_set(e, &ingest_causes[INGEST_BAD_ANSWER], "spool file %s is shorter than written", t->path);
        return true;
    }
    size_t left = t->filling.n - (size_t)(at - t->file_bytes);
    *got_out = n < left ? n : left;
    if (*got_out) memcpy(p, t->filling.p + (at - t->file_bytes), *got_out);
    return true;
}
