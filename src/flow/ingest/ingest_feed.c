/* A feed at rest and awake, and its record in the store. */
#include "flow/ingest/ingest_int.h"
#include "state/store/feeds.h"

#include <stdlib.h>
#include <string.h>

const struct feed_row *ing_row(const struct ing_feed *f)
{
    return &feed_rows[f->index];
}

struct sched_feed *ing_sched(struct ing_feed *f)
{
    return &f->tenant->sched_feeds[f->index];
}

struct ingest *ing_in(const struct ing_feed *f)
{
    return f->tenant->in;
}

/* ---- awake ----------------------------------------------------------------------------------------------------------------- */

struct ing_active *ing_feed_wake(struct ing_feed *f)
{
    if (f->active) return f->active;
    struct ing_active *a = calloc(1, sizeof *a);
    INVARIANT(a);
    a->feed = f;
    feed_init(&a->mind, ing_row(f), &f->durable);
    LIST_INSERT_HEAD(&ing_in(f)->actives, a, in_actives);
    f->active = a;
    return a;
}

static void sleep_now(struct ing_feed *f)
{
    LIST_REMOVE(f->active, in_actives);
    feed_done(&f->active->mind);
    free(f->active);
    f->active = NULL;
}

void ing_feed_settle(struct ing_feed *f)
{
    const struct ing_active *a = f->active;
    if (a && ing_feed_is_quiet(f) && !a->is_in_op && a->mind.goal == GOAL_NONE && !a->mind.wants_drain &&
        !a->mind.wants_pull)
        sleep_now(f);
}

enum feed_stage ing_feed_stage(const struct ing_feed *f)
{
    return f->active ? f->active->stage : STAGE_REST;
}

bool ing_feed_is_quiet(const struct ing_feed *f)
{
    const struct ing_active *a = f->active;
    return !a || (a->stage == STAGE_REST && !a->is_committing && !a->import && a->waiting_parcels == 0);
}

bool ing_feed_is_in_op(const struct ing_feed *f)
{
    return f->active && f->active->is_in_op;
}

void ing_feed_free(struct ing_feed *f)
{
    if (f->active) sleep_now(f);
    free(f->condition.text);
    f->condition.text = NULL;
}

/* ---- how it stands --------------------------------------------------------------------------------------------------------- */

bool ing_condition_set(struct ing_condition *c, enum ingest_state state, const struct cause *cause, const char *text,
                       struct wall now)
{
    bool is_news = c->state != state || c->cause != cause;
    if (is_news) c->since = now;
    c->state = state;
    c->cause = cause;
    free(c->text);
    c->text = text && *text ? str_dup(str_of(text)) : NULL;
    return is_news;
}

/* ---- the record ------------------------------------------------------------------------------------------------------------ */

void ing_feed_record(const struct ing_feed *f, struct feed_record *out)
{
    const struct ing_condition *c = &f->condition;
    *out = (struct feed_record){.id = f->id,
                                .last_synced = f->synced,
                                .newest_event = f->newest_event,
                                .rows = f->rows,
                                .late_rows = f->late_rows,
                                .dead = f->dead,
                                .error_since = c->since};
    (void)snprintf(out->tenant_id, sizeof out->tenant_id, "%s", f->tenant->tenant->record.tenant_id);
    (void)snprintf(out->feed, sizeof out->feed, "%s", ing_row(f)->name);
    (void)snprintf(out->status, sizeof out->status, "%s", ingest_state_name(c->state));
    (void)snprintf(out->error_code, sizeof out->error_code, "%s", c->cause ? c->cause->code : "");
    (void)snprintf(out->error_text, sizeof out->error_text, "%s", c->text ? c->text : "");
}

bool ing_feed_read(struct ing_feed *f, const struct feed_record *r, struct err *e)
{
    f->id = r->id;
    f->synced = r->last_synced;
    f->newest_event = r->newest_event;
    f->rows = r->rows;
    f->late_rows = r->late_rows;
    f->dead = r->dead;
    (void)ing_condition_set(&f->condition, ingest_state_named(r->status), ingest_cause_named(r->error_code),
                            r->error_text, r->error_since);
    f->condition.since = r->error_since;
    return feed_state_read(r->state, &f->durable, e);
}
