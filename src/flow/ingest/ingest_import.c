/* Parcels of records from files, on the loop: each goes to its feed as an answer would, between two of its answers. While a
 * worker reads one, or its commit is under way, the feed's answers wait, since reading drops what the store knows. */
#include "flow/ingest/ingest_int.h"

#include <stdlib.h>
#include <string.h>

#include "flow/ingest/page/import.h"

struct parcel_load { /* what was handed over together */
    size_t pending;
    void (*done)(void *ctx);
    void *ctx;
};
struct parcel_job {
    struct page_job page;
    struct parcel *parcel;
};

void ingest_post(struct ingest *in, void (*fn)(void *arg), void *arg)
{
    in->o.runtime.post(in->o.runtime.ctx, fn, arg);
}

/* ---- ends ------------------------------------------------------------------------------------------------------------------ */

static void release(struct parcel_load *load)
{
    if (--load->pending > 0) return;
    load->done(load->ctx);
    free(load);
}

static void end_parcel(struct parcel *p, enum parcel_end end, const struct err *e)
{
    struct parcel_load *load = p->load;
    p->end = end;
    if (e) p->err = *e;
    release(load); /* the parcel may be gone after that */
}

static void stop_parcel(struct parcel *p)
{
    struct err e;
    (void)err_set(&e, &ingest_causes[INGEST_STOPPED], "it was stopped");
    end_parcel(p, PARCEL_FAILED, &e);
}

static void end_of_feed(struct ing_feed *f, enum parcel_end end, const struct err *e)
{
    struct parcel *p = f->active->import;
    f->active->import = NULL;
    end_parcel(p, end, e);
    ing_feed_maybe_ready(f);
}

/* ---- a worker reads -------------------------------------------------------------------------------------------------------- */

static void job_run(void *arg)
{
    struct parcel_job *job = arg;
    parcel_run(&job->page, job->parcel);
}

static void job_done(void *arg)
{
    struct parcel_job *job = arg;
    struct ing_feed *f = job->parcel->feed;
    struct ingest *in = ing_in(f);
    struct err stopped;
    (void)err_set(&stopped, &ingest_causes[INGEST_STOPPED], "it was stopped");
    in->jobs--;
    in->counters.known += job->page.page.rows - job->page.page.fresh;
    if (in->is_stopping || f->tenant->is_removed)
        end_of_feed(f, PARCEL_FAILED, &stopped);
    else if (!job->page.ok)
        end_of_feed(f, PARCEL_FAILED, &job->page.err);
    else if (job->page.staged.put_count == 0)
        end_of_feed(f, PARCEL_TAKEN, NULL);
    else
        ing_feed_put_rows(f, &job->page);
    ing_job_done(&job->page);
    free(job);
    ing_feed_settle(f);
    ing_tenant_reap(f->tenant);
    ingest_pump(in);
}

void ing_import_committed(struct ing_feed *f, const struct err *e)
{
    if (f->active->import) end_of_feed(f, e ? PARCEL_FAILED : PARCEL_TAKEN, e);
}

static void submit(struct parcel *p)
{
    struct ing_feed *f = p->feed;
    struct ingest *in = ing_in(f);
    struct parcel_job *job = calloc(1, sizeof *job);
    INVARIANT(job);
    f->active->waiting_parcels--;
    f->active->import = p;
    job->parcel = p;
    ing_feed_job(f, &job->page);
    job->page.fetch = (struct feed_fetch){.ask = ASK_ROWS, .from = {INT64_MIN}, .how = LOG_FILE};
    in->jobs++;
    in->o.runtime.work(in->o.runtime.ctx, job_run, job_done, job);
}

/* ---- waiting --------------------------------------------------------------------------------------------------------------- */

static bool is_free(const struct ing_feed *f)
{
    const struct ing_active *a = f->active;
    return !a->import && !a->is_committing && !f->is_stale && !a->is_ready && a->stage != STAGE_WORK;
}

static void forget(struct parcel *p)
{
    struct ing_feed *f = p->feed;
    f->active->waiting_parcels--;
    stop_parcel(p);
    ing_feed_maybe_ready(f);
    ing_feed_settle(f);
    ing_tenant_reap(f->tenant);
}

static bool is_lost(const struct ingest *in, const struct parcel *p)
{
    return in->is_stopping || p->feed->is_broken || p->feed->tenant->is_removed;
}

/* Each that may, as long as there is room for more work. */
void ingest_start_parcels(struct ingest *in)
{
    struct parcel **at = &in->parcels;
    while (*at && (in->is_stopping || ingest_has_room(in))) {
        struct parcel *p = *at;
        if (!is_lost(in, p) && !is_free(p->feed)) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        if (!*at) in->parcels_last = at;
        if (is_lost(in, p))
            forget(p);
        else
            submit(p);
    }
}

static struct ing_feed *find_feed(struct ingest *in, const struct parcel *p)
{
    for (struct ing_tenant *t = in->tenants; t; t = t->next)
        if (!t->is_removed && strcmp(t->tenant->record.tenant_id, p->tenant_id) == 0)
            return &t->feeds[p->row - feed_rows];
    return NULL;
}

static void place(struct ingest *in, struct parcel *p)
{
    p->feed = find_feed(in, p);
    p->next = NULL;
    if (!in->is_running || in->is_stopping) {
        stop_parcel(p);
    } else if (!p->feed) {
        end_parcel(p, PARCEL_NO_TENANT, NULL);
    } else {
        ing_feed_wake(p->feed)->waiting_parcels++;
        *in->parcels_last = p;
        in->parcels_last = &p->next;
    }
}

void ingest_take_parcels(struct ingest *in, struct parcel *parcels, void (*done)(void *ctx), void *ctx)
{
    struct parcel_load *load = calloc(1, sizeof *load);
    INVARIANT(load);
    *load = (struct parcel_load){.pending = 1, .done = done, .ctx = ctx};
    for (struct parcel *p = parcels, *next; p; p = next) {
        next = p->next;
        p->load = load;
        load->pending++;
        place(in, p);
    }
    release(load);
    ingest_pump(in);
}
