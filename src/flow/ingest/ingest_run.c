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

/* Answers being read at once; memory that staged rows may take before reading pauses, and that complete answers may take
 * before no more are asked for: when workers cannot keep up with thousands of feeds, the network waits. */
enum { JOBS_MAX = 4, STAGED_BYTES_MAX = 32 << 20, ANSWER_MEMORY_MAX = 8 << 20 };

static void release_spool(struct ing_active *a)
{
    ing_in(a->feed)->spool_bytes -= a->spool_bytes;
    ing_in(a->feed)->answer_memory -= a->answer_memory;
    a->spool_bytes = a->answer_memory = 0;
}

/* ---- what the mind said ---------------------------------------------------------------------------------------------------- */

static void come_to_rest(struct ing_feed *f)
{
    struct ingest *in = ing_in(f);
    struct mono now = clock_mono(&in->o.clock);
    if (!in->o.is_manual)
        ing_feed_wait(f, sched_next_due(now, feed_interval_ms(f), ing_feed_phase(f), &in->rng).ms - now.ms);
    ing_feed_op_check(f);
}

void ing_feed_apply(struct ing_feed *f, const struct feed_effect *effect)
{
    f->active->stage = STAGE_REST;
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

void ing_feed_job(struct ing_feed *f, struct page_job *job)
{
    struct ingest *in = ing_in(f);
    *job = (struct page_job){
        .row = ing_row(f),
        .store = in->o.store,
        .log = in->o.log,
        .ocsf = ocsf_ref(in->o.ocsf),
        .history = &in->o.history,
        .fs = in->o.fs,
        .spool_dir = in->o.spool_dir,
        .number = in->answers++,
        .feed_id = f->id,
        .columns_hash = f->columns_hash,
        .other_feed_id = ing_feed_other_id(f),
        .horizon_hour = feed_horizon_hour(ing_row(f), &f->durable),
        .received = clock_wall(&in->o.clock),
    };
    (void)snprintf(job->tenant_id, sizeof job->tenant_id, "%s", f->tenant->tenant->record.tenant_id);
    const struct ing_feed *old = ing_feed_formerly(f);
    if (!old) return;
    job->formerly.feed_id = old->id;
    job->formerly.source = ing_row(old)->source;
    job->formerly.until = wall_add(old->newest_event, 1);
}

void ing_job_done(struct page_job *job)
{
    page_job_done(job);
    ocsf_free(job->ocsf);
}

static void submit_job(struct ing_feed *f)
{
    struct ingest *in = ing_in(f);
    struct ing_active *a = f->active;
    struct job *job = calloc(1, sizeof *job);
    INVARIANT(job);
    job->feed = f;
    ing_feed_job(f, &job->page);
    job->page.fetch = a->mind.fetch;
    job->page.transfer = a->transfer;
    job->page.end = a->end;
    a->transfer = NULL;
    a->job = &job->page;
    a->stage = STAGE_WORK;
    in->jobs++;
    in->o.runtime.work(in->o.runtime.ctx, job_run, job_done, job);
}

bool ingest_has_room(const struct ingest *in)
{
    return in->jobs < JOBS_MAX && committer_bytes(in->committer) < STAGED_BYTES_MAX;
}

static void start_jobs(struct ingest *in)
{
    while (in->ready && ingest_has_room(in)) {
        struct ing_active *a = in->ready->active;
        in->ready = a->next_ready;
        if (!in->ready) in->ready_last = &in->ready;
        a->next_ready = NULL;
        a->is_ready = false;
        submit_job(a->feed);
    }
}

/* Ready once the answer is whole, the feed's last commit is over, and no parcel of it waits or is being read. */
void ing_feed_maybe_ready(struct ing_feed *f)
{
    struct ingest *in = ing_in(f);
    struct ing_active *a = f->active;
    if (a->stage != STAGE_SPOOLED || a->is_committing || a->is_ready || a->import || a->waiting_parcels) return;
    a->is_ready = true;
    *in->ready_last = f;
    in->ready_last = &a->next_ready;
}

static void job_take(struct ing_feed *f, struct page_job *job)
{
    struct ingest *in = ing_in(f);
    struct wall now = clock_wall(&in->o.clock);
    struct feed_effect effect;
    in->counters.answer_bytes += job->page.bytes;
    f->active->mind.state.gone.ticks = 0; /* it answers */
    in->counters.known += job->page.rows - job->page.fresh - job->staged.dead_count;
    if (ask_is_count(job->fetch.ask))
        feed_take_counts(&f->active->mind, &job->counts, now, &effect);
    else
        feed_take_page(&f->active->mind, &job->page, now, &effect);
    f->failures = 0;
    f->partials = !job->page.is_partial ? 0 : f->partials < ING_PARTIALS_MAX ? f->partials + 1 : ING_PARTIALS_MAX;
    ing_feed_step_done(f, &effect, job);
}

static void job_done(void *arg)
{
    struct job *job = arg;
    struct ing_feed *f = job->feed;
    struct ingest *in = ing_in(f);
    in->jobs--;
    f->active->job = NULL;
    f->active->stage = STAGE_REST;
    release_spool(f->active);
    if (in->is_stopping || f->tenant->is_removed) { /* nothing of it is durable: it will be asked for again */
        ing_feed_op_check(f);
    } else if (job->page.ok) {
        job_take(f, &job->page);
    } else {
        ing_feed_failed(f, &job->page.err);
    }
    ing_job_done(&job->page);
    free(job);
    ing_feed_settle(f);
    ing_tenant_reap(f->tenant);
    ingest_pump(in);
}

/* ---- the transfer ---------------------------------------------------------------------------------------------------------- */

/* An answer that says no is an answer: only calls that get none make the tenant's next ones wait for each other. */
static bool has_answered(const struct err *e)
{
    return !e || e->cause->kind == ERR_AUTH || e->cause->kind == ERR_LIMIT || e->cause->kind == ERR_INPUT;
}

static void transfer_done(void *ctx, const struct transfer_end *end, const struct err *e)
{
    struct ing_feed *f = ctx;
    struct ing_active *a = f->active;
    struct ingest *in = ing_in(f);
    sched_ended(&in->sched, &f->tenant->sched, f->index, has_answered(e));
    a->end = *end;
    if (e) {
        struct err copy = *e;
        transfer_drop(a->transfer);
        a->transfer = NULL;
        a->stage = STAGE_REST;
        release_spool(a);
        ing_feed_failed(f, &copy);
        ing_feed_settle(f);
    } else {
        in->spool_bytes -= a->spool_bytes - end->wire_bytes;
        a->spool_bytes = end->wire_bytes;
        a->answer_memory = transfer_memory(a->transfer);
        in->answer_memory += a->answer_memory;
        a->stage = STAGE_SPOOLED;
        ing_feed_maybe_ready(f);
    }
    ingest_pump(in);
}

static void begin_transfer(struct ing_feed *f)
{
    struct ingest *in = ing_in(f);
    struct ing_active *a = f->active;
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
    feed_query(&a->mind, &query, &kql);
    INVARIANT(!query.failed && !kql.failed);
    a->stage = STAGE_TRANSFER;
    a->asked_reading = f->tenant->tenant->reading;
    in->counters.fetches++;
    bool is_object = a->mind.fetch.ask == ASK_OBJECT;
    struct fetch fetch = {.endpoint = is_object ? EP_INCIDENT : (enum endpoint)f->endpoint,
                          .query = buf_str(&query),
                          .kql = buf_str(&kql),
                          .id = is_object ? str_of(a->mind.object) : STR_NONE};
    a->transfer = transfer_new(&o, transfer_done, f);
    INVARIANT(a->transfer);
    transfer_start(a->transfer, f->tenant->tenant, &fetch);
    buf_done(&query);
    buf_done(&kql);
}

static void leave_ready(struct ingest *in, struct ing_active *a)
{
    for (struct ing_feed **at = &in->ready; *at; at = &(*at)->active->next_ready) {
        if (*at != a->feed) continue;
        *at = a->next_ready;
        a->next_ready = NULL;
        if (in->ready_last == &a->next_ready) in->ready_last = at;
        break;
    }
    a->is_ready = false;
}

void ing_feed_abandon(struct ing_feed *f)
{
    struct ingest *in = ing_in(f);
    struct ing_active *a = f->active;
    if (ing_feed_stage(f) == STAGE_TRANSFER) {
        transfer_cancel(a->transfer);
        sched_ended(&in->sched, &f->tenant->sched, f->index, true);
    } else if (ing_feed_stage(f) == STAGE_SPOOLED) {
        leave_ready(in, a);
        transfer_drop(a->transfer);
    } else {
        return;
    }
    a->transfer = NULL;
    a->stage = STAGE_REST;
    release_spool(a);
}

/* ---- turns ----------------------------------------------------------------------------------------------------------------- */

/* Another feed shows the same: this one is looked at again when it would poll. */
void ing_feed_stand_back(struct ing_feed *f, const struct err *why)
{
    struct ingest *in = ing_in(f);
    sched_forget(&f->tenant->sched, f->index);
    if (!in->o.is_manual) ing_feed_wait(f, sched_spread_ms(feed_interval_ms(f), &in->rng));
    ing_feed_note(f, INGEST_UNUSED, why);
    ing_feed_op_drop(f, why);
    ing_feed_settle(f);
}

/* false: there is nothing to ask now. */
static bool prepare(struct ing_feed *f)
{
    struct feed_effect effect;
    struct err why;
    int64_t wait_ms = 0;
    if (ing_feed_is_off(f, &why)) {
        if (f->active && !f->active->is_committing) feed_reset(&f->active->mind, &f->durable); /* what it was about */
        ing_feed_stand_back(f, &why);
        return false;
    }
    if (f->active && f->active->mind.goal != GOAL_NONE) return true;
    enum choice choice = ing_feed_choose(f, &wait_ms, &why);
    if (choice == CHOICE_LATER) ing_feed_wait(f, wait_ms);
    if (choice == CHOICE_OTHER) ing_feed_stand_back(f, &why);
    if (choice == CHOICE_LATER || choice == CHOICE_OTHER) return false;
    ing_feed_note_if_behind(f);
    struct ing_active *a = ing_feed_wake(f);
    if (!ing_in(f)->o.is_manual) feed_want_poll(&a->mind);
    a->mind.is_closed = choice == CHOICE_SWEEP;
    feed_next(&a->mind, clock_wall(&ing_in(f)->o.clock), &effect);
    if (effect.kind == FEED_FETCH) return true;
    sched_forget(&f->tenant->sched, f->index);
    ing_feed_apply(f, &effect);
    ing_feed_settle(f);
    return false;
}

static bool reserve_spool(struct ing_feed *f)
{
    struct ingest *in = ing_in(f);
    uint64_t worst = endpoint_rows[f->endpoint].answer_max;
    if (in->spool_bytes && in->spool_bytes + worst > in->o.conf->spool_bytes_max) return false;
    if (in->answer_memory >= ANSWER_MEMORY_MAX) return false;
    f->active->spool_bytes = worst;
    in->spool_bytes += worst;
    return true;
}

static bool is_at_an_end(const struct ingest *in)
{
    const struct ing_active *a;
    LIST_FOREACH(a, &in->actives, in_actives)
    if (!ing_feed_is_quiet(a->feed)) return false;
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
        INVARIANT(ing_feed_stage(f) == STAGE_REST);
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
        ingest_start_parcels(in);
        start_jobs(in);
        start_turns(in);
    }
    in->is_pumping = false;
}
