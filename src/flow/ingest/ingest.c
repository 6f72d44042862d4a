#include "flow/ingest/ingest_int.h"

#include <stdlib.h>
#include <string.h>

bool ingest_is_feed(const char *name)
{
    return feed_row_find(name) != NULL;
}

/* ---- the face ------------------------------------------------------------------------------------------------------------- */

static void on_timer(void *arg)
{
    ingest_pump(arg);
}

static void on_commit(void *ctx, uint64_t log_end)
{
    struct ingest *in = ctx;
    if (in->o.on_commit) in->o.on_commit(in->o.on_commit_ctx, log_end);
    ingest_pump(in);
}

void ingest_own_events(struct ingest *in)
{
    if (in->is_running && !in->is_stopping) committer_own_events(in->committer);
}

struct ingest *ingest_new(const struct ingest_opts *o)
{
    struct ingest *in = calloc(1, sizeof *in);
    if (!in) return NULL;
    in->o = *o;
    if (o->ocsf) (void)ocsf_ref(o->ocsf);
    (void)snprintf(in->spool_dir, sizeof in->spool_dir, "%s", o->spool_dir);
    (void)snprintf(in->dead_dir, sizeof in->dead_dir, "%s", o->dead_dir);
    in->o.spool_dir = in->spool_dir;
    in->o.dead_dir = in->dead_dir;
    struct sched_limits limits = {
        .in_flight_max = (unsigned)o->conf->requests_at_once,
        .tenant_in_flight_max = 3,
        .hunting_calls_per_minute = (unsigned)o->conf->hunting_calls_per_minute,
        .hunting_share_percent = (unsigned)o->conf->hunting_share_percent,
    };
    sched_init(&in->sched, &limits);
    rng_seed(&in->rng, o->seed);
    LIST_INIT(&in->actives);
    in->ready_last = &in->ready;
    in->ops_last = &in->ops;
    in->parcels_last = &in->parcels;
    in->timer = o->runtime.timer_new(o->runtime.ctx, on_timer, in);
    struct committer_opts c = {
        .runtime = o->runtime,
        .clock = o->clock,
        .store = o->store,
        .log = o->log,
        .fs = o->fs,
        .dead_dir = in->dead_dir,
        .ocsf = o->ocsf,
        .on_commit = on_commit,
        .on_commit_ctx = in,
        .on_rest = on_timer,
    };
    in->committer = committer_new(&c);
    if (in->committer) return in;
    ingest_free(in);
    return NULL;
}

void ingest_free(struct ingest *in)
{
    if (!in) return;
    INVARIANT(!in->is_running);
    while (in->tenants) {
        struct ing_tenant *t = in->tenants;
        in->tenants = t->next;
        ing_tenant_free(t);
    }
    committer_free(in->committer);
    in->o.runtime.timer_free(in->o.runtime.ctx, in->timer);
    sched_done(&in->sched);
    ocsf_free(in->o.ocsf);
    free(in);
}

void ingest_set_mappings(struct ingest *in, const struct ocsf *ocsf)
{
    const struct ocsf *old = in->o.ocsf;
    in->o.ocsf = ocsf_ref(ocsf);
    committer_set_mappings(in->committer, ocsf);
    ocsf_free(old);
}

void ingest_start(struct ingest *in, void (*started)(void *ctx, const struct err *e), void *ctx)
{
    INVARIANT(!in->is_running);
    in->is_running = true;
    in->began = clock_wall(&in->o.clock);
    in->is_stopping = false;
    in->started = started;
    in->started_ctx = ctx;
    committer_open(in->committer);
    ingest_load(in);
}

void ingest_tenants_changed(struct ingest *in)
{
    if (!in->is_running || in->is_stopping) return;
    in->is_unpark_wanted = true;
    ingest_load(in);
}

void ingest_stop(struct ingest *in, void (*stopped)(void *ctx), void *ctx)
{
    in->is_stopping = true;
    in->stopped = stopped;
    in->stopped_ctx = ctx;
    struct ing_active *a;
    LIST_FOREACH(a, &in->actives, in_actives) ing_feed_abandon(a->feed);
    ingest_ops_stop(in);
    ingest_start_parcels(in);
    committer_close(in->committer);
    in->o.runtime.post(in->o.runtime.ctx, on_timer, in);
}

void ingest_each_feed(const struct ingest *in, bool (*each)(void *arg, const struct ingest_feed_status *s), void *arg)
{
    struct wall now = clock_wall(&in->o.clock);
    for (const struct ing_tenant *t = in->tenants; t; t = t->next) {
        for (size_t i = 0; !t->is_removed && i < FEED_ROW_COUNT; i++) {
            const struct ing_feed *f = &t->feeds[i];
            const struct ing_condition *c = &f->condition;
            struct ingest_feed_status status = {
                .tenant_id = t->tenant->record.tenant_id,
                .tenant_name = t->tenant->record.name,
                .feed = feed_rows[i].name,
                .state = c->state,
                .severity = ingest_severity_of(c->state, f->synced.ticks != 0),
                .since = c->since,
                .cause = c->cause,
                .text = c->text,
                .rows = f->rows,
                .late_rows = f->late_rows,
                .synced = f->synced,
                .newest_event = f->newest_event,
                .lag_ms = f->synced.ticks ? (now.ticks - f->synced.ticks) / WALL_TICKS_PER_MS : -1,
                .calm = feed_calm_factor(&f->durable),
                .is_busy = ing_feed_stage(f) != STAGE_REST,
            };
            if (!each(arg, &status)) return;
        }
    }
}

void ingest_counters_get(const struct ingest *in, struct ingest_counters *out)
{
    *out = in->counters;
    out->spool_bytes = in->spool_bytes;
    out->in_flight = in->sched.in_flight;
    committer_counts(in->committer, &out->commits, &out->failed_commits);
}
