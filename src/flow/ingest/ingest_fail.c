/* What a failure means: for the mind (ask for less?), for the schedule (how long to wait, and who waits), for people (the
 * feed's status). */
#include "flow/ingest/ingest_int.h"

#include "cloud/net/http.h"

enum { ASK_AGAIN_MS = 1000 };

static enum feed_failure failure_of(const struct ing_feed *f, const struct err *e)
{
    const struct cause *c = e->cause;
    bool may_be_column = c == &defender_causes[DEFENDER_NO_TABLE] || c == &defender_causes[DEFENDER_BAD_QUERY];
    if (may_be_column && feed_lose_column(&f->active->mind, e->text)) return FAIL_COLUMN;
    if (c == &defender_causes[DEFENDER_QUERY_TOO_HEAVY]) return FAIL_HEAVY;
    if (c == &defender_causes[DEFENDER_RESULT_TOO_LARGE] || c == &defender_causes[DEFENDER_PAGE_TOO_LARGE] ||
        c == &net_causes[NET_TOO_LARGE])
        return FAIL_LARGE;
    const struct feed *mind = &f->active->mind;
    bool is_object = mind->fetch.ask == ASK_OBJECT;
    if (c == &defender_causes[DEFENDER_BAD_QUERY] && feed_asks_for_order(mind)) return FAIL_ORDER;
    if (c == &defender_causes[DEFENDER_NOT_FOUND] && (ing_row(f)->kind == FEED_SNAPSHOT || is_object))
        return FAIL_EMPTY;
    /* A 500 or 504 without a word, or no answer in time, may just as well mean "too heavy": after a few tries, ask for less. */
    bool may_be_heavy =
        c == &defender_causes[DEFENDER_SERVER] || c == &net_causes[NET_TIMEOUT] || c == &net_causes[NET_STALLED];
    if (may_be_heavy && (f->failures + 1U) % 3 == 0 && ing_row(f)->kind == FEED_HUNTING) return FAIL_MAYBE_HEAVY;
    return FAIL_WAIT;
}

enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

/* Every tenant knows Graph, in its own cloud. */
static bool is_elsewhere(const struct ing_feed *f, const struct err *e)
{
    return e->cause == &defender_causes[DEFENDER_NO_SERVICE] && endpoint_rows[f->endpoint].audience == AUD_GRAPH;
}

/* Only what a person mends in the tenant's app. */
static bool is_of_credential(const struct err *e)
{
    return e->cause->kind == ERR_AUTH && defender_scope(e->cause) == SCOPE_TENANT;
}

/* It was asked the way the tenant was before, by now it is another: a refusal of the old secret says nothing of the new one. */
static bool is_outdated(const struct ing_feed *f, const struct err *e)
{
    bool is_of_before = is_of_credential(e) || e->cause == &defender_causes[DEFENDER_OUTDATED];
    return is_of_before && f->active->asked_reading != f->tenant->tenant->reading;
}

/* Licences do not change by the hour, permissions and clouds not by the minute. */
static int64_t wait_of(struct ing_feed *f, enum ingest_state state, const struct err *e)
{
    struct ingest *in = ing_in(f);
    struct mono now = clock_mono(&in->o.clock);
    enum ing_patience patience = ing_state_patience(state, e->cause);
    if (patience == WAIT_DAY) return sched_spread_ms(DAY_MS, &in->rng);
    if (patience == WAIT_HOUR || is_elsewhere(f, e)) return sched_spread_ms(HOUR_MS, &in->rng);
    if (is_of_credential(e)) { /* before any "try again later": that is a login's wait, which ends with a new secret */
        sched_park(&f->tenant->sched, now, &in->rng);
        return 0; /* the tenant's parking holds all its feeds */
    }
    if (e->retry_after_ms) {
        sched_pause(&f->tenant->sched, ing_sched(f)->family, now, e->retry_after_ms);
        return e->retry_after_ms;
    }
    return patience == WAIT_PROBE ? sched_probe_ms(f->failures - 1U, &in->rng)
                                  : sched_backoff_ms(f->failures, &in->rng);
}

static bool was_ever_read(const struct ing_tenant *t)
{
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        if (t->feeds[i].synced.ticks) return true;
    return false;
}

/* What a cause means depends on the tenant too. A role that is not in a token without any role is a matter of consent, and so
 * is an application that a tenant does not know yet. */
static enum ingest_state state_of(const struct ing_feed *f, const struct err *e)
{
    enum ingest_state state = ing_state_of(ing_row(f), e);
    bool is_of_nobody = state == INGEST_ROLE_MISSING && !ing_tenant_has_consent(f->tenant);
    bool is_not_known_yet = e->cause == &defender_causes[DEFENDER_APP_UNKNOWN] && !was_ever_read(f->tenant);
    if (is_of_nobody || is_not_known_yet) return INGEST_CONSENT_PENDING;
    return is_elsewhere(f, e) ? INGEST_ERROR : state;
}

/* The last token has shown that nobody has consented: that holds for the feeds of the others too. */
static void spread_consent(struct ing_feed *f, const struct err *e)
{
    if (f->condition.state != INGEST_CONSENT_PENDING || e->cause != &defender_causes[DEFENDER_ROLE_MISSING]) return;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        struct ing_feed *other = &f->tenant->feeds[i];
        struct err why;
        if (other->condition.state != INGEST_ROLE_MISSING || !other->condition.text) continue;
        (void)err_set(&why, other->condition.cause, "%s", other->condition.text);
        ing_feed_note(other, INGEST_CONSENT_PENDING, &why);
        ing_feed_wait(other, sched_probe_ms(0, &ing_in(f)->rng));
    }
}

/* Feeds that this failure holds up without having failed themselves: of the whole tenant when its credential is refused, of
 * the same family when that is paused for long. Whoever waits for one of them hears it now, not after the waiting; a feed of
 * the tenant that has not asked yet stands as this one does. */
static void tell_those_held_up(struct ing_feed *f, enum ingest_state state, const struct err *e)
{
    bool may_pass = e->cause->kind != ERR_AUTH && e->cause->kind != ERR_INPUT;
    if (may_pass || ing_state_is_absent(state) || is_elsewhere(f, e)) return; /* each asks, and tells of itself */
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        struct ing_feed *other = &f->tenant->feeds[i];
        bool is_paused = e->retry_after_ms && ing_sched(other)->family == ing_sched(f)->family;
        bool is_tenants = defender_scope(e->cause) == SCOPE_TENANT;
        if (is_tenants && other != f && other->condition.state == INGEST_WAITING) ing_feed_note(other, state, e);
        if (is_paused || is_tenants) ing_feed_op_drop(other, e);
    }
}

/* What will not pass by itself within minutes needs no memory of where the feed was. */
static void forget_question(struct ing_feed *f, int64_t wait_ms)
{
    if (wait_ms >= PROBE_MIN_MS / 2 && !f->active->is_in_op) feed_reset(&f->active->mind, &f->durable);
}

/* The question named what is not there, or not any more: the same can be asked in other words. Each is refused but once. */
static bool is_about_words(enum feed_failure failure)
{
    return failure == FAIL_ORDER || failure == FAIL_COLUMN;
}

void ing_feed_failed(struct ing_feed *f, const struct err *e)
{
    struct feed_effect effect;
    struct ingest *in = ing_in(f);
    struct ing_active *a = f->active;
    if (in->is_stopping || f->tenant->is_removed) {
        ing_feed_op_check(f);
        return;
    }
    if (is_outdated(f, e)) {
        ing_feed_wait(f, ASK_AGAIN_MS);
        return;
    }
    enum feed_failure failure = failure_of(f, e);
    if (failure == FAIL_EMPTY &&
        a->is_committing) { /* an answer, but it must wait for the commit before it: ask again then */
        ing_feed_wait(f, ASK_AGAIN_MS);
        return;
    }
    if (f->failures < UINT16_MAX) f->failures++;
    if (a->mind.goal == GOAL_NONE)
        effect = (struct feed_effect){.kind = FEED_RETRY}; /* a commit failed: begin again */
    else
        feed_fail(&a->mind, failure, clock_wall(&in->o.clock), &effect);
    if (failure == FAIL_EMPTY) {
        f->failures = 0;
        ing_feed_step_done(f, &effect, NULL);
        return;
    }
    if (effect.kind == FEED_FETCH && is_about_words(failure)) { /* others at once: nothing to tell anybody */
        f->failures = 0;
        ing_feed_wait(f, 0);
        return;
    }
    enum ingest_state state = state_of(f, e);
    int64_t wait_ms = effect.kind == FEED_FETCH ? 0 : wait_of(f, state, e);
    in->counters.failures++;
    if (state == INGEST_NO_SUCH_TABLE) ing_feed_note_gone(f);
    ing_feed_note(f, state, e);
    spread_consent(f, e);
    ing_feed_wait(f, wait_ms);
    if (effect.kind != FEED_FETCH)
        ing_feed_op_failed(f, e, wait_ms); /* less is asked for at once: that ends by itself */
    tell_those_held_up(f, state, e);
    if (state == INGEST_NO_SUCH_TABLE) ing_feed_tell_better(f);
    forget_question(f, wait_ms);
}
