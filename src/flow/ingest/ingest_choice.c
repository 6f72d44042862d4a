/* Which of several sources of the same thing is read. Alerts show through three APIs, a renamed table under two names for a
 * while: only one of each is read, the best that the tenant lets us have. The decision is taken anew at each turn, from what
 * the feeds know of themselves; when it changes, the new source begins where the old one ended, so that nothing is read
 * through both.
 *
 * Hunting is one feed through either of two APIs. */
#include "flow/ingest/ingest_int.h"

static const struct preference {
    enum feed_number feed, better; /* `feed` is read only while `better` is refused */
    int cause;                     /* else, that is why not */
} preferences[] = {
    {FEED_ALERTS_ENDPOINT, FEED_ALERTS, INGEST_OTHER_SOURCE},
    {FEED_ALERTS_SIEM, FEED_ALERTS_ENDPOINT, INGEST_OTHER_SOURCE},
    {FEED_OF_AADSignInEventsBeta, FEED_OF_EntraIdSignInEvents, INGEST_RENAMED},
    {FEED_OF_AADSpnSignInEventsBeta, FEED_OF_EntraIdSpnSignInEvents, INGEST_RENAMED},
    {FEED_OF_AIAgentsInfo, FEED_OF_AgentsInfo, INGEST_RENAMED},
};
enum { PREFERENCES = sizeof preferences / sizeof *preferences, LOOK_AGAIN_MS = 1000 };

static bool is_refused(const struct ing_feed *f)
{
    enum ingest_state s = f->condition.state;
    return s == INGEST_ROLE_MISSING || s == INGEST_CONSENT_PENDING || s == INGEST_NOT_LICENSED ||
           s == INGEST_NO_SUCH_TABLE;
}

static bool is_busy(const struct ing_feed *f)
{
    return !ing_feed_is_quiet(f) || (f->active && f->active->import);
}

static bool is_asking(const struct ing_feed *f)
{
    return is_busy(f) || (f->active && f->active->mind.goal != GOAL_NONE);
}

static bool is_about_to_tell(const struct ing_feed *f)
{
    bool is_untried = f->condition.state == INGEST_WAITING && (!ing_in(f)->o.is_manual || ing_feed_is_in_op(f));
    return is_asking(f) || is_untried;
}

/* ---- from one source to another -------------------------------------------------------------------------------------------- */

/* Of a feed that asks nothing: what it knows changes. Durable with its next commit; until then the same comes out again. */
static void set_state(struct ing_feed *f, const struct feed_state *s)
{
    f->durable = *s;
    if (f->active) f->active->mind.state = *s;
}

static bool is_gone(const struct ing_feed *f)
{
    return f->durable.gone.ticks != 0;
}

void ing_feed_note_gone(struct ing_feed *f)
{
    if (is_gone(f) || f->newest_event.ticks == 0) return;
    f->durable.gone = clock_wall(&ing_in(f)->o.clock);
    if (f->active)
        f->active->mind.state.gone = f->active->pending.gone =
            f->durable.gone; /* it may be waiting, or being committed */
    f->has_news = true;
}

static struct wall bin_after(struct wall t)
{
    return bin_start(bin_of(wall_add(t, BIN_TICKS - 1)));
}

/* The table under its new name begins with the first stretch of five minutes that the old name has not touched; what comes
 * late before that is the old one's, as long as it answers. */
static void share_table(struct ing_feed *f, struct ing_feed *from)
{
    struct feed_state new = f->durable, old = from->durable;
    struct wall next_bin = bin_after(wall_add(from->newest_event, 1));
    bool is_behind = from->newest_event.ticks > f->newest_event.ticks;
    if (!is_behind || new.floor.ticks >= next_bin.ticks) return;
    new.floor = new.head = next_bin;
    for (unsigned k = 0; k < SWEEP_STAGES; k++) new.swept[k] = next_bin;
    set_state(f, &new);
    if (old.head.ticks == next_bin.ticks) return;
    old.head = next_bin; /* it may have asked beyond, in vain: what comes late there is the new one's */
    set_state(from, &old);
    ing_feed_save(from); /* before the new one's first rows: what it has to finish must not be forgotten */
}

/* Once the old name is gone, what still comes late for it comes under the new one: that is asked for everything the old one's
 * sweeps have not settled. Rows that came under the old name are known by its fingerprints (ing_feed_formerly). */
static bool inherit_table(struct ing_feed *f, const struct ing_feed *from)
{
    struct feed_state new = f->durable;
    struct wall begin = bin_floor(from->durable.swept[SWEEP_STAGES - 1]);
    bool is_untouched = f->newest_event.ticks == 0;
    if (from->newest_event.ticks == 0 || new.floor.ticks == begin.ticks || (new.floor.ticks == 0 && !is_untouched))
        return false;
    new.floor = begin;
    if (is_untouched) new.head = begin;
    for (unsigned k = 0; k < SWEEP_STAGES; k++)
        if (is_untouched || new.swept[k].ticks > begin.ticks) new.swept[k] = begin;
    set_state(f, &new);
    if (f->active && f->active->mind.wants_drain) /* from there, that is */
        feed_want_drain(&f->active->mind, clock_wall(&ing_in(f)->o.clock));
    return true;
}

const struct ing_feed *ing_feed_formerly(const struct ing_feed *f)
{
    for (size_t i = 0; i < PREFERENCES; i++) {
        const struct ing_feed *old = &f->tenant->feeds[preferences[i].feed];
        bool is_ours = preferences[i].better == f->index && preferences[i].cause == INGEST_RENAMED;
        if (is_ours && is_gone(old) && old->newest_event.ticks) return old;
    }
    return NULL;
}

bool ing_feed_inherits(struct ing_feed *f)
{
    const struct ing_feed *old = ing_feed_formerly(f);
    return old && !is_busy(old) && !is_busy(f) && inherit_table(f, old);
}

static void take_over_list(struct ing_feed *f, const struct ing_feed *from)
{
    struct feed_state s = f->durable;
    if (from->synced.ticks <= f->synced.ticks) return;
    s.floor = from->durable.head;
    if (s.head.ticks < s.floor.ticks) s.head = s.floor;
    set_state(f, &s);
}

/* false: not now, one of them waits for an answer. What the other was about to ask again it may not ask any more. */
static bool take_over(struct ing_feed *f, struct ing_feed *from)
{
    if (is_busy(from) || is_busy(f)) return false;
    if (from->active) feed_reset(&from->active->mind, &from->durable);
    if (ing_row(f)->kind != FEED_HUNTING)
        take_over_list(f, from);
    else if (is_gone(from))
        (void)inherit_table(f, from);
    else
        share_table(f, from);
    return true;
}

/* ---- the decision ---------------------------------------------------------------------------------------------------------- */

static enum access access_to(const struct ing_feed *f, enum endpoint endpoint)
{
    const struct fetcher *fetcher = &ing_in(f)->o.fetcher;
    return fetcher->access ? fetcher->access(fetcher->ctx, f->tenant->tenant->record.tenant_id, endpoint)
                           : ACCESS_UNKNOWN;
}

static bool is_denied(enum access a)
{
    return a == ACCESS_MISSING || a == ACCESS_NO_ROLES;
}

static bool is_switched_off(const struct ing_feed *f, enum endpoint endpoint)
{
    return f->tenant->set.is_endpoint_off && endpoint_rows[endpoint].audience != AUD_GRAPH;
}

bool ing_feed_is_off(const struct ing_feed *f, struct err *why)
{
    bool is_api_off = is_switched_off(f, ing_row(f)->endpoint);
    if (!is_api_off && !f->tenant->set.is_off[f->index]) return false;
    (void)err_set(why, &ingest_causes[INGEST_OFF], "%s",
                  is_api_off ? "Defender for Endpoint is off (setting endpoint)" : "it is off (portcullis feed set)");
    return true;
}

static enum endpoint choose_endpoint(const struct ing_feed *f)
{
    const struct feed_row *row = ing_row(f);
    bool has_way = row->is_in_endpoint && !is_switched_off(f, EP_HUNTING_ENDPOINT) &&
                   !is_denied(access_to(f, EP_HUNTING_ENDPOINT));
    return has_way && is_denied(access_to(f, row->endpoint)) ? EP_HUNTING_ENDPOINT : row->endpoint;
}

/* A table that goes on under another name: rows that come late for what was read of it are still found by its sweeps. */
static bool has_sweeps_left(struct ing_feed *f)
{
    if (ing_row(f)->kind != FEED_HUNTING || f->newest_event.ticks == 0 || (is_gone(f) && !is_asking(f))) return false;
    if (ing_feed_is_in_op(f)) return f->active->mind.wants_drain && !is_gone(f);
    return f->durable.swept[SWEEP_STAGES - 1].ticks < f->durable.head.ticks;
}

static void say_other(int cause, const struct ing_feed *better, struct err *why)
{
    (void)err_set(why, &ingest_causes[cause], "it is read as %s", ing_row(better)->name);
}

static enum choice choose_worse(struct ing_feed *f, struct ing_feed *better, int cause, struct err *why)
{
    bool is_told =
        better->condition.state == INGEST_OK && !has_sweeps_left(f); /* one that asks all the time ends no wait */
    if (is_about_to_tell(better) && !is_told) return CHOICE_LATER;
    if (is_refused(better)) return take_over(f, better) ? CHOICE_ASK : CHOICE_LATER;
    say_other(cause, better, why);
    return has_sweeps_left(f) ? CHOICE_SWEEP : CHOICE_OTHER;
}

enum choice ing_feed_choose(struct ing_feed *f, int64_t *wait_ms_out, struct err *why)
{
    *wait_ms_out = LOOK_AGAIN_MS;
    f->endpoint = (uint8_t)choose_endpoint(f);
    ing_sched(f)->family = endpoint_rows[f->endpoint].family;
    for (size_t i = 0; i < PREFERENCES; i++) {
        const struct preference *p = &preferences[i];
        struct ing_feed *better = &f->tenant->feeds[p->better], *worse = &f->tenant->feeds[p->feed];
        if (better == f && !take_over(f, worse)) return CHOICE_LATER;
        if (worse != f) continue;
        enum choice choice = choose_worse(f, better, p->cause, why);
        if (choice != CHOICE_ASK) return choice;
    }
    return CHOICE_ASK;
}

void ing_feed_tell_better(struct ing_feed *f)
{
    for (size_t i = 0; i < PREFERENCES; i++) {
        struct ing_feed *better = &f->tenant->feeds[preferences[i].better];
        bool is_tried_again = is_refused(better) && !is_asking(better) && f->synced.ticks != 0;
        if (preferences[i].feed != f->index) continue;
        if (is_tried_again) ing_feed_wait(better, 0);
        if (is_gone(f) && preferences[i].cause == INGEST_RENAMED && !is_refused(better)) ing_feed_op_again(better);
        if (!is_refused(better) && better->synced.ticks) ing_feed_wait(f, LOOK_AGAIN_MS); /* it has: say so */
    }
}

void ing_feed_tell_worse(struct ing_feed *f)
{
    struct err why;
    for (size_t i = 0; i < PREFERENCES; i++) {
        struct ing_feed *worse = &f->tenant->feeds[preferences[i].feed];
        bool is_told_gone = worse->condition.state == INGEST_NO_SUCH_TABLE && !is_asking(worse);
        if (preferences[i].better != f->index || !is_told_gone) continue;
        say_other(preferences[i].cause, f, &why);
        ing_feed_stand_back(worse, &why);
    }
}

/* Alerts of Graph and of Defender for Endpoint have the same ids and times of update. What one feed gave is not taken from the
 * other, wherever in its list a change of source met it. Detections of the SIEM API have neither. */
int64_t ing_feed_other_id(const struct ing_feed *f)
{
    bool is_one = f->index == FEED_ALERTS || f->index == FEED_ALERTS_ENDPOINT;
    if (!is_one) return 0;
    const struct ing_feed *other = &f->tenant->feeds[f->index == FEED_ALERTS ? FEED_ALERTS_ENDPOINT : FEED_ALERTS];
    return other->rows ? other->id : 0;
}

/* ---- consent --------------------------------------------------------------------------------------------------------------- */

/* No role in any token means that nobody has consented, not that one permission was left out. Tokens that were not asked for
 * yet may have some. */
bool ing_tenant_has_consent(const struct ing_tenant *t)
{
    static const enum endpoint asked[] = {EP_ALERTS, EP_MACHINES};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        if (access_to(&t->feeds[0], asked[i]) != ACCESS_NO_ROLES) return true;
    return false;
}
