/* How a feed stands: what an answer or a failure makes of its condition, and who hears of it. */
#include "flow/ingest/ingest_int.h"

/* A feed that misses three turns and ten minutes more has fallen behind. */
enum { BEHIND_TURNS = 3, BEHIND_MS = 600000, MINUTE_MS = 60000, TEXT_BYTES = 128 };

/* Somebody has consented at last: the tenant's other feeds need not wait for their turn to find out. */
static void wake_consented(struct ing_feed *f)
{
    if (f->condition.state != INGEST_CONSENT_PENDING || ing_in(f)->o.is_manual) return;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        struct ing_feed *other = &f->tenant->feeds[i];
        if (other != f && other->condition.state == INGEST_CONSENT_PENDING) ing_feed_wait(other, 0);
    }
}

/* Later than a few turns and a pause between them explain. What failed meanwhile has told why itself. */
static bool is_behind(const struct ing_feed *f, char *text, size_t text_bytes)
{
    const struct ingest *in = ing_in(f);
    const struct ing_condition *c = &f->condition;
    bool was_fine = c->state == INGEST_OK || c->cause == &ingest_causes[INGEST_BEHIND];
    struct wall from = f->synced.ticks > in->began.ticks ? f->synced : in->began;
    int64_t ms = wall_ms(clock_wall(&in->o.clock)) - wall_ms(from);
    if (!was_fine || f->synced.ticks == 0 || ms <= BEHIND_TURNS * feed_interval_ms(f) + BEHIND_MS) return false;
    (void)snprintf(text, text_bytes, "%lld minutes between two complete polls", (long long)(ms / MINUTE_MS));
    return true;
}

void ing_feed_note_if_behind(struct ing_feed *f)
{
    char text[TEXT_BYTES];
    struct err e;
    if (f->condition.state != INGEST_OK || !is_behind(f, text, sizeof text)) return;
    (void)err_set(&e, &ingest_causes[INGEST_BEHIND], "%s", text);
    ing_feed_note(f, INGEST_DEGRADED, &e);
}

static void tell_change(const struct ing_feed *f, enum ingest_state from)
{
    const struct ingest_opts *o = &ing_in(f)->o;
    const struct ing_condition *c = &f->condition;
    if (!o->on_change || c->state == from) return;
    const struct ingest_change change = {.tenant_id = f->tenant->tenant->record.tenant_id,
                                         .tenant_name = f->tenant->tenant->record.name,
                                         .feed = ing_row(f)->name,
                                         .from = from,
                                         .to = c->state,
                                         .was_read = f->synced.ticks != 0,
                                         .cause = c->cause,
                                         .text = c->text};
    o->on_change(o->on_change_ctx, &change);
}

static void set_condition(struct ing_feed *f, const struct feed_effect *effect, const struct page_job *job)
{
    struct wall now = clock_wall(&ing_in(f)->o.clock);
    if (ing_state_is_absent(f->condition.state) && !f->active->mind.is_closed) /* it answers now */
        (void)ing_condition_set(&f->condition, INGEST_WAITING, NULL, NULL, now);
    uint64_t bins = f->active->mind.state.unproved - f->durable.unproved;
    char text[TEXT_BYTES];
    bool behind = is_behind(f, text, sizeof text);
    if (effect->completed_poll) {
        wake_consented(f);
        if (!behind) (void)ing_condition_set(&f->condition, INGEST_OK, NULL, NULL, now);
    }
    if (behind) (void)ing_condition_set(&f->condition, INGEST_DEGRADED, &ingest_causes[INGEST_BEHIND], text, now);
    if (f->partials >= ING_PARTIALS_MAX && job)
        (void)ing_condition_set(&f->condition, INGEST_DEGRADED, &defender_causes[DEFENDER_PARTIAL], job->end.lacks,
                                now);
    if (f->active->mind.state.unproved <= f->durable.unproved) return;
    (void)snprintf(text, sizeof text, "%llu stretches of five minutes do not agree with Defender's count",
                   (unsigned long long)bins);
    (void)ing_condition_set(&f->condition, INGEST_DEGRADED, &ingest_causes[INGEST_INCOMPLETE], text, now);
}

void ing_feed_note_step(struct ing_feed *f, const struct feed_effect *effect, const struct page_job *job)
{
    enum ingest_state before = f->condition.state;
    set_condition(f, effect, job);
    tell_change(f, before);
    if (ing_state_is_absent(before) && !ing_state_is_absent(f->condition.state)) ing_feed_tell_worse(f);
}

/* Made durable with the feed's next commit, or with one of its own when it is news. */
void ing_feed_note(struct ing_feed *f, enum ingest_state state, const struct err *e)
{
    struct wall now = clock_wall(&ing_in(f)->o.clock);
    bool can_be_told = e->cause->kind != ERR_STORAGE && e->cause->kind != ERR_CORRUPT;
    enum ingest_state before = f->condition.state;
    f->has_news |= ing_condition_set(&f->condition, state, e->cause, e->text, now);
    tell_change(f, before);
    if (can_be_told) ing_feed_put_news(f);
}
