/* What an answer brought, and what was learnt of a feed, on the way into the store. */
#include <stdlib.h>
#include <string.h>

#include "flow/ingest/ingest_int.h"
#include "state/store/feeds.h"

enum { LOAD_AGAIN_MS = 2000 };

static void commit_taken(struct ing_feed *f, const struct commit_item *item)
{
    struct ingest *in = ing_in(f);
    const struct feed_record *r = &item->record;
    in->counters.rows += r->rows - f->rows;
    in->counters.late_rows += r->late_rows - f->late_rows;
    in->counters.dead += item->dead_count;
    if (f->active->is_in_op && in->ops) in->ops->outcome.rows += r->rows - f->rows;
    f->durable = f->active->pending;
    f->synced = r->last_synced;
    f->newest_event = r->newest_event;
    f->rows = r->rows;
    f->late_rows = r->late_rows;
    f->dead = r->dead;
    if (item->columns_hash) f->columns_hash = item->columns_hash;
    ing_feed_maybe_ready(f);
    if (f->active->stage == STAGE_REST) ing_feed_op_check(f);
}

static void commit_done(void *ctx, struct commit_item *item, const struct err *e)
{
    struct ing_feed *f = ctx;
    struct ingest *in = ing_in(f);
    f->active->is_committing = false;
    if (!e) {
        commit_taken(f, item);
    } else {
        ing_feed_abandon(f);
        feed_reset(&f->active->mind, &f->durable);
        f->is_broken |= item->is_gone;
        f->is_stale = true;
        ing_feed_failed(f, e);
        ingest_load_later(in, LOAD_AGAIN_MS);
    }
    ing_import_committed(f, e);
    if (!e) ing_feed_put_news(f);
    commit_item_free(item);
    ing_feed_settle(f);
    ing_tenant_reap(f->tenant);
}

static struct commit_item *new_item(struct ing_feed *f)
{
    struct commit_item *item = calloc(1, sizeof *item);
    INVARIANT(item);
    item->row = ing_row(f);
    f->has_news = false;
    ing_feed_record(f, &item->record);
    item->done = commit_done;
    item->ctx = f;
    buf_init(&item->state, 8192);
    return item;
}

static void put_item(struct ing_feed *f, struct commit_item *item, const struct feed_state *state)
{
    struct ing_active *a = ing_feed_wake(f);
    INVARIANT(!a->is_committing);
    a->pending = *state;
    feed_state_write(state, &item->state);
    a->is_committing = true;
    committer_put(ing_in(f)->committer, item);
}

/* What was learnt while a commit was under way does not wait for the next one, which may be hours off. */
void ing_feed_put_news(struct ing_feed *f)
{
    bool is_importing = f->active && f->active->import;
    if (f->has_news && ing_feed_is_quiet(f) && !is_importing && !f->is_broken && !ing_in(f)->is_stopping)
        put_item(f, new_item(f), &f->durable);
}

void ing_feed_save(struct ing_feed *f)
{
    if (!f->is_broken && !f->is_stale && !ing_in(f)->is_stopping) put_item(f, new_item(f), &f->durable);
}

static bool is_worth_a_commit(const struct ing_feed *f, const struct feed_effect *effect, const struct page_job *job)
{
    return effect->is_settled || effect->completed_poll || effect->is_judged ||
           (job && (job->staged.put_count || job->staged.dead_count || job->staged.columns.names.n)) ||
           memcmp(&f->active->mind.state, &f->durable, sizeof f->durable) != 0;
}

static void fill_record(struct ing_feed *f, struct feed_record *r, const struct feed_effect *effect,
                        const struct page_job *job, uint64_t dead)
{
    if (job) {
        r->rows += job->page.fresh;
        r->dead += dead;
        if (job->fetch.how == LOG_LOOK_BACK && ing_row(f)->kind == FEED_HUNTING) r->late_rows += job->page.fresh;
        if (job->newest.ticks > r->newest_event.ticks) r->newest_event = job->newest;
    }
    if (effect->completed_poll) r->last_synced = clock_wall(&ing_in(f)->o.clock);
}

/* Verdicts are kept as long as rows are. */
static int64_t verdicts_kept_from(const struct ing_feed *f)
{
    const struct ingest *in = ing_in(f);
    return wall_hour(wall_add(clock_wall(&in->o.clock), -in->o.conf->log_keep_ms * WALL_TICKS_PER_MS));
}

void ing_feed_step_done(struct ing_feed *f, const struct feed_effect *effect, struct page_job *job)
{
    const struct feed_state *state = &f->active->mind.state;
    if (is_worth_a_commit(f, effect, job)) {
        ing_feed_note_step(f, effect, job);
        struct commit_item *item = new_item(f);
        int64_t horizon = feed_horizon_hour(ing_row(f), state);
        if (job) {
            item->staged = job->staged;
            item->columns_hash = job->columns_hash;
            job->staged = (struct staged){0};
        }
        fill_record(f, &item->record, effect, job, item->staged.dead_count);
        item->is_settled = effect->is_settled;
        item->settle = effect->settle;
        INVARIANT(verdict_news_of(effect, &item->news));
        item->verdicts_before = verdicts_kept_from(f);
        item->drops = horizon > feed_horizon_hour(ing_row(f), &f->durable);
        item->drop_before = horizon;
        bool has_alerts = ing_row(f)->pace == PACE_ALERTS && item->staged.batch;
        item->is_urgent = has_alerts || f->active->is_in_op; /* somebody waits: a drain settles bin after bin */
        put_item(f, item, state);
    }
    ing_feed_apply(f, effect);
}

void ing_feed_put_rows(struct ing_feed *f, struct page_job *job)
{
    struct commit_item *item = new_item(f);
    item->staged = job->staged;
    job->staged = (struct staged){0};
    item->record.rows += job->page.fresh;
    if (job->newest.ticks > item->record.newest_event.ticks) item->record.newest_event = job->newest;
    item->is_urgent = true;
    put_item(f, item, &f->durable);
}
