#include "flow/ingest/commit/commit.h"

#include <stdlib.h>
#include <string.h>

#include "flow/ingest/commit/commit_int.h"
#include "kit/sys/killpoint.h"
#include "state/store/lake.h"

enum { COMMIT_INTERVAL_MS = 1000, STAGED_BYTES_EAGER = 16 << 20 };

void commit_item_free(struct commit_item *item)
{
    if (!item) return;
    staged_done(&item->staged);
    buf_done(&item->state);
    verdict_news_done(&item->news);
    free(item);
}

static void on_timer(void *arg);

struct committer *committer_new(const struct committer_opts *o)
{
    struct committer *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->o = *o;
    c->last = &c->first;
    c->timer = o->runtime.timer_new(o->runtime.ctx, on_timer, c);
    c->started_at.ms = clock_mono(&o->clock).ms - COMMIT_INTERVAL_MS;
    return c;
}

void committer_free(struct committer *c)
{
    if (!c) return;
    INVARIANT(!c->is_running);
    c->o.runtime.timer_free(c->o.runtime.ctx, c->timer);
    while (c->first) {
        struct commit_item *item = c->first;
        c->first = item->next;
        commit_item_free(item);
    }
    free(c);
}

bool committer_is_idle(const struct committer *c)
{
    return !c->first && !c->is_running;
}

uint64_t committer_bytes(const struct committer *c)
{
    return c->bytes;
}

void committer_counts(const struct committer *c, uint64_t *commits_out, uint64_t *failed_out)
{
    *commits_out = c->commits;
    *failed_out = c->failed;
}

/* ---- on the worker ---------------------------------------------------------------------------------------------------------- */

/* Before anything new: what a failed commit left behind. */
static bool recover(struct committer *c, struct err *e)
{
    uint64_t named;
    if (!c->is_unclear) return true;
    if (!store_log_end_get(c->o.store, &named, e) || !log_cut(c->o.log, named, e)) return false;
    c->is_unclear = false;
    return true;
}

static bool append(struct committer *c, uint64_t *end_out, struct err *e)
{
    size_t count = 0, n = 0;
    for (struct commit_item *i = c->group; i; i = i->next) count += !i->is_gone && i->staged.batch;
    struct log_batch **batches = calloc(count + c->own.tenant_count + 1, sizeof(struct log_batch *));
    if (!batches) return err_set(e, &base_causes[BASE_NO_MEMORY], "commit of %zu batches", count);
    for (struct commit_item *i = c->group; i; i = i->next)
        if (!i->is_gone && i->staged.batch) batches[n++] = i->staged.batch;
    for (size_t i = 0; i < c->own.tenant_count; i++) batches[n++] = c->own.tenants[i].batch;
    KILL_POINT("commit.before_append");
    bool ok = log_append(c->o.log, batches, n, end_out, e);
    KILL_POINT("commit.appended");
    free(batches);
    return ok;
}

static bool transact(struct committer *c, uint64_t end, struct err *e)
{
    if (!store_begin(c->o.store, e)) return false;
    bool ok = store_log_end_set(c->o.store, end, e);
    for (struct commit_item *i = c->group; ok && i; i = i->next) {
        if (i->is_gone) continue;
        ok = commit_write_item(c->o.store, i, e);
        if (!ok && e->cause == &store_causes[STORE_GONE]) i->is_gone = true;
    }
    if (!ok || !own_rows_take(&c->own, c->o.store, e)) {
        store_rollback(c->o.store);
        return false;
    }
    KILL_POINT("commit.before_store");
    if (c->own.last) KILL_POINT("own-events.appended");
    ok = store_commit(c->o.store, e);
    KILL_POINT("commit.stored");
    if (ok && c->own.last) KILL_POINT("own-events.stored");
    return ok;
}

/* Takes back what was appended; if that cannot be done now, nothing is appended until it can. */
static void take_back(struct committer *c, const struct err *why)
{
    struct err e;
    c->is_unclear = true;
    if (why->cause != &store_causes[STORE_UNCERTAIN]) (void)recover(c, &e);
}

static size_t count_gone(const struct committer *c)
{
    size_t gone = 0;
    for (const struct commit_item *i = c->group; i; i = i->next) gone += i->is_gone;
    return gone;
}

static bool commit_group(struct committer *c, struct err *e)
{
    if (!recover(c, e)) return false;
    for (struct commit_item *i = c->group; i; i = i->next)
        if (i->staged.dead_count &&
            !dead_letters_write(c->o.fs, c->o.dead_dir, clock_wall(&c->o.clock), buf_str(&i->staged.dead), e))
            return false;
    if (!own_rows_stage(&c->own, &(struct own_rows_opts){c->o.store, c->o.log, c->group_ocsf, clock_wall(&c->o.clock)},
                        e))
        return false;
    c->is_empty = c->group == NULL && c->own.last == 0;
    if (c->is_empty) return true;
    for (;;) {
        size_t gone = count_gone(c);
        if (!append(c, &c->end, e)) return false;
        if (transact(c, c->end, e)) return true;
        take_back(c, e);
        if (count_gone(c) == gone || c->is_unclear) return false; /* else: again without the one that dropped out */
    }
}

static void group_run(void *arg)
{
    struct committer *c = arg;
    c->group_ok = commit_group(c, &c->group_err);
    for (struct commit_item *i = c->group; i; i = i->next) staged_done(&i->staged); /* here: it removes spool files */
    own_rows_done(&c->own);
}

/* ---- on the loop ------------------------------------------------------------------------------------------------------------ */

static void maybe_start(struct committer *c);

static void finish_item(struct committer *c, struct commit_item *item)
{
    struct err gone;
    const struct err *e = c->group_ok ? NULL : &c->group_err;
    if (item->is_gone) {
        (void)err_set(&gone, &store_causes[STORE_GONE], "%s of tenant %s", item->record.feed, item->record.tenant_id);
        e = &gone;
    }
    c->bytes -= item->bytes;
    item->done(item->ctx, item, e);
}

static void group_done(void *arg)
{
    struct committer *c = arg;
    struct commit_item *item = c->group;
    bool ok = c->group_ok, is_empty = ok && c->is_empty;
    c->commits += ok && !is_empty;
    c->failed += !ok;
    ocsf_free(c->group_ocsf);
    c->has_own |= !c->group_ok || c->own.has_more;
    while (item) {
        struct commit_item *next = item->next;
        finish_item(c, item);
        item = next;
    }
    c->group = NULL;
    c->is_running = false;
    if (ok && !is_empty && c->o.on_commit) c->o.on_commit(c->o.on_commit_ctx, c->end);
    maybe_start(c);
    if (!c->is_running && c->o.on_rest) c->o.on_rest(c->o.on_commit_ctx);
}

static void start(struct committer *c)
{
    c->group = c->first;
    c->is_running = true;
    c->has_own = false;
    c->group_ocsf = c->o.ocsf ? ocsf_ref(c->o.ocsf) : NULL;
    c->first = NULL;
    c->last = &c->first;
    c->is_urgent = false;
    c->started_at = clock_mono(&c->o.clock);
    c->o.runtime.work(c->o.runtime.ctx, group_run, group_done, c);
}

static void maybe_start(struct committer *c)
{
    if (c->is_running || !(c->first || (c->has_own && c->is_open))) return;
    int64_t wait_ms = c->started_at.ms + COMMIT_INTERVAL_MS - clock_mono(&c->o.clock).ms;
    if (wait_ms <= 0 || c->is_urgent || c->bytes >= STAGED_BYTES_EAGER)
        start(c);
    else
        c->o.runtime.timer_arm(c->o.runtime.ctx, c->timer, (uint64_t)wait_ms);
}

static void on_timer(void *arg)
{
    maybe_start(arg);
}

void committer_put(struct committer *c, struct commit_item *item)
{
    item->next = NULL;
    item->record.state = buf_str(&item->state);
    *c->last = item;
    c->last = &item->next;
    c->is_urgent |= item->is_urgent;
    item->bytes = staged_bytes(&item->staged);
    item->dead_count = item->staged.dead_count;
    c->bytes += item->bytes;
    maybe_start(c);
}

void committer_open(struct committer *c)
{
    c->is_open = true;
    committer_own_events(c);
}

void committer_own_events(struct committer *c)
{
    c->has_own = true;
    maybe_start(c);
}

void committer_set_mappings(struct committer *c, const struct ocsf *ocsf)
{
    c->o.ocsf = ocsf;
}

void committer_close(struct committer *c)
{
    c->is_open = false;
    c->is_urgent = c->first != NULL;
    maybe_start(c);
}
