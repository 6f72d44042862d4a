/* A feed's round:
 *
 *   REST -- its turn --> TRANSFER -- whole --> SPOOLED -- last commit done --> WORK -- staged --> commit, and REST
 *
 * The mind moves on as soon as an answer is staged, so the next answer comes in while the last is being committed; but it is
 * only read after that commit, since reading drops what the store knows. A commit that fails takes the mind back to the last
 * durable state, and what came in meanwhile is thrown away. */
#include "flow/ingest/ingest_int.h"

#include <stdlib.h>
#include <string.h>

/* Answers being read at once, and memory that staged rows may take before reading pauses. */
enum { JOBS_MAX = 4, STAGED_BYTES_MAX = 32 << 20, LOAD_AGAIN_MS = 2000 };

const struct feed_row *ing_row(const struct ing_feed *f)
{
    return &feed_rows[f->index];
}

struct sched_feed *ing_sched(struct ing_feed *f)
{
    return &f->tenant->sched_feeds[f->index];
}

int64_t feed_interval_ms(const struct ing_feed *f)
{
    const struct conf *c = f->in->o.conf;
    switch (ing_row(f)->pace) {
    case PACE_ALERTS: return c->interval_alerts_ms;
    case PACE_HUNTING: return c->interval_hunting_ms;
    case PACE_MACHINES: break;
    }
    return c->interval_machines_ms;
}

static uint64_t feed_phase(const struct ing_feed *f)
{
    const char *id = f->tenant->tenant->record.tenant_id;
    return hash64_of(id, strlen(id)) + f->index * UINT64_C(0x9e3779b97f4a7c15);
}

void ing_feed_wait(struct ing_feed *f, int64_t ms)
{
    struct sched_feed *s = ing_sched(f);
    s->is_waiting = !f->is_broken && !f->is_stale;
    s->due.ms = clock_mono(&f->in->o.clock).ms + ms;
}

static void release_spool(struct ing_feed *f)
{
    f->in->spool_bytes -= f->spool_bytes;
    f->spool_bytes = 0;
}

/* ---- what the mind said ---------------------------------------------------------------------------------------------------- */

static void come_to_rest(struct ing_feed *f)
{
    struct ingest *in = f->in;
    struct mono now = clock_mono(&in->o.clock);
    if (!in->o.is_manual)
        ing_feed_wait(f, sched_next_due(now, feed_interval_ms(f), feed_phase(f), &in->rng).ms - now.ms);
    ing_feed_op_check(f);
}

void ing_feed_apply(struct ing_feed *f, const struct feed_effect *effect)
{
    f->stage = STAGE_REST;
    if (effect->kind == FEED_IDLE)
        come_to_rest(f);
    else
        ing_feed_wait(f, 0);
}

/* ---- a worker reads -------------------------------------------------------------------------------------------------------- */

static void job_run(void *arg)
{
    page_run(arg);
}

static void job_done(void *arg);

struct job {
    struct page_job page; /* first: the worker's */
    struct ing_feed *feed;
};

static void submit_job(struct ing_feed *f)
{
    struct ingest *in = f->in;
    struct job *job = calloc(1, sizeof *job);
    INVARIANT(job);
    job->feed = f;
    job->page = (struct page_job){
        .row = ing_row(f),
        .store = in->o.store,
        .log = in->o.log,
        .ocsf = in->o.ocsf,
        .history = &in->o.history,
        .fs = in->o.fs,
        .spool_dir = in->o.spool_dir,
        .number = in->answers++,
        .feed_id = f->record.id,
        .horizon_hour = feed_horizon_hour(ing_row(f), &f->durable),
        .fetch = f->mind.fetch,
        .transfer = f->transfer,
        .end = f->end,
        .received = clock_wall(&in->o.clock),
    };
    (void)snprintf(job->page.tenant_id, sizeof job->page.tenant_id, "%s", f->tenant->tenant->record.tenant_id);
    f->transfer = NULL;
    f->job = &job->page;
    f->stage = STAGE_WORK;
    in->jobs++;
    in->o.runtime.work(in->o.runtime.ctx, job_run, job_done, job);
}

static void start_jobs(struct ingest *in)
{
    while (in->ready && in->jobs < JOBS_MAX && committer_bytes(in->committer) < STAGED_BYTES_MAX) {
        struct ing_feed *f = in->ready;
        in->ready = f->next_ready;
        if (!in->ready) in->ready_last = &in->ready;
        f->next_ready = NULL;
        submit_job(f);
    }
}

/* Ready once the answer is whole and the feed's last commit is over. */
static void maybe_ready(struct ing_feed *f)
{
    struct ingest *in = f->in;
    if (f->stage != STAGE_SPOOLED || f->is_committing) return;
    *in->ready_last = f;
    in->ready_last = &f->next_ready;
}

static void job_take(struct ing_feed *f, struct page_job *job)
{
    struct ingest *in = f->in;
    struct wall now = clock_wall(&in->o.clock);
    struct feed_effect effect;
    in->counters.answer_bytes += job->page.bytes;
    in->counters.known += job->page.rows - job->page.fresh - job->staged.dead_count;
    if (job->fetch.ask == ASK_COUNTS)
        feed_take_counts(&f->mind, &job->counts, now, &effect);
    else
        feed_take_page(&f->mind, &job->page, now, &effect);
    f->failures = 0;
    ing_feed_step_done(f, &effect, job);
}

static void job_done(void *arg)
{
    struct job *job = arg;
    struct ing_feed *f = job->feed;
    struct ingest *in = f->in;
    in->jobs--;
    f->job = NULL;
    f->stage = STAGE_REST;
    release_spool(f);
    if (in->is_stopping || f->tenant->is_removed) { /* nothing of it is durable: it will be asked for again */
        ing_feed_op_check(f);
    } else if (job->page.ok) {
        job_take(f, &job->page);
    } else {
        ing_feed_failed(f, &job->page.err);
    }
    page_job_done(&job->page);
    free(job);
    ing_tenant_reap(f->tenant);
    ingest_pump(in);
}

/* ---- the commit ------------------------------------------------------------------------------------------------------------ */

static void commit_done(void *ctx, struct commit_item *item, const struct err *e)
{
    struct ing_feed *f = ctx;
    struct ingest *in = f->in;
    f->is_committing = false;
    if (!e) {
        in->counters.rows += item->record.rows - f->record.rows;
        in->counters.late_rows += item->record.late_rows - f->record.late_rows;
        in->counters.dead += item->dead_count;
        if (f->is_in_op && in->ops) in->ops->outcome.rows += item->record.rows - f->record.rows;
        f->durable = f->pending;
        f->record = item->record;
        f->record.state = STR_NONE;
        maybe_ready(f);
        if (f->stage == STAGE_REST) ing_feed_op_check(f);
    } else {
        ing_feed_abandon(f);
        feed_reset(&f->mind, &f->durable);
        f->is_broken |= item->is_gone;
        f->is_stale = true;
        ing_feed_failed(f, e);
        ingest_load_later(in, LOAD_AGAIN_MS);
    }
    commit_item_free(item);
    ing_tenant_reap(f->tenant);
}

static struct commit_item *new_item(struct ing_feed *f)
{
    struct commit_item *item = calloc(1, sizeof *item);
    INVARIANT(item);
    item->row = ing_row(f);
    item->record = f->record;
    item->done = commit_done;
    item->ctx = f;
    buf_init(&item->state, 8192);
    return item;
}

static void put_item(struct ing_feed *f, struct commit_item *item, const struct feed_state *state)
{
    INVARIANT(!f->is_committing);
    f->pending = *state;
    feed_state_write(state, &item->state);
    f->is_committing = true;
    committer_put(f->in->committer, item);
}

static bool is_worth_a_commit(const struct ing_feed *f, const struct feed_effect *effect, const struct page_job *job)
{
    return effect->is_settled || effect->completed_poll || (job && (job->staged.put_count || job->staged.dead_count)) ||
           memcmp(&f->mind.state, &f->durable, sizeof f->durable) != 0;
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
    if (!effect->completed_poll) return;
    r->last_synced = clock_wall(&f->in->o.clock);
    (void)snprintf(r->status, sizeof r->status, "%s", "ok");
    r->error_code[0] = r->error_text[0] = '\0';
    r->error_since = (struct wall){0};
    f->cause = NULL;
}

static void note_incomplete(struct ing_feed *f, struct feed_record *r)
{
    uint64_t bins = f->mind.state.unproved - f->durable.unproved;
    if (f->mind.state.unproved <= f->durable.unproved) return;
    f->cause = &ingest_causes[INGEST_INCOMPLETE];
    r->error_since = clock_wall(&f->in->o.clock);
    (void)snprintf(r->status, sizeof r->status, "%s", "incomplete");
    (void)snprintf(r->error_code, sizeof r->error_code, "%s", f->cause->code);
    (void)snprintf(r->error_text, sizeof r->error_text,
                   "%llu stretches of five minutes do not agree with Defender's count", (unsigned long long)bins);
}

/* An answer was taken: what it brought and where the mind stands now go into one commit. */
void ing_feed_step_done(struct ing_feed *f, const struct feed_effect *effect, struct page_job *job)
{
    if (is_worth_a_commit(f, effect, job)) {
        struct commit_item *item = new_item(f);
        int64_t horizon = feed_horizon_hour(ing_row(f), &f->mind.state);
        if (job) {
            item->staged = job->staged;
            job->staged = (struct staged){0};
        }
        fill_record(f, &item->record, effect, job, item->staged.dead_count);
        note_incomplete(f, &item->record);
        item->is_settled = effect->is_settled;
        item->settle = effect->settle;
        item->drops = horizon > feed_horizon_hour(ing_row(f), &f->durable);
        item->drop_before = horizon;
        bool has_alerts = ing_row(f)->pace == PACE_ALERTS && item->staged.batch;
        item->is_urgent = has_alerts || f->is_in_op; /* somebody waits: a drain settles bin after bin */
        put_item(f, item, &f->mind.state);
    }
    ing_feed_apply(f, effect);
}

/* Made durable with the feed's next commit, or with one of its own when it is news. */
void ing_feed_note_error(struct ing_feed *f, const char *status, const struct err *e)
{
    struct feed_record *r = &f->record;
    bool is_news = strcmp(r->error_code, e->cause->code) != 0;
    f->cause = e->cause;
    if (is_news) r->error_since = clock_wall(&f->in->o.clock);
    (void)snprintf(r->status, sizeof r->status, "%s", status);
    (void)snprintf(r->error_code, sizeof r->error_code, "%s", e->cause->code);
    (void)snprintf(r->error_text, sizeof r->error_text, "%.*s", (int)sizeof r->error_text - 1, e->text);
    bool can_be_told = e->cause->kind != ERR_STORAGE && e->cause->kind != ERR_CORRUPT;
    if (is_news && can_be_told && !f->is_committing && !f->is_broken && !f->in->is_stopping)
        put_item(f, new_item(f), &f->durable);
}

/* ---- the transfer ---------------------------------------------------------------------------------------------------------- */

static void transfer_done(void *ctx, const struct transfer_end *end, const struct err *e)
{
    struct ing_feed *f = ctx;
    struct ingest *in = f->in;
    sched_ended(&in->sched, &f->tenant->sched, f->index, e == NULL);
    f->end = *end;
    if (e) {
        struct err copy = *e;
        transfer_drop(f->transfer);
        f->transfer = NULL;
        f->stage = STAGE_REST;
        release_spool(f);
        ing_feed_failed(f, &copy);
    } else {
        in->spool_bytes -= f->spool_bytes - end->wire_bytes;
        f->spool_bytes = end->wire_bytes;
        f->stage = STAGE_SPOOLED;
        maybe_ready(f);
    }
    ingest_pump(in);
}

static void begin_transfer(struct ing_feed *f)
{
    struct ingest *in = f->in;
    struct buf query, kql;
    struct transfer_opts o = {
        .runtime = in->o.runtime,
        .fs = in->o.fs,
        .spool_dir = in->o.spool_dir,
        .number = in->answers++,
        .fetcher = in->o.fetcher,
    };
    buf_init(&query, 32768);
    buf_init(&kql, 8192);
    feed_query(&f->mind, &query, &kql);
    INVARIANT(!query.failed && !kql.failed);
    f->stage = STAGE_TRANSFER;
    in->counters.fetches++;
    struct fetch fetch = {.endpoint = ing_row(f)->endpoint, .query = buf_str(&query), .kql = buf_str(&kql)};
    f->transfer = transfer_new(&o, transfer_done, f);
    INVARIANT(f->transfer);
    transfer_start(f->transfer, f->tenant->tenant, &fetch);
    buf_done(&query);
    buf_done(&kql);
}

void ing_feed_abandon(struct ing_feed *f)
{
    struct ingest *in = f->in;
    if (f->stage == STAGE_TRANSFER) {
        transfer_cancel(f->transfer);
        sched_ended(&in->sched, &f->tenant->sched, f->index, true);
    } else if (f->stage == STAGE_SPOOLED) {
        for (struct ing_feed **at = &in->ready; *at; at = &(*at)->next_ready) {
            if (*at != f) continue;
            *at = f->next_ready;
            f->next_ready = NULL;
            if (in->ready_last == &f->next_ready) in->ready_last = at;
            break;
        }
        transfer_drop(f->transfer);
    } else {
        return;
    }
    f->transfer = NULL;
    f->stage = STAGE_REST;
    release_spool(f);
}

/* ---- turns ----------------------------------------------------------------------------------------------------------------- */

/* false: there is nothing to ask after all. */
static bool prepare(struct ing_feed *f)
{
    struct feed_effect effect;
    if (f->mind.goal != GOAL_NONE) return true;
    if (!f->in->o.is_manual) feed_want_poll(&f->mind);
    feed_next(&f->mind, clock_wall(&f->in->o.clock), &effect);
    if (effect.kind == FEED_FETCH) return true;
    ing_sched(f)->is_waiting = false;
    ing_feed_apply(f, &effect);
    return false;
}

static bool reserve_spool(struct ing_feed *f)
{
    struct ingest *in = f->in;
    uint64_t worst = endpoint_rows[ing_row(f)->endpoint].answer_max;
    if (in->spool_bytes && in->spool_bytes + worst > in->o.conf->spool_bytes_max) return false;
    f->spool_bytes = worst;
    in->spool_bytes += worst;
    return true;
}

static bool is_at_an_end(const struct ingest *in)
{
    for (const struct ing_tenant *t = in->tenants; t; t = t->next)
        for (size_t i = 0; i < FEED_ROW_COUNT; i++)
            if (!ing_feed_is_quiet(&t->feeds[i])) return false;
    return committer_is_idle(in->committer) && !in->is_loading;
}

static void start_turns(struct ingest *in)
{
    struct sched_tenant *s;
    size_t index;
    int64_t wait_ms;
    struct mono now = clock_mono(&in->o.clock);
    while (sched_pick(&in->sched, now, &s, &index, &wait_ms)) {
        struct ing_tenant *t = (struct ing_tenant *)(void *)((char *)s - offsetof(struct ing_tenant, sched));
        struct ing_feed *f = &t->feeds[index];
        INVARIANT(f->stage == STAGE_REST);
        if (!prepare(f)) continue;
        if (!reserve_spool(f)) return; /* the next answer that is done with makes room and comes back here */
        sched_started(&in->sched, s, index, now);
        begin_transfer(f);
    }
    if (in->is_load_wanted && !in->is_loading) wait_ms = 1000;
    if (wait_ms >= 0)
        in->o.runtime.timer_arm(in->o.runtime.ctx, in->timer, (uint64_t)(wait_ms > 60000 ? 60000 : wait_ms));
}

void ingest_pump(struct ingest *in)
{
    if (in->is_pumping || !in->is_running) return;
    in->is_pumping = true;
    if (in->is_stopping) {
        if (is_at_an_end(in)) {
            in->is_running = false;
            if (in->stopped) in->stopped(in->stopped_ctx);
        }
    } else {
        ingest_load_if_due(in);
        start_jobs(in);
        start_turns(in);
    }
    in->is_pumping = false;
}
