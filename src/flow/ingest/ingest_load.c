/* Tenants and feeds from the store: read on a worker, then merged on the loop, so that a change of tenants leaves those that
 * stay as they are. A feed without a record gets one, with the first look back of its kind. */
#include "flow/ingest/ingest_int.h"

#include <stdlib.h>
#include <string.h>

#include "cloud/tenant/feed_settings.h"
#include "state/store/feeds.h"
#include "state/store/settings.h"

enum { RAMP_PER_TENANT_MS = 20, RAMP_MAX_MS = 30000, LOAD_RETRY_MS = 5000 };

struct loaded_feed {
    struct ing_feed feed;      /* as at rest; id 0: not in the store */
    const struct cause *fault; /* its state cannot be read; NULL: it can */
};
struct loaded_tenant {
    struct tenant *tenant;
    struct loaded_feed *feeds; /* FEED_ROW_COUNT */
    struct ing_set set;
};
struct load {
    struct ingest *in;
    struct loaded_tenant *tenants;
    size_t count, cap;
    bool ok;
    struct err err;
};

/* ---- on the worker ---------------------------------------------------------------------------------------------------------- */

static bool take_tenant(void *arg, struct tenant *t)
{
    struct load *l = arg;
    if (!t->record.is_enabled) return true;
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 16;
        struct loaded_tenant *bigger = realloc(l->tenants, cap * sizeof *bigger);
        INVARIANT(bigger);
        l->tenants = bigger;
        l->cap = cap;
    }
    struct loaded_feed *feeds = calloc(FEED_ROW_COUNT, sizeof *feeds);
    INVARIANT(feeds);
    l->tenants[l->count++] = (struct loaded_tenant){.tenant = tenant_ref(t), .feeds = feeds};
    return true;
}

static bool take_feed(void *arg, const struct feed_record *r)
{
    struct loaded_tenant *t = arg;
    const struct feed_row *row = feed_row_find(r->feed);
    struct err e;
    if (!row) return true;
    struct loaded_feed *f = &t->feeds[row - feed_rows];
    if (!ing_feed_read(&f->feed, r, &e)) f->fault = e.cause;
    return true;
}

/* What was asked for when the tenant came, or for all of its kind; else the installation's. */
static int64_t lookback_ms(const struct conf *c, const struct settings *set, const struct feed_row *row)
{
    bool is_hunting = row->kind == FEED_HUNTING;
    const struct setting_value *v = &set->values[is_hunting ? SET_LOOKBACK_HUNTING : SET_LOOKBACK];
    if (v->from != SETTING_DEFAULT) return v->number;
    return is_hunting ? c->lookback_hunting_ms : c->lookback_alerts_ms;
}

/* A new feed's first look back. */
static bool add_feed(struct load *l, const struct tenant *tenant, const struct settings *set, size_t i,
                     struct ing_feed *f, struct buf *text)
{
    const struct ingest_opts *o = &l->in->o;
    struct feed_record r = {.error_since = clock_wall(&o->clock)};
    feed_state_init(&f->durable, &feed_rows[i], r.error_since, lookback_ms(o->conf, set, &feed_rows[i]));
    buf_reset(text);
    feed_state_write(&f->durable, text);
    (void)snprintf(r.tenant_id, sizeof r.tenant_id, "%s", tenant->record.tenant_id);
    (void)snprintf(r.feed, sizeof r.feed, "%s", feed_rows[i].name);
    (void)snprintf(r.status, sizeof r.status, "%s", ingest_state_name(INGEST_WAITING));
    r.state = buf_str(text);
    if (!store_feed_put(o->store, &r, &l->err)) return false;
    f->id = r.id;
    f->condition.since = r.error_since;
    return true;
}

static bool add_missing(struct load *l, struct loaded_tenant *t, const struct settings *set)
{
    struct buf text;
    bool ok = true;
    buf_init(&text, 8192);
    for (size_t i = 0; ok && i < FEED_ROW_COUNT; i++)
        if (t->feeds[i].feed.id == 0) ok = add_feed(l, t->tenant, set, i, &t->feeds[i].feed, &text);
    buf_done(&text);
    return ok;
}

/* What people set, else portcullis.yaml. */
static void take_intervals(struct ing_set *out, const struct conf *c, const struct settings *set)
{
    static const enum setting_id ids[] = {[PACE_ALERTS] = SET_INTERVAL_ALERTS,
                                          [PACE_HUNTING] = SET_INTERVAL_HUNTING,
                                          [PACE_MACHINES] = SET_INTERVAL_MACHINES};
    const int64_t of_conf[] = {[PACE_ALERTS] = c->interval_alerts_ms,
                               [PACE_HUNTING] = c->interval_hunting_ms,
                               [PACE_MACHINES] = c->interval_machines_ms};
    for (size_t pace = 0; pace < sizeof ids / sizeof *ids; pace++) {
        const struct setting_value *v = &set->values[ids[pace]];
        out->interval_ms[pace] = v->from == SETTING_DEFAULT ? of_conf[pace] : v->number;
    }
}

static bool load_settings(struct load *l, struct loaded_tenant *t, struct settings *set)
{
    struct store *s = l->in->o.store;
    struct setting_scope scope = {.org_id = t->tenant->record.org_id};
    struct feed_sets feeds;
    memcpy(scope.tenant_id, t->tenant->record.tenant_id, sizeof scope.tenant_id);
    if (!settings_resolve(s, &scope, set, &l->err) || !feed_settings_resolve(s, &scope, &feeds, &l->err)) return false;
    take_intervals(&t->set, l->in->o.conf, set);
    t->set.is_endpoint_off = !setting_is_on(set, SET_ENDPOINT);
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) t->set.is_off[i] = feed_sets_is_off(&feeds, feed_rows[i].name);
    feed_sets_free(&feeds);
    return true;
}

static bool load_feeds(struct load *l)
{
    struct store *s = l->in->o.store;
    struct settings *set = malloc(sizeof *set);
    INVARIANT(set);
    bool ok = store_begin(s, &l->err), is_begun = ok;
    for (size_t i = 0; ok && i < l->count; i++) {
        struct loaded_tenant *t = &l->tenants[i];
        ok = load_settings(l, t, set) && store_feed_list(s, t->tenant->record.tenant_id, take_feed, t, &l->err) &&
             add_missing(l, t, set);
    }
    free(set);
    if (is_begun && !ok) store_rollback(s);
    return ok && store_commit(s, &l->err);
}

static bool remove_old_answer(void *arg, const char *name, bool is_dir)
{
    const struct ingest_opts *o = arg;
    char path[CONF_PATH_BYTES + 300];
    if (is_dir || !str_starts(str_of(name), STR("answer-"))) return true;
    (void)snprintf(path, sizeof path, "%s/%s", o->spool_dir, name);
    (void)o->fs.ops->remove(o->fs.ctx, path, NULL);
    return true;
}

static bool make_folders(struct load *l)
{
    struct ingest_opts *o = &l->in->o;
    if (!o->fs.ops->make_dirs(o->fs.ctx, o->spool_dir, &l->err) ||
        !o->fs.ops->make_dirs(o->fs.ctx, o->dead_dir, &l->err))
        return false;
    return l->in->tenants || o->fs.ops->list(o->fs.ctx, o->spool_dir, remove_old_answer, o, &l->err);
}

static void load_run(void *arg)
{
    struct load *l = arg;
    const struct ingest_opts *o = &l->in->o;
    l->ok = make_folders(l) && o->each_tenant(o->tenants_ctx, take_tenant, l, &l->err) && load_feeds(l);
}

/* ---- on the loop ------------------------------------------------------------------------------------------------------------ */

static int64_t first_wait_ms(struct ing_feed *f, size_t tenants)
{
    int64_t ramp = (int64_t)tenants * RAMP_PER_TENANT_MS;
    if (ramp > RAMP_MAX_MS) ramp = RAMP_MAX_MS;
    const char *id = f->tenant->tenant->record.tenant_id;
    return (int64_t)(hash64_of(id, strlen(id)) % (uint64_t)(ramp + 1));
}

/* Takes over what was loaded. */
static void init_feed(struct ing_tenant *t, size_t i, struct loaded_feed *from, size_t tenants)
{
    struct ing_feed *f = &t->feeds[i];
    struct err e;
    *f = from->feed;
    from->feed = (struct ing_feed){0};
    f->tenant = t;
    f->index = (uint16_t)i;
    f->endpoint = (uint8_t)feed_rows[i].endpoint;
    f->is_broken = from->fault != NULL;
    if (f->is_broken) {
        (void)err_set(&e, from->fault, "%s: its state in the store cannot be used", feed_rows[i].name);
        ing_feed_note(f, INGEST_ERROR, &e);
    }
    if (!t->in->o.is_manual) ing_feed_wait(f, first_wait_ms(f, tenants));
}

static void add_tenant(struct ingest *in, struct loaded_tenant *from, size_t tenants)
{
    struct ing_tenant *t = calloc(1, sizeof *t);
    INVARIANT(t);
    t->in = in;
    t->tenant = tenant_ref(from->tenant);
    t->set = from->set;
    sched_tenant_init(&t->sched, &in->sched.limits, t->sched_feeds, FEED_ROW_COUNT, clock_mono(&in->o.clock));
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) t->sched_feeds[i].family = endpoint_rows[feed_rows[i].endpoint].family;
    INVARIANT(sched_add(&in->sched, &t->sched));
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) init_feed(t, i, &from->feeds[i], tenants);
    t->next = in->tenants;
    in->tenants = t;
    in->tenant_count++;
}

void ing_tenant_free(struct ing_tenant *t)
{
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) ing_feed_free(&t->feeds[i]);
    tenant_unref(t->tenant);
    free(t);
}

void ing_tenant_reap(struct ing_tenant *t)
{
    struct ingest *in = t->in;
    if (!t->is_removed) return;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++)
        if (!ing_feed_is_quiet(&t->feeds[i])) return;
    for (struct ing_tenant **at = &in->tenants; *at; at = &(*at)->next) {
        if (*at != t) continue;
        *at = t->next;
        break;
    }
    ing_tenant_free(t);
}

static void remove_tenant(struct ing_tenant *t)
{
    struct err e;
    (void)err_set(&e, &store_causes[STORE_GONE], "the tenant was removed");
    t->is_removed = true;
    sched_remove(&t->in->sched, &t->sched);
    t->in->tenant_count--;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        ing_feed_abandon(&t->feeds[i]);
        ing_feed_op_drop(&t->feeds[i], &e);
    }
    ing_tenant_reap(t);
}

static struct loaded_tenant *find_loaded(struct load *l, const char *tenant_id, int64_t first_feed_id)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->tenants[i].tenant->record.tenant_id, tenant_id) == 0 &&
            l->tenants[i].feeds[0].feed.id == first_feed_id)
            return &l->tenants[i];
    return NULL;
}

/* A commit of it failed, and may have taken effect all the same (STORE_UNCERTAIN): what the store says now holds. Going on
 * from an older state would read hours whose fingerprints that commit had let go of. */
static void refresh_feed(struct ing_feed *f, struct loaded_feed *from)
{
    bool is_committing = f->active && f->active->is_committing;
    if (!f->is_stale || is_committing) return;
    f->is_stale = false;
    f->is_broken |= from->fault != NULL;
    if (f->is_broken) return;
    f->durable = from->feed.durable;
    f->synced = from->feed.synced;
    f->newest_event = from->feed.newest_event;
    f->rows = from->feed.rows;
    f->late_rows = from->feed.late_rows;
    f->dead = from->feed.dead;
    if (f->active) feed_reset(&f->active->mind, &f->durable);
    ing_feed_wait(f, 0);
}

/* What was set anew holds from now on: a feed does not sleep through the interval it had. */
static void take_set(struct ing_tenant *t, const struct ing_set *set)
{
    struct ing_set old = t->set;
    t->set = *set;
    for (size_t i = 0; i < FEED_ROW_COUNT; i++) {
        struct ing_feed *f = &t->feeds[i];
        enum feed_pace pace = feed_rows[i].pace;
        bool has_changed = old.is_off[i] != set->is_off[i] || old.is_endpoint_off != set->is_endpoint_off ||
                           (pace != PACE_DAILY && old.interval_ms[pace] != set->interval_ms[pace]);
        if (has_changed && !t->in->o.is_manual && ing_feed_stage(f) == STAGE_REST)
            ing_feed_wait(f, first_wait_ms(f, t->in->tenant_count));
    }
}

/* Those that stay get the new record (a new secret, another name); their feeds go on where they are. */
static void merge(struct ingest *in, struct load *l)
{
    bool *is_known = calloc(l->count + 1, sizeof *is_known);
    INVARIANT(is_known);
    for (struct ing_tenant *t = in->tenants, *next; t; t = next) {
        next = t->next;
        if (t->is_removed) continue;
        struct loaded_tenant *same = find_loaded(l, t->tenant->record.tenant_id, t->feeds[0].id);
        if (!same) {
            remove_tenant(t);
            continue;
        }
        is_known[same - l->tenants] = true;
        tenant_unref(t->tenant);
        t->tenant = tenant_ref(same->tenant);
        take_set(t, &same->set);
        if (in->is_unpark_wanted) sched_unpark(&in->sched, &t->sched);
        for (size_t i = 0; i < FEED_ROW_COUNT; i++) refresh_feed(&t->feeds[i], &same->feeds[i]);
    }
    in->is_unpark_wanted = false;
    for (size_t i = 0; i < l->count; i++)
        if (!is_known[i]) add_tenant(in, &l->tenants[i], l->count);
    free(is_known);
}

static void load_free(struct load *l)
{
    for (size_t i = 0; i < l->count; i++) {
        tenant_unref(l->tenants[i].tenant);
        for (size_t k = 0; k < FEED_ROW_COUNT; k++) ing_feed_free(&l->tenants[i].feeds[k].feed);
        free(l->tenants[i].feeds);
    }
    free(l->tenants);
    free(l);
}

static void load_done(void *arg)
{
    struct load *l = arg;
    struct ingest *in = l->in;
    in->is_loading = false;
    if (l->ok && !in->is_stopping) merge(in, l);
    if (in->started) {
        void (*started)(void *ctx, const struct err *e) = in->started;
        in->started = NULL;
        if (!l->ok) in->is_running = false;
        started(in->started_ctx, l->ok ? NULL : &l->err);
    }
    if (!l->ok) ingest_load_later(in, LOAD_RETRY_MS);
    load_free(l);
    ingest_op_next(in);
}

void ingest_load_later(struct ingest *in, int64_t ms)
{
    in->is_load_wanted = true;
    in->load_at.ms = clock_mono(&in->o.clock).ms + ms;
    in->o.runtime.timer_arm(in->o.runtime.ctx, in->timer,
                            0); /* who wants it may be the last that moves: the pump goes on */
}

void ingest_load_if_due(struct ingest *in)
{
    if (in->is_load_wanted && !in->is_loading && clock_mono(&in->o.clock).ms >= in->load_at.ms) ingest_load(in);
}

void ingest_load(struct ingest *in)
{
    if (in->is_loading) { /* once more when this one is done */
        ingest_load_later(in, 0);
        return;
    }
    struct load *l = calloc(1, sizeof *l);
    INVARIANT(l);
    l->in = in;
    in->is_load_wanted = false;
    in->is_loading = true;
    in->o.runtime.work(in->o.runtime.ctx, load_run, load_done, l);
}
