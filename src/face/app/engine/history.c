#include "face/app/engine/history.h"
#include "state/store/lake.h"

#include <string.h>

struct asked {
    const char *tenant_id, *source;
    struct wall from, to;
    bool (*each)(void *arg, struct hash128 identity, struct wall time);
    void *arg;
    bool ok; /* false: `each` has given up */
};

static bool is_asked(const struct asked *q, struct wall time)
{
    return time.ticks >= q->from.ticks && time.ticks < q->to.ticks;
}

static void tell(void *arg, struct hash128 identity, struct wall time)
{
    struct asked *q = arg;
    if (q->ok) q->ok = q->each(q->arg, identity, time);
}

static void tell_frame(struct asked *q, const struct log_frame *frame)
{
    if (strcmp(frame->origin.tenant_id, q->tenant_id) != 0 || strcmp(frame->origin.source, q->source) != 0) return;
    for (size_t k = 0; k < frame->row_count; k++)
        if (is_asked(q, frame->rows[k].time)) tell(q, frame->rows[k].identity, frame->rows[k].time);
}

static bool tell_log(struct installation *i, struct asked *q, uint64_t from, struct err *e)
{
    struct log_reader *reader = NULL;
    struct log_frame frame;
    uint64_t end = 0;
    bool has_frame = true;
    bool ok = store_log_end_get(i->store, &end, e) && log_reader_new(i->log, from, &reader, e);
    while (ok && has_frame && q->ok) {
        ok = log_reader_next(reader, end, &frame, &has_frame, e);
        if (ok && has_frame) tell_frame(q, &frame);
    }
    log_reader_free(reader);
    return ok;
}

/* The lake's offset is noted before its files are read: what is folded meanwhile is told twice rather than not at all. */
static bool rows(void *ctx, const char *tenant_id, const char *source, struct wall from, struct wall to,
                 bool (*each)(void *arg, struct hash128 identity, struct wall time), void *arg, struct err *e)
{
    struct installation *i = ctx;
    struct asked q = {
        .tenant_id = tenant_id, .source = source, .from = from, .to = to, .each = each, .arg = arg, .ok = true};
    uint64_t offset = lake_offset(i->lake);
    if (!tell_log(i, &q, offset, e) || !lake_identities(i->lake, tenant_id, source, from, to, tell, &q, e))
        return false;
    return q.ok || err_set(e, &base_causes[BASE_NO_MEMORY], "rebuilding fingerprints of %s", source);
}

struct ingest_history history_of(struct installation *i)
{
    return (struct ingest_history){.ctx = i, .rows = rows};
}
